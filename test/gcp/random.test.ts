/**
 * Random estates: what a plain reading of the rules says of one packet is the verdict; the engine agrees with the one-packet
 * oracle on the network that was built; the matrix is the sum of all questions.
 */
import { expect, test } from 'vitest';
import { Compiler } from '../../src/engine/compile.ts';
import { questionsOf } from '../../src/engine/endpoints.ts';
import { examine, walkQuestion } from '../../src/engine/examine.ts';
import { endsOf } from '../../src/engine/matrix-ends.ts';
import { buildNetwork, loadSnapshot } from '../../src/index.ts';
import { PacketSpace } from '../../src/net/packet-space.ts';
import { asked, matrixOf, told } from '../matrix/pairs.ts';
import { judge } from '../oracle/one-packet.ts';
import { type Random, randomOf } from '../random.ts';
import { folderOf } from '../snapshot/folder.ts';
import { type Json, type Parts, documentsOf } from './estate.ts';
import { randomEstate } from './random-estate.ts';

const ESTATES = Number(process.env['GCP_ESTATES'] ?? 60);

const list = (record: Json | undefined, key: string): Json[] => (record?.[key] as Json[] | undefined) ?? [];
const words = (record: Json | undefined, key: string): string[] => (record?.[key] as string[] | undefined) ?? [];

function inside(cidr: string, address: string): boolean {
  const number = (ip: string) => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const [base, length] = cidr.split('/') as [string, string];
  const size = 2 ** (32 - Number(length));
  return Math.floor(number(base) / size) === Math.floor(number(address) / size);
}

interface Packet {
  readonly src: string;
  readonly dst: string;
  readonly port: number;
}

function portFits(entries: readonly Json[], key: string, port: number): boolean {
  return entries.some((entry) => {
    if (!['all', 'tcp', '6'].includes(String(entry[key]).toLowerCase())) return false;
    const ports = words(entry, 'ports');
    return (
      ports.length === 0 ||
      ports.some((range) => {
        const [lo, hi = lo] = range.split('-').map(Number) as [number, number?];
        return lo <= port && port <= hi;
      })
    );
  });
}

const nicOf = (machine: Json) => list(machine, 'networkInterfaces')[0]!;
const tagsOf = (machine: Json) => words(machine['tags'] as Json, 'items');

/** The firewall of one VM for one packet, read straight off the documents. */
function passes(estate: Parts, machine: Json, isIn: boolean, packet: Packet): boolean {
  const net = nicOf(machine)['network'];
  const fits = (direction: unknown) => ((direction ?? 'INGRESS') === 'INGRESS') === isIn;
  const senders = (tag: string) =>
    (estate.instances ?? [])
      .filter((one) => nicOf(one)['network'] === net && tagsOf(one).includes(tag))
      .map((one) => nicOf(one)['networkIP']);
  const vpc = (): 'allow' | 'deny' | undefined => {
    const matching = (estate.firewalls ?? []).filter((rule) => {
      if (rule['network'] !== net || rule['disabled'] === true || !fits(rule['direction'])) return false;
      if (
        words(rule, 'targetTags').length > 0 &&
        !words(rule, 'targetTags').some((tag) => tagsOf(machine).includes(tag))
      )
        return false;
      if (!portFits([...list(rule, 'allowed'), ...list(rule, 'denied')], 'IPProtocol', packet.port)) return false;
      const [sources, tags, destinations] = [
        words(rule, 'sourceRanges'),
        words(rule, 'sourceTags'),
        words(rule, 'destinationRanges'),
      ];
      const from = isIn
        ? (sources.length === 0 && tags.length === 0) ||
          sources.some((cidr) => inside(cidr, packet.src)) ||
          tags.some((tag) => senders(tag).includes(packet.src))
        : sources.length === 0 || sources.some((cidr) => inside(cidr, packet.src));
      return from && (destinations.length === 0 || destinations.some((cidr) => inside(cidr, packet.dst)));
    });
    const best = Math.min(...matching.map((rule) => Number(rule['priority'])));
    const deciding = matching.filter((rule) => rule['priority'] === best);
    if (deciding.length === 0) return undefined;
    return deciding.some((rule) => rule['denied'] !== undefined) ? 'deny' : 'allow';
  };
  const policyOf = (target: string) => (): 'allow' | 'deny' | undefined => {
    const found = (estate.others ?? [])
      .flatMap((document) => list(document as Json, 'items'))
      .find((one) => list(one, 'associations').some((association) => association['attachmentTarget'] === target));
    const first = list(found, 'rules')
      .filter((rule) => rule['disabled'] !== true && fits(rule['direction']))
      .sort((a, b) => Number(a['priority']) - Number(b['priority']))
      .find((rule) => {
        const match = rule['match'] as Json;
        const ranges = words(match, isIn ? 'srcIpRanges' : 'destIpRanges');
        return (
          portFits(list(match, 'layer4Configs'), 'ipProtocol', packet.port) &&
          ranges.some((cidr) => inside(cidr, isIn ? packet.src : packet.dst))
        );
      });
    return first === undefined || first['action'] === 'goto_next' ? undefined : (first['action'] as 'allow' | 'deny');
  };
  const network = (estate.networks ?? []).find((one) => one['selfLink'] === net)!;
  const own = policyOf(String(net));
  const isBefore = network['networkFirewallPolicyEnforcementOrder'] === 'BEFORE_CLASSIC_FIREWALL';
  for (const stage of [policyOf('organizations/1'), ...(isBefore ? [own, vpc] : [vpc, own])]) {
    const said = stage();
    if (said !== undefined) return said === 'allow';
  }
  return !isIn;
}

