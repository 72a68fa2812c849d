/**
 * Findings and flow changes as GitHub Markdown: for a comment on a pull request, a step summary, a ticket. Names of strangers
 * can't become markup, links or mentions. It stays below the 64 KB that a comment may have; what is left out is counted.
 */
import type { AuditFinding, ReportFacts } from '../model/audit.ts';
import type { FlowChange, NetworkDiff } from '../model/diff.ts';
import {
  CHANGES,
  becauseText,
  flowText,
  missingOf,
  resourceText,
  roleText,
  severityCounts,
  trafficText,
  witnessText,
} from './facts.ts';
import { markdownCode, markdownLink, markdownText } from './markup.ts';

const MOST_CHARACTERS = 60_000;
const MOST_TEXT = 600;
/** Rows of one code: a thousand alike ones would leave no room for the others. */
const MOST_ALIKE = 20;

/** A heading, what counts first, then tables. */
export function markdownReport(facts: ReportFacts): string {
  const page = new Page();
  page.add(`## ${markdownText(facts.title)}\n`);
  if (facts.diff !== undefined) flowsPart(page, facts.diff);
  if (facts.audit !== undefined) findingsPart(page, facts.audit.findings, severityCounts(facts.audit.summary));
  const missing = missingOf(facts);
  if (missing.length > 0) {
    page.add('\n### Not decided\n\nThe snapshot does not hold what these hang on:\n\n');
    page.rows(missing, ({ what, fetch }) => `- ${prose(what)}${fetch === null ? '' : `: ${markdownCode(fetch)}`}\n`);
  }
  return page.text;
}

/** A page that stays below its limit. */
class Page {
  text = '';

  add(text: string): void {
    this.text += text;
  }

  /** As many as there is room for. */
  rows<T>(items: readonly T[], rowOf: (item: T) => string): void {
    for (const [i, item] of items.entries()) {
      const row = rowOf(item);
      if (this.text.length + row.length > MOST_CHARACTERS) {
        this.text += `\n${items.length - i} more: \`--format json\` lists them all.\n`;
        return;
      }
      this.text += row;
    }
  }
}

function flowsPart(page: Page, { flows, summary }: NetworkDiff): void {
  const counts = CHANGES.filter((kind) => summary[kind] > 0).map((kind) => `**${summary[kind]} ${kind}**`);
  page.add(`\n${counts.length === 0 ? 'No flow changes.' : counts.join(', ')}\n`);
  if (flows.length === 0) return;
  page.add('\n| Change | From | To | What | Because of | For example |\n| --- | --- | --- | --- | --- | --- |\n');
  const sorted = CHANGES.flatMap((kind) => flows.filter((flow) => flow.change === kind));
  page.rows(sorted, (flow: FlowChange) => {
    const because = flow.because.slice(0, 5).map((one) => markdownCode(short(becauseText(one))));
    return `| ${flow.change} | ${markdownCode(short(roleText(flow.from)))} | ${markdownCode(short(roleText(flow.to)))} | ${prose(trafficText(flow))} | ${because.join(', ')} | ${markdownCode(witnessText(flow.witness))} |\n`;
  });
}

function findingsPart(page: Page, findings: readonly AuditFinding[], counts: string | undefined): void {
  const shown = findings.filter(({ status }) => status !== 'suppressed');
  const hidden = findings.length - shown.length;
  page.add(
    `\n${counts === undefined ? 'No findings.' : `**${counts}**`}${hidden === 0 ? '' : ` (${hidden} suppressed)`}\n`,
  );
  if (shown.length === 0) return;
  page.add('\n| Severity | Finding | Where | What to do |\n| --- | --- | --- | --- |\n');
  const rows = [...Map.groupBy(shown, ({ severity, code }) => `${severity} ${code}`).values()].flatMap((alike) => [
    ...alike.slice(0, MOST_ALIKE),
    ...(alike.length > MOST_ALIKE ? [{ like: alike[0]!, more: alike.length - MOST_ALIKE }] : []),
  ]);
  page.rows(rows, (row) => {
    if ('like' in row) return moreRow(row);
    const finding = row;
    const flow = flowText(finding);
    const what = [
      `**${prose(finding.title)}**${finding.count === undefined ? '' : ` (${finding.count})`}`,
      ...(flow === undefined ? [] : [markdownCode(short(flow))]),
      prose(finding.message),
    ].join('<br>');
    const known = finding.status === 'unchanged' ? ' (known)' : '';
    const fix = finding.fix === undefined ? '' : `${prose(finding.fix)} `;
    return `| ${finding.severity}${known} | ${what} | ${markdownCode(short(resourceText(finding)))} | ${fix}${markdownLink(finding.code, finding.source)} |\n`;
  });
}

/** Stands for alike findings that would hide what comes after them. */
function moreRow({ like, more }: { readonly like: AuditFinding; readonly more: number }): string {
  return `| ${like.severity} | and ${more} more: ${prose(like.title)} | | ${markdownLink(like.code, like.source)} |\n`;
}

function prose(text: string): string {
  return markdownText(short(text));
}

function short(text: string): string {
  return text.length <= MOST_TEXT ? text : `${text.slice(0, MOST_TEXT)}...`;
}
