/**
 * Which AWS answer a JSON document is. Knows the outer shape of every call that is read (one table: list key, kind,
 * call), the wrappers that other tools put around answers, and whose account and region a document shows. Knows nothing
 * of what a record means; hands out the parsed records themselves, after removing the few fields that hold secrets.
 */
import { briefList, briefsOf } from '../../snapshot/brief-list.ts';
import type { Place, Recogniser, Recognition, RecognisedDocument, Scope } from '../../snapshot/documents.ts';
import { pointerToken } from '../../snapshot/documents.ts';
import {
  type Call,
  callOf,
  errorCodeOf,
  isObject,
  type Json,
  nameOf,
  scopeFrom,
  scopeOfFolders,
  scopeOfRecords,
  scopeOfRequest,
  stringOf,
} from './call.ts';
import { AWS_BRIEFS } from './briefs.ts';
import { answersOf, answersOfOperation, type AwsAnswer, type Inside, QUIET_KEYS } from './answers.ts';

/** Gathers what one value turns out to hold. */
interface Found {
  readonly documents: RecognisedDocument[];
  readonly notUnderstood: { why: string; pointer?: string }[];
}

/** The recogniser of everything that AWS, its CLI and tools around it write. */
export const awsRecogniser: Recogniser = {
  provider: 'aws',
  briefs: AWS_BRIEFS,
  recognise(value: unknown, place: Place): Recognition | undefined {
    const found: Found = { documents: [], notUnderstood: [] };
    const folders = scopeOfFolders(place.folders);
    if (Array.isArray(value)) {
      // Pages slurped into one array; a bare list of records does not say what it is.
      const first: unknown = value[0];
      if (!isObject(first) || !isEnvelope(first)) return undefined;
      for (const [i, page] of value.entries()) if (isObject(page)) readEnvelope(page, `/${i}`, folders, found);
    } else if (isObject(value)) readEnvelope(value, '', folders, found);
    return found.documents.length > 0 || found.notUnderstood.length > 0 ? found : undefined;
  },
};

function isEnvelope(value: Json): boolean {
  return Object.hasOwn(value, 'status_code') || Object.keys(value).some((key) => answersOf(key).length > 0);
}

function readEnvelope(value: Json, pointer: string, folders: Scope, found: Found): void {
  if (typeof value['collector_version'] === 'string') return readCollectorFile(value, pointer, folders, found);
  if (typeof value['status_code'] === 'number' && isObject(value['data'])) {
    const { status_code: status, data } = value;
    if (status === 200) return readAnswer(data, `${pointer}/data`, folders, found);
    found.notUnderstood.push({
      pointer,
      why: `a recorded answer with status ${status}${errorCodeOf(data)}: it holds no data`,
    });
    return;
  }
  readAnswer(value, pointer, folders, found);
}

/** An answer of one call, or several merged into one object. */
function readAnswer(value: Json, pointer: string, folders: Scope, found: Found): void {
  const request = isObject(value['$request']) ? value['$request'] : undefined;
  const call = callOf(value, request);
  const keys = Object.keys(value);
  if (request && Array.isArray(value['items'])) return readItems(value, value['items'], call, pointer, folders, found);
  let whole = false;
  for (const key of keys) {
    const content = value[key];
    if (key === '$request' || QUIET_KEYS.has(key)) continue;
    const meanings = answersOf(key);
    if (meanings.length === 0) continue;
    const at = `${pointer}/${pointerToken(key)}`;
    const shaped = meanings.filter((one) => hasShape(one, content));
    const records = Array.isArray(content) ? (content as readonly unknown[]) : [content];
    const meaning = shaped.find((one) => fits(one, records, value, call));
    if (!meaning) {
      const why = whyNone(key, content, meanings, shaped);
      if (why !== undefined) found.notUnderstood.push({ pointer: at, why });
    } else if (meaning.shape === 'answer') {
      whole ||= addDocument(meaning, [value], pointer, call, value, folders, found, () => pointer);
    } else if (meaning.shape === 'object') addDocument(meaning, records, at, call, value, folders, found, () => at);
    else if (meaning.perRecord) addEachMeaning(shaped, records, at, call, value, folders, found);
    else addList(meaning, records, at, call, value, folders, found);
  }
  noteUnknownKeys(value, keys, pointer, whole, found);
}

