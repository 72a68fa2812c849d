/** A policy is about everybody whom its words can mean: what only one of several is called must not hide the others. */
import { expect, test } from 'vitest';
import { audit, buildNetwork, loadSnapshot } from '../../src/index.ts';
import { type Json, ip, nsg, vm, vnet } from '../azure/estate.ts';
import { folderOf } from '../snapshot/folder.ts';
import { policyOf } from './demo.ts';

const machine = (name: string, subnet: string, address: string, publicIp: string, more: Json = {}): Json[] => {
  const [self, ...rest] = vm(name, `v/${subnet}`, address, { nsg: 'g', ip: `${name}-ip` });
  return [ip(`${name}-ip`, publicIp), { ...self, ...more }, ...rest];
};

async function found(demand: string, ...resources: readonly Json[][]) {
  const estate = [
    vnet('v', '10.0.0.0/16', { 'private-a': { range: '10.0.1.0/24' }, b: { range: '10.0.2.0/24' } }),
    nsg('g', '100 in Allow Tcp 22 from Internet to *'),
    ...resources.flat(),
  ];
  const network = buildNetwork(await loadSnapshot([folderOf({ 'all.json': estate })]));
  const { findings, checks } = audit(network, { policies: [policyOf(demand)] });
  const ids = findings.filter(({ code }) => code === 'test-policy').flatMap(({ toIds = [] }) => toIds);
  return { ids: ids.map((id) => id.split('/').at(-1) ?? '').sort(), message: checks[0]!.message };
}

test('a machine that is called like a network does not stand in its place', async () => {
  const inside = machine('app', 'private-a', '10.0.1.4', '20.1.1.1');
  const outside = machine('private-runner', 'b', '10.0.2.4', '20.1.1.2');
  const demand = "forbidden: {from: internet, to: '*private*'}";
  expect((await found(demand, inside)).ids).toEqual(['app']);
  expect((await found(demand, inside, outside)).ids).toEqual(['app', 'private-runner']);
});

test('subnet: means subnets alone', async () => {
  const inside = machine('app', 'private-a', '10.0.1.4', '20.1.1.1');
  const outside = machine('private-runner', 'b', '10.0.2.4', '20.1.1.2');
  expect((await found("forbidden: {from: internet, to: 'subnet:*private*'}", inside, outside)).ids).toEqual(['app']);
  expect((await found("forbidden: {from: internet, to: 'subnet:private-a'}", inside, outside)).ids).toEqual(['app']);
  const nobody = await found("forbidden: {from: internet, to: 'subnet:private-runner'}", inside, outside);
  expect(nobody.ids).toEqual([]);
  expect(nobody.message).toContain('private-runner');
});

test('a name that several machines have means them all', async () => {
  const { ids, message } = await found(
    'forbidden: {from: internet, to: web}',
    machine('web', 'b', '10.0.2.4', '20.1.1.1'),
    machine('db', 'b', '10.0.2.5', '20.1.1.2'),
    twinOf('web', '10.0.2.6', '20.1.1.3'),
  );
  expect(ids).toEqual(['web', 'web']);
  expect(message).toBeUndefined();
});

/** A machine of the same name in another resource group. */
function twinOf(name: string, address: string, publicIp: string): Json[] {
  const own =
    /\/resourceGroups\/rg\/providers\/(Microsoft\.Compute\/virtualMachines|Microsoft\.Network\/(?:networkInterfaces|publicIPAddresses))/g;
  const text = JSON.stringify(machine(name, 'b', address, publicIp));
  return JSON.parse(text.replaceAll(own, '/resourceGroups/other/providers/$1')) as Json[];
}