/** Whether two VMs' networks are joined: the same, or peered on both sides. */
function joined(estate: Parts, a: Json, b: Json): boolean {
  const [x, y] = [a, b].map((machine) => String(nicOf(machine)['network'])) as [string, string];
  const isActive = (from: string, to: string) =>
    list(
      (estate.networks ?? []).find((one) => one['selfLink'] === from),
      'peerings',
    ).some((one) => one['network'] === to && one['state'] === 'ACTIVE');
  return x === y || (isActive(x, y) && isActive(y, x));
}

async function built(parts: Parts) {
  return buildNetwork(
    await loadSnapshot([folderOf(Object.fromEntries(documentsOf(parts).map((file, i) => [`${i}.json`, file])))]),
  ).network;
}

const VMS = [0, 1, 2, 3, 4];
const pairsOf = (r: Random) =>
  VMS.flatMap((a) => VMS.filter((b) => a !== b && r.chance(0.5)).map((b) => [a, b] as const));

test('the verdict is what a plain reading of the documents says', async () => {
  const seen = { reachable: 0, unreachable: 0 };
  for (let seed = 1; seed <= ESTATES; seed++) {
    const r = randomOf(seed * 104_729);
    const estate = randomEstate(r);
    const network = await built(estate);
    const compiler = new Compiler(new PacketSpace(), network);
    for (const [a, b] of pairsOf(r)) {
      const [from, to] = [estate.instances![a]!, estate.instances![b]!];
      const port = r.pick([22, 25, 80, 443]);
      const packet = { src: String(nicOf(from)['networkIP']), dst: String(nicOf(to)['networkIP']), port };
      const works =
        [from, to].every((machine) => machine['status'] === 'RUNNING') &&
        joined(estate, from, to) &&
        passes(estate, from, false, packet) &&
        passes(estate, to, true, packet);
      const [row] = questionsOf(network, `vm-${a}`, `vm-${b}:${port}`);
      const { verdict } = examine(compiler, row!.question);
      const detour =
        (estate.routes ?? []).some((one) => one['name'] === 'detour') && a < 4 && b === 4 && !joined(estate, from, to);
      if (detour) continue;
      expect(verdict, `seed ${seed}, vm-${a} to vm-${b}:${port}`).toBe(works ? 'reachable' : 'unreachable');
      seen[works ? 'reachable' : 'unreachable']++;
    }
  }
  expect(Math.min(seen.reachable, seen.unreachable)).toBeGreaterThan(ESTATES);
});

test('the engine agrees with the one-packet oracle', async () => {
  let worked = 0;
  for (let seed = 1; seed <= ESTATES / 4; seed++) {
    const r = randomOf(seed * 15_485_863);
    const network = await built(randomEstate(r));
    const compiler = new Compiler(new PacketSpace(), network);
    const { space } = compiler;
    for (const [a, b] of pairsOf(r).slice(0, 6)) {
      const port = r.pick([22, 80, 443]);
      const [row] = questionsOf(network, `vm-${a}`, `${r.chance(0.2) ? '8.8.8.8' : `vm-${b}`}:${port}`);
      const { question } = row!;
      const start = network.interface(question.start)!;
      const [src, dst] = [question.srcAddresses[0]![0], question.dstAddresses[0]![0]];
      const packet = { mark: 0, protocol: 6, sport: 1024 + r.below(60_000), dport: port, src, dst };
      const set = space.of({
        mark: [[0, 1]],
        src: [[src, src + 1n]],
        dst: [[dst, dst + 1n]],
        protocol: [[6, 7]],
        dport: [[port, port + 1]],
        sport: [[1024, 65536]],
      });
      const targets = question.target?.map((id) => network.interface(id)?.node ?? id);
      for (const mood of ['pessimistic', 'optimistic'] as const) {
        const { outcome } = walkQuestion(compiler, question, set, mood);
        const truth = judge(network, start, packet, targets, mood);
        const said = { ok: space.contains(outcome.ok, packet), fail: space.contains(outcome.fail, packet) };
        // What fails in one way only is not listed where nobody asked for the story.
        expect(said.ok, `seed ${seed}, ${mood}, vm-${a} to ${question.dst.id}:${port}`).toBe(truth.ok);
        if (truth.ok) worked++;
      }
    }
  }
  expect(worked).toBeGreaterThan(ESTATES / 4);
});

test('the matrix is the sum of all questions', async () => {
  let reached = 0;
  for (let seed = 1; seed <= ESTATES / 3; seed++) {
    const network = await built(randomEstate(randomOf(seed * 32_452_843)));
    const matrix = matrixOf(network);
    const compiler = new Compiler(new PacketSpace(), network);
    const outside = { id: 'internet', interface: undefined, node: undefined };
    const ends = [...endsOf(network), outside];
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
  expect(reached).toBeGreaterThan(ESTATES);
});
