/**
 * Who the words of a policy stand for: addresses of ends, or the outside. The same words as in a question; a word that
 * stands for nothing selects nobody, which is told, since it may be a slip of the pen.
 */
import { fitOf, interfacesFitting, interfacesNamed } from '../engine/words.ts';
import type { MatrixEnd } from '../engine/matrix-ends.ts';
import { QuestionError } from '../engine/ports.ts';
import type { Party } from '../engine/matrix-row.ts';
import { parseAddress, parseCidr } from '../net/address.ts';
import { type Span, intersect, normalise } from '../net/spans.ts';
import type { Network, Place } from '../model/network.ts';
import type { Words } from './policy.ts';

/** Before a name or pattern: of all that is called so, subnets alone. */
const SUBNET = 'subnet:';

/** The owner of an interface, by its id. */
export type AccountOf = (interfaceId: string) => string | undefined;

/** Resolves words over one network, each once. */
export class Selectors {
  /** Words that stand for nothing here, or for several things, each with what is wrong with it. */
  readonly unknown = new Map<string, string>();
  private readonly network: Network;
  private readonly accountOf: AccountOf;
  private readonly places: Readonly<Record<string, string>>;
  private readonly known = new Map<string, Selector>();

  constructor(network: Network, places: Readonly<Record<string, string>>, accountOf: AccountOf) {
    this.network = network;
    this.accountOf = accountOf;
    this.places = places;
  }

  of(words: Words): Selector {
    const key = JSON.stringify(words);
    const known = this.known.get(key) ?? this.make(words);
    this.known.set(key, known);
    return known;
  }

  private make(words: Words): Selector {
    const parts = words.map((word) => this.part(word));
    // One look at all places for all patterns: there may be a hundred thousand.
    const fits = parts.flatMap((part) => part.fits ?? []);
    const fitting =
      fits.length === 0 ? [] : interfacesFitting(this.network, (place) => fits.some((isMeant) => isMeant(place)));
    return new Selector(
      parts.some((part) => part.everyone),
      new Set([...parts.flatMap((part) => [...part.ids]), ...fitting]),
      normalise(parts.flatMap((part) => part.spans)),
      parts.some((part) => part.outside),
      new Set(parts.flatMap((part) => part.accounts)),
      this.accountOf,
    );
  }

  private part(word: string, depth = 0): SelectorPart {
    const nobody: SelectorPart = { everyone: false, ids: new Set(), spans: [], outside: false, accounts: [] };
    if (word === '*') return { ...nobody, everyone: true };
    if (word === 'internet') return { ...nobody, outside: true };
    if (word.startsWith('account:')) return { ...nobody, accounts: [word.slice(8)] };
    const place = Object.hasOwn(this.places, word) ? this.places[word] : undefined;
    if (place !== undefined && depth < 4) return this.part(place, depth + 1);
    const address = parseAddress(word);
    const literal = address === undefined ? parseCidr(word) : ([address, address + 1n] as const);
    // Whoever has one of these addresses, inside or outside.
    if (literal !== undefined) return { ...nobody, spans: [literal] };
    const only = word.startsWith(SUBNET) ? ({ kind: 'subnet' } as const) : {};
    const name = word.startsWith(SUBNET) ? word.slice(SUBNET.length) : word;
    try {
      // A pattern or a tag may well stand for nothing; a name is meant to stand for something.
      const fits = fitOf(name, only.kind);
      if (fits !== undefined) return { ...nobody, fits };
      return { ...nobody, ids: interfacesNamed(this.network, name, { places: this.places, all: true, ...only }) };
    } catch (error) {
      if (!(error instanceof QuestionError)) throw error;
      this.unknown.set(word, firstSentence(error.message));
      return nobody;
    }
  }
}

function firstSentence(text: string): string {
  return text.split('\n')[0]!.replace(/\. [A-Z].*$/, '');
}

interface SelectorPart {
  readonly everyone: boolean;
  readonly ids: ReadonlySet<string>;
  readonly spans: readonly Span<bigint>[];
  readonly outside: boolean;
  readonly accounts: readonly string[];
  /** Of a pattern, what it fits. */
  readonly fits?: (place: Place) => boolean;
}

/** Whom some words select. */
export class Selector {
  readonly outside: boolean;
  private readonly everyone: boolean;
  private readonly ids: ReadonlySet<string>;
  private readonly spans: readonly Span<bigint>[];
  private readonly accounts: ReadonlySet<string>;
  private readonly accountOf: AccountOf;

  constructor(
    everyone: boolean,
    ids: ReadonlySet<string>,
    spans: readonly Span<bigint>[],
    outside: boolean,
    accounts: ReadonlySet<string>,
    accountOf: AccountOf,
  ) {
    this.accountOf = accountOf;
    this.everyone = everyone;
    this.ids = ids;
    this.spans = spans;
    this.outside = outside;
    this.accounts = accounts;
  }

  /** Whether an end is meant whatever its address. */
  has(end: MatrixEnd): boolean {
    if (this.everyone || this.ids.has(end.interfaceId)) return true;
    const account = this.accounts.size === 0 ? undefined : this.accountOf(end.interfaceId);
    return account !== undefined && this.accounts.has(account);
  }

  /** Whether anybody of a party may be meant. */
  concerns(party: Party): boolean {
    if (party === 'internet') return this.outside || this.spans.length > 0;
    if (this.everyone) return party.ends.length > 0;
    if (this.spans.length > 0 && intersect(this.spans, [...party.spans]).length > 0) return true;
    return this.spans.length > 0 && intersect(this.spans, [...party.outward]).length > 0
      ? true
      : (this.ids.size > 0 || this.accounts.size > 0) && party.ends.some((end) => this.has(end));
  }

  /**
   * The addresses of a party that are meant. `outward`: as the internet sees them. `all` is what the party has: for the
   * outside, what nobody here owns.
   */
  of(party: Party, outward: boolean, all: readonly Span<bigint>[]): readonly Span<bigint>[] {
    if (party === 'internet') return this.outside ? all : intersect(all, this.spans);
    if (this.everyone) return all;
    const mine = (end: MatrixEnd) => (outward ? end.outward : end.spans);
    const named = party.ends.filter((end) => this.has(end)).flatMap(mine);
    return normalise([...named, ...intersect(all, this.spans)]);
  }
}
