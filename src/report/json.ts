/** The answer as the stable JSON that other programs read. Keys may be added, never renamed. */
import type { Answer } from '../model/results.ts';
import type { SnapshotFacts } from './age.ts';
import { safeJson } from './safe-text.ts';

/** Keys in a fixed order, on one line where `indent` is 0; rows of a question about many carry what differs between them. */
export function reachJson(answer: Answer, snapshot: SnapshotFacts, indent = 2): string {
  const facts = {
    digest: snapshot.digest,
    collectedAt: snapshot.collectedAt ?? null,
    files: snapshot.files.length,
  };
  const { rows } = answer;
  const value = {
    schemaVersion: 1,
    verdict: answer.verdict,
    snapshot: facts,
    query: answer.query,
    allowed: answer.allowed,
    blockers: answer.blockers,
    fixes: answer.fixes,
    gotchas: answer.gotchas,
    missing: answer.missing,
    assumptions: answer.assumptions,
    connections: answer.connections,
    forward: answer.forward,
    return: answer.return,
    ...(answer.witness === undefined ? {} : { witness: answer.witness }),
    ...(rows === undefined ? {} : { rows: rows.map(rowOf) }),
  };
  return `${safeJson(value, indent)}\n`;
}

function rowOf({ verdict, query, allowed, blockers, witness }: Answer) {
  const blockedBy = blockers.map(({ code, resource, leg, connection }) => ({ code, resource, leg, connection }));
  return { verdict, query, allowed, blockers: blockedBy, ...(witness === undefined ? {} : { witness }) };
}
