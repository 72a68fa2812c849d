/** What a snapshot refers to and does not hold is never guessed, and what it lists in pages may be cut off. */
import { describe } from 'vitest';
import { type Json, idOf, ip, nsg, peering, routes, vm, vnet } from './estate.ts';
import { check } from './table.ts';

const network = (a: Json = {}, b: Json = {}) =>
  vnet('v', '10.0.0.0/16', { a: { range: '10.0.1.0/24', ...a }, b: { range: '10.0.2.0/24', ...b } });
const pool = `${idOf('loadBalancers', 'lb')}/backendAddressPools/p`;
const balancer: Json = {
  id: idOf('loadBalancers', 'lb'),
  name: 'lb',
  type: 'Microsoft.Network/loadBalancers',
  sku: { name: 'Standard' },
  frontendIPConfigurations: [
    {
      id: `${idOf('loadBalancers', 'lb')}/frontendIPConfigurations/f`,
      name: 'f',
      publicIPAddress: { id: idOf('publicIPAddresses', 'gone') },
    },
  ],
  backendAddressPools: [{ id: pool, name: 'p' }],
  loadBalancingRules: [
    {
      name: 'r',
      frontendIPConfiguration: { id: `${idOf('loadBalancers', 'lb')}/frontendIPConfigurations/f` },
      backendAddressPool: { id: pool },
      protocol: 'Tcp',
      frontendPort: 80,
      backendPort: 80,
      disableOutboundSnat: true,
    },
  ],
};
const page = (resources: readonly Json[], last: boolean) => ({
  value: resources,
  ...(last
    ? {}
    : {
        nextLink:
          'https://management.azure.com/subscriptions/s/providers/Microsoft.Network/networkInterfaces?api-version=2024-05-01&%24skiptoken=a',
      }),
});

