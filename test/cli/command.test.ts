/** The program as a user runs it: exit codes, streams, and what it says about bad input. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const demo = fileURLToPath(new URL('../../fixtures/snapshots/demo', import.meta.url));

function netaudit(args: readonly string[], input?: string) {
  const { NO_COLOR: _a, FORCE_COLOR: _b, ...env } = process.env;
  const run = spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    env: { ...env, CI: 'true' },
    cwd: tmpdir(),
    ...(input === undefined ? {} : { input }),
    timeout: 20_000,
  });
  return { code: run.status, out: run.stdout, err: run.stderr };
}

function folder(files: Readonly<Record<string, string | Buffer>>): string {
  const root = mkdtempSync(join(tmpdir(), 'netaudit-'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return root;
}

const demoFile = (name: string) => readFileSync(join(demo, name), 'utf8');
const demoFiles = () =>
  Object.fromEntries(
    [
      'vpcs',
      'subnets',
      'network-acls',
      'route-tables',
      'internet-gateways',
      'nat-gateways',
      'security-groups',
      'network-interfaces',
      'instances',
    ].map((name) => [`${name}.json`, demoFile(`${name}.json`)]),
  );

/** An error is one paragraph on stderr, exit 2, no stack trace. */
function expectError(run: ReturnType<typeof netaudit>, ...words: readonly string[]) {
  expect(run.code, run.out + run.err).toBe(2);
  expect(run.out).toBe('');
  expect(run.err).not.toMatch(/\n\s+at /);
  expect(run.err).not.toContain('bug in netaudit');
  for (const word of words) expect(run.err).toContain(word);
}

describe('reach', () => {
  test.each([
    [['internet', 'web-1:443'], 0, 'REACHABLE'],
    [['web-1', 'db-1:5432'], 1, 'UNREACHABLE'],
    [['app-1', 'db-1:5432'], 1, 'PARTIAL'],
    [['web-1', 'db-1:5432', '--expect', 'unreachable'], 0, 'UNREACHABLE'],
    [['web-1', 'db-1:5432', '--expect', 'reachable'], 1, 'UNREACHABLE'],
    [['internet', 'web-1:443', '--strict'], 3, 'UNDETERMINED'],
  ] as const)('%j exits %i and says %s first', (args, code, verdict) => {
    const run = netaudit(['reach', ...args, '--snapshot', demo]);
    expect(run.code).toBe(code);
    expect(run.out.startsWith(verdict)).toBe(true);
    expect(run.err).toBe('');
  });

  test('names every blocker on both legs and a fix that was checked', () => {
    const answer = JSON.parse(
      netaudit(['reach', 'web-1', 'db-1:5432', '--snapshot', demo, '--format', 'json']).out,
    ) as { blockers: { leg: string; code: string; fix: unknown }[]; fixes: { outcome: string; changes: unknown[] } };
    expect(answer.blockers.map(({ leg, code }) => `${leg} ${code}`)).toEqual([
      'forward aws-security-group-ingress',
      'return aws-network-acl-outbound',
    ]);
    expect(answer.fixes).toMatchObject({ outcome: 'reachable', changes: [{ op: 'allow' }, { op: 'allow' }] });
  });

  test('is the same to the byte, run after run and whatever the files are called', () => {
    const files = demoFiles();
    const renamed = Object.fromEntries(Object.values(files).map((content, i) => [`x${9 - i}.json`, content]));
    const ask = (root: string) =>
      JSON.parse(netaudit(['reach', '*', 'db-1:5432', '-s', root, '-f', 'json']).out) as Record<string, unknown>;
    const [a, b] = [ask(folder(files)), ask(folder(files))];
    expect(a).toEqual(b);
    expect(ask(folder(renamed))).toMatchObject({ verdict: a['verdict'], snapshot: a['snapshot'] });
  });

  test('reads gzip and JSON Lines and standard input', () => {
    const files = demoFiles();
    const zipped = folder(
      Object.fromEntries(Object.entries(files).map(([name, content]) => [`${name}.gz`, gzipSync(content)])),
    );
    expect(netaudit(['reach', 'internet', 'web-1:443', '-s', zipped]).code).toBe(0);
    const lines = Object.values(files)
      .map((content) => JSON.stringify(JSON.parse(content)))
      .join('\n');
    expect(netaudit(['reach', 'internet', 'web-1:443', '-s', '-'], lines).code).toBe(0);
  });

  test('a name can neither repaint the screen nor hide a word', () => {
    const files = demoFiles();
    files['instances.json'] = files['instances.json']!.replace('"web-1"', '"web\\u001b[2J\\u202eevil"');
    const run = netaudit(['reach', 'internet', 'i-0a11111111111111a:443', '-s', folder(files)]);
    expect(run.code).toBe(0);
    expect(run.out).toContain('web\\u001b[2J\\u202eevil');
    expect(run.out).not.toContain('\u001b');
  });
});

