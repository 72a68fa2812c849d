/** `reach`: one question, one answer. Blockers, traces and missing inputs are read off what the walks recorded. */
import { allowedFlows, describe } from '../net/describe.ts';
import { PacketSpace, type PacketSet } from '../net/packet-space.ts';
import { INTERNET } from '../model/builder.ts';
import type { Change } from '../model/change.ts';
import type { Network } from '../model/network.ts';
import type { Missing } from '../model/origin.ts';
import type { Question } from '../model/query.ts';
import type { Answer, Connection, Trace, Witness } from '../model/results.ts';
import { blockersOf } from './blockers.ts';
import { Compiler } from './compile.ts';
import { type Finding, examine } from './examine.ts';
import { type Doubt, type End, hopsOf } from './record.ts';
import { repair } from './repair.ts';
import { workingPackets } from './verdict.ts';
import { formatAddress } from '../net/address.ts';
import { protocolName } from '../net/protocol.ts';

export interface ReachOptions {
  /** An answer that rests on an assumption becomes undetermined. */
  readonly strict?: boolean;
  /** Share one space between questions on one network to keep what was compiled. */
  readonly compiler?: Compiler;
}

/** Answers one question about a network. Throws SpaceBudgetError when the question is too big to answer exactly. */
export function reach(network: Network, question: Question, options: ReachOptions = {}): Answer {
  const compiler = options.compiler ?? new Compiler(new PacketSpace(), network);
  const { space } = compiler;
  const finding = examine(compiler, question);
  const { recorder, asked } = finding;
  const assumptions = [...recorder.assumptions.values()].sort(
    (a, b) => compare(a.code, b.code) || compare(a.resource, b.resource),
  );
  const restsOnAssumption =
    options.strict === true &&
    assumptions.length > 0 &&
    (finding.verdict === 'reachable' || finding.verdict === 'partial');
  const verdict = restsOnAssumption ? 'undetermined' : finding.verdict;
  // Certain is what works in both moods.
  const works = [...new Set([finding.pessimistic, finding.optimistic])]
    .map((outcome) => workingPackets(space, asked, outcome))
    .reduce((a, b) => space.and(a, b));
  const fixed =
    finding.verdict === 'reachable'
      ? { drops: [], outcome: 'none' as const, needed: [] }
      : repair(compiler, question, finding);
  const { blockers, changes } = blockersOf(space, finding, fixed);
  const shown = witnessOf(space, finding, works);
  const legs = legsOf(space, finding, shown?.packet);
  return {
    verdict,
    query: { src: question.src, dst: question.dst, protocol: question.protocolText, ports: question.portsText },
    allowed: allowedFlows(space, space.forget(works, ['mark'])),
    blockers,
    fixes: { outcome: fixed.outcome, changes, ...warningOf(question, changes) },
    gotchas: [],
    missing: verdict === 'undetermined' ? missingOf(finding.doubts) : [],
    assumptions,
    connections: connectionsOf(space, finding),
    forward: { hops: legs.forward },
    return: { hops: legs.return },
    ...(shown === undefined ? {} : { witness: shown.witness }),
  };
}

/** A fix that opens something to everybody must say so before it says anything else. */
function warningOf({ src, dst, start }: Question, changes: readonly Change[]): { warning?: string } {
  if (start !== INTERNET.interface || changes.length === 0) return {};
  return {
    warning: `this opens ${dst.name ?? dst.id} to ${src.id === 'internet' ? 'the internet' : `${src.id} on the internet`}`,
  };
}

function missingOf(doubts: readonly Doubt[]): Missing[] {
  const byWhat = new Map<string, Missing>();
  for (const { missing } of doubts) byWhat.set(missing.what, missing);
  return [...byWhat.values()].sort((a, b) => compare(a.what, b.what));
}

/** A packet that tells the story: one that fails where something fails, else one that works. */
function witnessOf(
  space: PacketSpace,
  finding: Finding,
  works: PacketSet,
): { packet: PacketSet; witness: Witness } | undefined {
  const { asked } = finding;
  const failing = space.minus(asked, works);
  const interesting =
    finding.verdict === 'reachable' || space.isEmpty(failing) ? (space.isEmpty(works) ? asked : works) : failing;
  const packet = space.witness(interesting);
  if (packet === undefined) return undefined;
  const { mark: _, src, dst, protocol, ...rest } = packet;
  const only = space.of({
    mark: [[0, 1]],
    src: [[src, src + 1n]],
    dst: [[dst, dst + 1n]],
    protocol: [[protocol, protocol + 1]],
    ...Object.fromEntries(Object.entries(rest).map(([field, value]) => [field, [[value, value + 1]]])),
  });
  return {
    packet: only,
    witness: { src: formatAddress(src), dst: formatAddress(dst), protocol: protocolName(protocol), ...rest },
  };
}

/** The witness's own ways, there and back; of the first failing connection where one fails. */
function legsOf(
  space: PacketSpace,
  finding: Finding,
  witness: PacketSet | undefined,
): { forward: Trace['hops']; return: Trace['hops'] } {
  if (witness === undefined) return { forward: [], return: [] };
  const { ends } = finding.recorder;
  const failed = ends.filter((end) => end.end !== 'accepted');
  const connection =
    finding.verdict === 'reachable' || failed.length === 0 ? 0 : Math.min(...failed.map((end) => end.connection));
  const mine = ends.filter(
    (end) => end.connection === connection && (connection > 0 || space.overlaps(end.packets, witness)),
  );
  const pick = (leg: 'forward' | 'return'): End | undefined => {
    const candidates = mine.filter((end) => end.leg === leg);
    return (
      (finding.verdict === 'reachable' ? undefined : candidates.find((end) => end.end !== 'accepted')) ?? candidates[0]
    );
  };
  const back = pick('return');
  const there = pick('forward');
  const story =
    back !== undefined && back.end !== 'accepted'
      ? (mine.find((end) => end.leg === 'forward' && end.end === 'accepted') ?? there)
      : there;
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
      .map((end) => ({
        leg: end.leg,
        end: end.end,
        packets: describe(space, space.forget(end.packets, ['mark'])),
        hops: hopsOf(end.trail),
      })),
  }));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
