/** What stands behind a balancer decides what the balancer passes on: a change there is a change of the flow to the balancer. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { buildNetwork, diffNetworks, loadSnapshot } from '../../src/index.ts';
import { type Json, idOf, ip, nsg, routes, vm, vnet } from '../azure/estate.ts';
import * as gcp from '../gcp/estate.ts';
import { internal } from '../gcp/parts.ts';
import { folderOf } from '../snapshot/folder.ts';

const LB = idOf('loadBalancers', 'lb');
const FRONTEND = { id: `${LB}/frontendIPConfigurations/f` };
const POOL = { id: `${LB}/backendAddressPools/p` };

/** A public balancer that takes 443 to 8443 of its members. */
const balancer: Json = {
  id: LB,
  name: 'lb',
  type: 'Microsoft.Network/loadBalancers',
  sku: { name: 'Standard' },
  frontendIPConfigurations: [{ ...FRONTEND, name: 'f', publicIPAddress: { id: idOf('publicIPAddresses', 'p') } }],
  backendAddressPools: [{ ...POOL, name: 'p' }],
  loadBalancingRules: [
    {
      name: 'r',
      frontendIPConfiguration: FRONTEND,
      backendAddressPool: POOL,
      protocol: 'Tcp',
      frontendPort: 443,
      backendPort: 8443,
      disableOutboundSnat: true,
    },
  ],
};

const azure = async (group: Json, more: readonly Json[] = [balancer]) => {
  const estate = [
    vnet('v', '10.0.0.0/16', { a: { range: '10.0.1.0/24' } }),
    ip('p', '20.1.1.1'),
    vm('web', 'v/a', '10.0.1.4', { nsg: 'g', pools: [POOL.id] }),
    vm('other', 'v/a', '10.0.1.5', { nsg: 'o' }),
    nsg('o'),
    group,
    ...more,
  ];
  return buildNetwork(await loadSnapshot([folderOf({ 'all.json': estate.flat() })])).network;
};
const open = nsg('g', '100 in Allow Tcp 8443 from Internet to *');
const shut = nsg('g', '100 in Deny Tcp 8443 from Internet to *');

const lines = ({ flows }: ReturnType<typeof diffNetworks>) =>
  flows.map(({ change, from, to, protocol, ports }) => `${change} ${from.role} -> ${to.role} ${protocol} ${ports}`);

test('a rule of the machine behind a balancer opens and closes the balancer', async () => {
  expect(lines(diffNetworks(await azure(open), await azure(shut)))).toContain('closed internet -> lb tcp 443');
  expect(lines(diffNetworks(await azure(shut), await azure(open)))).toContain('opened internet -> lb tcp 443');
  expect(lines(diffNetworks(await azure(open), await azure(open)))).toEqual([]);
});

test('the machine behind is told too, as it gets the packets, with the balancer that they come through', async () => {
  const { flows } = diffNetworks(await azure(open, []), await azure(open));
  const behind = flows.filter(({ through }) => through !== undefined);
  expect(behind).toMatchObject([
    { change: 'opened', to: { role: 'web' }, through: ['lb'], ports: '8443', toAddresses: ['10.0.1.4'] },
  ]);
  expect(flows.filter(({ from }) => from.role === 'internet').map(({ to }) => to.role)).toEqual(['lb', 'web']);
});

test('a machine that joins a balancer which was open before is opened', async () => {
  const joins = async (pools: readonly string[]) =>
    azure(open, [balancer, ...vm('late', 'v/a', '10.0.1.6', { nsg: 'g', pools })]);
  const [before, after] = [await joins([]), await joins([POOL.id])];
  const told = diffNetworks(before, after, {
    changes: {
      list: ['pool', 'nothing'].map((resource) => ({ resource, address: null, file: null, line: null })),
      without: (dropped) => (dropped.has(0) ? before : after),
    },
  });
  expect(told.flows.filter(({ from }) => from.role === 'internet')).toMatchObject([
    { change: 'opened', to: { role: 'late' }, through: ['lb'], ports: '8443', because: [{ resource: 'pool' }] },
  ]);
  expect(lines(diffNetworks(after, before)).filter((line) => line.includes('internet ->'))).toEqual([
    'closed internet -> late tcp 8443',
  ]);
});

