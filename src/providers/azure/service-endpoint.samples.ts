import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'a route to the listed addresses of the service, past wider routes',
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
                    serviceEndpoints: [
                      {
                        service: 'Microsoft.Storage',
                        locations: ['westeurope'],
                      },
                    ],
                  },
                },
              ],
              virtualNetworkPeerings: [],
            },
          },
        ],
      },
      {
        cloud: 'Public',
        changeNumber: 1,
        values: [
          {
            name: 'Storage.WestEurope',
            properties: {
              addressPrefixes: ['20.60.0.0/16'],
            },
          },
        ],
      },
    ],
    see: {
      'table routes:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v/subnets/a': [
        '10.0.0.0/16 -> the virtual network: on fabric:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v',
        '20.60.0.0/16 -> service endpoint Microsoft.Storage: to services:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v',
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
];
