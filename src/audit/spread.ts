/**
 * How widely something is open: what of a set comes from, or goes to, as many addresses as a policy asks for, on as many ports.
 * Counts exactly, whatever boxes the set is made of. Knows no policies and no ends.
 */
import { ALL_V4, ALL_V6 } from '../net/address.ts';
import type { PacketSet, PacketSpace } from '../net/packet-space.ts';
import { TCP, UDP } from '../net/protocol.ts';
import { type Span, intersect, normalise } from '../net/spans.ts';
import type { Spread } from './policy.ts';

/**
 * The packets whose far ends, and whose ports, are as many as it takes. The far end of what leaves for the outside is where it
 * goes, else where it comes from. Destinations are counted for all sources together: exact where those fare `alike`. Then what is
 * many by itself is told without the few ports that some of its pairs have besides.
 */
export function wideEnough(
  space: PacketSpace,
  packets: PacketSet,
  { widerThan, ports }: Spread,
  far: 'src' | 'dst',
  alike = false,
): PacketSet {
  if (isAnySpread({ widerThan, ports })) return packets;
  const many = [...space.factors(packets, far)].map(([rest, head]) => {
    const own = space.and(rest, head);
    if (widerThan > 32) return own;
    const spans = space.values(rest, far) as readonly Span<bigint>[];
    const wide = [
      ...(sizeOf(intersect(spans, [ALL_V4])) > 2 ** (32 - widerThan) ? [ALL_V4] : []),
      ...(sizeOf(intersect(spans, [ALL_V6])) > 2 ** (128 - 2 * widerThan) ? [ALL_V6] : []),
    ];
    return wide.length === 0 ? space.none : space.and(own, space.of({ [far]: normalise(wide) }));
  });
  const wide = space.orAll(many);
  return ports <= 1 ? wide : space.orAll(WITH_PORTS.map((protocol) => manyPorts(space, wide, protocol, ports, alike)));
}

/** Whether a policy asks for no spread at all. */
export function isAnySpread({ widerThan, ports }: Spread): boolean {
  return widerThan > 32 && ports <= 1;
}

/** The packets of a protocol between pairs of addresses that have at least so many ports in common. */
function manyPorts(space: PacketSpace, packets: PacketSet, protocol: number, least: number, alike: boolean): PacketSet {
  const own = space.and(packets, space.of({ protocol: [[protocol, protocol + 1]] }));
  const count = (set: PacketSet) => sizeOf(space.values(set, 'dport'));
  if (count(own) < least) return space.none;
  // Ports stand before addresses: a factor at the destination is a set of pairs, with some of their ports.
  const factors = [...space.factors(own, 'dst')];
  const isMany = ([, some]: readonly [PacketSet, PacketSet]) => count(some) >= least;
  if (factors.every(isMany)) return own;
  const many = alike ? factors.filter(isMany) : [];
  const done = space.orAll(many.map(([ends]) => ends));
  const others = factors.flatMap(([ends, some]) => {
    const left = alike && isMany([ends, some]) ? space.none : space.minus(ends, done);
    return space.isEmpty(left) ? [] : [[left, some] as const];
  });
  return space.orAll([...many, ...apart(space, others).filter(isMany)].map(([ends, some]) => space.and(ends, some)));
}

/** The same sum with disjoint keys: each has all values of the keys that it was part of. */
function apart(space: PacketSpace, sum: readonly (readonly [PacketSet, PacketSet])[]) {
  let parts: (readonly [PacketSet, PacketSet])[] = [];
  for (const [key, value] of sum) {
    let rest = key;
    parts = parts.flatMap((part) => {
      const both = space.and(part[0], rest);
      if (space.isEmpty(both)) return [part];
      rest = space.minus(rest, both);
      const others = space.minus(part[0], both);
      const joint = [both, space.or(part[1], value)] as const;
      return space.isEmpty(others) ? [joint] : [joint, [others, part[1]]];
    });
    if (!space.isEmpty(rest)) parts.push([rest, value]);
  }
  return parts;
}

const WITH_PORTS = [TCP, UDP];

function sizeOf(spans: readonly Span<number | bigint>[]): number {
  return spans.reduce((sum, [lo, end]) => sum + Number(BigInt(end) - BigInt(lo)), 0);
}
