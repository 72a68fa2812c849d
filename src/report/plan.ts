/** What a plan opens and closes, for people and for programs. */
import type { NetworkDiff } from '../model/diff.ts';
import { countsText, diffLines } from './diff.ts';
import { safe, safeJson } from './safe-text.ts';

/** A plan's diff as the reports need it. */
export interface PlanFacts {
  readonly diff: NetworkDiff;
  readonly unread: readonly { readonly type: string; readonly count: number }[];
  readonly changes: number;
}

/** Stable JSON, in the terms of a diff; `notRead` lists resource types that say nothing here. */
export function planJson({ diff, unread }: PlanFacts): string {
  const { summary, flows, missing, assumptions } = diff;
  return `${safeJson({ schemaVersion: 1, summary, flows, findings: [], missing, assumptions, notRead: unread })}\n`;
}

/** The first line says what changes; then the flows, and what could not be told. */
export function planText({ diff, unread, changes }: PlanFacts, file: string): string {
  const about = `[${safe(file)}: ${changes} ${changes === 1 ? 'change' : 'changes'} to network resources]`;
  const rest =
    unread.length === 0
      ? []
      : [
          '',
          'Not read (types that say nothing of flows, or that netaudit does not know)',
          ...unread.map(({ type, count }) => `  ${count} ${safe(type)}`),
        ];
  return `${[`${countsText(diff)}  ${about}`, ...diffLines(diff), ...rest].join('\n')}\n`;
}
