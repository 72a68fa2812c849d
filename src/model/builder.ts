/**
 * Where readers put what they read. Definitions are thunks, called when the engine first asks, so that loading indexes
 * and walking links. The claims register joins providers that must not know each other: one publishes a neutral key
 * ("address@network", "dns:name", "tunnel:outer>outer"), another looks it up.
 */
import { PUBLIC_V4, PUBLIC_V6, parseCidr } from '../net/address.ts';
import { type Span, contains, normalise } from '../net/spans.ts';
import type {
  AddressSet,
  Amendment,
  Filter,
  Host,
  Interface,
  Link,
  Network,
  Node,
  Place,
  RouteTable,
  StandIn,
  Standing,
  Translation,
} from './network.ts';
import { ContradictionError, type Missing, type Note } from './origin.ts';

/** Things by id, made on first use and kept: defined one by one, or found by who can tell from the id alone. */
class Register<T> {
  private readonly makers = new Map<string, () => T>();
  private readonly finders: ((id: string) => T | undefined)[] = [];
  private readonly made = new Map<string, T>();

  define(id: string, make: () => T): void {
    this.makers.set(id, make);
    this.made.delete(id);
  }

  has(id: string): boolean {
    return this.makers.has(id);
  }

  get(id: string): T | undefined {
    const known = this.made.get(id);
    if (known !== undefined) return known;
    const make = this.makers.get(id);
    const value = make === undefined ? this.found(id) : make();
    if (value !== undefined) this.made.set(id, value);
    return value;
  }

  /** Drops what was made for an id, if it can be found again. */
  release(id: string): void {
    if (!this.makers.has(id)) this.made.delete(id);
  }

  /** Whoever is defined by itself goes before what is found. */
  find(find: (id: string) => T | undefined): void {
    this.finders.push(find);
  }

  private found(id: string): T | undefined {
    for (const find of this.finders) {
      const value = find(id);
      if (value !== undefined) return value;
    }
    return undefined;
  }
}

/**
 * Many places of one sort, told by their ids alone: nothing is kept for each. `words` gives every word that stands for one
 * of them with its id, besides the id itself.
 */
export interface ManyPlaces {
  readonly ids: () => Iterable<string>;
  readonly has: (id: string) => boolean;
  readonly words: () => Iterable<readonly [word: string, id: string]>;
  /** The ids that a word stands for, without listing all words. */
  readonly named: (word: string) => readonly string[];
  readonly make: (id: string) => Place;
}

/** Addresses with the interface that owns each; `of` tells the owners of one, or undefined where only a list of all would. */
export interface ManyOwners {
  readonly all: () => Iterable<readonly [address: bigint, interfaceId: string]>;
  readonly of: (address: bigint) => readonly string[] | undefined;
}

/** Parts of a network that are told by their ids alone; undefined for an id that is somebody else's. */
export interface Finders {
  readonly node?: (id: string) => Node | undefined;
  readonly interface?: (id: string) => Interface | undefined;
  readonly filter?: (id: string) => Filter | undefined;
  readonly table?: (id: string) => RouteTable | undefined;
  readonly translation?: (id: string) => Translation | undefined;
  readonly amendment?: (id: string) => Amendment | undefined;
}

/** How many words are looked for one by one before all are indexed: a question has two. */
const LOOKS_BEFORE_INDEX = 4;

/** The internet: one node, one interface and one link, shared by every provider. */
export const INTERNET = { node: 'internet', interface: 'internet#edge', link: 'internet#addresses' } as const;

/**
 * Stand-ins for unknown public addresses: of the range for measurements, which nobody on the internet has. Its upper half is
 * left to those who make addresses up before there are readers.
 * Source: https://www.rfc-editor.org/rfc/rfc2544#appendix-C.2.2
 */
const STAND_INS = parseCidr('198.18.0.0/16')!;

