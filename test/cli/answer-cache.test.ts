/** Answers about large snapshots are kept from one run to the next, and only while nothing that they depend on has changed. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { shapeOf } from '../../bench/estate.ts';
import { writeEstate } from '../../bench/generate.ts';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'netaudit-answers-'));
const [snapshot, cache] = [join(root, 'snapshot'), join(root, 'cache')];
const answers = join(cache, 'netaudit', 'answers');
const entries = () => (existsSync(answers) ? readdirSync(answers) : []);

function reach(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const run = spawnSync(
    process.execPath,
    [main, 'reach', 'app-0-0', 'data-0-0:5432', '--snapshot', snapshot, '--format', 'json', ...args],
    { encoding: 'utf8', env: { ...process.env, CI: 'true', XDG_CACHE_HOME: cache, ...env }, timeout: 60_000 },
  );
  return { code: run.status, out: run.stdout, err: run.stderr };
}

/** Changes the verdict in what is kept, with a right checksum: what a run then prints tells where it came from. */
function mark(): void {
  for (const name of entries()) {
    const path = join(answers, name);
    const text = readFileSync(path, 'utf8').split('\n')[1]?.replace('"verdict":"reachable"', '"verdict":"partial"');
    if (text === undefined) continue;
    const sum = process.getBuiltinModule('node:crypto').createHash('sha256').update(text).digest('hex');
    writeFileSync(path, `${sum}\n${text}`);
  }
}
const isKept = (run: ReturnType<typeof reach>) => (JSON.parse(run.out) as { verdict: string }).verdict === 'partial';

let first: ReturnType<typeof reach>;
beforeAll(() => {
  writeEstate(snapshot, shapeOf(6000));
  first = reach();
});

describe('an answer about a large snapshot', () => {
  test('is kept where only its user reads it', () => {
    expect(first.code).toBe(0);
    expect(entries()).toHaveLength(1);
    if (process.platform === 'win32') return;
    expect(statSync(answers).mode & 0o777).toBe(0o700);
    expect(statSync(join(answers, entries()[0]!)).mode & 0o777).toBe(0o600);
  });

  test('is given again byte for byte', () => {
    expect(reach()).toEqual(first);
    mark();
    expect(isKept(reach())).toBe(true);
  });

  test('is found by content: file times do not matter', () => {
    utimesSync(join(snapshot, '100000000000', 'eu-central-1', 'vpcs.json'), 1, 1);
    expect(isKept(reach())).toBe(true);
  });

  test('is for that question with those options, and asked for anew where that is wanted', () => {
    expect(isKept(reach(['--strict']))).toBe(false);
    expect(isKept(reach(['--no-cache']))).toBe(false);
    expect(isKept(reach([], { NETAUDIT_NO_CACHE: '1' }))).toBe(false);
  });

  test('is not used once a byte of the snapshot is another', () => {
    const path = join(snapshot, '100000000000', 'eu-central-1', 'network-acls.json');
    const before = readFileSync(path, 'utf8');
    writeFileSync(path, before.replaceAll('"allow"', '"deny" '));
    const changed = reach();
    expect(changed.code).toBe(1);
    writeFileSync(path, before);
    expect(reach().code).toBe(0);
  });
});

test.each([
  ['cut off', (path: string) => writeFileSync(path, readFileSync(path).subarray(0, 1000))],
  [
    'changed without its checksum',
    (path: string) => writeFileSync(path, readFileSync(path, 'utf8').replace('reachable', 'partial')),
  ],
  ['empty', (path: string) => writeFileSync(path, '')],
  ['writable for others', (path: string) => chmodSync(path, 0o666)],
])('a kept answer that is %s is as if it were not there', (_, spoil) => {
  if (process.platform === 'win32') return;
  for (const name of entries()) spoil(join(answers, name));
  expect(reach()).toEqual(first);
});

test('a folder that others may write to is not used', () => {
  if (process.platform === 'win32') return;
  mark();
  chmodSync(answers, 0o777);
  expect(isKept(reach())).toBe(false);
});
