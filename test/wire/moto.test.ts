/**
 * Collecting from moto, an EC2 that nobody here wrote (https://docs.getmoto.org). Skipped aloud where `moto_server` is not
 * installed; .ci/run installs it.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ec2 from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AWS_CALLS } from '../../src/collect/aws/calls.ts';
import { answerOf, clientOf, type ServiceModule } from '../../src/collect/aws/client.ts';
import { collectAws } from '../../src/collect/aws/collect.ts';
import { ask, buildNetwork, loadSnapshot } from '../../src/index.ts';

const COMMAND = process.env['NETAUDIT_MOTO_SERVER'] ?? 'moto_server';
const isThere = spawnSync(COMMAND, ['--help'], { encoding: 'utf8' }).status === 0;
if (!isThere) process.stderr.write('moto_server is not installed: nothing is tested against moto.\n');

describe.skipIf(!isThere)('moto', () => {
  const saved = { ...process.env };
  let server: ChildProcess;
  let output: string;

  beforeAll(async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    server = spawn(COMMAND, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
    output = mkdtempSync(join(tmpdir(), 'netaudit-moto-'));
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: 'testing',
      AWS_SECRET_ACCESS_KEY: 'testing',
      AWS_REGION: 'eu-west-1',
      AWS_EC2_METADATA_DISABLED: 'true',
    });
    await answering(`${url}/moto-api/`);
  });
  afterAll(() => {
    server?.kill('SIGKILL');
    process.env = saved;
    rmSync(output, { recursive: true, force: true });
  });

  test('what is made through the API is what the collected snapshot answers for', async () => {
    const module: ServiceModule = ec2;
    const client = clientOf(module, 'EC2Client', {});
    const signal = new AbortController().signal;
    const make = (operation: string, input: Record<string, unknown>) =>
      answerOf(client, module, { service: 'ec2', operation, input }, signal) as Promise<
        Record<string, Record<string, string>> & { GroupId: string }
      >;
    const vpc = (await make('create-vpc', { CidrBlock: '10.7.0.0/16' }))['Vpc']!['VpcId']!;
    const subnet = (await make('create-subnet', { VpcId: vpc, CidrBlock: '10.7.1.0/24' }))['Subnet']!['SubnetId']!;
    const group = async (name: string) =>
      (await make('create-security-group', { GroupName: name, Description: name, VpcId: vpc })).GroupId;
    const [web, db] = [await group('web'), await group('db')];
    await make('authorize-security-group-ingress', {
      GroupId: db,
      IpPermissions: [{ IpProtocol: 'tcp', FromPort: 5432, ToPort: 5432, UserIdGroupPairs: [{ GroupId: web }] }],
    });
    const machine = (name: string, of: string) =>
      make('run-instances', {
        ImageId: 'ami-12c6146b',
        MinCount: 1,
        MaxCount: 1,
        SubnetId: subnet,
        SecurityGroupIds: [of],
        UserData: Buffer.from('hush').toString('base64'),
        TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: name }] }],
      });
    await machine('web-1', web);
    await machine('db-1', db);
    client.destroy();

    // What moto does not know (it answers with a page of HTML) is left to the other tests.
    const known = AWS_CALLS.filter(
      ({ service, operation }) =>
        service === 'ec2' && !/block-public|vpc-associations|connect|service-config/.test(operation),
    );
    const { failures } = await collectAws({ output, regions: ['eu-west-1'], calls: known });
    expect(failures).toEqual([]);
    const estate = buildNetwork(await loadSnapshot([output]));
    const verdict = (src: string, dst: string) => ask(estate, src, dst)[0]!;
    expect(verdict('web-1', 'db-1:5432').verdict).toBe('reachable');
    expect(verdict('web-1', 'db-1:22')).toMatchObject({ verdict: 'unreachable', blockers: [{ resource: db }] });
    expect(verdict('db-1', 'web-1:5432')).toMatchObject({ verdict: 'unreachable', blockers: [{ resource: web }] });
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

async function answering(url: string): Promise<void> {
  for (let i = 0; i < 300; i++) {
    if (
      await fetch(url).then(
        (response) => response.ok,
        () => false,
      )
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('moto does not answer');
}
