/**
 * Turns the model's matches into packet sets, once each. On the return leg the packets stay in the forward coordinates of
 * their segment, so it is the *rule* that is swapped: a rule compiled for the return leg holds the forward packets whose
 * replies it matches.
 */
import { type Box, swapBoxes } from '../net/fields.ts';
import type { PacketSet, PacketSpace } from '../net/packet-space.ts';
import { type Span, normalise } from '../net/spans.ts';
import type { Filter, Fork, Match, Network, NextHop, Rewrite, RouteEntry, RouteTable, Rule } from '../model/network.ts';
import type { Missing, Origin } from '../model/origin.ts';
import type { Leg } from '../model/results.ts';
import { StandIns } from './stand-ins.ts';

/** One line of a compiled filter. */
export interface FilterLine {
  readonly set: PacketSet;
  readonly rule: Rule;
}

/** Routes of one rank; overlapping ones fork. */
export interface RouteLine {
  readonly set: PacketSet;
  readonly next: NextHop;
  readonly entry: RouteEntry;
  /** Set when it is not known whether the entry matches. */
  readonly unresolved?: Missing;
}

/** What was compiled, by the identity of what it was compiled from: networks that share objects can share it. */
class Memo {
  standIns: StandIns | undefined;
  readonly matches = { forward: new Map<Match, PacketSet>(), return: new Map<Match, PacketSet>() };
  readonly rewrites = { forward: new Map<Rewrite, PacketSet>(), return: new Map<Rewrite, PacketSet>() };
  readonly filters = {
    forward: new Map<Filter, readonly FilterLine[]>(),
    return: new Map<Filter, readonly FilterLine[]>(),
  };
  readonly tables = {
    forward: new Map<RouteTable, readonly RouteLine[]>(),
    return: new Map<RouteTable, readonly RouteLine[]>(),
  };
}

/** Compiles and remembers, for one space and one network. */
export class Compiler {
  readonly space: PacketSpace;
  readonly network: Network;
  /** Packets that have a reply at all. */
  readonly answerable: PacketSet;
  private readonly memo: Memo;

  constructor(space: PacketSpace, network: Network, memo = new Memo()) {
    this.space = space;
    this.network = network;
    this.memo = memo;
    this.answerable = space.ofBoxes(swapBoxes({}));
  }

  /** The same for a network that something is laid over: it has the address sets of this one, and shares what is compiled. */
  over(network: Network): Compiler {
    return network === this.network ? this : new Compiler(this.space, network, this.memo);
  }

  /** The (forward) packets that a match holds on this leg. */
  match(match: Match, leg: Leg): PacketSet {
    const memo = this.memo.matches[leg];
    const known = memo.get(match);
    if (known !== undefined) return known;
    const box = this.boxOf(match);
    const set = leg === 'forward' ? this.space.of(box) : this.space.ofBoxes(swapBoxes(box));
    memo.set(match, set);
    return set;
  }

  matches(matches: readonly Match[], leg: Leg): PacketSet {
    const only = matches[0];
    if (only === undefined) return this.space.none;
    return matches.length === 1
      ? this.match(only, leg)
      : this.space.orAll(matches.map((match) => this.match(match, leg)));
  }

  /** The most that matches could hold, whatever the members of their sets are. */
  most(matches: readonly Match[], leg: Leg = 'forward'): PacketSet {
    return this.matches(
      matches.map((match) => (this.unresolvedSet([match]) === undefined ? match : withoutSets(match))),
      leg,
    );
  }

  /** The packets that a rewrite is for. */
  claimed(rewrite: Rewrite, leg: Leg): PacketSet {
    const memo = this.memo.rewrites[leg];
    const known = memo.get(rewrite);
    if (known !== undefined) return known;
    let set = rewrite.match === undefined ? this.space.all : this.matches(rewrite.match, leg);
    if (rewrite.pairs !== undefined) {
      const field = leg === 'forward' ? rewrite.pairs.field : rewrite.pairs.field === 'src' ? 'dst' : 'src';
      const spans = normalise(rewrite.pairs.table.map(({ from }) => [from, from + 1n] as const));
      set = this.space.and(set, this.space.of({ [field]: spans }));
    }
    memo.set(rewrite, set);
    return set;
  }

  /** The addresses of a set that are not known, if the match refers to such a set. */
  unresolvedSet(matches: readonly Match[]): Missing | undefined {
    for (const match of matches)
      for (const field of ['dst', 'src'] as const) {
        const value = match[field];
        if (value === undefined || !('set' in value)) continue;
        const set = this.network.set(value.set);
        if (set === undefined) return { what: `the members of ${value.set}`, fetch: null };
        if (set.unresolved !== undefined) return set.unresolved;
      }
    return undefined;
  }

  filter(filter: Filter, leg: Leg): readonly FilterLine[] {
    const known = this.memo.filters[leg].get(filter);
    if (known !== undefined) return known;
    const lines = filter.rules.flatMap((rule) => this.linesOf(rule, leg));
    this.memo.filters[leg].set(filter, lines);
    return lines;
  }

  /**
   * A rule that refers to a partly known set: what is known of it is firm, the rest may match anything its other fields
   * allow.
   */
  private linesOf(rule: Rule, leg: Leg): FilterLine[] {
    if (rule.unresolved !== undefined) {
      const read = this.readingsOf(rule, leg).map(({ set }) => set);
      return [{ set: this.space.orAll([this.most(rule.match, leg), ...read]), rule }];
    }
    const unresolved = this.unresolvedSet(rule.match);
    const firm = this.readingsOf(rule, leg);
    if (unresolved === undefined) return firm;
    return [...firm, { set: this.matches(rule.match.map(withoutSets), leg), rule: { ...rule, unresolved } }];
  }

