/** The floors, held against the source, and the checker itself held against a small house in which all is wrong. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { floors } from './floors.ts';
import { findingsOf, importsOf } from './house.ts';

const src = fileURLToPath(new URL('../src', import.meta.url));
const names = existsSync(src) ? readdirSync(src, { recursive: true, encoding: 'utf8' }) : [];
const files = names.filter((name) => name.endsWith('.ts')).toSorted();
const house = new Map(files.map((name) => [name.split(sep).join('/'), readFileSync(join(src, name), 'utf8')]));
const findings = findingsOf(house);

describe('the source', () => {
  test('imports down only', () => expect(findings.floors).toEqual([]));
  test('has no import cycles', () => expect(findings.cycles).toEqual([]));
  test('names no cloud where the words are neutral', () => expect(findings.names).toEqual([]));
  test('reaches every listed file from its index', () => expect(findings.unlisted).toEqual([]));
});

/** Not a room, and below all of them: it imports nothing. */
const MANIFEST = 'package.json';

test.each(floors)('the floor of $room names rooms below it only', ({ room, mayImport }) => {
  const rooms = floors.map((each) => each.room);
  const below = [MANIFEST, ...rooms.slice(0, rooms.indexOf(room))];
  expect(mayImport.filter((name) => !/^(node|npm):/.test(name) && !below.includes(name))).toEqual([]);
});

const floorsOf = (file: string, text: string): readonly string[] => findingsOf(new Map([[file, text]])).floors;

describe('the checker', () => {
  test('reads every form of import, and none in strings or comments', () => {
    const text = [
      `import a from './a.ts'; import type { B } from './b.ts'; export * from './c.ts'; export { d } from './d.ts';`,
      `type E = import('./e.ts').E; const f = await import('./f.ts'); const g = await import(name);`,
      `// import h from './h.ts'`,
      `const i = "import i from './i.ts'";`,
    ];
    expect(importsOf('x.ts', text.join('\n')).map((each) => [each.target, each.kind])).toEqual([
      ['./a.ts', 'static'],
      ['./b.ts', 'type'],
      ['./c.ts', 'static'],
      ['./d.ts', 'static'],
      ['./e.ts', 'type'],
      ['./f.ts', 'dynamic'],
      [undefined, 'dynamic'],
    ]);
  });

  test.each([
    ['net/a.ts', `import '../model/a.ts'`],
    ['net/a.ts', `import 'node:fs'`],
    ['model/a.ts', `import type { z } from 'zod'`],
    ['engine/a.ts', `await import('node:fs')`],
    ['engine/a.ts', `export * from '../snapshot/a.ts'`],
    ['providers/aws/a.ts', `import type { A } from '../gcp/a.ts'`],
    ['providers/aws/gotchas/a.ts', `import '../../azure/index.ts'`],
    ['providers/aws/a.ts', `import '../index.ts'`],
    ['report/a.ts', `import '../engine/walk.ts'`],
    ['report/a.ts', `import 'node:fs'`],
    ['index.ts', `import './cli/main.ts'`],
    ['collect/a.ts', `import { EC2 } from '@aws-sdk/client-ec2'`],
    ['cli/a.ts', `await import('@azure/identity')`],
    ['cli/a.ts', `import '../../README.md'`],
    ['core.ts', `import '../package.json'`],
    ['cli/a.ts', 'await import(`./${name}.ts`)'],
    ['attic/a.ts', `import './b.ts'`],
  ])('refuses in %s: %s', (file, text) => expect(floorsOf(file, text)).toHaveLength(1));

  test.each([
    ['model/a.ts', `import '../net/a.ts'`],
    ['snapshot/a.ts', `import 'node:fs'; import { z } from 'zod'`],
    ['providers/aws/gotchas/a.ts', `import '../subnet.ts'; import '../../../model/a.ts'`],
    ['collect/a.ts', `await import('@aws-sdk/client-ec2'); import type { EC2 } from '@aws-sdk/client-ec2'`],
    ['providers/index.ts', `import './aws/index.ts'`],
    ['index.ts', `import './providers/index.ts'`],
    ['cli/commands/a.ts', `import '../../index.ts'; import 'commander'`],
  ])('allows in %s: %s', (file, text) => expect(floorsOf(file, text)).toEqual([]));

  test('finds a cycle of types and values', () => {
    const cycle = new Map([
      ['net/a.ts', `import './b.ts'`],
      ['net/b.ts', `import type { C } from './c.ts'`],
      ['net/c.ts', `export * from './a.ts'`],
    ]);
    expect(findingsOf(cycle).cycles).toEqual(['net/a.ts -> net/b.ts -> net/c.ts -> net/a.ts']);
  });

  test('finds cloud names as words only, and only where the words are neutral', () => {
    const text = ['fromAws;', 'AWS_REGION;', 'parseGCPRule;', '"aws-sg";', 'laws + flaws;', '// k8s'].join('\n');
    const found = findingsOf(
      new Map([
        ['engine/a.ts', text],
        ['report/a.ts', text],
      ]),
    ).names;
    expect(found).toEqual([1, 2, 3, 4, 6].map((line) => expect.stringContaining(`engine/a.ts:${line}: `)));
  });

  test('finds a file that its index does not list', () => {
    const listed = new Map([
      ['providers/aws/index.ts', `import './a.ts'`],
      ['providers/aws/a.ts', `import './b.ts'`],
      ['providers/aws/b.ts', ''],
      ['providers/aws/a.samples.ts', ''],
      ['providers/aws/c.ts', ''],
      ['providers/aws/gotchas/index.ts', `import './d.ts'`],
      ['providers/aws/gotchas/d.ts', ''],
      ['providers/gcp/no-index-yet.ts', ''],
    ]);
    expect(findingsOf(listed).unlisted).toEqual([
      'providers/aws/c.ts: not reachable from providers/aws/index.ts',
      'providers/aws/gotchas/index.ts: not reachable from providers/aws/index.ts',
    ]);
  });
});
