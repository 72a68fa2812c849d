/**
 * What a trap of a provider is: a code, and a look at one answered question. Each provider says what its traps may look at
 * besides (`Facts`: its readers), and lists them in a folder of its own.
 */
import type { CodeInfo, GotchaContext } from './finding.ts';
import type { Blocker, Gotcha, Leg } from './results.ts';

/** A resource that a trap concerns, with a sentence. */
export interface Found {
  readonly resource: string;
  readonly resourceName?: string;
  readonly message: string;
}

/** One trap. `find` returns the resources that it concerns in this answer. */
export interface GotchaRule<Facts> {
  readonly info: CodeInfo;
  find(context: GotchaContext, facts: Facts): readonly Found[];
}

type Info = Omit<CodeInfo, 'kind'>;

/** The ways to write traps that look at these facts. */
export function trapsOver<Facts>() {
  type Rule = GotchaRule<Facts>;
  /** A trap that looks at the whole answer. */
  const trap = (info: Info, find: Rule['find']): Rule => ({ info: { kind: 'gotcha', ...info }, find });
  /** A trap that tells more about blockers whose code begins like this; without a message it stays silent. */
  const trapOf = (
    on: { readonly code: string; readonly leg?: Leg },
    info: Info,
    message: (blocker: Blocker, context: GotchaContext, facts: Facts) => string | undefined,
  ): Rule =>
    trap(info, (context, facts) =>
      context.answer.blockers
        .filter(({ code, leg }) => code.startsWith(on.code) && (on.leg === undefined || leg === on.leg))
        .flatMap((blocker): Found[] => {
          const told = message(blocker, context, facts);
          return told === undefined ? [] : [foundAt(blocker, told)];
        }),
    );
  return { trap, trapOf };
}

/** The resource of a blocker as what a trap concerns. */
export function foundAt({ resource, resourceName }: Blocker, message: string): Found {
  return { resource, ...(resourceName === undefined ? {} : { resourceName }), message };
}

/** What a trap finds in an answer. */
export function gotchasOfRule<Facts>(rule: GotchaRule<Facts>, context: GotchaContext, facts: Facts): Gotcha[] {
  const { code, severity, source } = rule.info;
  return rule.find(context, facts).map((one) => ({ code, severity, source, ...one }));
}
