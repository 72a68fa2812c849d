import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'static prefixes of a local network gateway, and an outside behind them',
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
                {
                  id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/GatewaySubnet',
                  name: 'GatewaySubnet',
                  properties: {
                    addressPrefix: '10.0.9.0/24',
                  },
                },
              ],
              virtualNetworkPeerings: [],
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
      {
        value: [
          {
            id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworkGateways/gw',
            name: 'gw',
            properties: {
              gatewayType: 'Vpn',
              ipConfigurations: [
                {
                  properties: {
                    subnet: {
                      id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/GatewaySubnet',
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
            id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/localNetworkGateways/dc',
            name: 'dc',
            properties: {
              localNetworkAddressSpace: {
                addressPrefixes: ['192.168.0.0/24'],
              },
            },
          },
        ],
      },
      {
        value: [
          {
            id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/connections/c',
            name: 'c',
            properties: {
              virtualNetworkGateway1: {
                id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworkGateways/gw',
              },
              localNetworkGateway2: {
                id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/localNetworkGateways/dc',
              },
            },
          },
        ],
      },
    ],
    see: {
      'table routes:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v/subnets/a': [
        '192.168.0.0/24 -> gateway: to /subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworkgateways/gw#out',
        '10.0.0.0/16 -> the virtual network: on fabric:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v',
        '192.168.0.0/16 -> None: dropped, azure-no-route',
        '172.16.0.0/12 -> None: dropped, azure-no-route',
        '100.64.0.0/10 -> None: dropped, azure-no-route',
        '10.0.0.0/8 -> None: dropped, azure-no-route',
        '168.63.129.16: DNS, health probes and the guest agent, which no group filters: here',
        '169.254.169.254: instance metadata, which no group filters: here',
        '0.0.0.0/0 -> Internet: to edge:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v/subnets/a',
        '::/0 -> Internet: to edge:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v/subnets/a',
      ],
      'table onprem:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworkgateways/gw': [
        'over the connection: to /subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworkgateways/gw#in',
        'on-premises: here',
      ],
    },
  },
];
