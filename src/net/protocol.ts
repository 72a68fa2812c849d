/** IANA protocol numbers and names, which of them have ports, which are ICMP, and what answers an ICMP request. */

const NAMES: Readonly<Record<number, string>> = {
  1: 'icmp',
  2: 'igmp',
  4: 'ipip',
  6: 'tcp',
  17: 'udp',
  33: 'dccp',
  41: 'ipv6',
  47: 'gre',
  50: 'esp',
  51: 'ah',
  58: 'icmpv6',
  88: 'eigrp',
  89: 'ospf',
  94: 'ipip94',
  103: 'pim',
  112: 'vrrp',
  115: 'l2tp',
  132: 'sctp',
  136: 'udplite',
};
const NUMBERS = new Map(Object.entries(NAMES).map(([number, name]) => [name, Number(number)]));

export const TCP = 6;
export const UDP = 17;
export const ICMP = 1;
export const ICMPV6 = 58;

/** Protocols with ports, ascending. */
export const PORTED: readonly number[] = [6, 17, 33, 132, 136];

export function hasPorts(protocol: number): boolean {
  return PORTED.includes(protocol);
}

export function isIcmp(protocol: number): boolean {
  return protocol === ICMP || protocol === ICMPV6;
}

/** "tcp", or "proto:99" for a number without a common name. */
export function protocolName(protocol: number): string {
  return NAMES[protocol] ?? `proto:${protocol}`;
}

/** The number of a name ("tcp"); undefined for an unknown one. */
export function protocolNumber(name: string): number | undefined {
  return NUMBERS.get(name.toLowerCase());
}

const REPLIES: Readonly<Record<number, Readonly<Record<number, number>>>> = {
  [ICMP]: { 8: 0, 13: 14, 15: 16, 17: 18 },
  [ICMPV6]: { 128: 129 },
};

/** The ICMP type that answers this one; undefined for messages that nothing answers. */
export function replyTypeOf(protocol: number, type: number): number | undefined {
  return REPLIES[protocol]?.[type];
}

/** All (request, reply) type pairs of an ICMP protocol. */
export function replyPairs(protocol: number): readonly { readonly request: number; readonly reply: number }[] {
  return Object.entries(REPLIES[protocol] ?? {}).map(([request, reply]) => ({ request: Number(request), reply }));
}
