/** What a gotcha of this provider is: a code, and a look at one answered question. */
import type { CodeInfo, GotchaContext } from '../../../model/finding.ts';
import type { Estate, InterfaceFacts } from '../estate.ts';
import type { BlockPublicAccess } from '../block-public-access.ts';
import type { LoadBalancers } from '../load-balancer.ts';
import type { NetworkAcls } from '../network-acl.ts';
import type { RouteTables } from '../route-table.ts';
import { type GotchaRule as NeutralRule, trapsOver } from '../../../model/gotcha-rule.ts';

export type { Found } from '../../../model/gotcha-rule.ts';
export { gotchasOfRule as found } from '../../../model/gotcha-rule.ts';

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

/** One trap of this provider. */
export type GotchaRule = NeutralRule<AwsFacts>;

export const { trap, trapOf } = trapsOver<AwsFacts>();

/** The info of a gotcha, with what is the same for all. */
export function gotcha(info: Omit<CodeInfo, 'kind'>): CodeInfo {
  return { kind: 'gotcha', ...info };
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
  const [span] = question.dstAddresses;
  return span !== undefined && question.dstAddresses.length === 1 && span[1] === span[0] + 1n ? span[0] : undefined;
}
