import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: "an endpoint answers for its service's public addresses",
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
        VpcEndpoints: [
          {
            VpcEndpointId: 'vpce-1',
            VpcEndpointType: 'Gateway',
            VpcId: 'vpc-1',
            ServiceName: 'com.amazonaws.eu-central-1.s3',
            State: 'available',
            RouteTableIds: ['rtb-1'],
          },
        ],
      },
    ],
    see: {
      'node vpce-1': ['outside with vpce-1#vpc', 'assumes: service-permits'],
      'table vpce-1': ['back into vpc-1: on fabric:vpc-1', 'the service: here'],
    },
  },
];
