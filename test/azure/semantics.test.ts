/**
 * How Azure treats packets, one rule a line: estate, question, verdict and who decides.
 *
 * Proves: azure-udr, azure-peering, azure-appliance, azure-egress, azure-nsg-both-levels, unknown-is-undetermined.
 */
import { describe, expect, test } from 'vitest';
import { type Json, idOf, ip, nsg, peering, reach, routes, vm, vnet } from './estate.ts';

type Case = readonly [
  title: string,
  estate: readonly (Json | readonly Json[])[],
  src: string,
  dst: string,
  verdict: string,
  by?: string,
];

const one = (more: Json = {}, b: Json = {}) =>
  vnet('v', '10.0.0.0/16', { a: { range: '10.0.1.0/24', ...more }, b: { range: '10.0.2.0/24', ...b } });
const pair = [vm('one', 'v/a', '10.0.1.4'), vm('two', 'v/b', '10.0.2.4')];
const lb = (more: Json = {}, rule: Json = {}): Json => ({
  id: idOf('loadBalancers', 'lb'),
  name: 'lb',
  type: 'Microsoft.Network/loadBalancers',
  sku: { name: 'Standard' },
  frontendIPConfigurations: [
    {
      id: `${idOf('loadBalancers', 'lb')}/frontendIPConfigurations/f`,
      name: 'f',
      publicIPAddress: { id: idOf('publicIPAddresses', 'lbip') },
    },
  ],
  backendAddressPools: [{ id: `${idOf('loadBalancers', 'lb')}/backendAddressPools/p`, name: 'p' }],
  loadBalancingRules: [
    {
      name: 'r',
      frontendIPConfiguration: { id: `${idOf('loadBalancers', 'lb')}/frontendIPConfigurations/f` },
      backendAddressPool: { id: `${idOf('loadBalancers', 'lb')}/backendAddressPools/p` },
      probe: { id: `${idOf('loadBalancers', 'lb')}/probes/h` },
      protocol: 'Tcp',
      frontendPort: 80,
      backendPort: 8080,
      disableOutboundSnat: true,
      ...rule,
    },
  ],
  probes: [{ id: `${idOf('loadBalancers', 'lb')}/probes/h`, name: 'h', protocol: 'Tcp', port: 8080 }],
  inboundNatRules: [],
  ...more,
});
const POOL = `${idOf('loadBalancers', 'lb')}/backendAddressPools/p`;
const inside = {
  frontendIPConfigurations: [
    {
      id: `${idOf('loadBalancers', 'lb')}/frontendIPConfigurations/f`,
      name: 'f',
      privateIPAddress: '10.0.2.100',
      subnet: { id: `${idOf('virtualNetworks', 'v')}/subnets/b` },
    },
  ],
};
const spokes = (flags: Json = {}, tables: readonly [string, string] = ['s1', 's2']) => [
  vnet('hub', '10.0.0.0/16', { fw: { range: '10.0.1.0/24' } }, [
    peering('s1', '10.1.0.0/16', flags),
    peering('s2', '10.2.0.0/16', flags),
  ]),
  vnet('s1', '10.1.0.0/16', { a: { range: '10.1.1.0/24', table: tables[0] } }, [peering('hub', '10.0.0.0/16', flags)]),
  vnet('s2', '10.2.0.0/16', { a: { range: '10.2.1.0/24', table: tables[1] } }, [peering('hub', '10.0.0.0/16', flags)]),
  vm('one', 's1/a', '10.1.1.4'),
  vm('two', 's2/a', '10.2.1.4'),
  routes('s1', '10.2.0.0/16 VirtualAppliance 10.0.1.4'),
  routes('s2', '10.1.0.0/16 VirtualAppliance 10.0.1.4'),
  routes('none'),
];

