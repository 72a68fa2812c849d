/** What is wide enough, by sets, is what counting address by address and port by port finds. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wideEnough } from '../../src/audit/spread.ts';
import { ALL_V4 } from '../../src/net/address.ts';
import { PacketSpace } from '../../src/net/packet-space.ts';
import { TCP } from '../../src/net/protocol.ts';

const HOSTS = 8;
const PORTS = 10;
const span = (most: number) =>
  fc.tuple(fc.nat(most - 1), fc.nat(most - 1)).map(([a, b]) => [Math.min(a, b), Math.max(a, b) + 1] as const);
const box = fc.record({ src: span(HOSTS), dst: span(3), ports: span(PORTS) });
type Drawn = typeof box extends fc.Arbitrary<infer T> ? T : never;

const at = (host: number) => ALL_V4[0] + BigInt(host);
const key = (src: number, dst: number, port: number) => `${src} ${dst} ${port}`;

function setOf(space: PacketSpace, boxes: readonly Drawn[]) {
  return space.ofBoxes(
    boxes.map(({ src, dst, ports }) => ({
      protocol: [[TCP, TCP + 1]],
      src: [[at(src[0]), at(src[1])]],
      dst: [[at(dst[0]), at(dst[1])]],
      dport: [ports],
    })),
  );
}

/** The same as single packets. */
function packetsOf(boxes: readonly Drawn[]): (readonly [number, number, number])[] {
  const found = new Map<string, readonly [number, number, number]>();
  for (const { src, dst, ports } of boxes)
    for (let s = src[0]; s < src[1]; s++)
      for (let d = dst[0]; d < dst[1]; d++)
        for (let p = ports[0]; p < ports[1]; p++) found.set(key(s, d, p), [s, d, p]);
  return [...found.values()];
}

test('sources of each destination and port, then ports of each pair', () => {
  fc.assert(
    fc.property(
      fc.array(box, { minLength: 1, maxLength: 6 }),
      fc.constantFrom(33, 31, 30),
      fc.integer({ min: 1, max: PORTS }),
      (boxes, widerThan, least) => {
        const space = new PacketSpace();
        const all = packetsOf(boxes);
        const count = (groups: readonly string[]) => Map.groupBy(groups, (one) => one);
        const sources = count(all.map(([, d, p]) => `${d} ${p}`));
        const wide = all.filter(
          ([, d, p]) => widerThan === 33 || sources.get(`${d} ${p}`)!.length > 2 ** (32 - widerThan),
        );
        const ports = count(wide.map(([s, d]) => `${s} ${d}`));
        const expected = wide.filter(([s, d]) => ports.get(`${s} ${d}`)!.length >= least);
        const found = wideEnough(space, setOf(space, boxes), { widerThan, ports: least }, 'src');
        const singles = expected.map(([s, d, p]): Drawn => ({ src: [s, s + 1], dst: [d, d + 1], ports: [p, p + 1] }));
        expect(found).toBe(setOf(space, singles));
      },
    ),
    { numRuns: 300 },
  );
});
