/**
 * One AWS call with all its pages, by the SDK, whatever the service. Knows how the services name their pages and what the
 * SDK adds to an answer; knows nothing of what is in it.
 */
import { CallError, isObject, type Json } from '../words.ts';
import { pascalOf } from './calls.ts';

/** What is used of an SDK client. */
export interface AwsClient {
  send(command: unknown, options: { readonly abortSignal: AbortSignal }): Promise<unknown>;
  destroy(): void;
}

/** A service's module as it is imported: client and command classes by name. */
export type ServiceModule = Readonly<Record<string, unknown>>;

/** Where an answer holds the way to its next page, and the parameter that takes it. */
const PAGES = [
  ['NextToken', 'NextToken'],
  ['nextToken', 'nextToken'],
  ['NextMarker', 'Marker'],
  ['Marker', 'Marker'],
] as const;
/** The parameter for the size of a page is one of these, by service. */
const PAGE_SIZE = {
  ec2: 'MaxResults',
  'network-firewall': 'MaxResults',
  directconnect: 'maxResults',
  elb: 'PageSize',
  elbv2: 'PageSize',
};
/** More pages than any account fills: a server that never ends must not fill the memory. */
const MOST_PAGES = 20_000;

export interface AwsRequest {
  readonly service: keyof typeof PAGE_SIZE;
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
  const size = page === undefined ? {} : { [PAGE_SIZE[service]]: page };
  let answer: Json | undefined;
  let next: Json = {};
  const seen = new Set<string>();
  for (;;) {
    const got = await client.send(new Command({ ...input, ...size, ...next }), { abortSignal: signal });
    if (!isObject(got)) throw new CallError('malformed', 'the answer is no object');
    const { $metadata: _, ...plain } = got;
    answer = answer === undefined ? plain : joined(answer, plain);
    const found = PAGES.find(([field]) => typeof plain[field] === 'string' && plain[field] !== '');
    if (found === undefined) break;
    const token = String(plain[found[0]]);
    if (seen.has(token) || seen.size >= MOST_PAGES)
      throw new CallError('endless', 'the pages do not end: the same one is named again');
    seen.add(token);
    next = { [found[1]]: token };
  }
  for (const [field] of PAGES) delete answer[field];
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
