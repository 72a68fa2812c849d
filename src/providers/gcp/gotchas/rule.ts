/** What a gotcha of this provider is: a code, and a look at one answered question. */
import type { CodeInfo, GotchaContext } from '../../../model/finding.ts';
import type { Blocker, Gotcha, Leg } from '../../../model/results.ts';
import type { Estate, NicFacts } from '../estate.ts';

export const DOCS = 'https://docs.cloud.google.com/';

export interface GcpFacts {
  readonly estate: Estate;
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

/** The interfaces that the question names: who asks, and who is asked. */
export function endsOf({ question }: GotchaContext, { estate }: GcpFacts): { from?: NicFacts; to?: NicFacts } {
  const [from, to] = [estate.nics.get(question.start), estate.nics.get(question.target?.[0] ?? '')];
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}
