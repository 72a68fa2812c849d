import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'the switch closes the gateway inward, except for an excluded subnet',
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
        VpcBlockPublicAccessOptions: {
          InternetGatewayBlockMode: 'block-bidirectional',
        },
      },
      {
        VpcBlockPublicAccessExclusions: [
          {
            ExclusionId: 'vpcbpa-exclude-1',
            InternetGatewayExclusionMode: 'allow-egress',
            ResourceArn: 'arn:aws:ec2:eu-central-1:111122223333:subnet/subnet-1',
            State: 'create-complete',
          },
        ],
      },
    ],
    see: {
      'interface igw-1#vpc': ['of igw-1, table igw-1#out', 'in: bpa-out:igw-1', 'in: igw-1 outward'],
      'interface igw-1#internet': ['of igw-1, table igw-1#in', 'in: igw-1 inward', 'in: bpa-in:igw-1'],
      'filter bpa-in:igw-1': ['VPC Block Public Access: nothing enters by an internet gateway', 'else allow'],
      'filter bpa-out:igw-1': ['VPC Block Public Access: only NAT gateways may send', 'else allow'],
    },
  },
];
