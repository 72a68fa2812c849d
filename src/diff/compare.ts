/**
 * What gets through in one network and surely not in the other, for every pair of groups, gathered by roles. Sets stay exact
 * until they are printed: addresses that an end changed are written as they were before, so that a new address of the same
 * thing is no change. Knows no resources and no texts.
 */
import { ALL_V4, ALL_V6 } from '../net/address.ts';
import type { PacketSet, PacketSpace } from '../net/packet-space.ts';
import { type Span, intersect, normalise, subtract } from '../net/spans.ts';
import type { Assumption, Missing } from '../model/origin.ts';
import type { Compiler } from '../engine/compile.ts';
import type { MatrixNetwork, Party, Reached, Row } from '../engine/matrix-row.ts';
import { EVERY_PORT } from '../engine/ports.ts';
import type { Scope } from './touched.ts';
import { type Pair, type PairGroup, type Side, movesOf, spansOn } from './pairs.ts';

type Spans = readonly Span<bigint>[];
type Endpoint = PairGroup | 'internet';

/** One of the two networks, with a compiler over its merged form; both compilers share one space. */
export interface Compared {
  readonly network: MatrixNetwork;
  readonly compiler: Compiler;
}

/** What two roles gained or lost, in the addresses of the side that has it. */
export interface RoleChange {
  readonly direction: 'gained' | 'lost';
  readonly from: string;
  readonly to: string;
  /** Ends that the packets come from and go to; none for the internet. */
  readonly fromPairs: Set<Pair>;
  readonly toPairs: Set<Pair>;
  /** Roles of balancers that pass it on to those in `toPairs`, in whose own addresses the packets are. */
  readonly through?: Set<string>;
  packets: PacketSet;
  /** Packets that got through, or may have, between the two roles on the other side. */
  had: PacketSet;
}

export interface Comparison {
  readonly changes: readonly RoleChange[];
  readonly missing: readonly Missing[];
  readonly assumptions: readonly Assumption[];
}

const FAMILIES = [ALL_V4, ALL_V6];

/** Compares two networks row by row. */
export class Comparer {
  private readonly space: PacketSpace;
  private readonly sides: { readonly [S in Side]: Compared };
  private readonly groups: readonly PairGroup[];
  private readonly rows: { readonly [S in Side]: Map<Party, Row> } = { before: new Map(), after: new Map() };
  private readonly byKind: { readonly [S in Side]: Map<Party, PairGroup[]> } = { before: new Map(), after: new Map() };
  private readonly changes = new Map<string, RoleChange>();
  /** Once all changes are known. */
  private bySource: Map<string, RoleChange[]> | undefined;
  private readonly byRole: { readonly [S in Side]: Map<string, PairGroup[]> } = { before: new Map(), after: new Map() };
  private readonly missing = new Map<string, Missing>();
  private readonly assumptions = new Map<string, Assumption>();
  /** Public addresses that neither network owns: one that changes hands is no change of the internet's reach. */
  readonly internet: Spans;

  /** Of each source, only those in its scope are compared: everybody else fares as before. */
  private readonly scope: (from: Endpoint) => Scope;

  constructor(
    before: Compared,
    after: Compared,
    groups: readonly PairGroup[],
    scope: (from: Endpoint) => Scope = () => 'everybody',
  ) {
    this.scope = scope;
    this.space = before.compiler.space;
    this.sides = { before, after };
    this.groups = groups;
    this.internet = intersect(normalise(before.network.internet), normalise(after.network.internet));
    for (const group of groups)
      for (const side of ['before', 'after'] as const) {
        const kind = group[side];
        if (kind !== undefined) this.byKind[side].set(kind, [...(this.byKind[side].get(kind) ?? []), group]);
      }
  }

  comparison(): Comparison {
    const sources: readonly Endpoint[] = ['internet', ...this.groups];
    for (const from of sources) this.compareRow(from);
    if (this.changes.size > 0) for (const from of sources) this.gatherHad(from);
    return {
      changes: [...this.changes.values()],
      missing: [...this.missing.values()],
      assumptions: [...this.assumptions.values()],
    };
  }

