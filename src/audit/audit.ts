/**
 * The audit of a network: what policies, intents and the providers' traps say of it, ranked and compared with what is known.
 */
import { type MatrixEnd, endsOf } from '../engine/matrix-ends.ts';
import { MatrixNetwork, type Sight } from '../engine/matrix-row.ts';
import type { AuditCheck, AuditFinding, AuditResult } from '../model/audit.ts';
import type { ProviderView } from '../model/finding.ts';
import type { Network } from '../model/network.ts';
import type { Severity } from '../model/results.ts';
import { type Baseline, compared, updatedBaseline } from './baseline.ts';
import { type Draft, type Ranked, findingOf, inOrder, joined } from './finding.ts';
import { FlowJudge, type Part } from './flows.ts';
import { isAboutReplies, judgeFlaws } from './flaws.ts';
import { type Intent, judgeIntents } from './intent.ts';
import { LostReplies } from './lost-replies.ts';
import type { Policy } from './policy.ts';
import { readRows } from './row-pass.ts';
import { type AccountOf, Selectors } from './selector.ts';
import { type BelongingOf, type Suppression, sifted } from './suppression.ts';
import { type InfoOf, sortsLeftOut, trapsOf } from './traps.ts';

/** What is audited: a network, and what its providers know besides. */
export interface AuditSubject {
  readonly network: Network;
  readonly views: readonly ProviderView[];
  /** Which flows are looked at; default all. Rules, objects, intents and traps are looked at all the same. */
  readonly sight?: Sight;
  /** Whom the policies' words stand for, where somebody has asked already. */
  readonly selectors?: Selectors;
}

export interface AuditOptions {
  readonly policies: readonly Policy[];
  readonly intents?: readonly Intent[];
  readonly suppressions?: readonly Suppression[];
  readonly baseline?: Baseline;
  /** Names for addresses: {office: "203.0.113.0/24"}. */
  readonly places?: Readonly<Record<string, string>>;
  /** When suppressions end is judged by this; default now. */
  readonly now?: Date;
}

/** An audit, and the baseline that would know everything that it found. */
export interface Audited {
  readonly result: AuditResult;
  readonly baseline: Baseline;
}

/** Audits a network. Throws SpaceBudgetError where a single question is too big. */
export function auditNetwork(
  { network, views, sight = everything(network), selectors }: AuditSubject,
  options: AuditOptions,
  infoOf: InfoOf = () => undefined,
): Audited {
  const {
    policies,
    intents = [],
    suppressions = [],
    baseline = { entries: [] },
    places = {},
    now = new Date(),
  } = options;
  const { ready } = sight;
  const flows = new FlowJudge(network, sight, policies, selectors ?? selectorsOf({ network, views }, options));
  const replies = policies.some(isAboutReplies) ? new LostReplies(network, sight) : undefined;
  readRows(ready, [flows, ...(replies === undefined ? [] : [replies])]);
  const parts: readonly Part[] = [
    flows.judged(),
    judgeFlaws({ network, ready, facts: views.flatMap((view) => view.facts?.() ?? []), replies }, policies),
    judgeIntents(network, intents, places),
  ];
  const traps = trapsOf(network, ready, views, infoOf, new Set(policies.map(({ code }) => code)));
  const drafts = joined([...parts.flatMap((part) => part.drafts), ...traps]);
  const { left, suppressed, idle } = sifted(drafts, suppressions, now, belongingIn(network, views));
  const { known, fresh, gone } = compared(left, baseline);
  const ranked = inOrder([
    ...fresh.map((draft) => rankedAs(draft, { status: 'new' })),
    ...known.map((draft) => rankedAs(draft, { status: 'unchanged' })),
    ...suppressed.map(({ draft, by: { reason, owner, expires } }) =>
      rankedAs(draft, {
        status: 'suppressed',
        suppression: {
          reason,
          ...(owner === undefined ? {} : { owner }),
          ...(expires === undefined ? {} : { expires }),
        },
      }),
    ),
  ]);
  // Traps are looked for whatever the policies are.
  const ran = new Set([...policies, ...drafts].map(({ code }) => code));
  const isLooked = (code: string) => ran.has(code) || code.startsWith('intent-') || infoOf(code) !== undefined;
  const dropped = gone.filter(({ code }) => isLooked(code));
  const leftOut = sortsLeftOut(ready);
  const notes = [
    ...idle.map(({ file, line, reason }) => `${file}:${line}: no finding needs this suppression (${reason})`),
    ...(dropped.length === 0
      ? []
      : [`${dropped.length} entries of the baseline are found no more; --update-baseline drops them`]),
    ...(leftOut === 0
      ? []
      : [`traps were looked for at a part of the machines only: ${leftOut} more sorts of them were not asked about`]),
  ];
  return { result: resultOf(ranked, parts, policies, notes), baseline: updatedBaseline(baseline, left, isLooked) };
}

