import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allowedFlows } from '../../src/net/describe.ts';
import { boxOfFlow } from '../../src/net/flow-boxes.ts';
import { PacketSpace } from '../../src/net/packet-space.ts';
import { V4_BASE } from '../../src/net/address.ts';

const span = (most: number) =>
  fc
    .tuple(fc.integer({ min: 0, max: most }), fc.integer({ min: 0, max: most }))
    .map(([a, b]) => [Math.min(a, b), Math.max(a, b) + 1] as const);
const addresses = fc
  .tuple(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 1, max: 300 }))
  .map(([lo, size]) => [[V4_BASE + BigInt(lo), V4_BASE + BigInt(lo + size)] as const]);
const box = fc.oneof(
  fc.record({
    protocol: fc.constantFrom([[6, 7] as const], [[17, 18] as const]),
    dport: fc.array(span(65535), { minLength: 1, maxLength: 3 }),
    src: addresses,
    dst: addresses,
  }),
  fc.record({
    protocol: fc.constantFrom([[1, 2] as const], [[58, 59] as const]),
    icmpType: fc.array(span(255), { minLength: 1, maxLength: 2 }),
    src: addresses,
  }),
  fc.record({
    protocol: fc.constantFrom([[1, 2] as const]),
    icmpType: fc.constant([[8, 9] as const]),
    icmpCode: fc.array(span(255), { minLength: 1, maxLength: 2 }),
  }),
  fc.record({ protocol: fc.constantFrom([[50, 51] as const], [[90, 97] as const]), dst: addresses }),
);

test('a printed flow read back is the set that it was printed from', () => {
  fc.assert(
    fc.property(fc.array(box, { minLength: 1, maxLength: 3 }), (boxes) => {
      const space = new PacketSpace();
      const set = space.ofBoxes(boxes);
      const read = allowedFlows(space, set).map((flow) => {
        const one = boxOfFlow(flow);
        expect(one, JSON.stringify(flow)).toBeDefined();
        return one!;
      });
      expect(space.ofBoxes(read)).toBe(set);
    }),
    { numRuns: 300 },
  );
});

test('what no answer prints is not read', () => {
  const flow = { protocol: 'tcp', ports: '443', from: ['any'], to: ['any'] };
  expect(boxOfFlow({ ...flow, ports: '70000' })).toBeUndefined();
  expect(boxOfFlow({ ...flow, ports: '9-3' })).toBeUndefined();
  expect(boxOfFlow({ ...flow, protocol: 'tcpx' })).toBeUndefined();
  expect(boxOfFlow({ ...flow, from: ['10.0.0.300'] })).toBeUndefined();
  expect(boxOfFlow({ ...flow, protocol: 'icmp', ports: 'type 999' })).toBeUndefined();
});
