/** Collecting from AWS with the real SDK over a loopback: what is written is what the readers would have got from the CLI. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AWS_CALLS } from '../../src/collect/aws/calls.ts';
import { type AwsOptions, collectAws } from '../../src/collect/aws/collect.ts';
import { ask, buildNetwork, loadSnapshot } from '../../src/index.ts';
import { type AwsServer, type AwsServerOptions, startAws } from './aws-server.ts';

const DEMO = fileURLToPath(new URL('../../fixtures/snapshots/demo', import.meta.url));
const demo: Record<string, unknown> = Object.assign(
  {},
  ...readdirSync(DEMO).map((name) => JSON.parse(readFileSync(join(DEMO, name), 'utf8')) as object),
);
const ACCOUNT = '111111111111';

const saved = { ...process.env };
let output: string;
let server: AwsServer | undefined;

beforeEach(() => {
  output = mkdtempSync(join(tmpdir(), 'netaudit-wire-'));
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  process.env = { ...saved };
  rmSync(output, { recursive: true, force: true });
});
afterAll(() => void (process.env = saved));

async function start(options: Partial<AwsServerOptions> = {}): Promise<AwsServer> {
  server = await startAws({ estate: () => demo, accounts: [ACCOUNT], ...options });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: server.url,
    AWS_ACCESS_KEY_ID: 'AKIATEST',
    AWS_SECRET_ACCESS_KEY: 'not-a-secret',
    AWS_REGION: 'eu-west-1',
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_CONFIG_FILE: '/nonexistent',
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
    AWS_EC2_METADATA_DISABLED: 'true',
  });
  return server;
}

const only = (...operations: string[]) => AWS_CALLS.filter(({ operation }) => operations.includes(operation));
const collect = (options: Partial<AwsOptions> = {}) => collectAws({ output, ...options });
const fileOf = (...path: string[]): Record<string, unknown> =>
  JSON.parse(readFileSync(join(output, 'aws', ...path), 'utf8')) as Record<string, unknown>;

/** Verdict and blockers of the questions that the demo network is for. */
async function answersOf(path: string): Promise<unknown> {
  const estate = buildNetwork(await loadSnapshot([path]));
  return [
    ['web-1', 'db-1:5432'],
    ['internet', 'web-1:443'],
    ['web-1', 'internet:443'],
    ['db-1', 'internet:443'],
  ].map(([src, dst]) =>
    ask(estate, src!, dst!).map(({ verdict, blockers }) => ({ verdict, by: blockers.map(({ resource }) => resource) })),
  );
}

describe('a whole account', () => {
  test('gives the same verdicts as the snapshot that the command line would have written, in private files', async () => {
    await start({ page: 2 });
    const result = await collect();
    expect(result.failures).toEqual([]);
    expect(await answersOf(output)).toEqual(await answersOf(DEMO));
    const vpcs = fileOf(ACCOUNT, 'eu-west-1', 'describe-vpcs.json');
    expect(vpcs['Vpcs']).toMatchObject(demo['Vpcs'] as object[]);
    for (const name of readdirSync(output, { recursive: true, encoding: 'utf8' })) {
      const stat = statSync(join(output, name));
      expect({ name, mode: stat.mode & 0o777 }).toEqual({ name, mode: stat.isDirectory() ? 0o700 : 0o600 });
    }
  });

  test('every call only reads, and those that list nothing say so', async () => {
    const { asked } = await start({ estate: () => ({}) });
    await collect();
    expect(asked.filter(({ action }) => !/^(Describe|Get|List|Search)/.test(action))).toEqual([]);
    expect(fileOf(ACCOUNT, 'eu-west-1', 'describe-nat-gateways.json')['NatGateways']).toEqual([]);
    const { documents } = await loadSnapshot([output]);
    expect(documents.find(({ kind }) => kind === 'VpcPeeringConnections')?.askedNone).toBe(true);
  });
});