const CASES: readonly Case[] = [
  ['without any group neighbours speak freely', [one(), ...pair], 'one', 'two:22', 'reachable'],
  [
    'an empty group lets the network in by default',
    [one({}, { nsg: 'g' }), nsg('g'), ...pair],
    'one',
    'two:22',
    'reachable',
  ],
  [
    'an empty group shuts the internet out',
    [one({}, { nsg: 'g' }), nsg('g'), vm('two', 'v/b', '10.0.2.4', { ip: 'p' }), ip('p', '20.1.1.1')],
    'internet',
    'two:22',
    'unreachable',
    'g',
  ],
  [
    'a group is met inside its subnet too',
    [
      one({ nsg: 'g' }),
      nsg('g', '100 in Deny any * from * to *'),
      vm('one', 'v/a', '10.0.1.4'),
      vm('two', 'v/a', '10.0.1.5'),
    ],
    'one',
    'two:22',
    'unreachable',
    'g',
  ],
  [
    "a server's outbound denial does not stop its answers",
    [one({}, { nsg: 'g' }), nsg('g', '100 out Deny any * from * to *'), ...pair],
    'one',
    'two:22',
    'reachable',
  ],
  [
    'a Standard address needs a group',
    [one(), vm('two', 'v/b', '10.0.2.4', { ip: 'p' }), ip('p', '20.1.1.1')],
    'internet',
    'two:22',
    'unreachable',
    'p',
  ],
  [
    'a Basic address is open',
    [one(), vm('two', 'v/b', '10.0.2.4', { ip: 'p' }), ip('p', '20.1.1.1', 'Basic')],
    'internet',
    'two:22',
    'reachable',
  ],
  [
    'replies to what was sent from a Standard address need no group',
    [one(), vm('one', 'v/a', '10.0.1.4', { ip: 'p' }), ip('p', '20.1.1.1')],
    'one',
    'internet:443',
    'reachable',
  ],
  ['default outbound access', [one(), ...pair], 'one', 'internet:443', 'reachable'],
  [
    'a private subnet has no way out',
    [one({ defaultOutboundAccess: false }), ...pair],
    'one',
    'internet:443',
    'unreachable',
  ],
  [
    'a NAT gateway lets out',
    [
      one({ nat: 'n', defaultOutboundAccess: false }),
      {
        id: idOf('natGateways', 'n'),
        name: 'n',
        type: 'Microsoft.Network/natGateways',
        publicIpAddresses: [{ id: idOf('publicIPAddresses', 'p') }],
      },
      ip('p', '20.1.1.1'),
      ...pair,
    ],
    'one',
    '8.8.8.8:443',
    'reachable',
  ],
  [
    'a NAT gateway for two subnets serves both',
    [
      one({ nat: 'n' }, { nat: 'n' }),
      {
        id: idOf('natGateways', 'n'),
        name: 'n',
        type: 'Microsoft.Network/natGateways',
        publicIpAddresses: [{ id: idOf('publicIPAddresses', 'p') }],
      },
      ip('p', '20.1.1.1'),
      ...pair,
    ],
    'one',
    '8.8.8.8:443',
    'reachable',
  ],
  [
    'a NAT gateway carries no ping',
    [
      one({ nat: 'n' }),
      {
        id: idOf('natGateways', 'n'),
        name: 'n',
        type: 'Microsoft.Network/natGateways',
        publicIpAddresses: [{ id: idOf('publicIPAddresses', 'p') }],
      },
      ip('p', '20.1.1.1'),
      ...pair,
    ],
    'one',
    '8.8.8.8:icmp',
    'unreachable',
    'n',
  ],
  [
    'a NAT gateway lets nothing in',
    [
      one({ nat: 'n' }),
      {
        id: idOf('natGateways', 'n'),
        name: 'n',
        type: 'Microsoft.Network/natGateways',
        publicIpAddresses: [{ id: idOf('publicIPAddresses', 'p') }],
      },
      ip('p', '20.1.1.1'),
      ...pair,
    ],
    'internet',
    '20.1.1.1:22',
    'unreachable',
  ],
  [
    'behind a NAT gateway a machine keeps its inbound address',
    [
      one({ nat: 'n', nsg: 'g' }),
      nsg('g', '100 in Allow Tcp 22 from Internet to *'),
      {
        id: idOf('natGateways', 'n'),
        name: 'n',
        type: 'Microsoft.Network/natGateways',
        publicIpAddresses: [{ id: idOf('publicIPAddresses', 'p') }],
      },
      ip('p', '20.1.1.1'),
      ip('q', '20.1.1.2'),
      vm('one', 'v/a', '10.0.1.4', { ip: 'q' }),
    ],
    'internet',
    'one:22',
    'reachable',
  ],
  ['None drops', [one({ table: 't' }), routes('t', '10.0.2.0/24 None'), ...pair], 'one', 'two:22', 'unreachable', 't'],
  [
    'an appliance forwards',
    [
      vnet('v', '10.0.0.0/16', {
        a: { range: '10.0.1.0/24', table: 't' },
        b: { range: '10.0.2.0/24', table: 'back' },
        c: { range: '10.0.3.0/24' },
      }),
      routes('t', '10.0.2.0/24 VirtualAppliance 10.0.3.4'),
      routes('back', '10.0.1.0/24 VirtualAppliance 10.0.3.4'),
      vm('nva', 'v/c', '10.0.3.4', { forwards: true }),
      ...pair,
    ],
    'one',
    'two:22',
    'reachable',
  ],
  [
    'an appliance that sees one direction only may drop it',
    [
      vnet('v', '10.0.0.0/16', {
        a: { range: '10.0.1.0/24', table: 't' },
        b: { range: '10.0.2.0/24' },
        c: { range: '10.0.3.0/24' },
      }),
      routes('t', '10.0.2.0/24 VirtualAppliance 10.0.3.4'),
      vm('nva', 'v/c', '10.0.3.4', { forwards: true }),
      ...pair,
    ],
    'one',
    'two:22',
    'undetermined',
  ],
  [
    'an appliance without IP forwarding drops',
    [
      vnet('v', '10.0.0.0/16', {
        a: { range: '10.0.1.0/24', table: 't' },
        b: { range: '10.0.2.0/24' },
        c: { range: '10.0.3.0/24' },
      }),
      routes('t', '10.0.2.0/24 VirtualAppliance 10.0.3.4'),
      vm('nva', 'v/c', '10.0.3.4'),
      ...pair,
    ],
    'one',
    'two:22',
    'unreachable',
    'nva',
  ],
  [
    'a next hop that nobody owns',
    [
      vnet('v', '10.0.0.0/16', {
        a: { range: '10.0.1.0/24', table: 't' },
        b: { range: '10.0.2.0/24' },
        c: { range: '10.0.3.0/24' },
      }),
      routes('t', '10.0.2.0/24 VirtualAppliance 10.0.3.9'),
      ...pair,
    ],
    'one',
    'two:22',
    'unreachable',
    't',
  ],
  [
    'a user route for the whole network captures neighbours',
    [
      vnet('v', '10.0.0.0/16', { a: { range: '10.0.1.0/24', table: 't' }, b: { range: '10.0.2.0/24' } }),
      routes('t', '10.0.0.0/16 None'),
      ...pair,
    ],
    'one',
    'two:22',
    'unreachable',
    't',
  ],
  [
    'a shorter user route does not',
    [
      vnet('v', '10.0.0.0/16', { a: { range: '10.0.1.0/24', table: 't' }, b: { range: '10.0.2.0/24' } }),
      routes('t', '10.0.0.0/8 None'),
      ...pair,
    ],
    'one',
    'two:22',
    'reachable',
  ],
  ['a table that is not there', [one({ table: 'gone' }), ...pair], 'one', 'two:22', 'undetermined'],
  ['a group that is not there', [one({}, { nsg: 'gone' }), ...pair], 'one', 'two:22', 'undetermined'],
  ['peering is not transitive', [...spokes({}, ['none', 'none'])], 'one', 'two:22', 'unreachable'],
  [
    'an appliance in the hub joins the spokes',
    [...spokes({ allowForwardedTraffic: true }), vm('nva', 'hub/fw', '10.0.1.4', { forwards: true })],
    'one',
    'two:22',
    'reachable',
  ],
  [
    "forwarded traffic with the flag off is nobody's to know",
    [...spokes({ allowForwardedTraffic: false }), vm('nva', 'hub/fw', '10.0.1.4', { forwards: true })],
    'one',
    'two:22',
    'undetermined',
  ],
  [
    'one side of a peering is none',
    [
      vnet('s1', '10.1.0.0/16', { a: { range: '10.1.1.0/24' } }, [
        peering('s2', '10.2.0.0/16', { peeringState: 'Initiated' }),
      ]),
      vnet('s2', '10.2.0.0/16', { a: { range: '10.2.1.0/24' } }),
      vm('one', 's1/a', '10.1.1.4'),
      vm('two', 's2/a', '10.2.1.4'),
    ],
    'one',
    'two:22',
    'unreachable',
    'to-s2',
  ],
  [
    'a peer that is not in the snapshot',
    [
      vnet('s1', '10.1.0.0/16', { a: { range: '10.1.1.0/24' } }, [peering('s2', '10.2.0.0/16')]),
      vm('one', 's1/a', '10.1.1.4'),
    ],
    'one',
    '10.2.1.4:22',
    'undetermined',
  ],
  [
    'a public balancer',
    [
      one({}, { nsg: 'g' }),
      nsg('g', '100 in Allow Tcp 8080 from Internet to *'),
      lb(),
      ip('lbip', '20.1.1.9'),
      vm('two', 'v/b', '10.0.2.4', { pools: [POOL] }),
    ],
    'internet',
    'lb:80',
    'reachable',
  ],
  [
    'a balancer whose members stand in two subnets',
    [
      one({ nsg: 'g' }, { nsg: 'g' }),
      nsg('g', '100 in Allow Tcp 8080 from Internet to *'),
      lb(),
      ip('lbip', '20.1.1.9'),
      vm('one', 'v/a', '10.0.1.4', { pools: [POOL] }),
      vm('two', 'v/b', '10.0.2.4', { pools: [POOL] }),
    ],
    'internet',
    'lb:80',
    'reachable',
  ],
  [
    'groups see the backend port',
    [
      one({}, { nsg: 'g' }),
      nsg('g', '100 in Allow Tcp 80 from Internet to *'),
      lb(),
      ip('lbip', '20.1.1.9'),
      vm('two', 'v/b', '10.0.2.4', { pools: [POOL] }),
    ],
    'internet',
    'lb:80',
    'unreachable',
    'g',
  ],
  [
    'a probe that is shut out takes the pool down',
    [
      one({}, { nsg: 'g' }),
      nsg('g', '100 in Allow Tcp 8080 from Internet to *', '200 in Deny any * from * to *'),
      lb(),
      ip('lbip', '20.1.1.9'),
      vm('two', 'v/b', '10.0.2.4', { pools: [POOL] }),
    ],
    'internet',
    'lb:80',
    'unreachable',
    'g',
  ],
  [
    'an internal balancer',
    [one(), lb(inside), vm('one', 'v/a', '10.0.1.4'), vm('two', 'v/b', '10.0.2.4', { pools: [POOL] })],
    'one',
    'lb:80',
    'reachable',
  ],
  [
    'an internal balancer at another port',
    [one(), lb(inside), vm('one', 'v/a', '10.0.1.4'), vm('two', 'v/b', '10.0.2.4', { pools: [POOL] })],
    'one',
    'lb:81',
    'unreachable',
    'lb',
  ],
  [
    'an internal balancer before appliances, as next hop',
    [
      vnet('v', '10.0.0.0/16', {
        a: { range: '10.0.1.0/24', table: 't' },
        b: { range: '10.0.2.0/24' },
        c: { range: '10.0.3.0/24', table: 'back' },
      }),
      routes('t', '10.0.3.0/24 VirtualAppliance 10.0.2.100'),
      routes('back', '10.0.1.0/24 VirtualAppliance 10.0.2.100'),
      lb(inside, { protocol: 'All', frontendPort: 0, backendPort: 0 }),
      vm('one', 'v/a', '10.0.1.4'),
      vm('nva', 'v/b', '10.0.2.4', { forwards: true, pools: [POOL] }),
      vm('two', 'v/c', '10.0.3.4'),
    ],
    'one',
    'two:22',
    'reachable',
  ],
  [
    'forced tunnelling takes the reply elsewhere',
    [
      vnet('v', '10.0.0.0/16', { a: { range: '10.0.1.0/24', table: 't', nsg: 'g' }, c: { range: '10.0.3.0/24' } }),
      nsg('g', '100 in Allow Tcp 22 from Internet to *'),
      routes('t', '0.0.0.0/0 VirtualAppliance 10.0.3.4'),
      vm('nva', 'v/c', '10.0.3.4', { forwards: true }),
      vm('one', 'v/a', '10.0.1.4', { ip: 'p' }),
      ip('p', '20.1.1.1'),
    ],
    'internet',
    'one:22',
    'unreachable',
  ],
  [
    "a private endpoint ignores its subnet's group",
    [
      one({}, { nsg: 'g' }),
      nsg('g', '100 in Deny any * from * to *'),
      vm('one', 'v/a', '10.0.1.4'),
      {
        id: idOf('privateEndpoints', 'pe'),
        name: 'pe',
        type: 'Microsoft.Network/privateEndpoints',
        networkInterfaces: [{ id: idOf('networkInterfaces', 'pe-nic') }],
        privateLinkServiceConnections: [{ privateLinkServiceConnectionState: { status: 'Approved' } }],
      },
      {
        ...vm('x', 'v/b', '10.0.2.9')[1]!,
        id: idOf('networkInterfaces', 'pe-nic'),
        name: 'pe-nic',
        virtualMachine: undefined,
        privateEndpoint: { id: idOf('privateEndpoints', 'pe') },
      },
    ],
    'one',
    'pe:443',
    'reachable',
  ],
  [
    'a pending private endpoint carries nothing',
    [
      one(),
      vm('one', 'v/a', '10.0.1.4'),
      {
        id: idOf('privateEndpoints', 'pe'),
        name: 'pe',
        type: 'Microsoft.Network/privateEndpoints',
        networkInterfaces: [{ id: idOf('networkInterfaces', 'pe-nic') }],
        manualPrivateLinkServiceConnections: [{ privateLinkServiceConnectionState: { status: 'Pending' } }],
      },
      {
        ...vm('x', 'v/b', '10.0.2.9')[1]!,
        id: idOf('networkInterfaces', 'pe-nic'),
        name: 'pe-nic',
        virtualMachine: undefined,
        privateEndpoint: { id: idOf('privateEndpoints', 'pe') },
      },
    ],
    'one',
    'pe:443',
    'unreachable',
    'pe',
  ],
  [
    'the platform is reached past every group',
    [one({ nsg: 'g' }), nsg('g', '100 out Deny any * from * to *'), vm('one', 'v/a', '10.0.1.4')],
    'one',
    '168.63.129.16:53/udp',
    'reachable',
  ],
  [
    'unless its own tag is denied',
    [one({ nsg: 'g' }), nsg('g', '100 out Deny any * from * to AzurePlatformDNS'), vm('one', 'v/a', '10.0.1.4')],
    'one',
    '168.63.129.16:53/udp',
    'unreachable',
    'g',
  ],
  [
    'the Internet tag does not mean private clients',
    [one({}, { nsg: 'g' }), nsg('g', '100 in Deny any * from Internet to *'), ...pair],
    'one',
    'two:22',
    'reachable',
  ],
];

describe('Azure', () => {
  test('names compare without case', async () => {
    const estate = [one(), vm('VM1', 'v/a', '10.0.1.4'), vm('vm-Two', 'v/b', '10.0.2.4')];
    for (const [src, dst] of [
      ['VM1', 'vm-Two'],
      ['vm1', 'VM-TWO'],
      ['vm1-nic', 'vm-two-nic'],
    ] as const)
      expect([src, (await reach(estate, src, `${dst}:22`)).verdict]).toEqual([src, 'reachable']);
  });

  test.each(CASES.map(([title, ...rest]) => ({ title, rest })))(
    '$title',
    async ({ rest: [estate, src, dst, verdict, by] }) => {
      const answer = await reach(estate, src, dst);
      expect({ verdict: answer.verdict, missing: verdict === 'undetermined' ? [] : answer.missing }).toEqual({
        verdict,
        missing: [],
      });
      if (verdict === 'undetermined') expect(answer.missing.length).toBeGreaterThan(0);
      if (by !== undefined) expect(answer.blockers.map(({ resource }) => resource.split('/').at(-1))).toContain(by);
    },
  );
});
