/**
 * The ends of a matrix in parts whose members fare alike, numbered the same way wherever the network is read, with the
 * ranges of addresses by which packet sets are read for them. Number 0 is the internet.
 */
import { PUBLIC_V4, PUBLIC_V6, familyOf } from '../net/address.ts';
import { type Span, normalise } from '../net/spans.ts';
import { atomsOf } from './matrix-atoms.ts';
import type { MatrixEnd } from './matrix-ends.ts';
import type { MatrixNetwork, Party } from './matrix-row.ts';

type Spans = readonly Span<bigint>[];

/** Ends that fare alike; without ends it is the internet. */
export interface Part {
  readonly index: number;
  readonly ends: readonly MatrixEnd[];
  /** Their own addresses, and those that the internet knows them by. */
  readonly inside: Spans;
  readonly outward: Spans;
  /** Whether its row, and its column, is asked for. */
  readonly sends: boolean;
  readonly receives: boolean;
}

/** Ranges of one side of a party's packets, ascending, each with the place of its part and of its family in `slots`. */
export interface Ranges {
  readonly spans: Spans;
  readonly slot: readonly number[];
  /** Two slots a part: IPv4, IPv6. */
  readonly slots: number;
}

const OUTSIDE: Spans = [...PUBLIC_V6, ...PUBLIC_V4];

export class Parts {
  readonly all: readonly Part[];
  private readonly byParty = new Map<Party, readonly Part[]>();
  /** Where parties are: neighbours are best asked one after another, since they meet the same filters. */
  private readonly places = new Map<Party, string>();

  /** `from` and `to` are interface ids, or "internet"; absent means all. */
  constructor(
    ready: MatrixNetwork,
    asked: { readonly from?: ReadonlySet<string> | undefined; readonly to?: ReadonlySet<string> | undefined },
  ) {
    const flags = (id: string, sends: boolean) => ({
      sends: sends && (asked.from?.has(id) ?? true),
      receives: asked.to?.has(id) ?? true,
    });
    const all: Part[] = [{ index: 0, ends: [], inside: [], outward: [], ...flags('internet', true) }];
    this.byParty.set('internet', [all[0]!]);
    for (const [i, { parts: atoms, place }] of atomsOf(ready.kinds, ready.explore()).entries()) {
      this.places.set(ready.kinds[i]!, place);
      const parts = atoms
        .flatMap((ends) => divided(ends, flags))
        .map((part, k) => ({
          index: all.length + k,
          ...part,
          inside: normalise(part.ends.flatMap((end) => end.spans)),
          outward: normalise(part.ends.flatMap((end) => end.outward)),
        }));
      this.byParty.set(ready.kinds[i]!, parts);
      all.push(...parts);
    }
    this.all = all;
  }

  of(party: Party): readonly Part[] {
    return this.byParty.get(party) ?? [];
  }

  /**
   * The `index`-th of `count` stretches of the parties of which some part sends: neighbours together, about as much work in
   * each stretch. Where a party stands in the row does not depend on `count`: a stretch is the sum of its own stretches.
   */
  senders({ index, count }: { readonly index: number; readonly count: number }): readonly Party[] {
    const byPlace = Map.groupBy(
      [...this.byParty.keys()].filter((party) => this.of(party).some((part) => part.sends)),
      (party) => this.places.get(party) ?? '',
    );
    const receivers = this.byParty.size;
    const places = [...byPlace]
      .map(([place, parties]) => ({ place, parties, each: workOf(parties, receivers) }))
      .sort((a, b) => b.each * b.parties.length - a.each * a.parties.length || compare(a.place, b.place));
    const total = places.reduce((sum, { parties, each }) => sum + parties.length * each, 0);
    let before = 0;
    return spread(places).flatMap(({ parties, each }) =>
      parties.filter(() => {
        const stretch = Math.min(count - 1, Math.floor((before * count) / total));
        before += each;
        return stretch === index;
      }),
    );
  }

  receivers(): ReadonlySet<Party> {
    return new Set([...this.byParty.keys()].filter((party) => this.of(party).some((part) => part.receives)));
  }

  /** The ranges of the addresses of parties' parts; `outward`: as the internet sees them. */
  ranges(parts: readonly Part[], outward: boolean, outside: Spans = OUTSIDE): Ranges {
    const found: { span: Span<bigint>; slot: number }[] = [];
    for (const [i, part] of parts.entries())
      for (const span of part.ends.length === 0 ? outside : outward ? part.outward : part.inside)
        found.push({ span, slot: 2 * i + (familyOf(span[0]) === 4 ? 0 : 1) });
    found.sort((a, b) => (a.span[0] < b.span[0] ? -1 : 1));
    return {
      spans: found.map(({ span }) => span),
      slot: found.map(({ slot }) => slot),
      slots: 2 * parts.length,
    };
  }
}

/**
 * What it takes to walk each of the parties of a place, together with the others: the more of them, the larger the sets. Whoever
 * is outside meets everybody. A whole number, so that stretches are told exactly.
 */
function workOf(parties: readonly Party[], receivers: number): number {
  return 150 + (parties[0] === 'internet' ? 38 * receivers : parties.length);
}

/** A descending list in an order in which every half, and every half of a half, has about as much of the large ones. */
function spread<T>(list: readonly T[]): readonly T[] {
  const bits = Math.ceil(Math.log2(Math.max(2, list.length)));
  const mirrored = (place: number) => {
    let out = 0;
    for (let bit = 0; bit < bits; bit++) out = 2 * out + ((place >> bit) & 1);
    return out;
  };
  return list
    .map((one, i) => ({ one, at: mirrored(i) }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one);
}

/** Where only some of a part are asked for, the rest is a part of its own. */
function divided(
  ends: readonly MatrixEnd[],
  flags: (id: string, sends: boolean) => { sends: boolean; receives: boolean },
): Pick<Part, 'ends' | 'sends' | 'receives'>[] {
  const parts = new Map<string, { ends: MatrixEnd[]; sends: boolean; receives: boolean }>();
  for (const end of ends) {
    const { sends, receives } = flags(end.interfaceId, end.sends);
    const same = parts.get(`${sends} ${receives}`);
    if (same === undefined) parts.set(`${sends} ${receives}`, { ends: [end], sends, receives });
    else same.ends.push(end);
  }
  return [...parts.values()];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
