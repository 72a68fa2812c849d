import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'a machine with one interface, called by either name in any case',
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
            id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/networkInterfaces/NIC-1',
            name: 'NIC-1',
            properties: {
              virtualMachine: {
                id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/Web',
              },
              ipConfigurations: [
                {
                  id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/networkInterfaces/NIC-1/ipConfigurations/one',
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
        'of /subscriptions/s/resourcegroups/rg/providers/microsoft.compute/virtualmachines/web, table routes:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v/subnets/a',
        '10.0.1.4',
      ],
      'word web': ['/subscriptions/s/resourcegroups/rg/providers/microsoft.compute/virtualmachines/web'],
      'word NIC-1': ['/subscriptions/s/resourcegroups/rg/providers/microsoft.network/networkinterfaces/nic-1'],
      'node /subscriptions/s/resourcegroups/rg/providers/microsoft.compute/virtualmachines/web': [
        'endpoint with /subscriptions/s/resourcegroups/rg/providers/microsoft.network/networkinterfaces/nic-1',
        'refuses: azure-ip-forwarding-off',
      ],
    },
  },
  {
    title: 'a private endpoint is filtered by no group and routed by no table of its subnet',
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
            id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/networkInterfaces/pe-nic',
            name: 'pe-nic',
            properties: {
              privateEndpoint: {
                id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/privateEndpoints/pe',
              },
              ipConfigurations: [
                {
                  id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/networkInterfaces/pe-nic/ipConfigurations/one',
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
      {
        value: [
          {
            id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/privateEndpoints/pe',
            name: 'pe',
            properties: {
              networkInterfaces: [
                {
                  id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/networkInterfaces/pe-nic',
                },
              ],
              privateLinkServiceConnections: [
                {
                  properties: {
                    privateLinkServiceConnectionState: {
                      status: 'Pending',
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
      'interface /subscriptions/s/resourcegroups/rg/providers/microsoft.network/networkinterfaces/pe-nic': [
        'of node:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/networkinterfaces/pe-nic, table endpoint-routes:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v/subnets/a',
        '10.0.1.9',
      ],
      'node node:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/networkinterfaces/pe-nic': [
        'endpoint with /subscriptions/s/resourcegroups/rg/providers/microsoft.network/networkinterfaces/pe-nic',
        'refuses: azure-ip-forwarding-off',
        'down: the connection of private endpoint pe is Pending',
        'assumes: service-permits',
      ],
      'amendment approve:node:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/networkinterfaces/pe-nic':
        ['approve the connection of private endpoint pe at the service'],
    },
  },
  {
    title: 'one whose subnet is not in the snapshot stays, with what is missing',
    given: [
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
                      id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/gone/subnets/a',
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
      'table routes:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/gone/subnets/a': [
        '168.63.129.16: DNS, health probes and the guest agent, which no group filters: here',
        '169.254.169.254: instance metadata, which no group filters: here',
        'a subnet that is not in the snapshot: ? subnet a with its group and its routes',
      ],
      notes: [],
    },
  },
];
