/**
 * From two ends to a question in the engine's own terms: where its packets start, which addresses they carry, of which
 * family, and what they must reach.
 */
import { PUBLIC_V4, PUBLIC_V6, cidrsOf, familyOf, formatAddress, isPublic } from '../net/address.ts';
import { type Span, contains, subtract } from '../net/spans.ts';
import { INTERNET } from '../model/builder.ts';
import type { Interface, Network, RouteEntry, Standing } from '../model/network.ts';
import type { End, Question } from '../model/query.ts';
import { compareRanks } from './compile.ts';
import { type Ports, QuestionError } from './ports.ts';
import { type EndpointOptions, type Resolved, destination, labelOf, nowhere, sourcesNamed } from './words.ts';

/** One question with the hypothetical hosts that must be laid over the network to ask it. */
export interface Row {
  readonly question: Question;
  readonly adds: readonly NonNullable<Standing['adds']>[];
  /** The same over IPv6, where the internet is an end and the other end has both families. */
  readonly otherFamily?: Question;
}

const CLIENT_PORTS: readonly Span[] = [[1024, 65536]];

const MOST_ROWS = 20_000;

/** All questions that "SRC DST[:PORT]" asks; more than one where a word stands for many. Throws QuestionError. */
export function questionsOf(network: Network, src: string, dst: string, options: EndpointOptions = {}): readonly Row[] {
  const from = sourcesNamed(network, src, options);
  const { ends, ports } = destination(network, dst, options);
  const rows: Row[] = [];
  for (const a of from)
    for (const b of ends) {
      if (from.length * ends.length > 1 && sameEnd(a, b)) continue;
      rows.push(row(network, a, b, ports, options));
      if (rows.length > MOST_ROWS)
        throw new QuestionError(
          `"${src}" to "${dst}" is more than ${MOST_ROWS} questions. Ask for fewer, or use netaudit matrix.`,
        );
    }
  if (rows.length === 0) throw new QuestionError(`"${src}" to "${dst}" names nothing but itself.`);
  return rows;
}

function row(network: Network, a: Resolved, b: Resolved, ports: Ports, options: EndpointOptions): Row {
  const family = familyFor(a, b, ports, options);
  const from = source(network, a, b, family);
  const question = questionFor(network, a, b, from, ports, family);
  if (!asksBoth(a, b, ports, options)) return { question, adds: from.adds };
  const other = questionFor(network, a, b, source(network, a, b, 6), ports, 6);
  return { question, adds: from.adds, otherFamily: other };
}

function questionFor(network: Network, a: Resolved, b: Resolved, from: From, ports: Ports, family: 4 | 6): Question {
  const to = target(network, a, b, family);
  return {
    src: from.end,
    dst: to.end,
    start: from.start,
    srcAddresses: from.addresses,
    srcQuantifier: from.quantifier,
    dstAddresses: to.addresses,
    ...(to.target === undefined ? {} : { target: to.target }),
    traffic: ports.traffic(family),
    sports: CLIENT_PORTS,
    family,
    ...(a.is === 'unknown' ? { unresolved: a.missing } : b.is === 'unknown' ? { unresolved: b.missing } : {}),
    protocolText: ports.protocolText,
    portsText: ports.portsText,
  };
}

/** `internet` means both families where the other end has both. */
function asksBoth(a: Resolved, b: Resolved, ports: Ports, options: EndpointOptions): boolean {
  if (options.family !== undefined || ports.protocolText === 'icmpv6') return false;
  const end = a.is === 'internet' ? b : b.is === 'internet' ? a : undefined;
  if (end === undefined || end.is !== 'interfaces') return false;
  const families = familiesOf(end, a.is === 'internet');
  return families.has(4) && families.has(6);
}

/** The families that an end can use; from outside, IPv4 takes a public address. */
function familiesOf(end: Extract<Resolved, { is: 'interfaces' }>, fromOutside: boolean): ReadonlySet<4 | 6> {
  const addresses = end.interfaces.flatMap((one) => one.addresses);
  return new Set(
    addresses
      .filter((at) => !fromOutside || familyOf(at.address) === 6 || at.public !== undefined)
      .map((at) => familyOf(at.address)),
  );
}

/** A literal's own family; else IPv4 where both ends have a way for it. */
function familyFor(a: Resolved, b: Resolved, ports: Ports, options: EndpointOptions): 4 | 6 {
  const literals = [a, b].flatMap((end) => {
    if (end.is === 'literal') return [{ text: end.text, family: familyOf(end.span[0]) }];
    return end.is === 'hosts' ? [{ text: end.label.id, family: familyOf(end.spans[0]![0]) }] : [];
  });
  const [one] = literals;
  const other = literals.find(({ family }) => family !== one?.family);
  if (one !== undefined && other !== undefined)
    throw new QuestionError(
      `${one.text} is IPv${one.family} and ${other.text} is IPv${other.family}: they can't speak to each other.`,
    );
  if (one !== undefined && options.family !== undefined && one.family !== options.family)
    throw new QuestionError(`${one.text} is not an IPv${options.family} address. Leave out --family.`);
  if (one !== undefined) return one.family;
  if (options.family !== undefined) return options.family;
  if (ports.protocolText === 'icmpv6') return 6;
  const [from, to] = [a, b].map((end) => (end.is === 'interfaces' ? familiesOf(end, a.is === 'internet') : undefined));
  const has = (family: 4 | 6) => (from?.has(family) ?? true) && (to?.has(family) ?? true);
  return has(4) || !has(6) ? 4 : 6;
}

