/** Each trap fires where it is laid, and stays silent on a healthy connection. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { awsProvider } from '../../src/providers/aws/index.ts';
import { type Documents, type Json, VPC, reach } from './demo.ts';

interface Sample {
  readonly code: string;
  readonly src: string;
  readonly dst: string;
  readonly change?: (text: string) => string;
  readonly edit?: (document: Documents) => void;
  readonly route?: Json;
  readonly more?: Json | readonly Json[];
}

const peering = (status: string) => ({
  VpcPeeringConnections: [
    {
      VpcPeeringConnectionId: 'pcx-1',
      Status: { Code: status },
      RequesterVpcInfo: { VpcId: 'vpc-0a1b2c3d4e5f60718', CidrBlock: '10.20.0.0/16', OwnerId: '111122223333' },
      AccepterVpcInfo: { VpcId: 'vpc-2', CidrBlock: '10.30.0.0/16', OwnerId: '111122223333' },
    },
  ],
  Vpcs: [{ VpcId: 'vpc-2', CidrBlock: '10.30.0.0/16' }],
});
const toPeer = (cidr: string) => ({ DestinationCidrBlock: cidr, VpcPeeringConnectionId: 'pcx-1', State: 'active' });

const permission = (port: number, peer: Json): Json => ({
  IpProtocol: 'tcp',
  FromPort: port,
  ToPort: port,
  IpRanges: [],
  Ipv6Ranges: [],
  PrefixListIds: [],
  UserIdGroupPairs: [],
  ...peer,
});
const groupOf = (document: Documents, name: string) =>
  document.SecurityGroups?.find((group) => group.GroupName === name);
const twoLists = {
  PrefixLists: ['pl-1', 'pl-2'].map((PrefixListId) => ({
    PrefixListId,
    PrefixListName: PrefixListId,
    AddressFamily: 'IPv4',
    State: 'create-complete',
  })),
};
/** A second VPC with a machine that carries a group of its own. */
const otherVpc = (more: Json = {}): Json => ({
  Vpcs: [{ VpcId: 'vpc-2', CidrBlock: '10.30.0.0/16' }],
  Subnets: [{ SubnetId: 'subnet-2', VpcId: 'vpc-2', CidrBlock: '10.30.1.0/24', AvailabilityZone: 'eu-central-1a' }],
  SecurityGroups: [
    {
      GroupId: 'sg-2',
      GroupName: 'other',
      VpcId: 'vpc-2',
      IpPermissions: [permission(80, { UserIdGroupPairs: [{ GroupId: 'sg-03db0000000000003' }] })],
      IpPermissionsEgress: [permission(0, { IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] })],
    },
  ],
  NetworkInterfaces: [
    {
      NetworkInterfaceId: 'eni-2',
      SubnetId: 'subnet-2',
      VpcId: 'vpc-2',
      PrivateIpAddress: '10.30.1.5',
      Groups: [{ GroupId: 'sg-2', GroupName: 'other' }],
    },
  ],
  RouteTables: [
    {
      RouteTableId: 'rtb-2',
      VpcId: 'vpc-2',
      Associations: [{ Main: true }],
      Routes: [
        { DestinationCidrBlock: '10.30.0.0/16', GatewayId: 'local', State: 'active' },
        { DestinationCidrBlock: '10.20.0.0/16', VpcPeeringConnectionId: 'pcx-1', State: 'active' },
      ],
    },
  ],
  NetworkAcls: [
    {
      NetworkAclId: 'acl-2',
      VpcId: 'vpc-2',
      IsDefault: true,
      Associations: [],
      Entries: [true, false].map((Egress) => ({
        Egress,
        RuleNumber: 100,
        RuleAction: 'allow',
        Protocol: '-1',
        CidrBlock: '0.0.0.0/0',
      })),
    },
  ],
  ...more,
});

