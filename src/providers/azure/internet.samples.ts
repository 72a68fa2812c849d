import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: "out by the interface's own public address, else by an implicit one",
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
                    publicIPAddress: {
                      id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/publicIPAddresses/p',
                    },
                  },
                },
              ],
            },
          },
          {
            id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/networkInterfaces/nic-2',
            name: 'nic-2',
            properties: {
              ipConfigurations: [
                {
                  id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/networkInterfaces/nic-2/ipConfigurations/one',
                  name: 'one',
                  properties: {
                    primary: true,
                    privateIPAddress: '10.0.1.5',
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
            id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/publicIPAddresses/p',
            name: 'p',
            sku: {
              name: 'Standard',
            },
            properties: {
              ipAddress: '20.1.1.1',
            },
          },
        ],
      },
    ],
    see: {
      'translation edge:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v/subnets/a': [
        'stateless',
        'outward: mark 1: as it is',
        'outward: src 10.0.1.4 becomes 20.1.1.1',
        'outward: src 10.0.1.0/24 protocol 1,6,17: src becomes 198.18.0.0, sport becomes 1024-65535',
        'outward: else drop azure-private-subnet-no-egress',
        'inward: dst 20.1.1.1 becomes 10.0.1.4',
        'inward: else drop no-session',
      ],
      'filter edge:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v/subnets/a#guard-in':
        ['a Standard public address needs a security group that allows the traffic, and there is none', 'else allow'],
    },
  },
  {
    title: 'a NAT gateway goes before both, for TCP and UDP',
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
                    natGateway: {
                      id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/natGateways/n',
                    },
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
            id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/natGateways/n',
            name: 'n',
            properties: {
              publicIpAddresses: [
                {
                  id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/publicIPAddresses/p',
                },
              ],
            },
          },
        ],
      },
      {
        value: [
          {
            id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/publicIPAddresses/p',
            name: 'p',
            sku: {
              name: 'Standard',
            },
            properties: {
              ipAddress: '20.1.1.1',
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
      'translation nat:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/natgateways/n': [
        'stateful',
        'outward: src 0.0.0.0/0 protocol 6,17: src becomes 20.1.1.1, sport becomes 1024-65535',
        'outward: else drop azure-nat-gateway-protocol',
        'owns 20.1.1.1',
      ],
      'table edge:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v/subnets/a#out': [
        'what an appliance forwards: ? whether the appliance in a translates the source of what it forwards to the internet: its guest is not in the snapshot',
        'NAT gateway n: to nat:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/natgateways/n',
        'the internet: to internet#edge',
        'private addresses go nowhere: dropped, azure-private-destination',
      ],
    },
  },
];
