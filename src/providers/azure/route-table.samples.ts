import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title:
      'longest prefix first, a user-defined route before the system, None for private ranges that belong to nobody',
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
                    routeTable: {
                      id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/routeTables/t',
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
            id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/routeTables/t',
            name: 't',
            properties: {
              routes: [
                {
                  name: 'fw',
                  properties: {
                    addressPrefix: '10.0.0.0/16',
                    nextHopType: 'VirtualAppliance',
                    nextHopIpAddress: '10.0.1.9',
                  },
                },
                {
                  name: 'own',
                  properties: {
                    addressPrefix: '10.0.1.0/24',
                    nextHopType: 'VnetLocal',
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
          {
            id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/networkInterfaces/nva',
            name: 'nva',
            properties: {
              enableIPForwarding: true,
              ipConfigurations: [
                {
                  id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/networkInterfaces/nva/ipConfigurations/one',
                  name: 'one',
                  properties: {
                    primary: true,
                    privateIPAddress: '10.0.1.9',
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
        'own: 10.0.1.0/24 -> VnetLocal: on fabric:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v',
        'fw: 10.0.0.0/16 -> 10.0.1.9: to /subscriptions/s/resourcegroups/rg/providers/microsoft.network/networkinterfaces/nva',
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
    },
  },
  {
    title: 'a default route of its own removes those to None',
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
                    routeTable: {
                      id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/routeTables/t',
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
            id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/routeTables/t',
            name: 't',
            properties: {
              routes: [
                {
                  name: 'all',
                  properties: {
                    addressPrefix: '0.0.0.0/0',
                    nextHopType: 'None',
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
        '168.63.129.16: DNS, health probes and the guest agent, which no group filters: here',
        '169.254.169.254: instance metadata, which no group filters: here',
        'all: 0.0.0.0/0 -> None: dropped, azure-route-none',
        '0.0.0.0/0 -> Internet: to edge:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v/subnets/a',
        '::/0 -> Internet: to edge:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v/subnets/a',
      ],
    },
  },
];
