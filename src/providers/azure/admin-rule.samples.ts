import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'before the group, which is asked only where an admin rule says Allow or nothing',
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
      {
        $request: {
          subscriptionId: 's',
          resourceGroupName: 'rg',
          virtualNetworkName: 'v',
        },
        value: [
          {
            id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/networkManagers/m/securityAdminConfigurations/c/ruleCollections/rc/rules/no-ssh',
            name: 'no-ssh',
            properties: {
              access: 'Deny',
              direction: 'Inbound',
              priority: 10,
              protocol: 'Tcp',
              sources: [
                {
                  addressPrefixType: 'IPPrefix',
                  addressPrefix: '*',
                },
              ],
              destinations: [
                {
                  addressPrefixType: 'IPPrefix',
                  addressPrefix: '*',
                },
              ],
              destinationPortRanges: ['22'],
            },
          },
        ],
      },
    ],
    see: {
      'interface /subscriptions/s/resourcegroups/rg/providers/microsoft.network/networkinterfaces/nic-1': [
        'of node:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/networkinterfaces/nic-1, table routes:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v/subnets/a',
        '10.0.1.4',
        'in: nsg-in:admin:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/networkinterfaces/nic-1',
        'out: nsg-out:admin:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/networkinterfaces/nic-1',
      ],
      'filter nsg-in:admin:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/networkinterfaces/nic-1': [
        'admin rule no-ssh (10): deny tcp 22 from anywhere to anywhere',
        'else allow',
      ],
    },
  },
];