describe('Azure, with parts missing', () => {
  check([
    {
      title: 'the public address of an interface',
      estate: [
        network({ nsg: 'g' }),
        nsg('g', '100 in Allow Tcp 443 from Internet to *'),
        vm('one', 'v/a', '10.0.1.4', { ip: 'gone' }),
      ],
      ask: ['internet one:443 undetermined', 'internet one:22 unreachable g', 'one internet:443 reachable'],
    },
    {
      title: 'the public address of a balancer',
      estate: [
        network({ nsg: 'g' }),
        nsg('g', '100 in Allow Tcp 80 from Internet to *'),
        balancer,
        vm('one', 'v/a', '10.0.1.4', { pools: [pool] }),
      ],
      ask: ['internet lb:80 undetermined', 'internet lb:81 unreachable lb'],
    },
    {
      title: 'the virtual networks: what is certain all the same stays so',
      estate: [
        nsg('g', '100 in Deny Tcp 22 from * to *'),
        vm('one', 'v/a', '10.0.1.4'),
        vm('two', 'v/b', '10.0.2.4', { nsg: 'g', ip: 'p' }),
        ip('p', '20.1.1.1'),
      ],
      ask: ['one two:443 undetermined', 'internet two:443 undetermined', 'internet two:22 unreachable g'],
    },
    {
      title: 'a virtual network whose subnets are listed',
      estate: [
        {
          id: `${idOf('virtualNetworks', 'v')}/subnets/a`,
          name: 'a',
          type: 'Microsoft.Network/virtualNetworks/subnets',
          addressPrefix: '10.0.1.0/24',
        },
        vm('one', 'v/a', '10.0.1.4'),
        vm('six', 'v/a', '10.0.1.6'),
      ],
      ask: ['one six:443 undetermined'],
    },
    {
      title: 'the last page of a list of interfaces',
      estate: [network()],
      documents: [page(vm('one', 'v/a', '10.0.1.4').slice(1), false)],
      ask: ['one 10.0.2.9:22 undetermined'],
    },
    {
      title: 'all pages of a list of interfaces',
      estate: [network()],
      documents: [
        page(vm('one', 'v/a', '10.0.1.4').slice(1), false),
        page(vm('two', 'v/b', '10.0.2.4').slice(1), true),
      ],
      ask: ['one-nic 10.0.2.9:22 unreachable', 'one-nic two-nic:22 reachable'],
    },
    {
      title: 'whether a connection that says it is down is up again',
      estate: [
        vnet('v', '10.0.0.0/16', { a: { range: '10.0.1.0/24' }, GatewaySubnet: { range: '10.0.9.0/24' } }),
        vm('one', 'v/a', '10.0.1.4'),
        {
          id: idOf('virtualNetworkGateways', 'gw'),
          name: 'gw',
          type: 'Microsoft.Network/virtualNetworkGateways',
          gatewayType: 'Vpn',
          ipConfigurations: [{ subnet: { id: `${idOf('virtualNetworks', 'v')}/subnets/GatewaySubnet` } }],
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
          connectionStatus: 'NotConnected',
          virtualNetworkGateway1: { id: idOf('virtualNetworkGateways', 'gw') },
          localNetworkGateway2: { id: idOf('localNetworkGateways', 'dc') },
        },
      ],
      ask: ['one 192.168.0.9:22 undetermined', 'one 192.168.1.9:22 unreachable'],
    },
    {
      title: "the firewall, balancer or gateway that a subnet's record speaks of",
      estate: [
        vnet('v', '10.0.0.0/16', {
          a: { range: '10.0.1.0/24', table: 't' },
          b: {
            range: '10.0.2.0/24',
            ipConfigurations: [{ id: `${idOf('loadBalancers', 'gone')}/frontendIPConfigurations/f` }],
          },
          c: {
            range: '10.0.3.0/24',
            ipConfigurations: [{ id: `${idOf('networkInterfaces', 'six-nic')}/ipConfigurations/one` }],
          },
          AzureFirewallSubnet: { range: '10.0.9.0/26' },
          GatewaySubnet: {
            range: '10.0.8.0/26',
            ipConfigurations: [{ id: `${idOf('virtualNetworkGateways', 'gone')}/ipConfigurations/default` }],
          },
        }),
        routes(
          't',
          '172.20.0.0/16 VirtualAppliance 10.0.9.4',
          '172.21.0.0/16 VirtualAppliance 10.0.2.100',
          '172.22.0.0/16 VirtualAppliance 10.0.3.100',
        ),
        vm('one', 'v/a', '10.0.1.4'),
        vm('six', 'v/c', '10.0.3.4'),
      ],
      ask: [
        'one 172.20.0.4:22 undetermined',
        'one 172.21.0.4:22 undetermined',
        'one 172.22.0.4:22 unreachable t',
        'one 10.0.2.100:22 undetermined',
        'one 192.168.7.7:22 undetermined',
        'one six:22 reachable',
        'one internet:443 reachable',
      ],
    },
    {
      title: 'an application gateway, which is not read',
      estate: [
        network(
          {},
          { ipConfigurations: [{ id: `${idOf('applicationGateways', 'agw')}/gatewayIPConfigurations/one` }] },
        ),
        vm('one', 'v/a', '10.0.1.4'),
        vm('two', 'v/b', '10.0.2.4'),
      ],
      ask: ['one 10.0.2.9:443 undetermined', 'one two:443 reachable'],
    },
    {
      title: 'where a default route leads: its public addresses are out of reach all the same',
      estate: [
        network({ nsg: 'g', table: 'away' }, { nsg: 'g', table: 'tunnel' }),
        nsg('g', '100 in Allow Tcp 443 from Internet to *'),
        routes('away', '0.0.0.0/0 VirtualAppliance 172.16.0.4'),
        routes('tunnel', '0.0.0.0/0 VirtualNetworkGateway'),
        vm('one', 'v/a', '10.0.1.4', { ip: 'p' }),
        vm('two', 'v/b', '10.0.2.4', { ip: 'q' }),
        ip('p', '20.1.1.1'),
        ip('q', '20.1.1.2'),
      ],
      ask: [
        'internet one:443 unreachable away',
        'internet two:443 unreachable tunnel',
        'one internet:443 undetermined',
        'two 8.8.8.8:443 undetermined',
        'one two:443 reachable',
      ],
    },
    {
      title: 'a service tag holds public addresses, whichever they are',
      estate: [
        network({ nsg: 'out', table: 't' }, { nsg: 'in' }),
        nsg('in', '100 in Allow Tcp 443 from AzureFrontDoor.Backend to *', '200 in Deny any * from * to *'),
        nsg('out', '100 out Deny Tcp 443 from * to Storage'),
        routes('t', 'Sql None'),
        vm('one', 'v/a', '10.0.1.4'),
        vm('two', 'v/b', '10.0.2.4', { ip: 'p' }),
        vm('six', 'v/a', '10.0.1.6'),
        ip('p', '20.1.1.1'),
      ],
      ask: [
        'one two:443 unreachable in',
        'internet two:443 undetermined',
        'one six:443 reachable',
        'one 20.60.1.1:443 undetermined',
        'one 20.60.1.1:80 undetermined',
      ],
    },
    {
      title: 'an appliance that is in no listed subnet',
      estate: [
        network({ table: 't' }),
        routes('t', '10.0.2.0/24 VirtualAppliance 172.16.0.4'),
        ...vm('one', 'v/a', '10.0.1.4'),
      ],
      ask: ['one 10.0.2.4:22 undetermined'],
    },
  ]);
});

