/** Laws of the packet-set algebra, on random sets, and against a naive reading of one packet. */
import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { V4_BASE, cidrsOf, formatAddress, parseAddress, parseCidr } from '../../src/net/address.ts';
import { type Box, type Field, type Packet, swapBoxes } from '../../src/net/fields.ts';
import { PacketSpace, type PacketSet, SpaceBudgetError } from '../../src/net/packet-space.ts';
import { replyTypeOf } from '../../src/net/protocol.ts';
import type { Span } from '../../src/net/spans.ts';

const span = (most: number) =>
  fc
    .tuple(fc.integer({ min: 0, max: most }), fc.integer({ min: 0, max: most }))
    .map(([a, b]): Span => [Math.min(a, b), Math.max(a, b) + 1]);
const addressSpan = fc
  .tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 30 }), fc.boolean())
  .map(([a, b, six]): Span<bigint> => {
    const base = six ? 0n : V4_BASE;
    return [base + BigInt(Math.min(a, b)), base + BigInt(Math.max(a, b) + 1)];
  });
const protocolSpan = fc.constantFrom<Span>([6, 7], [17, 18], [1, 2], [58, 59], [47, 48], [6, 18], [0, 256], [1, 7]);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.option(fc.array(arbitrary, { minLength: 1, maxLength: 2 }), { nil: undefined });
const box: fc.Arbitrary<Box> = fc
  .record({
    mark: maybe(span(2)),
    protocol: maybe(protocolSpan),
    dport: maybe(span(9)),
    sport: maybe(span(9)),
    icmpType: maybe(span(20)),
    dst: maybe(addressSpan),
    src: maybe(addressSpan),
  })
  .map((fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)));
const boxes = fc.array(box, { maxLength: 4 });
const packet: fc.Arbitrary<Packet> = fc
  .record({
    mark: fc.integer({ min: 0, max: 3 }),
    protocol: fc.constantFrom(6, 17, 1, 58, 47),
    dport: fc.integer({ min: 0, max: 10 }),
    sport: fc.integer({ min: 0, max: 10 }),
    icmpType: fc.integer({ min: 0, max: 21 }),
    dst: fc.integer({ min: 0, max: 31 }),
    src: fc.integer({ min: 0, max: 31 }),
  })
  .map(({ mark, protocol, dport, sport, icmpType, dst, src }) => ({
    mark,
    protocol,
    ...(protocol === 6 || protocol === 17 ? { dport, sport } : {}),
    ...(protocol === 1 || protocol === 58 ? { icmpType, icmpCode: 0 } : {}),
    dst: V4_BASE + BigInt(dst),
    src: V4_BASE + BigInt(src),
  }));

/** The meaning of a box for one packet: a field that the packet lacks can't be in a constraint. */
function inBox(one: Packet, fields: Box): boolean {
  return Object.entries(fields).every(([field, spans]) => {
    const value = one[field as Field];
    return (
      value !== undefined && (spans as readonly Span<number | bigint>[]).some(([lo, end]) => lo <= value && value < end)
    );
  });
}

/** Runs a property; all of ours are synchronous. */
function law<T>(property: fc.IProperty<T>, parameters?: fc.Parameters<T>): void {
  fc.assert(property, parameters);
}

