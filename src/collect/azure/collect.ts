/**
 * Collects Azure: every list of the table in every subscription, then what single things tell. Knows in which order things
 * are asked; what the answers mean is the readers' business.
 */
import type { TokenCredential } from '@azure/identity';
import pLimit from 'p-limit';
import { Collection, failureOf } from '../collection.ts';
import { CollectionFolder } from '../folder.ts';
import { loaded } from '../sdk.ts';
import {
  CollectError,
  type CollectOptions,
  type CollectResult,
  isObject,
  type Json,
  objectsOf,
  textOf,
} from '../words.ts';
import {
  AZURE_GROUP_LISTS,
  AZURE_LISTS,
  type AzureFollowUp,
  COMPUTE_VERSION,
  SCALE_SET_INTERFACES,
  type AzureThing,
  thingsOf,
} from './calls.ts';
import { AzureClient, loadAzureSdk } from './client.ts';

export interface AzureOptions extends CollectOptions {
  readonly subscriptions?: readonly string[];
  /** Ids of management groups: every subscription below them. */
  readonly managementGroups?: readonly string[];
  readonly tenant?: string;
  /** Root of Azure Resource Manager; Azure's public cloud when absent. */
  readonly endpoint?: string;
  /** Instead of the default chain. */
  readonly credential?: TokenCredential;
  /** Certificates of an authority that the system doesn't know. */
  readonly ca?: string;
}

const PUBLIC = 'https://management.azure.com';
const TIMEOUT = 60_000;
const ATTEMPTS = 8;
const SUBSCRIPTIONS_AT_ONCE = 12;
const SUBSCRIPTION = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Writes the snapshot. Throws CollectError for what has to be mended before anything can be asked. */
export async function collectAzure(options: AzureOptions): Promise<CollectResult> {
  const sdk = await loaded('azure', loadAzureSdk);
  const { subscriptions: named = [], managementGroups = [], tenant, endpoint = PUBLIC } = options;
  for (const id of named)
    if (!SUBSCRIPTION.test(id))
      throw new CollectError(`"${id.slice(0, 60)}" is no subscription id: give the id, not the name.`);
  if (!URL.canParse(endpoint) || new URL(endpoint).protocol !== 'https:')
    throw new CollectError(
      '--endpoint takes an https URL, such as https://management.usgovcloudapi.net: a token is sent there.',
    );
  const folder = new CollectionFolder(options.output, 'azure', { named, managementGroups, tenant, endpoint });
  const client = new AzureClient(sdk, {
    credential: options.credential ?? (await credentialOf(tenant, endpoint, options.ca)),
    endpoint,
    timeout: options.timeout ?? TIMEOUT,
    attempts: options.attempts ?? ATTEMPTS,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  });
  folder.begin(options.resume === true);
  const collection = new Collection('azure', folder, options);
  const subscriptions = await subscriptionsOf(client, collection, named, managementGroups);
  const run = new AzureRun(collection, client);
  const atOnce = pLimit(SUBSCRIPTIONS_AT_ONCE);
  await Promise.all(subscriptions.map((one) => atOnce(() => run.subscription(one))));
  await run.serviceTags();
  return collection.finish(`${subscriptions.length} subscription${subscriptions.length === 1 ? '' : 's'}`);
}

/** The default chain; a token is asked for once, so that a missing login is said before anything else. */
async function credentialOf(
  tenant: string | undefined,
  endpoint: string,
  ca: string | undefined,
): Promise<TokenCredential> {
  const { DefaultAzureCredential } = await loaded('azure', () => import('@azure/identity'));
  const credential = new DefaultAzureCredential({
    ...(tenant === undefined ? {} : { tenantId: tenant }),
    ...(ca === undefined ? {} : { tlsOptions: { ca } }),
  });
  try {
    await credential.getToken(`${endpoint.replace(/\/$/, '')}/.default`);
    return credential;
  } catch (error) {
    const { message } = failureOf({ what: '' }, error);
    throw new CollectError(
      `Azure does not accept who is asking: ${message} Log in with: az login${tenant === undefined ? '' : ` --tenant ${tenant}`}`,
    );
  }
}

