/**
 * What a snapshot holds of things that a plan refers to and does not manage, as resources that the families read like data
 * sources: the subnet that a new machine goes to, the group that gets another rule. Each keeps its record, so that what the
 * plan adds is added to all that is there.
 */
import { parseAddress } from '../net/address.ts';
import { briefsOf } from '../snapshot/brief-list.ts';
import type { SnapshotDocument } from '../snapshot/documents.ts';
import { briefRecords, idOf, identityOf, plain } from './overlay.ts';
import type { Instance } from './plan.ts';
import type { Resource } from './side.ts';
import { type Json, type Values, blocks, isObject, text, texts } from './values.ts';

/** A kind of record, the resource type that it is, and what it says in Terraform's words. */
interface Counterpart {
  readonly type: string;
  /** Where one kind of record is of several types. */
  readonly typeOf?: (record: Values) => string;
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
  NetworkInterfaces: { type: 'aws_network_interface', values: (eni) => ({ subnet_id: eni['SubnetId'] }) },
  Instances: {
    type: 'aws_instance',
    // What is bound to a machine is bound to its first interface.
    values: (machine, snapshot) => ({
      primary_network_interface_id: snapshot('NetworkInterfaces').find((eni) => {
        const attachment = blocks(eni, 'Attachment')[0];
        return attachment?.['InstanceId'] === machine['InstanceId'] && attachment?.['DeviceIndex'] === 0;
      })?.['NetworkInterfaceId'],
    }),
  },
  Addresses: {
    type: 'aws_eip',
    values: (address) => ({ public_ip: address['PublicIp'], allocation_id: address['AllocationId'] }),
  },
  TransitGateways: {
    type: 'aws_ec2_transit_gateway',
    values: (gateway) => {
      const options = blocks(gateway, 'Options')[0];
      const word = (key: string) => text(options, key);
      return {
        default_route_table_association: word('DefaultRouteTableAssociation'),
        default_route_table_propagation: word('DefaultRouteTablePropagation'),
        association_default_route_table_id: word('AssociationDefaultRouteTableId'),
        propagation_default_route_table_id: word('PropagationDefaultRouteTableId'),
      };
    },
  },
  TransitGatewayRouteTables: {
    type: 'aws_ec2_transit_gateway_route_table',
    values: (table) => ({ transit_gateway_id: table['TransitGatewayId'] }),
  },
  TransitGatewayVpcAttachments: {
    type: 'aws_ec2_transit_gateway_vpc_attachment',
    values: (attachment) => ({
      transit_gateway_id: attachment['TransitGatewayId'],
      vpc_id: attachment['VpcId'],
      subnet_ids: attachment['SubnetIds'],
    }),
  },
  VpcPeeringConnections: {
    type: 'aws_vpc_peering_connection',
    values: (peering) => ({
      vpc_id: blocks(peering, 'RequesterVpcInfo')[0]?.['VpcId'],
      peer_vpc_id: blocks(peering, 'AccepterVpcInfo')[0]?.['VpcId'],
      accept_status: blocks(peering, 'Status')[0]?.['Code'],
    }),
  },
  'PrefixLists@describe-managed-prefix-lists': { type: 'aws_ec2_managed_prefix_list', values: () => ({}) },
  TargetGroups: { type: 'aws_lb_target_group', values: (group) => ({ port: group['Port'] }) },
  LoadBalancers: {
    type: 'aws_lb',
    values: (balancer) => ({ arn: balancer['LoadBalancerArn'], load_balancer_type: balancer['Type'] }),
  },
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
  firewallPolicy: {
    type: 'google_compute_network_firewall_policy',
    typeOf: (policy) =>
      text(policy, 'region') !== undefined
        ? 'google_compute_region_network_firewall_policy'
        : /locations\/global\/firewallPolicies|\/firewallPolicies\/\d+$/.test(text(policy, 'selfLink') ?? '') &&
            !/projects\//.test(text(policy, 'selfLink') ?? '')
          ? 'google_compute_firewall_policy'
          : 'google_compute_network_firewall_policy',
    values: (policy) => ({ name: policy['name'], short_name: policy['shortName'], self_link: policy['selfLink'] }),
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
  const snapshot: Snapshot = (kind) => documents.flatMap((one) => (one.kind === kind ? briefRecords(one) : []));
  const found = new Map<string, Resource>();
  const add = (document: SnapshotDocument, index: number): void => {
    const { values, ...counterpart } = COUNTERPARTS[document.kind]!;
    const record = document.records[index];
    if (!isObject(record)) return;
    const type = counterpart.typeOf?.(record) ?? counterpart.type;
    const id = idOf(document.kind, record) ?? '';
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

/** The private addresses that anything of the snapshot has, so that nothing made up takes one. */
export function addressesIn(documents: readonly SnapshotDocument[]): ReadonlySet<bigint> {
  const found = new Set<bigint>();
  const visit = (value: unknown, key: string, depth: number): void => {
    if (typeof value === 'string') {
      const address = ADDRESS.test(key) ? parseAddress(value) : undefined;
      if (address !== undefined) found.add(address);
    } else if (depth < 6 && Array.isArray(value)) for (const one of value) visit(one, key, depth + 1);
    else if (depth < 6 && isObject(value)) for (const [name, one] of Object.entries(value)) visit(one, name, depth + 1);
  };
  for (const document of documents)
    if (HOLDERS.test(document.kind)) for (const one of briefRecords(document)) visit(one, '', 0);
  return found;
}

const ADDRESS = /^(private_?ip_?address|networkip|ipaddress|address|privateip)$/i;
const HOLDERS = /^(NetworkInterfaces|NatGateways|instance|address|forwardingRule)$|networkinterfaces$|loadbalancers$/;

/** The machines of a snapshot with the interface that each began with: a plan need not tell. */
export function firstInterfaces(documents: readonly SnapshotDocument[]): ReadonlyMap<string, Values> {
  const found = new Map<string, Values>();
  for (const document of documents)
    if (document.kind === 'NetworkInterfaces')
      for (const eni of briefRecords(document)) {
        const [attachment] = blocks(eni, 'Attachment');
        const machine = text(attachment, 'InstanceId');
        if (machine !== undefined && attachment?.['DeviceIndex'] === 0) found.set(machine, eni);
      }
  return found;
}

/** A machine's values with what the snapshot knows of its first interface and the plan does not tell. */
export function withInterface({ type }: Instance, values: Values, interfaces: ReadonlyMap<string, Values>): Values {
  const eni = type === 'aws_instance' ? interfaces.get(text(values, 'id') ?? '') : undefined;
  if (eni === undefined) return values;
  return {
    ...values,
    primary_network_interface_id: text(values, 'primary_network_interface_id') ?? eni['NetworkInterfaceId'],
    private_ip: text(values, 'private_ip') ?? eni['PrivateIpAddress'],
    public_ip: values['public_ip'] ?? blocks(eni, 'Association')[0]?.['PublicIp'],
  };
}
