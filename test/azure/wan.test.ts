/** Virtual WAN: hubs join the networks that are connected to them. */
import { describe } from 'vitest';
import { type Json, idOf, nsg, routes, vm, vnet } from './estate.ts';
import { check } from './table.ts';

const hub = (name: string, more: Json = {}): Json => ({
  id: idOf('virtualHubs', name),
  name,
  type: 'Microsoft.Network/virtualHubs',
  virtualWan: { id: idOf('virtualWans', 'wan') },
  ...more,
});
const table = (name: string, of = 'hub') => `${idOf('virtualHubs', of)}/hubRouteTables/${name}`;
const connection = (to: string, more: Json = {}, of = 'hub', internet = false): Json => ({
  id: `${idOf('virtualHubs', of)}/hubVirtualNetworkConnections/${to}`,
  name: to,
  type: 'Microsoft.Network/virtualHubs/hubVirtualNetworkConnections',
  remoteVirtualNetwork: { id: idOf('virtualNetworks', to) },
  enableInternetSecurity: internet,
  routingConfiguration: {
    associatedRouteTable: { id: table('defaultRouteTable', of) },
    propagatedRouteTables: { labels: ['default'], ids: [{ id: table('defaultRouteTable', of) }] },
    ...more,
  },
});
const spokes = [
  vnet('s1', '10.1.0.0/16', { a: { range: '10.1.1.0/24' } }),
  vnet('s2', '10.2.0.0/16', { a: { range: '10.2.1.0/24' } }),
  vm('one', 's1/a', '10.1.1.4'),
  vm('two', 's2/a', '10.2.1.4'),
];
const firewall = (name: string, of: string, ...destinations: readonly string[]): Json => ({
  id: idOf('azureFirewalls', name),
  name,
  type: 'Microsoft.Network/azureFirewalls',
  virtualHub: { id: idOf('virtualHubs', of) },
  hubIPAddresses: { privateIPAddress: '10.100.0.132', publicIPs: { addresses: [{ address: '20.9.9.9' }] } },
  networkRuleCollections: [
    {
      name: 'c',
      priority: 100,
      action: { type: 'Allow' },
      rules: [
        {
          name: 'r',
          protocols: ['TCP'],
          sourceAddresses: ['10.0.0.0/8'],
          destinationAddresses: destinations,
          destinationPorts: ['443'],
        },
      ],
    },
  ],
});
const intent = (...destinations: readonly string[]): Json => ({
  id: `${idOf('virtualHubs', 'hub')}/routingIntent/all`,
  name: 'all',
  type: 'Microsoft.Network/virtualHubs/routingIntent',
  routingPolicies: [{ name: 'p', destinations, nextHop: idOf('azureFirewalls', 'fw') }],
});

