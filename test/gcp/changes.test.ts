/** Fixes in Google Cloud: which change, verified by the engine, and the words that people run and paste. */
import { expect, test } from 'vitest';
import {
  type Json,
  type Parts,
  firewall,
  network,
  peering,
  reach,
  route,
  subnet,
  toInternet,
  url,
  vm,
} from './estate.ts';
import { external, internal, policy, policyRule, tunnel } from './parts.ts';

const base = {
  networks: [network('n')],
  subnets: [subnet('n/a', '10.0.1.0/24'), subnet('n/b@us-east1', '10.0.2.0/24')],
  routes: [toInternet()],
};
const one = vm('one', 'n/a', '10.0.1.4');
const db = vm('db', 'n/a', '10.0.1.5', { tags: ['db'] });

async function fixed(estate: Parts, src: string, dst: string) {
  const answer = await reach(estate, src, dst);
  const { outcome, changes } = answer.fixes;
  return {
    answer,
    outcome,
    changes,
    command: changes.map(({ steps }) => steps?.command ?? '').join('\n'),
    terraform: changes.map(({ steps }) => steps?.terraform ?? '').join('\n'),
    console: changes.map(({ steps }) => steps?.console ?? '').join('\n'),
  };
}

test('an implied deny is mended by a rule for the tag of the VM', async () => {
  const { outcome, command, terraform, console } = await fixed({ ...base, instances: [one, db] }, 'one', 'db:5432');
  expect(outcome).toBe('reachable');
  expect(command).toBe(
    'gcloud compute firewall-rules create allow-db-tcp-5432 --network n --project p --direction INGRESS --action ALLOW --rules tcp:5432 --source-ranges 10.0.1.4/32 --priority 1000 --target-tags db',
  );
  expect(terraform).toContain('resource "google_compute_firewall" "allow_db_tcp_5432"');
  expect(terraform).toContain('target_tags   = ["db"]');
  expect(terraform).toContain('  allow {\n    protocol = "tcp"\n    ports    = ["5432"]\n  }');
  expect(console).toContain('Create firewall rule');
});

test('a VM without a tag gets one first', async () => {
  const { command } = await fixed({ ...base, instances: [one, vm('bare', 'n/a', '10.0.1.6')] }, 'one', 'bare:22');
  expect(command.split('\n')[0]).toBe(
    'gcloud compute instances add-tags bare --zone us-central1-a --tags netaudit-bare',
  );
});

test('a rule that denies is gone before', async () => {
  const { outcome, command, answer } = await fixed(
    { ...base, instances: [one, db], firewalls: [firewall('no', 'deny all from 10.0.0.0/8', { priority: 500 })] },
    'one',
    'db:5432',
  );
  expect(outcome).toBe('reachable');
  expect(command).toContain('--priority 499');
  expect(answer.blockers[0]).toMatchObject({ resource: 'no', selfLink: url('global/firewalls/no') });
});

test('a policy gets a rule of its own, at a number that is free', async () => {
  const rules = [policyRule(99, 'allow', '80'), policyRule(100, 'deny', '5432')];
  const { outcome, command, terraform } = await fixed(
    { ...base, instances: [one, db], others: [policy('np', url('global/networks/n'), ...rules)] },
    'one',
    'db:5432',
  );
  expect(outcome).toBe('reachable');
  expect(command).toBe(
    'gcloud compute network-firewall-policies rules create 98 --firewall-policy np --global-firewall-policy --direction INGRESS --action allow --layer4-configs tcp:5432 --src-ip-ranges 10.0.1.4/32 --dest-ip-ranges 10.0.1.5/32',
  );
  expect(terraform).toContain('resource "google_compute_network_firewall_policy_rule" "allow_98"');
});

test('a way out without opening anything inward: Cloud NAT', async () => {
  const { outcome, command, changes } = await fixed({ ...base, instances: [one] }, 'one', '8.8.8.8:443');
  expect(outcome).toBe('reachable');
  expect(changes.map(({ op }) => op)).toEqual(['amend']);
  expect(command).toContain('gcloud compute routers nats create nat-us-central1');
  expect(command).toContain('--nat-custom-subnet-ip-ranges a:ALL');
});

test('a missing default route, and the warning that it opens to the internet', async () => {
  const { outcome, command, answer } = await fixed(
    { ...base, routes: [], instances: [vm('web', 'n/a', '10.0.1.7', { ip: '34.1.1.3' })], firewalls: [] },
    'internet',
    'web:443',
  );
  expect(outcome).toBe('reachable');
  expect(command).toContain(
    'gcloud compute routes create default-n --network n --project p --destination-range 0.0.0.0/0',
  );
  expect(answer.fixes.warning).toContain('opens web to the internet');
});

