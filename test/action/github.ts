/** A loopback server that speaks as much of GitHub's REST API as a comment needs, with its paging, refusals and limits. */
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Comment {
  readonly id: number;
  body: string;
  readonly user: { readonly login: string; readonly type: 'User' | 'Bot' };
}

export interface GitHub {
  readonly url: string;
  readonly comments: Comment[];
  /** "METHOD /path" of every request, in order. */
  readonly requests: string[];
  close(): Promise<void>;
}

export interface Behaviour {
  readonly comments?: readonly Comment[];
  /** Refuses whatever writes, as for a token without the permission. */
  readonly isForbidden?: boolean;
  /** Answers so many requests with 429 first. */
  readonly limited?: number;
  /** Who the token belongs to; an installation's token is refused that answer. */
  readonly login?: string;
  readonly pageSize?: number;
}

const COMMENTS = '/repos/shop/infra/issues/7/comments';

export async function startGitHub(behaviour: Behaviour = {}): Promise<GitHub> {
  const comments = [...(behaviour.comments ?? [])];
  const requests: string[] = [];
  let limited = behaviour.limited ?? 0;
  const server = createServer((request, response) => {
    void answer(request, response);
  });
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', base());
    requests.push(`${request.method} ${url.pathname}`);
    const say = (status: number, value: unknown, headers: Record<string, string> = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(value));
    };
    if (limited > 0) {
      limited--;
      return say(429, { message: 'API rate limit exceeded' }, { 'retry-after': '1', 'x-ratelimit-remaining': '0' });
    }
    if (request.headers.authorization !== 'token t0ken') return say(401, { message: 'Bad credentials' });
    if (url.pathname === '/user')
      return behaviour.login === undefined
        ? say(403, { message: 'Resource not accessible by integration' })
        : say(200, { login: behaviour.login });
    if (request.method === 'GET' && url.pathname === COMMENTS) {
      const size = behaviour.pageSize ?? Number(url.searchParams.get('per_page') ?? 30);
      const page = Number(url.searchParams.get('page') ?? 1);
      const next = new URL(url);
      next.searchParams.set('page', String(page + 1));
      return say(
        200,
        comments.slice((page - 1) * size, page * size).map(shown),
        page * size < comments.length ? { link: `<${next.href}>; rel="next"` } : {},
      );
    }
    if (behaviour.isForbidden === true) return say(403, { message: 'Resource not accessible by integration' });
    const { body } = JSON.parse(await textOf(request)) as { body: string };
    if (body.length > 65_536) return say(422, { message: 'Body is too long (maximum is 65536 characters)' });
    if (request.method === 'POST' && url.pathname === COMMENTS) {
      const made: Comment = { id: 1000 + comments.length, body, user: { login: 'github-actions[bot]', type: 'Bot' } };
      comments.push(made);
      return say(201, shown(made));
    }
    const edited = comments.find(({ id }) => url.pathname === `/repos/shop/infra/issues/comments/${id}`);
    if (request.method === 'PATCH' && edited !== undefined) {
      edited.body = body;
      return say(200, shown(edited));
    }
    say(404, { message: 'Not Found' });
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: base(),
    comments,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

const shown = (comment: Comment) => ({
  ...comment,
  html_url: `https://github.example/shop/infra/pull/7#issuecomment-${comment.id}`,
});

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