const SAMPLES: readonly Sample[] = [
  { code: 'sg-no-matching-rule', src: 'web-1', dst: 'db-1:5432' },
  {
    code: 'sg-default-group-used',
    src: 'internet',
    dst: 'web-1:443',
    change: (text) => text.replaceAll('"GroupName": "web"', '"GroupName": "default"'),
  },
  {
    code: 'sg-open-to-world',
    src: 'internet',
    dst: 'web-1:443',
    edit: (document) =>
      groupOf(document, 'web')?.IpPermissions.push(
        permission(22, { IpRanges: [{ CidrIp: '0.0.0.0/1' }, { CidrIp: '128.0.0.0/1' }] }),
      ),
  },
  {
    code: 'sg-reference-stale',
    src: 'web-1',
    dst: 'db-1:5432',
    edit: (document) =>
      groupOf(document, 'database')?.IpPermissions.push(
        permission(5432, { UserIdGroupPairs: [{ GroupId: 'sg-gone', PeeringStatus: 'deleted' }] }),
      ),
  },
  {
    code: 'sg-reference-across-unpeered-vpc',
    src: 'db-1',
    dst: 'eni-2:80',
    route: toPeer('10.30.0.0/16'),
    more: otherVpc({
      VpcPeeringConnections: [
        {
          VpcPeeringConnectionId: 'pcx-1',
          Status: { Code: 'active' },
          RequesterVpcInfo: { VpcId: VPC, CidrBlock: '10.20.0.0/16', Region: 'eu-central-1' },
          AccepterVpcInfo: { VpcId: 'vpc-2', CidrBlock: '10.30.0.0/16', Region: 'eu-west-1' },
        },
      ],
    }),
  },
  {
    code: 'sg-reference-after-nat',
    src: 'db-1',
    dst: 'app-1:8080',
    route: { DestinationCidrBlock: '10.20.1.0/24', NatGatewayId: 'nat-0a1b2c3d4e5f60718', State: 'active' },
    edit: (document) => {
      for (const { Entries } of document.NetworkAcls ?? [])
        Entries.push({ RuleNumber: 1, Egress: true, RuleAction: 'allow', CidrBlock: '0.0.0.0/0', Protocol: '-1' });
      groupOf(document, 'app')?.IpPermissions.push(
        permission(8080, { UserIdGroupPairs: [{ GroupId: 'sg-03db0000000000003' }] }),
      );
    },
  },
  {
    code: 'nacl-not-applied-within-subnet',
    src: 'web-1',
    dst: 'eni-neighbour:443',
    more: {
      NetworkInterfaces: [
        {
          NetworkInterfaceId: 'eni-neighbour',
          SubnetId: 'subnet-0a11111111111111a',
          VpcId: VPC,
          PrivateIpAddress: '10.20.0.11',
          Groups: [{ GroupId: 'sg-01eb0000000000001', GroupName: 'web' }],
        },
      ],
    },
    edit: (document) =>
      document.NetworkAcls?.[0]?.Entries.push({
        RuleNumber: 50,
        Egress: false,
        RuleAction: 'deny',
        CidrBlock: '10.20.0.0/24',
        Protocol: '-1',
      }),
  },
  {
    code: 'nacl-rule-order',
    src: 'app-1',
    dst: 'db-1:5432',
    edit: (document) =>
      document.NetworkAcls?.[1]?.Entries.push({
        RuleNumber: 50,
        Egress: false,
        RuleAction: 'deny',
        CidrBlock: '10.20.0.0/16',
        Protocol: '-1',
      }),
  },
  {
    code: 'route-missing-forward',
    src: 'db-1',
    dst: '203.0.113.5:443',
    edit: (document) => {
      if (document.RouteTables !== undefined) document.RouteTables[1]!.Routes.splice(1);
    },
  },
  {
    code: 'route-half-default',
    src: 'db-1',
    dst: '203.0.113.5:443',
    edit: (document) => {
      document.RouteTables?.[1]?.Routes.splice(1, 9, {
        DestinationCidrBlock: '0.0.0.0/1',
        NatGatewayId: 'nat-0a1b2c3d4e5f60718',
        State: 'active',
      });
    },
  },
  {
    code: 'route-more-specific-shadow',
    src: 'db-1',
    dst: '203.0.113.5:443',
    route: { DestinationCidrBlock: '203.0.113.0/24', NatGatewayId: 'nat-gone', State: 'blackhole' },
  },
  {
    code: 'route-propagated-overlap',
    src: 'db-1',
    dst: '192.168.1.1:443',
    edit: (document) =>
      document.RouteTables?.[1]?.Routes.push(
        { DestinationCidrBlock: '192.168.0.0/16', GatewayId: 'igw-0a1b2c3d4e5f60718', State: 'active' },
        {
          DestinationCidrBlock: '192.168.1.0/24',
          GatewayId: 'vgw-1',
          Origin: 'EnableVgwRoutePropagation',
          State: 'active',
        },
      ),
  },
  {
    code: 'route-prefix-list-overlap',
    src: 'db-1',
    dst: '192.168.1.1:443',
    more: [
      twoLists,
      ...['pl-1', 'pl-2'].map((PrefixListId) => ({
        $request: { PrefixListId },
        Entries: [{ Cidr: '192.168.0.0/16' }],
      })),
    ],
    edit: (document) =>
      document.RouteTables?.[1]?.Routes.push(
        { DestinationPrefixListId: 'pl-1', GatewayId: 'igw-0a1b2c3d4e5f60718', State: 'active' },
        { DestinationPrefixListId: 'pl-2', NatGatewayId: 'nat-0a1b2c3d4e5f60718', State: 'active' },
      ),
  },
  {
    code: 'route-main-table-fallback',
    src: 'db-1',
    dst: '192.168.1.1:443',
    edit: (document) => {
      const table = document.RouteTables?.[1];
      if (table === undefined) return;
      table.Associations.splice(0, 9, { Main: true, RouteTableId: 'rtb-0bbb111122223333b' });
      table.Routes.splice(1);
    },
  },
  {
    code: 'nat-in-private-subnet',
    src: 'db-1',
    dst: '203.0.113.5:443',
    edit: (document) => {
      if (document.RouteTables !== undefined) document.RouteTables[0]!.Routes.splice(1);
    },
  },
  {
    code: 'nat-private-to-igw',
    src: 'db-1',
    dst: '203.0.113.5:443',
    edit: ({ NatGateways: [nat] = [] }) => {
      if (nat === undefined) return;
      nat['ConnectivityType'] = 'private';
      for (const address of nat['NatGatewayAddresses'] as Json[]) delete address['PublicIp'];
    },
  },
  {
    code: 'igw-edge-route',
    src: 'internet',
    dst: 'web-1:443',
    more: {
      RouteTables: [
        {
          RouteTableId: 'rtb-edge',
          VpcId: VPC,
          Associations: [{ GatewayId: 'igw-0a1b2c3d4e5f60718', Main: false }],
          Routes: [
            { DestinationCidrBlock: '10.20.0.0/16', GatewayId: 'local', State: 'active' },
            { DestinationCidrBlock: '10.20.0.0/24', NetworkInterfaceId: 'eni-0b22222222222222b', State: 'active' },
          ],
        },
      ],
    },
  },
  {
    code: 'peering-edge-to-edge',
    src: 'db-1',
    dst: '203.0.113.5:443',
    route: toPeer('203.0.113.0/24'),
    more: peering('active'),
  },
  {
    code: 'vpc-cidr-overlap',
    src: 'db-1',
    dst: 'eni-2:80',
    more: otherVpc({
      Vpcs: [{ VpcId: 'vpc-2', CidrBlock: '10.20.0.0/16' }],
      NetworkInterfaces: [
        {
          NetworkInterfaceId: 'eni-2',
          SubnetId: 'subnet-2',
          VpcId: 'vpc-2',
          PrivateIpAddress: '10.20.200.5',
          Groups: [{ GroupId: 'sg-2' }],
        },
      ],
    }),
  },
  {
    code: 'unknown-prefix-list',
    src: 'db-1',
    dst: '203.0.113.5:443',
    route: { DestinationPrefixListId: 'pl-1', GatewayId: 'igw-0a1b2c3d4e5f60718', State: 'active' },
    more: twoLists,
  },
  { code: 'nacl-stateless-return', src: 'app-1', dst: 'db-1:5432' },
  { code: 'nacl-ephemeral-range-too-narrow', src: 'app-1', dst: 'db-1:5432' },
  {
    code: 'nacl-custom-default-deny',
    src: 'app-1',
    dst: 'db-1:5432',
    change: (text) => text.replaceAll('"RuleAction": "allow"', '"RuleAction": "deny"'),
  },
  {
    code: 'nacl-rule-order',
    src: 'app-1',
    dst: 'db-1:5432',
    change: (text) => text.replaceAll('"RuleAction": "allow"', '"RuleAction": "deny"'),
  },
  { code: 'sg-tcp-only', src: 'internet', dst: 'web-1:443/udp' },
  {
    code: 'sg-egress-blocks',
    src: 'web-1',
    dst: 'app-1:8080',
    change: (text) => text.replaceAll('"IpPermissionsEgress"', '"IpPermissionsEgress": [], "Old"'),
  },
  {
    code: 'sg-reference-public-ip',
    src: 'db-1',
    dst: '198.51.100.10:443',
    change: (text) =>
      text.includes('"NetworkInterfaces": [\n    {')
        ? text.replace('sg-01eb0000000000001', 'sg-02aa0000000000002')
        : text,
  },
  {
    code: 'route-blackhole',
    src: 'db-1',
    dst: '192.168.1.1:443',
    route: { DestinationCidrBlock: '192.168.0.0/16', NatGatewayId: 'nat-gone', State: 'blackhole' },
  },
  {
    code: 'peering-not-active',
    src: 'db-1',
    dst: '10.30.0.1:443',
    route: toPeer('10.30.0.0/16'),
    more: peering('pending-acceptance'),
  },
  {
    code: 'peering-not-transitive',
    src: 'db-1',
    dst: '10.40.0.1:443',
    route: toPeer('10.40.0.0/16'),
    more: peering('active'),
  },
  {
    code: 'src-dst-check-on',
    src: 'db-1',
    dst: '10.40.0.1:443',
    route: { DestinationCidrBlock: '10.40.0.0/16', NetworkInterfaceId: 'eni-0b22222222222222b', State: 'active' },
    change: (text) =>
      text.replace(
        '"IpProtocol": "tcp",\n          "IpRanges": [],\n          "Ipv6Ranges": [],\n          "PrefixListIds": [],\n          "UserIdGroupPairs": [\n            {\n              "GroupId": "sg-01eb',
        '"IpProtocol": "-1",\n          "IpRanges": [{ "CidrIp": "0.0.0.0/0" }],\n          "Ipv6Ranges": [],\n          "PrefixListIds": [],\n          "UserIdGroupPairs": [\n            {\n              "GroupId": "sg-01eb',
      ),
  },
  { code: 'nat-unsolicited-inbound', src: 'internet', dst: '198.51.100.20:443' },
  { code: 'igw-route-without-public-ip', src: 'app-1', dst: '203.0.113.5:443' },
  {
    code: 'bpa-blocks-internet',
    src: 'internet',
    dst: 'web-1:443',
    more: { VpcBlockPublicAccessOptions: { InternetGatewayBlockMode: 'block-bidirectional' } },
  },
  {
    code: 'public-ip-without-igw-route',
    src: 'internet',
    dst: 'web-1:443',
    change: (text) =>
      text.replace(
        '"DestinationCidrBlock": "0.0.0.0/0",\n          "GatewayId": "igw',
        '"DestinationCidrBlock": "192.0.2.0/24",\n          "GatewayId": "igx',
      ),
  },
  { code: 'nacl-icmp-reply', src: 'web-1', dst: 'db-1:icmp' },
  {
    code: 'nacl-udp-return',
    src: 'app-1',
    dst: 'db-1:53/udp',
    change: (text) => text.replaceAll('"From": 49152', '"From": 1024'),
  },
  {
    code: 'sg-icmp-type-as-port',
    src: 'internet',
    dst: 'web-1:icmp',
    change: (text) =>
      text
        .replace(
          /"IpProtocol": "tcp",(\s+)"IpRanges": \[\s+\{\s+"CidrIp": "0\.0\.0\.0\/0"/,
          '"IpProtocol": "icmp",$1"IpRanges": [{ "CidrIp": "0.0.0.0/0"',
        )
        .replace('"FromPort": 443', '"FromPort": 0')
        .replace('"ToPort": 443', '"ToPort": 0'),
  },
  {
    code: 'nat-unsupported-protocol',
    src: 'db-1',
    dst: '203.0.113.5:esp',
    change: (text) => text.replaceAll('"Protocol": "6"', '"Protocol": "-1"'),
  },
  {
    code: 'nat-not-available',
    src: 'db-1',
    dst: '203.0.113.5:443',
    change: (text) => (text.includes('NatGateways') ? text.replace('"State": "available"', '"State": "failed"') : text),
  },
  {
    code: 'igw-detached',
    src: 'web-1',
    dst: '203.0.113.5:443',
    change: (text) =>
      text.replace('"State": "available",\n          "VpcId"', '"State": "available",\n          "Old"'),
  },
  { code: 'link-local-always-open', src: 'db-1', dst: '169.254.169.254:80' },
];

test.each(SAMPLES)('$code', async ({ code, src, dst, change, edit, route, more }) => {
  const answer = await reach(route, more ?? {}, src, dst, change, edit);
  expect(answer.gotchas.map((gotcha) => gotcha.code)).toContain(code);
  const gotcha = answer.gotchas.find((one) => one.code === code);
  expect(gotcha?.source).toMatch(/^https:\/\/docs\.aws\.amazon\.com\//);
  const healthy = await reach(undefined, {}, 'internet', 'web-1:443');
  expect(healthy.verdict).toBe('reachable');
  expect(healthy.gotchas).toEqual([]);
});

test('every trap fires somewhere: here, or in a case of its own', () => {
  const root = fileURLToPath(new URL('../../fixtures/cases', import.meta.url));
  const inCases = readdirSync(root).flatMap((name) => {
    const file = join(root, name, 'case.json');
    if (!existsSync(file)) return [];
    const { queries } = JSON.parse(readFileSync(file, 'utf8')) as { queries: { gotchas?: string[] }[] };
    return queries.flatMap((query) => query.gotchas ?? []);
  });
  const laid = new Set([...SAMPLES.map(({ code }) => code), ...inCases]);
  const traps = awsProvider.codes.filter(({ kind }) => kind === 'gotcha').map(({ code }) => code);
  expect(traps.length).toBeGreaterThan(70);
  expect(traps.filter((code) => !laid.has(code))).toEqual([]);
});
