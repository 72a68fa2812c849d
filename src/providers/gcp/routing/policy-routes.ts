/**
 * Policy-based routes: by source, destination and protocol, before subnet routes. One that leads to "the ordinary routes"
 * leaves all others of its kind unread.
 * Source: https://docs.cloud.google.com/vpc/docs/policy-based-routes
 */
import type { NextHop, RouteEntry } from '../../../model/network.ts';
import { ALL_V4, parseCidr } from '../../../net/address.ts';
import { TCP, UDP } from '../../../net/protocol.ts';
import { intersect } from '../../../net/spans.ts';
import { type Entry, missing } from '../inventory.ts';
import { type Json, integer, link, object, strings, text } from '../record.ts';
import { type Sender, TIER, type Ways } from './sender.ts';

/** The policy-based routes that concern a sender; `ordinary` are its subnet and custom routes. */
export function policyRoutes(
  routes: readonly Entry[],
  sender: Sender,
  ordinary: readonly RouteEntry[],
  ways: Ways,
): RouteEntry[] {
  return routes
    .filter(({ record }) => link(record, 'network') === sender.network.entry.id && concerns(record, sender))
    .flatMap(({ record, origin, name }): RouteEntry[] => {
      const filter = object(record, 'filter') ?? {};
      const [src, dst] = [text(filter, 'srcRange'), text(filter, 'destRange')].map((cidr) => parseCidr(cidr ?? ''));
      const protocol = { TCP, UDP }[(text(filter, 'ipProtocol') ?? 'ALL').toUpperCase()];
      const match = {
        ...(protocol === undefined ? {} : { protocol: [[protocol, protocol + 1] as const] }),
        src: [src ?? ALL_V4],
        dst: [dst ?? ALL_V4],
      };
      const priority = integer(record, 'priority') ?? 1000;
      const rank = [TIER.policy, priority];
      const target = text(record, 'nextHopIlbIp');
      const shown = `policy-based route ${name}`;
      if (target === undefined) {
        const inside = ordinary.flatMap((entry): RouteEntry[] => {
          const both = intersectMatch(match, entry.match);
          return both === undefined ? [] : [{ ...entry, match: both, rank: [...rank, 0, ...entry.rank] }];
        });
        const nowhere: NextHop = {
          to: 'drop',
          code: 'gcp-no-route',
          why: `${shown} leaves it to the ordinary routes, and none of them matches`,
          by: sender.network.entry.origin,
        };
        return [...inside, { origin, match, next: nowhere, rank: [...rank, 1], text: `${shown} -> no ordinary route` }];
      }
      const next = ways.balancer(sender, target) ?? {
        to: 'missing' as const,
        what: missing(
          `the internal balancer ${target} that policy-based route ${name} leads to`,
          'compute forwarding-rules list',
        ),
        by: origin,
      };
      return [{ origin, match, next, rank: [...rank, 0], text: `${shown} -> ${target}` }];
    });
}

function concerns(record: Json, sender: Sender): boolean {
  const tags = strings(object(record, 'virtualMachine'), 'tags');
  if (tags.length > 0) return tags.some((tag) => sender.tags.includes(tag));
  return object(record, 'interconnectAttachment') === undefined;
}

/** Both matches together, on addresses and protocol; undefined where nothing is in both. */
function intersectMatch(a: RouteEntry['match'], b: RouteEntry['match']): RouteEntry['match'] | undefined {
  const out: Record<string, unknown> = { ...b, ...a };
  for (const field of ['src', 'dst'] as const) {
    const [left, right] = [a[field], b[field]];
    if (left === undefined || right === undefined || 'set' in left || 'set' in right) continue;
    const both = intersect(
      left,
      [...right].sort((x, y) => (x[0] < y[0] ? -1 : 1)),
    );
    if (both.length === 0) return undefined;
    out[field] = both;
  }
  return out;
}
