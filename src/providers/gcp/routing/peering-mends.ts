/**
 * What a peering could bring and does not: custom routes that one side keeps to itself, and everything where one side is not
 * configured. Such destinations are dropped as before, but the drop knows what would mend it.
 * Source: https://docs.cloud.google.com/vpc/docs/vpc-peering
 */
import type { Amendment, NextHop, RouteEntry } from '../../../model/network.ts';
import type { Origin } from '../../../model/origin.ts';
import { PUBLIC_V4, PUBLIC_V6, cidrsOf, isPublic, prefixLengthOf } from '../../../net/address.ts';
import { type Span, normalise, subtract } from '../../../net/spans.ts';
import { type Estate, type NetworkFacts, rangesOf } from '../estate.ts';
import { fabric } from '../interface.ts';
import { flag } from '../record.ts';
import { TIER } from './sender.ts';

/** A range that a change of peerings would bring. */
export interface Withheld {
  readonly spans: readonly Span<bigint>[];
  readonly mend: string;
}

/** Private ranges of networks whose peering with this one is set up on one side only. */
export function unpeered(estate: Estate, network: NetworkFacts): Withheld[] {
  return halfPeers(estate, network).map((peer) => ({
    spans: normalise(peer.subnets.flatMap(rangesOf).filter(([lo]) => !isPublic(lo))),
    mend: peerMend(network, peer),
  }));
}

/** Custom routes of active peers that do not cross, as `routesOf` a peer tells them. */
export function unexchanged(
  estate: Estate,
  network: NetworkFacts,
  routesOf: (peer: NetworkFacts) => readonly RouteEntry[],
): Withheld[] {
  return network.peerings.flatMap((peering) => {
    const peer = estate.networks.get(peering.peer);
    const twin = estate.twinOf(network, peering);
    if (peer === undefined || twin?.active !== true || !peering.active) return [];
    if (flag(peering.record, 'importCustomRoutes') && flag(twin.record, 'exportCustomRoutes')) return [];
    const spans = routesOf(peer).flatMap(({ match: { dst } }) => (dst === undefined || 'set' in dst ? [] : dst));
    return spans.length === 0 ? [] : [{ spans: normalise(spans), mend: exchangeMend(network, peer) }];
  });
}

/** Drops with a mend, read before the default route: it would drop these destinations too, or there is none. */
export function withheldEntries(
  withheld: readonly Withheld[],
  ordinary: readonly RouteEntry[],
  origin: Origin,
): RouteEntry[] {
  const defaults = ordinary.filter(({ rank }) => rank[0] === TIER.custom && rank[1] === 0);
  const carries = defaults.some(
    ({ next }) => !(next.to === 'drop' || (next.to === 'hop' && next.in.startsWith('edge:'))),
  );
  if (carries) return [];
  const code = defaults.length === 0 ? 'gcp-no-route' : 'gcp-private-traffic-to-internet';
  let taken: readonly Span<bigint>[] = [];
  return withheld.flatMap(({ spans, mend }): RouteEntry[] => {
    const rest = subtract(subtract(spans, PUBLIC), taken);
    taken = normalise([...taken, ...rest]);
    const why =
      defaults.length === 0
        ? `no route of network ${origin.name ?? origin.id} matches`
        : 'only the default route covers it, and the internet gateway carries no private destination';
    const next: NextHop = { to: 'drop', code, why, by: origin, mend };
    return rest.length === 0
      ? []
      : [{ origin: { ...origin, implicit: true }, match: { dst: rest }, next, rank: [TIER.custom, -0.25], text: why }];
  });
}

/** What the default route does carry. */
const PUBLIC = [...PUBLIC_V4, ...PUBLIC_V6];

const peerMend = (a: NetworkFacts, b: NetworkFacts) => `peer:${[a.entry.id, b.entry.id].sort().join(' ')}`;
const exchangeMend = (to: NetworkFacts, from: NetworkFacts) => `exchange:${to.entry.id} ${from.entry.id}`;

function halfPeers(estate: Estate, network: NetworkFacts): NetworkFacts[] {
  return [...estate.networks.values()].filter((other) => {
    const [here, there] = [
      network.peerings.find(({ peer }) => peer === other.entry.id),
      other.peerings.find(({ peer }) => peer === network.entry.id),
    ];
    return other !== network && (here ?? there) !== undefined && !(here?.active === true && there?.active === true);
  });
}

/** Adds entries to the tables of a network, as `puts` of an amendment. */
export type Extend = (
  network: NetworkFacts,
  entries: (network: NetworkFacts) => readonly RouteEntry[],
) => Amendment['puts'];

/** Defines the amendments that the drops above name. */
export function defineMends(
  estate: Estate,
  extend: Extend,
  customOf: (to: NetworkFacts, from: NetworkFacts) => readonly RouteEntry[],
): void {
  const { builder } = estate;
  for (const network of estate.networks.values()) {
    for (const peer of halfPeers(estate, network)) {
      const id = peerMend(network, peer);
      const [a, b] = [network, peer].sort((x, y) => (x.entry.id < y.entry.id ? -1 : 1)) as [NetworkFacts, NetworkFacts];
      builder.amendment(id, () => ({
        id,
        origin: a.entry.origin,
        attribute: 'peering',
        to: b.entry.name,
        text: `set up the peering of networks ${a.entry.name} and ${b.entry.name} on both sides`,
        puts: (under) => {
          const there = extend(a, () => subnetEntries(b, a))(under).tables ?? [];
          const back = extend(b, () => subnetEntries(a, b))(under).tables ?? [];
          return { tables: [...there, ...back] };
        },
      }));
    }
    for (const peer of estate.peersOf(network)) {
      const id = exchangeMend(network, peer);
      builder.amendment(id, () => ({
        id,
        origin: network.entry.origin,
        attribute: 'custom-routes',
        to: peer.entry.name,
        text: `export the custom routes of network ${peer.entry.name} over its peering, and import them in network ${network.entry.name}`,
        puts: extend(network, () => customOf(network, peer)),
      }));
    }
  }
}

function subnetEntries(of: NetworkFacts, to: NetworkFacts): RouteEntry[] {
  const origin: Origin = { ...to.entry.origin, kind: 'peering', implicit: true };
  return of.subnets.flatMap((subnet) =>
    rangesOf(subnet)
      .filter(([lo]) => !isPublic(lo))
      .map((span) => ({
        origin,
        match: { dst: [span] },
        next: { to: 'link' as const, link: fabric(of.entry.id) },
        rank: [TIER.subnet, -(prefixLengthOf(span) ?? 0)],
        text: `${cidrsOf(span).join()} -> peering with ${of.entry.name}`,
      })),
  );
}
