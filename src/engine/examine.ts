/**
 * Examines a question: one walk, and a second one with the opposite mood if anything was unknown. Everything else (answer,
 * repair, matrix, diff) reads what is found here.
 */
import type { PacketSet } from '../net/packet-space.ts';
import type { Question } from '../model/query.ts';
import type { Verdict } from '../model/results.ts';
import type { Compiler } from './compile.ts';
import type { Crowd } from './crowd.ts';
import type { Mood, Outcome } from './outcome.ts';
import { type Doubt, Recorder } from './record.ts';
import { relayed } from './relay.ts';
import { askedPackets, verdictOf } from './verdict.ts';
import { walkAll } from './walk.ts';

/** What both walks found, before it is turned into words. */
export interface Finding {
  readonly verdict: Verdict;
  readonly asked: PacketSet;
  readonly pessimistic: Outcome;
  readonly optimistic: Outcome;
  /** Of the optimistic walk, which sees every certain drop. */
  readonly recorder: Recorder;
  readonly doubts: readonly Doubt[];
  /** The connections of the path, first one first; more than one where a relay ends it and opens another. */
  readonly connections: readonly { readonly from: string; readonly to: string }[];
}

/** Walks a question and says what both moods found. */
export function examine(compiler: Compiler, question: Question): Finding {
  const asked = askedPackets(compiler.space, question);
  const pessimistic = walkQuestion(compiler, question, asked, 'pessimistic');
  if (pessimistic.recorder.doubts.length === 0) return found(compiler, question, asked, pessimistic, pessimistic);
  return found(compiler, question, asked, pessimistic, walkQuestion(compiler, question, asked, 'optimistic'));
}

export interface Run {
  readonly outcome: Outcome;
  readonly recorder: Recorder;
  readonly connections: { from: string; to: string }[];
}

function found(compiler: Compiler, question: Question, asked: PacketSet, low: Run, high: Run): Finding {
  const { space } = compiler;
  const worst = verdictOf(space, question, asked, low.outcome);
  const verdict = low === high || worst === verdictOf(space, question, asked, high.outcome) ? worst : 'undetermined';
  const doubts = [...low.recorder.doubts, ...(low === high ? [] : high.recorder.doubts)];
  return {
    verdict,
    asked,
    pessimistic: low.outcome,
    optimistic: high.outcome,
    recorder: high.recorder,
    doubts,
    connections: high.connections,
  };
}

/** One walk of everything that was asked, in one mood; with a crowd, of what all of its senders ask. */
export function walkQuestion(
  compiler: Compiler,
  question: Question,
  asked: PacketSet,
  mood: Mood,
  options: {
    readonly recorder?: Recorder;
    readonly blind?: ReadonlySet<string>;
    readonly crowd?: Crowd | undefined;
  } = {},
): Run {
  const recorder = options.recorder ?? new Recorder();
  const connections = [{ from: question.src.id, to: question.dst.id }];
  const walkOne = (asking: Question, packets: PacketSet, connection: number): Outcome => {
    const start = compiler.network.interface(asking.start);
    if (start === undefined) throw new Error(`the question starts at ${asking.start}, which the network does not have`);
    const targets =
      asking.target === undefined
        ? undefined
        : [...new Set(asking.target.map((id) => compiler.network.interface(id)?.node ?? id))];
    return walkAll({
      compiler,
      mood,
      recorder,
      asked: packets,
      start,
      targets,
      connection,
      ...(options.blind === undefined || connection > 0 ? {} : { blind: options.blind }),
      ...(options.crowd === undefined || connection > 0 ? {} : { crowd: options.crowd }),
      relay: (walk, node, flight) =>
        relayed(walk, node, flight, (next) => {
          connections[connection + 1] ??= { from: next.src.id, to: next.dst.id };
          const wanted = askedPackets(compiler.space, next);
          return verdictOf(compiler.space, next, wanted, walkOne(next, wanted, connection + 1));
        }),
    });
  };
  return { outcome: walkOne(question, asked, 0), recorder, connections };
}
