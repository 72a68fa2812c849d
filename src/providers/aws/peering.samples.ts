import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: "delivers to the other VPC's addresses only",
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
        Subnets: [
          {
            SubnetId: 'subnet-1',
            VpcId: 'vpc-1',
            CidrBlock: '10.0.1.0/24',
          },
          {
            SubnetId: 'subnet-2',
            VpcId: 'vpc-2',
            CidrBlock: '10.1.1.0/24',
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
                VpcPeeringConnectionId: 'pcx-1',
                State: 'active',
              },
            ],
          },
        ],
      },
      {
        VpcPeeringConnections: [
          {
            VpcPeeringConnectionId: 'pcx-1',
            Status: {
              Code: 'active',
            },
            RequesterVpcInfo: {
              VpcId: 'vpc-1',
              CidrBlock: '10.0.0.0/16',
            },
            AccepterVpcInfo: {
              VpcId: 'vpc-2',
              CidrBlock: '10.1.0.0/16',
            },
          },
        ],
      },
    ],
    see: {
      'table routes:subnet-1': [
        '10.1.0.0/16 -> pcx-1: to pcx-1#vpc-1 by subnet-1#vpc',
        '10.0.0.0/16 -> local: on fabric:vpc-1 by subnet-1#vpc',
      ],
      'node pcx-1': ['router with pcx-1#vpc-1, pcx-1#vpc-2'],
    },
  },
];
