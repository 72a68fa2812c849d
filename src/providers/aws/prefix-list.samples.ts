import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'a list without its entries is known by name only',
    given: [
      {
        PrefixLists: [
          {
            PrefixListId: 'pl-1',
            PrefixListName: 'office',
            AddressFamily: 'IPv4',
            State: 'create-complete',
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
            Groups: [
              {
                GroupId: 'sg-1',
              },
            ],
          },
        ],
      },
      {
        SecurityGroups: [
          {
            GroupId: 'sg-1',
            VpcId: 'vpc-1',
            IpPermissions: [
              {
                IpProtocol: '-1',
                PrefixListIds: [
                  {
                    PrefixListId: 'pl-1',
                  },
                ],
              },
            ],
            IpPermissionsEgress: [],
          },
        ],
      },
    ],
    see: {
      'filter sg-in:eni-1': ['allow everything from pl-1', 'else deny'],
      'set prefix-list:pl-1': ['? the entries of prefix list pl-1'],
    },
  },
];
