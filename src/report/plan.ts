/** What a plan opens and closes, and what it breaks, for people and for programs. */
import type { AuditResult } from '../model/audit.ts';
import type { NetworkDiff } from '../model/diff.ts';
import { findingsLines } from './audit.ts';
import { countsText, diffLines } from './diff.ts';
import { missingOf, severityCounts } from './facts.ts';
import { safe, safeJson } from './safe-text.ts';

/** What a plan does as the reports need it. */
export interface PlanFacts {
  readonly diff: NetworkDiff;
  /** What the planned state breaks and the state before did not. */
  readonly audit: AuditResult;
  readonly unread: readonly { readonly type: string; readonly count: number }[];
  readonly changes: number;
}

/** Stable JSON, in the terms of a diff; `notRead` lists resource types that say nothing here. */
export function planJson({ diff, audit, unread }: PlanFacts): string {
  const { summary, flows, assumptions } = diff;
  const { findings, checks } = audit;
  const missing = missingOf({ title: '', diff, audit });
  return `${safeJson({ schemaVersion: 1, summary, flows, findings, checks, missing, assumptions, notRead: unread })}\n`;
}

/** The first line says what changes; then the flows, what is broken by it, and what could not be told. */
export function planText({ diff, audit, unread, changes }: PlanFacts, file: string): string {
  const about = `[${safe(file)}: ${changes} ${changes === 1 ? 'change' : 'changes'} to network resources]`;
  const fresh = audit.findings.filter(({ status }) => status === 'new');
  const known = audit.findings.length - fresh.length;
  const counts = severityCounts(audit.summary);
  const breaks = [
    ...(counts === undefined ? [] : ['', `Breaks (${counts})`]),
    ...findingsLines(fresh),
    ...(known === 0 ? [] : ['', `${known} more in the baseline or suppressed`]),
  ];
  const rest =
    unread.length === 0
      ? []
      : [
          '',
          'Not read (types that say nothing of flows, or that netaudit does not know)',
          ...unread.map(({ type, count }) => `  ${count} ${safe(type)}`),
        ];
  const missing = missingOf({ title: '', diff, audit });
  return `${[`${countsText(diff)}  ${about}`, ...diffLines({ ...diff, missing }), ...breaks, ...rest].join('\n')}\n`;
}
