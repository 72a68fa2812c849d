import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'a route that BGP taught, and what is advertised back',
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
        {
          kind: 'compute#subnetwork',
          name: 'b',
          network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
          ipCidrRange: '10.0.2.0/24',
          region: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-east1',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-east1/subnetworks/b',
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
          name: 'default-n',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/routes/default-n',
          network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
          destRange: '0.0.0.0/0',
          priority: 1000,
          nextHopGateway: 'https://www.googleapis.com/compute/v1/projects/p/global/gateways/default-internet-gateway',
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
      {
        kind: 'compute#routerList',
        items: [
          {
            kind: 'compute#router',
            name: 'cr',
            selfLink: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/routers/cr',
            network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
            region: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1',
            bgp: {
              asn: 64514,
              advertiseMode: 'DEFAULT',
            },
            interfaces: [
              {
                name: 'if0',
                linkedVpnTunnel: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/vpnTunnels/t',
              },
            ],
            bgpPeers: [
              {
                name: 'peer0',
                interfaceName: 'if0',
                peerIpAddress: '169.254.0.2',
              },
            ],
          },
        ],
      },
      {
        $request: {
          router: 'cr',
          region: 'us-central1',
        },
        kind: 'compute#routerStatusResponse',
        result: {
          network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
          bestRoutes: [
            {
              destRange: '192.168.0.0/16',
              nextHopIp: '169.254.0.2',
              priority: 100,
            },
          ],
        },
      },
    ],
    see: {
      'table routes:projects/p/regions/us-central1/subnetworks/a': [
        '169.254.169.254: the metadata server, which no rule filters: here',
        "special path to Google's front ends, probes and IAP: to google-sources:projects/p/global/networks/n",
        '10.0.1.0/24 -> subnet a: on fabric:projects/p/global/networks/n',
        '10.0.2.0/24 -> subnet b: on fabric:projects/p/global/networks/n',
        '192.168.0.0/16 -> learned by Cloud Router cr: to projects/p/regions/us-central1/vpnTunnels/t#tunnel',
        'default-n: 0.0.0.0/0 -> default-internet-gateway: to edge:projects/p/regions/us-central1/subnetworks/a',
        'default-n: 0.0.0.0/0 -> default-internet-gateway: dropped, gcp-private-traffic-to-internet',
      ],
      'table onprem-by:projects/p/regions/us-central1/vpnTunnels/t': [
        'to network n: on fabric:projects/p/global/networks/n',
        'network n: not advertised: dropped, gcp-range-not-advertised',
        'on-premises: here',
      ],
    },
  },
];
