/**
 * What a pull request is told in one comment: what opens, what closes, a small picture of it, and which policies are at
 * stake. As much as fits; the whole report stands elsewhere.
 */
import type { AuditFinding } from '../model/audit.ts';
import type { FlowChange, FlowChangeKind } from '../model/diff.ts';
import type { Missing } from '../model/origin.ts';
import type { Severity } from '../model/results.ts';
import { flowPicture } from './flow-picture.ts';
import { becauseText, flowText, resourceText, roleText, trafficText } from './facts.ts';
import { markdownCode as code, markdownText as prose } from './markup.ts';

export interface PullRequestFacts {
  readonly flows: readonly FlowChange[];
  readonly findings: readonly AuditFinding[];
  readonly missing: readonly Missing[];
}

export interface PullRequestOptions {
  /** Hidden first line by which the comment is found again. */
  readonly marker: string;
  /** What was looked at: the folder of the configuration. */
  readonly subject: string;
  /** Where the whole report stands. */
  readonly link?: string;
  /** The most characters that the comment may have. */
  readonly limit: number;
}

const MOST_CAUSES = 3;
const MARKS: Readonly<Record<Severity, string>> = {
  critical: '🔴',
  high: '🔴',
  medium: '🟠',
  low: '🟡',
  info: '⚪',
};

/** The comment; its sections are cut to what fits below `limit`, and say how much they leave out. */
export function pullRequestMarkdown(facts: PullRequestFacts, options: PullRequestOptions): string {
  for (const most of [50, 25, 10, 5, 2, 0]) {
    const text = comment(facts, options, most);
    if (text.length <= options.limit) return text;
  }
  return comment({ flows: [], findings: [], missing: [] }, options, 0, 'The report is too long for a comment.');
}

function comment(facts: PullRequestFacts, options: PullRequestOptions, most: number, instead?: string): string {
  const { flows, missing } = facts;
  const findings = facts.findings.filter(({ status }) => status === 'new');
  const isClean = flows.length === 0 && findings.length === 0;
  const picture = most === 0 ? undefined : flowPicture(flows);
  const head = `### ${isClean && missing.length === 0 ? '✅' : findings.some(isGrave) ? '❌' : 'ℹ️'} netaudit: ${headline(flows, findings)}`;
  const where = options.subject === '.' ? [] : [`In ${code(options.subject)}.`, ''];
  return [
    options.marker,
    head,
    '',
    ...where,
    ...(instead === undefined ? [] : [instead, '']),
    ...(picture === undefined ? [] : ['```mermaid', picture, '```', '']),
    ...flowTable('Opens', flows, ['opened', 'widened'], most),
    ...flowTable('Closes', flows, ['closed', 'narrowed'], most),
    ...findingList(findings, most),
    ...missingList(missing, most),
    ...(options.link === undefined ? [] : [`[The whole report](${options.link})`, '']),
  ].join('\n');
}

const isGrave = ({ severity }: AuditFinding) => severity === 'critical' || severity === 'high';

function headline(flows: readonly FlowChange[], findings: readonly AuditFinding[]): string {
  const count = (list: readonly unknown[], one: string, many: string) =>
    list.length === 0 ? [] : [`${list.length} ${list.length === 1 ? one : many}`];
  const gained = flows.filter(({ change }) => change === 'opened' || change === 'widened');
  const lost = flows.filter(({ change }) => change === 'closed' || change === 'narrowed');
  const parts = [
    ...count(gained, 'flow opens', 'flows open'),
    ...count(lost, 'flow closes', 'flows close'),
    ...count(findings, 'new finding', 'new findings'),
  ];
  return parts.length === 0 ? 'no flow changes, no policy violated' : parts.join(', ');
}

function flowTable(
  title: string,
  flows: readonly FlowChange[],
  kinds: readonly FlowChangeKind[],
  most: number,
): string[] {
  const mine = flows.filter(({ change }) => kinds.includes(change));
  if (mine.length === 0) return [];
  const rows = mine.slice(0, most).map((flow) => {
    const causes = flow.because.slice(0, MOST_CAUSES).map((one) => code(becauseText(one)));
    const others = flow.because.length - causes.length;
    return `| ${code(roleText(flow.from))} | ${code(roleText(flow.to))} | ${code(trafficText(flow))} | ${causes.join(', ')}${others > 0 ? ` and ${others} more` : ''} |`;
  });
  return [
    `**${title}**`,
    '',
    '| from | to | what | because of |',
    '| --- | --- | --- | --- |',
    ...rows,
    ...more(mine.length - rows.length),
    '',
  ];
}

function findingList(findings: readonly AuditFinding[], most: number): string[] {
  if (findings.length === 0) return [];
  const rows = findings.slice(0, most).map((finding) => {
    const place = finding.places?.find(({ line }) => line !== undefined);
    const flow = flowText(finding);
    const parts = [
      `${MARKS[finding.severity]} **${finding.severity}** ${prose(finding.title)}`,
      ...(flow === undefined ? [] : [code(flow)]),
      `${prose(finding.message)} ${code(resourceText(finding))}${place === undefined ? '' : ` (${code(`${place.file}:${place.line}`)})`}`,
      ...(finding.fix === undefined ? [] : [prose(finding.fix)]),
    ];
    return `- ${parts.join('<br>')}`;
  });
  return ['**Policies at stake**', '', ...rows, ...more(findings.length - rows.length), ''];
}

function missingList(missing: readonly Missing[], most: number): string[] {
  if (missing.length === 0) return [];
  const rows = missing
    .slice(0, most)
    .map(({ what, fetch }) => `- ${prose(what)}${fetch === null ? '' : `: ${code(fetch)}`}`);
  return [
    `<details><summary>Not decided: ${missing.length}</summary>`,
    '',
    'What is missing could change the answer for these; nothing is said of them.',
    '',
    ...rows,
    ...more(missing.length - rows.length),
    '',
    '</details>',
    '',
  ];
}

const more = (count: number): string[] => (count > 0 ? ['', `… and ${count} more.`] : []);
