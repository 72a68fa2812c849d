/** Findings and flow changes as one table, a row each, for spreadsheets. Cells that a spreadsheet would run are made text. */
import { stringify } from 'csv-stringify/sync';
import type { AuditFinding, ReportFacts } from '../model/audit.ts';
import type { FlowChange } from '../model/diff.ts';
import { CHANGE_TITLES, becauseText, missingOf, witnessText } from './facts.ts';
import { safe } from './safe-text.ts';

const COLUMNS = [
  'kind',
  'code',
  'severity',
  'status',
  'title',
  'provider',
  'resource',
  'resource_name',
  'from',
  'to',
  'ports',
  'message',
  'fix',
  'count',
  'file',
  'line',
  'source',
  'suppressed_because',
  'suppressed_by',
  'suppressed_until',
  'id',
] as const;
type Row = Partial<Record<(typeof COLUMNS)[number], string | number>>;

/** RFC 4180 with a line of headings. A finding, a flow change or a missing input is a row; `kind` says which. */
export function csvReport(facts: ReportFacts): string {
  const rows: Row[] = [
    ...(facts.audit?.findings ?? []).map(findingRow),
    ...(facts.diff?.flows ?? []).map(flowRow),
    ...missingOf(facts).map(({ what, fetch }) => ({ kind: 'missing', message: what, fix: fetch ?? '' })),
  ];
  const table = rows.map((row) => COLUMNS.map((column) => cell(row[column])));
  return stringify([[...COLUMNS], ...table], { escape_formulas: true, record_delimiter: '\r\n' });
}

function cell(value: string | number | undefined): string {
  return value === undefined ? '' : safe(String(value));
}

function findingRow(finding: AuditFinding): Row {
  const { suppression, places, resourceName, ...rest } = finding;
  const place = places?.[0];
  return {
    kind: 'finding',
    code: rest.code,
    severity: rest.severity,
    status: rest.status,
    title: rest.title,
    provider: rest.provider ?? '',
    resource: rest.resource,
    resource_name: resourceName ?? '',
    from: rest.from ?? '',
    to: rest.to ?? '',
    ports: rest.ports ?? '',
    message: rest.message,
    fix: rest.fix ?? '',
    count: rest.count ?? 1,
    file: place === undefined ? '' : `${place.file}${place.pointer === undefined ? '' : `#${place.pointer}`}`,
    line: place?.line ?? '',
    source: rest.source,
    suppressed_because: suppression?.reason ?? '',
    suppressed_by: suppression?.owner ?? '',
    suppressed_until: suppression?.expires ?? '',
    id: rest.id,
  };
}

function flowRow(flow: FlowChange): Row {
  const [because] = flow.because;
  return {
    kind: flow.change,
    title: CHANGE_TITLES[flow.change],
    resource: because?.address ?? because?.resource ?? '',
    from: flow.from.role,
    to: flow.to.role,
    ports: `${flow.protocol} ${flow.ports}`,
    message: [
      `for example ${witnessText(flow.witness)}`,
      ...(flow.because.length === 0 ? [] : [`because of ${flow.because.map(becauseText).join(', ')}`]),
    ].join('; '),
    count: Math.max(flow.from.ids.length, 1) * Math.max(flow.to.ids.length, 1),
    file: because?.file ?? '',
    line: because?.line ?? '',
    id: '',
  };
}
