/** All traps of this provider; one file a family, one line here. */
import type { GotchaContext } from '../../../model/finding.ts';
import type { Gotcha } from '../../../model/results.ts';
import { ADDRESS_GOTCHAS } from './addresses.ts';
import { GOTCHA_ALIASES } from './aliases.ts';
import { BALANCER_GOTCHAS } from './balancers.ts';
import { CONNECTION_GOTCHAS } from './connections.ts';
import { ENDPOINT_GOTCHAS } from './endpoints.ts';
import { GATEWAY_GOTCHAS } from './gateways.ts';
import { HYBRID_GOTCHAS } from './hybrid.ts';
import { INSPECTION_GOTCHAS } from './inspection.ts';
import { ACL_GOTCHAS } from './network-acls.ts';
import { ROUTE_GOTCHAS } from './routes.ts';
import { type AwsFacts, type GotchaRule, found } from './rule.ts';
import { GROUP_GOTCHAS } from './security-groups.ts';
import { UNKNOWN_GOTCHAS } from './unknowns.ts';

const RULES: readonly GotchaRule[] = [
  ...GROUP_GOTCHAS,
  ...ACL_GOTCHAS,
  ...ROUTE_GOTCHAS,
  ...GATEWAY_GOTCHAS,
  ...CONNECTION_GOTCHAS,
  ...HYBRID_GOTCHAS,
  ...INSPECTION_GOTCHAS,
  ...ENDPOINT_GOTCHAS,
  ...BALANCER_GOTCHAS,
  ...ADDRESS_GOTCHAS,
  ...UNKNOWN_GOTCHAS,
];

/** What `explain` says of each, with the words of AWS's own analyser. */
export const GOTCHA_CODES = RULES.map(({ info }) => {
  const aliases = GOTCHA_ALIASES[info.code];
  return aliases === undefined ? info : { ...info, aliases };
});

export function gotchasOf(context: GotchaContext, facts: AwsFacts): Gotcha[] {
  return RULES.flatMap((rule) => found(rule, context, facts));
}
