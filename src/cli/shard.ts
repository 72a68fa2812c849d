/** Files in which slices of a matrix go from one machine to another: written here, checked and read back here. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { MatrixSlice, Snapshot } from '../index.ts';
import { parseAddress, parseCidr } from '../net/address.ts';
import { safeJson } from '../report/safe-text.ts';
import type { MatrixQuestion, Share } from './matrix-work.ts';
import { Problem } from './problem.ts';
import { VERSION } from './version.ts';

/** The largest number of shards that a matrix is cut into. */
const MOST_SHARDS = 99_999;

/** What a report says of the snapshot, as far as a shard file carries it. */
export interface MatrixFacts {
  readonly digest: string;
  readonly collectedAt?: string;
  readonly newestFileTime?: Date;
  readonly files: readonly unknown[];
}

export interface Shard {
  readonly file: string;
  /** The version of netaudit that wrote it. */
  readonly version: string;
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

/** A shard as JSON, part by part. Its last field is the hash of what stands before it. */
export function* shardParts(...shard: Parameters<typeof bodyParts>): Generator<string> {
  const hash = createHash('sha256');
  for (const part of bodyParts(...shard)) {
    hash.update(part);
    yield part;
  }
  yield `${SEAL}${hash.digest('hex')}"}\n`;
}

const SEAL = ',\n"sha256":"';

function* bodyParts(
  facts: MatrixFacts,
  share: Share,
  question: MatrixQuestion,
  slices: readonly MatrixSlice[],
): Generator<string> {
  const snapshot = { ...facts, files: facts.files.length, newestFileTime: facts.newestFileTime?.toISOString() };
  const head = {
    kind: 'matrix-shard',
    version: VERSION,
    shard: { index: share.index + 1, count: share.count },
    question,
    snapshot,
  };
  yield `{"schemaVersion":1,${safeJson(head, 0).slice(1, -1)},\n"parts":${safeJson(slices[0]?.parts ?? [], 0)},\n"slices":[`;
  for (const [i, { parts: _, rows, ...rest }] of slices.entries()) {
    yield `${i === 0 ? '' : ','}\n{${safeJson(rest, 0).slice(1, -1)},\n"rows":[`;
    for (const [k, { from, to }] of rows.entries()) yield `${k === 0 ? '' : ','}\n{"from":${from},"to":[${to.join()}]}`;
    yield ']}';
  }
  yield ']';
}

/** Whether a file is as it was written. */
function isSealed(text: string): boolean {
  const at = text.lastIndexOf(SEAL);
  if (at < 0) return false;
  const hash = createHash('sha256').update(text.slice(0, at)).digest('hex');
  return text.slice(at + SEAL.length).startsWith(`${hash}"}`);
}

const TEXTS = z.array(z.string());
const COUNT = z.int().min(0);
const PROTOCOL = z.string().regex(/^[a-z0-9:*-]+$/);
const PORTS = z.string().regex(/^[a-z0-9*, -]+$/);
/** Those of flows are printed, those of parts are read. */
const PRINTED = z.array(z.string().regex(/^(?:any|[0-9a-f.:/]+)$/));
const ADDRESSES = z.array(z.string().refine((text) => (parseAddress(text) ?? parseCidr(text)) !== undefined));
const FLOW = z.object({ protocol: PROTOCOL, ports: PORTS, from: PRINTED, to: PRINTED });
const FLOWS = z.union([
  z.object({ ports: z.array(z.object({ protocol: PROTOCOL, ports: PORTS })) }),
  z.object({ outside: z.array(z.object({ protocol: PROTOCOL, ports: PORTS, addresses: PRINTED })) }),
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
  version: z.string(),
  shard: z
    .object({ index: z.int().min(1), count: z.int().min(1).max(MOST_SHARDS) })
    .refine(({ index, count }) => index <= count),
  question: z.object({ from: TEXTS, to: TEXTS, port: z.string().exactOptional() }),
  snapshot: z.object({
    digest: z.string(),
    files: COUNT.max(10_000_000),
    collectedAt: z.string().exactOptional(),
    newestFileTime: z.iso.datetime().exactOptional(),
  }),
  parts: z
    .array(
      z
        .object({ members: TEXTS, names: TEXTS, inside: ADDRESSES, outward: ADDRESSES })
        .refine(({ members, names }) => members.length === names.length),
    )
    .min(1)
    .refine(([internet]) => internet?.members.length === 0),
  slices: z
    .array(
      z.object({
        cells: z.array(CELL),
        rows: z.array(z.object({ from: COUNT, to: z.array(COUNT) })),
        missing: z.array(z.object({ what: z.string(), fetch: z.string().nullable() })),
        assumptions: z.array(z.object({ code: z.string(), resource: z.string(), message: z.string() })),
      }),
    )
    .min(1),
});

/** Reads a shard file. Throws Problem where it is none, or not what was written. */
export function readShard(file: string): Shard {
  const text = textOf(file);
  const again = 'Write it again with "netaudit matrix --shard i/n --output FILE".';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Problem(`${file} is not whole JSON. ${again}`);
  }
  const parsed = SHARD.safeParse(value);
  if (!parsed.success)
    throw new Problem(`${file} is not a shard of a matrix. "netaudit matrix --shard i/n --output FILE" writes one.`);
  if (!isSealed(text)) throw new Problem(`${file} is not as netaudit wrote it: something was changed in it. ${again}`);
  const { version, shard, question, snapshot, parts, slices } = parsed.data;
  const { files, newestFileTime, ...rest } = snapshot;
  const isPart = (number: number) => number === 0 || (parts[number]?.members.length ?? 0) > 0;
  for (const { cells, rows } of slices)
    for (const { from, to } of rows) {
      const targets = to.filter((_, i) => i % 2 === 0);
      const isWhole = to.length % 2 === 0 && to.every((number, i) => i % 2 === 0 || number < cells.length);
      if (!isPart(from) || !targets.every(isPart) || !isWhole)
        throw new Problem(`${file} names parts that it does not have. ${again}`);
    }
  return {
    file,
    version,
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

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    if (code === 'ERR_STRING_TOO_LONG' || code === 'ERR_FS_FILE_TOO_LARGE')
      throw new Problem(`${file} is larger than can be read at once. Cut the matrix into more shards.`);
    throw new Problem(`${file} can't be read (${code}).`);
  }
}
