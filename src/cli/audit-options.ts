/** What an audit is judged by, from the flags of a command and netaudit.yaml: flags beat the file. Shared by audit and plan. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type AuditOptions, type Baseline, baselineText, parseBaseline } from '../index.ts';
import { type Config, readConfig } from './config.ts';
import { readPolicies } from './policies.ts';
import { Problem } from './problem.ts';

export interface AuditFlags {
  readonly policy?: readonly string[];
  readonly baseline?: string;
  readonly updateBaseline?: boolean;
  readonly failOn?: string;
}

/** The options of an audit, where its baseline lies, and what makes it fail. */
export interface AuditSetup {
  readonly options: AuditOptions;
  readonly baselineFile: string | undefined;
  /** Words of --fail-on. */
  readonly failOn: string | undefined;
}

const DEFAULT_BASELINE = 'netaudit-baseline.json';

/**
 * Reads policies, intents, suppressions and the baseline, by the netaudit.yaml at or above a folder. Throws Problem and
 * PolicyError.
 */
export async function auditSetup(flags: AuditFlags, folder = process.cwd()): Promise<AuditSetup> {
  const found = await readConfig(folder);
  const config: Config = found?.config ?? {};
  const beside = (path: string) => (found === undefined ? path : resolve(dirname(found.file), path));
  const words = [...(config.policies ?? []).map((word) => localWord(word, beside)), ...(flags.policy ?? [])];
  const configured = config.baseline === undefined ? undefined : beside(config.baseline);
  const baselineFile = flags.baseline ?? configured ?? (flags.updateBaseline === true ? DEFAULT_BASELINE : undefined);
  const baseline = baselineFile === undefined ? undefined : readBaseline(baselineFile, flags.updateBaseline === true);
  const { places, intents, suppressions } = config;
  return {
    options: {
      policies: readPolicies(words),
      ...(places === undefined ? {} : { places }),
      ...(intents === undefined ? {} : { intents }),
      ...(suppressions === undefined ? {} : { suppressions }),
      ...(baseline === undefined ? {} : { baseline }),
    },
    baselineFile,
    failOn: flags.failOn ?? config.failOn,
  };
}

/** A word of the file is a path beside the file where there is one. */
function localWord(word: string, beside: (path: string) => string): string {
  return existsSync(beside(word)) ? beside(word) : word;
}

function readBaseline(file: string, isNew: boolean): Baseline {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && isNew) return { entries: [] };
    const way = code === 'ENOENT' ? 'Write one with: netaudit audit --update-baseline' : 'Check the path.';
    throw new Problem(`the baseline ${file} can't be read (${code ?? 'unknown error'}). ${way}`);
  }
  return parseBaseline(text, file);
}

/** Writes a baseline whole or not at all, and says in a line what changed. Throws Problem. */
export function writeBaseline(file: string, old: Baseline, next: Baseline): string {
  const text = baselineText(next);
  try {
    writeFileSync(`${file}.part`, text);
    renameSync(`${file}.part`, file);
  } catch (error) {
    throw new Problem(`${file} can't be written (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}).`);
  }
  const lines = (one: Baseline) =>
    new Set(
      baselineText(one)
        .split('\n')
        .filter((line) => line.startsWith('    '))
        .map((line) => line.replace(/,$/, '')),
    );
  const [before, after] = [lines(old), lines(next)];
  const added = [...after].filter((line) => !before.has(line)).length;
  const dropped = [...before].filter((line) => !after.has(line)).length;
  return `${file}: ${added} added, ${dropped} dropped, ${after.size} in all`;
}
