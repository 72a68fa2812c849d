/** Every envelope that Google's tools and APIs print: what is recognised, what is missing, what is said about the rest. */
import { expect, test } from 'vitest';
import { buildNetwork, loadSnapshot } from '../../src/index.ts';
import { folderOf } from '../snapshot/folder.ts';
import { type Json, firewall, network, reach, route, subnet, toInternet, url, vm } from './estate.ts';
import { external, internal } from './parts.ts';

const rest = (kind: string, more: Json = {}): Json => ({ kind: `compute#${kind}`, ...more });

const ROWS: readonly (readonly [title: string, document: unknown, kind: string, count: number])[] = [
  ['a gcloud array', [network('n'), network('m')], 'network', 2],
  ['an array whose records have a link and no kind', [{ name: 'n', selfLink: url('global/networks/n') }], 'network', 1],
  ['a REST list', rest('firewallList', { items: [firewall('x', 'allow tcp from 0.0.0.0/0')] }), 'firewall', 1],
  ['a REST list without items', rest('firewallList', { id: 'x', selfLink: url('global/firewalls') }), 'firewall', 0],
  ['asked, none', { $request: { resource: 'firewalls' }, items: [] }, 'firewall', 0],
  [
    'an aggregated list',
    rest('instanceAggregatedList', {
      items: {
        'zones/us-central1-a': { instances: [vm('a', 'n/a', '10.0.0.4')] },
        'zones/us-central1-b': { warning: { code: 'NO_RESULTS_ON_PAGE' } },
      },
    }),
    'instance',
    1,
  ],
  ['a single resource', vm('a', 'n/a', '10.0.0.4'), 'instance', 1],
  ['effective firewalls', { $request: { instance: 'a' }, firewalls: [], firewallPolicys: [] }, 'effectiveFirewalls', 1],
  [
    'ancestors by gcloud',
    [
      { id: 'p', type: 'project' },
      { id: '7', type: 'folder' },
      { id: '1', type: 'organization' },
    ],
    'ancestors',
    3,
  ],
  ['ancestors by REST', { ancestor: [{ resourceId: { type: 'project', id: 'p' } }] }, 'ancestors', 1],
  ['projects', [{ projectId: 'p', projectNumber: '1', parent: { type: 'folder', id: '7' } }], 'project', 1],
  ['folders by gcloud', [{ name: 'folders/7', displayName: 'x', parent: 'organizations/1' }], 'folder', 1],
  ['organisations', [{ name: 'organizations/1', displayName: 'example.org' }], 'organization', 1],
  [
    'tag bindings by gcloud',
    [
      {
        name: 'tagBindings/x',
        parent: '//compute.googleapis.com/projects/p/zones/z/instances/1',
        tagValue: 'tagValues/9',
      },
    ],
    'tagBinding',
    1,
  ],
  ['effective tags by REST', { effectiveTags: [{ tagValue: 'tagValues/9', inherited: true }] }, 'tagBinding', 1],
  [
    'tag values',
    [{ name: 'tagValues/9', shortName: 'web', namespacedName: '1/role/web', parent: 'tagKeys/3' }],
    'tagValue',
    1,
  ],
  [
    'address groups',
    [{ name: 'projects/p/locations/global/addressGroups/g', type: 'IPV4', items: ['10.0.0.0/8'] }],
    'addressGroup',
    1,
  ],
  [
    'policy-based routes by REST',
    { policyBasedRoutes: [{ name: 'projects/p/locations/global/policyBasedRoutes/r' }] },
    'policyBasedRoute',
    1,
  ],
  [
    'spokes',
    { spokes: [{ name: 'projects/p/locations/global/spokes/s', hub: 'projects/p/locations/global/hubs/h' }] },
    'spoke',
    1,
  ],
  ['hubs', [{ name: 'projects/p/locations/global/hubs/h' }], 'hub', 1],
  [
    'router status',
    rest('routerStatusResponse', { result: { network: url('global/networks/n'), bestRoutes: [] } }),
    'routerStatus',
    1,
  ],
  [
    'routes of a peering by REST',
    rest('exchangedPeeringRoutesList', { items: [{ destRange: '10.9.0.0/16', type: 'SUBNET_PEERING_ROUTE' }] }),
    'peeringRoutes',
    1,
  ],
  [
    'routes of a peering by gcloud',
    [{ destRange: '10.9.0.0/16', type: 'SUBNET_PEERING_ROUTE', imported: true }],
    'peeringRoutes',
    1,
  ],
  [
    'members of a group by gcloud',
    [{ instance: url('zones/z/instances/a'), status: 'RUNNING' }],
    'instanceGroupMembers',
    1,
  ],
  ['endpoints of a group by gcloud', [{ networkEndpoint: { ipAddress: '10.0.0.4', port: 80 } }], 'networkEndpoints', 1],
  [
    'health by gcloud',
    [{ backend: url('zones/z/instanceGroups/ig'), status: { healthStatus: [] } }],
    'backendHealth',
    1,
  ],
  [
    'health by REST',
    rest('backendServiceGroupHealth', { healthStatus: [{ healthState: 'HEALTHY' }] }),
    'backendHealth',
    1,
  ],
];

test.each(ROWS)('%s', async (_, document, kind, count) => {
  const { documents } = await loadSnapshot([folderOf({ 'x.json': document })]);
  expect(documents.map((one) => [one.provider, one.kind, one.records.length])).toEqual([['gcp', kind, count]]);
});

