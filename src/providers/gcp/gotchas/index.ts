/** All traps of this provider; one file a family, one line here. */
import type { GotchaContext } from '../../../model/finding.ts';
import type { Gotcha } from '../../../model/results.ts';
import { type GcpFacts, type GotchaRule, found } from './rule.ts';

const RULES: readonly GotchaRule[] = [];

export const GOTCHA_CODES = RULES.map((rule) => rule.info);

export function gotchasOf(context: GotchaContext, facts: GcpFacts): Gotcha[] {
  return RULES.flatMap((rule) => found(rule, context, facts));
}
