/** netaudit as a library: load a snapshot, build the network, ask, compare, judge. */
import { type Estate, answerable, builtBy } from './core.ts';
import { interfacesNamed } from './engine/words.ts';
import { type MatrixOptions } from './engine/matrix.ts';
import { parsePorts } from './engine/ports.ts';
import { type RoleOf, diffNetworks, differenceOf } from './diff/diff.ts';
import { changedRecords } from './diff/records.ts';
import type { NetworkDiff } from './model/diff.ts';
import { type AuditOptions, type Audited, auditNetwork, marksBy, selectorsOf } from './audit/audit.ts';
import { newlyFound } from './audit/newly.ts';
import type { AuditFinding, AuditResult } from './model/audit.ts';
import { NEUTRAL_CODES } from './gotchas/codes.ts';
import type { CodeInfo } from './model/finding.ts';
import type { Network } from './model/network.ts';
import type { Missing } from './model/origin.ts';
import { type ReadFolder, Sources, TerraformPlan, type TerraformSide, readPlan } from './terraform/index.ts';
import { PROVIDERS } from './providers/all.ts';
import type { Snapshot } from './snapshot/documents.ts';
import type { Refusals } from './snapshot/refused.ts';

export { type Estate, answerable, ask, loadSnapshot } from './core.ts';
export { QuestionError, parsePorts } from './engine/ports.ts';
export { ContradictionError } from './model/origin.ts';
export { SnapshotError } from './snapshot/documents.ts';
export type { EndpointOptions } from './engine/words.ts';
export type { ReachOptions } from './engine/reach.ts';
export type { Network } from './model/network.ts';
export type { CodeInfo } from './model/finding.ts';
export type { Change } from './model/change.ts';
export type { Flow } from './model/flow.ts';
export type { Answer, Blocker, Gotcha, Verdict } from './model/results.ts';
export type { Snapshot } from './snapshot/documents.ts';
export { type Changes, type DiffOptions, type RoleOf, diffNetworks } from './diff/diff.ts';
export { type MatrixOptions, matrixSlice } from './engine/matrix.ts';
export { joinSlices } from './engine/matrix-join.ts';
export type { MatrixEnd } from './engine/matrix-ends.ts';
export type { Because, FlowChange, NetworkDiff } from './model/diff.ts';
export type { Matrix, MatrixCell, MatrixClass, MatrixSlice } from './model/matrix.ts';
export type { AuditCheck, AuditFinding, AuditResult, ReportFacts } from './model/audit.ts';
export { type Policy, distinct, parsePolicy, parsePolicyList } from './audit/policy.ts';
export type { AuditOptions } from './audit/audit.ts';
export { type Baseline, baselineText, parseBaseline } from './audit/baseline.ts';
export { type Intent, intentsFrom, intentsShape } from './audit/intent.ts';
export { type Suppression, suppressionsShape } from './audit/suppression.ts';
export { PolicyError } from './audit/yaml-file.ts';
export { combined } from './report/combine.ts';
export { REPORT_FORMATS, type ReportFormat, reportAs } from './report/formats.ts';
export { auditJson, auditText } from './report/audit.ts';
export { diffJson, diffText } from './report/diff.ts';
export { planJson, planText } from './report/plan.ts';
export { PlanError } from './terraform/index.ts';
export { matrixText } from './report/matrix.ts';
export { matrixJson } from './report/matrix-json.ts';
export { reachJson } from './report/json.ts';
export { reachLine, reachText } from './report/text.ts';

/** Turns documents into one network; what is bad in them is among its notes and contradictions. */
export function buildNetwork(snapshot: Pick<Snapshot, 'documents'>): Estate {
  return builtBy(PROVIDERS, snapshot);
}

/**
 * What a matrix is asked for, from words: rows and columns are named as in a question, ports are written as after its colon.
 */
export function matrixOptions(
  network: Network,
  words: { readonly from?: readonly string[]; readonly to?: readonly string[]; readonly port?: string },
  places: Readonly<Record<string, string>> = {},
): MatrixOptions {
  const named = (list: readonly string[]) =>
    new Set(list.flatMap((word) => [...interfacesNamed(network, word, { places })]));
  return {
    ...(words.from === undefined || words.from.length === 0 ? {} : { from: named(words.from) }),
    ...(words.to === undefined || words.to.length === 0 ? {} : { to: named(words.to) }),
    ...(words.port === undefined ? {} : { ports: parsePorts(words.port) }),
  };
}

