/**
 * What a walk carries along and what it comes to: the question's packets for which some way worked, and those for which
 * some way failed. With forks and with rewrites that leave a choice both can hold for one packet.
 */
import type { Span } from '../net/spans.ts';
import type { PacketSet, PacketSpace } from '../net/packet-space.ts';
import type { Interface, Node } from '../model/network.ts';
import type { Compiler } from './compile.ts';
import type { Crowd } from './crowd.ts';
import type { Flight } from './flight.ts';
import type { Recorder } from './record.ts';

/** The question's packets for which some way worked, and for which some way failed. */
export interface Outcome {
  readonly ok: PacketSet;
  readonly fail: PacketSet;
}

/** How unknown parts count: as lost (`pessimistic`) or as passed (`optimistic`). */
export type Mood = 'pessimistic' | 'optimistic';

export interface Walk {
  readonly compiler: Compiler;
  readonly mood: Mood;
  readonly recorder: Recorder;
  /** The packets asked about. */
  readonly asked: PacketSet;
  readonly start: Interface;
  /** Nodes that count as the destination; undefined: whoever accepts. */
  readonly targets: readonly string[] | undefined;
  readonly connection: number;
  /** Links whose owners are not asked for on the way there: whoever asks leaves out what they own. */
  readonly blind?: ReadonlySet<string>;
  /** Where many senders are walked at once: `start` is any of them. */
  readonly crowd?: Crowd;
  /** Answers for the connections that a relay opens. */
  readonly relay: (walk: Walk, node: Node, flight: Flight) => RelayOutcome;
}

/** What a relay's second connections are worth to the first one's packets: those that may work, and those that may fail. */
export interface RelayOutcome {
  readonly some: PacketSet;
  readonly lost: PacketSet;
}

export function nothing(space: PacketSpace): Outcome {
  return { ok: space.none, fail: space.none };
}

export function merge(space: PacketSpace, a: Outcome, b: Outcome): Outcome {
  return { ok: space.or(a.ok, b.ok), fail: space.or(a.fail, b.fail) };
}

/** The same of many, so that what they come to together is not written down again with each. */
export function mergeAll(space: PacketSpace, outcomes: readonly Outcome[]): Outcome {
  return { ok: space.orAll(outcomes.map(({ ok }) => ok)), fail: space.orAll(outcomes.map(({ fail }) => fail)) };
}

/** The packets in flight that are headed for these addresses; a reply's destination is the request's source. */
export function toward(space: PacketSpace, flight: Flight, spans: readonly Span<bigint>[]): PacketSet {
  if (spans.length === 0) return space.none;
  return space.and(flight.set, space.of({ [flight.leg === 'forward' ? 'dst' : 'src']: spans }));
}
