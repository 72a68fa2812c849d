/** The header fields in the order in which packet sets test them, and what a reply's header says about its request's. */
import { ADDRESS_END } from './address.ts';
import { ICMP, ICMPV6, replyPairs } from './protocol.ts';
import { type Span, contains, normalise, subtract } from './spans.ts';

export type NumberField = 'mark' | 'protocol' | 'dport' | 'sport' | 'icmpType' | 'icmpCode';
export type AddressField = 'dst' | 'src';
export type Field = NumberField | AddressField;

/** Few-valued fields first: it keeps diagrams small. */
export const FIELDS: readonly Field[] = ['mark', 'protocol', 'dport', 'sport', 'icmpType', 'icmpCode', 'dst', 'src'];

/** Exclusive end of each field's domain; all begin at zero. */
export const DOMAIN_END = {
  mark: 65536,
  protocol: 256,
  dport: 65536,
  sport: 65536,
  icmpType: 256,
  icmpCode: 256,
  dst: ADDRESS_END,
  src: ADDRESS_END,
} as const;

/** A product of intervals; a missing field means any. */
export type Box = { readonly [F in NumberField]?: readonly Span[] } & {
  readonly [F in AddressField]?: readonly Span<bigint>[];
};

/** One packet. Ports and ICMP fields are there only if its protocol has them. */
export interface Packet {
  readonly mark: number;
  readonly protocol: number;
  readonly dport?: number;
  readonly sport?: number;
  readonly icmpType?: number;
  readonly icmpCode?: number;
  readonly dst: bigint;
  readonly src: bigint;
}

const ICMP_SPANS: readonly Span[] = [
  [ICMP, ICMP + 1],
  [ICMPV6, ICMPV6 + 1],
];

/**
 * The requests whose replies lie in the box: addresses and ports change places, ICMP types become the request's. An ICMP
 * message that nothing answers is in no swapped box. Codes stay.
 */
export function swapBoxes(box: Box): Box[] {
  const { src, dst, sport, dport, icmpType, ...same } = box;
  const swapped: Box = {
    ...same,
    ...(src === undefined ? {} : { dst: src }),
    ...(dst === undefined ? {} : { src: dst }),
    ...(sport === undefined ? {} : { dport: sport }),
    ...(dport === undefined ? {} : { sport: dport }),
  };
  const out: Box[] = [];
  const protocols = normalise(box.protocol ?? [[0, DOMAIN_END.protocol]]);
  const others = subtract(protocols, ICMP_SPANS);
  if (icmpType === undefined && box.icmpCode === undefined && others.length > 0)
    out.push({ ...swapped, protocol: others });
  if (sport !== undefined || dport !== undefined) return out;
  for (const protocol of [ICMP, ICMPV6]) {
    if (!contains(protocols, protocol)) continue;
    const requests = replyPairs(protocol).filter(({ reply }) => icmpType === undefined || contains(icmpType, reply));
    if (requests.length > 0)
      out.push({
        ...swapped,
        protocol: [[protocol, protocol + 1]],
        icmpType: requests.map(({ request }) => [request, request + 1] as const),
      });
  }
  return out;
}
