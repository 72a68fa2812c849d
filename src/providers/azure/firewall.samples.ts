import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'network rules by priority; what it proxies or translates comes from one of its instances',
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
                  id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/AzureFirewallSubnet',
                  name: 'AzureFirewallSubnet',
                  properties: {
                    addressPrefix: '10.0.9.0/26',
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
            id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/azureFirewalls/fw',
            name: 'fw',
            properties: {
              ipConfigurations: [
                {
                  properties: {
                    privateIPAddress: '10.0.9.4',
                    subnet: {
                      id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/AzureFirewallSubnet',
                    },
                    publicIPAddress: {
                      id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/publicIPAddresses/p',
                    },
                  },
                },
              ],
              networkRuleCollections: [
                {
                  name: 'late',
                  properties: {
                    priority: 200,
                    action: {
                      type: 'Allow',
                    },
                    rules: [
                      {
                        name: 'web',
                        protocols: ['TCP'],
                        sourceAddresses: ['*'],
                        destinationAddresses: ['*'],
                        destinationPorts: ['443'],
                      },
                    ],
                  },
                },
                {
                  name: 'early',
                  properties: {
                    priority: 100,
                    action: {
                      type: 'Deny',
                    },
                    rules: [
                      {
                        name: 'no',
                        protocols: ['Any'],
                        sourceAddresses: ['*'],
                        destinationAddresses: ['10.0.5.0/24'],
                        destinationPorts: ['*'],
                      },
                    ],
                  },
                },
              ],
              natRuleCollections: [
                {
                  name: 'nat',
                  properties: {
                    priority: 100,
                    action: {
                      type: 'Dnat',
                    },
                    rules: [
                      {
                        name: 'in',
                        protocols: ['TCP'],
                        sourceAddresses: ['*'],
                        destinationAddresses: ['20.1.1.1'],
                        destinationPorts: ['8443'],
                        translatedAddress: '10.0.5.4',
                        translatedPort: '443',
                      },
                    ],
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
      'filter rules:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/azurefirewalls/fw': [
        'what a DNAT rule translated',
        'no: deny everything from anywhere to 10.0.5.0/24',
        'web: allow tcp 443 from anywhere to anywhere',
        'else deny',
      ],
      'link fabric:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v': [
        '10.0.9.4 in /subscriptions/s/resourcegroups/rg/providers/microsoft.network/azurefirewalls/fw',
        '9 CIDRs from 10.0.9.5 to 10.0.9.62 in /subscriptions/s/resourcegroups/rg/providers/microsoft.network/azurefirewalls/fw#instances',
        'else ? the network interfaces',
      ],
    },
  },
];
