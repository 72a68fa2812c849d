/**
 * What the differences between two networks can touch. An end that is the same on both sides, in surroundings of which nothing
 * but ends differs, can differ only in what it sends to those ends and to what passes packets on to them; where nothing
 * differs at all it need not be asked. Surroundings are what is joined without crossing the internet. Knows no packets.
 */
import type { Interface, Link, Network, Translation } from '../model/network.ts';
import { PUBLIC_V4, PUBLIC_V6 } from '../net/address.ts';
import { type Span, intersect, normalise } from '../net/spans.ts';
import { SpanIndex } from '../net/span-index.ts';
import { INTERNET } from '../model/builder.ts';
import { meaningOf } from '../engine/classes.ts';
import { Surroundings } from '../engine/matrix-atoms.ts';
import type { MatrixEnd } from '../engine/matrix-ends.ts';
import type { Party, Toward } from '../engine/matrix-row.ts';
import type { PairGroup, RoleOf, Side } from './pairs.ts';

/** Whom a source has to be asked about anew. */
export type Scope = 'everybody' | ReadonlySet<PairGroup>;

/** The scope of every group, and of the internet. `marksOf`: what else than packets makes a difference between two ends. */
export function scopesOf(
  networks: { readonly [S in Side]: Network },
  groups: readonly PairGroup[],
  marksOf: RoleOf = () => '',
): { readonly of: (from: PairGroup | 'internet') => Scope } {
  const [before, after] = [
    new Meanings(networks.before, endsOn(groups, 'before')),
    new Meanings(networks.after, endsOn(groups, 'after')),
  ];
  const scopes = new Map<PairGroup, Scope>();
  const touched = new Set<PairGroup>();
  const changedAt = new Map<string, Set<PairGroup>>();
  const places = (group: PairGroup) => [
    ...(group.before === undefined ? [] : [`before ${before.placeOf(group.pairs[0]!.before!)}`]),
    ...(group.after === undefined ? [] : [`after ${after.placeOf(group.pairs[0]!.after!)}`]),
  ];
  const touch = (group: PairGroup, changed: readonly string[] = []) => {
    scopes.set(group, 'everybody');
    touched.add(group);
    for (const place of changed) changedAt.set(place, (changedAt.get(place) ?? new Set<PairGroup>()).add(group));
  };
  for (const group of groups) {
    const isSame = (of: (meanings: Meanings, end: MatrixEnd) => string) =>
      group.pairs.every(
        (pair) =>
          pair.before !== undefined && pair.after !== undefined && of(before, pair.before) === of(after, pair.after),
      );
    const isMarkedTheSame = group.pairs.every(
      ({ before: old, after: now }) => old && now && marksOf(old, 'before') === marksOf(now, 'after'),
    );
    if (!isSame((meanings, end) => meanings.surroundingsOf(end))) touch(group);
    else if (group.moved || !isMarkedTheSame || !isSame((meanings, end) => meanings.ofEnd(end)))
      touch(group, places(group));
  }
  for (const group of twinsOf(touched, groups)) touch(group, places(group));
  // What routes lead through an end that differs may differ for everybody there.
  const isCrossed = (end: MatrixEnd) => end.node.forwards === true && (before.isHop(end) || after.isHop(end));
  const crossed = new Set([...touched].filter((group) => endsIn(group).some(isCrossed)).flatMap(places));
  if (crossed.size > 0) for (const group of groups) if (places(group).some((place) => crossed.has(place))) touch(group);
  // What is sent to a balancer may differ wherever those behind it do.
  const changed = new Set([...touched].flatMap(places));
  for (const group of groups)
    if (endsIn(group).some(handsOn) && places(group).some((place) => changed.has(place))) touch(group, places(group));
  // Whoever has a public address of its own is sent to from anywhere.
  const open = [...touched].filter((group) => endsIn(group).some((end) => intersect(end.spans, PUBLIC).length > 0));
  return {
    of: (from) => {
      if (from === 'internet') return touched;
      return (
        scopes.get(from) ?? new Set([...places(from).flatMap((place) => [...(changedAt.get(place) ?? [])]), ...open])
      );
    },
  };
}

