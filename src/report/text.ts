/**
 * The answer for an engineer at three in the morning: verdict and age of the snapshot first, then the way hop by hop with
 * the rule that decided, there and back, then every blocker with its fix, the traps, what is missing, what was assumed.
 */
import { styleText } from 'node:util';
import { nameAndId } from '../model/origin.ts';
import type { Answer, Blocker, Gotcha, Hop, StepResult, Verdict } from '../model/results.ts';
import { type SnapshotFacts, ageOf } from './age.ts';
import { worstRow } from './combine.ts';
import { safe } from './safe-text.ts';

export interface TextOptions {
  readonly colour: boolean;
  readonly now: Date;
  /** Whether the reader can see ✓ and ✗; plain ASCII otherwise. Default true. */
  readonly unicode?: boolean;
}

type Style = 'red' | 'green' | 'yellow' | 'bold' | 'dim';

/** How things look: colours and marks. */
interface Look {
  readonly paint: (style: Style, text: string) => string;
  readonly pass: string;
  readonly drop: string;
  readonly unknown: string;
  readonly arrow: string;
}

const COLOURS: Readonly<Record<Verdict, 'red' | 'green' | 'yellow'>> = {
  reachable: 'green',
  unreachable: 'red',
  partial: 'yellow',
  undetermined: 'yellow',
};
const ROW_ORDER: readonly Verdict[] = ['reachable', 'partial', 'undetermined', 'unreachable'];
const MOST_ROWS_A_VERDICT = 20;
const MOST_FLOWS = 20;

