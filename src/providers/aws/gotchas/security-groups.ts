/** Traps of security groups. */
import type { GotchaContext } from '../../../model/finding.ts';
import type { Rule } from '../../../model/network.ts';
import type { Blocker } from '../../../model/results.ts';
import { ALL_V4, ALL_V6 } from '../../../net/address.ts';
import { contains, normalise } from '../../../net/spans.ts';
import { objects, text } from '../record.ts';
import { type AwsFacts, EC2, type GotchaRule, PEER, UG, destinationOf, endsOf, trap, trapOf } from './rule.ts';

const GROUP = 'aws-security-group';
const INGRESS = { code: 'aws-security-group-ingress' } as const;
const RULES = `${UG}security-group-rules.html`;

/** The rules of the blocking filter: those of all groups of the interface. */
function rulesOf({ network }: GotchaContext, { fix }: Blocker): readonly Rule[] {
  return fix?.change.op === 'allow' ? (network.filter(fix.change.filter)?.rules ?? []) : [];
}

/** The sender's groups that the blocking group's rules refer to: the rule looks right, and yet it doesn't match. */
function referredGroups(blocker: Blocker, context: GotchaContext, facts: AwsFacts): readonly string[] {
  const texts = rulesOf(context, blocker).map((rule) => rule.text);
  return (endsOf(context, facts).from?.groups ?? []).filter((id) => texts.some((one) => one.includes(` from ${id}`)));
}

function passes(context: GotchaContext, kind: string): boolean {
  return context.answer.forward.hops.some((hop) => hop.kind === kind);
}

const ADMIN_PORTS = [22, 3389, 1433, 3306, 5432, 6379, 9200, 27017] as const;

/** Admin and database ports that everybody may reach, however the ranges are split. */
function openPorts(rules: readonly Rule[]): number[] {
  return ADMIN_PORTS.filter((port) => {
    const sources = rules.flatMap(({ match, unresolved }) =>
      unresolved !== undefined
        ? []
        : match.flatMap(({ protocol, dport, src }) => {
            const isFor =
              (protocol === undefined || contains(protocol, 6)) && (dport === undefined || contains(dport, port));
            if (!isFor || (src !== undefined && 'set' in src)) return [];
            return src ?? [ALL_V4, ALL_V6];
          }),
    );
    return normalise(sources).some(([lo, end]) => [ALL_V4, ALL_V6].some((all) => lo <= all[0] && all[1] <= end));
  });
}

