/**
 * The estate: what the inventory's records mean together. Which interface stands in which subnet, which VPC has which
 * CIDRs, who carries which group. Indexed once; the readers of each kind stand on it.
 */
import type { NetworkBuilder } from '../../model/builder.ts';
import type { Missing } from '../../model/origin.ts';
import { parseAddress, parseCidr } from '../../net/address.ts';
import type { Span } from '../../net/spans.ts';
import type { InterfaceAddress } from '../../model/network.ts';
import { type Entry, Inventory } from './inventory.ts';
import { type Json, isRecord, object, objects, strings, text } from './record.ts';

export interface VpcFacts {
  readonly entry: Entry;
  readonly cidrs: readonly Span<bigint>[];
  readonly subnets: SubnetFacts[];
}

export interface SubnetFacts {
  readonly entry: Entry;
  readonly vpc: string;
  readonly zone: string | undefined;
  readonly cidrs: readonly Span<bigint>[];
  readonly interfaces: InterfaceFacts[];
}

export interface InterfaceFacts {
  readonly entry: Entry;
  readonly vpc: string;
  readonly subnet: string;
  readonly addresses: readonly InterfaceAddress[];
  readonly prefixes: readonly Span<bigint>[];
  /** Undefined when the record does not say: then the rules are unknown. */
  readonly groups: readonly string[] | undefined;
  readonly instance: string | undefined;
  readonly deviceIndex: number;
  readonly type: string;
  readonly sourceDestCheck: boolean;
  readonly denyAllIgw: boolean;
}

/** A peering connection between two VPCs. */
export interface PeeringFacts {
  readonly entry: Entry;
  readonly sides: readonly [PeeringSide, PeeringSide];
  readonly status: string;
  readonly sameRegion: boolean;
}

export interface PeeringSide {
  readonly vpc: string;
  readonly cidrs: readonly Span<bigint>[];
  readonly account: string | undefined;
}

export class Estate {
  readonly inventory: Inventory;
  readonly builder: NetworkBuilder;
  readonly vpcs = new Map<string, VpcFacts>();
  readonly subnets = new Map<string, SubnetFacts>();
  /** Interfaces by VPC whose subnet is not in the snapshot: they are there, and nobody knows what they meet on the way. */
  readonly strays = new Map<string, InterfaceFacts[]>();
  readonly interfaces = new Map<string, InterfaceFacts>();
  readonly groupMembers = new Map<string, InterfaceFacts[]>();
  readonly instanceInterfaces = new Map<string, InterfaceFacts[]>();
  readonly peerings: readonly PeeringFacts[];
  private attachments: Attachments | undefined;
  private readonly groupLists = new WeakMap<readonly unknown[], readonly string[]>();

  constructor(inventory: Inventory, builder: NetworkBuilder) {
    this.inventory = inventory;
    this.builder = builder;
    this.readVpcs();
    this.readSubnets();
    this.readInterfaces();
    this.peerings = inventory.all('VpcPeeringConnections').flatMap((entry) => peeringOf(entry));
  }

  interfacesIn(vpc: string): readonly InterfaceFacts[] {
    const known = (this.vpcs.get(vpc)?.subnets ?? []).flatMap((subnet) => subnet.interfaces);
    const strays = this.strays.get(vpc);
    return strays === undefined ? known : [...known, ...strays];
  }

  /** VPCs joined to this one by an active peering in the same Region. */
  peersOf(vpc: string): ReadonlySet<string> {
    const peers = new Set<string>();
    for (const { sides, status, sameRegion } of this.peerings) {
      if (status !== 'active' || !sameRegion) continue;
      if (sides[0].vpc === vpc) peers.add(sides[1].vpc);
      if (sides[1].vpc === vpc) peers.add(sides[0].vpc);
    }
    return peers;
  }

  /** VPCs that share a transit gateway with this one where security group references are switched on. */
  transitPeersOf(vpc: string): readonly string[] {
    const { gatewaysOf, vpcsAt } = (this.attachments ??= attachmentsIn(this.inventory));
    const enabled = (gatewaysOf.get(vpc) ?? []).filter(
      (id) => optionOf(this.inventory.get('TransitGateways', id)?.record ?? {}) === 'enable',
    );
    return [...new Set(enabled)].flatMap((id) => vpcsAt.get(id) ?? []);
  }

  missing(what: string, command: string): Missing {
    return { what, fetch: `aws ec2 ${command}` };
  }

