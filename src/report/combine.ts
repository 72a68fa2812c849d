/** Many rows as one answer: reachable if all are, unreachable if none, undetermined where an unknown row could tip it. */
import type { Answer, Verdict } from '../model/results.ts';

const WORST: Readonly<Record<Verdict, number>> = { undetermined: 0, unreachable: 1, partial: 2, reachable: 3 };

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
  const shown = [...rows].sort((a, b) => WORST[a.verdict] - WORST[b.verdict])[0]!;
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
    query: { ...shown.query, src: ids('src', src), dst: ids('dst', dst) },
    allowed: rows.flatMap((row) => row.allowed),
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
