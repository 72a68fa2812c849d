/**
 * The answer for an engineer at three in the morning: verdict and age of the snapshot first, then the way hop by hop with
 * the rule that decided, there and back, then every blocker with its fix, the traps, what is missing, what was assumed.
 */
import { styleText } from 'node:util';
import type { Answer, Blocker, Hop, StepResult, Verdict } from '../model/results.ts';
import { type SnapshotFacts, ageOf } from './age.ts';
import { safe } from './safe-text.ts';

export interface TextOptions {
  readonly colour: boolean;
  readonly now: Date;
}

type Paint = (style: 'red' | 'green' | 'yellow' | 'bold' | 'dim', text: string) => string;

const COLOURS: Readonly<Record<Verdict, 'red' | 'green' | 'yellow'>> = {
  reachable: 'green',
  unreachable: 'red',
  partial: 'yellow',
  undetermined: 'yellow',
};
const MOST_ROWS = 40;

export function reachText(answer: Answer, snapshot: SnapshotFacts, options: TextOptions): string {
  const paint: Paint = (style, text) => (options.colour ? styleText(style, text, { validateStream: false }) : text);
  const { query } = answer;
  const ports =
    query.protocol === '*'
      ? 'every port and protocol'
      : query.protocol === 'icmp'
        ? 'ping'
        : `${query.protocol} ${query.ports === '*' ? '(every port)' : query.ports}`;
  const lines = [
    `${paint('bold', paint(COLOURS[answer.verdict], answer.verdict.toUpperCase()))}  ${end(query.src)} -> ${end(query.dst)}, ${safe(ports)}  ${paint('dim', `[${ageOf(snapshot, options.now)}]`)}`,
  ];
  if (answer.rows !== undefined) lines.push(...rowLines(answer.rows, paint));
  lines.push('', ...section('Way there', hopLines(answer.forward.hops, paint), paint));
  if (answer.return.hops.length > 0) lines.push(...section('Way back', hopLines(answer.return.hops, paint), paint));
  if (
    answer.verdict !== 'unreachable' &&
    answer.allowed.length > 0 &&
    (answer.verdict === 'partial' || query.protocol === '*' || query.ports === '*')
  )
    lines.push(
      ...section(
        'What works',
        answer.allowed
          .slice(0, 20)
          .map(
            (flow) =>
              `  ${safe(flow.protocol === '*' ? 'everything' : flow.protocol)}${flow.ports === '*' ? '' : ` ${safe(flow.ports)}`} from ${list(flow.from)} to ${list(flow.to)}`,
          ),
        paint,
      ),
    );
  if (answer.blockers.length > 0)
    lines.push(
      ...section(
        `What blocks it (${answer.blockers.length})`,
        answer.blockers.flatMap((blocker, i) => blockerLines(blocker, i, paint)),
        paint,
      ),
    );
  if (answer.fixes.changes.length > 0)
    lines.push(
      ...section(
        `Fix: with ${answer.fixes.changes.length === 1 ? 'this change' : `these ${answer.fixes.changes.length} changes`} it is ${answer.fixes.outcome} (checked)`,
        fixLines(answer),
        paint,
      ),
    );
  if (answer.gotchas.length > 0)
    lines.push(
      ...section(
        'Mind',
        answer.gotchas.map((gotcha) => `  ${paint('yellow', gotcha.code)}  ${safe(gotcha.message)}`),
        paint,
      ),
    );
  if (answer.missing.length > 0)
    lines.push(
      ...section(
        'Missing from the snapshot',
        answer.missing.flatMap((missing) => [
          `  ${safe(missing.what)}`,
          ...(missing.fetch === null ? [] : [`    fetch it: ${safe(missing.fetch)}`]),
        ]),
        paint,
      ),
    );
  if (answer.assumptions.length > 0)
    lines.push(
      ...section(
        'Taken as true',
        answer.assumptions.map((assumption) => `  ${safe(assumption.message)}`),
        paint,
      ),
    );
  return `${lines.join('\n').trimEnd()}\n`;
}

function section(title: string, body: readonly string[], paint: Paint): string[] {
  return [paint('bold', title), ...body, ''];
}

function end({ id, name }: Answer['query']['src']): string {
  return name === undefined || name === id ? safe(id) : `${safe(name)} (${safe(id)})`;
}

function list(items: readonly string[]): string {
  return items.length > 4
    ? `${items.slice(0, 3).map(safe).join(', ')} and ${items.length - 3} more`
    : items.map(safe).join(', ');
}

function rowLines(rows: readonly Answer[], paint: Paint): string[] {
  const shown = rows
    .slice(0, MOST_ROWS)
    .map(
      (row) =>
        `  ${paint(COLOURS[row.verdict], row.verdict.padEnd(12))} ${end(row.query.src)} -> ${end(row.query.dst)}`,
    );
  return [
    '',
    ...shown,
    ...(rows.length > MOST_ROWS ? [`  ... and ${rows.length - MOST_ROWS} more (all of them with --format json)`] : []),
    '',
    'The details below are those of one row; ask for a single pair to see another.',
  ];
}

function hopLines(hops: readonly Hop[], paint: Paint): string[] {
  if (hops.length === 0) return ['  nothing gets on its way'];
  return hops.flatMap((hop, i) => {
    const name =
      hop.kind === hop.resource
        ? ''
        : hop.resourceName === undefined || hop.resourceName === hop.resource
          ? safe(hop.resource)
          : `${safe(hop.resourceName)} (${safe(hop.resource)})`;
    return [
      `  ${i + 1}. ${safe(hop.kind)} ${name}`.trimEnd(),
      ...hop.steps.map((step) => `     ${mark(step, paint)} ${stepText(step, hop)}`),
    ];
  });
}

function mark(step: StepResult, paint: Paint): string {
  if (step.action === 'drop') return paint('red', 'x');
  if (step.action === 'unknown') return paint('yellow', '?');
  return paint('green', '+');
}

function stepText(step: StepResult, hop: Hop): string {
  const by =
    step.resource === hop.resource || step.kind === 'arrive' || step.message.includes(step.resource)
      ? ''
      : `${safe(step.resourceKind)} ${safe(step.resourceName ?? step.resource)}: `;
  const rule = step.rule === undefined || step.message.includes(step.rule) ? '' : ` [${safe(step.rule)}]`;
  return `${by}${safe(step.message)}${rule}`;
}

function blockerLines(blocker: Blocker, index: number, paint: Paint): string[] {
  const where = `${blocker.origin.file}${blocker.origin.pointer === '' ? '' : `#${blocker.origin.pointer}`}`;
  const leg = blocker.leg === 'forward' ? 'way there' : 'way back';
  return [
    `  ${index + 1}. ${paint('red', safe(blocker.message))}`,
    `     drops ${safe(blocker.packets)} on the ${leg}${blocker.connection > 0 ? ` of connection ${blocker.connection + 1}` : ''}`,
    ...(blocker.origin.file === '' ? [] : [`     ${paint('dim', safe(where))}`]),
    blocker.fix === null
      ? `     no fix: ${safe(blocker.whyNoFix ?? 'nothing in the configuration helps')}`
      : `     fix: ${safe(blocker.fix.text)}`,
    `     ${paint('dim', `netaudit explain ${safe(blocker.code)}`)}`,
  ];
}

function fixLines(answer: Answer): string[] {
  const exposes = answer.query.src.id === 'internet' ? ['  This opens it to the internet.'] : [];
  return [...exposes, ...answer.fixes.changes.map((change) => `  - ${safe(change.text)}`)];
}
