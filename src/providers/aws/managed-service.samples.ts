import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'a database by its name, a function by the interfaces of its subnets and groups',
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
            AvailabilityZone: 'eu-west-1a',
          },
        ],
      },
      {
        NetworkInterfaces: [
          {
            NetworkInterfaceId: 'eni-db',
            SubnetId: 'subnet-1',
            VpcId: 'vpc-1',
            PrivateIpAddress: '10.0.1.5',
            Description: 'RDSNetworkInterface',
            Groups: [
              {
                GroupId: 'sg-db',
              },
            ],
          },
          {
            NetworkInterfaceId: 'eni-fn',
            SubnetId: 'subnet-1',
            VpcId: 'vpc-1',
            PrivateIpAddress: '10.0.1.6',
            InterfaceType: 'lambda',
            Description: 'AWS Lambda VPC ENI-f-1',
            Groups: [
              {
                GroupId: 'sg-fn',
              },
            ],
          },
        ],
      },
      {
        DBInstances: [
          {
            DBInstanceIdentifier: 'orders',
            AvailabilityZone: 'eu-west-1a',
            Endpoint: {
              Address: 'orders.rds.amazonaws.com',
            },
            VpcSecurityGroups: [
              {
                VpcSecurityGroupId: 'sg-db',
              },
            ],
            DBSubnetGroup: {
              Subnets: [
                {
                  SubnetIdentifier: 'subnet-1',
                  SubnetAvailabilityZone: {
                    Name: 'eu-west-1a',
                  },
                },
              ],
            },
          },
        ],
      },
      {
        Functions: [
          {
            FunctionName: 'bill',
            FunctionArn: 'arn:aws:lambda:eu-west-1:1:function:bill',
            VpcConfig: {
              SubnetIds: ['subnet-1'],
              SecurityGroupIds: ['sg-fn'],
            },
          },
        ],
      },
    ],
    see: {
      'word orders.rds.amazonaws.com': ['orders'],
      'place orders': ['database instance', 'called orders.rds.amazonaws.com', 'at eni-db'],
      'word bill': ['arn:aws:lambda:eu-west-1:1:function:bill'],
      'place arn:aws:lambda:eu-west-1:1:function:bill': ['Lambda function', 'called bill', 'at eni-fn'],
    },
  },
];
