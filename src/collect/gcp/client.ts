/**
 * Google's REST APIs over HTTPS: a request with the caller's token, pages, throttling, slow and broken answers. The body
 * is kept as it came: the client libraries decode it into their own shape and lose fields on the way.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CallError, isObject, type Json } from '../words.ts';
import type { Api } from './calls.ts';

/** What is used of google-auth-library's clients. */
export interface GcpAuth {
  getRequestHeaders(url?: string): Promise<Headers | Record<string, string>>;
}

export interface GcpClientOptions {
  readonly auth: GcpAuth;
  /** Roots of the APIs, where they are not Google's own: a private endpoint. */
  readonly endpoints: Readonly<Partial<Record<Api, string>>>;
  readonly timeout: number;
  readonly attempts: number;
}

const ROOTS: Readonly<Record<Api, string>> = {
  compute: 'https://compute.googleapis.com/compute/v1/',
  cloudresourcemanager: 'https://cloudresourcemanager.googleapis.com/',
  networkconnectivity: 'https://networkconnectivity.googleapis.com/v1/',
  networksecurity: 'https://networksecurity.googleapis.com/v1/',
};
const MOST_PAGES = 20_000;
/** Bytes of one answer: a page holds some hundred records. */
const MOST_BYTES = 256 << 20;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;

export interface GcpRequest {
  readonly api: Api;
  /** Below the API's root. */
  readonly path: string;
  readonly method?: 'GET' | 'POST';
  readonly body?: Json;
  readonly query?: Readonly<Record<string, string>>;
  /** A location that has a host of its own: "europe-west1-b-cloudresourcemanager.googleapis.com". */
  readonly location?: string;
}

/** Whoever asks Google and gives the body as it came. */
export interface GcpAsker {
  /** Every page, joined. Throws CallError with Google's own reason. */
  all(request: GcpRequest, signal: AbortSignal): Promise<Json>;
}

/** One request on the wire. */
export interface GcpExchange {
  readonly url: URL;
  readonly method: string;
  readonly headers?: Headers;
  readonly body?: string;
}

export class GcpClient implements GcpAsker {
  private readonly options: GcpClientOptions;

  constructor(options: GcpClientOptions) {
    this.options = options;
  }

  async all(request: GcpRequest, signal: AbortSignal): Promise<Json> {
    let answer: Json | undefined;
    let pageToken: string | undefined;
    const seen = new Set<string>();
    for (;;) {
      const page = await this.exchange(this.exchangeFor(request, pageToken), signal);
      answer = answer === undefined ? page : joined(answer, page);
      const next = page['nextPageToken'];
      if (typeof next !== 'string' || next === '') break;
      if (seen.has(next) || seen.size >= MOST_PAGES)
        throw new CallError('endless', 'the pages do not end: the same one is named again');
      seen.add(next);
      pageToken = next;
    }
    delete answer['nextPageToken'];
    return answer;
  }

  /** Where the API is that was given another root. */
  endpointOf(api: Api): string | undefined {
    return this.options.endpoints[api];
  }

  private exchangeFor(request: GcpRequest, pageToken: string | undefined): GcpExchange {
    const { api, path, method = 'GET', body, query = {}, location } = request;
    const url = new URL(path, rootOf(this.options.endpoints[api] ?? ROOTS[api], location, this.options.endpoints[api]));
    for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
    if (pageToken !== undefined) url.searchParams.set('pageToken', pageToken);
    return { url, method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  }

  /** One page, tried again while that may help. Throws CallError. */
  async exchange(request: GcpExchange, signal: AbortSignal): Promise<Json> {
    for (let attempt = 1; ; attempt++) {
      let wait: number;
      try {
        return await this.fetched(request, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof Trouble) || !error.passes || attempt >= this.options.attempts)
          throw error instanceof Trouble ? new CallError(error.code, error.message, error.status) : error;
        wait = error.wait ?? FIRST_WAIT * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
      }
      await sleep(Math.min(wait, LONGEST_WAIT), undefined, { signal });
    }
  }

