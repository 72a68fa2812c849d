/** netaudit matrix and netaudit merge as a user runs them. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { threadsFor } from '../../src/cli/matrix-work.ts';
import type { MatrixCell, MatrixClass } from '../../src/index.ts';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const demo = fileURLToPath(new URL('../../fixtures/snapshots/demo', import.meta.url));
const [WEB, APP, DB] = ['i-0a11111111111111a', 'i-0b22222222222222b', 'i-0c33333333333333c'];

function netaudit(args: readonly string[]) {
  const run = spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    env: { ...process.env, CI: 'true', NO_COLOR: '1' },
    cwd: tmpdir(),
    timeout: 30_000,
  });
  return { code: run.status, out: run.stdout, err: run.stderr };
}

interface Json {
  readonly classes: readonly MatrixClass[];
  readonly cells: readonly MatrixCell[];
}

function json(...args: readonly string[]): Json {
  const run = netaudit(['matrix', '--snapshot', demo, '--format', 'json', ...args]);
  expect(run.err).toBe('');
  expect(run.code).toBe(0);
  return JSON.parse(run.out) as Json;
}

const cell = ({ cells }: Json, from: string, to: string) =>
  cells.find((one) => one.from.startsWith(from) && one.to.startsWith(to))?.allowed;
const folder = () => mkdtempSync(join(tmpdir(), 'netaudit-matrix-'));

describe('matrix', () => {
  test('says who can reach whom on what, with the internet as a row and a column', () => {
    const matrix = json();
    expect(matrix.classes.map((one) => one.members)).toEqual([[WEB], [APP], [DB, 'i-0d44444444444444d']]);
    expect(cell(matrix, WEB, APP)).toEqual([
      { protocol: 'tcp', ports: '8080', from: ['10.20.0.10'], to: ['10.20.1.10'] },
    ]);
    // The reply of the database is lost at a network ACL.
    expect(cell(matrix, APP, DB)).toBeUndefined();
    const open = cell(matrix, 'internet', WEB)!;
    expect(open.map(({ protocol, ports, to }) => [protocol, ports, to])).toEqual([
      ['tcp', '22', ['198.51.100.10']],
      ['tcp', '443', ['198.51.100.10']],
    ]);
    expect(open[0]!.from).toEqual(['203.0.113.0/24']);
    expect(cell(matrix, WEB, 'internet')?.[0]?.protocol).toBe('*');
  });

  test.each([
    [['--from', 'internet'], [['internet', WEB]]],
    [['--to', 'web-1', '--from', 'app-1', '--from', 'db-1'], [[`${APP}+1`, WEB]]],
    [['--port', '8080', '--to', 'app-1'], [[WEB, APP]]],
    [['--port', '9/udp', '--from', 'db-1'], []],
    [['--from', '10.20.1.10', '--to', 'internet'], []],
  ])('%j', (args, pairs) => {
    expect(json(...args).cells.map(({ from, to }) => [from, to])).toEqual(pairs);
  });

  test.skipIf(!existsSync('/dev/full'))('a full disk is said once, and told by the exit code', () => {
    const line = '"$0" "$@" > /dev/full';
    const run = spawnSync('bash', ['-c', line, process.execPath, main, 'matrix', '-s', demo, '-f', 'json'], {
      encoding: 'utf8',
    });
    expect(run.stderr).toBe("netaudit: standard output can't be written (ENOSPC).\n");
    expect(run.status).toBe(2);
  });

  test.skipIf(process.platform !== 'linux')('a file that has room for its beginning alone is an error', () => {
    const file = join(folder(), 'matrix.json');
    // Like a disk that runs full: no file grows beyond a kilobyte.
    const line = 'trap "" XFSZ; ulimit -f 1; exec "$0" "$@"';
    const run = spawnSync('bash', ['-c', line, process.execPath, main, 'matrix', '-s', demo, '-f', 'json', '-o', file]);
    expect(String(run.stderr)).toBe(
      `netaudit: ${file} can't be written (EFBIG). Check the path given with --output.\n`,
    );
    expect(run.status).toBe(2);
  });

  test('there are as many threads as there are cores and memory', () => {
    const machine = { cores: 8, memory: 4e9 };
    expect(threadsFor(50_000_000, undefined, machine)).toBe(1);
    expect(threadsFor(50_000_000, 8, machine)).toBe(8);
    expect(threadsFor(100_000_000, undefined, { ...machine, memory: 16e9 })).toBe(8);
    expect(threadsFor(200_000_000, undefined, machine)).toBe(2);
    expect(threadsFor(1_000_000_000, undefined, machine)).toBe(1);
    expect(threadsFor(1_000_000_000, 4, machine)).toBe(4);
  });

  test('several threads give byte for byte what one gives', () => {
    const run = (workers: string) =>
      netaudit(['matrix', '--snapshot', demo, '--format', 'json', '--workers', workers]).out;
    expect(run('3')).toBe(run('1'));
  });

  test('the text names the ends and groups what they reach', () => {
    const { out } = netaudit(['matrix', '--snapshot', demo]);
    expect(out).toContain('4 ends in 3 classes of equal reach');
    expect(out).toContain(`web-1 (${WEB})\n  everything\n    -> internet\n  tcp 8080\n    -> app-1 (${APP})\n`);
    expect(out).toContain('tcp 22 from 203.0.113.0/24, tcp 443\n');
  });

  test.each([
    [['--port', 'http'], 'is not a port'],
    [['--shard', '0/2'], 'i from 1 to n'],
    [['--shard', '3/2'], 'i from 1 to n'],
    [['--shard', '1/2', '--format', 'text'], 'a shard is JSON'],
    [['--workers', '0'], 'from 1 to 999'],
    [['--from', 'web-2'], 'Did you mean web-1'],
    [['--from', '192.0.2.1'], 'no row for it'],
  ])('%j is an error that helps', (args, words) => {
    const run = netaudit(['matrix', '--snapshot', demo, ...args]);
    expect(run.code).toBe(2);
    expect(run.out).toBe('');
    expect(run.err).toContain(words);
    expect(run.err).not.toContain('bug in netaudit');
  });
});

describe('merge', () => {
  const shards = (count: number, ...args: readonly string[]): string[] => {
    const at = folder();
    return Array.from({ length: count }, (_, i) => {
      const file = join(at, `${i + 1}.json`);
      const run = netaudit(['matrix', '--snapshot', demo, '--shard', `${i + 1}/${count}`, '-o', file, ...args]);
      expect(run.err + run.out).toBe('');
      return file;
    });
  };

  test('joins shards into byte for byte the whole, in any order', () => {
    const merged = netaudit(['merge', ...shards(3).toReversed(), '--format', 'json']);
    expect(merged.out).toBe(netaudit(['matrix', '--snapshot', demo, '--format', 'json']).out);
    expect(merged.code).toBe(0);
  });

  test('refuses what does not make one whole, and says which file and what to do', () => {
    const [first] = shards(2) as [string];
    for (const [files, words] of [
      [[first], '"netaudit matrix --shard i/2 --output FILE" writes one'],
      [[first, join(demo, 'vpcs.json')], 'vpcs.json is not a shard'],
    ] as const) {
      const run = netaudit(['merge', ...files]);
      expect(run.code, words).toBe(2);
      expect(run.out).toBe('');
      expect(run.err).toContain(words);
    }
  });
});
