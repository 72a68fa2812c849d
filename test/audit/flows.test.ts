/** Policies about flows: they judge what gets there and back, not what rules say. */
import { describe, expect, test } from 'vitest';
import { fileURLToPath } from 'node:url';
import { FlowJudge } from '../../src/audit/flows.ts';
import { readRows } from '../../src/audit/row-pass.ts';
import { Selectors } from '../../src/audit/selector.ts';
import { endsOf } from '../../src/engine/matrix-ends.ts';
import { MatrixNetwork } from '../../src/engine/matrix-row.ts';
import { buildNetwork, loadSnapshot } from '../../src/index.ts';
import { audited, policyOf } from './demo.ts';

const demo = fileURLToPath(new URL('../../fixtures/snapshots/demo', import.meta.url));

const told = (result: Awaited<ReturnType<typeof audited>>) =>
  result.findings
    .filter(({ code }) => code === 'test-policy')
    .map(({ from, to, ports, resource }) => `${from} ${to} ${ports} ${resource}`);

const only = (result: Awaited<ReturnType<typeof audited>>) =>
  result.findings.filter(({ code }) => code === 'test-policy');

const WEB = 'i-0a11111111111111a';

describe('forbidden', () => {
  const fromInternet = (more: string) => policyOf(`forbidden: {from: internet, to: '*', ${more}}`);

  test('names the source, the destination, the ports and the group that allows it', async () => {
    const result = await audited({ policies: [fromInternet('ports: 443')] });
    expect(told(result)).toEqual([`internet ${WEB} tcp 443 sg-01eb0000000000001`]);
    expect(only(result)[0]).toMatchObject({ severity: 'high', status: 'new', code: 'test-policy' });
    expect(only(result)[0]!.message).toContain('"allow tcp 443 from 0.0.0.0/0"');
    expect(result.checks[0]).toMatchObject({ outcome: 'failed', findings: [only(result)[0]!.id] });
  });

  test('a rule that nothing leads to is silent: no public address, no finding', async () => {
    const open = (text: string) => text.replaceAll('203.0.113.0/24', '0.0.0.0/0');
    const result = await audited({ policies: [policyOf("forbidden: {from: internet, to: app-*, ports: '*'}")] }, open);
    expect(told(result)).toEqual([]);
    expect(result.checks[0]!.outcome).toBe('passed');
  });

  test('what one office may do is not open to the internet', async () => {
    expect(told(await audited({ policies: [fromInternet('ports: 22')] }))).toHaveLength(1);
    expect(told(await audited({ policies: [fromInternet('ports: 22, wider-than: /16')] }))).toEqual([]);
    const open = (text: string) => text.replaceAll('203.0.113.0/24', '0.0.0.0/0');
    const wide = await audited({ policies: [fromInternet('ports: 22, wider-than: /16')] }, open);
    expect(told(wide)).toEqual([`internet ${WEB} tcp 22 sg-01eb0000000000001`]);
  });

  test.each([
    ['an address range', '{from: 203.0.113.0/24}'],
    ['a name', '{to: web-1}'],
    ['a tag', '{to: "tag:Name=web-1"}'],
    ['a port', '{ports: 20-30}'],
    ['a named place', '{from: office}'],
    ['an account', '{to: "account:111122223333"}'],
  ])('is silent for an exception by %s', async (_, except) => {
    const policy = fromInternet(`ports: 22, except: [${except}]`);
    expect(told(await audited({ policies: [policy], places: { office: '203.0.113.0/24' } }))).toEqual([]);
  });

  test('many ports are counted for each pair of ends', async () => {
    const many = fromInternet("ports: '*', at-least-ports: 1000");
    expect(told(await audited({ policies: [many] }))).toEqual([]);
    const open = (text: string) => text.replace('"ToPort": 443', '"ToPort": 9999');
    expect(told(await audited({ policies: [many] }, open))).toEqual([
      `internet ${WEB} tcp 443-9999 sg-01eb0000000000001`,
    ]);
  });

  test('a ping has no ports, and a rule for one office is not to blame for one that lets everybody in', async () => {
    const many = fromInternet("ports: '*', wider-than: /16, at-least-ports: 1000");
    const withPing = (text: string) =>
      text
        .replace('"FromPort": 443', '"FromPort": -1')
        .replace('"ToPort": 443', '"ToPort": -1')
        .replace('"IpProtocol": "tcp"', '"IpProtocol": "icmp"');
    expect(told(await audited({ policies: [many] }, withPing))).toEqual([]);
    const office = {
      GroupId: 'sg-00ff1ce',
      GroupName: 'office',
      VpcId: 'vpc-0a1b2c3d4e5f60718',
      IpPermissions: [{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '203.0.113.0/24' }] }],
      IpPermissionsEgress: [],
    };
    const twoGroups = (text: string) => {
      const document = JSON.parse(text) as { SecurityGroups?: unknown[]; NetworkInterfaces?: { Groups: unknown[] }[] };
      document.SecurityGroups?.push(office);
      document.NetworkInterfaces?.[0]?.Groups.unshift({ GroupId: 'sg-00ff1ce' });
      return JSON.stringify(document);
    };
    const wide = fromInternet('ports: 443, wider-than: /16');
    expect(told(await audited({ policies: [wide] }, twoGroups))).toEqual([
      `internet ${WEB} tcp 443 sg-01eb0000000000001`,
    ]);
    // Without a width both are.
    expect(told(await audited({ policies: [fromInternet('ports: 443')] }, twoGroups))).toHaveLength(2);
  });

  test('a word that stands for nothing is told, since the policy would pass for ever', async () => {
    const result = await audited({ policies: [policyOf('forbidden: {from: web-1, to: nobody-here}')] });
    expect(result.checks[0]).toMatchObject({ outcome: 'passed' });
    expect(result.checks[0]!.message).toContain('nothing in the snapshot is called "nobody-here"');
  });

  test('a missing network ACL makes it undetermined, never passed', async () => {
    const without = (text: string) => (text.includes('"NetworkAcls"') ? '{}' : text);
    const result = await audited({ policies: [fromInternet('ports: 443')] }, without);
    expect(result.checks[0]!.outcome).toBe('undetermined');
    expect(result.missing.length).toBeGreaterThan(0);
  });
});

