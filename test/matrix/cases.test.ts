/** On every fixture, whatever its cloud, the matrix says of each pair what `reach` says. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { Compiler } from '../../src/engine/compile.ts';
import { endsOf } from '../../src/engine/matrix-ends.ts';
import { buildNetwork, loadSnapshot } from '../../src/index.ts';
import { PacketSpace } from '../../src/net/packet-space.ts';
import { asked, matrixOf, told } from './pairs.ts';

const folder = fileURLToPath(new URL('../../fixtures/cases', import.meta.url));

test('the matrix of every fixture is the sum of all questions', async () => {
  let reached = 0;
  for (const name of readdirSync(folder)) {
    const { network } = buildNetwork(await loadSnapshot([join(folder, name)]));
    const ends = endsOf(network);
    if (network.contradictions.length > 0 || ends.length === 0) continue;
    const matrix = matrixOf(network);
    const compiler = new Compiler(new PacketSpace(), network);
    const outside = { id: 'internet', interface: undefined, node: undefined };
    for (const from of [...ends, outside])
      for (const to of [...ends, outside]) {
        if (from.node === to.node) continue;
        const [a, b] = [from, to].map(({ id, interface: at }) =>
          at !== undefined && network.place(at.id) !== undefined ? at.id : id,
        ) as [string, string];
        const truth = asked(compiler, network, a, b, true);
        const said = told(compiler.space, matrix, from.id, to.id, truth.asked);
        expect(said.firm === truth.firm, `${name}: ${a} to ${b}, what surely works`).toBe(true);
        expect(said.possible === truth.possible, `${name}: ${a} to ${b}, what may work`).toBe(true);
        if (!compiler.space.isEmpty(truth.firm)) reached++;
      }
  }
  expect(reached).toBeGreaterThan(20);
});
