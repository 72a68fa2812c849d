/**
 * What one audit finds that an earlier one did not: of a changed network, what the change breaks. Things are compared by
 * role, not by id: what is replaced under another id was there before.
 */
import type { AuditCheck, AuditFinding, AuditResult } from '../model/audit.ts';
import { summaryOf } from './audit.ts';

export type Side = 'before' | 'after';

/** What a thing is called on either side; the same thing has the same name on both. */
export type NameOf = (id: string, side: Side) => string;

/**
 * The later audit without what the earlier one found as well: a finding stays where it concerns a pair of ends, or a port,
 * that it did not concern before. Checks that failed before and are no worse now have passed, and say so.
 */
export function newlyFound(before: AuditResult, after: AuditResult, nameOf: NameOf): AuditResult {
  const known = new Map<string, Extent[]>();
  for (const finding of before.findings) {
    const key = keyOf(finding, (id) => nameOf(id, 'before'));
    const extents = known.get(key) ?? [];
    extents.push(extentOf(finding, (id) => nameOf(id, 'before')));
    known.set(key, extents);
  }
  const name = (id: string) => nameOf(id, 'after');
  const findings = after.findings.filter(
    (finding) => !isCovered(extentOf(finding, name), known.get(keyOf(finding, name)) ?? []),
  );
  const missing = new Set(before.missing.map(({ what }) => what));
  return {
    ...after,
    summary: summaryOf(findings),
    findings,
    checks: after.checks.map((check) => checkOf(check, before, findings)),
    missing: after.missing.filter(({ what }) => !missing.has(what)),
  };
}

/** Whom a finding concerns, by name, and on which ports. */
interface Extent {
  readonly from: ReadonlySet<string>;
  readonly to: ReadonlySet<string>;
  readonly ports: ReadonlySet<string>;
}

function keyOf({ code, resource, severity }: AuditFinding, name: (id: string) => string): string {
  return JSON.stringify([code, severity, name(resource)]);
}

function extentOf({ from, fromIds, to, toIds, ports }: AuditFinding, name: (id: string) => string): Extent {
  const names = (ids: readonly string[] | undefined, one: string | undefined) =>
    new Set((ids ?? (one === undefined ? [''] : [one])).map(name));
  return { from: names(fromIds, from), to: names(toIds, to), ports: new Set((ports ?? '').split(', ')) };
}

/** Whether every pair of ends was concerned before, on all of these ports. */
function isCovered({ from, to, ports }: Extent, known: readonly Extent[]): boolean {
  const alike = known.filter((one) => one.ports.has('everything') || [...ports].every((port) => one.ports.has(port)));
  return [...from].every((sender) => {
    const before = alike.filter((one) => one.from.has(sender));
    return [...to].every((receiver) => before.some((one) => one.to.has(receiver)));
  });
}

function checkOf(check: AuditCheck, before: AuditResult, findings: readonly AuditFinding[]): AuditCheck {
  const old = before.checks.find(
    ({ kind, suite, name }) => kind === check.kind && suite === check.suite && name === check.name,
  );
  const own = check.findings.filter((id) => findings.some((finding) => finding.id === id));
  const wasOpen = old?.outcome === 'undetermined' || old?.undetermined === true;
  const { undetermined, ...rest } = check;
  const doubt = undetermined === true && !wasOpen ? { undetermined } : {};
  if (check.outcome === 'failed' && own.length === 0 && old?.outcome === 'failed')
    return { ...rest, ...doubt, outcome: 'passed', findings: own, message: 'did not hold before either; no worse now' };
  if (check.outcome === 'undetermined' && wasOpen)
    return { ...rest, outcome: 'passed', findings: own, message: 'could not be told before either' };
  return { ...rest, ...doubt, findings: own };
}
