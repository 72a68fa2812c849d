/** On every fixture, whatever its cloud, the matrix says of each pair what `reach` says. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { Compiler } from '../../src/engine/compile.ts';
import { type MatrixEnd, endsOf } from '../../src/engine/matrix-ends.ts';
import { buildNetwork, loadSnapshot } from '../../src/index.ts';
import { PacketSpace } from '../../src/net/packet-space.ts';
import { asked, askedAbout, matrixOf, told } from './pairs.ts';

const idOf = (end: MatrixEnd | 'internet') => (end === 'internet' ? end : end.id);
const folder = fileURLToPath(new URL('../../fixtures/cases', import.meta.url));

test('the matrix of every fixture is the sum of all questions', async () => {
  let reached = 0;
  for (const name of readdirSync(folder)) {
    const { network } = buildNetwork(await loadSnapshot([join(folder, name)]));
    const ends = endsOf(network);
    if (network.contradictions.length > 0 || ends.length === 0) continue;
    const matrix = matrixOf(network);
    const compiler = new Compiler(new PacketSpace(), network);
    const { space } = compiler;
    for (const from of [...ends, 'internet' as const])
      for (const to of [...ends, 'internet' as const]) {
        if (from === to || (from !== 'internet' && to !== 'internet' && from.node === to.node)) continue;
        const [a, b] = [from, to].map((end) =>
          end === 'internet' ? end : network.place(end.interface.id) === undefined ? end.id : end.interface.id,
        ) as [string, string];
        // As a person asks, by name; and about all addresses of both.
        for (const truth of [asked(compiler, network, a, b, true), askedAbout(compiler, network, from, to)]) {
          const said = told(space, matrix, idOf(from), idOf(to), truth.asked);
          expect(said.firm === truth.firm, `${name}: ${a} to ${b}, what surely works`).toBe(true);
          expect(said.possible === truth.possible, `${name}: ${a} to ${b}, what may work`).toBe(true);
        }
        if (!space.isEmpty(told(space, matrix, idOf(from), idOf(to), space.all).firm)) reached++;
      }
  }
  expect(reached).toBeGreaterThan(20);
});