test('a machine that takes packets for the address of a balancer is known by its own', async () => {
  const estate = async (isThere: boolean) => {
    const documents = gcp.documentsOf({
      networks: [gcp.network('n')],
      subnets: [gcp.subnet('n/a', '10.0.1.0/24')],
      instances: [gcp.vm('web', 'n/a', '10.0.1.4')],
      firewalls: [gcp.firewall('in', 'allow tcp:80 from 0.0.0.0/0')],
      routes: [gcp.toInternet()],
      others: isThere
        ? internal(['web'], {
            loadBalancingScheme: 'EXTERNAL',
            IPAddress: '203.0.113.5',
            network: undefined,
            subnetwork: undefined,
          })
        : [],
    });
    const files = Object.fromEntries(documents.map((document, i) => [`${i}.json`, document]));
    return buildNetwork(await loadSnapshot([folderOf(files)])).network;
  };
  const { flows } = diffNetworks(await estate(false), await estate(true));
  expect(flows.map(({ to, ports, through, toAddresses }) => [to.role, ports, through, toAddresses])).toEqual([
    ['fr', '80', undefined, ['203.0.113.5']],
    ['web', '80', ['fr'], ['10.0.1.4']],
  ]);
});

test('a new balancer is told by its own name', async () => {
  expect(lines(diffNetworks(await azure(open, []), await azure(open)))).toContain('opened internet -> lb tcp 443');
});

test('the same where the balancer ends the connection', async () => {
  const folder = fileURLToPath(new URL('../../fixtures/cases/aws-alb-target-sg-ok', import.meta.url));
  const files = Object.fromEntries(
    readdirSync(folder)
      .filter((name) => name !== 'case.json')
      .map((name) => [name, JSON.parse(readFileSync(join(folder, name), 'utf8')) as Json]),
  );
  const groups = files['security-groups.json'] as { SecurityGroups: { IpPermissions: unknown[]; GroupName: string }[] };
  const network = async (documents: Record<string, unknown>) =>
    buildNetwork(await loadSnapshot([folderOf(documents)])).network;
  const closed = {
    SecurityGroups: groups.SecurityGroups.map((group) =>
      JSON.stringify(group.IpPermissions).includes('UserIdGroupPairs":[{') ? { ...group, IpPermissions: [] } : group,
    ),
  };
  expect(JSON.stringify(closed)).not.toBe(JSON.stringify(groups));
  const told = lines(diffNetworks(await network(files), await network({ ...files, 'security-groups.json': closed })));
  expect(told.filter((line) => line.startsWith('closed internet -> '))).not.toEqual([]);
});

test('a rule of a machine that routes lead through closes what goes through it', async () => {
  const estate = async (rule: string) => {
    const resources = [
      vnet('v', '10.0.0.0/16', {
        a: { range: '10.0.1.0/24', table: 'there' },
        b: { range: '10.0.2.0/24', table: 'back' },
        c: { range: '10.0.3.0/24' },
      }),
      routes('there', '10.0.2.0/24 VirtualAppliance 10.0.3.4'),
      routes('back', '10.0.1.0/24 VirtualAppliance 10.0.3.4'),
      vm('client', 'v/a', '10.0.1.4'),
      vm('server', 'v/b', '10.0.2.4'),
      vm('nva', 'v/c', '10.0.3.4', { forwards: true, nsg: 'n' }),
      nsg('n', rule),
    ];
    return buildNetwork(await loadSnapshot([folderOf({ 'all.json': resources.flat() })])).network;
  };
  const told = lines(
    diffNetworks(
      await estate('100 in Allow Tcp 80 from VirtualNetwork to *'),
      await estate('100 in Deny Tcp 80 from VirtualNetwork to *'),
    ),
  );
  expect(told).toContain('closed client -> server tcp 80');
});
