/**
 * The documents that are broken on purpose: every snapshot in fixtures, and those of NETAUDIT_CORPUS (a folder of snapshot
 * folders) where it is set. Parsed once; whoever breaks one gets a copy.
 */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export type Documents = Readonly<Record<string, unknown>>;

export interface Sample {
  readonly name: string;
  readonly files: Documents;
  /** Questions that make sense of it. */
  readonly queries: readonly (readonly [src: string, dst: string])[];
}

const FIXTURES = fileURLToPath(new URL('../../fixtures', import.meta.url));

export function samples(): Sample[] {
  const folders = ['cases', 'snapshots'].flatMap((kind) =>
    readdirSync(join(FIXTURES, kind)).map((name) => join(FIXTURES, kind, name)),
  );
  const more = process.env['NETAUDIT_CORPUS'];
  return [...folders, ...(more === undefined ? [] : foldersWithFiles(more))].flatMap((folder) => sampleOf(folder));
}

function sampleOf(folder: string): Sample[] {
  const files: Record<string, unknown> = {};
  let queries: readonly (readonly [string, string])[] = [];
  for (const path of jsonIn(folder)) {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (path.endsWith('/case.json'))
      queries = (value as { queries: { args: [string, string] }[] }).queries.map(({ args }) => args);
    else files[relative(folder, path).replaceAll('/', '-')] = value;
  }
  if (Object.keys(files).length === 0) return [];
  return [{ name: relative(FIXTURES, folder), files, queries: queries.length > 0 ? queries : [['internet', '*']] }];
}

function jsonIn(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? jsonIn(path) : path.endsWith('.json') ? [path] : []));
}

/** Folders that hold JSON files themselves, below a folder. */
function foldersWithFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const inside = readdirSync(folder).map((name) => join(folder, name));
  const own = inside.some((path) => path.endsWith('.json')) ? [folder] : [];
  return [...own, ...inside.filter((path) => statSync(path).isDirectory()).flatMap(foldersWithFiles)];
}
