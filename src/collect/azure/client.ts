/**
 * Azure Resource Manager through the SDK's own pipeline: its tokens, retries and pages, with the body of each answer
 * caught as it came over the wire, since the SDK's models flatten answers and drop what is newer than they are.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { NetworkManagementClient } from '@azure/arm-network';
import type { PipelinePolicy, PipelineResponse } from '@azure/core-rest-pipeline';
import type { TokenCredential } from '@azure/identity';
import { CallError, isObject, type Json } from '../words.ts';
import type { AzureAsked } from './calls.ts';

export interface AzureClientOptions {
  readonly credential: TokenCredential;
  /** Root of Azure Resource Manager: another for the sovereign clouds. */
  readonly endpoint: string;
  readonly timeout: number;
  readonly attempts: number;
  /** Certificates of an authority that the system doesn't know. */
  readonly ca?: string;
}

/** The SDK's modules, as loaded. */
export interface AzureSdk {
  readonly network: typeof import('@azure/arm-network');
  readonly rest: typeof import('@azure/core-rest-pipeline');
}

/** Imports the SDK. Throws what `import()` throws for a package that is not installed. */
export async function loadAzureSdk(): Promise<AzureSdk> {
  const [network, rest] = await Promise.all([import('@azure/arm-network'), import('@azure/core-rest-pipeline')]);
  return { network, rest };
}

const MOST_PAGES = 20_000;
const LONGEST_WAIT = 30_000;

export class AzureClient {
  private readonly sdk: AzureSdk;
  private readonly options: AzureClientOptions;
  private readonly clients = new Map<string, NetworkManagementClient>();
  /** Where the bodies of the call under way go. */
  private readonly caught = new AsyncLocalStorage<{ readonly bodies: Json[]; readonly signal: AbortSignal }>();

  constructor(sdk: AzureSdk, options: AzureClientOptions) {
    this.sdk = sdk;
    this.options = options;
  }

  /** What the SDK asks, page by page; the joined bodies. */
  async asked(
    subscription: string,
    ask: (network: NetworkManagementClient) => AzureAsked,
    signal: AbortSignal,
  ): Promise<Json> {
    const bodies: Json[] = [];
    await this.caught.run({ bodies, signal }, async () => {
      const answer = ask(this.of(subscription));
      if (Symbol.asyncIterator in answer) {
        let pages = 0;
        // The SDK's pages are walked for their links alone.
        const walked = 'byPage' in answer ? (answer as { byPage(): AsyncIterable<unknown> }).byPage() : answer;
        for await (const _ of walked) if (++pages > MOST_PAGES) throw new CallError('endless', 'the pages do not end');
      } else await answer;
    });
    const lists = bodies.filter((body) => Array.isArray(body['value']));
    return joined(lists.length > 0 ? lists : bodies.slice(-1));
  }

  /** A list that arm-network does not have, with the same pipeline. */
  async listed(path: string, query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Json> {
    const { createPipelineRequest, createHttpHeaders, createDefaultHttpClient } = this.sdk.rest;
    const { pipeline } = this.of('00000000-0000-0000-0000-000000000000');
    const http = createDefaultHttpClient();
    const bodies: Json[] = [];
    const first = new URL(path, this.options.endpoint);
    for (const [key, value] of Object.entries(query)) first.searchParams.set(key, value);
    const seen = new Set<string>();
    for (let url: string | undefined = first.href; url !== undefined; ) {
      if (seen.has(url) || seen.size >= MOST_PAGES)
        throw new CallError('endless', 'the pages do not end: the same one is named again');
      seen.add(url);
      const page: Json[] = [];
      await this.caught.run({ bodies: page, signal }, () =>
        pipeline.sendRequest(
          http,
          createPipelineRequest({
            url: url!,
            method: 'GET',
            headers: createHttpHeaders({ accept: 'application/json' }),
          }),
        ),
      );
      const [body] = page;
      if (body === undefined) throw new CallError('malformed', 'the answer is no JSON object');
      bodies.push(body);
      const next = body['nextLink'];
      url = typeof next === 'string' && next !== '' ? next : undefined;
    }
    return joined(bodies);
  }

  private of(subscription: string): NetworkManagementClient {
    const known = this.clients.get(subscription);
    if (known !== undefined) return known;
    const { endpoint, credential, attempts, ca } = this.options;
    const client = new this.sdk.network.NetworkManagementClient(credential, subscription, {
      endpoint,
      credentials: { scopes: [`${endpoint.replace(/\/$/, '')}/.default`] },
      retryOptions: { maxRetries: attempts - 1, maxRetryDelayInMs: LONGEST_WAIT },
      // A token must not follow wherever an answer points.
      redirectOptions: { maxRetries: 0 },
      ...(ca === undefined ? {} : { tlsOptions: { ca } }),
    });
    // Before anything else of the pipeline, retries included: told once about each request and its final answer.
    client.pipeline.addPolicy(this.catching());
    this.clients.set(subscription, client);
    return client;
  }

  private catching(): PipelinePolicy {
    const home = new URL(this.options.endpoint).origin;
    return {
      name: 'netaudit',
      sendRequest: async (request, next) => {
        const call = this.caught.getStore();
        if (new URL(request.url).origin !== home)
          throw new CallError(
            'foreign link',
            'the answer points to another server for its next page, which is not followed',
          );
        request.timeout = this.options.timeout;
        if (call !== undefined) request.abortSignal = call.signal;
        const response = await next(request);
        const body = bodyOf(response);
        if (response.status >= 400) throw refused(response.status, body);
        if (response.status === 200 && body === undefined && (response.bodyAsText ?? '') !== '')
          throw new CallError('malformed', 'the answer is no JSON object', response.status);
        if (response.status !== 200 || body === undefined || call === undefined) return response;
        call.bodies.push(body);
        // The SDK is left with the links: its models throw on records that lack a field which they take for granted.
        return Array.isArray(body['value'])
          ? { ...response, bodyAsText: JSON.stringify({ ...body, value: [] }) }
          : response;
      },
    };
  }
}

function bodyOf(response: PipelineResponse): Json | undefined {
  try {
    const value: unknown = JSON.parse(response.bodyAsText ?? '');
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** https://github.com/microsoft/api-guidelines: {"error": {"code", "message"}}. */
function refused(status: number, body: Json | undefined): CallError {
  const error = isObject(body?.['error']) ? body['error'] : {};
  const code = typeof error['code'] === 'string' ? error['code'] : `HTTP ${status}`;
  const message = typeof error['message'] === 'string' ? error['message'] : `the server answered with status ${status}`;
  return new CallError(code, message, status);
}

/** Lists one after the other, without the link to what is already there. */
function joined(bodies: readonly Json[]): Json {
  const [first = {}] = bodies;
  const { nextLink: _, ...rest } = first;
  if (!Array.isArray(first['value'])) return rest;
  return {
    ...rest,
    value: bodies.flatMap((body) => (Array.isArray(body['value']) ? (body['value'] as unknown[]) : [])),
  };
}
