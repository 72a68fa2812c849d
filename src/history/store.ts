/**
 * What a history remembers, whatever keeps it: runs, and for each finding the time from when it was first seen until it
 * was gone. Plain data and the interface of a store; knows no database.
 */
import type { AuditFinding, AuditResult } from '../model/audit.ts';
import type { Severity } from '../model/results.ts';

/** One audit, as it is handed in. */
export interface RunFacts {
  /** ISO 8601, UTC: when the audit was made. */
  readonly at: string;
  /** Of the snapshot. */
  readonly digest: string;
  /** ISO 8601: when the snapshot was collected, where that is known. */
  readonly collectedAt?: string;
  readonly durationMs: number;
  readonly result: AuditResult;
}

/** One run, as it is remembered. */
export interface Run {
  readonly id: number;
  readonly at: string;
  readonly digest: string;
  readonly collectedAt?: string;
  readonly durationMs: number;
  /** Open findings by severity. */
  readonly open: { readonly [S in Severity]: number };
  readonly added: number;
  readonly resolved: number;
  /** Open ones of which this run could not say whether they still are: what would tell was missing. */
  readonly unknown: number;
}

/** A finding while it was open: one that comes back later is another episode. */
export interface Episode {
  readonly finding: AuditFinding;
  /** ISO 8601: the first run that saw it. */
  readonly since: string;
  /** The last run that saw it. */
  readonly seen: string;
  /** The first run that saw it no more; absent while it is open. */
  readonly until?: string;
}

/** What a run changed. */
export interface Delta {
  readonly run: Run;
  /** The run before; absent for the first one. */
  readonly before?: Run;
  readonly added: readonly Episode[];
  readonly resolved: readonly Episode[];
  /** Seen before and now. */
  readonly unchanged: readonly Episode[];
  readonly unknown: readonly Episode[];
}

/** Keeps runs. Safe against another process that records at the same time. All methods throw HistoryError. */
export interface Store {
  /** Remembers a run, all of it or nothing. */
  record(facts: RunFacts): Promise<Delta>;
  /** Runs, the latest first. */
  runs(options?: { readonly since?: string; readonly limit?: number }): Promise<readonly Run[]>;
  /** Open episodes, or all that a finding's id (or its beginning) stands for. The longest open first. */
  episodes(options?: { readonly finding?: string }): Promise<readonly Episode[]>;
  close(): Promise<void>;
}

/** What the user can mend: a folder that can't be written, a full disk, a server that is away. Its message holds no secret. */
export class HistoryError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'HistoryError';
  }
}

/** Open findings of a result: those that nobody suppressed, each once. */
export function openFindings(result: AuditResult): ReadonlyMap<string, AuditFinding> {
  return new Map(
    result.findings.filter(({ status }) => status !== 'suppressed').map((finding) => [finding.id, finding]),
  );
}

/** Codes of which this run can't say that something is gone: what would tell was missing. */
export function undecidedCodes(result: AuditResult): ReadonlySet<string> {
  return new Set(
    result.checks
      .filter((check) => check.outcome === 'undetermined' || check.undetermined === true)
      .map(({ suite }) => suite),
  );
}

/** The result as a reader of today wants it: what was there at the last run is unchanged, and each says since when. */
export function withHistory(result: AuditResult, delta: Delta): AuditResult {
  const known = new Map(delta.unchanged.map((episode) => [episode.finding.id, episode.since]));
  return {
    ...result,
    findings: result.findings.map((finding) => {
      if (finding.status === 'suppressed') return finding;
      const since = known.get(finding.id);
      return since === undefined ? { ...finding, since: delta.run.at } : { ...finding, status: 'unchanged', since };
    }),
  };
}