test('members that name no group are told, with what would help', async () => {
  const { network: read } = buildNetwork(
    await loadSnapshot([
      folderOf({ 'x.json': [{ instance: url('zones/z/instances/a'), status: 'RUNNING' }], 'n.json': [network('n')] }),
    ]),
  );
  expect(read.notes.map(({ message }) => message).join('\n')).toContain('$request');
});

test('effective firewalls of nobody are told', async () => {
  const { network: read } = buildNetwork(
    await loadSnapshot([
      folderOf({ 'x.json': { firewallPolicys: [{ name: 'x', rules: [] }] }, 'n.json': [network('n')] }),
    ]),
  );
  expect(read.notes.map(({ message }) => message).join('\n')).toContain('name no VM and no network');
});

const base = {
  networks: [network('n')],
  subnets: [subnet('n/a', '10.0.1.0/24')],
  routes: [toInternet()],
};
const [one, near] = [vm('one', 'n/a', '10.0.1.4'), vm('near', 'n/a', '10.0.1.5')];
const open = firewall('open', 'allow all from 0.0.0.0/0');

test('an unreachable zone is missing, not empty', async () => {
  const zones = rest('instanceAggregatedList', {
    items: {
      'zones/us-central1-a': { instances: [one] },
      'zones/us-central1-b': { warning: { code: 'UNREACHABLE', message: 'x' } },
    },
  });
  const answer = await reach(
    { ...base, unlisted: ['instance'], firewalls: [open], others: [zones] },
    'one',
    '10.0.1.99:22',
  );
  expect(answer.verdict).toBe('undetermined');
  expect(answer.missing.map(({ fetch }) => fetch)).toContain('gcloud compute instances list --format=json');
});

test('a list with a warning is cut, too', async () => {
  const cut = rest('firewallList', {
    items: [firewall('x', 'allow tcp:1 from 0.0.0.0/0')],
    warning: { code: 'PARTIAL_SUCCESS' },
  });
  const answer = await reach(
    { ...base, unlisted: ['firewall'], instances: [one, near], others: [cut] },
    'one',
    'near:22',
  );
  expect(answer.verdict).toBe('undetermined');
});

test('traps see the rules inside effective firewalls', async () => {
  const effective = { firewalls: [firewall('default-allow-ssh', 'allow tcp:22 from 0.0.0.0/0')], firewallPolicys: [] };
  const answer = await reach(
    { ...base, unlisted: ['firewall'], instances: [one, near], others: [effective] },
    'one',
    'near:443',
  );
  expect(answer.gotchas.map(({ code }) => code)).toContain('gcp-open-to-world');
});

test('get-health takes a member out', async () => {
  const health = (state: string) => [
    {
      backend: url('zones/us-central1-a/instanceGroups/ig'),
      status: { healthStatus: [{ instance: url('zones/us-central1-a/instances/one'), healthState: state }] },
    },
  ];
  const probes = firewall('probes', 'allow tcp:8080 from 35.191.0.0/16', {
    sourceRanges: ['35.191.0.0/16', '130.211.0.0/22'],
  });
  const ask = async (state: string) =>
    reach(
      { ...base, instances: [one], firewalls: [probes], others: [...external(['one']), health(state)] },
      'internet',
      'fr:80',
    );
  expect((await ask('HEALTHY')).verdict).toBe('reachable');
  const ill = await ask('UNHEALTHY');
  expect(ill.verdict).toBe('unreachable');
  expect(ill.blockers.map(({ code }) => code)).toContain('gcp-lb-unhealthy');
});

test('a route by a hub leads to the spoke that has the range', async () => {
  const hub = 'https://networkconnectivity.googleapis.com/v1/projects/p/locations/global/hubs/h';
  const spoke = (name: string, net: string) => ({
    name: `projects/p/locations/global/spokes/${name}`,
    hub: 'projects/p/locations/global/hubs/h',
    linkedVpcNetwork: { uri: url(`global/networks/${net}`) },
  });
  const estate = {
    networks: [network('n'), network('m')],
    subnets: [subnet('n/a', '10.0.1.0/24'), subnet('m/c', '10.1.1.0/24')],
    instances: [one, vm('three', 'm/c', '10.1.1.4')],
    firewalls: [firewall('m', 'allow tcp:22 from 0.0.0.0/0', { network: url('global/networks/m') })],
    routes: [
      route('to-m', 'n', '10.1.1.0/24', { nextHopHub: hub }),
      route('to-n', 'm', '10.0.1.0/24', { nextHopHub: hub }),
    ],
  };
  expect((await reach({ ...estate, others: [[spoke('sn', 'n'), spoke('sm', 'm')]] }, 'one', 'three:22')).verdict).toBe(
    'reachable',
  );
  expect((await reach(estate, 'one', 'three:22')).verdict).toBe('undetermined');
});

test('two groups of one name in two zones are two groups', async () => {
  const documents = internal(['one']).filter((one_) => (one_ as Json)['$request'] === undefined);
  const members = (zone: string, name: string) => ({
    $request: { instanceGroup: 'ig', zone },
    kind: 'compute#instanceGroupsListInstances',
    items: [{ instance: url(`zones/us-central1-a/instances/${name}`), status: 'RUNNING' }],
  });
  const answer = await reach(
    {
      ...base,
      instances: [one, near, vm('c', 'n/a', '10.0.1.6', { status: 'TERMINATED' })],
      firewalls: [open],
      others: [...documents, members('us-central1-b', 'c'), members('us-central1-a', 'one')],
    },
    'near',
    'fr:80',
  );
  expect(answer.verdict).toBe('reachable');
});
