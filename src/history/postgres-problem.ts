/** What can go wrong with a PostgreSQL database, said with the way out. Knows error codes; asks nothing. */
import { HistoryError } from './store.ts';

/** What was being done when something went wrong. */
export type Doing = 'connect' | 'read' | 'write' | 'make tables' | 'commit';

/** Which database it is about. Nothing of it is secret. */
export interface Where {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly schema: string;
}

/** A HistoryError for whatever the client threw; it repeats no value of a question and no part of the URL but these. */
export function postgresProblem(error: unknown, where: Where, doing: Doing): HistoryError {
  return new HistoryError(sentenceOf(error as Error & { code?: string }, where, doing));
}

function sentenceOf({ code = '', message }: Error & { code?: string }, where: Where, doing: Doing): string {
  const { user, database, schema, host, port } = where;
  const place = `the history's database at ${host}${host.startsWith('/') ? '' : `:${port}`}`;
  const known = bySqlState(code, where, doing);
  if (known !== undefined) return `${place} ${known}`;
  if (/client password must be|password authentication|No password|data and hash must/i.test(message))
    return `${place} asks for a password of user ${user}, and none was given. Set PGPASSWORD, or write it into ~/.pgpass.`;
  if (message.includes('does not support SSL'))
    return `${place} offers no TLS. Switch it on there, or, where nobody can listen on the way, write sslmode=disable into the URL.`;
  if (/^(DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|CERT_|ERR_TLS)/.test(code))
    return `${place} shows a certificate that is not trusted (${code}). Name its authority's in the URL, sslrootcert=FILE; sslmode=no-verify would trust whoever answers.`;
  const lost = doing === 'read' ? 'Try again.' : 'This run was not kept; try again.';
  if (doing === 'commit')
    return `${place} was lost at the last moment (${code || message}): this run may be kept or not. netaudit history tells.`;
  if (/^E[A-Z_]+$/.test(code) || /terminated|timeout expired|not queryable/.test(message))
    return doing === 'connect'
      ? `${place} can't be reached (${code || 'no answer in time'}). Check host and port in the URL, and that it runs.`
      : `${place} was lost (${code || 'the connection broke'}). ${lost}`;
  if (message.includes('read timeout')) return `${place} did not answer in time. ${lost}`;
  return `${place} can't be used: ${message.slice(0, 300)} (${code || 'no code'}; user ${user}, database ${database}, schema ${schema}).`;
}

/** By SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html */
function bySqlState(code: string, { user, database, schema }: Where, doing: Doing): string | undefined {
  switch (code) {
    case '28P01':
      return `refused the password of user ${user}. It comes from the URL, PGPASSWORD or ~/.pgpass.`;
    case '28000':
      return `does not let user ${user} in. Check the user's name, and what its pg_hba.conf asks for (a password, TLS).`;
    case '3D000':
      return `has no database ${database}. Make it: createdb ${database}`;
    case '42501':
      return doing === 'make tables'
        ? `does not let user ${user} make the history's tables. Let an owner of the database run: CREATE SCHEMA ${schema} AUTHORIZATION ${user}`
        : `does not let user ${user} use the history's tables. Let their owner run: GRANT USAGE ON SCHEMA ${schema} TO ${user}; GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA ${schema} TO ${user}`;
    case '42P07':
    case '42703':
    case '42P01':
      return `has something else in schema ${schema}. Name another one in the URL: ?schema=NAME`;
    case '25006':
      return 'may only be read: it is a standby, or set so. Name the primary in the URL.';
    case '53100':
      return 'has a full disk. This run was not kept; nothing else is lost.';
    case '53300':
      return 'has no connection left to give. Try again later, or allow more there.';
    case '55P03':
      return 'is in use by another run. Try again when that is done.';
    case '57P01':
    case '57P02':
    case '57P03':
      return 'is starting or stopping. Try again when it is up.';
    default:
      return undefined;
  }
}
