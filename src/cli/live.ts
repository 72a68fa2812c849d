/**
 * `--live` of any command: the clouds are collected into the cache first, and the command works on that. What to collect
 * stands under `collect` in netaudit.yaml, or is one cloud by its standard credentials.
 */
import type { CollectResult } from '../collect/words.ts';
import { safe } from '../report/safe-text.ts';
import { collectCache } from './collect-cache.ts';
import { CLOUDS, cloudOf, collected } from './collecting.ts';
import { readConfig } from './config.ts';
import { Problem } from './problem.ts';

/** Collects what the words or netaudit.yaml name; the folders to read. Failed calls are said on stderr, and in the snapshot. */
export async function liveSnapshot(given: true | string, snapshot: readonly string[]): Promise<readonly string[]> {
  if (snapshot.length > 0) throw new Problem('--live and --snapshot: which of the two is meant? Give one.');
  const { results } = await collectAll(given, collectCache());
  for (const { failures, folder } of results) {
    if (failures.length === 0) continue;
    const [first] = failures;
    process.stderr.write(
      `netaudit: ${failures.length} calls failed (${safe(first!.what)}: ${safe(first!.code)}${failures.length > 1 ? ', …' : ''}); what they list is missing from ${folder}\n`,
    );
  }
  return results.map(({ folder }) => folder);
}

/** Every cloud one after the other, each in its folder below `output`. Throws CollectError, Problem. */
export async function collectAll(
  given: true | string,
  output: string,
  resume = false,
): Promise<{ readonly results: readonly CollectResult[] }> {
  const config = (await readConfig(process.cwd()))?.config.collect ?? {};
  const clouds =
    given === true
      ? CLOUDS.filter((cloud) => config[cloud] !== undefined)
      : [...new Set(given.split(',').map((word) => cloudOf(word.trim())))];
  if (clouds.length === 0)
    throw new Problem(
      'there is no word of what to collect: name a cloud (aws, gcp, azure), or write it under "collect" in netaudit.yaml.',
    );
  const results: CollectResult[] = [];
  for (const cloud of clouds) results.push(await collected(cloud, config[cloud] ?? {}, { output, resume }));
  return { results };
}
