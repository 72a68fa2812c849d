/**
 * What words stand for: names, ids, addresses, CIDRs, tags, globs and `internet` become ends of the network. It never
 * depends on a word's spelling beyond that; what is ambiguous or unknown is an error that helps.
 */
import { parseAddress, parseCidr } from '../net/address.ts';
import type { Span } from '../net/spans.ts';
import type { Interface, Network, Node, Place, Standing } from '../model/network.ts';
import type { Missing } from '../model/origin.ts';
import { nearest } from './nearest.ts';
import { EVERY_PORT, type Ports, QuestionError, parsePorts } from './ports.ts';
import { sendersOf } from './senders.ts';

/** What words may mean besides what the network says. */
export interface EndpointOptions {
  /** Named places of the configuration: name -> address or CIDR (or any other word). */
  readonly places?: Readonly<Record<string, string>>;
  readonly family?: 4 | 6;
}

/** How a word is meant: as a source, what opens no connection is left out of groups. */
interface Sense extends EndpointOptions {
  readonly asSource?: true;
  /** Whoever can be meant is: several of one name, and the members of networks and groups beside single things. */
  readonly all?: true;
  /** Only what its provider calls so: "subnet". */
  readonly kind?: string;
}

/** What a word stands for; several ends make several rows. */
export type Resolved =
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

/** What an end is called in an answer. */
export interface Label {
  readonly id: string;
  readonly name?: string;
}

/** What a source stands for: a range is everyone in it who could send. Throws QuestionError. */
export function sourcesNamed(network: Network, word: string, options: EndpointOptions): readonly Resolved[] {
  const named = resolve(network, bare(word), { ...options, asSource: true });
  if (named === undefined) throw unknownName(network, word);
  return named.flatMap((one) => (one.is === 'literal' ? rangeOf(network, one) : [one]));
}

/**
 * The interfaces that a word stands for, by id, and "internet" where it means the outside: what a row or column of a matrix
 * is asked for by. Addresses mean those who own them. Throws QuestionError.
 */
export function interfacesNamed(
  network: Network,
  word: string,
  options: EndpointOptions & Pick<Sense, 'all' | 'kind'> = {},
): ReadonlySet<string> {
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

/**
 * Of a pattern ("web-*") or tag ("tag:Key=Value") what it fits; undefined for any other word. `kind`: only what its provider
 * calls so. Throws QuestionError.
 */
export function fitOf(word: string, kind?: string): ((place: Place) => boolean) | undefined {
  const fits = word.startsWith('tag:') ? tagFit(word) : word.includes('*') ? nameFit(word) : undefined;
  return fits === undefined || kind === undefined ? fits : (place) => isOf(kind, place) && fits(place);
}

/** The interfaces of everything that fits, and of whatever stands in a network or group that does. */
export function interfacesFitting(network: Network, fits: (place: Place) => boolean): ReadonlySet<string> {
  const ends = many(network, { all: true }, fits);
  return new Set(ends.flatMap((one) => (one.is === 'interfaces' ? one.interfaces.map(({ id }) => id) : [])));
}

/** The whole word is tried as a name first, then split at its last colon. */
export function destination(
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
    const ends = many(network, options, nameFit(word));
    return ends.length === 0 ? undefined : ends;
  }
  return undefined;
}

/** Undefined where nothing has the tag: what is behind the last colon may be a port. */
function tagged(network: Network, word: string, sense: Sense): readonly Resolved[] | undefined {
  const ends = many(network, sense, tagFit(word));
  return ends.length === 0 ? undefined : ends;
}

function tagFit(word: string): (place: Place) => boolean {
  const equals = word.indexOf('=');
  if (equals < 0) throw new QuestionError(`"${word}" is not a tag. Write tag:Key=Value.`);
  const [key, value] = [word.slice(4, equals), word.slice(equals + 1)];
  return ({ tags }) => tags !== undefined && Object.hasOwn(tags, key) && tags[key] === value;
}

function nameFit(pattern: string): (place: Place) => boolean {
  const glob = globOf(pattern);
  return ({ id, origin, aliases }) => [id, origin.name ?? '', ...aliases].some((name) => glob(name));
}

/**
 * All single things that fit; where none does, or where `all` are meant, the members of the groups that do. An instance's
 * interface counts for itself only where its instance doesn't fit.
 */
function many(network: Network, { asSource, all }: Sense, fits: (place: Place) => boolean): Resolved[] {
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
  if (ends.size === 0 || all === true)
    for (const place of fitting.values()) if (place.members !== undefined) add(place);
  return [...ends.values()];
}

function isOf(kind: string | undefined, place: Place): boolean {
  return kind === undefined || place.origin.kind === kind;
}

function byName(network: Network, word: string, options: Sense, depth: number): readonly Resolved[] | undefined {
  const ids = network.placesNamed(word);
  if (ids.length === 0) return undefined;
  const places = ids.flatMap((id) => network.place(id) ?? []).filter((place) => isOf(options.kind, place));
  if (places.length === 0) return undefined;
  const exact = places.find((place) => place.id === word);
  // An instance and its own interface are one thing; a machine goes before a group or subnet of the same name.
  const single = places.filter((place) => place.members === undefined || place.interfaces.length > 0);
  const candidates = exact !== undefined ? [exact] : single.length > 0 ? single : places;
  const distinct = candidates.filter(
    (place) => place.partOf === undefined || !candidates.some((other) => other.id === place.partOf),
  );
  if (distinct.length > 1 && options.all === true)
    return distinct.flatMap((place) => endsOf(network, place)).filter(({ is }) => is === 'interfaces');
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

export function nowhere(text: string): QuestionError {
  return new QuestionError(
    `${text} is in no subnet of the snapshot and is not public, so nothing says where its packets start.`,
  );
}

/** An IPv6 literal in brackets, as it is written before a port. */
function bare(word: string): string {
  return /^\[[0-9a-fA-F:.]*\]$/.test(word) ? word.slice(1, -1) : word;
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
