/** What routes lead to: each kind of gateway says how packets get there. */
import type { NextHop } from '../../model/network.ts';
import type { Origin } from '../../model/origin.ts';
import type { SubnetFacts } from './estate.ts';

/** Says where packets from a subnet go that a route sends to this target. */
export type Target = (target: string, from: SubnetFacts, route: Origin) => NextHop;

/** Route field -> what it leads to. GatewayId is told apart by its prefix. */
export type Targets = Readonly<Record<string, Target>>;
