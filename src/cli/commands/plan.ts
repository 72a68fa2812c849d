/** netaudit plan PLAN.json: which flows a Terraform plan opens and closes, and which policies it breaks. */
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type PlanResult, judgePlan, loadSnapshot, planJson, planText, readTerraformPlan } from '../../index.ts';
import { type AuditFlags, auditSetup } from '../audit-options.ts';
import { planExit } from '../fail-on.ts';
import type { OutputOptions } from '../output.ts';
import { Problem } from '../problem.ts';
import { writeReports } from '../reports.ts';

export interface PlanCommandOptions extends OutputOptions, AuditFlags {
  readonly snapshot: readonly string[];
  readonly source?: string;
}

export async function planCommand(file: string, flags: PlanCommandOptions): Promise<number> {
  // The configuration's own netaudit.yaml counts, wherever the command is called from.
  const { options, failOn } = await auditSetup(flags, resolve(flags.source ?? '.'));
  const exitFor = planExit(failOn);
  const plan = readTerraformPlan(contentOf(file), file === '-' ? 'standard input' : file);
  const snapshot = flags.snapshot.length === 0 ? undefined : await loadSnapshot(flags.snapshot);
  const found: PlanResult = judgePlan(plan, {
    ...options,
    ...(snapshot === undefined ? {} : { documents: snapshot.documents }),
    ...(flags.source === undefined ? {} : { source: { read: folderReader(flags.source), root: flags.source } }),
  });
  await writeReports(
    flags,
    { title: `netaudit plan ${file}`, diff: found.diff, audit: found.audit },
    {
      text: () => planText(found, file),
      json: () => planJson(found),
    },
  );
  return exitFor(found);
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

/** The .tf and .tf.json files of a folder below the configuration's root; a folder that is not there holds none. */
function folderReader(root: string): (folder: string) => ReadonlyMap<string, string> {
  return (folder) => {
    const path = join(root, folder);
    const files = new Map<string, string>();
    let names: string[];
    try {
      names = readdirSync(path)
        .filter((name) => /\.tf(\.json)?$/.test(name))
        .sort();
    } catch {
      return files;
    }
    for (const name of names) files.set(name, readFileSync(join(path, name), 'utf8'));
    return files;
  };
}
