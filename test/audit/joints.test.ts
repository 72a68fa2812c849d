/**
 * What is not there is told only where the snapshot would hold it: a network that is only referred to tells nothing of its
 * peerings.
 */
import { expect, test } from 'vitest';
import { audit, buildNetwork, loadSnapshot } from '../../src/index.ts';
import { type Json, peering as azurePeering, routes, vm as azureVm, vnet } from '../azure/estate.ts';
import { documentsOf, network, peering, subnet, vm } from '../gcp/estate.ts';
import { folderOf } from '../snapshot/folder.ts';
import { policyOf } from './demo.ts';

async function foundIn(documents: readonly unknown[], flaw = 'one-way-links') {
  const files = Object.fromEntries(documents.map((one, i) => [`${i}.json`, one]));
  const estate = buildNetwork(await loadSnapshot([folderOf(files)]));
  const { findings } = audit(estate, { policies: [policyOf(`flaw: ${flaw}`)] });
  return findings.filter(({ code }) => code === 'test-policy').length;
}

test('on Google Cloud', async () => {
  const estate = (networks: readonly Json[]) =>
    documentsOf({
      networks,
      subnets: [subnet('n/s', '10.0.0.0/24'), subnet('other/t', '10.1.0.0/24')],
      instances: [vm('app', 'other/t', '10.1.0.2')],
    });
  const shop = network('n', { peerings: [peering('other')] });
  expect(await foundIn(estate([shop]))).toBe(0);
  expect(await foundIn(estate([shop, network('other')]))).toBe(1);
  expect(await foundIn(estate([shop, network('other', { peerings: [peering('n')] })]))).toBe(0);
});

test('on Azure', async () => {
  const shop = vnet('v', '10.0.0.0/16', { a: { range: '10.0.1.0/24' } }, [azurePeering('other', '10.1.0.0/16')]);
  const there = azureVm('app', 'other/s', '10.1.1.4');
  const range = { s: { range: '10.1.1.0/24' } };
  expect(await foundIn([[shop, ...there]])).toBe(0);
  expect(await foundIn([[shop, vnet('other', '10.1.0.0/16', range), ...there]])).toBe(1);
  const both = vnet('other', '10.1.0.0/16', range, [azurePeering('v', '10.0.0.0/16')]);
  expect(await foundIn([[shop, both, ...there]])).toBe(0);
});

test('on AWS, where every VPC has a route table', async () => {
  const vpcs = ['1', '2'].map((n) => ({ VpcId: `vpc-${n}`, OwnerId: '111122223333', CidrBlock: `10.${n}.0.0/16` }));
  const side = (n: string) => ({
    VpcId: `vpc-${n}`,
    OwnerId: '111122223333',
    CidrBlock: `10.${n}.0.0/16`,
    Region: 'eu-central-1',
  });
  const table = (n: string, routes: readonly object[]) => ({
    RouteTableId: `rtb-${n}`,
    VpcId: `vpc-${n}`,
    Associations: [{ Main: true, AssociationState: { State: 'associated' } }],
    Routes: routes,
  });
  const over = (to: string) => ({
    DestinationCidrBlock: `10.${to}.0.0/16`,
    VpcPeeringConnectionId: 'pcx-1',
    State: 'active',
  });
  const estate = (...tables: readonly object[]) => [
    { Vpcs: vpcs },
    {
      VpcPeeringConnections: [
        {
          VpcPeeringConnectionId: 'pcx-1',
          Status: { Code: 'active' },
          RequesterVpcInfo: side('1'),
          AccepterVpcInfo: side('2'),
        },
      ],
    },
    { RouteTables: tables },
  ];
  expect(await foundIn(estate(table('1', [over('2')])))).toBe(0);
  expect(await foundIn(estate(table('1', [over('2')]), table('2', [])))).toBe(1);
  expect(await foundIn(estate(table('1', [over('2')]), table('2', [over('1')])))).toBe(0);
});

test('a machine that may forward is idle only if the routes are there to tell', async () => {
  const estate = (table?: Json) => [
    [
      vnet('v', '10.0.0.0/16', { a: { range: '10.0.1.0/24', table: 'rt' } }),
      ...azureVm('nva', 'v/a', '10.0.1.4', { forwards: true }),
      ...(table === undefined ? [] : [table]),
    ],
  ];
  expect(await foundIn(estate(), 'forwarding-hosts')).toBe(0);
  expect(await foundIn(estate(routes('rt', '10.9.0.0/16 VirtualAppliance 10.0.1.4')), 'forwarding-hosts')).toBe(0);
  expect(await foundIn(estate(routes('rt', '10.9.0.0/16 VirtualAppliance 10.0.1.5')), 'forwarding-hosts')).toBe(1);
});
