/** What a gotcha of this provider is: a code, and a look at one answered question. */
import type { CodeInfo, GotchaContext } from '../../../model/finding.ts';
import type { Gotcha } from '../../../model/results.ts';
import type { Estate } from '../estate.ts';
import type { NetworkAcls } from '../network-acl.ts';
import type { RouteTables } from '../route-table.ts';

export interface AwsFacts {
  readonly estate: Estate;
  readonly acls: NetworkAcls;
  readonly tables: RouteTables;
}

/** One trap. `find` returns the resources that it concerns in this answer, with a sentence each. */
export interface GotchaRule {
  readonly info: CodeInfo;
  find(
    context: GotchaContext,
    facts: AwsFacts,
  ): readonly { readonly resource: string; readonly resourceName?: string; readonly message: string }[];
}

/** The info of a gotcha, with what is the same for all. */
export function gotcha(info: Omit<CodeInfo, 'kind'>): CodeInfo {
  return { kind: 'gotcha', ...info };
}

export function found(rule: GotchaRule, context: GotchaContext, facts: AwsFacts): Gotcha[] {
  const { code, severity, source } = rule.info;
  return rule.find(context, facts).map((one) => ({ code, severity, source, ...one }));
}
