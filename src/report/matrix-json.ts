/**
 * The matrix for programs: one class and one cell a line, written piece by piece since there can be millions of cells. The
 * same ids, ports and lists of addresses stand in thousands of them: each is made into JSON once.
 */
import type { Flow } from '../model/flow.ts';
import type { Matrix, MatrixCell } from '../model/matrix.ts';
import type { SnapshotFacts } from './age.ts';
import { safeJson } from './safe-text.ts';

/** Stable JSON, in pieces. */
export function* matrixJson(matrix: Matrix, snapshot: SnapshotFacts): Generator<string> {
  const facts = {
    digest: snapshot.digest,
    collectedAt: snapshot.collectedAt ?? null,
    files: snapshot.files.length,
  };
  const whole = (item: unknown) => safeJson(item, 0);
  const cells = new CellWriter();
  yield `{\n  "schemaVersion": 1,\n  "snapshot": ${whole(facts)},\n`;
  yield* list('classes', matrix.classes, whole);
  yield* list('cells', matrix.cells, (cell) => cells.json(cell));
  yield* list('missing', matrix.missing, whole);
  yield* list('assumptions', matrix.assumptions, whole, '\n}\n');
}

function* list<T>(name: string, items: Iterable<T>, json: (item: T) => string, end = ',\n'): Generator<string> {
  yield `  "${name}": [`;
  let before = '\n    ';
  for (const item of items) {
    yield before + json(item);
    before = ',\n    ';
  }
  yield `${before.startsWith(',') ? '\n  ' : ''}]${end}`;
}

/** What safeJson makes of a cell, put together from parts that were met before. */
class CellWriter {
  private readonly words = new Map<string, string>();
  private readonly lists = new Map<readonly string[], string>();

  json({ from, to, allowed, undetermined, unanswered }: MatrixCell): string {
    let text = `{"from":${this.word(from)},"to":${this.word(to)},"allowed":${this.flows(allowed)}`;
    if (undetermined !== undefined) text += `,"undetermined":${this.flows(undetermined)}`;
    if (unanswered !== undefined) text += `,"unanswered":${this.word(unanswered)}`;
    return `${text}}`;
  }

  private flows(flows: readonly Flow[]): string {
    let text = '[';
    for (const { protocol, ports, from, to } of flows)
      text += `${text === '[' ? '' : ','}{"protocol":${this.word(protocol)},"ports":${this.word(ports)},"from":${this.list(from)},"to":${this.list(to)}}`;
    return `${text}]`;
  }

  private word(word: string): string {
    const known = this.words.get(word) ?? safeJson(word, 0);
    this.words.set(word, known);
    return known;
  }

  private list(list: readonly string[]): string {
    const known = this.lists.get(list) ?? safeJson(list, 0);
    this.lists.set(list, known);
    return known;
  }
}
