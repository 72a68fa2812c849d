/** What is known already: baselines and suppressions. */
import { describe, expect, test } from 'vitest';
import {
  type AuditOptions,
  auditWithBaseline,
  baselineText,
  buildNetwork,
  loadSnapshot,
  parseBaseline,
} from '../../src/index.ts';
import type { Suppression } from '../../src/index.ts';
import { fileURLToPath } from 'node:url';
import { nsg, vm, vnet } from '../azure/estate.ts';
import { folderOf } from '../snapshot/folder.ts';
import { policyOf } from './demo.ts';

const demo = fileURLToPath(new URL('../../fixtures/snapshots/demo', import.meta.url));
const estate = buildNetwork(await loadSnapshot([demo]));
const run = (options: Partial<AuditOptions>) => {
  const { result, baseline } = auditWithBaseline(estate, { policies: [], ...options });
  const mine = result.findings.filter(({ code }) => code.startsWith('test-'));
  return { result, baseline, statuses: mine.map(({ to, ports, status }) => `${to} ${ports} ${status}`), mine };
};
const WEB = 'i-0a11111111111111a';
const ENI = estate.network.place(WEB)!.interfaces[0]!;
const open = policyOf("forbidden: {from: internet, to: '*', ports: 443}", 'test-https');
const ssh = policyOf("forbidden: {from: internet, to: '*', ports: 22}", 'test-ssh');

describe('a baseline', () => {
  test('knows what was found when it was written', () => {
    const { baseline } = run({ policies: [open, ssh] });
    const again = run({ policies: [open, ssh], baseline: parseBaseline(baselineText(baseline), 'b.json') });
    expect(again.statuses).toEqual([`${WEB} tcp 443 unchanged`, `${WEB} tcp 22 unchanged`]);
    expect(baselineText(again.baseline)).toBe(baselineText(baseline));
  });

  test('hides no new destination, port or source of a rule that it knows', () => {
    const { baseline } = run({ policies: [open] });
    const elsewhere = { entries: baseline.entries.map((one) => ({ ...one, to: ['i-other'] })) };
    expect(run({ policies: [open], baseline: elsewhere }).statuses).toEqual([`${WEB} tcp 443 new`]);
    const otherPort = { entries: baseline.entries.map((one) => ({ ...one, ports: 'tcp 80' })) };
    expect(run({ policies: [open], baseline: otherPort }).statuses).toEqual([`${WEB} tcp 443 new`]);
    const otherSource = { entries: baseline.entries.map((one) => ({ ...one, from: ['i-9'] })) };
    expect(run({ policies: [open], baseline: otherSource }).statuses).toEqual([`${WEB} tcp 443 new`]);
  });

  test('a finding of which some ends are known is divided', () => {
    const wide = policyOf("forbidden: {from: '*', to: internet, ports: 443}", 'test-out');
    const { baseline, mine } = run({ policies: [wide] });
    const all = mine.flatMap(({ fromIds = [] }) => fromIds);
    expect(all.length).toBeGreaterThan(1);
    const some = { entries: baseline.entries.map((one) => ({ ...one, from: one.from.slice(0, 1) })) };
    const again = run({ policies: [wide], baseline: some });
    expect(new Set(again.mine.map(({ status }) => status))).toEqual(
      new Set(all.length > some.entries.length ? ['new', 'unchanged'] : ['unchanged']),
    );
    expect(again.mine.flatMap(({ fromIds = [] }) => fromIds).sort()).toEqual([...all].sort());
  });

  test('one more source and one more destination at once: only the pairs that are new are', async () => {
    const machines = (names: readonly string[]) =>
      names.flatMap((name, i) => vm(name, 'v/s', `10.0.1.${i + 4}`, { nsg: 'g' }));
    const audited = async (names: readonly string[], baseline = '{"version": 1, "findings": []}') => {
      const all = [
        vnet('v', '10.0.0.0/16', { s: { range: '10.0.1.0/24' } }),
        nsg('g', '100 in Allow Tcp 22 from VirtualNetwork to *', '200 in Deny any * from * to *'),
        ...machines(names),
      ];
      const crowd = buildNetwork(await loadSnapshot([folderOf({ 'all.json': all })]));
      const policies = [policyOf("forbidden: {from: 'a*', to: 'b*'}", 'test-crowd')];
      return auditWithBaseline(crowd, { policies, baseline: parseBaseline(baseline, 'b.json') });
    };
    const { baseline } = await audited(['a1', 'b1']);
    const { result } = await audited(['a1', 'b1', 'a2', 'b2'], baselineText(baseline));
    const pairs = result.findings
      .filter(({ code }) => code === 'test-crowd')
      .flatMap(({ fromIds = [], toIds = [], status }) =>
        fromIds.flatMap((from) => toIds.map((to) => `${from.slice(-2)} ${to.slice(-2)} ${status}`)),
      );
    expect(pairs.toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      'a1 b1 unchanged',
      'a1 b2 new',
      'a2 b1 new',
      'a2 b2 new',
    ]);
  });

  test('brought up to date it takes in what is new, drops what is gone, and keeps what was not looked at', () => {
    const old = {
      entries: [
        { code: 'test-https', resource: 'sg-gone', ports: 'tcp 443', detail: '', from: ['internet'], to: ['i-gone'] },
        { code: 'test-elsewhere', resource: 'sg-x', ports: '', detail: '', from: [], to: [] },
        // A trap: those are looked for each time.
        { code: 'missing-nic-nsg', resource: 'nic-gone', ports: '', detail: '', from: [], to: [] },
      ],
    };
    const { baseline, result } = run({ policies: [open], baseline: old });
    expect(baseline.entries.map(({ code, resource }) => `${code} ${resource}`).sort()).toEqual([
      'test-elsewhere sg-x',
      'test-https sg-01eb0000000000001',
    ]);
    expect(result.notes!.join()).toContain('2 entries of the baseline are found no more');
  });

  test('is the same text whatever the order of its entries', () => {
    const { baseline } = run({ policies: [open, ssh] });
    expect(baselineText({ entries: baseline.entries.toReversed() })).toBe(baselineText(baseline));
    expect(baselineText(baseline).split('\n').length).toBe(6 + baseline.entries.length);
  });

  test.each([
    ['no JSON', '{"version": 1, "findings": [', /^b\.json:\d+:\d+: /],
    ['something else', '{"findings": []}', /^b\.json:1:\d+: version/],
    ['a bad entry', '{"version": 1,\n"findings": [\n{"code": 3, "resource": "x"}]}', /^b\.json:3:2: findings\.0\.code/],
  ])('%s is refused with its place', (_, text, complaint) => {
    expect(() => parseBaseline(text, 'b.json')).toThrow(complaint);
  });
});