/** Named ones, those below management groups, or all that the caller sees. Sorted. */
async function subscriptionsOf(
  client: AzureClient,
  collection: Collection,
  named: readonly string[],
  groups: readonly string[],
): Promise<readonly string[]> {
  const found = new Set(named.map((id) => id.toLowerCase()));
  for (const group of groups) {
    if (!/^[\w.()-]{1,90}$/.test(group))
      throw new CollectError(`"${group.slice(0, 60)}" is no id of a management group.`);
    const answer = await collection.ask({
      path: ['management-groups', group],
      aside: true,
      silent: true,
      what: `az account management-group show --recurse of ${group}`,
      request: { call: 'descendants', managementGroup: group },
      run: (signal) =>
        client.listed(
          `/providers/Microsoft.Management/managementGroups/${encodeURIComponent(group)}/descendants`,
          { 'api-version': '2020-05-01' },
          signal,
        ),
    });
    for (const one of objectsOf(answer, 'value')) {
      const name = textOf(one, 'name');
      if (/\/subscriptions$/i.test(textOf(one, 'type') ?? '') && name !== undefined && SUBSCRIPTION.test(name))
        found.add(name.toLowerCase());
    }
  }
  if (named.length > 0 || groups.length > 0) return [...found].sort();
  const answer = await collection.ask({
    path: ['subscriptions'],
    aside: true,
    what: 'az account list',
    request: { call: 'subscriptions' },
    run: (signal) => client.listed('/subscriptions', { 'api-version': '2022-12-01' }, signal),
  });
  for (const one of objectsOf(answer, 'value')) {
    const id = textOf(one, 'subscriptionId');
    if (id !== undefined && SUBSCRIPTION.test(id) && textOf(one, 'state') !== 'Disabled') found.add(id.toLowerCase());
  }
  return [...found].sort();
}

class AzureRun {
  private readonly collection: Collection;
  private readonly client: AzureClient;
  /** Where service tags can be asked for: any place will do. */
  private place: { readonly subscription: string; readonly location: string } | undefined;

  constructor(collection: Collection, client: AzureClient) {
    this.collection = collection;
    this.client = client;
  }

  async subscription(subscription: string): Promise<void> {
    await Promise.all([
      ...AZURE_LISTS.map(async ({ name, ask, referred, next = [] }) => {
        const answer = await this.ask(
          subscription,
          [name],
          name,
          {},
          (signal) => this.client.asked(subscription, ask, signal),
          referred,
        );
        if (name === 'virtualNetworks') this.remember(subscription, answer);
        await this.follow(subscription, next, answer);
      }),
      this.byGroup(subscription),
      this.machines(subscription),
    ]);
  }

  /** One list serves all: the location says which version of it, not which tags. */
  async serviceTags(): Promise<void> {
    const { place } = this;
    if (place === undefined) return;
    await this.ask(
      place.subscription,
      ['serviceTags'],
      `serviceTags of ${place.location}`,
      { location: place.location },
      (signal) => this.client.asked(place.subscription, (network) => network.serviceTags.list(place.location), signal),
      true,
    );
  }

  private remember(subscription: string, answer: Json | undefined): void {
    for (const network of objectsOf(answer, 'value')) {
      const location = textOf(network, 'location');
      if (location === undefined || !/^[a-z0-9]{2,40}$/.test(location)) continue;
      // The same one in every run, whichever subscription answers first.
      if (
        this.place === undefined ||
        `${subscription} ${location}` < `${this.place.subscription} ${this.place.location}`
      )
        this.place = { subscription, location };
    }
  }

  private async follow(subscription: string, calls: readonly AzureFollowUp[], answer: Json | undefined): Promise<void> {
    if (calls.length === 0) return;
    await Promise.all(
      thingsOf(answer).flatMap((thing) =>
        calls
          .filter(({ when }) => when?.(thing.record) !== false)
          .map((call) => this.followOne(subscription, call, thing)),
      ),
    );
  }

