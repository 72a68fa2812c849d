/**
 * Which ends of two networks are the same: the same interface, else the same id, else the only ones left of one name. Ends
 * that the networks treat alike on both sides are compared together. Knows no packets.
 */
import { familyOf } from '../net/address.ts';
import { type Span, normalise } from '../net/spans.ts';
import type { Kind } from '../engine/classes.ts';
import type { MatrixEnd } from '../engine/matrix-ends.ts';
import type { MatrixNetwork } from '../engine/matrix-row.ts';

export type Side = 'before' | 'after';
export type RoleOf = (end: MatrixEnd, side: Side) => string;

/** One end in both networks, or in one of them. */
export interface Pair {
  /** What it is called on each side; the same on both where it is in one only. */
  readonly roles: { readonly [S in Side]: string };
  readonly before?: MatrixEnd;
  readonly after?: MatrixEnd;
}

/** Pairs that are alike in both networks. A pair whose addresses changed stands alone. */
export interface PairGroup {
  readonly pairs: readonly Pair[];
  readonly before?: Kind;
  readonly after?: Kind;
  readonly moved: boolean;
}

/** The name tag where there is one, else the id. */
export function plainRole(end: MatrixEnd): string {
  return end.name ?? end.id;
}

/** Matches the ends of two networks; deterministic, and the same from both sides. `sameOf` tells what a new id may hide. */
export function pairsOf(
  before: readonly MatrixEnd[],
  after: readonly MatrixEnd[],
  roleOf: RoleOf,
  sameOf: RoleOf = roleOf,
): readonly Pair[] {
  const pairs: Pair[] = [];
  let [left, right] = [[...before], [...after]];
  const match = (keyOf: (end: MatrixEnd, side: Side) => string) => {
    const waiting = new Map<string, MatrixEnd[]>();
    for (const end of right) push(waiting, keyOf(end, 'after'), end);
    const taken = new Set<MatrixEnd>();
    left = left.filter((end) => {
      const partner = waiting.get(keyOf(end, 'before'))?.shift();
      if (partner === undefined) return true;
      taken.add(partner);
      pairs.push({
        roles: { before: roleOf(end, 'before'), after: roleOf(partner, 'after') },
        before: end,
        after: partner,
      });
      return false;
    });
    right = right.filter((end) => !taken.has(end));
  };
  match((end) => end.interfaceId);
  match((end) => end.id);
  match(sameOf);
  const alone = (end: MatrixEnd, side: Side) => {
    const role = roleOf(end, side);
    return { roles: { before: role, after: role }, [side]: end };
  };
  return [...pairs, ...left.map((end) => alone(end, 'before')), ...right.map((end) => alone(end, 'after'))];
}

/** Groups pairs by the kinds that their ends belong to. */
export function groupsOf(pairs: readonly Pair[], before: MatrixNetwork, after: MatrixNetwork): readonly PairGroup[] {
  const [old, now] = [kindsByEnd(before), kindsByEnd(after)];
  const groups = new Map<string, { pairs: Pair[]; before?: Kind; after?: Kind; moved: boolean }>();
  for (const [i, pair] of pairs.entries()) {
    const [a, b] = [pair.before && old.get(pair.before), pair.after && now.get(pair.after)];
    const moved = pair.before !== undefined && pair.after !== undefined && !sameAddresses(pair.before, pair.after);
    const key = `${a?.index ?? '-'} ${b?.index ?? '-'} ${moved ? i : ''}`;
    const group = groups.get(key);
    if (group === undefined)
      groups.set(key, {
        pairs: [pair],
        moved,
        ...(a === undefined ? {} : { before: a }),
        ...(b === undefined ? {} : { after: b }),
      });
    else group.pairs.push(pair);
  }
  return [...groups.values()];
}

function kindsByEnd(network: MatrixNetwork): ReadonlyMap<MatrixEnd, Kind> {
  return new Map(network.kinds.flatMap((kind) => kind.ends.map((end) => [end, kind] as const)));
}

function sameAddresses(a: MatrixEnd, b: MatrixEnd): boolean {
  return a.spans.join() === b.spans.join() && a.outward.join() === b.outward.join();
}

/** Which address of an end became which, where it changed: those that both sides have stay, the others follow in order. */
export function movesOf(
  before: readonly Span<bigint>[],
  after: readonly Span<bigint>[],
): readonly { readonly from: bigint; readonly to: bigint }[] {
  const single = (spans: readonly Span<bigint>[]) => spans.filter(([lo, end]) => end - lo === 1n).map(([lo]) => lo);
  const [old, now] = [single(before), single(after)];
  return ([4, 6] as const).flatMap((family) => {
    const gone = old.filter((address) => familyOf(address) === family && !now.includes(address));
    const come = now.filter((address) => familyOf(address) === family && !old.includes(address));
    return gone.slice(0, come.length).map((from, i) => ({ from, to: come[i]! }));
  });
}

/** The addresses of some pairs on one side. */
export function spansOn(pairs: readonly Pair[], side: Side, outward: boolean): readonly Span<bigint>[] {
  return normalise(
    pairs.flatMap((pair) => {
      const end = pair[side];
      return end === undefined ? [] : outward ? end.outward : end.spans;
    }),
  );
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
