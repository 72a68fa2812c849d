/** The schedule as a user runs it: whole runs, kills, a full disk, two at once, and what it shows to Prometheus. */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Netaudit, runOnce } from '../../src/schedule/run.ts';
import { StateFolder } from '../../src/schedule/state.ts';
import { Outbox } from '../../src/schedule/webhook.ts';
import { finding, resultOf } from '../history/results.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BIN = join(ROOT, 'bin', 'netaudit.js');
const DEMO = join(ROOT, 'fixtures', 'snapshots', 'demo');

let folder: string;
let children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netaudit-schedule-'));
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
  rmSync(folder, { recursive: true, force: true });
});

/** Starts netaudit; what it said so far is in `said`. */
function start(words: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [BIN, ...words], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const started = {
    child,
    said: '',
    code: new Promise<number | null>((resolve) => child.once('close', resolve)),
    until: (text: RegExp) => waitFor(() => text.test(started.said)),
  };
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => (started.said += text.toString()));
  return started;
}

async function waitFor(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('it did not come about');
}

describe('a schedule', () => {
  test('audits at once and serves its numbers; a second one is refused; a kill leaves it usable', async () => {
    const words = [
      'schedule',
      '0 3 1 1 *',
      '--now',
      '--snapshot',
      DEMO,
      '--listen',
      '127.0.0.1:0',
      '--report',
      'markdown',
    ];
    const first = start(words);
    await first.until(/done in/);
    const address = /on (http:\S+)/.exec(first.said)![1]!;
    const metrics = await (await fetch(`${address}/metrics`)).text();
    expect(metrics).toMatch(/netaudit_schedule_runs_total\{outcome="ok"\} 1/);
    expect(metrics).toMatch(/netaudit_findings\{severity="critical"\} \d+/);
    expect(metrics).not.toMatch(/web-1|sg-|vpc-/);
    const health = await fetch(`${address}/healthz`);
    expect([health.status, (await health.json()) as object]).toEqual([
      200,
      expect.objectContaining({ status: 'ok', running: false }),
    ]);
    expect((await fetch(`${address}/state`)).status).toBe(404);
    const second = start(words);
    expect([await second.code, second.said]).toEqual([2, expect.stringMatching(/another netaudit schedule works in/)]);
    first.child.kill('SIGKILL');
    await first.code;
    const third = start(['schedule', '0 3 1 1 *', '--once', '--snapshot', DEMO]);
    expect(await third.code).toBe(0);
    const state = join(folder, 'netaudit-state');
    const reports = readdirSync(join(state, 'reports'));
    expect(reports).toHaveLength(2);
    expect(readdirSync(join(state, 'reports', reports[0]!))).toEqual(['audit.json', 'audit.md']);
    expect(statSync(join(state, 'reports')).mode & 0o777).toBe(0o700);
    const history = start(['history', 'netaudit-state', '-f', 'json']);
    await history.code;
    expect((JSON.parse(history.said) as { runs: object[] }).runs).toHaveLength(2);
  });

  test.each([
    [['every night', '--snapshot', DEMO], /can't be scheduled/],
    [['0 3 31 2 *', '--snapshot', DEMO], /can't be scheduled/],
    [['0 3 * * *'], /needs something to audit/],
    [['0 3 * * *', '--snapshot', DEMO, '--timezone', 'Mars/Olympus'], /can't be scheduled/],
    [['0 3 * * *', '--snapshot', DEMO, '--listen', 'everywhere'], /--listen takes/],
  ])('%j is refused with the way out', async (words, message) => {
    const run = start(['schedule', ...words, '--state', 's']);
    expect([await run.code, run.said]).toEqual([2, expect.stringMatching(message)]);
  });

  test("a webhook's URL that is none is refused without being repeated", async () => {
    const run = start(['schedule', '0 3 * * *', '--snapshot', DEMO], { NETAUDIT_WEBHOOK_URL: 'hxxp://SECRET' });
    expect(await run.code).toBe(2);
    expect(run.said).toMatch(/no https URL/);
    expect(run.said).not.toContain('SECRET');
  });
});

describe('one run', () => {
  let state: StateFolder;
  let said: string[];
  beforeEach(async () => {
    state = await StateFolder.open(join(folder, 'state'));
    said = [];
  });
  afterEach(() => state.close());

  /** Stands in for the commands: collects the demo, finds one thing more each time. */
  let count = 0;
  const netaudit =
    (fail: Partial<Record<string, { code: number; said: string } | Error>> = {}): Netaudit =>
    async (words) => {
      const failure = fail[words[0]!];
      if (failure instanceof Error) throw failure;
      if (failure !== undefined) return failure;
      const file = words[words.indexOf('--output') + 1]!;
      if (words[0] === 'collect') cpSync(DEMO, join(file, 'aws'), { recursive: true });
      if (words[0] === 'audit')
        writeFileSync(file, JSON.stringify({ ...resultOf([finding(`f${++count}`)]), snapshot: { collectedAt: null } }));
      if (words[0] === 'diff')
        writeFileSync(file, JSON.stringify({ summary: { opened: 1, closed: 0, widened: 0, narrowed: 0 } }));
      return { code: 0, said: '' };
    };
  const options = { name: 'prod', policies: [], formats: [], keep: 2, keepReports: 2, history: 'kept' };
  const run = (commands: Netaudit, outbox?: Outbox, signal = new AbortController().signal) =>
    runOnce(state, outbox, commands, options, (sentence) => said.push(sentence), signal);
  const pause = () => new Promise((resolve) => setTimeout(resolve, 1050 - (Date.now() % 1000)));

  test('collects, audits and compares with the run before; old snapshots and reports go', async () => {
    const outbox = new Outbox(join(folder, 'outbox'));
    for (let i = 0; i < 3; i++) {
      expect((await run(netaudit(), outbox))?.last.outcome).toBe('ok');
      await pause();
    }
    expect([state.snapshots().length, readdirSync(join(state.folder, 'reports')).length, outbox.waiting]).toEqual([
      2, 2, 3,
    ]);
    const bodies = readdirSync(join(folder, 'outbox')).map((name) =>
      readFileSync(join(folder, 'outbox', name), 'utf8'),
    );
    expect(bodies.map((body) => body.includes('1 opened'))).toEqual([false, true, true]);
  });

  test.each([
    [
      'a step that fails',
      { collect: { code: 2, said: 'netaudit: AWS does not say who is asking' } },
      /collect ended with 2: netaudit: AWS does not say who is asking/,
    ],
    [
      'a full disk',
      { collect: Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }) },
      /the disk is full/,
    ],
  ])('%s ends the run, is reported, and the next one works', async (_, fail, why) => {
    const outbox = new Outbox(join(folder, 'outbox'));
    const failed = await run(netaudit(fail), outbox);
    expect(failed?.last).toMatchObject({ outcome: 'failed', why: expect.stringMatching(why) });
    expect([said.join(), state.last()?.outcome, state.snapshots(), outbox.waiting]).toEqual([
      expect.stringMatching(why),
      'failed',
      [],
      1,
    ]);
    await pause();
    expect((await run(netaudit(), outbox))?.last.outcome).toBe('ok');
  });

  test('an incomplete snapshot is audited, and said to be incomplete', async () => {
    const partly: Netaudit = async (words) => ({ ...(await netaudit()(words)), code: words[0] === 'collect' ? 1 : 0 });
    const outbox = new Outbox(join(folder, 'outbox'));
    expect((await run(partly, outbox))?.last.outcome).toBe('incomplete');
    expect(readFileSync(join(folder, 'outbox', readdirSync(join(folder, 'outbox'))[0]!), 'utf8')).toContain(
      'Some calls failed',
    );
  });

  test('what a killed run left half done is never compared with, and is swept away', async () => {
    mkdirSync(join(state.folder, 'snapshots', '20260101T000000Z', 'aws'), { recursive: true });
    const asked: string[] = [];
    const spied: Netaudit = (words) => {
      asked.push(words[0]!);
      return netaudit()(words);
    };
    await run(spied);
    expect(asked).toEqual(['collect', 'audit']);
    expect(existsSync(join(state.folder, 'snapshots', '20260101T000000Z'))).toBe(false);
  });

  test('a run that is broken off is no failure', async () => {
    const stop = new AbortController();
    const outbox = new Outbox(join(folder, 'outbox'));
    const stopped: Netaudit = async () => {
      stop.abort();
      return { code: 2, said: 'stopped' };
    };
    expect(await run(stopped, outbox, stop.signal)).toBeUndefined();
    expect([outbox.waiting, state.last()]).toEqual([0, undefined]);
  });
});

test('two runs that start within a second keep both their reports', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'netaudit-state-'));
  const state = await StateFolder.open(folder);
  const now = new Date('2026-03-01T03:00:00.900Z');
  const ids = [0, 1, 2].map(() => {
    const id = state.idFor(now);
    mkdirSync(state.reportsOf(id));
    return id;
  });
  expect(ids).toEqual(['20260301T030000Z', '20260301T030001Z', '20260301T030002Z']);
  state.close();
  rmSync(folder, { recursive: true });
});
