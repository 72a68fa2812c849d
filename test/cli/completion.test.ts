/** Shell completion: scripts that the shells themselves accept, and the words that they are given. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const snapshots = fileURLToPath(new URL('../../fixtures/snapshots/', import.meta.url));

function netaudit(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [main, ...args], { cwd: snapshots, encoding: 'utf8' });
}

/** The words offered at the end of a line, without what is said of them. */
function words(...line: readonly string[]): string[] {
  const { status, stdout } = netaudit('complete', '--', ...line);
  expect(status).toBe(0);
  return stdout
    .split('\n')
    .filter((row) => row !== '' && !row.startsWith(':'))
    .map((row) => row.split('\t')[0]!);
}

test('commands, options, codes', () => {
  expect(words('')).toEqual(expect.arrayContaining(['reach', 'matrix', 'inspect', 'explain', 'completion']));
  expect(words('')).not.toContain('complete');
  expect(words('rea')).toEqual(['reach']);
  expect(words('reach', '--stri')).toEqual(['--strict']);
  expect(words('explain', 'aws-network-acl-in')).toEqual(['aws-network-acl-inbound']);
});

test('names of the snapshot that the line names', () => {
  expect(words('reach', '--snapshot', 'demo', 'web')).toEqual(expect.arrayContaining(['web', 'web-1']));
  expect(words('reach', '--snapshot', 'demo', 'web-1', 'db')).toEqual(['db-1', 'db-2']);
  expect(words('matrix', '-s', 'demo', '--from', 'inter')).toEqual(['internet']);
});

test('trouble with a snapshot is no names, never an error', () => {
  expect(words('reach', '--snapshot', 'nowhere', '')).toEqual(['internet', '*']);
  expect(words('reach', '')).toEqual(['internet', '*']);
});

test.each(['bash', 'zsh', 'fish', 'powershell'])('the script for %s asks for those words', (shell) => {
  const { status, stdout } = netaudit('completion', shell);
  expect(status).toBe(0);
  expect(stdout).toMatch(/netaudit complete '?--/);
  if (shell === 'bash') expect(spawnSync('bash', ['-n'], { input: stdout }).status).toBe(0);
});

test('another shell is an error that names the four', () => {
  const { status, stderr } = netaudit('completion', 'csh');
  expect(status).toBe(2);
  expect(stderr).toContain('bash, zsh, fish, powershell');
});
