/**
 * Checks a source tree against the floors. It knows files as `path -> text` (paths below src, with `/`), so that the
 * test can show it a small bad house as well as the real one. Every check returns sentences; none means all is well.
 */
import { posix } from 'node:path';
import { parseAst } from 'rolldown/parseAst';
import { cloudNames, cloudSdks, floors, listedRooms, neutralRooms } from './floors.ts';

export type House = ReadonlyMap<string, string>;

interface Import {
  readonly from: string;
  /** The specifier as written; undefined when it is computed. */
  readonly target: string | undefined;
  readonly kind: 'static' | 'dynamic' | 'type';
}

export interface Findings {
  readonly floors: readonly string[];
  readonly cycles: readonly string[];
  readonly names: readonly string[];
  readonly unlisted: readonly string[];
}

/** All that is wrong with a house, sorted. */
export function findingsOf(house: House): Findings {
  const imports = [...house].flatMap(([file, text]) => (isTest(file) ? [] : importsOf(file, text)));
  return {
    floors: imports.flatMap(brokenFloorOf).toSorted(),
    cycles: cyclesOf(house, imports),
    names: [...house].flatMap(([file, text]) => cloudNamesIn(file, text)).toSorted(),
    unlisted: unlistedOf(house, imports).toSorted(),
  };
}

const isTest = (file: string): boolean => file.endsWith('.test.ts');
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Static, dynamic and type imports and re-exports of one file, read from its syntax tree. */
export function importsOf(file: string, text: string): Import[] {
  const found: Import[] = [];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(visit);
    if (!isRecord(node) || Array.isArray(node)) return;
    const kind = kindOf(node);
    if (kind !== undefined && isRecord(node.source)) {
      found.push({ from: file, target: typeof node.source.value === 'string' ? node.source.value : undefined, kind });
    }
    Object.values(node).forEach(visit);
  };
  visit(parseAst(text, { lang: 'ts' }, file));
  return found;
}

function kindOf(node: Record<string, unknown>): Import['kind'] | undefined {
  if (node.type === 'ImportExpression') return 'dynamic';
  if (node.type === 'TSImportType') return 'type';
  if (node.type === 'ImportDeclaration') return node.importKind === 'type' ? 'type' : 'static';
  if (node.type === 'ExportAllDeclaration' || node.type === 'ExportNamedDeclaration') {
    return node.exportKind === 'type' ? 'type' : 'static';
  }
  return undefined;
}

/** `providers/aws` for `providers/aws/gotchas/index.ts`; the file itself when it lies directly in src. */
function roomOf(file: string): string {
  const parts = file.split('/');
  return parts.slice(0, parts[0] === 'providers' && parts.length > 2 ? 2 : 1).join('/');
}

const covers = (pattern: string, name: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;

function brokenFloorOf({ from, target, kind }: Import): string[] {
  const room = roomOf(from);
  const floor = floors.find((each) => covers(each.room, room));
  if (floor === undefined) return [`${from}: no floor is named for ${room}`];
  if (target === undefined) return [`${from}: imports a computed name, which nobody can check`];
  if (cloudSdks.test(target) && kind !== 'type') {
    if (room !== 'collect') return [`${from}: imports the SDK ${target}; only collect does`];
    if (kind === 'static') return [`${from}: imports the SDK ${target} statically; use await import()`];
  }
  const name = nameOf(from, target);
  if (name === room || floor.mayImport.some((each) => covers(each, name))) return [];
  return [`${from}: ${room} may not import ${target} (${floor.reason})`];
}

/** What a floor calls the target of an import: a room, `node:fs`, `npm:zod`, or `outside` for files not in src. */
function nameOf(from: string, target: string): string {
  if (target.startsWith('.')) {
    const file = posix.join(posix.dirname(from), target);
    if (file === '../package.json') return 'package.json';
    return file.startsWith('..') ? 'outside' : roomOf(file);
  }
  if (target.startsWith('node:')) return target;
  return `npm:${target.split('/', target.startsWith('@') ? 2 : 1).join('/')}`;
}

/** Which files of the house each file imports; type imports count, since they join the ideas all the same. */
function graphOf(house: House, imports: readonly Import[]): Map<string, string[]> {
  const graph = new Map<string, string[]>([...house.keys()].map((file) => [file, []]));
  for (const { from, target } of imports) {
    if (target?.startsWith('.') !== true) continue;
    const file = posix.join(posix.dirname(from), target);
    if (house.has(file)) graph.get(from)?.push(file);
  }
  return graph;
}

/** One sentence for each way back to a file that is still being visited. */
function cyclesOf(house: House, imports: readonly Import[]): string[] {
  const graph = graphOf(house, imports);
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start >= 0) cycles.push([...path.slice(start), file].join(' -> '));
    if (start >= 0 || done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of [...graph.keys()].toSorted()) visit(file, []);
  return cycles;
}

/** Cloud names in a neutral room: whole words, where `fromAws`, `AWS_REGION` and `aws-sg` have the word aws and `laws` has not. */
function cloudNamesIn(file: string, text: string): string[] {
  if (!neutralRooms.includes(roomOf(file))) return [];
  return text.split('\n').flatMap((line, index) => {
    const words = line
      .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
      .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
      .toLowerCase()
      .split(/[^a-z0-9]+/);
    return words.filter((word) => cloudNames.includes(word)).map((word) => `${file}:${index + 1}: says "${word}"`);
  });
}

/** Files of a listed room that their nearest index.ts does not reach. A folder without an index has no list yet. */
function unlistedOf(house: House, imports: readonly Import[]): string[] {
  const graph = graphOf(house, imports);
  const reachable = new Map<string, Set<string>>();
  const reachedFrom = (index: string): Set<string> => {
    const known = reachable.get(index) ?? new Set([index]);
    if (!reachable.has(index)) for (const file of known) for (const next of graph.get(file) ?? []) known.add(next);
    reachable.set(index, known);
    return known;
  };
  // What the list of all providers reaches by itself (the recognisers) need not be reached twice.
  const list = 'providers/index.ts';
  const ofTheList = house.has(list) ? reachedFrom(list) : new Set<string>();
  return [...house.keys()].flatMap((file) => {
    const room = roomOf(file);
    const isListed = listedRooms.some((each) => covers(each, room)) && file !== room;
    if (!isListed || isTest(file) || file.endsWith('.samples.ts')) return [];
    const index = indexAbove(house, file, room);
    const isNamed =
      index === undefined || reachedFrom(index).has(file) || (index === `${room}/index.ts` && ofTheList.has(file));
    return isNamed ? [] : [`${file}: not reachable from ${index}`];
  });
}

/** The nearest index.ts beside or above a file, within its room; a folder's own index answers to the one above it. */
function indexAbove(house: House, file: string, room: string): string | undefined {
  const isIndex = posix.basename(file) === 'index.ts';
  let folder = isIndex ? posix.dirname(posix.dirname(file)) : posix.dirname(file);
  while (folder === room || folder.startsWith(`${room}/`)) {
    const index = `${folder}/index.ts`;
    if (house.has(index)) return index;
    folder = posix.dirname(folder);
  }
  return undefined;
}
