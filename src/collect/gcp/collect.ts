/**
 * Collects Google Cloud: every list of the table in every project, then what only single things tell: members of groups,
 * learned routes, tags, what stands above. By google-auth-library and the REST surface, or by @google-cloud/compute where
 * that is wanted; the bodies are the same.
 */
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
import { type Api, GCP_LISTS, type GcpList } from './calls.ts';
import { type GcpAsker, type GcpAuth, GcpClient, type GcpRequest, isSwitchedOff } from './client.ts';
import { type ComputeSdk, loadComputeSdk, SdkClient } from './sdk-client.ts';
import { type ProjectOptions, projectsOf } from './projects.ts';

export interface GcpOptions extends CollectOptions, ProjectOptions {
  /** What asks Compute Engine: its REST surface, or Google's own package for it. */
  readonly client?: 'rest' | 'sdk';
  /** That package, where it is not to be looked for. */
  readonly sdk?: ComputeSdk;
  /** Instead of application default credentials. */
  readonly auth?: GcpAuth;
  /** Roots of the APIs, as gcloud's CLOUDSDK_API_ENDPOINT_OVERRIDES_… name them. */
  readonly endpoints?: Readonly<Partial<Record<Api, string>>>;
}

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform.read-only';
const TIMEOUT = 60_000;
const ATTEMPTS = 8;
const PROJECTS_AT_ONCE = 12;

/** Writes the snapshot. Throws CollectError for what has to be mended before anything can be asked. */
export async function collectGcp(options: GcpOptions): Promise<CollectResult> {
  // What is missing is said before anybody is asked to log in.
  const sdk = options.client === 'sdk' ? (options.sdk ?? (await loadComputeSdk())) : undefined;
  const { auth, project } = await authOf(options);
  const own = options.projects ?? [];
  const isNamed = own.length + (options.folders ?? []).length + (options.organizations ?? []).length > 0;
  if (!isNamed && project === undefined)
    throw new CollectError(
      'no project is named: give --project ID, --folder NUMBER or --organization NUMBER, or run gcloud config set project.',
    );
  const which: ProjectOptions = {
    projects: isNamed ? own : [project!],
    folders: options.folders ?? [],
    organizations: options.organizations ?? [],
  };
  const folder = new CollectionFolder(options.output, 'gcp', which as Json);
  const rest = new GcpClient({
    auth,
    endpoints: options.endpoints ?? {},
    timeout: options.timeout ?? TIMEOUT,
    attempts: options.attempts ?? ATTEMPTS,
  });
  const client: GcpAsker = sdk === undefined ? rest : new SdkClient(sdk, auth, rest);
  folder.begin(options.resume === true);
  const collection = new Collection('gcp', folder, options);
  const projects = await projectsOf(client, collection, which);
  const run = new GcpRun(collection, client);
  const atOnce = pLimit(PROJECTS_AT_ONCE);
  await Promise.all(projects.map((one) => atOnce(() => run.project(one))));
  await run.shared();
  return collection.finish(`${projects.length} project${projects.length === 1 ? '' : 's'}`);
}

/**
 * Application default credentials, and the project they come with. A token is asked for once, so that a missing login is said
 * before anything else.
 */
async function authOf(options: GcpOptions): Promise<{ auth: GcpAuth; project: string | undefined }> {
  if (options.auth !== undefined) return { auth: options.auth, project: undefined };
  const { GoogleAuth } = await loaded('gcp', () => import('google-auth-library'));
  const google = new GoogleAuth({ scopes: [SCOPE] });
  try {
    const auth = await google.getClient();
    await auth.getAccessToken();
    return { auth, project: await google.getProjectId().catch(() => undefined) };
  } catch (error) {
    const { message } = failureOf({ what: '' }, error);
    throw new CollectError(
      `Google does not accept who is asking: ${message} Log in with: gcloud auth application-default login (or set GOOGLE_APPLICATION_CREDENTIALS).`,
    );
  }
}

interface Found {
  readonly name: string;
  readonly link: string;
  readonly record: Json;
}

class GcpRun {
  private readonly collection: Collection;
  private readonly client: GcpAsker;
  /** "folders/1", "organizations/2": asked for their firewall policies once. */
  private readonly above = new Set<string>();
  private readonly addressGroups = new Set<string>();
  /** VMs of all projects, by link: their tags are asked for where some rule goes by tags. */
  private readonly instances: Found[] = [];
  private hasSecureTags = false;

  constructor(collection: Collection, client: GcpAsker) {
    this.collection = collection;
    this.client = client;
  }

