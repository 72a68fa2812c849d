/**
 * What a filter of several levels says of one packet: who decides, and which rules sent it on to the next level before. For
 * whoever needs no sets: health probes, and traps that explain an answer.
 */
import type { Filter, Match, Rule } from '../../../model/network.ts';
import type { Span } from '../../../net/spans.ts';

export interface Packet {
  readonly src: bigint;
  readonly dst: bigint;
  readonly protocol: number;
  /** Absent where the question is about no port in particular. */
  readonly dport?: number;
}

/** The addresses of a set that rules refer to. */
export type SetOf = (id: string) => readonly Span<bigint>[] | undefined;

export interface Judged {
  /** Unknown where a rule in the way is not known to match. */
  readonly action: 'allow' | 'deny' | 'unknown';
  /** The rule that decides; absent for the default. */
  readonly rule?: Rule;
  /** Rules that matched and handed over to the next level. */
  readonly jumped: readonly Rule[];
}

/** Whether a rule matches a packet, as far as it is known. */
export function holds({ match }: Rule, setOf: SetOf, packet: Packet): boolean {
  const within = (spans: readonly Span<bigint>[] | readonly Span[] | undefined, value: number | bigint | undefined) =>
    spans === undefined || (value !== undefined && spans.some(([lo, end]) => lo <= value && value < end));
  const address = (side: Match['src'], value: bigint) =>
    side === undefined || within('set' in side ? (setOf(side.set) ?? []) : side, value);
  return match.some(
    (one) =>
      within(one.protocol, packet.protocol) &&
      within(one.dport, packet.dport) &&
      address(one.src, packet.src) &&
      address(one.dst, packet.dst),
  );
}

/** What the filter says of the packet. */
export function judge({ rules, otherwise }: Pick<Filter, 'rules' | 'otherwise'>, setOf: SetOf, packet: Packet): Judged {
  const jumped: Rule[] = [];
  let level = -1;
  let isPassed = false;
  for (const rule of rules) {
    if ((rule.level ?? 0) !== level) {
      level = rule.level ?? 0;
      isPassed = false;
    }
    if (isPassed || !holds(rule, setOf, packet)) continue;
    if (rule.unresolved !== undefined) return { action: 'unknown', rule, jumped };
    if (rule.action !== 'pass') return { action: rule.action, rule, jumped };
    jumped.push(rule);
    isPassed = true;
  }
  return { action: otherwise, jumped };
}
