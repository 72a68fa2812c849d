/** Ends of one role stand on one line, and a thing that was replaced is still the same thing. */
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type MatrixEnd, type Network, buildNetwork, diffNetworks, loadSnapshot } from '../../src/index.ts';

const demo = fileURLToPath(new URL('../../fixtures/snapshots/demo', import.meta.url));
/** "db-1" and "db-2" are "db". */
const fleet = (end: MatrixEnd) => (end.name ?? end.id).replace(/-\d+$/, '');

/** The demo with some files changed. */
async function network(edits: Readonly<Record<string, (text: string) => string>> = {}): Promise<Network> {
  const at = mkdtempSync(join(tmpdir(), 'netaudit-roles-'));
  cpSync(demo, at, { recursive: true });
  for (const [file, edit] of Object.entries(edits))
    writeFileSync(join(at, file), edit(readFileSync(join(at, file), 'utf8')));
  return buildNetwork(await loadSnapshot([at])).network;
}

interface Groups {
  SecurityGroups: { GroupName: string; IpPermissions: { FromPort?: number; ToPort?: number }[] }[];
}

/** The web servers' HTTPS rule becomes one for 8443. */
const moved = {
  'security-groups.json': (text: string) => {
    const groups = JSON.parse(text) as Groups;
    const web = groups.SecurityGroups.find(({ GroupName }) => GroupName === 'web');
    for (const rule of web?.IpPermissions ?? [])
      if (rule.FromPort === 443) Object.assign(rule, { FromPort: 8443, ToPort: 8443 });
    return JSON.stringify(groups);
  },
};

test('one rule that concerns several machines of a role is one line, with the id of each', async () => {
  const { flows, summary } = diffNetworks(await network(), await network(moved), { roleOf: fleet });
  const told = flows.map(({ change, from, to, protocol, ports }) => [change, from.role, to.role, protocol, ports]);
  expect(told).toEqual([
    ['opened', 'app', 'web', 'tcp', '8443'],
    ['opened', 'internet', 'web', 'tcp', '8443'],
    ['closed', 'app', 'web', 'tcp', '443'],
    ['closed', 'db', 'web', 'tcp', '443'],
    ['closed', 'internet', 'web', 'tcp', '443'],
  ]);
  expect(flows[3]!.from.ids).toEqual(['i-0c33333333333333c', 'i-0d44444444444444d']);
  expect(flows[3]!.fromAddresses).toEqual(['10.20.10.10', '10.20.11.10']);
  expect(summary).toEqual({ opened: 2, closed: 3, widened: 0, narrowed: 0 });
});

test('each name is a role of its own unless told otherwise', async () => {
  const { flows } = diffNetworks(await network(), await network(moved));
  expect(flows.filter((flow) => flow.from.role.startsWith('db')).map((flow) => flow.from.role)).toEqual([
    'db-1',
    'db-2',
  ]);
});

test('a machine that is replaced by one of its role, with another address, is no change', async () => {
  const after = await network({
    'instances.json': (text) =>
      text.replaceAll('i-0b22222222222222b', 'i-0eeeeeeeeeeeeeeee').replaceAll('10.20.1.10', '10.20.1.99'),
    'network-interfaces.json': (text) =>
      text
        .replaceAll('i-0b22222222222222b', 'i-0eeeeeeeeeeeeeeee')
        .replaceAll('eni-0b22222222222222b', 'eni-0eeeeeeeeeeeeeeee')
        .replaceAll('10.20.1.10', '10.20.1.99'),
  });
  expect([...after.placeIds()]).toContain('eni-0eeeeeeeeeeeeeeee');
  expect(diffNetworks(await network(), after).flows).toEqual([]);
});