const PUBLIC = normalise([...PUBLIC_V6, ...PUBLIC_V4]);

/** Whether others take what an end is sent: a balancer, a proxy. */
function handsOn({ node: { role, relay } }: MatrixEnd): boolean {
  return role === 'router' || relay !== undefined;
}

function endsIn({ pairs }: PairGroup): readonly MatrixEnd[] {
  return pairs.flatMap(({ before, after }) => [before ?? [], after ?? []].flat());
}

/** The same of one side's parties: what may fare differently than on the other side. */
export function towardOn(
  side: Side,
  groups: readonly PairGroup[],
  scopeOf: (from: PairGroup | 'internet') => Scope,
): Toward {
  const byKind = new Map<Party, PairGroup[]>();
  for (const group of groups) {
    const kind = group[side];
    if (kind === undefined) continue;
    const list = byKind.get(kind);
    if (list === undefined) byKind.set(kind, [group]);
    else list.push(group);
  }
  return (from) => {
    const found = new Set<Party>();
    for (const source of from === 'internet' ? [from] : (byKind.get(from) ?? [])) {
      const scope = scopeOf(source);
      if (scope === 'everybody') return scope;
      for (const group of scope) if (group[side] !== undefined) found.add(group[side]);
    }
    return found;
  };
}

/** Untouched ends with an address that a touched one has or had: what is sent there may have changed hands. */
function twinsOf(touched: ReadonlySet<PairGroup>, groups: readonly PairGroup[]): readonly PairGroup[] {
  const taken = new SpanIndex([...touched].flatMap((group) => spansOf(group).map((span) => ({ span, item: group }))));
  return groups.filter((group) => !touched.has(group) && taken.overlapping(spansOf(group)).size > 0);
}

function spansOf(group: PairGroup): readonly Span<bigint>[] {
  return endsIn(group).flatMap((end) => [...end.spans, ...end.outward]);
}

function endsOn(groups: readonly PairGroup[], side: Side): readonly MatrixEnd[] {
  return groups.flatMap((group) => group.pairs.flatMap((pair) => pair[side] ?? []));
}

/** One network in texts that are equal where two networks are. */
class Meanings {
  private readonly network: Network;
  private readonly surroundings: Surroundings;
  private readonly ends: ReadonlySet<string>;
  /** Addresses of ends, inside and outside: what says something of them alone is said of the end. */
  private readonly owned = new Set<bigint>();
  private readonly shared = new Map<string, string>();
  private readonly own = new Map<MatrixEnd, string>();
  private readonly sets = new Map<string, string>();
  private readonly filters = new Map<string, string>();
  private readonly doors: ReadonlyMap<bigint, string>;

  constructor(network: Network, ends: readonly MatrixEnd[]) {
    this.network = network;
    this.ends = new Set(ends.map((end) => end.interfaceId));
    for (const end of ends)
      for (const { address, public: outside } of end.interface.addresses) {
        this.owned.add(address);
        if (outside !== undefined) this.owned.add(outside);
      }
    this.doors = new Map((network.link(INTERNET.link)?.owners ?? []).map(({ span, in: by }) => [span[0], by]));
    this.surroundings = new Surroundings(network);
    for (const end of ends) this.surroundings.explore(end.interfaceId);
    for (const [place, things] of this.surroundings.thingsByPlace())
      this.shared.set(
        place,
        things
          .map((thing) => this.ofThing(thing))
          .sort()
          .join('\n'),
      );
  }

  placeOf(end: MatrixEnd): string {
    return this.surroundings.of(end.interfaceId);
  }

  /** Whether a route around names the end as its next hop. */
  isHop(end: MatrixEnd): boolean {
    return this.surroundings.hops.has(end.interfaceId);
  }