  private compareRow(from: Endpoint): void {
    const { space } = this;
    const scope = this.scope(from);
    if (scope !== 'everybody' && scope.size === 0) return;
    const [before, after] = [this.rowOf(from, 'before', scope), this.rowOf(from, 'after', scope)];
    for (const to of this.targetsOf({ before, after })) {
      if (scope !== 'everybody' && (to === 'internet' || !scope.has(to))) continue;
      if (from === to && from !== 'internet' && from.pairs.length === 1) continue;
      const old = this.reached(before, from, to, 'before');
      const now = this.reached(after, from, to, 'after');
      const gained = this.apart(space.minus(now.firm, old.possible), from, to);
      const lost = this.apart(space.minus(old.firm, now.possible), from, to);
      this.note('gained', from, to, gained);
      this.note('lost', from, to, lost);
      for (const row of [before, after])
        if (row !== undefined) {
          if (!space.isEmpty(space.or(gained, lost)))
            for (const one of row.assumptions()) this.assumptions.set(`${one.code} ${one.resource}`, one);
          if (space.minus(now.possible, now.firm) !== space.minus(old.possible, old.firm))
            for (const one of row.missing()) this.missing.set(one.what, one);
        }
    }
    if (from === 'internet') this.compareBehind({ before, after });
    for (const row of [before, after])
      for (const [party, why] of row?.unanswered ?? []) {
        const name = party === 'internet' ? party : party.first.id;
        const what = `what ${from === 'internet' ? from : (from.pairs[0]!.after ?? from.pairs[0]!.before)!.id} can reach of ${name}: ${why}`;
        this.missing.set(what, { what, fetch: null });
      }
  }

  /** What balancers pass on from outside: a machine can come to stand behind one that was open before. */
  private compareBehind(rows: { readonly [S in Side]: Row | undefined }): void {
    const { space } = this;
    const groups = (['before', 'after'] as const).flatMap((side) =>
      [...(rows[side]?.behind.keys() ?? [])].flatMap((party) => this.byKind[side].get(party) ?? []),
    );
    for (const to of new Set(groups)) {
      const [old, now] = [this.passedOn(rows.before, to, 'before'), this.passedOn(rows.after, to, 'after')];
      this.note('gained', 'internet', to, space.minus(now.firm, old.possible), now.through);
      this.note('lost', 'internet', to, space.minus(old.firm, now.possible), old.through);
      for (const row of [rows.before, rows.after])
        if (space.minus(now.possible, now.firm) !== space.minus(old.possible, old.firm))
          for (const one of row?.missing() ?? []) this.missing.set(one.what, one);
    }
    for (const change of this.changes.values()) {
      if (change.through === undefined) continue;
      const [side, other] =
        change.direction === 'gained' ? (['after', 'before'] as const) : (['before', 'after'] as const);
      for (const to of new Set(groups)) {
        const dst = spansOn(rolesOf(to, side).get(change.to) ?? [], other, false);
        change.had = space.or(change.had, space.and(this.passedOn(rows[other], to, other).possible, space.of({ dst })));
      }
    }
  }

  /** What gets to some ends through balancers, in the ends' own addresses, and what those balancers are called. */
  private passedOn(
    row: Row | undefined,
    to: PairGroup,
    side: Side,
  ): Reached & { readonly through: ReadonlySet<string> } {
    const { space } = this;
    const party = to[side];
    const behind = party === undefined ? undefined : row?.behind.get(party);
    if (behind === undefined) return { firm: space.none, possible: space.none, through: new Set() };
    const dst = spansOn(to.pairs, side, false);
    const between = space.orAll(
      FAMILIES.map((all) => space.of({ src: intersect(this.internet, [all]), dst: intersect(dst, [all]) })),
    );
    const zone = space.and(between, this.sides[side].compiler.answerable);
    const share = (set: PacketSet) => {
      const own = space.and(space.forget(set, ['mark', 'sport']), zone);
      return side === 'before' ? own : this.moved(own, to, 'dst', false, 'back');
    };
    const gates = behind.ways.flatMap(({ through }) => through.flatMap((gate) => this.byKind[side].get(gate) ?? []));
    return {
      firm: share(behind.passed.firm),
      possible: share(behind.passed.possible),
      through: new Set(gates.flatMap((gate) => [...rolesOf(gate, side).keys()])),
    };
  }

  /** A source's row on a side, or its part toward some. Whole rows are kept. */
  private rowOf(from: Endpoint, side: Side, scope: Scope): Row | undefined {
    const party = from === 'internet' ? from : from[side];
    if (party === undefined || (party !== 'internet' && !party.first.sends)) return undefined;
    const known = this.rows[side].get(party);
    if (known !== undefined) return known;
    const { network, compiler } = this.sides[side];
    const only = scope === 'everybody' ? undefined : new Set([...scope].flatMap((group) => group[side] ?? []));
    const row =
      from === 'internet'
        ? network.rowWithBehind(compiler, party, EVERY_PORT, only)
        : network.row(compiler, party, EVERY_PORT, only);
    if (only !== undefined) return row;
    this.rows[side].set(party, row);
    return row;
  }

