/** Shard files that were cut off, changed, mixed up or made by somebody who means harm: merge names the file and joins nothing. */
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { matrixCommand } from '../../src/cli/commands/matrix.ts';
import { mergeCommand } from '../../src/cli/commands/merge.ts';
import { Problem } from '../../src/cli/problem.ts';

const demo = fileURLToPath(new URL('../../fixtures/snapshots/demo', import.meta.url));
const folder = () => mkdtempSync(join(tmpdir(), 'netaudit-shards-'));

interface Asked {
  readonly snapshot?: string;
  readonly port?: string;
}

async function shardOf(shard: string, { snapshot = demo, ...more }: Asked = {}): Promise<string> {
  const file = join(folder(), `${shard.replace('/', '-of-')}.json`);
  await matrixCommand({
    snapshot: [snapshot],
    from: [],
    to: [],
    shard,
    format: [],
    output: [file],
    workers: '1',
    ...more,
  });
  return file;
}

/** What merge says against these files; they are never joined. */
async function refusal(files: readonly string[]): Promise<string> {
  const error: unknown = await mergeCommand(files, { format: ['json'], output: [join(folder(), 'all.json')] }).then(
    () => new Error('they were joined'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Problem);
  return (error as Problem).message;
}

let first: string;
let second: string;
beforeAll(async () => {
  first = await shardOf('1/2');
  second = await shardOf('2/2');
});

test('shards that do not make one whole', async () => {
  const other = folder();
  cpSync(demo, other, { recursive: true });
  const vpcs = join(other, 'vpcs.json');
  writeFileSync(vpcs, readFileSync(vpcs, 'utf8').replace('{', '{ '));
  const foreign = await shardOf('2/2', { snapshot: other });
  const copy = join(folder(), 'copy.json');
  cpSync(second, copy);
  const narrow = await shardOf('2/2', { port: '443' });
  const third = await shardOf('3/3');
  for (const [files, ...words] of [
    [[second], 'shard 1 of 2 is not among the files', '--shard i/2'],
    [[first, second, copy], 'shard 2 of 2 is given twice', second, copy],
    [[first, foreign], 'different snapshots', first, foreign],
    [[first, narrow], 'different rows, columns or ports', first, narrow],
    [[first, third], 'cut differently', first, third],
    [[first, vpcs], 'is not a shard', vpcs],
    [[first, '/nowhere'], "/nowhere can't be read"],
    [[first, demo], "can't be read", demo],
    [[], 'merge needs the shard files'],
  ] as const) {
    const said = await refusal(files);
    for (const word of words) expect(said).toContain(word);
  }
});

/** The second shard with something changed in it; sealed again it is what somebody makes who knows how. */
function tampered(change: (text: string) => string, isSealed: boolean): string {
  const whole = readFileSync(second, 'utf8');
  const text = change(whole);
  expect(text).not.toBe(whole);
  const body = text.slice(0, text.lastIndexOf(',\n"sha256"'));
  const path = join(folder(), 'tampered.json');
  writeFileSync(path, isSealed ? `${body},\n"sha256":"${createHash('sha256').update(body).digest('hex')}"}\n` : text);
  return path;
}

describe('a shard that is not as it was written', () => {
  test.each<[what: string, change: (text: string) => string, words: string]>([
    ['cut off', (text) => text.slice(0, 200), 'is not whole JSON'],
    ['cut off at its end', (text) => text.slice(0, -3), 'is not whole JSON'],
    ['empty', () => '', 'is not whole JSON'],
    ['nested without end', () => '['.repeat(1_000_000), 'is not whole JSON'],
    ['nested deeply', () => `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'is not a shard'],
    ['without a row', (text) => text.replace(/\n\{"from":\d+,"to":\[[\d,]*\]\},?/, ''), 'something was changed in it'],
    ['with another port', (text) => text.replace(/"ports":"\d/, '"ports":"9'), 'something was changed in it'],
    ['without its seal', (text) => text.replace(/,\n"sha256":"[0-9a-f]*"/, ''), 'something was changed in it'],
  ])('%s', async (_, change, words) => {
    const file = tampered(change, false);
    const said = await refusal([first, file]);
    expect(said).toContain(`${file} is not`);
    expect(said).toContain(words);
  });
});

describe('a shard that was made up and sealed', () => {
  test.each<[what: string, from: RegExp, to: string, words: string]>([
    ['a row of a part that is not there', /"from":\d+/, '"from":99999', 'names parts that it does not have'],
    ['half a pair', /"to":\[\d+,/, '"to":[', 'names parts that it does not have'],
    ['a huge number of shards', /"shard":\{[^}]*\}/, '"shard":{"index":1,"count":9007199254740991}', 'not a shard'],
    ['a shard behind the last one', /"index":2/, '"index":3', 'not a shard'],
    ['a huge number of files', /"files":\d+/, '"files":1e15', 'not a shard'],
    ['an address that is none', /"inside":\["/, '"inside":["x', 'not a shard'],
    ['an internet with members', /"parts":\[\{"members":\[\]/, '"parts":[{"members":["x"]', 'not a shard'],
    ['escapes in ports', /"ports":"/, String.raw`"ports":"\u001b[2J`, 'not a shard'],
    ['no slices', /"slices":[^]*/, '"slices":[],\n"sha256"', 'not a shard'],
    ['another version', /"version":"[^"]*"/, '"version":"9.9.9"', 'different versions of netaudit, 9.9.9 and '],
    ['other ends', /"members":\["/, '"members":["x', 'mean different ends'],
  ])('%s', async (_, from, to, words) => {
    const file = tampered((text) => text.replace(from, to), true);
    const said = await refusal([first, file]);
    expect(said).toContain(words);
    expect(said).toContain(file);
  });

  test('rows of the other shard', async () => {
    const row = /"from":\d+/.exec(readFileSync(first, 'utf8'))![0];
    const file = tampered((text) => text.replace(/"from":\d+/, row), true);
    expect(await refusal([first, file])).toContain(`${file} and ${first} hold the same row twice`);
  });

  test('names that every object has are names like any other', async () => {
    const renamed = [first, second].map((file) => {
      const path = join(folder(), 'renamed.json');
      const text = readFileSync(file, 'utf8').replaceAll('i-0a11111111111111a', '__proto__');
      const body = text.slice(0, text.lastIndexOf(',\n"sha256"')).replace('{', '{"__proto__":{"kind":"x"},');
      writeFileSync(path, `${body},\n"sha256":"${createHash('sha256').update(body).digest('hex')}"}\n`);
      return path;
    });
    const all = join(folder(), 'all.json');
    await mergeCommand(renamed, { format: ['json'], output: [all] });
    const { classes } = JSON.parse(readFileSync(all, 'utf8')) as { classes: { id: string; names: object }[] };
    const one = classes.find(({ id }) => id === '__proto__')!;
    expect(Object.entries(one.names)).toEqual([['__proto__', 'web-1']]);
  });
});
