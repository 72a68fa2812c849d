import { mkdirSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { awsRecogniser } from '../../src/providers/aws/envelopes.ts';
import { pointerOf, type Recogniser, SnapshotError } from '../../src/snapshot/documents.ts';
import { loadSnapshot } from '../../src/snapshot/load.ts';
import { folderOf, loaded } from './folder.ts';

const vpcs = { Vpcs: [{ VpcId: 'vpc-1' }, { VpcId: 'vpc-2' }] };

async function failure(promise: Promise<unknown>): Promise<SnapshotError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof SnapshotError)) throw new Error('expected a SnapshotError', { cause: error });
  return error;
}

describe('files', () => {
  test('are read whatever they are called, in a fixed order, with places', async () => {
    const snapshot = await loaded({ 'b/zzz': vpcs, 'a/x.txt': { Subnets: [] }, 'case.json': {}, '.git/x.json': vpcs });
    expect(snapshot.files.map((file) => file.file)).toEqual(['a/x.txt', 'b/zzz']);
    expect(snapshot.documents.map((one) => [one.kind, one.file, one.pointer])).toEqual([
      ['Subnets', 'a/x.txt', '/Subnets'],
      ['Vpcs', 'b/zzz', '/Vpcs'],
    ]);
    const [, second] = snapshot.documents;
    expect(second && pointerOf(second, 1)).toBe('/Vpcs/1');
  });

  test('compressed, with BOM or in UTF-16, are the same', async () => {
    const text = JSON.stringify(vpcs);
    const files: Record<string, Uint8Array | string> = {
      gz: gzipSync(text),
      twice: Buffer.concat([gzipSync(text.slice(0, 9)), gzipSync(text.slice(9))]),
      zst: zstdCompressSync(text),
      bom: `\uFEFF${text}`,
      utf16le: Buffer.from(`\uFEFF${text}`, 'utf16le'),
      utf16be: Buffer.from(`\uFEFF${text}`, 'utf16le').swap16(),
      bare16: Buffer.from(text, 'utf16le'),
    };
    const snapshot = await loaded(files);
    expect(snapshot.documents.map((one) => one.file)).toEqual(Object.keys(files).sort());
    for (const one of snapshot.documents) expect(one.records).toEqual(vpcs.Vpcs);
    const plain = await loaded({ a: text });
    expect((await loaded({ b: gzipSync(text) })).digest).toBe(plain.digest);
  });

  test('of other kinds are listed, never an error', async () => {
    const snapshot = await loaded({
      'vpcs.json': vpcs,
      'README.md': '[link](x) words',
      'main.tf': 'resource "aws_vpc" "x" {}',
      'x.ini': '[default]\nregion = x\n',
      'template.yaml': '{{ if .Values.x }}\n: [',
      'tags.yml': 'a: 1\nb: [2]\n',
      'x.png': Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0]),
      'empty.json': '',
      'oops.json': 'An error occurred (UnauthorizedOperation)',
      'other.json': { apiVersion: 'v1', kind: 'List' },
      'rows.json': [{ name: 'x' }],
      'none.json': [],
    });
    const why = Object.fromEntries(snapshot.notUnderstood.map((one) => [one.file, one.why]));
    expect(why).toEqual({
      'README.md': 'not JSON',
      'main.tf': 'not JSON',
      'x.ini': 'not JSON',
      'x.png': 'not JSON (binary)',
      'empty.json': 'an empty file',
      'oops.json': 'not JSON',
      'other.json': 'no reader knows this document (top-level keys: apiVersion, kind)',
      'rows.json': 'no reader knows this list of 1 (keys of the first: name)',
      'none.json': 'an empty list that does not say of what',
      'tags.yml': 'no reader knows this document (top-level keys: a, b)',
      'template.yaml': expect.stringMatching(/^neither JSON nor YAML \(line \d+, column \d+\)$/),
    });
    expect(snapshot.documents).toHaveLength(1);
  });

  test('linked in a loop are read once', async () => {
    const folder = folderOf({ 'a/vpcs.json': vpcs });
    symlinkSync('..', join(folder, 'a', 'up'));
    symlinkSync('a/vpcs.json', join(folder, 'again.json'));
    symlinkSync('nowhere', join(folder, 'lost.json'));
    const snapshot = await loadSnapshot([folder, folder], [awsRecogniser]);
    expect(snapshot.documents).toHaveLength(1);
    expect(snapshot.notUnderstood).toEqual([{ file: 'lost.json', why: 'a link that leads nowhere' }]);
  });

  test('of several roots keep apart', async () => {
    const one = folderOf({ 'x.json': vpcs });
    const two = folderOf({ 'x.json': { Subnets: [] } });
    const snapshot = await loadSnapshot([one, join(two, 'x.json')], [awsRecogniser]);
    expect(snapshot.files.map((file) => file.file)).toEqual([`${basename(one)}/x.json`, 'x.json']);
  });

  test('standard input', async () => {
    const stdin = (async function* () {
      yield '{"Vpcs":';
      yield Buffer.from('[]}');
    })();
    const snapshot = await loadSnapshot(['-'], [awsRecogniser], { stdin });
    expect(snapshot.documents[0]).toMatchObject({ kind: 'Vpcs', file: '-', askedNone: true });
    expect(snapshot.newestFileTime).toBeUndefined();
  });
});

