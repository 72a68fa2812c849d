/**
 * Which ends no rule and no route tells apart: alike ends whose addresses lie in the same lists of addresses. Only lists of
 * the ends' own surroundings count (what they are joined to without crossing the internet), so that networks with the same
 * address plan do not split each other's classes. Knows nothing of packets.
 */
import { type Span, normalise } from '../net/spans.ts';
import { INTERNET } from '../model/builder.ts';
import type { Match, Network, NextHop, Rule, Translation } from '../model/network.ts';
import type { Kind } from './classes.ts';
import type { MatrixEnd } from './matrix-ends.ts';

type Spans = readonly Span<bigint>[];

/** A kind's ends in parts, and the surroundings that it is in: a name, the same wherever the network is read. */
export interface Atoms {
  readonly parts: readonly (readonly MatrixEnd[])[];
  readonly place: string;
}

/**
 * The ends of each kind, parted, all kinds' `surroundings` explored: members of a part have the same rules, and their
 * addresses in exactly the same lists.
 */
export function atomsOf(kinds: readonly Kind[], surroundings: Surroundings): readonly Atoms[] {
  const split = kinds.filter((kind) => kind.ends.length > 1);
  const byPlace = new Map<string, Kind[]>();
  for (const kind of split) {
    const place = surroundings.of(kind.first.interfaceId);
    const there = byPlace.get(place);
    if (there === undefined) byPlace.set(place, [kind]);
    else there.push(kind);
  }
  const marks = new Map<MatrixEnd, string>();
  const lists = surroundings.lists();
  for (const [place, there] of byPlace) mark(there, lists.get(place)?.values() ?? [], marks);
  return kinds.map((kind) => ({
    place: surroundings.of(kind.first.interfaceId),
    parts: kind.sorts.flatMap((ends) => {
      const parts = new Map<string, MatrixEnd[]>();
      for (const end of ends) {
        const key = marks.get(end) ?? '';
        const part = parts.get(key);
        if (part === undefined) parts.set(key, [end]);
        else part.push(end);
      }
      return [...parts.values()];
    }),
  }));
}

/** Marks every end with the lists that its addresses are in. */
function mark(kinds: readonly Kind[], lists: Iterable<Spans>, marks: Map<MatrixEnd, string>): void {
  const points = kinds
    .flatMap((kind) => kind.ends.flatMap((end) => end.spans.map(([address]) => ({ address, end }))))
    .sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
  const signs = points.map(() => 0);
  const known = new Map<string, number>();
  let index = 0;
  for (const spans of lists) {
    index++;
    for (const [lo, end] of spans) {
      for (let i = firstAt(points, lo); i < points.length && points[i]!.address < end; i++) {
        const key = `${signs[i]} ${index}`;
        if (!known.has(key)) known.set(key, known.size + 1);
        signs[i] = known.get(key)!;
      }
    }
  }
  const byEnd = new Map<MatrixEnd, number[]>();
  for (const [i, { end }] of points.entries()) byEnd.set(end, [...(byEnd.get(end) ?? []), signs[i]!]);
  for (const [end, own] of byEnd) marks.set(end, own.join());
}

function firstAt(points: readonly { readonly address: bigint }[], address: bigint): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (points[middle]!.address < address) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Interfaces that are joined by links and routes, the internet aside, and the lists of addresses that occur among them. */
export class Surroundings {
  /** Everything that was met, as "filter f", "table t" ..., with an interface of the surroundings that it is in. */
  readonly things = new Map<string, string>();
  /** Interfaces that a route names as its next hop. */
  readonly hops = new Set<string>();
  private readonly network: Network;
  private readonly parents = new Map<string, string>();
  private readonly found = new Map<string, Map<string, Spans>>();
  private readonly seen = new Set<string>();
  /** Where a rule was read last. */
  private readonly readIn = new WeakMap<Rule, string>();

  private readonly templateOf: (interfaceId: string) => string | undefined;

  /** `templateOf` knows the interfaces that are made alike: of those, only one is looked at. */
  constructor(network: Network, templateOf: (interfaceId: string) => string | undefined = () => undefined) {
    this.network = network;
    this.templateOf = templateOf;
  }

  /** The name of the surroundings that an explored interface is in. */
  of(interfaceId: string): string {
    return this.root(this.keyOf(interfaceId));
  }

  private keyOf(interfaceId: string): string {
    const template = this.templateOf(interfaceId);
    return template === undefined ? `interface ${interfaceId}` : `template ${template}`;
  }

  /** The things of each surroundings. */
  thingsByPlace(): ReadonlyMap<string, readonly string[]> {
    const places = new Map<string, string[]>();
    for (const [thing, key] of this.things) {
      const place = this.root(key);
      const there = places.get(place);
      if (there === undefined) places.set(place, [thing]);
      else there.push(thing);
    }
    return places;
  }

