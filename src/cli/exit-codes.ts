/** Exit codes; several combine as 2 > 1 > 3 > 0. */
import type { Verdict } from '../model/results.ts';

export const EXIT = { ok: 0, no: 1, usage: 2, undetermined: 3 } as const;

export function exitCodeOf(verdict: Verdict): number {
  if (verdict === 'reachable') return EXIT.ok;
  return verdict === 'undetermined' ? EXIT.undetermined : EXIT.no;
}
