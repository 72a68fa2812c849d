/**
 * A PostgreSQL server for a test: made in a folder of its own, on loopback and a socket, asking for passwords, offering
 * TLS, gone afterwards. It refuses to run as root, so root starts it as "nobody".
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { CERTIFICATE, KEY } from '../wire/localhost-certificate.ts';

const SUPERUSER = 'admin';
export const PASSWORD = 's3cret-of-the-admin';

export interface PostgresServer {
  readonly port: number;
  /** Folder of the socket. */
  readonly folder: string;
  /** For a user with that password, with these parameters: by loopback. */
  url(options?: { user?: string; password?: string; database?: string; query?: string; port?: number }): string;
  /** As the superuser. */
  run(sql: string): Promise<pg.QueryResult>;
  stop(): Promise<void>;
}

/** Where `initdb` and `postgres` are; undefined where the server is not installed. */
export function postgresPrograms(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : [];
  return [...versions.map((version) => join(debian, version, 'bin')), ...(process.env['PATH'] ?? '').split(':')].find(
    (folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')),
  );
}

/** Starts one; some two seconds. */
export async function postgresServer(programs: string): Promise<PostgresServer> {
  const isRoot = process.getuid?.() === 0;
  const [uid, gid] = isRoot ? [idOf('-u'), idOf('-g')] : [process.getuid!(), process.getgid!()];
  const as = { ...(isRoot ? { uid, gid } : {}), cwd: '/', env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' } };
  const folder = mkdtempSync(join(tmpdir(), 'netaudit-pg-'));
  const give = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    chownSync(join(folder, name), uid, gid);
  };
  chmodSync(folder, 0o700);
  chownSync(folder, uid, gid);
  give('password', PASSWORD);
  give('server.crt', CERTIFICATE);
  give('server.key', KEY);
  const data = join(folder, 'data');
  const made = spawnSync(
    join(programs, 'initdb'),
    [
      '-D',
      data,
      '-U',
      SUPERUSER,
      '-E',
      'UTF8',
      '-A',
      'scram-sha-256',
      '--no-sync',
      `--pwfile=${join(folder, 'password')}`,
    ],
    { ...as, encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}${made.error?.message ?? ''}`);
  const port = await freePort();
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: folder,
    ssl: 'on',
    ssl_cert_file: join(folder, 'server.crt'),
    ssl_key_file: join(folder, 'server.key'),
    fsync: 'off',
    shared_buffers: '16MB',
  };
  appendFileSync(
    join(data, 'postgresql.conf'),
    Object.entries(settings)
      .map(([name, value]) => `${name} = '${value}'\n`)
      .join(''),
  );
  const server: ChildProcess = spawn(join(programs, 'postgres'), ['-D', data], { ...as, stdio: 'ignore' });
  const url: PostgresServer['url'] = ({
    user = SUPERUSER,
    password = PASSWORD,
    database = 'postgres',
    query = '',
    port: at = port,
  } = {}) => `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${at}/${database}?${query}`;
  const run = async (sql: string) => {
    const client = new pg.Client({ connectionString: url() });
    await client.connect();
    try {
      return await client.query(sql);
    } finally {
      await client.end();
    }
  };
  for (let tries = 0; ; tries++) {
    try {
      await run('SELECT 1');
      break;
    } catch (error) {
      if (tries === 200 || server.exitCode !== null) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return {
    port,
    folder,
    url,
    run,
    stop: async () => {
      const ended = new Promise((resolve) => server.once('close', resolve));
      // Immediate shutdown: https://www.postgresql.org/docs/current/server-shutdown.html
      server.kill('SIGQUIT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function idOf(flag: '-u' | '-g'): number {
  return Number(spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' }).stdout);
}

/** A port of loopback on which nothing listens now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
