/**
 * Which records differ between two snapshots, and the later snapshot with some of these changes left out. Knows no provider:
 * a record is told by the field that names each record of its kind.
 */
import type { ProviderDocument } from '../model/finding.ts';
import type { Because } from '../model/diff.ts';

type Json = Readonly<Record<string, unknown>>;

/** One record that was added, removed or changed. */
interface ChangedRecord {
  readonly because: Because;
  readonly before?: Found;
  readonly after?: Found;
}

interface Found {
  readonly document: ProviderDocument;
  /** Absent where the whole document is one answer. */
  readonly index?: number;
}

/** The changed records, and the documents of the later snapshot without some of them (by their places in the list). */
export function changedRecords<D extends ProviderDocument>(
  before: readonly D[],
  after: readonly D[],
): {
  readonly list: readonly Because[];
  readonly without: (dropped: ReadonlySet<number>) => readonly ProviderDocument[];
} {
  const fields = identities([...before, ...after]);
  const [old, now] = [recordsIn(before, fields), recordsIn(after, fields)];
  const changes: ChangedRecord[] = [];
  for (const key of new Set([...old.keys(), ...now.keys()])) {
    const [a, b] = [old.get(key), now.get(key)];
    if (a !== undefined && b !== undefined && textOf(a) === textOf(b)) continue;
    const shown = (b ?? a)!;
    changes.push({
      because: { resource: shownName(shown, fields), address: null, file: shown.document.file, line: null },
      ...(a === undefined ? {} : { before: a }),
      ...(b === undefined ? {} : { after: b }),
    });
  }
  changes.sort((a, b) => (a.because.resource < b.because.resource ? -1 : 1));
  return {
    list: changes.map(({ because }) => because),
    without: (dropped) =>
      withoutChanges(
        after,
        [...dropped].map((i) => changes[i]!),
      ),
  };
}

function withoutChanges(
  after: readonly ProviderDocument[],
  dropped: readonly ChangedRecord[],
): readonly ProviderDocument[] {
  const documents = new Map<ProviderDocument, ProviderDocument | undefined>(after.map((one) => [one, one]));
  const edits = new Map<ProviderDocument, Map<number, unknown>>();
  const back: ProviderDocument[] = [];
  for (const { before, after: now } of dropped) {
    if (now === undefined || now.index === undefined) {
      if (now !== undefined) documents.set(now.document, undefined);
      if (before !== undefined) back.push(before.index === undefined ? before.document : only(before));
      continue;
    }
    const edit = edits.get(now.document) ?? new Map<number, unknown>();
    edit.set(now.index, before === undefined ? undefined : recordOf(before));
    edits.set(now.document, edit);
  }
  for (const [document, edit] of edits) {
    // A record that goes leaves its place to the next one: where records stand in files is not what is asked here.
    const records = document.records.flatMap((record, i) => {
      if (!edit.has(i)) return [record];
      const instead = edit.get(i);
      return instead === undefined ? [] : [instead];
    });
    documents.set(document, { ...document, records });
  }
  return [...[...documents.values()].filter((one) => one !== undefined), ...back];
}

function only({ document, index }: Found): ProviderDocument {
  return {
    ...document,
    records: [document.records[index!]],
    ...(document.placeOf && { placeOf: () => document.placeOf!(index!) }),
  };
}

function recordOf({ document, index }: Found): unknown {
  return index === undefined ? document.records : document.records[index];
}

/** Records by what names them; a document that answers a request of its own is one thing. */
function recordsIn(documents: readonly ProviderDocument[], fields: ReadonlyMap<string, string>): Map<string, Found> {
  const found = new Map<string, Found>();
  const add = (key: string, one: Found) => {
    let free = key;
    for (let copy = 2; found.has(free); copy++) free = `${key} #${copy}`;
    found.set(free, one);
  };
  for (const document of documents) {
    const kind = `${document.provider} ${document.kind}`;
    if (document.request !== undefined) add(`${kind} ${sorted(document.request)}`, { document });
    else
      for (const [index, record] of document.records.entries())
        add(`${kind} ${nameIn(record, fields.get(kind)) ?? sorted(record)}`, { document, index });
  }
  return found;
}

function shownName({ document, index }: Found, fields: ReadonlyMap<string, string>): string {
  if (index === undefined) {
    const asked = Object.values(document.request ?? {}).find((value) => typeof value === 'string');
    return typeof asked === 'string' ? asked : document.kind;
  }
  const record = document.records[index];
  const field = fields.get(`${document.provider} ${document.kind}`);
  if (field === 'selfLink' && isObject(record) && typeof record['name'] === 'string') return record['name'];
  return nameIn(record, field) ?? document.kind;
}

/** For each kind, the field that names its records: all have it, and no two of one snapshot the same value. */
function identities(documents: readonly ProviderDocument[]): ReadonlyMap<string, string> {
  const kinds = new Map<string, Json[]>();
  for (const { provider, kind, request, records } of documents) {
    if (request !== undefined) continue;
    const list = kinds.get(`${provider} ${kind}`) ?? [];
    for (const record of records) if (isObject(record)) list.push(record);
    kinds.set(`${provider} ${kind}`, list);
  }
  const fields = new Map<string, string>();
  for (const [kind, records] of kinds) {
    const names = Object.keys(records[0] ?? {}).filter((field) => isTelling(field, kind) > 0);
    const best = names
      .filter((field) => records.every((record) => typeof record[field] === 'string'))
      .sort((a, b) => isTelling(b, kind) - isTelling(a, kind) || (a < b ? -1 : 1))[0];
    if (best !== undefined) fields.set(kind, best);
  }
  return fields;
}

/**
 * How likely a field names the record itself: "selfLink", "id", "SubnetId" of "Subnets", "GroupId" of "SecurityGroups",
 * "name".
 */
function isTelling(field: string, kind: string): number {
  if (field === 'selfLink') return 6;
  if (field === 'id') return 5;
  const thing = kind.split('@')[0]!.replace(/(ie)?s$/, (_, y: string | undefined) => (y === undefined ? '' : 'y'));
  if (field.endsWith('Id') && field.length > 2 && thing.endsWith(field.slice(0, -2))) return 4;
  if (field === 'name') return 3;
  if (field.endsWith('Arn')) return 2;
  return field.endsWith('Id') ? 1 : 0;
}

function nameIn(record: unknown, field: string | undefined): string | undefined {
  if (!isObject(record)) return undefined;
  const { metadata } = record;
  if (isObject(metadata) && typeof metadata['name'] === 'string')
    return typeof metadata['namespace'] === 'string'
      ? `${metadata['namespace']}/${metadata['name']}`
      : metadata['name'];
  const value = field === undefined ? undefined : record[field];
  return typeof value === 'string' ? value : undefined;
}

function textOf(found: Found): string {
  return sorted(recordOf(found));
}

/** JSON with its keys in order. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    isObject(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
