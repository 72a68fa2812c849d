/**
 * A history in a PostgreSQL database, for many who audit and many who look. It has a schema of its own. Writers wait for
 * each other by an advisory lock. The URL may hold a password: neither it nor the password is part of any message.
 * https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
 */
import { crc32 } from 'node:zlib';
import type { Client } from 'pg';
import { quietly } from './quietly.ts';
import { type Doing, postgresProblem } from './postgres-problem.ts';
import { type Database, type Row, type Transaction, type Value, sqlStore } from './sql-store.ts';
import { HistoryError, type Store } from './store.ts';

/** Seconds: to be let in; that another run may take to be recorded; that one statement may take. */
const CONNECT = 10;
const WAIT = 30;
const STATEMENT = 120;

/**
 * Opens the history behind a URL: "postgres://user@host:5432/database?sslmode=verify-full". Besides what libpq knows,
 * `schema` names the schema, "netaudit" where it is absent. Throws HistoryError, and what `import()` throws where the
 * package pg is not installed.
 */
export async function openPostgresHistory(
  url: string,
  { mustExist = false }: { readonly mustExist?: boolean } = {},
): Promise<Store> {
  const { connectionString, schema, seconds } = partsOf(url);
  const pg = (await import('pg')).default;
  let client: Client;
  try {
    client = new pg.Client({
      connectionString,
      connectionTimeoutMillis: seconds * 1000,
      query_timeout: STATEMENT * 1000,
      keepAlive: true,
      fallback_application_name: 'netaudit',
    });
  } catch (error) {
    // The words of these errors may repeat the URL; only a file's name is safe to tell.
    const { code, path } = error as NodeJS.ErrnoException;
    throw new HistoryError(
      path === undefined
        ? "the history's URL can't be read. It looks like this: postgres://user@host:5432/database"
        : `${path}, which the history's URL names, can't be read (${code}).`,
    );
  }
  const where = {
    host: client.host,
    port: client.port,
    user: client.user ?? '',
    database: client.database ?? '',
    schema,
  };
  // A connection that breaks between two questions is told by the next one; nobody else listens.
  client.on('error', () => undefined);
  try {
    await quietly('pgpass', () => connected(client));
  } catch (error) {
    await client.end().catch(() => undefined);
    throw postgresProblem(error, where, 'connect');
  }
  const none = `there is no history in schema ${schema} of database ${where.database} at ${where.host}. netaudit audit --history begins one.`;
  const database = new PostgresDatabase(client, schema, (error, doing) => postgresProblem(error, where, doing));
  try {
    return await sqlStore(database, mustExist ? none : undefined);
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** What went wrong while a password was looked for is told to listeners alone, and the promise would wait for ever. */
function connected(client: Client): Promise<unknown> {
  return Promise.race([client.connect(), new Promise((_, reject) => client.once('error', reject))]);
}

/** What is ours in the URL, and the URL without it. */
function partsOf(url: string): { connectionString: string; schema: string; seconds: number } {
  const [, head = '', query = ''] = /^([^?]*)\??(.*)$/s.exec(url)!;
  const given = new URLSearchParams(query);
  const schema = given.get('schema') ?? 'netaudit';
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema) || schema.startsWith('pg_'))
    throw new HistoryError("the schema that the history's URL names is none: small letters, digits and _ make one.");
  given.delete('schema');
  const mode = given.get('sslmode');
  if (mode === 'verify-ca') given.set('uselibpqcompat', 'true');
  // Who asks for encryption means this server, not whoever answers: it shows its certificate, unless told otherwise.
  else if (mode === 'require' || mode === 'prefer' || mode === 'allow') given.set('sslmode', 'verify-full');
  else if (mode !== null && !['disable', 'verify-full', 'no-verify'].includes(mode))
    throw new HistoryError(
      "sslmode in the history's URL is one of disable, require, verify-ca, verify-full, no-verify.",
    );
  if (mode === 'verify-ca' && !given.has('sslrootcert'))
    throw new HistoryError(
      "sslmode=verify-ca in the history's URL needs sslrootcert=FILE with the authority's certificate.",
    );
  const seconds = Number(given.get('connect_timeout') ?? CONNECT);
  return {
    connectionString: given.size === 0 ? head : `${head}?${given.toString()}`,
    schema,
    seconds: Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 600) : CONNECT,
  };
}

/** What the client says of a statement that took longer than STATEMENT. */
const TIMED_OUT = 'Query read timeout';

class PostgresDatabase implements Database {
  readonly dialect = {
    key: 'INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY',
    text: 'TEXT COLLATE "C"',
    table: '',
    keyless: '',
  };
  private readonly client: Client;
  private readonly schema: string;
  private readonly problem: (error: unknown, doing: Doing) => Error;

  constructor(client: Client, schema: string, problem: (error: unknown, doing: Doing) => Error) {
    this.client = client;
    this.schema = schema;
    this.problem = problem;
  }

  async transaction<T>(kind: 'read' | 'write', action: (transaction: Transaction) => Promise<T>): Promise<T> {
    const { schema } = this;
    const query = (sql: string, values?: readonly Value[]) => this.ask(kind, numbered(sql), values);
    // A writer must see what the one before it wrote, so its view may not be older than the lock.
    await this.ask(kind, kind === 'write' ? 'BEGIN ISOLATION LEVEL READ COMMITTED' : 'BEGIN READ ONLY');
    try {
      // For this transaction alone: a pooler may give the next one another connection.
      await query("SELECT set_config('search_path', ?, true), set_config('lock_timeout', ?, true)", [
        `"${schema}", pg_temp`,
        `${WAIT}s`,
      ]);
      if (kind === 'write')
        await query('SELECT pg_advisory_xact_lock(?, ?)', [crc32('netaudit history') | 0, crc32(schema) | 0]);
      const value = await action({
        query,
        script: async (sql) => {
          const [{ there } = {}] = await query('SELECT to_regnamespace(?) IS NOT NULL AS there', [`"${schema}"`]);
          await this.ask('make tables', `${there === true ? '' : `CREATE SCHEMA "${schema}";`}${sql}`);
        },
        version: async () => {
          const [{ there } = {}] = await query('SELECT to_regclass(?) IS NOT NULL AS there', [
            `"${schema}".netaudit_version`,
          ]);
          if (there !== true) return 0;
          return Number((await query('SELECT version FROM netaudit_version'))[0]?.['version'] ?? 0);
        },
        setVersion: async (version) => {
          await this.ask('make tables', 'CREATE TABLE IF NOT EXISTS netaudit_version (version INTEGER NOT NULL)');
          await query('DELETE FROM netaudit_version');
          await query('INSERT INTO netaudit_version (version) VALUES (?)', [version]);
        },
      });
      await this.ask(kind === 'write' ? 'commit' : kind, 'COMMIT');
      return value;
    } catch (error) {
      await this.client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }

  private async ask(doing: Doing, sql: string, values?: readonly Value[]): Promise<readonly Row[]> {
    try {
      return (await this.client.query<Row>(sql, values === undefined ? undefined : [...values])).rows;
    } catch (error) {
      // A server that does not answer will not answer the next question either.
      if (error instanceof Error && error.message === TIMED_OUT) await this.close();
      throw this.problem(error, doing);
    }
  }
}

/** PostgreSQL numbers the places of its values. */
function numbered(sql: string): string {
  let count = 0;
  return sql.replace(/\?/g, () => `$${++count}`);
}
