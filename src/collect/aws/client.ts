/**
 * One AWS call with all its pages, by the SDK, whatever the service. Knows how the services name their pages and what the
 * SDK adds to an answer; knows nothing of what is in it.
 */
import { CallError, isObject, type Json } from '../words.ts';
import { pascalOf, type Service } from './calls.ts';

/** What is used of an SDK client. */
export interface AwsClient {
  send(command: unknown, options: { readonly abortSignal: AbortSignal }): Promise<unknown>;
  destroy(): void;
}

/** A service's module as it is imported: client and command classes by name. */
export type ServiceModule = Readonly<Record<string, unknown>>;

/** A client of a service, by the name of its class. */
export function clientOf(module: ServiceModule, name: string, settings: object): AwsClient {
  const Client = module[name] as new (settings: object) => AwsClient;
  return new Client(settings);
}

/** Where an answer holds the way to its next page, and the parameters that take it: the first that is there counts. */
const PAGES: readonly (readonly (readonly [field: string, parameter: string])[])[] = [
  [['NextToken', 'NextToken']],
  [['nextToken', 'nextToken']],
  [['NextMarker', 'Marker']],
  [
    ['NextRecordName', 'StartRecordName'],
    ['NextRecordType', 'StartRecordType'],
    ['NextRecordIdentifier', 'StartRecordIdentifier'],
  ],
];
/** These say Marker for the next page; others repeat there what they were asked. */
const MARKER: ReadonlySet<Service> = new Set(['rds', 'elasticache', 'redshift']);
/** The parameter for the size of a page. */
const PAGE_SIZE: Readonly<Partial<Record<Service, string>>> = {
  ec2: 'MaxResults',
  'network-firewall': 'MaxResults',
  directconnect: 'maxResults',
  elb: 'PageSize',
  elbv2: 'PageSize',
  rds: 'MaxRecords',
  elasticache: 'MaxRecords',
  redshift: 'MaxRecords',
};
/** More pages than any account fills: a server that never ends must not fill the memory. */
const MOST_PAGES = 20_000;

export interface AwsRequest {
  /** Absent for a service that names its pages as EC2 does. */
  readonly service: Service;
  readonly operation: string;
  readonly input: Json;
  readonly key?: string;
  readonly page?: number;
}

/** Asks for every page and joins their lists. Throws what the SDK throws, or CallError for pages that never end. */
export async function answerOf(
  client: AwsClient,
  module: ServiceModule,
  { service, operation, input, key, page }: AwsRequest,
  signal: AbortSignal,
): Promise<Json> {
  const Command = module[`${pascalOf(operation)}Command`] as new (input: Json) => unknown;
  const sized = PAGE_SIZE[service];
  const size = page === undefined || sized === undefined ? {} : { [sized]: page };
  const ways = MARKER.has(service) ? [...PAGES, [['Marker', 'Marker'] as const]] : PAGES;
  let answer: Json | undefined;
  let next: Json = {};
  const seen = new Set<string>();
  for (;;) {
    const got = await client.send(new Command({ ...input, ...size, ...next }), { abortSignal: signal });
    if (!isObject(got)) throw new CallError('malformed', 'the answer is no object');
    const { $metadata: _, ...plain } = got;
    answer = answer === undefined ? plain : joined(answer, plain);
    const found = ways.find(([first]) => typeof plain[first![0]] === 'string' && plain[first![0]] !== '');
    if (found === undefined) break;
    next = Object.fromEntries(
      found.flatMap(([field, parameter]) => (plain[field] === undefined ? [] : [[parameter, plain[field]]])),
    );
    const token = JSON.stringify(next);
    if (seen.has(token) || seen.size >= MOST_PAGES)
      throw new CallError('endless', 'the pages do not end: the same one is named again');
    seen.add(token);
  }
  for (const [field] of ways.flat()) delete answer[field];
  if (key !== undefined) answer[key] ??= [];
  return answer;
}

/** Lists of both pages one after the other; of the rest, the later page's word. */
function joined(before: Json, after: Json): Json {
  const all: Json = { ...before, ...after };
  for (const [key, list] of Object.entries(before)) {
    const more = after[key];
    if (Array.isArray(list)) all[key] = Array.isArray(more) ? list.concat(more) : list;
  }
  return all;
}
