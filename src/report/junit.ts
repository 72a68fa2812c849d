/**
 * Checks, findings and flow changes as JUnit XML, for the test pages of CI systems. Every policy and every expectation is
 * a case, so that what held is seen as well; what the baseline or a suppression knows is skipped, with the reason.
 */
import { create } from 'xmlbuilder2';
import type { AuditCheck, AuditFinding, AuditResult, ReportFacts } from '../model/audit.ts';
import type { NetworkDiff } from '../model/diff.ts';
import { becauseText, flowText, missingOf, resourceText, roleText, trafficText, witnessText } from './facts.ts';
import { safe } from './safe-text.ts';

interface Case {
  readonly suite: string;
  readonly name: string;
  readonly result?: { readonly as: 'failure' | 'error' | 'skipped'; readonly type: string; readonly message: string };
  readonly details?: string;
}

/** One suite a policy, gotcha or intent, one for the flows; never without a case. */
export function junitReport(facts: ReportFacts): string {
  const cases = [
    ...(facts.audit === undefined ? [] : auditCases(facts.audit)),
    ...(facts.diff === undefined ? [] : diffCases(facts.diff)),
    ...missingOf(facts).map(
      ({ what, fetch }): Case => ({
        suite: 'not decided',
        name: what,
        result: { as: 'skipped', type: 'missing', message: fetch ?? 'nothing can fetch it' },
      }),
    ),
  ];
  const suites = new Map<string, Case[]>();
  for (const one of cases) suites.set(one.suite, [...(suites.get(one.suite) ?? []), one]);
  const root = create({ version: '1.0', encoding: 'UTF-8' }).ele('testsuites', {
    name: safe(facts.title),
    ...counts(cases),
  });
  for (const [name, members] of suites) {
    const suite = root.ele('testsuite', { name: safe(name), ...counts(members) });
    for (const { name: title, suite: of, result, details } of members) {
      const element = suite.ele('testcase', { classname: safe(of), name: safe(title) });
      if (result !== undefined) {
        const told = element.ele(result.as, {
          ...(result.as === 'skipped' ? {} : { type: safe(result.type) }),
          message: safe(result.message),
        });
        if (details !== undefined && result.as !== 'skipped') told.txt(xml(details));
      } else if (details !== undefined) element.ele('system-out').txt(xml(details));
    }
  }
  return `${root.end({ prettyPrint: true })}\n`;
}

function counts(cases: readonly Case[]): Record<string, string> {
  const of = (as: string) => String(cases.filter(({ result }) => result?.as === as).length);
  return { tests: String(cases.length), failures: of('failure'), errors: of('error'), skipped: of('skipped') };
}

/** A check without findings is one case; else each finding is one, under the check's name. */
function auditCases({ checks, findings }: AuditResult): Case[] {
  const byId = new Map(findings.map((finding) => [finding.id, finding]));
  const told = new Set<string>();
  const cases = checks.flatMap((check): Case[] => {
    const mine = check.findings.flatMap((id) => byId.get(id) ?? []);
    for (const { id } of mine) told.add(id);
    if (check.kind === 'intent' || mine.length === 0) return [checkCase(check, mine)];
    return mine.map((finding) => findingCase(check.suite, finding));
  });
  return [...cases, ...findings.filter(({ id }) => !told.has(id)).map((one) => findingCase(one.code, one))];
}

function checkCase({ kind, suite, name, outcome, message }: AuditCheck, findings: readonly AuditFinding[]): Case {
  const plain = { suite: `${kind} ${suite}`, name };
  const known = findings.length > 0 && findings.every(({ status }) => status !== 'new');
  if (outcome === 'failed' && known) return { ...plain, result: skippedResult(findings[0]!) };
  const text = message ?? findings[0]?.message ?? '';
  const details = findings.map(detailsOf).join('\n\n');
  if (outcome === 'failed') return { ...plain, result: { as: 'failure', type: suite, message: text }, details };
  if (outcome === 'undetermined') return { ...plain, result: { as: 'error', type: 'undetermined', message: text } };
  return plain;
}

function findingCase(suite: string, finding: AuditFinding): Case {
  const flow = flowText(finding);
  const plain = {
    suite: `policy ${suite}`,
    name: `${finding.title}: ${resourceText(finding)}${flow === undefined ? '' : `, ${flow}`}`,
    details: detailsOf(finding),
  };
  if (finding.status !== 'new') return { ...plain, result: skippedResult(finding) };
  if (finding.severity === 'info') return plain;
  return {
    ...plain,
    result: { as: 'failure', type: `${finding.code} (${finding.severity})`, message: finding.message },
  };
}

function skippedResult({ status, suppression }: AuditFinding): NonNullable<Case['result']> {
  const until = suppression?.expires === undefined ? '' : ` until ${suppression.expires}`;
  const by = suppression?.owner === undefined ? '' : ` by ${suppression.owner}`;
  return {
    as: 'skipped',
    type: status,
    message: status === 'suppressed' ? `suppressed${by}${until}: ${suppression?.reason ?? ''}` : 'in the baseline',
  };
}

function detailsOf(finding: AuditFinding): string {
  const places = (finding.places ?? []).map(
    ({ file, pointer, line }) =>
      `${file}${pointer === undefined ? '' : `#${pointer}`}${line === undefined ? '' : `:${line}`}`,
  );
  return [
    finding.message,
    ...(finding.fix === undefined ? [] : [`fix: ${finding.fix}`]),
    ...(finding.path ?? []).map(({ resource, message }) => `  ${resource}: ${message}`),
    ...places.map((place) => `at ${place}`),
    `see ${finding.source}`,
  ].join('\n');
}

/** A flow that changes is a case that fails: the expectation is that nothing does. */
function diffCases({ flows }: NetworkDiff): Case[] {
  if (flows.length === 0) return [{ suite: 'flows', name: 'no flow changes' }];
  return flows.map((flow) => ({
    suite: 'flows',
    name: `${flow.change}: ${roleText(flow.from)} -> ${roleText(flow.to)}, ${trafficText(flow)}`,
    result: { as: 'failure', type: flow.change, message: `for example ${witnessText(flow.witness)}` },
    details: flow.because.map((one) => `because of ${becauseText(one)}`).join('\n'),
  }));
}

/** XML has no way to write most control characters, not even as references; line ends stay. */
function xml(text: string): string {
  return text.split('\n').map(safe).join('\n');
}
