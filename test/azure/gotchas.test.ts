/** Each trap fires where it is laid, and stays silent where it is not. */
import { describe, expect, test } from 'vitest';
import { azureProvider } from '../../src/providers/azure/index.ts';
import { type Json, idOf, ip, nsg, peering, reach, routes, vm, vnet } from './estate.ts';

interface Sample {
  readonly code: string;
  readonly estate: readonly (Json | readonly Json[])[];
  /** "SRC DST:PORT" where it fires, and where it stays silent in the same estate. */
  readonly fires: string;
  readonly silent?: string;
  readonly documents?: readonly unknown[];
}

const net = (a: Json = {}, b: Json = {}) =>
  vnet('v', '10.0.0.0/16', { a: { range: '10.0.1.0/24', ...a }, b: { range: '10.0.2.0/24', ...b } });
const pair = [vm('one', 'v/a', '10.0.1.4'), vm('two', 'v/b', '10.0.2.4')];
const standard = ip('p', '20.1.1.1');
const withRule = (words: string, more: Json): Json => {
  const group = nsg('g', words);
  const [rule] = group['securityRules'] as Json[];
  return { ...group, securityRules: [{ ...rule, ...more }] };
};
const spokes = (flags: Json = {}, tables: readonly [string?, string?] = [], hubMore: Json = {}) => [
  vnet('hub', '10.0.0.0/16', { fw: { range: '10.0.1.0/24' }, GatewaySubnet: { range: '10.0.9.0/24' } }, [
    peering('s1', '10.1.0.0/16', { ...flags, ...hubMore }),
    peering('s2', '10.2.0.0/16', flags),
  ]),
  vnet('s1', '10.1.0.0/16', { a: { range: '10.1.1.0/24', ...(tables[0] && { table: tables[0] }) } }, [
    peering('hub', '10.0.0.0/16', flags),
  ]),
  vnet('s2', '10.2.0.0/16', { a: { range: '10.2.1.0/24', ...(tables[1] && { table: tables[1] }) } }, [
    peering('hub', '10.0.0.0/16', flags),
  ]),
  vm('one', 's1/a', '10.1.1.4'),
  vm('two', 's2/a', '10.2.1.4'),
  vm('mid', 'hub/fw', '10.0.1.9'),
];
const appliance = [
  vm('nva', 'hub/fw', '10.0.1.4', { forwards: true }),
  routes('t1', '10.2.0.0/16 VirtualAppliance 10.0.1.4'),
  routes('t2', '10.1.0.0/16 VirtualAppliance 10.0.1.4'),
];
const gateway = [
  {
    id: idOf('virtualNetworkGateways', 'gw'),
    name: 'gw',
    type: 'Microsoft.Network/virtualNetworkGateways',
    gatewayType: 'Vpn',
    ipConfigurations: [{ subnet: { id: `${idOf('virtualNetworks', 'hub')}/subnets/GatewaySubnet` } }],
  },
  {
    id: idOf('localNetworkGateways', 'dc'),
    name: 'dc',
    type: 'Microsoft.Network/localNetworkGateways',
    localNetworkAddressSpace: { addressPrefixes: ['192.168.0.0/24'] },
  },
  {
    id: idOf('connections', 'c'),
    name: 'c',
    type: 'Microsoft.Network/connections',
    virtualNetworkGateway1: { id: idOf('virtualNetworkGateways', 'gw') },
    localNetworkGateway2: { id: idOf('localNetworkGateways', 'dc') },
  },
];
const LB = idOf('loadBalancers', 'lb');
const balancer = (more: Json = {}, sku = 'Standard'): Json => ({
  id: LB,
  name: 'lb',
  type: 'Microsoft.Network/loadBalancers',
  sku: { name: sku },
  frontendIPConfigurations: [
    { id: `${LB}/frontendIPConfigurations/f`, name: 'f', publicIPAddress: { id: idOf('publicIPAddresses', 'p') } },
  ],
  backendAddressPools: [{ id: `${LB}/backendAddressPools/p`, name: 'p' }],
  loadBalancingRules: [
    {
      name: 'r',
      frontendIPConfiguration: { id: `${LB}/frontendIPConfigurations/f` },
      backendAddressPool: { id: `${LB}/backendAddressPools/p` },
      probe: { id: `${LB}/probes/h` },
      protocol: 'Tcp',
      frontendPort: 80,
      backendPort: 8080,
      disableOutboundSnat: true,
    },
  ],
  probes: [{ id: `${LB}/probes/h`, name: 'h', protocol: 'Tcp', port: 8080 }],
  ...more,
});
const pooled = vm('two', 'v/b', '10.0.2.4', { pools: [`${LB}/backendAddressPools/p`] });
const privateEndpoint = (status: string) => [
  {
    id: idOf('privateEndpoints', 'pe'),
    name: 'pe',
    type: 'Microsoft.Network/privateEndpoints',
    networkInterfaces: [{ id: idOf('networkInterfaces', 'pe-nic') }],
    privateLinkServiceConnections: [{ privateLinkServiceConnectionState: { status } }],
  },
  {
    ...vm('x', 'v/b', '10.0.2.9')[1]!,
    id: idOf('networkInterfaces', 'pe-nic'),
    name: 'pe-nic',
    virtualMachine: undefined,
    privateEndpoint: { id: idOf('privateEndpoints', 'pe') },
  },
];
const nat = {
  id: idOf('natGateways', 'n'),
  name: 'n',
  type: 'Microsoft.Network/natGateways',
  publicIpAddresses: [{ id: idOf('publicIPAddresses', 'p') }],
};
const adminRule = (access: string) => ({
  $request: { subscriptionId: 's', resourceGroupName: 'rg', virtualNetworkName: 'v' },
  value: [
    {
      id: `${idOf('networkManagers', 'm')}/securityAdminConfigurations/c/ruleCollections/rc/rules/r`,
      name: 'r',
      access,
      direction: 'Inbound',
      priority: 10,
      protocol: 'Tcp',
      sources: [{ addressPrefixType: 'IPPrefix', addressPrefix: '*' }],
      destinations: [{ addressPrefixType: 'IPPrefix', addressPrefix: '*' }],
      destinationPortRanges: ['22'],
    },
  ],
});

