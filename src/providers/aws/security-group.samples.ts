import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'rules by CIDR, group, prefix list and protocol number; nothing else passes',
    given: [
      {
        NetworkInterfaces: [
          {
            NetworkInterfaceId: 'eni-1',
            VpcId: 'vpc-1',
            SubnetId: 'subnet-1',
            PrivateIpAddress: '10.0.1.5',
            Groups: [
              {
                GroupId: 'sg-1',
                GroupName: 'web',
              },
            ],
          },
        ],
      },
      {
        SecurityGroups: [
          {
            GroupId: 'sg-1',
            GroupName: 'web',
            VpcId: 'vpc-1',
            IpPermissions: [
              {
                IpProtocol: 'tcp',
                FromPort: 443,
                ToPort: 443,
                IpRanges: [
                  {
                    CidrIp: '0.0.0.0/0',
                  },
                ],
                Ipv6Ranges: [
                  {
                    CidrIpv6: '::/0',
                  },
                ],
              },
              {
                IpProtocol: 'tcp',
                FromPort: 22,
                ToPort: 22,
                UserIdGroupPairs: [
                  {
                    GroupId: 'sg-1',
                  },
                ],
                PrefixListIds: [
                  {
                    PrefixListId: 'pl-1',
                  },
                ],
              },
              {
                IpProtocol: '50',
                IpRanges: [
                  {
                    CidrIp: '10.0.0.0/8',
                  },
                ],
              },
            ],
            IpPermissionsEgress: [],
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
      'filter sg-in:eni-1': [
        'allow tcp 443 from 0.0.0.0/0',
        'allow tcp 443 from ::/0',
        'allow tcp 22 from pl-1',
        'allow tcp 22 from sg-1 (web)',
        'allow esp from 10.0.0.0/8',
        'else deny',
      ],
      'filter sg-out:eni-1': ['else deny'],
      'set group:sg-1@vpc-1:in': ['10.0.1.5'],
      'set prefix-list:pl-1': ['203.0.113.0/24'],
      'place sg-1': ['security group', 'called web', 'members eni-1'],
    },
  },
  {
    title: 'a group whose rules are not in the snapshot may allow anything',
    given: [
      {
        NetworkInterfaces: [
          {
            NetworkInterfaceId: 'eni-1',
            VpcId: 'vpc-1',
            SubnetId: 'subnet-1',
            PrivateIpAddress: '10.0.1.5',
            Groups: [
              {
                GroupId: 'sg-9',
              },
            ],
          },
        ],
      },
    ],
    see: {
      'filter sg-in:eni-1': ['a rule that is not known ? the rules of security group sg-9', 'else deny'],
    },
  },
];
