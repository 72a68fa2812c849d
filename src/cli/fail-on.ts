/** --fail-on of diff and plan: which differences make the exit code 1. */
import type { NetworkDiff } from '../index.ts';
import { Problem } from './problem.ts';

/** Which differences make the exit code 1: "opened" means whatever lets more through, "closed" whatever lets less. */
const FAILS: Readonly<Record<string, (diff: NetworkDiff) => boolean>> = {
  opened: ({ summary }) => summary.opened + summary.widened > 0,
  closed: ({ summary }) => summary.closed + summary.narrowed > 0,
  any: ({ flows }) => flows.length > 0,
};

/** A check of a diff by the words of --fail-on; without words nothing fails. Throws Problem for a word that is none. */
export function failing(words: string | undefined): (diff: NetworkDiff) => boolean {
  const checks = (words?.split(',') ?? []).map((word) => {
    const check = Object.hasOwn(FAILS, word.trim()) ? FAILS[word.trim()] : undefined;
    if (check === undefined)
      throw new Problem(
        `--fail-on takes opened, closed or any, with commas between; "${word.slice(0, 40)}" is none of them.`,
      );
    return check;
  });
  return (diff) => checks.some((check) => check(diff));
}