const SAMPLES: readonly Sample[] = [
  {
    code: 'missing-subnet-nsg',
    estate: [net({}, {}), nsg('g'), vm('one', 'v/a', '10.0.1.4'), vm('two', 'v/b', '10.0.2.4', { nsg: 'g' })],
    fires: 'one two:22',
  },
  { code: 'missing-nic-nsg', estate: [net({}, { nsg: 'g' }), nsg('g'), ...pair], fires: 'one two:22' },
  {
    code: 'azure-no-nsg-at-all',
    estate: [net({ nsg: 'g' }), nsg('g'), ...pair],
    fires: 'one two:22',
    silent: 'two one:22',
  },
  {
    code: 'azure-nsg-both-levels',
    estate: [
      net({}, { nsg: 'g' }),
      nsg('g'),
      nsg('h'),
      vm('one', 'v/a', '10.0.1.4'),
      vm('two', 'v/b', '10.0.2.4', { nsg: 'h' }),
      vm('six', 'v/b', '10.0.2.6'),
    ],
    fires: 'one two:22',
    silent: 'one six:22',
  },
  {
    code: 'azure-nsg-intra-subnet',
    estate: [net({ nsg: 'g' }), nsg('g', '100 in Deny any * from * to *'), ...pair, vm('three', 'v/a', '10.0.1.5')],
    fires: 'three one:22',
    silent: 'two one:22',
  },
  {
    code: 'azure-nsg-rule-shadowed',
    estate: [
      net({}, { nsg: 'g' }),
      nsg(
        'g',
        '200 in Allow Tcp 22 from 10.0.1.4 to *',
        '150 in Deny Tcp 20-30 from * to *',
        '300 in Allow Tcp 80 from * to *',
      ),
      ...pair,
    ],
    fires: 'one two:22',
    silent: 'one two:80',
  },
  {
    code: 'azure-source-port-rule',
    estate: [net({}, { nsg: 'g' }), withRule('100 in Allow Tcp 443 from * to *', { sourcePortRange: '443' }), ...pair],
    fires: 'one two:443',
    silent: 'two one:443',
  },
  {
    code: 'azure-nsg-names-public-ip',
    estate: [
      net({}, { nsg: 'g' }),
      nsg('g', '100 in Allow Tcp 443 from Internet to 20.1.1.1'),
      vm('one', 'v/a', '10.0.1.4'),
      vm('two', 'v/b', '10.0.2.4', { ip: 'p' }),
      standard,
    ],
    fires: 'internet two:443',
    silent: 'two one:443',
  },
  {
    code: 'azure-asg-cross-vnet',
    estate: [
      vnet('v', '10.0.0.0/16', { a: { range: '10.0.1.0/24' } }, [peering('w', '10.1.0.0/16')]),
      vnet('w', '10.1.0.0/16', { b: { range: '10.1.1.0/24', nsg: 'g' } }, [peering('v', '10.0.0.0/16')]),
      withRule('100 in Allow Tcp 443 from * to *', {
        sourceAddressPrefix: '',
        sourceApplicationSecurityGroups: [{ id: idOf('applicationSecurityGroups', 'web') }],
      }),
      vm('one', 'v/a', '10.0.1.4', { asg: 'web' }),
      vm('two', 'w/b', '10.1.1.4'),
      vm('six', 'v/a', '10.0.1.6'),
    ],
    fires: 'one two:443',
    silent: 'six two:443',
  },
  {
    code: 'azure-admin-rule-overrides-nsg',
    estate: [net({}, { nsg: 'g' }), nsg('g'), ...pair],
    fires: 'one two:22',
    silent: 'one two:80',
    documents: [adminRule('Deny')],
  },
  {
    code: 'azure-admin-rule-overrides-nsg',
    estate: [net({}, { nsg: 'g' }), nsg('g', '100 in Deny any * from * to *'), ...pair],
    fires: 'one two:22',
    silent: 'one two:80',
    documents: [adminRule('AlwaysAllow')],
  },
  {
    code: 'azure-ipv6-rule-missing',
    estate: [
      vnet('v', '10.0.0.0/16,fd00:1::/48', {
        a: { range: '', addressPrefixes: ['10.0.1.0/24', 'fd00:1::/64'], nsg: 'g' },
      }),
      nsg('g', '100 in Allow Tcp 443 from 10.0.0.0/16 to *', '200 in Deny any * from * to *'),
      vm('one', 'v/a', 'fd00:1::4'),
      vm('two', 'v/a', 'fd00:1::5'),
      vm('three', 'v/a', '10.0.1.5'),
      vm('four', 'v/a', '10.0.1.6'),
    ],
    fires: 'one two:443',
    silent: 'three four:22',
  },
  {
    code: 'azure-virtualnetwork-tag-wider-than-vnet',
    estate: [
      vnet('v', '10.0.0.0/16', { a: { range: '10.0.1.0/24' }, b: { range: '10.0.2.0/24', nsg: 'g' } }, [
        peering('w', '10.1.0.0/16'),
      ]),
      vnet('w', '10.1.0.0/16', { b: { range: '10.1.1.0/24' } }, [peering('v', '10.0.0.0/16')]),
      nsg('g'),
      ...pair,
      vm('far', 'w/b', '10.1.1.4'),
    ],
    fires: 'far two:22',
    silent: 'one two:22',
  },
  {
    code: 'azure-default-route-widens-virtualnetwork-tag',
    estate: [
      net({ nsg: 'g', table: 't' }),
      nsg('g'),
      routes('t', '0.0.0.0/0 VirtualAppliance 10.0.2.4'),
      vm('one', 'v/a', '10.0.1.4', { ip: 'p' }),
      standard,
      vm('two', 'v/b', '10.0.2.4', { forwards: true }),
    ],
    fires: 'internet one:22',
    silent: 'two one:22',
  },
  {
    code: 'azure-internet-tag-excludes-private',
    estate: [
      net({}, { nsg: 'g' }),
      nsg('g', '100 in Allow Tcp 443 from Internet to *', '200 in Deny any * from * to *'),
      ...pair,
    ],
    fires: 'one two:443',
    silent: 'one two:22',
  },
  {
    code: 'azure-service-tag-unresolved',
    estate: [
      net({ nsg: 'g' }),
      nsg('g', '100 out Allow Tcp 443 from * to Storage', '200 out Deny any * from * to Internet'),
      ...pair,
    ],
    fires: 'one 20.60.1.1:443',
    silent: 'one 20.60.1.1:22',
  },
  {
    code: 'azure-platform-address-exempt',
    estate: [net({ nsg: 'g' }), nsg('g', '100 out Deny any * from * to *'), ...pair],
    fires: 'one 168.63.129.16:53/udp',
    silent: 'two 168.63.129.16:53/udp',
  },
  { code: 'peering-not-transitive', estate: spokes(), fires: 'one two:22', silent: 'one mid:22' },
  {
    code: 'peering-not-connected',
    estate: [
      vnet('s1', '10.1.0.0/16', { a: { range: '10.1.1.0/24' } }, [
        peering('s2', '10.2.0.0/16', { peeringState: 'Initiated' }),
      ]),
      vnet('s2', '10.2.0.0/16', { a: { range: '10.2.1.0/24' } }),
      vm('one', 's1/a', '10.1.1.4'),
      vm('two', 's2/a', '10.2.1.4'),
    ],
    fires: 'one two:22',
  },
  {
    code: 'azure-peering-out-of-sync',
    estate: [
      vnet('s1', '10.1.0.0/16', { a: { range: '10.1.1.0/24' } }, [
        peering('s2', '10.2.0.0/16', { peeringSyncLevel: 'RemoteNotInSync' }),
      ]),
      vnet('s2', '10.2.0.0/16,10.3.0.0/16', { a: { range: '10.2.1.0/24' }, b: { range: '10.3.1.0/24' } }, [
        peering('s1', '10.1.0.0/16'),
      ]),
      vm('one', 's1/a', '10.1.1.4'),
      vm('two', 's2/a', '10.2.1.4'),
      vm('new', 's2/b', '10.3.1.4'),
    ],
    fires: 'one new:22',
    silent: 'one two:22',
  },
  {
    code: 'azure-peering-vnet-access-off',
    estate: [...spokes({ allowVirtualNetworkAccess: false })],
    fires: 'one mid:22',
    silent: 'one two:22',
  },
  {
    code: 'azure-peering-forwarded-traffic-off',
    estate: [...spokes({}, ['t1', 't2']), ...appliance],
    fires: 'one two:22',
    silent: 'one mid:22',
  },
  {
    code: 'azure-gateway-transit-missing',
    estate: [...spokes({ useRemoteGateways: false }, [], { allowGatewayTransit: true }), ...gateway],
    fires: 'one 192.168.0.9:22',
    silent: 'mid 192.168.0.9:22',
  },
  {
    code: 'azure-gateway-propagation-disabled',
    estate: [
      vnet('hub', '10.0.0.0/16', {
        fw: { range: '10.0.1.0/24', table: 't' },
        b: { range: '10.0.2.0/24' },
        GatewaySubnet: { range: '10.0.9.0/24' },
      }),
      { ...routes('t'), disableBgpRoutePropagation: true },
      ...gateway,
      vm('one', 'hub/fw', '10.0.1.4'),
      vm('two', 'hub/b', '10.0.2.4'),
    ],
    fires: 'one 192.168.0.9:22',
    silent: 'two 192.168.0.9:22',
  },
  {
    code: 'azure-udr-asymmetric-route',
    estate: [
      ...spokes({ allowForwardedTraffic: true }, ['t1', 't2']),
      appliance[0]!,
      appliance[1]!,
      routes('t2', '10.1.0.0/16 VirtualAppliance 10.0.1.5'),
      vm('nvb', 'hub/fw', '10.0.1.5', { forwards: true }),
    ],
    fires: 'one two:22',
    silent: 'one mid:22',
  },
  {
    code: 'azure-forced-tunnel-breaks-public-ip',
    estate: [
      net({ nsg: 'g', table: 't' }),
      nsg('g', '100 in Allow Tcp 22 from Internet to *'),
      routes('t', '0.0.0.0/0 VirtualAppliance 10.0.2.4'),
      vm('one', 'v/a', '10.0.1.4', { ip: 'p' }),
      standard,
      vm('two', 'v/b', '10.0.2.4', { forwards: true }),
    ],
    fires: 'internet one:22',
    silent: 'two one:22',
  },
  {
    code: 'azure-nva-ip-forwarding-off',
    estate: [net({ table: 't' }), routes('t', '10.9.0.0/16 VirtualAppliance 10.0.2.4'), ...pair],
    fires: 'one 10.9.0.1:22',
    silent: 'one two:22',
  },
  {
    code: 'azure-nva-forwarding-assumed',
    estate: [...spokes({ allowForwardedTraffic: true }, ['t1', 't2']), ...appliance],
    fires: 'one two:22',
    silent: 'one mid:22',
  },
  {
    code: 'azure-udr-next-hop-missing',
    estate: [net({ table: 't' }), routes('t', '10.9.0.0/16 VirtualAppliance 10.0.2.99'), ...pair],
    fires: 'one 10.9.0.1:22',
    silent: 'one two:22',
  },
  {
    code: 'azure-udr-next-hop-missing',
    estate: [net({ table: 't' }), routes('t', '10.9.0.0/16 VirtualAppliance 172.16.0.4'), ...pair],
    fires: 'one 10.9.0.1:22',
    silent: 'one two:22',
  },
  {
    code: 'azure-udr-captures-subnet',
    estate: [
      net({ table: 't' }),
      routes('t', '10.0.0.0/16 VirtualAppliance 10.0.2.4'),
      vm('one', 'v/a', '10.0.1.4'),
      vm('six', 'v/a', '10.0.1.6'),
      vm('two', 'v/b', '10.0.2.4', { forwards: true }),
    ],
    fires: 'one six:22',
    silent: 'two one:22',
  },
  {
    code: 'azure-udr-less-specific-ignored',
    estate: [
      ...spokes({}, ['wide', 't2']),
      routes('wide', '10.0.0.0/8 VirtualAppliance 10.0.1.4'),
      appliance[0]!,
      appliance[2]!,
    ],
    fires: 'one mid:22',
    silent: 'two mid:22',
  },
  {
    code: 'azure-standard-public-ip-needs-nsg',
    estate: [net(), standard, vm('one', 'v/a', '10.0.1.4'), vm('two', 'v/b', '10.0.2.4', { ip: 'p' })],
    fires: 'internet two:22',
    silent: 'one two:22',
  },
  {
    code: 'azure-basic-sku-retired',
    estate: [
      net(),
      ip('p', '20.1.1.1', 'Basic'),
      vm('one', 'v/a', '10.0.1.4'),
      vm('two', 'v/b', '10.0.2.4', { ip: 'p' }),
    ],
    fires: 'internet two:22',
    silent: 'one two:22',
  },
  {
    code: 'azure-basic-lb-global-peering',
    estate: [
      {
        ...vnet('v', '10.0.0.0/16', { a: { range: '10.0.1.0/24' }, b: { range: '10.0.2.0/24' } }, [
          peering('w', '10.1.0.0/16'),
        ]),
        location: 'northeurope',
      },
      vnet('w', '10.1.0.0/16', { b: { range: '10.1.1.0/24' } }, [peering('v', '10.0.0.0/16')]),
      balancer(
        {
          frontendIPConfigurations: [
            {
              id: `${LB}/frontendIPConfigurations/f`,
              name: 'f',
              privateIPAddress: '10.0.2.100',
              subnet: { id: `${idOf('virtualNetworks', 'v')}/subnets/b` },
            },
          ],
        },
        'Basic',
      ),
      vm('one', 'v/a', '10.0.1.4'),
      pooled,
      vm('far', 'w/b', '10.1.1.4'),
    ],
    fires: 'far lb:80',
    silent: 'one lb:80',
  },
  {
    code: 'azure-default-outbound-implicit',
    estate: [net(), ...pair],
    fires: 'one internet:443',
    silent: 'one two:22',
  },
  {
    code: 'azure-private-subnet-no-egress',
    estate: [net({ defaultOutboundAccess: false }), ...pair],
    fires: 'one internet:443',
    silent: 'two internet:443',
  },
  {
    code: 'azure-nat-gateway-no-icmp',
    estate: [net({ nat: 'n' }), nat, standard, ...pair],
    fires: 'one 8.8.8.8:icmp',
    silent: 'one 8.8.8.8:443',
  },
  {
    code: 'azure-smtp-outbound-blocked',
    estate: [net({ nat: 'n' }), nat, standard, ...pair],
    fires: 'one 8.8.8.8:25',
    silent: 'one 8.8.8.8:443',
  },
  {
    code: 'azure-lb-probe-blocked',
    estate: [
      net({}, { nsg: 'g' }),
      nsg('g', '100 in Allow Tcp 8080 from Internet to *', '200 in Deny any * from * to *'),
      balancer(),
      standard,
      pooled,
    ],
    fires: 'internet lb:80',
    silent: 'internet lb:81',
  },
  {
    code: 'azure-nsg-names-frontend-port',
    estate: [net({}, { nsg: 'g' }), nsg('g', '100 in Allow Tcp 80 from Internet to *'), balancer(), standard, pooled],
    fires: 'internet lb:80',
    silent: 'internet lb:81',
  },
  {
    code: 'azure-private-endpoint-nsg-ignored',
    estate: [net({}, { nsg: 'g' }), nsg('g'), ...pair, ...privateEndpoint('Approved')],
    fires: 'one pe:443',
    silent: 'one two:443',
  },
  {
    code: 'azure-private-endpoint-not-approved',
    estate: [net(), ...pair, ...privateEndpoint('Pending')],
    fires: 'one pe:443',
    silent: 'one two:443',
  },
];