  /** What a rule surely matches, and what it may match of addresses that are not known. */
  private readingsOf(rule: Rule, leg: Leg): FilterLine[] {
    const readings = rule.match.flatMap((match) => this.standIns.read(match));
    if (readings.length === rule.match.length && readings.every(({ match }, i) => match === rule.match[i]))
      return [{ set: this.matches(rule.match, leg), rule }];
    const { space } = this;
    const boxes = (list: readonly { readonly match: Match }[]) => {
      const all = list.map(({ match }) => this.boxOf(match));
      return space.orAll(all.map((box) => (leg === 'forward' ? space.of(box) : space.ofBoxes(swapBoxes(box)))));
    };
    const unknown = Map.groupBy(
      readings.filter(({ unresolved }) => unresolved !== undefined),
      ({ unresolved }) => unresolved!.what,
    );
    return [
      { set: boxes(readings.filter(({ unresolved }) => unresolved === undefined)), rule },
      ...[...unknown.values()].map((list) => ({
        set: boxes(list),
        rule: { ...rule, unresolved: list[0]!.unresolved! },
      })),
    ];
  }

  /** The addresses of this network that are not known. */
  get standIns(): StandIns {
    return (this.memo.standIns ??= new StandIns(this.network));
  }

  /** Lines in order of rank; `ties` of the table says what equal ranks mean. */
  table(table: RouteTable, leg: Leg): readonly RouteLine[] {
    const known = this.memo.tables[leg].get(table);
    if (known !== undefined) return known;
    const entries = [...table.entries].sort((a, b) => compareRanks(a.rank, b.rank));
    const lines: RouteLine[] = [];
    for (let i = 0; i < entries.length; ) {
      let end = i + 1;
      while (end < entries.length && compareRanks(entries[i]!.rank, entries[end]!.rank) === 0) end++;
      lines.push(...this.tied(entries.slice(i, end), table, leg));
      i = end;
    }
    this.memo.tables[leg].set(table, lines);
    return lines;
  }

  private tied(entries: readonly RouteEntry[], table: RouteTable, leg: Leg): RouteLine[] {
    const each = entries.flatMap((entry) => this.routeLines(entry, leg));
    // What may match stands before what does: it may decide too.
    const lines = [
      ...each.filter((line) => line.unresolved !== undefined),
      ...each.filter((line) => line.unresolved === undefined),
    ];
    if (lines.length === 1 || areApart(entries)) return lines;
    const out: RouteLine[] = [];
    const ties = new Set<NextHop>();
    for (const line of lines) {
      let rest = line.set;
      for (const [i, earlier] of out.entries()) {
        const both = this.space.and(rest, earlier.set);
        if (this.space.isEmpty(both) || line.unresolved !== undefined || earlier.unresolved !== undefined) continue;
        rest = this.space.minus(rest, both);
        if (isSameNext(line.next, earlier.next)) continue;
        // A tie that this loop made grows a branch; a fork that an entry brought along stays one branch, of its own kind.
        const branches = [
          ...(earlier.next.to === 'fork' && ties.has(earlier.next) ? earlier.next.branches : [earlier.next]),
          line.next,
        ];
        const tie: Fork = { to: 'fork', choose: table.ties ?? 'any', branches };
        ties.add(tie);
        out[i] = { ...earlier, set: this.space.minus(earlier.set, both) };
        out.push({ set: both, entry: line.entry, next: tie });
      }
      out.push({ ...line, set: rest });
    }
    return out.filter((line) => !this.space.isEmpty(line.set));
  }

  private routeLines(entry: RouteEntry, leg: Leg): RouteLine[] {
    const line = { set: this.match(entry.match, leg), next: entry.next, entry };
    if (entry.unresolved !== undefined)
      return [{ ...line, set: this.most([entry.match], leg), unresolved: entry.unresolved }];
    const unresolved = this.unresolvedSet([entry.match]);
    if (unresolved === undefined) return [line];
    const open = this.space.minus(this.match(withoutSets(entry.match), leg), line.set);
    return [line, { ...line, set: open, unresolved }];
  }

  private boxOf(match: Match): Box {
    const box: Record<string, unknown> = { ...match };
    for (const field of ['dst', 'src'] as const) {
      const value = match[field];
      if (value !== undefined && 'set' in value) box[field] = this.network.set(value.set)?.spans ?? [];
    }
    return box;
  }
}

/** Routes that go by destination alone, each to others than the rest: the usual case, told without sets. */
function areApart(entries: readonly RouteEntry[]): boolean {
  const spans: Span<bigint>[] = [];
  for (const { match } of entries) {
    const { dst, ...rest } = match;
    if (dst === undefined || 'set' in dst || Object.keys(rest).length > 0) return false;
    spans.push(...dst);
  }
  spans.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  return spans.every((span, i) => i === 0 || spans[i - 1]![1] <= span[0]);
}

function withoutSets(match: Match): Match {
  const out: Record<string, unknown> = { ...match };
  for (const field of ['dst', 'src'] as const)
    if (match[field] !== undefined && 'set' in match[field]) delete out[field];
  return out;
}

/** Which of two ranks goes first: negative for `a`. */
export function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

/** Whether two hops lead to the same place for certain. */
export function isSameNext(a: NextHop, b: NextHop): boolean {
  if (a.to === 'hop' && b.to === 'hop') return a.in === b.in && a.out === b.out;
  if (a.to === 'link' && b.to === 'link') return a.link === b.link && a.out === b.out;
  return a.to === 'local' && b.to === 'local';
}

/** Shown where an origin is needed and none is at hand. */
export function originOf(id: string): Origin {
  return { provider: 'netaudit', kind: 'reference', id, file: '', pointer: '', implicit: true };
}
