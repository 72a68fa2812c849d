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
import { buildNetwork, loadSnapshot } from '../../src/index.ts';
import { drawWorld } from '../fuzz/networks.ts';
import { estateOf } from '../fuzz/worlds.ts';
import { randomNetwork } from '../oracle/random-network.ts';
import { randomOf } from '../random.ts';
import { compare, nothingSeen } from './crowds.ts';
import { host, onlyHost, origin, smallNetwork } from './small-network.ts';

const RUNS = Number(process.env['CROWD_NETWORKS'] ?? 150);

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

const to = (id: string) => ({ to: 'hop' as const, in: id });
const passing = { otherwise: 'pass' as const, why: '', code: '' };

test('whose packets were marked is known behind a device that gives all of them its own source', () => {
  const network = smallNetwork({
    hosts: {
      marked: { at: 1, steps: [{ at: 'out', translation: 'mark', side: 'outward' }], routes: [[{}, to('router')]] },
      plain: { at: 2, routes: [[{}, to('router')]] },
      server: { at: 3, routes: [[{}, to('nat back')]] },
    },
    routers: {
      router: { routes: [[{}, to('nat')]] },
      nat: { steps: [{ at: 'in', translation: 'nat', side: 'outward' }], routes: [[{}, to('wall')]] },
      wall: { steps: [{ at: 'in', filter: 'wall' }], routes: [[{ dst: onlyHost(3) }, to('server')]] },
      'nat back': {
        steps: [{ at: 'in', translation: 'nat', side: 'inward' }],
        routes: [
          [{ dst: onlyHost(1) }, to('marked')],
          [{ dst: onlyHost(2) }, to('plain')],
        ],
      },
    },
    filters: {
      wall: {
        rules: [{ origin: origin('wall'), action: 'deny', match: [{ mark: [[0, 1]] }], text: 'unmarked' }],
        otherwise: 'allow',
      },
    },
    translations: {
      mark: { memory: 'stateless', outward: { rewrites: [{ set: { mark: [[1, 2]] } }], ...passing } },
      nat: {
        memory: 'stateful',
        outward: { rewrites: [{ set: { src: onlyHost(9), sport: [[1024, 1026]] } }], ...passing },
      },
    },
  });
  const seen = nothingSeen();
  compare(network, 'marks', seen);
  // Of the two only the marked one; the server's own connections go past the NAT untranslated.
  expect(seen).toMatchObject({ together: 1, reached: 3 });
});

test('a reply that came back through a translation passes it once more, however many are walked', () => {
  const pairs = [1, 2, 3].map((x) => ({ from: host(x), to: host(100 + x) }));
  const network = smallNetwork({
    hosts: {
      a: { at: 1, routes: [[{}, to('out')]] },
      b: { at: 2, routes: [[{}, to('out')]] },
      server: { at: 3, routes: [[{}, to('back')]] },
    },
    routers: {
      out: {
        steps: [{ at: 'in', translation: 'pairs', side: 'outward' }],
        routes: [
          [{ dst: onlyHost(1) }, to('a')],
          [{ dst: onlyHost(2) }, to('b')],
          [{ dst: onlyHost(3) }, to('server')],
        ],
      },
      // Its reply goes on by way of the first one, which would translate what it takes for a new connection.
      back: { steps: [{ at: 'in', translation: 'pairs', side: 'inward' }], routes: [[{}, to('out')]] },
    },
    translations: {
      pairs: {
        memory: 'stateless',
        outward: { rewrites: [{ pairs: { field: 'src', table: pairs } }], ...passing },
        inward: {
          rewrites: [{ pairs: { field: 'dst', table: pairs.map((one) => ({ from: one.to, to: one.from })) } }],
          ...passing,
        },
      },
    },
  });
  const seen = nothingSeen();
  compare(network, 'pairs', seen);
  expect(seen.reached).toBeGreaterThan(1);
});

test('what comes by a router again behind a fork goes round in circles, however many are walked', () => {
  const network = smallNetwork({
    hosts: {
      a: { at: 1, routes: [[{}, to('first')]] },
      b: { at: 2, routes: [[{}, to('first')]] },
      server: {
        at: 3,
        routes: [
          [{ dst: onlyHost(1) }, to('a')],
          [{ dst: onlyHost(2) }, to('b')],
        ],
      },
    },
    routers: {
      first: {
        routes: [
          [{ dst: onlyHost(3), mark: [[1, 2]] }, to('server')],
          [{ dst: onlyHost(3) }, to('second')],
        ],
      },
      second: { routes: [[{}, { to: 'fork', choose: 'any', branches: [to('server'), to('detour')] }]] },
      detour: { steps: [{ at: 'in', translation: 'mark', side: 'outward' }], routes: [[{}, to('first')]] },
    },
    translations: { mark: { memory: 'stateless', outward: { rewrites: [{ set: { mark: [[1, 2]] } }], ...passing } } },
  });
  const seen = nothingSeen();
  compare(network, 'circle', seen);
  // The server's own connections; toward it one branch fails.
  expect(seen.reached).toBe(2);
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