  private readVpcs(): void {
    for (const entry of this.inventory.all('Vpcs')) {
      const primary = text(entry.record, 'CidrBlock');
      const sets = [
        ...objects(entry.record, 'CidrBlockAssociationSet')
          .filter((set) => stateOf(set, 'CidrBlockState'))
          .map((set) => text(set, 'CidrBlock')),
        ...objects(entry.record, 'Ipv6CidrBlockAssociationSet')
          .filter((set) => stateOf(set, 'Ipv6CidrBlockState'))
          .map((set) => text(set, 'Ipv6CidrBlock')),
      ];
      this.vpcs.set(entry.id, { entry, cidrs: this.cidrsOf(entry, [primary, ...sets]), subnets: [] });
    }
  }

  private readSubnets(): void {
    for (const entry of this.inventory.all('Subnets')) {
      const vpc = text(entry.record, 'VpcId');
      if (vpc === undefined) {
        this.builder.note({
          file: entry.origin.file,
          pointer: entry.origin.pointer,
          resource: entry.id,
          message: 'this subnet has no VpcId and was left out',
        });
        continue;
      }
      const v6 = objects(entry.record, 'Ipv6CidrBlockAssociationSet')
        .filter((set) => stateOf(set, 'Ipv6CidrBlockState'))
        .map((set) => text(set, 'Ipv6CidrBlock'));
      const facts: SubnetFacts = {
        entry,
        vpc,
        zone: text(entry.record, 'AvailabilityZone') ?? text(entry.record, 'AvailabilityZoneId'),
        cidrs: this.cidrsOf(entry, [text(entry.record, 'CidrBlock'), ...v6]),
        interfaces: [],
      };
      this.subnets.set(entry.id, facts);
      this.vpcs.get(vpc)?.subnets.push(facts);
    }
  }

  private readInterfaces(): void {
    let attached: ReadonlySet<string> | undefined;
    const isAttached = (instance: string): boolean => {
      attached ??= new Set(
        this.inventory
          .all('NetworkInterfaces')
          .map(({ brief }) => text(object(brief, 'Attachment') ?? {}, 'InstanceId') ?? ''),
      );
      return attached.has(instance);
    };
    for (const instance of this.inventory.all('Instances')) this.addInterfacesOf(instance, isAttached);
    for (const nat of this.inventory.all('NatGateways')) this.addInterfacesOfNat(nat);
    const publicOf = new Map<string, string>();
    for (const { record } of this.inventory.all('Addresses')) {
      const [eni, inside, outside] = [
        text(record, 'NetworkInterfaceId'),
        text(record, 'PrivateIpAddress'),
        text(record, 'PublicIp'),
      ];
      if (eni !== undefined && inside !== undefined && outside !== undefined) publicOf.set(`${eni} ${inside}`, outside);
    }
    for (const entry of this.inventory.all('NetworkInterfaces')) this.readInterface(entry, publicOf);
    for (const list of this.instanceInterfaces.values())
      list.sort((a, b) => a.deviceIndex - b.deviceIndex || (a.entry.id < b.entry.id ? -1 : 1));
  }

  /**
   * What an instance's own record says of its interfaces, where their own records are missing. An old or shortened record
   * has only the instance's address, subnet and groups: those are its one interface.
   */
  private addInterfacesOf(instance: Entry, isAttached: (instance: string) => boolean): void {
    const add = (id: string, record: Json, pointer: string): void =>
      this.inventory.addMissing('NetworkInterfaces', {
        id,
        ...whole({ ...record, InstanceOf: instance.id }),
        tags: {},
        name: undefined,
        origin: { provider: 'aws', kind: 'network interface', id, file: instance.origin.file, pointer },
        account: instance.account,
        region: instance.region,
        collectedAt: instance.collectedAt,
      });
    const named = (instances: Json) =>
      objects(instances, 'NetworkInterfaces').filter((one) => text(one, 'NetworkInterfaceId'));
    const listed = named(instance.brief);
    for (const [i, one] of listed.entries()) {
      const own = text(one, 'NetworkInterfaceId') ?? '';
      const known = this.inventory.get('NetworkInterfaces', own);
      const taken = text(known?.brief ?? {}, 'InstanceOf');
      if (known !== undefined && (taken === undefined || taken === instance.id)) continue;
      // One id on two instances (an anonymised file): each keeps an interface of its own.
      const id = taken === undefined || taken === instance.id ? own : `${instance.id}#eni${i}`;
      add(id, named(instance.record)[i] ?? one, `${instance.origin.pointer}/NetworkInterfaces/${i}`);
    }
    if (listed.length > 0 || text(instance.brief, 'PrivateIpAddress') === undefined) return;
    if (isAttached(instance.id)) return;
    const { record } = instance;
    const outside = text(record, 'PublicIpAddress');
    add(
      `${instance.id}#eni`,
      {
        PrivateIpAddress: record['PrivateIpAddress'],
        SubnetId: record['SubnetId'],
        VpcId: record['VpcId'],
        Groups: record['SecurityGroups'],
        SourceDestCheck: record['SourceDestCheck'],
        ...(outside === undefined ? {} : { Association: { PublicIp: outside } }),
      },
      instance.origin.pointer,
    );
  }

