/** What a gotcha of this provider is: a code, and a look at one answered question. */
import type { CodeInfo, GotchaContext } from '../../../model/finding.ts';
import type { Blocker, Gotcha, Leg } from '../../../model/results.ts';
import type { Estate, InterfaceFacts } from '../estate.ts';
import type { BlockPublicAccess } from '../block-public-access.ts';
import type { LoadBalancers } from '../load-balancer.ts';
import type { NetworkAcls } from '../network-acl.ts';
import type { RouteTables } from '../route-table.ts';

/** Roots of the pages that the traps come from. */
export const UG = 'https://docs.aws.amazon.com/vpc/latest/userguide/';
export const EC2 = 'https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/';
export const PEER = 'https://docs.aws.amazon.com/vpc/latest/peering/';
export const TGW = 'https://docs.aws.amazon.com/vpc/latest/tgw/';
export const VPN = 'https://docs.aws.amazon.com/vpn/latest/s2svpn/';
export const PL = 'https://docs.aws.amazon.com/vpc/latest/privatelink/';
export const ELB = 'https://docs.aws.amazon.com/elasticloadbalancing/latest/';

export interface AwsFacts {
  readonly estate: Estate;
  readonly acls: NetworkAcls;
  readonly tables: RouteTables;
  readonly access: BlockPublicAccess;
  readonly balancers: LoadBalancers;
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
  find(context: GotchaContext, facts: AwsFacts): readonly Found[];
}

type Info = Omit<CodeInfo, 'kind'>;

/** The info of a gotcha, with what is the same for all. */
export function gotcha(info: Info): CodeInfo {
  return { kind: 'gotcha', ...info };
}

/** A trap that tells more about blockers whose code begins like this; without a message it stays silent. */
export function trapOf(
  on: { readonly code: string; readonly leg?: Leg },
  info: Info,
  message: (blocker: Blocker, context: GotchaContext, facts: AwsFacts) => string | undefined,
): GotchaRule {
  return {
    info: gotcha(info),
    find: (context, facts) =>
      context.answer.blockers
        .filter(({ code, leg }) => code.startsWith(on.code) && (on.leg === undefined || leg === on.leg))
        .flatMap((blocker): Found[] => {
          const told = message(blocker, context, facts);
          const { resource, resourceName } = blocker;
          return told === undefined
            ? []
            : [{ resource, ...(resourceName === undefined ? {} : { resourceName }), message: told }];
        }),
  };
}

/** A trap that looks at the whole answer. */
export function trap(info: Info, find: GotchaRule['find']): GotchaRule {
  return { info: gotcha(info), find };
}

export function found(rule: GotchaRule, context: GotchaContext, facts: AwsFacts): Gotcha[] {
  const { code, severity, source } = rule.info;
  return rule.find(context, facts).map((one) => ({ code, severity, source, ...one }));
}

/** The interfaces that the question names: who asks, and who is asked. */
export function endsOf(
  { question }: GotchaContext,
  { estate }: AwsFacts,
): { from?: InterfaceFacts; to?: InterfaceFacts } {
  const [from, to] = [estate.interfaces.get(question.start), estate.interfaces.get(question.target?.[0] ?? '')];
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

/** The one address that is asked for, where it is one. */
export function destinationOf({ question }: GotchaContext): bigint | undefined {
  const [span, ...more] = question.dstAddresses;
  return span !== undefined && more.length === 0 && span[1] === span[0] + 1n ? span[0] : undefined;
}
