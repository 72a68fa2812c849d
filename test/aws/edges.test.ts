/** The ways out of a VPC that the demo network lacks: VPN, gateway endpoints, appliances, contested and missing targets. */
import { expect, test } from 'vitest';

import { VPC, reach } from './demo.ts';

const vgw = { VpnGateways: [{ VpnGatewayId: 'vgw-1', VpcAttachments: [{ VpcId: VPC, State: 'attached' }] }] };
const vpn = {
  ...vgw,
  VpnConnections: [
    {
      VpnConnectionId: 'vpn-1',
      VpnGatewayId: 'vgw-1',
      State: 'available',
      Routes: [{ DestinationCidrBlock: '192.168.0.0/16' }],
    },
  ],
};
const toOffice = { DestinationCidrBlock: '192.168.0.0/16', GatewayId: 'vgw-1', State: 'active' };
// The demo's data ACL is narrow on purpose; here it is not the point.
const open = (text: string) =>
  text
    .replaceAll('"From": 49152', '"From": 1024')
    .replaceAll('"From": 443,', '"From": 0,')
    .replaceAll('"To": 443\n', '"To": 65535\n');

test('a VPN carries both ways, on the assumption that the other side permits', async () => {
  const answer = await reach(toOffice, vpn, 'db-1', '192.168.7.7:443', open);
  expect(answer.verdict).toBe('reachable');
  expect(answer.assumptions.map((a) => a.code)).toContain('on-premises-permits');
  const back = await reach(toOffice, vpn, '192.168.7.7', 'db-1:5432', open);
  expect(back.verdict).toBe('unreachable');
  expect(back.blockers.map((b) => b.code)).toEqual(['aws-security-group-ingress']);
});

test('there is no transit from on-premises to the internet', async () => {
  expect((await reach(toOffice, vpn, '192.168.7.7', '203.0.113.5:443')).verdict).toBe('unreachable');
});

test('a gateway with nothing known behind it is undetermined, and says what to fetch', async () => {
  const answer = await reach(toOffice, vgw, 'db-1', '192.168.7.7:443', open);
  expect(answer.verdict).toBe('undetermined');
  expect(answer.missing[0]?.fetch).toContain('describe-vpn-connections');
});

const s3 = {
  PrefixLists: [{ PrefixListId: 'pl-s3', PrefixListName: 'com.amazonaws.eu-central-1.s3', Cidrs: ['52.219.0.0/16'] }],
  VpcEndpoints: [{ VpcEndpointId: 'vpce-1', VpcEndpointType: 'Gateway', VpcId: VPC, State: 'available' }],
};
const toS3 = { DestinationPrefixListId: 'pl-s3', GatewayId: 'vpce-1', State: 'active' };

test("a gateway endpoint takes the service's public addresses past the NAT gateway", async () => {
  const answer = await reach(toS3, s3, 'db-1', '52.219.1.1:443', open);
  expect(answer.verdict).toBe('reachable');
  expect(answer.forward.hops.at(-1)?.resource).toBe('vpce-1');
  const all = await reach(toS3, s3, 'db-1', 'internet:443', open);
  expect(all.blockers.map((b) => b.message)).toEqual([]);
  expect(all.verdict).toBe('reachable');
});

test('an endpoint list without entries decides only where it could matter', async () => {
  const unknown = { VpcEndpoints: s3.VpcEndpoints };
  expect((await reach(toS3, unknown, 'app-1', '10.20.10.10:5432', open)).verdict).toBe('reachable');
});

test('where a propagated route lies inside a static one, nobody can know', async () => {
  const propagated = {
    DestinationCidrBlock: '203.0.113.0/24',
    GatewayId: 'vgw-1',
    State: 'active',
    Origin: 'EnableVgwRoutePropagation',
  };
  const missing = {
    DestinationCidrBlock: '203.0.113.0/24',
    GatewayId: 'vgw-9',
    State: 'active',
    Origin: 'EnableVgwRoutePropagation',
  };
  const either = await reach(propagated, vpn, 'db-1', '203.0.113.5:443', open);
  expect(either.missing.concat(either.blockers.map((b) => ({ what: b.message, fetch: null })))).toEqual([]);
  expect(either.verdict).toBe('reachable');
  expect((await reach(missing, {}, 'db-1', '203.0.113.5:443', open)).verdict).toBe('undetermined');
});

test('targets that are not modelled yet are undetermined, never a guess', async () => {
  for (const target of [
    { CoreNetworkArn: 'arn:aws:networkmanager::1:core-network/c' },
    { CarrierGatewayId: 'cagw-1' },
    { LocalGatewayId: 'lgw-1' },
    { TransitGatewayId: 'tgw-1' },
    { NatGatewayId: 'nat-9' },
    { VpcPeeringConnectionId: 'pcx-9' },
  ]) {
    const answer = await reach(
      { DestinationCidrBlock: '172.16.0.0/12', State: 'active', ...target },
      {},
      'db-1',
      '172.16.0.1:443',
      open,
    );
    expect(answer.verdict, JSON.stringify(target)).toBe('undetermined');
    expect(answer.missing.length).toBeGreaterThan(0);
  }
});

test('an appliance forwards on an assumption, and group references do not match what it forwards', async () => {
  const appliance = {
    DestinationCidrBlock: '10.20.1.0/24',
    NetworkInterfaceId: 'eni-0a11111111111111a',
    State: 'active',
  };
  const routed = await reach(appliance, {}, 'db-1', '10.20.1.10:8080', open);
  expect(routed.blockers.map((b) => b.code)).toContain('aws-source-dest-check');
  const unchecked = (text: string) =>
    open(text)
      .replace('"SourceDestCheck": true', '"SourceDestCheck": false')
      .replace('"FromPort": 443', '"FromPort": 1')
      .replace('"ToPort": 443', '"ToPort": 65535');
  const forwarded = await reach(appliance, {}, 'db-1', '10.20.1.10:8080', unchecked);
  expect(forwarded.forward.hops.map((hop) => hop.resource)).toContain('i-0a11111111111111a');
});

test('services of the VPC are reached past every filter', async () => {
  for (const service of ['169.254.169.254:80', '10.20.0.2:53/udp', '169.254.169.123:123/udp']) {
    const answer = await reach(undefined, {}, 'db-1', service);
    expect(answer.verdict, service).toBe('reachable');
    expect(answer.gotchas.map((g) => g.code)).toContain('link-local-always-open');
  }
});
