/** netaudit diff BEFORE AFTER: which flows two snapshots differ in. */
import { buildNetwork, diffJson, diffSnapshots, diffText, loadSnapshot } from '../../index.ts';
import { diffExit } from '../fail-on.ts';
import type { OutputOptions } from '../output.ts';
import { Problem } from '../problem.ts';
import { writeReports } from '../reports.ts';

interface DiffCommandOptions extends OutputOptions {
  readonly failOn?: string;
}

export async function diffCommand(before: string, after: string, options: DiffCommandOptions): Promise<number> {
  const exitFor = diffExit(options.failOn);
  if (before === '-' && after === '-') throw new Problem('only one of the two snapshots can come from standard input.');
  const old = await loadSnapshot([before]);
  const now = await loadSnapshot([after]);
  const diff = diffSnapshots({ ...buildNetwork(old), snapshot: old }, { ...buildNetwork(now), snapshot: now });
  await writeReports(
    options,
    { title: 'netaudit diff', diff },
    {
      text: () => diffText(diff, old, now, new Date()),
      json: () => diffJson(diff, old, now),
    },
  );
  return exitFor(diff);
}
