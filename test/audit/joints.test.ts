/** A peering lacks its other side only if the snapshot holds the other network: one that is only referred to tells nothing. */
import { expect, test } from 'vitest';
import { audit, buildNetwork, loadSnapshot } from '../../src/index.ts';
import { type Json, peering as azurePeering, vm as azureVm, vnet } from '../azure/estate.ts';
import { documentsOf, network, peering, subnet, vm } from '../gcp/estate.ts';
import { folderOf } from '../snapshot/folder.ts';
import { policyOf } from './demo.ts';

async function oneWay(documents: readonly unknown[]) {
  const files = Object.fromEntries(documents.map((one, i) => [`${i}.json`, one]));
  const estate = buildNetwork(await loadSnapshot([folderOf(files)]));
  const { findings } = audit(estate, { policies: [policyOf('flaw: one-way-links')] });
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
  expect(await oneWay(estate([shop]))).toBe(0);
  expect(await oneWay(estate([shop, network('other')]))).toBe(1);
  expect(await oneWay(estate([shop, network('other', { peerings: [peering('n')] })]))).toBe(0);
});

test('on Azure', async () => {
  const shop = vnet('v', '10.0.0.0/16', { a: { range: '10.0.1.0/24' } }, [azurePeering('other', '10.1.0.0/16')]);
  const there = azureVm('app', 'other/s', '10.1.1.4');
  const range = { s: { range: '10.1.1.0/24' } };
  expect(await oneWay([[shop, ...there]])).toBe(0);
  expect(await oneWay([[shop, vnet('other', '10.1.0.0/16', range), ...there]])).toBe(1);
  const both = vnet('other', '10.1.0.0/16', range, [azurePeering('v', '10.0.0.0/16')]);
  expect(await oneWay([[shop, both, ...there]])).toBe(0);
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
  expect(await oneWay(estate(table('1', [over('2')])))).toBe(0);
  expect(await oneWay(estate(table('1', [over('2')]), table('2', [])))).toBe(1);
  expect(await oneWay(estate(table('1', [over('2')]), table('2', [over('1')])))).toBe(0);
});
