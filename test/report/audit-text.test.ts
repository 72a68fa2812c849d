/** The audit as text: alike findings stand together, what is known stands apart, names can't repaint the screen. */
import { expect, test } from 'vitest';
import { auditJson, auditText } from '../../src/index.ts';
import { now, snapshot } from './answers.ts';
import { HOSTILE, factsOf, findingOf, hostileFacts } from './facts.ts';

const textOf = (findings: Parameters<typeof factsOf>[0]) => auditText(factsOf(findings).audit!, snapshot, now);

test('counts first, then the worst with what to do', () => {
  const lines = textOf([findingOf(), findingOf({ id: 'f2', severity: 'low', code: 'other', title: 'Other' })]).split(
    '\n',
  );
  expect(lines[0]).toMatch(/^1 critical, 1 low {2}\[snapshot taken 3 hours ago/);
  expect(lines[2]).toBe('CRITICAL  Administration ports are open to the internet');
  expect(lines).toContain('  fix: narrow the sources');
  expect(lines).toContain('  netaudit explain internet-to-admin-ports');
});

test('alike findings have one heading, say once what to do, and are counted where there are many', () => {
  const text = textOf(Array.from({ length: 9 }, (_, i) => findingOf({ id: `f${i}`, message: `machine ${i}` })));
  expect(text.match(/CRITICAL/g)).toHaveLength(1);
  expect(text.match(/fix:/g)).toHaveLength(1);
  expect(text).toContain('machine 4');
  expect(text).toContain('CRITICAL  Administration ports are open to the internet (9 findings)');
  expect(text).toContain('and 4 more like these, of ');
});

test('of fixes that differ, what all have in common is said once', () => {
  const text = textOf(
    ['sg-1', 'sg-2'].map((id) =>
      findingOf({ id, message: `about ${id}`, fix: `In ${id}, narrow it. Use a VPN. Or none.` }),
    ),
  );
  expect(text.match(/fix: .*/g)).toEqual([
    'fix: In sg-1, narrow it.',
    'fix: In sg-2, narrow it.',
    'fix: Use a VPN. Or none.',
  ]);
});

test('of lists of fixes no part is taken for what all have in common', () => {
  const fixes = ['allow tcp 22 in sg-2', 'allow tcp 443 in sg-1; allow tcp 22 in sg-2'];
  const text = textOf(fixes.map((fix, i) => findingOf({ id: `vm-${i}`, message: `about ${i}`, fix })));
  expect(text.match(/fix: .*/g)).toEqual(fixes.map((fix) => `fix: ${fix}`));
});

test('what no command fetches is not called a gap of the snapshot, and alike assumptions are one line', () => {
  const audit = factsOf([]).audit!;
  const text = auditText(
    {
      ...audit,
      missing: [
        { what: 'route table of subnet-1', fetch: 'aws ec2 describe-route-tables' },
        { what: 'which of two pages is right', fetch: null },
      ],
      assumptions: ['vpc-1', 'vpc-2', 'vpc-3'].map((id) => ({
        code: 'off',
        resource: id,
        message: `it is off for ${id}`,
      })),
    },
    snapshot,
    now,
  );
  expect(text).toContain('the snapshot lacks route table of subnet-1: aws ec2 describe-route-tables');
  expect(text).toContain('not known: which of two pages is right');
  expect(text).toContain('it is off for vpc-1 (and the same of 2 more)');
  expect(text).not.toContain('vpc-2');
});

test('what is known or suppressed is shown, apart from what is new', () => {
  const text = textOf([
    findingOf({ status: 'unchanged' }),
    findingOf({
      id: 'f2',
      status: 'suppressed',
      suppression: { reason: 'planned', owner: 'net', expires: '2030-01-01' },
    }),
  ]);
  expect(text).toMatch(/^Nothing new \(1 in the baseline, 1 suppressed\)/);
  expect(text).toContain('[planned, net, until 2030-01-01]');
});

test('hostile names stay on their line and are shown as what they are', () => {
  const plain = factsOf(
    HOSTILE.map((_, i) => findingOf({ id: `f${i}`, code: `code-${i}`, title: `t${i}`, places: [{ file: 'f' }] })),
  );
  const audit = hostileFacts().audit!;
  const text = auditText({ ...audit, missing: [] }, snapshot, now);
  expect(text.split('\n').length).toBe(auditText(plain.audit!, snapshot, now).split('\n').length);
  expect(text).not.toMatch(/[\u001b\u0007\u202e]/);
  expect(auditJson(audit, snapshot)).not.toMatch(/[\u001b\u0007\u202e]/);
  const { findings } = JSON.parse(auditJson(audit, snapshot)) as typeof audit;
  expect(findings.map(({ resource }) => resource)).toEqual(HOSTILE);
});

test('with a history, what was found before is not said to be in a baseline', () => {
  const text = textOf([findingOf({ status: 'unchanged', since: '2026-11-01T06:00:00Z' })]);
  expect(text).toMatch(/^Nothing new \(1 known before\)/);
  expect(text).toContain('Known before');
  expect(text).toContain('[since 2026-11-01]');
  expect(text).not.toContain('baseline');
});