/** `{"$request":{…},"items":[…]}`: the request must tell what the items are. */
function readItems(
  value: Json,
  items: readonly unknown[],
  call: Call,
  pointer: string,
  folders: Scope,
  found: Found,
): void {
  const at = `${pointer}/items`;
  const named = call.operation === undefined ? [] : answersOfOperation(call.operation);
  const meaning =
    named.find((one) => one.shape === 'list' && fits(one, items, value, call)) ?? onlyOneAbout(call.request);
  if (meaning) return addList(meaning, items, at, call, value, folders, found);
  const [first] = named;
  if (first)
    found.notUnderstood.push({
      pointer: at,
      why: `items of ${first.operation}: the request lacks ${first.about?.join(' or ') ?? 'its parameters'}`,
    });
  else if (
    call.operation !== undefined &&
    (call.request?.['service'] !== undefined || /^(describe|search)-/.test(call.operation))
  ) {
    found.notUnderstood.push({ pointer: at, why: `items of an unknown call (${call.operation.slice(0, 60)})` });
  }
}

/** A list of one meaning, its records directly in it or one level down. */
function addList(
  meaning: AwsAnswer,
  records: readonly unknown[],
  at: string,
  call: Call,
  envelope: Json,
  folders: Scope,
  found: Found,
): void {
  if (meaning.inside) unwrap(meaning, meaning.inside, records, at, call, envelope, folders, found);
  else addDocument(meaning, records, at, call, envelope, folders, found);
}

/** A list whose records say which meaning is theirs. */
function addEachMeaning(
  meanings: readonly AwsAnswer[],
  records: readonly unknown[],
  at: string,
  call: Call,
  envelope: Json,
  folders: Scope,
  found: Found,
): void {
  const [usual] = meanings.filter((one) => !one.when);
  const own = records.map(
    (record) => (isObject(record) ? meanings.find((one) => one.when?.(record, envelope)) : undefined) ?? usual,
  );
  for (const meaning of meanings) {
    const indexes = own.flatMap((one, index) => (one === meaning ? index : []));
    if (
      indexes.length === records.length &&
      (records.length > 0 || meaning === (meanings.find((one) => one.operation === call.operation) ?? usual))
    ) {
      addDocument(meaning, records, at, call, envelope, folders, found);
    } else if (indexes.length > 0) {
      const part = indexes.map((index) => records[index]);
      addDocument(meaning, part, at, call, envelope, folders, found, (index) => `${at}/${indexes[index] ?? index}`);
    }
  }
}

