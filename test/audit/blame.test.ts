/** Whose rule it is: machines that fare alike may owe it to groups, or rules, of their own that say the same. */
import { expect, test } from 'vitest';
import { audit, buildNetwork, loadSnapshot } from '../../src/index.ts';
import { nsg, vm as azureVm, vnet } from '../azure/estate.ts';
import { documentsOf, firewall, network, subnet, vm } from '../gcp/estate.ts';
import { folderOf } from '../snapshot/folder.ts';
import { audited, policyOf } from './demo.ts';

const [web, app] = ['sg-01eb0000000000001', 'sg-02aa0000000000002'];
const anybody = policyOf("forbidden: {from: '*', to: '*', ports: '443'}");

/** The machines of web and app as neighbours, and every group with the same rules. */
function alike(text: string): string {
  if (text.includes('"NetworkInterfaces": ['))
    return text
      .replaceAll('subnet-0a11111111111111a', 'subnet-0b22222222222222b')
      .replaceAll('10.20.0.10', '10.20.1.20');
  if (!text.includes('"SecurityGroups": [')) return text;
  const document = JSON.parse(text) as { SecurityGroups: object[] };
  const to = (CidrIp: string) => ({ IpProtocol: '-1', IpRanges: [{ CidrIp }] });
  for (const group of document.SecurityGroups)
    Object.assign(group, { IpPermissions: [to('10.20.0.0/16')], IpPermissionsEgress: [to('0.0.0.0/0')] });
  return JSON.stringify(document);
}

test('each group is named with those who carry it', async () => {
  const { findings } = await audited({ policies: [anybody] }, alike);
  const told = findings.filter(({ code }) => code === 'test-policy');
  expect(told.map(({ resource, fromIds, toIds }) => [resource, fromIds, toIds])).toEqual([
    [web, ['i-0b22222222222222b', 'i-0c33333333333333c', 'i-0d44444444444444d'], ['i-0a11111111111111a']],
    [app, ['i-0a11111111111111a', 'i-0c33333333333333c', 'i-0d44444444444444d'], ['i-0b22222222222222b']],
  ]);
});

test('a suppression for one of them hides nothing of the other', async () => {
  const suppressions = [{ resource: app, reason: 'known', file: 'netaudit.yaml', line: 1 }];
  const { findings } = await audited({ policies: [anybody], suppressions }, alike);
  const told = findings.filter(({ code }) => code === 'test-policy');
  expect(told.map(({ resource, status }) => [resource, status])).toEqual([
    [web, 'new'],
    [app, 'suppressed'],
  ]);
});

test('what leaves for the internet is told of the group of who sends it', async () => {
  const { findings } = await audited(
    { policies: [policyOf('forbidden: {from: [web-1, app-1], to: internet}')] },
    alike,
  );
  const told = findings.filter(({ code }) => code === 'test-policy');
  expect(told.map(({ resource, fromIds }) => [resource, fromIds])).toEqual([[web, ['i-0a11111111111111a']]]);
});

test('on Google Cloud each rule is named with those whom it lets in', async () => {
  const documents = documentsOf({
    networks: [network('n')],
    subnets: [subnet('n/a', '10.0.1.0/24')],
    instances: ['a', 'b', 'c'].map((name, i) => vm(name, 'n/a', `10.0.1.${i + 4}`, { tags: [name] })),
    firewalls: ['a', 'b'].map((name) =>
      firewall(`into-${name}`, 'allow tcp:443 from 10.0.0.0/8', { targetTags: [name] }),
    ),
  });
  const files = Object.fromEntries(documents.map((document, i) => [`${i}.json`, document]));
  const estate = buildNetwork(await loadSnapshot([folderOf(files)]));
  const { findings } = audit(estate, { policies: [anybody] });
  const told = findings.filter(({ code }) => code === 'test-policy');
  expect(told.map(({ resource, toIds }) => [resource, toIds?.map((id) => id.slice(-1))])).toEqual([
    ['into-a', ['a']],
    ['into-b', ['b']],
  ]);
});

test('what a forwarding machine takes is blamed on the rule that lets it in', async () => {
  const estate = [
    vnet('v', '10.0.0.0/16', { a: { range: '10.0.1.0/24', nsg: 'g' } }),
    nsg('g', '100 in Allow Tcp 443 from VirtualNetwork to *', '200 in Deny any * from * to *'),
    azureVm('one', 'v/a', '10.0.1.4'),
    azureVm('router', 'v/a', '10.0.1.5', { forwards: true }),
  ];
  const built = buildNetwork(await loadSnapshot([folderOf({ 'all.json': estate.flat() })]));
  const { findings } = audit(built, { policies: [policyOf("forbidden: {from: one, to: router, ports: '443'}")] });
  const told = findings.filter(({ code }) => code === 'test-policy').map(({ message }) => message);
  expect(told).toEqual([expect.stringContaining('has "rule-100-in (100): allow tcp 443 from VirtualNetwork')]);
});
