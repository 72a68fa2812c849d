/**
 * What a security-group rule or an ACL entry says of protocol and ports, as a match. Protocol names or numbers; -1 is
 * everything; with -1 and with protocols other than TCP, UDP and ICMP all ports match.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html
 */
import type { Match } from '../../model/network.ts';
import { ICMP, ICMPV6, TCP, UDP, protocolName, protocolNumber } from '../../net/protocol.ts';

/** The protocol part of a rule, or undefined when it makes no sense; the caller then treats the rule as unknown. */
export function protocolMatch(
  protocol: string | undefined,
  from: number | undefined,
  to: number | undefined,
): { match: Match; text: string } | undefined {
  if (protocol === undefined) return undefined;
  if (protocol === '-1' || protocol === 'all') return { match: {}, text: 'everything' };
  const number = /^\d{1,3}$/.test(protocol) ? Number(protocol) : protocolNumber(protocol);
  if (number === undefined || number > 255) return undefined;
  const own = { protocol: [[number, number + 1] as const] };
  const name = protocolName(number);
  if (number === ICMP || number === ICMPV6) return icmpMatch(own, name, from, to);
  if (number !== TCP && number !== UDP) return { match: own, text: name };
  if (from === undefined || to === undefined || (from === -1 && to === -1)) return { match: own, text: name };
  if (from < 0 || to > 65535 || from > to) return undefined;
  const ports = { ...own, dport: [[from, to + 1] as const] };
  return from === 0 && to === 65535
    ? { match: own, text: name }
    : { match: ports, text: `${name} ${from === to ? from : `${from}-${to}`}` };
}

/** For ICMP the port fields carry type and code; -1 is any. */
function icmpMatch(
  own: Match,
  name: string,
  type: number | undefined,
  code: number | undefined,
): { match: Match; text: string } | undefined {
  if (type === undefined || type === -1) return { match: own, text: name };
  if (type < 0 || type > 255 || (code ?? -1) > 255) return undefined;
  const typed = { ...own, icmpType: [[type, type + 1] as const] };
  if (code === undefined || code === -1) return { match: typed, text: `${name} type ${type}` };
  return { match: { ...typed, icmpCode: [[code, code + 1] as const] }, text: `${name} type ${type} code ${code}` };
}
