/**
 * A history in PostgreSQL as users meet it: the commands, the rights that they need, TLS, and servers that are away, hang
 * or belong to somebody else. A password is never part of what is said.
 */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openPostgresHistory } from '../../src/history/postgres.ts';
import { postgresProblem } from '../../src/history/postgres-problem.ts';
import { freePort, PASSWORD, type PostgresServer, postgresPrograms, postgresServer } from './postgres-server.ts';
import { finding, resultOf } from './results.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DEMO = join(ROOT, 'fixtures', 'snapshots', 'demo');
const programs = postgresPrograms();

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netaudit-postgres-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly said: string;
}

function run(words: readonly string[], env: Record<string, string> = {}, root = ROOT): Promise<Ran> {
  const child = spawn(process.execPath, [join(root, 'bin', 'netaudit.js'), ...words], {
    cwd: folder,
    env: { ...process.env, HOME: folder, ...env },
  });
  let [out, said] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, said })));
}

const facts = { at: '2026-03-01T03:00:00.000Z', digest: 'd', durationMs: 1 };

describe.skipIf(programs === undefined)('PostgreSQL', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await postgresServer(programs!);
    await server.run(`CREATE ROLE auditor LOGIN PASSWORD 'a-s3cret'`);
    await server.run(`CREATE ROLE reader LOGIN PASSWORD 'r-s3cret'`);
  });
  afterAll(() => server.stop());
  const auditor = (query = '') => server.url({ user: 'auditor', password: 'a-s3cret', query });

  test('audit, history and schedule keep and read it; the URL with its password is never shown', async () => {
    const place = server.url({ query: 'sslmode=disable' });
    const first = await run(['audit', '-s', DEMO, '--history', place]);
    expect([first.code, first.out, first.said]).toEqual([1, expect.stringMatching(/^First run in this history/), '']);
    const second = await run(['audit', '-s', DEMO], { NETAUDIT_HISTORY: place });
    expect([second.code, second.out]).toEqual([0, expect.stringMatching(/^Since the last run .*: 0 new, 0 resolved/)]);
    const words = ['schedule', '0 3 1 1 *', '--once', '--snapshot', DEMO, '--listen', 'none', '--state', 'state'];
    const third = await run(words, { NETAUDIT_HISTORY: place });
    expect([third.code, third.said]).toEqual([0, expect.stringMatching(/done in/)]);
    const history = await run(['history', '-f', 'json'], { NETAUDIT_HISTORY: place });
    expect((JSON.parse(history.out) as { runs: object[] }).runs).toHaveLength(3);
    const text = await run(['history', place]);
    expect([text.code, text.said, text.out]).toEqual([0, '', expect.stringMatching(/since .* replies-blocked/)]);
    for (const { out, said } of [first, second, third, history, text]) expect(out + said).not.toContain(PASSWORD);
  });

  test('a socket, and passwords from the environment and ~/.pgpass, without a warning', async () => {
    const socket = `postgres://admin@/postgres?host=${server.folder}&port=${server.port}&schema=by_socket`;
    expect(await run(['audit', '-s', DEMO, '--history', socket], { PGPASSWORD: PASSWORD })).toMatchObject({
      code: 1,
      said: '',
    });
    writeFileSync(join(folder, '.pgpass'), `*:*:*:admin:${PASSWORD}\n`, { mode: 0o600 });
    expect(await run(['history', socket], { PGPASSFILE: join(folder, '.pgpass') })).toMatchObject({
      code: 0,
      said: '',
    });
    const none = await run(['history', socket], { PGPASSFILE: '/nonexistent' });
    expect([none.code, none.said]).toEqual([2, expect.stringMatching(/asks for a password of user admin/)]);
  });

  test('a history that is not there is not made by looking', async () => {
    const { code, said } = await run(['history', server.url({ query: 'schema=nowhere' })]);
    expect([code, said]).toEqual([2, expect.stringMatching(/there is no history in schema nowhere/)]);
    expect((await server.run(`SELECT to_regnamespace('nowhere') AS it`)).rows).toEqual([{ it: null }]);
  });

  test('who may not make tables is told what an owner can run; that does it, and rights to the tables are enough', async () => {
    const place = auditor('schema=of_auditor');
    const way = /CREATE SCHEMA of_auditor AUTHORIZATION auditor/;
    await expect(openPostgresHistory(place)).rejects.toThrow(way);
    await server.run('CREATE SCHEMA of_auditor AUTHORIZATION auditor');
    const own = await openPostgresHistory(place);
    expect((await own.record({ ...facts, result: resultOf([finding('a')]) })).added).toHaveLength(1);
    await own.close();
    // Tables of somebody else: nothing, then reading, then recording.
    await (await openPostgresHistory(server.url({ query: 'schema=shared' }))).close();
    const reader = server.url({ user: 'reader', password: 'r-s3cret', query: 'schema=shared' });
    await expect(openPostgresHistory(reader)).rejects.toThrow(/GRANT USAGE ON SCHEMA shared TO reader/);
    await server.run('GRANT USAGE ON SCHEMA shared TO reader');
    await server.run('GRANT SELECT ON ALL TABLES IN SCHEMA shared TO reader');
    const reading = await openPostgresHistory(reader);
    expect(await reading.runs()).toEqual([]);
    await expect(reading.record({ ...facts, result: resultOf([]) })).rejects.toThrow(/GRANT SELECT, INSERT, UPDATE/);
    await reading.close();
    await server.run('GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA shared TO reader');
    const recording = await openPostgresHistory(reader);
    expect((await recording.record({ ...facts, result: resultOf([finding('a')]) })).added).toHaveLength(1);
    await recording.close();
  });

  test('tables of a newer netaudit and of something else are left alone', async () => {
    await (await openPostgresHistory(server.url({ query: 'schema=newer' }))).close();
    await server.run('UPDATE newer.netaudit_version SET version = 99');
    await expect(openPostgresHistory(server.url({ query: 'schema=newer' }))).rejects.toThrow(/newer netaudit/);
    await server.run('CREATE SCHEMA theirs; CREATE TABLE theirs.run (miles INTEGER)');
    await expect(openPostgresHistory(server.url({ query: 'schema=theirs' }))).rejects.toThrow(
      /something else in schema theirs.*\?schema=NAME/,
    );
    expect((await server.run(`SELECT to_regclass('theirs.netaudit_version') AS it`)).rows).toEqual([{ it: null }]);
  });

  test.each([
    ['a wrong password', { password: 'wr0ng-s3cret' }, /refused the password of user admin/],
    ['an unknown user', { user: 'nobody-here', password: 'wr0ng-s3cret' }, /refused the password of user nobody-here/],
    ['an unknown database', { database: 'nothing' }, /has no database nothing.*createdb nothing/],
    ['a schema that is code', { query: `schema=x";DROP TABLE run;--` }, /schema .* is none/],
    ['an sslmode that is none', { query: 'sslmode=maybe' }, /sslmode .* is one of/],
    ['verify-ca without an authority', { query: 'sslmode=verify-ca' }, /needs sslrootcert=FILE/],
    ['a certificate that is not there', { query: 'sslrootcert=/nonexistent/ca.pem' }, /\/nonexistent\/ca.pem.*ENOENT/],
    ['a port that is none', { port: 99999999 }, /URL can't be read/],
    [
      'a certificate of nobody known',
      { query: 'sslmode=require' },
      /certificate that is not trusted.*sslrootcert=FILE/,
    ],
  ])('%s is said with the way out, and no secret', async (_, options, message) => {
    const error = await openPostgresHistory(server.url(options)).then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error).toMatchObject({ name: 'HistoryError', message: expect.stringMatching(message) });
    expect(error!.message).not.toMatch(/s3cret/);
  });

  test('TLS: with its authority the server is trusted, each mode as it says', async () => {
    const authority = join(server.folder, 'server.crt');
    const encrypted = async (query: string) => {
      const store = await openPostgresHistory(server.url({ query: `schema=tls&${query}` }));
      const [{ ssl } = {}] = (
        await server.run(
          `SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'netaudit'`,
        )
      ).rows as { ssl: boolean }[];
      await store.close();
      return ssl;
    };
    for (const mode of ['require', 'verify-ca', 'verify-full'])
      expect(await encrypted(`sslmode=${mode}&sslrootcert=${authority}`)).toBe(true);
    expect(await encrypted('sslmode=no-verify')).toBe(true);
    expect(await encrypted('sslmode=disable')).toBe(false);
  });

  test('a server without TLS is refused by who asks for it', async () => {
    await server.run('ALTER SYSTEM SET ssl = off');
    await server.run('SELECT pg_reload_conf()');
    try {
      const open = () => openPostgresHistory(server.url({ query: 'sslmode=require' }));
      await expect.poll(() => open().catch((error: Error) => error.message)).toMatch(/offers no TLS/);
    } finally {
      await server.run('ALTER SYSTEM RESET ssl');
      await server.run('SELECT pg_reload_conf()');
    }
  });

  test('a connection that is cut loses the run and nothing else', async () => {
    const place = server.url({ query: 'schema=cut' });
    const store = await openPostgresHistory(place);
    await store.record({ ...facts, result: resultOf([finding('a')]) });
    await server.run(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'netaudit'`);
    await expect(store.record({ ...facts, result: resultOf([finding('b')]) })).rejects.toMatchObject({
      name: 'HistoryError',
      message: expect.stringMatching(/was lost|starting or stopping/),
    });
    await store.close();
    const again = await openPostgresHistory(place);
    expect((await again.episodes()).map((one) => one.finding.id)).toEqual(['a']);
    await again.close();
  });
});

test('a server that is away, and one that never answers, are told apart from a wrong password', async () => {
  const port = await freePort();
  await expect(openPostgresHistory(`postgres://me:s3cret@127.0.0.1:${port}/db`)).rejects.toThrow(
    /127\.0\.0\.1:\d+ can't be reached \(ECONNREFUSED\)/,
  );
  const silent = createServer((socket) => socket.resume());
  await new Promise<void>((resolve) => silent.listen(port, '127.0.0.1', resolve));
  const slow = openPostgresHistory(`postgres://me:s3cret@127.0.0.1:${port}/db?connect_timeout=1`);
  await expect(slow).rejects.toThrow(/can't be reached \(no answer in time\)/);
  await new Promise((resolve) => silent.close(resolve));
});

test.each([
  ['53100', 'write', /full disk\. This run was not kept/],
  ['53300', 'connect', /no connection left/],
  ['55P03', 'write', /in use by another run/],
  ['25006', 'write', /may only be read/],
  ['57P03', 'connect', /starting or stopping/],
  ['28000', 'connect', /does not let user me in.*pg_hba\.conf/],
  ['ECONNRESET', 'commit', /this run may be kept or not/],
  ['ECONNRESET', 'write', /was lost.*not kept; try again/],
  ['ECONNRESET', 'read', /was lost \(ECONNRESET\)\. Try again/],
  ['ENOTFOUND', 'connect', /can't be reached \(ENOTFOUND\)/],
] as const)('%s while the store has to %s says what became of the run', (code, doing, message) => {
  const where = { host: 'db', port: 5432, user: 'me', database: 'd', schema: 'netaudit' };
  const error = Object.assign(new Error('words of the server'), { code });
  expect(postgresProblem(error, where, doing).message).toMatch(message);
});

test('other URLs are refused without being repeated, and by a schedule before it starts', async () => {
  for (const words of [
    ['history', 'mysql://me:s3cret@host/db'],
    ['audit', '-s', DEMO, '--history', 'mysql://me:s3cret@host/db'],
    ['schedule', '0 3 * * *', '--snapshot', DEMO, '--history', 'mysql://me:s3cret@host/db'],
  ]) {
    const { code, said } = await run(words);
    expect([code, said]).toEqual([2, expect.stringMatching(/folder or in PostgreSQL, not behind mysql:/)]);
    expect(said).not.toContain('s3cret');
  }
});

test('without the package pg, the one command that brings it is named', () => {
  for (const part of ['bin', 'dist', 'policies', 'package.json'])
    cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  const bare = spawnSync(
    process.execPath,
    [join(folder, 'bin', 'netaudit.js'), 'audit', '-s', DEMO, '--history', 'postgres://me:s3cret@127.0.0.1:1/db'],
    { cwd: folder, encoding: 'utf8' },
  );
  expect([bare.status, bare.stderr]).toEqual([2, expect.stringMatching(/needs the package pg[^]*npm install pg/)]);
  expect(bare.stderr).not.toContain('s3cret');
});
