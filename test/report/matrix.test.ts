/** The matrix for programs: its value is the matrix, whatever strangers called their things. */
import { expect, test } from 'vitest';
import { matrixJson } from '../../src/index.ts';
import type { MatrixCell } from '../../src/model/matrix.ts';
import { snapshot } from './answers.ts';

const ODD = 'web-\u202e"\\\u0007\n1+3';
const [some, others] = [['10.0.0.0/24', '10.0.9.1'], ['203.0.113.7']];

const cells: readonly MatrixCell[] = [
  { from: 'internet', to: ODD, allowed: [{ protocol: 'tcp', ports: '443', from: others, to: some }] },
  { from: ODD, to: ODD, allowed: [], unanswered: 'too much \u001b[2J to ask' },
  {
    from: ODD,
    to: 'internet',
    allowed: [
      { protocol: '*', ports: '*', from: some, to: others },
      { protocol: 'udp', ports: '53', from: some, to: [] },
    ],
    undetermined: [{ protocol: 'icmp', ports: 'echo-request', from: some, to: others }],
  },
];
const classes = [{ id: ODD, members: [ODD], names: { [ODD]: 'a\u200bb' }, count: 4 }];
const missing = [{ what: 'route table of subnet-1', fetch: null }];
const textOf = (matrix: Partial<Parameters<typeof matrixJson>[0]>) =>
  [...matrixJson({ classes, cells, missing, assumptions: [], ...matrix }, snapshot)].join('');

test('a matrix in JSON is read back as it was, a cell a line', () => {
  const text = textOf({});
  expect(JSON.parse(text)).toEqual({
    schemaVersion: 1,
    snapshot: { digest: 'd1', collectedAt: '2026-01-01T00:00:00Z', files: 2 },
    classes,
    cells,
    missing,
    assumptions: [],
  });
  const lines = text.split('\n').filter((line) => line.startsWith('    {"from"'));
  expect(lines.map((line) => line.replace(/^ +|,$/g, '')).map((line) => JSON.parse(line) as unknown)).toEqual(cells);
  expect(JSON.parse(textOf({ cells: [] }))).toMatchObject({ cells: [] });
});

test('no name gets at the screen or hides', () => {
  // oxlint-disable-next-line no-control-regex -- that is what is looked for
  expect(textOf({})).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e]/);
});