describe('Azure peerings, on the way to an appliance', () => {
  const nets = (flags: Json, table: string) => [
    vnet('hub', '10.0.0.0/16', { fw: { range: '10.0.1.0/24' } }, [peering('s1', '10.1.0.0/16', flags)]),
    vnet('s1', '10.1.0.0/16', { a: { range: '10.1.1.0/24', table } }, [peering('hub', '10.0.0.0/16', flags)]),
    vm('one', 's1/a', '10.1.1.4', { ip: 'p' }),
    vm('nva', 'hub/fw', '10.0.1.4', { forwards: true, ip: 'q' }),
    ip('p', '20.1.1.1'),
    ip('q', '20.1.1.2'),
  ];
  check([
    {
      title: 'a peering that is not connected leads to none',
      estate: [...nets({ peeringState: 'Disconnected' }, 't'), routes('t', '10.9.0.0/16 VirtualAppliance 10.0.1.4')],
      ask: ['one 10.9.0.4:22 unreachable to-hub'],
    },
  ]);
});

describe('Azure egress', () => {
  const flexible = vm('one', 'v/a', '10.0.1.4').map((record, i) =>
    i === 0
      ? {
          ...record,
          virtualMachineScaleSet: {
            id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/virtualMachineScaleSets/flex',
          },
        }
      : record,
  );
  check([
    {
      title: 'instances of a flexible scale set get no implicit way out',
      estate: [network(), flexible, vm('two', 'v/a', '10.0.1.5')],
      ask: ['one internet:443 unreachable', 'two internet:443 reachable'],
    },
    {
      title: 'neither do members of a Standard balancer, with or without outbound rules',
      estate: [
        network(),
        { ...balancer, loadBalancingRules: [] },
        vm('one', 'v/a', '10.0.1.4', { pools: [pool] }),
        vm('two', 'v/a', '10.0.1.5'),
      ],
      ask: ['one internet:443 unreachable', 'two internet:443 reachable'],
    },
    {
      title: 'a StandardV2 NAT gateway carries IPv6',
      estate: [
        vnet('v', '10.0.0.0/16,fd00:1::/48', {
          a: {
            range: '10.0.1.0/24',
            addressPrefix: undefined,
            addressPrefixes: ['10.0.1.0/24', 'fd00:1::/64'],
            nat: 'n',
          },
        }),
        {
          id: idOf('natGateways', 'n'),
          name: 'n',
          type: 'Microsoft.Network/natGateways',
          sku: { name: 'StandardV2' },
          publicIpAddresses: [{ id: idOf('publicIPAddresses', 'p') }],
          publicIpAddressesV6: [{ id: idOf('publicIPAddresses', 'p6') }],
        },
        ip('p', '20.1.1.1'),
        ip('p6', '2603:1000::1'),
        vm('one', 'v/a', 'fd00:1::4'),
        vm('two', 'v/a', '10.0.1.4'),
      ],
      ask: [
        'one 2001:4860:4860::8888 partial',
        'one [2001:4860:4860::8888]:443 reachable',
        'two 8.8.8.8:443 reachable',
      ],
    },
  ]);
});

describe('Azure private endpoints', () => {
  const endpoint = [
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
  ];
  const none = routes('t', '10.0.0.0/16 None', '10.0.1.0/24 None');
  check([
    {
      title: 'answer past the route table of their subnet',
      estate: [network({}, { table: 't' }), none, endpoint, vm('one', 'v/a', '10.0.1.4')],
      ask: ['one pe:443 reachable'],
    },
    {
      title: 'unless its policies say otherwise',
      estate: [
        network({}, { table: 't', privateEndpointNetworkPolicies: 'RouteTableEnabled' }),
        none,
        endpoint,
        vm('one', 'v/a', '10.0.1.4'),
      ],
      ask: ['one pe:443 unreachable t'],
    },
  ]);
});
