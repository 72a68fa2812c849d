import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'an interface endpoint takes TCP, opens nothing and goes by its names',
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
        NetworkInterfaces: [
          {
            NetworkInterfaceId: 'eni-1',
            SubnetId: 'subnet-1',
            VpcId: 'vpc-1',
            PrivateIpAddress: '10.0.1.5',
            InterfaceType: 'vpc_endpoint',
            Groups: [
              {
                GroupId: 'sg-1',
              },
            ],
          },
        ],
      },
      {
        VpcEndpoints: [
          {
            VpcEndpointId: 'vpce-1',
            VpcEndpointType: 'Interface',
            VpcId: 'vpc-1',
            ServiceName: 'com.amazonaws.eu-west-1.sqs',
            State: 'available',
            NetworkInterfaceIds: ['eni-1'],
            DnsEntries: [
              {
                DnsName: 'sqs.eu-west-1.amazonaws.com',
              },
            ],
          },
        ],
      },
    ],
    see: {
      'word sqs.eu-west-1.amazonaws.com': ['vpce-1'],
      'place vpce-1': ['VPC endpoint', 'called sqs.eu-west-1.amazonaws.com', 'at eni-1'],
      'interface eni-1': [
        'of node:eni-1, table uplink:subnet-1',
        '10.0.1.5',
        'in: takes:eni-1',
        'out: opens:eni-1',
        'in: sg-in:eni-1',
        'out: sg-out:eni-1',
      ],
      'filter takes:eni-1': ['take tcp', 'take udp ? whether the service behind vpce-1 serves UDP', 'else deny'],
      'filter opens:eni-1': ['else deny'],
    },
  },
];