test('search domains, tasks and clusters are asked about by name, and what starts them is not written', async () => {
  const arn = (rest: string) => `arn:aws:ecs:eu-west-1:${ACCOUNT}:${rest}`;
  const tasks = Array.from({ length: 120 }, (_, n) => arn(`task/shop/${n}`));
  const { asked } = await start({
    answers: {
      'es Get /2021-01-01/domain': { DomainNames: [{ DomainName: 'logs', EngineType: 'OpenSearch' }] },
      'es Post /2021-01-01/opensearch/domain-info': {
        DomainStatusList: [{ DomainName: 'logs', VPCOptions: { VPCId: 'vpc-1' }, AccessPolicies: 'hush' }],
      },
      'ecs ListClusters': { clusterArns: [arn('cluster/shop')] },
      'ecs ListTasks': { taskArns: tasks },
      'ecs DescribeTasks': { tasks: [{ taskArn: tasks[0], overrides: { command: ['hush'] } }], failures: [] },
      'eks Get /clusters': { clusters: ['../blue'] },
      'eks Get /clusters/..%2Fblue': { cluster: { name: '../blue', resourcesVpcConfig: { vpcId: 'vpc-1' } } },
    },
  });
  const { failures } = await collect();
  expect(failures).toEqual([]);
  const described = asked.filter(({ service, action }) => service === 'ecs' && action === 'DescribeTasks');
  expect(described.map(({ parameters }) => (JSON.parse(parameters.get('tasks')!) as string[]).length)).toEqual([
    100, 20,
  ]);
  const { documents, notUnderstood } = await loadSnapshot([output]);
  const found = documents.filter(({ records }) => records.length > 0).map(({ kind }) => kind);
  for (const kind of ['DomainStatusList', 'tasks', 'cluster@eks-describe-cluster']) expect(found).toContain(kind);
  expect(notUnderstood).toEqual([]);
  const names = readdirSync(output, { recursive: true, encoding: 'utf8' });
  expect(names.filter((name) => name.includes('..'))).toEqual([]);
  for (const name of names.filter((one) => one.endsWith('.json')))
    expect(readFileSync(join(output, name), 'utf8')).not.toContain('hush');
});

describe('trouble', () => {
  const some = only('describe-vpcs', 'describe-subnets');

  test('pages are walked to the end and joined', async () => {
    const Subnets = Array.from({ length: 25 }, (_, i) => ({ SubnetId: `subnet-${i}`, VpcId: 'vpc-1' }));
    const { asked } = await start({ estate: () => ({ Subnets }), page: 10 });
    await collect({ calls: some });
    expect((fileOf(ACCOUNT, 'eu-west-1', 'describe-subnets.json')['Subnets'] as unknown[]).length).toBe(25);
    expect(asked.filter(({ action }) => action === 'DescribeSubnets').length).toBe(3);
  });

  test.each([
    ['throttling', { status: 503, code: 'RequestLimitExceeded' }],
    ['a fault of the server', { status: 500, code: 'InternalError' }],
    ['a connection that breaks', 'gone'],
  ] as const)('%s is met by asking again', async (_, fault) => {
    await start({ fault: ({ action, times }) => (action === 'DescribeVpcs' && times < 2 ? fault : undefined) });
    const { failures } = await collect({ calls: some });
    expect(failures).toEqual([]);
    expect(fileOf(ACCOUNT, 'eu-west-1', 'describe-vpcs.json')['Vpcs']).toHaveLength(1);
  });

  test.each([
    ['refused', { status: 403, code: 'UnauthorizedOperation' }, 'UnauthorizedOperation', true],
    ['cut off', 'cut', 'malformed', false],
    ['too slow', 'slow', 'timeout', false],
    ['refused for an expired token', { status: 400, code: 'ExpiredToken' }, 'ExpiredToken', false],
  ] as const)(
    'a call that is %s is missing: said, written down, and no answer is firm',
    async (_, fault, code, denied) => {
      await start({ fault: ({ action }) => (action === 'DescribeNetworkInterfaces' ? fault : undefined) });
      const { failures } = await collect({ timeout: fault === 'slow' ? 2500 : 30_000, attempts: 1 });
      expect(failures).toMatchObject([{ code, denied, what: expect.stringContaining('describe-network-interfaces') }]);
      expect(fileOf(ACCOUNT, 'eu-west-1', 'describe-network-interfaces.json')['$error']).toMatchObject({
        code,
        silent: true,
      });
      const snapshot = await loadSnapshot([output]);
      expect(snapshot.notUnderstood.map(({ why }) => why)).toEqual([
        expect.stringMatching(/describe-network-interfaces.*missing, not none/),
      ]);
      const answer = ask(buildNetwork(snapshot), 'web-1', 'db-1:5432')[0]!;
      expect(answer.verdict).toBe('undetermined');
      expect(answer.missing.map(({ what }) => what).join()).toContain('describe-network-interfaces');
    },
  );

  test('pages that never end are given up', async () => {
    await start({ endless: true, page: 1, estate: () => ({ Vpcs: [{ VpcId: 'vpc-1' }] }) });
    const { failures } = await collect({ calls: only('describe-vpcs', 'describe-subnets') });
    expect(failures).toMatchObject([{ code: 'endless' }, { code: 'endless' }]);
  });

  test('when nothing at all is answered, the snapshot that was there stays', async () => {
    await start();
    await collect({ calls: some });
    const before = fileOf(ACCOUNT, 'eu-west-1', 'describe-vpcs.json');
    await server?.close();
    await start({
      fault: ({ service }) => (service === 'ec2' ? { status: 403, code: 'UnauthorizedOperation' } : undefined),
    });
    await expect(collect({ calls: some, regions: ['eu-west-1'] })).rejects.toThrow(/nothing could be collected/);
    expect(fileOf(ACCOUNT, 'eu-west-1', 'describe-vpcs.json')).toEqual(before);
    expect(readdirSync(output)).toEqual(['aws']);
  });

  test('who is not known is told how to log in, before anything is written', async () => {
    await start({
      fault: ({ service }) => (service === 'sts' ? { status: 403, code: 'InvalidClientTokenId' } : undefined),
    });
    await expect(collect()).rejects.toThrow(/does not say who is asking.*InvalidClientTokenId.*Log in/);
    expect(readdirSync(output)).toEqual([]);
  });
});

