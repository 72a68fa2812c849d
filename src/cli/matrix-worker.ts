/** A worker thread of `netaudit matrix`: reads the snapshot for itself and answers with its slice, as text, which is quick to hand over. */
import { parentPort, workerData } from 'node:worker_threads';
import { buildNetwork, loadSnapshot } from '../index.ts';
import { type MatrixJob, workOn } from './matrix-work.ts';

async function work(job: MatrixJob): Promise<void> {
  const snapshot = await loadSnapshot(job.paths);
  const slice = JSON.stringify(workOn(buildNetwork(snapshot), job));
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- the port of a worker thread has no origin
  parentPort?.postMessage({ digest: snapshot.digest, slice });
}

void work(workerData as MatrixJob);
