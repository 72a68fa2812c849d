/**
 * A set of ports as lines that people and gates look for: everything is one line, TCP and UDP have lines of their own, and
 * all other protocols that fare alike share one. Of ICMP only what is answered is a flow.
 */
import { allowedFlows } from '../net/describe.ts';
import type { Box } from '../net/fields.ts';
import { boxOfFlow } from '../net/flow-boxes.ts';
import type { PacketSet, PacketSpace } from '../net/packet-space.ts';
import { ICMP, ICMPV6, TCP, UDP, replyPairs } from '../net/protocol.ts';
import { type Span, normalise, subtract } from '../net/spans.ts';

export interface PortLine {
  readonly protocol: string;
  readonly ports: string;
  readonly box: Box;
}

/** The lines of a set that no address restricts. Sets are of one space each, so a set is told once. */
export function portLines(space: PacketSpace, set: PacketSet): readonly PortLine[] {
  const known = told.get(set) ?? linesOf(space, set);
  told.set(set, known);
  return known;
}

const told = new WeakMap<PacketSet, readonly PortLine[]>();

function linesOf(space: PacketSpace, set: PacketSet): PortLine[] {
  const lines: PortLine[] = [];
  const others: Span[] = [];
  for (const flow of allowedFlows(space, withWholeIcmp(space, set))) {
    const box = boxOfFlow({ ...flow, from: ['any'], to: ['any'] });
    if (box === undefined) continue;
    const { protocol, ports } = flow;
    const range = protocol.startsWith('proto:') && ports === '*' ? box.protocol : undefined;
    if (range === undefined) lines.push({ protocol, ports, box });
    else others.push(...range);
  }
  let rest = normalise(others);
  for (const [number, protocol] of [
    [TCP, 'tcp'],
    [UDP, 'udp'],
  ] as const) {
    const own: readonly Span[] = [[number, number + 1]];
    if (subtract(own, rest).length > 0) continue;
    rest = subtract(rest, own);
    lines.push({ protocol, ports: '*', box: { protocol: own } });
  }
  if (rest.length > 0) lines.push({ protocol: protocolList(rest), ports: '*', box: { protocol: rest } });
  return lines;
}

/** "proto:47" or "proto:0,2-5,7-255". */
function protocolList(spans: readonly Span[]): string {
  return `proto:${spans.map(([lo, end]) => (end === lo + 1 ? String(lo) : `${lo}-${end - 1}`)).join()}`;
}

/** Where every kind of request passes, ICMP is whole. */
function withWholeIcmp(space: PacketSpace, set: PacketSet): PacketSet {
  let whole = set;
  for (const protocol of [ICMP, ICMPV6]) {
    const own: readonly Span[] = [[protocol, protocol + 1]];
    const requests = replyPairs(protocol).map(({ request }) => [request, request + 1] as const);
    if (space.isSubset(space.of({ protocol: own, icmpType: requests }), set))
      whole = space.or(whole, space.of({ protocol: own }));
  }
  return whole;
}
