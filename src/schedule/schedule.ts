/**
 * The clock: runs when the expression says so, one at a time, sends what waits, and keeps the numbers that /metrics shows.
 * Ends when it is told to; a run under way is then broken off and left for the next start to sweep.
 */
import { join } from 'node:path';
import { Cron } from 'croner';
import { observeAudit, writeMetricsFile } from './metrics.ts';
import { type Netaudit, type RunOptions, type RunResult, runOnce } from './run.ts';
import { type Health, serve } from './serve.ts';
import { ScheduleError, type StateFolder } from './state.ts';
import { Outbox, type WebhookTarget } from './webhook.ts';

export interface ScheduleOptions extends RunOptions {
  /** Five or six fields, as cron has them. */
  readonly cron: string;
  /** "Europe/Berlin"; the machine's own when absent. */
  readonly timezone?: string;
  /** A first run at once. */
  readonly now?: boolean;
  /** Only that one. */
  readonly once?: boolean;
  readonly webhook?: WebhookTarget;
  readonly listen?: { readonly host: string; readonly port: number };
  readonly metricsFile?: string;
}

/** How much later than planned a run may begin before the schedule counts as unwell. */
const GRACE = 3_600_000;
const OUTBOX_EVERY = 5_000;

/**
 * Throws ScheduleError for an expression or a zone that is none; otherwise ends when the signal does, with the last outcome.
 */
export async function runSchedule(
  state: StateFolder,
  netaudit: Netaudit,
  options: ScheduleOptions,
  say: (sentence: string) => void,
  signal: AbortSignal,
): Promise<RunResult['last'] | undefined> {
  const clock = clockOf(options);
  const prom = await import('prom-client');
  const registry = new prom.Registry();
  const outbox = options.webhook === undefined ? undefined : new Outbox(join(state.folder, 'outbox'));
  const registers = [registry];
  const runs = new prom.Counter({
    name: 'netaudit_schedule_runs_total',
    help: 'Runs by outcome',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of ['ok', 'incomplete', 'failed']) runs.inc({ outcome }, 0);
  const success = new prom.Gauge({
    name: 'netaudit_schedule_last_success_timestamp_seconds',
    help: 'When the last run that was no failure began',
    registers,
  });
  const duration = new prom.Gauge({
    name: 'netaudit_schedule_last_duration_seconds',
    help: 'How long the last run took, from collecting to reporting',
    registers,
  });
  const next = new prom.Gauge({
    name: 'netaudit_schedule_next_timestamp_seconds',
    help: 'When the next run is due',
    registers,
  });
  const waiting = new prom.Gauge({
    name: 'netaudit_schedule_webhooks_waiting',
    help: 'Reports that wait to be sent',
    registers,
  });
  let age: InstanceType<typeof prom.Gauge> | undefined;
  let collected: number | undefined;
  let last = state.last();
  let running: Promise<void> | undefined;
  const begun = Date.now();

  const once = async (): Promise<void> => {
    const result = await runOnce(state, outbox, netaudit, options, say, signal);
    if (result === undefined) return;
    last = result.last;
    runs.inc({ outcome: last.outcome });
    duration.set(last.durationMs / 1000);
    if (last.outcome !== 'failed') success.set(Date.parse(last.at) / 1000);
    const { audit } = result;
    if (audit !== undefined) {
      const { collectedAt } = audit.snapshot;
      if (collectedAt !== null) collected = Date.parse(collectedAt);
      const facts = {
        result: audit,
        at: last.at,
        durationMs: last.durationMs,
        ...(collectedAt === null ? {} : { collectedAt }),
        ...(audit.history === undefined
          ? {}
          : { changed: { added: audit.history.new.length, resolved: audit.history.resolved.length } }),
      };
      observeAudit(prom, registry, facts);
      if (options.metricsFile !== undefined)
        await writeMetricsFile(options.metricsFile, facts).catch((error: unknown) =>
          say(`the metrics file could not be written: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}`),
        );
      say(
        `run ${last.id} done in ${Math.round(last.durationMs / 1000)} s: ${audit.findings.filter(({ status }) => status !== 'suppressed').length} findings open`,
      );
    }
    await send();
  };
  /** One run at a time, whoever asks for it. */
  const run = (): Promise<void> => {
    if (running !== undefined) {
      say('the run before is still under way: this one is left out');
      return running;
    }
    running = once().finally(() => {
      running = undefined;
    });
    return running;
  };
  const send = async (): Promise<void> => {
    if (outbox !== undefined && options.webhook !== undefined)
      await outbox.flush(options.webhook, say).catch(() => say('what waits to be sent could not be read'));
  };

  if (options.once === true) {
    await Promise.race([run(), ended(signal)]);
    return last;
  }
  const health = (): Health => {
    const due = clock.previousRuns(1, new Date())[0]?.getTime() ?? 0;
    const isOverdue =
      due > begun && Date.now() - due > GRACE && running === undefined && Date.parse(last?.at ?? '1970-01-01') < due;
    const status = isOverdue
      ? 'overdue'
      : last === undefined
        ? 'starting'
        : last.outcome === 'failed'
          ? 'failed'
          : 'ok';
    return {
      status,
      lastRun: last?.at ?? null,
      nextRun: clock.nextRun()?.toISOString() ?? null,
      running: running !== undefined,
    };
  };
  // What is true only now is worked out when somebody asks.
  const metrics = async (): Promise<string> => {
    waiting.set(outbox?.waiting ?? 0);
    if (collected !== undefined) {
      age ??= new prom.Gauge({
        name: 'netaudit_snapshot_age_seconds',
        help: 'How old the audited snapshot is',
        registers,
      });
      age.set((Date.now() - collected) / 1000);
    }
    return registry.metrics();
  };
  const server =
    options.listen === undefined
      ? undefined
      : await serve(options.listen, { metrics, contentType: registry.contentType }, health).catch((error: unknown) => {
          throw new ScheduleError(
            `nothing can listen there (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}). Choose another --listen.`,
          );
        });
  if (server !== undefined) {
    const at = server.address();
    if (at !== null && typeof at === 'object')
      say(`/metrics and /healthz on http://${at.family === 'IPv6' ? `[${at.address}]` : at.address}:${at.port}`);
  }
  const plan = () => {
    const at = clock.nextRun();
    if (at !== null) next.set(at.getTime() / 1000);
    say(`next run at ${at?.toISOString() ?? 'never'}`);
  };
  const mail =
    outbox === undefined
      ? undefined
      : setInterval(
          () => void (running === undefined && (outbox.next ?? Number.POSITIVE_INFINITY) <= Date.now() && send()),
          OUTBOX_EVERY,
        );
  clock.schedule(() => void run().then(() => signal.aborted || plan()));
  plan();
  if (options.now === true) void run();
  await ended(signal);
  clock.stop();
  clearInterval(mail);
  server?.closeAllConnections();
  server?.close();
  return last;
}

function clockOf({ cron, timezone }: ScheduleOptions): Cron {
  try {
    const clock = new Cron(cron, { paused: false, ...(timezone === undefined ? {} : { timezone }) });
    if (clock.nextRun() === null) throw new Error('it never comes about');
    return clock;
  } catch (error) {
    throw new ScheduleError(
      `"${cron.slice(0, 80)}" can't be scheduled: ${error instanceof Error ? error.message.split('\n')[0] : 'it makes no sense'}. Write minute, hour, day, month and weekday: "0 3 * * *" is three o'clock every night.`,
    );
  }
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