/** Collects what the readers of all providers know and closes it into a Network. */
export class NetworkBuilder {
  private readonly nodes = new Register<Node>();
  private readonly interfaces = new Register<Interface>();
  private readonly filters = new Register<Filter>();
  private readonly tables = new Register<RouteTable>();
  private readonly links = new Register<Link>();
  private readonly translations = new Register<Translation>();
  private readonly sets = new Register<AddressSet>();
  private readonly amendments = new Register<Amendment>();
  private readonly places = new Register<Place>();
  private readonly placed: ({ readonly id: string; readonly words: readonly string[] } | ManyPlaces)[] = [];
  private readonly placeSet = new Set<string>();
  /** The sorts among `placed`: a handful, where single places may be thousands. */
  private readonly sorts: ManyPlaces[] = [];
  private words: Index<string> | undefined;
  private wordsAsked = 0;
  private readonly owned: (readonly [address: bigint, id: string] | ManyOwners)[] = [];
  private ownersAsked = 0;
  private owners: Index<bigint> | undefined;
  private readonly standingFinders: ((address: bigint) => readonly Standing[])[] = [];
  private readonly claims = new Map<string, string[]>();
  private readonly publicOwned: (readonly [bigint, string] | (() => Iterable<readonly [bigint, string]>))[] = [];
  private knownPublicOwners: ReadonlyMap<bigint, string> | undefined;
  private readonly publicRanges: { readonly span: Span<bigint>; readonly in: string }[] = [];
  /** Worked out once, when the network is complete. */
  private allPublic: readonly Span<bigint>[] | undefined;
  private readonly ownRanges: Span<bigint>[] = [];
  private readonly standInList = new Map<string, StandIn>();
  private readonly noteList: Note[] = [];
  private readonly looks: (() => void)[] = [];
  private readonly hostLists: (() => Iterable<Host>)[] = [];
  private readonly contradictionList: ContradictionError[] = [];

  node(id: string, make: () => Node): void {
    this.nodes.define(id, make);
  }
  interface(id: string, make: () => Interface): void {
    this.interfaces.define(id, make);
  }
  filter(id: string, make: () => Filter): void {
    this.filters.define(id, make);
  }
  table(id: string, make: () => RouteTable): void {
    this.tables.define(id, make);
  }
  link(id: string, make: () => Link): void {
    this.links.define(id, make);
  }
  translation(id: string, make: () => Translation): void {
    this.translations.define(id, make);
  }
  /** Whoever reads a rule defines the set that it names: the same one again, however often that is. */
  set(id: string, make: () => AddressSet): void {
    if (!this.sets.has(id)) this.sets.define(id, make);
  }
  amendment(id: string, make: () => Amendment): void {
    this.amendments.define(id, make);
  }

  /** Defines a place under its id and all `words` (id included by itself). */
  place(id: string, words: readonly string[], make: () => Place): void {
    this.places.define(id, make);
    this.placed.push({ id, words });
    this.placeSet.add(id);
    this.words = undefined;
  }

  /** Defines many places at once. */
  manyPlaces(many: ManyPlaces): void {
    this.placed.push(many);
    this.sorts.push(many);
    this.places.find((id) => (many.has(id) ? many.make(id) : undefined));
    this.words = undefined;
  }

  /** Lists machines that are told without their parts. */
  hosts(list: () => Iterable<Host>): void {
    this.hostLists.push(list);
  }

  /** Parts that are looked up by who knows them, instead of being defined one by one. */
  find(finders: Finders): void {
    if (finders.node !== undefined) this.nodes.find(finders.node);
    if (finders.interface !== undefined) this.interfaces.find(finders.interface);
    if (finders.filter !== undefined) this.filters.find(finders.filter);
    if (finders.table !== undefined) this.tables.find(finders.table);
    if (finders.translation !== undefined) this.translations.find(finders.translation);
    if (finders.amendment !== undefined) this.amendments.find(finders.amendment);
  }

  /** Says that an interface owns an address, private or public. */
  owner(address: bigint, interfaceId: string): void {
    this.owned.push([address, interfaceId]);
    this.owners = undefined;
  }

  /** The same for many, told one by one or listed. */
  manyOwners(many: ManyOwners): void {
    this.owned.push(many);
    this.owners = undefined;
  }

  /** Says that packets on the internet for this public address enter by that interface. */
  publicOwner(address: bigint, entersBy: string): void {
    this.publicOwned.push([address, entersBy]);
    this.knownPublicOwners = undefined;
  }

  /** The same for many, listed when somebody first asks about the internet. */
  manyPublicOwners(list: () => Iterable<readonly [address: bigint, entersBy: string]>): void {
    this.publicOwned.push(list);
    this.knownPublicOwners = undefined;
  }

  /** What is said last of an address counts. */
  private get publicOwners(): ReadonlyMap<bigint, string> {
    if (this.knownPublicOwners !== undefined) return this.knownPublicOwners;
    const found = new Map<bigint, string>();
    for (const one of this.publicOwned)
      if (typeof one === 'function') for (const [address, by] of one()) found.set(address, by);
      else found.set(one[0], one[1]);
    return (this.knownPublicOwners = found);
  }

