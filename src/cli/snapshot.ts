/** Finds and loads the snapshot that a command works on, with progress on stderr when it takes long. */
import { existsSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { loadSnapshot } from '../core.ts';
import type { Snapshot } from '../snapshot/documents.ts';
import { collectCache } from './collect-cache.ts';
import { type Config, readConfig } from './config.ts';
import { Problem } from './problem.ts';

const DEFAULT = 'netaudit-snapshot';

/** `onPaths` is told where the snapshot lies before it is read. */
export async function openSnapshot(
  given: readonly string[],
  onPaths?: (paths: readonly string[], config: Config) => void,
): Promise<{ snapshot: Snapshot; config: Config }> {
  const { paths, config } = await snapshotPaths(given);
  onPaths?.(paths, config);
  const started = Date.now();
  let shown = false;
  const snapshot = await loadSnapshot(paths, {
    onProgress: ({ done, total }) => {
      // The clock first: merely looking at stderr opens it, which takes longer than reading a small snapshot.
      if (Date.now() - started < 1000 || !process.stderr.isTTY || process.env['CI'] !== undefined) return;
      shown = true;
      process.stderr.write(`\rreading ${done} of ${total} files `);
    },
  });
  if (shown) process.stderr.write('\r\u001b[K');
  return { snapshot, config };
}

/**
 * Where the snapshot lies: as given, as netaudit.yaml says, in the folder of the usual name, or in the cache of --live.
 * Throws Problem.
 */
export async function snapshotPaths(given: readonly string[]): Promise<{ paths: readonly string[]; config: Config }> {
  const found = await readConfig(process.cwd());
  const config = found?.config ?? {};
  const configured =
    found === undefined || config.snapshot === undefined
      ? []
      : [config.snapshot].flat().map((path) => resolve(dirname(found.file), path));
  const named = given.length > 0 ? given : configured;
  if (named.length > 0) return { paths: named, config };
  const usual = [DEFAULT, collectCache()].find((path) => existsSync(path));
  if (usual === undefined)
    throw new Problem(
      `no snapshot: collect one (netaudit collect aws), give one with --snapshot DIR, name it in netaudit.yaml, or put the JSON that your cloud's own command line prints into ./${DEFAULT}, for example:\n  mkdir ${DEFAULT} && aws ec2 describe-vpcs > ${DEFAULT}/vpcs.json`,
    );
  return { paths: [usual], config };
}

/** Bytes of all files; what can't be looked at is the loader's to complain about. */
export function bytesIn(paths: readonly string[]): number {
  let bytes = 0;
  const look = (path: string, depth: number): void => {
    try {
      const entry = depth === 0 ? statSync(path) : lstatSync(path);
      if (entry.isFile()) bytes += entry.size;
      else if (entry.isDirectory() && depth < 20)
        for (const name of readdirSync(path)) look(join(path, name), depth + 1);
    } catch {
      return;
    }
  };
  for (const path of paths) look(path, 0);
  return bytes;
}
