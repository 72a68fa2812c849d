import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'an instance with two addresses and a public one',
    given: [
      {
        Reservations: [
          {
            Instances: [
              {
                InstanceId: 'i-1',
                State: {
                  Name: 'running',
                },
                Tags: [
                  {
                    Key: 'Name',
                    Value: 'web',
                  },
                ],
                PrivateDnsName: 'ip-10-0-1-5.ec2.internal',
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
            PrivateIpAddresses: [
              {
                Primary: false,
                PrivateIpAddress: '10.0.1.6',
              },
              {
                Primary: true,
                PrivateIpAddress: '10.0.1.5',
                Association: {
                  PublicIp: '198.51.100.7',
                },
              },
            ],
            Ipv6Addresses: [
              {
                Ipv6Address: '2001:db8::5',
              },
            ],
            Ipv4Prefixes: [
              {
                Ipv4Prefix: '10.0.1.16/28',
              },
            ],
            Groups: [
              {
                GroupId: 'sg-1',
              },
            ],
            Attachment: {
              InstanceId: 'i-1',
              DeviceIndex: 0,
            },
          },
        ],
      },
    ],
    see: {
      'interface eni-1': [
        'of i-1, table uplink:subnet-1',
        '10.0.1.5 as 198.51.100.7',
        '10.0.1.6',
        '2001:db8::5',
        '10.0.1.16/28',
        'in: sg-in:eni-1',
        'out: sg-out:eni-1',
      ],
      'node i-1': ['endpoint with eni-1', 'refuses: aws-source-dest-check'],
      'place i-1': ['instance', 'called web, ip-10-0-1-5.ec2.internal', 'at eni-1'],
      'place eni-1': ['network interface of i-1', 'called 198.51.100.7', 'at eni-1'],
      'word web': ['i-1'],
    },
  },
  {
    title: 'a stopped instance, and an appliance whose source/destination check is off',
    given: [
      {
        Reservations: [
          {
            Instances: [
              {
                InstanceId: 'i-1',
                State: {
                  Name: 'stopped',
                },
              },
              {
                InstanceId: 'i-2',
                State: {
                  Name: 'running',
                },
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
            Groups: [],
            Attachment: {
              InstanceId: 'i-1',
            },
          },
          {
            NetworkInterfaceId: 'eni-2',
            VpcId: 'vpc-1',
            SubnetId: 'subnet-1',
            PrivateIpAddress: '10.0.1.6',
            Groups: [],
            SourceDestCheck: false,
            Attachment: {
              InstanceId: 'i-2',
            },
          },
        ],
      },
    ],
    see: {
      'node i-1': ['endpoint with eni-1', 'refuses: aws-source-dest-check', 'down: instance i-1 is stopped'],
      'amendment start:i-1': ['start instance i-1'],
      'node i-2': ['endpoint with eni-2, forwards'],
      'interface eni-2': [
        'of i-2, table uplink:subnet-1',
        '10.0.1.6',
        'in: sg-in:eni-2',
        'out: sg-out:eni-2',
        'out: forwarded:eni-2 outward',
      ],
    },
  },
];
