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
  readonly interfaces = new Map<string, InterfaceFacts>();
  readonly groupMembers = new Map<string, InterfaceFacts[]>();
  readonly instanceInterfaces = new Map<string, InterfaceFacts[]>();
  readonly peerings: readonly PeeringFacts[];

  constructor(inventory: Inventory, builder: NetworkBuilder) {
    this.inventory = inventory;
    this.builder = builder;
    this.readVpcs();
    this.readSubnets();
    this.readInterfaces();
    this.peerings = inventory.all('VpcPeeringConnections').flatMap((entry) => peeringOf(entry));
  }

  interfacesIn(vpc: string): readonly InterfaceFacts[] {
    return (this.vpcs.get(vpc)?.subnets ?? []).flatMap((subnet) => subnet.interfaces);
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
    const attachments = this.inventory
      .all('TransitGatewayVpcAttachments')
      .filter(({ record }) => optionOf(record) !== 'disable');
    const mine = attachments.filter(({ record }) => text(record, 'VpcId') === vpc);
    const gateways = mine.flatMap(({ record }) => text(record, 'TransitGatewayId') ?? []);
    const enabled = gateways.filter(
      (id) => optionOf(this.inventory.get('TransitGateways', id)?.record ?? {}) === 'enable',
    );
    return attachments
      .filter(({ record }) => enabled.includes(text(record, 'TransitGatewayId') ?? ''))
      .flatMap(({ record }) => text(record, 'VpcId') ?? []);
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
    const attached = new Set(
      this.inventory
        .all('NetworkInterfaces')
        .map(({ record }) => text(object(record, 'Attachment') ?? {}, 'InstanceId') ?? ''),
    );
    for (const instance of this.inventory.all('Instances')) this.addInterfacesOf(instance, attached);
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
  private addInterfacesOf(instance: Entry, attached: ReadonlySet<string>): void {
    const add = (id: string, record: Json, pointer: string): void =>
      this.inventory.addMissing('NetworkInterfaces', {
        id,
        record: { ...record, InstanceOf: instance.id },
        tags: {},
        name: undefined,
        origin: { provider: 'aws', kind: 'network interface', id, file: instance.origin.file, pointer },
        account: instance.account,
        region: instance.region,
        collectedAt: instance.collectedAt,
      });
    const listed = objects(instance.record, 'NetworkInterfaces').filter((one) => text(one, 'NetworkInterfaceId'));
    for (const [i, record] of listed.entries()) {
      const own = text(record, 'NetworkInterfaceId') ?? '';
      const known = this.inventory.get('NetworkInterfaces', own);
      const taken = text(known?.record ?? {}, 'InstanceOf');
      if (known !== undefined && (taken === undefined || taken === instance.id)) continue;
      // One id on two instances (an anonymised file): each keeps an interface of its own.
      const id = taken === undefined || taken === instance.id ? own : `${instance.id}#eni${i}`;
      add(id, record, `${instance.origin.pointer}/NetworkInterfaces/${i}`);
    }
    if (listed.length > 0 || text(instance.record, 'PrivateIpAddress') === undefined) return;
    if (attached.has(instance.id)) return;
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
          record,
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
    const { record } = entry;
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
      prefixes: this.cidrsOf(entry, [
        ...objects(record, 'Ipv4Prefixes').map((p) => text(p, 'Ipv4Prefix')),
        ...objects(record, 'Ipv6Prefixes').map((p) => text(p, 'Ipv6Prefix')),
      ]),
      groups: Array.isArray(record['Groups'])
        ? [...new Set(objects(record, 'Groups').flatMap((group) => text(group, 'GroupId') ?? []))].sort()
        : undefined,
      instance,
      deviceIndex: typeof index === 'number' ? index : 0,
      type: text(record, 'InterfaceType') ?? 'interface',
      sourceDestCheck: record['SourceDestCheck'] !== false,
      denyAllIgw: record['DenyAllIgwTraffic'] === true,
    };
    this.interfaces.set(entry.id, facts);
    this.subnets.get(subnet)?.interfaces.push(facts);
    for (const group of facts.groups ?? []) push(this.groupMembers, group, facts);
    if (instance !== undefined) push(this.instanceInterfaces, instance, facts);
  }

  /** Primary first, then secondary IPv4, then IPv6. */
  private addressesOf(entry: Entry, publicOf: ReadonlyMap<string, string>): InterfaceAddress[] {
    const { record } = entry;
    const listed = objects(record, 'PrivateIpAddresses');
    const primary = text(record, 'PrivateIpAddress');
    const v4 =
      listed.length > 0
        ? listed
        : primary === undefined
          ? []
          : [{ PrivateIpAddress: primary, Primary: true, Association: record['Association'] }];
    const addresses: (InterfaceAddress & { first: boolean })[] = [];
    for (const one of v4) {
      const inside = text(one, 'PrivateIpAddress');
      const address = inside === undefined ? undefined : parseAddress(inside);
      if (inside === undefined || address === undefined) {
        this.badAddress(entry);
        continue;
      }
      const own = one['Association'] ?? (inside === primary ? record['Association'] : undefined);
      const outside = isRecord(own) ? text(own, 'PublicIp') : undefined;
      const known = parseAddress(outside ?? publicOf.get(`${entry.id} ${inside}`) ?? '');
      const first = one['Primary'] === true || inside === primary;
      addresses.push({
        address,
        first,
        ...(known === undefined ? {} : { public: known }),
        ...(first ? { primary: true } : {}),
      });
    }
    addresses.sort((a, b) => Number(b.first) - Number(a.first));
    for (const one of [
      ...objects(record, 'Ipv6Addresses').map((six) => text(six, 'Ipv6Address')),
      ...strings(record, 'Ipv6Addresses'),
    ]) {
      const address = parseAddress(one ?? '');
      if (address === undefined) this.badAddress(entry);
      else addresses.push({ address, first: false });
    }
    return addresses.map(({ first: _, ...rest }) => rest);
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
