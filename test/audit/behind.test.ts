/** A forbidden port is found behind a balancer that listens on another one, and told of the machine; what the balancer shows itself is told once. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { audit, buildNetwork, loadSnapshot, parsePolicy } from '../../src/index.ts';
import { type Json, idOf, ip, nsg, vm, vnet } from '../azure/estate.ts';
import { folderOf } from '../snapshot/folder.ts';

const forbidden = (ports: string, to = '*') =>
  parsePolicy(
    JSON.stringify({
      code: 'closed',
      title: 'Databases are closed',
      severity: 'high',
      why: 'w',
      fix: 'f',
      links: ['https://example.com'],
      forbidden: { from: 'internet', to, ports },
      examples: [],
    }),
    'closed.yaml',
  );

const LB = idOf('loadBalancers', 'lb');
const FRONTEND = { id: `${LB}/frontendIPConfigurations/f` };
const POOL = { id: `${LB}/backendAddressPools/p` };
const rule = (name: string, frontendPort: number, backendPort: number): Json => ({
  name,
  frontendIPConfiguration: FRONTEND,
  backendAddressPool: POOL,
  protocol: 'Tcp',
  frontendPort,
  backendPort,
  disableOutboundSnat: true,
});

async function azure(ports: readonly [number, number][], allowed: string, to = '*', closed = '5432') {
  const estate = [
    vnet('v', '10.0.0.0/16', { a: { range: '10.0.1.0/24', nsg: 'g' } }),
    ip('p', '20.1.1.1'),
    vm('db', 'v/a', '10.0.1.4', { pools: [POOL.id] }),
    nsg('g', `100 in Allow Tcp ${allowed} from Internet to *`),
    {
      id: LB,
      name: 'lb',
      type: 'Microsoft.Network/loadBalancers',
      sku: { name: 'Standard' },
      frontendIPConfigurations: [{ ...FRONTEND, name: 'f', publicIPAddress: { id: idOf('publicIPAddresses', 'p') } }],
      backendAddressPools: [{ ...POOL, name: 'p' }],
      loadBalancingRules: ports.map(([front, back], i) => rule(`r${i}`, front, back)),
    },
  ];
  const snapshot = await loadSnapshot([folderOf({ 'all.json': estate.flat() })]);
  return audit(buildNetwork(snapshot), { policies: [forbidden(closed, to)] }).findings.map(({ message, to: end }) => [
    end?.split('/').at(-1),
    message,
  ]);
}

test('a database behind another port of a balancer is open, and the balancer is named', async () => {
  const [finding, ...more] = await azure(
    [
      [443, 8080],
      [8443, 5432],
    ],
    '0-65535',
  );
  expect(more).toEqual([]);
  expect(finding?.[0]).toBe('db');
  expect(finding?.[1]).toMatch(/^the internet can reach db on tcp 5432 through lb, which takes tcp 8443: /);
});

test('that a machine is behind a balancer at all is nothing to tell', async () => {
  expect(await azure([[443, 8080]], '8080', 'db', '*')).toEqual([]);
});

test('what the group of the machine keeps out is not open', async () => {
  expect(await azure([[8443, 5432]], '8080')).toEqual([]);
});

test('the same port on both sides is one finding, about the balancer; about the machine where only that is meant', async () => {
  expect((await azure([[5432, 5432]], '5432')).map(([end]) => end)).toEqual(['lb']);
  expect((await azure([[5432, 5432]], '5432', 'db')).map(([end]) => end)).toEqual(['db']);
});

test('a port that a balancer shows and that leads to another one of the machine is the balancer’s', async () => {
  expect((await azure([[5432, 8080]], '8080')).map(([end]) => end)).toEqual(['lb']);
});

test('the same where the balancer ends the connection', async () => {
  const folder = fileURLToPath(new URL('../../fixtures/cases/aws-alb-target-sg-ok', import.meta.url));
  const files = Object.fromEntries(
    readdirSync(folder)
      .filter((name) => name !== 'case.json')
      .map((name) => [name, JSON.parse(readFileSync(join(folder, name), 'utf8')) as Json]),
  );
  const estate = buildNetwork(await loadSnapshot([folderOf(files)]));
  const port = /"Port": ?(\d+)/.exec(JSON.stringify(files['target-health.json']))![1]!;
  const { findings } = audit(estate, { policies: [forbidden(port)] });
  expect(findings.map(({ message }) => message)).toEqual([expect.stringMatching(`on tcp ${port} through .*, which`)]);
});
