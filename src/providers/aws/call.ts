/**
 * The call behind an AWS answer: what was asked, when, in whose account and which region, from `$request`, response
 * metadata, the records' own fields and, last, the folders. Knows no kinds.
 */
import { keysOfRecord } from '../../snapshot/record-table.ts';
import type { Scope } from '../../snapshot/documents.ts';

export type Json = Readonly<Record<string, unknown>>;

/** What is known of the call around an answer. */
export interface Call {
  readonly request?: Json;
  /** As the CLI writes it: "search-transit-gateway-routes". */
  readonly operation?: string;
  readonly collectedAt?: string;
  readonly scope: Scope;
}

/**
 * `$request` holds the call's own parameters (PascalCase) and may hold, in lower case: operation ("describe-vpcs"),
 * account, region, collectedAt.
 */
export function callOf(value: Json, request: Json | undefined): Call {
  const operation =
    request &&
    stringOf(
      request['operation'] ??
        request['Operation'] ??
        request['command'] ??
        request['action'] ??
        request['Action'] ??
        request['call'],
    );
  const metadata = value['ResponseMetadata'];
  const headers = isObject(metadata) ? metadata['HTTPHeaders'] : undefined;
  const collectedAt = isoOf(
    request?.['collectedAt'] ??
      request?.['collected_at'] ??
      value['collected_at'] ??
      value['collectedAt'] ??
      (isObject(headers) ? headers['date'] : undefined),
  );
  const account =
    request && stringOf(request['account'] ?? request['Account'] ?? request['accountId'] ?? request['AccountId']);
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

/** The error code of a recorded failure, in brackets; empty when there is none. */
export function errorCodeOf(data: Json): string {
  const error = data['Error'];
  const code = isObject(error) ? stringOf(error['Code']) : undefined;
  return code !== undefined && /^[A-Za-z.]{1,60}$/.test(code) ? ` (${code})` : '';
}

const ACCOUNT = /^\d{12}$/;
const REGION =
  /^(?:us|eu|ap|sa|ca|me|af|il|mx|cn|eusc)(?:-gov|-iso[a-z]?|-de)?-(?:north|south|east|west|central|northeast|northwest|southeast|southwest)-\d{1,2}/;

/** The first that says it wins, for account and region apart. */
export function scopeFrom(sources: readonly Scope[]): Scope {
  const account = sources.find((source) => source.account !== undefined)?.account;
  const region = sources.find((source) => source.region !== undefined)?.region;
  return { ...(account !== undefined && { account }), ...(region !== undefined && { region }) };
}

/** Folder names that are an account or a region, the innermost first. */
export function scopeOfFolders(folders: readonly string[]): Scope {
  const account = folders.findLast((name) => ACCOUNT.test(name));
  const region = folders.findLast((name) => REGION.exec(name)?.[0] === name);
  return { ...(account !== undefined && { account }), ...(region !== undefined && { region }) };
}

/** What an ARN among the parameters of a call says. */
export function scopeOfRequest(request: Json | undefined): Scope {
  if (!request) return {};
  for (const key of Object.keys(request)) if (key.endsWith('Arn')) return scopeOfArn(request[key]);
  return {};
}

function scopeOfArn(arn: unknown): Scope {
  if (typeof arn !== 'string' || !arn.startsWith('arn:')) return {};
  const [, , , region, account] = arn.split(':', 5);
  return { ...(account && { account }), ...(region && { region }) };
}

/** What all records agree on, of what is not `known`. Looks at the same fields of each, chosen from the first record. */
export function scopeOfRecords(records: readonly unknown[], known: Scope = {}): Scope {
  const [first] = records;
  if (!isObject(first)) return {};
  const arn = keysOfRecord(first).find(
    (key) => /^(?!Iam|Kms|Role).*(?:Arn|ARN)$|^(?:task|cluster)Arn$/.test(key) && typeof first[key] === 'string',
  );
  let account: string | undefined | null = known.account === undefined ? undefined : null;
  let region: string | undefined | null = known.region === undefined ? undefined : null;
  for (const record of records) {
    if (!isObject(record)) continue;
    const ofArn = arn === undefined ? {} : scopeOfArn(record[arn]);
    if (account !== null) {
      const owner = stringOf(record['OwnerId'] ?? record['AwsAccountId']) ?? ofArn.account ?? ownerOfInterfaces(record);
      if (owner !== undefined) account = account === undefined || account === owner ? owner : null;
    }
    if (region !== null) {
      const zone = regionOf(record) ?? ofArn.region;
      if (zone !== undefined) region = region === undefined || region === zone ? zone : null;
    }
    if (account === null && region === null) break;
  }
  return { ...(typeof account === 'string' && { account }), ...(typeof region === 'string' && { region }) };
}

/** An instance outside its reservation names no owner: its interfaces do. */
function ownerOfInterfaces(record: Json): string | undefined {
  const list = record['NetworkInterfaces'];
  const first: unknown = Array.isArray(list) ? list[0] : undefined;
  return isObject(first) ? stringOf(first['OwnerId']) : undefined;
}

function regionOf(record: Json): string | undefined {
  const placement = record['Placement'];
  const text = stringOf(
    record['Region'] ??
      record['AwsRegion'] ??
      record['AvailabilityZone'] ??
      record['NetworkBorderGroup'] ??
      (isObject(placement) ? placement['AvailabilityZone'] : undefined),
  );
  return text === undefined ? undefined : REGION.exec(text)?.[0];
}

/** A JSON object: no array, not null. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value if it is a string. */
export function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** What a value is, for messages: never the value. */
export function nameOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
