/**
 * From words to questions: names, ids, addresses, CIDRs, tags, globs and `internet` become the engine's own terms. What a
 * word stands for never depends on its spelling beyond that; what is ambiguous or unknown is an error that helps.
 */
import {
  PUBLIC_V4,
  PUBLIC_V6,
  cidrsOf,
  familyOf,
  formatAddress,
  isPublic,
  parseAddress,
  parseCidr,
} from '../net/address.ts';
import { type Span, contains, subtract } from '../net/spans.ts';
import { INTERNET } from '../model/builder.ts';
import type { Interface, Network, Node, Place, RouteEntry, Standing } from '../model/network.ts';
import type { Missing } from '../model/origin.ts';
import type { End, Question } from '../model/query.ts';
import { EVERY_PORT, type Ports, QuestionError, parsePorts } from './ports.ts';
import { compareRanks } from './compile.ts';
import { nearest } from './nearest.ts';
import { sendersOf } from './senders.ts';

export interface EndpointOptions {
  /** Named places of the configuration: name -> address or CIDR (or any other word). */
  readonly places?: Readonly<Record<string, string>>;
  readonly family?: 4 | 6;
}

/** How a word is meant: as a source, what opens no connection is left out of groups. */
interface Sense extends EndpointOptions {
  readonly asSource?: true;
}

/** One question with the hypothetical hosts that must be laid over the network to ask it. */
export interface Row {
  readonly question: Question;
  readonly adds: readonly NonNullable<Standing['adds']>[];
  /** The same over IPv6, where the internet is an end and the other end has both families. */
  readonly otherFamily?: Question;
}

/** What a word stands for; several ends make several rows. */
type Resolved =
  | { readonly is: 'internet' }
  | { readonly is: 'interfaces'; readonly label: Label; readonly interfaces: readonly Interface[] }
  | { readonly is: 'literal'; readonly span: Span<bigint>; readonly text: string; readonly name?: string }
  /** Something known by name only. */
  | { readonly is: 'unknown'; readonly label: Label; readonly missing: Missing }
  /** Hosts that nobody owns an interface for; without a standing they are on the internet. */
  | {
      readonly is: 'hosts';
      readonly label: Label;
      readonly spans: readonly Span<bigint>[];
      readonly standing?: Standing;
    };

interface Label {
  readonly id: string;
  readonly name?: string;
}

const CLIENT_PORTS: readonly Span[] = [[1024, 65536]];
const MOST_ROWS = 20_000;

/** All questions that "SRC DST[:PORT]" asks; more than one where a word stands for many. Throws QuestionError. */
export function questionsOf(network: Network, src: string, dst: string, options: EndpointOptions = {}): readonly Row[] {
  const named = resolve(network, bare(src), { ...options, asSource: true });
  if (named === undefined) throw unknownName(network, src);
  const from = named.flatMap((one) => (one.is === 'literal' ? rangeOf(network, one) : [one]));
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

/**
 * The interfaces that a word stands for, by id, and "internet" where it means the outside: what a row or column of a matrix
 * is asked for by. Addresses mean those who own them. Throws QuestionError.
 */
export function interfacesNamed(network: Network, word: string, options: EndpointOptions = {}): ReadonlySet<string> {
  const named = resolve(network, bare(word), options);
  if (named === undefined) throw unknownName(network, word);
  const found = new Set<string>();
  for (const one of named)
    if (one.is === 'internet') found.add('internet');
    else if (one.is === 'interfaces') for (const { id } of one.interfaces) found.add(id);
    else if (one.is === 'literal')
      for (const sender of sendersOf(network, one.span, one.text))
        if (sender.is === 'owner') found.add(sender.interface.id);
  if (found.size === 0)
    throw new QuestionError(
      `nothing in the snapshot has an address in ${word.slice(0, 200)}, so there is no row for it.`,
    );
  return found;
}

/** The whole word is tried as a name first, then split at its last colon. */
function destination(
  network: Network,
  text: string,
  options: EndpointOptions,
): { ends: readonly Resolved[]; ports: Ports } {
  const whole = resolve(network, text, options);
  if (whole !== undefined) return { ends: whole, ports: EVERY_PORT };
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed !== null) {
    const ends = resolve(network, bracketed[1]!, options);
    if (ends === undefined) throw new QuestionError(`"${bracketed[1]}" is not an IPv6 address.`);
    return { ends, ports: bracketed[2] === undefined ? EVERY_PORT : parsePorts(bracketed[2]) };
  }
  // "db:proto:47" ends in a port that has a colon of its own.
  const proto = /^(.*):(proto:\d+)$/i.exec(text);
  const colon = text.lastIndexOf(':');
  const [name, port] =
    proto !== null
      ? [proto[1]!, proto[2]!]
      : colon < 0
        ? [text, undefined]
        : [text.slice(0, colon), text.slice(colon + 1)];
  const ends = resolve(network, name, options);
  if (ends === undefined) throw unknownName(network, name);
  return { ends, ports: port === undefined ? EVERY_PORT : parsePorts(port) };
}

