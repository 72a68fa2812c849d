/** A worker thread of `netaudit matrix`: reads the snapshot for itself and answers with its slice. */
import { parentPort, workerData } from 'node:worker_threads';
import { buildNetwork, loadSnapshot } from '../index.ts';
import { type MatrixAnswer, type MatrixJob, workOn } from './matrix-work.ts';

async function work(job: MatrixJob): Promise<void> {
  const snapshot = await loadSnapshot(job.paths);
  const { parts: _, ...slice } = workOn(buildNetwork(snapshot), job);
  const answer: MatrixAnswer = { digest: snapshot.digest, slice };
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- the port of a worker thread has no origin
  parentPort?.postMessage(answer);
}

void work(workerData as MatrixJob);
