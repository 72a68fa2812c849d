/** Traps of security groups and network ACLs. */
import type { GotchaContext } from '../../../model/finding.ts';
import type { Blocker } from '../../../model/results.ts';
import { type GotchaRule, gotcha } from './rule.ts';

const UG = 'https://docs.aws.amazon.com/vpc/latest/userguide/';

function blockers(context: GotchaContext, prefix: string, leg?: 'forward' | 'return'): readonly Blocker[] {
  return context.answer.blockers.filter(
    (blocker) => blocker.code.startsWith(prefix) && (leg === undefined || blocker.leg === leg),
  );
}

function about({ resource, resourceName }: Blocker, message: string) {
  return { resource, ...(resourceName === undefined ? {} : { resourceName }), message };
}

/** The texts of a blocking filter's rules. */
function rulesOf(context: GotchaContext, blocker: Blocker): readonly string[] {
  const change = blocker.fix?.change;
  const filter = change?.op === 'allow' ? context.network.filter(change.filter) : undefined;
  return (filter?.rules ?? []).filter((rule) => rule.action === 'allow').map((rule) => rule.text);
}

export const FILTER_GOTCHAS: readonly GotchaRule[] = [
  {
    info: gotcha({
      code: 'nacl-stateless-return',
      severity: 'high',
      title: 'The ACL blocks the reply',
      why: "Network ACLs keep no state: a rule for the request says nothing about the reply, which goes to the client's ephemeral port.",
      fix: 'Allow 1024-65535 back to the client.',
      source: `${UG}vpc-network-acls.html`,
    }),
    find: (context) =>
      blockers(context, 'aws-network-acl', 'return').map((blocker) =>
        about(blocker, `network ACL ${blocker.resource} keeps no state: the reply needs its own rule`),
      ),
  },
  {
    info: gotcha({
      code: 'nacl-ephemeral-range-too-narrow',
      severity: 'high',
      title: 'The ACL lets only part of the ephemeral ports back',
      why: 'Examples copy 32768 or 49152 upwards; load balancers, NAT gateways and many clients use 1024-65535.',
      fix: 'Widen the range to 1024-65535.',
      source: `${UG}nacl-ephemeral-ports.html`,
    }),
    find: (context) =>
      context.answer.verdict === 'partial'
        ? blockers(context, 'aws-network-acl', 'return').map((blocker) =>
            about(
              blocker,
              `network ACL ${blocker.resource} lets replies out to part of the client's ephemeral ports only (it drops ${blocker.packets})`,
            ),
          )
        : [],
  },
  {
    info: gotcha({
      code: 'nacl-ipv6-missing',
      severity: 'medium',
      title: 'The ACL has no rule for IPv6',
      why: 'IPv4 rules never match IPv6: 0.0.0.0/0 is not ::/0.',
      fix: 'Add the rule again with an IPv6 CIDR.',
      source: `${UG}nacl-rules.html`,
    }),
    find: (context) =>
      context.question.family === 6
        ? blockers(context, 'aws-network-acl')
            .filter(
              (blocker) =>
                rulesOf(context, blocker).some((text) => text.includes('0.0.0.0/0')) &&
                !rulesOf(context, blocker).some((text) => text.includes('::/0')),
            )
            .map((blocker) =>
              about(blocker, `network ACL ${blocker.resource} has rules for 0.0.0.0/0 but none for ::/0`),
            )
        : [],
  },
  {
    info: gotcha({
      code: 'nacl-rule-order',
      severity: 'medium',
      title: 'A lower-numbered rule decides first',
      why: 'ACL rules are read by number, not in the order of the listing.',
      fix: 'Give the allow rule a lower number than the deny.',
      source: `${UG}nacl-rules.html`,
    }),
    find: (context) =>
      blockers(context, 'aws-network-acl')
        .filter((blocker) => blocker.rule !== undefined && !blocker.rule.text.startsWith('rule *'))
        .map((blocker) =>
          about(blocker, `${blocker.rule!.text} of ${blocker.resource} is read before any rule with a higher number`),
        ),
  },
  {
    info: gotcha({
      code: 'nacl-custom-default-deny',
      severity: 'medium',
      title: 'The ACL has only its final deny',
      why: 'A new custom ACL denies everything in both directions.',
      fix: 'Add allow rules.',
      source: `${UG}custom-network-acl.html`,
    }),
    find: (context) =>
      blockers(context, 'aws-network-acl')
        .filter((blocker) => blocker.fix !== null && rulesOf(context, blocker).length === 0)
        .map((blocker) => about(blocker, `network ACL ${blocker.resource} has no allow rule in this direction`)),
  },
  {
    info: gotcha({
      code: 'sg-ipv6-missing',
      severity: 'medium',
      title: 'The group is open to IPv4 only',
      why: '0.0.0.0/0 is not ::/0.',
      fix: 'Add the rule again for ::/0.',
      source: `${UG}security-group-rules.html`,
    }),
    find: (context) =>
      context.question.family === 6
        ? blockers(context, 'aws-security-group')
            .filter((blocker) => rulesOf(context, blocker).some((text) => text.endsWith('0.0.0.0/0')))
            .map((blocker) =>
              about(blocker, `security group ${blocker.resource} has a rule for 0.0.0.0/0, which never matches IPv6`),
            )
        : [],
  },
  {
    info: gotcha({
      code: 'sg-tcp-only',
      severity: 'medium',
      title: 'The group allows the port for TCP only',
      why: 'DNS, QUIC and syslog need UDP.',
      fix: 'Add a rule for UDP.',
      source: `${UG}security-group-rules.html`,
    }),
    find: (context) =>
      context.question.protocolText === 'udp'
        ? blockers(context, 'aws-security-group')
            .filter((blocker) =>
              rulesOf(context, blocker).some((text) => text.startsWith(`allow tcp ${context.question.portsText} `)),
            )
            .map((blocker) =>
              about(
                blocker,
                `security group ${blocker.resource} allows ${context.question.portsText} for TCP, not for UDP`,
              ),
            )
        : [],
  },
  {
    info: gotcha({
      code: 'sg-egress-blocks',
      severity: 'medium',
      title: "The caller's own group has no outbound rule",
      why: 'Infrastructure as code removes the allow-all rule that the console creates.',
      fix: 'Add an outbound rule at the caller.',
      source: `${UG}security-group-rules.html`,
    }),
    find: (context) =>
      blockers(context, 'aws-security-group-egress', 'forward').map((blocker) =>
        about(blocker, `security group ${blocker.resource} lets the caller send nothing like this`),
      ),
  },
  {
    info: gotcha({
      code: 'sg-reference-public-ip',
      severity: 'high',
      title: 'Group references match private addresses only',
      why: 'The name resolved to the public address, so the packet came in by the internet gateway with a public source.',
      fix: 'Use the private address or name.',
      source: 'https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-rules.html',
    }),
    find: (context) => {
      const passed = context.answer.forward.hops.some((hop) => hop.kind === 'internet gateway');
      return passed
        ? blockers(context, 'aws-security-group-ingress')
            .filter((blocker) => rulesOf(context, blocker).some((text) => text.includes(' from sg-')))
            .map((blocker) =>
              about(
                blocker,
                `security group ${blocker.resource} refers to groups, and those match private addresses only; this packet came with a public one`,
              ),
            )
        : [];
    },
  },
  {
    info: gotcha({
      code: 'nacl-udp-return',
      severity: 'medium',
      title: 'The ACL lets replies back for TCP only',
      why: 'The usual ephemeral-port rule is for TCP; a UDP reply needs its own.',
      fix: 'Allow UDP 1024-65535 back to the client.',
      source: `${UG}nacl-ephemeral-ports.html`,
    }),
    find: (context) =>
      context.question.protocolText === 'udp'
        ? blockers(context, 'aws-network-acl', 'return')
            .filter((blocker) =>
              rulesOf(context, blocker).some(
                (text) => text.includes('allow tcp 1024') || text.includes('allow tcp 32768'),
              ),
            )
            .map((blocker) => about(blocker, `network ACL ${blocker.resource} lets TCP replies out, but no UDP`))
        : [],
  },
  {
    info: gotcha({
      code: 'nacl-icmp-reply',
      severity: 'medium',
      title: 'The ACL blocks the echo reply',
      why: 'A ping needs type 8 in and type 0 out, and the mirror image at the client.',
      fix: 'Allow ICMP type 0 back to the client.',
      source: `${UG}nacl-rules.html`,
    }),
    find: (context) =>
      context.question.protocolText === 'icmp'
        ? blockers(context, 'aws-network-acl', 'return').map((blocker) =>
            about(blocker, `network ACL ${blocker.resource} has no rule for the echo reply (type 0)`),
          )
        : [],
  },
  {
    info: gotcha({
      code: 'sg-icmp-type-as-port',
      severity: 'medium',
      title: 'The ICMP rule names another type',
      why: 'In an ICMP rule the port fields hold type and code: an echo request is type 8, not 0.',
      fix: 'Use type 8, code -1.',
      source: 'https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html',
    }),
    find: (context) =>
      context.question.protocolText === 'icmp'
        ? blockers(context, 'aws-security-group-ingress')
            .filter((blocker) => rulesOf(context, blocker).some((text) => text.startsWith('allow icmp type')))
            .map((blocker) =>
              about(blocker, `security group ${blocker.resource} allows ICMP, but not the echo request (type 8)`),
            )
        : [],
  },
];
