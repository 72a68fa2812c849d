/**
 * Where a resource stands in the configuration: the file and line of its block. Reads blocks, no expressions: a line that
 * opens `resource "type" "name"` outside of comments and heredocs is the one. What a module from elsewhere makes stands
 * where that module is called. Whoever calls reads the files.
 * Sources: https://developer.hashicorp.com/terraform/language/syntax/configuration, .../syntax/json
 */
import { namesIn } from './configuration.ts';
import type { ConfigModule, Plan } from './plan.ts';
import { isObject } from './values.ts';

export interface Place {
  readonly file: string;
  readonly line: number;
}

/** Reads the .tf and .tf.json files of a folder, relative to the configuration's root: name -> text. */
export type ReadFolder = (folder: string) => ReadonlyMap<string, string>;

/** Finds blocks by address; each folder is read once. */
export class Sources {
  private readonly plan: Plan;
  private readonly read: ReadFolder;
  private readonly root: string;
  private readonly folders = new Map<string, ReadonlyMap<string, Place>>();

  /** `root` is the configuration's folder as its reader would write it; places are named from there. */
  constructor(plan: Plan, read: ReadFolder, root = '') {
    this.plan = plan;
    this.read = read;
    this.root = root;
  }

  /** The block of an address, or the call of the module that it comes from; undefined where neither is in these folders. */
  placeOf(address: string): Place | undefined {
    const found = this.plan.instances.find((one) => one.address === address);
    if (found === undefined) return undefined;
    let folder = '';
    let at: ConfigModule | undefined = this.plan.configuration;
    for (const name of namesIn(found.module)) {
      const call: NonNullable<ConfigModule['module_calls']>[string] | undefined = at?.module_calls?.[name];
      const { source } = call ?? {};
      if (source === undefined || !/^\.{1,2}\//.test(source)) return this.blocksOf(folder).get(`module.${name}`);
      folder = joined(folder, source);
      at = call?.module;
    }
    return this.blocksOf(folder).get(`${found.type}.${found.name}`);
  }

  private blocksOf(folder: string): ReadonlyMap<string, Place> {
    const known = this.folders.get(folder) ?? blocksIn(joined(this.root, folder), this.read(folder));
    this.folders.set(folder, known);
    return known;
  }
}

/** "modules/a" and "../b" -> "modules/b"; what stands for here is gone. */
function joined(folder: string, source: string): string {
  const steps: string[] = [];
  for (const step of [...folder.split('/'), ...source.split('/')]) {
    if (step === '.' || step === '') continue;
    if (step === '..' && steps.length > 0 && steps.at(-1) !== '..') steps.pop();
    else steps.push(step);
  }
  return `${folder.startsWith('/') ? '/' : ''}${steps.join('/')}`;
}

function blocksIn(folder: string, files: ReadonlyMap<string, string>): Map<string, Place> {
  const found = new Map<string, Place>();
  for (const [file, text] of files) {
    const path = joined(folder, file);
    const blocks = file.endsWith('.json') ? jsonBlocks(text) : nativeBlocks(text);
    for (const [name, line] of blocks) if (!found.has(name)) found.set(name, { file: path, line });
  }
  return found;
}

function nativeBlocks(text: string): [string, number][] {
  const found: [string, number][] = [];
  let heredoc: string | undefined;
  let inComment = false;
  for (const [i, line] of text.split('\n').entries()) {
    if (heredoc !== undefined) {
      if (line.trim() === heredoc) heredoc = undefined;
      continue;
    }
    if (inComment) {
      inComment = !line.includes('*/');
      continue;
    }
    const block = /^\s*(?:resource\s+"?([\w-]+)"?\s+"?([\w-]+)"?|module\s+"?([\w-]+)"?)\s*\{/.exec(line);
    if (block !== null) found.push([block[3] === undefined ? `${block[1]}.${block[2]}` : `module.${block[3]}`, i + 1]);
    heredoc = /<<[-~]?\s*"?([A-Za-z_]\w*)"?\s*$/.exec(line)?.[1];
    if (/^\s*\/\*/.test(line) && !line.includes('*/')) inComment = true;
  }
  return found;
}

/** Lines of the keys that name each block; a broken file holds none. */
function jsonBlocks(text: string): [string, number][] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  const found: [string, number][] = [];
  const lineAt = (offset: number) => text.slice(0, offset).split('\n').length;
  const key = (name: string, from: number) => Math.max(from, text.indexOf(JSON.stringify(name), from));
  const [resources, modules] = ['resource', 'module'].map((kind) => (isObject(value) ? value[kind] : undefined));
  for (const [type, named] of Object.entries(isObject(resources) ? resources : {})) {
    const start = key(type, key('resource', 0));
    for (const name of Object.keys(isObject(named) ? named : {}))
      found.push([`${type}.${name}`, lineAt(key(name, start))]);
  }
  for (const name of Object.keys(isObject(modules) ? modules : {}))
    found.push([`module.${name}`, lineAt(key(name, key('module', 0)))]);
  return found;
}
