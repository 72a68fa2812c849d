/** All traps of this provider; one file a family, one line here. */
import type { GotchaContext } from '../../../model/finding.ts';
import type { Gotcha } from '../../../model/results.ts';
import { ADDRESS_GOTCHAS } from './addresses.ts';
import { FILTER_GOTCHAS } from './filters.ts';
import { ROUTE_GOTCHAS } from './routes.ts';
import { type AwsFacts, type GotchaRule, found } from './rule.ts';

const RULES: readonly GotchaRule[] = [...FILTER_GOTCHAS, ...ROUTE_GOTCHAS, ...ADDRESS_GOTCHAS];

export const GOTCHA_CODES = RULES.map((rule) => rule.info);

export function gotchasOf(context: GotchaContext, facts: AwsFacts): Gotcha[] {
  return RULES.flatMap((rule) => found(rule, context, facts));
}
