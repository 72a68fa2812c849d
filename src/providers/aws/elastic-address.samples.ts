import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'an address of nobody leads nowhere',
    given: [
      {
        Addresses: [
          {
            PublicIp: '198.51.100.9',
            AllocationId: 'eipalloc-9',
          },
        ],
      },
    ],
    see: {
      'table unassociated:198.51.100.9': ['elastic address 198.51.100.9: dropped, aws-address-not-associated'],
      'word eipalloc-9': ['eipalloc-9'],
    },
  },
];
