/**
 * Intents: connectivity that is expected, written next to each other like tests. Each expectation is one question, asked like
 * any other, so that it means what `netaudit reach` means.
 */
import { z } from 'zod';
import { answersTo } from '../engine/ask.ts';
import { Compiler } from '../engine/compile.ts';
import { type Row, questionsOf } from '../engine/endpoints.ts';
import { examine } from '../engine/examine.ts';
import { overlay } from '../engine/overlay.ts';
import { QuestionError } from '../engine/ports.ts';
import type { AuditCheck } from '../model/audit.ts';
import type { Network } from '../model/network.ts';
import type { Assumption, Missing } from '../model/origin.ts';
import type { Answer, Severity } from '../model/results.ts';
import { PacketSpace } from '../net/packet-space.ts';
import type { Draft, Named } from './finding.ts';
import { type Part, doubtText } from './flows.ts';

/** One thing that must work, or must not. */
export interface Expectation {
  readonly is: 'accept' | 'deny';
  readonly src: string;
  /** With its port: "db:5432". */
  readonly dst: string;
  readonly line: number;
}

export interface Intent {
  readonly name: string;
  readonly severity: Severity;
  readonly expectations: readonly Expectation[];
  readonly file: string;
}

const destinations = z.union([
  z
    .string()
    .min(1)
    .transform((one) => [one]),
  z.array(z.string().min(1)),
]);

/** How intents are written in netaudit.yaml. */
export const intentsShape = z.array(
  z
    .strictObject({
      name: z.string().min(1).optional(),
      src: z.union([
        z
          .string()
          .min(1)
          .transform((one) => [one]),
        z.array(z.string().min(1)).min(1),
      ]),
      accept: destinations.default([]),
      deny: destinations.default([]),
      severity: z.enum(['critical', 'high', 'medium', 'low', 'info']).default('high'),
    })
    .refine(({ accept, deny }) => accept.length + deny.length > 0, 'an intent says what it accepts or denies'),
);

/** Intents from their checked form; `lineOf` tells where each part stands. */
export function intentsFrom(
  written: z.output<typeof intentsShape>,
  file: string,
  lineOf: (path: readonly (string | number)[]) => number,
): readonly Intent[] {
  return written.map(({ name, src, accept, deny, severity }, i) => ({
    name: name ?? src.join(', '),
    severity,
    file,
    expectations: src.flatMap((one) =>
      (['accept', 'deny'] as const).flatMap((is) =>
        (is === 'accept' ? accept : deny).map((dst, j) => ({ is, src: one, dst, line: lineOf([i, is, j]) })),
      ),
    ),
  }));
}

const TITLES = { accept: 'What must work does not', deny: 'What must not work does' } as const;

/** Asks every expectation. Whatever names nothing in the snapshot fails: it would hold for ever without being looked at. */
export function judgeIntents(
  network: Network,
  intents: readonly Intent[],
  places: Readonly<Record<string, string>>,
): Part {
  const drafts: Draft[] = [];
  const checks: Part['checks'][number][] = [];
  const missing: Missing[] = [];
  const assumptions: Assumption[] = [];
  for (const intent of intents)
    for (const expectation of intent.expectations) {
      const { outcome, draft, answers, message } = judged(network, intent, expectation, places);
      if (draft !== undefined) drafts.push(draft);
      if (outcome === 'undetermined') missing.push(...answers.flatMap((answer) => answer.missing));
      if (expectation.is === 'accept') assumptions.push(...answers.flatMap((answer) => answer.assumptions));
      checks.push({
        kind: 'intent',
        suite: intent.name,
        name: nameOf(expectation),
        severity: intent.severity,
        outcome,
        ...(message === undefined ? {} : { message }),
      });
    }
  return { drafts, checks, missing, assumptions };
}

const nameOf = ({ is, src, dst }: Expectation) => `${is} ${src} -> ${dst}`;

interface Judged {
  readonly outcome: AuditCheck['outcome'];
  readonly answers: readonly Answer[];
  readonly draft?: Draft;
  readonly message?: string;
}

function judged(
  network: Network,
  intent: Intent,
  expectation: Expectation,
  places: Readonly<Record<string, string>>,
): Judged {
  let rows: readonly Row[];
  try {
    rows = questionsOf(network, expectation.src, expectation.dst, { places });
  } catch (error) {
    if (!(error instanceof QuestionError)) throw error;
    const message = error.message.split('\n')[0]!;
    return { outcome: 'failed', answers: [], message, draft: draftOf(intent, expectation, [], message) };
  }
  const answers = [...answersTo(network, expectation.is === 'deny' ? openRows(network, rows) : rows, [], {})];
  const [broken, held] =
    expectation.is === 'accept' ? [['unreachable', 'partial'], 'reachable'] : [['reachable', 'partial'], 'unreachable'];
  const failing = answers.filter(({ verdict }) => broken.includes(verdict));
  if (failing.length > 0) {
    const draft = draftOf(intent, expectation, failing, undefined);
    return { outcome: 'failed', answers: failing, draft, message: draft.message('', '') };
  }
  const unsure = answers.filter(({ verdict }) => verdict !== held);
  if (unsure.length === 0) return { outcome: 'passed', answers };
  return {
    outcome: 'undetermined',
    answers: unsure,
    message: doubtText(unsure.flatMap((one) => one.missing.map(({ what }) => what))),
  };
}