describe('bad input', () => {
  test('no snapshot', () => expectError(netaudit(['reach', 'a', 'b']), '--snapshot', 'netaudit-snapshot'));
  test('a snapshot that no reader understands is no ground for an answer', () =>
    expectError(
      netaudit(['reach', 'internet', '203.0.113.5:443', '-s', folder({ 'x.json': '[{"kind":"foreign"}]' })]),
      'inspect',
    ));
  test('a path that is not there', () =>
    expectError(netaudit(['reach', 'a', 'b', '-s', '/nowhere/at/all']), '/nowhere/at/all'));
  test('truncated JSON names file and line', () =>
    expectError(
      netaudit(['reach', 'a', 'b', '-s', folder({ 'vpcs.json': '{"Vpcs": [\n{"VpcId": "vpc-1"' })]),
      'vpcs.json:2',
    ));
  test('an unknown name suggests the nearest', () =>
    expectError(netaudit(['reach', 'wbe-1', 'db-1:5432', '-s', demo]), 'web-1'));
  test('an ambiguous name lists the candidates', () => {
    const files = demoFiles();
    files['instances.json'] = files['instances.json']!.replace('"db-2"', '"db-1"');
    expectError(
      netaudit(['reach', 'web-1', 'db-1:5432', '-s', folder(files)]),
      'i-0c33333333333333c',
      'i-0d44444444444444d',
    );
  });
  test.each([
    ['db-1:70000', '70000'],
    ['db-1:9-5', 'backwards'],
    ['db-1:http', 'not a port'],
    ['db-1:1/gre', 'gre'],
    ['10.20.10.0/99:80', 'CIDR'],
    ['300.1.1.1:80', 'IPv4'],
  ])('%s', (dst, word) => expectError(netaudit(['reach', 'web-1', dst, '-s', demo]), word));
  test('an unknown option and a missing argument', () => {
    expectError(netaudit(['reach', 'a', 'b', '--frobnicate']), '--frobnicate');
    expectError(netaudit(['reach', 'a']), 'destination');
  });
  test('an unknown format', () =>
    expectError(netaudit(['reach', 'web-1', 'db-1:5432', '-s', demo, '-f', 'pdf']), 'pdf', 'json'));

  test('contradicting documents are an error that names both, and inspect still works', () => {
    const files = demoFiles();
    files['other.json'] = files['security-groups.json']!.replace('"ToPort": 5432', '"ToPort": 5433');
    const root = folder(files);
    expectError(netaudit(['reach', 'web-1', 'db-1:5432', '-s', root]), 'other.json', 'security-groups.json');
    expect(netaudit(['inspect', '-s', root]).code).toBe(0);
  });

  test('identical documents are merged', () => {
    const files = demoFiles();
    files['copy.json'] = files['security-groups.json']!;
    expect(netaudit(['reach', 'internet', 'web-1:443', '-s', folder(files)]).code).toBe(0);
  });

  test('of contradicting documents with a date the newer wins, with a note', () => {
    const { 'security-groups.json': groups, ...files } = demoFiles();
    const dated = (at: string, text: string) =>
      JSON.stringify({
        $request: { operation: 'describe-security-groups', collectedAt: at },
        ...(JSON.parse(text) as object),
      });
    const root = folder({
      ...files,
      'old.json': dated('2026-01-01T00:00:00Z', groups!.replace('"FromPort": 443', '"FromPort": 442')),
      'new.json': dated('2026-02-01T00:00:00Z', groups!),
    });
    expect(netaudit(['reach', 'internet', 'web-1:443', '-s', root]).code).toBe(0);
    expect(netaudit(['inspect', '-s', root]).out).toContain('is newer and was used');
  });

  test('one malformed resource does not take the others down, and is listed', () => {
    const files = demoFiles();
    files['bad.json'] = JSON.stringify({
      SecurityGroups: [null, 7, { GroupName: 'no id' }],
      Subnets: [{ SubnetId: 'subnet-bad', VpcId: 'vpc-bad', CidrBlock: '10.0.0.0/99' }],
      NetworkInterfaces: [{ NetworkInterfaceId: 'eni-bad' }],
      FlowLogs: [{}],
    });
    const root = folder(files);
    expect(netaudit(['reach', 'internet', 'web-1:443', '-s', root]).code).toBe(0);
    const { out } = netaudit(['inspect', '-s', root]);
    for (const word of ['SecurityGroups/0', 'SecurityGroups/2', 'NetworkInterfaces/0', 'subnet-bad'])
      expect(out).toContain(word);
  });

  test('a rule that makes no sense is unknown, never silently gone', () => {
    const files = demoFiles();
    files['security-groups.json'] = files['security-groups.json']!.replace('"FromPort": 443', '"FromPort": 99999');
    const run = netaudit(['reach', 'internet', 'web-1:443', '-s', folder(files)]);
    expect(run.code).toBe(3);
    expect(run.out).toContain('make no sense');
  });

  test('keys that pollute prototypes do nothing', () => {
    const files = demoFiles();
    files['evil.json'] =
      '{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}, "Vpcs": [{"VpcId": "__proto__", "CidrBlock": "10.9.0.0/16"}]}';
    expect(netaudit(['reach', 'internet', 'web-1:443', '-s', folder(files)]).code).toBe(0);
    expect(netaudit(['explain', '__proto__']).code).toBe(2);
  });

  test('200,000 levels of nesting are listed, not a crash', () => {
    const files = demoFiles();
    files['deep.json'] = `{"Vpcs":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    const root = folder(files);
    expect(netaudit(['reach', 'internet', 'web-1:443', '-s', root]).code).toBe(0);
    expect(netaudit(['inspect', '-s', root]).out).toContain('deep.json');
  });

  test('secrets of a VPN connection and of user data are never shown', () => {
    const files = demoFiles();
    files['vpn.json'] = JSON.stringify({
      VpnConnections: [
        {
          VpnConnectionId: 'vpn-1',
          CustomerGatewayConfiguration: '<pre_shared_key>hunter2</pre_shared_key>',
          Options: { TunnelOptions: [{ PreSharedKey: 'hunter2' }] },
        },
      ],
    });
    files['data.json'] = JSON.stringify({ InstanceId: 'i-1', UserData: { Value: 'hunter2' } });
    const root = folder(files);
    for (const args of [['inspect'], ['inspect', '-f', 'json'], ['reach', 'internet', 'web-1:443', '-f', 'json']]) {
      const run = netaudit([...args, '-s', root]);
      expect(run.out + run.err).not.toContain('hunter2');
    }
  });

  test('netaudit.yaml: defaults work, mistakes are placed', () => {
    const root = folder({ 'netaudit.yaml': `snapshot: ${demo}\nplaces:\n  office: 203.0.113.9\n` });
    const here = (args: readonly string[], cwd: string) =>
      spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', cwd });
    expect(here(['reach', 'office', 'web-1:22'], root).status).toBe(0);
    const bad = here(['reach', 'office', 'web-1:22'], folder({ 'netaudit.yaml': 'places:\n  office: [1, 2]\n' }));
    expect(bad.status).toBe(2);
    expect(bad.stderr).toMatch(/netaudit\.yaml:2:/);
  });
});

describe('explain and help', () => {
  test("explains a code and the cloud's own code for the same thing", () => {
    expect(netaudit(['explain', 'aws-network-acl-inbound']).out).toContain('stateless');
    expect(netaudit(['explain', 'ENI_SG_RULES_MISMATCH']).out).toContain('aws-security-group-ingress');
    expectError(netaudit(['explain', 'aws-network-acl-inbond']), 'aws-network-acl-inbound');
  });
  test('every code that a blocker can carry is explained', () => {
    const listed = netaudit(['explain']).out;
    for (const code of ['no-route', 'no-session', 'aws-no-route', 'nacl-stateless-return', 'aws-tgw-no-route'])
      expect(listed).toContain(code);
  });
  test('help shows examples and exit codes', () => {
    const help = netaudit([]);
    expect(help.code).toBe(0);
    for (const word of ['netaudit reach web-1 db-1:5432', 'Exit codes']) expect(help.out).toContain(word);
  });
});

describe('what if', () => {
  test('an answer handed back with its own fix is reachable', () => {
    const answer = netaudit(['reach', 'web-1', 'db-1:5432', '--snapshot', demo, '--format', 'json']);
    const file = join(folder({ 'answer.json': answer.out }), 'answer.json');
    expect(netaudit(['reach', 'web-1', 'db-1:5432', '--snapshot', demo]).code).toBe(1);
    expect(netaudit(['reach', 'web-1', 'db-1:5432', '--snapshot', demo, '--what-if', file]).code).toBe(0);
  });

  test('a change of another snapshot, or no change at all, is bad input', () => {
    const change = {
      op: 'amend',
      amendment: 'start:i-nowhere',
      resource: 'i-nowhere',
      provider: 'aws',
      attribute: 'State',
      to: 'running',
    };
    const root = folder({ 'other.json': JSON.stringify([change]), 'none.json': '{"verdict":"reachable"}' });
    const run = (file: string) => netaudit(['reach', 'web-1', 'db-1:5432', '-s', demo, '--what-if', join(root, file)]);
    expect(run('other.json')).toMatchObject({ code: 2, err: expect.stringContaining('does not fit this snapshot') });
    expect(run('none.json')).toMatchObject({ code: 2, err: expect.stringContaining('holds no changes') });
    expect(run('absent.json').code).toBe(2);
  });
});

describe('a batch', () => {
  const questions = '{"src":"web-1","dst":"db-1:5432"}\n["internet","web-1:443"]\n';

  test('is answered line by line, and the worst answer is the exit code', () => {
    const run = netaudit(['reach', '--batch', '-', '--snapshot', demo], questions);
    expect(run.code).toBe(1);
    expect(run.out.split('\n').map((line) => line.split(' ')[0])).toEqual(['unreachable', 'reachable', '']);
    const bad = netaudit(['reach', '--batch', '-', '--snapshot', demo], `${questions}["nobody","web-1:443"]\n`);
    expect(bad.code).toBe(2);
    expect(bad.out).toContain('nobody');
  });

  test('gives one JSON answer a line, in order', () => {
    const run = netaudit(['reach', '--batch', '-', '--snapshot', demo, '--format', 'json'], questions);
    const answers = run.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { verdict: string });
    expect(answers.map(({ verdict }) => verdict)).toEqual(['unreachable', 'reachable']);
  });

  test('with expectations exits 0 when all are met', () => {
    const lines =
      '{"src":"web-1","dst":"db-1:5432","expect":"unreachable"}\n{"src":"internet","dst":"web-1:443","expect":"reachable"}\n';
    expect(netaudit(['reach', '--batch', '-', '--snapshot', demo], lines).code).toBe(0);
  });

  test('says which line is no question', () => {
    const run = netaudit(['reach', '--batch', '-', '--snapshot', demo], '["a","b"]\n{"source":"x"}\n');
    expect(run).toMatchObject({ code: 2, err: expect.stringContaining('standard input:2') });
  });
});
