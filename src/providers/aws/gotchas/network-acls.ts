/** Traps of network ACLs: stateless, read by number, met at the border of a subnet only. */
import type { GotchaContext } from '../../../model/finding.ts';
import type { Filter, Match } from '../../../model/network.ts';
import type { Blocker } from '../../../model/results.ts';
import { contains } from '../../../net/spans.ts';
import { strings } from '../record.ts';
import { type GotchaRule, TGW, UG, endsOf, trap, trapOf } from './rule.ts';

const ACL = 'aws-network-acl';
const RETURN = { code: ACL, leg: 'return' } as const;
const RULES = `${UG}nacl-rules.html`;
const EPHEMERAL = `${UG}nacl-ephemeral-ports.html`;

/** The texts of the blocking filter's allow rules. */
function allowsOf({ network }: GotchaContext, { fix }: Blocker): readonly string[] {
  const filter = fix?.change.op === 'allow' ? network.filter(fix.change.filter) : undefined;
  return (filter?.rules ?? []).filter((rule) => rule.action === 'allow').map((rule) => rule.text);
}

/** A numbered deny that names this peer. */
function deniesPeer(filter: Filter | undefined, field: 'src' | 'dst', address: bigint): string | undefined {
  const names = (match: Match) => {
    const spans = match[field];
    return spans !== undefined && !('set' in spans) && contains(spans, address);
  };
  return filter?.rules.find((rule) => rule.action === 'deny' && rule.origin.implicit !== true && rule.match.some(names))
    ?.text;
}

