/** Many rows as one answer: reachable if all are, unreachable if none, undetermined where an unknown row could tip it. */
import type { Change } from '../model/change.ts';
import type { Answer, Verdict } from '../model/results.ts';

const WORST: readonly Verdict[] = ['unreachable', 'partial', 'undetermined', 'reachable'];

/** The row that most needs a look: the first that keeps the whole from being better. */
export function worstRow(rows: readonly Answer[]): Answer {
  const order: readonly Verdict[] = verdictOfRows(rows) === 'undetermined' ? ['undetermined', ...WORST] : WORST;
  for (const verdict of order) {
    const row = rows.find((one) => one.verdict === verdict);
    if (row !== undefined) return row;
  }
  throw new Error('there is no row');
}

/** The verdict on all rows together. */
export function verdictOfRows(rows: readonly { readonly verdict: Verdict }[]): Verdict {
  const has = (verdict: Verdict) => rows.some((row) => row.verdict === verdict);
  if (rows.every((row) => row.verdict === 'reachable')) return 'reachable';
  if (has('partial') || (has('reachable') && has('unreachable'))) return 'partial';
  return has('undetermined') ? 'undetermined' : 'unreachable';
}

/** One answer with its rows; the details are those of the row that most needs a look. */
export function combined(rows: readonly Answer[], src: string, dst: string): Answer {
  const first = rows[0];
  if (first === undefined) throw new Error('there is no row to combine');
  if (rows.length === 1) return first;
  const shown = worstRow(rows);
  const unique = <T>(list: readonly T[], key: (one: T) => string): T[] => [
    ...new Map(list.map((one) => [key(one), one])).values(),
  ];
  const ids = (of: 'src' | 'dst', word: string) => {
    const all = unique(
      rows.map((row) => row.query[of]),
      (end) => end.id,
    );
    return all.length === 1 ? all[0]! : { id: word, addresses: all.flatMap((end) => end.addresses) };
  };
  return {
    ...shown,
    verdict: verdictOfRows(rows),
    query: { ...shown.query, src: ids('src', src), dst: ids('dst', withoutPort(dst, shown.query.protocol)) },
    allowed: rows.flatMap((row) => row.allowed),
    fixes: fixesOf(rows),
    blockers: unique(
      rows.flatMap((row) => row.blockers),
      (b) => [b.connection, b.leg, b.code, b.resource, b.rule?.text, b.packets].join(' '),
    ),
    gotchas: unique(
      rows.flatMap((row) => row.gotchas),
      (g) => `${g.code} ${g.resource}`,
    ),
    missing: unique(
      rows.flatMap((row) => row.missing),
      (m) => m.what,
    ),
    assumptions: unique(
      rows.flatMap((row) => row.assumptions),
      (a) => `${a.code} ${a.resource}`,
    ),
    rows,
  };
}

/** What mends every row that does not work; what mends only some of them makes the whole partial. */
function fixesOf(rows: readonly Answer[]): Answer['fixes'] {
  const broken = rows.filter((row) => row.verdict !== 'reachable').map((row) => row.fixes);
  const outcomes = broken.map(({ outcome }) => outcome);
  const all = (outcome: Answer['fixes']['outcome']) => outcomes.every((one) => one === outcome);
  const changes = new Map(broken.flatMap((one) => one.changes).map((change) => [keyOf(change), change]));
  const warning = broken.find((one) => one.warning !== undefined)?.warning;
  const outcome = all('reachable') ? 'reachable' : all('none') ? 'none' : mixed(outcomes);
  return {
    outcome: broken.length === 0 ? 'none' : outcome,
    changes: [...changes.values()],
    ...(warning === undefined ? {} : { warning }),
  };
}

function mixed(outcomes: readonly Answer['fixes']['outcome'][]): Answer['fixes']['outcome'] {
  return outcomes.every((one) => one === 'reachable' || one === 'undetermined') ? 'undetermined' : 'partial';
}

/** The same change found for two rows; tables and filters of one resource may stand in several places. */
function keyOf(change: Change): string {
  const where = change.op === 'allow' ? change.filter : change.op === 'add-route' ? change.table : change.amendment;
  return [change.op, change.resource, where, change.text].join(' ');
}

/** A destination as it was written, without its port: it had one unless everything was asked for. */
function withoutPort(word: string, protocol: string): string {
  return protocol === '*' ? word.replace(/:\*$/, '') : word.replace(/:(proto:\d+|[^:\]]*)$/i, '');
}
