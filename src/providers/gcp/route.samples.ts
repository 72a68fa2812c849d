import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'metadata, special paths, subnets, then static routes by prefix and priority',
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
            },
          ],
        },
      ],
      [
        {
          kind: 'compute#route',
          name: 'default-n',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/routes/default-n',
          network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
          destRange: '0.0.0.0/0',
          priority: 1000,
          nextHopGateway: 'https://www.googleapis.com/compute/v1/projects/p/global/gateways/default-internet-gateway',
        },
        {
          kind: 'compute#route',
          name: 'wide',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/routes/wide',
          network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
          destRange: '192.168.0.0/16',
          priority: 1000,
          nextHopIp: '10.0.1.9',
        },
        {
          kind: 'compute#route',
          name: 'tagged',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/routes/tagged',
          network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
          destRange: '192.168.7.0/24',
          priority: 1000,
          nextHopIp: '10.0.1.9',
          tags: ['x'],
        },
      ],
    ],
    see: {
      'table routes:projects/p/regions/us-central1/subnetworks/a': [
        '169.254.169.254: the metadata server, which no rule filters: here',
        "special path to Google's front ends, probes and IAP: to google-sources:projects/p/global/networks/n",
        '10.0.1.0/24 -> subnet a: on fabric:projects/p/global/networks/n',
        'wide: 192.168.0.0/16 -> 10.0.1.9: dropped, gcp-next-hop-missing',
        'default-n: 0.0.0.0/0 -> default-internet-gateway: to edge:projects/p/regions/us-central1/subnetworks/a',
        'default-n: 0.0.0.0/0 -> default-internet-gateway: dropped, gcp-private-traffic-to-internet',
      ],
    },
  },
  {
    title: 'a peer brings its private subnets, and its custom routes only where both flags are on',
    given: [
      [
        {
          kind: 'compute#network',
          name: 'n',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
          peerings: [
            {
              name: 'to-m',
              network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/m',
              state: 'ACTIVE',
              importCustomRoutes: true,
            },
          ],
        },
        {
          kind: 'compute#network',
          name: 'm',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/m',
          peerings: [
            {
              name: 'to-n',
              network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
              state: 'ACTIVE',
              exportCustomRoutes: true,
            },
          ],
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
        {
          kind: 'compute#subnetwork',
          name: 'c',
          network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/m',
          ipCidrRange: '10.1.1.0/24',
          region: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/subnetworks/c',
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
          name: 'nva',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/zones/us-central1-a/instances/nva',
          status: 'RUNNING',
          canIpForward: true,
          tags: {
            items: [],
          },
          serviceAccounts: [],
          networkInterfaces: [
            {
              name: 'nic0',
              network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/m',
              subnetwork: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/subnetworks/c',
              networkIP: '10.1.1.9',
              accessConfigs: [],
            },
          ],
        },
      ],
      [
        {
          kind: 'compute#route',
          name: 'm-dc',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/routes/m-dc',
          network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/m',
          destRange: '192.168.0.0/16',
          priority: 1000,
          nextHopIp: '10.1.1.9',
        },
        {
          kind: 'compute#route',
          name: 'default-m',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/routes/default-m',
          network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/m',
          destRange: '0.0.0.0/0',
          priority: 1000,
          nextHopGateway: 'https://www.googleapis.com/compute/v1/projects/p/global/gateways/default-internet-gateway',
        },
        {
          kind: 'compute#route',
          name: 'n-1',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/routes/n-1',
          network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
          destRange: '198.51.100.0/24',
          priority: 1000,
          nextHopGateway: 'https://www.googleapis.com/compute/v1/projects/p/global/gateways/default-internet-gateway',
        },
      ],
    ],
    see: {
      'table routes:projects/p/regions/us-central1/subnetworks/a': [
        '169.254.169.254: the metadata server, which no rule filters: here',
        "special path to Google's front ends, probes and IAP: to google-sources:projects/p/global/networks/n",
        '10.0.1.0/24 -> subnet a: on fabric:projects/p/global/networks/n',
        '10.1.1.0/24 -> peering to-m: on fabric:projects/p/global/networks/m',
        'n-1: 198.51.100.0/24 -> default-internet-gateway: to edge:projects/p/regions/us-central1/subnetworks/a',
        'm-dc: 192.168.0.0/16 -> 10.1.1.9: to projects/p/zones/us-central1-a/instances/nva#nic0',
      ],
    },
  },
];
