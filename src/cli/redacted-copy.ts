/**
 * netaudit inspect --redact DIR: a copy of a snapshot that can be shown to strangers, and beside it, for the owner alone, the list
 * of what stands for what.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Redactor } from '../redact/redactor.ts';
import { loadSnapshot } from '../snapshot/load.ts';
import { Problem } from './problem.ts';

/**
 * Writes the copy into `folder`, which must be empty or not there, and "<folder>.names.tsv". Returns how many files. Throws
 * Problem.
 */
export async function writeRedactedCopy(paths: readonly string[], folder: string): Promise<number> {
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new Problem(`${folder} is not empty. Name a folder that --redact may fill.`);
  const files = await valuesIn(paths);
  const redactor = new Redactor();
  for (const { values } of files.values()) for (const value of values) redactor.learn(value);
  let count = 0;
  try {
    for (const [file, { values }] of files) {
      // Folders may say the account and the Region; file names say nothing that the content doesn't.
      const above = dirname(file)
        .split('/')
        .filter((step) => step !== '.' && step !== '..')
        .map((step) => redactor.word(step));
      const inside = join(folder, ...above);
      mkdirSync(inside, { recursive: true, mode: 0o700 });
      const text = values.map((value) => JSON.stringify(redactor.redact(value), null, values.length > 1 ? 0 : 2));
      writeFileSync(join(inside, `${String(++count).padStart(4, '0')}.json`), `${text.join('\n')}\n`, { mode: 0o600 });
    }
    const names = redactor.replaced().map(([name, word]) => `${word}\t${name}\n`);
    writeFileSync(`${folder.replace(/[/\\]+$/, '')}.names.tsv`, names.join(''), { mode: 0o600 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new Problem(`${folder} can't be written (${code}). Check the path given with --redact.`);
  }
  return count;
}

/** Every JSON value of the snapshot, by file: a reader that understands nothing is shown them all. */
async function valuesIn(paths: readonly string[]): Promise<Map<string, { values: unknown[] }>> {
  const files = new Map<string, { values: unknown[] }>();
  await loadSnapshot(paths, [
    {
      provider: 'any',
      recognise(value, { file }) {
        const known = files.get(file) ?? { values: [] };
        known.values.push(value);
        files.set(file, known);
        return undefined;
      },
    },
  ]);
  return files;
}
