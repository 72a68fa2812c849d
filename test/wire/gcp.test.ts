/** Collecting from Google Cloud with the real google-auth-library over a loopback. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OAuth2Client } from 'google-auth-library';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type GcpOptions, collectGcp } from '../../src/collect/gcp/collect.ts';
import type { ComputeSdk } from '../../src/collect/gcp/sdk-client.ts';
import { ask, buildNetwork, loadSnapshot } from '../../src/index.ts';
import { type GcpServer, type GcpServerOptions, startGcp } from './gcp-server.ts';

type Json = Record<string, unknown>;
const CASES = fileURLToPath(new URL('../../fixtures/cases', import.meta.url));

let output: string;
let server: GcpServer | undefined;
beforeEach(() => {
  output = mkdtempSync(join(tmpdir(), 'netaudit-wire-'));
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  rmSync(output, { recursive: true, force: true });
});

/** The records of a case by the collection in their links. */
function recordsOf(name: string): Record<string, Json[]> {
  const records: Record<string, Json[]> = {};
  for (const file of readdirSync(join(CASES, name), { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.json')) continue;
    const value: unknown = JSON.parse(readFileSync(join(CASES, name, file), 'utf8'));
    const members = Array.isArray(value) ? undefined : (value as Json)['items'];
    // The members of a group, which the server answers with for the group that is asked about.
    if (Array.isArray(members)) records['members'] = members as Json[];
    for (const record of Array.isArray(value) ? (value as Json[]) : []) {
      const collection = String(record['selfLink']).split('/').at(-2)!;
      (records[collection] ??= []).push(record);
    }
  }
  return records;
}

const EMPTY = { records: () => ({}) };
const ANCESTRY = {
  '/v1/projects/acme-prod:getAncestry': {
    ancestor: [
      { resourceId: { type: 'project', id: 'acme-prod' } },
      { resourceId: { type: 'folder', id: '42' } },
      { resourceId: { type: 'organization', id: '7' } },
    ],
  },
};

async function start(options: GcpServerOptions): Promise<GcpServer> {
  server = await startGcp(options);
  return server;
}

function collect(options: Partial<GcpOptions> = {}) {
  const { url } = server!;
  const auth = new OAuth2Client({ clientId: 'c', clientSecret: 's', endpoints: { oauth2TokenUrl: `${url}/token` } });
  auth.setCredentials({ refresh_token: 'r' });
  return collectGcp({
    output,
    projects: ['acme-prod'],
    auth,
    endpoints: {
      compute: `${url}/compute/v1/`,
      cloudresourcemanager: `${url}/`,
      networkconnectivity: `${url}/nc/v1/`,
      networksecurity: `${url}/ns/v1`,
    },
    ...options,
  });
}

const fileOf = (...path: string[]): Json => JSON.parse(readFileSync(join(output, 'gcp', ...path), 'utf8')) as Json;
const fileNames = () => readdirSync(output, { recursive: true, encoding: 'utf8' });

describe('a whole project', () => {
  test.each([
    'gcp-network-policy-after-classic',
    'gcp-cloud-nat-egress-only',
    'gcp-internal-passthrough-lb-global-access',
    'gcp-source-tag-or-source-range',
  ])("%s: the same verdicts as from the command line's own files, page by page", async (name) => {
    const records = recordsOf(name);
    const project = /projects\/([^/]+)\//.exec(String(Object.values(records)[0]![0]!['selfLink']))![1]!;
    await start({ records: (asked) => (asked === project ? records : {}), page: 1 });
    const { failures } = await collect({ projects: [project] });
    expect(failures).toEqual([]);
    const { queries } = JSON.parse(readFileSync(join(CASES, name, 'case.json'), 'utf8')) as {
      queries: { args: [string, string]; verdict: string }[];
    };
    const direct = buildNetwork(await loadSnapshot([join(CASES, name)]));
    const collected = buildNetwork(await loadSnapshot([output]));
    for (const { args, verdict } of queries) {
      const [[a], [b]] = [ask(direct, ...args), ask(collected, ...args)];
      expect({ args, verdict: b!.verdict, by: b!.blockers.map(({ resource }) => resource) }).toEqual({
        args,
        verdict,
        by: a!.blockers.map(({ resource }) => resource),
      });
    }
  });

  test('every call only reads; what is not there is known to be none; an API that is off has nothing', async () => {
    const { asked } = await start({
      ...EMPTY,
      answers: ANCESTRY,
      fault: ({ path }) => (path.startsWith('/nc/') ? { status: 403, reason: 'SERVICE_DISABLED' } : undefined),
    });
    const { failures } = await collect();
    expect(failures).toEqual([]);
    expect(
      asked.filter(
        ({ method, path }) => method !== 'GET' && !/:getAncestry$|listInstances$|listNetworkEndpoints$/.test(path),
      ),
    ).toEqual([]);
    const { documents, notUnderstood } = await loadSnapshot([output]);
    const none = new Set(documents.filter(({ askedNone }) => askedNone === true).map(({ kind }) => kind));
    for (const kind of [
      'network',
      'firewall',
      'firewallPolicy',
      'route',
      'instance',
      'urlMap',
      'healthCheck',
      'router',
      'forwardingRule',
    ])
      expect({ kind, none: none.has(kind) }).toEqual({ kind, none: true });
    expect(notUnderstood.filter(({ why }) => why.includes('does not read'))).toEqual([]);
    expect(fileOf('acme-prod', 'policyBasedRoutes.json')['policyBasedRoutes']).toEqual([]);
    // What stands above was asked for its policies.
    expect(
      asked
        .filter(({ path }) => path.endsWith('/locations/global/firewallPolicies'))
        .map(({ query }) => query.get('parentId') ?? '')
        .toSorted(),
    ).toEqual(['folders/42', 'organizations/7']);
  });

  test('what only single things tell is asked for each of them, by its own link', async () => {
    const link = (rest: string) => `https://www.googleapis.com/compute/v1/projects/acme-prod/${rest}`;
    const { asked } = await start({
      answers: {
        ...ANCESTRY,
        '/compute/v1/projects/acme-prod/regions/r-1/routers/edge/getRouterStatus': {
          kind: 'compute#routerStatusResponse',
          result: { network: link('global/networks/n'), bestRoutes: [] },
        },
        '/ns/v1/projects/acme-prod/locations/global/addressGroups/friends': {
          name: 'projects/acme-prod/locations/global/addressGroups/friends',
          items: ['192.0.2.0/24'],
        },
        '/v3/effectiveTags': { effectiveTags: [{ tagValue: 'tagValues/1' }] },
      },
      records: () => ({
        routers: [
          { name: 'edge', selfLink: link('regions/r-1/routers/edge'), bgpPeers: [{ name: 'p' }] },
          { name: 'nat', selfLink: link('regions/r-1/routers/nat') },
        ],
        instances: [{ kind: 'compute#instance', id: '99', name: 'vm', selfLink: link('zones/z-1/instances/vm') }],
        instanceGroups: [{ name: 'g', selfLink: link('zones/z-1/instanceGroups/g') }],
        networkEndpointGroups: [
          { name: 'e', selfLink: link('zones/z-1/networkEndpointGroups/e'), networkEndpointType: 'GCE_VM_IP_PORT' },
          { name: 's', selfLink: link('regions/r-1/networkEndpointGroups/s'), networkEndpointType: 'SERVERLESS' },
        ],
        firewallPolicies: [
          {
            name: 'p',
            selfLink: link('global/firewallPolicies/p'),
            rules: [
              {
                match: {
                  srcAddressGroups: ['projects/acme-prod/locations/global/addressGroups/friends', 'projects/../../x'],
                },
                targetSecureTags: [{ name: 'tagValues/1' }],
              },
            ],
          },
        ],
      }),
    });
    const { failures } = await collect();
    expect(failures).toEqual([]);
    const paths = asked.map(({ path }) => path);
    expect(
      paths.filter((path) => /getRouterStatus|listInstances|listNetworkEndpoints|addressGroups/.test(path)).sort(),
    ).toEqual([
      '/compute/v1/projects/acme-prod/regions/r-1/routers/edge/getRouterStatus',
      '/compute/v1/projects/acme-prod/zones/z-1/instanceGroups/g/listInstances',
      '/compute/v1/projects/acme-prod/zones/z-1/networkEndpointGroups/e/listNetworkEndpoints',
      '/ns/v1/projects/acme-prod/locations/global/addressGroups/friends',
    ]);
    expect(asked.find(({ path }) => path === '/v3/effectiveTags')?.query.get('parent')).toBe(
      '//compute.googleapis.com/projects/acme-prod/zones/z-1/instances/99',
    );
    const kinds = new Set((await loadSnapshot([output])).documents.map(({ kind }) => kind));
    for (const kind of [
      'routerStatus',
      'instanceGroupMembers',
      'networkEndpoints',
      'addressGroup',
      'tagBinding',
      'ancestors',
    ])
      expect(kinds).toContain(kind);
  });
});

/** The package is no part of a checkout: where it is, tells this variable; .ci/run sets it. */
const sdk = computeSdk(process.env['NETAUDIT_GCP_SDK']);
if (sdk === undefined) process.stderr.write('@google-cloud/compute is not installed: --client sdk is not tested.\n');

function computeSdk(folder = fileURLToPath(new URL('../..', import.meta.url))): ComputeSdk | undefined {
  try {
    return createRequire(join(folder, 'package.json'))('@google-cloud/compute') as ComputeSdk;
  } catch {
    return undefined;
  }
}

describe.skipIf(sdk === undefined)('by @google-cloud/compute', () => {
  /** Everything that was written, but for when. */
  const written = (folder: string) =>
    Object.fromEntries(
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.json'))
        .toSorted()
        .map((name) => [name, readFileSync(join(folder, name), 'utf8').replace(/"collectedAt":"[^"]*"/g, '')]),
    );
  const link = (rest: string) => `https://www.googleapis.com/compute/v1/projects/acme-prod/${rest}`;
  /** All kinds of calls, and fields and words that no package can know yet. */
  const rich: GcpServerOptions = {
    answers: {
      ...ANCESTRY,
      '/compute/v1/projects/acme-prod/regions/r-1/routers/edge/getRouterStatus': {
        kind: 'compute#routerStatusResponse',
        result: { network: link('global/networks/n'), bestRoutes: [{ priority: 100, destRange: '10.0.0.0/8' }] },
      },
      '/compute/v1/locations/global/firewallPolicies': {
        kind: 'compute#firewallPolicyList',
        items: [{ kind: 'compute#firewallPolicy', id: '18446744073709551615', rules: [] }],
      },
    },
    records: () => ({
      ...recordsOf('gcp-network-policy-after-classic'),
      subnetworks: [{ name: 's', selfLink: link('regions/r-1/subnetworks/s'), ipCidrRange: '10.0.0.0/24' }],
      routers: [{ name: 'edge', selfLink: link('regions/r-1/routers/edge'), bgpPeers: [{ name: 'p' }] }],
      instanceGroups: [
        { name: 'g', selfLink: link('zones/z-1/instanceGroups/g') },
        { name: 'h', selfLink: link('regions/r-1/instanceGroups/h') },
      ],
      networkEndpointGroups: ['zones/z-1', 'regions/r-1', 'global'].map((at) => ({
        name: 'e',
        selfLink: link(`${at}/networkEndpointGroups/e`),
        networkEndpointType: 'OF_TOMORROW',
        newerThanThePackage: { deep: ['yes'] },
      })),
      firewallPolicies: [{ name: 'r', selfLink: link('regions/r-1/firewallPolicies/r'), id: '9007199254740993' }],
      members: [{ instance: link('zones/z-1/instances/vm'), status: 'RUNNING' }],
    }),
    page: 1,
  };

  test('every file is what REST brings, byte for byte, and the same is asked', async () => {
    await start(rich);
    expect((await collect({ output: join(output, 'rest') })).failures).toEqual([]);
    const byRest = server!.asked.splice(0);
    expect((await collect({ output: join(output, 'sdk'), client: 'sdk', sdk: sdk! })).failures).toEqual([]);
    expect(written(join(output, 'sdk'))).toEqual(written(join(output, 'rest')));
    const paths = (asked: typeof byRest) =>
      asked.map(({ method, path, query }) => `${method} ${path} ${query.get('pageToken') ?? ''}`).sort();
    expect(paths(server!.asked)).toEqual(paths(byRest));
    expect(server!.asked.every(({ token }) => token.startsWith('token-'))).toBe(true);
    // The package has no clients for the two that Google gave up.
    const byHand = server!.asked.filter(({ path, bySdk }) => path.startsWith('/compute/') && !bySdk);
    expect(new Set(byHand.map(({ path }) => path.split('/').at(-1)))).toEqual(
      new Set(['httpHealthChecks', 'httpsHealthChecks']),
    );
    expect(byRest.some(({ bySdk }) => bySdk)).toBe(false);
  });

  test.each([
    ['throttled', { status: 403, reason: 'rateLimitExceeded', retryAfter: '0' } as const, 3, []],
    ['refused', { status: 403, reason: 'forbidden' } as const, 1, [{ code: 'forbidden', denied: true }]],
    ['cut off each time', 'cut' as const, 2, [{ code: 'UND_ERR_SOCKET', denied: false }]],
  ])('%s: told as REST tells it, and tried no oftener', async (_, fault, tries, failures) => {
    await start({
      ...rich,
      fault: ({ path, times }) => (path.endsWith('/global/firewalls') && times < 3 ? fault : undefined),
    });
    const result = await collect({ client: 'sdk', sdk: sdk!, attempts: tries });
    expect(result.failures).toMatchObject(failures);
    const firstPages = server!.asked.filter(
      ({ path, query }) => path.endsWith('/global/firewalls') && !query.has('pageToken'),
    );
    expect(firstPages).toHaveLength(tries);
  });
});

describe('trouble', () => {
  const records = recordsOf('gcp-network-policy-after-classic');
  const at = (name: string) => `/compute/v1/projects/acme-prod/global/${name}`;

  test.each([
    ['throttling', { status: 429, reason: 'rateLimitExceeded', retryAfter: '0' }],
    ['throttling in the older form', { status: 403, reason: 'rateLimitExceeded' }],
    ['a fault of the server', { status: 503, reason: 'backendError', retryAfter: '0' }],
    ['a connection that breaks', 'gone'],
    ['an answer that is cut off', 'cut'],
  ] as const)('%s is met by asking again', async (_, fault) => {
    await start({
      records: () => records,
      fault: ({ path, times }) => (path === at('firewalls') && times < 2 ? fault : undefined),
    });
    expect((await collect()).failures).toEqual([]);
    expect(fileOf('acme-prod', 'firewalls.json')['items']).toHaveLength(1);
  });

  test.each([
    ['refused', { status: 403, reason: 'forbidden' }, 'forbidden', true],
    ['cut off', 'cut', 'UND_ERR_SOCKET', false],
    ['too slow', 'slow', 'timeout', false],
    ['refused for an expired token', { status: 401, reason: 'authError' }, 'authError', false],
  ] as const)('firewall rules that are %s: nothing about the project is firm', async (_, fault, code, denied) => {
    await start({ records: () => records, fault: ({ path }) => (path === at('firewalls') ? fault : undefined) });
    const { failures } = await collect({ timeout: fault === 'slow' ? 2500 : 30_000, attempts: 1 });
    expect(failures).toMatchObject([{ code, denied, what: expect.stringContaining('firewalls list in acme-prod') }]);
    const estate = buildNetwork(await loadSnapshot([output]));
    for (const port of [22, 443, 8080]) {
      const [answer] = ask(estate, 'internet', `vm-web:${port}`);
      expect(answer!.verdict).toBe('undetermined');
      expect(answer!.missing.map(({ what }) => what).join()).toContain('firewalls list');
    }
  });

  test('a zone that could not be reached is missing, not empty', async () => {
    await start({ records: () => records, unreachable: 'zones/us-central1-f' });
    expect((await collect()).failures).toEqual([]);
    const { notes, documents } = await loadSnapshot([output]);
    expect(notes.map(({ message }) => message).join()).toMatch(/zones\/us-central1-f could not be read/);
    expect(documents.some(({ kind, incomplete }) => kind === 'instance' && incomplete === true)).toBe(true);
  });

  test('a token that has run out is renewed on the way', async () => {
    const { tokens, asked } = await start({ records: () => records });
    const auth = new OAuth2Client({
      clientId: 'c',
      clientSecret: 's',
      endpoints: { oauth2TokenUrl: `${server!.url}/token` },
    });
    auth.setCredentials({ refresh_token: 'r', access_token: 'old', expiry_date: Date.now() - 1000 });
    expect((await collect({ auth })).failures).toEqual([]);
    expect(tokens.length).toBeGreaterThan(0);
    expect(asked.every(({ token }) => token.startsWith('token-'))).toBe(true);
  });

  test('a redirect is not followed: the token stays', async () => {
    await start({
      records: () => records,
      fault: ({ path }) => (path === at('routes') ? { status: 302, reason: 'moved' } : undefined),
    });
    expect((await collect({ attempts: 1 })).failures).toHaveLength(1);
  });
});

describe('many projects', () => {
  test('all below a folder, nested folders too; those being deleted are left out', async () => {
    const lists: Record<string, Json> = {
      '/v3/projects folders/1': {
        projects: [
          { projectId: 'acme-one', state: 'ACTIVE', parent: 'folders/1' },
          { projectId: 'acme-old', state: 'DELETE_REQUESTED' },
        ],
      },
      '/v3/folders folders/1': { folders: [{ name: 'folders/2', parent: 'folders/1', state: 'ACTIVE' }] },
      '/v3/projects folders/2': {
        projects: [
          { projectId: 'acme-two', state: 'ACTIVE', parent: 'folders/2' },
          { projectId: '../../escape', state: 'ACTIVE' },
        ],
      },
    };
    await start({ ...EMPTY, answers: lists });
    const result = await collect({ projects: [], folders: ['1'] });
    expect(result.failures).toEqual([]);
    expect(result.scope).toBe('2 projects');
    expect(
      readdirSync(join(output, 'gcp'))
        .filter((name) => name.startsWith('acme'))
        .sort(),
    ).toEqual(['acme-one', 'acme-two']);
    expect(fileNames().some((name) => name.includes('..'))).toBe(false);
  });
});

test('scripts, keys and shared secrets are never written', async () => {
  const link = (rest: string) => `https://www.googleapis.com/compute/v1/projects/acme-prod/${rest}`;
  await start({
    answers: {
      '/compute/v1/projects/acme-prod': {
        kind: 'compute#project',
        name: 'acme-prod',
        commonInstanceMetadata: { items: [{ key: 'ssh-keys', value: 'hush-1' }] },
      },
    },
    records: () => ({
      instances: [
        {
          kind: 'compute#instance',
          name: 'vm',
          selfLink: link('zones/z-1/instances/vm'),
          metadata: { items: [{ key: 'startup-script', value: 'export PASSWORD=hush-2' }] },
        },
      ],
      vpnTunnels: [
        {
          kind: 'compute#vpnTunnel',
          name: 't',
          selfLink: link('regions/r-1/vpnTunnels/t'),
          sharedSecret: 'hush-3',
          sharedSecretHash: 'hush-4',
        },
      ],
    }),
  });
  await collect();
  const text = fileNames()
    .filter((name) => name.endsWith('.json'))
    .map((name) => readFileSync(join(output, name), 'utf8'))
    .join('\n');
  expect(text).toContain('startup-script');
  expect(text).toContain('vpnTunnels/t');
  expect(text).not.toContain('hush');
});
