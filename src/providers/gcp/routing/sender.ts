/** For whom routes hold, and the ways that other readers make. The tiers of Google's route order stand here. */
import type { NextHop, RouteEntry } from '../../../model/network.ts';
import type { Origin } from '../../../model/origin.ts';
import type { Span } from '../../../net/spans.ts';
import type { NetworkFacts, SubnetFacts } from '../estate.ts';
import type { Entry } from '../inventory.ts';

/** For whom a table is: an interface, or a host in a subnet that nothing else is known of. */
export interface Sender {
  readonly network: NetworkFacts;
  readonly subnet: SubnetFacts | undefined;
  readonly region: string | undefined;
  readonly tags: readonly string[];
}

/** A route that a Cloud Router learned. */
export interface DynamicRoute {
  readonly span: Span<bigint>;
  readonly next: NextHop;
  readonly priority: number;
  readonly origin: Origin;
}

/** Ways that other readers make. */
export interface Ways {
  readonly internet: (sender: Sender) => NextHop;
  readonly googleApis: (sender: Sender) => NextHop | undefined;
  /** An appliance balancer by its forwarding rule or address. */
  readonly balancer: (sender: Sender, target: string) => NextHop | undefined;
  /** Undefined where the tunnel is not up: its routes are skipped. */
  readonly tunnel: (url: string, route: Entry) => NextHop | undefined;
  /** Entries that need no route in the network: replies to balancers and probes. */
  readonly special: (sender: Sender) => readonly RouteEntry[];
  /** Dynamic routes of the network that hold in a region. */
  readonly dynamic: (network: NetworkFacts, region: string | undefined) => readonly DynamicRoute[];
  /** Entries for dynamic routes that nobody listed. */
  readonly unlisted: (network: NetworkFacts, region: string | undefined) => readonly RouteEntry[];
}

/** Tiers of the order: what is always there, special return paths, policy-based, subnet, custom. */
export const TIER = { fixed: 0, special: 1, policy: 2, subnet: 3, custom: 4 } as const;
