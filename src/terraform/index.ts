/**
 * A Terraform plan as provider documents before and after, and a state as documents: the readers then treat them as any
 * others. Knows which address made which id, so that answers can say where a resource stands in the configuration.
 * Source: https://developer.hashicorp.com/terraform/internals/json-format
 */
import type { SnapshotDocument } from '../snapshot/documents.ts';
import type { Missing } from '../model/origin.ts';
import { type TerraformSide, identityOf, plain } from './overlay.ts';
import { AWS_READ, awsDocuments } from './aws.ts';
import { AZURE_READ, armId, azureDocuments } from './azurerm.ts';
import { GOOGLE_READ, googleDocuments } from './google.ts';
import { Links } from './links.ts';
import type { Instance, Plan, Values } from './plan.ts';
import { type Documents, type Resource, Side, text } from './side.ts';

export { PlanError, readPlan } from './plan.ts';
export { type TerraformSide, laidOver } from './overlay.ts';
export { type ReadFolder, Sources } from './source.ts';

/** Resources whose change may change flows, and the network with any of them left as it was. */
export class TerraformPlan {
  readonly plan: Plan;
  readonly file: string;
  private readonly links: Links;
  private readonly project: string;

  constructor(plan: Plan, file: string) {
    this.plan = plan;
    this.file = file;
    this.project = projectOf(plan);
    this.links = new Links(plan, (instance, values) => madeUpId(instance, values, this.project));
  }

  /** Instances that the plan changes, in the order of their addresses. */
  get changed(): readonly Instance[] {
    return this.plan.instances.filter(
      ({ mode, actions, type }) =>
        mode === 'managed' && isRead(type) && actions.some((action) => action !== 'no-op' && action !== 'read'),
    );
  }

  before(): TerraformSide {
    return this.side(
      (instance) => instance.before !== null,
      (instance) => ({ ...instance.before, id: this.idOf(instance, instance.before ?? {}) }),
    );
  }

  /** After apply; `without` are the addresses of changes that are left out. */
  after(without: ReadonlySet<string> = new Set()): TerraformSide {
    const isOld = (instance: Instance) => without.has(instance.address);
    return this.side(
      (instance) => (isOld(instance) ? instance.before : instance.after) !== null,
      (instance) =>
        isOld(instance)
          ? { ...instance.before, id: this.idOf(instance, instance.before ?? {}) }
          : this.links.after(instance),
    );
  }

  /** What can't be told before apply, each once. */
  get unlinked(): readonly Missing[] {
    const all = new Map(
      this.links.unlinked.map(({ address, attribute, expression }) => [
        `${address} ${attribute}`,
        { what: `${attribute} of ${address} (${expression}), known only after apply`, fetch: null },
      ]),
    );
    return [...all.values()].sort((a, b) => (a.what < b.what ? -1 : 1));
  }

  /** Types that no mapping reads, with how many there are. */
  get unread(): readonly { readonly type: string; readonly count: number }[] {
    const counts = new Map<string, number>();
    for (const { type, mode } of this.plan.instances)
      if (mode === 'managed' && !isRead(type)) counts.set(type, (counts.get(type) ?? 0) + 1);
    return [...counts].map(([type, count]) => ({ type, count })).sort((a, b) => (a.type < b.type ? -1 : 1));
  }

  private idOf(instance: Instance, values: Values): string {
    return text(values, 'id') ?? madeUpId(instance, values, this.project);
  }

  private side(isThere: (instance: Instance) => boolean, valuesOf: (instance: Instance) => Values): TerraformSide {
    const resourceOf = (instance: Instance): Resource => {
      const values = valuesOf(instance);
      return { instance, values, id: String(values['id']) };
    };
    const here = this.plan.instances.filter(isThere);
    const resources = here.map(resourceOf);
    const others = this.plan.instances.flatMap((instance): Resource[] => {
      if (instance.mode === 'data') return [];
      const both = [
        instance.before === null ? undefined : { ...instance.before, id: this.idOf(instance, instance.before) },
        instance.after === null ? undefined : this.links.after(instance),
      ];
      return both.flatMap((values) => (values === undefined ? [] : [{ instance, values, id: String(values['id']) }]));
    });
    const side = new Side(resources, others, ({ instance }, attribute) =>
      this.plan.kind === 'state' ? undefined : this.links.writes(instance, attribute),
    );
    const pointers = new Map([...others, ...resources].map(({ id, instance }) => [plain(id), instance.pointer]));
    const documents = [
      ...this.documentsOf('aws', awsDocuments(side), side, /^aws_/, pointers),
      ...this.documentsOf('gcp', googleDocuments(side), side, /^google_/, pointers),
      ...this.documentsOf('azure', azureDocuments(side), side, /^azurerm_/, pointers),
    ];
    const addresses = new Map<string, string>();
    for (const { id, instance, values } of [...others, ...resources]) {
      if (instance.mode !== 'managed') continue;
      for (const key of [id, text(values, 'primary_network_interface_id'), text(values, 'self_link')])
        if (key !== undefined)
          for (const spelled of [key, key.toLowerCase(), plainLink(key)]) addresses.set(spelled, instance.address);
      addresses.set(`${id}/eni`, instance.address);
    }
    const ids = new Set(
      others
        .filter(({ instance }) => instance.mode === 'managed')
        .flatMap(({ id, values }) => [id, text(values, 'primary_network_interface_id') ?? id]),
    );
    return { documents, addresses, ids };
  }

