/**
 * Ways out of a VPC: internet gateways, egress-only ones, NAT gateways, and public access that is blocked for the account.
 * Sources: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/internet_gateway, .../nat_gateway,
 * .../vpc_block_public_access_options
 */
import type { Family } from '../family.ts';
import { partOf } from '../kinds.ts';
import type { Resource, Side } from '../side.ts';
import { type Json, block, filled, text, texts } from '../values.ts';
import { tags, vpcOfSubnet } from './common.ts';
import { elasticAddress } from './elastic-address.ts';
import { defaultGatewayOf } from './route-table.ts';
import { subnet4 } from './vpc.ts';

export const gatewayFamily: Family = {
  types: [
    'aws_internet_gateway',
    'aws_internet_gateway_attachment',
    'aws_egress_only_internet_gateway',
    'aws_nat_gateway',
    'aws_vpc_block_public_access_options',
    'aws_vpc_block_public_access_exclusion',
  ],
  ids: { aws_internet_gateway: (_, address) => `igw-${address}` },
  read: (side) => [
    ...withoutGone(side),
    {
      kind: 'InternetGateways',
      records: [
        ...side.all('aws_internet_gateway').flatMap((one) => internetGateways(side, one)),
        ...ofDefaultVpcs(side),
      ],
    },
    {
      kind: 'EgressOnlyInternetGateways',
      records: side.managed('aws_egress_only_internet_gateway').map(({ id, values }) => ({
        EgressOnlyInternetGatewayId: id,
        Attachments: [{ VpcId: text(values, 'vpc_id'), State: 'attached' }],
        Tags: tags(values),
      })),
    },
    { kind: 'NatGateways', records: side.managed('aws_nat_gateway').map((one) => natGateway(side, one)) },
    ...blockedAccess(side),
  ],
};

/** The interface of a NAT gateway goes with it. */
function withoutGone(side: Side): [] {
  for (const { values } of side.absent('aws_nat_gateway')) {
    const eni = text(values, 'network_interface_id');
    if (eni !== undefined) side.amended.add(eni);
  }
  return [];
}

function internetGateways(side: Side, { id, instance, values, existing }: Resource): Json[] {
  const attached = side
    .naming('aws_internet_gateway_attachment', 'internet_gateway_id', id)
    .map((one) => text(one.values, 'vpc_id'));
  const isPlanned = side
    .either('aws_internet_gateway_attachment')
    .some((one) => text(one.values, 'internet_gateway_id') === id);
  if (existing !== undefined && !isPlanned) return [];
  const own = existing === undefined ? text(values, 'vpc_id') : undefined;
  const vpc = own ?? attached[0] ?? text(block(values, 'attachments'), 'vpc_id');
  if (instance.mode === 'data' && vpc === undefined) return [];
  if (existing !== undefined) side.amended.add(id);
  return [
    {
      ...existing,
      InternetGatewayId: id,
      Attachments: vpc === undefined ? [] : [{ VpcId: vpc, State: 'available' }],
      OwnerId: text(values, 'owner_id'),
      Tags: tags(values),
    },
  ];
}

/** A default VPC comes with one. */
function ofDefaultVpcs(side: Side): Json[] {
  const attached = new Set(side.all('aws_internet_gateway').map(({ values }) => text(values, 'vpc_id')));
  return side
    .managed('aws_default_vpc')
    .filter(({ id }) => !attached.has(id))
    .map((vpc) => ({ InternetGatewayId: defaultGatewayOf(vpc), Attachments: [{ VpcId: vpc.id, State: 'available' }] }));
}

function natGateway(side: Side, nat: Resource): Json {
  const { id, values } = nat;
  const subnet = text(values, 'subnet_id');
  const isPublic = (text(values, 'connectivity_type') ?? 'public') === 'public';
  const allocations = [text(values, 'allocation_id'), ...texts(values, 'secondary_allocation_ids')];
  const isRegional = text(values, 'availability_mode') === 'regional';
  const addresses = (allocations.length === 0 ? [undefined] : allocations).map((allocation, i) => {
    const outside = isPublic
      ? ((i === 0 ? text(values, 'public_ip') : undefined) ??
        elasticAddress(side, allocation) ??
        side.madeUp.public(partOf(id, `address${i}`)))
      : undefined;
    const inside = i === 0 ? text(values, 'private_ip') : texts(values, 'secondary_private_ip_addresses')[i - 1];
    side.madeUp.use(subnet ?? '', inside);
    return filled({
      NetworkInterfaceId:
        (i === 0 ? text(values, 'network_interface_id') : undefined) ?? partOf(id, `eni${i === 0 ? '' : i}`),
      PrivateIp: inside ?? side.madeUp.private(partOf(id, `eni${i}`), subnet ?? '', subnet4(side, side.get(subnet))),
      PublicIp: outside,
    });
  });
  return filled({
    NatGatewayId: id,
    SubnetId: subnet,
    VpcId: text(values, 'vpc_id') ?? vpcOfSubnet(side, subnet),
    State: 'available',
    ConnectivityType: isPublic ? 'public' : 'private',
    AvailabilityMode: isRegional ? 'regional' : undefined,
    NatGatewayAddresses: addresses,
    Tags: tags(values),
  });
}

function blockedAccess(side: Side) {
  const [options] = side.managed('aws_vpc_block_public_access_options');
  const exclusions = side.managed('aws_vpc_block_public_access_exclusion');
  return [
    {
      kind: 'VpcBlockPublicAccessOptions',
      records:
        options === undefined
          ? []
          : [
              {
                InternetGatewayBlockMode: text(options.values, 'internet_gateway_block_mode'),
                State: 'update-complete',
              },
            ],
    },
    {
      kind: 'VpcBlockPublicAccessExclusions',
      records: exclusions.map(({ id, values }) => ({
        ExclusionId: id,
        InternetGatewayExclusionMode: text(values, 'internet_gateway_exclusion_mode'),
        ResourceArn: arnOf(text(values, 'vpc_id'), 'vpc') ?? arnOf(text(values, 'subnet_id'), 'subnet'),
        State: 'create-complete',
      })),
    },
  ];
}

function arnOf(id: string | undefined, kind: string): string | undefined {
  return id === undefined ? undefined : `arn:aws:ec2:::${kind}/${id}`;
}
