/**
 * Service endpoints: a subnet that has them reaches a service's public addresses straight from its private ones, past wider
 * routes. The service itself is an outside of the virtual network. Knows nothing of which addresses a service has.
 * Source: https://learn.microsoft.com/en-us/azure/virtual-network/virtual-network-service-endpoints-overview
 */
import type { Origin } from '../../model/origin.ts';
import { PUBLIC_V4, PUBLIC_V6 } from '../../net/address.ts';
import type { Estate } from './estate.ts';
import { fabric } from './network-interface.ts';
import { objects } from './record.ts';

/** Where packets of a virtual network enter the services that its subnets have endpoints for. */
export const servicesOf = (vnet: string) => `services:${vnet}`;

export function readServiceEndpoints({ vnets, builder }: Estate): void {
  for (const vnet of vnets.values()) {
    if (!vnet.subnets.some(({ entry }) => objects(entry.record, 'serviceEndpoints').length > 0)) continue;
    const id = servicesOf(vnet.entry.id);
    const origin: Origin = { ...vnet.entry.origin, kind: 'services of Azure', implicit: true };
    builder.node(id, () => ({
      id,
      origin,
      role: 'outside',
      interfaces: [id],
      assumes: [
        {
          code: 'service-permits',
          resource: origin.id,
          message: 'the service behind the service endpoint permits this subnet',
        },
      ],
    }));
    builder.interface(id, () => ({ id, origin, node: id, addresses: [], steps: [], table: id }));
    builder.table(id, () => ({
      id,
      origin,
      entries: [
        {
          origin,
          match: { dst: vnet.ranges },
          next: { to: 'link', link: fabric(vnet.entry.id) },
          rank: [0],
          text: `back into ${origin.name ?? ''}`,
        },
        { origin, match: { dst: [...PUBLIC_V6, ...PUBLIC_V4] }, next: { to: 'local' }, rank: [1], text: 'the service' },
      ],
    }));
  }
}