/** The whole report, ending in a line end. */
export function reachText(answer: Answer, snapshot: SnapshotFacts, options: TextOptions): string {
  const look = lookOf(options);
  const { paint } = look;
  const verdict = paint('bold', paint(COLOURS[answer.verdict], answer.verdict.toUpperCase()));
  const lines = [
    `${verdict}  ${question(answer, look)}, ${asked(answer)}  ${paint('dim', `[${safe(ageOf(snapshot, options.now))}]`)}`,
    '',
  ];
  if (answer.rows === undefined) lines.push(...details(answer, look));
  else {
    const shown = worstRow(answer.rows);
    lines.push(...rowLines(answer.rows, look));
    lines.push(paint('bold', `Details of ${question(shown, look)} (ask for another pair to see it)`), '');
    lines.push(...details(shown, look));
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

/** One line of a batch: the verdict, the question, and what decides. */
export function reachLine(
  result: { readonly src: string; readonly dst: string } & ({ readonly answer: Answer } | { readonly error: string }),
  options: { readonly colour: boolean },
): string {
  const { paint } = lookOf({ ...options, now: new Date(0) });
  const asked = `${safe(result.src)} -> ${safe(result.dst)}`;
  if ('error' in result) return `${paint('red', 'error'.padEnd(12))} ${asked}  ${safe(result.error.split('\n')[0]!)}\n`;
  const { verdict } = result.answer;
  return `${`${paint(COLOURS[verdict], verdict.padEnd(12))} ${asked}  ${reason(result.answer)}`.trimEnd()}\n`;
}

function lookOf({ colour, unicode = true }: TextOptions): Look {
  const paint: Look['paint'] = (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text);
  return {
    paint,
    pass: paint('green', unicode ? '✓' : '+'),
    drop: paint('red', unicode ? '✗' : 'x'),
    unknown: paint('yellow', '?'),
    arrow: unicode ? '→' : '->',
  };
}

function details(answer: Answer, look: Look): string[] {
  const { paint } = look;
  const lines: string[] = [];
  const section = (title: string, body: readonly string[]) => {
    if (body.length > 0) lines.push(paint('bold', title), ...body, '');
  };
  section('Connections', connectionLines(answer, look));
  section(
    'Way there',
    answer.forward.hops.length === 0 ? ['  nothing gets on its way'] : hopLines(answer.forward.hops, look),
  );
  section('Way back', hopLines(answer.return.hops, look));
  section('What works', flowLines(answer));
  section(
    `What blocks it (${answer.blockers.length})`,
    answer.blockers.flatMap((blocker, i) => blockerLines(blocker, i, look)),
  );
  section(fixTitle(answer), fixLines(answer, look));
  section(
    'Mind',
    answer.gotchas.flatMap((gotcha) => gotchaLines(gotcha, look)),
  );
  section(
    'Missing from the snapshot, and it could change the answer',
    answer.missing.flatMap(({ what, fetch }) => [
      `  ${look.unknown} ${safe(what)}`,
      ...(fetch === null ? [] : [`    fetch it: ${safe(fetch)}`]),
    ]),
  );
  section(
    'Taken as true',
    answer.assumptions.map(({ message }) => `  ${safe(message)}`),
  );
  return lines;
}

function question({ query }: Answer, { arrow }: Look): string {
  return `${end(query.src)} ${arrow} ${end(query.dst)}`;
}

function asked({ query: { protocol, ports } }: Answer): string {
  if (protocol === '*') return 'every port and protocol';
  if (protocol === 'icmp' && ports === 'echo-request') return 'ping';
  return ports === '*' ? `all of ${safe(protocol)}` : `${safe(protocol)} ${safe(ports)}`;
}

function end({ id, name }: Answer['query']['src']): string {
  return named(id, name);
}

function named(id: string, name: string | undefined): string {
  return safe(nameAndId(id, name));
}

function list(items: readonly string[]): string {
  return items.length > 4
    ? `${items.slice(0, 3).map(safe).join(', ')} and ${items.length - 3} more`
    : items.map(safe).join(', ');
}

/** How many of each verdict, then the rows themselves, those that work first. */
function rowLines(rows: readonly Answer[], look: Look): string[] {
  const groups = ROW_ORDER.map((verdict) => ({ verdict, rows: rows.filter((row) => row.verdict === verdict) })).filter(
    (group) => group.rows.length > 0,
  );
  const lines = [`${rows.length} pairs: ${groups.map((group) => `${group.rows.length} ${group.verdict}`).join(', ')}`];
  for (const { verdict, rows: group } of groups) {
    const shown = group.slice(0, MOST_ROWS_A_VERDICT);
    const width = Math.min(60, Math.max(...shown.map((row) => question(row, look).length)));
    for (const row of shown)
      lines.push(
        `  ${look.paint(COLOURS[verdict], verdict.padEnd(12))} ${question(row, look).padEnd(width)}  ${reason(row)}`.trimEnd(),
      );
    if (group.length > shown.length)
      lines.push(`  ... and ${group.length - shown.length} more ${verdict} (--format json has all)`);
  }
  return [...lines, ''];
}

function reason(row: Answer): string {
  if (row.verdict === 'reachable') return '';
  if (row.verdict === 'undetermined')
    return row.missing[0] === undefined ? '' : `missing: ${safe(row.missing[0].what)}`;
  const first = row.blockers[0];
  if (first === undefined) return '';
  const more = row.blockers.length > 1 ? ` and ${row.blockers.length - 1} more` : '';
  return `${named(first.resource, first.resourceName)}${first.leg === 'return' ? ' on the way back' : ''}${more}`;
}

/** Only where a relay ends one connection and opens others. */
function connectionLines(answer: Answer, { arrow }: Look): string[] {
  if (answer.connections.length < 2) return [];
  return answer.connections.map(({ from, to }, i) => `  ${i + 1}. ${safe(from)} ${arrow} ${safe(to)}`);
}

function hopLines(hops: readonly Hop[], look: Look): string[] {
  return hops.flatMap((hop, i) => {
    const name = named(hop.resource, hop.resourceName);
    const what = hop.kind === hop.resource ? name : `${safe(hop.kind)} ${name}`;
    return [`  ${i + 1}. ${what}`, ...hop.steps.map((step) => `     ${mark(step, look)} ${stepText(step, hop)}`)];
  });
}

function mark({ action }: StepResult, look: Look): string {
  if (action === 'drop') return look.drop;
  return action === 'unknown' ? look.unknown : look.pass;
}

/** Who decided, and by which rule. */
function stepText(step: StepResult, hop: Hop): string {
  const name = step.resourceName ?? step.resource;
  const isTold = step.resource === hop.resource || step.kind === 'arrive' || step.message.includes(name);
  const by = isTold ? '' : `${safe(step.resourceKind)} ${safe(name)}: `;
  const rule = step.rule === undefined || step.message.includes(step.rule) ? '' : ` [${safe(step.rule)}]`;
  return `${by}${safe(step.message)}${rule}`;
}

/** What works is worth a list only where it isn't exactly what was asked. */
function flowLines({ verdict, allowed, query }: Answer): string[] {
  const isWorth = verdict === 'partial' || query.protocol === '*' || query.ports === '*';
  if (verdict === 'unreachable' || !isWorth) return [];
  const lines = allowed.slice(0, MOST_FLOWS).map(({ protocol, ports, from, to }) => {
    const what = protocol === '*' ? 'everything' : safe(protocol);
    return `  ${what}${ports === '*' ? '' : ` ${safe(ports)}`} from ${list(from)} to ${list(to)}`;
  });
  if (allowed.length > MOST_FLOWS) lines.push(`  ... and ${allowed.length - MOST_FLOWS} more (--format json has all)`);
  return lines;
}

function blockerLines(blocker: Blocker, index: number, { paint }: Look): string[] {
  const { file, pointer } = blocker.origin;
  const leg = blocker.leg === 'forward' ? 'way there' : 'way back';
  const connection = blocker.connection > 0 ? ` of connection ${blocker.connection + 1}` : '';
  return [
    `  ${index + 1}. ${paint('red', safe(blocker.message))}`,
    `     drops ${safe(blocker.packets)} on the ${leg}${connection}`,
    blocker.fix === null
      ? `     no fix: ${safe(blocker.whyNoFix ?? 'nothing in the configuration helps')}`
      : `     fix: ${safe(blocker.fix.text)}`,
    `     ${paint('dim', `${file === '' ? '' : `${safe(file)}${pointer === '' ? '' : `#${safe(pointer)}`}, `}netaudit explain ${safe(blocker.code)}`)}`,
  ];
}

function fixTitle({ fixes }: Answer): string {
  const { changes, outcome } = fixes;
  if (outcome === 'none') return 'Fix';
  return `Fix (checked): with ${changes.length === 1 ? 'this change' : `these ${changes.length} changes`} it is ${outcome}`;
}

function fixLines({ fixes }: Answer, { paint }: Look): string[] {
  if (fixes.changes.length === 0) return [];
  const warning = fixes.warning === undefined ? [] : [`  ${paint('yellow', `Careful: ${safe(fixes.warning)}.`)}`];
  return [
    ...warning,
    ...fixes.changes.flatMap(({ text, steps }) => [
      `  - ${safe(text)}`,
      ...(steps?.command.split('\n') ?? []).map((line) => `    ${paint('dim', `$ ${safe(line)}`)}`),
    ]),
  ];
}

function gotchaLines({ code, severity, resource, resourceName, message, source }: Gotcha, { paint }: Look): string[] {
  return [
    `  ${paint('yellow', `${safe(code)} (${severity})`)} ${named(resource, resourceName)}: ${safe(message)}`,
    `     ${paint('dim', safe(source))}`,
  ];
}