describe('several documents in one file', () => {
  test('JSON Lines point into an array of the lines', async () => {
    const text = `${JSON.stringify(vpcs)}\r\n\n${JSON.stringify({ $request: { PrefixListId: 'pl-1' }, Entries: [{ Cidr: 'x' }] })}\n{"what":1}\n{"what":2}\n`;
    const snapshot = await loaded({ 'all.jsonl': text });
    expect(snapshot.documents.map((one) => pointerOf(one, 0))).toEqual(['/0/Vpcs/0', '/1/Entries/0']);
    expect(snapshot.notUnderstood).toEqual([
      {
        file: 'all.jsonl',
        pointer: '/2',
        why: 'no reader knows this document (top-level keys: what) (and 1 more like it)',
      },
    ]);
  });

  test('printed documents in a row', async () => {
    const text = `${JSON.stringify(vpcs, null, 2)}\n${JSON.stringify({ Reservations: [{ Instances: [{}] }] }, null, 2)}`;
    const snapshot = await loaded({ x: text });
    expect(snapshot.documents.map((one) => pointerOf(one, 0))).toEqual(['/0/Vpcs/0', '/1/Reservations/0/Instances/0']);
  });

  test('a line of log in front', async () => {
    const snapshot = await loaded({ x: `[command]/usr/bin/aws x\n${JSON.stringify(vpcs, null, 1)}\n` });
    expect(snapshot.documents[0]?.pointer).toBe('/Vpcs');
    expect(snapshot.notes).toEqual([{ file: 'x', message: '1 line(s) before the JSON were ignored' }]);
  });

  test('YAML streams reach the recognisers', async () => {
    const manifests: Recogniser = {
      provider: 'kubernetes',
      recognise: (value) =>
        typeof value === 'object' && value !== null && 'apiVersion' in value
          ? { documents: [{ kind: 'Any', pointer: '', records: [value] }] }
          : undefined,
    };
    const folder = folderOf({
      'x.yaml': 'apiVersion: v1\nkind: Pod\n---\n---\n# nothing\napiVersion: v1\nkind: Service\n',
    });
    const snapshot = await loadSnapshot([folder], [awsRecogniser, manifests]);
    expect(snapshot.documents.map((one) => [one.provider, one.pointer])).toEqual([
      ['kubernetes', '/0'],
      ['kubernetes', '/2'],
    ]);
  });

  test('YAML with too many aliases is not understood', async () => {
    const bomb = `a0: &a0 [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]\n`).join('')}`;
    const snapshot = await loaded({ 'x.yaml': bomb, 'vpcs.json': vpcs });
    expect(snapshot.notUnderstood).toEqual([{ file: 'x.yaml', why: 'YAML with too many aliases' }]);
  });
});

describe('broken input stops the load', () => {
  test.each([
    [
      'cut off',
      '{\n "Vpcs": [\n  {"VpcId": "vpc-1"},\n  {"VpcId": "secret',
      'x.json:4:20: the JSON is cut off',
      '/Vpcs/1/VpcId',
    ],
    ['cut at once', '{', 'x.json:1:2: the JSON is cut off', ''],
    ['cut in a number', '{"a": [1, -', 'x.json:1:12: the JSON is cut off', '/a/1'],
    ['cut in a line', '{"Vpcs":[]}\n{"Subnets":[', 'x.json:2:13: the JSON is cut off', '/1/Subnets/0'],
    ['a missing comma', '{"a~/b": {"secret": 1 "c": 2}}', 'x.json:1:23: the JSON is broken', '/a~0~1b/secret'],
    ['a comma too many', '{"Vpcs": [1,]}', 'x.json:1:13: the JSON is broken', '/Vpcs/1'],
    ['two at once', '{"Vpcs": []}, {"Vpcs": []}', 'x.json:1:13: the JSON is broken', ''],
    ['a bare newline in a string', '{"a": "b\nc"}', 'x.json:1:9: the JSON is broken', '/a'],
    ['a bad escape', '{"Vpcs": ["ok", "no\\q"]}', 'x.json:1:20: the JSON is broken', '/Vpcs/1'],
    ['a bad escape in a key', '{"Vpcs": [{"\\x": 1}]}', 'x.json:1:13: the JSON is broken', '/Vpcs/0'],
    ['a list cut between lines', '[\n{"Vpcs": []}', 'x.json:2:13: the JSON is cut off', '/0'],
    ['cut off behind a line of log', '[command]x\n{"Vpcs": [', 'x.json:2:11: the JSON is cut off', '/Vpcs/0'],
    ['words behind', '{"Vpcs": []} and more', 'x.json:1:14: the JSON is broken', ''],
  ])('%s', async (_, text, message, pointer) => {
    const error = await failure(loaded({ 'x.json': text, 'y.json': vpcs }));
    expect(error.message).toContain(message);
    expect(error.pointer ?? '').toBe(pointer);
    expect(error.file).toBe('x.json');
    expect(error.message).not.toContain('vpc-1');
    expect(error.hint).not.toBe('');
  });

  test('damaged gzip and zstandard', async () => {
    const gz = gzipSync(JSON.stringify(vpcs).repeat(20));
    expect((await failure(loaded({ x: gz.subarray(0, gz.length / 2) }))).message).toContain(
      'gzip that does not decompress',
    );
    const zst = zstdCompressSync(Buffer.from(JSON.stringify(vpcs)));
    expect((await failure(loaded({ x: zst.subarray(0, zst.length - 4) }))).message).toContain(
      'zstandard that does not decompress',
    );
  });

  test('decompression bombs and files above the limit', async () => {
    const zeros = Buffer.alloc(8 << 20, 0x20);
    const options = { maxBytes: 1 << 20 };
    for (const bomb of [gzipSync(zeros), zstdCompressSync(zeros), zeros]) {
      expect((await failure(loaded({ x: bomb }, options))).message).toContain('x: is larger than 1 MiB (uncompressed)');
    }
    const stdin = (async function* () {
      for (;;) yield zeros;
    })();
    const error = await failure(loadSnapshot(['-'], [awsRecogniser], { ...options, stdin }));
    expect(error.message).toContain('standard input: is larger');
  });

  test('missing and empty paths', async () => {
    expect((await failure(loadSnapshot(['/no/such/folder'], [awsRecogniser]))).message).toContain(
      'no such file or folder',
    );
    const folder = folderOf({ 'case.json': {} });
    mkdirSync(join(folder, 'empty'));
    expect((await failure(loadSnapshot([folder], [awsRecogniser]))).message).toContain(
      'the folder holds no snapshot file',
    );
    expect((await failure(loaded({ 'README.md': '# words' }))).message).toContain('holds no JSON');
    expect((await failure(loadSnapshot([], [awsRecogniser]))).message).toContain('no snapshot was given');
  });
});

describe('hostile input does no harm', () => {
  test('200,000 deep', async () => {
    const deep = '['.repeat(200_000) + ']'.repeat(200_000);
    const snapshot = await loaded({ 'deep.json': deep, 'inside.json': `{"Vpcs":[{"a":${deep}}]}`, 'vpcs.json': vpcs });
    expect(snapshot.notUnderstood.map((one) => one.file)).toEqual(['deep.json', 'inside.json']);
    expect((await failure(loaded({ x: '{"a":'.repeat(200_000) }))).message).toContain('cut off');
    const yaml = await loaded({ 'x.yaml': `a: ${'['.repeat(20_000)}${']'.repeat(20_000)}`, 'vpcs.json': vpcs });
    expect(yaml.documents).toHaveLength(1);
  });

  test('__proto__ is a key like any other', async () => {
    const snapshot = await loaded({
      x: '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"Vpcs":[{"__proto__":{"polluted":1}}]}',
      'y.json': '{"__proto__":[{"polluted":1}]}',
      'z.json': '{"collector_version":"1","provider":"aws","__proto__":[],"constructor":[],"vpcs":[]}',
      'y.yaml': '__proto__: {polluted: 1}\n',
    });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(snapshot.documents.map((one) => one.kind)).toEqual(['Vpcs', 'Vpcs']);
  });

  test('a recogniser that throws is a note, and the next one goes on', async () => {
    const bad: Recogniser = {
      provider: 'bad',
      recognise() {
        throw new TypeError('with content');
      },
    };
    const snapshot = await loadSnapshot([folderOf({ a: vpcs, b: {} })], [bad, awsRecogniser]);
    expect(snapshot.documents).toHaveLength(1);
    expect(snapshot.notes.map((note) => note.message)).toEqual(
      Array(2).fill('the bad reader failed on this document (TypeError)'),
    );
    expect(snapshot.notUnderstood).toEqual([{ file: 'b', why: 'the bad reader failed on this document (TypeError)' }]);
  });
});

describe('the snapshot as a whole', () => {
  test('has a digest of contents, not of names or order', async () => {
    const subnets = { Subnets: [] };
    const one = await loaded({ a: vpcs, b: subnets });
    const other = await loaded({ 'x/a': subnets, z: vpcs, 'README.md': 'words' });
    expect(other.digest).toBe(one.digest);
    expect((await loaded({ a: vpcs, b: { Subnets: [{}] } })).digest).not.toBe(one.digest);
    expect(one.digest).toMatch(/^[0-9a-f]{64}$/);
  });

  test('is as old as its newest document says', async () => {
    const snapshot = await loaded({
      a: { $request: { collectedAt: '2026-03-01T10:00:00+02:00' }, Vpcs: [] },
      b: {
        status_code: 200,
        data: { Subnets: [], ResponseMetadata: { HTTPHeaders: { date: 'Fri, 08 Sep 2017 19:31:28 GMT' } } },
      },
    });
    expect(snapshot.collectedAt).toBe('2026-03-01T08:00:00.000Z');
    expect(snapshot.newestFileTime).toBeInstanceOf(Date);
    expect((await loaded({ a: vpcs })).collectedAt).toBeUndefined();
  });

  test('reports progress', async () => {
    const seen: string[] = [];
    await loaded(
      { a: vpcs, b: vpcs },
      { onProgress: ({ file, done, total }) => seen.push(`${file} ${done}/${total}`) },
    );
    expect(seen).toEqual(['a 0/2', 'b 1/2']);
  });
});
