/**
 * `npm run test:kernel -- --minutes 1 --seed 1`: random networks of every provider against the Linux kernel, until the
 * time is over. Every disagreement is shrunk and printed as a case; exits 1 if there was one. Where no namespaces can be
 * made it says so and exits 0.
 *   --topologies N   stop after so many      --provider NAME   only this one
 *   --record FILE    write down what the kernel said, for those who have none
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { check } from './check.ts';
import { Lab, hasPing, whyNoLab } from './lab.ts';
import { PROVIDERS } from './providers.ts';
import { digestOf, lettersOf } from './recorded.ts';
import { shrunk, writeCase } from './shrink.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    topologies: { type: 'string' },
    seed: { type: 'string', default: '1' },
    provider: { type: 'string' },
    record: { type: 'string' },
  },
});
const most = values.topologies === undefined ? Infinity : Number(values.topologies);
const minutes = values.minutes === undefined ? (most < Infinity ? Infinity : 1) : Number(values.minutes);
const first = Number(values.seed);
// The provider with the most to say comes twice.
const providers = [...PROVIDERS, PROVIDERS[0]!].filter(
  ({ name }) => values.provider === undefined || values.provider === name,
);
/** After so many disagreements the rest would say nothing new. */
const ENOUGH = 5;

const why = whyNoLab();
if (why !== undefined) {
  console.log(`SKIPPED: the kernel was not asked, because ${why}.`);
  process.exit(0);
}
if (!hasPing()) console.log('ICMP is left out: ping is missing (Debian: apt-get install iputils-ping).');

const lab = new Lab();
const started = Date.now();
const end = started + minutes * 60_000;
const tally = { topologies: 0, probes: 0, passed: 0, open: 0, blamed: 0 };
const recorded: { provider: string; seed: number; digest: string; met: string }[] = [];
let found = 0;
for (let k = 0; k < most && found < ENOUGH && Date.now() < end; k++) {
  const seed = first + k;
  const provider = providers[seed % providers.length]!;
  const checked = await check(lab, provider, seed);
  tally.topologies++;
  tally.probes += checked.probes.length;
  tally.passed += checked.passed;
  tally.open += checked.open;
  tally.blamed += checked.blamed;
  recorded.push({
    provider: provider.name,
    seed,
    digest: digestOf(checked.files, checked.probes),
    met: lettersOf(checked.met),
  });
  const mismatch = checked.mismatches[0];
  if (mismatch !== undefined) {
    found++;
    console.log(`\n${provider.name} seed ${seed}: ${checked.mismatches.length} disagreements, the first:`);
    console.log(JSON.stringify(mismatch));
    const small = await shrunk(lab, provider, checked.files, mismatch, Date.now() + 120_000);
    const folder = mkdtempSync(join(tmpdir(), `netaudit-case-${provider.name}-${seed}-`));
    console.log(`${writeCase(folder, provider, seed, small, mismatch)}\nwith its snapshot in ${folder}`);
  }
  if (tally.topologies % 500 === 0) console.error(summary());
}
if (values.record !== undefined)
  writeFileSync(values.record, `[\n${recorded.map((one) => JSON.stringify(one)).join(',\n')}\n]\n`);
lab.close();
console.log(`${summary()}, ${found} with a disagreement`);
process.exit(found > 0 ? 1 : 0);

function summary(): string {
  const seconds = Math.round((Date.now() - started) / 1000);
  const { topologies, probes, passed, open, blamed } = tally;
  return `${topologies} networks from seed ${first} in ${seconds} s: ${probes} probes, ${passed} passed, ${open} left open by the engine, ${blamed} drops held against blockers`;
}
