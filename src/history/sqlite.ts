/**
 * A history in one SQLite file, by the database that Node brings along. Survives a kill at any moment: a run is in it
 * whole or not at all. The file is for its owner alone.
 */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { quietly } from './quietly.ts';
import { type Database, type Transaction, sqlStore } from './sql-store.ts';
import { HistoryError, type Store } from './store.ts';

const FILE = 'history.db';

/** Opens the history in a folder, which is made where it is not there. Throws HistoryError. */
export async function openHistory(folder: string, options: { readonly mustExist?: boolean } = {}): Promise<Store> {
  const file = join(folder, FILE);
  const none = `there is no history in ${folder}. netaudit audit --history ${folder} begins one.`;
  if (options.mustExist === true && !existsSync(file)) throw new HistoryError(none);
  // Node 22 prints a warning when it is loaded.
  const sqlite = await quietly('SQLite', () => import('node:sqlite'));
  const connection = await guarded(folder, async () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // Made by us before the database is, so that it is private from its first byte.
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600);
    return new sqlite.DatabaseSync(file);
  });
  try {
    await guarded(folder, async () =>
      connection.exec('PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL'),
    );
    return await sqlStore(new SqliteDatabase(folder, connection), options.mustExist === true ? none : undefined);
  } catch (error) {
    connection.close();
    throw error;
  }
}

class SqliteDatabase implements Database {
  readonly dialect = {
    key: 'INTEGER PRIMARY KEY AUTOINCREMENT',
    text: 'TEXT',
    table: ' STRICT',
    keyless: ' STRICT, WITHOUT ROWID',
  };
  private readonly folder: string;
  private readonly connection: DatabaseSync;

  constructor(folder: string, connection: DatabaseSync) {
    this.folder = folder;
    this.connection = connection;
  }

  transaction<T>(kind: 'read' | 'write', action: (transaction: Transaction) => Promise<T>): Promise<T> {
    const { connection } = this;
    return guarded(this.folder, async () => {
      connection.exec(kind === 'write' ? 'BEGIN IMMEDIATE' : 'BEGIN');
      try {
        const value = await action({
          query: async (sql, values = []) => connection.prepare(sql).all(...values),
          script: async (sql) => connection.exec(sql),
          version: async () => Number(connection.prepare('PRAGMA user_version').get()?.['user_version']),
          setVersion: async (version) => connection.exec(`PRAGMA user_version = ${version}`),
        });
        connection.exec('COMMIT');
        return value;
      } catch (error) {
        // A full disk has ended it already.
        if (connection.isTransaction) connection.exec('ROLLBACK');
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    this.connection.close();
  }
}

/** What goes wrong with the file, with the way out. */
async function guarded<T>(folder: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof HistoryError) throw error;
    const { code, errcode, message } = error as Error & { code?: string; errcode?: number };
    // Result codes of SQLite: https://sqlite.org/rescode.html
    const primary = errcode === undefined ? undefined : errcode & 0xff;
    if (primary === 13 || code === 'ENOSPC')
      throw new HistoryError(
        `the disk with the history in ${folder} is full. This run was not kept; nothing else is lost.`,
      );
    if (primary === 26 || primary === 11)
      throw new HistoryError(`${join(folder, FILE)} is damaged or is no history. Move it away to begin a new one.`);
    if (primary === 5)
      throw new HistoryError(`the history in ${folder} is in use by another run. Try again when that is done.`);
    if (primary !== undefined || code?.startsWith('E') === true)
      throw new HistoryError(
        `the history in ${folder} can't be used (${code === 'ERR_SQLITE_ERROR' ? message : code}). Check that the folder can be written.`,
      );
    throw error;
  }
}
