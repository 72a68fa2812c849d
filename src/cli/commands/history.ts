/** netaudit history: the runs that `audit --history` kept, how the findings came and went, and what is open since when. */
import type { Episode, Run } from '../../history/store.ts';
import { safe, safeJson } from '../../report/safe-text.ts';
import { EXIT } from '../exit-codes.ts';
import { dayOf, historyAt, historyPlace } from '../keeping.ts';
import { type OutputOptions, wantsUnicode, write } from '../output.ts';
import { Problem } from '../problem.ts';

interface HistoryCommandOptions extends OutputOptions {
  readonly since?: string;
  readonly limit?: string;
  readonly finding?: string;
}

/** Exit code: ok. Throws HistoryError, Problem. */
export async function historyCommand(given: string | undefined, options: HistoryCommandOptions): Promise<number> {
  const { since, limit = '30', finding } = options;
  if (since !== undefined && !/^\d{4}-\d{2}-\d{2}(T[\d:.]+Z?)?$/.test(since))
    throw new Problem(`--since takes a day such as 2026-03-01; "${since.slice(0, 40)}" is none.`);
  if (!/^[1-9]\d{0,5}$/.test(limit))
    throw new Problem(`--limit takes a number of runs; "${limit.slice(0, 40)}" is none.`);
  const place = historyPlace(given);
  if (place === undefined)
    throw new Problem(
      'name the history: netaudit history DIR, as given to audit --history. NETAUDIT_HISTORY may name it too.',
    );
  const store = await historyAt(place, { mustExist: true });
  try {
    const latest = await store.runs({ ...(since === undefined ? {} : { since }), limit: Number(limit) });
    const runs = latest.toReversed();
    const episodes = await store.episodes(finding === undefined ? {} : { finding });
    if (finding !== undefined && episodes.length === 0)
      throw new Problem(`no run of this history saw a finding whose id begins with "${safe(finding.slice(0, 60))}".`);
    write(options, {
      text: () => (finding === undefined ? trendText(runs, episodes) : episodesText(episodes)),
      json: () => `${safeJson({ schemaVersion: 1, runs, findings: episodes.map(plainOf) })}\n`,
      csv: () => csvOf(runs),
    });
  } finally {
    await store.close();
  }
  return EXIT.ok;
}

const HEAD = ['run', 'critical', 'high', 'medium', 'low', 'info', 'new', 'resolved'];
const WIDEST = 24;
const MOST_OPEN = 20;

/** One line a run, the latest last, with a bar as long as its open findings; then what is open. */
function trendText(runs: readonly Run[], open: readonly Episode[]): string {
  if (runs.length === 0) return 'No runs in that time.\n';
  const most = Math.max(...runs.map(totalOf), 1);
  const bar = wantsUnicode() ? '█' : '#';
  const cells = runs.map((run) => {
    const { critical, high, medium, low, info } = run.open;
    return [dayOf(run.at), critical, high, medium, low, info, `+${run.added}`, `-${run.resolved}`].map(String);
  });
  const widths = HEAD.map((head, i) => Math.max(head.length, ...cells.map((row) => row[i]!.length)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  const lines = [`${line(HEAD)}  open`];
  for (const [i, run] of runs.entries()) {
    const total = totalOf(run);
    const length = total === 0 ? 0 : Math.max(1, Math.round((total / most) * WIDEST));
    lines.push(`${line(cells[i]!)}  ${bar.repeat(length)}${length > 0 ? ' ' : ''}${total}`);
  }
  if (open.length > 0) {
    lines.push('', `Open now, the longest first (${open.length})`);
    for (const { finding, since } of open.slice(0, MOST_OPEN))
      lines.push(
        `  since ${dayOf(since)}  ${safe(`${finding.severity} ${finding.code} ${finding.resourceName ?? finding.resource}`)}  ${safe(finding.id)}`,
      );
    if (open.length > MOST_OPEN) lines.push(`  and ${open.length - MOST_OPEN} more; --format json lists all`);
  }
  return `${lines.join('\n')}\n`;
}

function episodesText(episodes: readonly Episode[]): string {
  const lines = episodes.flatMap(({ finding, since, seen, until }) => [
    safe(`${finding.severity} ${finding.code} ${finding.resourceName ?? finding.resource}  ${finding.id}`),
    `  ${safe(finding.message)}`,
    `  open since ${dayOf(since)}, ${until === undefined ? `last seen ${dayOf(seen)}` : `gone on ${dayOf(until)}`}`,
  ]);
  return `${lines.join('\n')}\n`;
}

function csvOf(runs: readonly Run[]): string {
  const rows = runs.map(({ at, open, added, resolved, unknown, durationMs }) =>
    [at, open.critical, open.high, open.medium, open.low, open.info, added, resolved, unknown, durationMs].join(','),
  );
  return `${['at,critical,high,medium,low,info,new,resolved,undecided,duration_ms', ...rows].join('\r\n')}\r\n`;
}

function plainOf({ finding, since, seen, until }: Episode): object {
  const { since: _, ...rest } = finding;
  return { ...rest, since, seen, until: until ?? null };
}

function totalOf({ open }: Pick<Run, 'open'>): number {
  return Object.values(open).reduce((sum, count) => sum + count, 0);
}
