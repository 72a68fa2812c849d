/** A loopback server that speaks Azure Resource Manager over TLS, as much of it as it takes to be asked everything. */
import { createServer } from 'node:https';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CERTIFICATE, KEY } from './localhost-certificate.ts';

type Json = Record<string, unknown>;

export interface AzureAsked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly token: string;
  /** How often this very call was made, this one included. */
  readonly times: number;
}

export type Fault =
  | { readonly status: number; readonly code: string; readonly retryAfter?: string }
  | 'cut'
  | 'slow'
  | 'gone'
  | 'foreign link';

export interface AzureServerOptions {
  /** Records of any subscription; each is listed where its type and id belong. */
  readonly records: readonly Json[];
  /** What single calls answer, by the end of their path in lower case. */
  readonly answers?: Readonly<Record<string, Json>>;
  readonly fault?: (asked: AzureAsked) => Fault | undefined;
  readonly page?: number;
}

export interface AzureServer {
  readonly url: string;
  readonly asked: AzureAsked[];
  close(): Promise<void>;
}

export async function startAzure(options: AzureServerOptions): Promise<AzureServer> {
  const asked: AzureAsked[] = [];
  const times = new Map<string, number>();
  const server = createServer({ cert: CERTIFICATE, key: KEY }, (request, response) => {
    const url = new URL(request.url ?? '/', 'https://localhost');
    const key = `${request.method} ${request.url}`;
    times.set(key, (times.get(key) ?? 0) + 1);
    const call: AzureAsked = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      token: (request.headers.authorization ?? '').replace(/^Bearer /, ''),
      times: times.get(key)!,
    };
    asked.push(call);
    request.resume().on('end', () => answer(call, options, response, `https://${request.headers.host}`));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function answer(call: AzureAsked, options: AzureServerOptions, response: ServerResponse, self: string): void {
  const fault = options.fault?.(call);
  if (fault === 'gone') return void response.socket?.destroy();
  if (fault === 'slow') return;
  if (fault === 'cut') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '400' });
    response.write('{"value": [{"id": "/subscriptions/');
    setTimeout(() => response.socket?.destroy(), 20);
    return;
  }
  if (fault === 'foreign link') return send(response, 200, { value: [], nextLink: 'https://127.0.0.2:1/steal' });
  if (fault !== undefined) {
    if (fault.retryAfter !== undefined) response.setHeader('retry-after', fault.retryAfter);
    return send(response, fault.status, { error: { code: fault.code, message: `refused: ${fault.code}` } });
  }
  const path = call.path.toLowerCase();
  const single = Object.entries(options.answers ?? {}).find(([end]) => path.endsWith(end.toLowerCase()));
  if (single !== undefined) return send(response, 200, single[1]);
  // A machine's state is told by a list of its own.
  const isStates = call.query.get('statusOnly') === 'true';
  const listed = listedBy(path, call.query, options.records).map((record) => (isStates ? stateOf(record) : record));
  const from = Number(call.query.get('$skiptoken') ?? 0);
  const size = options.page ?? 1000;
  const next = new URL(`${self}${call.path}`);
  for (const [key, value] of call.query) next.searchParams.set(key, value);
  next.searchParams.set('$skiptoken', String(from + size));
  send(response, 200, {
    value: listed.slice(from, from + size),
    ...(from + size < listed.length ? { nextLink: next.href } : {}),
  });
}

/** Everything of the path's type below the path's scope. */
function listedBy(path: string, query: URLSearchParams, records: readonly Json[]): readonly Json[] {
  const idOf = (record: Json) => String(record['id']).toLowerCase();
  const subscription = /^\/subscriptions\/[^/]+/.exec(path)?.[0] ?? '/none';
  if (path.endsWith('/resources')) {
    const types = [...(query.get('$filter') ?? '').matchAll(/'([^']+)'/g)].map(([, type]) => type!.toLowerCase());
    return records
      .filter(
        (record) => idOf(record).startsWith(`${subscription}/`) && types.includes(String(record['type']).toLowerCase()),
      )
      .map(({ id, type, name }) => ({ id, type, name }));
  }
  const [scope = '', rest = ''] = path.split('/providers/');
  const parts = rest.split('/');
  const wanted = [parts[0], ...parts.slice(1).filter((_, i) => i % 2 === 0)].join('/');
  const parent = parts.length > 2 ? `${scope}/providers/${parts.slice(0, -1).join('/')}/` : `${scope}/`;
  return records.filter((record) => String(record['type']).toLowerCase() === wanted && idOf(record).startsWith(parent));
}

function stateOf({ id, name, type, properties }: Json): Json {
  const { instanceView } = (properties ?? {}) as Json;
  return {
    id,
    name,
    type,
    properties: { instanceView: instanceView ?? { statuses: [{ code: 'PowerState/running' }] } },
  };
}

function send(response: ServerResponse, status: number, body: Json): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}
