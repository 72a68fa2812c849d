/** Traps of gateways that lead out: internet, NAT, egress-only, and the switch over all of them. */
import { objects, text } from '../record.ts';
import { type GotchaRule, UG, endsOf, trap, trapOf } from './rule.ts';

export const GATEWAY_GOTCHAS: readonly GotchaRule[] = [
  trapOf(
    { code: 'aws-block-public-access' },
    {
      code: 'bpa-blocks-internet',
      severity: 'high',
      title: 'VPC Block Public Access is on',
      why: "The switch is invisible in the VPC's own settings.",
      fix: 'Create an exclusion if the subnet is meant to be public.',
      source: `${UG}security-vpc-bpa.html`,
    },
    ({ resource }) => `VPC Block Public Access closes the internet gateway for ${resource}`,
  ),
  trapOf(
    { code: 'aws-igw-detached' },
    {
      code: 'igw-detached',
      severity: 'high',
      title: 'The internet gateway is not attached',
      why: 'The route stays when the gateway is detached.',
      fix: 'Attach the gateway to this VPC.',
      source: `${UG}VPC_Internet_Gateway.html`,
    },
    ({ resource }) => `${resource} is not attached to this VPC`,
  ),
  trapOf(
    { code: 'no-session', leg: 'forward' },
    {
      code: 'nat-unsolicited-inbound',
      severity: 'medium',
      title: 'A NAT gateway answers nothing unsolicited',
      why: 'The address belongs to a NAT gateway, which only lets in replies.',
      fix: 'Use a load balancer or a public address.',
      source: `${UG}nat-gateway-troubleshooting.html`,
    },
    ({ resource }, _, { estate }) =>
      estate.inventory.get('NatGateways', resource) === undefined
        ? undefined
        : `${resource} lets in only replies to what it sent`,
  ),
  trapOf(
    { code: 'no-session', leg: 'forward' },
    {
      code: 'eigw-inbound',
      severity: 'medium',
      title: 'An egress-only gateway lets nothing in',
      why: 'It is the IPv6 counterpart of a NAT gateway: connections open from inside only.',
      fix: 'Route ::/0 to an internet gateway where hosts must be reached.',
      source: `${UG}egress-only-internet-gateway.html`,
    },
    ({ resource }, _, { estate }) =>
      estate.inventory.get('EgressOnlyInternetGateways', resource) === undefined
        ? undefined
        : `${resource} lets in only replies to what was opened from inside`,
  ),
  trapOf(
    { code: 'aws-nat-not-available' },
    {
      code: 'nat-not-available',
      severity: 'high',
      title: 'The NAT gateway is not available',
      why: 'Routes to a failed NAT gateway stay in place.',
      fix: 'Create a new one and point the route to it.',
      source: `${UG}nat-gateway-troubleshooting.html`,
    },
    ({ resource }) => `${resource} is not available`,
  ),
  trapOf(
    { code: 'aws-nat-unsupported-protocol' },
    {
      code: 'nat-unsupported-protocol',
      severity: 'medium',
      title: 'A NAT gateway carries TCP, UDP and ICMP only',
      why: 'IPsec and SCTP do not pass it.',
      fix: 'Use a public address or a VPN.',
      source: `${UG}nat-gateway-basics.html`,
    },
    ({ resource }) => `${resource} translates TCP, UDP and ICMP only`,
  ),
  trap(
    {
      code: 'nat-in-private-subnet',
      severity: 'high',
      title: 'The NAT gateway stands in a private subnet',
      why: 'A public NAT gateway needs a route to an internet gateway in its own subnet.',
      fix: 'Recreate it in a public subnet.',
      source: `${UG}vpc-nat-gateway.html`,
    },
    ({ answer }, { estate, tables }) =>
      answer.forward.hops.flatMap(({ kind, resource }) => {
        const nat = kind === 'NAT gateway' ? estate.inventory.get('NatGateways', resource) : undefined;
        const home = estate.subnets.get(text(nat?.record ?? {}, 'SubnetId') ?? '');
        const table = home === undefined ? undefined : tables.of(home);
        const isPublic =
          table !== undefined &&
          objects(table.record, 'Routes').some((route) => text(route, 'GatewayId')?.startsWith('igw-'));
        const wants = nat !== undefined && text(nat.record, 'ConnectivityType') !== 'private';
        return answer.verdict === 'reachable' || !wants || table === undefined || isPublic
          ? []
          : [
              {
                resource,
                message: `${resource} stands in ${home!.entry.id}, which has no route to an internet gateway`,
              },
            ];
      }),
  ),
  trap(
    {
      code: 'nat-private-to-igw',
      severity: 'high',
      title: 'A private NAT gateway can not reach the internet',
      why: 'It has no public address, and an internet gateway drops what it sends.',
      fix: 'Use a public NAT gateway for the internet.',
      source: `${UG}nat-gateway-basics.html`,
    },
    ({ answer }, { estate }) =>
      answer.forward.hops.flatMap(({ kind, resource }) => {
        const nat = kind === 'NAT gateway' ? estate.inventory.get('NatGateways', resource) : undefined;
        const isPrivate = nat !== undefined && text(nat.record, 'ConnectivityType') === 'private';
        return isPrivate && answer.blockers.some((blocker) => blocker.code === 'aws-no-public-address')
          ? [{ resource, message: `${resource} is private: what it sends has no public address` }]
          : [];
      }),
  ),
  trap(
    {
      code: 'bpa-excluded',
      severity: 'info',
      title: 'Open to the internet by an exclusion',
      why: 'VPC Block Public Access is on for the account and Region; this subnet is reachable because of an exclusion.',
      fix: 'Remove the exclusion if the subnet is not meant to be public.',
      source: `${UG}security-vpc-bpa-basics.html`,
    },
    ({ answer }, { estate, access }) => {
      const hops = [...answer.forward.hops, ...answer.return.hops].map((hop) => hop.resource);
      const crosses = hops.some((id) => estate.inventory.get('InternetGateways', id) !== undefined);
      return !crosses || answer.verdict !== 'reachable'
        ? []
        : [...new Set(hops)].flatMap((id) => {
            const subnet = estate.subnets.get(id);
            const exclusion = subnet === undefined ? undefined : access.exclusionOf(subnet);
            return exclusion === undefined
              ? []
              : [{ resource: id, message: `${id} is excluded from VPC Block Public Access (${exclusion})` }];
          });
    },
  ),
  trapOf(
    { code: 'aws-no-public-address' },
    {
      code: 'lambda-public-subnet',
      severity: 'high',
      title: 'A Lambda function in a public subnet has no way out',
      why: 'Interfaces of Lambda functions never get a public address: a route to an internet gateway is of no use to them.',
      fix: 'Put the function into private subnets with a route to a NAT gateway.',
      source: 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html',
    },
    (_, context, facts) => {
      const { from } = endsOf(context, facts);
      return from?.type === 'lambda'
        ? `${from.entry.id} belongs to a Lambda function and never has a public address`
        : undefined;
    },
  ),
];
