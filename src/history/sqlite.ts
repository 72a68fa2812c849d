/**
 * A history in one SQLite file, by the database that Node brings along. Survives a kill at any moment: a run is in it
 * whole or not at all. The file is for its owner alone.
 */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { AuditFinding } from '../model/audit.ts';
import {
  type Delta,
  type Episode,
  HistoryError,
  type Run,
  type RunFacts,
  type Store,
  openFindings,
  undecidedCodes,
} from './store.ts';

const FILE = 'history.db';
/** Of the tables below; a later version upgrades an earlier one here. */
const VERSION = 1;
const TABLES = `
  CREATE TABLE run (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, digest TEXT NOT NULL, collected_at TEXT, duration_ms INTEGER NOT NULL,
    critical INTEGER NOT NULL, high INTEGER NOT NULL, medium INTEGER NOT NULL, low INTEGER NOT NULL, info INTEGER NOT NULL,
    added INTEGER NOT NULL, resolved INTEGER NOT NULL, unknown INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE episode (
    finding TEXT NOT NULL, since INTEGER NOT NULL REFERENCES run(id), seen INTEGER NOT NULL REFERENCES run(id),
    until INTEGER REFERENCES run(id), body TEXT NOT NULL, PRIMARY KEY (finding, since)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX open_episode ON episode (finding) WHERE until IS NULL;
`;

/** Opens the history in a folder, which is made where it is not there. Throws HistoryError. */
export async function openHistory(folder: string, options: { readonly mustExist?: boolean } = {}): Promise<Store> {
  const file = join(folder, FILE);
  if (options.mustExist === true && !existsSync(file))
    throw new HistoryError(`there is no history in ${folder}. netaudit audit --history ${folder} begins one.`);
  const sqlite = await quietly(() => import('node:sqlite'));
  return guarded(folder, () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // Made by us before the database is, so that it is private from its first byte.
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600);
    const database = new sqlite.DatabaseSync(file);
    try {
      database.exec('PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL');
      migrate(database);
    } catch (error) {
      database.close();
      throw error;
    }
    return new SqliteHistory(folder, database);
  });
}

