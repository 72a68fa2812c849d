import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'VirtualNetwork is the network, its peers with access, and every prefix of the route table',
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
                    networkSecurityGroup: {
                      id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/networkSecurityGroups/g',
                    },
                    routeTable: {
                      id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/routeTables/t',
                    },
                  },
                },
              ],
              virtualNetworkPeerings: [
                {
                  id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/virtualNetworkPeerings/p',
                  name: 'p',
                  properties: {
                    peeringState: 'Connected',
                    allowVirtualNetworkAccess: true,
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
        ],
      },
      {
        value: [
          {
            id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/networkSecurityGroups/g',
            name: 'g',
            properties: {
              securityRules: [],
            },
          },
        ],
      },
      {
        value: [
          {
            id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/routeTables/t',
            name: 't',
            properties: {
              routes: [
                {
                  name: 'r',
                  properties: {
                    addressPrefix: '172.16.0.0/12',
                    nextHopType: 'VirtualAppliance',
                    nextHopIpAddress: '10.0.1.9',
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
      'interface /subscriptions/s/resourcegroups/rg/providers/microsoft.network/networkinterfaces/nic-1': [
        'of node:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/networkinterfaces/nic-1, table routes:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v/subnets/a',
        '10.0.1.4',
        'in: nsg-in:subnet:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/networkinterfaces/nic-1',
        'out: nsg-out:subnet:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/networkinterfaces/nic-1',
      ],
      'filter nsg-in:subnet:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/networkinterfaces/nic-1': [
        'AllowVnetInBound (65000): allow everything from VirtualNetwork to VirtualNetwork',
        'AllowAzureLoadBalancerInBound (65001): allow everything from AzureLoadBalancer to anywhere',
        'DenyAllInBound (65500): deny everything from anywhere to anywhere',
        'else deny',
      ],
      'set tag:virtualnetwork@/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v/subnets/a':
        ['10.0.0.0/15', '168.63.129.16', '172.16.0.0/12'],
    },
  },
];
