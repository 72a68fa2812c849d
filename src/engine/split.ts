/**
 * The one loop for filters and routes: each line takes its share of the packets in flight; what nobody takes meets the
 * default. The result is always a partition of what came in: passed, dropped by whom, unknown by what.
 */
import type { PacketSet, PacketSpace } from '../net/packet-space.ts';
import type { Filter, Fork, NextHop, RouteEntry, RouteTable, Rule } from '../model/network.ts';
import type { Missing } from '../model/origin.ts';
import { type FilterLine, type RouteLine, isSameNext } from './compile.ts';

/** A part of the packets and the rule that decided; no rule means the default. */
export interface Decided {
  readonly packets: PacketSet;
  readonly rule?: Rule;
}

/** A part whose fate hangs on something that is not in the snapshot. */
export interface Undecided {
  readonly packets: PacketSet;
  readonly missing: Missing;
  readonly rule?: Rule;
}

export interface FilterSplit {
  readonly passed: PacketSet;
  /** `passed` again, by rule, for traces. */
  readonly allowed: readonly Decided[];
  readonly dropped: readonly Decided[];
  readonly unknown: readonly Undecided[];
}

/**
 * Splits packets by a filter. An unresolved rule does not decide: its share stays in flight, remembered as "maybe
 * allowed" or "maybe denied", and is unknown only if what decides later says otherwise.
 */
export function splitByFilter(
  space: PacketSpace,
  lines: readonly FilterLine[],
  filter: Filter,
  packets: PacketSet,
): FilterSplit {
  return splitLines(space, lines, 0, filter.otherwise, packets);
}

function splitLines(
  space: PacketSpace,
  lines: readonly FilterLine[],
  from: number,
  otherwise: 'allow' | 'deny',
  packets: PacketSet,
): FilterSplit {
  const allowed: Decided[] = [];
  const dropped: Decided[] = [];
  const unknown: Undecided[] = [];
  const maybes: { action: 'allow' | 'deny' | 'either'; packets: PacketSet; missing: Missing; rule: Rule }[] = [];
  let flying = packets;
  let passedOn = space.none;
  let level = lines[from]?.rule.level ?? 0;

  const decide = (share: PacketSet, action: 'allow' | 'deny', rule?: Rule) => {
    let rest = share;
    for (const maybe of maybes) {
      if (maybe.action === action) continue;
      const doubtful = space.and(rest, maybe.packets);
      if (space.isEmpty(doubtful)) continue;
      unknown.push({ packets: doubtful, missing: maybe.missing, rule: maybe.rule });
      rest = space.minus(rest, doubtful);
    }
    if (space.isEmpty(rest)) return;
    (action === 'allow' ? allowed : dropped).push(rule === undefined ? { packets: rest } : { packets: rest, rule });
  };

  for (const [i, { set, rule }] of lines.entries()) {
    if (i < from) continue;
    if ((rule.level ?? 0) !== level) {
      level = rule.level ?? 0;
      flying = space.or(flying, passedOn);
      passedOn = space.none;
    }
    if (space.isEmpty(flying)) {
      if (space.isEmpty(passedOn)) break;
      continue;
    }
    const share = space.and(flying, set);
    if (space.isEmpty(share)) continue;
    const { unresolved: missing } = rule;
    if (missing !== undefined) {
      if (rule.action !== 'pass') maybes.push({ action: rule.action, packets: share, missing, rule });
      else {
        // Maybe the next level is asked at once: whatever it would say is then a maybe too.
        const next = lines.findIndex((line, j) => j > i && (line.rule.level ?? 0) !== level);
        const jumped = splitLines(space, lines, next < 0 ? lines.length : next, otherwise, share);
        for (const { packets: some } of jumped.allowed) maybes.push({ action: 'allow', packets: some, missing, rule });
        for (const { packets: some } of jumped.dropped) maybes.push({ action: 'deny', packets: some, missing, rule });
        for (const part of jumped.unknown) maybes.push({ ...part, action: 'either', rule: part.rule ?? rule });
      }
      continue;
    }
    flying = space.minus(flying, share);
    if (rule.action === 'pass') passedOn = space.or(passedOn, share);
    else decide(share, rule.action, rule);
  }
  const rest = space.or(flying, passedOn);
  if (!space.isEmpty(rest)) decide(rest, otherwise);
  return { passed: space.orAll(allowed.map((part) => part.packets)), allowed, dropped, unknown };
}

/** A share of the packets and where it goes. */
export interface Routed {
  readonly packets: PacketSet;
  readonly next: NextHop;
  readonly entry?: RouteEntry;
}

/**
 * Splits packets by a route table. A line that only may match makes a fork of itself and of whatever would decide without it.
 */
export function splitByTable(
  space: PacketSpace,
  lines: readonly RouteLine[],
  table: RouteTable,
  packets: PacketSet,
): readonly Routed[] {
  const routed: Routed[] = [];
  const maybes: { packets: PacketSet; next: NextHop; entry: RouteEntry; missing: Missing }[] = [];
  let flying = packets;

  const made = new Set<NextHop>();
  const includes = (next: NextHop, one: NextHop): boolean =>
    next.to === 'fork' && made.has(next)
      ? next.branches.some((branch) => includes(branch, one))
      : isSameNext(next, one);

  // Each line that may match comes before what would decide without it: several make forks within forks.
  const decide = (share: PacketSet, next: NextHop, entry: RouteEntry | undefined, open = maybes) => {
    let rest = share;
    for (const [i, maybe] of open.entries()) {
      const doubtful = space.and(rest, maybe.packets);
      if (space.isEmpty(doubtful)) continue;
      rest = space.minus(rest, doubtful);
      const without = routed.length;
      decide(doubtful, next, entry, open.slice(i + 1));
      for (const other of routed.splice(without)) {
        if (includes(other.next, maybe.next)) {
          routed.push(other);
          continue;
        }
        const branches = [maybe.next, other.next];
        const fork: Fork = { to: 'fork', choose: 'unknown', branches, missing: maybe.missing };
        made.add(fork);
        routed.push({ packets: other.packets, entry: maybe.entry, next: fork });
      }
    }
    if (!space.isEmpty(rest))
      routed.push(entry === undefined ? { packets: rest, next } : { packets: rest, next, entry });
  };

  for (const { set, next, entry, unresolved } of lines) {
    if (space.isEmpty(flying)) break;
    const share = space.and(flying, set);
    if (space.isEmpty(share)) continue;
    if (unresolved !== undefined) {
      maybes.push({ packets: share, next, entry, missing: unresolved });
      continue;
    }
    decide(share, next, entry);
    flying = space.minus(flying, share);
  }
  if (!space.isEmpty(flying))
    decide(
      flying,
      {
        to: 'drop',
        code: table.code ?? 'no-route',
        why: `no route in ${table.origin.name ?? table.origin.id} matches`,
        by: table.origin,
      },
      undefined,
    );
  return routed;
}
