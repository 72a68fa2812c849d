/**
 * A history in a relational database, whichever it is: the tables' upgrade, the bookkeeping of a run, the questions.
 * Knows SQL that all of them understand; connections, transactions and what can go wrong are the database's own file.
 */
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
import { type Dialect, MIGRATIONS, VERSION } from './tables.ts';

export type Value = string | number | null;
export type Row = Readonly<Record<string, unknown>>;

/** What can be asked inside a transaction. */
export interface Transaction {
  /** One statement; its values stand where the question marks are, and are never part of its text. */
  readonly query: (sql: string, values?: readonly Value[]) => Promise<readonly Row[]>;
  /** Statements without values, for the tables' own definition. */
  readonly script: (sql: string) => Promise<void>;
  /** Of the tables; 0 where there are none. */
  readonly version: () => Promise<number>;
  readonly setVersion: (version: number) => Promise<void>;
}

/** A connection. Both throw HistoryError for what a user can mend. */
export interface Database {
  readonly dialect: Dialect;
  /** All of it or nothing. One that writes waits for its turn among all that write, in any process, before it looks. */
  transaction<T>(kind: 'read' | 'write', action: (transaction: Transaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** The store, its tables brought up to date. `none` is said where there are no tables and none are to be made. */
export async function sqlStore(database: Database, none?: string): Promise<Store> {
  const isCurrent = await database.transaction('read', async (transaction) => {
    const version = await transaction.version();
    if (version > VERSION) throw new HistoryError('this history was written by a newer netaudit. Use that one.');
    if (version === 0 && none !== undefined) throw new HistoryError(none);
    return version === VERSION;
  });
  // Whoever may only read or record, in tables that somebody else made, is asked for no other right.
  if (!isCurrent)
    await database.transaction('write', async (transaction) => {
      for (let version = await transaction.version(); version < VERSION; version++) {
        await transaction.script(MIGRATIONS[version]!(database.dialect));
        await transaction.setVersion(version + 1);
      }
    });
  return new SqlStore(database);
}

/** Rows of one statement: far below what any database takes as parameters, few enough trips to a server that is far away. */
const BATCH = 500;

class SqlStore implements Store {
  private readonly database: Database;
  /** One connection does one thing at a time. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(database: Database) {
    this.database = database;
  }

  record(facts: RunFacts): Promise<Delta> {
    return this.inTurn('write', (transaction) => recorded(transaction, facts));
  }

  runs({ since, limit = 1000 }: { readonly since?: string; readonly limit?: number } = {}): Promise<readonly Run[]> {
    return this.inTurn('read', async ({ query }) =>
      (await query('SELECT * FROM run WHERE at >= ? ORDER BY id DESC LIMIT ?', [since ?? '', limit])).map(runOf),
    );
  }

  episodes({ finding }: { readonly finding?: string } = {}): Promise<readonly Episode[]> {
    return this.inTurn('read', async ({ query }) =>
      (finding === undefined
        ? await query(`${EPISODES} WHERE e.until IS NULL ${ORDER}`)
        : await query(`${EPISODES} WHERE substr(e.finding, 1, ?) = ? ${ORDER}`, [Array.from(finding).length, finding])
      ).map(episodeOf),
    );
  }

  async close(): Promise<void> {
    await this.turn;
    await this.database.close();
  }

  private inTurn<T>(kind: 'read' | 'write', action: (transaction: Transaction) => Promise<T>): Promise<T> {
    const answer = this.turn.then(() => this.database.transaction(kind, action));
    this.turn = answer.catch(() => undefined);
    return answer;
  }
}

const EPISODES = `SELECT e.body, e.since AS since_run, s.at AS since, l.at AS seen, u.at AS until FROM episode e
  JOIN run s ON s.id = e.since JOIN run l ON l.id = e.seen LEFT JOIN run u ON u.id = e.until`;
const ORDER = 'ORDER BY e.since, e.finding';

async function recorded({ query }: Transaction, facts: RunFacts): Promise<Delta> {
  const { at, digest, collectedAt, result } = facts;
  const [before] = (await query('SELECT * FROM run ORDER BY id DESC LIMIT 1')).map(runOf);
  const open = new Map(
    (await query(`${EPISODES} WHERE e.until IS NULL ${ORDER}`)).map((row) => {
      const episode = episodeOf(row);
      return [episode.finding.id, { episode, since: Number(row['since_run']) }];
    }),
  );
  const found = openFindings(result);
  const undecided = undecidedCodes(result);
  const gone = [...open.values()].map(({ episode }) => episode).filter(({ finding }) => !found.has(finding.id));
  const unknown = gone.filter(({ finding }) => undecided.has(finding.code));
  const resolved = gone.filter(({ finding }) => !undecided.has(finding.code));
  const counts = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
  for (const { severity } of [...found.values(), ...unknown.map(({ finding }) => finding)]) counts[severity]++;
  const isNew = [...found.values()].filter(({ id }) => !open.has(id));
  const durationMs = Math.round(facts.durationMs);
  const [inserted] = await query(
    `INSERT INTO run (at, digest, collected_at, duration_ms, critical, high, medium, low, info, added, resolved, unknown)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
    [
      at,
      digest,
      collectedAt ?? null,
      durationMs,
      counts.critical,
      counts.high,
      counts.medium,
      counts.low,
      counts.info,
      isNew.length,
      resolved.length,
      unknown.length,
    ],
  );
  const id = Number(inserted!['id']);
  for (const some of batchesOf([...found.values()]))
    await query(
      `INSERT INTO episode (finding, since, seen, body) VALUES ${some.map(() => '(?, ?, ?, ?)').join(', ')}
       ON CONFLICT (finding, since) DO UPDATE SET seen = excluded.seen, body = excluded.body`,
      some.flatMap((finding) => [finding.id, open.get(finding.id)?.since ?? id, id, JSON.stringify(finding)]),
    );
  for (const some of batchesOf(resolved))
    await query(`UPDATE episode SET until = ? WHERE until IS NULL AND finding IN (${some.map(() => '?').join(', ')})`, [
      id,
      ...some.map(({ finding }) => finding.id),
    ]);
  const run: Run = {
    id,
    at,
    digest,
    ...(collectedAt === undefined ? {} : { collectedAt }),
    durationMs,
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
    unchanged: [...open.values()].flatMap(({ episode }) => {
      const now = found.get(episode.finding.id);
      return now === undefined ? [] : [{ finding: now, since: episode.since, seen: at }];
    }),
    unknown,
  };
}

function batchesOf<T>(all: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / BATCH) }, (_, n) => all.slice(n * BATCH, (n + 1) * BATCH));
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
