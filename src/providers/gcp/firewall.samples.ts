import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'VPC rules by priority, deny before allow; what is implied stays the default',
    given: [
      [
        {
          kind: 'compute#network',
          name: 'n',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
        },
      ],
      [
        {
          kind: 'compute#subnetwork',
          name: 'a',
          network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
          ipCidrRange: '10.0.1.0/24',
          region: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/subnetworks/a',
        },
      ],
      [
        {
          kind: 'compute#instance',
          name: 'a',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/zones/us-central1-a/instances/a',
          status: 'RUNNING',
          canIpForward: false,
          tags: {
            items: ['web'],
          },
          serviceAccounts: [],
          networkInterfaces: [
            {
              name: 'nic0',
              network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
              subnetwork: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/subnetworks/a',
              networkIP: '10.0.1.4',
              accessConfigs: [],
            },
          ],
        },
      ],
      [
        {
          kind: 'compute#firewall',
          name: 'allow-ssh',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/firewalls/allow-ssh',
          network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
          direction: 'INGRESS',
          priority: 1000,
          allowed: [
            {
              IPProtocol: 'tcp',
              ports: ['22'],
            },
          ],
          sourceRanges: ['10.0.0.0/8'],
        },
        {
          kind: 'compute#firewall',
          name: 'deny-ssh',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/firewalls/deny-ssh',
          network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
          direction: 'INGRESS',
          priority: 1000,
          denied: [
            {
              IPProtocol: 'tcp',
              ports: ['22'],
            },
          ],
          sourceRanges: ['10.9.0.0/16'],
        },
        {
          kind: 'compute#firewall',
          name: 'for-db',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/firewalls/for-db',
          network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
          direction: 'INGRESS',
          priority: 1000,
          allowed: [
            {
              IPProtocol: 'tcp',
              ports: ['5432'],
            },
          ],
          sourceRanges: ['10.0.0.0/8'],
          targetTags: ['db'],
        },
        {
          kind: 'compute#firewall',
          name: 'off',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/firewalls/off',
          network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
          direction: 'INGRESS',
          priority: 1000,
          allowed: [
            {
              IPProtocol: 'all',
            },
          ],
          sourceRanges: ['0.0.0.0/0'],
          disabled: true,
        },
        {
          kind: 'compute#firewall',
          name: 'out',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/firewalls/out',
          network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
          direction: 'EGRESS',
          priority: 1000,
          denied: [
            {
              IPProtocol: 'all',
            },
          ],
          destinationRanges: ['192.0.2.0/24'],
        },
      ],
    ],
    see: {
      'filter firewall-in:projects/p/zones/us-central1-a/instances/a#nic0': [
        'deny-ssh (1000): deny tcp 22 from 10.9.0.0/16',
        'allow-ssh (1000): allow tcp 22 from 10.0.0.0/8',
        'else deny',
      ],
      'filter firewall-out:projects/p/zones/us-central1-a/instances/a#nic0': [
        'out (1000): deny everything to 192.0.2.0/24',
        'else allow',
      ],
    },
  },
  {
    title: 'the organisation first, then rules of the network, then its policy',
    given: [
      [
        {
          kind: 'compute#network',
          name: 'n',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
        },
      ],
      [
        {
          kind: 'compute#subnetwork',
          name: 'a',
          network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
          ipCidrRange: '10.0.1.0/24',
          region: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/subnetworks/a',
        },
      ],
      [
        {
          kind: 'compute#instance',
          name: 'a',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/zones/us-central1-a/instances/a',
          status: 'RUNNING',
          canIpForward: false,
          tags: {
            items: [],
          },
          serviceAccounts: [],
          networkInterfaces: [
            {
              name: 'nic0',
              network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
              subnetwork: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/subnetworks/a',
              networkIP: '10.0.1.4',
              accessConfigs: [],
            },
          ],
        },
      ],
      [
        {
          kind: 'compute#firewall',
          name: 'allow-ssh',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/firewalls/allow-ssh',
          network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
          direction: 'INGRESS',
          priority: 1000,
          allowed: [
            {
              IPProtocol: 'tcp',
              ports: ['22'],
            },
          ],
          sourceRanges: ['10.0.0.0/8'],
        },
      ],
      {
        kind: 'compute#firewallPolicyList',
        items: [
          {
            kind: 'compute#firewallPolicy',
            name: 'org',
            selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/firewallPolicies/org',
            associations: [
              {
                attachmentTarget: 'organizations/1',
              },
            ],
            rules: [
              {
                priority: 10,
                action: 'goto_next',
                direction: 'INGRESS',
                match: {
                  srcIpRanges: ['0.0.0.0/0'],
                  layer4Configs: [
                    {
                      ipProtocol: 'tcp',
                      ports: ['22'],
                    },
                  ],
                },
              },
              {
                priority: 20,
                action: 'deny',
                direction: 'INGRESS',
                match: {
                  srcIpRanges: ['0.0.0.0/0'],
                  layer4Configs: [
                    {
                      ipProtocol: 'tcp',
                      ports: ['23'],
                    },
                  ],
                },
              },
            ],
          },
        ],
      },
      {
        kind: 'compute#firewallPolicyList',
        items: [
          {
            kind: 'compute#firewallPolicy',
            name: 'np',
            selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/firewallPolicies/np',
            associations: [
              {
                attachmentTarget: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
              },
            ],
            rules: [
              {
                priority: 5,
                action: 'allow',
                direction: 'INGRESS',
                match: {
                  srcIpRanges: ['0.0.0.0/0'],
                  layer4Configs: [
                    {
                      ipProtocol: 'tcp',
                      ports: ['80'],
                    },
                  ],
                },
              },
            ],
          },
        ],
      },
    ],
    see: {
      'filter firewall-in:projects/p/zones/us-central1-a/instances/a#nic0': [
        'org rule 10: goto_next tcp 22 from 0.0.0.0/0',
        'org rule 20: deny tcp 23 from 0.0.0.0/0',
        'allow-ssh (1000): allow tcp 22 from 10.0.0.0/8',
        'np rule 5: allow tcp 80 from 0.0.0.0/0',
        'else deny',
      ],
    },
  },
  {
    title: 'a source tag is a set of primary internal addresses',
    given: [
      [
        {
          kind: 'compute#network',
          name: 'n',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
        },
      ],
      [
        {
          kind: 'compute#subnetwork',
          name: 'a',
          network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
          ipCidrRange: '10.0.1.0/24',
          region: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/subnetworks/a',
        },
      ],
      [
        {
          kind: 'compute#instance',
          name: 'a',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/zones/us-central1-a/instances/a',
          status: 'RUNNING',
          canIpForward: false,
          tags: {
            items: [],
          },
          serviceAccounts: [],
          networkInterfaces: [
            {
              name: 'nic0',
              network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
              subnetwork: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/subnetworks/a',
              networkIP: '10.0.1.4',
              accessConfigs: [],
            },
          ],
        },
        {
          kind: 'compute#instance',
          name: 'b',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/zones/us-central1-a/instances/b',
          status: 'RUNNING',
          canIpForward: false,
          tags: {
            items: ['app'],
          },
          serviceAccounts: [],
          networkInterfaces: [
            {
              name: 'nic0',
              network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
              subnetwork: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/subnetworks/a',
              networkIP: '10.0.1.5',
              accessConfigs: [
                {
                  natIP: '34.1.1.1',
                },
              ],
            },
          ],
        },
      ],
      [
        {
          kind: 'compute#firewall',
          name: 'by-tag',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/firewalls/by-tag',
          network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
          direction: 'INGRESS',
          priority: 1000,
          allowed: [
            {
              IPProtocol: 'tcp',
              ports: ['22'],
            },
          ],
          sourceTags: ['app'],
        },
      ],
    ],
    see: {
      'filter firewall-in:projects/p/zones/us-central1-a/instances/a#nic0': [
        'by-tag (1000): allow tcp 22 from tag app',
        'else deny',
      ],
      'set sources:projects/p/global/networks/n:tag app': ['10.0.1.5'],
    },
  },
  {
    title: 'without a list of rules everything may be allowed',
    given: [
      [
        {
          kind: 'compute#network',
          name: 'n',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
        },
      ],
      [
        {
          kind: 'compute#subnetwork',
          name: 'a',
          network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
          ipCidrRange: '10.0.1.0/24',
          region: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/subnetworks/a',
        },
      ],
      [
        {
          kind: 'compute#instance',
          name: 'a',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/zones/us-central1-a/instances/a',
          status: 'RUNNING',
          canIpForward: false,
          tags: {
            items: [],
          },
          serviceAccounts: [],
          networkInterfaces: [
            {
              name: 'nic0',
              network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
              subnetwork: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/subnetworks/a',
              networkIP: '10.0.1.4',
              accessConfigs: [],
            },
          ],
        },
      ],
    ],
    see: {
      'filter firewall-in:projects/p/zones/us-central1-a/instances/a#nic0': [
        'rules that are not known ? the firewall rules of network n',
        'else deny',
      ],
    },
  },
];
