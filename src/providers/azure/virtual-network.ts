/**
 * Virtual networks: one fabric each, which knows who owns which private address, and subnets as places. A host that could
 * stand in a subnet meets the subnet's group and routes, and no filters of its own.
 * Source: https://learn.microsoft.com/en-us/azure/virtual-network/virtual-networks-overview
 */
import type { InterfaceStep, NextHop, Standing } from '../../model/network.ts';
import type { Origin } from '../../model/origin.ts';
import { formatAddress } from '../../net/address.ts';
import { type Span, contains } from '../../net/spans.ts';
import type { Estate, SubnetFacts, VnetFacts } from './estate.ts';
import { missing } from './inventory.ts';
import { fabric, hostsOf, routesOf, wordsOf } from './network-interface.ts';
import { PLATFORM } from './service-tag.ts';

/** Other things with an address on a fabric: frontends of balancers, firewalls. */
export type Owners = (vnet: VnetFacts) => readonly { readonly span: Span<bigint>; readonly in: string }[];

export function readVirtualNetworks(
  estate: Estate,
  others: Owners,
  subnetSteps: (subnet: SubnetFacts) => readonly InterfaceStep[],
): void {
  const { builder } = estate;
  if (estate.vnets.size > 0) definePlatform(estate);
  for (const vnet of estate.vnets.values()) {
    const { id, origin } = vnet.entry;
    builder.link(fabric(id), () => ({
      id: fabric(id),
      origin,
      owners: disjoint([
        ...others(vnet),
        ...estate.nicsIn(vnet).flatMap((nic) =>
          nic.configurations.map(({ address: { address } }) => ({
            span: [address, address + 1n] as const,
            in: nic.entry.id,
          })),
        ),
      ]),
      unowned: unowned(estate, vnet),
    }));
    builder.place(id, wordsOf(vnet.entry), () => ({
      id,
      origin,
      aliases: [],
      tags: vnet.entry.tags,
      interfaces: [],
      members: vnet.subnets.flatMap(hostsOf),
    }));
    for (const subnet of vnet.subnets) {
      const { entry } = subnet;
      builder.place(entry.id, [...wordsOf(entry), `${origin.name ?? ''}/${entry.origin.name ?? ''}`], () => ({
        id: entry.id,
        origin: entry.origin,
        aliases: [],
        interfaces: [],
        members: hostsOf(subnet),
      }));
    }
  }
  builder.standing((address) =>
    [...estate.subnets.values()]
      .filter((subnet) => contains(subnet.ranges, address))
      .map((subnet) => hypothetical(subnet, address, subnetSteps(subnet))),
  );
}

/** An address that nothing listed has: nobody's, if all that stands in the network is listed. */
function unowned(estate: Estate, { subnets, entry: { origin } }: VnetFacts): NextHop {
  const what = estate.knowsNics
    ? subnets.map((subnet) => estate.unlistedIn(subnet)).find((one) => one !== undefined)
    : missing('the network interfaces', 'network nic list');
  return what === undefined
    ? { to: 'drop', code: 'azure-no-such-address', why: `nothing in ${origin.name} has the address`, by: origin }
    : { to: 'missing', what };
}

/** The platform's address looks public and is not: nobody on the internet has it, and none of it is reached from elsewhere. */
function definePlatform({ builder }: Estate): void {
  const id = 'platform:azure';
  const origin: Origin = {
    provider: 'azure',
    kind: 'platform',
    id: '168.63.129.16',
    file: '',
    pointer: '',
    implicit: true,
  };
  builder.publicOwner(PLATFORM, id);
  builder.node(id, () => ({ id, origin, role: 'router', interfaces: [id] }));
  builder.interface(id, () => ({ id, origin, node: id, addresses: [], steps: [], table: id }));
  builder.table(id, () => ({ id, origin, entries: [], code: 'azure-no-such-address' }));
}

/** Ascending; where two claim an address the first one has it. */
function disjoint(owners: readonly { readonly span: Span<bigint>; readonly in: string }[]) {
  const seen = new Set<bigint>();
  return owners
    .filter(({ span: [lo] }) => !seen.has(lo) && seen.add(lo))
    .sort((a, b) => (a.span[0] < b.span[0] ? -1 : 1));
}

function hypothetical(subnet: SubnetFacts, address: bigint, steps: readonly InterfaceStep[]): Standing {
  const id = `host:${formatAddress(address)}@${subnet.entry.id}`;
  const origin: Origin = {
    ...subnet.entry.origin,
    kind: 'hypothetical host',
    id: formatAddress(address),
    implicit: true,
  };
  return {
    origin: subnet.entry.origin,
    interface: id,
    adds: {
      node: { id: `node:${id}`, origin, role: 'endpoint', interfaces: [id] },
      interface: {
        id,
        origin,
        node: `node:${id}`,
        addresses: [{ address, primary: true }],
        steps,
        table: routesOf(subnet.entry.id),
      },
      link: fabric(subnet.vnet.entry.id),
    },
  };
}
