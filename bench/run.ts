/**
 * The figures of bench/RESULTS.md: `npm run bench`. Each is a whole process beside another, in turns, so that a busy machine
 * slows both; medians of the pairs, and the ratio of each pair. `--interfaces N` for another size, `--pairs N`, `--only
 * cold,cache,questions,start,growth,matrix,audit,plan,providers,large` for a part.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { AZURE_QUESTIONS, azureEstateOf } from './estate-azure.ts';
import { GCP_QUESTIONS, gcpEstateOf } from './estate-gcp.ts';
import { questionKindsOf, questionsOf, shapeOf } from './estate.ts';
import { writeEstate, writeFiles } from './generate.ts';
import { plansFor } from './plans.ts';

const { values } = parseArgs({
  options: {
    interfaces: { type: 'string', default: '100000' },
    pairs: { type: 'string', default: '7' },
    only: { type: 'string' },
  },
});
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const [command, parse, warm] = [here('../bin/netaudit.js'), here('./parse-all.mjs'), here('./warm.mjs')];
const times = Number(values.pairs);
const interfaces = Number(values.interfaces);
const work = mkdtempSync(join(tmpdir(), 'netaudit-bench-'));
const say = (line: string) => process.stdout.write(`${line}\n`);

interface Run {
  readonly ms: number;
  /** User and system time, of all threads. */
  readonly cpu: number;
  /** Peak of resident memory. */
  readonly mib: number;
  readonly out: string;
}

function run(args: readonly string[]): Run {
  const started = performance.now();
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', here('./peak.mjs'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, XDG_CACHE_HOME: join(work, 'cache') },
    maxBuffer: 1 << 30,
  });
  const ms = performance.now() - started;
  const [, peak, cpu] = /peak (\d+) KiB, (\d+) us/.exec(stderr) ?? [];
  if (peak === undefined) throw new Error(`${args.join(' ')} ended early: ${stderr.slice(0, 500)}`);
  return { ms, cpu: Number(cpu) / 1000, mib: Number(peak) / 1024, out: stdout };
}

/** How many lines of a file, which may be too large for a string, begin with these bytes. */
function linesIn(file: string, start: string): number {
  const opened = openSync(file, 'r');
  const [chunk, wanted] = [Buffer.alloc(1 << 20), Buffer.from(`\n${start}`)];
  let [count, kept] = [0, 0];
  for (let read = 1; read > 0; ) {
    read = readSync(opened, chunk, kept, chunk.length - kept, null);
    const text = chunk.subarray(0, kept + read);
    let from = 0;
    for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, from)) {
      count++;
      from = at + wanted.length;
    }
    const rest = text.subarray(Math.max(from, text.length - wanted.length + 1));
    kept = rest.copy(chunk);
  }
  closeSync(opened);
  return count;
}

