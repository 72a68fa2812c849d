import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'a bump in the wire: on by the table of its own subnet',
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
    ],
    see: {
      'node vpce-1': ['router with vpce-1#inspect'],
      'interface vpce-1#inspect': [
        'of vpce-1, table routes:subnet-1',
        'in: forwarded:vpce-1 outward',
        'in: inspect:vpce-1',
      ],
      'filter inspect:vpce-1': ['else allow'],
    },
  },
];
