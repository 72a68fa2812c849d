import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'a VM with an external address and an alias range',
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
              accessConfigs: [
                {
                  natIP: '34.1.1.1',
                },
              ],
              aliasIpRanges: [
                {
                  ipCidrRange: '10.8.1.0/24',
                },
              ],
            },
          ],
        },
      ],
    ],
    see: {
      'interface projects/p/zones/us-central1-a/instances/a#nic0': [
        'of projects/p/zones/us-central1-a/instances/a, table routes:projects/p/regions/us-central1/subnetworks/a',
        '10.0.1.4 as 34.1.1.1',
        '10.8.1.0/24',
        'in: firewall-in:projects/p/zones/us-central1-a/instances/a#nic0',
        'out: firewall-out:projects/p/zones/us-central1-a/instances/a#nic0',
      ],
      'node projects/p/zones/us-central1-a/instances/a': [
        'endpoint with projects/p/zones/us-central1-a/instances/a#nic0',
        'refuses: gcp-ip-forward-off',
      ],
      'link fabric:projects/p/global/networks/n': [
        '10.0.1.4 in projects/p/zones/us-central1-a/instances/a#nic0',
        '10.8.1.0/24 in projects/p/zones/us-central1-a/instances/a#nic0',
        'else dropped, gcp-no-such-address',
      ],
      'word a': ['projects/p/zones/us-central1-a/instances/a', 'projects/p/regions/us-central1/subnetworks/a'],
    },
  },
  {
    title: 'a VM that is not running',
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
          status: 'SUSPENDED',
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
      'node projects/p/zones/us-central1-a/instances/a': [
        'endpoint with projects/p/zones/us-central1-a/instances/a#nic0',
        'refuses: gcp-ip-forward-off',
        'down: VM a is SUSPENDED',
      ],
      'amendment start:projects/p/zones/us-central1-a/instances/a': ['start VM a'],
    },
  },
];
