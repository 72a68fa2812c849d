/**
 * Whether a health check's probes get past the firewall of a member: what one filter says of ranges of senders. A rule
 * whose effect is not known counts as passing, since it is the connection itself that must then be doubted.
 * Source: https://docs.cloud.google.com/load-balancing/docs/health-check-concepts#ip-ranges
 */
import type { Filter } from '../../../model/network.ts';
import type { Origin } from '../../../model/origin.ts';
import { familyOf } from '../../../net/address.ts';
import { TCP } from '../../../net/protocol.ts';
import type { Span } from '../../../net/spans.ts';
import { type Judged, type SetOf, judge } from '../filtering/one-packet.ts';

/** Who decided that probes are shut out. */
export interface Shut {
  readonly by: Origin;
  readonly text: string;
}

/** Undefined where probes from one of these ranges get to the port. */
export function shutOut(
  filter: Filter,
  setOf: SetOf,
  ranges: readonly Span<bigint>[],
  dst: bigint,
  dport: number,
): Shut | undefined {
  let denied: Judged | undefined;
  for (const [lo, end] of ranges.filter((range) => familyOf(range[0]) === familyOf(dst))) {
    const verdicts = [lo + 1n, end - 2n].map((src) => judge(filter, setOf, { src, dst, protocol: TCP, dport }));
    const no = verdicts.find(({ action }) => action === 'deny');
    if (no === undefined) return undefined;
    denied ??= no;
  }
  return denied === undefined
    ? undefined
    : {
        by: denied.rule?.by ?? filter.origin,
        text: denied.rule?.text ?? filter.defaultText ?? 'no rule allows it',
      };
}
