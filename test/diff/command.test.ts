/** netaudit diff as a user runs it. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { NetworkDiff } from '../../src/index.ts';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const demo = fileURLToPath(new URL('../../fixtures/snapshots/demo', import.meta.url));

function netaudit(args: readonly string[]) {
  const run = spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    env: { ...process.env, CI: 'true', NO_COLOR: '1' },
    cwd: tmpdir(),
    timeout: 30_000,
  });
  return { code: run.status, out: run.stdout, err: run.stderr };
}

/** The demo with one file changed. */
function changed(file: string, ...edits: readonly (readonly [from: string | RegExp, to: string])[]): string {
  const at = mkdtempSync(join(tmpdir(), 'netaudit-diff-'));
  cpSync(demo, at, { recursive: true });
  const path = join(at, file);
  writeFileSync(
    path,
    edits.reduce((text, [from, to]) => text.replaceAll(from, to), readFileSync(path, 'utf8')),
  );
  return at;
}

function diff(before: string, after: string): NetworkDiff {
  const run = netaudit(['diff', before, after, '--format', 'json']);
  expect(run.err).toBe('');
  expect(run.code).toBe(0);
  return JSON.parse(run.out) as NetworkDiff;
}

const lines = ({ flows }: NetworkDiff) =>
  flows.map((flow) => `${flow.change} ${flow.from.role} -> ${flow.to.role} ${flow.protocol} ${flow.ports}`);

describe('diff', () => {
  const wide = changed('security-groups.json', ['203.0.113.0/24', '0.0.0.0/0']);

  test('one rule opened to the world: opened where nothing was, widened where some could', () => {
    const found = diff(demo, wide);
    expect(lines(found)).toEqual(['opened app-1 -> web-1 tcp 22', 'widened internet -> web-1 tcp 22']);
    expect(found.summary).toEqual({ opened: 1, closed: 0, widened: 1, narrowed: 0 });
    for (const { because } of found.flows)
      expect(because).toEqual([
        { resource: 'sg-01eb0000000000001', address: null, file: 'security-groups.json', line: null },
      ]);
    const [, widened] = found.flows;
    // Exactly what is gained: not the range that had access before, nor addresses that the snapshot owns.
    expect(widened!.fromAddresses).not.toContain('203.0.113.0/24');
    expect(widened!.toAddresses).toEqual(['198.51.100.10']);
    expect(widened!.witness).toMatchObject({ dst: '198.51.100.10', protocol: 'tcp', dport: 22 });
  });

  test('the other way round it is closed and narrowed', () => {
    expect(lines(diff(wide, demo))).toEqual(['closed app-1 -> web-1 tcp 22', 'narrowed internet -> web-1 tcp 22']);
  });

  test('a snapshot differs in nothing from itself', () => {
    expect(diff(demo, demo)).toMatchObject({ flows: [], missing: [], assumptions: [] });
  });

  test('a new public address of the same machine is no flow change', () => {
    const moved = changed('network-interfaces.json', ['198.51.100.10', '198.51.100.77']);
    expect(diff(demo, moved).flows).toEqual([]);
  });

  test('what is missing on one side is named and no change is made up', () => {
    const half = changed('security-groups.json', [
      /"GroupId": "sg-01eb0000000000001",/g,
      '"GroupId": "sg-0ffffffffffffffff",',
    ]);
    const found = diff(demo, half);
    expect(found.flows.filter((flow) => flow.to.role === 'web-1')).toEqual([]);
    expect(found.missing.map(({ what }) => what).join()).toContain('sg-01eb0000000000001');
  });

  test.each([
    ['opened', 1],
    ['closed', 0],
    ['closed,opened', 1],
    ['any', 1],
  ])('--fail-on %s', (what, code) => {
    expect(netaudit(['diff', demo, wide, '--fail-on', what]).code).toBe(code);
    expect(netaudit(['diff', demo, demo, '--fail-on', what]).code).toBe(0);
  });

  test('the text says what, for example, and why', () => {
    const { out } = netaudit(['diff', demo, wide]);
    expect(out).toContain('1 opened, 1 widened');
    expect(out).toContain('app-1 (i-0b22222222222222b) -> web-1 (i-0a11111111111111a)  tcp 22\n');
    expect(out).toContain('because of sg-01eb0000000000001 (security-groups.json)');
    expect(netaudit(['diff', demo, demo]).out).toContain('No flow changes');
  });

  test.each([
    [[demo, '/nowhere'], '/nowhere'],
    [['-', '-'], 'standard input'],
    [[demo, demo, '--fail-on', 'open'], 'opened, closed, any or never'],
  ])('%j is an error that helps', (args, words) => {
    const run = netaudit(['diff', ...args]);
    expect(run.code).toBe(2);
    expect(run.err).toContain(words);
    expect(run.err).not.toContain('bug in netaudit');
  });
});
