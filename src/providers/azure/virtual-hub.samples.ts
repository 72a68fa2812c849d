import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'each route table of a hub knows the networks that propagate to it',
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
              virtualNetworkPeerings: [],
            },
          },
        ],
      },
      {
        value: [
          {
            id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualHubs/hub',
            name: 'hub',
            properties: {
              addressPrefix: '10.100.0.0/24',
            },
          },
        ],
      },
      {
        value: [
          {
            id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualHubs/hub/hubVirtualNetworkConnections/v',
            name: 'v',
            properties: {
              remoteVirtualNetwork: {
                id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v',
              },
            },
          },
          {
            id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualHubs/hub/hubVirtualNetworkConnections/w',
            name: 'w',
            properties: {
              remoteVirtualNetwork: {
                id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/w',
              },
              routingConfiguration: {
                associatedRouteTable: {
                  id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualHubs/hub/hubRouteTables/defaultRouteTable',
                },
                propagatedRouteTables: {
                  ids: [
                    {
                      id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualHubs/hub/hubRouteTables/noneRouteTable',
                    },
                  ],
                  labels: ['none'],
                },
              },
            },
          },
        ],
      },
    ],
    see: {
      'table hub-routes:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualhubs/hub/hubroutetables/defaultroutetable':
        [
          '10.0.0.0/16 -> v: on fabric:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v',
        ],
    },
  },
];
