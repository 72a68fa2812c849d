/**
 * `reach`: one question, one answer. Walks once, and a second time with the opposite mood if anything was unknown; the
 * verdict stands if both agree. Blockers, traces and missing inputs are read off what those walks recorded.
 */
import { allowedFlows, describe } from '../net/describe.ts';
import { PacketSpace, type PacketSet } from '../net/packet-space.ts';
import type { Interface, Network, Node } from '../model/network.ts';
import type { Missing } from '../model/origin.ts';
import type { Question } from '../model/query.ts';
import type { Answer, Connection, Trace, Verdict, Witness } from '../model/results.ts';
import { blockersOf } from './blockers.ts';
import { Compiler, NO_PATCHES, type Patches } from './compile.ts';
import { type Flight, asAsked } from './flight.ts';
import { type Doubt, type End, Recorder, hopsOf } from './record.ts';
import { backendQuestion } from './relay.ts';
import { repair } from './repair.ts';
import { askedPackets, verdictOf, workingPackets } from './verdict.ts';
import { type Mood, type Outcome, type RelayOutcome, type Walk, walkAll } from './walk.ts';
import { formatAddress } from '../net/address.ts';
import { protocolName } from '../net/protocol.ts';

export interface ReachOptions {
  /** An answer that rests on an assumption becomes undetermined. */
  readonly strict?: boolean;
  /** Share one space between questions on one network to keep what was compiled. */
  readonly compiler?: Compiler;
}

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

/** Answers one question about a network. Throws SpaceBudgetError when the question is too big to answer exactly. */
export function reach(network: Network, question: Question, options: ReachOptions = {}): Answer {
  const compiler = options.compiler ?? new Compiler(new PacketSpace(), network);
  const { space } = compiler;
  const finding = examine(compiler, question, NO_PATCHES);
  const { recorder, asked } = finding;
  const assumptions = [...recorder.assumptions.values()].sort((a, b) => compare(a.code, b.code) || compare(a.resource, b.resource));
  const restsOnAssumption = options.strict === true && assumptions.length > 0 && (finding.verdict === 'reachable' || finding.verdict === 'partial');
  const verdict = restsOnAssumption ? 'undetermined' : finding.verdict;
  const works = workingPackets(space, asked, finding.pessimistic);
  const fixed = finding.verdict === 'reachable' ? { drops: [], outcome: 'none' as const, needed: [] } : repair(compiler, question, finding);
  const { blockers, changes } = blockersOf(space, finding, fixed);
  const shown = witnessOf(space, finding, works);
  const legs = legsOf(space, finding, shown?.packet);
  return {
    verdict,
    query: { src: question.src, dst: question.dst, protocol: question.protocolText, ports: question.portsText },
    allowed: allowedFlows(space, space.forget(works, ['mark'])),
    blockers,
    fixes: { outcome: fixed.outcome, changes },
    gotchas: [],
    missing: verdict === 'undetermined' ? missingOf(finding.doubts) : [],
    assumptions,
    connections: connectionsOf(space, finding),
    forward: { hops: legs.forward },
    return: { hops: legs.return },
    ...(shown === undefined ? {} : { witness: shown.witness }),
  };
}

/** Walks a question, with changes laid over the network, and says what both moods found. */
export function examine(compiler: Compiler, question: Question, patches: Patches): Finding {
  const asked = askedPackets(compiler.space, question);
  const pessimistic = run(compiler, question, patches, asked, 'pessimistic');
  if (pessimistic.recorder.doubts.length === 0) return found(compiler, question, asked, pessimistic, pessimistic);
  return found(compiler, question, asked, pessimistic, run(compiler, question, patches, asked, 'optimistic'));
}

interface Run {
  readonly outcome: Outcome;
  readonly recorder: Recorder;
  readonly connections: { from: string; to: string }[];
}

function found(compiler: Compiler, question: Question, asked: PacketSet, low: Run, high: Run): Finding {
  const { space } = compiler;
  const worst = verdictOf(space, question, asked, low.outcome);
  const verdict = low === high || worst === verdictOf(space, question, asked, high.outcome) ? worst : 'undetermined';
  const doubts = [...low.recorder.doubts, ...(low === high ? [] : high.recorder.doubts)];
  return { verdict, asked, pessimistic: low.outcome, optimistic: high.outcome, recorder: high.recorder, doubts, connections: high.connections };
}

const MOST_CONNECTIONS = 6;

