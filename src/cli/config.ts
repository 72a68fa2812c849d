/** netaudit.yaml: found by walking up from here, checked, with file, line and column in every complaint. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CollectConfig } from './collect-config.ts';
import { Problem } from './problem.ts';

/** The keys that are read; others are for other commands. */
export interface Config {
  readonly snapshot?: string | readonly string[];
  readonly places?: Readonly<Record<string, string>>;
  /** What `--live` and `schedule` collect. */
  readonly collect?: CollectConfig;
}

/** The nearest netaudit.yaml at or above a folder; undefined where there is none. Throws Problem. */
export async function readConfig(from: string): Promise<{ file: string; config: Config } | undefined> {
  const file = find(from);
  if (file === undefined) return undefined;
  const [{ LineCounter, parseDocument }, { z }, { collectShape }] = await Promise.all([
    import('yaml'),
    import('zod'),
    import('./collect-config.ts'),
  ]);
  const lines = new LineCounter();
  const document = parseDocument(contentOf(file), { lineCounter: lines, logLevel: 'silent', prettyErrors: false });
  const broken = document.errors[0];
  if (broken !== undefined) {
    const { line, col } = lines.linePos(broken.pos[0]);
    throw new Problem(
      `${file}:${line}:${col}: this is not valid YAML (${broken.code.toLowerCase().replaceAll('_', ' ')}). Mend it or remove the file.`,
    );
  }
  const schema = z.looseObject({
    snapshot: z.union([z.string(), z.array(z.string())]).optional(),
    places: z.record(z.string(), z.string()).optional(),
    collect: collectShape(z).optional(),
  });
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch {
    throw new Problem(`${file}: its aliases don't resolve. Write the values out.`);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const node = document.getIn(issue.path as (string | number)[], true) as
      | { range?: [number, number, number] }
      | undefined;
    const { line, col } = lines.linePos(node?.range?.[0] ?? 0);
    throw new Problem(`${file}:${line}:${col}: ${issue.path.join('.') || 'the file'}: ${issue.message}.`);
  }
  const { snapshot, places, collect } = parsed.data;
  return {
    file,
    config: {
      ...(snapshot === undefined ? {} : { snapshot }),
      ...(places === undefined ? {} : { places }),
      ...(collect === undefined ? {} : { collect }),
    },
  };
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
