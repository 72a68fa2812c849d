/** What is gone and what is attached to nothing is said only where the snapshot holds all that could tell. */
import { expect, test } from 'vitest';
import { audit, buildNetwork, loadSnapshot } from '../../src/index.ts';
import { folderOf } from '../snapshot/folder.ts';
import { policyOf } from './demo.ts';

const group = (id: string, name: string, peer?: string) => ({
  GroupId: id,
  GroupName: name,
  VpcId: 'vpc-1',
  OwnerId: '111122223333',
  IpPermissions:
    peer === undefined
      ? []
      : [
          {
            IpProtocol: 'tcp',
            FromPort: 443,
            ToPort: 443,
            UserIdGroupPairs: [{ GroupId: peer, UserId: '111122223333' }],
          },
        ],
  IpPermissionsEgress: [],
});

async function judged(flaw: string, documents: Readonly<Record<string, unknown>>) {
  const estate = buildNetwork(await loadSnapshot([folderOf(documents)]));
  const { checks, missing } = audit(estate, { policies: [policyOf(`flaw: ${flaw}`)] });
  return [checks[0]!.outcome, missing.map(({ what }) => what)];
}

test('a group that a rule refers to is gone only if all groups of the VPC are listed', async () => {
  const some = [group('sg-web', 'web', 'sg-else')];
  expect(await judged('references-gone', { 'groups.json': { SecurityGroups: some } })).toEqual([
    'undetermined',
    ['security group sg-else'],
  ]);
  const all = [...some, group('sg-none', 'default')];
  expect(await judged('references-gone', { 'groups.json': { SecurityGroups: all } })).toEqual(['failed', []]);
});

test('a group is idle only if all interfaces are listed', async () => {
  const groups = { SecurityGroups: [group('sg-web', 'web'), group('sg-none', 'default')] };
  expect(await judged('unattached-groups', { 'groups.json': groups })).toEqual([
    'undetermined',
    ['all network interfaces'],
  ]);
  const none = { $request: {}, NetworkInterfaces: [] };
  expect(await judged('unattached-groups', { 'groups.json': groups, 'nics.json': none })).toEqual(['failed', []]);
});
