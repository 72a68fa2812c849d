import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'what comes in by the gateway is diverted to an appliance',
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
        Subnets: [
          {
            SubnetId: 'subnet-1',
            VpcId: 'vpc-1',
            CidrBlock: '10.0.1.0/24',
          },
          {
            SubnetId: 'subnet-9',
            VpcId: 'vpc-1',
            CidrBlock: '10.0.9.0/24',
          },
        ],
      },
      {
        InternetGateways: [
          {
            InternetGatewayId: 'igw-1',
            Attachments: [
              {
                VpcId: 'vpc-1',
                State: 'available',
              },
            ],
          },
        ],
      },
      {
        NetworkInterfaces: [
          {
            NetworkInterfaceId: 'eni-fw',
            SubnetId: 'subnet-9',
            VpcId: 'vpc-1',
            PrivateIpAddress: '10.0.9.5',
            SourceDestCheck: false,
            Groups: [],
            Association: {
              PublicIp: '198.51.100.5',
            },
          },
        ],
      },
      {
        RouteTables: [
          {
            RouteTableId: 'rtb-edge',
            VpcId: 'vpc-1',
            Associations: [
              {
                GatewayId: 'igw-1',
              },
            ],
            Routes: [
              {
                DestinationCidrBlock: '10.0.0.0/16',
                GatewayId: 'local',
                State: 'active',
              },
              {
                DestinationCidrBlock: '10.0.1.0/24',
                NetworkInterfaceId: 'eni-fw',
                State: 'active',
              },
            ],
          },
        ],
      },
    ],
    see: {
      'table igw-1#in': [
        '10.0.1.0/24 -> eni-fw: to subnet-9#to:eni-fw',
        '10.0.0.0/16 -> local: on fabric:vpc-1',
        'into vpc-1: on fabric:vpc-1',
      ],
    },
  },
];