describe('many accounts', () => {
  const accounts = Array.from({ length: 50 }, (_, i) => String(100_000_000_000 + i));
  const regions = ['eu-central-1', 'eu-west-1', 'us-east-1', 'us-west-2'];

  test('50 accounts of an organisation in 4 regions, each by its own role, one of which does not open', async () => {
    const closed = accounts[7];
    const { asked } = await start({
      accounts,
      regions,
      estate: (account, region) => ({
        Vpcs: [{ VpcId: `vpc-${account}-${region}`, CidrBlock: '10.0.0.0/16', OwnerId: account }],
      }),
      fault: ({ action, parameters }) =>
        action === 'AssumeRole' && parameters.get('RoleArn')?.includes(closed!) === true
          ? { status: 403, code: 'AccessDenied' }
          : undefined,
    });
    const result = await collect({
      organization: true,
      role: 'netaudit',
      externalId: 'x-1',
      calls: only('describe-vpcs'),
    });
    expect(result.failures).toMatchObject([
      { code: 'AccessDenied', denied: true, what: `aws ec2 describe-regions in account ${closed}` },
    ]);
    expect(result.scope).toBe('50 accounts, 4 regions');
    const { documents } = await loadSnapshot([output]);
    const vpcs = documents.filter(({ kind }) => kind === 'Vpcs');
    expect(vpcs.length).toBe(49 * 4);
    expect(new Set(vpcs.map(({ scope }) => `${scope.account} ${scope.region}`)).size).toBe(49 * 4);
    for (const { records, scope } of vpcs)
      expect(records).toMatchObject([{ VpcId: `vpc-${scope.account}-${scope.region}` }]);
    const roles = asked.filter(({ action }) => action === 'AssumeRole');
    expect(
      roles.every(
        ({ parameters }) =>
          parameters.get('ExternalId') === 'x-1' && parameters.get('RoleArn')?.endsWith(':role/netaudit'),
      ),
    ).toBe(true);
  });

  test('a role whose credentials run out on the way is taken anew', async () => {
    const { asked } = await start({ accounts: accounts.slice(0, 2), regions, lifetime: 1000, estate: () => ({}) });
    const { failures } = await collect({ accounts: [accounts[1]!], role: 'netaudit', calls: only('describe-vpcs') });
    expect(failures).toEqual([]);
    expect(asked.filter(({ action }) => action === 'AssumeRole').length).toBeGreaterThan(1);
    expect(new Set(asked.filter(({ service }) => service === 'ec2').map(({ account }) => account))).toEqual(
      new Set([accounts[1]]),
    );
  });
});

