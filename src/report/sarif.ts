/**
 * Findings and flow changes as SARIF 2.1.0 (OASIS), for code scanning. Stays inside GitHub's limits: 5,000 results shown a
 * run, 10 MB compressed, 20 tags a rule, 1,000 locations a result
 * (https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning).
 */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { CodeFlow, Location, Log, Notification, ReportingDescriptor, Result, Run } from 'sarif';
import type { AuditCheck, AuditFinding, FindingPlace, PathStep, ReportFacts } from '../model/audit.ts';
import type { FlowChange } from '../model/diff.ts';
import type { Severity } from '../model/results.ts';
import {
  CHANGE_TITLES,
  becauseText,
  flowKey,
  flowText,
  lackText,
  missingOf,
  roleText,
  trafficText,
  witnessText,
} from './facts.ts';
import { safe, safeJson } from './safe-text.ts';

const MOST_RESULTS = 5000;
const MOST_LOCATIONS = 100;
const MOST_BYTES = 10_000_000;
const MOST_TEXT = 2000;
const MOST_NOTIFICATIONS = 200;

const LEVELS: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
  info: 'note',
};
/** GitHub's own bands: critical from 9.0, high from 7.0, medium from 4.0, low below. */
const SCORES: Readonly<Record<Severity, string>> = {
  critical: '9.5',
  high: '8.0',
  medium: '5.5',
  low: '2.0',
  info: '0.0',
};

/** A log of one run. The most important results are kept where there are too many; a notification says how many are not. */
export function sarifReport(facts: ReportFacts): string {
  const findings = facts.audit?.findings ?? [];
  const flows = facts.diff?.flows ?? [];
  const all = findings.length + flows.length;
  let room = Math.min(MOST_RESULTS, all);
  for (;;) {
    const text = `${safeJson(logOf(facts, findings.slice(0, room), flows.slice(0, room - Math.min(room, findings.length)), all))}\n`;
    if (room === 0 || text.length < MOST_BYTES || gzipSync(text).length < MOST_BYTES) return text;
    room = Math.floor(room * 0.7);
  }
}

