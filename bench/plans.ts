/**
 * Terraform plans that change one thing of a made-up AWS estate, as `terraform show -json` prints them. Reads the estate's
 * files for the ids, so the plans fit whatever was written. Knows nothing of netaudit.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

type Json = Readonly<Record<string, unknown>>;

/** By what they change: the text of a plan. */
export function plansFor(folder: string): Readonly<Record<string, string>> {
  const all = (file: string, key: string): Json[] =>
    globSync(join(folder, '*', '*', `${file}.json`))
      .sort()
      .flatMap((path) => (JSON.parse(readFileSync(path, 'utf8')) as Readonly<Record<string, Json[]>>)[key] ?? []);
  const tables = all('transit-gateway-route-tables', 'TransitGatewayRouteTables').map(
    (table) => table['TransitGatewayRouteTableId'],
  );
  const attached = new Set(
    all('transit-gateway-vpc-attachments', 'TransitGatewayVpcAttachments').map((one) => one['VpcId']),
  );
  // One of the networks that are joined to others.
  const here = (one: Json) => attached.has(one['VpcId']);
  const group = all('security-groups', 'SecurityGroups').findLast(here);
  const acl = all('network-acls', 'NetworkAcls').find(here);
  const subnet = all('subnets', 'Subnets').find(here);
  return {
    'a rule of a group': planOf('aws_vpc_security_group_ingress_rule', {
      security_group_id: group?.['GroupId'],
      cidr_ipv4: '10.0.0.0/8',
      ip_protocol: 'tcp',
      from_port: 5433,
      to_port: 5433,
    }),
    'an entry of a network ACL': planOf('aws_network_acl_rule', {
      network_acl_id: acl?.['NetworkAclId'],
      rule_number: 50,
      egress: false,
      protocol: '6',
      rule_action: 'deny',
      cidr_block: '0.0.0.0/0',
      from_port: 22,
      to_port: 22,
    }),
    'a machine': planOf('aws_instance', {
      subnet_id: subnet?.['SubnetId'],
      vpc_security_group_ids: [group?.['GroupId']],
      private_ip: String(subnet?.['CidrBlock']).replace(/\d+\/\d+$/, '250'),
      associate_public_ip_address: false,
    }),
    'a route of a transit gateway': planOf('aws_ec2_transit_gateway_route', {
      transit_gateway_route_table_id: tables[0],
      destination_cidr_block: String(subnet?.['CidrBlock']),
      blackhole: true,
    }),
  };
}

function planOf(type: string, after: Json): string {
  return JSON.stringify({
    format_version: '1.2',
    resource_changes: [
      {
        address: `${type}.new`,
        mode: 'managed',
        type,
        name: 'new',
        provider_name: 'registry.terraform.io/hashicorp/aws',
        change: { actions: ['create'], before: null, after, after_unknown: { id: true } },
      },
    ],
    configuration: { root_module: { resources: [] } },
  });
}
