import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'Direct Connect brings back what its gateway announces',
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
        directConnectGatewayAssociations: [
          {
            directConnectGatewayId: 'dxgw-1',
            associationState: 'associated',
            associatedGateway: {
              id: 'vgw-1',
            },
            allowedPrefixesToDirectConnectGateway: [
              {
                cidr: '10.0.0.0/16',
              },
            ],
          },
        ],
      },
      {
        RouteTables: [
          {
            RouteTableId: 'rtb-1',
            VpcId: 'vpc-1',
            Associations: [
              {
                Main: true,
              },
            ],
            Routes: [
              {
                DestinationCidrBlock: '192.168.0.0/16',
                GatewayId: 'vgw-1',
                State: 'active',
              },
            ],
          },
        ],
      },
    ],
    see: {
      'node vgw-1:on-premises': ['outside with vgw-1:on-premises', 'assumes: on-premises-permits'],
      'table vgw-1:on-premises': [
        'back over dxgw-1: to vgw-1#vpn',
        'dxgw-1 does not announce them: dropped, aws-dx-prefix-not-allowed',
        'on-premises: here',
      ],
    },
  },
];