function logOf(facts: ReportFacts, findings: readonly AuditFinding[], flows: readonly FlowChange[], all: number): Log {
  const rules = new Map<string, ReportingDescriptor>();
  const policies = new Map(
    (facts.audit?.checks ?? []).flatMap((check) => (check.kind === 'policy' ? [[check.suite, check] as const] : [])),
  );
  for (const finding of findings)
    if (!rules.has(finding.code)) rules.set(finding.code, findingRule(finding, policies.get(finding.code)));
  for (const { change } of flows) if (!rules.has(ruleOf(change))) rules.set(ruleOf(change), flowRule(change));
  const numbers = new Map([...rules.keys()].map((id, i) => [id, i]));
  const left = all - findings.length - flows.length;
  const notes: Notification[] = [
    ...(left === 0
      ? []
      : [
          note(
            `${left} more results are left out: code scanning shows at most ${MOST_RESULTS}. --format json lists all.`,
          ),
        ]),
    ...missingOf(facts)
      .slice(0, MOST_NOTIFICATIONS)
      .map((one) => note(`not decided: ${lackText(one)}`)),
  ];
  const run: Run = {
    tool: { driver: { name: 'netaudit', rules: [...rules.values()] } },
    automationDetails: { id: `${facts.title.split(' ').slice(0, 2).join('/')}/` },
    columnKind: 'utf16CodeUnits',
    invocations: [{ executionSuccessful: true, toolExecutionNotifications: notes }],
    results: [
      ...findings.map((finding) => findingResult(finding, numbers.get(finding.code)!)),
      ...flows.map((flow) => flowResult(flow, numbers.get(ruleOf(flow.change))!)),
    ],
  };
  return { $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0', runs: [run] };
}

function note(text: string): Notification {
  return { level: 'warning', message: { text: message(text) } };
}

/** What is said of a rule holds for all its findings: of a policy, its own words; of a trap, what its first finding says. */
function findingRule(finding: AuditFinding, policy: AuditCheck | undefined): ReportingDescriptor {
  const { code, title, severity, source, provider } = finding;
  const { why, fix = finding.fix, links = [] } = policy ?? {};
  const help = [`${title}.`, why, fix, ...links.filter(isPage)].filter((part) => part !== undefined);
  return {
    id: code,
    shortDescription: { text: message(title) },
    ...(why === undefined ? {} : { fullDescription: { text: message(why) } }),
    help: { text: message(help.join(' ')) },
    ...(isPage(source) ? { helpUri: source } : {}),
    defaultConfiguration: { level: LEVELS[severity] },
    properties: {
      tags: ['security', 'network', ...(provider === undefined ? [] : [safe(provider)])],
      'security-severity': SCORES[severity],
      precision: 'very-high',
    },
  };
}

function findingResult(finding: AuditFinding, ruleIndex: number): Result {
  const { code, severity, resource, resourceName, id, status, suppression, path } = finding;
  const flow = flowText(finding);
  const text = [
    ...(flow === undefined ? [] : [`${flow}:`]),
    finding.message,
    ...(finding.fix === undefined ? [] : [`Fix: ${finding.fix}`]),
  ].join(' ');
  const places = (finding.places ?? []).slice(0, MOST_LOCATIONS);
  const at = places[0];
  return {
    ruleId: code,
    ruleIndex,
    level: LEVELS[severity],
    message: { text: message(text) },
    locations: [location(at, resource, resourceName)],
    ...(places.length < 2
      ? {}
      : { relatedLocations: places.slice(1).map((place, i) => ({ id: i + 1, ...location(place) })) }),
    partialFingerprints: fingerprints(id),
    ...(status === 'suppressed' ? {} : { baselineState: status }),
    ...(status === 'suppressed'
      ? { suppressions: [{ kind: 'external', justification: safe(suppression?.reason ?? '') }] }
      : {}),
    ...(path === undefined || path.length === 0 ? {} : { codeFlows: [codeFlow(path, at)] }),
    ...(finding.count === undefined ? {} : { occurrenceCount: finding.count }),
    properties: { 'security-severity': SCORES[severity] },
  };
}

/** Both the tool's own and the one name that GitHub looks at; else it would make one from lines that change. */
function fingerprints(id: string): Record<string, string> {
  return { 'netaudit/v1': safe(id), primaryLocationLineHash: safe(id) };
}

function codeFlow(path: readonly PathStep[], at: FindingPlace | undefined): CodeFlow {
  const locations = path.slice(0, MOST_LOCATIONS).map((step) => ({
    location: {
      ...location(step.place ?? at, step.resource),
      message: { text: message(`${step.resource}: ${step.message}`) },
    },
  }));
  return { threadFlows: [{ locations }] };
}

const ruleOf = (change: FlowChange['change']) => `flow-${change}`;

function flowRule(change: FlowChange['change']): ReportingDescriptor {
  return {
    id: ruleOf(change),
    shortDescription: { text: CHANGE_TITLES[change] },
    help: { text: `${CHANGE_TITLES[change]}. Check that this is meant.` },
    defaultConfiguration: { level: 'warning' },
    properties: { tags: ['security', 'network'], precision: 'very-high' },
  };
}

function flowResult(flow: FlowChange, ruleIndex: number): Result {
  const [first, ...others] = flow.because.map(({ file, line, address, resource }) =>
    location(
      file === null || file === '' ? undefined : { file, ...(line === null ? {} : { line }) },
      address ?? resource,
    ),
  );
  const because = flow.because.length === 0 ? '' : ` Because of ${flow.because.map(becauseText).join(', ')}.`;
  const text = `${flow.change}: ${roleText(flow.from)} -> ${roleText(flow.to)}, ${trafficText(flow)}, for example ${witnessText(flow.witness)}.${because}`;
  return {
    ruleId: ruleOf(flow.change),
    ruleIndex,
    level: 'warning',
    message: { text: message(text) },
    locations: [first ?? location(undefined, flow.to.role)],
    ...(others.length === 0
      ? {}
      : { relatedLocations: others.slice(0, MOST_LOCATIONS).map((one, i) => ({ id: i + 1, ...one })) }),
    partialFingerprints: fingerprints(createHash('sha256').update(flowKey(flow)).digest('hex').slice(0, 20)),
  };
}

/** Code scanning shows only what has a file: what no file holds stands at the snapshot as a whole. */
function location(place: FindingPlace | undefined, resource?: string, name?: string): Location {
  const file = place === undefined || place.file === '' ? 'snapshot' : place.file;
  return {
    physicalLocation: { artifactLocation: { uri: uriOf(file) }, region: { startLine: Math.max(1, place?.line ?? 1) } },
    ...(resource === undefined
      ? {}
      : {
          logicalLocations: [
            {
              name: safe(name ?? resource),
              fullyQualifiedName: safe(`${resource}${place?.pointer === undefined ? '' : ` at ${place.pointer}`}`),
              kind: 'resource',
            },
          ],
        }),
  };
}

/** A relative reference, or a file: address; every odd character encoded. */
function uriOf(file: string): string {
  const path = file.replaceAll('\\', '/');
  const encoded = path
    .split('/')
    .map((part) => encodeURIComponent(part.toWellFormed()))
    .join('/');
  if (path.startsWith('/')) return `file://${encoded}`;
  return /^[a-z]:\//i.test(path) ? `file:///${encoded}` : encoded;
}

/** Plain text of a SARIF message: brackets would be links, braces placeholders (3.11.5, 3.11.6). */
function message(text: string): string {
  const short = text.length <= MOST_TEXT ? text : `${text.slice(0, MOST_TEXT)}...`;
  return safe(short)
    .replace(/[\\[\]]/g, '\\$&')
    .replace(/[{}]/g, '$&$&');
}

function isPage(source: string): boolean {
  return /^https:\/\/[\w.~:/?#@!$&'*+,;=%-]+$/.test(source);
}