interface From {
  readonly end: End;
  readonly start: string;
  readonly addresses: readonly Span<bigint>[];
  readonly quantifier: 'every' | 'some';
  readonly adds: readonly NonNullable<Standing['adds']>[];
}

function source(network: Network, a: Resolved, b: Resolved, family: 4 | 6): From {
  if (a.is === 'internet')
    return {
      end: { id: 'internet', addresses: ['every public address'] },
      start: INTERNET.interface,
      addresses: internetOf(network, family),
      quantifier: 'some',
      adds: [],
    };
  if (a.is === 'interfaces') {
    const able = a.interfaces.filter(
      (one) => one.table !== undefined && one.addresses.some(({ address }) => familyOf(address) === family),
    );
    // With several interfaces: the lowest one that has a route to what is asked for, else the lowest.
    const to = able.length > 1 ? addressAsked(b, family) : undefined;
    const own =
      (to === undefined ? undefined : able.find((one) => hasRoute(network, one, to))) ?? able[0] ?? a.interfaces[0]!;
    const address = own.addresses.find((one) => familyOf(one.address) === family)?.address;
    return {
      end: { ...a.label, addresses: address === undefined ? [] : [formatAddress(address)] },
      start: own.id,
      addresses: address === undefined ? [] : [[address, address + 1n]],
      quantifier: 'every',
      adds: [],
    };
  }
  if (a.is === 'literal') return literalSource(network, a, b);
  if (a.is === 'unknown')
    return {
      end: { ...a.label, addresses: [] },
      start: INTERNET.interface,
      addresses: [],
      quantifier: 'every',
      adds: [],
    };
  const { standing, spans } = a;
  const adds = standing?.adds;
  return {
    end: { ...a.label, addresses: spans.flatMap(cidrsOf) },
    start: standing?.interface ?? INTERNET.interface,
    addresses: spans,
    quantifier: 'every',
    adds: adds === undefined ? [] : [{ ...adds, interface: { ...adds.interface, prefixes: spans } }],
  };
}

/** The one address that is asked for, where the question names it. */
function addressAsked(b: Resolved, family: 4 | 6): bigint | undefined {
  if (b.is === 'literal') return b.span[1] === b.span[0] + 1n ? b.span[0] : undefined;
  if (b.is !== 'interfaces') return undefined;
  return b.interfaces.flatMap(({ addresses }) => addresses).find(({ address }) => familyOf(address) === family)
    ?.address;
}

/** Whether the best route of an interface's own table for an address certainly leads somewhere. */
function hasRoute(network: Network, from: Interface, to: bigint): boolean {
  const own = from.addresses[0]?.address;
  const holds = (side: RouteEntry['match']['dst'], value: bigint | undefined) =>
    side === undefined ||
    (value !== undefined &&
      ('set' in side ? (network.set(side.set)?.spans ?? []) : side).some(([lo, end]) => lo <= value && value < end));
  let best: RouteEntry | undefined;
  for (const entry of network.table(from.table ?? '')?.entries ?? [])
    if (
      entry.unresolved === undefined &&
      holds(entry.match.dst, to) &&
      holds(entry.match.src, own) &&
      (best === undefined || compareRanks(entry.rank, best.rank) < 0)
    )
      best = entry;
  return best !== undefined && best.next.to !== 'drop' && !(best.next.to === 'fork' && best.next.choose === 'unknown');
}

