/** What a change breaks: the later audit without what the earlier one found as well. */
import { describe, expect, test } from 'vitest';
import { newlyFound } from '../../src/audit/newly.ts';
import type { AuditCheck, AuditFinding, AuditResult } from '../../src/model/audit.ts';

const finding = (over: Partial<AuditFinding> = {}): AuditFinding => ({
  id: 'f',
  code: 'admin-ports',
  severity: 'high',
  title: 'Administration ports are open',
  resource: 'sg-1',
  from: 'internet',
  fromIds: ['internet'],
  to: 'i-1',
  toIds: ['i-1'],
  ports: 'tcp 22',
  message: '',
  status: 'new',
  source: '',
  ...over,
});
const check = (outcome: AuditCheck['outcome'], findings: readonly string[] = []): AuditCheck => ({
  kind: 'policy',
  suite: 'admin-ports',
  name: 'Administration ports are open',
  severity: 'high',
  outcome,
  findings,
});
const result = (findings: readonly AuditFinding[], checks: readonly AuditCheck[] = []): AuditResult => ({
  summary: { critical: 0, high: findings.length, medium: 0, low: 0, info: 0 },
  findings,
  checks,
  missing: [],
  assumptions: [],
});
const same = (id: string) => id;
const found = (before: readonly AuditFinding[], after: readonly AuditFinding[], nameOf = same) =>
  newlyFound(result(before), result(after), nameOf).findings.length;

describe('a finding', () => {
  test.each<[string, Partial<AuditFinding>, Partial<AuditFinding>, number]>([
    ['that was there before is not new', {}, {}, 0],
    ['for one more machine is new', { toIds: ['i-1'] }, { toIds: ['i-1', 'i-2'] }, 1],
    ['for one machine less is not', { toIds: ['i-1', 'i-2'] }, { toIds: ['i-1'] }, 0],
    ['on one more port is new', { ports: 'tcp 22' }, { ports: 'tcp 22, tcp 3389' }, 1],
    ['on fewer ports is not', { ports: 'everything' }, { ports: 'tcp 22' }, 0],
    ['of another resource is new', { resource: 'sg-1' }, { resource: 'sg-2' }, 1],
    ['that is worse now is new', { severity: 'low' }, { severity: 'high' }, 1],
    ['about no flow is compared by its resource', { fromIds: [], toIds: [] }, { fromIds: [], toIds: [] }, 0],
  ])('%s', (_, before, after, count) => expect(found([finding(before)], [finding(after)])).toBe(count));

  test('that several findings covered before is not new', () =>
    expect(
      found([finding({ toIds: ['i-1'] }), finding({ toIds: ['i-2'] })], [finding({ toIds: ['i-1', 'i-2'] })]),
    ).toBe(0));

  test('of what was replaced under another id is not new', () => {
    const address = (id: string) => (id.startsWith('i-') ? 'aws_instance.web' : id);
    expect(found([finding({ toIds: ['i-old'] })], [finding({ toIds: ['i-new'] })], address)).toBe(0);
  });
});

describe('a check', () => {
  const outcome = (before: AuditCheck, after: AuditCheck, findings: readonly AuditFinding[] = []) =>
    newlyFound(result(findings, [before]), result(findings, [after]), same).checks[0]!.outcome;

  test('that failed before and is no worse has passed', () =>
    expect(outcome(check('failed', ['f']), check('failed', ['f']), [finding()])).toBe('passed'));
  test('that held before and fails now fails', () => {
    const now = newlyFound(result([], [check('passed')]), result([finding()], [check('failed', ['f'])]), same);
    expect(now.checks[0]).toMatchObject({ outcome: 'failed', findings: ['f'] });
    expect(now.summary.high).toBe(1);
  });
  test('that became undetermined is undetermined', () =>
    expect(outcome(check('passed'), check('undetermined'))).toBe('undetermined'));
  test('that could not be told before either has passed', () =>
    expect(outcome(check('undetermined'), check('undetermined'))).toBe('passed'));
});
