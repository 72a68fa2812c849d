/** The answer as the stable JSON that other programs read. Keys may be added, never renamed. */
import type { Answer } from '../model/results.ts';
import type { SnapshotFacts } from './age.ts';

export function reachJson(answer: Answer, snapshot: SnapshotFacts): string {
  const { verdict, rows, ...rest } = answer;
  const facts = { digest: snapshot.digest, collectedAt: snapshot.collectedAt ?? null, files: snapshot.files.length };
  const listed =
    rows === undefined
      ? {}
      : { rows: rows.map(({ query, verdict: own, allowed }) => ({ verdict: own, query, allowed })) };
  return `${JSON.stringify({ schemaVersion: 1, verdict, snapshot: facts, ...rest, ...listed }, null, 2)}\n`;
}
