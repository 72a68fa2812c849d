/** Traps of route tables, peerings and gateways. */
import type { GotchaContext } from '../../../model/finding.ts';
import type { Blocker } from '../../../model/results.ts';
import { type GotchaRule, gotcha } from './rule.ts';

const UG = 'https://docs.aws.amazon.com/vpc/latest/userguide/';
const PEER = 'https://docs.aws.amazon.com/vpc/latest/peering/';

function by(context: GotchaContext, code: string, leg?: 'forward' | 'return'): readonly Blocker[] {
  return context.answer.blockers.filter(
    (blocker) => blocker.code === code && (leg === undefined || blocker.leg === leg),
  );
}

/** A gotcha that tells more about one blocker code. */
function onBlocker(
  code: string,
  leg: 'forward' | 'return' | undefined,
  info: Parameters<typeof gotcha>[0],
  message: (blocker: Blocker) => string,
): GotchaRule {
  return {
    info: gotcha(info),
    find: (context) =>
      by(context, code, leg).map((blocker) => ({
        resource: blocker.resource,
        ...(blocker.resourceName === undefined ? {} : { resourceName: blocker.resourceName }),
        message: message(blocker),
      })),
  };
}

export const ROUTE_GOTCHAS: readonly GotchaRule[] = [
  onBlocker(
    'aws-route-blackhole',
    undefined,
    {
      code: 'route-blackhole',
      severity: 'high',
      title: 'The longest match is a blackhole',
      why: 'The target was deleted; a shorter route does not take over.',
      fix: 'Delete the route or mend its target.',
      source: `${UG}VPC_Route_Tables.html`,
    },
    (b) => `${b.resource} still has a route whose target is gone, and it wins over wider ones`,
  ),
  onBlocker(
    'aws-no-route',
    'forward',
    {
      code: 'route-missing-forward',
      severity: 'high',
      title: 'No route on the way there',
      why: 'Only one side was edited, or the subnet uses another table than expected.',
      fix: 'Add the route.',
      source: `${UG}VPC_Route_Tables.html`,
    },
    (b) => `${b.resource} has no route for the destination`,
  ),
  onBlocker(
    'aws-no-route',
    'return',
    {
      code: 'route-missing-return',
      severity: 'high',
      title: 'No route on the way back',
      why: 'Only one side was edited: the reply needs a route too.',
      fix: 'Add the route for the reply.',
      source: `${UG}VPC_Route_Tables.html`,
    },
    (b) => `${b.resource} has no route for the reply`,
  ),
  onBlocker(
    'aws-peering-not-transitive',
    undefined,
    {
      code: 'peering-not-transitive',
      severity: 'high',
      title: 'Peering is not transitive',
      why: 'A peering connection delivers only to addresses of the VPC at its other end; diagrams suggest a hub.',
      fix: 'Peer directly, or use a transit gateway.',
      source: `${PEER}invalid-peering-configurations.html`,
    },
    (b) => `${b.resource} delivers only to its own peer`,
  ),
  onBlocker(
    'aws-peering-not-active',
    undefined,
    {
      code: 'peering-not-active',
      severity: 'high',
      title: 'The peering connection is not active',
      why: 'It was never accepted, or one side deleted it; routes and rules stay.',
      fix: 'Accept or recreate it.',
      source: `${PEER}vpc-peering-routing.html`,
    },
    (b) => `${b.resource} is not active`,
  ),
  onBlocker(
    'aws-source-dest-check',
    undefined,
    {
      code: 'src-dst-check-on',
      severity: 'high',
      title: 'The appliance still checks source and destination',
      why: 'The check is on by default.',
      fix: "Disable it on the appliance's interface.",
      source: `${UG}VPC_NAT_Instance.html`,
    },
    (b) => `${b.resource} drops what is not addressed to it`,
  ),
  onBlocker(
    'aws-block-public-access',
    undefined,
    {
      code: 'bpa-blocks-internet',
      severity: 'high',
      title: 'VPC Block Public Access is on',
      why: "The switch is invisible in the VPC's own settings.",
      fix: 'Create an exclusion if the subnet is meant to be public.',
      source: `${UG}security-vpc-bpa.html`,
    },
    (b) => `VPC Block Public Access closes the internet gateway for ${b.resource}`,
  ),
  onBlocker(
    'aws-tgw-az-not-attached',
    undefined,
    {
      code: 'tgw-az-not-attached',
      severity: 'high',
      title: 'No attachment subnet in this zone',
      why: 'A host reaches the transit gateway only in its own zone.',
      fix: 'Add a subnet of the zone to the attachment.',
      source: 'https://docs.aws.amazon.com/vpc/latest/tgw/tgw-vpc-attachments.html',
    },
    (b) => `${b.resource} has no subnet in the host's zone`,
  ),
  onBlocker(
    'aws-tgw-no-route',
    undefined,
    {
      code: 'tgw-route-missing',
      severity: 'high',
      title: 'The associated table has no route',
      why: 'Association chooses the table, propagation fills it: both are needed, for each leg.',
      fix: 'Propagate or add a static route.',
      source: 'https://docs.aws.amazon.com/vpc/latest/tgw/how-transit-gateways-work.html',
    },
    (b) => `${b.resource}, the table associated with the sender's attachment, has no route`,
  ),
  onBlocker(
    'aws-tgw-no-association',
    undefined,
    {
      code: 'tgw-no-association',
      severity: 'high',
      title: 'The attachment has no route table',
      why: 'Propagation alone does not route what comes from an attachment.',
      fix: 'Associate it.',
      source: 'https://docs.aws.amazon.com/vpc/latest/tgw/how-transit-gateways-work.html',
    },
    (b) => `${b.resource} is associated with no table`,
  ),
  onBlocker(
    'aws-tgw-blackhole',
    undefined,
    {
      code: 'tgw-blackhole',
      severity: 'high',
      title: 'Transit gateway blackhole',
      why: 'The longest match wins even if it drops.',
      fix: 'Remove the blackhole.',
      source: 'https://docs.aws.amazon.com/vpc/latest/tgw/how-transit-gateways-work.html',
    },
    (b) => `${b.resource} has a blackhole route for this`,
  ),
  onBlocker(
    'no-session',
    'forward',
    {
      code: 'nat-unsolicited-inbound',
      severity: 'medium',
      title: 'A NAT gateway answers nothing unsolicited',
      why: 'The address belongs to a NAT gateway, which only lets in replies.',
      fix: 'Use a load balancer or a public address.',
      source: `${UG}nat-gateway-troubleshooting.html`,
    },
    (b) => `${b.resource} lets in only replies to what it sent`,
  ),
  onBlocker(
    'aws-igw-detached',
    undefined,
    {
      code: 'igw-detached',
      severity: 'high',
      title: 'The internet gateway is not attached',
      why: 'The route stays when the gateway is detached.',
      fix: 'Attach the gateway to this VPC.',
      source: `${UG}VPC_Internet_Gateway.html`,
    },
    (b) => `${b.resource} is not attached to this VPC`,
  ),
  onBlocker(
    'aws-nat-not-available',
    undefined,
    {
      code: 'nat-not-available',
      severity: 'high',
      title: 'The NAT gateway is not available',
      why: 'Routes to a failed NAT gateway stay in place.',
      fix: 'Create a new one and point the route to it.',
      source: `${UG}nat-gateway-troubleshooting.html`,
    },
    (b) => `${b.resource} is not available`,
  ),
  onBlocker(
    'aws-nat-unsupported-protocol',
    undefined,
    {
      code: 'nat-unsupported-protocol',
      severity: 'medium',
      title: 'A NAT gateway carries TCP, UDP and ICMP only',
      why: 'IPsec and SCTP do not pass it.',
      fix: 'Use a public address or a VPN.',
      source: `${UG}nat-gateway-basics.html`,
    },
    (b) => `${b.resource} translates TCP, UDP and ICMP only`,
  ),
  {
    info: gotcha({
      code: 'nat-in-private-subnet',
      severity: 'high',
      title: 'The NAT gateway stands in a private subnet',
      why: 'A public NAT gateway needs a route to an internet gateway in its own subnet.',
      fix: 'Recreate it in a public subnet.',
      source: `${UG}vpc-nat-gateway.html`,
    }),
    find: (context, { estate }) =>
      context.answer.forward.hops
        .filter((hop) => hop.kind === 'NAT gateway')
        .flatMap((hop) => {
          const subnet = estate.inventory.get('NatGateways', hop.resource)?.record['SubnetId'];
          const blocked = context.answer.blockers.some((b) => b.leg === 'forward' && b.code === 'aws-no-route');
          return blocked && typeof subnet === 'string'
            ? [
                {
                  resource: hop.resource,
                  message: `${hop.resource} stands in ${subnet}, which has no route to an internet gateway`,
                },
              ]
            : [];
        }),
  },
  {
    info: gotcha({
      code: 'route-main-table-fallback',
      severity: 'low',
      title: 'The subnet uses the main route table',
      why: 'A subnet without an explicit association silently uses the main table.',
      fix: 'Associate the subnet with the table that is meant.',
      source: `${UG}subnet-route-tables.html`,
    }),
    find: (context, { estate, tables }) => {
      const routing = new Set(context.answer.blockers.filter((b) => b.code === 'aws-no-route').map((b) => b.resource));
      return [...estate.subnets.values()]
        .filter(
          (subnet) =>
            tables.isMain(subnet) && routing.has(tables.of(subnet)?.id ?? '') && onPath(context, subnet.entry.id),
        )
        .map((subnet) => ({
          resource: subnet.entry.id,
          message: `${subnet.entry.id} has no association of its own and uses the main table ${tables.of(subnet)?.id}`,
        }));
    },
  },
];

function onPath(context: GotchaContext, resource: string): boolean {
  return [...context.answer.forward.hops, ...context.answer.return.hops].some((hop) => hop.resource === resource);
}