describe('required', () => {
  test('is silent where it works, and says who blocks it where not', async () => {
    expect(told(await audited({ policies: [policyOf('required: {from: internet, to: web-1, ports: 443}')] }))).toEqual(
      [],
    );
    const result = await audited({ policies: [policyOf('required: {from: web-1, to: db-1, ports: 5432}')] });
    expect(told(result)).toEqual([`${WEB} i-0c33333333333333c tcp 5432 sg-03db0000000000003`]);
    expect(only(result)[0]!.fix).toContain('allow tcp 5432');
  });
});

describe('allowed', () => {
  test('forbids whatever else gets there', async () => {
    const only = (list: string) => policyOf(`allowed: {to: web-1, from: internet, only: [${list}]}`);
    expect(told(await audited({ policies: [only('{ports: 443}, {ports: 22}')] }))).toEqual([]);
    expect(told(await audited({ policies: [only('{ports: 443}')] }))).toEqual([
      `internet ${WEB} tcp 22 sg-01eb0000000000001`,
    ]);
  });
});

test('fingerprints stay the same from run to run and tell flows apart', async () => {
  const policies = [policyOf("forbidden: {from: internet, to: '*', ports: '*'}")];
  const [one, two] = [await audited({ policies }), await audited({ policies })];
  expect(one).toEqual(two);
  expect(new Set(one.findings.map(({ id }) => id)).size).toBe(one.findings.length);
});

test('of more offences than can be listed the number is told', async () => {
  const { network } = buildNetwork(await loadSnapshot([demo]));
  const ready = new MatrixNetwork(network, endsOf(network));
  const policy = policyOf("forbidden: {from: '*', to: '*', ports: '*'}");
  const judge = (most?: number) => {
    const flows = new FlowJudge(
      network,
      { ready, toward: () => 'everybody' },
      [policy],
      new Selectors(network, {}, () => undefined),
      most,
    );
    readRows(ready, [flows]);
    return flows.judged();
  };
  const all = judge();
  expect(all.drafts.length).toBeGreaterThan(2);
  expect(all.checks[0]!.message).toBeUndefined();
  const some = judge(2);
  expect(some.drafts).toHaveLength(2);
  expect(some.checks[0]).toMatchObject({ outcome: 'failed' });
  expect(some.checks[0]!.message).toContain(`${all.drafts.length - 2} more pairs of ends offend it`);
});
