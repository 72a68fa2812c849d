/** Large files are read record by record: what comes out must be what reading them whole gives, and what is wrong must be said as well. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { briefsOf } from '../../src/snapshot/brief-list.ts';
import { type Members, records as inner, share } from '../../src/snapshot/byte-json.ts';
import type { Recogniser, Snapshot } from '../../src/snapshot/documents.ts';
import { keysOfRecord, tableOf } from '../../src/snapshot/record-table.ts';
import { loadSnapshot } from '../../src/snapshot/load.ts';

const folder = mkdtempSync(join(tmpdir(), 'netaudit-records-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const BRIEF: Members = {
  id: true,
  kind: share(true),
  tags: { key: share(true), value: true },
  at: { zone: true },
};

/** Knows objects with a list called `things`; with `briefs` it need not have all of it in memory. */
const recogniser = (briefs?: Record<string, Members>): Recogniser => ({
  provider: 'test',
  ...(briefs === undefined ? {} : { briefs }),
  recognise(value) {
    const things = typeof value === 'object' && value !== null ? Reflect.get(value, 'things') : undefined;
    if (!Array.isArray(things)) return undefined;
    return { documents: [{ kind: 'things', pointer: '/things', records: things }] };
  },
});

let files = 0;
function fileOf(text: string | Uint8Array): string {
  const path = join(folder, `${++files}.json`);
  writeFileSync(path, text);
  return path;
}

const briefly = (path: string) => loadSnapshot([path], [recogniser({ things: BRIEF })], { byRecordFrom: 0 });
const wholly = (path: string) => loadSnapshot([path], [recogniser()], { byRecordFrom: 0 });

/** Everything that a snapshot says, records included, in a form that can be compared. */
const contents = ({ documents, notes, notUnderstood, digest, files: read }: Snapshot) =>
  JSON.stringify({
    documents: documents.map((one) => ({ ...one, records: [...one.records] })),
    notes,
    notUnderstood,
    digest,
    read,
  });

async function outcome(load: Promise<Snapshot>): Promise<string> {
  try {
    return contents(await load);
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}

/** What stands in memory of each record, as plain values. */
const inMemory = (records: readonly unknown[]) =>
  briefsOf(records).map((brief) =>
    typeof brief !== 'object' || brief === null || Array.isArray(brief)
      ? brief
      : Object.fromEntries(keysOfRecord(brief).map((key) => [key, Reflect.get(brief, key) as unknown])),
  );

const isBrief = ({ documents }: Snapshot) => documents.some(({ records }) => briefsOf(records) !== records);

const thing = fc.record(
  {
    id: fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.jsonValue()),
    kind: fc.constantFrom<unknown>('a', 'b\n', null, 4, { x: [] }),
    tags: fc.array(fc.record({ key: fc.constantFrom('Name', 'ä'), value: fc.string(), more: fc.jsonValue() })),
    at: fc.oneof(fc.record({ zone: fc.string(), other: fc.double() }), fc.jsonValue()),
    rest: fc.jsonValue(),
  },
  { requiredKeys: [] },
);

