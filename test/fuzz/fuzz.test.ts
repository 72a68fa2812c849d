/**
 * Broken snapshots: whatever is in the files, netaudit answers or says what is wrong with them. It never crashes, hangs or
 * fills the memory. FUZZ_SECONDS makes it longer, FUZZ_SEED another one; without them it is the same every time.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import {
  answerable,
  ask,
  buildNetwork,
  combined,
  joinSlices,
  loadSnapshot,
  matrixJson,
  matrixSlice,
  reachJson,
  reachText,
} from '../../src/index.ts';
import { randomOf } from '../random.ts';
import { samples } from './corpus.ts';
import { garble, mutate } from './mutations.ts';
import { millisecondsSince } from './processor.ts';

const SEED = Number(process.env['FUZZ_SEED'] ?? 1);
const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 8);
/** So many in any case, however slow the machine; no more without FUZZ_SECONDS, so that a run says the same each time. */
const RUNS = process.env['FUZZ_SECONDS'] === undefined ? 400 : Infinity;
const MOST_MILLISECONDS = 5000;
const MOST_BYTES = 2 ** 31;
const MENDABLE = new Set([
  'SnapshotError',
  'QuestionError',
  'ContradictionError',
  'SpaceBudgetError',
  'WalkBudgetError',
]);

const folder = mkdtempSync(join(tmpdir(), 'netaudit-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Everything that a user could ask of a snapshot, as often as the queries say. */
async function use(
  path: string,
  byRecordFrom: number,
  queries: readonly (readonly [string, string])[],
  withMatrix: boolean,
): Promise<void> {
  const snapshot = await loadSnapshot([path], { byRecordFrom });
  const estate = buildNetwork(snapshot);
  for (const [src, dst] of queries) {
    try {
      const answer = combined(ask(estate, src, dst), src, dst);
      reachJson(answer, snapshot);
      reachText(answer, snapshot, { colour: false, now: new Date(0) });
    } catch (error) {
      if (!isMendable(error)) throw error;
    }
  }
  if (withMatrix) for (const _ of matrixJson(joinSlices([matrixSlice(answerable(estate))]), snapshot)) continue;
}

const isMendable = (error: unknown) => error instanceof Error && MENDABLE.has(error.name);

test('no broken snapshot crashes, hangs or fills the memory', async () => {
  const all = samples();
  const end = performance.now() + SECONDS * 1000;
  let refused = 0;
  let runs = 0;
  for (; runs < RUNS && (performance.now() < end || runs < 20); runs++) {
    const seed = SEED * 1_000_003 + runs;
    const random = randomOf(seed);
    const sample = random.pick(all);
    const files = structuredClone(sample.files) as Record<string, unknown>;
    const names = Object.keys(files);
    for (let k = 0; k < 1 + random.below(4); k++)
      mutate(random, random.chance(0.1) ? files : files[random.pick(names)]);
    const garbled = random.chance(0.1) ? random.pick(names) : undefined;
    const path = join(folder, String(runs));
    mkdirSync(path);
    for (const [name, content] of Object.entries(files)) {
      const text = JSON.stringify(content) ?? 'null';
      writeFileSync(join(path, name), name === garbled ? garble(random, text) : text);
    }
    const started = process.cpuUsage();
    try {
      await use(
        path,
        seed % 2 === 0 ? 0 : Infinity,
        random.chance(0.3) ? sample.queries : sample.queries.slice(0, 2),
        random.chance(0.15),
      );
    } catch (error) {
      if (!isMendable(error))
        throw new Error(`${sample.name}, seed ${seed}: FUZZ_SEED=${SEED}, run ${runs}`, { cause: error });
      refused++;
    }
    expect(millisecondsSince(started), `${sample.name}, seed ${seed}: milliseconds of processor`).toBeLessThan(
      MOST_MILLISECONDS,
    );
    expect(process.memoryUsage().rss, `${sample.name}, seed ${seed}: bytes`).toBeLessThan(MOST_BYTES);
    rmSync(path, { recursive: true });
  }
  // Most are still snapshots: a fuzzer whose every input is refused at the door tests the door.
  expect(refused).toBeLessThan(runs * 0.6);
}, 600_000);
