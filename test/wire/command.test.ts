/** The collect command as a user runs it, over a loopback: exit codes, what it says, the cache of --live, a package without SDKs. */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AwsServer, type AwsServerOptions, startAws } from './aws-server.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DEMO = join(ROOT, 'fixtures', 'snapshots', 'demo');
const demo: Record<string, unknown> = Object.assign(
  {},
  ...readdirSync(DEMO).map((name) => JSON.parse(readFileSync(join(DEMO, name), 'utf8')) as object),
);

let folder: string;
let server: AwsServer | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netaudit-collect-'));
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

async function serve(options: Partial<AwsServerOptions> = {}): Promise<void> {
  server = await startAws({ estate: () => demo, ...options });
}

function run(
  words: readonly string[],
  onStart?: (child: ReturnType<typeof spawn>) => void,
): Promise<{ code: number | null; out: string; said: string }> {
  const child = spawn(process.execPath, [join(ROOT, 'bin', 'netaudit.js'), ...words], {
    cwd: folder,
    env: {
      ...process.env,
      AWS_ENDPOINT_URL: server?.url ?? 'http://127.0.0.1:9',
      AWS_ACCESS_KEY_ID: 'AKIATEST',
      AWS_SECRET_ACCESS_KEY: 'not-a-secret',
      AWS_REGION: 'eu-west-1',
      AWS_CONFIG_FILE: '/nonexistent',
      AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
      AWS_EC2_METADATA_DISABLED: 'true',
      XDG_CACHE_HOME: join(folder, 'cache'),
    },
  });
  onStart?.(child);
  let [out, said] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, said })));
}

describe('netaudit collect', () => {
  test('writes ./netaudit-snapshot, which the next command finds by itself', async () => {
    await serve();
    const collected = await run(['collect', 'aws']);
    expect(collected).toMatchObject({
      code: 0,
      said: '',
      out: expect.stringMatching(/netaudit-snapshot\/aws: \d+ calls answered or refused; 1 account, 1 region\./),
    });
    const asked = await run(['reach', 'web-1', 'db-1:5432']);
    expect([asked.code, asked.out]).toEqual([1, expect.stringMatching(/^UNREACHABLE {2}web-1/)]);
  });

  test('exits 1 with the list when calls were refused, and says how to get the rights', async () => {
    await serve({
      fault: ({ action }) =>
        action === 'DescribeNatGateways' ? { status: 403, code: 'UnauthorizedOperation' } : undefined,
    });
    const { code, out } = await run(['collect', 'aws', '-o', 's']);
    expect(code).toBe(1);
    expect(out).toMatch(/1 calls? failed/);
    expect(out).toMatch(/aws ec2 describe-nat-gateways in 111111111111 eu-west-1: UnauthorizedOperation/);
    expect(out).toMatch(/--print-policy/);
    // No command passes over in silence what was not collected.
    const missing = 'aws ec2 describe-nat-gateways in 111111111111 eu-west-1';
    const plan = join(ROOT, 'fixtures', 'plans', '08-rule-in-private-subnet', 'plan.json');
    for (const words of [
      ['matrix', '-s', 's'],
      ['audit', '-s', 's'],
      ['plan', plan, '-s', 's'],
      ['diff', 's', 's'],
    ]) {
      const { out: told } = await run([...words, '-f', 'json']);
      const list = (JSON.parse(told) as { missing: { fetch: string | null }[] }).missing;
      expect({ words, fetch: list.map(({ fetch }) => fetch) }).toEqual({
        words,
        fetch: expect.arrayContaining([missing]) as unknown,
      });
    }
    const json = await run(['collect', 'aws', '-o', 't', '-f', 'json']);
    expect(JSON.parse(json.out)).toMatchObject({
      cloud: 'aws',
      failures: [{ code: 'UnauthorizedOperation', denied: true }],
    });
  });

  test('stopped by Ctrl-C it leaves no half snapshot and says how to go on', async () => {
    await serve({ fault: ({ action }) => (action === 'DescribeSubnets' ? 'slow' : undefined) });
    const { code, said } = await run(['collect', 'aws'], (child) => {
      const timer = setInterval(() => {
        if (!server!.asked.some(({ action }) => action === 'DescribeSubnets')) return;
        clearInterval(timer);
        child.kill('SIGINT');
      }, 20);
    });
    expect([code, said]).toEqual([2, expect.stringMatching(/--resume goes on/)]);
    expect(existsSync(join(folder, 'netaudit-snapshot', 'aws'))).toBe(false);
  });

  test('a kill in the middle leaves the snapshot that was there, and --resume asks only for the rest', async () => {
    await serve();
    expect((await run(['collect', 'aws', '--region', 'eu-west-1'])).code).toBe(0);
    await server!.close();
    await serve({
      fault: ({ action, times }) => (action === 'DescribeSubnets' && times < 2 ? 'slow' : undefined),
    });
    const { code } = await run(['collect', 'aws', '--region', 'eu-west-1'], (child) => {
      const timer = setInterval(() => {
        if (!server!.asked.some(({ action }) => action === 'DescribeSubnets')) return;
        clearInterval(timer);
        child.kill('SIGKILL');
      }, 20);
    });
    expect(code).toBeNull();
    expect((await run(['reach', 'web-1', 'db-1:5432'])).out).toMatch(/^UNREACHABLE {2}web-1/);
    const before = server!.asked.splice(0).length;
    const again = await run(['collect', 'aws', '--region', 'eu-west-1', '--resume']);
    expect([again.code, again.out]).toEqual([0, expect.stringMatching(/by an earlier run/)]);
    expect(server!.asked.length).toBeGreaterThan(0);
    expect(before).toBeGreaterThan(0);
    expect(readdirSync(join(folder, 'netaudit-snapshot'))).toEqual(['aws']);
  });

  test('without a cloud it does what netaudit.yaml says; --live collects into the cache', async () => {
    await serve();
    expect((await run(['collect'])).said).toMatch(/no word of what to collect/);
    writeFileSync(join(folder, 'netaudit.yaml'), 'collect:\n  aws: { regions: [eu-west-1] }\n');
    expect((await run(['collect', '-o', 'all'])).code).toBe(0);
    expect(readdirSync(join(folder, 'all'))).toEqual(['aws']);
    const asked = await run(['reach', 'web-1', 'db-1:5432', '--live']);
    expect([asked.code, asked.out]).toEqual([1, expect.stringMatching(/^UNREACHABLE {2}web-1/)]);
    expect(existsSync(join(folder, 'cache', 'netaudit', 'snapshot', 'aws'))).toBe(true);
    // Once it is there, it is what a question without a snapshot is asked of.
    expect((await run(['reach', 'web-1', 'db-1:5432'])).code).toBe(1);
  });

  test.each([
    [['collect', 'oracle'], /is no cloud that can be collected/],
    [['collect', 'aws', '--project', 'p'], /--project says nothing to aws/],
    [['collect', 'gcp', '--role', 'r'], /--role says nothing to gcp/],
    [['collect', 'aws', '--account', '12'], /twelve digits/],
    [['collect', 'aws', '--organization'], /needs --role/],
    [['collect', 'azure', '--subscription', 'prod'], /no subscription id/],
    [['collect', 'gcp', '--folder', 'sales'], /./],
    [['reach', 'a', 'b', '--live', 'aws', '--snapshot', 'x'], /which of the two/],
  ])('%j is refused with the way out', async (words, message) => {
    const { code, said } = await run(words);
    expect([code, said]).toEqual([2, expect.stringMatching(message)]);
  });
});

