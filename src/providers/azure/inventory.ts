/**
 * Every resource of the documents once, by type and id: duplicates merged, contradictions judged, bad records noted. Ids
 * are lower-case here and spelled as their owner spells them in every result.
 */
import type { NetworkBuilder } from '../../model/builder.ts';
import type { ProviderDocument } from '../../model/finding.ts';
import type { Missing, Origin } from '../../model/origin.ts';
import { type Json, field, isRecord, nameIn, text } from './record.ts';

/** Types under the short names that the readers use, with what people call them. */
const TYPES = {
  vnet: ['microsoft.network/virtualnetworks', 'virtual network'],
  subnet: ['microsoft.network/virtualnetworks/subnets', 'subnet'],
  peering: ['microsoft.network/virtualnetworks/virtualnetworkpeerings', 'peering'],
  nsg: ['microsoft.network/networksecuritygroups', 'network security group'],
  nsgRule: ['microsoft.network/networksecuritygroups/securityrules', 'security rule'],
  nic: ['microsoft.network/networkinterfaces', 'network interface'],
  scaleSetNic: ['microsoft.compute/virtualmachinescalesets/virtualmachines/networkinterfaces', 'network interface'],
  publicIp: ['microsoft.network/publicipaddresses', 'public IP address'],
  publicPrefix: ['microsoft.network/publicipprefixes', 'public IP prefix'],
  routeTable: ['microsoft.network/routetables', 'route table'],
  route: ['microsoft.network/routetables/routes', 'route'],
  asg: ['microsoft.network/applicationsecuritygroups', 'application security group'],
  ipGroup: ['microsoft.network/ipgroups', 'IP group'],
  loadBalancer: ['microsoft.network/loadbalancers', 'load balancer'],
  natGateway: ['microsoft.network/natgateways', 'NAT gateway'],
  privateEndpoint: ['microsoft.network/privateendpoints', 'private endpoint'],
  firewall: ['microsoft.network/azurefirewalls', 'firewall'],
  firewallPolicy: ['microsoft.network/firewallpolicies', 'firewall policy'],
  ruleCollectionGroup: ['microsoft.network/firewallpolicies/rulecollectiongroups', 'rule collection group'],
  gateway: ['microsoft.network/virtualnetworkgateways', 'virtual network gateway'],
  localGateway: ['microsoft.network/localnetworkgateways', 'local network gateway'],
  connection: ['microsoft.network/connections', 'gateway connection'],
  hub: ['microsoft.network/virtualhubs', 'virtual hub'],
  hubConnection: ['microsoft.network/virtualhubs/hubvirtualnetworkconnections', 'hub connection'],
  hubRouteTable: ['microsoft.network/virtualhubs/hubroutetables', 'hub route table'],
  routingIntent: ['microsoft.network/virtualhubs/routingintent', 'routing intent'],
  hubVpnGateway: ['microsoft.network/vpngateways', 'VPN gateway of a hub'],
  hubClientGateway: ['microsoft.network/p2svpngateways', 'client VPN gateway of a hub'],
  hubExpressRouteGateway: ['microsoft.network/expressroutegateways', 'ExpressRoute gateway of a hub'],
  vpnSite: ['microsoft.network/vpnsites', 'VPN site'],
  manager: ['microsoft.network/networkmanagers', 'network manager'],
  networkGroup: ['microsoft.network/networkmanagers/networkgroups', 'network group'],
  staticMember: ['microsoft.network/networkmanagers/networkgroups/staticmembers', 'network group member'],
  adminConfiguration: ['microsoft.network/networkmanagers/securityadminconfigurations', 'security admin configuration'],
  adminCollection: [
    'microsoft.network/networkmanagers/securityadminconfigurations/rulecollections',
    'admin rule collection',
  ],
  adminRule: [
    'microsoft.network/networkmanagers/securityadminconfigurations/rulecollections/rules',
    'security admin rule',
  ],
  vm: ['microsoft.compute/virtualmachines', 'virtual machine'],
  scaleSet: ['microsoft.compute/virtualmachinescalesets', 'scale set'],
} as const;

export type Kind = keyof typeof TYPES;

/** What people call the kinds whose listing may be cut off, and the command that lists them. */
const LISTINGS: readonly (readonly [Kind, string, string])[] = [
  ['vnet', 'virtual networks', 'network vnet list'],
  ['nic', 'network interfaces', 'network nic list'],
  ['nsg', 'network security groups', 'network nsg list'],
  ['routeTable', 'route tables', 'network route-table list'],
  ['publicIp', 'public IP addresses', 'network public-ip list'],
  ['loadBalancer', 'load balancers', 'network lb list'],
  ['vm', 'virtual machines', 'vm list'],
];

/** One resource with its place. */
export interface Entry {
  /** Lower-case; what references are compared with. */
  readonly id: string;
  readonly record: Json;
  readonly origin: Origin;
  readonly tags: Readonly<Record<string, string>>;
}

export class Inventory {
  readonly documents: readonly ProviderDocument[];
  private readonly kinds = new Map<Kind, Map<string, Entry>>();
  private readonly builder: NetworkBuilder;
  /** What `all` answered, until something is added. */
  private readonly sorted = new Map<Kind, readonly Entry[]>();

  constructor(documents: readonly ProviderDocument[], builder: NetworkBuilder) {
    this.documents = documents;
    this.builder = builder;
    for (const kind of Object.keys(TYPES) as Kind[])
      for (const document of documents)
        if (document.kind === TYPES[kind][0])
          for (const [index, record] of document.records.entries())
            this.add(kind, record, document.file, document.placeOf?.(index) ?? `${document.pointer}/${index}`);
  }

