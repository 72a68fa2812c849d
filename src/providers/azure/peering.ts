/**
 * Peerings: a route to the other network's learned ranges where both sides are connected; never further. What a machine of
 * this side only forwarded needs a flag that the documentation places on either side, so both have to agree.
 * Source: https://learn.microsoft.com/en-us/azure/virtual-network/virtual-network-manage-peering
 */
import type { NextHop, Rule } from '../../model/network.ts';
import { parseAddress } from '../../net/address.ts';
import { type Span, normalise } from '../../net/spans.ts';
import { type Estate, type PeeringFacts, type SubnetFacts, type VnetFacts, isConnected } from './estate.ts';
import { isBasic } from './internet.ts';
import { missing } from './inventory.ts';
import { FORWARDED, fabric } from './network-interface.ts';
import { flag, nameIn, objects, reference, strings, text } from './record.ts';
import type { PeerRoute } from './route-table.ts';

const door = (peering: string) => `${peering}#over`;

export function readPeerings(estate: Estate): (subnet: SubnetFacts) => readonly PeerRoute[] {
  for (const vnet of estate.vnets.values()) for (const peering of vnet.peerings) readPeering(estate, vnet, peering);
  return (subnet) => subnet.vnet.peerings.flatMap((peering) => routeOver(estate, subnet, peering));
}

function routeOver(estate: Estate, subnet: SubnetFacts, peering: PeeringFacts): PeerRoute[] {
  const { origin } = peering.entry;
  const remote = estate.vnets.get(peering.remote);
  const twin = estate.twinOf(subnet.vnet, peering);
  const named = strings(peering.entry.record, 'localSubnetNames').map((name) => name.toLowerCase());
  // A peering of single subnets serves those only.
  if (
    flag(peering.entry.record, 'peerCompleteVnets') === false &&
    named.length > 0 &&
    !named.includes(nameIn(subnet.entry.id))
  )
    return [];
  const broken = [peering, twin].find((side) => side !== undefined && !isConnected(side));
  const common = { origin, ranges: peering.ranges, name: `peering ${origin.name ?? ''}`, remote: peering.remote };
  if (broken !== undefined || (remote !== undefined && twin === undefined)) {
    const why =
      broken === undefined
        ? `peering ${origin.name ?? ''} has no counterpart in ${remote?.entry.origin.name ?? peering.remote}`
        : `peering ${broken.entry.origin.name ?? ''} is ${broken.state ?? 'unknown'}, not Connected`;
    return [
      {
        ...common,
        next: { to: 'drop', code: 'azure-peering-not-connected', why, by: (broken ?? peering).entry.origin },
        works: false,
      },
    ];
  }
  if (remote === undefined) {
    const what = missing(
      `the peered virtual network ${nameIn(peering.remote)}`,
      `network vnet show --ids ${peering.remote}`,
    );
    return [{ ...common, next: { to: 'missing', what, by: origin }, works: true }];
  }
  return [
    {
      ...common,
      next: { to: 'hop', in: door(peering.entry.id) },
      through: (to) => crossing(estate, peering, to),
      works: true,
    },
  ];
}

/** Over the peering to an interface there, whatever the destination: what a route hands to an appliance of the peer. */
function crossing({ builder }: Estate, { entry: { id, origin } }: PeeringFacts, to: string): NextHop {
  const at = `${id}#to:${to}`;
  const implicit = { ...origin, implicit: true as const };
  builder.node(at, () => ({ id: at, origin, role: 'router', interfaces: [at] }));
  builder.interface(at, () => ({
    id: at,
    origin,
    node: at,
    addresses: [],
    steps: [{ at: 'in', filter: `peering:${id}` }],
    table: at,
  }));
  builder.table(at, () => ({
    id: at,
    origin: implicit,
    entries: [{ origin: implicit, match: {}, next: { to: 'hop', in: to }, rank: [0], text: 'to the appliance' }],
  }));
  return { to: 'hop', in: at };
}

