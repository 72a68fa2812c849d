import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'external addresses are mapped both ways',
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
    ],
    see: {
      'translation edge:projects/p/regions/us-central1/subnetworks/a': [
        'stateless',
        'outward: src 10.0.1.4 becomes 34.1.1.1',
        'outward: else drop gcp-no-external-address',
        'inward: dst 34.1.1.1 becomes 10.0.1.4',
        'inward: else drop no-session',
      ],
      'filter edge:projects/p/regions/us-central1/subnetworks/a#mail': [
        'TCP port 25 to external addresses ? whether project p is one of the few that may send to TCP port 25 of external addresses: no API tells',
        'else allow, stateless',
      ],
      'filter edge:projects/p/regions/us-central1/subnetworks/a#carried': [
        'TCP, UDP, ICMP, ESP, AH, GRE, SCTP',
        'else deny, stateless',
      ],
      'link internet#addresses': [
        '2600:1901:8001::/48 in google-sources#anywhere',
        '2600:2d00:1:1::/64 in google-sources#anywhere',
        '2600:2d00:1:7::/64 in google-sources#anywhere',
        '2600:2d00:1:b029::/64 in google-sources#anywhere',
        '34.1.1.1 in edge:projects/p/regions/us-central1/subnetworks/a#internet',
        '35.191.0.0/16 in google-sources#anywhere',
        '35.199.192.0/19 in google-sources#anywhere',
        '35.235.240.0/20 in google-sources#anywhere',
        '130.211.0.0/22 in google-sources#anywhere',
        '209.85.152.0/22 in google-sources#anywhere',
        '209.85.204.0/22 in google-sources#anywhere',
        'else here',
      ],
    },
  },
];
