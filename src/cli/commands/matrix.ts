/** netaudit matrix: who can reach whom on what. Splits the work among threads, and with --shard among machines. */
import { Worker } from 'node:worker_threads';
import {
  type Estate,
  type MatrixSlice,
  buildNetwork,
  joinSlices,
  matrixJson,
  matrixText,
  parsePorts,
} from '../../index.ts';
import type { Config } from '../config.ts';
import { EXIT } from '../exit-codes.ts';
import { type MatrixAnswer, type MatrixQuestion, type Share, subShare, threadsFor, workOn } from '../matrix-work.ts';
import { type OutputOptions, writeParts } from '../output.ts';
import { Problem } from '../problem.ts';
import { factsOf, shardParts } from '../shard.ts';
import { bytesIn, openSnapshot } from '../snapshot.ts';

interface MatrixCommandOptions extends OutputOptions {
  readonly snapshot: readonly string[];
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly port?: string;
  readonly shard?: string;
  readonly workers?: string;
}

export async function matrixCommand(options: MatrixCommandOptions): Promise<number> {
  const shard = options.shard === undefined ? undefined : parseShard(options.shard);
  const asked = options.workers === undefined ? undefined : parseWorkers(options.workers);
  if (options.port !== undefined) parsePorts(options.port);
  if (shard !== undefined && options.format.some((format) => format !== 'json'))
    throw new Problem('a shard is JSON: leave --format out, and give it to "netaudit merge", which joins the shards.');
  const question: MatrixQuestion = {
    from: options.from,
    to: options.to,
    ...(options.port === undefined ? {} : { port: options.port }),
  };
  const share: Share = shard ?? { index: 0, count: 1 };
  const started: { helpers?: Helpers } = {};
  try {
    const { snapshot, config } = await openSnapshot(options.snapshot, (paths, { places = {} }) => {
      const threads = paths.includes('-') ? 1 : threadsFor(bytesIn(paths), asked);
      started.helpers = new Helpers({ paths, places, question }, share, threads);
    });
    const estate = buildNetwork(snapshot);
    const slices = await started.helpers!.slices(estate, config, snapshot.digest);
    if (shard !== undefined)
      await writeParts(
        { format: ['json'], output: options.output },
        { json: () => shardParts(factsOf(snapshot), shard, question, slices) },
      );
    else {
      const matrix = joinSlices(slices);
      const facts = factsOf(snapshot);
      await writeParts(options, {
        text: () => matrixText(matrix, facts, new Date()),
        json: () => matrixJson(matrix, facts),
      });
    }
  } finally {
    started.helpers?.stop();
  }
  return EXIT.ok;
}

/** The other threads. Each reads the snapshot for itself, while the main thread does. */
class Helpers {
  private readonly question: MatrixQuestion;
  private readonly share: Share;
  private readonly workers: Worker[] = [];
  private readonly answers: Promise<MatrixAnswer>[] = [];

  constructor(
    job: {
      readonly paths: readonly string[];
      readonly places: Readonly<Record<string, string>>;
      readonly question: MatrixQuestion;
    },
    share: Share,
    threads: number,
  ) {
    this.question = job.question;
    this.share = threads === 1 ? share : subShare(share, 0, threads);
    // Beside the bundle's chunks, or beside the folder of this file.
    const file = new URL(
      import.meta.url.endsWith('.ts') ? '../matrix-worker.ts' : '../matrix-worker.cjs',
      import.meta.url,
    );
    for (let index = 1; index < threads; index++) {
      const worker = new Worker(file, { workerData: { ...job, share: subShare(share, index, threads) } });
      this.workers.push(worker);
      const answer = new Promise<MatrixAnswer>((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', (error: Error) => reject(workerProblem(error)));
        worker.once('exit', () =>
          reject(new Problem('a worker thread ended before its work was done. Try --workers 1.')),
        );
      });
      // Reported where it is awaited; what fails here usually fails in the main thread first.
      answer.catch(() => undefined);
      this.answers.push(answer);
    }
  }

  /** Every thread's slice; the main thread's own is worked out here. */
  async slices(estate: Estate, { places = {} }: Config, digest: string): Promise<MatrixSlice[]> {
    const own = workOn(estate, { question: this.question, places, share: this.share });
    const slices = [own];
    for (const answer of this.answers) {
      const { digest: read, slice } = await answer;
      if (read !== digest) throw new Problem('the snapshot changed while it was read. Run the command again.');
      slices.push({ ...slice, parts: own.parts });
    }
    return slices;
  }

  stop(): void {
    for (const worker of this.workers) void worker.terminate();
  }
}

function workerProblem(error: Error & { code?: string }): Error {
  return error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? new Problem('a worker thread ran out of memory. Try --workers 1, or --shard i/n on several machines.')
    : error;
}

/** "2/5" is the second of five. */
function parseShard(text: string): Share {
  const match = /^(\d{1,5})\/(\d{1,5})$/.exec(text);
  const [index, count] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || index < 1 || index > count)
    throw new Problem(`--shard takes i/n with i from 1 to n, like 2/5; "${text.slice(0, 40)}" is not that.`);
  return { index: index - 1, count };
}

function parseWorkers(text: string): number {
  const workers = Number(text);
  if (!/^\d{1,3}$/.test(text) || workers < 1)
    throw new Problem(`--workers takes a number from 1 to 999; "${text.slice(0, 40)}" is not that.`);
  return workers;
}