test('a stopped VM is started', async () => {
  const { outcome, command } = await fixed(
    {
      ...base,
      instances: [one, { ...db, status: 'TERMINATED' }],
      firewalls: [firewall('all', 'allow all from 0.0.0.0/0')],
    },
    'one',
    'db:5432',
  );
  expect({ outcome, command }).toEqual({
    outcome: 'reachable',
    command: 'gcloud compute instances start db --zone us-central1-a',
  });
});

test('an appliance learns to forward', async () => {
  const { outcome, command } = await fixed(
    {
      ...base,
      instances: [vm('one', 'n/a', '10.0.1.4', { tags: ['app'] }), vm('nva', 'n/a', '10.0.1.9', { tags: ['nva'] })],
      firewalls: [firewall('all', 'allow all from 0.0.0.0/0')],
      routes: [
        { ...route('by-nva', 'n', '192.168.1.0/24', { nextHopIp: '10.0.1.9' }), tags: ['app'] },
        route('dc', 'n', '192.168.0.0/16', { nextHopVpnTunnel: url('regions/us-central1/vpnTunnels/t') }),
      ],
      others: tunnel('ESTABLISHED'),
    },
    'one',
    '192.168.1.1:443',
  );
  expect(outcome).toBe('reachable');
  expect(command).toContain('update-from-file nva');
});

test('global access opens a balancer to other regions', async () => {
  const { outcome, command } = await fixed(
    {
      ...base,
      instances: [one, vm('two', 'n/b@us-east1', '10.0.2.4')],
      firewalls: [firewall('all', 'allow all from 0.0.0.0/0')],
      others: internal(['one']),
    },
    'two',
    'fr:80',
  );
  expect(outcome).toBe('reachable');
  expect(command).toBe('gcloud compute forwarding-rules update fr --region us-central1 --allow-global-access');
});

test('health checks that are shut out: both the balancer and who denies are named', async () => {
  const { outcome, command, answer } = await fixed(
    { ...base, instances: [one], others: external(['one']) },
    'internet',
    'fr:80',
  );
  expect(answer.blockers.map(({ resource }) => resource)).toEqual(expect.arrayContaining(['fr', 'n']));
  expect(outcome).toBe('reachable');
  expect(command).toContain('--rules tcp:8080 --source-ranges 35.191.0.0/16,130.211.0.0/22');
});

const dc = route('dc', 'n', '192.168.0.0/16', { nextHopVpnTunnel: url('regions/us-central1/vpnTunnels/t') });
const pair = (a: Json, b: Json | undefined): Parts => ({
  networks: [
    network('n', { peerings: [peering('m', a)] }),
    network('m', b === undefined ? {} : { peerings: [peering('n', b)] }),
  ],
  subnets: [subnet('n/a', '10.0.1.0/24'), subnet('m/c', '10.1.1.0/24')],
  instances: [one, vm('three', 'm/c', '10.1.1.4')],
  firewalls: [
    firewall('n-in', 'allow all from 0.0.0.0/0'),
    firewall('m-in', 'allow all from 0.0.0.0/0', { network: url('global/networks/m') }),
  ],
  routes: [dc],
  others: tunnel('ESTABLISHED'),
});

test('custom routes are exported on one side and imported on the other', async () => {
  const { outcome, command } = await fixed(pair({}, {}), 'three', '192.168.1.1:443');
  expect(outcome).toBe('reachable');
  expect(command.split('\n')).toEqual([
    'gcloud compute networks peerings update to-m --network n --export-custom-routes --project p',
    'gcloud compute networks peerings update to-n --network m --import-custom-routes --project p',
  ]);
});

test('a peering with one side gets the other', async () => {
  const { outcome, command } = await fixed(pair({ state: 'INACTIVE' }, undefined), 'one', 'three:22');
  expect(outcome).toBe('reachable');
  expect(command).toBe('gcloud compute networks peerings create to-n --network m --peer-network n --project p');
});

test('what nothing mends says why', async () => {
  const { answer } = await fixed(
    {
      ...base,
      instances: [vm('one', 'n/a', '10.0.1.4', { ip: '34.1.1.1' })],
      firewalls: [firewall('all', 'allow all from 0.0.0.0/0')],
    },
    'internet',
    'one:proto:4',
  );
  expect(answer.blockers[0]).toMatchObject({
    code: 'gcp-traffic-type-blocked',
    fix: null,
    whyNoFix: expect.stringContaining('no firewall rule opens other protocols to an external address') as string,
  });
});

test('a name that is a shell command stays one word', async () => {
  const evil = "db'; rm -rf $(HOME) #${var}";
  const { command, terraform } = await fixed(
    { ...base, instances: [one, { ...db, tags: { items: [evil] } }] },
    'one',
    'db:5432',
  );
  expect(command).toContain(`--target-tags 'db'\\''; rm -rf $(HOME) #\${var}'`);
  expect(terraform).toContain('#$${var}"');
});