function readPeering(estate: Estate, vnet: VnetFacts, peering: PeeringFacts): void {
  const remote = estate.vnets.get(peering.remote);
  const twin = estate.twinOf(vnet, peering);
  if (remote === undefined || twin === undefined) return;
  const { builder } = estate;
  const { id, origin } = peering.entry;
  const implicit = { ...origin, implicit: true as const };
  const filter = `peering:${id}`;
  builder.node(id, () => ({ id, origin, role: 'router', interfaces: [door(id)] }));
  builder.interface(door(id), () => ({
    id: door(id),
    origin,
    node: id,
    addresses: [],
    steps: [{ at: 'in', filter }],
    table: `${id}#out`,
  }));
  const next: NextHop = { to: 'link', link: fabric(remote.entry.id) };
  builder.table(`${id}#out`, () => ({
    id: `${id}#out`,
    origin: implicit,
    entries: [{ origin: implicit, match: {}, next, rank: [0], text: `into ${remote.entry.origin.name}` }],
  }));
  builder.filter(filter, () => ({
    id: filter,
    origin,
    code: 'azure-peering',
    whyNoMend: 'no rule can be added to a peering',
    rules: [
      ...basicFrontendRules(estate, vnet, remote),
      ...forwardedRules(peering, twin),
      ...accessRules(estate, vnet, remote, peering, twin),
    ],
    order: 'first-match',
    otherwise: 'allow',
  }));
}

/** Frontends of Basic internal balancers are not reached from another region. */
function basicFrontendRules(estate: Estate, vnet: VnetFacts, remote: VnetFacts): Rule[] {
  const region = (side: VnetFacts) => text(side.entry.record, 'location')?.replaceAll(' ', '').toLowerCase();
  if (region(vnet) === undefined || region(remote) === undefined || region(vnet) === region(remote)) return [];
  return estate.inventory.all('loadBalancer').flatMap((balancer): Rule[] => {
    if (!isBasic(balancer.record)) return [];
    const dst = objects(balancer.record, 'frontendIPConfigurations').flatMap((frontend): Span<bigint>[] => {
      const address = parseAddress(text(frontend, 'privateIPAddress') ?? '');
      const inside = estate.subnets.get(reference(frontend, 'subnet') ?? '')?.vnet === remote;
      return address === undefined || !inside ? [] : [[address, address + 1n]];
    });
    if (dst.length === 0) return [];
    const { origin } = balancer;
    return [
      {
        origin,
        by: origin,
        code: 'azure-basic-lb-global-peering',
        action: 'deny',
        match: [{ dst: normalise(dst) }],
        text: 'a Basic frontend is not reached from another region',
      },
    ];
  });
}

/** Packets that did not originate in this network. */
function forwardedRules(peering: PeeringFacts, twin: PeeringFacts): Rule[] {
  if (peering.forwarded && twin.forwarded) return [];
  const what = `whether forwarded packets cross peering ${peering.entry.origin.name ?? ''}: allowForwardedTraffic is ${peering.forwarded || twin.forwarded ? 'on at one side only' : 'off'}, and the documentation contradicts itself on what that means`;
  return [
    {
      origin: peering.entry.origin,
      action: 'deny',
      match: [{ mark: [[FORWARDED, FORWARDED + 1]] }],
      text: 'forwarded traffic',
      unresolved: { what, fetch: null },
    },
  ];
}

/** With access off only the VirtualNetwork tag changes; between two interfaces without any group that is contested. */
function accessRules(
  estate: Estate,
  vnet: VnetFacts,
  remote: VnetFacts,
  peering: PeeringFacts,
  twin: PeeringFacts,
): Rule[] {
  if (peering.access && twin.access) return [];
  const open = (side: VnetFacts): Span<bigint>[] =>
    normalise(
      estate
        .nicsIn(side)
        .filter((nic) => nic.nsg === undefined && nic.subnet.nsg === undefined)
        .flatMap((nic) => nic.configurations.map(({ address: { address } }) => [address, address + 1n] as const)),
    );
  const [src, dst] = [open(vnet), open(remote)];
  if (src.length === 0 || dst.length === 0) return [];
  return [
    {
      origin: peering.entry.origin,
      action: 'deny',
      match: [{ src, dst }],
      text: 'no access to the peer, and no security group at either end',
      unresolved: {
        what: `whether peering ${peering.entry.origin.name ?? ''} carries anything: allowVirtualNetworkAccess is off and neither end has a security group, and the documentation contradicts itself on that`,
        fetch: null,
      },
    },
  ];
}