/** Node 22 prints a warning when the database is loaded. */
async function quietly<T>(load: () => Promise<T>): Promise<T> {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = (warning, ...rest) => {
    if (!String(warning).includes('SQLite')) Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  try {
    return await load();
  } finally {
    process.emitWarning = emitWarning;
  }
}

function migrate(database: DatabaseSync): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
    if (version > VERSION) throw new HistoryError('this history was written by a newer netaudit. Use that one.');
    if (version === 0) database.exec(`${TABLES}; PRAGMA user_version = ${VERSION}`);
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

type Row = Record<string, unknown>;

class SqliteHistory implements Store {
  private readonly folder: string;
  private readonly database: DatabaseSync;

  constructor(folder: string, database: DatabaseSync) {
    this.folder = folder;
    this.database = database;
  }

  record(facts: RunFacts): Delta {
    return guarded(this.folder, () => {
      this.database.exec('BEGIN IMMEDIATE');
      try {
        const delta = this.recorded(facts);
        this.database.exec('COMMIT');
        return delta;
      } catch (error) {
        this.database.exec('ROLLBACK');
        throw error;
      }
    });
  }

  runs({ since, limit = 1000 }: { readonly since?: string; readonly limit?: number } = {}): readonly Run[] {
    return guarded(this.folder, () =>
      this.database
        .prepare('SELECT * FROM run WHERE at >= ? ORDER BY id DESC LIMIT ?')
        .all(since ?? '', limit)
        .map(runOf),
    );
  }

  episodes({ finding }: { readonly finding?: string } = {}): readonly Episode[] {
    const select = `SELECT e.body, s.at AS since, l.at AS seen, u.at AS until FROM episode e
      JOIN run s ON s.id = e.since JOIN run l ON l.id = e.seen LEFT JOIN run u ON u.id = e.until`;
    return guarded(this.folder, () =>
      finding === undefined
        ? this.database.prepare(`${select} WHERE e.until IS NULL ORDER BY e.since, e.finding`).all().map(episodeOf)
        : this.database
            .prepare(`${select} WHERE substr(e.finding, 1, ?) = ? ORDER BY e.since, e.finding`)
            .all(finding.length, finding)
            .map(episodeOf),
    );
  }

  close(): void {
    this.database.close();
  }

  private recorded({ at, digest, collectedAt, durationMs, result }: RunFacts): Delta {
    const { database } = this;
    const [before] = database.prepare('SELECT * FROM run ORDER BY id DESC LIMIT 1').all().map(runOf);
    const open = new Map(this.episodes().map((episode) => [episode.finding.id, episode]));
    const found = openFindings(result);
    const undecided = undecidedCodes(result);
    const gone = [...open.values()].filter(({ finding }) => !found.has(finding.id));
    const unknown = gone.filter(({ finding }) => undecided.has(finding.code));
    const resolved = gone.filter(({ finding }) => !undecided.has(finding.code));
    const counts = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
    for (const { severity } of [...found.values(), ...unknown.map(({ finding }) => finding)]) counts[severity]++;
    const isNew = [...found.values()].filter(({ id }) => !open.has(id));
    const { lastInsertRowid } = database
      .prepare(
        'INSERT INTO run (at, digest, collected_at, duration_ms, critical, high, medium, low, info, added, resolved, unknown) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      )
      .run(
        at,
        digest,
        collectedAt ?? null,
        Math.round(durationMs),
        counts.critical,
        counts.high,
        counts.medium,
        counts.low,
        counts.info,
        isNew.length,
        resolved.length,
        unknown.length,
      );
    const id = Number(lastInsertRowid);
    const add = database.prepare('INSERT INTO episode (finding, since, seen, until, body) VALUES (?, ?, ?, NULL, ?)');
    for (const finding of isNew) add.run(finding.id, id, id, JSON.stringify(finding));
    const see = database.prepare('UPDATE episode SET seen = ?, body = ? WHERE finding = ? AND until IS NULL');
    for (const finding of found.values()) if (open.has(finding.id)) see.run(id, JSON.stringify(finding), finding.id);
    const end = database.prepare('UPDATE episode SET until = ? WHERE finding = ? AND until IS NULL');
    for (const { finding } of resolved) end.run(id, finding.id);
    const run: Run = {
      id,
      at,
      digest,
      ...(collectedAt === undefined ? {} : { collectedAt }),
      durationMs: Math.round(durationMs),
      open: counts,
      added: isNew.length,
      resolved: resolved.length,
      unknown: unknown.length,
    };
    return {
      run,
      ...(before === undefined ? {} : { before }),
      added: isNew.map((finding) => ({ finding, since: at, seen: at })),
      resolved: resolved.map((episode) => ({ ...episode, until: at })),
      unchanged: [...open.values()].flatMap((episode) => {
        const now = found.get(episode.finding.id);
        return now === undefined ? [] : [{ finding: now, since: episode.since, seen: at }];
      }),
      unknown,
    };
  }
}

function runOf(row: Row): Run {
  const count = (key: string) => Number(row[key]);
  return {
    id: count('id'),
    at: String(row['at']),
    digest: String(row['digest']),
    ...(typeof row['collected_at'] === 'string' ? { collectedAt: row['collected_at'] } : {}),
    durationMs: count('duration_ms'),
    open: {
      critical: count('critical'),
      high: count('high'),
      medium: count('medium'),
      low: count('low'),
      info: count('info'),
    },
    added: count('added'),
    resolved: count('resolved'),
    unknown: count('unknown'),
  };
}

function episodeOf(row: Row): Episode {
  return {
    finding: JSON.parse(String(row['body'])) as AuditFinding,
    since: String(row['since']),
    seen: String(row['seen']),
    ...(typeof row['until'] === 'string' ? { until: row['until'] } : {}),
  };
}

/** What goes wrong with the file, with the way out. */
function guarded<T>(folder: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof HistoryError) throw error;
    const { code, errcode, message } = error as Error & { code?: string; errcode?: number };
    // Result codes of SQLite: https://sqlite.org/rescode.html
    const primary = errcode === undefined ? undefined : errcode & 0xff;
    if (primary === 13)
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
