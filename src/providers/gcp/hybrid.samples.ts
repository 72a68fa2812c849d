import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'an established tunnel with a static route',
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
          kind: 'compute#route',
          name: 'dc',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/routes/dc',
          network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
          destRange: '192.168.0.0/16',
          priority: 1000,
          nextHopVpnTunnel: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/vpnTunnels/t',
        },
      ],
      {
        kind: 'compute#vpnTunnelList',
        items: [
          {
            kind: 'compute#vpnTunnel',
            name: 't',
            selfLink: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/vpnTunnels/t',
            status: 'ESTABLISHED',
            targetVpnGateway:
              'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/targetVpnGateways/g',
            localTrafficSelector: ['10.0.1.0/24'],
            remoteTrafficSelector: ['192.168.0.0/16'],
          },
        ],
      },
      {
        kind: 'compute#targetVpnGatewayList',
        items: [
          {
            kind: 'compute#targetVpnGateway',
            name: 'g',
            selfLink: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/targetVpnGateways/g',
            network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
          },
        ],
      },
    ],
    see: {
      'node projects/p/regions/us-central1/vpnTunnels/t': [
        'router with projects/p/regions/us-central1/vpnTunnels/t#tunnel',
      ],
      'filter selectors:projects/p/regions/us-central1/vpnTunnels/t': ['the traffic selectors', 'else deny, stateless'],
      'node onprem:projects/p/global/networks/n': [
        'outside with onprem-by:projects/p/regions/us-central1/vpnTunnels/t',
        'assumes: on-premises-permits',
      ],
      'table onprem-by:projects/p/regions/us-central1/vpnTunnels/t': [
        'to network n: on fabric:projects/p/global/networks/n',
        'on-premises: here',
      ],
      'table routes:projects/p/regions/us-central1/subnetworks/a': [
        '169.254.169.254: the metadata server, which no rule filters: here',
        "special path to Google's front ends, probes and IAP: to google-sources:projects/p/global/networks/n",
        '10.0.1.0/24 -> subnet a: on fabric:projects/p/global/networks/n',
        'dc: 192.168.0.0/16 -> t: to projects/p/regions/us-central1/vpnTunnels/t#tunnel',
      ],
    },
  },
];
