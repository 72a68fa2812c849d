/**
 * The figures of bench/RESULTS.md: `npm run bench`. Each is a whole process beside `JSON.parse(readFileSync)` of the same
 * files, in turns, so that a busy machine slows both; medians of the pairs. `--interfaces N` for another size, `--folder F`
 * for an estate that is there already, `--pairs N`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { questionsOf, shapeOf } from './estate.ts';
import { writeEstate } from './generate.ts';

const { values } = parseArgs({
  options: {
    interfaces: { type: 'string', default: '100000' },
    pairs: { type: 'string', default: '7' },
    folder: { type: 'string' },
  },
});
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const [command, parse, warm] = [here('../bin/netaudit.js'), here('./parse-all.mjs'), here('./warm.mjs')];

interface Run {
  readonly ms: number;
  /** Peak of resident memory. */
  readonly mib: number;
  readonly out: string;
}

function run(args: readonly string[]): Run {
  const started = performance.now();
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', here('./peak.mjs'), ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const ms = performance.now() - started;
  const peak = /peak (\d+)/.exec(stderr)?.[1];
  if (peak === undefined) throw new Error(`${args.join(' ')} ended early: ${stderr.slice(0, 500)}`);
  return { ms, mib: Number(peak) / 1024, out: stdout };
}

function median(list: readonly number[]): number {
  const sorted = list.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Medians of two commands run in turns, and of the ratio of each pair. */
function pairs(a: readonly string[], b: readonly string[], times: number) {
  run(a);
  run(b);
  const runs = Array.from({ length: times }, () => [run(a), run(b)] as const);
  const of = (pick: (pair: (typeof runs)[number]) => number) => median(runs.map(pick));
  return {
    ms: of(([one]) => one.ms),
    mib: of(([one]) => one.mib),
    otherMs: of(([, other]) => other.ms),
    otherMib: of(([, other]) => other.mib),
    timeRatio: of(([one, other]) => one.ms / other.ms),
    memoryRatio: of(([one, other]) => one.mib / other.mib),
    out: runs[0]![0].out,
  };
}

function sizeOf(folder: string): { files: number; bytes: number } {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const bytes = files.reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
  return { files: files.length, bytes };
}

const shape = shapeOf(Number(values.interfaces));
const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'netaudit-bench-'));
const times = Number(values.pairs);
const say = (line: string) => process.stdout.write(`${line}\n`);
try {
  if (values.folder === undefined) say(JSON.stringify(writeEstate(folder, shape).counts));
  const { files, bytes } = sizeOf(folder);
  const cpu = cpus();
  say(
    `${cpu.length} x ${cpu[0]?.model ?? '?'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`,
  );
  say(`${files} files, ${Math.round(bytes / 1e6)} MB; medians of ${times} pairs`);
  const { src, dst } = questionsOf(shape)[0]!;
  const cold = pairs([command, 'reach', src, dst, '--snapshot', folder], [parse, folder], times);
  say(`answer: ${cold.out.split('\n')[0] ?? ''}`);
  say(
    `cold load + reach: ${cold.ms.toFixed(0)} ms (${(bytes / 1e3 / cold.ms).toFixed(0)} MB/s), ${cold.mib.toFixed(0)} MiB; JSON.parse: ${cold.otherMs.toFixed(0)} ms, ${cold.otherMib.toFixed(0)} MiB`,
  );
  say(`  time ${cold.timeRatio.toFixed(2)}x, peak memory ${cold.memoryRatio.toFixed(2)}x of JSON.parse(readFileSync)`);
  say(run([warm, folder, JSON.stringify(questionsOf(shape))]).out.trimEnd());
  const tiny = mkdtempSync(join(tmpdir(), 'netaudit-tiny-'));
  writeEstate(tiny, shapeOf(20));
  const start = pairs([command, 'reach', src, dst, '--snapshot', tiny], ['-e', '0'], 3 * times);
  rmSync(tiny, { recursive: true, force: true });
  say(`start-up, 20 interfaces: ${start.ms.toFixed(0)} ms, ${start.timeRatio.toFixed(2)}x of node -e 0`);
} finally {
  if (values.folder === undefined) rmSync(folder, { recursive: true, force: true });
}
