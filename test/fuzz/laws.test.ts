/**
 * Laws over whole networks of every provider: what must hold whatever the network is. LAW_NETWORKS makes it longer, FUZZ_SEED
 * another one.
 *
 * Proves: order-of-input, monotone, merge.
 */
import { expect, test } from 'vitest';
import { type PacketSet, PacketSpace } from '../../src/net/packet-space.ts';
import { PROVIDERS } from '../kernel/providers.ts';
import { type Random, randomOf } from '../random.ts';
import { samples } from './corpus.ts';
import { type World, drawWorld, renamed, shuffled, withRule, withSplitRanges } from './networks.ts';
import { estateOf, plainAnswer, worksBetween } from './worlds.ts';

const SEED = Number(process.env['FUZZ_SEED'] ?? 1);
const NETWORKS = Number(process.env['LAW_NETWORKS'] ?? 24);

/** Draws networks, every provider in turn, each with a random of its own. */
function forEachNetwork(law: (world: World, random: Random, name: string) => void): void {
  for (let k = 0; k < NETWORKS; k++) {
    const seed = SEED * 1_000_003 + k;
    const random = randomOf(seed);
    const world = drawWorld(random, PROVIDERS[k % PROVIDERS.length]);
    law(world, random, `${world.provider}, seed ${seed}`);
  }
}

/** Compares what works before and after, for each pair and in both moods. */
function compare(
  before: World,
  after: World['files'],
  holds: (space: PacketSpace, before: PacketSet, after: PacketSet) => boolean,
  name: string,
  rename: (word: string) => string = (word) => word,
): number {
  const space = new PacketSpace();
  const [then, now] = [
    worksBetween(space, estateOf(before.files), before.ends),
    worksBetween(space, estateOf(after), before.ends.map(rename)),
  ];
  let changed = 0;
  for (const [pair, works] of then) {
    const other = now.get(pair.split(' -> ').map(rename).join(' -> '))!;
    for (const mood of ['firm', 'possible'] as const)
      if (!holds(space, works[mood], other[mood])) expect.fail(`${name}: ${pair} (${mood})`);
    if (works.firm !== other.firm) changed++;
  }
  return changed;
}

test('an added allow rule never closes a flow', () => {
  let opened = 0;
  forEachNetwork((world, random, name) => {
    opened += compare(world, withRule(random, world, 'allow'), (space, a, b) => space.isSubset(a, b), name);
  });
  // Rules that open nothing would prove nothing.
  expect(opened).toBeGreaterThan(0);
});

test('an added deny rule never opens a flow', () => {
  let closed = 0;
  forEachNetwork((world, random, name) => {
    closed += compare(world, withRule(random, world, 'deny'), (space, a, b) => space.isSubset(b, a), name);
  });
  expect(closed).toBeGreaterThan(0);
});

test('a range split in two says what it said whole', () => {
  forEachNetwork((world, _, name) => {
    compare(world, withSplitRanges(world), (_space, a, b) => a === b, name);
  });
});

test('other ids and names change no flow', () => {
  forEachNetwork((world, _, name) => {
    const { files, rename } = renamed(world);
    compare(world, files, (_space, a, b) => a === b, name, rename);
  });
});

test('files and records in another order change not a byte', () => {
  forEachNetwork((world, random, name) => {
    const [a, b] = [estateOf(world.files), estateOf(shuffled(random, world.files))];
    for (let k = 0; k < 6; k++) {
      const [src, dst] = [random.pick(world.ends), random.pick(world.ends)];
      if (src === dst) continue;
      expect(plainAnswer(b, src, dst), `${name}: ${src} to ${dst}`).toBe(plainAnswer(a, src, dst));
    }
  });
  for (const { name, files, queries } of samples()) {
    const [a, b] = [estateOf(files), estateOf(shuffled(randomOf(SEED), files))];
    for (const [src, dst] of queries)
      expect(plainAnswer(b, src, dst), `${name}: ${src} to ${dst}`).toBe(plainAnswer(a, src, dst));
  }
});

test('two unconnected snapshots together say what each says alone', () => {
  forEachNetwork((world, random, name) => {
    const other = drawWorld(
      random,
      PROVIDERS.filter((one) => one.name !== world.provider)[random.below(PROVIDERS.length - 1)],
    );
    const both: Record<string, unknown> = { ...world.files };
    // Renamed: two things of one name would be a question for whoever asks.
    for (const [file, content] of Object.entries(renamed(other).files)) both[`other-${file}`] = content;
    // What is on the internet changes with who is known to own its addresses; machines stay what they are.
    const machines = { ...world, ends: world.ends.filter((end) => end !== 'internet') };
    compare(machines, both, (_space, a, b) => a === b, `${name} with ${other.provider}`);
  });
});
