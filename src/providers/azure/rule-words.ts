/**
 * The words of a rule (protocol, addresses, tags, ports) as matches: shared by security groups, admin rules and firewall
 * rules, which all spell them alike. Knows nothing of order or effect.
 * Source: https://learn.microsoft.com/en-us/azure/virtual-network/network-security-groups-overview
 */
import type { Match } from '../../model/network.ts';
import { parseAddress, parseCidr } from '../../net/address.ts';
import { ICMP, PORTED, TCP, UDP } from '../../net/protocol.ts';
import { type Span, subtract } from '../../net/spans.ts';
import { portSpans } from './record.ts';

export type Direction = 'in' | 'out';

/** Protocols without ports: whether a rule with ports and any protocol means them is not documented. */
const UNPORTED = subtract(
  [[0, 256]],
  PORTED.map((one) => [one, one + 1] as const).sort(([a], [b]) => a - b),
);

const PROTOCOLS: Readonly<Record<string, readonly Span[] | undefined>> = {
  '*': undefined,
  any: undefined,
  tcp: [[TCP, TCP + 1]],
  udp: [[UDP, UDP + 1]],
  icmp: [[ICMP, ICMP + 1]],
  esp: [[50, 51]],
  ah: [[51, 52]],
};

/** One end of a rule. */
export interface Peer {
  readonly match: readonly Span<bigint>[] | { readonly set: string } | undefined;
  readonly text: string;
}

/** What a rule's two ends and ports are, whatever kind of rule it is. */
export interface RuleWords {
  readonly protocol: string;
  readonly sources: readonly Peer[];
  readonly destinations: readonly Peer[];
  readonly sourcePorts: readonly string[];
  readonly destinationPorts: readonly string[];
}

/**
 * The matches of a rule and their text; undefined where a part makes no sense. `onlyPorted` is there for "any protocol, but
 * these ports": the same for protocols without ports, which may or may not be meant.
 */
export function matchesOf(
  words: RuleWords,
): { match: readonly Match[]; text: string; onlyPorted?: readonly Match[] } | undefined {
  const protocol = words.protocol.toLowerCase();
  const [sport, dport] = [portSpans(words.sourcePorts), portSpans(words.destinationPorts)];
  if (!Object.hasOwn(PROTOCOLS, protocol) || sport === undefined || dport === undefined) return undefined;
  const ports: Match = { ...portField('sport', sport), ...portField('dport', dport) };
  const limited = Object.keys(ports).length > 0;
  const given = PROTOCOLS[protocol];
  const spans = given === undefined && limited ? PORTED.map((one) => [one, one + 1] as const) : given;
  const ported = spans !== undefined && spans.every(([lo]) => PORTED.includes(lo));
  const ends = words.sources.flatMap((from) =>
    words.destinations.map(
      (to): Match => ({
        ...(from.match === undefined ? {} : { src: from.match }),
        ...(to.match === undefined ? {} : { dst: to.match }),
      }),
    ),
  );
  const match = ends.map(
    (end): Match => ({ ...(spans === undefined ? {} : { protocol: spans }), ...(ported ? ports : {}), ...end }),
  );
  const onlyPorted =
    given === undefined && limited ? ends.map((end): Match => ({ protocol: UNPORTED, ...end })) : undefined;
  const list = (peers: readonly Peer[]) => peers.map((peer) => peer.text).join(', ');
  const source = words.sourcePorts.every((port) => port === '*') ? '' : ` source port ${words.sourcePorts.join(',')}`;
  const what = protocol === '*' || protocol === 'any' ? 'everything' : protocol;
  const shown = words.destinationPorts.every((port) => port === '*') ? '' : ` ${words.destinationPorts.join(',')}`;
  return {
    match,
    ...(onlyPorted === undefined ? {} : { onlyPorted }),
    text: `${what}${shown} from ${list(words.sources)}${source} to ${list(words.destinations)}`,
  };
}

function portField(name: 'sport' | 'dport', spans: readonly Span[]): Match {
  const all = spans.length === 0 || (spans[0]![0] === 0 && spans[0]![1] === 65536);
  return all ? {} : { [name]: spans };
}

/** One address word: "*", a CIDR, an address, or the id of a set of a tag. */
export function peerOf(word: string, tag: (name: string) => string): Peer | undefined {
  if (word === '*' || word.toLowerCase() === 'any') return { match: undefined, text: 'anywhere' };
  const address = parseAddress(word);
  const span = address === undefined ? parseCidr(word) : ([address, address + 1n] as const);
  if (span !== undefined) return { match: [span], text: word };
  const range = /^([\d.]+)-([\d.]+)$/.exec(word);
  const [lo, hi] = [parseAddress(range?.[1] ?? ''), parseAddress(range?.[2] ?? '')];
  if (lo !== undefined && hi !== undefined && lo <= hi) return { match: [[lo, hi + 1n]], text: word };
  return /^[A-Za-z][\w.]*$/.test(word) ? { match: { set: tag(word) }, text: word } : undefined;
}
