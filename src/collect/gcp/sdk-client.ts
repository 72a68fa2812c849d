/**
 * Compute Engine by Google's own package, @google-cloud/compute: its clients choose URL, parameters and pages. They decode
 * what comes into a shape of their own, in which an absent list can't be told from an empty one; so the bodies are taken
 * on their way, by the `fetch` that the clients are given, and kept as they came. That `fetch` is ours, with our patience,
 * limits and errors. What the package does not cover is asked by REST.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { loaded } from '../sdk.ts';
import { CallError, type Json } from '../words.ts';
import { type GcpAsker, type GcpAuth, type GcpClient, type GcpRequest, joined } from './client.ts';

/** What is used of the package: its clients by name, and their methods by name. */
export type ComputeSdk = Readonly<Record<string, unknown>>;

type Method = (request: Json, options: Json) => unknown;
type SdkInstance = Readonly<Record<string, Method | undefined>>;
type SdkClass = new (options: Json) => SdkInstance;

/** What one call has brought so far. */
interface Caught {
  answer?: Json;
  failure?: unknown;
  readonly pages: Set<string>;
  readonly signal: AbortSignal;
}

/** Longer than all our tries together: who gives up is us. */
const NEVER = 24 * 3_600_000;

/** The package, or a CollectError that names the command which brings it. */
export async function loadComputeSdk(): Promise<ComputeSdk> {
  const packages = ['google-auth-library', '@google-cloud/compute'];
  const { default: sdk } = await loaded('gcp', () => import('@google-cloud/compute'), packages);
  return sdk;
}

export class SdkClient implements GcpAsker {
  private readonly sdk: ComputeSdk;
  private readonly rest: GcpClient;
  private readonly options: Json;
  private readonly instances = new Map<string, SdkInstance>();
  /** Which call a request on the wire belongs to. */
  private readonly calls = new AsyncLocalStorage<Caught>();

  constructor(sdk: ComputeSdk, auth: GcpAuth, rest: GcpClient) {
    this.sdk = sdk;
    this.rest = rest;
    this.options = {
      fallback: 'rest',
      auth: {
        getClient: async () => auth,
        fetch: (url: string, request: { method: string; headers: Headers; body?: string }) => this.fetch(url, request),
      },
    };
  }

  async all(request: GcpRequest, signal: AbortSignal): Promise<Json> {
    const call = request.api === 'compute' ? callOf(request) : undefined;
    const method = call === undefined ? undefined : this.methodOf(call);
    if (call === undefined || method === undefined) return this.rest.all(request, signal);
    const caught: Caught = { pages: new Set(), signal };
    await this.calls.run(caught, async () => {
      try {
        const asked = method(call.request, { timeout: NEVER, autoPaginate: false });
        if (call.method.endsWith('Async')) for await (const _ of asked as AsyncIterable<unknown>);
        else await asked;
      } catch (error) {
        // It may dislike a field that is newer than itself; the body is whole all the same.
        if (caught.answer === undefined || 'nextPageToken' in caught.answer) caught.failure ??= error;
      }
    });
    signal.throwIfAborted();
    if (caught.failure !== undefined) throw caught.failure;
    if (caught.answer === undefined) throw new CallError('failed', '@google-cloud/compute asked nothing');
    delete caught.answer['nextPageToken'];
    return caught.answer;
  }

  private methodOf({ client, method }: SdkCall): Method | undefined {
    const made = this.sdk[client];
    if (typeof made !== 'function') return undefined;
    let instance = this.instances.get(client);
    if (instance === undefined) {
      instance = new (made as SdkClass)(this.options);
      this.instances.set(client, instance);
    }
    return instance[method]?.bind(instance);
  }

  /** One request of a client: its body is kept, and given on. */
  private async fetch(
    address: string,
    { method, headers, body }: { method: string; headers: Headers; body?: string },
  ): Promise<Response> {
    const caught = this.calls.getStore();
    if (caught === undefined) throw new Error('a request that nobody asked for');
    const url = this.placed(new URL(address));
    try {
      if (caught.failure !== undefined) throw caught.failure;
      if (caught.pages.has(url.href))
        throw new CallError('endless', 'the pages do not end: the same one is named again');
      caught.pages.add(url.href);
      const page = await this.rest.exchange(
        { url, method, headers, ...(body === undefined ? {} : { body }) },
        caught.signal,
      );
      if (caught.answer !== undefined) delete caught.answer['nextPageToken'];
      caught.answer = caught.answer === undefined ? { ...page } : joined(caught.answer, page);
      return Response.json(page);
    } catch (error) {
      caught.failure = error;
      // In words that the client takes for final: what could be tried again has been.
      throw Object.assign(new Error('given up'), { status: 400 });
    }
  }

  /** At the root that was given for the API, if one was. */
  private placed(url: URL): URL {
    const root = this.rest.endpointOf('compute');
    if (root === undefined) return url;
    const there = new URL(url.pathname.replace(/^\/compute\/v1\//, ''), root.endsWith('/') ? root : `${root}/`);
    there.search = url.search;
    return there;
  }
}

interface SdkCall {
  readonly client: string;
  readonly method: string;
  readonly request: Json;
}

/** Clients of lists whose name says more than the list's. */
const CLIENTS: Readonly<Record<string, string>> = { firewallPolicies: 'NetworkFirewallPolicies' };
const capital = (name: string) => `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
const clientOf = (list: string, prefix = '') => `${prefix}${CLIENTS[list] ?? capital(list)}Client`;

/** Which method of which client makes a request; undefined for one that none makes. */
function callOf({ path, query = {}, body }: GcpRequest): SdkCall | undefined {
  const given: Json = {
    ...query,
    ...(query['maxResults'] === undefined ? {} : { maxResults: Number(query['maxResults']) }),
    ...(query['returnPartialSuccess'] === undefined ? {} : { returnPartialSuccess: true }),
  };
  if (path === 'locations/global/firewallPolicies')
    return { client: 'FirewallPoliciesClient', method: 'listAsync', request: given };
  const [, project, ...rest] = path.split('/');
  const request = { ...given, project };
  if (rest.length === 0) return { client: 'ProjectsClient', method: 'get', request };
  const [scope, ...below] = rest;
  if (scope === 'aggregated') return { client: clientOf(below[0]!), method: 'aggregatedListAsync', request };
  const [place, list = '', name, verb] = scope === 'global' ? [undefined, ...below] : below;
  const where = scope === 'zones' ? { zone: place } : scope === 'regions' ? { region: place } : {};
  const prefix = scope === 'regions' ? 'Region' : '';
  if (name === undefined)
    return { client: clientOf(list, prefix), method: 'listAsync', request: { ...request, ...where } };
  switch (verb) {
    case 'getRouterStatus':
      return { client: 'RoutersClient', method: verb, request: { ...request, ...where, router: name } };
    case 'listInstances': {
      const resource = `${prefix === '' ? 'i' : 'regionI'}nstanceGroupsListInstancesRequestResource`;
      return {
        client: clientOf(list, prefix),
        method: 'listInstancesAsync',
        request: { ...request, ...where, instanceGroup: name, [resource]: body },
      };
    }
    case 'listNetworkEndpoints': {
      const global = scope === 'global' ? 'Global' : prefix;
      return {
        client: clientOf(list, global),
        method: 'listNetworkEndpointsAsync',
        request: {
          ...request,
          ...where,
          networkEndpointGroup: name,
          // Zonal groups alone take a question with a body.
          ...(global === '' ? { networkEndpointGroupsListEndpointsRequestResource: body } : {}),
        },
      };
    }
    default:
      return undefined;
  }
}
