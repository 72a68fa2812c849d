/** One network put to the test: the kernel acts out the raw snapshot, the engine answers for it, and both must say the same. */
import { randomOf } from '../random.ts';
import { Engine, type Said } from './engine.ts';
import { type Lab, type Met, hasPing } from './lab.ts';
import { type Probe, probesBetween } from './probes.ts';
import type { Provider } from './providers.ts';
import type { Files } from './topology.ts';

/** An answer that can't be true: the kernel's, and what the engine says of the same packet. */
export interface Mismatch {
  readonly probe: Probe;
  readonly met: Met;
  readonly said: Said;
  /** What is wrong, where it is not simply that one passes and the other doesn't. */
  readonly what?: string;
}

export interface Checked {
  readonly files: Files;
  readonly probes: readonly Probe[];
  readonly met: readonly Met[];
  readonly mismatches: readonly Mismatch[];
  readonly passed: number;
  /** Probes that hang on a choice the engine leaves open. */
  readonly open: number;
  /** Drops whose counter in the kernel was held against the blockers. */
  readonly blamed: number;
}

const TIMEOUT = 150;
/** Once more, with everything forgotten and time to spare, before a probe counts as lost. */
const PATIENCE = [600, 1500] as const;
/** Of every third network: it takes as long as all other probes together. */
const MOST_BLAMED = 2;
const BLAMED_EVERY = 3;

/** The same network and probes for the same seed, on every machine. */
export function drawn(provider: Provider, seed: number) {
  const random = randomOf(seed * 7919);
  const files = provider.network(random);
  const plan = provider.plan(files);
  return { files, plan, probes: probesBetween(random, plan.hosts, { most: 250, pings: 14 }) };
}

export const disagree = (met: Met, said: Said): boolean =>
  met !== 'busy' && said !== 'either' && said !== (met === 'passed' ? 'passes' : 'fails');

const CAN_PING = hasPing();

export async function check(lab: Lab, provider: Provider, seed: number): Promise<Checked> {
  const { files, plan, probes: all } = drawn(provider, seed);
  const probes = all.map((probe) => probe);
  await lab.lay(plan);
  const sendable = probes.filter(({ protocol }) => CAN_PING || protocol !== 'icmp');
  const results = new Map((await lab.send(sendable, TIMEOUT)).map((met, i) => [sendable[i]!, met]));
  const engine = await Engine.of(files);
  try {
    const said = probes.map((probe) => engine.says(probe));
    let doubted = probes.map((_, i) => i).filter((i) => disagree(results.get(probes[i]!) ?? 'busy', said[i]!));
    for (const patience of PATIENCE) {
      if (doubted.length === 0) break;
      await lab.forget();
      const again = doubted.map((i) => probes[i]!);
      for (const [k, met] of (await lab.send(again, patience)).entries()) results.set(again[k]!, met);
      doubted = doubted.filter((i) => disagree(results.get(probes[i]!)!, said[i]!));
    }
    const met = probes.map((probe) => results.get(probe) ?? 'busy');
    const mismatches: Mismatch[] = doubted.map((i) => ({ probe: probes[i]!, met: met[i]!, said: said[i]! }));
    const { blamed, wrong } = await blame(lab, engine, probes, met, seed);
    return {
      files,
      probes,
      met,
      mismatches: [...mismatches, ...wrong],
      passed: met.filter((one) => one === 'passed').length,
      open: said.filter((one) => one === 'either').length,
      blamed,
    };
  } finally {
    engine.close();
  }
}

/** A few probes sent alone: who dropped them in the kernel must be among the answer's blockers. */
async function blame(
  lab: Lab,
  engine: Engine,
  probes: readonly Probe[],
  met: readonly Met[],
  seed: number,
): Promise<{ blamed: number; wrong: Mismatch[] }> {
  const wrong: Mismatch[] = [];
  let blamed = 0;
  // An answer is about the ports that a client may have.
  const lost =
    seed % BLAMED_EVERY === 0 ? probes.filter(({ sport = 1024 }, i) => met[i] === 'silent' && sport >= 1024) : [];
  for (const probe of lost.slice(seed % Math.max(1, lost.length - MOST_BLAMED)).slice(0, MOST_BLAMED)) {
    const before = await lab.drops();
    const [now] = await lab.send([probe], TIMEOUT);
    const after = await lab.drops();
    if (now !== 'silent' || engine.hangsOnPicked(probe)) continue;
    const droppers = [...after].flatMap(([resource, packets]) =>
      packets > (before.get(resource) ?? 0) ? resource.split(' ') : [],
    );
    const answer = engine.answer(probe);
    const named = answer.blockers.map(({ resource }) => resource);
    const mismatch = (what: string) => wrong.push({ probe, met: 'silent', said: 'fails', what });
    if (answer.verdict === 'reachable') mismatch('the answer is "reachable", though this source port does not work');
    else if (named.length === 0) mismatch('nothing is blamed');
    else if (
      droppers.length > 0 &&
      !named.some((one) => droppers.includes(one) || droppers.includes(one.split('/').at(-1)!))
    )
      mismatch(`${droppers.join(', ')} dropped it, blamed ${[...new Set(named)].join(', ')}`);
    if (droppers.length > 0) blamed++;
  }
  return { blamed, wrong };
}