function run(compiler: Compiler, question: Question, patches: Patches, asked: PacketSet, mood: Mood): Run {
  const recorder = new Recorder();
  const connections = [{ from: question.src.id, to: question.dst.id }];
  const { space, network } = compiler;
  const outcomeOf = (asking: Question, packets: PacketSet, connection: number): Outcome => {
    const start = network.interface(asking.start);
    if (start === undefined) throw new Error(`the question starts at ${asking.start}, which the network does not have`);
    const targets = asking.target === undefined ? undefined : [...new Set(asking.target.map((id) => network.interface(id)?.node ?? id))];
    return walkAll({ compiler, patches, mood, recorder, asked: packets, start, targets, connection, relay });
  };
  const relay = (walk: Walk, node: Node, at: Interface, flight: Flight): RelayOutcome => {
    const listeners = node.relay?.listeners ?? [];
    let flying = flight.set;
    let some = space.none;
    let lost = space.none;
    const fail = (packets: PacketSet, code: string, why: string) => {
      recorder.drops.push({ code, by: node.origin, owners: [], leg: 'forward', connection: walk.connection, layer: 'application', packets: asAsked(space, flight.frames, packets, walk.asked), why });
      lost = space.or(lost, packets);
    };
    for (const listener of listeners) {
      const share = space.and(flying, compiler.matches(listener.match, 'forward'));
      if (space.isEmpty(share)) continue;
      flying = space.minus(flying, share);
      if (listener.backends.length === 0) {
        fail(share, listener.empty.code, listener.empty.why);
        continue;
      }
      if (walk.connection + 1 >= MOST_CONNECTIONS) {
        fail(share, 'too-many-connections', 'more than 6 relays one after another');
        continue;
      }
      const outcomes: { some: boolean; all: boolean }[] = [];
      for (const backend of listener.backends)
        for (const from of backend.from) {
          const next = backendQuestion(network, node, backend, from);
          const packets = askedPackets(space, next);
          connections[walk.connection + 1] ??= { from: next.src.id, to: next.dst.id };
          const outcome = outcomeOf(next, packets, walk.connection + 1);
          const verdict = verdictOf(space, next, packets, outcome);
          outcomes.push({ some: verdict !== 'unreachable', all: verdict === 'reachable' });
        }
      const alive = listener.choose === 'one-works' && outcomes.some((o) => o.some) ? outcomes.filter((o) => o.some) : outcomes;
      const [any, every] = listener.choose === 'unknown' ? [mood === 'optimistic' ? alive.some((o) => o.some) : alive.every((o) => o.some), alive.every((o) => o.all)] : [alive.some((o) => o.some), alive.every((o) => o.all)];
      if (any) some = space.or(some, share);
      if (!every) lost = space.or(lost, share);
    }
    if (!space.isEmpty(flying)) fail(flying, 'no-listener', `${node.origin.kind} ${node.origin.id} does not listen for this`);
    return { some, lost };
  };
  return { outcome: outcomeOf(question, asked, 0), recorder, connections };
}

function missingOf(doubts: readonly Doubt[]): Missing[] {
  const byWhat = new Map<string, Missing>();
  for (const { missing } of doubts) byWhat.set(missing.what, missing);
  return [...byWhat.values()].sort((a, b) => compare(a.what, b.what));
}

/** A packet that tells the story: one that fails where something fails, else one that works. */
function witnessOf(space: PacketSpace, finding: Finding, works: PacketSet): { packet: PacketSet; witness: Witness } | undefined {
  const { asked } = finding;
  const failing = space.minus(asked, works);
  const interesting = finding.verdict === 'reachable' || space.isEmpty(failing) ? (space.isEmpty(works) ? asked : works) : failing;
  const packet = space.witness(interesting);
  if (packet === undefined) return undefined;
  const { mark: _, src, dst, protocol, ...rest } = packet;
  const only = space.of({ mark: [[0, 1]], src: [[src, src + 1n]], dst: [[dst, dst + 1n]], protocol: [[protocol, protocol + 1]], ...Object.fromEntries(Object.entries(rest).map(([field, value]) => [field, [[value, (value as number) + 1]]])) });
  return { packet: only, witness: { src: formatAddress(src), dst: formatAddress(dst), protocol: protocolName(protocol), ...rest } };
}

/** The witness's own ways, there and back; of the first failing connection where one fails. */
function legsOf(space: PacketSpace, finding: Finding, witness: PacketSet | undefined): { forward: Trace['hops']; return: Trace['hops'] } {
  if (witness === undefined) return { forward: [], return: [] };
  const { ends } = finding.recorder;
  const failed = ends.filter((end) => end.end !== 'accepted');
  const connection = finding.verdict === 'reachable' || failed.length === 0 ? 0 : Math.min(...failed.map((end) => end.connection));
  const mine = ends.filter((end) => end.connection === connection && (connection > 0 || space.overlaps(end.packets, witness)));
  const pick = (leg: 'forward' | 'return'): End | undefined => {
    const candidates = mine.filter((end) => end.leg === leg);
    return (finding.verdict === 'reachable' ? undefined : candidates.find((end) => end.end !== 'accepted')) ?? candidates[0];
  };
  const back = pick('return');
  const there = pick('forward');
  const story = back !== undefined && back.end !== 'accepted' ? mine.find((end) => end.leg === 'forward' && end.end === 'accepted') ?? there : there;
  return { forward: hopsOf(story?.trail), return: hopsOf(back?.trail) };
}

const MOST_TRACES = 200;

function connectionsOf(space: PacketSpace, finding: Finding): Connection[] {
  return finding.connections.map(({ from, to }, index) => ({
    from,
    to,
    traces: finding.recorder.ends
      .filter((end) => end.connection === index && !space.isEmpty(end.packets))
      .slice(0, MOST_TRACES)
      .map((end) => ({ leg: end.leg, end: end.end, packets: describe(space, space.forget(end.packets, ['mark'])), hops: hopsOf(end.trail) })),
  }));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