export const ACL_GOTCHAS: readonly GotchaRule[] = [
  trapOf(
    RETURN,
    {
      code: 'nacl-stateless-return',
      severity: 'high',
      title: 'The ACL blocks the reply',
      why: "Network ACLs keep no state: a rule for the request says nothing about the reply, which goes to the client's ephemeral port.",
      fix: 'Allow 1024-65535 back to the client.',
      source: `${UG}vpc-network-acls.html`,
    },
    ({ resource }) => `network ACL ${resource} keeps no state: the reply needs its own rule`,
  ),
  trapOf(
    RETURN,
    {
      code: 'nacl-ephemeral-range-too-narrow',
      severity: 'high',
      title: 'The ACL lets only part of the ephemeral ports back',
      why: 'Examples copy 32768 or 49152 upwards; load balancers, NAT gateways and many clients use 1024-65535.',
      fix: 'Widen the range to 1024-65535.',
      source: EPHEMERAL,
    },
    ({ resource, packets }, { answer }) =>
      answer.verdict === 'partial'
        ? `network ACL ${resource} lets replies out to part of the client's ephemeral ports only (it drops ${packets})`
        : undefined,
  ),
  trapOf(
    RETURN,
    {
      code: 'nacl-udp-return',
      severity: 'medium',
      title: 'The ACL lets replies back for TCP only',
      why: 'The usual ephemeral-port rule is for TCP; a UDP reply needs its own.',
      fix: 'Allow UDP 1024-65535 back to the client.',
      source: EPHEMERAL,
    },
    (blocker, context) =>
      context.question.protocolText === 'udp' &&
      allowsOf(context, blocker).some((text) => /allow tcp (1024|32768|49152)-/.test(text))
        ? `network ACL ${blocker.resource} lets TCP replies out, but no UDP`
        : undefined,
  ),
  trapOf(
    RETURN,
    {
      code: 'nacl-icmp-reply',
      severity: 'medium',
      title: 'The ACL blocks the echo reply',
      why: 'A ping needs type 8 in and type 0 out, and the mirror image at the client.',
      fix: 'Allow ICMP type 0 back to the client.',
      source: RULES,
    },
    ({ resource }, { question }) =>
      question.protocolText === 'icmp' ? `network ACL ${resource} has no rule for the echo reply (type 0)` : undefined,
  ),
  trapOf(
    { code: ACL },
    {
      code: 'nacl-ipv6-missing',
      severity: 'medium',
      title: 'The ACL has no rule for IPv6',
      why: 'IPv4 rules never match IPv6: 0.0.0.0/0 is not ::/0.',
      fix: 'Add the rule again with an IPv6 CIDR.',
      source: RULES,
    },
    (blocker, context) => {
      if (context.question.family !== 6) return undefined;
      const texts = allowsOf(context, blocker);
      return texts.some((text) => text.includes('0.0.0.0/0')) && !texts.some((text) => text.includes('::/0'))
        ? `network ACL ${blocker.resource} has rules for 0.0.0.0/0 but none for ::/0`
        : undefined;
    },
  ),
  trapOf(
    { code: ACL },
    {
      code: 'nacl-rule-order',
      severity: 'medium',
      title: 'A lower-numbered rule decides first',
      why: 'ACL rules are read by number, not in the order of the listing.',
      fix: 'Give the allow rule a lower number than the deny.',
      source: RULES,
    },
    ({ resource, rule }) =>
      rule === undefined || rule.text.startsWith('rule *')
        ? undefined
        : `${rule.text} of ${resource} is read before any rule with a higher number`,
  ),
  trapOf(
    { code: ACL },
    {
      code: 'nacl-custom-default-deny',
      severity: 'medium',
      title: 'The ACL has only its final deny',
      why: 'A new custom ACL denies everything in both directions.',
      fix: 'Add allow rules.',
      source: `${UG}custom-network-acl.html`,
    },
    (blocker, context) =>
      blocker.fix !== null && allowsOf(context, blocker).length === 0
        ? `network ACL ${blocker.resource} has no allow rule in this direction`
        : undefined,
  ),
  trapOf(
    { code: ACL },
    {
      code: 'nacl-prefix-list-service',
      severity: 'medium',
      title: 'The ACL shuts out the public ranges of a service',
      why: 'A gateway endpoint is a route: the packets still carry public addresses of S3 or DynamoDB, and the ACL sees those.',
      fix: "Allow the service's ranges in the ACL.",
      source: 'https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html',
    },
    ({ resource }, { answer }) =>
      [...answer.forward.hops, ...answer.return.hops].some(({ steps }) =>
        steps.some((step) => step.kind === 'route' && step.message.includes('-> vpce-')),
      )
        ? `network ACL ${resource} sees the public addresses of the service behind the endpoint`
        : undefined,
  ),
  trap(
    {
      code: 'nacl-not-applied-within-subnet',
      severity: 'medium',
      title: 'The ACL is not met inside a subnet',
      why: 'Network ACLs stand at the border of a subnet; neighbours in it are out of their reach.',
      fix: 'Use security groups between neighbours.',
      source: `${UG}vpc-network-acls.html`,
    },
    (context, facts) => {
      const { from, to } = endsOf(context, facts);
      if (from === undefined || to === undefined || from === to || from.subnet !== to.subnet) return [];
      const subnet = facts.estate.subnets.get(from.subnet);
      const acl = subnet === undefined ? undefined : facts.acls.of(subnet);
      const [client, server] = [from.addresses[0]?.address, to.addresses[0]?.address];
      if (acl === undefined || client === undefined || server === undefined) return [];
      const denied =
        deniesPeer(context.network.filter(`nacl-in:${acl.id}`), 'src', client) ??
        deniesPeer(context.network.filter(`nacl-out:${acl.id}`), 'dst', server);
      return denied === undefined
        ? []
        : [{ resource: acl.id, message: `${denied} has no say here: both ends stand in ${from.subnet}` }];
    },
  ),
  trapOf(
    { code: ACL },
    {
      code: 'nacl-tgw-attachment-subnet',
      severity: 'high',
      title: 'The ACL of a transit gateway attachment subnet blocks it',
      why: 'Packets between a subnet and the transit gateway cross the attachment subnet, whose ACL nobody looks at.',
      fix: 'Leave the ACLs of attachment subnets open.',
      source: `${TGW}tgw-nacls.html`,
    },
    ({ resource }, context, facts) => {
      const { from, to } = endsOf(context, facts);
      const subnet = facts.estate.inventory
        .all('TransitGatewayVpcAttachments')
        .flatMap(({ record }) => strings(record, 'SubnetIds'))
        .find((id) => {
          const known = facts.estate.subnets.get(id);
          const isEnd = [from?.subnet, to?.subnet].includes(id);
          return known !== undefined && !isEnd && facts.acls.of(known)?.id === resource;
        });
      return subnet === undefined
        ? undefined
        : `${resource} stands at ${subnet}, through which packets pass to and from the transit gateway`;
    },
  ),
];
