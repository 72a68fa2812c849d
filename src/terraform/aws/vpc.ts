/**
 * VPCs and subnets. IPv6 ranges that the cloud will choose are made up; the default VPC's range and subnets are those that
 * every account begins with.
 * Sources: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/vpc,
 * https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html
 */
import type { Family } from '../family.ts';
import type { Resource, Side } from '../side.ts';
import { type Json, blocks, flag, text, unknownIn } from '../values.ts';
import { subnetsOf, tags, vpcsOf } from './common.ts';

export const vpcFamily: Family = {
  types: [
    'aws_vpc',
    'aws_default_vpc',
    'aws_subnet',
    'aws_default_subnet',
    'aws_vpc_ipv4_cidr_block_association',
    'aws_vpc_ipv6_cidr_block_association',
  ],
  read: (side) => [
    { kind: 'Vpcs', records: vpcsOf(side).flatMap((vpc) => vpcOf(side, vpc)) },
    {
      kind: 'Subnets',
      records: subnetsOf(side).flatMap((subnet) => (subnet.existing ? [] : [subnetOf(side, subnet)])),
    },
  ],
};

const DEFAULT_VPC = '172.31.0.0/16';

function vpcOf(side: Side, vpc: Resource): Json[] {
  const { id, values, existing } = vpc;
  const more = side
    .naming('aws_vpc_ipv4_cidr_block_association', 'vpc_id', id)
    .flatMap((one) => text(one.values, 'cidr_block') ?? [])
    .map((CidrBlock) => ({ CidrBlock, CidrBlockState: { State: 'associated' } }));
  if (existing !== undefined) return amended(side, vpc, existing, more);
  return [
    {
      VpcId: id,
      CidrBlock: text(values, 'cidr_block') ?? (vpc.instance.type === 'aws_default_vpc' ? DEFAULT_VPC : undefined),
      CidrBlockAssociationSet: more,
      Ipv6CidrBlockAssociationSet: sixes(vpc6(side, vpc)),
      OwnerId: text(values, 'owner_id'),
      Tags: tags(values),
    },
  ];
}

/** A VPC of the snapshot with the ranges that the plan gives it, and without those that it takes away. */
function amended(side: Side, vpc: Resource, existing: Json, more: readonly Json[]): Json[] {
  const [V4, V6] = ['aws_vpc_ipv4_cidr_block_association', 'aws_vpc_ipv6_cidr_block_association'];
  const planned = (type: string, key: string) => {
    const mine = side.either(type).filter((one) => text(one.values, 'vpc_id') === vpc.id);
    return { any: mine.length > 0, ranges: new Set(mine.map((one) => text(one.values, key))) };
  };
  const [four, six] = [planned(V4, 'cidr_block'), planned(V6, 'ipv6_cidr_block')];
  if (!four.any && !six.any) return [];
  side.amended.add(vpc.id);
  const kept = (field: string, key: string, ranges: ReadonlySet<string | undefined>) =>
    blocks(existing, field).filter((one) => !ranges.has(text(one, key)));
  const asked = side.naming(V6, 'vpc_id', vpc.id);
  const range6 = asked.length === 0 ? undefined : vpc6(side, { ...vpc, values: { vpc_id: vpc.id } });
  return [
    {
      ...existing,
      CidrBlockAssociationSet: [...kept('CidrBlockAssociationSet', 'CidrBlock', four.ranges), ...more],
      Ipv6CidrBlockAssociationSet: [
        ...kept('Ipv6CidrBlockAssociationSet', 'Ipv6CidrBlock', six.ranges),
        ...sixes(range6),
      ],
    },
  ];
}

/** The IPv6 range of a VPC: written, or the cloud's choice. */
function vpc6(side: Side, vpc: Resource): string | undefined {
  const written = text(vpc.values, 'ipv6_cidr_block');
  if (written !== undefined && unknownIn(written) === undefined) return written;
  const more = side.naming('aws_vpc_ipv6_cidr_block_association', 'vpc_id', vpc.id);
  const own = more.map((one) => text(one.values, 'ipv6_cidr_block')).find((one) => one !== undefined);
  if (own !== undefined && unknownIn(own) === undefined) return own;
  const isAsked = flag(vpc.values, 'assign_generated_ipv6_cidr_block') === true || more.length > 0;
  return isAsked ? side.madeUp.network6(vpc.id) : written;
}

/** The IPv6 range of a subnet: written, or a part of its VPC's. */
export function subnet6(side: Side, subnet: Resource | undefined): string | undefined {
  const written = text(subnet?.values, 'ipv6_cidr_block');
  if (subnet === undefined || written === undefined || unknownIn(written) === undefined) return written;
  const vpc = side.get(text(subnet.values, 'vpc_id'));
  const range = vpc === undefined ? undefined : vpc6(side, vpc);
  return range === undefined ? written : (side.madeUp.subnet6(subnet.id, range) ?? written);
}

/** The IPv4 range of a subnet. Default subnets are /20 parts of the default VPC's range, in the order of their zones. */
export function subnet4(side: Side, subnet: Resource | undefined): string | undefined {
  const written = text(subnet?.values, 'cidr_block');
  if (written !== undefined || subnet?.instance.type !== 'aws_default_subnet') return written;
  const zones = side
    .all('aws_default_subnet')
    .map(({ values }) => text(values, 'availability_zone') ?? '')
    .sort();
  return `172.31.${16 * Math.max(0, zones.indexOf(text(subnet.values, 'availability_zone') ?? ''))}.0/20`;
}

function subnetOf(side: Side, subnet: Resource): Json {
  const { id, values } = subnet;
  const cidr = subnet4(side, subnet);
  if (cidr === undefined && flag(values, 'ipv6_native') !== true)
    side.lacks(`the range of ${subnet.instance.address}, known only after apply`, null);
  return {
    SubnetId: id,
    VpcId: text(values, 'vpc_id') ?? (subnet.instance.type === 'aws_default_subnet' ? defaultVpc(side) : undefined),
    CidrBlock: cidr,
    AvailabilityZone: text(values, 'availability_zone') ?? ownZone(side, subnet),
    MapPublicIpOnLaunch: flag(values, 'map_public_ip_on_launch') ?? subnet.instance.type === 'aws_default_subnet',
    Ipv6CidrBlockAssociationSet: sixes(subnet6(side, subnet)),
    OwnerId: text(values, 'owner_id'),
    Tags: tags(values),
  };
}

/** Where zones count, a subnet whose zone only apply will tell shares it with nobody that is known. */
function ownZone(side: Side, { id }: Resource): string | undefined {
  return side.all('aws_ec2_transit_gateway_vpc_attachment').length > 0 ? `zone of ${id}` : undefined;
}

function defaultVpc(side: Side): string | undefined {
  return side.all('aws_default_vpc')[0]?.id;
}

function sixes(cidr: string | undefined): Json[] {
  return cidr === undefined ? [] : [{ Ipv6CidrBlock: cidr, Ipv6CidrBlockState: { State: 'associated' } }];
}
