/**
 * The estate: what the inventory's records mean together. Which subnets a VPC has and which CIDRs, what is peered with what,
 * and which interfaces only the records of instances and NAT gateways tell of. Indexed once; the readers of each kind stand on it.
 */
import type { NetworkBuilder } from '../../model/builder.ts';
import type { Missing } from '../../model/origin.ts';
import { parseCidr } from '../../net/address.ts';
import type { Span } from '../../net/spans.ts';
import { cidrsIn } from './cidrs.ts';
import { type InterfaceFacts, Interfaces } from './interfaces.ts';
import { type Entry, Inventory } from './inventory.ts';
import { type Json, object, objects, text } from './record.ts';

export type { InterfaceFacts } from './interfaces.ts';

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
  readonly interfaces: readonly InterfaceFacts[];
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
  readonly interfaces: Interfaces;
  readonly peerings: readonly PeeringFacts[];
  private attachments: Attachments | undefined;

  constructor(inventory: Inventory, builder: NetworkBuilder) {
    this.inventory = inventory;
    this.builder = builder;
    this.readVpcs();
    this.readSubnets();
    this.addInterfaces();
    this.interfaces = new Interfaces(inventory, builder, (subnet) => this.subnets.get(subnet)?.vpc);
    this.peerings = inventory.all('VpcPeeringConnections').flatMap((entry) => peeringOf(entry));
  }

  interfacesIn(vpc: string): readonly InterfaceFacts[] {
    const known = (this.vpcs.get(vpc)?.subnets ?? []).flatMap((subnet) => subnet.interfaces);
    const strays = this.interfaces.straysIn(vpc);
    return strays.length === 0 ? known : [...known, ...strays];
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
      this.vpcs.set(entry.id, { entry, cidrs: cidrsIn(this.builder, entry, [primary, ...sets]), subnets: [] });
    }
  }

  private readSubnets(): void {
    const inSubnet = (id: string) => this.interfaces.inSubnet(id);
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
        cidrs: cidrsIn(this.builder, entry, [text(entry.record, 'CidrBlock'), ...v6]),
        get interfaces() {
          return inSubnet(entry.id);
        },
      };
      this.subnets.set(entry.id, facts);
      this.vpcs.get(vpc)?.subnets.push(facts);
    }
  }

  /** The interfaces that no record of their own tells of. */
  private addInterfaces(): void {
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
}

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