describe('an interrupted run', () => {
  test('leaves no half snapshot, and --resume asks only what is left', async () => {
    const stop = new AbortController();
    const first = await start({
      estate: () => demo,
      fault: ({ action }) => {
        if (action === 'DescribeSubnets') stop.abort();
        return action === 'DescribeSubnets' ? 'slow' : undefined;
      },
    });
    await expect(collect({ signal: stop.signal, concurrency: 1 })).rejects.toThrow();
    expect(readdirSync(output)).toEqual(['.aws.collecting']);
    const answered = first.asked.filter(({ action }) => action === 'DescribeVpcs').length;
    expect(answered).toBe(1);
    await first.close();

    const second = await start();
    const result = await collect({ resume: true });
    expect(result.failures).toEqual([]);
    expect(result.resumed).toBeGreaterThan(0);
    expect(second.asked.map(({ action }) => action)).not.toContain('DescribeVpcs');
    expect(readdirSync(output)).toEqual(['aws']);
    expect(await answersOf(output)).toEqual(await answersOf(DEMO));
  });

  test('--resume asks again what failed, and refuses other arguments', async () => {
    await start({
      fault: ({ action }) => (action === 'DescribeVpcs' ? { status: 403, code: 'UnauthorizedOperation' } : undefined),
    });
    expect((await collect()).failures).toHaveLength(1);
    await server?.close();
    const { asked } = await start();
    await expect(collect({ resume: true, regions: ['us-east-1'] })).rejects.toThrow(/other arguments/);
    expect((await collect({ resume: true })).failures).toEqual([]);
    expect(asked.filter(({ service }) => service === 'ec2').map(({ action }) => action)).toEqual([
      'DescribeVpcs',
      'DescribeVpcAttribute',
    ]);
    expect(await answersOf(output)).toEqual(await answersOf(DEMO));
  });
});

describe('a hostile answer', () => {
  test('can neither choose where it is written nor plant words of ours', async () => {
    const id = '../../../../escaped';
    await start({
      estate: () => ({
        TransitGatewayRouteTables: [
          { TransitGatewayRouteTableId: id },
          { TransitGatewayRouteTableId: '..' },
          { TransitGatewayRouteTableId: 'con' },
        ],
      }),
    });
    await collect({ calls: only('describe-transit-gateway-route-tables') });
    const names = readdirSync(output, { recursive: true, encoding: 'utf8' });
    expect(names.filter((name) => name.includes('..') || /(^|\/)con\.json$/.test(name))).toEqual([]);
    expect(names.filter((name) => name.includes('search-transit-gateway-routes/')).length).toBe(3);
    expect(existsSync(join(output, '..', 'escaped.json'))).toBe(false);
  });

  test('secrets are never written', async () => {
    await start({
      estate: () => ({
        VpnConnections: [
          {
            VpnConnectionId: 'vpn-1',
            CustomerGatewayConfiguration: '<pre_shared_key>hush-1</pre_shared_key>',
            Options: { TunnelOptions: [{ OutsideIpAddress: '192.0.2.1', PreSharedKey: 'hush-2' }] },
          },
        ],
      }),
    });
    await collect({ calls: only('describe-vpn-connections') });
    const text = readFileSync(join(output, 'aws', ACCOUNT, 'eu-west-1', 'describe-vpn-connections.json'), 'utf8');
    expect(text).toContain('vpn-1');
    expect(text).not.toContain('hush');
  });

  test('a folder that is not a snapshot of ours is never replaced', async () => {
    await start();
    mkdirSync(join(output, 'aws'));
    writeFileSync(join(output, 'aws', 'notes.txt'), 'mine');
    await expect(collect()).rejects.toThrow(/was not written by netaudit collect/);
    expect(readFileSync(join(output, 'aws', 'notes.txt'), 'utf8')).toBe('mine');
  });
});

const aws = spawnSync('aws', ['--version'], { encoding: 'utf8' });
test.skipIf(aws.status !== 0)('the aws command line understands the server that the tests ask', async () => {
  await start({ page: 1 });
  const { execFile } = await import('node:child_process');
  const text = await new Promise<string>((resolve, reject) => {
    execFile(
      'aws',
      ['ec2', 'describe-security-groups', '--output', 'json', '--endpoint-url', server!.url],
      (error, stdout) => (error ? reject(error) : resolve(stdout)),
    );
  });
  const { SecurityGroups } = JSON.parse(text) as { SecurityGroups: object[] };
  expect(SecurityGroups).toMatchObject(demo['SecurityGroups'] as object[]);
});
