/** Idle rules are idle: a network without them carries the same flows; rules that decide are never called idle. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { audit, buildNetwork, loadSnapshot } from '../../src/index.ts';
import { folderOf } from '../snapshot/folder.ts';
import { audited, policyOf } from './demo.ts';

const flaw = (name: string) => policyOf(`flaw: ${name}`);
const everything = policyOf("forbidden: {from: ['*', internet], to: ['*', internet]}", 'everything');

interface Entry {
  RuleNumber: number;
  Egress: boolean;
  Protocol: string;
  RuleAction: string;
  CidrBlock: string;
  PortRange?: { From: number; To: number };
}

const entry = fc.record({
  deny: fc.boolean(),
  cidr: fc.constantFrom('0.0.0.0/0', '10.20.0.0/16', '10.20.1.0/24', '203.0.113.0/24', '203.0.113.7/32'),
  from: fc.constantFrom(0, 22, 443, 1024, 5432),
  span: fc.constantFrom(0, 10, 1000, 64511),
});

function withEntries(entries: readonly Entry[]) {
  return (text: string) => {
    if (!text.includes('"NetworkAcls"')) return text;
    const document = JSON.parse(text) as { NetworkAcls: { Entries: Entry[] }[] };
    for (const acl of document.NetworkAcls) acl.Entries = [...entries];
    return JSON.stringify(document);
  };
}

test('taking a shadowed or redundant rule away changes no flow', async () => {
  const base: Entry = { RuleNumber: 900, Egress: true, Protocol: '-1', RuleAction: 'allow', CidrBlock: '0.0.0.0/0' };
  let idle = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { minLength: 2, maxLength: 5 }), async (drawn) => {
      const entries = drawn.map(
        ({ deny, cidr, from, span }, i): Entry => ({
          RuleNumber: 10 + i,
          Egress: false,
          Protocol: '6',
          RuleAction: deny ? 'deny' : 'allow',
          CidrBlock: cidr,
          PortRange: { From: from, To: Math.min(65535, from + span) },
        }),
      );
      const all = [...entries, base];
      const flowsOf = async (list: readonly Entry[]) => {
        const { findings } = await audited({ policies: [everything] }, withEntries(list));
        return findings
          .filter(({ code }) => code === 'everything')
          .map(({ from, to, ports, fromIds, toIds }) => ({ from, to, ports, fromIds, toIds }));
      };
      const { findings } = await audited(
        { policies: [policyOf('flaw: shadowed-rules', 'shadowed'), policyOf('flaw: redundant-rules', 'redundant')] },
        withEntries(all),
      );
      const numbers = findings.flatMap(({ code, message }) =>
        code === 'shadowed' || code === 'redundant' ? [Number(/^"rule (\d+):/.exec(message)?.[1])] : [],
      );
      idle += numbers.length;
      const before = await flowsOf(all);
      for (const number of numbers.slice(0, 2))
        expect(await flowsOf(all.filter(({ RuleNumber }) => RuleNumber !== number))).toEqual(before);
    }),
    { numRuns: 12, seed: 7 },
  );
  expect(idle).toBeGreaterThan(0);
});

test('of two rules that say the same, one is told', async () => {
  const twice = (text: string) => {
    if (!text.includes('"SecurityGroups": [')) return text;
    const document = JSON.parse(text) as { SecurityGroups: { IpPermissions: { IpRanges: unknown[] }[] }[] };
    const [group] = document.SecurityGroups;
    group!.IpPermissions.push(group!.IpPermissions[0]!);
    return JSON.stringify(document);
  };
  const { findings } = await audited({ policies: [flaw('redundant-rules')] }, twice);
  expect(findings.filter(({ code }) => code === 'test-policy')).toHaveLength(1);
});

test('an idle rule is told of each of two groups that say the same', async () => {
  const wide = { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '10.20.0.0/16' }] };
  const narrow = { ...wide, IpRanges: [{ CidrIp: '10.20.1.0/24' }] };
  const [web, app, database] = ['sg-01eb0000000000001', 'sg-02aa0000000000002', 'sg-03db0000000000003'];
  const rules = (text: string) => {
    // Neighbours, so that nothing but the groups tells the machines apart.
    if (text.includes('"NetworkInterfaces": ['))
      return text
        .replaceAll('subnet-0a11111111111111a', 'subnet-0b22222222222222b')
        .replaceAll('10.20.0.10', '10.20.1.20');
    if (!text.includes('"SecurityGroups": [')) return text;
    const document = JSON.parse(text) as { SecurityGroups: { IpPermissions: unknown; IpPermissionsEgress: unknown }[] };
    const out = [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }];
    for (const group of document.SecurityGroups)
      Object.assign(group, { IpPermissions: [wide, narrow], IpPermissionsEgress: out });
    return JSON.stringify(document);
  };
  const { findings } = await audited({ policies: [flaw('redundant-rules')] }, rules);
  const told = findings.filter(({ code }) => code === 'test-policy').map(({ resource }) => resource);
  expect(told.sort()).toEqual([web, app, database]);
});

test('a rule whose addresses are not known is not called idle, and the check says that it may be', async () => {
  const rules = (text: string) => {
    if (!text.includes('"SecurityGroups"')) return text;
    const document = JSON.parse(text) as { SecurityGroups: { IpPermissions: unknown[] }[] };
    for (const group of document.SecurityGroups)
      group.IpPermissions = [
        { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, PrefixListIds: [{ PrefixListId: 'pl-unknown' }] },
        { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '10.20.0.0/16' }] },
      ];
    return JSON.stringify(document);
  };
  const { findings, checks, missing } = await audited(
    { policies: [policyOf('flaw: redundant-rules', 'same'), policyOf('flaw: never-matching-rules', 'never')] },
    rules,
  );
  expect(findings.filter(({ code }) => ['same', 'never'].includes(code))).toEqual([]);
  expect(checks.map(({ suite, outcome }) => [suite, outcome])).toEqual([
    ['same', 'undetermined'],
    ['never', 'undetermined'],
  ]);
  expect(missing.map(({ what }) => what).join()).toContain('pl-unknown');
  for (const { message } of checks) expect(message).toMatch(/^not known, and could change it: .*pl-unknown/);
});

test('that nobody knows where network ACLs are read beside a transit gateway is no doubt about their rules', async () => {
  const folder = fileURLToPath(new URL('../../fixtures/cases/aws-tgw-attachment-acl', import.meta.url));
  const read = (change: (text: string) => string) =>
    Object.fromEntries(
      readdirSync(folder)
        .filter((name) => name !== 'case.json')
        .map((name) => [name, change(readFileSync(join(folder, name), 'utf8'))]),
    );
  const judged = async (change: (text: string) => string = (text) => text) => {
    const estate = buildNetwork(await loadSnapshot([folderOf(read(change))]));
    const { checks, findings, missing } = audit(estate, { policies: [flaw('shadowed-rules')] });
    return [checks[0]!.outcome, findings.filter(({ code }) => code === 'test-policy').length, missing];
  };
  expect(await judged()).toEqual(['passed', 0, []]);
  // A denial behind a rule that allows everything is as idle there as anywhere.
  const shadowed = (text: string) => {
    const document = JSON.parse(text) as { NetworkAcls?: { Entries: Partial<Entry>[] }[] };
    for (const { Entries } of document.NetworkAcls ?? [])
      Entries.push(
        { RuleNumber: 1, Egress: true, Protocol: '-1', RuleAction: 'allow', CidrBlock: '0.0.0.0/0' },
        { RuleNumber: 2, Egress: true, Protocol: '-1', RuleAction: 'deny', CidrBlock: '10.0.0.0/8' },
      );
    return JSON.stringify(document);
  };
  const [outcome, count, missing] = await judged(shadowed);
  expect([outcome, missing]).toEqual(['failed', []]);
  expect(count).toBeGreaterThan(0);
});
