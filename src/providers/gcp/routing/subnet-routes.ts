/**
 * Subnet routes: a network's own ranges, those of its peers and those that come by a Network Connectivity Center hub.
 * Nothing overrides them, whatever its prefix or priority.
 * Sources: https://docs.cloud.google.com/vpc/docs/routes#subnet-routes , https://docs.cloud.google.com/vpc/docs/vpc-peering
 */
import type { NextHop, RouteEntry } from '../../../model/network.ts';
import type { Missing, Origin } from '../../../model/origin.ts';
import { cidrsOf, familyOf, isPublic, parseCidr, prefixLengthOf } from '../../../net/address.ts';
import type { Span } from '../../../net/spans.ts';
import { type Estate, type NetworkFacts, type PeeringFacts, rangesOf } from '../estate.ts';
import { fabric } from '../interface.ts';
import { type Entry, missing } from '../inventory.ts';
import { flag, link, linkOf, nameIn, object, text } from '../record.ts';
import { TIER } from './sender.ts';

/** All subnet routes of a network; `listed` are the routes that a listing of it holds. */
export function subnetRoutes(estate: Estate, network: NetworkFacts, listed: readonly Entry[]): RouteEntry[] {
  return [
    ...ownRoutes(network, listed),
    ...network.peerings
      .filter(({ active }) => active)
      .flatMap((peering) => peerRoutes(estate, network, peering, listed)),
    ...hubRoutes(estate, network, listed),
  ];
}

function entryFor(span: Span<bigint>, next: NextHop, to: string, origin: Origin): RouteEntry {
  return {
    origin,
    match: { dst: [span] },
    next,
    rank: [TIER.subnet, -(prefixLengthOf(span) ?? 0)],
    text: `${cidrsOf(span).join()} -> ${to}`,
  };
}

function ownRoutes(network: NetworkFacts, listed: readonly Entry[]): RouteEntry[] {
  const { entry, subnets } = network;
  const next: NextHop = { to: 'link', link: fabric(entry.id) };
  const known = new Set<string>();
  const own = subnets.flatMap((subnet) =>
    rangesOf(subnet).map((span) => {
      known.add(span.join());
      return entryFor(span, next, `subnet ${subnet.entry.name}`, { ...subnet.entry.origin, implicit: true });
    }),
  );
  // A subnet may be missing from the snapshot while its route is listed.
  const others = listed.flatMap(({ record, origin }): RouteEntry[] => {
    const span = parseCidr(text(record, 'destRange') ?? '');
    return span === undefined || link(record, 'nextHopNetwork') !== entry.id || known.has(span.join())
      ? []
      : [entryFor(span, next, 'the network', origin)];
  });
  return [...own, ...others];
}

function peerRoutes(
  estate: Estate,
  network: NetworkFacts,
  peering: PeeringFacts,
  listed: readonly Entry[],
): RouteEntry[] {
  const peer = estate.networks.get(peering.peer);
  const by: Origin = { ...network.entry.origin, kind: 'peering', id: peering.name, name: peering.name, implicit: true };
  const to = `peering ${peering.name}`;
  if (peer === undefined || peer.subnets.length === 0) return unknownPeer(estate, network, peering, listed, by);
  const twin = estate.twinOf(network, peering);
  if (twin !== undefined && !twin.active) return [];
  const next: NextHop = { to: 'link', link: fabric(peer.entry.id) };
  return peer.subnets.flatMap((subnet) =>
    rangesOf(subnet).flatMap((span): RouteEntry[] => {
      const exchanged = isExchanged(span, peering, twin, peer);
      if (exchanged === false) return [];
      const entry = entryFor(span, next, to, by);
      return [exchanged === true ? entry : { ...entry, unresolved: exchanged }];
    }),
  );
}