/** Batfish's wrappers and instances within reservations: lists inside the records of a list. */
function unwrap(
  meaning: AwsAnswer,
  inside: Inside,
  outer: readonly unknown[],
  at: string,
  call: Call,
  envelope: Json,
  folders: Scope,
  found: Found,
): void {
  if (inside.merged) {
    const byOwner = new Map<string, { records: unknown[]; places: [number, number][] }>();
    const briefs = briefsOf(outer);
    for (const [i, one] of briefs.entries()) {
      const list = isObject(one) ? one[inside.key] : undefined;
      if (!isObject(one) || !Array.isArray(list)) {
        found.notUnderstood.push({
          pointer: `${at}/${i}/${inside.key}`,
          why: `${inside.key} should be a list and is ${nameOf(list)}`,
        });
        continue;
      }
      const owner = stringOf(one['OwnerId']) ?? '';
      let group = byOwner.get(owner);
      if (!group) byOwner.set(owner, (group = { records: [], places: [] }));
      for (const [j, record] of list.entries()) {
        group.records.push(record);
        group.places.push([i, j]);
      }
    }
    if (outer.length === 0) addDocument(meaning, [], at, call, envelope, folders, found);
    for (const [owner, { records, places }] of byOwner) {
      const scope = owner === '' ? call.scope : { account: owner, ...call.scope };
      const whole = (index: number): unknown => {
        const [i, j] = places[index] ?? [0, index];
        const reservation = outer[i];
        const list = isObject(reservation) ? reservation[inside.key] : undefined;
        return Array.isArray(list) ? list[j] : undefined;
      };
      const all = briefs === outer ? records : briefList(records, whole);
      addDocument(meaning, all, at, { ...call, scope }, envelope, folders, found, (index) => {
        const [i, j] = places[index] ?? [0, index];
        return `${at}/${i}/${inside.key}/${j}`;
      });
    }
    return;
  }
  for (const [i, one] of outer.entries()) {
    const list = isObject(one) ? one[inside.key] : undefined;
    const subject = isObject(one) ? subjectOf(meaning, one) : undefined;
    if (!isObject(one) || !Array.isArray(list))
      found.notUnderstood.push({
        pointer: `${at}/${i}/${inside.key}`,
        why: `${inside.key} should be a list and is ${nameOf(list)}`,
      });
    else if (!subject)
      found.notUnderstood.push({
        pointer: `${at}/${i}`,
        why: `the wrapper lacks ${meaning.about?.join(' or ') ?? 'its subject'}`,
      });
    else
      addDocument(
        meaning,
        list,
        `${at}/${i}/${inside.key}`,
        { ...call, request: { ...subject, ...inside.asked } },
        one,
        folders,
        found,
      );
  }
}

/** np-guard's collector: snake_case sections, each a list of the API's own records (or null for none). */
function readCollectorFile(value: Json, pointer: string, folders: Scope, found: Found): void {
  // It collects other clouds too, into sections of the same names.
  if (value['provider'] !== 'aws') return;
  const call = callOf(value, undefined);
  for (const section of Object.keys(value)) {
    const content = value[section];
    if (content !== null && typeof content !== 'object') continue;
    const at = `${pointer}/${pointerToken(section)}`;
    const key = section.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const meaning = answersOf(key).find((one) => one.kind === key && one.shape === 'list' && !one.about);
    if (!meaning)
      found.notUnderstood.push({ pointer: at, why: `the collector's section ${section.slice(0, 60)} is not read` });
    else if (content !== null && !Array.isArray(content))
      found.notUnderstood.push({ pointer: at, why: `${section} should be a list and is ${nameOf(content)}` });
    else addDocument(meaning, content ?? [], at, call, value, folders, found);
  }
}

/** Arrays that no reader knows, in what is otherwise clearly AWS. */
function noteUnknownKeys(value: Json, keys: readonly string[], pointer: string, asWhole: boolean, found: Found): void {
  if (asWhole) return;
  const known =
    keys.some((key) => answersOf(key).some((meaning) => !meaning.when)) || isObject(value['ResponseMetadata']);
  // Without a known key: only PascalCase throughout looks like AWS.
  if (!known && (found.documents.length > 0 || !keys.every((key) => /^(\$request|[A-Z][A-Za-z0-9]*)$/.test(key))))
    return;
  for (const key of keys) {
    if (!Array.isArray(value[key]) || answersOf(key).length > 0 || QUIET_KEYS.has(key) || !/^[A-Z]/.test(key)) continue;
    found.notUnderstood.push({
      pointer: `${pointer}/${pointerToken(key)}`,
      why: `no AWS call that is read answers with "${key.slice(0, 60)}"`,
    });
  }
  if (Object.hasOwn(value, 'UserData') && Object.hasOwn(value, 'InstanceId'))
    found.notUnderstood.push({ pointer: `${pointer}/UserData`, why: 'user data may hold secrets and is not read' });
}

