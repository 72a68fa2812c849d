/**
 * One filter for several interfaces that each have their own: every rule is narrowed to the addresses of the interfaces whose
 * rule it is. What leaves an end comes from its own address and what enters it goes there, so nothing else changes.
 */
import { type Span, intersect, normalise } from '../net/spans.ts';
import type { AddressField, Filter, Match, Rule } from '../model/network.ts';

/** The field that holds the interface's own address. */
export function ownField(at: 'in' | 'out'): AddressField {
  return at === 'in' ? 'dst' : 'src';
}

/** Whether a filter's rules can be narrowed: none names its own side by a set of addresses that may not be known. */
export function canBeNarrowed(filter: Filter, at: 'in' | 'out'): boolean {
  const field = ownField(at);
  return filter.rules.every((rule) => rule.match.every((match) => !('set' in (match[field] ?? []))));
}

/** The filters of disjoint groups of interfaces as one. All have the same memory; the first lends the rest. */
export function unitedFilter(
  id: string,
  at: 'in' | 'out',
  groups: readonly { readonly filter: Filter; readonly spans: readonly Span<bigint>[] }[],
): Filter {
  const field = ownField(at);
  const rules = groups.flatMap(({ filter, spans }) => filter.rules.flatMap((rule) => narrowed(rule, field, spans)));
  const last = rules.reduce((most, rule) => Math.max(most, rule.level ?? 0), 0);
  const defaults = groups.map(
    ({ filter, spans }): Rule => ({
      origin: filter.origin,
      action: filter.otherwise,
      level: last + 1,
      match: [{ [field]: spans }],
      text: filter.defaultText ?? 'no rule matches',
    }),
  );
  const byLevel = rules.sort((a, b) => (a.level ?? 0) - (b.level ?? 0));
  return { ...groups[0]!.filter, id, rules: [...byLevel, ...defaults], order: 'first-match', otherwise: 'deny' };
}

function narrowed(rule: Rule, field: AddressField, spans: readonly Span<bigint>[]): Rule[] {
  const match = rule.match.flatMap((one): Match[] => {
    const named = one[field];
    const here = named === undefined || 'set' in named ? spans : intersect(normalise(named), spans);
    return here.length === 0 ? [] : [{ ...one, [field]: here }];
  });
  return match.length === 0 ? [] : [{ ...rule, match }];
}
