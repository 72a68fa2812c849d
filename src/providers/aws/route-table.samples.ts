import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'longest prefix first, a blackhole, a target that is not known, the local route unasked',
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
                DestinationCidrBlock: '0.0.0.0/0',
                GatewayId: 'igw-1',
                State: 'active',
              },
              {
                DestinationCidrBlock: '10.9.0.0/16',
                VpcPeeringConnectionId: 'pcx-1',
                State: 'blackhole',
              },
              {
                DestinationPrefixListId: 'pl-1',
                NatGatewayId: 'nat-1',
                State: 'active',
              },
            ],
          },
        ],
      },
      {
        $request: {
          PrefixListId: 'pl-1',
        },
        Entries: [
          {
            Cidr: '203.0.113.0/24',
          },
        ],
      },
    ],
    see: {
      'table routes:subnet-1': [
        'pl-1 (203.0.113.0/24) -> nat-1: ? NAT gateway nat-1',
        '10.9.0.0/16 -> pcx-1: dropped, aws-route-blackhole',
        '10.0.0.0/16 -> local: on fabric:vpc-1 by subnet-1#vpc',
        '0.0.0.0/0 -> igw-1: ? internet gateway igw-1',
      ],
    },
  },
];
