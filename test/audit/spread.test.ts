/** How wide something must be open before it offends is counted for each machine and each pair of ends, whoever stands beside it. */
import { expect, test } from 'vitest';
import { audit, buildNetwork, loadSnapshot } from '../../src/index.ts';
import { type Json, ip, nsg, vm, vnet } from '../azure/estate.ts';
import { documentsOf, firewall, network, subnet, toInternet, vm as gcpVm } from '../gcp/estate.ts';
import { folderOf } from '../snapshot/folder.ts';
import { policyOf } from './demo.ts';

async function found(demand: string, machines: Readonly<Record<string, readonly string[]>>) {
  const estate = [
    vnet('v', '10.0.0.0/16', { a: { range: '10.0.1.0/24' } }),
    ...Object.entries(machines).flatMap(([name, rules], i): Json[] => [
      nsg(`${name}-group`, ...rules),
      ip(`${name}-ip`, `20.1.1.${i + 1}`),
      ...vm(name, 'v/a', `10.0.1.${i + 4}`, { nsg: `${name}-group`, ip: `${name}-ip` }),
    ]),
  ];
  const snapshot = await loadSnapshot([folderOf({ 'all.json': estate })]);
  const { findings } = audit(buildNetwork(snapshot), { policies: [policyOf(demand)] });
  const short = (id: string | undefined) => id?.split('/').at(-1);
  return findings
    .filter(({ code }) => code === 'test-policy')
    .map(({ from, to, ports }) => `${short(from)} ${short(to)} ${ports}`);
}

const OUT = "forbidden: {from: '*', to: internet, wider-than: /8, at-least-ports: 60000}";
const IN = "forbidden: {from: internet, to: '*', at-least-ports: 1000}";

test('what one machine may reach is not held against its neighbour', async () => {
  const narrow = ['100 out Allow Tcp * from * to 203.0.113.0/24', '200 out Deny any * from * to *'];
  const wide = ['100 out Allow Tcp * from * to *', '200 out Deny any * from * to *'];
  expect(await found(OUT, { narrow })).toEqual([]);
  expect(await found(OUT, { wide })).toEqual(['wide internet tcp']);
  expect(await found(OUT, { narrow, wide })).toEqual(['wide internet tcp']);
});

test('a port that a neighbour may use too is told of both', async () => {
  const wide = ['100 out Allow Tcp * from * to *', '200 out Deny any * from * to *'];
  const web = ['100 out Allow Tcp 443 from * to *', '200 out Deny any * from * to *'];
  expect(await found(OUT, { wide, web })).toEqual(['wide internet tcp']);
});

test('ports are counted over all rules that let the same address in', async () => {
  const half = ['100 in Allow Tcp 1-600 from Internet to *'];
  expect(await found(IN, { half })).toEqual([]);
  const both = ['100 in Allow Tcp 1-600 from Internet to *', '110 in Allow Tcp 601-1200 from 8.0.0.0/8 to *'];
  // Each of the two rules is to blame for its part.
  expect(await found(IN, { both })).toEqual(['internet both tcp 1-600', 'internet both tcp 601-1200']);
  const others = ['100 in Allow Tcp 1-600 from 9.0.0.0/8 to *', '110 in Allow Tcp 601-1200 from 8.0.0.0/8 to *'];
  expect(await found(IN, { others })).toEqual([]);
});

test('the ports of one machine are not added to those of another', async () => {
  expect(
    await found(IN, {
      one: ['100 in Allow Tcp 1-600 from Internet to *'],
      two: ['100 in Allow Tcp 601-1200 from Internet to *'],
    }),
  ).toEqual([]);
});

/** A VM on Google Cloud with an address of its own, under these rules. */
async function estateUnder(...firewalls: readonly Json[]) {
  const documents = documentsOf({
    networks: [network('n')],
    subnets: [subnet('n/s', '10.0.0.0/24')],
    instances: [gcpVm('web', 'n/s', '10.0.0.2', { ip: '34.1.1.1' })],
    firewalls: firewalls,
    routes: [toInternet()],
  });
  const snapshot = await loadSnapshot([folderOf(Object.fromEntries(documents.map((one, i) => [`${i}.json`, one])))]);
  return buildNetwork(snapshot);
}

/** Who is to blame for what may leave such a VM. */
async function blamed(...egress: readonly Json[]) {
  const estate = await estateUnder(...egress);
  const { findings } = audit(estate, { policies: [policyOf(OUT)] });
  return findings
    .filter(({ code }) => code === 'test-policy')
    .map(({ resource, ports, message, fix }) => `${resource.split('/').at(-1)}: ${ports}: ${message}: ${fix}`);
}

test('what the provider allows unasked is not blamed on a narrow rule beside it', async () => {
  const [one, ...more] = await blamed(firewall('https', 'allow tcp:443 to 0.0.0.0/0'));
  expect(more).toEqual([]);
  expect(one).toMatch(/^web: .*udp: .*no rule decides it, and the default lets it pass: mend it$/);
  const [own] = await blamed(firewall('all', 'allow all to 0.0.0.0/0'));
  expect(own).toMatch(/^all: .*: In firewall rule all, narrow "/);
  expect(await blamed(firewall('none', 'deny all to 0.0.0.0/0', { priority: 2000 }))).toEqual([]);
});

test('the address of a gateway that could be built is nobody on the internet', async () => {
  const estate = await estateUnder(firewall('office', 'allow tcp:22 from 203.0.113.0/24'));
  const policies = [policyOf("forbidden: {from: internet, to: '*', ports: 22, wider-than: /16}")];
  const { checks, missing } = audit(estate, { policies });
  expect(checks.map(({ outcome }) => outcome)).toEqual(['passed']);
  expect(missing).toEqual([]);
});

test('what is not known is no doubt where it could not make it offend', async () => {
  // Whether a project may send to port 25 of the internet nobody can see.
  const judged = async (...egress: readonly Json[]) => {
    const estate = await estateUnder(...egress);
    return ([OUT, "forbidden: {from: '*', to: internet, ports: 25}"] as const).map((demand) => {
      const [check] = audit(estate, { policies: [policyOf(demand)] }).checks;
      return [check!.outcome, check!.undetermined];
    });
  };
  expect(await judged()).toEqual([
    ['failed', false],
    ['undetermined', true],
  ]);
  const narrow = firewall('partner', 'allow tcp to 203.0.113.0/24');
  expect(await judged(narrow, firewall('out', 'deny all to 0.0.0.0/0', { priority: 2000 }))).toEqual([
    ['passed', false],
    ['undetermined', true],
  ]);
});
