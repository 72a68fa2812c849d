import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: "neighbours meet on the subnet's own link, the rest passes its router",
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
            VpcId: 'vpc-1',
            SubnetId: 'subnet-1',
            PrivateIpAddress: '10.0.1.5',
            Groups: [],
          },
        ],
      },
    ],
    see: {
      'node subnet-1': ['router with subnet-1#hosts, subnet-1#vpc'],
      'link lan:subnet-1': ['10.0.1.5 in eni-1', 'else dropped, aws-no-such-address'],
      'link fabric:vpc-1': ['10.0.1.0/24 in subnet-1#vpc', 'else dropped, aws-no-such-address'],
      'table uplink:subnet-1': [
        '169.254.169.254: instance metadata, which no group and no ACL filters: here',
        'fd00:ec2::254: instance metadata, which no group and no ACL filters: here',
        '169.254.169.253: Amazon DNS, which no group and no ACL filters: here',
        'fd00:ec2::253: Amazon DNS, which no group and no ACL filters: here',
        '169.254.169.123: Amazon Time Sync, which no group and no ACL filters: here',
        'fd00:ec2::123: Amazon Time Sync, which no group and no ACL filters: here',
        '169.254.170.2: task metadata, which no group and no ACL filters: here',
        '169.254.169.250: licence activation, which no group and no ACL filters: here',
        '169.254.169.251: licence activation, which no group and no ACL filters: here',
        '10.0.0.2: Amazon DNS, which no group and no ACL filters: here',
        '169.254.171.0/24: VPC Lattice: to subnet-1#lattice',
        '169.254.0.0/16 is not routed: dropped, aws-no-such-address',
        'a neighbour in the subnet: on lan:subnet-1',
        'the subnet router: to subnet-1#hosts',
      ],
      'place subnet-1': ['subnet', 'members eni-1'],
      'place vpc-1': ['VPC', 'members eni-1'],
    },
  },
];
