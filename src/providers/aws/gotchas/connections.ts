/** Traps between VPCs: peering connections, transit gateways, appliances on the way. */
import { INTERNET } from '../../../model/builder.ts';
import { isPublic } from '../../../net/address.ts';
import { contains } from '../../../net/spans.ts';
import { text } from '../record.ts';
import { type GotchaRule, PEER, TGW, UG, destinationOf, trapOf } from './rule.ts';

export const CONNECTION_GOTCHAS: readonly GotchaRule[] = [
  trapOf(
    { code: 'aws-peering-not-transitive' },
    {
      code: 'peering-not-transitive',
      severity: 'high',
      title: 'Peering is not transitive',
      why: 'A peering connection delivers only to addresses of the VPC at its other end; diagrams suggest a hub.',
      fix: 'Peer directly, or use a transit gateway.',
      source: `${PEER}invalid-peering-configurations.html`,
    },
    ({ resource }) => `${resource} delivers only to its own peer`,
  ),
  trapOf(
    { code: 'aws-peering-not-transitive' },
    {
      code: 'peering-edge-to-edge',
      severity: 'high',
      title: "A peer's gateways can not be used",
      why: "Through a peering nobody reaches the other VPC's internet gateway, NAT gateway, VPN or endpoints.",
      fix: 'Give the VPC a gateway of its own, or use a transit gateway.',
      source: `${PEER}vpc-peering-basics.html`,
    },
    ({ resource }, context) => {
      const address = destinationOf(context);
      const outside =
        context.question.target?.includes(INTERNET.interface) || (address !== undefined && isPublic(address));
      return outside ? `${resource} is no way to the internet: gateways of the peer are out of reach` : undefined;
    },
  ),
  trapOf(
    { code: 'aws-peering-not-active' },
    {
      code: 'peering-not-active',
      severity: 'high',
      title: 'The peering connection is not active',
      why: 'It was never accepted, or one side deleted it; routes and rules stay.',
      fix: 'Accept or recreate it.',
      source: `${PEER}vpc-peering-routing.html`,
    },
    ({ resource }) => `${resource} is not active`,
  ),
  trapOf(
    { code: '', leg: 'return' },
    {
      code: 'peering-wrong-return-vpc',
      severity: 'high',
      title: 'The reply goes to another VPC',
      why: 'Two peers use the same addresses: the table can send replies to only one of them.',
      fix: 'Add more specific routes for one of the peers, or renumber it.',
      source: `${PEER}peering-configurations-partial-access.html`,
    },
    ({ code, resource }, { answer }) =>
      ['reply-to-wrong-host', 'aws-peering-not-transitive', 'aws-no-such-address', 'no-session'].includes(code) &&
      ways(answer.forward.hops) !== ways(answer.return.hops)
        ? `the reply takes ${ways(answer.return.hops)}, the request came by ${ways(answer.forward.hops)} (${resource})`
        : undefined,
  ),
  trapOf(
    { code: 'aws-source-dest-check' },
    {
      code: 'src-dst-check-on',
      severity: 'high',
      title: 'The appliance still checks source and destination',
      why: 'The check is on by default.',
      fix: "Disable it on the appliance's interface.",
      source: `${UG}VPC_NAT_Instance.html`,
    },
    ({ resource }) => `${resource} drops what is not addressed to it`,
  ),
  trapOf(
    { code: 'aws-tgw-az-not-attached' },
    {
      code: 'tgw-az-not-attached',
      severity: 'high',
      title: 'No attachment subnet in this zone',
      why: 'A host reaches the transit gateway only in its own zone.',
      fix: 'Add a subnet of the zone to the attachment.',
      source: `${TGW}tgw-vpc-attachments.html`,
    },
    ({ resource }) => `${resource} has no subnet in the host's zone`,
  ),
  trapOf(
    { code: 'aws-tgw-no-route' },
    {
      code: 'tgw-route-missing',
      severity: 'high',
      title: 'The associated table has no route',
      why: 'Association chooses the table, propagation fills it: both are needed, for each leg.',
      fix: 'Propagate or add a static route.',
      source: `${TGW}how-transit-gateways-work.html`,
    },
    ({ resource }) => `${resource}, the table associated with the sender's attachment, has no route`,
  ),
  trapOf(
    { code: 'aws-tgw-no-association' },
    {
      code: 'tgw-no-association',
      severity: 'high',
      title: 'The attachment has no route table',
      why: 'Propagation alone does not route what comes from an attachment.',
      fix: 'Associate it.',
      source: `${TGW}how-transit-gateways-work.html`,
    },
    ({ resource }) => `${resource} is associated with no table`,
  ),
  trapOf(
    { code: 'aws-tgw-blackhole' },
    {
      code: 'tgw-blackhole',
      severity: 'high',
      title: 'Transit gateway blackhole',
      why: 'The longest match wins even if it drops.',
      fix: 'Remove the blackhole.',
      source: `${TGW}how-transit-gateways-work.html`,
    },
    ({ resource }) => `${resource} has a blackhole route for this`,
  ),
  trapOf(
    { code: 'aws-tgw-no-route' },
    {
      code: 'tgw-peering-static-missing',
      severity: 'high',
      title: 'Peering between transit gateways needs static routes',
      why: 'Nothing is propagated over a peering attachment: each gateway needs a static route to the ranges behind the other.',
      fix: 'Add a static route to the peering attachment.',
      source: `${TGW}tgw-peering.html`,
    },
    ({ resource, leg }, { question }, { estate }) => {
      const table = estate.inventory.get('TransitGatewayRouteTables', resource);
      const gateway = text(table?.record ?? {}, 'TransitGatewayId');
      const peering = estate.inventory
        .all('TransitGatewayAttachments')
        .find(
          ({ record }) => text(record, 'ResourceType') === 'peering' && text(record, 'TransitGatewayId') === gateway,
        );
      const [far] = leg === 'forward' ? question.dstAddresses : question.srcAddresses;
      const behind = estate.inventory
        .all('TransitGatewayVpcAttachments')
        .find(
          ({ record }) =>
            text(record, 'TransitGatewayId') !== gateway &&
            far !== undefined &&
            contains(estate.vpcs.get(text(record, 'VpcId') ?? '')?.cidrs ?? [], far[0]),
        );
      return peering === undefined || behind === undefined
        ? undefined
        : `${resource} has no static route to ${peering.id}, behind which the address is`;
    },
  ),
];

/** The peering that the hops take, as text. */
function ways(
  hops: readonly { readonly resource: string; readonly steps: readonly { readonly message: string }[] }[],
): string {
  const named = hops.flatMap(({ resource, steps }) => [
    resource,
    ...steps.map(({ message }) => /-> (pcx-[\w-]+)/.exec(message)?.[1] ?? ''),
  ]);
  return named.find((one) => one.startsWith('pcx-')) ?? 'another way';
}
