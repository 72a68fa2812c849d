import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'a route to what was learned of the peer, and a way through, where both sides are connected',
    given: [
      {
        value: [
          {
            id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v',
            name: 'v',
            location: 'westeurope',
            properties: {
              addressSpace: {
                addressPrefixes: ['10.0.0.0/16'],
              },
              subnets: [
                {
                  id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/a',
                  name: 'a',
                  properties: {
                    addressPrefix: '10.0.1.0/24',
                  },
                },
              ],
              virtualNetworkPeerings: [
                {
                  id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/virtualNetworkPeerings/to-w',
                  name: 'to-w',
                  properties: {
                    peeringState: 'Connected',
                    allowForwardedTraffic: false,
                    remoteVirtualNetwork: {
                      id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/w',
                    },
                    remoteAddressSpace: {
                      addressPrefixes: ['10.1.0.0/16'],
                    },
                  },
                },
              ],
            },
          },
          {
            id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/w',
            name: 'w',
            location: 'westeurope',
            properties: {
              addressSpace: {
                addressPrefixes: ['10.1.0.0/16'],
              },
              subnets: [
                {
                  id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/w/subnets/a',
                  name: 'a',
                  properties: {
                    addressPrefix: '10.1.1.0/24',
                  },
                },
              ],
              virtualNetworkPeerings: [
                {
                  id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/w/virtualNetworkPeerings/to-v',
                  name: 'to-v',
                  properties: {
                    peeringState: 'Connected',
                    allowForwardedTraffic: true,
                    remoteVirtualNetwork: {
                      id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v',
                    },
                    remoteAddressSpace: {
                      addressPrefixes: ['10.0.0.0/16'],
                    },
                  },
                },
              ],
            },
          },
        ],
      },
      {
        value: [
          {
            id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/networkInterfaces/nic-1',
            name: 'nic-1',
            properties: {
              ipConfigurations: [
                {
                  id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/networkInterfaces/nic-1/ipConfigurations/one',
                  name: 'one',
                  properties: {
                    primary: true,
                    privateIPAddress: '10.0.1.4',
                    subnet: {
                      id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/a',
                    },
                  },
                },
              ],
            },
          },
        ],
      },
    ],
    see: {
      'table routes:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v/subnets/a': [
        '10.0.0.0/16 -> the virtual network: on fabric:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v',
        '10.1.0.0/16 -> peering to-w: to /subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v/virtualnetworkpeerings/to-w#over',
        '192.168.0.0/16 -> None: dropped, azure-no-route',
        '172.16.0.0/12 -> None: dropped, azure-no-route',
        '100.64.0.0/10 -> None: dropped, azure-no-route',
        '10.0.0.0/8 -> None: dropped, azure-no-route',
        '168.63.129.16: DNS, health probes and the guest agent, which no group filters: here',
        '169.254.169.254: instance metadata, which no group filters: here',
        '0.0.0.0/0 -> Internet: to edge:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v/subnets/a',
        '::/0 -> Internet: to edge:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v/subnets/a',
      ],
      'filter peering:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v/virtualnetworkpeerings/to-w':
        [
          'forwarded traffic ? whether forwarded packets cross peering to-w: allowForwardedTraffic is on at one side only, and the documentation contradicts itself on what that means',
          'else allow, stateless',
        ],
    },
  },
];