describe('Virtual WAN', () => {
  check([
    {
      title: 'a hub gives transit, which peering does not',
      estate: [hub('hub'), connection('s1'), connection('s2'), ...spokes],
      ask: ['one two:22 reachable', 'two one:22 reachable'],
    },
    {
      title: 'its routes count as VirtualNetwork',
      estate: [
        hub('hub'),
        connection('s1'),
        connection('s2'),
        ...spokes.slice(2),
        vnet('s1', '10.1.0.0/16', { a: { range: '10.1.1.0/24', nsg: 'g' } }),
        vnet('s2', '10.2.0.0/16', { a: { range: '10.2.1.0/24', nsg: 'g' } }),
        nsg('g'),
      ],
      ask: ['one two:22 reachable'],
    },
    {
      title: 'who propagates to none is not reached',
      estate: [
        hub('hub'),
        connection('s1'),
        connection('s2', { propagatedRouteTables: { labels: ['none'], ids: [{ id: table('noneRouteTable') }] } }),
        ...spokes,
      ],
      ask: ['one two:22 unreachable', 'two one:22 unreachable'],
    },
    {
      title: 'hubs of one WAN exchange what is propagated to a label',
      estate: [hub('hub'), hub('far'), connection('s1'), connection('s2', {}, 'far'), ...spokes],
      ask: ['one two:22 reachable'],
    },
    {
      title: 'a table of its own that nobody propagates to leads nowhere',
      estate: [
        hub('hub'),
        {
          id: table('lonely'),
          name: 'lonely',
          type: 'Microsoft.Network/virtualHubs/hubRouteTables',
          routes: [],
          labels: [],
        },
        connection('s1', { associatedRouteTable: { id: table('lonely') } }),
        connection('s2'),
        ...spokes,
      ],
      ask: ['one two:22 unreachable'],
    },
    {
      title: 'a table that is not in the snapshot',
      estate: [
        hub('hub'),
        connection('s1', { associatedRouteTable: { id: table('gone') } }),
        connection('s2'),
        ...spokes,
      ],
      ask: ['one two:22 undetermined'],
    },
    {
      title: 'routing intent sends private traffic through the firewall of the hub',
      estate: [
        hub('hub'),
        firewall('fw', 'hub', '10.2.0.0/16'),
        intent('PrivateTraffic'),
        connection('s1'),
        connection('s2'),
        ...spokes,
      ],
      ask: ['one two:443 reachable', 'one two:22 unreachable fw', 'two one:443 unreachable fw'],
    },
    {
      title: 'routing intent for the internet, where the connection takes a default route',
      estate: [
        hub('hub'),
        firewall('fw', 'hub', '8.8.8.0/24'),
        intent('Internet'),
        connection('s1', {}, 'hub', true),
        connection('s2'),
        ...spokes,
      ],
      ask: ['one 8.8.8.8:443 reachable', 'one 9.9.9.9:443 unreachable fw', 'two 9.9.9.9:443 reachable'],
    },
    {
      title: 'a static route to an appliance in a connected network',
      estate: [
        hub('hub'),
        {
          id: table('defaultRouteTable'),
          name: 'defaultRouteTable',
          type: 'Microsoft.Network/virtualHubs/hubRouteTables',
          labels: ['default'],
          routes: [
            {
              name: 'behind',
              destinationType: 'CIDR',
              destinations: ['10.3.0.0/16'],
              nextHopType: 'ResourceId',
              nextHop: `${idOf('virtualHubs', 'hub')}/hubVirtualNetworkConnections/s2`,
            },
          ],
        },
        connection('s1'),
        connection('s2', {
          vnetRoutes: { staticRoutes: [{ name: 'r', addressPrefixes: ['10.3.0.0/16'], nextHopIpAddress: '10.2.1.9' }] },
        }),
        vnet('s1', '10.1.0.0/16', { a: { range: '10.1.1.0/24' } }),
        vnet('s2', '10.2.0.0/16', { a: { range: '10.2.1.0/24' } }, [
          {
            name: 'to-s3',
            remoteVirtualNetwork: { id: idOf('virtualNetworks', 's3') },
            peeringState: 'Connected',
            allowForwardedTraffic: true,
            allowVirtualNetworkAccess: true,
            remoteAddressSpace: { addressPrefixes: ['10.3.0.0/16'] },
          },
        ]),
        vnet('s3', '10.3.0.0/16', { a: { range: '10.3.1.0/24', table: 'back' } }, [
          {
            name: 'to-s2',
            remoteVirtualNetwork: { id: idOf('virtualNetworks', 's2') },
            peeringState: 'Connected',
            allowForwardedTraffic: true,
            allowVirtualNetworkAccess: true,
            remoteAddressSpace: { addressPrefixes: ['10.2.0.0/16'] },
          },
        ]),
        routes('back', '10.1.0.0/16 VirtualAppliance 10.2.1.9'),
        vm('one', 's1/a', '10.1.1.4'),
        vm('nva', 's2/a', '10.2.1.9', { forwards: true }),
        vm('three', 's3/a', '10.3.1.4'),
      ],
      ask: ['one three:22 reachable'],
    },
    {
      title: 'a branch behind a VPN gateway of the hub',
      estate: [
        hub('hub'),
        connection('s1'),
        ...spokes,
        {
          id: idOf('vpnGateways', 'gw'),
          name: 'gw',
          type: 'Microsoft.Network/vpnGateways',
          virtualHub: { id: idOf('virtualHubs', 'hub') },
          connections: [{ name: 'c', remoteVpnSite: { id: idOf('vpnSites', 'branch') } }],
        },
        {
          id: idOf('vpnSites', 'branch'),
          name: 'branch',
          type: 'Microsoft.Network/vpnSites',
          addressSpace: { addressPrefixes: ['192.168.5.0/24'] },
        },
      ],
      ask: ['one 192.168.5.9:22 reachable', '192.168.5.9 one:22 reachable', 'one 192.168.6.9:22 unreachable'],
    },
  ]);
});
