/**
 * What a diff says is the difference of what questions about every pair say, before and after.
 *
 * Proves: difference.
 */
import { expect, test } from 'vitest';
import { diffNetworks } from '../../src/diff/diff.ts';
import { Compiler } from '../../src/engine/compile.ts';
import type { FlowChange, NetworkDiff } from '../../src/model/diff.ts';
import type { Network } from '../../src/model/network.ts';
import { PUBLIC_V4 } from '../../src/net/address.ts';
import { boxOfFlow } from '../../src/net/flow-boxes.ts';
import { type PacketSet, PacketSpace } from '../../src/net/packet-space.ts';
import { subtract } from '../../src/net/spans.ts';
import { type Works, asked } from '../matrix/pairs.ts';
import { sample } from './mutated.ts';

const RUNS = Number(process.env['DIFF_NETWORKS'] ?? 60);
const roleOf = (end: { id: string }) => end.id;
const gains = (diff: NetworkDiff) => diff.flows.filter(({ change }) => change === 'opened' || change === 'widened');
const losses = (diff: NetworkDiff) => diff.flows.filter(({ change }) => change === 'closed' || change === 'narrowed');

for (const unknowns of [false, true])
  test(`flows are exactly what every pair gains and loses${unknowns ? ', unknown parts included' : ''}`, () => {
    let changed = 0;
    let undecided = 0;
    for (let seed = 1; seed <= RUNS; seed++) {
      const { before, after, ends } = sample(seed, unknowns);
      const diff = diffNetworks(before, after, { roleOf });
      const space = new PacketSpace();
      const [old, now] = [new Compiler(space, before), new Compiler(space, after)];
      const outside = space.and(space.of({ src: subtract(PUBLIC_V4, after.publicAddresses()) }), now.answerable);
      const answered = space.forget(now.answerable, ['sport']);
      const set = (flows: readonly FlowChange[], from: string, to: string): PacketSet =>
        space.orAll(
          flows
            .filter((flow) => flow.from.role === from && flow.to.role === to)
            .map(({ protocol, ports, fromAddresses, toAddresses }) =>
              space.forget(space.of(boxOfFlow({ protocol, ports, from: fromAddresses, to: toAddresses })!), ['sport']),
            ),
        );
      let torn = false;
      for (const from of ends)
        for (const to of ends) {
          if (from === to) continue;
          const has = (network: Network) =>
            [from, to].every((id) => id === 'internet' || network.place(id) !== undefined);
          const none = { firm: space.none, possible: space.none };
          const answeredOf = ({ firm, possible }: Works): Works => ({
            firm: space.and(firm, answered),
            possible: space.and(possible, answered),
          });
          const a = has(before) ? answeredOf(asked(old, before, from, to)) : none;
          const b = has(after) ? answeredOf(asked(now, after, from, to)) : none;
          const real = (flows: readonly FlowChange[]) =>
            space.and(set(flows, from, to), from === 'internet' ? outside : answered);
          const expectSame = (said: PacketSet, truth: PacketSet, what: string) =>
            expect(to === 'internet' || said === truth, `seed ${seed}: ${from} to ${to}, ${what}`).toBe(true);
          expectSame(real(gains(diff)), space.minus(b.firm, a.possible), 'gained');
          expectSame(real(losses(diff)), space.minus(a.firm, b.possible), 'lost');
          if (to === 'internet')
            expect(space.isEmpty(real(gains(diff)))).toBe(space.isEmpty(space.minus(b.firm, a.possible)));
          if (space.minus(a.possible, a.firm) !== space.minus(b.possible, b.firm)) torn = true;
        }
      expect(diff.missing.length > 0, `seed ${seed}: what can't be decided`).toBe(torn);
      changed += diff.flows.length;
      if (torn) undecided++;
    }
    expect(changed).toBeGreaterThan(RUNS);
    if (unknowns) expect(undecided).toBeGreaterThan(RUNS / 10);
  });

test('a network differs in nothing from itself', () => {
  for (let seed = 1; seed <= RUNS; seed++) {
    const { before } = sample(seed, true);
    expect(diffNetworks(before, before)).toEqual({
      summary: { opened: 0, closed: 0, widened: 0, narrowed: 0 },
      flows: [],
      missing: [],
      assumptions: [],
    });
  }
});

test('the way back is the mirror image', () => {
  const mirror = { opened: 'closed', closed: 'opened', widened: 'narrowed', narrowed: 'widened' } as const;
  for (let seed = 1; seed <= RUNS; seed++) {
    const { before, after } = sample(seed, seed % 2 === 0);
    const there = diffNetworks(before, after);
    const back = diffNetworks(after, before);
    const turned = back.flows.map((flow) => JSON.stringify({ ...flow, change: mirror[flow.change] })).sort();
    expect(there.flows.map((flow) => JSON.stringify(flow)).sort(), `seed ${seed}`).toEqual(turned);
    expect(there.missing).toEqual(back.missing);
  }
});

test('leaving out any change that a flow is due to undoes it', () => {
  let due = 0;
  let alone = 0;
  let together = 0;
  for (let seed = 1; seed <= RUNS; seed++) {
    const { before, after, build, changes } = sample(seed, false);
    const list = Array.from({ length: changes }, (_, i) => ({
      resource: `change-${i}`,
      address: null,
      file: null,
      line: null,
    }));
    const diff = diffNetworks(before, after, { roleOf, changes: { list, without: build } });
    for (const flow of diff.flows) {
      // One outside address may fare as the next one does not; hosts here have one address each.
      if (flow.from.role === 'internet' || flow.to.role === 'internet') continue;
      expect(flow.because.length, `seed ${seed}: ${JSON.stringify(flow)}`).toBeGreaterThan(0);
      const own = flow.because.map(({ resource }) => Number(resource.slice(7)));
      const others = list.flatMap((_, i) => (own.includes(i) ? [] : [i]));
      const isThere = (...dropped: readonly number[]) => changesTheWitness(before, build(new Set(dropped)), flow);
      for (const other of others) expect(isThere(other), `seed ${seed}: ${other} is not needed`).toBe(true);
      if (own.every((one) => !isThere(one))) alone++;
      else {
        // Several changes do the same: with these few it is there, and without any one of these few it is not.
        expect(isThere(...others), `seed ${seed}: its changes suffice`).toBe(true);
        for (const one of own) expect(isThere(...others, one), `seed ${seed}: ${one} is needed`).toBe(false);
        together++;
      }
      due++;
    }
  }
  expect(due).toBeGreaterThan(RUNS);
  expect(alone).toBeGreaterThan(RUNS / 2);
  expect(together).toBeGreaterThan(0);
});

/** Whether a flow's ends differ in what they reach in these two networks on the witness's port. */
function changesTheWitness(before: Network, after: Network, flow: FlowChange): boolean {
  const gained = flow.change === 'opened' || flow.change === 'widened';
  return diffNetworks(before, after, { roleOf }).flows.some(
    (other) =>
      other.from.role === flow.from.role &&
      other.to.role === flow.to.role &&
      (other.change === 'opened' || other.change === 'widened') === gained &&
      (other.protocol === '*' || other.protocol === flow.protocol) &&
      portsHold(other.ports, flow.witness.dport),
  );
}

function portsHold(ports: string, port: number | undefined): boolean {
  if (ports === '*' || port === undefined) return true;
  return ports.split(',').some((part) => {
    const [lo, hi = lo] = part.split('-').map(Number);
    return lo! <= port && port <= hi!;
  });
}
