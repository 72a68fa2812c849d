/** What a gotcha of this provider is: a code, and a look at one answered question. */
import type { Blocker } from '../../../model/results.ts';
import type { Origin } from '../../../model/origin.ts';
import type { CloudNats } from '../cloud-nat.ts';
import type { Estate } from '../estate.ts';
import type { Firewalls } from '../firewall.ts';
import type { LoadBalancers } from '../load-balancer.ts';
import type { Resources } from '../resource-manager.ts';
import type { Routes } from '../route.ts';
import { type Found, type GotchaRule as NeutralRule, foundAt, trapsOver } from '../../../model/gotcha-rule.ts';

export type { Found } from '../../../model/gotcha-rule.ts';
export { gotchasOfRule as found } from '../../../model/gotcha-rule.ts';

export const DOCS = 'https://docs.cloud.google.com/';

/** What traps may look at besides the answer: the readers that know. */
export interface GcpFacts {
  readonly estate: Estate;
  readonly firewalls: Firewalls;
  readonly resources: Resources;
  readonly balancers: LoadBalancers;
  readonly nats: CloudNats;
  readonly routes: Routes;
}

/** One trap of this provider. */
export type GotchaRule = NeutralRule<GcpFacts>;

export const { trap, trapOf } = trapsOver<GcpFacts>();

/** A resource of the estate as what a trap concerns. */
export function about({ origin }: { readonly origin: Origin }, message: string): Found[] {
  return [{ resource: origin.id, ...(origin.name === undefined ? {} : { resourceName: origin.name }), message }];
}

/** The same for the blocker that it explains. */
export function aboutBlocker(blocker: Blocker, message: string): Found[] {
  return [foundAt(blocker, message)];
}
