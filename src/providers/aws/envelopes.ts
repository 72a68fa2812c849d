/**
 * Which AWS answer a JSON document is. Knows the outer shape of every call that is read (one table: list key, kind,
 * call), the wrappers that other tools put around answers, and whose account and region a document shows. Knows nothing
 * of what a record means; hands out the parsed records themselves, after removing the few fields that hold secrets.
 */
import type { Place, Recogniser, Recognition, RecognisedDocument, Scope } from '../../snapshot/documents.ts';
import { pointerToken } from '../../snapshot/documents.ts';
import { answerOf, answersOfOperation, COLLECTOR_SECTIONS, QUIET_KEYS, type AwsAnswer } from './answers.ts';

type Json = Readonly<Record<string, unknown>>;

/** What is known of the call around an answer. */
interface Call {
  readonly request?: Json;
  /** As the CLI writes it: "search-transit-gateway-routes". */
  readonly operation?: string;
  readonly collectedAt?: string;
  readonly scope: Scope;
}

/** Gathers what one value turns out to hold. */
interface Found {
  readonly documents: RecognisedDocument[];
  readonly notUnderstood: { why: string; pointer?: string }[];
}

/** The recogniser of everything that AWS, its CLI and tools around it write. */
export const awsRecogniser: Recogniser = {
  provider: 'aws',
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
  return Object.hasOwn(value, 'status_code') || Object.keys(value).some((key) => answerOf(key).length > 0);
}