  /** The same for a whole range of public addresses that belongs to somebody other than hosts on the internet. */
  publicRange(span: Span<bigint>, entersBy: string): void {
    this.publicRanges.push({ span, in: entersBy });
  }

  /** Public addresses that are a network's own, whether anybody has them or not: hosts on the internet have others. */
  ownRange(span: Span<bigint>): void {
    this.ownRanges.push(span);
  }

  /**
   * An address for what certainly has a public one that the snapshot does not tell, always the same for one key and never
   * that of another. Ask while reading: rules that were asked for before do not know it.
   */
  standIn(key: string, missing: Missing): bigint {
    const known = this.standInList.get(key);
    if (known !== undefined) return known.address;
    const [lo, end] = STAND_INS;
    const address = lo + (BigInt(this.standInList.size) % (end - lo));
    this.standInList.set(key, { address, missing });
    return address;
  }

  /** Whether that public address is taken by anybody. Ask only from inside a thunk. */
  hasPublicOwner(address: bigint): boolean {
    return (
      this.publicOwners.has(address) || this.publicRanges.some(({ span: [lo, end] }) => lo <= address && address < end)
    );
  }

  /** Registers a finder of places where a host with an unowned address would stand. */
  standing(find: (address: bigint) => readonly Standing[]): void {
    this.standingFinders.push(find);
  }

  publish(key: string, id: string): void {
    push(this.claims, key, id);
  }
  /** Look up only from inside a thunk: every reader has published by then. */
  lookup(key: string): readonly string[] {
    return this.claims.get(key) ?? [];
  }

  /** A set that some reader defined. Ask only from inside a thunk: every reader has defined its own by then. */
  setOf(id: string): AddressSet | undefined {
    return this.sets.get(id);
  }

  /** The same for a filter. */
  filterOf(id: string): Filter | undefined {
    return this.filters.get(id);
  }

  /** Two documents that can't both be true: listed by `inspect`, and no question is answered over them. */
  contradiction(what: string, files: readonly [string, string]): void {
    const error = new ContradictionError(what, files);
    this.contradictionList.push(error);
    this.note({ file: files[1], message: error.message });
  }

  note(note: Note): void {
    this.noteList.push(note);
  }

  /** Has somebody who notes what is wrong only when he looks at it look at everything, once all notes are asked for. */
  noteLater(look: () => void): void {
    this.looks.push(look);
  }

  private allNotes(): readonly Note[] {
    for (const look of this.looks.splice(0)) look();
    return this.noteList;
  }

  build(): Network {
    this.defineInternet();
    const notes = () => this.allNotes();
    const { nodes, interfaces, filters, tables, links, translations, sets, places, amendments } = this;
    return {
      node: (id) => nodes.get(id),
      interface: (id) => interfaces.get(id),
      filter: (id) => filters.get(id),
      releaseFilter: (id) => filters.release(id),
      table: (id) => tables.get(id),
      link: (id) => links.get(id),
      translation: (id) => translations.get(id),
      set: (id) => sets.get(id),
      amendment: (id) => amendments.get(id),
      place: (id) => places.get(id),
      placeIds: () => this.placeIds(),
      hosts: () => this.allHosts(),
      placesNamed: (word) => this.placesNamed(word),
      ownersOf: (address) => this.ownersOf(address),
      publicAddresses: () => (this.allPublic ??= this.publicAddresses()),
      standIns: () => [...this.standInList.values()],
      standingsOf: (address) => this.standingFinders.flatMap((find) => find(address)),
      get notes() {
        return notes();
      },
      contradictions: this.contradictionList,
    };
  }

  private publicAddresses(): readonly Span<bigint>[] {
    return normalise([
      ...this.ownRanges,
      ...this.publicRanges.map(({ span }) => span),
      ...[...this.publicOwners.keys()].map((address) => [address, address + 1n] as const),
      // Whatever they stand for is the network's own, or would be: nobody outside has it.
      ...[...this.standInList.values()].map(({ address }) => [address, address + 1n] as const),
    ]);
  }

  private *placeIds(): Iterable<string> {
    const seen = new Set<string>();
    for (const one of this.placed)
      for (const id of 'id' in one ? [one.id] : one.ids())
        if (!seen.has(id)) {
          seen.add(id);
          yield id;
        }
  }

  private *allHosts(): Iterable<Host> {
    for (const list of this.hostLists) yield* list();
  }

