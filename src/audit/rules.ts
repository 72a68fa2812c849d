/**
 * Rules that do nothing, computed exactly: what is left of each rule once the rules before it have taken theirs. A rule that
 * occurs in several filters does nothing only if it does nothing in each of them. Knows no policy's words.
 */
import { SpaceBudgetError, PacketSpace } from '../net/packet-space.ts';
import { type Kind, meaningOf, unlike } from '../engine/classes.ts';
import { Compiler } from '../engine/compile.ts';
import type { Filter, Network, NextHop, Rule } from '../model/network.ts';
import type { Missing, Origin } from '../model/origin.ts';

/**
 * `shadowed`: earlier rules that do the opposite take all of it; `redundant`: others do the same; `never`: it matches
 * nothing.
 */
export type Idleness = 'shadowed' | 'redundant' | 'never';

export interface IdleRule {
  readonly is: Idleness;
  readonly rule: Rule;
  /** Whose rule it is. */
  readonly by: Origin;
  /** A rule that takes its packets. */
  readonly due?: Rule;
}

/** A rule of which something that is not known decides whether it does nothing, and in which ways it might. */
export interface UnsureRule {
  readonly might: readonly Idleness[];
  readonly rule: Rule;
  readonly by: Origin;
  readonly missing: Missing;
}

/** Undefined for a rule that does something. */
type Verdict = IdleRule | UnsureRule | undefined;

const FULL = 2_000_000;

/** Every idle rule of the filters that ends of these kinds meet. Filters that are too big are left out and named. */
export function idleRules(
  network: Network,
  kinds: readonly Kind[],
): { readonly idle: readonly IdleRule[]; readonly unsure: readonly UnsureRule[]; readonly tooBig: readonly string[] } {
  const found = new Map<string, Verdict>();
  const tooBig = new Set<string>();
  let compiler = new Compiler(new PacketSpace({ nodeBudget: 3 * FULL }), network);
  for (const filter of filtersOf(network, kinds)) {
    if (compiler.space.weight > FULL) compiler = new Compiler(new PacketSpace({ nodeBudget: 3 * FULL }), network);
    try {
      for (const [rule, verdict] of judged(compiler, filter)) {
        const key = keyOf(rule);
        const known = found.get(key);
        // Busy somewhere is busy; and what may be busy somewhere may be.
        if (!found.has(key)) found.set(key, verdict);
        else if (known !== undefined && !('might' in known && verdict !== undefined)) found.set(key, verdict);
      }
    } catch (error) {
      if (!(error instanceof SpaceBudgetError)) throw error;
      tooBig.add(filter.origin.id);
      compiler = new Compiler(new PacketSpace({ nodeBudget: 3 * FULL }), network);
    }
  }
  const told = [...found.values()].filter((one) => one !== undefined);
  return {
    idle: told.filter((one) => 'is' in one),
    unsure: told.filter((one) => 'might' in one),
    tooBig: [...tooBig],
  };
}

function keyOf({ origin, text, match }: Rule): string {
  return `${origin.file} ${origin.pointer} ${origin.id} ${text} ${match.length}`;
}

