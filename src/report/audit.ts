/** What an audit found, for people in a hurry and for programs. */
import type { AuditCheck, AuditFinding, AuditResult } from '../model/audit.ts';
import type { Assumption } from '../model/origin.ts';
import { type SnapshotFacts, ageOf } from './age.ts';
import { lackText, resourceText, severityCounts } from './facts.ts';
import { safe, safeJson } from './safe-text.ts';

/** Stable JSON. `more`: what a command adds at the top, such as the history. */
export function auditJson(result: AuditResult, snapshot: SnapshotFacts, more: object = {}): string {
  const { summary, findings, checks, missing, assumptions, notes = [] } = result;
  const facts = { digest: snapshot.digest, collectedAt: snapshot.collectedAt ?? null, files: snapshot.files.length };
  return `${safeJson({ schemaVersion: 1, snapshot: facts, ...more, summary, findings, checks, missing, assumptions, notes })}\n`;
}

const MOST_GROUPS = 40;
const MOST_ALIKE = 5;
const MOST_ASIDE = 20;

/** The first line counts; then what matters most first, each with what to do; then what is not known and what held. */
export function auditText(result: AuditResult, snapshot: SnapshotFacts, now: Date): string {
  const { findings, checks, missing, assumptions } = result;
  const shown = findings.filter(({ status }) => status === 'new');
  const known = findings.filter(({ status }) => status === 'unchanged');
  // With a history, what was found before is known too: nobody need have accepted it.
  const knownAs = findings.some(({ since }) => since !== undefined) ? 'known before' : 'in the baseline';
  const suppressed = findings.filter(({ status }) => status === 'suppressed');
  const aside = [
    ...(known.length === 0 ? [] : [`${known.length} ${knownAs}`]),
    ...(suppressed.length === 0 ? [] : [`${suppressed.length} suppressed`]),
  ];
  const counts = severityCounts(countsOf(shown)) ?? (shown.length === findings.length ? 'No findings' : 'Nothing new');
  const lines = [`${counts}${aside.length === 0 ? '' : ` (${aside.join(', ')})`}  [${safe(ageOf(snapshot, now))}]`];
  lines.push(...findingsLines(shown));
  lines.push(
    ...section(
      `${knownAs[0]!.toUpperCase()}${knownAs.slice(1)}`,
      known.map((one) => `${oneLine(one)}${one.since === undefined ? '' : ` [since ${one.since.slice(0, 10)}]`}`),
    ),
    ...section(
      'Suppressed',
      suppressed.map((one) => `${oneLine(one)}${whySuppressed(one)}`),
    ),
    ...section('Not decided', [
      ...checks
        .filter(({ outcome, undetermined }) => outcome === 'undetermined' || undetermined === true)
        .map(doubtLine),
      ...missing.map(lackText),
    ]),
    ...section('Mind', [
      ...checks.filter(({ outcome, message }) => outcome === 'passed' && message !== undefined).map(doubtLine),
      ...(result.notes ?? []),
    ]),
    ...section(
      'Held',
      checks.filter(({ outcome, undetermined }) => outcome === 'passed' && undetermined !== true).map(heldLine),
    ),
    ...section('Assumed', assumedLines(assumptions)),
  );
  return `${lines.join('\n')}\n`;
}

/** The findings, what matters most first, each below an empty line. */
export function findingsLines(findings: readonly AuditFinding[]): string[] {
  const groups = Map.groupBy(findings, ({ severity, code, title }) => `${severity} ${code} ${title}`);
  const lines = [...groups.values()].slice(0, MOST_GROUPS).flatMap((group) => ['', ...groupLines(group)]);
  return groups.size > MOST_GROUPS
    ? [...lines, '', `and ${groups.size - MOST_GROUPS} more kinds of findings: --format json or csv lists them all`]
    : lines;
}

