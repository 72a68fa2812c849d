/** /metrics and /healthz of a running schedule. Numbers only: no name of a resource, no path, no URL. */
import { createServer, type Server } from 'node:http';

export interface Health {
  readonly status: 'ok' | 'failed' | 'overdue' | 'starting';
  readonly lastRun: string | null;
  readonly nextRun: string | null;
  readonly running: boolean;
}

/** Listens. Rejects with what node:net says. */
export function serve(
  { host, port }: { readonly host: string; readonly port: number },
  page: { readonly metrics: () => Promise<string>; readonly contentType: string },
  health: () => Health,
): Promise<Server> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405).end();
    if (path === '/healthz') {
      const now = health();
      response.writeHead(now.status === 'ok' || now.status === 'starting' ? 200 : 503, {
        'content-type': 'application/json',
        'cache-control': 'no-store',
      });
      return void response.end(`${JSON.stringify(now)}\n`);
    }
    if (path !== '/metrics') return void response.writeHead(404).end();
    page.metrics().then(
      (text) => response.writeHead(200, { 'content-type': page.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  server.headersTimeout = 5_000;
  server.requestTimeout = 5_000;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}
