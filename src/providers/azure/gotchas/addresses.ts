/** Traps of public addresses and of ways out. */
import { isPublic } from '../../../net/address.ts';
import { contains } from '../../../net/spans.ts';
import { isBasic } from '../internet.ts';
import { flag, object, text } from '../record.ts';
import { DOCS, type Found, type GotchaRule, about, endsOf, singleOf, trap, trapOf } from './rule.ts';

const PIP = `${DOCS}virtual-network/ip-services/public-ip-addresses`;
const OUTBOUND = `${DOCS}virtual-network/ip-services/default-outbound-access`;

export const ADDRESS_GOTCHAS: readonly GotchaRule[] = [
  trapOf(
    { code: 'azure-standard-public-ip-needs-nsg' },
    {
      code: 'azure-standard-public-ip-needs-nsg',
      severity: 'high',
      title: 'A Standard public address is closed without a security group',
      why: 'It worked with Basic, which is open by default.',
      fix: 'Attach a network security group that allows the traffic, to the subnet or the interface.',
      source: PIP,
    },
    ({ resourceName, resource }) => `${resourceName ?? resource} is Standard, and no security group allows anything in`,
  ),
  trap(
    {
      code: 'azure-basic-sku-retired',
      severity: 'medium',
      title: 'Basic is retired',
      why: 'Basic addresses and balancers were retired on 30 September 2025; they are open by default, which Standard is not.',
      fix: 'Upgrade to Standard, with a security group that allows what is needed.',
      source: `${DOCS}virtual-network/ip-services/public-ip-basic-upgrade-guidance`,
    },
    (context, facts) => {
      const { from, to } = endsOf(context, facts);
      const { question } = context;
      const said = (record: Parameters<typeof isBasic>[0]) => object(record, 'sku') !== undefined && isBasic(record);
      const outside = [...question.srcAddresses, ...question.dstAddresses].some(([lo]) => isPublic(lo));
      const addresses = [from, to].flatMap((nic) =>
        nic === undefined || !outside
          ? []
          : nic.configurations.flatMap(({ publicIp }): Found[] =>
              publicIp !== undefined && said(publicIp.record)
                ? [about(publicIp, `public address ${publicIp.origin.name} is Basic`)]
                : [],
            ),
      );
      const address = singleOf(question.dstAddresses);
      const balancers = (address === undefined ? [] : facts.balancers.rulesAt(address)).flatMap(
        ({ service: { frontend } }): Found[] =>
          said(frontend.balancer.record)
            ? [about(frontend.balancer, `load balancer ${frontend.balancer.origin.name} is Basic`)]
            : [],
      );
      return [...addresses, ...balancers.slice(0, 1)];
    },
  ),
  trap(
    {
      code: 'azure-default-outbound-implicit',
      severity: 'medium',
      title: 'The way out is implicit',
      why: 'Nothing explicit is there, so Azure lends an address: it is not yours, may change, and new networks do not get it.',
      fix: 'Add a NAT gateway.',
      source: OUTBOUND,
    },
    (context, facts) => {
      const { from } = endsOf(context, facts);
      const [there] = context.question.dstAddresses;
      if (from === undefined || there === undefined || !isPublic(there[0])) return [];
      const isOut = context.answer.forward.hops.some(({ kind }) => kind === 'internet edge of subnet');
      const own = from.configurations.some(({ address }) => address.public !== undefined);
      const { subnet } = from;
      const pooled = facts.balancers
        .outward(subnet)
        .some(({ match: { src } }) =>
          from.configurations.some(
            ({ address: { address } }) => src !== undefined && !('set' in src) && contains(src, address),
          ),
        );
      const denied = flag(subnet.entry.record, 'defaultOutboundAccess') === false;
      if (!isOut || own || pooled || denied || subnet.natGateway !== undefined) return [];
      if (context.answer.blockers.some(({ code }) => code === 'azure-private-subnet-no-egress')) return [];
      return [about(from.entry, `${from.entry.origin.name} leaves by default outbound access only`)];
    },
  ),
  trapOf(
    { code: 'azure-private-subnet-no-egress' },
    {
      code: 'azure-private-subnet-no-egress',
      severity: 'high',
      title: 'The subnet has no way to the internet',
      why: 'defaultOutboundAccess is off (the default since API version 2025-07-01), and nothing explicit is there.',
      fix: 'Add a NAT gateway, a public address, or an outbound rule.',
      source: OUTBOUND,
    },
    ({ message }) => message,
  ),
  trapOf(
    { code: 'azure-nat-gateway-protocol' },
    {
      code: 'azure-nat-gateway-no-icmp',
      severity: 'medium',
      title: 'A NAT gateway carries no ping',
      why: 'Only TCP and UDP are translated: a failed ping says nothing about the way out.',
      fix: 'Test with TCP, or give the machine a public address of its own in a subnet without a NAT gateway.',
      source: `${DOCS}nat-gateway/nat-overview`,
    },
    ({ resourceName, resource }, { question }) =>
      question.protocolText === 'icmp' || question.protocolText === '*'
        ? `NAT gateway ${resourceName ?? resource} translates TCP and UDP only`
        : undefined,
  ),
  trap(
    {
      code: 'azure-smtp-outbound-blocked',
      severity: 'medium',
      title: 'Azure may block outbound SMTP',
      why: 'TCP 25 to the internet is blocked for most kinds of subscription, whatever the rules say.',
      fix: 'Send through an authenticated relay on port 587.',
      source: `${DOCS}virtual-network/troubleshoot-outbound-smtp-connectivity`,
    },
    (context, facts) => {
      const { from } = endsOf(context, facts);
      const [there] = context.question.dstAddresses;
      const asks25 = context.question.traffic.dport?.some(([lo, end]) => lo <= 25 && 25 < end) === true;
      const isTcp = context.question.protocolText === 'tcp';
      if (from === undefined || there === undefined || !isPublic(there[0]) || !asks25 || !isTcp) return [];
      return flag(from.entry.record, 'allowPort25Out') === true || text(from.entry.record, 'id') === undefined
        ? []
        : [
            about(
              from.entry,
              `whether the subscription of ${from.entry.origin.name} may send to TCP 25 is not in a snapshot`,
            ),
          ];
    },
  ),
];
