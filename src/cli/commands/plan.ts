/** netaudit plan PLAN.json: which flows a Terraform plan opens and closes. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type NetworkDiff,
  type TerraformSnapshot,
  diffPlan,
  loadSnapshot,
  planJson,
  planText,
  readTerraformPlan,
} from '../../index.ts';
import { EXIT } from '../exit-codes.ts';
import { failing } from '../fail-on.ts';
import type { OutputOptions } from '../output.ts';
import { Problem } from '../problem.ts';
import { writeReports } from '../reports.ts';

export interface PlanCommandOptions extends OutputOptions {
  readonly snapshot: readonly string[];
  readonly source?: string;
  readonly failOn?: string;
}

export async function planCommand(file: string, options: PlanCommandOptions): Promise<number> {
  const fails = failing(options.failOn);
  const plan = readTerraformPlan(contentOf(file), file === '-' ? 'standard input' : file);
  const snapshot = options.snapshot.length === 0 ? undefined : await loadSnapshot(options.snapshot);
  const found: TerraformSnapshot = diffPlan(
    plan,
    snapshot?.documents ?? [],
    options.source === undefined ? undefined : folderReader(options.source),
  );
  await writeReports(
    options,
    { title: `netaudit plan ${file}`, diff: found.diff },
    {
      text: () => planText(found, file),
      json: () => planJson(found),
    },
  );
  if (fails(found.diff)) return EXIT.no;
  return options.failOn !== undefined && hasDoubts(found.diff) ? EXIT.undetermined : EXIT.ok;
}

function hasDoubts({ missing }: NetworkDiff): boolean {
  return missing.length > 0;
}

function contentOf(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new Problem(
      `${file} can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}). Write a plan with: terraform show -json plan.out > plan.json`,
    );
  }
}

/** The .tf files of a folder below the configuration's root; a folder that is not there holds none. */
function folderReader(root: string): (folder: string) => ReadonlyMap<string, string> {
  return (folder) => {
    const path = join(root, folder);
    const files = new Map<string, string>();
    let names: string[];
    try {
      names = readdirSync(path)
        .filter((name) => name.endsWith('.tf'))
        .sort();
    } catch {
      return files;
    }
    for (const name of names) files.set(name, readFileSync(join(path, name), 'utf8'));
    return files;
  };
}
