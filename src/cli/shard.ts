/** Files in which slices of a matrix go from one machine to another: written here, checked and read back here. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { MatrixSlice, Snapshot } from '../index.ts';
import { safeJson } from '../report/safe-text.ts';
import type { MatrixQuestion, Share } from './matrix-work.ts';
import { Problem } from './problem.ts';

/** What a report says of the snapshot, as far as a shard file carries it. */
export interface MatrixFacts {
  readonly digest: string;
  readonly collectedAt?: string;
  readonly newestFileTime?: Date;
  readonly files: readonly unknown[];
}

export interface Shard {
  readonly file: string;
  readonly facts: MatrixFacts;
  readonly share: Share;
  readonly question: MatrixQuestion;
  readonly slices: readonly MatrixSlice[];
}

export function factsOf(snapshot: Snapshot): MatrixFacts {
  const { digest, collectedAt, newestFileTime, files } = snapshot;
  return {
    digest,
    files: files.map(() => 0),
    ...(collectedAt === undefined ? {} : { collectedAt }),
    ...(newestFileTime === undefined ? {} : { newestFileTime }),
  };
}

/** A shard as JSON, part by part. */
export function* shardParts(
  facts: MatrixFacts,
  share: Share,
  question: MatrixQuestion,
  slices: readonly MatrixSlice[],
): Generator<string> {
  const snapshot = { ...facts, files: facts.files.length, newestFileTime: facts.newestFileTime?.toISOString() };
  const head = { kind: 'matrix-shard', shard: { index: share.index + 1, count: share.count }, question, snapshot };
  yield `{"schemaVersion":1,${safeJson(head, 0).slice(1, -1)},\n"parts":${safeJson(slices[0]?.parts ?? [], 0)},\n"slices":[`;
  for (const [i, { parts: _, rows, ...rest }] of slices.entries()) {
    yield `${i === 0 ? '' : ','}\n{${safeJson(rest, 0).slice(1, -1)},\n"rows":[`;
    for (const [k, { from, to }] of rows.entries()) yield `${k === 0 ? '' : ','}\n{"from":${from},"to":[${to.join()}]}`;
    yield ']}';
  }
  yield ']}\n';
}

const TEXTS = z.array(z.string());
const COUNT = z.int().min(0);
const FLOW = z.object({ protocol: z.string(), ports: z.string(), from: TEXTS, to: TEXTS });
const FLOWS = z.union([
  z.object({ ports: z.array(z.object({ protocol: z.string(), ports: z.string() })) }),
  z.object({ outside: z.array(z.object({ protocol: z.string(), ports: z.string(), addresses: TEXTS })) }),
  z.object({ exactly: z.array(FLOW) }),
]);
const CELL = z.object({
  firm4: FLOWS.exactOptional(),
  firm6: FLOWS.exactOptional(),
  open4: FLOWS.exactOptional(),
  open6: FLOWS.exactOptional(),
  unanswered: z.string().exactOptional(),
});
const SHARD = z.object({
  schemaVersion: z.literal(1),
  kind: z.literal('matrix-shard'),
  shard: z.object({ index: z.int().min(1), count: z.int().min(1) }),
  question: z.object({ from: TEXTS, to: TEXTS, port: z.string().exactOptional() }),
  snapshot: z.object({
    digest: z.string(),
    files: COUNT.max(10_000_000),
    collectedAt: z.string().exactOptional(),
    newestFileTime: z.iso.datetime().exactOptional(),
  }),
  parts: z.array(z.object({ members: TEXTS, names: TEXTS, inside: TEXTS, outward: TEXTS })),
  slices: z.array(
    z.object({
      cells: z.array(CELL),
      rows: z.array(z.object({ from: COUNT, to: z.array(COUNT) })),
      missing: z.array(z.object({ what: z.string(), fetch: z.string().nullable() })),
      assumptions: z.array(z.object({ code: z.string(), resource: z.string(), message: z.string() })),
    }),
  ),
});

/** Reads a shard file. Throws Problem where it is none. */
export function readShard(file: string): Shard {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Problem(`${file} can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}).`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Problem(`${file} is not whole JSON. Write it again with "netaudit matrix --shard i/n".`);
  }
  const parsed = SHARD.safeParse(value);
  if (!parsed.success)
    throw new Problem(`${file} is not a shard of a matrix. "netaudit matrix --shard i/n --output FILE" writes one.`);
  const { shard, question, snapshot, parts, slices } = parsed.data;
  const { files, newestFileTime, ...rest } = snapshot;
  for (const { cells, rows } of slices)
    for (const { from, to } of rows)
      if (
        from >= parts.length ||
        to.length % 2 === 1 ||
        to.some((number, i) => number >= (i % 2 === 0 ? parts : cells).length)
      )
        throw new Problem(`${file} names parts that it does not have. Write it again.`);
  return {
    file,
    facts: {
      ...rest,
      files: Array.from({ length: files }, () => 0),
      ...(newestFileTime === undefined ? {} : { newestFileTime: new Date(newestFileTime) }),
    },
    share: { index: shard.index - 1, count: shard.count },
    question,
    slices: slices.map(({ rows, ...slice }) => ({
      ...slice,
      parts,
      rows: rows.map(({ from, to }) => ({ from, to: Int32Array.from(to) })),
    })),
  };
}