  /** A NAT gateway's record holds all that matters of its interfaces. */
  private addInterfacesOfNat(nat: Entry): void {
    for (const [i, address] of objects(nat.record, 'NatGatewayAddresses').entries()) {
      const id = text(address, 'NetworkInterfaceId') ?? `${nat.id}#eni`;
      const outside = text(address, 'PublicIp');
      const pointer = `${nat.origin.pointer}/NatGatewayAddresses/${i}`;
      const record = {
        InterfaceType: 'nat_gateway',
        PrivateIpAddress: address['PrivateIp'],
        SubnetId: nat.record['SubnetId'],
        VpcId: nat.record['VpcId'],
        Groups: [],
        ...(outside === undefined ? {} : { Association: { PublicIp: outside } }),
      };
      const origin = { ...nat.origin, kind: 'network interface', id, pointer };
      if (text(address, 'PrivateIp') !== undefined)
        this.inventory.addMissing('NetworkInterfaces', {
          id,
          ...whole(record),
          tags: {},
          name: nat.name,
          origin,
          account: nat.account,
          region: nat.region,
          collectedAt: nat.collectedAt,
        });
    }
  }

  private readInterface(entry: Entry, publicOf: ReadonlyMap<string, string>): void {
    const { brief: record } = entry;
    const subnet = text(record, 'SubnetId');
    const vpc = text(record, 'VpcId') ?? this.subnets.get(subnet ?? '')?.vpc;
    if (subnet === undefined || vpc === undefined) {
      this.builder.note({
        file: entry.origin.file,
        pointer: entry.origin.pointer,
        resource: entry.id,
        message: 'this network interface has no SubnetId or VpcId and was left out',
      });
      return;
    }
    const attachment = object(record, 'Attachment') ?? {};
    const instance = text(attachment, 'InstanceId') ?? text(record, 'InstanceOf');
    const index = attachment['DeviceIndex'];
    const facts: InterfaceFacts = {
      entry,
      vpc,
      subnet,
      addresses: this.addressesOf(entry, publicOf),
      prefixes: this.prefixesOf(entry),
      groups: this.groupsOf(record['Groups']),
      instance,
      deviceIndex: typeof index === 'number' ? index : 0,
      type: text(record, 'InterfaceType') ?? 'interface',
      sourceDestCheck: record['SourceDestCheck'] !== false,
      denyAllIgw: record['DenyAllIgwTraffic'] === true,
    };
    this.interfaces.set(entry.id, facts);
    const home = this.subnets.get(subnet);
    if (home === undefined) push(this.strays, vpc, facts);
    else home.interfaces.push(facts);
    for (const group of facts.groups ?? []) push(this.groupMembers, group, facts);
    if (instance !== undefined) push(this.instanceInterfaces, instance, facts);
  }

  private prefixesOf(entry: Entry): readonly Span<bigint>[] {
    const { brief } = entry;
    if (brief['Ipv4Prefixes'] === undefined && brief['Ipv6Prefixes'] === undefined) return NONE;
    return this.cidrsOf(entry, [
      ...objects(brief, 'Ipv4Prefixes').map((p) => text(p, 'Ipv4Prefix')),
      ...objects(brief, 'Ipv6Prefixes').map((p) => text(p, 'Ipv6Prefix')),
    ]);
  }

  /** Interfaces that carry the same groups may share the list, as records read in brief do. */
  private groupsOf(list: unknown): readonly string[] | undefined {
    if (!Array.isArray(list)) return undefined;
    const known = this.groupLists.get(list);
    if (known !== undefined) return known;
    const ids = list.flatMap((group) => (isRecord(group) ? (text(group, 'GroupId') ?? []) : []));
    const groups = [...new Set(ids)].sort();
    this.groupLists.set(list, groups);
    return groups;
  }