/** Whom words stand for in an audit. */
export function selectorsOf({ network, views }: AuditSubject, { places = {} }: AuditOptions): Selectors {
  return new Selectors(network, places, accountsOf(views));
}

/** What an audit looks at in an end besides its packets: which of the policies' words stand for it. */
export function marksBy(selectors: Selectors, { policies }: AuditOptions): (end: MatrixEnd) => string {
  const words = policies.flatMap(({ demand }) =>
    demand.is === 'flaw' ? [] : [demand, ...(demand.is === 'forbidden' ? demand.except : [])],
  );
  const all = new Set(words.flatMap(({ from, to }) => [selectors.of(from), selectors.of(to)]));
  return (end) => [...all].map((selector) => (selector.has(end) ? '+' : '-')).join('');
}

/** Tags, account and region of a thing; of a group or network, those of its first member where it has none itself. */
function belongingIn(network: Network, views: readonly ProviderView[]): BelongingOf {
  return (id) => {
    const place = network.place(id) ?? network.placesNamed(id).map((one) => network.place(one))[0];
    const at = place?.interfaces[0] ?? place?.members?.[0] ?? id;
    const told = (ask: (view: ProviderView) => string | undefined) => views.map(ask).find((one) => one !== undefined);
    return {
      tags: place?.tags ?? {},
      account: told((view) => view.accountOf?.(at)),
      region: told((view) => view.regionOf?.(at)),
    };
  };
}

function accountsOf(views: readonly ProviderView[]): AccountOf {
  return (id) => views.map((view) => view.accountOf?.(id)).find((account) => account !== undefined);
}

function everything(network: Network): Sight {
  return { ready: new MatrixNetwork(network, endsOf(network)), toward: () => 'everybody' };
}

function rankedAs(draft: Draft, over: Partial<AuditFinding>): Ranked {
  return { draft, finding: { ...findingOf(draft), ...over } };
}

function resultOf(
  ranked: readonly Ranked[],
  parts: readonly Part[],
  policies: readonly Policy[],
  notes: readonly string[],
): AuditResult {
  const meant = new Map(policies.map(({ code, why, fix, links }) => [code, { why, fix, links }]));
  const findings = ranked.map(({ finding }) => finding);
  const idsOf = (check: Omit<AuditCheck, 'findings'>) =>
    ranked
      .filter(({ draft, finding }) =>
        check.kind === 'policy' ? finding.code === check.suite : draft.check === check.name,
      )
      .map(({ finding }) => finding.id);
  return {
    summary: summaryOf(findings),
    findings,
    checks: parts
      .flatMap((part) => part.checks)
      .map((check) => ({
        ...check,
        ...(check.kind === 'policy' ? meant.get(check.suite) : undefined),
        findings: idsOf(check),
      })),
    missing: sorted(
      parts.flatMap((part) => part.missing),
      (one) => one.what,
    ),
    assumptions: sorted(
      parts.flatMap((part) => part.assumptions),
      (one) => `${one.code} ${one.resource}`,
    ),
    ...(notes.length === 0 ? {} : { notes }),
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