  private async followOne(
    subscription: string,
    { name, ask, request, referred, next = [] }: AzureFollowUp,
    thing: AzureThing,
  ): Promise<void> {
    const answer = await this.ask(
      subscription,
      [name, thing.id],
      `${name} of ${thing.id}`,
      request?.(thing) ?? {},
      (signal) => this.client.asked(subscription, (network) => ask(network, thing), signal),
      referred,
    );
    await this.follow(subscription, next, answer);
  }

  /** Gateways are listed by resource group alone: first, which groups hold any. */
  private async byGroup(subscription: string): Promise<void> {
    const types = AZURE_GROUP_LISTS.map(({ type }) => `resourceType eq '${type}'`).join(' or ');
    const answer = await this.collection.ask({
      path: [subscription, 'resources'],
      aside: true,
      silent: true,
      what: `az resource list in ${subscription}`,
      request: { call: 'resources', subscription },
      run: (signal) =>
        this.client.listed(
          `/subscriptions/${subscription}/resources`,
          { 'api-version': '2021-04-01', $filter: types },
          signal,
        ),
    });
    const things = thingsOf(answer);
    await Promise.all(
      AZURE_GROUP_LISTS.flatMap(({ name, type, ask, next = [] }) => {
        const groups = new Map(
          things
            .filter(({ record }) => textOf(record, 'type')?.toLowerCase() === type.toLowerCase())
            .map(({ group }) => [group.toLowerCase(), group]),
        );
        return [...groups.values()].map(async (group) => {
          const list = await this.ask(subscription, [name, group], `${name} of group ${group}`, {}, (signal) =>
            this.client.asked(subscription, (network) => ask(network, group), signal),
          );
          await this.follow(subscription, next, list);
        });
      }),
    );
  }

  private async machines(subscription: string): Promise<void> {
    const root = `/subscriptions/${subscription}/providers/Microsoft.Compute`;
    const version = { 'api-version': COMPUTE_VERSION };
    await Promise.all([
      this.ask(subscription, ['virtualMachines'], 'virtualMachines', {}, async (signal) => {
        const [machines, states] = await Promise.all([
          this.client.listed(`${root}/virtualMachines`, version, signal),
          this.client.listed(`${root}/virtualMachines`, { ...version, statusOnly: 'true' }, signal),
        ]);
        return withStates(machines, states);
      }),
      this.ask(subscription, ['virtualMachineScaleSets'], 'virtualMachineScaleSets', {}, (signal) =>
        this.client.listed(`${root}/virtualMachineScaleSets`, version, signal),
      ).then((answer) => this.follow(subscription, [SCALE_SET_INTERFACES], answer)),
    ]);
  }

  private ask(
    subscription: string,
    path: readonly string[],
    what: string,
    request: Json,
    run: (signal: AbortSignal) => Promise<Json>,
    referred = false,
  ): Promise<Json | undefined> {
    return this.collection.ask({
      silent: !referred,
      path: [subscription, ...path],
      what: `azure ${what} in ${subscription}`,
      request: { ...request, subscription },
      run,
    });
  }
}

/** Machines with the state that a second list tells: one record each, as `az vm list --show-details` has it. */
function withStates(machines: Json, states: Json): Json {
  const views = new Map(
    objectsOf(states, 'value').flatMap((one) => {
      const id = textOf(one, 'id')?.toLowerCase();
      const properties = isObject(one['properties']) ? one['properties'] : {};
      return id === undefined || !isObject(properties['instanceView'])
        ? []
        : [[id, { statuses: properties['instanceView']['statuses'] }] as const];
    }),
  );
  return {
    ...machines,
    value: objectsOf(machines, 'value').map((machine) => {
      const view = views.get(textOf(machine, 'id')?.toLowerCase() ?? '');
      return view === undefined
        ? machine
        : {
            ...machine,
            properties: { ...(isObject(machine['properties']) ? machine['properties'] : {}), instanceView: view },
          };
    }),
  };
}
