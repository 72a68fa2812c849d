/** Where the program writes, in which format, and how it behaves when nobody reads on. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { exitCodeOf } from '../../src/cli/exit-codes.ts';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const demo = fileURLToPath(new URL('../../fixtures/snapshots/demo', import.meta.url));

function netaudit(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { NO_COLOR: _a, FORCE_COLOR: _b, CI: _c, LC_ALL: _d, ...rest } = process.env;
  const run = spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    env: { ...rest, LANG: 'C.UTF-8', TERM: 'xterm', ...env },
    timeout: 20_000,
  });
  return { code: run.status, out: run.stdout, err: run.stderr };
}

const QUESTION = ['reach', 'web-1', 'db-1:5432', '--snapshot', demo];

test('several formats at once: the first to standard output, the others to their files', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'netaudit-')), 'answer.json');
  const run = netaudit([...QUESTION, '--format', 'text', '--format', 'json', '--output', file]);
  expect(run.code).toBe(1);
  expect(run.out.startsWith('UNREACHABLE')).toBe(true);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ schemaVersion: 1, verdict: 'unreachable' });
});

test('formats and files that do not fit together are refused before anything is written', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'netaudit-')), 'answer.json');
  for (const args of [
    ['-f', 'text', '-f', 'json'],
    ['-o', file, '-o', `${file}2`],
    ['-f', 'json', '-f', 'nonsense', '-o', file],
    ['-f', 'json', '-o', join(file, 'not', 'a', 'folder')],
  ]) {
    const run = netaudit([...QUESTION, ...args]);
    expect(run.code, args.join(' ')).toBe(2);
    expect(run.out).toBe('');
    expect(existsSync(file)).toBe(false);
  }
});

test('colour only where it is asked for, marks only where they can be shown', () => {
  expect(netaudit(QUESTION).out).not.toContain('\u001b');
  expect(netaudit(QUESTION, { FORCE_COLOR: '1' }).out).toContain('\u001b[');
  expect(netaudit(QUESTION, { FORCE_COLOR: '1', NO_COLOR: '1' }).out).not.toContain('\u001b');
  expect(netaudit([...QUESTION, '--no-color'], { FORCE_COLOR: '1' }).out).not.toContain('\u001b');
  expect(netaudit(QUESTION).out).toContain('✗');
  expect(netaudit(QUESTION, { LANG: 'C' }).out).toMatch(/^[\n -~]+$/);
});

test.skipIf(process.platform === 'win32')(
  'a reader that goes away changes neither the exit code nor is it an error',
  () => {
    const line = '"$0" "$@" | true; echo "${PIPESTATUS[0]}"';
    const run = spawnSync('bash', ['-c', line, process.execPath, main, ...QUESTION, '-f', 'json'], {
      encoding: 'utf8',
    });
    expect(run.stdout.trim()).toBe('1');
    expect(run.stderr).toBe('');
  },
);

test('arguments are echoed without their control characters', () => {
  for (const args of [
    ['reach', '\u001b[2Jx', 'db-1', '-s', demo],
    ['\u001b[2J'],
    ['reach', 'a', 'b', '--\u001b[2J'],
    ['explain', '\u001b[2J'],
    ['inspect', '-s', '/no/\u001b[2J'],
    [...QUESTION, '-f', '\u001b[2J'],
  ]) {
    const run = netaudit(args);
    expect(run.code).toBe(2);
    expect(run.err).not.toContain('\u001b');
    expect(run.err).toContain('\\u001b');
  }
});

test('tags, globs and * with a port', () => {
  for (const dst of ['tag:Name=db-1:5432', 'db-*:5432'])
    expect(netaudit(['reach', 'web-1', dst, '-s', demo]).out).toContain('tcp 5432');
  expect(netaudit(['reach', '*', '*:443', '-s', demo]).out).toMatch(/^PARTIAL {2}\* → \*, tcp 443/);
});

test('--version is the version of the package', () => {
  const { version } = JSON.parse(
    readFileSync(fileURLToPath(new URL('../../package.json', import.meta.url)), 'utf8'),
  ) as { version: string };
  expect(netaudit(['--version']).out).toBe(`${version}\n`);
});

test('exit codes', () => {
  expect(
    (['reachable', 'unreachable', 'partial', 'undetermined'] as const).map((verdict) => exitCodeOf(verdict)),
  ).toEqual([0, 1, 1, 3]);
  expect(exitCodeOf('undetermined', 'undetermined')).toBe(0);
  expect(exitCodeOf('undetermined', 'reachable')).toBe(1);
});
