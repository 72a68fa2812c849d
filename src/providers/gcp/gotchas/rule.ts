/** What a gotcha of this provider is: a code, and a look at one answered question. */
import type { CodeInfo, GotchaContext } from '../../../model/finding.ts';
import type { Blocker, Gotcha, Leg } from '../../../model/results.ts';
import type { Origin } from '../../../model/origin.ts';
import type { CloudNats } from '../cloud-nat.ts';
import type { Estate } from '../estate.ts';
import type { Firewalls } from '../firewall.ts';
import type { LoadBalancers } from '../load-balancer.ts';
import type { Resources } from '../resource-manager.ts';
import type { Routes } from '../route.ts';

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

/** A resource that a trap concerns, with a sentence. */
export interface Found {
  readonly resource: string;
  readonly resourceName?: string;
  readonly message: string;
}

/** One trap. `find` returns the resources that it concerns in this answer. */
export interface GotchaRule {
  readonly info: CodeInfo;
  find(context: GotchaContext, facts: GcpFacts): readonly Found[];
}

type Info = Omit<CodeInfo, 'kind'>;

/** A trap that looks at the whole answer. */
export function trap(info: Info, find: GotchaRule['find']): GotchaRule {
  return { info: { kind: 'gotcha', ...info }, find };
}

/** A trap that tells more about blockers whose code begins like this; without a message it stays silent. */
export function trapOf(
  on: { readonly code: string; readonly leg?: Leg },
  info: Info,
  message: (blocker: Blocker, context: GotchaContext, facts: GcpFacts) => string | undefined,
): GotchaRule {
  return trap(info, (context, facts) =>
    context.answer.blockers
      .filter(({ code, leg }) => code.startsWith(on.code) && (on.leg === undefined || leg === on.leg))
      .flatMap((blocker): Found[] => {
        const told = message(blocker, context, facts);
        const { resource, resourceName } = blocker;
        return told === undefined
          ? []
          : [{ resource, ...(resourceName === undefined ? {} : { resourceName }), message: told }];
      }),
  );
}

export function found(rule: GotchaRule, context: GotchaContext, facts: GcpFacts): Gotcha[] {
  const { code, severity, source } = rule.info;
  return rule.find(context, facts).map((one) => ({ code, severity, source, ...one }));
}

/** A resource of the estate as what a trap concerns. */
export function about({ origin }: { readonly origin: Origin }, message: string): Found[] {
  return [{ resource: origin.id, ...(origin.name === undefined ? {} : { resourceName: origin.name }), message }];
}

/** The same for the blocker that it explains. */
export function aboutBlocker({ resource, resourceName }: Blocker, message: string): Found[] {
  return [{ resource, ...(resourceName === undefined ? {} : { resourceName }), message }];
}
