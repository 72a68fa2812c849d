/** Packet sets in words: exact flows for programs, one short line for people. */
import { PUBLIC_V4, PUBLIC_V6, cidrsOf, parseAddress, parseCidr } from './address.ts';
import { type Box, DOMAIN_END } from './fields.ts';
import type { PacketSet, PacketSpace } from './packet-space.ts';
import { ICMP, ICMPV6, isIcmp, protocolName } from './protocol.ts';
import { type Span, normalise, subtract } from './spans.ts';

/** A product of a protocol, its ports (or ICMP types) and two address lists. */
export interface FlowText {
  readonly protocol: string;
  readonly ports: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
}

interface Piece {
  protocol: readonly Span[];
  ports: string;
  spans: readonly Span[] | undefined;
  src: readonly Span<bigint>[];
  dst: readonly Span<bigint>[];
}

const ANY: readonly Span<bigint>[] = [[0n, DOMAIN_END.src]];
const INTERNET: readonly string[] = ['the internet'];
const EVERYTHING: readonly Span[] = [[0, DOMAIN_END.protocol]];

/** The exact flows of a set, source ports left aside, merged and in a fixed order. */
export function allowedFlows(space: PacketSpace, set: PacketSet): FlowText[] {
  return flowsOf(space, set, cidrsText);
}

/** The same for people: most of the internet is called that, instead of by its seventy CIDRs. */
export function flowsForPeople(space: PacketSpace, set: PacketSet): FlowText[] {
  return flowsOf(space, set, (spans) => (isMostOfTheInternet(spans) ? INTERNET : cidrsText(spans)));
}

