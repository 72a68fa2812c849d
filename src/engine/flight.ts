/**
 * A set of packets on its way: where in the coordinates of which segment it is, what was rewritten so far, what stateful
 * things remember of it, and the trail behind it. Immutable: a step makes a new flight.
 */
import type { PacketSet, PacketSpace } from '../net/packet-space.ts';
import type { Field } from '../net/fields.ts';
import type { AddressField, Node } from '../model/network.ts';
import type { Assumption, Origin } from '../model/origin.ts';
import type { Leg, StepResult } from '../model/results.ts';

/** One rewrite that is still in force: packets `before` it, and how to get from after back to before. */
export interface Frame {
  readonly parent: Frame | undefined;
  readonly translation: string;
  readonly side: 'outward' | 'inward';
  readonly before: PacketSet;
  readonly undo: Undo;
}

/** Fields were assigned (what they were is in `before`), or addresses were mapped 1:1. */
export type Undo =
  | { readonly how: 'forget'; readonly fields: readonly Field[] }
  | {
      readonly how: 'pairs';
      readonly field: AddressField;
      readonly inverse: readonly { readonly from: bigint; readonly to: bigint }[];
    };

/** What a stateful filter or identity translation remembers, in the coordinates of `frame`. */
export interface Remembered {
  readonly parent: Remembered | undefined;
  readonly state: string;
  readonly packets: PacketSet;
  readonly frame: Frame | undefined;
}

/** The steps behind a flight, newest first. */
export interface Trail {
  readonly parent: Trail | undefined;
  readonly node: Node;
  readonly step: StepResult;
}

export interface Flight {
  readonly leg: Leg;
  readonly set: PacketSet;
  readonly frames: Frame | undefined;
  readonly remembered: Remembered | undefined;
  /** Translations that a reply already came back through. */
  readonly undone: readonly string[];
  /** Stateful filters that the reply has yet to come back through, where it matters that it does. */
  readonly expects?: readonly { readonly state: string; readonly by: Origin }[];
  readonly trail: Trail | undefined;
  readonly visited: Visited | undefined;
  readonly assumptions: readonly Assumption[];
  /** Whether it is not known that it takes this way: behind a fork that the snapshot does not settle. */
  readonly unsure?: true;
  /** Whether some of its packets may fare differently elsewhere too: behind a fork, or where a rewrite left a choice. */
  readonly torn?: true;
}

interface Visited {
  readonly parent: Visited | undefined;
  readonly leg: Leg;
  readonly interface: string;
  readonly frame: Frame | undefined;
}

/** A packet that was rewritten may come by once more (hairpins do), never a third time. */
const MOST_VISITS = 2;

/** The flight at one more interface, or undefined when it has been there before: a loop. */
export function visiting(flight: Flight, interfaceId: string): Flight | undefined {
  if (visitsOf(flight, interfaceId) >= MOST_VISITS) return undefined;
  return {
    ...flight,
    visited: { parent: flight.visited, leg: flight.leg, interface: interfaceId, frame: flight.frames },
  };
}

/** How often it came by an interface; as good as too often where it has not been rewritten since. */
export function visitsOf(flight: Flight, interfaceId: string): number {
  let visits = 0;
  for (let seen = flight.visited; seen !== undefined; seen = seen.parent) {
    if (seen.interface !== interfaceId || seen.leg !== flight.leg) continue;
    if (seen.frame === flight.frames) return MOST_VISITS;
    visits++;
  }
  return visits;
}

/**
 * The packets before one rewrite from which these could have come. Existential: a packet whose rewrite has free choices is
 * back as soon as one choice is.
 */
export function before(space: PacketSpace, frame: Frame, packets: PacketSet): PacketSet {
  const plain = space.forget(packets, ['mark']);
  const back =
    frame.undo.how === 'forget'
      ? space.forget(plain, frame.undo.fields)
      : space.mapAddress(plain, frame.undo.field, frame.undo.inverse);
  return space.and(back, frame.before);
}

/** The packets of the question from which these came, through every rewrite still in force. */
export function asAsked(
  space: PacketSpace,
  frames: Frame | undefined,
  packets: PacketSet,
  asked: PacketSet,
): PacketSet {
  let set = packets;
  for (let frame = frames; frame !== undefined; frame = frame.parent) set = before(space, frame, set);
  return space.and(space.forget(set, ['mark']), asked);
}

/** What becomes of packets of the question through every rewrite still in force, of those in flight now. */
export function asDelivered(
  space: PacketSpace,
  frames: Frame | undefined,
  packets: PacketSet,
  now: PacketSet,
): PacketSet {
  const chain: Frame[] = [];
  for (let frame = frames; frame !== undefined; frame = frame.parent) chain.push(frame);
  chain.reverse();
  let set = space.forget(packets, ['mark']);
  for (const [i, { before: own, undo }] of chain.entries()) {
    const after = space.forget(chain[i + 1]?.before ?? now, ['mark']);
    const here = space.and(set, space.forget(own, ['mark']));
    const there =
      undo.how === 'forget'
        ? space.forget(here, undo.fields)
        : space.mapAddress(
            here,
            undo.field,
            undo.inverse.map(({ from, to }) => ({ from: to, to: from })),
          );
    set = space.and(there, after);
  }
  return set;
}

/**
 * What a state table remembers in these coordinates, marks aside; undefined when it never saw anything of this flight.
 * `plain`: what it saw of packets before they joined this flight, in the coordinates of the question.
 */
export function recall(space: PacketSpace, flight: Flight, state: string, plain?: PacketSet): PacketSet | undefined {
  let seen = flight.frames === undefined ? plain : undefined;
  for (let r = flight.remembered; r !== undefined; r = r.parent)
    if (r.state === state && r.frame === flight.frames) {
      const packets = space.forget(r.packets, ['mark']);
      seen = seen === undefined ? packets : space.or(seen, packets);
    }
  return seen;
}
