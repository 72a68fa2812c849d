/** Results of audits, made by hand. */
import type { AuditFinding, AuditResult } from '../../src/model/audit.ts';

/** A finding with an id of one's own choice. */
export function finding(id: string, more: Partial<AuditFinding> = {}): AuditFinding {
  return {
    id,
    code: 'open-ssh',
    severity: 'high',
    title: 'SSH is open to the internet',
    resource: 'sg-1',
    message: `finding ${id}`,
    status: 'new',
    source: 'https://example.com/why',
    ...more,
  };
}

/** A result of these findings; the codes of `undecided` could not be decided. */
export function resultOf(findings: readonly AuditFinding[], undecided: readonly string[] = []): AuditResult {
  const summary = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
  for (const { severity, status } of findings) if (status !== 'suppressed') summary[severity]++;
  const checks = undecided.map((suite) => ({
    kind: 'policy' as const,
    suite,
    name: suite,
    severity: 'high' as const,
    outcome: 'undetermined' as const,
    findings: [],
  }));
  return { summary, findings, checks, missing: [], assumptions: [] };
}
