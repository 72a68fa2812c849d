/**
 * The tables of a history and how an earlier version of them becomes the present one, in words that every database here
 * understands. What they spell differently is a parameter.
 */

/** How a database spells what the others spell otherwise. */
export interface Dialect {
  /** A whole number as key, given out by the database. */
  readonly key: string;
  /** Text that is ordered by its bytes, whatever language the server speaks. */
  readonly text: string;
  /** What closes a table's definition, for a table with a key of its own and for one without. */
  readonly table: string;
  readonly keyless: string;
}

/** Step n makes version n + 1 out of version n. A step that was published never changes. */
export const MIGRATIONS: readonly ((dialect: Dialect) => string)[] = [
  ({ key, text, table, keyless }) => `
    CREATE TABLE run (
      id ${key}, at ${text} NOT NULL, digest ${text} NOT NULL, collected_at ${text}, duration_ms INTEGER NOT NULL,
      critical INTEGER NOT NULL, high INTEGER NOT NULL, medium INTEGER NOT NULL, low INTEGER NOT NULL, info INTEGER NOT NULL,
      added INTEGER NOT NULL, resolved INTEGER NOT NULL, unknown INTEGER NOT NULL
    )${table};
    CREATE TABLE episode (
      finding ${text} NOT NULL, since INTEGER NOT NULL REFERENCES run(id), seen INTEGER NOT NULL REFERENCES run(id),
      until INTEGER REFERENCES run(id), body ${text} NOT NULL, PRIMARY KEY (finding, since)
    )${keyless};
    CREATE INDEX open_episode ON episode (finding) WHERE until IS NULL;
  `,
];

/** The version of the tables that this netaudit works with. */
export const VERSION = MIGRATIONS.length;
