/** The static routes of a network that cover an address, for traps that compare them. Knows no verdicts. */
import { isPublic, parseCidr } from '../../../net/address.ts';
import { type Span, contains } from '../../../net/spans.ts';
import { type NetworkFacts, type NicFacts, rangesOf } from '../estate.ts';
import type { Entry } from '../inventory.ts';
import { integer, strings, text } from '../record.ts';
import { isStatic } from '../routing/static-routes.ts';
import type { GcpFacts } from './rule.ts';

/** A static route that covers an address. */
export interface Covering {
  readonly entry: Entry;
  readonly span: Span<bigint>;
  readonly priority: number;
  readonly shown: string;
  /** Whether it holds for the VM that was asked for: it has no tags, or one of the VM's. */
  readonly holds: boolean;
}

/** Static routes of a VM's network that cover an address; those for other tags only where asked for. */
export function routesFor(facts: GcpFacts, nic: NicFacts, address: bigint, withOthers = false): Covering[] {
  return covering(facts, nic.network, address, nic.tags).filter(({ holds }) => holds || withOthers);
}

/** Static routes of a network that cover an address, the longest prefix and best priority first. */
export function covering(
  { routes }: GcpFacts,
  network: NetworkFacts,
  address: bigint,
  tags: readonly string[] = [],
): Covering[] {
  return routes
    .listedFor(network.entry.id)
    .flatMap((entry): Covering[] => {
      const { record } = entry;
      const span = parseCidr(text(record, 'destRange') ?? '');
      if (span === undefined || !isStatic(record) || !contains([span], address)) return [];
      const own = strings(record, 'tags');
      return [
        {
          entry,
          span,
          priority: integer(record, 'priority') ?? 1000,
          shown: text(record, 'destRange')!,
          holds: own.length === 0 || own.some((tag) => tags.includes(tag)),
        },
      ];
    })
    .sort((a, b) => {
      const [x, y] = [a, b].map(({ span: [lo, end] }) => end - lo);
      return x === y ? a.priority - b.priority : x! < y! ? -1 : 1;
    });
}

/** The route that decides among those that hold, were there no others. */
export function bestRoute(routes: readonly Covering[]): Covering | undefined {
  return routes[0];
}

/** The subnet range, of a network or its peers, that covers an address; private ranges of peers always count. */
export function subnetFor(
  { estate }: GcpFacts,
  network: NetworkFacts,
  address: bigint,
): { readonly name: string; readonly span: Span<bigint> } | undefined {
  for (const one of [network, ...estate.peersOf(network)])
    for (const subnet of one.subnets)
      for (const span of rangesOf(subnet))
        if (contains([span], address) && (one === network || !isPublic(address)))
          return { name: subnet.entry.name, span };
  return undefined;
}
