/** Exceptions by name, tag, address range and account mean the same on every provider. */
import { describe, expect, test } from 'vitest';
import { audit, buildNetwork, loadSnapshot } from '../../src/index.ts';
import { type Json, ip, nsg, vm, vnet } from '../azure/estate.ts';
import { documentsOf, firewall, network, subnet, toInternet, vm as gcpVm } from '../gcp/estate.ts';
import { folderOf } from '../snapshot/folder.ts';
import { policyOf } from './demo.ts';

const google = documentsOf({
  networks: [network('n')],
  subnets: [subnet('n/s', '10.0.0.0/24')],
  instances: [gcpVm('web', 'n/s', '10.0.0.2', { ip: '34.1.1.1', labels: { tier: 'front' } })],
  firewalls: [firewall('ssh', 'allow tcp:22 from 203.0.113.0/24')],
  routes: [toInternet()],
});
const [machine, ...rest] = vm('web', 'v/a', '10.0.1.4', { nsg: 'g', ip: 'p' });
const azure: readonly Json[] = [
  vnet('v', '10.0.0.0/16', { a: { range: '10.0.1.0/24' } }),
  ip('p', '20.1.1.1'),
  nsg('g', '100 in Allow Tcp 22 from 203.0.113.0/24 to *'),
  { ...machine, tags: { tier: 'front' } },
  ...rest,
];

async function outcome(documents: readonly unknown[], except: string, demand = 'forbidden') {
  const files = Object.fromEntries(documents.map((one, i) => [`${i}.json`, one]));
  const estate = buildNetwork(await loadSnapshot([folderOf(files)]));
  const text =
    demand === 'forbidden'
      ? `forbidden: {from: internet, to: '*', ports: 22, except: [${except}]}`
      : `allowed: {from: internet, to: '*', ports: 22, only: [${except}]}`;
  return audit(estate, { policies: [policyOf(text)] }).checks[0]!.outcome;
}

describe.each([
  ['Google Cloud', google, 'account:p', 'account:q'],
  ['Azure', [azure.flat()], 'account:s', 'account:t'],
] as const)('%s', (_, documents, mine, other) => {
  test.each([
    ['an address range', '{from: 203.0.113.0/24}', '{from: 203.0.113.0/25}'],
    ['a name', '{to: web}', '{to: app-*}'],
    ['a tag', "{to: 'tag:tier=front'}", "{to: 'tag:tier=back'}"],
    ['a port', '{ports: 20-30}', '{ports: 23}'],
    ['an account', `{to: '${mine}'}`, `{to: '${other}'}`],
  ])('an exception by %s, and one that is about something else', async (_name, except, beside) => {
    expect(await outcome(documents, except)).toBe('passed');
    expect(await outcome(documents, beside)).toBe('failed');
    expect(await outcome(documents, except, 'allowed')).toBe('passed');
    expect(await outcome(documents, beside, 'allowed')).toBe('failed');
  });
});