  /** The different lists of each surroundings, once everything is explored. */
  lists(): ReadonlyMap<string, ReadonlyMap<string, Spans>> {
    const all = new Map<string, Map<string, Spans>>();
    for (const [key, lists] of this.found) {
      const place = this.root(key);
      const there = all.get(place) ?? new Map<string, Spans>();
      for (const [name, spans] of lists) there.set(name, spans);
      all.set(place, there);
    }
    return all;
  }

  explore(start: string): void {
    const waiting: { readonly id: string; readonly from: string }[] = [{ id: start, from: this.keyOf(start) }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { id, from } = next;
      if (id === INTERNET.interface) continue;
      const key = this.keyOf(id);
      this.join(key, from);
      if (this.seen.has(key)) continue;
      this.seen.add(key);
      this.things.set(key, key);
      const at = this.network.interface(id);
      if (at === undefined) continue;
      for (const step of at.steps)
        if ('filter' in step) this.once(`filter ${step.filter}`, key, () => this.filter(key, step.filter));
        else this.once(`translation ${step.translation}`, key, () => this.translation(key, step.translation));
      const visit = (other: string) => waiting.push({ id: other, from: key });
      if (at.table !== undefined) {
        const table = at.table;
        this.once(`table ${table}`, key, () => {
          for (const entry of this.network.table(table)?.entries ?? []) {
            this.match(key, entry.match);
            this.follow(key, entry.next, visit);
          }
        });
      }
      const node = this.network.node(at.node);
      this.once(`node ${at.node}`, key, () => {
        for (const other of node?.interfaces ?? []) visit(other);
        for (const listener of node?.relay?.listeners ?? []) {
          for (const match of listener.match) this.match(key, match);
          for (const backend of listener.backends) {
            for (const other of backend.from) visit(other);
            this.add(key, [[backend.address, backend.address + 1n]]);
          }
        }
      });
    }
  }

  private follow(key: string, next: NextHop, visit: (id: string) => void): void {
    if (next.to === 'fork') for (const branch of next.branches) this.follow(key, branch, visit);
    if (next.to !== 'hop' && next.to !== 'link') return;
    if (next.out !== undefined) visit(next.out);
    if (next.to === 'hop') {
      this.hops.add(next.in);
      return visit(next.in);
    }
    if (next.link === INTERNET.link) return;
    const link = this.network.link(next.link);
    this.once(`link ${next.link}`, key, () => {
      for (const owner of link?.owners ?? []) visit(owner.in);
      if (link !== undefined) this.follow(key, link.unowned, visit);
    });
  }

  private filter(key: string, id: string): void {
    const place = this.root(key);
    for (const rule of this.network.filter(id)?.rules ?? []) {
      // Many filters have the same rules: what a place has is not looked at again.
      const last = this.readIn.get(rule);
      if (last !== undefined && this.root(last) === place) continue;
      this.readIn.set(rule, key);
      for (const match of rule.match) this.match(key, match);
    }
  }

  private translation(key: string, id: string): void {
    const translation: Translation | undefined = this.network.translation(id);
    if (translation?.owns !== undefined) this.add(key, translation.owns);
    for (const side of [translation?.outward, translation?.inward])
      for (const rewrite of side?.rewrites ?? []) {
        for (const match of rewrite.match ?? []) this.match(key, match);
        // Who has a pair differs from who has none; which pair it is makes no difference.
        if (rewrite.pairs !== undefined)
          this.add(key, normalise(rewrite.pairs.table.map(({ from }) => [from, from + 1n] as const)), `pairs ${id}`);
        for (const spans of [rewrite.set?.dst, rewrite.set?.src]) if (spans !== undefined) this.add(key, spans);
      }
  }

  private match(key: string, match: Match): void {
    for (const value of [match.dst, match.src]) {
      if (value === undefined) continue;
      if (!('set' in value)) this.add(key, value);
      else this.add(key, this.network.set(value.set)?.spans ?? [], `set ${value.set}`);
    }
  }

  private add(key: string, spans: Spans, name = spans.join(';')): void {
    const lists = this.found.get(key) ?? new Map<string, Spans>();
    this.found.set(key, lists.set(name, spans));
  }

  /** Shared things join those who share them, and are read once. */
  private once(thing: string, key: string, read: () => void): void {
    this.join(thing, key);
    if (this.seen.has(thing)) return;
    this.seen.add(thing);
    this.things.set(thing, key);
    read();
  }

  private root(key: string): string {
    let at = key;
    for (let up = this.parents.get(at); up !== undefined && up !== at; up = this.parents.get(at)) {
      const over = this.parents.get(up) ?? up;
      this.parents.set(at, over);
      at = over;
    }
    return at;
  }

  private join(a: string, b: string): void {
    const [x, y] = [this.root(a), this.root(b)];
    if (x !== y) this.parents.set(x, y);
  }
}
