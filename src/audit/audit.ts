/** The audit of a network: what policies, intents and the providers' traps say of it, ranked and compared with what is known. */
import type { AuditCheck, AuditFinding, AuditResult } from '../model/audit.ts';
import type { Network } from '../model/network.ts';
import type { Assumption, Missing } from '../model/origin.ts';
import type { Severity } from '../model/results.ts';
import { findingOf, inOrder, joined } from './finding.ts';
import type { ProviderView } from '../model/finding.ts';
import { endsOf } from '../engine/matrix-ends.ts';
import { MatrixNetwork } from '../engine/matrix-row.ts';
import { trapsOf } from './traps.ts';
import { judgeFlows } from './flows.ts';
import type { Policy } from './policy.ts';
import { Selectors } from './selector.ts';

/** What is audited: a network, and what its providers know besides. */
export interface AuditSubject {
  readonly network: Network;
  readonly views: readonly ProviderView[];
}

export interface AuditOptions {
  readonly policies: readonly Policy[];
  /** Names for addresses: {office: "203.0.113.0/24"}. */
  readonly places?: Readonly<Record<string, string>>;
  /** The title of a trap's code. */
  readonly titleOf?: (code: string) => string | undefined;
}

/** Audits a network. Throws SpaceBudgetError where a single question is too big. */
export function auditNetwork({ network, views }: AuditSubject, options: AuditOptions): AuditResult {
  const accountOf = (id: string) => views.map((view) => view.accountOf?.(id)).find((account) => account !== undefined);
  const selectors = new Selectors(network, options.places ?? {}, accountOf);
  const ready = new MatrixNetwork(network, endsOf(network));
  const { drafts, checks, missing, assumptions } = judgeFlows(network, ready, options.policies, selectors);
  const traps = trapsOf(network, ready, views, options.titleOf ?? (() => undefined));
  const ranked = inOrder(joined([...drafts, ...traps]).map((draft) => ({ draft, finding: findingOf(draft) })));
  const findings = ranked.map(({ finding }) => finding);
  return resultOf(findings, checks, missing, assumptions);
}

function resultOf(
  findings: readonly AuditFinding[],
  checks: readonly Omit<AuditCheck, 'findings'>[],
  missing: readonly Missing[],
  assumptions: readonly Assumption[],
): AuditResult {
  return {
    summary: summaryOf(findings),
    findings,
    checks: checks.map((check) => ({
      ...check,
      findings: findings.filter(({ code }) => code === check.suite).map(({ id }) => id),
    })),
    missing: sorted(missing, (one) => one.what),
    assumptions: sorted(assumptions, (one) => `${one.code} ${one.resource}`),
  };
}

/** How many findings there are of each severity, without those that are suppressed. */
export function summaryOf(findings: readonly AuditFinding[]): Readonly<Record<Severity, number>> {
  const summary = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
  for (const { severity, status } of findings) if (status !== 'suppressed') summary[severity] += 1;
  return summary;
}

function sorted<T>(list: readonly T[], keyOf: (one: T) => string): readonly T[] {
  const unique = new Map(list.map((one) => [keyOf(one), one]));
  return [...unique].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}
