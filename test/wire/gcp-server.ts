/**
 * A loopback server that speaks the REST surface of Compute Engine and as much of Resource Manager, Network Connectivity
 * and Network Security as it takes to be asked everything; and the token endpoint of OAuth.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Json = Record<string, unknown>;

export interface GcpAsked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly token: string;
  /** Whether one of Google's own clients asked. */
  readonly bySdk: boolean;
  /** How often this very call was made, this one included. */
  readonly times: number;
}

export type Fault =
  | { readonly status: number; readonly reason: string; readonly retryAfter?: string }
  | 'cut'
  | 'slow'
  | 'gone';

export interface GcpServerOptions {
  /** Records by collection, with their links: { firewalls: […] }. */
  readonly records: (project: string) => Readonly<Record<string, readonly Json[]>>;
  /** What single calls answer, by path; or by path and what is listed below which parent: "/v3/projects folders/1". */
  readonly answers?: Readonly<Record<string, Json>>;
  readonly fault?: (asked: GcpAsked) => Fault | undefined;
  readonly page?: number;
  /** Scopes of aggregated lists that can't be reached. */
  readonly unreachable?: string;
}

export interface GcpServer {
  readonly url: string;
  readonly asked: GcpAsked[];
  /** Tokens that were given out. */
  readonly tokens: string[];
  close(): Promise<void>;
}

/** "urlMaps" is "urlMap" to the record, and to one of the aggregated lists. */
const KIND_OF_LIST: Readonly<Record<string, string>> = { urlMaps: 'urlMaps', healthChecks: 'healthChecks' };
const singular = (collection: string) =>
  collection
    .replace(/(Proxies|Policies)$/, (word) => (word === 'Proxies' ? 'Proxys' : 'Policys'))
    .replace(/sses$/, 'sss')
    .replace(/s$/, '');

export async function startGcp(options: GcpServerOptions): Promise<GcpServer> {
  const asked: GcpAsked[] = [];
  const tokens: string[] = [];
  const times = new Map<string, number>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname === '/token') {
      tokens.push(`token-${tokens.length + 1}`);
      send(response, 200, { access_token: tokens.at(-1), expires_in: 3600, token_type: 'Bearer' });
      return;
    }
    const key = `${request.method} ${url.pathname} ${url.searchParams.get('pageToken') ?? ''}`;
    times.set(key, (times.get(key) ?? 0) + 1);
    const call: GcpAsked = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      token: (request.headers.authorization ?? '').replace(/^Bearer /, ''),
      bySdk: String(request.headers['x-goog-api-client'] ?? '').includes('gapic'),
      times: times.get(key)!,
    };
    asked.push(call);
    request.resume().on('end', () => answer(call, options, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    tokens,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function answer(call: GcpAsked, options: GcpServerOptions, response: ServerResponse): void {
  const fault = options.fault?.(call);
  if (fault === 'gone') return void response.socket?.destroy();
  if (fault === 'slow') return;
  if (fault === 'cut') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '400' });
    response.write('{"kind": "compute#firewallList", "items": [{"name": "a"');
    setTimeout(() => response.socket?.destroy(), 20);
    return;
  }
  if (fault !== undefined) {
    const { status, reason, retryAfter } = fault;
    if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter);
    send(response, status, {
      error: { code: status, message: `refused: ${reason}`, errors: [{ reason, domain: 'global' }] },
    });
    return;
  }
  const single = options.answers?.[call.path] ?? options.answers?.[`${call.path} ${call.query.get('parent')}`];
  if (single !== undefined) return send(response, 200, single);
  const [, project = '', rest = ''] = /^\/compute\/v1\/projects\/([^/]+)\/?(.*)$/.exec(call.path) ?? [];
  if (project === '') return send(response, 200, {});
  if (rest === '') return send(response, 200, { kind: 'compute#project', name: project });
  const collection = rest.split('/').at(-1) ?? '';
  const all = options.records(project);
  if (collection === 'listInstances' || collection === 'listNetworkEndpoints')
    return send(response, 200, membersOf(collection, all));
  const own = all[collection] ?? [];
  if (rest.startsWith('aggregated/')) return send(response, 200, aggregated(collection, own, call, options));
  const place = rest.slice(0, rest.length - collection.length);
  const inPlace = own.filter(({ selfLink }) => String(selfLink).includes(`/${place}${collection}/`));
  const from = Number(call.query.get('pageToken') ?? 0);
  const size = options.page ?? Number(call.query.get('maxResults') ?? 500);
  const page = inPlace.slice(from, from + size);
  send(response, 200, {
    kind: `compute#${singular(collection)}List`,
    id: `projects/${project}/${rest}`,
    // As the real one: an empty list has no items at all.
    ...(page.length === 0 ? {} : { items: page }),
    ...(from + size < inPlace.length ? { nextPageToken: String(from + size) } : {}),
  });
}

function membersOf(call: string, records: Readonly<Record<string, readonly Json[]>>): Json {
  if (call === 'listNetworkEndpoints') return { kind: 'compute#networkEndpointGroupsListNetworkEndpoints' };
  const { members } = records;
  return { kind: 'compute#instanceGroupsListInstances', ...(members === undefined ? {} : { items: members }) };
}

function aggregated(collection: string, records: readonly Json[], call: GcpAsked, options: GcpServerOptions): Json {
  const from = Number(call.query.get('pageToken') ?? 0);
  const size = options.page ?? Number(call.query.get('maxResults') ?? 500);
  const page = records.slice(from, from + size);
  const scopes: Record<string, Json> = {
    'zones/europe-west1-b': {
      warning: { code: 'NO_RESULTS_ON_PAGE', message: 'There are no results for this scope on this page.' },
    },
  };
  for (const record of page) {
    const scope = /\/((?:zones|regions)\/[^/]+|global)\//.exec(String(record['selfLink']))?.[1] ?? 'global';
    const known = (scopes[scope]?.[collection] as Json[] | undefined) ?? [];
    scopes[scope] = { [collection]: [...known, record] };
  }
  if (options.unreachable !== undefined)
    scopes[options.unreachable] = { warning: { code: 'UNREACHABLE', message: 'no answer from there' } };
  return {
    kind: `compute#${KIND_OF_LIST[collection] ?? singular(collection)}AggregatedList`,
    items: scopes,
    ...(from + size < records.length ? { nextPageToken: String(from + size) } : {}),
  };
}

function send(response: ServerResponse, status: number, body: Json): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' });
  response.end(JSON.stringify(body));
}