  /** Everything around an end but the ends themselves. */
  surroundingsOf(end: MatrixEnd): string {
    return this.shared.get(this.placeOf(end)) ?? '';
  }

  /** An end by itself: its machine, its addresses, its own steps. */
  ofEnd(end: MatrixEnd): string {
    const known = this.own.get(end);
    if (known !== undefined) return known;
    const { interfaces: _, ...node } = end.node;
    const outside = end.outward.map(([lo]) => this.doors.get(lo) ?? '').join();
    const text = [this.ofInterface(end.interface), meaningOf(node), outside].join('\n');
    this.own.set(end, text);
    return text;
  }

  private ofInterface({ steps, ...rest }: Interface): string {
    const own = steps.map((step) =>
      'filter' in step ? `${step.at} ${this.ofFilter(step.filter)}` : `${step.at} ${step.side} ${step.translation}`,
    );
    return [meaningOf(rest), ...own].join('\n');
  }

  private ofThing(thing: string): string {
    const cut = thing.indexOf(' ');
    const [sort, id] = [thing.slice(0, cut), thing.slice(cut + 1)];
    if (sort === 'interface') {
      const at = this.network.interface(id);
      return at === undefined || this.ends.has(id) ? '' : `${thing} ${this.ofInterface(at)}`;
    }
    // Filters are read where they stand: at the interfaces.
    if (sort === 'filter') return '';
    if (sort === 'node') {
      const node = this.network.node(id);
      if (node === undefined || node.interfaces.some((one) => this.ends.has(one))) return '';
      return `${thing} ${meaningOf(node)}`;
    }
    if (sort === 'link') return `${thing} ${this.ofLink(this.network.link(id))}`;
    if (sort === 'translation') return `${thing} ${this.ofTranslation(this.network.translation(id))}`;
    const table = this.network.table(id);
    if (table === undefined) return thing;
    return `${thing} ${table.ties ?? ''} ${table.entries.map((entry) => this.withSets(entry)).join('\n')}`;
  }

  private ofLink(link: Link | undefined): string {
    if (link === undefined) return '';
    return meaningOf({ ...link, owners: link.owners.filter((owner) => !this.ends.has(owner.in)) });
  }

  private ofTranslation(translation: Translation | undefined): string {
    if (translation === undefined) return '';
    const side = (one: Translation['outward']) =>
      one === undefined
        ? undefined
        : {
            otherwise: one.otherwise,
            rewrites: one.rewrites.map(({ pairs, ...rest }) => ({
              ...rest,
              pairs: pairs?.table
                .filter(({ from, to }) => !this.owned.has(from) && !this.owned.has(to))
                .map(({ from, to }) => [from, to]),
            })),
          };
    return this.withSets({ ...translation, outward: side(translation.outward), inward: side(translation.inward) });
  }

  private ofFilter(id: string): string {
    const known = this.filters.get(id);
    if (known !== undefined) return known;
    const filter = this.network.filter(id);
    const text = filter === undefined ? '' : `${filter.state === undefined ? '' : 'keeps'} ${this.withSets(filter)}`;
    this.filters.set(id, text);
    return text;
  }

  /** With the addresses of every set that it names. */
  private withSets(thing: object): string {
    const text = meaningOf(thing);
    const named = [...text.matchAll(/"set":"((?:[^"\\\\]|\\\\.)*)"/g)].map(
      (match) => JSON.parse(`"${match[1]}"`) as string,
    );
    return [text, ...new Set(named.map((id) => this.ofSet(id)))].join('\n');
  }

  private ofSet(id: string): string {
    const known = this.sets.get(id);
    if (known !== undefined) return known;
    const set = this.network.set(id);
    const text = `${id}: ${set === undefined ? 'not there' : `${set.spans.join(';')} ${set.unresolved?.what ?? ''}`}`;
    this.sets.set(id, text);
    return text;
  }
}
