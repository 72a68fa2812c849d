/**
 * What a row's packets are handed to besides whoever they were sent to: machines that serve a balancer's address, and those
 * behind a proxy. Reads what walks handed over; walks nothing itself.
 */
import { ALL_V4, ALL_V6 } from '../net/address.ts';
import type { PacketSet, PacketSpace } from '../net/packet-space.ts';
import { type Span, intersect, normalise } from '../net/spans.ts';
import type { Kind } from './classes.ts';
import type { Parties, Party } from './matrix-parties.ts';
import type { Recorder } from './record.ts';

/** What gets from one party to another, in the addresses of both. `possible` holds `firm` and what may work besides. */
export interface Reached {
  readonly firm: PacketSet;
  readonly possible: PacketSet;
}

/** What is passed on to a party, or opened for others, with its answer: from the clients to its own addresses and ports. */
export interface Behind extends Reached {
  /** Of both, what is the client's own: no relay ended the connection. */
  readonly passed: Reached;
  /** `firm` by what was sent to balancers for it, and whose those are. */
  readonly ways: readonly {
    readonly asked: PacketSet;
    readonly packets: PacketSet;
    readonly through: readonly Kind[];
  }[];
}

/** Whether others take the very packets that are sent to ends of a kind. */
export function passesOn({ first: { node } }: Kind): boolean {
  return node.role === 'router' || (node.relay !== undefined && node.forwards === true);
}

export function isProxy({ first: { node } }: Kind): boolean {
  return node.relay !== undefined;
}

/** What was handed to parties under addresses that are not their own. `low` and `high` are the walks of the two moods. */
export function behindOf(
  space: PacketSpace,
  parties: Parties,
  side: Party,
  low: Recorder,
  high: Recorder,
): ReadonlyMap<Party, Behind> {
  const found = new Map<Party, Behind>();
  const nothing: Reached = { firm: space.none, possible: space.none };
  for (const recorder of new Set([high, low]))
    for (const { node, asked, packets, relayed } of recorder.handed ?? [])
      for (const kind of parties.kindsAt(node)) {
        const foreign = space.minus(asked, space.of({ dst: parties.addressesOf(kind, side) }));
        const own = asOwn(space, packets, kind);
        if (space.isEmpty(foreign) || space.isEmpty(own)) continue;
        const isFirm = recorder === low;
        const grown = ({ firm, possible }: Reached): Reached => ({
          firm: isFirm ? space.or(firm, own) : firm,
          possible: space.or(possible, own),
        });
        const { ways, passed, ...all } = found.get(kind) ?? { ...nothing, passed: nothing, ways: [] };
        const sentTo = space.values(foreign, 'dst') as readonly Span<bigint>[];
        const through = [...parties.ownersOf(sentTo, side)].filter((other) => other !== kind);
        found.set(kind, {
          ...grown(all),
          passed: relayed === true ? passed : grown(passed),
          ways: isFirm ? [...ways, { asked: foreign, packets: own, through }] : ways,
        });
      }
  return found;
}

/** What a kind was handed, in its own addresses: for a machine that serves a balancer's address, in the machine's. */
function asOwn(space: PacketSpace, packets: PacketSet, { ends, spans, first }: Kind): PacketSet {
  const own = space.and(packets, space.of({ dst: spans }));
  const { serves, addresses: list } = first.interface;
  if (serves === undefined || ends.length > 1) return own;
  const served = [ALL_V4, ALL_V6].map((family) => {
    const [address] = list.filter((one) => intersect([[one.address, one.address + 1n]], [family]).length > 0);
    const here = space.and(packets, space.of({ dst: intersect(normalise(serves), [family]) }));
    if (address === undefined || space.isEmpty(here)) return space.none;
    return space.assign(here, { dst: [[address.address, address.address + 1n]] });
  });
  return space.or(own, space.orAll(served));
}