function literalSource(network: Network, a: Extract<Resolved, { is: 'literal' }>, b: Resolved): From {
  const [lo] = a.span;
  const owners = network.ownersOf(lo).flatMap((id) => network.interface(id) ?? []);
  const near =
    owners.length > 1 && b.is === 'interfaces' ? owners.filter((one) => one.table === b.interfaces[0]!.table) : owners;
  const chosen = near.length === 1 ? near : owners;
  if (chosen.length > 1)
    throw new QuestionError(
      `${a.text} is the address of ${chosen.length} interfaces; use an id: ${chosen
        .slice(0, 10)
        .map((one) => one.id)
        .join(', ')}`,
    );
  const owner = chosen[0];
  if (owner !== undefined) {
    // A public address stands for its owner, which sends from the private one.
    const inside = owner.addresses.find((one) => one.address === lo || one.public === lo)?.address ?? lo;
    return {
      end: { ...labelOf(network, owner), addresses: [formatAddress(inside)] },
      start: owner.id,
      addresses: [[inside, inside + 1n]],
      quantifier: 'every',
      adds: [],
    };
  }
  const all = network.standingsOf(lo);
  const toward = all.length > 1 ? all.filter((one) => leadsTo(network, one, b)) : all;
  const standings = toward.length > 0 ? toward : all;
  if (standings.length > 1)
    throw new QuestionError(
      `${a.text} could stand in ${standings.length} places: ${standings
        .slice(0, 10)
        .map((one) => one.origin.id)
        .join(', ')}. Use the id of an interface there.`,
    );
  const standing = standings[0];
  if (standing === undefined && !isPublic(lo)) throw nowhere(a.text);
  return {
    end: { id: a.text, ...(a.name === undefined ? {} : { name: a.name }), addresses: cidrsOf(a.span) },
    start: standing?.interface ?? INTERNET.interface,
    addresses: [a.span],
    quantifier: 'every',
    adds: standing?.adds === undefined ? [] : [standing.adds],
  };
}

/** Whether hosts outside that stand there send what is for the other end into the network, and not to somebody like them. */
function leadsTo(network: Network, standing: Standing, b: Resolved): boolean {
  const to =
    b.is === 'literal' ? b.span[0] : b.is === 'interfaces' ? b.interfaces[0]?.addresses[0]?.address : undefined;
  const table = network.table(network.interface(standing.interface)?.table ?? '');
  if (standing.adds !== undefined || to === undefined || table === undefined) return false;
  const [first] = table.entries
    .filter(({ match: { dst } }) => dst === undefined || 'set' in dst || contains(dst, to))
    .sort((one, other) => (one.rank[0] ?? 0) - (other.rank[0] ?? 0));
  return first !== undefined && first.next.to !== 'local';
}

interface To {
  readonly end: End;
  readonly addresses: readonly Span<bigint>[];
  readonly target?: readonly string[];
}

function target(network: Network, a: Resolved, b: Resolved, family: 4 | 6): To {
  if (b.is === 'internet')
    return {
      end: { id: 'internet', addresses: ['every public address'] },
      addresses: internetOf(network, family),
    };
  if (b.is === 'literal') {
    const [lo, end] = b.span;
    const owners = end - lo === 1n && isPublic(lo) ? network.ownersOf(lo) : [];
    return {
      end: { id: b.text, ...(b.name === undefined ? {} : { name: b.name }), addresses: cidrsOf(b.span) },
      addresses: [b.span],
      ...(owners.length === 1 ? { target: owners } : {}),
    };
  }
  if (b.is === 'unknown') return { end: { ...b.label, addresses: [] }, addresses: [], target: [] };
  if (b.is === 'hosts') return { end: { ...b.label, addresses: b.spans.flatMap(cidrsOf) }, addresses: b.spans };
  const first =
    b.interfaces.find((one) => one.addresses.some(({ address }) => familyOf(address) === family)) ?? b.interfaces[0]!;
  const own = first.addresses.filter(({ address }) => familyOf(address) === family);
  // From outside, the public address; else the private one.
  const outward =
    a.is === 'internet' ||
    (a.is === 'hosts' && a.standing === undefined) ||
    (a.is === 'literal' && comesFromOutside(network, a.span[0]));
  const chosen = outward ? (own.find((one) => one.public !== undefined) ?? own[0]) : own[0];
  if (chosen === undefined) return { end: { ...b.label, addresses: [] }, addresses: [], target: [first.id] };
  const address = outward ? (chosen.public ?? chosen.address) : chosen.address;
  return {
    end: { ...b.label, addresses: [formatAddress(address)] },
    addresses: [[address, address + 1n]],
    target: [first.id],
  };
}

function comesFromOutside(network: Network, address: bigint): boolean {
  return isPublic(address) && network.ownersOf(address).length === 0 && network.standingsOf(address).length === 0;
}

/** The internet by the addresses that are not it: large estates own thousands, and every question would subtract them. */
const INTERNETS = new WeakMap<readonly Span<bigint>[], Record<4 | 6, readonly Span<bigint>[]>>();

/** Every public address that nothing in the snapshot owns. */
function internetOf(network: Network, family: 4 | 6): readonly Span<bigint>[] {
  const owned = network.publicAddresses();
  let known = INTERNETS.get(owned);
  if (known === undefined) {
    known = { 4: subtract(PUBLIC_V4, owned), 6: subtract(PUBLIC_V6, owned) };
    INTERNETS.set(owned, known);
  }
  return known[family];
}

function sameEnd(a: Resolved, b: Resolved): boolean {
  if (a.is === 'internet' && b.is === 'internet') return true;
  return a.is === 'interfaces' && b.is === 'interfaces' && a.interfaces[0]!.node === b.interfaces[0]!.node;
}
