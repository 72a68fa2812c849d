/**
 * The ends of a network as parties of a matrix: alike ends merged, owners of addresses indexed, neighbours found. Walks
 * nothing and knows no ports.
 */
import { PUBLIC_V4, PUBLIC_V6 } from '../net/address.ts';
import { SpanIndex } from '../net/span-index.ts';
import { type Span, subtract } from '../net/spans.ts';
import type { Network } from '../model/network.ts';
import { type Kind, type Merged, mergeAlike, releaseFilters } from './classes.ts';
import { Surroundings } from './matrix-atoms.ts';
import type { MatrixEnd } from './matrix-ends.ts';

const PUBLIC: readonly Span<bigint>[] = [...PUBLIC_V6, ...PUBLIC_V4];

/** A kind of ends, or everything outside. */
export type Party = Kind | 'internet';

/** A network's parties, and where they are. */
export class Parties {
  readonly merged: Merged;
  /** Public addresses that nothing in the network owns. */
  readonly internet: readonly Span<bigint>[];
  /** The public addresses that something owns, each with an address of the internet beside it. */
  readonly gaps: readonly { readonly span: Span<bigint>; readonly like: bigint }[];
  private readonly network: Network;
  private places: ReadonlyMap<Kind, string> | undefined;
  private readonly byNode = new Map<string, Kind[]>();
  private readonly inside: SpanIndex<Kind>;
  private readonly outside: SpanIndex<Kind>;
  private readonly rivals = { spans: new Map<Kind, readonly string[]>(), outward: new Map<Kind, readonly string[]>() };

  constructor(network: Network, ends: readonly MatrixEnd[]) {
    this.network = network;
    this.merged = mergeAlike(network, ends);
    releaseFilters(network, this.merged.kinds);
    this.internet = subtract(PUBLIC, network.publicAddresses());
    this.gaps = gapsIn(this.internet);
    for (const kind of this.merged.kinds) {
      const node = kind.first.node.id;
      this.byNode.set(node, [...(this.byNode.get(node) ?? []), kind]);
    }
    this.inside = ownerIndex(this.merged.kinds, 'spans');
    this.outside = ownerIndex(this.merged.kinds, 'outward');
  }

  get kinds(): readonly Kind[] {
    return this.merged.kinds;
  }

  /** Whoever opens connections, the internet first. */
  get senders(): readonly Party[] {
    return ['internet', ...this.kinds.filter((kind) => kind.first.sends)];
  }

  /** Parties in crowds that can be walked together: neighbours, no two of which have an address in common. */
  crowds(parties: readonly Party[]): readonly (readonly Party[])[] {
    const crowds: Party[][] = [];
    const byPlace = new Map<string, Set<Party>[]>();
    for (const party of parties) {
      if (party === 'internet' || party.first.node.role !== 'endpoint') {
        crowds.push([party]);
        continue;
      }
      const place = this.placeOf(party);
      const there = byPlace.get(place) ?? [];
      byPlace.set(place, there);
      const rivals = [...this.inside.overlapping(party.spans)];
      const free = there.find((members) => !rivals.some((rival) => members.has(rival)));
      if (free === undefined) there.push(new Set([party]));
      else free.add(party);
    }
    return [...crowds, ...[...byPlace.values()].flatMap((there) => there.map((members) => [...members]))];
  }

  /** Explores what every kind is joined to. That is a lot to keep: only the names of the places are. */
  explore(): Surroundings {
    const templates = new Map(
      this.kinds.flatMap(({ ends }) => ends.map(({ interfaceId, template }) => [interfaceId, template])),
    );
    const surroundings = new Surroundings(this.network, (id) => templates.get(id));
    for (const { first } of this.kinds) surroundings.explore(first.interfaceId);
    releaseFilters(this.network, this.merged.kinds);
    this.places = new Map(this.merged.kinds.map((kind) => [kind, surroundings.of(kind.first.interfaceId)]));
    return surroundings;
  }

  private placeOf(kind: Kind): string {
    if (this.places === undefined) this.explore();
    return this.places?.get(kind) ?? '';
  }

  /**
   * What a party is sent to: from outside by its public addresses, from inside by its own. Of the outside all of it: whoever
   * reads the row leaves out what somebody here owns.
   */
  addressesOf(party: Party, from: Party): readonly Span<bigint>[] {
    if (party === 'internet') return PUBLIC;
    return from === 'internet' ? party.outward : party.spans;
  }

  kindsAt(node: string): readonly Kind[] {
    return this.byNode.get(node) ?? [];
  }

  /** The nodes of other kinds that own some of a kind's addresses too. */
  rivalsOf(kind: Kind, from: Party): readonly string[] {
    const side = from === 'internet' ? 'outward' : 'spans';
    const known = this.rivals[side].get(kind);
    if (known !== undefined) return known;
    const node = kind.first.node.id;
    const others = [...this.ownersOf(kind[side], from)].map((other) => other.first.node.id);
    const rivals = [...new Set(others)].filter((other) => other !== node);
    this.rivals[side].set(kind, rivals);
    return rivals;
  }

  ownersOf(spans: readonly Span<bigint>[], from: Party): ReadonlySet<Kind> {
    return (from === 'internet' ? this.outside : this.inside).overlapping(spans);
  }
}

/** The holes of a list of public addresses. One that neither begins nor ends beside the list is left a hole. */
function gapsIn(internet: readonly Span<bigint>[]): { span: Span<bigint>; like: bigint }[] {
  const holes = subtract(PUBLIC, internet);
  let i = 0;
  return holes.flatMap((span) => {
    while (i < internet.length && internet[i]![1] < span[0]) i++;
    const [here, next] = [internet[i], internet[i + 1]];
    if (here !== undefined && here[1] === span[0]) return [{ span, like: span[0] - 1n }];
    const after = [here, next].find((one) => one?.[0] === span[1]);
    return after === undefined ? [] : [{ span, like: span[1] }];
  });
}

function ownerIndex(kinds: readonly Kind[], side: 'spans' | 'outward'): SpanIndex<Kind> {
  return new SpanIndex(kinds.flatMap((kind) => kind[side].map((span) => ({ span, item: kind }))));
}