  async project(project: string): Promise<void> {
    const [ancestry, , ...lists] = await Promise.all([
      this.ask(
        [project, 'ancestry'],
        `gcloud projects get-ancestors ${project}`,
        { call: 'projects get-ancestors', project },
        {
          api: 'cloudresourcemanager',
          method: 'POST',
          path: `v1/projects/${project}:getAncestry`,
          body: {},
        },
      ),
      this.ask(
        [project, 'project'],
        `gcloud compute project-info describe in ${project}`,
        { call: 'project-info describe', project },
        {
          api: 'compute',
          path: `projects/${project}`,
        },
      ),
      ...GCP_LISTS.map((list) => this.list(project, list)),
    ]);
    for (const ancestor of objectsOf(ancestry, 'ancestor')) {
      const at = isObject(ancestor['resourceId']) ? ancestor['resourceId'] : {};
      const [type, id] = [textOf(at, 'type'), textOf(at, 'id')];
      if ((type === 'folder' || type === 'organization') && id !== undefined && /^\d+$/.test(id))
        this.above.add(`${type}s/${id}`);
    }
    const found = (name: string) => foundIn(lists[GCP_LISTS.findIndex((one) => one.name === name)]);
    this.instances.push(...found('instances'));
    for (const { record } of found('firewallPolicies')) this.note(record);
    await Promise.all([
      this.regionalPolicies(project, found('subnetworks')),
      ...found('routers')
        .filter(({ record }) => objectsOf(record, 'bgpPeers').length > 0)
        .map((router) => this.routerStatus(project, router)),
      ...found('instanceGroups').map((group) => this.members(project, group)),
      ...found('networkEndpointGroups')
        .filter(
          ({ record }) => !/^(SERVERLESS|PRIVATE_SERVICE_CONNECT)$/.test(textOf(record, 'networkEndpointType') ?? ''),
        )
        .map((group) => this.endpoints(project, group)),
    ]);
  }

  /** What stands above the projects, and what their rules name. */
  async shared(): Promise<void> {
    const policies = await Promise.all(
      [...this.above].sort().map((parent) =>
        this.ask(
          ['hierarchy', `firewall-policies-${parent.replace('/', '-')}`],
          `gcloud compute firewall-policies list of ${parent}`,
          { call: 'firewall-policies list', parent },
          {
            api: 'compute',
            path: 'locations/global/firewallPolicies',
            query: { parentId: parent, maxResults: '500' },
          },
          'compute#firewallPolicyList',
        ),
      ),
    );
    for (const policy of policies.flatMap((answer) => objectsOf(answer, 'items'))) this.note(policy);
    await Promise.all([
      ...[...this.addressGroups].sort().map((name) => this.addressGroup(name)),
      ...(this.hasSecureTags ? this.instances.map((instance) => this.tagsOf(instance)) : []),
    ]);
  }

  private list(project: string, list: GcpList): Promise<Json | undefined> {
    const query =
      list.api !== 'compute'
        ? { pageSize: '500' }
        : { maxResults: '500', ...(list.records === 'scopes' ? { returnPartialSuccess: 'true' } : {}) };
    return this.ask(
      [project, list.name],
      `gcloud compute ${list.name} list in ${project}`,
      { call: `${list.name} list`, project },
      {
        api: list.api,
        path: list.path.replace('{project}', project),
        query,
      },
      list.kind,
      list.records,
      list.referred !== true,
    );
  }