test.skipIf(!existsSync(join(ROOT, 'dist', 'cli', 'main.cjs')))(
  'the package without any SDK answers questions, and names the command that brings one',
  () => {
    for (const part of ['bin', 'dist', 'package.json'])
      cpSync(join(ROOT, part), join(folder, part), { recursive: true });
    const bare = (...words: string[]) =>
      spawnSync(process.execPath, [join(folder, 'bin', 'netaudit.js'), ...words], { cwd: folder, encoding: 'utf8' });
    const reach = bare('reach', 'web-1', 'db-1:5432', '-s', DEMO);
    expect([reach.status, reach.stdout]).toEqual([1, expect.stringMatching(/^UNREACHABLE/)]);
    for (const [cloud, name] of [
      ['aws', '@aws-sdk/client-ec2'],
      ['gcp', 'google-auth-library'],
      ['azure', '@azure/arm-network'],
    ] as const) {
      const { status, stderr } = bare('collect', cloud);
      expect([status, stderr]).toEqual([
        2,
        expect.stringMatching(new RegExp(`needs the cloud's own SDK[^]*npm install .*${name}`)),
      ]);
    }
    expect(bare('collect', 'aws', '--print-policy').status).toBe(0);
  },
);

test("Google's own client is an option: when it is not installed, the command that brings it is named", async () => {
  const missing = await run(['collect', 'gcp', '--project', 'acme-prod', '--client', 'sdk']);
  expect([missing.code, missing.said]).toEqual([
    2,
    expect.stringMatching(/not installed[^]*npm install google-auth-library @google-cloud\/compute/),
  ]);
  const wrong = await run(['collect', 'gcp', '--client', 'grpc']);
  expect([wrong.code, wrong.said]).toEqual([2, expect.stringMatching(/--client takes rest or sdk/)]);
  const foreign = await run(['collect', 'aws', '--client', 'sdk']);
  expect([foreign.code, foreign.said]).toEqual([2, expect.stringMatching(/--client says nothing to aws/)]);
});
