/** Exit codes of every command. A bad --expect or --fail-on is bad usage like any other. */
import type { Verdict } from '../model/results.ts';

export const EXIT = { ok: 0, no: 1, usage: 2, undetermined: 3 } as const;

/** The code of several questions together: bad input, then no, then undetermined. */
export function worstExit(codes: readonly number[]): number {
  const order = [EXIT.usage, EXIT.no, EXIT.undetermined];
  return order.find((code) => codes.includes(code)) ?? EXIT.ok;
}

/** By the verdict; with an expectation: whether it is met, undetermined or not. */
export function exitCodeOf(verdict: Verdict, expected?: string): number {
  if (expected !== undefined) return verdict === expected ? EXIT.ok : EXIT.no;
  if (verdict === 'reachable') return EXIT.ok;
  return verdict === 'undetermined' ? EXIT.undetermined : EXIT.no;
}
