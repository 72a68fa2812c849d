import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: "the sender's associated table decides, filled by propagation",
    given: [
      {
        Vpcs: [
          {
            VpcId: 'vpc-1',
            CidrBlock: '10.0.0.0/16',
          },
          {
            VpcId: 'vpc-2',
            CidrBlock: '10.1.0.0/16',
          },
        ],
      },
      {
        TransitGateways: [
          {
            TransitGatewayId: 'tgw-1',
            Options: {},
          },
        ],
      },
      {
        TransitGatewayVpcAttachments: [
          {
            TransitGatewayAttachmentId: 'tgw-attach-1',
            TransitGatewayId: 'tgw-1',
            VpcId: 'vpc-1',
            SubnetIds: ['subnet-1'],
            State: 'available',
          },
          {
            TransitGatewayAttachmentId: 'tgw-attach-2',
            TransitGatewayId: 'tgw-1',
            VpcId: 'vpc-2',
            SubnetIds: ['subnet-2'],
            State: 'available',
          },
        ],
      },
      {
        TransitGatewayAttachments: [
          {
            TransitGatewayAttachmentId: 'tgw-attach-1',
            TransitGatewayId: 'tgw-1',
            ResourceType: 'vpc',
            ResourceId: 'vpc-1',
            State: 'available',
            Association: {
              TransitGatewayRouteTableId: 'tgw-rtb-1',
              State: 'associated',
            },
          },
          {
            TransitGatewayAttachmentId: 'tgw-attach-2',
            TransitGatewayId: 'tgw-1',
            ResourceType: 'vpc',
            ResourceId: 'vpc-2',
            State: 'available',
            Association: {
              TransitGatewayRouteTableId: 'tgw-rtb-1',
              State: 'associated',
            },
          },
        ],
      },
      {
        TransitGatewayRouteTables: [
          {
            TransitGatewayRouteTableId: 'tgw-rtb-1',
            TransitGatewayId: 'tgw-1',
            State: 'available',
          },
        ],
      },
      {
        $request: {
          TransitGatewayRouteTableId: 'tgw-rtb-1',
        },
        Routes: [
          {
            DestinationCidrBlock: '10.1.0.0/16',
            Type: 'propagated',
            State: 'active',
            TransitGatewayAttachments: [
              {
                TransitGatewayAttachmentId: 'tgw-attach-2',
                ResourceId: 'vpc-2',
                ResourceType: 'vpc',
              },
            ],
          },
        ],
      },
      {
        Subnets: [
          {
            SubnetId: 'subnet-1',
            VpcId: 'vpc-1',
            CidrBlock: '10.0.1.0/24',
            AvailabilityZone: 'a',
          },
          {
            SubnetId: 'subnet-2',
            VpcId: 'vpc-2',
            CidrBlock: '10.1.1.0/24',
            AvailabilityZone: 'a',
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
                DestinationCidrBlock: '10.1.0.0/16',
                TransitGatewayId: 'tgw-1',
                State: 'active',
              },
            ],
          },
        ],
      },
    ],
    see: {
      'table routes:subnet-1': [
        '10.1.0.0/16 -> tgw-1: to tgw-attach-1#subnet-1#inside',
        '10.0.0.0/16 -> local: on fabric:vpc-1 by subnet-1#vpc',
      ],
      'node tgw-1': ['router with '],
      'interface tgw-attach-1#subnet-1': ['of tgw-1, table tgw-attach-1#subnet-1', 'in: nacl-in:subnet-1'],
      'table tgw-attach-1#subnet-1': ['10.1.0.0/16 -> tgw-attach-2: to subnet-2#from-tgw'],
    },
  },
];