  private async fetched({ url, method, headers: own, body }: GcpExchange, signal: AbortSignal): Promise<Json> {
    const timeout = AbortSignal.timeout(this.options.timeout);
    let status: number;
    let text: string;
    let again: string | null;
    try {
      const headers = new Headers(own);
      for (const [name, value] of new Headers(await this.options.auth.getRequestHeaders(url.href)))
        headers.set(name, value);
      headers.set('accept', 'application/json');
      if (body !== undefined) headers.set('content-type', 'application/json');
      const response = await fetch(url, {
        method,
        headers,
        // A token must not follow wherever an answer points.
        redirect: 'error',
        signal: AbortSignal.any([signal, timeout]),
        ...(body === undefined ? {} : { body }),
      });
      status = response.status;
      again = response.headers.get('retry-after');
      text = await textOf(response);
    } catch (error) {
      if (error instanceof CallError) throw error;
      if (timeout.aborted) throw new Trouble('timeout', `no answer within ${this.options.timeout} ms`, undefined, true);
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      const code = (cause as { code?: unknown }).code;
      // What the token service says of credentials does not get better by asking again.
      const isNetwork =
        error instanceof TypeError || /^(UND_ERR|ECONN|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT)/.test(String(code));
      throw new Trouble(
        typeof code === 'string' ? code : isNetwork ? 'connection' : 'credentials',
        cause instanceof Error ? cause.message : 'the connection broke',
        undefined,
        isNetwork,
      );
    }
    const value = jsonOf(text);
    if (status !== 200) throw refused(status, value, again);
    // A cut-off answer is a fault of the way, and may come whole the next time.
    if (value === undefined) throw new Trouble('malformed', 'the answer is no JSON object', status, true);
    return value;
  }
}

class Trouble extends Error {
  readonly code: string;
  readonly status: number | undefined;
  /** Whether it may pass by itself. */
  readonly passes: boolean;
  readonly wait: number | undefined;

  constructor(code: string, message: string, status: number | undefined, passes: boolean, wait?: number) {
    super(message);
    this.code = code;
    this.status = status;
    this.passes = passes;
    this.wait = wait;
  }
}

/** Google's reasons: https://docs.cloud.google.com/apis/design/errors, with the older form of Compute Engine inside. */
function refused(status: number, value: Json | undefined, again: string | null): Trouble {
  const error = isObject(value?.['error']) ? value['error'] : {};
  const [first] = Array.isArray(error['errors']) ? error['errors'].filter(isObject) : [];
  const details = Array.isArray(error['details']) ? error['details'].filter(isObject) : [];
  const reason = [
    details.find((one) => typeof one['reason'] === 'string')?.['reason'],
    first?.['reason'],
    error['status'],
  ].find((one) => typeof one === 'string');
  const code = reason ?? `HTTP ${status}`;
  const message = typeof error['message'] === 'string' ? error['message'] : `the server answered with status ${status}`;
  const isThrottled = status === 429 || (status === 403 && /rateLimitExceeded|RATE_LIMIT|quotaExceeded/i.test(code));
  const seconds = again === null ? Number.NaN : Number(again);
  return new Trouble(
    code,
    message,
    status,
    isThrottled || status >= 500,
    Number.isFinite(seconds) ? seconds * 1000 : undefined,
  );
}

/** Whether the failure says that the API is not switched on in the project: then nothing of its kind is there. */
export function isSwitchedOff(error: unknown): boolean {
  return (
    error instanceof CallError && error.status === 403 && /^(SERVICE_DISABLED|accessNotConfigured)$/.test(error.code)
  );
}

function rootOf(root: string, location: string | undefined, given: string | undefined): string {
  const url = new URL(root.endsWith('/') ? root : `${root}/`);
  if (location !== undefined && given === undefined) url.hostname = `${location}-${url.hostname}`;
  return url.href;
}

async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new CallError('too large', `one answer is larger than ${MOST_BYTES >> 20} MiB`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function jsonOf(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Pages joined: lists one after the other; aggregated lists scope by scope, with every warning kept. */
export function joined(before: Json, after: Json): Json {
  const all: Json = { ...before, ...after };
  for (const key of Object.keys(before)) {
    const [a, b] = [before[key], after[key]];
    if (Array.isArray(a)) all[key] = Array.isArray(b) ? a.concat(b) : a;
    else if (key === 'items' && isObject(a)) all[key] = isObject(b) ? scopesOf(a, b) : a;
  }
  return all;
}

function scopesOf(a: Json, b: Json): Json {
  const scopes = new Map(Object.entries(a));
  for (const [scope, content] of Object.entries(b)) {
    const known = scopes.get(scope);
    if (!isObject(known) || !isObject(content)) scopes.set(scope, content);
    else {
      const both = joined(known, content);
      const warning = [known['warning'], content['warning']].find(
        (one) => isObject(one) && one['code'] !== 'NO_RESULTS_ON_PAGE',
      );
      if (warning !== undefined) both['warning'] = warning;
      scopes.set(scope, both);
    }
  }
  return Object.fromEntries(scopes);
}