describe('packet sets', () => {
  test('hold exactly the packets of their boxes', () => {
    const space = new PacketSpace();
    law(
      fc.property(boxes, packet, (list, one) => {
        expect(space.contains(space.ofBoxes(list), one)).toBe(list.some((fields) => inBox(one, fields)));
      }),
      { numRuns: 2000 },
    );
  });

  test('form a Boolean algebra in which equal sets are one object', () => {
    const space = new PacketSpace();
    law(
      fc.property(boxes, boxes, boxes, (x, y, z) => {
        const [a, b, c] = [space.ofBoxes(x), space.ofBoxes(y), space.ofBoxes(z)];
        expect(space.and(a, space.or(b, c))).toBe(space.or(space.and(a, b), space.and(a, c)));
        expect(space.not(space.or(a, b))).toBe(space.and(space.not(a), space.not(b)));
        expect(space.minus(a, b)).toBe(space.and(a, space.not(b)));
        expect(space.or(space.minus(a, b), space.and(a, b))).toBe(a);
        expect(space.not(space.not(a))).toBe(a);
        expect(space.ofBoxes([...y, ...x])).toBe(space.or(a, b));
        expect(space.isSubset(space.and(a, b), a)).toBe(true);
        expect(space.overlaps(a, b)).toBe(!space.isEmpty(space.and(a, b)));
      }),
      { numRuns: 500 },
    );
  });

  test('are the union of their disjoint boxes, and hold their witness', () => {
    const space = new PacketSpace();
    law(
      fc.property(boxes, boxes, (x, y) => {
        const a = space.minus(space.ofBoxes(x), space.ofBoxes(y));
        const parts = space.boxes(a).map((part) => space.of(part));
        expect(space.orAll(parts)).toBe(a);
        for (const [i, part] of parts.entries())
          for (const other of parts.slice(i + 1)) expect(space.overlaps(part, other)).toBe(false);
        const witness = space.witness(a);
        expect(witness === undefined).toBe(space.isEmpty(a));
        if (witness !== undefined) expect(space.contains(a, witness)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('forget is "exists", every is "for all", and they are dual', () => {
    const space = new PacketSpace();
    const fields = fc.subarray<Field>(['mark', 'dport', 'sport', 'dst', 'src'], { minLength: 1 });
    law(
      fc.property(boxes, packet, packet, fields, (x, one, other, forgotten) => {
        const a = space.ofBoxes(x);
        expect(space.every(a, forgotten)).toBe(space.not(space.forget(space.not(a), forgotten)));
        expect(space.isSubset(space.every(a, forgotten), a)).toBe(true);
        expect(space.isSubset(a, space.forget(a, forgotten))).toBe(true);
        const changed: Record<string, unknown> = { ...one };
        for (const field of forgotten)
          if (one[field] !== undefined && other[field] !== undefined) changed[field] = other[field];
        if (space.contains(a, one))
          expect(space.contains(space.forget(a, forgotten), changed as unknown as Packet)).toBe(true);
        if (space.contains(space.every(a, forgotten), one))
          expect(space.contains(a, changed as unknown as Packet)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test('assign sets fields, and leaves packets without ports alone', () => {
    const space = new PacketSpace();
    law(
      fc.property(boxes, packet, (x, one) => {
        const a = space.ofBoxes(x);
        const moved = space.assign(a, { src: [[V4_BASE + 99n, V4_BASE + 100n]], sport: [[7, 8]] });
        if (!space.contains(a, one)) return;
        const after = { ...one, src: V4_BASE + 99n, ...(one.sport === undefined ? {} : { sport: 7 }) };
        expect(space.contains(moved, after)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test('a 1:1 map moves exactly the packets of its pairs, and back', () => {
    const space = new PacketSpace();
    const pairs = Array.from({ length: 8 }, (_, i) => ({
      from: V4_BASE + BigInt(i * 3),
      to: V4_BASE + BigInt(1000 + i),
    }));
    const inverse = pairs.map(({ from, to }) => ({ from: to, to: from }));
    law(
      fc.property(boxes, (x) => {
        const a = space.ofBoxes(x);
        const known = space.and(a, space.of({ src: pairs.map(({ from }) => [from, from + 1n] as const) }));
        expect(space.mapAddress(space.mapAddress(a, 'src', pairs), 'src', inverse)).toBe(known);
      }),
      { numRuns: 300 },
    );
  });

  test('a swapped box holds the requests whose replies the box holds', () => {
    const space = new PacketSpace();
    const replyOf = (one: Packet): Packet | undefined => {
      const type = one.icmpType === undefined ? undefined : replyTypeOf(one.protocol, one.icmpType);
      if (one.icmpType !== undefined && type === undefined) return undefined;
      return {
        ...one,
        src: one.dst,
        dst: one.src,
        ...(one.sport === undefined ? {} : { sport: one.dport!, dport: one.sport }),
        ...(type === undefined ? {} : { icmpType: type }),
      };
    };
    law(
      fc.property(box, packet, (fields, one) => {
        const reply = replyOf(one);
        expect(space.contains(space.ofBoxes(swapBoxes(fields)), one)).toBe(reply !== undefined && inBox(reply, fields));
      }),
      {
        numRuns: 3000,
        // Protocols in no order: an echo reply has no reply.
        examples: [
          [
            {
              protocol: [
                [6, 7],
                [1, 2],
              ],
            },
            { mark: 0, protocol: 1, icmpType: 0, icmpCode: 0, dst: V4_BASE, src: V4_BASE },
          ],
        ],
      },
    );
  });

  test('a question over the node budget is an error, never an approximation', () => {
    const space = new PacketSpace({ nodeBudget: 40 });
    const build = (): PacketSet =>
      space.ofBoxes(
        Array.from({ length: 50 }, (_, i) => ({
          dport: [[i * 2, i * 2 + 1]] as const,
          src: [[BigInt(i * 3), BigInt(i * 3 + 1)]] as const,
        })),
      );
    expect(build).toThrow(SpaceBudgetError);
  });
});

describe('addresses', () => {
  test('are printed and read back the same, both families', () => {
    law(
      fc.property(fc.bigInt({ min: 0n, max: V4_BASE + 0xffffffffn }), (address) => {
        expect(parseAddress(formatAddress(address))).toBe(address);
      }),
      { numRuns: 2000 },
    );
    law(
      fc.property(fc.ipV6(), (text) => {
        const address = parseAddress(text);
        if (!text.includes('.')) expect(address).toBeDefined();
      }),
    );
  });

  test('CIDRs of a span cover it exactly', () => {
    law(
      fc.property(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 1, max: 3000 }), (lo, size) => {
        const whole: Span<bigint> = [V4_BASE + BigInt(lo), V4_BASE + BigInt(lo + size)];
        let at = whole[0];
        for (const text of cidrsOf(whole)) {
          const [from, end] = parseCidr(text.includes('/') ? text : `${text}/32`)!;
          expect(from).toBe(at);
          at = end;
        }
        expect(at).toBe(whole[1]);
      }),
    );
  });

  test('CIDRs mean what Node says they mean', () => {
    law(
      fc.property(fc.ipV4(), fc.integer({ min: 0, max: 32 }), fc.ipV4(), (base, length, probe) => {
        const [lo, end] = parseCidr(`${base}/${length}`)!;
        const list = new BlockList();
        list.addSubnet(base, length, 'ipv4');
        const address = parseAddress(probe)!;
        expect(lo <= address && address < end).toBe(list.check(probe));
      }),
    );
  });

  test.each(['1.2.3', '01.2.3.4', '256.1.1.1', '1.2.3.4.5', '::1::', '12345::', '1.2.3.4/33', 'fe80::1%eth0', ''])(
    '%j is no address',
    (text) => expect(parseAddress(text)).toBeUndefined(),
  );
});
