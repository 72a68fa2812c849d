/** netaudit.yaml: found by walking up from here, checked, with file, line and column in every complaint. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Intent, Suppression } from '../index.ts';
import type { CollectConfig } from './collect-config.ts';
import { Problem } from './problem.ts';

/** The keys that are read; others are for other commands. */
export interface Config {
  readonly snapshot?: string | readonly string[];
  readonly places?: Readonly<Record<string, string>>;
  /** What `--live` and `schedule` collect. */
  readonly collect?: CollectConfig;
  /** Files, folders and codes, as --policy takes them; paths are relative to the file. */
  readonly policies?: readonly string[];
  readonly baseline?: string;
  readonly failOn?: string;
  /** What must work and what must not; `audit` and `plan` check it. */
  readonly intents?: readonly Intent[];
  readonly suppressions?: readonly Suppression[];
}

/** The nearest netaudit.yaml at or above a folder; undefined where there is none. Throws Problem. */
export async function readConfig(from: string): Promise<{ file: string; config: Config } | undefined> {
  const file = find(from);
  if (file === undefined) return undefined;
  const [{ checkedYaml, PolicyError }, { z }, { collectShape }, { intentsFrom, intentsShape, suppressionsShape }] =
    await Promise.all([
      import('../audit/yaml-file.ts'),
      import('zod'),
      import('./collect-config.ts'),
      import('../index.ts'),
    ]);
  const schema = z.looseObject({
    snapshot: z.union([z.string(), z.array(z.string())]).optional(),
    places: z.record(z.string(), z.string()).optional(),
    collect: collectShape(z).optional(),
    policies: z.union([z.string().transform((one) => [one]), z.array(z.string())]).optional(),
    baseline: z.string().optional(),
    'fail-on': z.string().optional(),
    intents: intentsShape.optional(),
    suppressions: suppressionsShape.optional(),
  });
  const checked = (() => {
    try {
      return checkedYaml(contentOf(file), file, schema);
    } catch (error) {
      throw error instanceof PolicyError ? new Problem(error.message) : error;
    }
  })();
  const { snapshot, places, collect, policies, baseline, 'fail-on': failOn, intents, suppressions } = checked.value;
  const lineOf = (path: readonly (string | number)[]) => checked.at(path).line;
  // Findings name the file as the reader's own tools do, not by where it happens to lie on this machine.
  const shown = relative(from, file) || file;
  const config: { [K in keyof Config]: Config[K] | undefined } = {
    snapshot,
    places,
    collect,
    policies,
    baseline,
    failOn,
    intents: intents && intentsFrom(intents, shown, (path) => lineOf(['intents', ...path])),
    suppressions: suppressions?.map((one, i) => ({ ...one, file: shown, line: lineOf(['suppressions', i]) })),
  };
  const given = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
  return { file, config: given };
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Problem(`${file} can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}).`);
  }
}

function find(from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const file = join(folder, 'netaudit.yaml');
    if (existsSync(file)) return file;
    if (dirname(folder) === folder) return undefined;
  }
}
