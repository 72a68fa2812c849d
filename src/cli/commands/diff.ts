/** netaudit diff BEFORE AFTER: which flows two snapshots differ in. */
import { type NetworkDiff, buildNetwork, diffJson, diffSnapshots, diffText, loadSnapshot } from '../../index.ts';
import { EXIT } from '../exit-codes.ts';
import { type OutputOptions, write } from '../output.ts';
import { Problem } from '../problem.ts';

interface DiffCommandOptions extends OutputOptions {
  readonly failOn?: string;
}

export async function diffCommand(before: string, after: string, options: DiffCommandOptions): Promise<number> {
  const fails = failing(options.failOn);
  if (before === '-' && after === '-') throw new Problem('only one of the two snapshots can come from standard input.');
  const old = await loadSnapshot([before]);
  const now = await loadSnapshot([after]);
  const diff = diffSnapshots({ ...buildNetwork(old), snapshot: old }, { ...buildNetwork(now), snapshot: now });
  write(options, {
    text: () => diffText(diff, old, now, new Date()),
    json: () => diffJson(diff, old, now),
  });
  return fails(diff) ? EXIT.no : EXIT.ok;
}

/** Which differences make the exit code 1: "opened" means whatever lets more through, "closed" whatever lets less. */
const FAILS: Readonly<Record<string, (diff: NetworkDiff) => boolean>> = {
  opened: ({ summary }) => summary.opened + summary.widened > 0,
  closed: ({ summary }) => summary.closed + summary.narrowed > 0,
  any: ({ flows }) => flows.length > 0,
};

function failing(words: string | undefined): (diff: NetworkDiff) => boolean {
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