  private placesNamed(word: string): readonly string[] {
    if (word === '') return [];
    const isId = this.placeSet.has(word) || this.sorts.some((one) => one.has(word));
    const others = this.othersNamed(word);
    return isId ? [word, ...others.filter((id) => id !== word)] : others;
  }

  /** The first few words are looked for one by one: to index all of them takes as long as a dozen looks. */
  private othersNamed(word: string): readonly string[] {
    if (this.words === undefined && this.wordsAsked++ < LOOKS_BEFORE_INDEX) {
      const found = new Set<string>();
      for (const one of this.placed)
        if ('id' in one) {
          if (one.words.includes(word)) found.add(one.id);
        } else for (const id of one.named(word)) found.add(id);
      return [...found];
    }
    return (this.words ??= this.indexOfWords()).get(word);
  }

  private indexOfWords(): Index<string> {
    const index = new Index<string>();
    for (const one of this.placed)
      if ('id' in one) for (const word of one.words) index.add(word, one.id);
      else for (const [word, id] of one.words()) index.add(word, id);
    return index;
  }

  /** The first few addresses are looked for one by one, as words are. */
  private ownersOf(address: bigint): readonly string[] {
    if (this.owners === undefined && this.ownersAsked++ < LOOKS_BEFORE_INDEX) {
      const told = this.owned.map((one) => ('of' in one ? one.of(address) : one[0] === address ? [one[1]] : []));
      if (told.every((ids) => ids !== undefined)) return [...new Set(told.flat())];
    }
    return (this.owners ??= this.indexOfOwners()).get(address);
  }

  private indexOfOwners(): Index<bigint> {
    const index = new Index<bigint>();
    for (const one of this.owned)
      if ('all' in one) for (const [address, id] of one.all()) index.add(address, id);
      else index.add(one[0], one[1]);
    return index;
  }

  /** Who owns which public addresses; an address inside somebody's range is the range's. */
  private publicSpans(): Link['owners'] {
    const ranges = normalise(this.publicRanges.map(({ span }) => span));
    const single = [...this.publicOwners]
      .filter(([address]) => !contains(ranges, address))
      .map(([address, entersBy]) => ({ span: [address, address + 1n] as const, in: entersBy }));
    const first = ranges.map((span) => ({ span, in: this.publicRanges.find((one) => one.span[0] === span[0])!.in }));
    return [...first, ...single].sort((a, b) => (a.span[0] < b.span[0] ? -1 : 1));
  }

  private defineInternet(): void {
    const origin = {
      provider: 'internet',
      kind: 'internet',
      id: 'internet',
      file: '',
      pointer: '',
      implicit: true,
    } as const;
    const table = 'internet#table';
    this.node(INTERNET.node, () => ({
      id: INTERNET.node,
      origin,
      role: 'outside',
      interfaces: [INTERNET.interface],
      assumes: [
        {
          code: 'internet-host-permits',
          resource: 'internet',
          message: 'the host on the internet listens, permits this traffic and answers',
        },
      ],
    }));
    this.interface(INTERNET.interface, () => ({
      id: INTERNET.interface,
      origin,
      node: INTERNET.node,
      addresses: [],
      steps: [],
      table,
    }));
    this.table(table, () => ({
      id: table,
      origin,
      entries: [
        {
          origin,
          match: { dst: [...PUBLIC_V6, ...PUBLIC_V4] },
          next: { to: 'link', link: INTERNET.link },
          rank: [0],
          text: 'the internet routes every public address to its owner',
        },
        {
          origin,
          match: {},
          next: {
            to: 'drop',
            code: 'private-address-on-internet',
            why: 'the destination has no public address, and the internet routes no other',
          },
          rank: [1],
          text: 'the internet routes no private address',
        },
      ],
    }));
    this.link(INTERNET.link, () => ({
      id: INTERNET.link,
      origin,
      owners: this.publicSpans(),
      unowned: { to: 'local' },
    }));
  }
}

/** Ids by key, each id once, in the order of adding; most keys have one id, which then needs no set. */
class Index<K> {
  private readonly ids = new Map<K, string | Set<string>>();

  add(key: K, id: string): void {
    const known = this.ids.get(key);
    if (known === undefined) this.ids.set(key, id);
    else if (typeof known !== 'string') known.add(id);
    else if (known !== id) this.ids.set(key, new Set([known, id]));
  }

  get(key: K): readonly string[] {
    const known = this.ids.get(key);
    return known === undefined ? [] : typeof known === 'string' ? [known] : [...known];
  }
}

function push<K>(map: Map<K, string[]>, key: K, value: string): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else if (!list.includes(value)) list.push(value);
}