const codesOf = async (sample: Sample, question: string) => {
  const [src, dst] = question.split(' ');
  return (await reach(sample.estate, src!, dst!, sample.documents)).gotchas.map(({ code }) => code);
};

describe('Azure gotchas', () => {
  test.each(SAMPLES)('$code', async (sample) => {
    expect(await codesOf(sample, sample.fires)).toContain(sample.code);
    if (sample.silent !== undefined) expect(await codesOf(sample, sample.silent)).not.toContain(sample.code);
  });

  test('each has a sample and a page', () => {
    const gotchas = azureProvider.codes.filter(({ kind }) => kind === 'gotcha');
    expect([...new Set(SAMPLES.map(({ code }) => code))].sort()).toEqual(gotchas.map(({ code }) => code).sort());
    for (const { source } of gotchas)
      expect(source).toMatch(/^https:\/\/(learn\.microsoft\.com|github\.com\/MicrosoftDocs)\//);
  });

  test('a healthy connection has none', async () => {
    const estate = [
      net({ nsg: 'g' }, { nsg: 'g' }),
      nsg('g', '100 in Allow Tcp 443 from 10.0.1.0/24 to *'),
      vm('one', 'v/a', '10.0.1.4', { nsg: 'g' }),
      vm('two', 'v/b', '10.0.2.4', { nsg: 'g' }),
    ];
    const answer = await reach(estate, 'one', 'two:443');
    expect([answer.verdict, answer.gotchas]).toEqual(['reachable', []]);
  });
});