/** Of what must not work, the rows where something may: nobody needs to know how to open the others. */
function openRows(network: Network, rows: readonly Row[]): readonly Row[] {
  let compiler = new Compiler(new PacketSpace(), network);
  return rows.flatMap((row) => {
    if (compiler.space.nodeCount > 2_000_000) compiler = new Compiler(new PacketSpace(), network);
    const over = overlay(network, row.adds);
    const asked = row.adds.length === 0 ? compiler : new Compiler(new PacketSpace(), over);
    const families = [row.question, ...(row.otherFamily === undefined ? [] : [row.otherFamily])];
    const open = families.find((question) => examine(asked, question).verdict !== 'unreachable');
    // Only the family that is open is told: the other one would speak for both.
    return open === undefined ? [] : [{ question: open, adds: row.adds }];
  });
}

function draftOf(
  intent: Intent,
  { is, src, dst, line }: Expectation,
  failing: readonly Answer[],
  why: string | undefined,
): Draft {
  const answer = failing[0];
  const blocker = is === 'accept' ? answer?.blockers[0] : undefined;
  const passed = answer?.forward.hops
    .flatMap((hop) => hop.steps)
    .filter(({ kind, action, rule }) => kind === 'filter' && action === 'pass' && rule !== undefined)
    .at(-1);
  const step = is === 'deny' ? passed : undefined;
  const id = blocker?.resource ?? step?.resource ?? answer?.query.dst.id ?? dst;
  const name = blocker?.resourceName ?? step?.resourceName;
  const provider = blocker?.provider ?? step?.origin?.provider;
  const fixes = is === 'accept' ? (answer?.fixes.changes.map(({ text }) => text) ?? []) : [];
  const many = failing.length > 1 ? ` (${failing.length} pairs, for example ${pairOf(answer!)})` : '';
  const told =
    why ??
    (is === 'accept'
      ? `${src} ${answer?.verdict === 'partial' ? 'reaches only part of' : "can't reach"} ${dst}${many}: ${blocker?.message ?? 'nothing says why'}`
      : `${src} can reach ${dst}${many}${step === undefined ? '' : `: ${step.resourceKind} ${name ?? id} has "${step.rule}"`}`);
  const place = blocker?.origin ?? step?.origin;
  return {
    code: `intent-${is}`,
    title: `${intent.name}: ${TITLES[is]}`,
    severity: intent.severity,
    source: `${intent.file}:${line}`,
    responsible: {
      id,
      kind: '',
      ...(name === undefined ? {} : { name }),
      ...(provider === undefined ? {} : { provider }),
    },
    from: endsOf(
      failing.map(({ query }) => query.src),
      src,
    ),
    to: endsOf(
      failing.map(({ query }) => query.dst),
      dst,
    ),
    ...(answer === undefined ? {} : { ports: portsOf(answer) }),
    message: () => told,
    ...(fixes.length > 0
      ? { fix: fixes.join('; ') }
      : step?.rule === undefined
        ? {}
        : { fix: `narrow "${step.rule}" of ${name ?? id}` }),
    ...(answer?.witness === undefined ? {} : { witness: answer.witness }),
    path: (answer?.forward.hops ?? [])
      .flatMap((hop) => hop.steps)
      .map(({ resource, message }) => ({ resource, message })),
    places: [
      { file: intent.file, line },
      ...(place === undefined || place.file === '' ? [] : [{ file: place.file, pointer: place.pointer }]),
    ],
    exposure: src === 'internet' ? 2000 : 0,
    detail: `${intent.name}: ${src} ${dst}`,
    check: nameOf({ is, src, dst, line }),
  };
}

function pairOf({ query: { src, dst } }: Answer): string {
  return `${src.name ?? src.id} -> ${dst.name ?? dst.id}`;
}

function portsOf({ query: { protocol, ports } }: Answer): string {
  return protocol === '*' ? 'everything' : ports === '*' ? protocol : `${protocol} ${ports}`;
}

function endsOf(ends: readonly Named[], word: string): readonly Named[] {
  const unique = new Map(ends.map(({ id, name }) => [id, name === undefined ? { id } : { id, name }]));
  const list = [...unique.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  return list.length === 0 ? [{ id: word }] : list;
}