  private documentsOf(
    provider: string,
    found: Documents,
    side: Side,
    types: RegExp,
    pointers: ReadonlyMap<string, string>,
  ): SnapshotDocument[] {
    if (!side.types().some((type) => types.test(type))) return [];
    return Object.entries(found).flatMap(([name, records]): SnapshotDocument[] => {
      const [kind, about] = name.split(' ', 2) as [string, string?];
      const request =
        about === undefined
          ? kind === 'Listeners'
            ? { everything: true }
            : undefined
          : { TargetGroupArn: name.slice(kind.length + 1) };
      const isEmpty = records.length === 0;
      if (isEmpty && !ALWAYS.has(kind) && about === undefined) return [];
      return [
        {
          provider,
          kind,
          file: this.file,
          pointer: '',
          placeOf: (index: number) => pointers.get(identityOf(kind, records[index]) ?? '') ?? '',
          records: records.map((record) =>
            Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)),
          ),
          scope: {},
          ...(request === undefined ? {} : { request }),
          ...(isEmpty ? { askedNone: true as const } : {}),
        },
      ];
    });
  }
}

/** Kinds whose absence would mean "not asked": a plan that holds a network holds all of them that it makes. */
const ALWAYS: ReadonlySet<string> = new Set([
  'firewall',
  'route',
  'instance',
  'NetworkInterfaces',
  'Instances',
  'SecurityGroups',
]);

function isRead(type: string): boolean {
  return AWS_READ.test(type) || GOOGLE_READ.test(type) || AZURE_READ.test(type);
}

/** The project that the provider is set to, for resources that name none. */
function projectOf({ providers }: Plan): string {
  const google = providers['google'] as { expressions?: { project?: { constant_value?: unknown } } } | undefined;
  const project = google?.expressions?.project?.constant_value;
  return typeof project === 'string' ? project : 'project';
}

/** What stands for an id that only apply will tell: something that the reader can tell the kind by. */
function madeUpId(instance: Instance, values: Values, fallback: string): string {
  const { type, address } = instance;
  const known = text(values, 'id');
  if (known !== undefined) return known;
  if (type.startsWith('azurerm_')) return armId(type, values) ?? address;
  if (type.startsWith('google_')) return googleId(type, values, fallback) ?? address;
  const prefix = PREFIXES[type];
  return prefix === undefined ? address : prefix(address, values);
}

const PREFIXES: Readonly<Record<string, (address: string, values: Values) => string>> = {
  aws_internet_gateway: (address) => `igw-${address}`,
  aws_vpn_gateway: (address) => `vgw-${address}`,
  aws_vpc_endpoint: (address) => `vpce-${address}`,
  aws_lb: lbArn,
  aws_alb: lbArn,
};

function lbArn(address: string, values: Values): string {
  const type = { network: 'net', gateway: 'gwy' }[text(values, 'load_balancer_type') ?? ''] ?? 'app';
  return `arn:aws:elasticloadbalancing:planned::loadbalancer/${type}/${text(values, 'name') ?? 'planned'}/${address}`;
}

const COLLECTIONS: Readonly<Record<string, string>> = {
  google_compute_network: 'global/networks',
  google_compute_firewall: 'global/firewalls',
  google_compute_route: 'global/routes',
  google_compute_subnetwork: 'subnetworks',
  google_compute_instance: 'instances',
  google_compute_router: 'routers',
  google_compute_address: 'addresses',
};

function googleId(type: string, values: Values, fallback: string): string | undefined {
  const [name, collection] = [text(values, 'name'), COLLECTIONS[type]];
  if (name === undefined || collection === undefined) return undefined;
  const project = text(values, 'project') ?? fallback;
  if (collection.startsWith('global/')) return `projects/${project}/${collection}/${name}`;
  return type === 'google_compute_instance'
    ? `projects/${project}/zones/${text(values, 'zone') ?? 'zone-a'}/instances/${name}`
    : `projects/${project}/regions/${text(values, 'region') ?? 'region'}/${collection}/${name}`;
}

function plainLink(url: string): string {
  const at = url.indexOf('projects/');
  return at < 0 ? url : url.slice(at);
}