  private targetsOf(rows: { readonly [S in Side]?: Row | undefined }): ReadonlySet<Endpoint> {
    const found = new Set<Endpoint>();
    for (const side of ['before', 'after'] as const)
      for (const party of rows[side]?.to.keys() ?? [])
        if (party === 'internet') found.add(party);
        else for (const group of this.byKind[side].get(party) ?? []) found.add(group);
    return found;
  }

  /** What gets from one to the other on a side, moved addresses as they were before. */
  private reached(
    row: Row | undefined,
    from: Endpoint,
    to: Endpoint,
    side: Side,
  ): { firm: PacketSet; possible: PacketSet } {
    const { space } = this;
    const party = to === 'internet' ? to : to[side];
    const reached = row === undefined || party === undefined ? undefined : row.to.get(party);
    if (reached === undefined) return { firm: space.none, possible: space.none };
    // What nothing answers (an ICMP error) is no flow of its own.
    const between = space.and(this.between(from, to, side), this.sides[side].compiler.answerable);
    const share = (set: PacketSet) =>
      this.asBefore(space.and(space.forget(set, ['mark', 'sport']), between), from, to, side);
    const firm = share(reached.firm);
    return { firm, possible: reached.possible === reached.firm ? firm : share(reached.possible) };
  }

  private between(from: Endpoint, to: Endpoint, side: Side): PacketSet {
    const outside = from === 'internet';
    const src = from === 'internet' ? this.internet : spansOn(from.pairs, side, false);
    const dst = to === 'internet' ? this.internet : spansOn(to.pairs, side, outside);
    return this.space.orAll(
      FAMILIES.map((all) => this.space.of({ src: intersect(src, [all]), dst: intersect(dst, [all]) })),
    );
  }

  /** The set with every moved address replaced by what it was on the other side. */
  private asBefore(set: PacketSet, from: Endpoint, to: Endpoint, side: Side): PacketSet {
    if (side === 'before') return set;
    return this.moved(this.moved(set, from, 'src', false, 'back'), to, 'dst', from === 'internet', 'back');
  }

  private moved(
    set: PacketSet,
    at: Endpoint,
    field: 'src' | 'dst',
    outward: boolean,
    way: 'back' | 'forth',
  ): PacketSet {
    if (at === 'internet' || !at.moved || this.space.isEmpty(set)) return set;
    const { space } = this;
    const moves = movesOf(spansOn(at.pairs, 'before', outward), spansOn(at.pairs, 'after', outward));
    if (moves.length === 0) return set;
    const table = way === 'forth' ? moves : moves.map(({ from, to }) => ({ from: to, to: from }));
    const all = spansOn(at.pairs, way === 'forth' ? 'before' : 'after', outward);
    const stay = subtract(all, normalise(table.map((move) => [move.from, move.from + 1n] as const)));
    return space.or(space.and(set, space.of({ [field]: stay })), space.mapAddress(set, field, table));
  }

  /** Without what single ends send themselves. */
  private apart(set: PacketSet, from: Endpoint, to: Endpoint): PacketSet {
    const { space } = this;
    if (from === 'internet' || to === 'internet' || from !== to || space.isEmpty(set)) return set;
    const itself = from.pairs.flatMap(({ before, after }) =>
      [before, after].flatMap((end) => (end === undefined ? [] : [space.of({ src: end.spans, dst: end.spans })])),
    );
    return space.minus(set, space.orAll(itself));
  }

  /** Files a change under the roles of those that it concerns, in the addresses of the side that has it. */
  private note(
    direction: RoleChange['direction'],
    from: Endpoint,
    to: Endpoint,
    set: PacketSet,
    through?: ReadonlySet<string>,
  ): void {
    const { space } = this;
    if (space.isEmpty(set)) return;
    const outward = from === 'internet' && through === undefined;
    const side = direction === 'gained' ? 'after' : 'before';
    const real =
      side === 'before' ? set : this.moved(this.moved(set, from, 'src', false, 'forth'), to, 'dst', outward, 'forth');
    const some = (end: Endpoint, field: 'src' | 'dst', outward: boolean): Endpoint =>
      end === 'internet'
        ? end
        : { ...end, pairs: concerned(end.pairs, side, outward, space.values(real, field) as Spans) };
    for (const [fromRole, fromPairs] of rolesOf(some(from, 'src', false), side))
      for (const [toRole, toPairs] of rolesOf(some(to, 'dst', outward), side)) {
        const src = from === 'internet' ? this.internet : spansOn(fromPairs, side, false);
        const dst = to === 'internet' ? this.internet : spansOn(toPairs, side, outward);
        const packets = space.and(real, space.of({ src, dst }));
        if (space.isEmpty(packets)) continue;
        const key = `${keyOf(direction, from, fromRole, to, toRole)}${through === undefined ? '' : ' behind'}`;
        const change = this.changes.get(key) ?? {
          direction,
          from: fromRole,
          to: toRole,
          packets: space.none,
          fromPairs: new Set<Pair>(),
          toPairs: new Set<Pair>(),
          had: space.none,
          ...(through === undefined ? {} : { through: new Set<string>() }),
        };
        for (const role of through ?? []) change.through?.add(role);
        change.packets = space.or(change.packets, packets);
        for (const pair of concerned(fromPairs, side, false, space.values(packets, 'src') as Spans))
          change.fromPairs.add(pair);
        for (const pair of concerned(toPairs, side, outward, space.values(packets, 'dst') as Spans))
          change.toPairs.add(pair);
        this.changes.set(key, change);
      }
  }