function flowsOf(
  space: PacketSpace,
  set: PacketSet,
  textFor: (spans: readonly Span<bigint>[]) => readonly string[],
): FlowText[] {
  let pieces = space.boxes(space.forget(set, ['mark', 'sport'])).map(pieceOf);
  const textOf = keys();
  for (let before = -1; before !== pieces.length; ) {
    before = pieces.length;
    pieces = merge(
      pieces,
      (p) => [portsKey(p), textOf(p.dst)].join('|'),
      (a, b) => ({ ...a, src: normalise([...a.src, ...b.src]) }),
    );
    pieces = merge(
      pieces,
      (p) => [portsKey(p), textOf(p.src)].join('|'),
      (a, b) => ({ ...a, dst: normalise([...a.dst, ...b.dst]) }),
    );
    pieces = merge(
      pieces,
      (p) => [p.protocol.join(), p.spans === undefined ? p.ports : 'ports', textOf(p.src), textOf(p.dst)].join('|'),
      (a, b) => {
        if (a.spans === undefined) return a;
        const spans = normalise([...a.spans, ...(b.spans ?? [])]);
        return { ...a, spans, ports: portsText(spans) };
      },
    );
    pieces = merge(
      pieces,
      (p) => [p.ports, textOf(p.src), textOf(p.dst)].join('|'),
      (a, b) => ({ ...a, protocol: normalise([...a.protocol, ...b.protocol]) }),
    );
  }
  const flows = pieces.flatMap((piece): FlowText[] => {
    const [from, to] = [textFor(piece.src), textFor(piece.dst)];
    if (piece.ports === '*' && piece.protocol.join() === EVERYTHING.join())
      return [{ protocol: '*', ports: '*', from, to }];
    return piece.protocol.map(([lo, end]) => ({
      protocol: end === lo + 1 ? protocolName(lo) : `proto:${lo}-${end - 1}`,
      ports: piece.ports,
      from,
      to,
    }));
  });
  const key = (flow: FlowText) => [flow.protocol, flow.ports.padStart(12), flow.from.join(), flow.to.join()].join(' ');
  return flows.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

const INTERNETS = new WeakMap<readonly string[], boolean>();

/** Whether a printed list of addresses is what people call the internet; lists are known by identity. */
export function isTheInternet(list: readonly string[]): boolean {
  const known = INTERNETS.get(list);
  if (known !== undefined) return known;
  const spans = list.map((text) => {
    const address = parseAddress(text);
    return address === undefined ? parseCidr(text) : ([address, address + 1n] as const);
  });
  const isInternet = spans.every((span) => span !== undefined) && coversInternet(normalise(spans));
  INTERNETS.set(list, isInternet);
  return isInternet;
}

function isMostOfTheInternet(spans: readonly Span<bigint>[]): boolean {
  return spans.length < LONG ? coversInternet(spans) : longList(spans).isInternet;
}

/** Public addresses only, and nine tenths of them at least. */
function coversInternet(spans: readonly Span<bigint>[]): boolean {
  const size = (list: readonly Span<bigint>[]) => list.reduce((sum, [lo, end]) => sum + (end - lo), 0n);
  return [PUBLIC_V4, PUBLIC_V6].some((all) => subtract(spans, all).length === 0 && size(spans) * 10n >= size(all) * 9n);
}

/** One flow in words: "tcp 443 from 10.0.0.0/8 to 10.1.0.5". */
export function flowText(flow: FlowText): string {
  return `${flow.protocol === '*' ? 'everything' : flow.protocol}${flow.ports === '*' ? '' : ` ${flow.ports}`} from ${listText(flow.from)} to ${listText(flow.to)}`;
}

/** A set in one line; a long list is cut with its length given. */
export function describe(space: PacketSpace, set: PacketSet, most = 3): string {
  if (space.isEmpty(set)) return 'nothing';
  const flows = flowsForPeople(space, set);
  const shown = flows.slice(0, most).map((flow) => `${flowText(flow)}${sportText(space, set, flow)}`);
  return flows.length > most ? `${shown.join('; ')}; and ${flows.length - most} more` : shown.join('; ');
}

/** Source ports are worth a word only where part of the usual 1024-65535 is meant. */
function sportText(space: PacketSpace, set: PacketSet, flow: FlowText): string {
  if (
    flow.protocol === '*' ||
    flow.ports === '' ||
    flow.protocol.startsWith('icmp') ||
    flow.protocol.startsWith('proto')
  )
    return '';
  const text = portsText(space.values(set, 'sport') as readonly Span[]);
  return text === '*' || text === '1024-65535' ? '' : ` (source ports ${text})`;
}

function listText(list: readonly string[]): string {
  return list.length > 4 ? `${list.slice(0, 3).join(', ')} and ${list.length - 3} more` : list.join(', ');
}

/** "443", "8000-8050,9000", "*". */
export function portsText(spans: readonly Span[]): string {
  if (spans.length === 1 && spans[0]![0] === 0 && spans[0]![1] >= 65536) return '*';
  return spans.map(([lo, end]) => (end === lo + 1 ? String(lo) : `${lo}-${end - 1}`)).join(',');
}

/** CIDRs of a span list; everything is "any". */
export function cidrsText(spans: readonly Span<bigint>[]): readonly string[] {
  if (isSameList(spans, ANY)) return ['any'];
  return spans.length < LONG ? spans.flatMap(cidrsOf) : longList(spans).cidrs;
}

/**
 * The internet less what a large estate owns of it is a list of thousands, and most answers about the internet print the
 * same one: what takes long is worked out once for each such list.
 */
const LONG = 64;
/** How many long lists are known at a time. */
const MOST_LISTS = 8;

interface LongList {
  readonly spans: readonly Span<bigint>[];
  readonly cidrs: readonly string[];
  readonly isInternet: boolean;
}

let longLists: readonly LongList[] = [];

function longList(spans: readonly Span<bigint>[]): LongList {
  const known = longLists.find((one) => isSameList(one.spans, spans));
  if (known !== undefined) return known;
  const made = { spans, cidrs: spans.flatMap(cidrsOf), isInternet: coversInternet(spans) };
  longLists = [made, ...longLists.slice(0, MOST_LISTS - 1)];
  return made;
}

function pieceOf(box: Box): Piece {
  const protocol = box.protocol ?? EVERYTHING;
  const icmp = protocol.every(([lo, end]) => end === lo + 1 && isIcmp(lo));
  const ports = icmp ? icmpText(protocol[0]![0], box) : box.dport === undefined ? '*' : portsText(box.dport);
  return {
    protocol,
    ports,
    spans: icmp || box.dport === undefined ? undefined : box.dport,
    src: box.src ?? ANY,
    dst: box.dst ?? ANY,
  };
}

function icmpText(protocol: number, box: Box): string {
  const types = box.icmpType;
  const codes = box.icmpCode;
  if (types === undefined) return codes === undefined ? '*' : `code ${portsText(codes)}`;
  const request = protocol === ICMP ? 8 : protocol === ICMPV6 ? 128 : -1;
  const reply = protocol === ICMP ? 0 : 129;
  const only = types.length === 1 && types[0]![1] === types[0]![0] + 1 ? types[0]![0] : undefined;
  const echo = only === request ? 'echo-request' : only === reply ? 'echo-reply' : undefined;
  // Echoes have no code but 0; of the others it says which error is meant.
  const hasNoCode = codes?.length === 1 && codes[0]![0] === 0 && codes[0]![1] === 1;
  if (codes === undefined || (hasNoCode && echo !== undefined)) return echo ?? `type ${portsText(types)}`;
  return `${echo ?? `type ${portsText(types)}`} code ${portsText(codes)}`;
}

function merge(pieces: readonly Piece[], key: (piece: Piece) => string, join: (a: Piece, b: Piece) => Piece): Piece[] {
  const groups = new Map<string, Piece>();
  for (const piece of pieces) {
    const k = key(piece);
    const same = groups.get(k);
    groups.set(k, same === undefined ? piece : join(same, piece));
  }
  return [...groups.values()];
}

function portsKey(piece: Piece): string {
  return `${piece.protocol.join()}|${piece.ports}`;
}

function isSameList(a: readonly Span<bigint>[], b: readonly Span<bigint>[]): boolean {
  return a === b || (a.length === b.length && a.every(([lo, end], i) => lo === b[i]![0] && end === b[i]![1]));
}

/** Equal lists of spans get equal keys: short ones their text, long ones the number of the first list that is the same. */
function keys(): (spans: readonly Span<bigint>[]) => string {
  const long: (readonly Span<bigint>[])[] = [];
  return (spans) => {
    if (spans.length < LONG) return spans.join(';');
    const known = long.findIndex((one) => isSameList(one, spans));
    return `#${known >= 0 ? known : long.push(spans) - 1}`;
  };
}