/** What an active peering brings is known from lists of routes only, or not at all. */
function unknownPeer(
  estate: Estate,
  network: NetworkFacts,
  peering: PeeringFacts,
  listed: readonly Entry[],
  by: Origin,
): RouteEntry[] {
  const name = nameIn(peering.peer);
  const project = peering.peer.split('/')[1] ?? 'PROJECT';
  const what = missing(
    `the peered network ${name}`,
    `compute networks subnets list --network ${name} --project ${project}`,
  );
  const next: NextHop = { to: 'missing', what, by };
  const told = [
    ...listed.filter(({ record }) => text(record, 'nextHopPeering') === peering.name).map(({ record }) => record),
    ...estate.inventory
      .answers('peeringRoutes')
      .filter(
        ({ request }) =>
          text(request, 'peering') === peering.name &&
          [undefined, network.entry.name].includes(nameOrNone(text(request, 'network'))) &&
          text(request, 'direction') !== 'OUTGOING',
      )
      .flatMap(({ records }) => records.filter((record) => record['imported'] !== false)),
  ];
  const entries = told.flatMap((record): RouteEntry[] => {
    const span = parseCidr(text(record, 'destRange') ?? '');
    return span === undefined ? [] : [entryFor(span, next, `peering ${peering.name}`, by)];
  });
  if (entries.length > 0) return entries;
  return [
    {
      origin: by,
      match: {},
      next,
      rank: [TIER.subnet, 1],
      text: `whatever peering ${peering.name} brings`,
      unresolved: what,
    },
  ];
}

function nameOrNone(url: string | undefined): string | undefined {
  return url === undefined ? undefined : nameIn(url);
}

/** Whether a peer's range crosses a peering: private ranges always, public ones by choice, IPv6 where both speak it. */
function isExchanged(
  span: Span<bigint>,
  here: PeeringFacts,
  there: PeeringFacts | undefined,
  peer: NetworkFacts,
): boolean | Missing {
  const isSix = familyOf(span[0]) === 6;
  if (!isSix && !isPublic(span[0])) return true;
  const allowedHere = isSix ? speaksBoth(here) : flag(here.record, 'importSubnetRoutesWithPublicIp');
  if (!allowedHere) return false;
  if (there === undefined)
    return missing(`what network ${peer.entry.name} exports over its peering`, 'compute networks list');
  return isSix ? speaksBoth(there) : there.record['exportSubnetRoutesWithPublicIp'] !== false;
}

/** Whether a side of a peering takes IPv6 routes. */
export function speaksBoth({ record }: PeeringFacts): boolean {
  return text(record, 'stackType') === 'IPV4_IPV6';
}

/** Routes by a hub lead to another spoke of it: known where that network is in the snapshot. */
function hubRoutes(estate: Estate, network: NetworkFacts, listed: readonly Entry[]): RouteEntry[] {
  return listed.flatMap(({ record, origin, name }): RouteEntry[] => {
    const hub = text(record, 'nextHopHub');
    const span = parseCidr(text(record, 'destRange') ?? '');
    if (hub === undefined || span === undefined) return [];
    const owner = spokeNetworks(estate, hub).find(
      (one) =>
        one !== network && one.subnets.some((subnet) => rangesOf(subnet).some((own) => own.join() === span.join())),
    );
    const next: NextHop =
      owner === undefined
        ? {
            to: 'missing',
            what: missing(`what lies behind hub ${nameIn(hub)} of route ${name}`, 'network-connectivity spokes list'),
            by: origin,
          }
        : { to: 'link', link: fabric(owner.entry.id) };
    return [entryFor(span, next, `hub ${nameIn(hub)}`, origin)];
  });
}

function spokeNetworks({ inventory, networks }: Estate, hub: string): NetworkFacts[] {
  return inventory
    .all('spoke')
    .filter(({ record }) => linkOf(text(record, 'hub') ?? '') === linkOf(hub))
    .flatMap(({ record }) => networks.get(link(object(record, 'linkedVpcNetwork'), 'uri') ?? '') ?? []);
}
