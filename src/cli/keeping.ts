/** `--history` of an audit: keeps the run, says what it changed, and marks in the result what is not new any more. */
import { fileURLToPath } from 'node:url';
import type { AuditResult, Snapshot } from '../index.ts';
import type { Delta, Episode, Store } from '../history/store.ts';
import { safe } from '../report/safe-text.ts';
import { Problem } from './problem.ts';

/** Keeps a run in a history. Throws HistoryError, Problem. */
export async function keptIn(
  place: string,
  result: AuditResult,
  snapshot: Pick<Snapshot, 'digest' | 'collectedAt'>,
  started: Date,
): Promise<{ readonly result: AuditResult; readonly delta: Delta }> {
  const [store, { withHistory }] = await Promise.all([historyAt(place), import('../history/store.ts')]);
  try {
    const delta = await store.record({
      at: started.toISOString(),
      digest: snapshot.digest,
      ...(snapshot.collectedAt === undefined ? {} : { collectedAt: snapshot.collectedAt }),
      durationMs: Date.now() - started.getTime(),
      result,
    });
    return { result: withHistory(result, delta), delta };
  } finally {
    await store.close();
  }
}

/**
 * Where the history is: what was given, else NETAUDIT_HISTORY, since a URL with a password is for nobody's list of processes.
 */
export function historyPlace(given: string | undefined, env = process.env): string | undefined {
  return given ?? (env['NETAUDIT_HISTORY'] || undefined);
}

/** Opens the history in a folder, or behind the URL of a database. Throws HistoryError, Problem. */
export async function historyAt(place: string, options: { readonly mustExist?: boolean } = {}): Promise<Store> {
  const kind = kindOf(place);
  if (kind === 'database') {
    const { openPostgresHistory } = await import('../history/postgres.ts');
    try {
      return await openPostgresHistory(place, options);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error;
      const { installCommand } = await import('../collect/sdk.ts');
      throw new Problem(
        `a history in PostgreSQL needs the package pg, which is not installed. Run:\n  ${installCommand(['pg'], fileURLToPath(import.meta.url))}`,
      );
    }
  }
  const { openHistory } = await import('../history/sqlite.ts');
  return openHistory(kind === 'file' ? fileURLToPath(place) : place, options);
}

/** What kind of place keeps a history. Throws Problem for another, which is not repeated: it may hold a password. */
export function kindOf(place: string): 'folder' | 'file' | 'database' {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(place)?.[1]?.toLowerCase();
  if (scheme === undefined) return 'folder';
  if (scheme === 'postgres' || scheme === 'postgresql') return 'database';
  if (scheme === 'file' && URL.canParse(place)) return 'file';
  throw new Problem(
    `a history is kept in a folder or in PostgreSQL, not behind ${scheme}://. For example: --history ./netaudit-history, --history postgres://host/database.`,
  );
}

/** The first lines of a report: what changed since the last run, and what has been open for longest. */
export function deltaLines({ run, before, added, resolved, unchanged, unknown }: Delta): readonly string[] {
  if (before === undefined) return [`First run in this history: ${counted(added.length, 'finding')} open`];
  const parts = [
    `${added.length} new`,
    `${resolved.length} resolved`,
    `${unchanged.length} unchanged`,
    ...(unknown.length > 0 ? [`${unknown.length} not decided this time`] : []),
  ];
  const lines = [`Since the last run (${dayOf(before.at)}): ${parts.join(', ')}`];
  const list = (mark: string, episodes: readonly Episode[], when: (episode: Episode) => string) => {
    for (const episode of episodes.slice(0, MOST)) lines.push(`  ${mark} ${titleOf(episode)}${when(episode)}`);
    if (episodes.length > MOST) lines.push(`  ${mark} and ${episodes.length - MOST} more`);
  };
  list('new     ', added, () => '');
  list('resolved', resolved, ({ since }) => `, was open since ${dayOf(since)}`);
  const [oldest] = [...unchanged, ...unknown].toSorted((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : 0));
  if (oldest !== undefined)
    lines.push(
      `  open for longest: ${titleOf(oldest)}, since ${dayOf(oldest.since)} (${daysBetween(oldest.since, run.at)})`,
    );
  return lines;
}

/** The same for programs. */
export function deltaFacts({ run, before, added, resolved, unchanged, unknown }: Delta): object {
  const brief = ({ finding, since }: Episode) => ({
    id: finding.id,
    code: finding.code,
    severity: finding.severity,
    title: finding.title,
    resource: finding.resource,
    ...(finding.resourceName === undefined ? {} : { resourceName: finding.resourceName }),
    since,
  });
  return {
    run: run.id,
    at: run.at,
    before: before?.at ?? null,
    new: added.map(({ finding }) => finding.id),
    unchanged: unchanged.map(({ finding }) => finding.id),
    resolved: resolved.map(brief),
    undecided: unknown.map(brief),
  };
}

/** Writes `--metrics-file`. Throws Problem. */
export async function putMetrics(
  file: string,
  result: AuditResult,
  snapshot: Pick<Snapshot, 'collectedAt'>,
  started: Date,
  delta: Delta | undefined,
): Promise<void> {
  const { writeMetricsFile } = await import('../schedule/metrics.ts');
  try {
    await writeMetricsFile(file, {
      result,
      at: started.toISOString(),
      durationMs: Date.now() - started.getTime(),
      ...(snapshot.collectedAt === undefined ? {} : { collectedAt: snapshot.collectedAt }),
      ...(delta === undefined ? {} : { changed: { added: delta.added.length, resolved: delta.resolved.length } }),
    });
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new Problem(`${file} can't be written (${code}). Check the path given with --metrics-file.`);
  }
}

const MOST = 10;

function titleOf({ finding }: Episode): string {
  const name = finding.resourceName ?? finding.resource;
  return safe(`${finding.severity} ${finding.code} ${name}`);
}

/** "2026-03-01 03:00". */
export function dayOf(at: string): string {
  return `${at.slice(0, 10)} ${at.slice(11, 16)}`;
}

function daysBetween(from: string, to: string): string {
  const days = Math.floor((Date.parse(to) - Date.parse(from)) / 86_400_000);
  return days < 1 ? 'today' : counted(days, 'day');
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