  /** All entries of a kind, sorted by id. */
  all(kind: Kind): readonly Entry[] {
    const known = this.sorted.get(kind);
    if (known !== undefined) return known;
    const list = [...(this.kinds.get(kind)?.values() ?? [])].sort((a, b) => (a.id < b.id ? -1 : 1));
    this.sorted.set(kind, list);
    return list;
  }

  /** By id, in any casing. */
  get(kind: Kind, id: string | undefined): Entry | undefined {
    return id === undefined ? undefined : this.kinds.get(kind)?.get(id.toLowerCase());
  }

  /** Whether any document of the kind is there. */
  knows(kind: Kind): boolean {
    return this.kinds.has(kind) || this.documents.some((document) => document.kind === TYPES[kind][0]);
  }

  /**
   * Whether the listing of a kind lacks its last page: every page but the last names its follower. Each subscription has
   * pages of its own. Source: https://learn.microsoft.com/en-us/rest/api/azure/#async-operations-throttling-and-paging
   */
  isCut(kind: Kind): boolean {
    const pages = this.documents.filter((one) => one.kind === TYPES[kind][0] && one.pointer.startsWith('/'));
    const last = new Set(pages.filter((one) => !hasFollower(one)).map(subscriptionOf));
    return pages.some((one) => hasFollower(one) && !last.has(subscriptionOf(one)));
  }

  /** Adds a resource, or a part of one that has an id of its own; the same record again is no news. */
  add(kind: Kind, record: unknown, file: string, pointer: string): Entry | undefined {
    const [, called] = TYPES[kind];
    const id = isRecord(record) ? text(record, 'id') : undefined;
    if (!isRecord(record) || id === undefined) {
      this.builder.note({ file, pointer, message: `this ${called} has no id and was left out` });
      return undefined;
    }
    const tags = tagsOf(record);
    const name = text(record, 'name') ?? nameIn(id);
    const origin: Origin = { provider: 'azure', kind: called, id, name, file, pointer };
    const entry: Entry = { id: id.toLowerCase(), record, origin, tags };
    const entries = this.kinds.get(kind) ?? new Map<string, Entry>();
    this.kinds.set(kind, entries);
    this.sorted.delete(kind);
    const known = entries.get(entry.id);
    if (known === undefined) entries.set(entry.id, entry);
    else if (!isPart(kind)) {
      // One answer tells more than another (a list with details, a page of the API beside the command line's).
      const [a, b] = [plain(known.record), plain(record)];
      if (isWithin(a, b)) entries.set(entry.id, entry);
      else if (!isWithin(b, a)) this.builder.contradiction(`${called} ${id}`, [known.origin.file, file]);
    }
    return entries.get(entry.id);
  }
}

function hasFollower(page: ProviderDocument & { readonly incomplete?: boolean }): boolean {
  return page.incomplete === true;
}

function subscriptionOf({ records }: ProviderDocument): string {
  const first = records.find(isRecord);
  return /^\/subscriptions\/([^/]+)/i.exec(text(first, 'id') ?? '')?.[1]?.toLowerCase() ?? '';
}

/** Parts are listed in their owner and on their own, with more or less detail: the first one counts. */
function isPart(kind: Kind): boolean {
  return kind === 'subnet' || kind === 'peering' || kind === 'nsgRule' || kind === 'route';
}

/** What most questions need and no document holds, and listings whose pages are not all there. */
export function missingListings(inventory: Inventory): Missing[] {
  const isAzure = inventory.knows('vnet') || inventory.knows('nic');
  return LISTINGS.flatMap(([kind, what, command]) => {
    if (inventory.isCut(kind)) return [missing(`the last pages of the list of ${what}`, command)];
    const isRequired = kind === 'vnet' || kind === 'nic';
    return isAzure && isRequired && !inventory.knows(kind) ? [missing(what, command)] : [];
  });
}

/** The command that fetches something. */
export function missing(what: string, command: string | null): Missing {
  return { what, fetch: command === null ? null : `az ${command}` };
}

function tagsOf(record: Json): Record<string, string> {
  const tags: Record<string, string> = Object.create(null) as Record<string, string>;
  const found = field(record, 'tags');
  if (isRecord(found))
    for (const [key, value] of Object.entries(found)) if (typeof value === 'string') tags[key] = value;
  return tags;
}

/** What is no content: it changes without a change, or is there in one form of the answer only. */
const NO_CONTENT = new Set(['etag', 'resourcegroup', 'provisioningstate', 'resourceguid', 'type']);

/** A record without its form: `properties` hoisted, keys in lower case, what says nothing left out. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!isRecord(value)) return typeof value === 'string' ? value.toLowerCase() : value;
  const { properties, ...rest } = value;
  const whole = isRecord(properties) ? { ...rest, ...properties } : value;
  return Object.fromEntries(
    Object.entries(whole).flatMap(([key, one]) => {
      const isEmpty = one === null || one === '' || (Array.isArray(one) && one.length === 0);
      return isEmpty || NO_CONTENT.has(key.toLowerCase()) ? [] : [[key.toLowerCase(), plain(one)]];
    }),
  );
}

/** Whether everything that one record says another one says too. */
function isWithin(a: unknown, b: unknown): boolean {
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((one, i) => isWithin(one, b[i]));
  if (!isRecord(a)) return a === b;
  return isRecord(b) && Object.entries(a).every(([key, one]) => isWithin(one, b[key]));
}
