/**
 * The matrix says of every pair what a question about that pair says.
 *
 * Proves: all-pairs.
 */
import { expect, test } from 'vitest';
import { Compiler } from '../../src/engine/compile.ts';
import { matrixSlice } from '../../src/engine/matrix.ts';
import type { Match } from '../../src/model/network.ts';
import type { Box } from '../../src/net/fields.ts';
import { PacketSpace } from '../../src/net/packet-space.ts';
import { randomNetwork } from '../oracle/random-network.ts';
import { randomOf } from '../random.ts';
import { asked, matrixOf, told, whole } from './pairs.ts';
import { onlyHost, origin, smallNetwork } from './small-network.ts';

const RUNS = Number(process.env['MATRIX_NETWORKS'] ?? 120);

for (const unknowns of [false, true])
  test(`on random estates the matrix is the sum of all questions${unknowns ? ', unknown parts included' : ''}`, () => {
    let reached = 0;
    let shared = 0;
    let torn = 0;
    for (let seed = 1; seed <= RUNS; seed++) {
      const { network, hosts } = randomNetwork(randomOf(seed * 104729 + (unknowns ? 1 : 0)), unknowns, true);
      const matrix = matrixOf(network);
      expect(matrix.cells.filter((cell) => cell.unanswered !== undefined)).toEqual([]);
      const compiler = new Compiler(new PacketSpace(), network);
      const { space } = compiler;
      const ends = [...hosts.map((host) => host.id), 'internet'];
      shared += matrix.classes.filter((one) => one.count > 1).length;
      for (const from of ends)
        for (const to of ends) {
          if (from === to) continue;
          const truth = asked(compiler, network, from, to);
          const said = told(space, matrix, from, to, truth.asked);
          expect(said.firm === truth.firm, `seed ${seed}: ${from} to ${to}, what surely works`).toBe(true);
          expect(said.possible === truth.possible, `seed ${seed}: ${from} to ${to}, what may work`).toBe(true);
          if (!space.isEmpty(truth.firm)) reached++;
          if (truth.firm !== truth.possible) torn++;
        }
    }
    // The law has teeth only if much is reached, ends share classes and doubts occur.
    expect(reached).toBeGreaterThan(RUNS);
    expect(shared).toBeGreaterThan(RUNS / 12);
    if (unknowns) expect(torn).toBeGreaterThan(RUNS / 2);
  });

test('slices join into exactly the whole, however many there are and in whatever order they come', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const { network } = randomNetwork(randomOf(seed * 15485863), seed % 2 === 0, true);
    const count = 1 + (seed % 4);
    const slices = Array.from({ length: count }, (_, index) => matrixSlice(network, { slice: { index, count } }));
    expect(JSON.stringify(whole(slices.toReversed()))).toBe(JSON.stringify(matrixOf(network)));
    // Machines of one job may have different numbers of threads.
    const rows = (index: number, of: number) =>
      matrixSlice(network, { slice: { index, count: of } }).rows.map(({ from }) => from);
    for (const threads of [2, 3])
      for (const [index, slice] of slices.entries()) {
        const parts = Array.from({ length: threads }, (_, i) => rows(index * threads + i, count * threads)).flat();
        expect(parts.sort((a, b) => a - b)).toEqual(slice.rows.map(({ from }) => from).sort((a, b) => a - b));
      }
  }
});

test('what a neighbour of two ends reaches leaves their class as it is, in the whole as in a slice', () => {
  const to = (id: string) => ({ to: 'hop' as const, in: id });
  const rule = (action: 'allow' | 'deny', match: Match) => ({
    origin: origin('rule'),
    action,
    match: [match],
    text: '',
  });
  const back = [1, 2, 3].map((x) => [{ dst: onlyHost(x) }, to(`host ${x}`)] as const);
  const sender = (at: number) => ({ at, routes: [[{}, to('server')]] as const });
  const network = smallNetwork({
    hosts: {
      'host 1': sender(1),
      'host 2': sender(2),
      'host 3': { ...sender(3), steps: [{ at: 'out', filter: 'own' }] },
      server: { at: [4, 6], steps: [{ at: 'in', filter: 'guard' }], routes: back },
    },
    routers: {},
    filters: {
      own: { rules: [], otherwise: 'allow' },
      guard: {
        // The first rule names one of the two that are alike, and changes nothing.
        rules: [rule('allow', { src: onlyHost(2) }), rule('deny', { src: onlyHost(3), dst: onlyHost(6) })],
        otherwise: 'allow',
      },
    },
  });
  const complete = matrixOf(network);
  expect(complete.classes.map((one) => one.members)).toEqual([['host 1', 'host 2'], ['host 3'], ['server']]);
  for (const count of [2, 3, 4]) {
    const slices = Array.from({ length: count }, (_, index) => matrixSlice(network, { slice: { index, count } }));
    expect(JSON.stringify(whole(slices)), `${count} slices`).toBe(JSON.stringify(complete));
  }
});

test('rows and columns that are asked for are those of the whole matrix', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const { network, hosts } = randomNetwork(randomOf(seed * 32452843), seed % 2 === 0, true);
    const [from, to] = [[hosts[0]!.id, 'internet'], [hosts[1]!.id]];
    const part = matrixOf(network, { from: new Set(from), to: new Set(to) });
    const complete = matrixOf(network);
    const { space } = new Compiler(new PacketSpace(), network);
    for (const a of ['internet', ...hosts.map((host) => host.id)])
      for (const b of ['internet', ...hosts.map((host) => host.id)]) {
        const all = told(space, complete, a, b, space.all);
        const some = told(space, part, a, b, space.all);
        if (a === b) continue;
        const one = (id: string) => hosts.find((host) => host.id === id)?.addresses[0];
        const src = one(a)?.address;
        const dst = a === 'internet' ? one(b)?.public : one(b)?.address;
        if ((a !== 'internet' && src === undefined) || (b !== 'internet' && dst === undefined)) continue;
        const between = space.of({ ...only('src', src), ...only('dst', dst) });
        const isAsked = from.includes(a) && to.includes(b);
        const expected = isAsked ? space.and(all.possible, between) : space.none;
        expect(space.and(some.possible, between) === expected, `seed ${seed}: ${a} to ${b}`).toBe(true);
      }
  }
});

function only(field: 'src' | 'dst', address: bigint | undefined): Box {
  return address === undefined ? {} : { [field]: [[address, address + 1n]] };
}