describe('a suppression', () => {
  const by = (over: Partial<Suppression>): Suppression => ({
    reason: 'planned',
    file: 'netaudit.yaml',
    line: 4,
    ...over,
  });
  const now = new Date('2026-06-30T12:00:00Z');

  test.each([
    ['code', { code: 'test-https' }],
    ['pattern', { code: 'test-*', to: 'web-*' }],
    ['resource', { resource: 'sg-01eb0000000000001' }],
    ['name of the resource', { resource: 'web' }],
    ['tag', { tag: 'Name=web-*' }],
    ['account and region', { account: estate.views[0]!.accountOf!(ENI)!, region: estate.views[0]!.regionOf!(ENI)! }],
    ['ends', { from: 'internet', to: WEB, ports: 'tcp 443' }],
  ])('by %s takes the finding out of the counts and says why', (_, over) => {
    const { mine, result } = run({ policies: [open], suppressions: [by({ ...over, owner: 'net' })], now });
    expect(mine[0]).toMatchObject({ status: 'suppressed', suppression: { reason: 'planned', owner: 'net' } });
    expect(result.summary.high).toBe(0);
  });

  test.each([{ tag: 'Name=db-*' }, { account: '000000000000' }, { region: 'mars-north-1' }, { tag: 'Other=x' }])(
    'of what belongs elsewhere (%j) suppresses nothing',
    (over) => {
      const { statuses } = run({ policies: [open], suppressions: [by(over)], now });
      expect(statuses).toEqual([`${WEB} tcp 443 new`]);
    },
  );

  test('of some sources and some destinations leaves all others', async () => {
    const machines = ['a1', 'a2', 'b1', 'b2'].flatMap((name, i) => vm(name, 'v/s', `10.0.1.${i + 4}`, { nsg: 'g' }));
    const files = {
      'all.json': [
        vnet('v', '10.0.0.0/16', { s: { range: '10.0.1.0/24' } }),
        nsg('g', '100 in Allow Tcp 22 from VirtualNetwork to *', '200 in Deny any * from * to *'),
        ...machines,
      ],
    };
    const crowd = buildNetwork(await loadSnapshot([folderOf(files)]));
    const policies = [policyOf('forbidden: {from: [a1, a2], to: [b1, b2]}', 'test-crowd')];
    const pairsWith = (suppressions: readonly Suppression[]) =>
      auditWithBaseline(crowd, { policies, suppressions, now })
        .result.findings.filter(({ code }) => code === 'test-crowd')
        .flatMap(({ fromIds = [], toIds = [], status }) =>
          fromIds.flatMap((from) => toIds.map((to) => `${from.slice(-2)} ${to.slice(-2)} ${status}`)),
        )
        .toSorted((a, b) => (a < b ? -1 : 1));
    expect(pairsWith([])).toEqual(['a1 b1 new', 'a1 b2 new', 'a2 b1 new', 'a2 b2 new']);
    expect(pairsWith([by({ from: '*a1', to: '*b1' })])).toEqual([
      'a1 b1 suppressed',
      'a1 b2 new',
      'a2 b1 new',
      'a2 b2 new',
    ]);
  });

  test('of something else suppresses nothing, and is told to be idle', () => {
    const { statuses, result } = run({ policies: [open], suppressions: [by({ code: 'other' })], now });
    expect(statuses).toEqual([`${WEB} tcp 443 new`]);
    expect(result.notes!.join()).toContain('netaudit.yaml:4: no finding needs this suppression');
  });

  test('holds on its last day, and fires again on the next and says so', () => {
    const until = (expires: string) =>
      run({ policies: [open], suppressions: [by({ code: 'test-https', expires })], now });
    expect(until('2026-06-30').statuses).toEqual([`${WEB} tcp 443 suppressed`]);
    const over = until('2026-06-29');
    expect(over.statuses).toEqual([`${WEB} tcp 443 new`]);
    expect(over.mine[0]!.message).toContain('suppressed until 2026-06-29: planned');
  });
});
