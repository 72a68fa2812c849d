import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'an internal frontend rewrites to its members and drops what no rule takes',
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
        value: [
          {
            id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/loadBalancers/lb',
            name: 'lb',
            sku: {
              name: 'Standard',
            },
            properties: {
              frontendIPConfigurations: [
                {
                  id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/loadBalancers/lb/frontendIPConfigurations/f',
                  name: 'f',
                  properties: {
                    privateIPAddress: '10.0.1.100',
                    subnet: {
                      id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/a',
                    },
                  },
                },
              ],
              backendAddressPools: [
                {
                  id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/loadBalancers/lb/backendAddressPools/p',
                  name: 'p',
                  properties: {
                    backendIPConfigurations: [
                      {
                        id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/networkInterfaces/nic-1/ipConfigurations/one',
                      },
                    ],
                  },
                },
              ],
              loadBalancingRules: [
                {
                  name: 'r',
                  properties: {
                    frontendIPConfiguration: {
                      id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/loadBalancers/lb/frontendIPConfigurations/f',
                    },
                    backendAddressPool: {
                      id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/loadBalancers/lb/backendAddressPools/p',
                    },
                    protocol: 'Tcp',
                    frontendPort: 80,
                    backendPort: 8080,
                  },
                },
              ],
            },
          },
        ],
      },
    ],
    see: {
      'translation /subscriptions/s/resourcegroups/rg/providers/microsoft.network/loadbalancers/lb/frontendipconfigurations/f':
        [
          'stateless',
          'inward: dst 10.0.1.100 protocol 6 dport 80: dst becomes 10.0.1.4, dport becomes 8080',
          'inward: else pass',
        ],
      'table /subscriptions/s/resourcegroups/rg/providers/microsoft.network/loadbalancers/lb/frontendipconfigurations/f#rules':
        [
          'no rule: dropped, azure-lb-no-rule',
          'to a member: on fabric:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v',
        ],
    },
  },
];
