import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'one public address, mapped both ways without memory',
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
            NetworkInterfaceId: 'eni-1',
            VpcId: 'vpc-1',
            SubnetId: 'subnet-1',
            PrivateIpAddress: '10.0.1.5',
            Association: {
              PublicIp: '198.51.100.7',
            },
            Groups: [],
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
    ],
    see: {
      'translation igw-1': [
        'stateless',
        'outward: src 10.0.1.5 becomes 198.51.100.7',
        'outward: mark 1: as it is',
        'outward: else drop aws-no-public-address',
        'inward: dst 198.51.100.7 becomes 10.0.1.5',
        'inward: else drop aws-no-public-address',
      ],
      'table igw-1#out': [
        'forwarded by a machine, with a private source: ? whether the appliance that forwarded the packet translates its source, as a NAT instance does: what its guest does is in no snapshot',
        'the internet: to internet#edge',
        'private addresses go nowhere: dropped, aws-igw-private-destination',
      ],
      'table igw-1#in': ['into vpc-1: on fabric:vpc-1'],
      'link internet#addresses': ['198.51.100.7 in igw-1#internet', 'else here'],
    },
  },
  {
    title: 'an egress-only gateway remembers what was opened from inside',
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
        EgressOnlyInternetGateways: [
          {
            EgressOnlyInternetGatewayId: 'eigw-1',
            Attachments: [
              {
                VpcId: 'vpc-1',
                State: 'attached',
              },
            ],
          },
        ],
      },
      {
        NetworkInterfaces: [
          {
            NetworkInterfaceId: 'eni-1',
            VpcId: 'vpc-1',
            SubnetId: 'subnet-1',
            PrivateIpAddress: '10.0.1.5',
            Ipv6Addresses: [
              {
                Ipv6Address: '2600:1f14::5',
              },
            ],
            Groups: [],
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
    ],
    see: {
      'translation eigw-1': [
        'stateful',
        'outward: src 2600:1f14::5: as it is',
        'outward: else drop aws-no-public-address',
        'owns 2600:1f14::5',
      ],
      'table eigw-1#out': ['the IPv6 internet: to internet#edge'],
    },
  },
];
