/** The two shapes of codes besides traps: what stops packets, and what an answer takes for granted. */
import type { CodeInfo } from '../../model/finding.ts';

/** A blocker; aliases are codes of AWS Reachability Analyzer. */
export const blocker = (
  code: string,
  title: string,
  why: string,
  fix: string,
  source: string,
  aliases: readonly string[] = [],
): CodeInfo => ({ code, kind: 'blocker', severity: 'high', title, why, fix, source, aliases });

/** Something that no snapshot holds or that is taken as its usual value. */
export const assumption = (code: string, title: string, why: string, source: string): CodeInfo => ({
  code,
  kind: 'assumption',
  severity: 'info',
  title,
  why,
  fix: 'Use --strict to count such answers as undetermined.',
  source,
});
