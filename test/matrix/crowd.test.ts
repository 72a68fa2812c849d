/**
 * Senders that are walked together fare exactly as each of them does when it is walked by itself: what works, what may work,
 * what is lost, what is missing and what it rests on.
 *
 * Proves: all-pairs.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { Compiler } from '../../src/engine/compile.ts';
import { endsOf } from '../../src/engine/matrix-ends.ts';
import { MatrixNetwork } from '../../src/engine/matrix-row.ts';
import { EVERY_PORT } from '../../src/engine/ports.ts';
import { buildNetwork, loadSnapshot } from '../../src/index.ts';
import type { Network } from '../../src/model/network.ts';
import { PacketSpace } from '../../src/net/packet-space.ts';
import { drawWorld } from '../fuzz/networks.ts';
import { estateOf } from '../fuzz/worlds.ts';
import { randomNetwork } from '../oracle/random-network.ts';
import { randomOf } from '../random.ts';

const RUNS = Number(process.env['CROWD_NETWORKS'] ?? 150);

/** What was compared. */
interface Seen {
  together: number;
  reached: number;
  open: number;
  lost: number;
  rests: number;
}

const nothingSeen = (): Seen => ({ together: 0, reached: 0, open: 0, lost: 0, rests: 0 });

/** Compares every crowd of a network with its members. */
function compare(network: Network, name: string, seen: Seen): void {
  const ready = new MatrixNetwork(network, endsOf(network));
  const compiler = new Compiler(new PacketSpace(), ready.merged.network);
  const { space } = compiler;
  for (const crowd of ready.crowds(['internet', ...ready.kinds]))
    for (const row of ready.rows(() => compiler, crowd)) {
      if (row.from.length > 1) seen.together++;
      const lostTogether = row.lost();
      for (const from of row.from) {
        const alone = ready.row(compiler, from, EVERY_PORT);
        const lostAlone = alone.lost();
        const sent = from === 'internet' ? space.all : space.of({ src: from.spans });
        const who = `${name}: ${from === 'internet' ? from : from.first.id} among ${row.from.length}`;
        for (const to of [...ready.kinds, 'internet' as const]) {
          const where = `${who} to ${to === 'internet' ? to : to.first.id}`;
          for (const mood of ['firm', 'possible'] as const) {
            const whole = row.to.get(to)?.[mood] ?? space.none;
            const single = alone.to.get(to)?.[mood] ?? space.none;
            expect(space.and(whole, sent) === single, `${where}, ${mood}`).toBe(true);
          }
          const { firm, possible } = alone.to.get(to) ?? {};
          if (firm !== undefined && !space.isEmpty(firm)) seen.reached++;
          if (firm !== possible) seen.open++;
          const lost = lostAlone.get(to) ?? space.none;
          expect(space.and(lostTogether.get(to) ?? space.none, sent) === lost, `${where}, lost`).toBe(true);
          if (!space.isEmpty(lost)) seen.lost++;
        }
        expect(row.missing(sent), `${who}, what is missing`).toEqual(alone.missing());
        const rests = (list: readonly { readonly code: string; readonly resource: string }[]) =>
          list.map(({ code, resource }) => `${code} ${resource}`).sort();
        expect(rests(row.assumptions(sent)), `${who}, what it rests on`).toEqual(rests(alone.assumptions()));
        seen.rests += alone.assumptions().length;
      }
    }
}

for (const unknowns of [false, true])
  test(`on random networks a crowd is the sum of its members${unknowns ? ', unknown parts included' : ''}`, () => {
    const seen = nothingSeen();
    for (let seed = 1; seed <= RUNS; seed++) {
      const { network } = randomNetwork(randomOf(seed * 179424673 + (unknowns ? 1 : 0)), unknowns, true);
      compare(network, `seed ${seed}`, seen);
    }
    expect(seen.together).toBeGreaterThan(RUNS / 3);
    expect(seen.reached).toBeGreaterThan(RUNS);
    expect(seen.lost).toBeGreaterThan(RUNS / 10);
    if (unknowns) expect(seen.open).toBeGreaterThan(RUNS);
  });

test('on random estates of every provider a crowd is the sum of its members', () => {
  const seen = nothingSeen();
  for (let seed = 1; seed <= RUNS / 3; seed++) {
    const world = drawWorld(randomOf(seed * 32452867));
    compare(estateOf(world.files).network, `${world.provider}, seed ${seed}`, seen);
  }
  expect(seen.together).toBeGreaterThan(RUNS / 6);
  expect(seen.reached).toBeGreaterThan(RUNS);
  expect(seen.rests).toBeGreaterThan(0);
});

test('on every fixture a crowd is the sum of its members', async () => {
  const folder = fileURLToPath(new URL('../../fixtures/cases', import.meta.url));
  const seen = nothingSeen();
  for (const name of readdirSync(folder)) {
    const { network } = buildNetwork(await loadSnapshot([join(folder, name)]));
    if (network.contradictions.length === 0) compare(network, name, seen);
  }
  expect(seen.together).toBeGreaterThan(20);
  expect(seen.reached).toBeGreaterThan(100);
});
