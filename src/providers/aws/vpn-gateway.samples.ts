import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'a VPN with a static route as the way to on-premises',
    given: [
      {
        Vpcs: [
          {
            VpcId: 'vpc-1',
            CidrBlock: '10.0.0.0/16',
          },
        ],
      },
      {
        VpnGateways: [
          {
            VpnGatewayId: 'vgw-1',
            State: 'available',
            VpcAttachments: [
              {
                VpcId: 'vpc-1',
                State: 'attached',
              },
            ],
          },
        ],
      },
      {
        VpnConnections: [
          {
            VpnConnectionId: 'vpn-1',
            VpnGatewayId: 'vgw-1',
            State: 'available',
            Routes: [
              {
                DestinationCidrBlock: '192.168.0.0/16',
                State: 'available',
              },
            ],
            VgwTelemetry: [],
          },
        ],
      },
    ],
    see: {
      'node vgw-1': ['router with vgw-1#vpc, vgw-1#vpn'],
      'table vgw-1#vpc': ['over the VPN: to vgw-1:on-premises'],
      'table vgw-1#vpn': ['into vpc-1: on fabric:vpc-1'],
    },
  },
];