describe('a file of records', () => {
  test('says the same as when it is read whole', async () => {
    const indents = fc.constantFrom(undefined, 1, '\t', 4);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(thing, fc.jsonValue())),
        fc.jsonValue(),
        indents,
        async (things, note, indent) => {
          const path = fileOf(JSON.stringify({ things, note }, null, indent));
          const brief = await briefly(path);
          expect(contents(brief)).toBe(contents(await wholly(path)));
          expect(isBrief(brief)).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('holds of each record what its shape takes', async () => {
    const whole = {
      id: 'x',
      kind: 'k',
      tags: [{ key: 'Name', value: 'v', more: 1 }, 7],
      at: { zone: 'z', rest: 2 },
      rest: 3,
    };
    const { documents } = await briefly(
      fileOf(JSON.stringify({ things: [whole, { rest: 1 }, { ...whole, tags: null }, 5] })),
    );
    const records = documents[0]!.records;
    const brief = { id: 'x', kind: 'k', tags: [{ key: 'Name', value: 'v' }, 7], at: { zone: 'z' } };
    expect(inMemory(records)).toEqual([brief, {}, { ...brief, tags: null }, 5]);
    expect(records[0]).toEqual(whole);
    expect(records.length).toBe(4);
    expect(records.map((record) => typeof record)).toEqual(['object', 'object', 'object', 'number']);
  });

  test('may hold records inside its records, or something else in their place', async () => {
    const parts = [
      [{ id: 1, rest: 2 }, { id: 3 }],
      [],
      { id: 4, rest: 5 },
      null,
      'none',
      7,
      [{ id: 6 }, 8, { id: 9, rest: 1 }, [{ id: 10 }]],
      [8],
      undefined,
    ];
    const shape: Record<string, Members> = { things: { id: true, parts: inner({ id: true }) } };
    const things = [...parts, ...parts.toReversed()].map((one, i) => ({ id: i, parts: one, rest: { parts: one } }));
    const { documents } = await loadSnapshot([fileOf(JSON.stringify({ things }))], [recogniser(shape)], {
      byRecordFrom: 0,
    });
    const brief = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(brief)
        : typeof value === 'object' && value !== null
          ? { id: Reflect.get(value, 'id') as unknown }
          : value;
    const rows = briefsOf(documents[0]!.records) as { id: number; parts: unknown }[];
    expect(rows.map((row) => [row.id, brief(row.parts)])).toEqual(things.map(({ id, parts: own }) => [id, brief(own)]));
  });

  test('may have its keys in any order, and more of them than are remembered', async () => {
    const things = Array.from({ length: 700 }, (_, i) => {
      const parts: [string, unknown][] = [
        ['id', i],
        [`only-${i}`, { id: 'not this one' }],
        ['at', { [`zone${i}`]: 1, zone: `z${i % 3}` }],
        ['kind', i % 2],
      ];
      return Object.fromEntries([...parts.slice(i % 4), ...parts.slice(0, i % 4)]);
    });
    const { documents } = await briefly(fileOf(JSON.stringify({ things })));
    expect([...documents[0]!.records]).toEqual(things);
    expect(inMemory(documents[0]!.records)).toEqual(
      things.map((_, i) => ({ id: i, kind: i % 2, at: { zone: `z${i % 3}` } })),
    );
  });

  test('may be larger than the window that is read at a time, and so may one record', async () => {
    const things = Array.from({ length: 30_000 }, (_, i) => ({
      id: `thing-${i}`,
      kind: 'ö€𝄞"\\',
      rest: 'ü'.repeat(i % 300),
    }));
    things[20_000]!.rest = 'long'.repeat(3 << 20);
    const path = fileOf(JSON.stringify({ things }, null, 4));
    const { documents, notes } = await briefly(path);
    expect(notes).toEqual([]);
    expect([...documents[0]!.records]).toEqual(things);
    expect(inMemory(documents[0]!.records)).toEqual(things.map(({ id, kind }) => ({ id, kind })));
  });

  test('that has bytes of no character says so', async () => {
    const path = fileOf(Buffer.from('{"things":[{"id":"a\xff"}]}', 'latin1'));
    expect(await outcome(briefly(path))).toBe(await outcome(wholly(path)));
    expect((await briefly(path)).notes).toHaveLength(1);
  });

  test('that changes while it is in use is an error, never an old answer', async () => {
    const path = fileOf('{"things":[{"id":"a"}]}');
    const { documents } = await briefly(path);
    appendFileSync(path, ' ');
    expect(() => documents[0]!.records[0]).toThrow('was changed while it was being read');
  });
});

describe('a string is looked for among packed bytes', () => {
  const idsOf = (rows: Iterable<object>) => [...rows].map((row) => Reflect.get(row, 'id') as unknown);
  const tablesIn = ({ documents }: Snapshot) =>
    new Set(documents.flatMap(({ records }) => briefsOf(records).map((one) => tableOf(one as object)!)));

  test('and no record that holds it is missed, however it is written', async () => {
    const word = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('app-1', 'app-11', 'ä', 'a"b', 'a\\b', '\ufffd', '\ud800', ''),
    );
    const named = fc.record({ id: fc.nat(), tags: fc.array(fc.record({ key: fc.constant('Name'), value: word })) });
    await fc.assert(
      fc.asyncProperty(fc.array(named, { minLength: 1 }), word, fc.boolean(), async (things, asked, escaped) => {
        const text = JSON.stringify({ things });
        const written = escaped ? text.replaceAll('app', String.raw`\u0061pp`) : text;
        const snapshot = await briefly(fileOf(written));
        const [table] = tablesIn(snapshot);
        const holders = things.filter(({ tags }) => tags.some(({ value }) => value === asked)).map(({ id }) => id);
        expect(idsOf(table!.holding(asked))).toEqual(expect.arrayContaining(holders));
      }),
      { numRuns: 150 },
    );
  });

  test('and few others are looked at', async () => {
    const things = Array.from({ length: 5000 }, (_, i) => ({ id: `thing-${i}`, rest: `thing-${i + 1}` }));
    const [table] = tablesIn(await briefly(fileOf(JSON.stringify({ things }))));
    expect(idsOf(table!.holding('thing-77'))).toEqual(['thing-77']);
    expect(idsOf(table!.holding('thing-99999'))).toEqual([]);
  });

  test('and a file full of it, or of escapes, costs no more memory than its records', async () => {
    const full = (text: string) =>
      Array.from({ length: 400 }, (_, i) => ({
        id: i,
        tags: [{ key: 'Name', value: 'x' }, ...Array.from({ length: 300 }, () => ({ key: text }))],
      }));
    for (const text of ['app', 'a\\']) {
      const [table] = tablesIn(await briefly(fileOf(JSON.stringify({ things: full(text) }))));
      // Each record once, however often it holds the text.
      expect(idsOf(table!.holding(text))).toHaveLength(400);
      expect(idsOf(table!.holding('x'))).toHaveLength(400);
    }
  });

  test('also behind values that are larger than what is packed together', async () => {
    const long = (c: string) => c.repeat(300_000);
    const things = ['a', 'b', 'c', 'd'].flatMap((c) => [
      { id: c, tags: [{ key: 'Name', value: long(c) }] },
      { id: `${c}-next`, tags: [{ key: 'Name', value: c }] },
      { id: `${c}-kind`, kind: 'k' },
    ]);
    const snapshot = await briefly(fileOf(JSON.stringify({ things })));
    expect(inMemory(snapshot.documents[0]!.records)).toEqual(things);
    const [table] = tablesIn(snapshot);
    for (const { id, tags } of things)
      if (tags !== undefined) expect(idsOf(table!.holding(tags[0]!.value))).toContain(id);
  });

  test('also where a record was begun twice, as the window ended inside it, and where a file turned out to be of another form', async () => {
    const shape: Record<string, Members> = { things: { id: true, parts: inner({ id: true }) } };
    const parts = (of: string) => Array.from({ length: 50 }, (_, i) => ({ id: `${of}-${i}`, rest: 'x'.repeat(2000) }));
    const things = Array.from({ length: 120 }, (_, i) => ({ id: `t-${i}`, parts: parts(`p-${i}`) }));
    // Several values in one file are read the thorough way, after the first was read by record.
    const lines = fileOf(
      `{"things":[${JSON.stringify({ id: 'first', parts: parts('a-rather-long-name') })}]}\n{"things":[]}`,
    );
    const whole = fileOf(JSON.stringify({ things }));
    const { documents } = await loadSnapshot([lines, whole], [recogniser(shape)], { byRecordFrom: 0 });
    const rows = briefsOf(documents.at(-1)!.records) as { id: string; parts: { id: string }[] }[];
    const table = tableOf(rows[0]!.parts[0]!)!;
    for (const { parts: own } of things) for (const { id } of own) expect(idsOf(table.holding(id))).toEqual([id]);
  });
});

test.each([
  ['cut off in a record', '{"things":[{"id":"a"},{"id":'],
  ['cut off in a string', '{"things":[{"id":"a'],
  ['cut off behind a comma', '{"things":[{"id":"a"},'],
  ['a comma too many', '{"things":[{"id":"a"},]}'],
  ['a comma too many in an object', '{"things":[{"id":"a",}]}'],
  ['a comma at the end', '{"things":[],}'],
  ['a missing colon', '{"things":[{"id" "a"}]}'],
  ['a bad number', '{"things":[{"rest":01}]}'],
  ['a number without digits', '{"things":[{"rest":-}]}'],
  ['a bad word', '{"things":[{"rest":nul}]}'],
  ['a bad escape', '{"things":[{"rest":"\\x"}]}'],
  ['a bad \\u escape', '{"things":[{"rest":"\\u12g4"}]}'],
  ['a line end in a string', '{"things":[{"rest":"a\nb"}]}'],
  ['a bracket of the wrong kind', '{"things":[{"rest":[1}]}'],
  ['words behind the end', '{"things":[]} and more'],
  ['several values', '{"things":[{"id":"a"}]}\n{"things":[{"id":"b"}]}\n'],
  ['a key twice', '{"things":[{"id":"a"}],"things":[{"id":"b"}]}'],
  ['a key twice in a record', '{"things":[{"id":"a","id":"b"}]}'],
  ['a key written with an escape', '{"things":[{"\\u0069d":"a"}]}'],
  ['a list key written with an escape', '{"thing\\u0073":[{"id":"a"}]}'],
  ['keys of the language', '{"things":[{"__proto__":{"id":"a"},"constructor":1}],"__proto__":[1]}'],
  ['no list', '{"things":{"id":"a"}}'],
  ['a list of lists', '{"things":[[{"id":"a"}],[]]}'],
  ['a deep record', `{"things":[{"rest":${'['.repeat(600)}${']'.repeat(600)}}]}`],
  ['a rather deep record', `{"things":[{"rest":${'['.repeat(300)}${']'.repeat(300)}}]}`],
])('%s is the same either way', async (_, text) => {
  const path = fileOf(text);
  expect(await outcome(briefly(path))).toBe(await outcome(wholly(path)));
});
