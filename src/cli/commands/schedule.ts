/** netaudit schedule: collect, audit, diff and report by the clock, for machines without cron. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { runSchedule } from '../../schedule/schedule.ts';
import { StateFolder } from '../../schedule/state.ts';
import type { WebhookTarget } from '../../schedule/webhook.ts';
import type { Netaudit } from '../../schedule/run.ts';
import { safe } from '../../report/safe-text.ts';
import { readConfig } from '../config.ts';
import { historyPlace, kindOf } from '../keeping.ts';
import { EXIT } from '../exit-codes.ts';
import { Problem } from '../problem.ts';

interface ScheduleCommandOptions {
  readonly timezone?: string;
  readonly state: string;
  readonly history?: string;
  readonly name: string;
  readonly snapshot: readonly string[];
  readonly policy: readonly string[];
  readonly report: readonly string[];
  readonly keep: string;
  readonly keepReports: string;
  readonly listen: string;
  readonly metricsFile?: string;
  readonly webhookFile?: string;
  readonly now?: boolean;
  readonly once?: boolean;
}

/** Exit code: ok when it was told to end; with --once, no when something is missing and usage when the run failed. */
export async function scheduleCommand(cron: string, options: ScheduleCommandOptions): Promise<number> {
  const webhook = webhookOf(options.webhookFile, process.env);
  if (options.snapshot.length === 0 && (await readConfig(process.cwd()))?.config.collect === undefined)
    throw new Problem(
      'a schedule needs something to audit: write what to collect under "collect" in netaudit.yaml, or give --snapshot PATH that somebody else keeps fresh.',
    );
  const listen = listenOf(options.listen);
  const [keep, keepReports] = [numberOf(options.keep, '--keep', 2), numberOf(options.keepReports, '--keep-reports', 1)];
  const history = historyPlace(options.history) ?? options.state;
  // Refused now, and not at three in the morning.
  kindOf(history);
  const state = await StateFolder.open(options.state);
  const stop = new AbortController();
  const end = () => stop.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  try {
    const last = await runSchedule(
      state,
      netauditHere(stop.signal),
      {
        cron,
        name: options.name,
        policies: options.policy,
        formats: options.report,
        keep,
        keepReports,
        history,
        ...(options.timezone === undefined ? {} : { timezone: options.timezone }),
        ...(options.snapshot.length === 0 ? {} : { snapshot: options.snapshot }),
        ...(options.now === undefined ? {} : { now: options.now }),
        ...(options.once === undefined ? {} : { once: options.once }),
        ...(webhook === undefined ? {} : { webhook }),
        ...(listen === undefined ? {} : { listen }),
        ...(options.metricsFile === undefined ? {} : { metricsFile: options.metricsFile }),
      },
      (sentence) => process.stderr.write(`${new Date().toISOString()} ${safe(sentence)}\n`),
      stop.signal,
    );
    if (options.once !== true || stop.signal.aborted) return EXIT.ok;
    return last?.outcome === 'ok' ? EXIT.ok : last?.outcome === 'incomplete' ? EXIT.no : EXIT.usage;
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end);
    state.close();
  }
}

const LAST_WORDS = 20_000;

/** This very netaudit with other words, in a process of its own that knows nothing of the webhook. */
function netauditHere(signal: AbortSignal): Netaudit {
  const { NETAUDIT_WEBHOOK_URL: _, NETAUDIT_WEBHOOK_KEY: __, ...env } = process.env;
  return (words, more = {}) =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [process.argv[1]!, ...words], {
        env: { ...env, ...more },
        stdio: ['ignore', 'ignore', 'pipe'],
        signal,
        killSignal: 'SIGTERM',
      });
      let said = '';
      child.stderr.on('data', (text: Buffer) => {
        said = (said + text.toString()).slice(-LAST_WORDS);
      });
      child.once('error', (error) => resolve({ code: 2, said: error.message }));
      child.once('close', (code, killed) =>
        resolve({ code: code ?? 2, said: code === null ? `killed by ${killed}` : said }),
      );
    });
}

/**
 * The webhook's address is a secret: it comes from the environment or a file, never from the command line, which all may
 * read.
 */
function webhookOf(file: string | undefined, env: NodeJS.ProcessEnv): WebhookTarget | undefined {
  let url = env['NETAUDIT_WEBHOOK_URL'] || undefined;
  let key = env['NETAUDIT_WEBHOOK_KEY'] || undefined;
  if (file !== undefined) {
    let lines: readonly string[];
    try {
      lines = readFileSync(file, 'utf8')
        .split('\n')
        .map((line) => line.trim());
    } catch (error) {
      throw new Problem(
        `${file} can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}). It holds the webhook's URL, and on a second line the key, if there is one.`,
      );
    }
    url = lines[0] || undefined;
    key = lines[1] || undefined;
  }
  if (url === undefined) return undefined;
  const { protocol, hostname } = URL.canParse(url) ? new URL(url) : { protocol: '', hostname: '' };
  if (protocol !== 'https:' && !(protocol === 'http:' && /^(localhost|127\.|\[::1\])/.test(hostname)))
    throw new Problem("the webhook's URL is no https URL. (It is not repeated here, since it may be a secret.)");
  return key === undefined ? { url } : { url, key };
}

function listenOf(text: string): { host: string; port: number } | undefined {
  if (text === 'none') return undefined;
  const [, host = '', port = ''] = /^(\[[0-9a-f:]+\]|[^:\s]+):(\d{1,5})$/i.exec(text) ?? [];
  if (host === '' || Number(port) > 65535)
    throw new Problem(`--listen takes HOST:PORT or none; "${text.slice(0, 60)}" is neither.`);
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

function numberOf(text: string, flag: string, least: number): number {
  const number = Number(text);
  if (!/^\d{1,5}$/.test(text) || number < least)
    throw new Problem(`${flag} takes a number from ${least} on; "${text.slice(0, 40)}" is not that.`);
  return number;
}
