import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'stateless rules for every packet, stateful ones for what they forward',
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
        VpcEndpoints: [
          {
            VpcEndpointId: 'vpce-1',
            VpcEndpointType: 'GatewayLoadBalancer',
            VpcId: 'vpc-1',
            State: 'available',
            SubnetIds: ['subnet-1'],
          },
        ],
      },
      {
        Firewall: {
          FirewallName: 'fw',
          FirewallArn: 'arn:fw',
          FirewallPolicyArn: 'arn:p',
          VpcId: 'vpc-1',
        },
        FirewallStatus: {
          SyncStates: {
            a: {
              Attachment: {
                EndpointId: 'vpce-1',
              },
            },
          },
        },
      },
      {
        FirewallPolicyResponse: {
          FirewallPolicyArn: 'arn:p',
        },
        FirewallPolicy: {
          StatelessDefaultActions: ['aws:forward_to_sfe'],
          StatefulRuleGroupReferences: [
            {
              ResourceArn: 'arn:x/g',
              Priority: 1,
            },
          ],
          StatefulEngineOptions: {
            RuleOrder: 'STRICT_ORDER',
          },
          StatefulDefaultActions: ['aws:drop_strict'],
        },
      },
      {
        RuleGroupResponse: {
          RuleGroupArn: 'arn:x/g',
          Type: 'STATEFUL',
        },
        RuleGroup: {
          RulesSource: {
            StatefulRules: [
              {
                Action: 'PASS',
                Header: {
                  Protocol: 'TCP',
                  Source: '$HOME_NET',
                  SourcePort: 'ANY',
                  Direction: 'FORWARD',
                  Destination: 'ANY',
                  DestinationPort: '443',
                },
                RuleOptions: [],
              },
              {
                Action: 'DROP',
                Header: {
                  Protocol: 'TLS',
                  Source: 'ANY',
                  SourcePort: 'ANY',
                  Direction: 'FORWARD',
                  Destination: 'ANY',
                  DestinationPort: 'ANY',
                },
                RuleOptions: [],
              },
            ],
          },
        },
      },
    ],
    see: {
      'interface vpce-1#inspect': [
        'of vpce-1, table routes:subnet-1',
        'in: forwarded:vpce-1 outward',
        'in: inspect:vpce-1',
        'in: nfw-stateless:vpce-1',
        'in: nfw-stateful:vpce-1',
      ],
      'filter nfw-stateless:vpce-1': ['stateless default: forward to the stateful rules', 'else deny, stateless'],
      'filter nfw-stateful:vpce-1': [
        'stateless default: forward to the stateful rules',
        'stateful rule 1: pass TCP $HOME_NET ANY ANY 443',
        'stateful rule 2: drop TLS ANY ANY ANY ANY ? what g does: a rule looks at protocol TLS, which addresses and ports do not tell',
        'stateful default: drop',
        'else allow',
      ],
    },
  },
];
