/**
 * Traps that the providers know of, over a whole network: one question for each sort of ends, to the internet and from it.
 * A flow that simply is not allowed is no trap; one that works, or that gets there and not back, may be.
 */
import type { Adviser } from '../engine/ask.ts';
import { examine } from '../engine/examine.ts';
import { Compiler } from '../engine/compile.ts';
import type { MatrixEnd } from '../engine/matrix-ends.ts';
import type { MatrixNetwork } from '../engine/matrix-row.ts';
import { EVERY_PORT } from '../engine/ports.ts';
import { reach } from '../engine/reach.ts';
import type { CodeInfo } from '../model/finding.ts';
import { INTERNET } from '../model/builder.ts';
import type { Network } from '../model/network.ts';
import type { Question } from '../model/query.ts';
import type { Answer, Gotcha } from '../model/results.ts';
import { ALL_V4, ALL_V6 } from '../net/address.ts';
import { PacketSpace } from '../net/packet-space.ts';
import { type Span, intersect } from '../net/spans.ts';
import type { Draft, Named } from './finding.ts';

/** What a code means; undefined for one that nobody lists. */
export type InfoOf = (code: string) => Pick<CodeInfo, 'title' | 'fix' | 'policy'> | undefined;

const FULL = 2_000_000;
/** Whoever asks more than this of a network waits longer than the answer is worth. */
const MOST_QUESTIONS = 600;

/** How many sorts of ends are not asked about for traps, because there are too many. */
export function sortsLeftOut(ready: MatrixNetwork): number {
  return Math.max(0, sortsOf(ready).length - MOST_QUESTIONS / 2);
}

function sortsOf(ready: MatrixNetwork): readonly MatrixEnd[] {
  return ready.kinds.flatMap((kind) => kind.sorts.map((sort) => sort[0]!));
}

/** Drafts of all traps, one for each code and resource, with the ends that fall into it. */
export function trapsOf(
  network: Network,
  ready: MatrixNetwork,
  advisers: readonly Adviser[],
  infoOf: InfoOf,
  policies: ReadonlySet<string>,
): readonly Draft[] {
  const found = new Map<string, { gotcha: Gotcha; ends: Map<string, Named> }>();
  let compiler = new Compiler(new PacketSpace(), network);
  const sorts = sortsOf(ready).slice(0, MOST_QUESTIONS / 2);
  for (const end of sorts)
    for (const question of questionsAbout(end, ready.internet)) {
      if (compiler.space.nodeCount > FULL) compiler = new Compiler(new PacketSpace(), network);
      const answer = halfWay(compiler, question);
      if (answer === undefined) continue;
      for (const adviser of advisers)
        for (const gotcha of adviser.gotchas({ network, question, answer })) {
          const key = `${gotcha.code} ${gotcha.resource}`;
          const known = found.get(key) ?? { gotcha, ends: new Map<string, Named>() };
          known.ends.set(end.id, end.name === undefined ? { id: end.id } : { id: end.id, name: end.name });
          found.set(key, known);
        }
    }
  const told = [...found.values()].filter(({ gotcha }) => !policies.has(infoOf(gotcha.code)?.policy ?? ''));
  return told.map(({ gotcha }) => ({
    code: gotcha.code,
    title: infoOf(gotcha.code)?.title ?? gotcha.code,
    severity: gotcha.severity,
    source: gotcha.source,
    responsible: {
      id: gotcha.resource,
      ...(gotcha.resourceName === undefined ? {} : { name: gotcha.resourceName }),
      kind: '',
    },
    message: () => gotcha.message,
    ...fixOf(infoOf(gotcha.code)),
    exposure: 0,
  }));
}

/**
 * The answer as far as it can be a trap: what simply is not allowed, or would fail once something else were mended, is left
 * out; what arrives and gets no reply stays. Undefined where nothing arrives.
 */
function halfWay(compiler: Compiler, question: Question): Answer | undefined {
  const { recorder } = examine(compiler, question);
  if (!recorder.ends.some(({ leg, end }) => leg === 'forward' && end === 'accepted')) return undefined;
  const lost = recorder.drops.filter(({ leg }) => leg === 'return');
  const blames = new Set(lost.flatMap(({ code, by, owners }) => [by, ...owners].map(({ id }) => `${code} ${id}`)));
  const answer = reach(compiler.network, question, { compiler });
  const blockers = answer.blockers.filter(
    ({ leg, code, resource }) => leg === 'return' && blames.has(`${code} ${resource}`),
  );
  return { ...answer, blockers };
}

function questionsAbout(end: MatrixEnd, internet: readonly Span<bigint>[]): Question[] {
  const me = { id: end.id, ...(end.name === undefined ? {} : { name: end.name }), addresses: [] };
  const outside = { id: 'internet', addresses: ['every public address'] };
  const common = { sports: [[1024, 65536]] as const, protocolText: '*', portsText: '*' };
  return ([4, 6] as const).flatMap((family): Question[] => {
    const all = [family === 4 ? ALL_V4 : ALL_V6];
    const [own, outward, others] = [end.spans, end.outward, internet].map((spans) => intersect(spans, all));
    const traffic = EVERY_PORT.traffic(family);
    const out: Question[] =
      own!.length === 0 || !end.sends
        ? []
        : [
            {
              ...common,
              family,
              traffic,
              src: me,
              dst: outside,
              start: end.interfaceId,
              srcAddresses: own!,
              srcQuantifier: 'every',
              dstAddresses: others!,
            },
          ];
    const into: Question[] =
      outward!.length === 0
        ? []
        : [
            {
              ...common,
              family,
              traffic,
              src: outside,
              dst: me,
              start: INTERNET.interface,
              srcAddresses: others!,
              srcQuantifier: 'some',
              dstAddresses: outward!,
              target: [end.interfaceId],
            },
          ];
    return [...out, ...into];
  });
}

function fixOf(info: ReturnType<InfoOf>): Pick<Draft, 'fix'> {
  return info === undefined ? {} : { fix: info.fix };
}