  /** What changed roles had on the other side: that makes the difference between opened and widened. */
  private gatherHad(from: Endpoint): void {
    const { space } = this;
    for (const [direction, side, other] of [
      ['gained', 'after', 'before'],
      ['lost', 'before', 'after'],
    ] as const) {
      const own = rolesOf(from, side);
      const changes = [...own.keys()].flatMap((role) => this.changesFrom(direction, from, role));
      if (changes.length === 0) continue;
      const outside = changes.some((change) => change.toPairs.size === 0);
      const groups = new Set(
        changes.flatMap((change) => (change.toPairs.size === 0 ? [] : this.groupsNamed(change.to, side))),
      );
      const row = this.rowOf(from, other, outside ? 'everybody' : groups);
      if (row === undefined) continue;
      for (const to of this.targetsOf({ [other]: row })) {
        const party = to === 'internet' ? to : to[other];
        const reached = party === undefined ? undefined : row.to.get(party);
        if (reached === undefined) continue;
        const roles = rolesOf(to, side);
        for (const change of changes) {
          const there = (change.toPairs.size === 0) === (to === 'internet') ? roles.get(change.to) : undefined;
          if (there === undefined) continue;
          const src = from === 'internet' ? this.internet : spansOn(own.get(change.from) ?? [], other, false);
          const dst = to === 'internet' ? this.internet : spansOn(there, other, from === 'internet');
          change.had = space.or(change.had, space.and(reached.possible, space.of({ src, dst })));
        }
      }
    }
  }

  /** The changes of a source's role; a thing may be called "internet" without being it. */
  private changesFrom(direction: RoleChange['direction'], from: Endpoint, role: string): readonly RoleChange[] {
    if (this.bySource === undefined) {
      this.bySource = new Map();
      for (const change of this.changes.values()) {
        if (change.through !== undefined) continue;
        const key = JSON.stringify([change.direction, change.fromPairs.size === 0, change.from]);
        const list = this.bySource.get(key);
        if (list === undefined) this.bySource.set(key, [change]);
        else list.push(change);
      }
    }
    return this.bySource.get(JSON.stringify([direction, from === 'internet', role])) ?? [];
  }

  private groupsNamed(role: string, side: Side): readonly PairGroup[] {
    if (this.byRole[side].size === 0)
      for (const group of this.groups)
        for (const one of rolesOf(group, side).keys())
          this.byRole[side].set(one, [...(this.byRole[side].get(one) ?? []), group]);
    return this.byRole[side].get(role) ?? [];
  }
}

function rolesOf(end: Endpoint, side: Side): ReadonlyMap<string, readonly Pair[]> {
  if (end === 'internet') return new Map([['internet', []]]);
  const roles = new Map<string, Pair[]>();
  for (const pair of end.pairs) {
    const list = roles.get(pair.roles[side]);
    if (list === undefined) roles.set(pair.roles[side], [pair]);
    else list.push(pair);
  }
  return roles;
}

/** A thing may be called "internet" without being it. */
function keyOf(direction: string, from: Endpoint, fromRole: string, to: Endpoint, toRole: string): string {
  return JSON.stringify([direction, from === 'internet', fromRole, to === 'internet', toRole]);
}

/** Those of some pairs that have addresses among these. */
export function concerned(pairs: Iterable<Pair>, side: Side, outward: boolean, spans: Spans): readonly Pair[] {
  return [...pairs].filter((pair) => {
    const end = pair[side];
    return end !== undefined && (outward ? end.outward : end.spans).some((span) => touches(span, spans));
  });
}

function touches([lo, end]: Span<bigint>, spans: Spans): boolean {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (spans[middle]![1] <= lo) low = middle + 1;
    else high = middle;
  }
  return low < spans.length && spans[low]![0] < end;
}
