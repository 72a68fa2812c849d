/**
 * One run of a schedule: collect, audit, diff, report. Each step is a netaudit of its own, so that none can take the
 * schedule down with it; a step that fails ends the run, is said, and leaves everything ready for the next one.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditResult } from '../model/audit.ts';
import { failureMessage, reportMessage, type RunReport } from './message.ts';
import type { LastRun, StateFolder } from './state.ts';
import type { Outbox } from './webhook.ts';

/** Runs `netaudit` with these words, and these variables besides its own; what it said on stderr comes with the exit code. */
export type Netaudit = (
  words: readonly string[],
  env?: Readonly<Record<string, string>>,
) => Promise<{ readonly code: number; readonly said: string }>;

export interface RunOptions {
  /** For messages: which schedule this is. */
  readonly name: string;
  /** Somebody else collects: a snapshot to audit as it is. Absent: what netaudit.yaml names is collected. */
  readonly snapshot?: readonly string[];
  readonly policies: readonly string[];
  /** Formats of the report files besides JSON. */
  readonly formats: readonly string[];
  /** Snapshots and reports that are kept. */
  readonly keep: number;
  readonly keepReports: number;
  /** Folder or URL of the history. */
  readonly history: string;
}

/** The JSON of an audit as the command prints it. */
export interface AuditJson extends Pick<AuditResult, 'summary' | 'findings' | 'checks' | 'missing'> {
  readonly snapshot: { readonly collectedAt: string | null };
  readonly history?: NonNullable<RunReport['history']>;
}

export interface RunResult {
  readonly last: LastRun;
  /** What the audit printed, where the run came that far. */
  readonly audit?: AuditJson;
}

const SUFFIX: Readonly<Record<string, string>> = { text: 'txt', markdown: 'md', md: 'md', junit: 'xml' };

/** Never throws: what goes wrong is the outcome. Undefined for a run that was broken off, of which nothing is kept. */
export async function runOnce(
  state: StateFolder,
  outbox: Outbox | undefined,
  netaudit: Netaudit,
  options: RunOptions,
  say: (sentence: string) => void,
  signal: AbortSignal,
): Promise<RunResult | undefined> {
  const started = new Date();
  const id = state.idFor(started);
  const done = (outcome: LastRun['outcome'], why?: string): LastRun => ({
    id,
    outcome,
    ...(why === undefined ? {} : { why }),
    at: started.toISOString(),
    durationMs: Date.now() - started.getTime(),
  });
  let result: RunResult;
  try {
    const { audit, incomplete, report } = await stepsOf(state, netaudit, options, id, say);
    result = { last: done(incomplete ? 'incomplete' : 'ok'), audit };
    outbox?.add(reportMessage(options.name, report));
  } catch (error) {
    if (signal.aborted) return undefined;
    const why = reasonOf(error);
    result = { last: done('failed', why) };
    say(`run ${id} failed: ${why}`);
    quietly(say, () => outbox?.add(failureMessage(options.name, why)));
  }
  quietly(say, () => {
    state.remember(result.last);
    state.sweep(options.keep, options.keepReports);
  });
  return result;
}

async function stepsOf(
  state: StateFolder,
  netaudit: Netaudit,
  options: RunOptions,
  id: string,
  say: (sentence: string) => void,
): Promise<{ audit: AuditJson; incomplete: boolean; report: RunReport }> {
  const [before] = state.snapshots().slice(-1);
  // What a run left that was killed or ran out of disk makes room first.
  state.sweep(options.keep, options.keepReports);
  let incomplete = false;
  let snapshot = options.snapshot;
  if (snapshot === undefined) {
    const folder = state.snapshotOf(id);
    const collected = await netaudit(['collect', '--output', folder]);
    if (collected.code > 1) throw new StepError('collect', collected);
    incomplete = collected.code === 1;
    state.markWhole(id);
    snapshot = [folder];
  }
  const reports = state.reportsOf(id);
  mkdirSync(reports, { recursive: true, mode: 0o700 });
  const outputs = ['json', ...options.formats.filter((format) => format !== 'json')].flatMap((format) => [
    '--format',
    format,
    '--output',
    join(reports, `audit.${SUFFIX[format] ?? format}`),
  ]);
  const audited = await netaudit(
    [
      'audit',
      ...snapshot.flatMap((path) => ['--snapshot', path]),
      ...options.policies.flatMap((policy) => ['--policy', policy]),
      ...outputs,
      // Not among the words: a database's URL may hold a password, and everybody can read those.
    ],
    { NETAUDIT_HISTORY: options.history },
  );
  if (audited.code !== 0 && audited.code !== 1 && audited.code !== 3) throw new StepError('audit', audited);
  const audit = JSON.parse(readFileSync(join(reports, 'audit.json'), 'utf8')) as AuditJson;
  const flows =
    before === undefined || options.snapshot !== undefined
      ? undefined
      : await flowsOf(netaudit, state.snapshotOf(before), state.snapshotOf(id), reports, say);
  return { audit, incomplete, report: { ...audit, incomplete, ...(flows === undefined ? {} : { flows }) } };
}

/** What changed since the snapshot before. A report without it is still one. */
async function flowsOf(
  netaudit: Netaudit,
  before: string,
  after: string,
  reports: string,
  say: (sentence: string) => void,
): Promise<RunReport['flows']> {
  const file = join(reports, 'diff.json');
  const diffed = await netaudit([
    'diff',
    before,
    after,
    '--format',
    'json',
    '--output',
    file,
    '--format',
    'text',
    '--output',
    join(reports, 'diff.txt'),
  ]);
  if (diffed.code <= 1 && existsSync(file))
    return (JSON.parse(readFileSync(file, 'utf8')) as { summary: RunReport['flows'] }).summary;
  say(`the flows could not be compared with the run before: ${lastLine(diffed.said)}`);
  return undefined;
}

class StepError extends Error {
  constructor(step: string, { code, said }: { readonly code: number; readonly said: string }) {
    super(`${step} ended with ${code}: ${lastLine(said)}`);
  }
}

function lastLine(said: string): string {
  return (said.trim().split('\n').at(-1) ?? '').slice(0, 500) || 'it said nothing';
}

function reasonOf(error: unknown): string {
  if (error instanceof StepError) return error.message;
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' ? 'the disk is full' : message.slice(0, 500);
}

function quietly(say: (sentence: string) => void, action: () => void): void {
  try {
    action();
  } catch (error) {
    say(`the state could not be written: ${reasonOf(error)}`);
  }
}
