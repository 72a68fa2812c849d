/**
 * The words of a rule (protocol, addresses, tags, ports) as matches: shared by security groups, admin rules and firewall
 * rules, which all spell them alike. Knows nothing of order or effect.
 * Source: https://learn.microsoft.com/en-us/azure/virtual-network/network-security-groups-overview
 */
import type { Match } from '../../model/network.ts';
import type { Missing } from '../../model/origin.ts';
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
  /** Set when its addresses are not known: `match` is then the most that they could be. */
  readonly unresolved?: Missing;
}

/** What a rule's two ends and ports are, whatever kind of rule it is. */
export interface RuleWords {
  readonly protocol: string;
  readonly sources: readonly Peer[];
  readonly destinations: readonly Peer[];
  readonly sourcePorts: readonly string[];
  readonly destinationPorts: readonly string[];
}

/** What a rule means, as far as its words tell. */
export interface Meaning {
  readonly match: readonly Match[];
  readonly text: string;
  readonly onlyPorted?: readonly Match[];
  /** What it means too, if certain addresses are those of an end that is not known. */
  readonly open?: { readonly match: readonly Match[]; readonly unresolved: Missing };
}

/**
 * The matches of a rule and their text; undefined where a part makes no sense. `onlyPorted` is there for "any protocol, but
 * these ports": the same for protocols without ports, which may or may not be meant.
 */
export function matchesOf(words: RuleWords): Meaning | undefined {
  const protocol = words.protocol.toLowerCase();
  const [sport, dport] = [portSpans(words.sourcePorts), portSpans(words.destinationPorts)];
  if (!Object.hasOwn(PROTOCOLS, protocol) || sport === undefined || dport === undefined) return undefined;
  const ports: Match = { ...portField('sport', sport), ...portField('dport', dport) };
  const limited = Object.keys(ports).length > 0;
  const given = PROTOCOLS[protocol];
  const spans = given === undefined && limited ? PORTED.map((one) => [one, one + 1] as const) : given;
  const ported = spans !== undefined && spans.every(([lo]) => PORTED.includes(lo));
  const pairs = words.sources.flatMap((from) => words.destinations.map((to) => ({ from, to })));
  const endsOf = (list: typeof pairs) =>
    list.map(
      ({ from, to }): Match => ({
        ...(from.match === undefined ? {} : { src: from.match }),
        ...(to.match === undefined ? {} : { dst: to.match }),
      }),
    );
  const whole = (end: Match): Match => ({
    ...(spans === undefined ? {} : { protocol: spans }),
    ...(ported ? ports : {}),
    ...end,
  });
  const unsure = pairs.filter(({ from, to }) => from.unresolved !== undefined || to.unresolved !== undefined);
  const ends = endsOf(pairs.filter((pair) => !unsure.includes(pair)));
  const match = ends.map(whole);
  const [first] = unsure;
  const unresolved = first?.from.unresolved ?? first?.to.unresolved;
  const onlyPorted =
    given === undefined && limited ? endsOf(pairs).map((end): Match => ({ protocol: UNPORTED, ...end })) : undefined;
  const list = (peers: readonly Peer[]) => peers.map((peer) => peer.text).join(', ');
  const source = words.sourcePorts.every((port) => port === '*') ? '' : ` source port ${words.sourcePorts.join(',')}`;
  const what = protocol === '*' || protocol === 'any' ? 'everything' : protocol;
  const shown = words.destinationPorts.every((port) => port === '*') ? '' : ` ${words.destinationPorts.join(',')}`;
  return {
    match,
    ...(onlyPorted === undefined ? {} : { onlyPorted }),
    ...(unresolved === undefined ? {} : { open: { match: endsOf(unsure).map(whole), unresolved } }),
    text: `${what}${shown} from ${list(words.sources)}${source} to ${list(words.destinations)}`,
  };
}

function portField(name: 'sport' | 'dport', spans: readonly Span[]): Match {
  const all = spans.length === 0 || (spans[0]![0] === 0 && spans[0]![1] === 65536);
  return all ? {} : { [name]: spans };
}

/** One address word: "*", a CIDR, an address, or a tag. */
export function peerOf(word: string, tag: (name: string) => Omit<Peer, 'text'>): Peer | undefined {
  if (word === '*' || word.toLowerCase() === 'any') return { match: undefined, text: 'anywhere' };
  const address = parseAddress(word);
  const span = address === undefined ? parseCidr(word) : ([address, address + 1n] as const);
  if (span !== undefined) return { match: [span], text: word };
  const range = /^([\d.]+)-([\d.]+)$/.exec(word);
  const [lo, hi] = [parseAddress(range?.[1] ?? ''), parseAddress(range?.[2] ?? '')];
  if (lo !== undefined && hi !== undefined && lo <= hi) return { match: [[lo, hi + 1n]], text: word };
  return /^[A-Za-z][\w.]*$/.test(word) ? { ...tag(word), text: word } : undefined;
}
