/**
 * The matrix for people, by source and piece by piece since it can be long: sources that reach the same stand together, and so
 * do targets that are reached on the same ports.
 */
import type { Matrix, MatrixCell, MatrixClass } from '../model/matrix.ts';
import type { Flow } from '../model/flow.ts';
import { isTheInternet } from '../net/describe.ts';
import { type SnapshotFacts, ageOf } from './age.ts';
import { safe } from './safe-text.ts';

const MOST_MEMBERS = 6;
const MOST_ADDRESSES = 4;

/** Who can reach whom, source by source. */
export function* matrixText(matrix: Matrix, snapshot: SnapshotFacts, now: Date): Generator<string> {
  const names = new Map([['internet', 'internet'], ...matrix.classes.map((one) => [one.id, nameOf(one)] as const)]);
  const ends = matrix.classes.reduce((sum, one) => sum + one.count, 0);
  yield `${ends} end${ends === 1 ? '' : 's'} in ${matrix.classes.length} class${matrix.classes.length === 1 ? '' : 'es'} of equal reach, and the internet  [${safe(ageOf(snapshot, now))}]\n`;
  let count = 0;
  const blocks = new Map<string, string[]>();
  for (const { from, lines } of bySource(matrix.cells)) {
    count += lines.length;
    const text = linesText(lines, names);
    const same = blocks.get(text);
    if (same === undefined) blocks.set(text, [from]);
    else same.push(from);
  }
  for (const [text, sources] of blocks) {
    yield `\n${sources.map((from) => names.get(from) ?? safe(from)).join('\n')}\n`;
    yield text;
  }
  if (count === 0) yield '\nNothing reaches anything.\n';
  yield* section(
    'Missing',
    matrix.missing.map(({ what, fetch }) => `${what}${fetch === null ? '' : `: ${fetch}`}`),
  );
  yield* section(
    'Assumed',
    matrix.assumptions.map(({ message }) => message),
  );
}

function* bySource(cells: Iterable<MatrixCell>): Generator<{ from: string; lines: MatrixCell[] }> {
  let row: { from: string; lines: MatrixCell[] } | undefined;
  for (const cell of cells) {
    if (row !== undefined && row.from !== cell.from) yield row;
    if (row === undefined || row.from !== cell.from) row = { from: cell.from, lines: [] };
    row.lines.push(cell);
  }
  if (row !== undefined) yield row;
}

/** What a source reaches: the same ports once, with everybody whom they lead to. */
function linesText(cells: readonly MatrixCell[], names: ReadonlyMap<string, string>): string {
  const byWhat = new Map<string, string[]>();
  for (const cell of cells) {
    const target = cell.from === cell.to ? 'each other' : (names.get(cell.to) ?? safe(cell.to));
    const what = whatText(cell);
    const same = byWhat.get(what);
    if (same === undefined) byWhat.set(what, [target]);
    else same.push(target);
  }
  return [...byWhat]
    .map(([what, targets]) => `  ${what}\n${targets.map((one) => `    -> ${one}\n`).join('')}`)
    .join('');
}

function whatText(cell: MatrixCell): string {
  return [
    ...(cell.allowed.length === 0 ? [] : [flowsText(cell, cell.allowed)]),
    ...(cell.undetermined === undefined ? [] : [`perhaps ${flowsText(cell, cell.undetermined)} (undetermined)`]),
    ...(cell.unanswered === undefined ? [] : [`not answered: ${safe(cell.unanswered)}`]),
  ].join('; ');
}

/** Ports by protocol; addresses only where the internet is an end and not all of it is meant. */
function flowsText(cell: MatrixCell, flows: readonly Flow[]): string {
  const texts = flows.map(({ protocol, ports, from, to }) => {
    const what = protocol === '*' ? 'everything' : `${protocol}${ports === '*' ? '' : ` ${safe(ports)}`}`;
    const some = cell.from === 'internet' ? ['from', from] : cell.to === 'internet' ? ['to', to] : undefined;
    return some === undefined ? what : `${what}${addressesText(some as [string, readonly string[]])}`;
  });
  return [...new Set(texts)].join(', ');
}

/** All of the internet takes dozens of prefixes to write; what is less is listed, however long. */
function addressesText([word, list]: [string, readonly string[]]): string {
  if (list.length === 0 || isTheInternet(list)) return '';
  const shown = list.slice(0, MOST_ADDRESSES).join(', ');
  return ` ${word} ${shown}${list.length > MOST_ADDRESSES ? ` and ${list.length - MOST_ADDRESSES} more` : ''}`;
}

function nameOf({ members, names, count }: MatrixClass): string {
  const called = (id: string) => (Object.hasOwn(names, id) ? `${safe(names[id]!)} (${safe(id)})` : safe(id));
  const shown = members.slice(0, MOST_MEMBERS).map(called).join(', ');
  return count > MOST_MEMBERS ? `${shown} and ${count - MOST_MEMBERS} more` : shown;
}

function* section(title: string, lines: readonly string[]): Generator<string> {
  if (lines.length === 0) return;
  yield `\n${title}\n`;
  for (const line of lines) yield `  ${safe(line)}\n`;
}