function resolve(network: Network, word: string, options: Sense, depth = 0): readonly Resolved[] | undefined {
  const place = Object.hasOwn(options.places ?? {}, word) ? options.places![word] : undefined;
  if (place !== undefined && depth < 4)
    return resolve(network, place, options, depth + 1)?.map((one) =>
      one.is === 'literal' ? { ...one, name: word } : one,
    );
  if (word === 'internet') return [{ is: 'internet' }];
  if (word === '*')
    return [...many(network, options, () => true).flatMap((one) => eachInterface(network, one)), { is: 'internet' }];
  // A literal is routed as it is, even where something is called by its address.
  const address = parseAddress(word);
  const literal = address === undefined ? parseCidr(word) : ([address, address + 1n] as const);
  if (literal !== undefined) return [{ is: 'literal', span: literal, text: word }];
  const named = depth < 4 ? byName(network, word, options, depth) : undefined;
  if (named !== undefined) return named;
  if (word.startsWith('tag:')) return tagged(network, word, options);
  if (word.includes('/') && /^[0-9a-fA-F.:]+\/\d+$/.test(word))
    throw new QuestionError(`"${word}" is not a valid CIDR.`);
  if (/^\d+(\.\d+){3}$/.test(word))
    throw new QuestionError(`"${word}" is not a valid IPv4 address: each part is 0 to 255, without leading zeros.`);
  if (word.includes('*')) {
    const glob = globOf(word);
    const ends = many(network, options, (one) =>
      [one.id, one.origin.name ?? '', ...one.aliases].some((name) => glob(name)),
    );
    return ends.length === 0 ? undefined : ends;
  }
  return undefined;
}

/** Undefined where nothing has the tag: what is behind the last colon may be a port. */
function tagged(network: Network, word: string, sense: Sense): readonly Resolved[] | undefined {
  const equals = word.indexOf('=');
  if (equals < 0) throw new QuestionError(`"${word}" is not a tag. Write tag:Key=Value.`);
  const [key, value] = [word.slice(4, equals), word.slice(equals + 1)];
  const ends = many(
    network,
    sense,
    (place) => place.tags !== undefined && Object.hasOwn(place.tags, key) && place.tags[key] === value,
  );
  return ends.length === 0 ? undefined : ends;
}

/**
 * All single things that fit; where none does, the members of the groups that do. An instance's interface counts for
 * itself only where its instance doesn't fit.
 */
function many(network: Network, { asSource }: Sense, fits: (place: Place) => boolean): Resolved[] {
  const fitting = new Map<string, Place>();
  for (const id of network.placeIds()) {
    const place = network.place(id);
    if (place !== undefined && fits(place)) fitting.set(id, place);
  }
  const ends = new Map<string, Resolved>();
  const isMeant = (node: Node | undefined) => node !== undefined && isAskedFor(node, asSource === true);
  const add = (place: Place) => {
    for (const one of endsOf(network, place))
      if (one.is === 'interfaces' && isMeant(network.node(one.interfaces[0]!.node)))
        ends.set(one.interfaces.map(({ id }) => id).join(' '), one);
  };
  for (const place of fitting.values())
    if (place.members === undefined && (place.partOf === undefined || !fitting.has(place.partOf))) add(place);
  if (ends.size === 0) for (const place of fitting.values()) if (place.members !== undefined) add(place);
  return [...ends.values()];
}

function byName(network: Network, word: string, options: Sense, depth: number): readonly Resolved[] | undefined {
  const ids = network.placesNamed(word);
  if (ids.length === 0) return undefined;
  const places = ids.flatMap((id) => network.place(id) ?? []);
  const exact = places.find((place) => place.id === word);
  // An instance and its own interface are one thing; a machine goes before a group or subnet of the same name.
  const single = places.filter((place) => place.members === undefined || place.interfaces.length > 0);
  const candidates = exact !== undefined ? [exact] : single.length > 0 ? single : places;
  const distinct = candidates.filter(
    (place) => place.partOf === undefined || !candidates.some((other) => other.id === place.partOf),
  );
  if (distinct.length > 1) {
    const list = distinct
      .slice(0, 10)
      .map((place) => `  ${place.id}  ${place.origin.kind}${place.origin.file === '' ? '' : `, ${place.origin.file}`}`);
    throw new QuestionError(`"${word}" is the name of ${distinct.length} things; use an id:\n${list.join('\n')}`);
  }
  const place = distinct[0]!;
  const { standsFor } = place;
  if (standsFor !== undefined) {
    const ends = standsFor.flatMap((one) => resolve(network, one, options, depth + 1) ?? []);
    return ends.map((one) => (one.is === 'literal' ? { ...one, name: word } : one));
  }
  const ends = endsOf(network, place);
  if (ends.length === 0)
    throw new QuestionError(`${place.origin.kind} ${place.id} has no network interface in the snapshot.`);
  return ends;
}

