import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'a gateway for the primary range of one subnet',
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
          secondaryIpRanges: [
            {
              rangeName: 'pods',
              ipCidrRange: '10.8.0.0/16',
            },
          ],
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
      {
        kind: 'compute#routerList',
        items: [
          {
            kind: 'compute#router',
            name: 'r',
            selfLink: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/routers/r',
            network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
            region: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1',
            nats: [
              {
                name: 'nat',
                natIpAllocateOption: 'AUTO_ONLY',
                sourceSubnetworkIpRangesToNat: 'LIST_OF_SUBNETWORKS',
                subnetworks: [
                  {
                    name: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/subnetworks/a',
                    sourceIpRangesToNat: ['PRIMARY_IP_RANGE'],
                  },
                ],
              },
            ],
          },
        ],
      },
    ],
    see: {
      'translation edge:projects/p/regions/us-central1/subnetworks/a': [
        'stateless',
        'outward: src of no pair',
        'outward: src 10.0.1.0/24: as it is',
        'outward: else drop gcp-no-external-address',
        'inward: dst of no pair',
        'inward: else drop no-session',
      ],
      'table edge:projects/p/regions/us-central1/subnetworks/a#out': [
        'Cloud NAT nat: to nat:projects/p/regions/us-central1/routers/r/nat',
        'the internet: to internet#edge',
      ],
      'translation nat:projects/p/regions/us-central1/routers/r/nat': [
        'stateful',
        'outward: protocol 1,6,17: src becomes 198.18.0.0, sport becomes 1024-65535',
        'outward: else drop gcp-nat-unsupported-protocol',
        'owns 198.18.0.0',
      ],
    },
  },
];
