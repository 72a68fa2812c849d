/**
 * Laws over random AWS estates: the matrix says of every pair what a question about all addresses of that pair says, senders
 * that are walked together fare as by themselves, shards join into the whole, the engine agrees with the one-packet oracle, and
 * answers are what a plain reading of the documents says.
 *
 * Proves: all-pairs, aws-sg-union, aws-sg-interface, aws-sg-stateful, aws-nacl-association, aws-nacl-order, aws-nacl-stateless.
 */
import { expect, test } from 'vitest';
import { Compiler } from '../../src/engine/compile.ts';
import { questionsOf } from '../../src/engine/endpoints.ts';
import { examine, walkQuestion } from '../../src/engine/examine.ts';
import { matrixSlice } from '../../src/engine/matrix.ts';
import { endsOf } from '../../src/engine/matrix-ends.ts';
import { INTERNET } from '../../src/model/builder.ts';
import { familyOf, parseAddress } from '../../src/net/address.ts';
import { PacketSpace } from '../../src/net/packet-space.ts';
import { estateOf } from '../fuzz/worlds.ts';
import { compare, nothingSeen } from '../matrix/crowds.ts';
import { askedAbout, matrixOf, questionAbout, told, whole } from '../matrix/pairs.ts';
import { withFewPorts } from '../oracle/few-ports.ts';
import { type Header, judge } from '../oracle/one-packet.ts';
import { type Random, randomOf } from '../random.ts';
import type { Json } from './drawn.ts';
import { naive } from './naive.ts';
import { randomEstate } from './random-estate.ts';

const RUNS = Number(process.env['AWS_ESTATES'] ?? 16);
const FIRST = Number(process.env['AWS_SEED'] ?? 1);
const SEEDS = Array.from({ length: RUNS }, (_, i) => FIRST + i);

for (const unknowns of [false, true])
  test(`the matrix is the sum of all questions${unknowns ? ', unknown parts included' : ''}`, () => {
    let reached = 0;
    let torn = 0;
    for (const seed of SEEDS) {
      const { network } = estateOf(randomEstate(randomOf(seed * 32_452_867), { unknowns }));
      const matrix = matrixOf(network);
      expect(matrix.cells.filter((cell) => cell.unanswered !== undefined)).toEqual([]);
      const compiler = new Compiler(new PacketSpace(), network);
      const { space } = compiler;
      const ends = [...endsOf(network), 'internet' as const];
      const name = (end: (typeof ends)[number]) => (end === 'internet' ? end : end.id);
      for (const from of ends)
        for (const to of ends) {
          if (from === to || (from !== 'internet' && to !== 'internet' && from.node === to.node)) continue;
          if (from !== 'internet' && !from.sends) continue;
          const truth = askedAbout(compiler, network, from, to);
          const said = told(space, matrix, name(from), name(to), truth.asked);
          const where = `seed ${seed}: ${name(from)} to ${name(to)}`;
          expect(said.firm === truth.firm, `${where}, what surely works`).toBe(true);
          expect(said.possible === truth.possible, `${where}, what may work`).toBe(true);
          if (!space.isEmpty(truth.firm)) reached++;
          if (truth.firm !== truth.possible) torn++;
        }
    }
    expect(reached).toBeGreaterThan(RUNS * 4);
    if (unknowns) expect(torn).toBeGreaterThan(RUNS);
  });

test('senders that are walked together fare as each of them by itself', () => {
  const seen = nothingSeen();
  for (const seed of SEEDS)
    compare(
      estateOf(randomEstate(randomOf(seed * 86_028_121), { unknowns: seed % 2 === 0 })).network,
      `seed ${seed}`,
      seen,
    );
  expect(seen.together).toBeGreaterThan(RUNS / 2);
  expect(seen.reached).toBeGreaterThan(RUNS * 4);
  expect(seen.lost).toBeGreaterThan(RUNS);
});

test('shards join into exactly the whole', () => {
  for (const seed of SEEDS) {
    const { network } = estateOf(randomEstate(randomOf(seed * 49_979_687), { unknowns: seed % 2 === 0 }));
    const slices = [0, 1, 2].map((index) => matrixSlice(network, { slice: { index, count: 3 } }));
    expect(JSON.stringify(whole(slices.toReversed())), `seed ${seed}`).toBe(JSON.stringify(matrixOf(network)));
  }
});

