import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'records lead to addresses or to other names',
    given: [
      {
        HostedZones: [
          {
            Id: '/hostedzone/Z1',
            Name: 'example.org.',
            Config: {
              PrivateZone: true,
            },
          },
        ],
      },
      {
        $request: {
          HostedZoneId: 'Z1',
        },
        ResourceRecordSets: [
          {
            Name: 'db.example.org.',
            Type: 'CNAME',
            ResourceRecords: [
              {
                Value: 'orders.rds.amazonaws.com.',
              },
            ],
          },
          {
            Name: 'www.example.org.',
            Type: 'A',
            ResourceRecords: [
              {
                Value: '10.0.1.5',
              },
              {
                Value: '10.0.1.6',
              },
            ],
          },
          {
            Name: 'example.org.',
            Type: 'NS',
            ResourceRecords: [
              {
                Value: 'ns.example.org.',
              },
            ],
          },
        ],
      },
    ],
    see: {
      'word db.example.org': ['db.example.org'],
      'word www.example.org.': ['www.example.org'],
      'word example.org': [],
    },
  },
];
