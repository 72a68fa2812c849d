/** What the families of AWS resource types share: tags, and what a VPC brings along. */
import { partOf } from '../kinds.ts';
import type { Resource, Side } from '../side.ts';
import { type Json, type Values, isObject, text } from '../values.ts';

export function tags(values: Values): Json[] {
  const found = values['tags_all'] ?? values['tags'];
  if (!isObject(found)) return [];
  return Object.entries(found).flatMap(([Key, Value]) => (typeof Value === 'string' ? [{ Key, Value }] : []));
}

/** VPCs that Terraform made, adopted, looked up, or that the snapshot holds. */
export function vpcsOf(side: Side): readonly Resource[] {
  return side.all('aws_vpc', 'aws_default_vpc');
}

/** VPCs whose default group, ACL and table are known to be as the cloud makes them, unless a resource adopts them. */
export function madeVpcsOf(side: Side): readonly Resource[] {
  return vpcsOf(side).filter(({ instance }) => instance.mode === 'managed');
}

export function subnetsOf(side: Side): readonly Resource[] {
  return side.all('aws_subnet', 'aws_default_subnet');
}

/** The id of what a VPC gets by itself: "default_security_group_id". */
export function broughtBy(vpc: Resource, key: string): string {
  return text(vpc.values, key) ?? partOf(vpc.id, key.replace(/_id$/, ''));
}

/** The VPC of a subnet, as far as it is known. */
export function vpcOfSubnet(side: Side, subnet: string | undefined): string | undefined {
  return text(side.get(subnet)?.values, 'vpc_id');
}
