/**
 * JSON that a user hands to a command besides the snapshot: changes to try, questions in a batch. Checked here, with the
 * place in every complaint.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Change } from '../index.ts';
import { Problem } from './problem.ts';

const FLOW = z.object({ protocol: z.string(), ports: z.string(), from: z.array(z.string()), to: z.array(z.string()) });
const COMMON = { resource: z.string(), provider: z.string(), text: z.string().default('') };
const CHANGE = z.discriminatedUnion('op', [
  z.object({
    op: z.literal('allow'),
    ...COMMON,
    filter: z.string(),
    direction: z.enum(['in', 'out']),
    flows: z.array(FLOW),
  }),
  z
    .object({
      op: z.literal('add-route'),
      ...COMMON,
      table: z.string(),
      destination: z.string(),
      target: z.string(),
      replaces: z.string().optional(),
    })
    .transform(({ replaces, ...rest }) => (replaces === undefined ? rest : { ...rest, replaces })),
  z.object({ op: z.literal('amend'), ...COMMON, amendment: z.string(), attribute: z.string(), to: z.string() }),
]);
const CHANGES = z.union([
  z.array(CHANGE),
  CHANGE.transform((one) => [one]),
  z.object({ fixes: z.object({ changes: z.array(CHANGE) }) }).transform((answer) => answer.fixes.changes),
  z.object({ changes: z.array(CHANGE) }).transform((answer) => answer.changes),
]);

/** The changes of a file: a change, a list of them, or a whole JSON answer with its fixes. Throws Problem. */
export function readChanges(file: string): readonly Change[] {
  const parsed = CHANGES.safeParse(jsonOf(contentOf(file), file));
  if (parsed.success) return parsed.data;
  throw new Problem(
    `${file} holds no changes: it must be a change, a list of changes, or an answer of "netaudit reach --format json" with its fixes.`,
  );
}

/** One question of a batch, with the line that it stands on. */
export interface BatchQuestion {
  readonly line: number;
  readonly src: string;
  readonly dst: string;
  readonly expect?: string | undefined;
}

const QUESTION = z.union([
  z.object({ src: z.string(), dst: z.string(), expect: z.string().optional() }),
  z
    .object({ args: z.tuple([z.string(), z.string()]), expect: z.string().optional() })
    .transform(({ args, expect }) => ({
      src: args[0],
      dst: args[1],
      expect,
    })),
  z.tuple([z.string(), z.string()]).transform(([src, dst]) => ({ src, dst })),
]);

/** The questions of JSON lines: {"src", "dst", "expect"?} or ["src", "dst:port"]. Throws Problem. */
export function readBatch(file: string): readonly BatchQuestion[] {
  const questions = contentOf(file)
    .split('\n')
    .flatMap((text, i) => {
      if (text.trim() === '') return [];
      const parsed = QUESTION.safeParse(jsonOf(text, `${nameOf(file)}:${i + 1}`));
      if (parsed.success) return [{ line: i + 1, ...parsed.data }];
      throw new Problem(
        `${nameOf(file)}:${i + 1}: this is no question. Write {"src": "web-1", "dst": "db-1:5432"} on a line of its own.`,
      );
    });
  if (questions.length === 0) throw new Problem(`${nameOf(file)} holds no questions.`);
  return questions;
}

function jsonOf(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem(`${where}: this is not JSON.`);
  }
}

function contentOf(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new Problem(`${nameOf(file)} can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}).`);
  }
}

function nameOf(file: string): string {
  return file === '-' ? 'standard input' : file;
}
