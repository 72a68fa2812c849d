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
  const [worst, best] = [low, high].map((recorder) => handedBy(space, parties, side, recorder)) as [Hands, Hands];
  const nothing: Handed = { own: space.none, passed: space.none, ways: [] };
  const found = new Map<Party, Behind>();
  for (const kind of new Set([...best.keys(), ...worst.keys()])) {
    const [below, above] = [worst.get(kind) ?? nothing, best.get(kind) ?? nothing];
    // Certain is what is handed over in both moods: a member of a pool that may work can be worse than one that drops out.
    const reached = (a: PacketSet, b: PacketSet): Reached => ({ firm: space.and(a, b), possible: space.or(a, b) });
    found.set(kind, {
      ...reached(below.own, above.own),
      passed: reached(below.passed, above.passed),
      ways: below.ways
        .map((way) => ({ ...way, packets: space.and(way.packets, above.own) }))
        .filter(({ packets }) => !space.isEmpty(packets)),
    });
  }
  return found;
}

/** What one walk handed to a kind. */
interface Handed {
  readonly own: PacketSet;
  /** Of `own`, the client's own packets. */
  readonly passed: PacketSet;
  readonly ways: Behind['ways'];
}
type Hands = ReadonlyMap<Kind, Handed>;

function handedBy(space: PacketSpace, parties: Parties, side: Party, { handed = [] }: Recorder): Hands {
  const found = new Map<Kind, Handed>();
  for (const { node, asked, packets, relayed } of handed)
    for (const kind of parties.kindsAt(node)) {
      const foreign = space.minus(asked, space.of({ dst: parties.addressesOf(kind, side) }));
      const own = asOwn(space, packets, kind);
      if (space.isEmpty(foreign) || space.isEmpty(own)) continue;
      const known = found.get(kind);
      const sentTo = space.values(foreign, 'dst') as readonly Span<bigint>[];
      const through = [...parties.ownersOf(sentTo, side)].filter((other) => other !== kind);
      found.set(kind, {
        own: space.or(known?.own ?? space.none, own),
        passed: space.or(known?.passed ?? space.none, relayed === true ? space.none : own),
        ways: [...(known?.ways ?? []), { asked: foreign, packets: own, through }],
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
