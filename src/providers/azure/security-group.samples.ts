import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'rules by priority, singular and plural fields alike, default rules added where the source omits them',
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
            id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/networkSecurityGroups/g',
            name: 'g',
            properties: {
              securityRules: [
                {
                  name: 'late',
                  properties: {
                    priority: 300,
                    direction: 'Inbound',
                    access: 'Deny',
                    protocol: '*',
                    sourceAddressPrefix: '*',
                    sourcePortRange: '*',
                    destinationAddressPrefix: '*',
                    destinationPortRange: '*',
                  },
                },
                {
                  name: 'early',
                  properties: {
                    priority: 200,
                    direction: 'inbound',
                    access: 'Allow',
                    protocol: 'TCP',
                    sourceAddressPrefix: '',
                    sourceAddressPrefixes: ['10.0.0.0/24', '10.1.0.4'],
                    sourcePortRange: '*',
                    destinationAddressPrefix: '*',
                    destinationPortRange: null,
                    destinationPortRanges: ['22', '8000-8010'],
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
        'early (200): allow tcp 22,8000-8010 from 10.0.0.0/24, 10.1.0.4 to anywhere',
        'late (300): deny everything from anywhere to anywhere',
        'AllowVnetInBound (65000): allow everything from VirtualNetwork to VirtualNetwork',
        'AllowAzureLoadBalancerInBound (65001): allow everything from AzureLoadBalancer to anywhere',
        'DenyAllInBound (65500): deny everything from anywhere to anywhere',
        'else deny',
      ],
    },
  },
  {
    title: 'an application security group means its members of this network',
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
            id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/networkSecurityGroups/g',
            name: 'g',
            properties: {
              securityRules: [
                {
                  name: 'web',
                  properties: {
                    priority: 200,
                    direction: 'Inbound',
                    access: 'Allow',
                    protocol: 'Tcp',
                    sourceApplicationSecurityGroups: [
                      {
                        id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/applicationSecurityGroups/web',
                      },
                    ],
                    sourcePortRange: '*',
                    destinationAddressPrefix: '*',
                    destinationPortRange: '443',
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
                    applicationSecurityGroups: [
                      {
                        id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/applicationSecurityGroups/web',
                      },
                    ],
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
        'web (200): allow tcp 443 from web to anywhere',
        'AllowVnetInBound (65000): allow everything from VirtualNetwork to VirtualNetwork',
        'AllowAzureLoadBalancerInBound (65001): allow everything from AzureLoadBalancer to anywhere',
        'DenyAllInBound (65500): deny everything from anywhere to anywhere',
        'else deny',
      ],
      'set asg:/subscriptions/s/resourcegroups/rg/providers/microsoft.network/applicationsecuritygroups/web@/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v':
        ['10.0.1.4'],
    },
  },
];