export const GROUP_GOTCHAS: readonly GotchaRule[] = [
  trapOf(
    { ...INGRESS, leg: 'forward' },
    {
      code: 'sg-no-matching-rule',
      severity: 'medium',
      title: 'No inbound rule matches',
      why: 'Another port, protocol or source was opened; groups deny what no rule allows.',
      fix: 'Add a rule for exactly this traffic.',
      source: RULES,
    },
    (blocker, context) => {
      const rules = rulesOf(context, blocker);
      return rules.length === 0
        ? `${blocker.resource} has no inbound rule at all`
        : `${rules.length === 1 ? 'the inbound rule' : `none of the ${rules.length} inbound rules`} of ${blocker.resource} ${rules.length === 1 ? 'does not match' : 'matches'}: ${rules
            .slice(0, 3)
            .map((rule) => rule.text)
            .join('; ')}${rules.length > 3 ? ' ...' : ''}`;
    },
  ),
  trapOf(
    { code: 'aws-security-group-egress', leg: 'forward' },
    {
      code: 'sg-egress-blocks',
      severity: 'medium',
      title: "The caller's own group has no outbound rule",
      why: 'Infrastructure as code removes the allow-all rule that the console creates.',
      fix: 'Add an outbound rule at the caller.',
      source: RULES,
    },
    ({ resource }) => `security group ${resource} lets the caller send nothing like this`,
  ),
  trapOf(
    INGRESS,
    {
      code: 'sg-reference-public-ip',
      severity: 'high',
      title: 'Group references match private addresses only',
      why: 'The name resolved to the public address, so the packet came in by the internet gateway with a public source.',
      fix: 'Use the private address or name.',
      source: `${EC2}security-group-rules.html`,
    },
    (blocker, context) =>
      passes(context, 'internet gateway') && rulesOf(context, blocker).some((rule) => rule.text.includes(' from sg-'))
        ? `security group ${blocker.resource} refers to groups, and those match private addresses only; this packet came with a public one`
        : undefined,
  ),
  trapOf(
    INGRESS,
    {
      code: 'sg-reference-across-unpeered-vpc',
      severity: 'high',
      title: 'A group reference to a VPC that is not peered',
      why: 'A reference reaches into VPCs joined by an active peering of one Region, or a transit gateway with references on; elsewhere the rule looks right and matches nothing.',
      fix: 'Peer the VPCs, or allow the CIDR.',
      source: `${PEER}vpc-peering-security-groups.html`,
    },
    (blocker, context, facts) => {
      const { from, to } = endsOf(context, facts);
      if (from === undefined || to === undefined || from.vpc === to.vpc) return undefined;
      if (facts.estate.peersOf(to.vpc).has(from.vpc) || passes(context, 'transit gateway')) return undefined;
      const [group] = referredGroups(blocker, context, facts);
      return group === undefined
        ? undefined
        : `${blocker.resource} refers to ${group}, whose members in ${from.vpc} do not count here: ${from.vpc} and ${to.vpc} have no active peering in one Region`;
    },
  ),
  trapOf(
    { code: GROUP },
    {
      code: 'sg-reference-tgw-disabled',
      severity: 'high',
      title: 'Group references are off at the transit gateway',
      why: 'The option is off by default at the gateway, must be on at both attachments, and covers inbound rules only.',
      fix: 'Enable security group referencing support, or allow the CIDR.',
      source: 'https://docs.aws.amazon.com/vpc/latest/tgw/tgw-vpc-attachments.html',
    },
    (blocker, context, facts) => {
      const { from, to } = endsOf(context, facts);
      if (from === undefined || to === undefined || from.vpc === to.vpc) return undefined;
      if (blocker.code === 'aws-security-group-egress') {
        const [referred] = (to.groups ?? []).filter((id) =>
          rulesOf(context, blocker).some((rule) => rule.text.includes(` to ${id}`)),
        );
        return referred === undefined || facts.estate.peersOf(from.vpc).has(to.vpc)
          ? undefined
          : `${blocker.resource} refers to ${referred} in an outbound rule, and over a transit gateway only inbound references count`;
      }
      if (!passes(context, 'transit gateway')) return undefined;
      const [group] = referredGroups(blocker, context, facts);
      return group === undefined || facts.estate.transitPeersOf(to.vpc).includes(from.vpc)
        ? undefined
        : `${blocker.resource} refers to ${group}, but the transit gateway or an attachment does not support group references`;
    },
  ),
  trapOf(
    { code: GROUP },
    {
      code: 'sg-reference-stale',
      severity: 'high',
      title: 'A rule refers to a group behind a peering that is gone',
      why: 'The rule survives the peering and matches nothing.',
      fix: 'Remove the stale rule, or restore the peering.',
      source: `${PEER}vpc-peering-security-groups.html`,
    },
    ({ resource }, _, { estate }) => {
      const record = estate.inventory.get('SecurityGroups', resource)?.record ?? {};
      const stale = ['IpPermissions', 'IpPermissionsEgress']
        .flatMap((key) => objects(record, key))
        .flatMap((permission) => objects(permission, 'UserIdGroupPairs'))
        .find((pair) => !['active', undefined].includes(text(pair, 'PeeringStatus')));
      return stale === undefined
        ? undefined
        : `${resource} has a rule for ${text(stale, 'GroupId') ?? 'a group'} over a peering that is ${text(stale, 'PeeringStatus')}`;
    },
  ),
  trapOf(
    INGRESS,
    {
      code: 'sg-reference-via-middlebox',
      severity: 'high',
      title: 'A group reference does not survive an appliance',
      why: 'Packets that a middlebox forwarded do not count as the group member that sent them.',
      fix: 'Allow the CIDR of the senders.',
      source: RULES,
    },
    (blocker, context, facts) => {
      const own = new Set([context.answer.query.src.id, context.answer.query.dst.id, context.question.start]);
      const middle = context.answer.forward.hops
        .slice(1, -1)
        .find(
          ({ kind, resource }) =>
            ['instance', 'network interface', 'VPC endpoint'].includes(kind) && !own.has(resource),
        );
      const [group] = referredGroups(blocker, context, facts);
      return middle === undefined || group === undefined
        ? undefined
        : `${blocker.resource} refers to ${group}, but the packet was forwarded by ${middle.resource} and no longer counts as a member's`;
    },
  ),
  trapOf(
    { ...INGRESS, leg: 'forward' },
    {
      code: 'sg-reference-after-nat',
      severity: 'high',
      title: 'The far side sees the NAT address',
      why: 'Rules name the hosts behind the NAT gateway, by group or address, and those are gone from the packet.',
      fix: 'Allow the address of the NAT gateway.',
      source: `${UG}nat-gateway-basics.html`,
    },
    (blocker, context, facts) => {
      if (!passes(context, 'NAT gateway')) return undefined;
      const own = context.question.srcAddresses[0]?.[0];
      const names = rulesOf(context, blocker).some((rule) =>
        rule.match.some(({ src }) => src !== undefined && !('set' in src) && own !== undefined && contains(src, own)),
      );
      return names || referredGroups(blocker, context, facts).length > 0
        ? `${blocker.resource} allows the sender itself, but it sees the address of the NAT gateway`
        : undefined;
    },
  ),
  trapOf(
    { code: GROUP },
    {
      code: 'sg-tcp-only',
      severity: 'medium',
      title: 'The group allows the port for TCP only',
      why: 'DNS, QUIC and syslog need UDP; a ping needs ICMP.',
      fix: 'Add a rule for the protocol.',
      source: RULES,
    },
    (blocker, context) => {
      const { protocolText, portsText, traffic } = context.question;
      const [asked] = traffic.dport ?? [];
      const isForTcp = ({ match }: Rule) =>
        match.some(
          ({ protocol, dport }) =>
            protocol !== undefined &&
            contains(protocol, 6) &&
            !contains(protocol, 17) &&
            (dport === undefined || asked === undefined || contains(dport, asked[0])),
        );
      return protocolText === 'udp' && rulesOf(context, blocker).some(isForTcp)
        ? `security group ${blocker.resource} allows ${portsText} for TCP, not for UDP`
        : undefined;
    },
  ),
  trapOf(
    INGRESS,
    {
      code: 'sg-icmp-type-as-port',
      severity: 'medium',
      title: 'The ICMP rule names another type',
      why: 'In an ICMP rule the port fields hold type and code: an echo request is type 8, not 0.',
      fix: 'Use type 8, code -1.',
      source: 'https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html',
    },
    (blocker, context) =>
      context.question.protocolText === 'icmp' &&
      rulesOf(context, blocker).some((rule) => rule.text.startsWith('allow icmp type'))
        ? `security group ${blocker.resource} allows ICMP, but not the echo request (type 8)`
        : undefined,
  ),
  trapOf(
    { code: GROUP },
    {
      code: 'sg-ipv6-missing',
      severity: 'medium',
      title: 'The group is open to IPv4 only',
      why: '0.0.0.0/0 is not ::/0.',
      fix: 'Add the rule again for ::/0.',
      source: RULES,
    },
    (blocker, context) =>
      context.question.family === 6 && rulesOf(context, blocker).some((rule) => rule.text.endsWith('0.0.0.0/0'))
        ? `security group ${blocker.resource} has a rule for 0.0.0.0/0, which never matches IPv6`
        : undefined,
  ),
  trap(
    {
      code: 'sg-default-group-used',
      severity: 'low',
      title: "The VPC's default group is in use",
      why: 'Its rule for itself lets everything that carries it talk to each other, and new things get it unasked.',
      fix: 'Give the machine a group of its own.',
      source: `${UG}default-security-group.html`,
    },
    (context, facts) => {
      const { to } = endsOf(context, facts);
      return (to?.groups ?? [])
        .filter((id) => text(facts.estate.inventory.get('SecurityGroups', id)?.record ?? {}, 'GroupName') === 'default')
        .map((id) => ({
          resource: id,
          resourceName: 'default',
          message: `${to!.entry.id} carries the default group of ${to!.vpc}`,
        }));
    },
  ),
  trap(
    {
      code: 'sg-open-to-world',
      severity: 'high',
      title: 'An admin or database port is open to everybody',
      why: 'Two halves (0.0.0.0/1 and 128.0.0.0/1) or a wide port range hide it.',
      fix: 'Allow the addresses that need it.',
      policy: 'internet-to-admin-ports',
      source: `${UG}vpc-security-best-practices.html`,
    },
    (context, facts) => {
      const { to } = endsOf(context, facts);
      const filter = to === undefined ? undefined : context.network.filter(`sg-in:${to.entry.id}`);
      const ports = openPorts(filter?.rules ?? []);
      const exposed = to?.addresses.some(
        (address) => address.public !== undefined || destinationOf(context) === address.address,
      );
      return filter === undefined || ports.length === 0 || exposed !== true
        ? []
        : [
            {
              resource: filter.origin.id,
              ...(filter.origin.name === undefined ? {} : { resourceName: filter.origin.name }),
              message: `the groups of ${to!.entry.id} allow ${ports.map((port) => `tcp ${port}`).join(', ')} from everywhere`,
            },
          ];
    },
  ),
];
