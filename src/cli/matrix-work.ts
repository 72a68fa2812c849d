/**
 * One thread's share of a matrix: which rows, and what was asked for in the user's words. Runs in the main thread and in
 * workers.
 */
import { availableParallelism } from 'node:os';
import { type Estate, type MatrixSlice, answerable, matrixOptions, matrixSlice } from '../index.ts';

/** What was asked, in words; plain data, since it goes to other threads and into shard files. */
export interface MatrixQuestion {
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly port?: string;
}

/** Stretch `index`, from 0, of `count` stretches of the rows. */
export interface Share {
  readonly index: number;
  readonly count: number;
}

export interface MatrixJob {
  readonly paths: readonly string[];
  readonly places: Readonly<Record<string, string>>;
  readonly question: MatrixQuestion;
  readonly share: Share;
}

/**
 * What a thread answers with. All threads that read the same snapshot have the same parts, so that those stay where they are.
 */
export interface MatrixAnswer {
  readonly digest: string;
  readonly slice: Omit<MatrixSlice, 'parts'>;
}

/** The share `of` a share's own parts. */
export function subShare(share: Share, index: number, of: number): Share {
  return { index: share.index * of + index, count: share.count * of };
}

export function workOn(estate: Estate, { question, places, share }: Omit<MatrixJob, 'paths'>): MatrixSlice {
  const network = answerable(estate);
  const slice = matrixSlice(network, { ...matrixOptions(network, question, places), slice: share });
  // A call that failed when the snapshot was collected may hide ends and rules of any row.
  return { ...slice, missing: [...slice.missing, ...estate.refusals.missing] };
}

/** About what a thread takes, which holds the whole network: this, and so much for each byte of the snapshot. */
const LEAST_MEMORY = 150_000_000;
const MEMORY_PER_BYTE = 8;

/** Each thread reads the snapshot and finds its ends for itself: below this that takes longer than what there is to share. */
const WORTH_SHARING = 100_000_000;

/** How many threads are worth it: one a core for a large snapshot, as far as memory goes. */
export function threadsFor(
  bytes: number,
  asked: number | undefined,
  { cores = availableParallelism(), memory = process.availableMemory() } = {},
): number {
  if (asked !== undefined) return asked;
  if (bytes < WORTH_SHARING) return 1;
  const room = Math.floor(memory / (LEAST_MEMORY + MEMORY_PER_BYTE * bytes));
  return Math.max(1, Math.min(cores, room, 64));
}
