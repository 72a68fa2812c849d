/**
 * Whether a health check's probes get past the firewall of a member: what one filter says of one range of senders. A rule
 * whose effect is not known counts as passing, since it is the connection itself that must then be doubted.
 * Source: https://docs.cloud.google.com/load-balancing/docs/health-check-concepts#ip-ranges
 */
import type { Filter, Match, Rule } from '../../../model/network.ts';
import type { Origin } from '../../../model/origin.ts';
import { familyOf } from '../../../net/address.ts';
import { TCP } from '../../../net/protocol.ts';
import type { Span } from '../../../net/spans.ts';

/** Who decided that probes are shut out. */
export interface Shut {
  readonly by: Origin;
  readonly text: string;
}

type SetOf = (id: string) => readonly Span<bigint>[] | undefined;

/** Undefined where probes from one of these ranges get to the port. */
export function shutOut(
  filter: Filter,
  setOf: SetOf,
  ranges: readonly Span<bigint>[],
  dst: bigint,
  dport: number,
): Shut | undefined {
  let shut: Shut | undefined;
  for (const [lo, end] of ranges)
    if (familyOf(lo) === familyOf(dst)) {
      const first = decidedBy(filter, setOf, { src: lo + 1n, dst, dport });
      const last = decidedBy(filter, setOf, { src: end - 2n, dst, dport });
      if (first === undefined && last === undefined) return undefined;
      shut ??= first ?? last;
    }
  return shut;
}

/** Who drops one probe; undefined where it passes. */
function decidedBy(
  { rules, otherwise, origin, defaultText }: Filter,
  setOf: SetOf,
  packet: { src: bigint; dst: bigint; dport: number },
): Shut | undefined {
  const within = (spans: readonly Span<bigint>[] | readonly Span[] | undefined, value: number | bigint) =>
    spans === undefined || spans.some(([lo, end]) => lo <= value && value < end);
  const address = (side: Match['src'], value: bigint) =>
    side === undefined || within('set' in side ? (setOf(side.set) ?? []) : side, value);
  const holds = ({ match }: Rule) =>
    match.some(
      (one) =>
        within(one.protocol, TCP) &&
        within(one.dport, packet.dport) &&
        address(one.src, packet.src) &&
        address(one.dst, packet.dst),
    );
  let level = -1;
  let isPassed = false;
  for (const rule of rules) {
    if ((rule.level ?? 0) !== level) {
      level = rule.level ?? 0;
      isPassed = false;
    }
    if (isPassed || !holds(rule)) continue;
    if (rule.unresolved !== undefined) return undefined;
    if (rule.action === 'pass') isPassed = true;
    else return rule.action === 'allow' ? undefined : { by: rule.by ?? origin, text: rule.text };
  }
  return otherwise === 'allow' ? undefined : { by: origin, text: defaultText ?? 'no rule allows it' };
}