/**
 * What two snapshots differ in: the flows, each due to records that changed. Throws QuestionError, ContradictionError,
 * SpaceBudgetError.
 */
export function diffSnapshots(
  before: Estate & { readonly snapshot: Pick<Snapshot, 'documents'> },
  after: Estate & { readonly snapshot: Pick<Snapshot, 'documents'> },
): NetworkDiff {
  const { list, without } = changedRecords(before.snapshot.documents, after.snapshot.documents);
  const diff = diffNetworks(answerable(before), answerable(after), {
    changes: {
      list,
      without: (dropped) => buildNetwork({ documents: without(dropped) as Snapshot['documents'] }).network,
    },
  });
  return { ...diff, missing: [...diff.missing, ...before.refusals.missing, ...after.refusals.missing] };
}

/**
 * What policies, intents and the providers' traps find in an estate. Throws QuestionError, ContradictionError,
 * SpaceBudgetError.
 */
export function audit(estate: Estate, options: AuditOptions): AuditResult {
  return auditWithBaseline(estate, options).result;
}

/** The same, and the baseline that would know everything that was found. */
export function auditWithBaseline(estate: Estate, options: AuditOptions): Audited {
  const audited = auditNetwork({ network: answerable(estate), views: estate.views }, options, (code) =>
    CODES.get(code),
  );
  const { refusals } = estate;
  return refusals.missing.length === 0 ? audited : { ...audited, result: undecided(audited.result, refusals) };
}

/** What was not collected may hold what a policy forbids: nothing has passed for certain. */
function undecided(result: AuditResult, refusals: Refusals): AuditResult {
  const missing = [...result.missing, ...refusals.missing];
  if (!refusals.isSilent) return { ...result, missing };
  const checks = result.checks.map((check) =>
    check.outcome === 'passed' ? { ...check, outcome: 'undetermined' as const } : { ...check, undetermined: true },
  );
  return { ...result, missing, checks };
}

/** Every code that an answer may carry, sorted. */
export function allCodes(): readonly CodeInfo[] {
  return [...NEUTRAL_CODES, ...PROVIDERS.flatMap((provider) => provider.codes)].sort((a, b) =>
    a.code < b.code ? -1 : 1,
  );
}

const CODES: ReadonlyMap<string, CodeInfo> = new Map(allCodes().map((info) => [info.code, info]));

/** What a code means; a provider's own explanation code for the same thing is understood too. */
export function explain(word: string): readonly CodeInfo[] {
  const lower = word.toLowerCase();
  return allCodes().filter(
    (info) => info.code === lower || info.aliases?.some((alias) => alias.toLowerCase() === lower),
  );
}

/** What a plan does, with what it could not read. */
export interface PlanResult {
  readonly diff: NetworkDiff;
  /** What the planned state breaks and the state before did not. */
  readonly audit: AuditResult;
  readonly unread: readonly { readonly type: string; readonly count: number }[];
  /** How many resources the plan changes that can matter to flows. */
  readonly changes: number;
}

/** Reads `terraform show -json`. Throws PlanError for what is none. */
export function readTerraformPlan(text: string, file: string): TerraformPlan {
  return new TerraformPlan(readPlan(text, file), file);
}

/** What a plan is laid over and judged by. */
export interface PlanOptions extends Partial<AuditOptions> {
  /** The documents of what exists. */
  readonly documents?: Snapshot['documents'];
  /** The .tf files of a folder of the configuration, for the line of each change; `root` is what their names begin with. */
  readonly source?: { readonly read: ReadFolder; readonly root?: string };
}

