/** netaudit audit as a user runs it: formats, exit codes, netaudit.yaml. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { AuditResult } from '../../src/index.ts';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const demo = fileURLToPath(new URL('../../fixtures/snapshots/demo', import.meta.url));

/** Runs in a folder of its own that holds these files. */
function netaudit(args: readonly string[], files: Readonly<Record<string, string>> = {}, cwd = folder()) {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  const run = spawnSync(process.execPath, [main, 'audit', '-s', demo, ...args], {
    encoding: 'utf8',
    env: { ...process.env, CI: 'true', NO_COLOR: '1' },
    cwd,
    timeout: 60_000,
  });
  return { code: run.status, out: run.stdout, err: run.stderr, cwd };
}

const folder = () => mkdtempSync(join(tmpdir(), 'netaudit-audit-'));
const POLICY = `code: no-https
title: Nobody may
severity: medium
why: because
fix: close it
forbidden: {from: internet, to: '*', ports: 443}
`;

test('the exit code is that of the worst new finding by --fail-on', () => {
  const files = { 'p.yaml': POLICY };
  const only = ['--policy', 'none', '--policy', 'p.yaml'];
  expect(netaudit(only, files).code).toBe(0);
  expect(netaudit([...only, '--fail-on', 'medium'], files).code).toBe(1);
  expect(netaudit([...only, '--fail-on', 'never'], files).code).toBe(0);
  expect(netaudit([...only, '--fail-on', 'none'], files).code).toBe(0);
  // The recommended ones find a network ACL that drops replies, which is high.
  expect(netaudit([]).code).toBe(1);
  expect(netaudit(['--fail-on', 'awful']).code).toBe(2);
});

test('a policy that is no good exits 2 and says where', () => {
  const run = netaudit(['--policy', 'p.yaml'], { 'p.yaml': POLICY.replace('medium', 'awful') });
  expect(run.code).toBe(2);
  expect(run.err).toMatch(/p\.yaml:3:1: severity/);
  expect(netaudit(['--policy', 'nowhere.yaml']).err).toContain('no such file');
  // One that finds something is left out; one that is not on cannot be.
  expect(netaudit(['--policy', 'not:replies-blocked']).code).toBe(0);
  expect(netaudit(['--policy', 'not:reples-blocked'])).toMatchObject({ code: 2 });
});

test('JSON has the promised keys, and every format is written', () => {
  const run = netaudit(
    [
      '--policy',
      'p.yaml',
      '-f',
      'json',
      ...['md', 'sarif', 'junit', 'csv'].flatMap((name) => ['-f', name, '-o', `out.${name}`]),
    ],
    {
      'p.yaml': POLICY,
    },
  );
  expect(run.err).toBe('');
  const result = JSON.parse(run.out) as AuditResult;
  expect(Object.keys(result.summary)).toEqual(['critical', 'high', 'medium', 'low', 'info']);
  const finding = result.findings.find(({ code }) => code === 'no-https');
  for (const key of [
    'id',
    'severity',
    'title',
    'resource',
    'resourceName',
    'from',
    'to',
    'ports',
    'message',
    'fix',
    'status',
    'source',
  ])
    expect(finding).toHaveProperty(key);
  for (const name of ['md', 'sarif', 'junit', 'csv'])
    expect(readFileSync(join(run.cwd, `out.${name}`), 'utf8')).toContain('Nobody may');
});

test('a baseline is written, then hides what it knows and shows that it does', () => {
  const cwd = folder();
  const args = ['--policy', 'p.yaml', '--fail-on', 'medium', '--baseline', 'b.json'];
  expect(netaudit(args, { 'p.yaml': POLICY }, cwd)).toMatchObject({ code: 2 });
  const written = netaudit([...args, '--update-baseline'], {}, cwd);
  expect(written.code).toBe(0);
  expect(written.err).toMatch(/b\.json: [1-9]\d* added, 0 dropped/);
  const again = netaudit(args, {}, cwd);
  expect(again.code).toBe(0);
  expect(again.out).toContain('in the baseline');
  expect(again.out).toContain('no-https');
  const before = readFileSync(join(cwd, 'b.json'), 'utf8');
  netaudit([...args, '--update-baseline'], {}, cwd);
  expect(readFileSync(join(cwd, 'b.json'), 'utf8')).toBe(before);
  expect(existsSync(join(cwd, 'b.json.part'))).toBe(false);
});

test('netaudit.yaml holds policies, intents, suppressions and places; the flags add to it', () => {
  const config = `places: {office: 203.0.113.0/24}
policies: [none, p.yaml]
fail-on: medium
intents:
  - name: shop
    src: internet
    accept: [web-1:443]
    deny: [db-1:5432]
suppressions:
  - code: no-https
    reason: a shop
    owner: web team
    expires: 2999-12-31
`;
  const run = netaudit(['-f', 'json'], { 'p.yaml': POLICY, 'netaudit.yaml': config });
  expect(run.err).toBe('');
  expect(run.code).toBe(0);
  const { findings, checks } = JSON.parse(run.out) as AuditResult;
  expect(findings.find(({ code }) => code === 'no-https')).toMatchObject({ status: 'suppressed' });
  expect(checks.filter(({ kind }) => kind === 'intent').map(({ outcome }) => outcome)).toEqual(['passed', 'passed']);
});

test.each([
  ['an intent', 'intents:\n  - src: web-1\n    acept: [db-1:5432]\n', /netaudit\.yaml:3:5: intents\.0: /],
  [
    'a suppression without a reason',
    'suppressions:\n  - code: x\n',
    /netaudit\.yaml:2:5: suppressions\.0\.reason: a suppression needs a reason/,
  ],
  ['a bad date', 'suppressions:\n  - code: x\n    reason: y\n    expires: soon\n', /netaudit\.yaml:4:5: .*expires/],
])('%s that is wrong exits 2 with file, line and column', (_, text, complaint) => {
  const run = netaudit([], { 'netaudit.yaml': text });
  expect(run.code).toBe(2);
  expect(run.err).toMatch(complaint);
});

test('something missing that could change it exits 3', () => {
  const part = folder();
  for (const name of [
    'vpcs',
    'subnets',
    'route-tables',
    'security-groups',
    'network-interfaces',
    'instances',
    'internet-gateways',
  ]) {
    const file = join(demo, `${name}.json`);
    if (existsSync(file)) writeFileSync(join(part, `${name}.json`), readFileSync(file));
  }
  // Whatever the missing network ACLs say, only one office may get to port 22: what is critical is known to hold.
  const run = spawnSync(process.execPath, [main, 'audit', '-s', part, '--fail-on', 'medium'], {
    encoding: 'utf8',
    cwd: folder(),
    timeout: 60_000,
  });
  expect(run.stdout).toContain('Not decided');
  expect(run.status).toBe(3);
});

test('a history that cannot be written is told behind the report, which is not lost for it', () => {
  const run = netaudit(['--history', 'taken/runs'], { taken: 'a file, not a folder' });
  expect(run.code).toBe(2);
  expect(run.out).toMatch(/^\d+ high/);
  expect(run.err).toMatch(/history/);
});
