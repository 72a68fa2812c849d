/** A history says what is new, gone and unchanged since the last run, and since when; and loses nothing to a crash. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openHistory } from '../../src/history/sqlite.ts';
import { type Store, withHistory } from '../../src/history/store.ts';
import { finding, resultOf } from './results.ts';

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = join(mkdtempSync(join(tmpdir(), 'netaudit-history-')), 'kept');
  store = await openHistory(folder);
});
afterEach(() => {
  store.close();
  rmSync(join(folder, '..'), { recursive: true, force: true });
});

const at = (day: number) => `2026-03-0${day}T03:00:00.000Z`;
const record = (day: number, ...findings: Parameters<typeof resultOf>) =>
  store.record({ at: at(day), digest: `d${day}`, durationMs: 1234.6, result: resultOf(...findings) });
const ids = (episodes: readonly { finding: { id: string } }[]) => episodes.map((one) => one.finding.id);

describe('runs after one another', () => {
  test('new, unchanged since, resolved, and back again as a new episode', () => {
    const first = record(1, [finding('a'), finding('b')]);
    expect([ids(first.added), first.before]).toEqual([['a', 'b'], undefined]);
    const second = record(2, [finding('b', { severity: 'critical' }), finding('c')]);
    expect(ids(second.added)).toEqual(['c']);
    expect(second.resolved).toMatchObject([{ finding: { id: 'a' }, since: at(1), until: at(2) }]);
    expect(second.unchanged).toMatchObject([{ finding: { id: 'b', severity: 'critical' }, since: at(1) }]);
    expect(second.before?.at).toBe(at(1));
    const third = record(3, [finding('a'), finding('b', { severity: 'critical' }), finding('c')]);
    expect(ids(third.added)).toEqual(['a']);
    expect(store.episodes({ finding: 'a' }).map(({ since, until }) => [since, until])).toEqual([
      [at(1), at(2)],
      [at(3), undefined],
    ]);
    expect(
      store.runs().map(({ at: when, open, added, resolved }) => [when, open.critical + open.high, added, resolved]),
    ).toEqual([
      [at(3), 3, 1, 0],
      [at(2), 2, 1, 1],
      [at(1), 2, 2, 0],
    ]);
  });

  test('a suppressed finding is not open; one that comes out of suppression is new', () => {
    expect(record(1, [finding('a', { status: 'suppressed' })]).run.open.high).toBe(0);
    expect(ids(record(2, [finding('a')]).added)).toEqual(['a']);
  });

  test('what a run could not decide is not resolved', () => {
    record(1, [finding('a', { code: 'open-ssh' }), finding('b', { code: 'open-rdp' })]);
    const delta = record(2, [], ['open-ssh']);
    expect([ids(delta.unknown), ids(delta.resolved), delta.run.open.high]).toEqual([['a'], ['b'], 1]);
    const again = record(3, [finding('a', { code: 'open-ssh' })]);
    expect(again.unchanged).toMatchObject([{ since: at(1) }]);
  });

  test('the result carries since when, and what is not new any more', () => {
    record(1, [finding('a')]);
    const result = resultOf([finding('a'), finding('b'), finding('c', { status: 'suppressed' })]);
    const delta = store.record({ at: at(2), digest: 'd', durationMs: 1, result });
    expect(withHistory(result, delta).findings.map(({ id, status, since }) => [id, status, since])).toEqual([
      ['a', 'unchanged', at(1)],
      ['b', 'new', at(2)],
      ['c', 'suppressed', undefined],
    ]);
  });

  test('words of an attacker are data, in findings and in questions', () => {
    const nasty = `x'); DROP TABLE run; --%_`;
    record(1, [finding(nasty)]);
    expect(ids(store.episodes({ finding: nasty }))).toEqual([nasty]);
    expect(store.episodes({ finding: "' OR 1=1 --" })).toEqual([]);
    expect(store.episodes({ finding: '%' })).toEqual([]);
    expect(store.runs({ since: "' OR 1=1 --z" })).toHaveLength(1);
  });
});

describe('the file', () => {
  test('is for its owner alone', () => {
    expect([statSync(folder).mode & 0o777, statSync(join(folder, 'history.db')).mode & 0o777]).toEqual([0o700, 0o600]);
  });

  test('a second process sees what the first one kept', async () => {
    record(1, [finding('a')]);
    const other = await openHistory(folder);
    expect(other.runs()).toHaveLength(1);
    other.close();
  });

  test('that is no history is said to be none, and left alone', async () => {
    const path = join(folder, '..', 'other');
    await openHistory(path).then((one) => one.close());
    writeFileSync(join(path, 'history.db'), 'this is no database, whatever its name says '.repeat(100));
    await expect(openHistory(path)).rejects.toThrow(/damaged or is no history/);
    expect(statSync(join(path, 'history.db')).size).toBeGreaterThan(4000);
  });

  test('a kill in the middle of a run leaves the runs before it whole', async () => {
    record(1, [finding('a')]);
    const script = fileURLToPath(new URL('./record-forever.ts', import.meta.url));
    const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise<void>((resolve) => {
      let lines = 0;
      child.stdout.on('data', (text: Buffer) => {
        lines += text.toString().split('\n').length - 1;
        if (lines >= 3) resolve();
      });
    });
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    const runs = store.runs();
    expect(runs.length).toBeGreaterThanOrEqual(4);
    // Each run that is there has all of its findings: two hundred were open after each of the child's.
    expect(runs.filter(({ id, open }) => id > 1 && open.high !== 200)).toEqual([]);
    expect(store.episodes()).toHaveLength(200);
    expect(record(9, [finding('a')]).run.id).toBeGreaterThan(runs.length);
  });
});
