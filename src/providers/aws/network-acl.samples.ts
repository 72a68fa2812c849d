import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'rules by number, the final deny last, each direction for itself',
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
        NetworkAcls: [
          {
            NetworkAclId: 'acl-1',
            VpcId: 'vpc-1',
            IsDefault: false,
            Associations: [
              {
                SubnetId: 'subnet-1',
              },
            ],
            Entries: [
              {
                RuleNumber: 32767,
                Egress: false,
                RuleAction: 'deny',
                Protocol: '-1',
                CidrBlock: '0.0.0.0/0',
              },
              {
                RuleNumber: 200,
                Egress: false,
                RuleAction: 'allow',
                Protocol: '6',
                PortRange: {
                  From: 443,
                  To: 443,
                },
                CidrBlock: '0.0.0.0/0',
              },
              {
                RuleNumber: 100,
                Egress: false,
                RuleAction: 'deny',
                Protocol: '1',
                IcmpTypeCode: {
                  Type: 8,
                  Code: -1,
                },
                CidrBlock: '198.51.100.0/24',
              },
              {
                RuleNumber: 100,
                Egress: true,
                RuleAction: 'allow',
                Protocol: '-1',
                Ipv6CidrBlock: '::/0',
              },
            ],
          },
        ],
      },
    ],
    see: {
      'filter nacl-in:acl-1': [
        'rule 100: deny icmp type 8 from 198.51.100.0/24',
        'rule 200: allow tcp 443 from 0.0.0.0/0',
        'rule *: deny everything from 0.0.0.0/0',
        'else deny, stateless',
      ],
      'filter nacl-out:acl-1': ['rule 100: allow everything to ::/0', 'else deny, stateless'],
      'interface subnet-1#vpc': ['of subnet-1, table deliver:subnet-1', 'in: nacl-in:acl-1', 'out: nacl-out:acl-1'],
    },
  },
  {
    title: 'a subnet whose ACL is not in the snapshot',
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
    ],
    see: {
      'filter nacl-in:subnet-1': [
        'rules that are not known ? the network ACL of subnet subnet-1',
        'else deny, stateless',
      ],
    },
  },
];
