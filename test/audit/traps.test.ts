/** Traps in an audit: told of the thing that they are about, with what to do. */
import { expect, test } from 'vitest';
import { audit, buildNetwork, loadSnapshot } from '../../src/index.ts';
import { ip, vm, vnet } from '../azure/estate.ts';
import { folderOf } from '../snapshot/folder.ts';
import { policyOf } from './demo.ts';

const estate = [
  vnet('v', '10.0.0.0/16', { a: { range: '10.0.1.0/24' } }),
  ip('p', '20.1.1.1', 'Basic'),
  ...vm('web', 'v/a', '10.0.1.4', { ip: 'p' }),
];

async function codesUnder(...policies: Parameters<typeof policyOf>[]) {
  const network = buildNetwork(await loadSnapshot([folderOf({ 'all.json': estate })]));
  return audit(network, { policies: policies.map((one) => policyOf(...one)) }).findings;
}

test('a trap says what to do', async () => {
  const found = await codesUnder();
  expect(found.map(({ code }) => code)).toContain('missing-subnet-nsg');
  for (const { fix, source } of found) {
    expect(fix).toMatch(/^[A-Z].*\.$/s);
    expect(source).toMatch(/^https:\/\//);
  }
});

test('what a policy judges is not told again as a trap', async () => {
  const found = await codesUnder(['flaw: subnets-without-groups', 'subnets-without-groups']);
  const codes = found.map(({ code }) => code);
  expect(codes).toContain('subnets-without-groups');
  expect(codes).not.toContain('missing-subnet-nsg');
});
