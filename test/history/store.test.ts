/**
 * A history says what is new, gone and unchanged since the last run, and since when; and loses nothing to a crash. The
 * same tests for every database that keeps one; PostgreSQL is skipped aloud where its server is not installed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openHistory } from '../../src/history/sqlite.ts';
import { type Store, withHistory } from '../../src/history/store.ts';
import { opened } from './places.ts';
import { type PostgresServer, postgresPrograms, postgresServer } from './postgres-server.ts';
import { finding, resultOf } from './results.ts';

const programs = postgresPrograms();
if (programs === undefined) process.stderr.write('PostgreSQL is not installed: no history is kept in it.\n');
let server: PostgresServer;
let count = 0;

const at = (day: number) => `2026-03-0${day}T03:00:00.000Z`;
const ids = (episodes: readonly { finding: { id: string } }[]) => episodes.map((one) => one.finding.id);

describe.each(['SQLite', ...(programs === undefined ? [] : ['PostgreSQL'])])('in %s', (kind) => {
  let folder: string;
  let place: string;
  let store: Store;
  beforeAll(async () => {
    if (kind === 'PostgreSQL') server = await postgresServer(programs!);
  });
  afterAll(async () => {
    if (kind === 'PostgreSQL') await server.stop();
  });
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'netaudit-history-'));
    place = kind === 'SQLite' ? join(folder, 'kept') : server.url({ query: `schema=history_${++count}` });
    store = await opened(place);
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const record = (day: number, ...findings: Parameters<typeof resultOf>) =>
    store.record({ at: at(day), digest: `d${day}`, durationMs: 1234.6, result: resultOf(...findings) });

  test('new, unchanged since, resolved, and back again as a new episode', async () => {
    const first = await record(1, [finding('a'), finding('b')]);
    expect([ids(first.added), first.before]).toEqual([['a', 'b'], undefined]);
    const second = await record(2, [finding('b', { severity: 'critical' }), finding('c')]);
    expect(ids(second.added)).toEqual(['c']);
    expect(second.resolved).toMatchObject([{ finding: { id: 'a' }, since: at(1), until: at(2) }]);
    expect(second.unchanged).toMatchObject([{ finding: { id: 'b', severity: 'critical' }, since: at(1) }]);
    expect(second.before?.at).toBe(at(1));
    const third = await record(3, [finding('a'), finding('b', { severity: 'critical' }), finding('c')]);
    expect(ids(third.added)).toEqual(['a']);
    expect((await store.episodes({ finding: 'a' })).map(({ since, until }) => [since, until])).toEqual([
      [at(1), at(2)],
      [at(3), undefined],
    ]);
    expect(
      (await store.runs()).map(({ at: when, open, added, resolved }) => [
        when,
        open.critical + open.high,
        added,
        resolved,
      ]),
    ).toEqual([
      [at(3), 3, 1, 0],
      [at(2), 2, 1, 1],
      [at(1), 2, 2, 0],
    ]);
  });

  test('a suppressed finding is not open; one that comes out of suppression is new', async () => {
    expect((await record(1, [finding('a', { status: 'suppressed' })])).run.open.high).toBe(0);
    expect(ids((await record(2, [finding('a')])).added)).toEqual(['a']);
  });

  test('what a run could not decide is not resolved', async () => {
    await record(1, [finding('a', { code: 'open-ssh' }), finding('b', { code: 'open-rdp' })]);
    const delta = await record(2, [], ['open-ssh']);
    expect([ids(delta.unknown), ids(delta.resolved), delta.run.open.high]).toEqual([['a'], ['b'], 1]);
    const again = await record(3, [finding('a', { code: 'open-ssh' })]);
    expect(again.unchanged).toMatchObject([{ since: at(1) }]);
  });

  test('the result carries since when, and what is not new any more', async () => {
    await record(1, [finding('a')]);
    const result = resultOf([finding('a'), finding('b'), finding('c', { status: 'suppressed' })]);
    const delta = await store.record({ at: at(2), digest: 'd', durationMs: 1, result });
    expect(withHistory(result, delta).findings.map(({ id, status, since }) => [id, status, since])).toEqual([
      ['a', 'unchanged', at(1)],
      ['b', 'new', at(2)],
      ['c', 'suppressed', undefined],
    ]);
  });

  test('words of an attacker are data, in findings and in questions', async () => {
    const nasty = `x'); DROP TABLE run; --%_`;
    await record(1, [finding(nasty)]);
    expect(ids(await store.episodes({ finding: nasty }))).toEqual([nasty]);
    expect(await store.episodes({ finding: "' OR 1=1 --" })).toEqual([]);
    expect(await store.episodes({ finding: '%' })).toEqual([]);
    expect(await store.runs({ since: "' OR 1=1 --z" })).toHaveLength(1);
  });

  test('more findings than one statement takes', async () => {
    const many = Array.from({ length: 1203 }, (_, n) => finding(`m${n}`));
    expect((await record(1, many)).added).toHaveLength(1203);
    expect((await record(2, many.slice(0, 600))).resolved).toHaveLength(603);
    const delta = await record(3, many);
    expect([delta.added.length, delta.unchanged.length]).toEqual([603, 600]);
    expect((await store.episodes()).filter(({ since }) => since === at(1))).toHaveLength(600);
    expect((await store.runs()).map(({ open }) => open.high)).toEqual([1203, 600, 1203]);
  });

  test('words of any alphabet come back as they were', async () => {
    const odd = finding('ü', { message: 'naïve 日本 \u0000 \u202e 🦀 \\ "', resourceName: '\ud800 alone' });
    await record(1, [odd]);
    expect((await store.episodes({ finding: 'ü' }))[0]?.finding).toEqual(odd);
  });

  test('a second process sees what the first one kept', async () => {
    await record(1, [finding('a')]);
    const other = await opened(place);
    expect(await other.runs()).toHaveLength(1);
    await other.close();
  });

  test('two that record at once wait for each other, and each is measured by the one before it', async () => {
    const script = fileURLToPath(new URL('./record-forever.ts', import.meta.url));
    const writers = ['x', 'y', 'z'].map((mark) =>
      spawn(process.execPath, [script, place, '8', mark], { stdio: ['ignore', 'ignore', 'inherit'] }),
    );
    expect(await Promise.all(writers.map(codeOf))).toEqual([0, 0, 0]);
    const runs = await store.runs();
    expect(runs).toHaveLength(24);
    expect(runs.map(({ added, open }) => [added, open.high])).toEqual(runs.map(() => [200, 200]));
    // All that one run added, the next one found gone.
    expect(runs.map(({ resolved }) => resolved)).toEqual([...runs.slice(1).map(() => 200), 0]);
    expect(await store.episodes()).toHaveLength(200);
  });

  test('what is asked of one store at once is done one after the other', async () => {
    const deltas = await Promise.all([1, 2, 3].map((day) => record(day, [finding(`f${day}`)])));
    expect(deltas.map(({ added, resolved }) => [ids(added), ids(resolved)])).toEqual([
      [['f1'], []],
      [['f2'], ['f1']],
      [['f3'], ['f2']],
    ]);
  });

  test('a kill in the middle of a run leaves the runs before it whole', async () => {
    await record(1, [finding('a')]);
    const script = fileURLToPath(new URL('./record-forever.ts', import.meta.url));
    const child = spawn(process.execPath, [script, place], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise<void>((resolve) => {
      let lines = 0;
      child.stdout.on('data', (text: Buffer) => {
        lines += text.toString().split('\n').length - 1;
        if (lines >= 3) resolve();
      });
    });
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    const runs = await store.runs();
    expect(runs.length).toBeGreaterThanOrEqual(4);
    // Each run that is there has all of its findings: two hundred were open after each of the child's.
    expect(runs.filter(({ id, open }) => id > 1 && open.high !== 200)).toEqual([]);
    expect(await store.episodes()).toHaveLength(200);
    expect((await record(9, [finding('a')])).run.id).toBeGreaterThan(runs.length);
  });
});

describe('the file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'netaudit-history-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('is for its owner alone', async () => {
    const path = join(folder, 'kept');
    await (await openHistory(path)).close();
    expect([statSync(path).mode & 0o777, statSync(join(path, 'history.db')).mode & 0o777]).toEqual([0o700, 0o600]);
  });

  test('that is no history is said to be none, and left alone', async () => {
    writeFileSync(join(folder, 'history.db'), 'this is no database, whatever its name says '.repeat(100));
    await expect(openHistory(folder)).rejects.toThrow(/damaged or is no history/);
    expect(statSync(join(folder, 'history.db')).size).toBeGreaterThan(4000);
  });

  test('of a newer netaudit is left to that one', async () => {
    await (await openHistory(folder)).close();
    const database = new DatabaseSync(join(folder, 'history.db'));
    database.exec('PRAGMA user_version = 99');
    database.close();
    await expect(openHistory(folder)).rejects.toThrow(/newer netaudit/);
  });
});

function codeOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('close', resolve));
}