/** What a plan opens and closes, and which policies it breaks. Throws QuestionError, ContradictionError, SpaceBudgetError. */
export function judgePlan(given: TerraformPlan, options: PlanOptions = {}): PlanResult {
  const plan = given.over(options.documents ?? []);
  const sides = { before: plan.before(), after: plan.after() };
  const built = ({ documents }: TerraformSide) => buildNetwork({ documents });
  const estates = { before: built(sides.before), after: built(sides.after) };
  const { source } = options;
  const sources = source === undefined ? undefined : new Sources(plan.plan, source.read, source.root);
  const changed = plan.changed;
  const addressOf = (end: Parameters<RoleOf>[0], side: 'before' | 'after') =>
    [end.interface.id, end.id, end.node.id, end.interface.origin.id]
      .map((id) => sides[side].addressOf(id))
      .find((address) => address !== undefined);
  const existing = new Set(plan.plan.instances.filter((one) => one.before !== null).map((one) => one.address));
  const judgedBy = { policies: [], ...options };
  const selectors = { before: selectorsOf(estates.before, judgedBy), after: selectorsOf(estates.after, judgedBy) };
  const marks = { before: marksBy(selectors.before, judgedBy), after: marksBy(selectors.after, judgedBy) };
  const { diff, touched } = differenceOf(estates.before.network, estates.after.network, {
    // All instances of one block play one role.
    roleOf: (end, side) => blockOf(addressOf(end, side)) ?? end.name ?? end.id,
    sameOf: (end, side) => addressOf(end, side) ?? end.name ?? end.id,
    idOf: (end, side) => {
      const address = addressOf(end, side);
      return address === undefined || (existing.has(address) && blockOf(address) === address) ? end.id : address;
    },
    marksOf: (end, side) => marks[side](end),
    changes: {
      list: changed.map((instance) => {
        const place = sources?.placeOf(instance.address);
        const id = (instance.after ?? instance.before)?.['id'];
        return {
          resource: typeof id === 'string' ? id : instance.address,
          address: instance.address,
          file: place?.file ?? null,
          line: place?.line ?? null,
        };
      }),
      without: (dropped) => built(plan.after(new Set([...dropped].map((i) => changed[i]!.address)))).network,
    },
  });
  const audited = (side: 'before' | 'after') =>
    auditNetwork({ ...estates[side], sight: touched[side], selectors: selectors[side] }, judgedBy, (code) =>
      CODES.get(code),
    ).result;
  const found =
    changed.length === 0
      ? NOTHING_FOUND
      : newlyFound(audited('before'), audited('after'), (id, side) => sides[side].addressOf(id) ?? id);
  return {
    diff: {
      ...diff,
      missing: joined([
        ...diff.missing,
        ...sides.before.missing,
        ...sides.after.missing,
        ...plan.doubts,
        ...estates.before.refusals.missing,
        ...estates.after.refusals.missing,
        ...contradictedBy(estates.before, plan.file),
        ...contradictedBy(estates.after, plan.file),
      ]),
    },
    audit: { ...found, findings: found.findings.map((one) => inPlan(one, sides.after, sources)) },
    unread: plan.unread,
    changes: changed.length,
  };
}

/**
 * What the plan tells otherwise than the snapshot it is laid over. Throws ContradictionError where the snapshot contradicts
 * itself.
 */
function contradictedBy({ network }: Estate, file: string): Missing[] {
  return network.contradictions.map((contradiction) => {
    if (!contradiction.files.includes(file)) throw contradiction;
    return { what: contradiction.message, fetch: null };
  });
}

/** "aws_instance.web[1]" -> "aws_instance.web". */
function blockOf(address: string | undefined): string | undefined {
  return address?.replace(/\[(?:\d+|"(?:[^"\\]|\\.)*")\]$/, '');
}

const NOTHING_FOUND: AuditResult = {
  summary: { critical: 0, high: 0, medium: 0, low: 0, info: 0 },
  findings: [],
  checks: [],
  missing: [],
  assumptions: [],
};

/** A finding by the address of its resource in the configuration, and where that stands. */
function inPlan(finding: AuditFinding, side: TerraformSide, sources: Sources | undefined): AuditFinding {
  const address = side.addressOf(finding.resource);
  if (address === undefined) return finding;
  const place = sources?.placeOf(address);
  return { ...finding, resourceName: address, ...(place === undefined ? {} : { places: [place] }) };
}

/** Each once, in the order of their words. */
function joined(list: readonly Missing[]): Missing[] {
  return [...new Map(list.map((one) => [one.what, one])).values()].sort((a, b) => (a.what < b.what ? -1 : 1));
}
