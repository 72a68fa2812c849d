/** What a command found, read back from the JSON that it wrote: the same keys for a plan and for an audit. */
import { readFileSync } from 'node:fs';
import { EXIT } from '../cli/exit-codes.ts';
import type { AuditFinding } from '../model/audit.ts';
import type { FlowChange, FlowChangeKind } from '../model/diff.ts';
import type { Missing } from '../model/origin.ts';

export interface Result {
  readonly verdict: 'clean' | 'changes' | 'violations' | 'undetermined';
  /** "2 flows opened, 1 new finding". */
  readonly headline: string;
  readonly flows: readonly FlowChange[];
  readonly findings: readonly AuditFinding[];
  readonly missing: readonly Missing[];
  readonly gained: number;
  readonly lost: number;
  /** Findings that are neither in the baseline nor suppressed. */
  readonly fresh: number;
}

export function readResult(file: string, exitCode: number): Result {
  const {
    flows = [],
    findings,
    missing,
  } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly flows?: readonly FlowChange[];
    readonly findings: readonly AuditFinding[];
    readonly missing: readonly Missing[];
  };
  const count = (...kinds: FlowChangeKind[]) => flows.filter(({ change }) => kinds.includes(change)).length;
  const gained = count('opened', 'widened');
  const lost = count('closed', 'narrowed');
  const fresh = findings.filter(({ status }) => status === 'new').length;
  const parts = [
    ...(gained > 0 ? [`${flowsOf(gained)} opened`] : []),
    ...(lost > 0 ? [`${flowsOf(lost)} closed`] : []),
    ...(fresh > 0 ? [`${fresh} new ${fresh === 1 ? 'finding' : 'findings'}`] : []),
  ];
  return {
    verdict: verdictOf(exitCode, fresh, gained + lost),
    headline: parts.length === 0 ? 'nothing to report' : parts.join(', '),
    flows,
    findings,
    missing,
    gained,
    lost,
    fresh,
  };
}

function verdictOf(exitCode: number, fresh: number, changes: number): Result['verdict'] {
  if (exitCode === EXIT.no) return 'violations';
  if (exitCode === EXIT.undetermined) return 'undetermined';
  return fresh > 0 ? 'violations' : changes > 0 ? 'changes' : 'clean';
}

const flowsOf = (count: number) => `${count} ${count === 1 ? 'flow' : 'flows'}`;
