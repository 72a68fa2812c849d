/**
 * Elastic IP addresses: those that an interface has are the interface's; one that nothing has leads nowhere, whatever waits for
 * it on the internet. Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/elastic-ip-addresses-eip.html
 */
import { parseAddress } from '../../net/address.ts';
import type { Estate } from './estate.ts';
import { text } from './record.ts';

export function readElasticAddresses(estate: Estate): void {
  const { builder, inventory } = estate;
  const ofGateways = new Set(
    inventory
      .all('NatGateways')
      .flatMap(({ record }) => (Array.isArray(record['NatGatewayAddresses']) ? record['NatGatewayAddresses'] : []))
      .map((one: unknown) =>
        typeof one === 'object' && one !== null ? (one as Record<string, unknown>)['PublicIp'] : '',
      ),
  );
  /** With the nodes that stand for them; an interface may have one all the same. */
  const unowned: (readonly [bigint, string])[] = [];
  for (const { id, record, origin, tags } of inventory.all('Addresses')) {
    const address = parseAddress(id);
    const allocation = text(record, 'AllocationId');
    if (allocation !== undefined)
      builder.place(allocation, [], () => ({
        id: allocation,
        origin,
        aliases: [],
        tags,
        interfaces: [],
        standsFor: [id],
      }));
    if (address === undefined || ofGateways.has(id)) continue;
    const isUsed = ['AssociationId', 'NetworkInterfaceId', 'InstanceId'].some((key) => text(record, key) !== undefined);
    const node = `unassociated:${id}`;
    unowned.push([address, node]);
    builder.node(node, () => ({ id: node, origin, role: 'router', interfaces: [node] }));
    builder.interface(node, () => ({ id: node, origin, node, addresses: [], steps: [], table: node }));
    builder.table(node, () => ({
      id: node,
      origin: { ...origin, implicit: true },
      entries: [
        {
          origin,
          match: {},
          next: isUsed
            ? {
                to: 'missing',
                what: estate.missing(
                  `the interface that has the elastic address ${id}`,
                  `describe-network-interfaces --filters Name=association.public-ip,Values=${id}`,
                ),
                by: origin,
              }
            : {
                to: 'drop',
                code: 'aws-address-not-associated',
                why: `the elastic address ${id} is associated with nothing`,
                by: origin,
                whyNoMend: 'whose address it should be is not for netaudit to choose',
              },
          rank: [0],
          text: `elastic address ${id}`,
        },
      ],
    }));
  }
  builder.manyPublicOwners(() => {
    if (unowned.length === 0) return [];
    const owned = new Set<bigint>();
    for (const eni of estate.interfaces.values())
      for (const { public: outside } of eni.addresses) if (outside !== undefined) owned.add(outside);
    return unowned.filter(([address]) => !owned.has(address));
  });
}
