import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'an application balancer ends connections at each of its interfaces',
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
            NetworkInterfaceId: 'eni-lb',
            SubnetId: 'subnet-1',
            VpcId: 'vpc-1',
            PrivateIpAddress: '10.0.1.5',
            Description: 'ELB app/web/1',
            Groups: [
              {
                GroupId: 'sg-lb',
              },
            ],
          },
          {
            NetworkInterfaceId: 'eni-t',
            SubnetId: 'subnet-1',
            VpcId: 'vpc-1',
            PrivateIpAddress: '10.0.1.9',
            Groups: [],
            Attachment: {
              InstanceId: 'i-t',
              DeviceIndex: 0,
            },
          },
        ],
      },
      {
        LoadBalancers: [
          {
            LoadBalancerArn: 'arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/web/1',
            LoadBalancerName: 'web',
            Type: 'application',
            State: {
              Code: 'active',
            },
            DNSName: 'web-1.elb.amazonaws.com',
          },
        ],
      },
      {
        Listeners: [
          {
            ListenerArn: 'arn:aws:elasticloadbalancing:eu-west-1:1:listener/app/web/1/2',
            LoadBalancerArn: 'arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/web/1',
            Port: 443,
            Protocol: 'HTTPS',
            DefaultActions: [
              {
                Type: 'forward',
                TargetGroupArn: 'arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/t/1',
              },
            ],
          },
        ],
      },
      {
        $request: {
          TargetGroupArn: 'arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/t/1',
        },
        TargetHealthDescriptions: [
          {
            Target: {
              Id: 'i-t',
              Port: 8080,
            },
            TargetHealth: {
              State: 'healthy',
            },
          },
        ],
      },
    ],
    see: {
      'word web': ['arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/web/1'],
      'word web-1.elb.amazonaws.com': ['arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/web/1'],
      'node arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/web/1#eni-lb': [
        'relay with eni-lb',
        'listens: protocol 6 dport 443, one-works',
        '  to 10.0.1.9:8080 from eni-lb',
      ],
      'interface eni-lb': [
        'of arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/web/1#eni-lb, table uplink:subnet-1',
        '10.0.1.5',
        'in: sg-in:eni-lb',
        'out: sg-out:eni-lb',
      ],
    },
  },
  {
    title: "a network balancer hands on, with the client's address, to targets of its own zone",
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
            NetworkInterfaceId: 'eni-lb',
            SubnetId: 'subnet-1',
            VpcId: 'vpc-1',
            PrivateIpAddress: '10.0.1.5',
            Description: 'ELB net/tcp/1',
            InterfaceType: 'network_load_balancer',
            SourceDestCheck: false,
            Groups: [],
          },
          {
            NetworkInterfaceId: 'eni-t',
            SubnetId: 'subnet-1',
            VpcId: 'vpc-1',
            PrivateIpAddress: '10.0.1.9',
            Groups: [],
            Attachment: {
              InstanceId: 'i-t',
              DeviceIndex: 0,
            },
          },
        ],
      },
      {
        LoadBalancers: [
          {
            LoadBalancerArn: 'arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/net/tcp/1',
            LoadBalancerName: 'tcp',
            Type: 'network',
            State: {
              Code: 'active',
            },
          },
        ],
      },
      {
        Listeners: [
          {
            ListenerArn: 'arn:aws:elasticloadbalancing:eu-west-1:1:listener/net/tcp/1/2',
            LoadBalancerArn: 'arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/net/tcp/1',
            Port: 443,
            Protocol: 'TCP',
            DefaultActions: [
              {
                Type: 'forward',
                TargetGroupArn: 'arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/t/1',
              },
            ],
          },
        ],
      },
      {
        $request: {
          TargetGroupArn: 'arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/t/1',
        },
        TargetHealthDescriptions: [
          {
            Target: {
              Id: 'i-t',
              Port: 8080,
            },
            TargetHealth: {
              State: 'healthy',
            },
          },
        ],
      },
    ],
    see: {
      'interface eni-lb': [
        'of arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/net/tcp/1#eni-lb, table lb:eni-lb',
        '10.0.1.5',
        'in: lb-ports:eni-lb',
        'in: lb:eni-lb inward',
      ],
      'translation lb:eni-lb': [
        'stateless',
        'inward: protocol 6 dport 443 dst 10.0.1.5: dst becomes 10.0.1.9, dport becomes 8080',
        'inward: else pass',
      ],
      'interface eni-t@eni-lb': [
        'of i-t, table eni-t@eni-lb',
        '10.0.1.9',
        'in: hairpin:eni-t@eni-lb',
        'in: sg-in:eni-t@eni-lb',
        'out: sg-out:eni-t',
        'out: lb:eni-lb outward',
      ],
      'filter hairpin:eni-t@eni-lb': [
        'a target that calls its own balancer gets its own packet back',
        'else allow, stateless',
      ],
    },
  },
];