/** Always true, so that a caller can remember it. */
function addDocument(
  meaning: AwsAnswer,
  all: readonly unknown[],
  at: string,
  call: Call,
  envelope: Json,
  folders: Scope,
  found: Found,
  placeOf?: (index: number) => string,
): true {
  if (meaning.scrub) for (const record of all) if (isObject(record)) meaning.scrub(record);
  const request = call.request ?? (meaning.about ? subjectOf(meaning, envelope) : undefined);
  const scope = scopeFrom([call.scope, scopeOfRecords(briefsOf(all), call.scope), scopeOfRequest(request), folders]);
  found.documents.push({
    kind: meaning.kind,
    pointer: at,
    records: all,
    scope,
    ...(placeOf && { placeOf }),
    ...(request && { request }),
    ...(call.collectedAt !== undefined && { collectedAt: call.collectedAt }),
    ...(all.length === 0 && !isNarrowed(request) && (request || !meaning.about) && { askedNone: true as const }),
    ...(isIncomplete(envelope) && { incomplete: true as const }),
  });
  return true;
}

/** Whether this is the meaning of a list: its records look right, and what must be known of the call is known. */
function fits(meaning: AwsAnswer, records: readonly unknown[], envelope: Json, call: Call): boolean {
  if (
    call.operation !== undefined &&
    call.operation !== meaning.operation &&
    answersOfOperation(call.operation).some((one) => one.key === meaning.key)
  )
    return false;
  if (meaning.when && !meaning.perRecord) {
    const [first] = records;
    if (isObject(first) ? !meaning.when(first, envelope) : call.operation !== meaning.operation) return false;
  }
  if (!meaning.about || meaning.inside) return true;
  if (subjectOf(meaning, call.request ?? {}) || subjectOf(meaning, envelope)) return true;
  return (
    meaning.selfNaming !== undefined &&
    records.every((record) => isObject(record) && stringOf(record[meaning.selfNaming ?? '']) !== undefined)
  );
}

/** The parameters that say what was asked, out of a request or of the object around a list. */
function subjectOf(meaning: AwsAnswer, from: Json): Json | undefined {
  const name = meaning.about?.find((one) => stringOf(from[one]) !== undefined);
  return name === undefined ? undefined : { [name]: from[name] };
}

/** Where a request names no call: the parameter may belong to one answer only. */
function onlyOneAbout(request: Json | undefined): AwsAnswer | undefined {
  return stringOf(request?.['PrefixListId']) === undefined
    ? undefined
    : answersOfOperation('get-managed-prefix-list-entries')[0];
}

/** An empty list says "none" only if everything was asked for; what a call must be told (`about`) does not narrow. */
function isNarrowed(request: Json | undefined): boolean {
  if (!request) return false;
  return Object.keys(request).some((key) => {
    const given = request[key];
    if (/^(.*Ids|Names|.*Arns)$/.test(key)) return !Array.isArray(given) || given.length > 0;
    if (key !== 'Filters' || !Array.isArray(given)) return false;
    // search-transit-gateway-routes needs a filter: this one leaves nothing out.
    return given.some(
      (filter) =>
        !isObject(filter) ||
        filter['Name'] !== 'state' ||
        !Array.isArray(filter['Values']) ||
        filter['Values'].length < 2,
    );
  });
}

function isIncomplete(envelope: Json): boolean {
  return (
    ['NextToken', 'nextToken', 'NextMarker', 'Marker'].some((key) => (stringOf(envelope[key]) ?? '') !== '') ||
    envelope['AdditionalRoutesAvailable'] === true ||
    envelope['IsTruncated'] === true
  );
}

function hasShape(meaning: AwsAnswer, content: unknown): boolean {
  if (meaning.shape === 'list') return Array.isArray(content);
  return isObject(content) || (meaning.shape === 'answer' && content !== null);
}

/** Why a known key has no meaning here; undefined when the key is not AWS's alone. */
function whyNone(
  key: string,
  content: unknown,
  meanings: readonly AwsAnswer[],
  shaped: readonly AwsAnswer[],
): string | undefined {
  if (shaped.length === 0) {
    const [sure] = meanings.filter((one) => !one.when || one.perRecord);
    return sure && `${key} should be ${sure.shape === 'list' ? 'a list' : 'an object'} and is ${nameOf(content)}`;
  }
  const subjects = shaped.flatMap((one) => one.about?.[0] ?? []);
  if (subjects.length === 0) return undefined;
  return `${key} does not say what was asked: write it as {"$request":{"${[...new Set(subjects)].join('" or "')}":"…"},"${key}":[…]}`;
}
