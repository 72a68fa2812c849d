/**
 * Who could send from a range of addresses: the interfaces that own some of them, hypothetical hosts in the networks
 * that the rest falls into, and the internet. Knows nothing of words; a range that is too wide to tell is an error.
 */
import { PUBLIC_V4, PUBLIC_V6, familyOf } from '../net/address.ts';
import { type Span, intersect, normalise, subtract } from '../net/spans.ts';
import type { Interface, InterfaceAddress, Network, Standing } from '../model/network.ts';
import { QuestionError } from './ports.ts';

/** One sender with the addresses of the range that are its own. */
export type Sender =
  | { readonly is: 'owner'; readonly interface: Interface; readonly address: InterfaceAddress }
  | { readonly is: 'standing'; readonly standing: Standing; readonly spans: readonly Span<bigint>[] }
  | { readonly is: 'internet'; readonly spans: readonly Span<bigint>[] };

/** No network is smaller than eight IPv4 addresses, or than a /64. */
const GRAIN = { 4: 8n, 6: 1n << 64n } as const;
const MOST_PROBES = 140_000;

/** All senders of a range, owners first; `text` is how the range was written. Throws QuestionError. */
export function sendersOf(network: Network, span: Span<bigint>, text: string): readonly Sender[] {
  const owners = ownersIn(network, span);
  const owned = normalise(owners.map(({ seen }) => [seen, seen + 1n] as const));
  const free = subtract([span], owned);
  const standing = standingsIn(network, span, text);
  const hosts = standing.flatMap((one): Sender[] => {
    const spans = intersect(normalise(one.spans), free);
    return spans.length === 0 ? [] : [{ is: 'standing', standing: one.standing, spans }];
  });
  const nowhere = subtract(free, normalise(standing.flatMap((one) => one.spans)));
  const outside = intersect(nowhere, familyOf(span[0]) === 4 ? PUBLIC_V4 : PUBLIC_V6);
  return [
    ...owners.map(({ interface: owner, address }): Sender => ({ is: 'owner', interface: owner, address })),
    ...hosts,
    ...(outside.length === 0 ? [] : [{ is: 'internet', spans: outside } as const]),
  ];
}

function ownersIn(network: Network, [lo, end]: Span<bigint>) {
  const found = new Map<string, { interface: Interface; address: InterfaceAddress; seen: bigint }>();
  for (const id of network.placeIds())
    for (const one of network.place(id)?.interfaces ?? []) {
      const owner = network.interface(one);
      for (const address of owner?.addresses ?? [])
        for (const seen of [address.address, address.public ?? -1n])
          if (owner !== undefined && lo <= seen && seen < end)
            found.set(`${one} ${address.address}`, { interface: owner, address, seen });
    }
  return [...found.values()].sort((a, b) => (a.seen < b.seen ? -1 : 1));
}

/** Halves the range until each part stands in one network or in none. */
function standingsIn(network: Network, span: Span<bigint>, text: string) {
  const found = new Map<string, { standing: Standing; spans: Span<bigint>[] }>();
  const grain = GRAIN[familyOf(span[0])];
  let probes = 0;
  const look = (address: bigint): readonly Standing[] => {
    if (++probes > MOST_PROBES)
      throw new QuestionError(
        `${text} is too wide to tell who sends from it. Name a network, subnet or smaller range, "internet" for every public address, or "*" for everything.`,
      );
    return network.standingsOf(address);
  };
  const split = (lo: bigint, end: bigint): void => {
    const size = end - lo;
    const first = look(lo);
    const quarters = size < 4n ? [] : [lo + size / 4n, lo + size / 2n, lo + (size / 4n) * 3n];
    const same = [...quarters, end - 1n].every((address) => keyOf(look(address)) === keyOf(first));
    if (!same || (first.length === 0 && size > grain)) {
      split(lo, lo + size / 2n);
      return split(lo + size / 2n, end);
    }
    if (first.length > 1)
      throw new QuestionError(
        `${text} could stand in ${first.length} places: ${first
          .slice(0, 10)
          .map((one) => one.origin.id)
          .join(', ')}. Use the id of an interface there.`,
      );
    const standing = first[0];
    if (standing === undefined) return;
    const known = found.get(keyOf(first));
    if (known === undefined) found.set(keyOf(first), { standing, spans: [[lo, end]] });
    else known.spans.push([lo, end]);
  };
  split(...span);
  return [...found.values()];
}

/** The network that a standing is in, whatever the host: its interface may be named after the address. */
function keyOf(standings: readonly Standing[]): string {
  return standings.map((one) => one.adds?.link ?? one.interface).join(' ');
}
