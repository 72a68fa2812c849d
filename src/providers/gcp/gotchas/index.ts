/** All traps of this provider; one file a family, one line here. */
import type { GotchaContext } from '../../../model/finding.ts';
import type { Gotcha } from '../../../model/results.ts';
import { BALANCER_GOTCHAS } from './balancers.ts';
import { INTERNET_GOTCHAS } from './internet.ts';
import { PEERING_GOTCHAS } from './peering.ts';
import { POLICY_GOTCHAS } from './policies.ts';
import { ROUTE_GOTCHAS } from './routes.ts';
import { type GcpFacts, type GotchaRule, found } from './rule.ts';
import { VPC_RULE_GOTCHAS } from './vpc-rules.ts';

const RULES: readonly GotchaRule[] = [
  ...VPC_RULE_GOTCHAS,
  ...POLICY_GOTCHAS,
  ...INTERNET_GOTCHAS,
  ...ROUTE_GOTCHAS,
  ...PEERING_GOTCHAS,
  ...BALANCER_GOTCHAS,
];

export const GOTCHA_CODES = RULES.map((rule) => rule.info);

export function gotchasOf(context: GotchaContext, facts: GcpFacts): Gotcha[] {
  return RULES.flatMap((rule) => found(rule, context, facts));
}
