/** All traps of this provider; one file a family, one line here. */
import type { GotchaContext } from '../../../model/finding.ts';
import type { Gotcha } from '../../../model/results.ts';
import { ADDRESS_GOTCHAS } from './addresses.ts';
import { BALANCER_GOTCHAS } from './balancers.ts';
import { PEERING_GOTCHAS } from './peerings.ts';
import { ROUTE_GOTCHAS } from './routes.ts';
import { type AzureFacts, type GotchaRule, found } from './rule.ts';
import { GROUP_GOTCHAS } from './security-groups.ts';
import { TAG_GOTCHAS } from './tags.ts';

const RULES: readonly GotchaRule[] = [
  ...GROUP_GOTCHAS,
  ...TAG_GOTCHAS,
  ...PEERING_GOTCHAS,
  ...ROUTE_GOTCHAS,
  ...ADDRESS_GOTCHAS,
  ...BALANCER_GOTCHAS,
];

export const GOTCHA_CODES = RULES.map((rule) => rule.info);

export function gotchasOf(context: GotchaContext, facts: AzureFacts): Gotcha[] {
  return RULES.flatMap((rule) => found(rule, context, facts));
}