function endsOf(network: Network, place: Place): Resolved[] {
  if (place.unresolved !== undefined)
    return [
      {
        is: 'unknown',
        label: { id: place.id, ...(place.origin.name === undefined ? {} : { name: place.origin.name }) },
        missing: place.unresolved,
      },
    ];
  if (place.members !== undefined) {
    const nodes = new Map<string, Resolved>();
    for (const id of place.members) {
      const member = network.interface(id);
      if (member === undefined) {
        // A member may be a place of its own (the nodes of a cluster).
        const inner = network.place(id);
        if (inner !== undefined && inner.id !== place.id && inner.members === undefined)
          for (const one of endsOf(network, inner)) nodes.set(id, one);
      } else nodes.set(id, { is: 'interfaces', label: labelOf(network, member), interfaces: [member] });
    }
    return [...nodes.values()];
  }
  const interfaces = place.interfaces.flatMap((id) => network.interface(id) ?? []);
  if (interfaces.length === 0) return [];
  return [
    {
      is: 'interfaces',
      label: { id: place.id, ...(place.origin.name === undefined ? {} : { name: place.origin.name }) },
      interfaces,
    },
  ];
}

/** A machine with several interfaces may send by any of them. */
function eachInterface(network: Network, one: Resolved): Resolved[] {
  if (one.is !== 'interfaces' || one.interfaces.length === 1) return [one];
  return one.interfaces.map((member) => ({ is: 'interfaces', label: labelOf(network, member), interfaces: [member] }));
}

/** Whether questions about everything ask for a node, as a source or as a destination: what only routes speaks to nobody. */
export function isAskedFor({ role, silent }: Node, asSource: boolean): boolean {
  return silent === undefined ? role !== 'router' : !asSource;
}

/** What an interface is called: its machine where it is the only one, else itself. */
export function labelOf(network: Network, member: Interface): Label {
  const place = network.place(member.id);
  const whole = place?.partOf === undefined ? undefined : network.place(place.partOf);
  const origin = whole !== undefined && whole.interfaces.length === 1 ? whole.origin : member.origin;
  return {
    id: whole !== undefined && whole.interfaces.length === 1 ? whole.id : member.id,
    ...(origin.name === undefined ? {} : { name: origin.name }),
  };
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

/** A range as a source: everyone in it who could send. A single address stays as it is. */
function rangeOf(network: Network, literal: Extract<Resolved, { is: 'literal' }>): readonly Resolved[] {
  const [lo, end] = literal.span;
  if (end - lo === 1n) return [literal];
  const label: Label = { id: literal.text, ...(literal.name === undefined ? {} : { name: literal.name }) };
  const senders = sendersOf(network, literal.span, literal.text).map((sender): Resolved => {
    if (sender.is === 'owner')
      return {
        is: 'interfaces',
        label: labelOf(network, sender.interface),
        interfaces: [{ ...sender.interface, addresses: [sender.address] }],
      };
    if (sender.is === 'internet') return { is: 'hosts', label, spans: sender.spans };
    const { standing, spans } = sender;
    return { is: 'hosts', label: { ...label, id: `${label.id} in ${standing.origin.id}` }, spans, standing };
  });
  if (senders.length === 0) throw nowhere(literal.text);
  return senders;
}

function nowhere(text: string): QuestionError {
  return new QuestionError(
    `${text} is in no subnet of the snapshot and is not public, so nothing says where its packets start.`,
  );
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

/** An IPv6 literal in brackets, as it is written before a port. */
function bare(word: string): string {
  return /^\[[0-9a-fA-F:.]*\]$/.test(word) ? word.slice(1, -1) : word;
}

function sameEnd(a: Resolved, b: Resolved): boolean {
  if (a.is === 'internet' && b.is === 'internet') return true;
  return a.is === 'interfaces' && b.is === 'interfaces' && a.interfaces[0]!.node === b.interfaces[0]!.node;
}

function unknownName(network: Network, word: string): QuestionError {
  if (word.startsWith('tag:'))
    return new QuestionError(
      `nothing in the snapshot has the tag ${word.slice(4, 200)}. Case matters, for key and value.`,
    );
  const near = nearest(word, names(network));
  const hint =
    near.length === 0 ? 'netaudit inspect lists what the snapshot holds.' : `Did you mean ${near.join(', ')}?`;
  return new QuestionError(`nothing in the snapshot is called "${word.slice(0, 200)}". ${hint}`);
}

function* names(network: Network): Iterable<string> {
  for (const id of network.placeIds()) {
    yield id;
    const place = network.place(id);
    if (place?.origin.name !== undefined) yield place.origin.name;
  }
}

/** Only `*` is special; everything else, dots and brackets too, is itself. */
function globOf(pattern: string): (text: string) => boolean {
  const parts = pattern.split('*');
  return (text) => {
    if (!text.startsWith(parts[0]!) || !text.endsWith(parts.at(-1)!) || text.length < parts.join('').length)
      return false;
    let at = parts[0]!.length;
    for (const part of parts.slice(1, -1)) {
      const found = text.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return at <= text.length - parts.at(-1)!.length;
  };
}
