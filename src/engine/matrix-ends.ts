/**
 * The ends that a matrix or a diff speaks of: every interface that may send or be sent to, under the name that a question
 * about everything gives it. Knows no classes and no packets.
 */
import { isPublic } from '../net/address.ts';
import { type Span, intersect, normalise } from '../net/spans.ts';
import { PUBLIC_V4, PUBLIC_V6 } from '../net/address.ts';
import type { Interface, Network, Node, Place } from '../model/network.ts';
import type { Origin } from '../model/origin.ts';
import { isAskedFor, labelOf } from './words.ts';

/** One end. `id` is what a person would ask for: the machine where it has one interface, else the interface. */
export interface MatrixEnd {
  readonly id: string;
  readonly name?: string;
  readonly interface: Interface;
  readonly node: Node;
  readonly origin: Origin;
  readonly place: Place;
  /** Its own addresses, ascending and disjoint: what it sends from and what its neighbours send to. */
  readonly spans: readonly Span<bigint>[];
  /** What the internet sends to: the outside addresses of 1:1 mappings, and its own public ones. */
  readonly outward: readonly Span<bigint>[];
  /** Whether it opens connections; what does not is only sent to. */
  readonly sends: boolean;
}

const PUBLIC: readonly Span<bigint>[] = normalise([...PUBLIC_V6, ...PUBLIC_V4]);

/** Every end of a network with an address, by id. What only routes speaks to nobody. */
export function endsOf(network: Network): readonly MatrixEnd[] {
  const ends = new Map<string, MatrixEnd>();
  for (const placeId of network.placeIds()) {
    const place = network.place(placeId);
    if (place === undefined || place.members !== undefined) continue;
    const whole = place.partOf === undefined ? undefined : network.place(place.partOf);
    if (whole !== undefined && whole.members === undefined) continue;
    for (const id of place.interfaces) {
      if (ends.has(id)) continue;
      const member = network.interface(id);
      const node = member === undefined ? undefined : network.node(member.node);
      if (member === undefined || node === undefined || !isAskedFor(node, false)) continue;
      const spans = spansOf(member);
      if (spans.length === 0) continue;
      const alone = place.interfaces.length === 1;
      const label = alone ? { id: place.id, ...named(place.origin) } : labelOf(network, member);
      ends.set(id, {
        ...label,
        interface: member,
        node,
        origin: alone ? place.origin : (network.place(id)?.origin ?? member.origin),
        place: alone ? place : (network.place(id) ?? place),
        spans,
        outward: outwardOf(member),
        sends: isAskedFor(node, true),
      });
    }
  }
  const list = [...ends.values()].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  return unique(list);
}

/** Two things of one name (a project's and another's) are told apart by the interface. */
function unique(ends: readonly MatrixEnd[]): readonly MatrixEnd[] {
  return ends.map((end, i) =>
    ends[i - 1]?.id === end.id || ends[i + 1]?.id === end.id ? { ...end, id: end.interface.id } : end,
  );
}

function named(origin: Origin): { name?: string } {
  return origin.name === undefined ? {} : { name: origin.name };
}

/** Everything that an interface answers for. */
export function spansOf({ addresses, prefixes }: Interface): readonly Span<bigint>[] {
  return normalise([...addresses.map(({ address }) => [address, address + 1n] as const), ...(prefixes ?? [])]);
}

function outwardOf({ addresses, prefixes }: Interface): readonly Span<bigint>[] {
  const single = addresses
    .map((one) => one.public ?? one.address)
    .filter(isPublic)
    .map((address) => [address, address + 1n] as const);
  return normalise([...single, ...intersect(normalise(prefixes ?? []), PUBLIC)]);
}