function readEnvelope(value: Json, pointer: string, folders: Scope, found: Found): void {
  if (typeof value['collector_version'] === 'string') return readCollectorFile(value, pointer, folders, found);
  if (typeof value['status_code'] === 'number' && isObject(value['data'])) {
    const { status_code: status, data } = value;
    if (status === 200) return readAnswer(data as Json, `${pointer}/data`, folders, found);
    found.notUnderstood.push({ pointer, why: `a recorded answer with status ${status}${errorCodeOf(data as Json)}: it holds no data` });
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
  const whole = new Set<AwsAnswer>();
  for (const key of keys) {
    const content = value[key];
    if (key === '$request' || QUIET_KEYS.has(key)) continue;
    const meanings = answerOf(key);
    if (meanings.length === 0) continue;
    const at = `${pointer}/${pointerToken(key)}`;
    const records = listOf(key, content, meanings);
    if (!records) {
      // Lower-case keys are too common to be called wrong AWS.
      if (meanings.some((meaning) => !meaning.when)) found.notUnderstood.push({ pointer: at, why: `${key} should be ${meanings[0]?.shape === 'list' ? 'a list' : 'an object'} and is ${nameOf(content)}` });
      continue;
    }
    const meaning = meanings.find((one) => fits(one, records, value, call));
    if (!meaning) {
      const [one] = meanings;
      if (one?.about && !one.when) found.notUnderstood.push({ pointer: at, why: `${key} does not say what was asked: write it as {"$request":{"${meanings.map((m) => m.about?.[0]).join('" or "')}":…},"${key}":…}` });
      continue;
    }
    if (meaning.shape === 'answer') {
      if (whole.has(meaning)) continue;
      whole.add(meaning);
      addDocument(meaning, [value], pointer, call, value, folders, found, () => pointer);
    } else if (meaning.shape === 'object') addDocument(meaning, records, at, call, value, folders, found, () => at);
    else if (meaning.inside) unwrap(meaning, meaning.inside, records, at, call, folders, found);
    else addDocument(meaning, records, at, call, value, folders, found);
  }
  noteUnknownKeys(value, keys, pointer, whole.size > 0, found);
}

/** `{"$request":{…},"items":[…]}`: the request must tell what the items are. */
function readItems(value: Json, items: readonly unknown[], call: Call, pointer: string, folders: Scope, found: Found): void {
  const at = `${pointer}/items`;
  const named = call.operation === undefined ? [] : answersOfOperation(call.operation);
  const meaning = named.find((one) => fits(one, items, value, call)) ?? onlyOneAbout(call.request);
  if (meaning && meaning.shape === 'list') return addDocument(meaning, items, at, call, value, folders, found);
  const [first] = named;
  if (first) found.notUnderstood.push({ pointer: at, why: `items of ${first.operation}: the request lacks ${first.about?.join(' or ') ?? 'its parameters'}` });
  else if (call.operation !== undefined && (call.request?.['service'] !== undefined || /^(describe|search)-/.test(call.operation))) {
    found.notUnderstood.push({ pointer: at, why: `items of an unknown call (${call.operation.slice(0, 60)})` });
  }
}

/** Batfish's wrappers and instances within reservations: lists inside the records of a list. */
function unwrap(meaning: AwsAnswer, inside: NonNullable<AwsAnswer['inside']>, outer: readonly unknown[], at: string, call: Call, folders: Scope, found: Found): void {
  if (inside.merged) {
    const byOwner = new Map<string, { records: unknown[]; places: [number, number][] }>();
    for (const [i, one] of outer.entries()) {
      const list = isObject(one) ? one[inside.key] : undefined;
      if (!isObject(one) || !Array.isArray(list)) {
        found.notUnderstood.push({ pointer: `${at}/${i}/${inside.key}`, why: `${inside.key} should be a list and is ${nameOf(list)}` });
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
    if (outer.length === 0) return addDocument(meaning, [], at, call, {}, folders, found);
    for (const [owner, { records, places }] of byOwner) {
      const scope = owner === '' ? call.scope : { account: owner, ...call.scope };
      addDocument(meaning, records, at, { ...call, scope }, {}, folders, found, (index) => {
        const [i, j] = places[index] ?? [0, index];
        return `${at}/${i}/${inside.key}/${j}`;
      });
    }
    return;
  }
  for (const [i, one] of outer.entries()) {
    const list = isObject(one) ? one[inside.key] : undefined;
    const subject = isObject(one) ? subjectOf(meaning, one) : undefined;
    if (!isObject(one) || !Array.isArray(list)) found.notUnderstood.push({ pointer: `${at}/${i}/${inside.key}`, why: `${inside.key} should be a list and is ${nameOf(list)}` });
    else if (!subject) found.notUnderstood.push({ pointer: `${at}/${i}`, why: `the wrapper lacks ${meaning.about?.join(' or ') ?? 'its subject'}` });
    else addDocument(meaning, list, `${at}/${i}/${inside.key}`, { ...call, request: { ...subject, ...inside.asked } }, one, folders, found);
  }
}

/** np-guard's collector: snake_case sections, each a list of the API's own records (or null for none). */
function readCollectorFile(value: Json, pointer: string, folders: Scope, found: Found): void {
  const provider = value['provider'];
  if (provider !== undefined && provider !== 'aws') {
    // Sections of other clouds have the same names.
    if (provider !== 'ibm') return;
    found.notUnderstood.push({ pointer, why: 'a collector file of IBM Cloud, which is not read' });
    return;
  }
  const call = callOf(value, undefined);
  for (const section of Object.keys(value)) {
    const key = COLLECTOR_SECTIONS[section as keyof typeof COLLECTOR_SECTIONS] ?? undefined;
    const content = value[section];
    const at = `${pointer}/${pointerToken(section)}`;
    if (!Object.hasOwn(COLLECTOR_SECTIONS, section) || key === undefined) {
      if (Array.isArray(content) && content.length > 0) found.notUnderstood.push({ pointer: at, why: `the collector's section ${section.slice(0, 60)} is not read` });
      continue;
    }
    const records = content === null ? [] : content;
    const meaning = answerOf(key).find((one) => one.kind === key);
    if (!Array.isArray(records) || !meaning) found.notUnderstood.push({ pointer: at, why: `${section} should be a list and is ${nameOf(content)}` });
    else addDocument(meaning, records, at, call, value, folders, found);
  }
}

/** Arrays that no reader knows, in what is otherwise clearly AWS. */
function noteUnknownKeys(value: Json, keys: readonly string[], pointer: string, asWhole: boolean, found: Found): void {
  if (asWhole) return;
  const known = keys.some((key) => answerOf(key).some((meaning) => !meaning.when)) || isObject(value['ResponseMetadata']);
  // Without a known key: only PascalCase throughout looks like AWS.
  if (!known && (found.documents.length > 0 || !keys.every((key) => /^(\$request|[A-Z][A-Za-z0-9]*)$/.test(key)))) return;
  for (const key of keys) {
    if (!Array.isArray(value[key]) || answerOf(key).length > 0 || QUIET_KEYS.has(key) || !/^[A-Z]/.test(key)) continue;
    found.notUnderstood.push({ pointer: `${pointer}/${pointerToken(key)}`, why: `no AWS call that is read answers with "${key.slice(0, 60)}"` });
  }
  if (Object.hasOwn(value, 'UserData') && Object.hasOwn(value, 'InstanceId')) found.notUnderstood.push({ pointer: `${pointer}/UserData`, why: 'user data may hold secrets and is not read' });
}

function addDocument(meaning: AwsAnswer, all: readonly unknown[], at: string, call: Call, envelope: Json, folders: Scope, found: Found, placeOf?: (index: number) => string): void {
  const parts = meaning.split ? meaning.split(all) : undefined;
  if (parts) {
    const [one, two] = parts.map((indexes) => ({ meaning: answerOf(meaning.key)[parts.indexOf(indexes)], indexes }));
    for (const part of [one, two]) {
      if (!part?.meaning || part.indexes.length === 0) continue;
      const { indexes } = part;
      const { split: _, ...plain } = part.meaning;
      addDocument(plain, indexes.map((i) => all[i]), at, call, envelope, folders, found, (index) => `${at}/${indexes[index] ?? index}`);
    }
    return;
  }
  if (meaning.scrub) for (const record of all) if (isObject(record)) meaning.scrub(record as Record<string, unknown>);
  const request = call.request ?? (meaning.about ? subjectOf(meaning, envelope) : undefined);
  const scope = scopeFrom([call.scope, scopeOfRecords(all), scopeOfRequest(request), folders]);
  found.documents.push({
    kind: meaning.kind,
    pointer: at,
    records: all,
    scope,
    ...(placeOf && { placeOf }),
    ...(request && { request }),
    ...(call.collectedAt !== undefined && { collectedAt: call.collectedAt }),
    ...(all.length === 0 && !isNarrowed(request) && { askedNone: true as const }),
    ...(isIncomplete(envelope) && { incomplete: true as const }),
  });
}

/** Whether this is the meaning of a list: its records look right, and what must be known of the call is known. */
function fits(meaning: AwsAnswer, records: readonly unknown[], envelope: Json, call: Call): boolean {
  if (call.operation !== undefined && call.operation !== meaning.operation && answersOfOperation(call.operation).some((one) => one.key === meaning.key)) return false;
  if (meaning.when && !(call.operation === meaning.operation || (records.length > 0 && meaning.when(records[0], envelope)))) return false;
  if (!meaning.about || meaning.inside) return true;
  if (subjectOf(meaning, call.request ?? {}) || subjectOf(meaning, envelope)) return true;
  return meaning.selfNaming !== undefined && records.every((record) => isObject(record) && stringOf(record[meaning.selfNaming ?? '']) !== undefined);
}

/** The parameters that say what was asked, out of a request or of the object around a list. */
function subjectOf(meaning: AwsAnswer, from: Json): Json | undefined {
  const name = meaning.about?.find((one) => stringOf(from[one]) !== undefined);
  return name === undefined ? undefined : { [name]: from[name] };
}

/** Where a request names no call: the parameter may belong to one answer only. */
function onlyOneAbout(request: Json | undefined): AwsAnswer | undefined {
  return stringOf(request?.['PrefixListId']) === undefined ? undefined : answersOfOperation('get-managed-prefix-list-entries')[0];
}

/** An empty list says "none" only if everything was asked for; what a call must be told (`about`) does not narrow. */
function isNarrowed(request: Json | undefined): boolean {
  if (!request) return false;
  return Object.keys(request).some((key) => {
    const given = request[key];
    if (/^(.*Ids|Names|.*Arns)$/.test(key)) return !Array.isArray(given) || given.length > 0;
    if (key !== 'Filters' || !Array.isArray(given)) return false;
    // search-transit-gateway-routes needs a filter: this one leaves nothing out.
    return given.some((filter) => !isObject(filter) || filter['Name'] !== 'state' || !Array.isArray(filter['Values']) || filter['Values'].length < 2);
  });
}

function isIncomplete(envelope: Json): boolean {
  return ['NextToken', 'nextToken', 'NextMarker', 'Marker'].some((key) => (stringOf(envelope[key]) ?? '') !== '') || envelope['AdditionalRoutesAvailable'] === true || envelope['IsTruncated'] === true;
}

function listOf(key: string, content: unknown, meanings: readonly AwsAnswer[]): readonly unknown[] | undefined {
  if (Array.isArray(content)) return meanings.some((meaning) => meaning.shape === 'list' && meaning.key === key) ? content : undefined;
  return isObject(content) && meanings.some((meaning) => meaning.shape !== 'list') ? [content] : undefined;
}

// --- the call ---------------------------------------------------------------------------------------------------

/**
 * `$request` holds the call's own parameters (PascalCase) and may hold, in lower case: operation ("describe-vpcs"),
 * account, region, collectedAt.
 */
function callOf(value: Json, request: Json | undefined): Call {
  const operation = request && stringOf(request['operation'] ?? request['Operation'] ?? request['command'] ?? request['action'] ?? request['Action'] ?? request['call']);
  const metadata = value['ResponseMetadata'];
  const headers = isObject(metadata) ? metadata['HTTPHeaders'] : undefined;
  const collectedAt = isoOf(request?.['collectedAt'] ?? request?.['collected_at'] ?? value['collected_at'] ?? value['collectedAt'] ?? (isObject(headers) ? headers['date'] : undefined));
  const account = request && stringOf(request['account'] ?? request['Account'] ?? request['accountId'] ?? request['AccountId']);
  const region = request && stringOf(request['region'] ?? request['Region']);
  const named = operation === undefined ? undefined : operationIn(operation);
  return {
    scope: { ...(account !== undefined && { account }), ...(region !== undefined && { region }) },
    ...(request && { request }),
    ...(named !== undefined && { operation: named }),
    ...(collectedAt !== undefined && { collectedAt }),
  };
}

/** "aws ec2 describe-vpcs --region x", "ec2:DescribeVpcs" and "ec2.DescribeVpcs" are the call describe-vpcs. */
function operationIn(text: string): string | undefined {
  const call = /(?:^|[\s:./])((?:describe|get|list|search)[-A-Za-z0-9]+)/i.exec(text)?.[1];
  return call?.replace(/[A-Z]/g, (letter, at: number) => (at === 0 ? '' : '-') + letter.toLowerCase());
}

function isoOf(value: unknown): string | undefined {
  const time = typeof value === 'string' ? new Date(value) : undefined;
  return time && !Number.isNaN(time.getTime()) ? time.toISOString() : undefined;
}

function errorCodeOf(data: Json): string {
  const error = data['Error'];
  const code = isObject(error) ? stringOf(error['Code']) : undefined;
  return code !== undefined && /^[A-Za-z.]{1,60}$/.test(code) ? ` (${code})` : '';
}

// --- account and region -----------------------------------------------------------------------------------------

const ACCOUNT = /^\d{12}$/;
const REGION = /^(?:us|eu|ap|sa|ca|me|af|il|mx|cn|eusc)(?:-gov|-iso[a-z]?|-de)?-(?:north|south|east|west|central|northeast|northwest|southeast|southwest)-\d{1,2}/;

/** The first that says it wins, for account and region apart. */
function scopeFrom(sources: readonly Scope[]): Scope {
  const account = sources.find((source) => source.account !== undefined)?.account;
  const region = sources.find((source) => source.region !== undefined)?.region;
  return { ...(account !== undefined && { account }), ...(region !== undefined && { region }) };
}

function scopeOfFolders(folders: readonly string[]): Scope {
  const account = folders.findLast((name) => ACCOUNT.test(name));
  const region = folders.findLast((name) => REGION.exec(name)?.[0] === name);
  return { ...(account !== undefined && { account }), ...(region !== undefined && { region }) };
}

function scopeOfRequest(request: Json | undefined): Scope {
  if (!request) return {};
  for (const key of Object.keys(request)) if (/Arn$/.test(key)) return scopeOfArn(request[key]);
  return {};
}

function scopeOfArn(arn: unknown): Scope {
  if (typeof arn !== 'string' || !arn.startsWith('arn:')) return {};
  const [, , , region, account] = arn.split(':', 5);
  return { ...(account && { account }), ...(region && { region }) };
}

/** What all records agree on. Looks at the same fields of each, chosen from the first record. */
function scopeOfRecords(records: readonly unknown[]): Scope {
  const [first] = records;
  if (!isObject(first)) return {};
  const arn = Object.keys(first).find((key) => /^(?!Iam|Kms|Role).*(?:Arn|ARN)$|^(?:task|cluster)Arn$/.test(key) && typeof first[key] === 'string');
  let account: string | undefined | null;
  let region: string | undefined | null;
  for (const record of records) {
    if (!isObject(record)) continue;
    const ofArn = arn === undefined ? {} : scopeOfArn(record[arn]);
    const owner = stringOf(record['OwnerId'] ?? record['AwsAccountId']) ?? ofArn.account;
    if (owner !== undefined && account !== null) account = account === undefined || account === owner ? owner : null;
    const zone = regionOf(record) ?? ofArn.region;
    if (zone !== undefined && region !== null) region = region === undefined || region === zone ? zone : null;
    if (account === null && region === null) break;
  }
  return { ...(typeof account === 'string' && { account }), ...(typeof region === 'string' && { region }) };
}

function regionOf(record: Json): string | undefined {
  const placement = record['Placement'];
  const text = stringOf(record['Region'] ?? record['AwsRegion'] ?? record['AvailabilityZone'] ?? record['NetworkBorderGroup'] ?? (isObject(placement) ? placement['AvailabilityZone'] : undefined));
  return text === undefined ? undefined : REGION.exec(text)?.[0];
}

// --- small things -----------------------------------------------------------------------------------------------

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function nameOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
