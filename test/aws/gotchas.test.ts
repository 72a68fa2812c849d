/** Each trap fires where it is laid, and stays silent on a healthy connection. */
import { expect, test } from 'vitest';
import { type Json, reach } from './demo.ts';

interface Sample {
  readonly code: string;
  readonly src: string;
  readonly dst: string;
  readonly change?: (text: string) => string;
  readonly route?: Json;
  readonly more?: Json;
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

const SAMPLES: readonly Sample[] = [
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

test.each(SAMPLES)('$code', async ({ code, src, dst, change, route, more }) => {
  const answer = await reach(route, more ?? {}, src, dst, change);
  expect(answer.gotchas.map((gotcha) => gotcha.code)).toContain(code);
  const gotcha = answer.gotchas.find((one) => one.code === code);
  expect(gotcha?.source).toMatch(/^https:\/\/docs\.aws\.amazon\.com\//);
  const healthy = await reach(undefined, {}, 'internet', 'web-1:443');
  expect(healthy.verdict).toBe('reachable');
  expect(healthy.gotchas).toEqual([]);
});
