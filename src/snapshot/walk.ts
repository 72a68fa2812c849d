/**
 * Paths to the files of a snapshot, in a fixed order. Follows links, each place once; never opens a file.
 * Names only ever exclude (configuration, dot files, dependencies): what a file is, its content says.
 */
import { type Dirent, type Stats, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, join, resolve, sep } from 'node:path';
import { SnapshotError } from './documents.ts';

export interface FoundFile {
  /** To open it; '-' is standard input. */
  readonly path: string;
  /** Its name in the snapshot. */
  readonly file: string;
  /** Folder names above it, those of the given path included. */
  readonly folders: readonly string[];
  /** 0 where it is not known before reading (pipes). */
  readonly bytes: number;
  readonly changed?: Date;
}

const IGNORED = new Set(['case.json', 'netaudit.yaml', 'netaudit.yml', 'node_modules']);

/** Every file below the given paths, sorted. Links that lead nowhere are returned in `broken`. */
export function filesOf(paths: readonly string[]): { found: FoundFile[]; broken: string[] } {
  if (paths.length === 0) {
    throw new SnapshotError({
      file: '(no path)',
      what: 'no snapshot was given',
      hint: 'Name a folder, a file, or - for standard input',
    });
  }
  const roots = [...new Set(paths)];
  const prefixes = prefixesOf(roots);
  const seen = new Set<string>();
  const found: FoundFile[] = [];
  const broken: string[] = [];
  for (const [i, root] of roots.entries()) {
    if (root === '-') {
      found.push({ path: '-', file: '-', folders: [], bytes: 0 });
      continue;
    }
    const stat = statOf(root);
    const prefix = prefixes[i] ?? '';
    const above = root.split(/[/\\]/).filter((name) => name !== '' && name !== '.' && name !== '..');
    if (stat.isDirectory()) {
      const inside = walk(root, prefix, above, seen, broken);
      if (inside.files.length === 0 && !inside.again) {
        throw new SnapshotError({
          file: root,
          what: 'the folder holds no snapshot file',
          hint: "Put the provider's JSON there (see `netaudit collect`), or name another folder",
        });
      }
      for (const file of inside.files) found.push(file);
    } else {
      const place = realpathOf(root);
      if (stat.isFile() && seen.has(place)) continue;
      seen.add(place);
      found.push({
        path: root,
        file: prefix === '' ? basename(root) : prefix,
        folders: above.slice(0, -1),
        bytes: stat.isFile() ? stat.size : 0,
        ...(stat.isFile() && { changed: stat.mtime }),
      });
    }
  }
  return { found, broken };
}

function walk(
  root: string,
  prefix: string,
  above: readonly string[],
  seen: Set<string>,
  broken: string[],
): { files: FoundFile[]; again: boolean } {
  const files: FoundFile[] = [];
  const todo: { path: string; inside: readonly string[] }[] = [{ path: root, inside: [] }];
  let again = false;
  for (let next = todo.pop(); next; next = todo.pop()) {
    const place = realpathOf(next.path);
    if (seen.has(place)) {
      again = true;
      continue;
    }
    seen.add(place);
    for (const entry of listOf(next.path)) {
      const { name } = entry;
      if (name.startsWith('.') || IGNORED.has(name)) continue;
      const path = join(next.path, name);
      const inside = [...next.inside, name];
      const file = [...(prefix === '' ? [] : [prefix]), ...inside].join('/');
      const stat = statSync(path, { throwIfNoEntry: false });
      if (!stat) broken.push(file);
      else if (stat.isDirectory()) todo.push({ path, inside });
      else if (stat.isFile()) {
        // What is no link lies where its folder lies; asking the system would take half of the walk's time.
        const real = entry.isFile() ? join(place, name) : realpathOf(path);
        again ||= seen.has(real);
        if (seen.has(real)) continue;
        seen.add(real);
        files.push({ path, file, folders: [...above, ...next.inside], bytes: stat.size, changed: stat.mtime });
      }
    }
  }
  return { files: files.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0)), again };
}

/** One root needs no prefix; several are told apart by their last name, or, if that is not enough, as they were given. */
function prefixesOf(roots: readonly string[]): string[] {
  if (roots.length === 1) return [''];
  const names = roots.map((root) => (root === '-' ? '-' : basename(resolve(root)) || root));
  return names.map((name, i) =>
    names.indexOf(name) === names.lastIndexOf(name)
      ? name
      : (roots[i] ?? name).split(sep).join('/').replace(/\/+$/, ''),
  );
}

function statOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw pathError(path, error);
  }
}

function realpathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

function listOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw pathError(folder, error);
  }
}

/** A path that cannot be opened, in words. */
export function pathError(path: string, error: unknown): SnapshotError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new SnapshotError({
      file: path,
      what: 'there is no such file or folder',
      hint: 'Check the path given as snapshot (relative paths start from the current folder)',
    });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new SnapshotError({
      file: path,
      what: 'may not be read',
      hint: 'Give this user read permission, or take it out of the snapshot',
    });
  }
  return new SnapshotError({
    file: path,
    what: `cannot be read (${code || 'unknown error'})`,
    hint: 'Check that it is a readable file or folder',
  });
}
