/** Laws over random Azure estates: readers against a naive reading, engine against the one-packet oracle, matrix against questions. */
import { expect, test } from 'vitest';
import { Compiler } from '../../src/engine/compile.ts';
import { questionsOf } from '../../src/engine/endpoints.ts';
import { examine, walkQuestion } from '../../src/engine/examine.ts';
import { endsOf } from '../../src/engine/matrix-ends.ts';
import { buildNetwork, loadSnapshot } from '../../src/index.ts';
import { PacketSpace } from '../../src/net/packet-space.ts';
import { asked, matrixOf, told } from '../matrix/pairs.ts';
import { type Mood, judge } from '../oracle/one-packet.ts';
import { randomPacket } from '../oracle/random-network.ts';
import { randomOf } from '../random.ts';
import { folderOf } from '../snapshot/folder.ts';
import type { Json } from './estate.ts';
import { naive } from './naive.ts';
import { randomEstate } from './random-estate.ts';

const RUNS = Number(process.env['AZURE_ESTATES'] ?? 32);

const networkOf = async (resources: readonly Json[]) =>
  buildNetwork(await loadSnapshot([folderOf({ '0.json': resources })])).network;

test('between machines the answer is what a naive reading of the documents says', async () => {
  const seen = { reachable: 0, unreachable: 0 };
  for (let seed = 1; seed <= RUNS; seed++) {
    const estate = randomEstate(randomOf(seed * 7919), true);
    const network = await networkOf(estate.resources);
    const compiler = new Compiler(new PacketSpace(), network);
    for (const from of estate.machines)
      for (const to of estate.machines) {
        if (from === to) continue;
        for (const [protocol, port, words] of [
          ['Tcp', 22, '22'],
          ['Tcp', 443, '443'],
          ['Udp', 80, '80/udp'],
          ['Icmp', 0, 'icmp'],
        ] as const) {
          const truth = naive(estate, from, to, protocol, port);
          const [row] = questionsOf(network, from.name, `${to.name}:${words}`);
          const { verdict } = examine(compiler, row!.question);
          expect(verdict, `seed ${seed}: ${from.name} to ${to.name}:${words}`).toBe(
            truth.contested ? 'undetermined' : truth.verdict,
          );
          seen[truth.verdict]++;
        }
      }
  }
  expect(seen.reachable).toBeGreaterThan(RUNS);
  expect(seen.unreachable).toBeGreaterThan(RUNS);
});

test('the engine agrees with the one-packet oracle', async () => {
  let worked = 0;
  for (let seed = 1; seed <= RUNS; seed++) {
    const r = randomOf(seed * 104729);
    const estate = randomEstate(r);
    const network = await networkOf(estate.resources);
    const compiler = new Compiler(new PacketSpace(), network);
    const { space } = compiler;
    for (let k = 0; k < 4; k++) {
      const [from, to] = [r.pick(estate.machines), r.pick([...estate.machines.map(({ name }) => name), 'lb'])];
      const [row] = questionsOf(network, from.name, `${to}:*`);
      const { question } = row!;
      const [src, dst] = [question.srcAddresses[0]?.[0], question.dstAddresses[0]?.[0]];
      const start = network.interface(question.start)!;
      if (src === undefined || dst === undefined || question.target?.includes(question.start) === true) continue;
      const targets = question.target?.map((id) => network.interface(id)?.node ?? id);
      const all = space.of({ mark: [[0, 1]], src: [[src, src + 1n]], dst: [[dst, dst + 1n]] });
      for (const mood of ['pessimistic', 'optimistic'] as Mood[]) {
        const { outcome } = walkQuestion(compiler, question, all, mood);
        for (let i = 0; i < 8; i++) {
          const packet = randomPacket(r, src, dst);
          const truth = judge(network, start, packet, targets, mood);
          const said = { ok: space.contains(outcome.ok, packet), fail: space.contains(outcome.fail, packet) };
          const words = JSON.stringify(packet, (_, value) => (typeof value === 'bigint' ? String(value) : value));
          expect(said, `seed ${seed}, ${mood}: ${from.name} to ${to}, ${words}`).toEqual(truth);
          if (truth.ok) worked++;
        }
      }
    }
  }
  expect(worked).toBeGreaterThan(RUNS);
});

test('the matrix is the sum of all questions', async () => {
  let reached = 0;
  for (let seed = 1; seed <= RUNS / 4; seed++) {
    const network = await networkOf(randomEstate(randomOf(seed * 15485863)).resources);
    const matrix = matrixOf(network);
    const compiler = new Compiler(new PacketSpace(), network);
    const ends = [...endsOf(network), { id: 'internet', interface: undefined, node: undefined }];
    for (const from of ends)
      for (const to of ends) {
        if (from.node === to.node) continue;
        const [a, b] = [from, to].map(({ id, interface: at }) =>
          at !== undefined && network.place(at.id) !== undefined ? at.id : id,
        ) as [string, string];
        const truth = asked(compiler, network, a, b, true);
        const said = told(compiler.space, matrix, from.id, to.id, truth.asked);
        expect(said.firm === truth.firm, `seed ${seed}: ${a} to ${b}, what surely works`).toBe(true);
        expect(said.possible === truth.possible, `seed ${seed}: ${a} to ${b}, what may work`).toBe(true);
        if (!compiler.space.isEmpty(truth.firm)) reached++;
      }
  }
  expect(reached).toBeGreaterThan(RUNS / 4);
});
