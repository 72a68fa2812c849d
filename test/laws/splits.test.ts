import { expect, test } from 'vitest';
import { blockersOf } from '../../src/engine/blockers.ts';
import { Compiler } from '../../src/engine/compile.ts';
import { examine } from '../../src/engine/examine.ts';
import { patched, patchesOf } from '../../src/engine/patch.ts';
import { laidOver, repair } from '../../src/engine/repair.ts';
import { splitByFilter, splitByTable } from '../../src/engine/split.ts';
import type { Change } from '../../src/model/change.ts';
import type { Interface } from '../../src/model/network.ts';
import type { Question } from '../../src/model/query.ts';
import type { PacketSet } from '../../src/net/packet-space.ts';
import { PacketSpace } from '../../src/net/packet-space.ts';
import { randomNetwork } from '../oracle/random-network.ts';
import { randomOf } from '../random.ts';

function questionBetween(from: Interface, to: Interface): Question {
  const [src, dst] = [from.addresses[0]!.address, to.addresses[0]!.address];
  return {
    src: { id: from.id, addresses: [] },
    dst: { id: to.id, addresses: [] },
    start: from.id,
    srcAddresses: [[src, src + 1n]],
    srcQuantifier: 'every',
    dstAddresses: [[dst, dst + 1n]],
    target: [to.id],
    traffic: { protocol: [[6, 7]], dport: [[443, 444]] },
    sports: [[1024, 65536]],
    family: 4,
    protocolText: 'tcp',
    portsText: '443',
  };
}

/** Disjoint parts that together are the whole. */
function expectPartition(space: PacketSpace, whole: PacketSet, parts: readonly PacketSet[], about: string): void {
  let union = space.none;
  for (const part of parts) {
    expect(space.overlaps(union, part), `${about}: parts overlap`).toBe(false);
    union = space.or(union, part);
  }
  expect(union, `${about}: parts do not add up`).toBe(whole);
}

test('passed, dropped and unknown partition what came in, at every filter and table, on both legs', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const { network, hosts } = randomNetwork(randomOf(seed), true);
    const compiler = new Compiler(new PacketSpace(), network);
    const { space } = compiler;
    for (const host of hosts)
      for (const leg of ['forward', 'return'] as const) {
        const table = network.table(host.table!)!;
        expectPartition(
          space,
          space.all,
          splitByTable(space, compiler.table(table, leg), table, space.all).map((part) => part.packets),
          `seed ${seed} ${table.id} ${leg}`,
        );
        for (const step of host.steps) {
          if (!('filter' in step)) continue;
          const filter = network.filter(step.filter)!;
          const split = splitByFilter(space, compiler.filter(filter, leg), filter, space.all);
          expectPartition(
            space,
            space.all,
            [...split.allowed, ...split.dropped, ...split.unknown].map((part) => part.packets),
            `seed ${seed} ${filter.id} ${leg}`,
          );
        }
      }
  }
});

test('the fix of a repair works, also as it is printed, and leaving any part of it out does not', () => {
  let repaired = 0;
  for (let seed = 1; seed <= 600; seed++) {
    const r = randomOf(seed * 31);
    const { network, hosts } = randomNetwork(r, false);
    const compiler = new Compiler(new PacketSpace(), network);
    const question = questionBetween(r.pick(hosts), r.pick(hosts));
    const finding = examine(compiler, question);
    if (finding.verdict === 'reachable') continue;
    const fix = repair(compiler, question, finding);
    if (fix.outcome !== 'reachable') continue;
    repaired++;
    expect(examine(laidOver(compiler, fix.needed), question).verdict, `seed ${seed}`).toBe('reachable');
    // As it is printed and read again, which is what --what-if does.
    const { changes } = blockersOf(compiler.space, finding, fix);
    const printed = JSON.parse(JSON.stringify(changes)) as Change[];
    const again = patched(network, patchesOf(network, printed));
    expect(examine(new Compiler(new PacketSpace(), again), question).verdict, `seed ${seed} printed`).toBe('reachable');
    for (const patch of fix.needed)
      expect(
        examine(
          laidOver(
            compiler,
            fix.needed.filter((other) => other !== patch),
          ),
          question,
        ).verdict,
        `seed ${seed} without one`,
      ).not.toBe('reachable');
  }
  expect(repaired).toBeGreaterThan(20);
});
