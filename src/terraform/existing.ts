/**
 * What a snapshot holds of things that a plan refers to and does not manage, as resources that the families read like data
 * sources: the subnet that a new machine goes to, the group that gets another rule. Each keeps its record, so that what the
 * plan adds is added to all that is there.
 */
import { briefsOf } from '../snapshot/brief-list.ts';
import type { SnapshotDocument } from '../snapshot/documents.ts';
import { identityOf, plain } from './overlay.ts';
import type { Resource } from './side.ts';
import { type Json, type Values, blocks, isObject, text, texts } from './values.ts';

/** A kind of record, the resource type that it is, and what it says in Terraform's words. */
interface Counterpart {
  readonly type: string;
  readonly values: (record: Values, snapshot: Snapshot) => Json;
}

type Snapshot = (kind: string) => readonly Values[];

const COUNTERPARTS: Readonly<Record<string, Counterpart>> = {
  Vpcs: {
    type: 'aws_vpc',
    values: (vpc, snapshot) => {
      const mine = (kind: string) => snapshot(kind).filter((one) => one['VpcId'] === vpc['VpcId']);
      const main = mine('RouteTables').find((one) => blocks(one, 'Associations').some((link) => link['Main'] === true));
      const table = main?.['RouteTableId'];
      return {
        cidr_block: vpc['CidrBlock'],
        ipv6_cidr_block: blocks(vpc, 'Ipv6CidrBlockAssociationSet')[0]?.['Ipv6CidrBlock'],
        default_security_group_id: mine('SecurityGroups').find((one) => one['GroupName'] === 'default')?.['GroupId'],
        default_network_acl_id: mine('NetworkAcls').find((one) => one['IsDefault'] === true)?.['NetworkAclId'],
        main_route_table_id: table,
        default_route_table_id: table,
      };
    },
  },
  Subnets: {
    type: 'aws_subnet',
    values: (subnet) => ({
      vpc_id: subnet['VpcId'],
      cidr_block: subnet['CidrBlock'],
      availability_zone: subnet['AvailabilityZone'],
      map_public_ip_on_launch: subnet['MapPublicIpOnLaunch'],
      ipv6_cidr_block: blocks(subnet, 'Ipv6CidrBlockAssociationSet')[0]?.['Ipv6CidrBlock'],
      assign_ipv6_address_on_creation: subnet['AssignIpv6AddressOnCreation'],
    }),
  },
  SecurityGroups: {
    type: 'aws_security_group',
    values: (group) => ({ vpc_id: group['VpcId'], name: group['GroupName'] }),
  },
  NetworkAcls: { type: 'aws_network_acl', values: (acl) => ({ vpc_id: acl['VpcId'] }) },
  RouteTables: { type: 'aws_route_table', values: (table) => ({ vpc_id: table['VpcId'] }) },
  InternetGateways: {
    type: 'aws_internet_gateway',
    values: (gateway) => ({ vpc_id: blocks(gateway, 'Attachments')[0]?.['VpcId'] }),
  },
  TransitGateways: { type: 'aws_ec2_transit_gateway', values: () => ({}) },
  network: { type: 'google_compute_network', values: (network) => ({ name: network['name'] }) },
  subnetwork: {
    type: 'google_compute_subnetwork',
    values: (subnet) => ({
      name: subnet['name'],
      network: subnet['network'],
      ip_cidr_range: subnet['ipCidrRange'],
      region: text(subnet, 'region')?.replace(/^.*\//, ''),
    }),
  },
  router: {
    type: 'google_compute_router',
    values: (router) => ({
      name: router['name'],
      network: router['network'],
      region: text(router, 'region')?.replace(/^.*\//, ''),
    }),
  },
  'microsoft.network/virtualnetworks': {
    type: 'azurerm_virtual_network',
    values: (vnet) => ({
      name: vnet['name'],
      resource_group_name: groupIn(vnet),
      location: vnet['location'],
      address_space: texts(blocks(properties(vnet), 'addressSpace')[0], 'addressPrefixes'),
    }),
  },
  'microsoft.network/networksecuritygroups': { type: 'azurerm_network_security_group', values: named },
  'microsoft.network/routetables': { type: 'azurerm_route_table', values: named },
  'microsoft.network/publicipaddresses': { type: 'azurerm_public_ip', values: named },
  'microsoft.network/networkinterfaces': { type: 'azurerm_network_interface', values: named },
  'microsoft.network/loadbalancers': { type: 'azurerm_lb', values: named },
};

function named(record: Values): Json {
  return { name: record['name'], resource_group_name: groupIn(record), location: record['location'] };
}

function properties(record: Values): Values {
  return isObject(record['properties']) ? record['properties'] : record;
}

function groupIn(record: Values): string | undefined {
  return /\/resourcegroups\/([^/]+)/i.exec(text(record, 'id') ?? '')?.[1];
}

/** The resources that the plan's refer to by id, or by name where their cloud does so. */
export function existingResources(
  documents: readonly SnapshotDocument[],
  resources: readonly Resource[],
): readonly Resource[] {
  const managed = new Set(resources.filter(({ instance }) => instance.mode === 'managed').map(({ id }) => plain(id)));
  const words = mentionedIn(resources);
  const snapshot: Snapshot = (kind) =>
    documents.flatMap((one) => (one.kind === kind ? briefsOf(one.records).filter(isObject) : []));
  const found = new Map<string, Resource>();
  const add = (document: SnapshotDocument, index: number): void => {
    const { type, values } = COUNTERPARTS[document.kind]!;
    const record = document.records[index];
    if (!isObject(record)) return;
    const id = text(record, idField(document.kind)) ?? '';
    const known = { ...values(record, snapshot), id };
    const instance = {
      address: id,
      module: '',
      mode: 'data' as const,
      type,
      name: id,
      provider: document.provider,
      actions: ['no-op'],
      before: known,
      after: known,
      unknown: {},
      pointer: '',
    };
    found.set(plain(id), { instance, id, values: known, existing: record });
    for (const one of Object.values(known)) if (typeof one === 'string') words.add(plain(one));
  };
  // What is referred to may itself lie in something: a subnet in its network.
  for (let before = -1; before < found.size; ) {
    before = found.size;
    for (const document of documents) {
      if (!Object.hasOwn(COUNTERPARTS, document.kind)) continue;
      for (const [i, brief] of briefsOf(document.records).entries()) {
        const id = identityOf(document.kind, brief);
        if (id === undefined || found.has(id) || managed.has(id)) continue;
        if (words.has(id) || isWithin(words, id) || isNamed(document.kind, brief, words)) add(document, i);
      }
    }
  }
  return [...found.values()];
}

/** Azure's nested resources name their parents. */
function isWithin(words: ReadonlySet<string>, id: string): boolean {
  if (!id.startsWith('/subscriptions/')) return false;
  for (const word of words) if (word.startsWith(`${id}/`)) return true;
  return false;
}

/** Google's and Azure's resources may be referred to by their bare names. */
function isNamed(kind: string, record: unknown, words: ReadonlySet<string>): boolean {
  if (/^[A-Z]/.test(kind) || !isObject(record)) return false;
  const name = text(record, 'name');
  return name !== undefined && words.has(name.toLowerCase());
}

function idField(kind: string): string {
  if (!/^[A-Z]/.test(kind)) return kind.startsWith('microsoft.') ? 'id' : 'selfLink';
  return kind === 'SecurityGroups' ? 'GroupId' : `${kind.replace(/s$/, '')}Id`;
}

/** All texts of all values, in the one spelling that ids are compared in. */
function mentionedIn(resources: readonly Resource[]): Set<string> {
  const words = new Set<string>();
  const visit = (value: unknown, depth: number): void => {
    if (typeof value === 'string' && value.length < 300) words.add(plain(value));
    else if (depth < 6 && typeof value === 'object' && value !== null)
      for (const one of Object.values(value)) visit(one, depth + 1);
  };
  for (const { values } of resources) visit(values, 0);
  return words;
}