  /** Primary first, then secondary IPv4, then IPv6. */
  private addressesOf(entry: Entry, publicOf: ReadonlyMap<string, string>): InterfaceAddress[] {
    const { brief: record } = entry;
    const listed = objects(record, 'PrivateIpAddresses');
    const primary = text(record, 'PrivateIpAddress');
    const v4 =
      listed.length > 0
        ? listed
        : primary === undefined
          ? []
          : [{ PrivateIpAddress: primary, Primary: true, Association: record['Association'] }];
    let addresses: InterfaceAddress[] = [];
    let firsts = 0;
    for (const one of v4) {
      const inside = text(one, 'PrivateIpAddress');
      const address = inside === undefined ? undefined : parseAddress(inside);
      if (inside === undefined || address === undefined) {
        this.badAddress(entry);
        continue;
      }
      const own = one['Association'] ?? (inside === primary ? record['Association'] : undefined);
      const outside =
        (isRecord(own) ? text(own, 'PublicIp') : undefined) ??
        (publicOf.size === 0 ? undefined : publicOf.get(`${entry.id} ${inside}`));
      const known = outside === undefined ? undefined : parseAddress(outside);
      const isFirst = one['Primary'] === true || inside === primary;
      const primacy = isFirst ? { primary: true } : {};
      const found =
        known === undefined && isFirst
          ? { address, primary: true }
          : { address, ...(known === undefined ? {} : { public: known }), ...primacy };
      // Nearly all have one: a list that is born with it takes a tenth of the room of one that has to grow.
      if (addresses.length === 0) addresses = [found];
      else addresses.splice(isFirst ? firsts : addresses.length, 0, found);
      if (isFirst) firsts++;
    }
    if (record['Ipv6Addresses'] === undefined) return addresses;
    for (const one of [
      ...objects(record, 'Ipv6Addresses').map((six) => text(six, 'Ipv6Address')),
      ...strings(record, 'Ipv6Addresses'),
    ]) {
      const address = parseAddress(one ?? '');
      if (address === undefined) this.badAddress(entry);
      else addresses.push({ address });
    }
    return addresses;
  }

  private badAddress(entry: Entry): void {
    this.builder.note({
      file: entry.origin.file,
      pointer: entry.origin.pointer,
      resource: entry.id,
      message: 'an address of this network interface is not an IP address and was left out',
    });
  }

  private cidrsOf(entry: Entry, texts: readonly (string | undefined)[]): Span<bigint>[] {
    const spans: Span<bigint>[] = [];
    for (const one of new Set(texts)) {
      if (one === undefined) continue;
      const span = parseCidr(one);
      if (span === undefined)
        this.builder.note({
          file: entry.origin.file,
          pointer: entry.origin.pointer,
          resource: entry.id,
          message: `a CIDR of ${entry.origin.kind} ${entry.id} is not valid and was left out`,
        });
      else spans.push(span);
    }
    return spans;
  }
}

const NONE: readonly Span<bigint>[] = [];

function whole(record: Json): { readonly record: Json; readonly brief: Json } {
  return { record, brief: record };
}

/** Attachments that do not switch security group references off, from both sides. */
interface Attachments {
  readonly gatewaysOf: ReadonlyMap<string, readonly string[]>;
  readonly vpcsAt: ReadonlyMap<string, readonly string[]>;
}

function attachmentsIn(inventory: Inventory): Attachments {
  const [gatewaysOf, vpcsAt] = [new Map<string, string[]>(), new Map<string, string[]>()];
  for (const { record } of inventory.all('TransitGatewayVpcAttachments')) {
    const [vpc, gateway] = [text(record, 'VpcId'), text(record, 'TransitGatewayId')];
    if (vpc === undefined || gateway === undefined || optionOf(record) === 'disable') continue;
    push(gatewaysOf, vpc, gateway);
    push(vpcsAt, gateway, vpc);
  }
  return { gatewaysOf, vpcsAt };
}

/** The option is off by default at the gateway and on by default at attachments. */
function optionOf(record: Json): string | undefined {
  return text(object(record, 'Options') ?? {}, 'SecurityGroupReferencingSupport');
}

function stateOf(set: Json, key: string): boolean {
  const state = object(set, key);
  return state === undefined || text(state, 'State') === undefined || text(state, 'State') === 'associated';
}

function peeringOf(entry: Entry): PeeringFacts[] {
  const side = (key: string): (PeeringSide & { region: string | undefined }) | undefined => {
    const info = object(entry.record, key);
    const vpc = info === undefined ? undefined : text(info, 'VpcId');
    if (info === undefined || vpc === undefined) return undefined;
    const blocks = [
      text(info, 'CidrBlock'),
      ...objects(info, 'CidrBlockSet').map((set) => text(set, 'CidrBlock')),
      ...objects(info, 'Ipv6CidrBlockSet').map((set) => text(set, 'Ipv6CidrBlock')),
    ];
    const cidrs = [...new Set(blocks)].flatMap((block) => {
      const span = block === undefined ? undefined : parseCidr(block);
      return span === undefined ? [] : [span];
    });
    return { vpc, cidrs, account: text(info, 'OwnerId'), region: text(info, 'Region') };
  };
  const [requester, accepter] = [side('RequesterVpcInfo'), side('AccepterVpcInfo')];
  if (requester === undefined || accepter === undefined) return [];
  const status = text(object(entry.record, 'Status') ?? {}, 'Code') ?? 'active';
  return [
    {
      entry,
      sides: [requester, accepter],
      status,
      sameRegion:
        requester.region === undefined || accepter.region === undefined || requester.region === accepter.region,
    },
  ];
}

export function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