  /** Regional network firewall policies stand in no global list. */
  private async regionalPolicies(project: string, subnets: readonly Found[]): Promise<void> {
    const regions = new Set(subnets.flatMap(({ link }) => /\/regions\/([a-z0-9-]+)\//.exec(link)?.[1] ?? []));
    const answers = await Promise.all(
      [...regions].sort().map((region) =>
        this.ask(
          [project, `firewallPolicies-${region}`],
          `gcloud compute network-firewall-policies list in ${project} ${region}`,
          { call: 'firewallPolicies list', project, region },
          {
            api: 'compute',
            path: `projects/${project}/regions/${region}/firewallPolicies`,
            query: { maxResults: '500' },
          },
          'compute#firewallPolicyList',
        ),
      ),
    );
    for (const policy of answers.flatMap((answer) => objectsOf(answer, 'items'))) this.note(policy);
  }

  private routerStatus(project: string, { name, link }: Found): Promise<Json | undefined> {
    return this.ask(
      [project, 'router-status', link],
      `gcloud compute routers get-status ${name} in ${project}`,
      { router: link },
      {
        api: 'compute',
        path: `${link}/getRouterStatus`,
      },
    );
  }

  private members(project: string, { name, link }: Found): Promise<Json | undefined> {
    return this.ask(
      [project, 'instance-group', link],
      `gcloud compute instance-groups list-instances ${name} in ${project}`,
      { instanceGroup: link },
      {
        api: 'compute',
        method: 'POST',
        path: `${link}/listInstances`,
        query: { maxResults: '500' },
        body: { instanceState: 'ALL' },
      },
      link.includes('/regions/') ? 'compute#regionInstanceGroupsListInstances' : 'compute#instanceGroupsListInstances',
    );
  }

  private endpoints(project: string, { name, link }: Found): Promise<Json | undefined> {
    return this.ask(
      [project, 'network-endpoint-group', link],
      `gcloud compute network-endpoint-groups list-network-endpoints ${name} in ${project}`,
      { networkEndpointGroup: link },
      {
        api: 'compute',
        method: 'POST',
        path: `${link}/listNetworkEndpoints`,
        query: { maxResults: '500' },
        body: {},
      },
      'compute#networkEndpointGroupsListNetworkEndpoints',
    );
  }

  private addressGroup(name: string): Promise<Json | undefined> {
    return this.collection.ask({
      path: ['address-groups', name],
      what: `gcloud network-security address-groups describe ${name}`,
      request: { call: 'address-groups describe', name },
      run: async (signal) => ({
        addressGroups: [await this.client.all({ api: 'networksecurity', path: name }, signal)],
      }),
    });
  }

  private tagsOf({ link, record }: Found): Promise<Json | undefined> {
    const [, project, zone] = /^projects\/([^/]+)\/zones\/([^/]+)\//.exec(link) ?? [];
    const id = textOf(record, 'id');
    return this.collection.ask({
      path: [project ?? '_', 'tags', link],
      what: `gcloud resource-manager tags bindings list --effective of ${link}`,
      // The reader binds by the link of the VM, not by the number in its full resource name.
      request: { call: 'tags bindings list', parent: link },
      run: async (signal) => {
        const all = await this.client.all(
          {
            api: 'cloudresourcemanager',
            path: 'v3/effectiveTags',
            query: {
              parent: `//compute.googleapis.com/projects/${project}/zones/${zone}/instances/${id ?? ''}`,
              pageSize: '300',
            },
            ...(zone === undefined ? {} : { location: zone }),
          },
          signal,
        );
        return { effectiveTags: all['effectiveTags'] ?? [] };
      },
    });
  }

  private ask(
    path: readonly string[],
    what: string,
    request: Json,
    asked: GcpRequest,
    kind?: string,
    records: GcpList['records'] = 'items',
    silent = true,
  ): Promise<Json | undefined> {
    const empty: Json = {
      ...(kind === undefined ? {} : { kind }),
      [records === 'scopes' ? 'items' : records]: records === 'scopes' ? {} : [],
    };
    return this.collection.ask({
      path,
      what,
      request,
      silent,
      run: async (signal) => {
        try {
          const answer = await this.client.all(asked, signal);
          // An empty list is often left out of the answer altogether.
          return kind === undefined && records === 'items' ? answer : { ...empty, ...answer };
        } catch (error) {
          if (kind !== undefined && isSwitchedOff(error)) return empty;
          if (records !== 'items' && isSwitchedOff(error)) return empty;
          throw error;
        }
      },
    });
  }

  /** What a policy's rules name and only another call explains. */
  private note(policy: Json): void {
    for (const rule of [...objectsOf(policy, 'rules'), ...objectsOf(policy, 'packetMirroringRules')]) {
      const match = isObject(rule['match']) ? rule['match'] : {};
      if (objectsOf(rule, 'targetSecureTags').length + objectsOf(match, 'srcSecureTags').length > 0)
        this.hasSecureTags = true;
      for (const key of ['srcAddressGroups', 'destAddressGroups']) {
        const names = match[key];
        for (const name of Array.isArray(names) ? names : []) {
          const plain = typeof name === 'string' ? name.replace(/^(https?:)?\/\/[^/]+\/(v\d[a-z0-9]*\/)?/, '') : '';
          if (
            /^(projects|organizations)\/[^/?#]+\/locations\/[^/?#]+\/addressGroups\/[^/?#]+$/.test(plain) &&
            !plain.includes('..')
          )
            this.addressGroups.add(plain);
        }
      }
    }
  }
}

/**
 * The records of a list or an aggregated list that have a link, the link without host and version. A link that leads
 * elsewhere is left out.
 */
function foundIn(answer: Json | undefined): readonly Found[] {
  const items = answer?.['items'];
  const records = Array.isArray(items)
    ? items.filter(isObject)
    : isObject(items)
      ? Object.values(items).flatMap((scope) =>
          isObject(scope)
            ? Object.values(scope).flatMap((list) => (Array.isArray(list) ? list.filter(isObject) : []))
            : [],
        )
      : [];
  return records.flatMap((record) => {
    const [name, self] = [textOf(record, 'name'), textOf(record, 'selfLink')];
    const link = /\/(projects\/[^?#]+)$/.exec(self ?? '')?.[1];
    return name === undefined || link === undefined || !/^[a-zA-Z0-9/:._-]+$/.test(link) || link.includes('..')
      ? []
      : [{ name, link, record }];
  });
}