test('within a VPC and over peerings the answer is what a plain reading of the documents says', () => {
  const seen = { reachable: 0, unreachable: 0, partial: 0 };
  for (const seed of SEEDS) {
    const files = randomEstate(randomOf(seed * 141_650_939), { unknowns: seed % 4 === 0 });
    const { network } = estateOf(files);
    const compiler = new Compiler(new PacketSpace(), network);
    const machines = (files['network.json'] as { NetworkInterfaces: Json[] }).NetworkInterfaces.filter(
      (one) => one['InterfaceType'] === 'interface' && one['Description'] === '',
    );
    for (const from of machines)
      for (const to of machines) {
        const [a, b] = [from, to].map((one) => String(one['NetworkInterfaceId'])) as [string, string];
        if (network.interface(a)?.node === network.interface(b)?.node) continue;
        for (const port of [22, 443]) {
          const truth = naive(files, from, to, port);
          if (truth === undefined) continue;
          const [row] = questionsOf(network, a, `${b}:${port}`);
          expect(examine(compiler, row!.question).verdict, `seed ${seed}: ${a} to ${b}:${port}`).toBe(truth);
          seen[truth]++;
        }
      }
  }
  expect(Math.min(seen.reachable, seen.unreachable)).toBeGreaterThan(RUNS);
});

const FOREIGN = ['203.0.113.9', '192.168.7.7', '52.218.1.1', '2001:db8:77::1'].map((text) => parseAddress(text)!);

test('the engine agrees with the one-packet oracle', () => {
  let worked = 0;
  for (const seed of SEEDS) {
    const r = randomOf(seed * 122_949_823);
    const { network: full } = estateOf(randomEstate(r, { unknowns: seed % 2 === 0 }));
    const network = withFewPorts(full);
    const compiler = new Compiler(new PacketSpace(), network);
    const { space } = compiler;
    const ends = endsOf(network);
    for (let k = 0; k < 12; k++) {
      const from = r.chance(0.15) ? 'internet' : r.pick(ends);
      const to = r.chance(0.2) ? 'internet' : r.pick(ends);
      if (from === to || (from !== 'internet' && !from.sends)) continue;
      const src = from === 'internet' ? r.pick(FOREIGN) : addressIn(r, from.spans);
      const dst = to === 'internet' ? r.pick(FOREIGN) : addressIn(r, from === 'internet' ? to.outward : to.spans);
      if (src === undefined || dst === undefined || familyOf(src) !== familyOf(dst)) continue;
      const question = questionAbout(from, to, [[src, src + 1n]], [[dst, dst + 1n]], familyOf(src));
      const start = network.interface(from === 'internet' ? INTERNET.interface : from.interface.id)!;
      const all = space.of({ mark: [[0, 1]], src: [[src, src + 1n]], dst: [[dst, dst + 1n]] });
      for (const mood of ['pessimistic', 'optimistic'] as const) {
        const { outcome } = walkQuestion(compiler, question, all, mood);
        for (let i = 0; i < 5; i++) {
          const packet = drawPacket(r, src, dst);
          const truth = judge(network, start, packet, to === 'internet' ? undefined : [to.node.id], mood);
          const said = { ok: space.contains(outcome.ok, packet), fail: space.contains(outcome.fail, packet) };
          const words = JSON.stringify(packet, (_, value) => (typeof value === 'bigint' ? String(value) : value));
          expect(said, `seed ${seed}, ${mood}: ${question.src.id} to ${question.dst.id}, ${words}`).toEqual(truth);
          if (truth.ok) worked++;
        }
      }
    }
  }
  expect(worked).toBeGreaterThan(RUNS);
});

function addressIn(r: Random, spans: readonly (readonly [bigint, bigint])[]): bigint | undefined {
  if (spans.length === 0) return undefined;
  const [lo, end] = r.pick(spans);
  return lo + BigInt(r.below(Number(end - lo)));
}

function drawPacket(r: Random, src: bigint, dst: bigint): Header {
  const ports = [22, 80, 443, 8080, 1024, 1025, 32768, 65535];
  const protocol = r.pick([6, 6, 6, 17, familyOf(src) === 4 ? 1 : 58, 47]);
  const base = { mark: 0, protocol, dst, src };
  if (protocol === 6 || protocol === 17) return { ...base, dport: r.pick(ports), sport: r.pick(ports) };
  if (protocol === 47) return base;
  return { ...base, icmpType: r.pick(protocol === 1 ? [8, 8, 0, 3] : [128, 128, 129]), icmpCode: 0 };
}