function countsOf(findings: readonly AuditFinding[]): AuditResult['summary'] {
  const summary = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
  for (const { severity } of findings) summary[severity] += 1;
  return summary;
}

/** Findings of one code under one heading; what to do is said once as far as it is the same. */
function groupLines(group: readonly AuditFinding[]): string[] {
  const { severity, title, code } = group[0]!;
  const shown = group.slice(0, MOST_ALIKE);
  const shared = sharedEnd(shown.map(({ fix }) => fix ?? ''));
  const lines = shown.flatMap((finding) => {
    const own = (finding.fix ?? '').slice(0, (finding.fix ?? '').length - shared.length).trim();
    return [`  ${safe(finding.message)}`, ...(own === '' ? [] : [`    fix: ${safe(own)}`]), ...placeLines(finding)];
  });
  const rest = group.slice(MOST_ALIKE);
  return [
    `${severity.toUpperCase().padEnd(8)}  ${safe(title)}${group.length === 1 ? '' : ` (${group.length} findings)`}`,
    ...lines,
    ...(rest.length === 0
      ? []
      : [
          `  and ${rest.length} more like ${rest.length === 1 ? 'this' : 'these'}, of ${safe(resourcesOf(rest))}: --format json or csv lists them all`,
        ]),
    ...(shared === '' ? [] : [`  fix: ${safe(shared)}`]),
    `  netaudit explain ${safe(code)}`,
  ];
}

/** The whole sentences that all texts end in. */
function sharedEnd(texts: readonly string[]): string {
  const [first = '', ...others] = texts;
  const starts = [0, ...[...first.matchAll(/\. (?=[A-Z])/g)].map(({ index }) => index + 2)];
  const at = starts.find((start) =>
    others.every((text) => text === first.slice(start) || text.endsWith(`. ${first.slice(start)}`)),
  );
  return at === undefined ? '' : first.slice(at);
}

const MOST_RESOURCES = 3;

/** "base-1 (sg-1), base-2 (sg-2) and 40 others". */
function resourcesOf(findings: readonly AuditFinding[]): string {
  const all = [...new Set(findings.map(resourceText))];
  const more = all.length - MOST_RESOURCES;
  return `${all.slice(0, MOST_RESOURCES).join(', ')}${more > 0 ? ` and ${more} others` : ''}`;
}

/** Each kind of assumption once: what is assumed of a thousand networks would hide the rest. */
function assumedLines(assumptions: readonly Assumption[]): string[] {
  return [...Map.groupBy(assumptions, ({ code }) => code).values()].map(([first, ...others]) => {
    const more = others.length === 0 ? '' : ` (and the same of ${others.length} more)`;
    return `${first!.message}${more}`;
  });
}

function placeLines({ places }: AuditFinding): string[] {
  const place = places?.[0];
  if (place === undefined) return [];
  const { file, pointer, line } = place;
  return [`    ${safe(`${file}${pointer === undefined ? '' : `#${pointer}`}${line === undefined ? '' : `:${line}`}`)}`];
}

function oneLine({ severity, code, message }: AuditFinding): string {
  return `${severity} ${code}: ${message}`;
}

function whySuppressed({ suppression }: AuditFinding): string {
  if (suppression === undefined) return '';
  const { reason, owner, expires } = suppression;
  return ` [${reason}${owner === undefined ? '' : `, ${owner}`}${expires === undefined ? '' : `, until ${expires}`}]`;
}

function doubtLine({ suite, name, message }: AuditCheck): string {
  return `${name} (${suite})${message === undefined ? '' : `: ${message}`}`;
}

function heldLine({ suite, name, kind }: AuditCheck): string {
  return kind === 'policy' ? suite : `${suite}: ${name}`;
}

function section(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const more = lines.length > MOST_ASIDE ? [`  and ${lines.length - MOST_ASIDE} more`] : [];
  return ['', title, ...lines.slice(0, MOST_ASIDE).map((line) => `  ${safe(line)}`), ...more];
}
