/**
 * Proves: reply-must-return, stateful-filter, stateless-filter, first-match, any-allow, levels, longest-prefix,
 * translation-undone, unknown-is-undetermined, fork, relay.
 */
import { expect, test } from 'vitest';
import { Compiler } from '../../src/engine/compile.ts';
import { walkQuestion } from '../../src/engine/examine.ts';
import type { Question } from '../../src/model/query.ts';
import { PacketSpace } from '../../src/net/packet-space.ts';
import { type Mood, judge } from './one-packet.ts';
import { randomOf } from '../random.ts';
import { randomNetwork, randomPacket } from './random-network.ts';

const RUNS = Number(process.env['ORACLE_NETWORKS'] ?? 1500);

for (const unknowns of [false, true])
  test(`the engine agrees with the one-packet oracle${unknowns ? ', unknown parts included' : ''}`, () => {
    let worked = 0;
    let failed = 0;
    for (let seed = 1; seed <= RUNS; seed++) {
      const r = randomOf(seed * 7919 + (unknowns ? 1 : 0));
      const { network, hosts } = randomNetwork(r, unknowns);
      const compiler = new Compiler(new PacketSpace(), network);
      const { space } = compiler;
      const [from, to] = [r.pick(hosts), r.pick(hosts)];
      const src = from.addresses[0]!.address;
      const dst = to.addresses[0]!.address;
      const targets = r.chance(0.5) ? [to.node] : undefined;
      const question: Question = {
        src: { id: from.id, addresses: [] },
        dst: { id: to.id, addresses: [] },
        start: from.id,
        srcAddresses: [[src, src + 1n]],
        srcQuantifier: 'every',
        dstAddresses: [[dst, dst + 1n]],
        ...(targets === undefined ? {} : { target: [to.id] }),
        traffic: {},
        sports: [[0, 65536]],
        family: 4,
        protocolText: '*',
        portsText: '*',
      };
      const asked = space.of({ mark: [[0, 1]], src: [[src, src + 1n]], dst: [[dst, dst + 1n]] });
      for (const mood of ['pessimistic', 'optimistic'] as Mood[]) {
        const outcome = walkQuestion(compiler, question, asked, mood).outcome;
        expect(space.or(outcome.ok, outcome.fail), `seed ${seed}: every packet ends somewhere`).toBe(asked);
        for (let k = 0; k < 12; k++) {
          const packet = randomPacket(r, src, dst);
          const truth = judge(network, from, packet, targets, mood);
          const said = { ok: space.contains(outcome.ok, packet), fail: space.contains(outcome.fail, packet) };
          expect(
            said,
            `seed ${seed}, ${mood}, ${JSON.stringify(packet, (_, v) => (typeof v === 'bigint' ? String(v) : v))} from ${from.id} to ${to.id}`,
          ).toEqual(truth);
          if (truth.ok) worked++;
          if (truth.fail) failed++;
        }
      }
    }
    // The test has teeth only if both outcomes are common.
    expect(worked).toBeGreaterThan(RUNS);
    expect(failed).toBeGreaterThan(RUNS);
  });
