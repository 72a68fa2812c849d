/** Collecting from Azure with the real SDK over TLS on a loopback. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AzureOptions, collectAzure } from '../../src/collect/azure/collect.ts';
import { ask, buildNetwork, loadSnapshot } from '../../src/index.ts';
import { type AzureServer, type AzureServerOptions, startAzure } from './azure-server.ts';
import { CERTIFICATE } from './localhost-certificate.ts';

type Json = Record<string, unknown>;
const CASE = fileURLToPath(new URL('../../fixtures/cases/azure-arm-rest-pages', import.meta.url));
const SUBSCRIPTION = '6f1c2a8e-3d47-4b9a-9c55-0e7d1b2f4a63';

const records: Json[] = readdirSync(join(CASE, 'arm')).flatMap(
  (name) => (JSON.parse(readFileSync(join(CASE, 'arm', name), 'utf8')) as { value: Json[] }).value,
);
const { queries } = JSON.parse(readFileSync(join(CASE, 'case.json'), 'utf8')) as {
  queries: { args: [string, string]; verdict: string }[];
};

let output: string;
let server: AzureServer | undefined;
beforeEach(() => {
  output = mkdtempSync(join(tmpdir(), 'netaudit-wire-'));
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  rmSync(output, { recursive: true, force: true });
});

async function start(options: Partial<AzureServerOptions> = {}): Promise<AzureServer> {
  server = await startAzure({ records, ...options });
  return server;
}

let tokens = 0;
const collect = (options: Partial<AzureOptions> = {}) =>
  collectAzure({
    output,
    subscriptions: [SUBSCRIPTION],
    endpoint: server!.url,
    ca: CERTIFICATE,
    credential: { getToken: async () => ({ token: `token-${++tokens}`, expiresOnTimestamp: Date.now() + 3_600_000 }) },
    ...options,
  });
const fileOf = (...path: string[]): Json =>
  JSON.parse(readFileSync(join(output, 'azure', SUBSCRIPTION, ...path), 'utf8')) as Json;
const id = (rest: string) => `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Network/${rest}`;

describe('a whole subscription', () => {
  test("the same verdicts as from the API's own pages, and bodies as they came", async () => {
    await start({ page: 1 });
    const { failures } = await collect();
    expect(failures).toEqual([]);
    const estate = buildNetwork(await loadSnapshot([output]));
    for (const { args, verdict } of queries)
      expect({ args, verdict: ask(estate, ...args)[0]!.verdict }).toEqual({ args, verdict });
    const groups = records.filter(({ type }) => type === 'Microsoft.Network/networkSecurityGroups');
    expect(fileOf('networkSecurityGroups.json')['value']).toEqual(groups);
  });

  test('every call only reads, and asks for gateways only where there are any', async () => {
    const gateway = {
      id: id('virtualNetworkGateways/vgw'),
      name: 'vgw',
      type: 'Microsoft.Network/virtualNetworkGateways',
      properties: { gatewayType: 'Vpn', enableBgp: true },
    };
    const learned = { network: '10.9.0.0/16', sourcePeer: '10.0.0.1', origin: 'EBgp', nextHop: '10.0.0.1' };
    const { asked } = await start({
      records: [
        ...records,
        gateway,
        {
          id: id('connections/c'),
          name: 'c',
          type: 'Microsoft.Network/connections',
          properties: { sharedKey: 'hush', connectionStatus: 'Connected' },
        },
      ],
      answers: { '/getLearnedRoutes': { value: [learned] } },
    });
    const { failures } = await collect();
    expect(failures).toEqual([]);
    const posts = asked
      .filter(({ method }) => method !== 'GET')
      .map(({ path }) => path.split('/').at(-1)!.toLowerCase());
    expect(new Set(posts)).toEqual(new Set(['getlearnedroutes', 'listnetworkmanagereffectivesecurityadminrules']));
    expect(asked.filter(({ path }) => path.toLowerCase().endsWith('/localnetworkgateways'))).toEqual([]);
    const { documents } = await loadSnapshot([output]);
    expect(documents.find(({ kind }) => kind === 'learned routes')?.records).toEqual([learned]);
    expect(documents.some(({ kind }) => kind === 'microsoft.network/connections')).toBe(true);
    expect(readFileSync(join(output, 'azure', SUBSCRIPTION, 'connections', 'rg.json'), 'utf8')).not.toContain('hush');
  });

  test('passwords, custom data and extension settings of machines are never written; their state is', async () => {
    const machine = {
      id: `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm`,
      name: 'vm',
      type: 'Microsoft.Compute/virtualMachines',
      properties: {
        osProfile: {
          computerName: 'vm',
          adminPassword: 'hush-1',
          customData: 'hush-2',
          secrets: [{ vaultCertificates: ['hush-3'] }],
        },
        userData: 'hush-4',
        instanceView: { statuses: [{ code: 'PowerState/deallocated' }] },
      },
      resources: [{ properties: { typeHandlerVersion: '2.1', settings: { commandToExecute: 'hush-5' } } }],
    };
    await start({ records: [machine] });
    await collect();
    const text = readFileSync(join(output, 'azure', SUBSCRIPTION, 'virtualMachines.json'), 'utf8');
    expect(text).toContain('PowerState/deallocated');
    expect(text).not.toContain('hush');
  });
});

describe('trouble', () => {
  const isAt = (path: string, name: string) => path.toLowerCase().endsWith(`/${name.toLowerCase()}`);

  test.each([
    ['throttling', { status: 429, code: 'TooManyRequests', retryAfter: '0' }],
    ['a fault of the server', { status: 503, code: 'ServiceUnavailable', retryAfter: '0' }],
  ] as const)('%s is met by asking again', async (_, fault) => {
    await start({ fault: ({ path, times }) => (isAt(path, 'networkInterfaces') && times < 2 ? fault : undefined) });
    expect((await collect()).failures).toEqual([]);
    expect((fileOf('networkInterfaces.json')['value'] as Json[]).length).toBeGreaterThan(0);
  });

  test.each([
    ['refused', { status: 403, code: 'AuthorizationFailed' }, /^AuthorizationFailed$/, true],
    ['cut off', 'cut', /./, false],
    ['too slow', 'slow', /timeout|Abort|ETIMEDOUT/i, false],
    [
      'refused for an expired token',
      { status: 401, code: 'ExpiredAuthenticationToken' },
      /^ExpiredAuthenticationToken$/,
      false,
    ],
    ['continued on another server', 'foreign link', /^foreign link$/, false],
  ] as const)('interfaces that are %s: nothing about the subscription is firm', async (_, fault, code, denied) => {
    await start({ fault: ({ path }) => (isAt(path, 'networkInterfaces') ? fault : undefined) });
    const { failures } = await collect({ timeout: fault === 'slow' ? 2500 : 30_000, attempts: 1 });
    expect(failures).toMatchObject([{ denied, what: `azure networkInterfaces in ${SUBSCRIPTION}` }]);
    expect(failures[0]!.code).toMatch(code);
    expect(fileOf('networkInterfaces.json')['$error']).toMatchObject({ silent: true });
  });

  test('security groups that are refused are missing where an interface points at them', async () => {
    await start({
      fault: ({ path }) =>
        isAt(path, 'networkSecurityGroups') ? { status: 403, code: 'AuthorizationFailed' } : undefined,
    });
    expect((await collect()).failures).toHaveLength(1);
    const estate = buildNetwork(await loadSnapshot([output]));
    for (const { args } of queries) expect(ask(estate, ...args)[0]!.verdict).toBe('undetermined');
  });

  test('a token is never sent over plain HTTP', async () => {
    await start();
    await expect(collect({ endpoint: server!.url.replace('https', 'http') })).rejects.toThrow(/https URL/);
  });
});

test('every subscription below a management group; strange names are left out', async () => {
  const other = '00000000-0000-4000-8000-000000000001';
  const { asked } = await start({
    records: [],
    answers: {
      '/descendants': {
        value: [
          { type: '/subscriptions', name: SUBSCRIPTION },
          { type: 'Microsoft.Management/managementGroups/subscriptions', name: other },
          { type: 'Microsoft.Management/managementGroups', name: 'inner' },
          { type: '/subscriptions', name: '../../escape' },
        ],
      },
    },
  });
  const result = await collect({ subscriptions: [], managementGroups: ['platform'] });
  expect(result.scope).toBe('2 subscriptions');
  expect(new Set(asked.flatMap(({ path }) => /^\/subscriptions\/([^/]+)/.exec(path)?.[1] ?? []))).toEqual(
    new Set([SUBSCRIPTION, other]),
  );
});
