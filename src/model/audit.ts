/** What an audit finds, as plain data: written by src/audit, kept by histories, read by every report. */
import type { NetworkDiff } from './diff.ts';
import type { Assumption, Missing } from './origin.ts';
import type { Severity, Witness } from './results.ts';

/** `suppressed` findings count in no summary; without a baseline or an earlier run everything is `new`. */
export type FindingStatus = 'new' | 'unchanged' | 'suppressed';

/** Where a finding's resource is written down. */
export interface FindingPlace {
  readonly file: string;
  /** JSON pointer into a snapshot's file; absent for a line of source. */
  readonly pointer?: string;
  /** From 1; absent where only the file is known. */
  readonly line?: number;
}

/** One thing that a packet meets on its way. */
export interface PathStep {
  readonly resource: string;
  readonly message: string;
  readonly place?: FindingPlace;
}

/**
 * One thing that was checked, whether it held or not: a policy, or one expectation of an intent. `undetermined`: something
 * that the snapshot does not hold could change it.
 */
export interface AuditCheck {
  readonly kind: 'policy' | 'intent';
  /** The code of the policy; the name of the intent. */
  readonly suite: string;
  /** The title of the policy; "accept web -> db:5432". */
  readonly name: string;
  readonly severity: Severity;
  readonly outcome: 'passed' | 'failed' | 'undetermined';
  /** Something that is not known could make it worse, whatever the outcome. */
  readonly undetermined?: boolean;
  readonly message?: string;
  /** Of a policy: why it matters, what to do where it fails, pages that say more. */
  readonly why?: string;
  readonly fix?: string;
  readonly links?: readonly string[];
  /** Fingerprints of the findings that say so. */
  readonly findings: readonly string[];
}

/** One violated policy, failed intent or trap. */
export interface AuditFinding {
  /**
   * Stable fingerprint of code, source, destination, ports and responsible resource: the same from run to run and on every
   * machine.
   */
  readonly id: string;
  /** Of the policy, the intent or the gotcha. */
  readonly code: string;
  readonly severity: Severity;
  readonly title: string;
  /** The responsible resource, in the provider's own words. */
  readonly resource: string;
  readonly resourceName?: string;
  readonly provider?: string;
  /** Whose flow it is, where it is about one: ids or roles, "internet" for the outside. */
  readonly from?: string;
  readonly to?: string;
  /** All ids that `from` and `to` stand for, sorted. */
  readonly fromIds?: readonly string[];
  readonly toIds?: readonly string[];
  /** "tcp 22", "tcp 3306, 5432". */
  readonly ports?: string;
  readonly message: string;
  /** What to do, for people. */
  readonly fix?: string;
  readonly status: FindingStatus;
  /** ISO 8601: the run that saw it first, where a history is kept. */
  readonly since?: string;
  /** The page that says why: an address, or a file of the reader's own. */
  readonly source: string;
  readonly witness?: Witness;
  /** The resources a packet passes, in order. */
  readonly path?: readonly PathStep[];
  readonly places?: readonly FindingPlace[];
  /** How many things it stands for: equal findings are one. Absent: one. */
  readonly count?: number;
  /** Why it is suppressed, by whom and until when (ISO 8601). */
  readonly suppression?: { readonly reason: string; readonly owner?: string; readonly expires?: string };
}

export interface AuditResult {
  /** Findings that are not suppressed, by severity. */
  readonly summary: { readonly [S in Severity]: number };
  /** What matters most first. */
  readonly findings: readonly AuditFinding[];
  /** Everything that was checked, in the order of policies and intents. */
  readonly checks: readonly AuditCheck[];
  readonly missing: readonly Missing[];
  readonly assumptions: readonly Assumption[];
  /** What to look after besides: suppressions that nothing needs, entries of the baseline that are found no more. */
  readonly notes?: readonly string[];
}

/** What the reports of `audit`, `diff` and `plan` are given; each has the parts that its command found. */
export interface ReportFacts {
  /** "netaudit audit", "netaudit plan plan.json": what the report is of. */
  readonly title: string;
  readonly audit?: AuditResult;
  readonly diff?: NetworkDiff;
}