function median(list: readonly number[]): number {
  const sorted = list.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Two commands in turns: what each takes, and how the first stands to the second. */
function pairs(a: readonly string[], b: readonly string[], count = times) {
  run(a);
  run(b);
  const runs = Array.from({ length: count }, () => [run(a), run(b)] as const);
  const side = (i: 0 | 1) => {
    const of = (pick: (one: Run) => number) => median(runs.map((pair) => pick(pair[i]))).toFixed(0);
    return `${of(({ ms }) => ms)} ms (${of(({ cpu }) => cpu)} ms of processor), ${of(({ mib }) => mib)} MiB`;
  };
  const ratio = (pick: (one: Run) => number) => {
    const all = runs.map(([one, other]) => pick(one) / pick(other)).sort((x, y) => x - y);
    return `${median(all).toFixed(2)}x (${all[0]!.toFixed(2)}-${all.at(-1)!.toFixed(2)})`;
  };
  return {
    first: side(0),
    second: side(1),
    ratios: `time ${ratio(({ ms }) => ms)}, processor ${ratio(({ cpu }) => cpu)}, peak memory ${ratio(({ mib }) => mib)}`,
    out: runs[0]![0].out,
    msOfFirst: median(runs.map(([one]) => one.ms)),
    cpuOfFirst: median(runs.map(([one]) => one.cpu)),
  };
}

const reach = (folder: string, { src, dst }: { readonly src: string; readonly dst: string }, ...more: string[]) => [
  command,
  'reach',
  src,
  dst,
  '--snapshot',
  folder,
  ...more,
];

function estate(size: number): string {
  const folder = join(work, `aws-${size}`);
  const { counts, files, bytes } = writeEstate(folder, shapeOf(size));
  say(`\n${files} files, ${(bytes / 1e6).toFixed(0)} MB: ${JSON.stringify(counts)}`);
  return folder;
}
const made = new Map<number, string>();
const estateOf = (size: number) => {
  const folder = made.get(size) ?? estate(size);
  made.set(size, folder);
  return folder;
};
const question = questionsOf(shapeOf(interfaces))[0]!;

/** By name; all run unless --only names some. */
const BENCHES: Readonly<Record<string, () => void>> = {
  cold() {
    const cold = pairs(reach(estateOf(interfaces), question, '--no-cache'), [parse, estateOf(interfaces)]);
    say(`cold load and one question (${cold.out.split(' ')[0]}): ${cold.first}`);
    say(`JSON.parse(readFileSync) of the same files: ${cold.second}`);
    say(`  ${cold.ratios}`);
  },
  cache() {
    const folder = estateOf(interfaces);
    run(reach(folder, question));
    const kept = pairs(reach(folder, question), reach(folder, question, '--no-cache'));
    say(`the same question again, nothing changed: ${kept.first}`);
    say(`  of the cold one: ${kept.ratios}`);
  },
  questions() {
    say('further questions on a loaded network:');
    const kinds = questionKindsOf(shapeOf(interfaces), 240);
    say(run([warm, estateOf(interfaces), JSON.stringify(kinds)]).out.trimEnd());
  },
  start() {
    // So few interfaces are all of the first tier.
    const small = { src: 'web-0-0', dst: 'web-0-1:8443' };
    const start = pairs(reach(estateOf(20), small), ['-e', '0'], 3 * times);
    say(`start-up, 20 interfaces (${start.out.split(' ')[0]}): ${start.first}; node -e 0: ${start.second}`);
    say(`  ${start.ratios}`);
  },
  growth() {
    const tenth = Math.round(interfaces / 10);
    const grown = pairs(
      reach(estateOf(interfaces), question, '--no-cache'),
      reach(estateOf(tenth), question, '--no-cache'),
    );
    say(`${interfaces} interfaces against ${tenth}: ${grown.ratios}`);
  },
  matrix() {
    for (const size of [Math.round(interfaces / 10), interfaces]) {
      const folder = estateOf(size);
      const load = run(reach(folder, question, '--no-cache'));
      const file = join(work, 'matrix.json');
      const [one, two] = ['1', '2'].map((workers) =>
        run([command, 'matrix', '--snapshot', folder, '--format', 'json', '--workers', workers, '--output', file]),
      ) as [Run, Run];
      const [classes, cells] = ['    {"id"', '    {"from"'].map((start) => linesIn(file, start));
      rmSync(file);
      say(
        `matrix of ${size} interfaces: ${classes} classes, ${cells} cells; load and one question ${(load.ms / 1000).toFixed(1)} s`,
      );
      for (const [workers, each] of [one, two].entries())
        say(
          `  ${workers + 1} worker(s): ${((each.ms - load.ms) / 1000).toFixed(1)} s besides the load (${(each.cpu / 1000).toFixed(1)} s of processor in all), ${each.mib.toFixed(0)} MiB`,
        );
    }
  },
  audit() {
    const folder = estateOf(interfaces);
    const audit = pairs(
      [command, 'audit', '--snapshot', folder, '--format', 'json'],
      reach(folder, question, '--no-cache'),
      Math.min(times, 3),
    );
    say(`audit: ${audit.first}`);
    say(`  of load and one question: ${audit.ratios}`);
  },
  plan() {
    const folder = estateOf(Math.round(interfaces / 10));
    for (const [changed, text] of Object.entries(plansFor(folder))) {
      const file = join(work, 'plan.json');
      writeFileSync(file, text);
      const plan = pairs(
        [command, 'plan', file, '--snapshot', folder, '--format', 'json'],
        reach(folder, question, '--no-cache'),
        Math.min(times, 3),
      );
      const { summary } = JSON.parse(plan.out) as { readonly summary: unknown };
      say(
        `plan that changes ${changed}, ${Math.round(interfaces / 10)} interfaces: ${JSON.stringify(summary)}; ${plan.first}`,
      );
      say(`  of load and one question: ${plan.ratios}`);
    }
  },
  providers() {
    const size = Math.round(interfaces / 10);
    for (const [name, files, [first]] of [
      ['gcp', gcpEstateOf(size), GCP_QUESTIONS],
      ['azure', azureEstateOf(size), AZURE_QUESTIONS],
    ] as const) {
      const folder = join(work, name);
      const { bytes } = writeFiles(folder, files);
      const cold = pairs(reach(folder, first!, '--no-cache'), [parse, folder]);
      say(`${name}, ${size} interfaces, ${(bytes / 1e6).toFixed(0)} MB: ${cold.first}; JSON.parse: ${cold.second}`);
      say(`  ${cold.ratios}`);
    }
  },
  large() {
    // A list of one call that is larger than the longest string: JSON.parse cannot read it at all.
    const folder = join(work, 'large');
    const { bytes, counts } = writeEstate(folder, { ...shapeOf(1_000_000), accounts: 1, regions: 1 });
    const read = run(reach(folder, questionsOf(shapeOf(1_000_000))[0]!, '--no-cache'));
    say(
      `one account with ${counts.interfaces} interfaces, ${(bytes / 1e9).toFixed(2)} GB, its interfaces in one file: ${(read.ms / 1000).toFixed(1)} s (${(bytes / 1e3 / read.ms).toFixed(0)} MB/s), ${read.mib.toFixed(0)} MiB`,
    );
  },
};

try {
  const cpu = cpus();
  say(
    `${cpu.length} x ${cpu[0]?.model ?? '?'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}, load ${readLoad()}, seed 1`,
  );
  say(`medians of ${times} pairs, the spread of their ratios in brackets`);
  const wanted = values.only?.split(',') ?? Object.keys(BENCHES);
  for (const name of wanted) {
    const bench = BENCHES[name];
    if (bench === undefined)
      throw new Error(`--only takes ${Object.keys(BENCHES).join(', ')}; ${name} is none of them`);
    bench();
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** How busy the machine is with other things. */
function readLoad(): string {
  try {
    return readFileSync('/proc/loadavg', 'utf8').split(' ')[0]!;
  } catch {
    return 'unknown';
  }
}
