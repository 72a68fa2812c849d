/**
 * Where a resource stands in the configuration: the `.tf` file and line of its block. Reads blocks, no expressions: a line
 * that opens `resource "type" "name"` outside of comments and heredocs is the one. Whoever calls reads the files.
 * Source: https://developer.hashicorp.com/terraform/language/syntax/configuration
 */
import { namesIn } from './configuration.ts';
import type { ConfigModule, Plan } from './plan.ts';

export interface Place {
  readonly file: string;
  readonly line: number;
}

/** Reads the .tf files of a folder, relative to the configuration's root: name -> text. */
export type ReadFolder = (folder: string) => ReadonlyMap<string, string>;

/** Finds blocks by address; each folder is read once. */
export class Sources {
  private readonly plan: Plan;
  private readonly read: ReadFolder;
  private readonly folders = new Map<string, ReadonlyMap<string, Place>>();

  constructor(plan: Plan, read: ReadFolder) {
    this.plan = plan;
    this.read = read;
  }

  /** The block of an address, or undefined where its module is not in these folders. */
  placeOf(address: string): Place | undefined {
    const found = this.plan.instances.find((one) => one.address === address);
    const folder = found === undefined ? undefined : this.folderOf(found.module);
    if (found === undefined || folder === undefined) return undefined;
    const known = this.folders.get(folder) ?? blocksIn(folder, this.read(folder));
    this.folders.set(folder, known);
    return known.get(`${found.type}.${found.name}`);
  }

  /** Modules of the same repository only: others are downloaded elsewhere. */
  private folderOf(module: string): string | undefined {
    let folder = '';
    let at: ConfigModule | undefined = this.plan.configuration;
    for (const name of namesIn(module)) {
      const call: NonNullable<ConfigModule['module_calls']>[string] | undefined = at?.module_calls?.[name];
      const { source } = call ?? {};
      if (source === undefined || !/^\.{1,2}\//.test(source)) return undefined;
      folder = `${folder}${folder === '' ? '' : '/'}${source}`;
      at = call?.module;
    }
    return folder;
  }
}

function blocksIn(folder: string, files: ReadonlyMap<string, string>): Map<string, Place> {
  const found = new Map<string, Place>();
  for (const [file, text] of files) {
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
      const block = /^\s*resource\s+"([^"]+)"\s+"([^"]+)"/.exec(line);
      if (block !== null) {
        const path = `${folder === '' ? '' : `${folder.replace(/^\.\//, '').replace(/\/$/, '')}/`}${file}`;
        found.set(`${block[1]}.${block[2]}`, { file: path, line: i + 1 });
      }
      heredoc = /<<[-~]?\s*"?([A-Za-z_]\w*)"?\s*$/.exec(line)?.[1];
      if (/^\s*\/\*/.test(line) && !line.includes('*/')) inComment = true;
    }
  }
  return found;
}
