import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'a fabric that knows who owns which address, and subnets as places',
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
    ],
    see: {
      'link fabric:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v': [
        '10.0.1.4 in /subscriptions/s/resourcegroups/rg/providers/microsoft.network/networkinterfaces/nic-1',
        'else dropped, azure-no-such-address',
      ],
      'place /subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v/subnets/a': [
        'subnet',
        'members /subscriptions/s/resourcegroups/rg/providers/microsoft.network/networkinterfaces/nic-1',
      ],
      'word v/a': ['/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v/subnets/a'],
    },
  },
  {
    title: 'without a list of interfaces nobody knows who owns an address',
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
              virtualNetworkPeerings: [],
            },
          },
        ],
      },
    ],
    see: {
      'link fabric:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v': [
        'else ? the network interfaces',
      ],
    },
  },
];
