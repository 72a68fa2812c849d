import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: "what leaves gets the gateway's address and a port of its choice",
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
        NatGateways: [
          {
            NatGatewayId: 'nat-1',
            VpcId: 'vpc-1',
            SubnetId: 'subnet-1',
            State: 'available',
            NatGatewayAddresses: [
              {
                NetworkInterfaceId: 'eni-9',
                PrivateIp: '10.0.1.9',
                PublicIp: '198.51.100.9',
              },
            ],
          },
        ],
      },
    ],
    see: {
      'node nat-1': ['router with eni-9'],
      'interface eni-9': [
        'of nat-1, table nat-1',
        '10.0.1.9 as 198.51.100.9',
        'in: nat-family:nat-1',
        'in: nat-1 inward',
        'out: nat-1 outward',
      ],
      'translation nat-1': [
        'stateful',
        'outward: protocol 1,6,17: src becomes 10.0.1.9, sport becomes 1024-65535, mark becomes 0',
        'outward: else drop aws-nat-unsupported-protocol',
        'owns 10.0.1.9',
      ],
    },
  },
];