function judged(compiler: Compiler, filter: Filter): readonly (readonly [Rule, Verdict])[] {
  const { space } = compiler;
  const all = filter.rules.filter(({ origin }) => origin.implicit !== true);
  return all.map((rule, i) => {
    const by = rule.by ?? filter.owners?.find(({ id }) => id === rule.origin.id) ?? filter.origin;
    const idle = (is: Idleness, due?: Rule): readonly [Rule, IdleRule] => [
      rule,
      { is, rule, by, ...(due === undefined ? {} : { due }) },
    ];
    const lacking = (one: Rule) => one.unresolved ?? compiler.unresolvedSet(one.match);
    const unsure = (missing: Missing, might: readonly Idleness[]): readonly [Rule, UnsureRule] => [
      rule,
      { might, rule, by, missing },
    ];
    // What only hands over to the next level does no harm where nothing is left to hand over.
    if (rule.action === 'pass') return [rule, undefined];
    const set = compiler.matches(rule.match, 'forward');
    const own = lacking(rule);
    if (own === undefined && space.isEmpty(set)) return idle('never');
    // Where order does not matter, a rule is judged among those of its own resource: groups are attached for themselves.
    const earlier = (filter.order === 'any-allow' ? all : filter.rules.slice(0, filter.rules.indexOf(rule))).filter(
      (other, j) =>
        other !== rule &&
        (other.level ?? 0) === (rule.level ?? 0) &&
        (filter.order === 'first-match' ||
          (other.origin.id === rule.origin.id && !isTwinAfter(compiler, other, j, set, i))),
    );
    if (own !== undefined) {
      // Whatever its addresses are, others take nothing of it unless they meet the most that it could match.
      const most = compiler.most(rule.match);
      const met = earlier.filter((other) => space.overlaps(most, compiler.most(other.match)));
      const might: readonly Idleness[] = [
        ...(space.isEmpty(set) ? (['never'] as const) : []),
        ...(met.some(({ action }) => action !== rule.action) ? (['shadowed'] as const) : []),
        ...(met.some(({ action }) => action === rule.action) ? (['redundant'] as const) : []),
      ];
      return might.length === 0 ? [rule, undefined] : unsure(own, might);
    }
    const rivals = earlier.filter((other) => lacking(other) === undefined);
    const taken = rivals.filter((other) => space.overlaps(set, compiler.matches(other.match, 'forward')));
    const union = space.orAll(taken.map((other) => compiler.matches(other.match, 'forward')));
    if (!space.isSubset(set, union)) {
      // Those before it of which nobody knows what they match might take the rest.
      const vague = earlier.flatMap((other) => {
        const missing = lacking(other);
        return missing === undefined ? [] : [{ other, missing, most: compiler.most(other.match) }];
      });
      const most = space.or(union, space.orAll(vague.map((one) => one.most)));
      const [first] = vague.filter((one) => space.overlaps(set, one.most));
      if (first === undefined || !space.isSubset(set, most)) return [rule, undefined];
      const opposes = [...taken, ...vague.map(({ other }) => other)].some(({ action }) => action !== rule.action);
      return unsure(first.missing, [opposes ? 'shadowed' : 'redundant']);
    }
    const opposite = taken.find(({ action }) => action !== rule.action);
    const whole = taken.find((other) => space.isSubset(set, compiler.matches(other.match, 'forward')));
    return opposite === undefined ? idle('redundant', whole ?? taken[0]) : idle('shadowed', whole ?? opposite);
  });
}

/** Of two rules that say the same, the later one is the idle one. */
function isTwinAfter(compiler: Compiler, other: Rule, at: number, set: unknown, mine: number): boolean {
  return at > mine && compiler.matches(other.match, 'forward') === set;
}

/** Every different filter on the ways of these ends, each once. */
function* filtersOf(network: Network, kinds: readonly Kind[]): Generator<Filter> {
  const seen = {
    interfaces: new Set<string>(),
    tables: new Set<string>(),
    links: new Set<string>(),
    filters: new Set<string>(),
  };
  // Ends of one sort may have groups of their own that say the same: each of those is looked at.
  const waiting = kinds.flatMap(({ ends }) => unlike(ends).map(({ interfaceId }) => interfaceId));
  const follow = (next: NextHop): void => {
    if (next.to === 'fork') for (const branch of next.branches) follow(branch);
    if (next.to !== 'hop' && next.to !== 'link') return;
    if (next.out !== undefined) waiting.push(next.out);
    if (next.to === 'hop') return void waiting.push(next.in);
    if (seen.links.has(next.link)) return;
    seen.links.add(next.link);
    const unowned = network.link(next.link)?.unowned;
    if (unowned !== undefined) follow(unowned);
  };
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (seen.interfaces.has(id)) continue;
    seen.interfaces.add(id);
    const at = network.interface(id);
    if (at === undefined) continue;
    for (const step of at.steps) {
      const met = 'filter' in step ? network.filter(step.filter) : undefined;
      const filter = met?.repeats === undefined ? met : network.filter(met.repeats);
      if (filter === undefined) continue;
      const key = `${(filter.owners ?? [filter.origin]).map((one) => one.id).join(' ')} ${step.at} ${meaningOf({ ...filter, origin: undefined })}`;
      if (seen.filters.has(key)) continue;
      seen.filters.add(key);
      yield filter;
    }
    if (at.table !== undefined && !seen.tables.has(at.table)) {
      seen.tables.add(at.table);
      for (const entry of network.table(at.table)?.entries ?? []) follow(entry.next);
    }
    waiting.push(...(network.node(at.node)?.role === 'router' ? network.node(at.node)!.interfaces : []));
  }
}
