/** The matrix for people: what it says in words is what its cells hold. */
import { expect, test } from 'vitest';
import { matrixText } from '../../src/index.ts';
import { PUBLIC_V4, PUBLIC_V6, cidrsOf } from '../../src/net/address.ts';

const facts = { digest: '', files: [] };
const text = (from: readonly string[]) =>
  [
    ...matrixText(
      {
        classes: [{ id: 'web', members: ['web'], names: {}, count: 1 }],
        cells: [{ from: 'internet', to: 'web', allowed: [{ protocol: 'tcp', ports: '443', from, to: ['10.0.0.1'] }] }],
        missing: [],
        assumptions: [],
      },
      facts,
      new Date(0),
    ),
  ].join('');

test('a long list of offices is not the internet', () => {
  const offices = Array.from({ length: 60 }, (_, i) => `203.0.113.${2 * i}`);
  expect(text(offices)).toContain('tcp 443 from 203.0.113.0, 203.0.113.2, 203.0.113.4, 203.0.113.6 and 56 more\n');
});

test('all of the internet goes without saying, of either family', () => {
  expect(text(PUBLIC_V4.flatMap(cidrsOf))).toContain('  tcp 443\n');
  expect(text(PUBLIC_V6.flatMap(cidrsOf))).toContain('  tcp 443\n');
});
