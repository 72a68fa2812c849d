/**
 * The network interfaces of an estate, found by id, subnet, group or instance. A large estate holds a hundred thousand and
 * a question touches a few: of each only the numbers stand here that tell where it belongs, and what its record means is
 * read when somebody looks at it. Knows nothing of what else stands in a subnet or a group.
 */
import type { NetworkBuilder } from '../../model/builder.ts';
import type { InterfaceAddress } from '../../model/network.ts';
import { familyOf, formatAddress, parseAddress } from '../../net/address.ts';
import type { Span } from '../../net/spans.ts';
import { Buckets } from './buckets.ts';
import { cidrsIn } from './cidrs.ts';
import type { Entry, Inventory } from './inventory.ts';
import { type Json, isRecord, object, objects, strings, text } from './record.ts';

/** What the record of an interface means. */
export interface InterfaceFacts {
  readonly entry: Entry;
  readonly vpc: string;
  readonly subnet: string;
  /** Primary first, then secondary IPv4, then IPv6. */
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

/** Where an interface stands: its subnet's VPC may be told by the subnet alone. */
type VpcOf = (subnet: string) => string | undefined;

export class Interfaces {
  private readonly inventory: Inventory;
  private readonly builder: NetworkBuilder;
  private readonly vpcOf: VpcOf;
  /** Those that have a place, by id. Rows are places in this list. */
  private readonly entries: Entry[] = [];
  private readonly facts = new Map<string, Facts>();
  private readonly bySubnet = new Buckets<string>();
  /** By the list of groups: interfaces that carry the same groups may share it, as records read in brief do. */
  private readonly byGroups = new Buckets<unknown>();
  private readonly byInstance = new Buckets<string>();
  private readonly strays = new Map<string, number[]>();
  private readonly groupLists = new Map<unknown, readonly string[]>();
  private listsOfGroup: ReadonlyMap<string, readonly unknown[]> | undefined;
  private readonly inSubnets = new Map<string, readonly InterfaceFacts[]>();
  private readonly ofInstances = new Map<string, readonly InterfaceFacts[]>();
  private publicOf: ReadonlyMap<string, string> | undefined;

  /** `vpcOf` knows the subnets of the snapshot. What has no place is noted and left out. */
  constructor(inventory: Inventory, builder: NetworkBuilder, vpcOf: VpcOf) {
    this.inventory = inventory;
    this.builder = builder;
    this.vpcOf = vpcOf;
    for (const entry of inventory.all('NetworkInterfaces')) this.add(entry);
    builder.noteLater(() => {
      for (const eni of this.values()) void [eni.addresses, eni.prefixes];
    });
  }

  get(id: string): InterfaceFacts | undefined {
    const known = this.facts.get(id);
    if (known !== undefined) return known;
    const entry = this.inventory.get('NetworkInterfaces', id);
    return entry === undefined || placeOf(entry, this.vpcOf) === undefined ? undefined : this.factsOf(entry);
  }

  has(id: string): boolean {
    return this.get(id) !== undefined;
  }

  /** All of them, by id. */
  *values(): Iterable<InterfaceFacts> {
    for (const entry of this.entries) yield this.factsOf(entry);
  }

  /** The same without a look at what they are. */
  *ids(): Iterable<string> {
    for (const { id } of this.entries) yield id;
  }

  /** Those of a subnet, whether the snapshot holds the subnet or not. */
  inSubnet(id: string): readonly InterfaceFacts[] {
    return kept(this.inSubnets, id, () => this.at(this.bySubnet.rowsOf(id)));
  }

  /** Those whose subnet is not in the snapshot: they are there, and nobody knows what they meet on the way. */
  straysIn(vpc: string): readonly InterfaceFacts[] {
    return this.at(this.strays.get(vpc) ?? []);
  }

  allStrays(): readonly InterfaceFacts[] {
    return [...this.strays.keys()].flatMap((vpc) => this.straysIn(vpc));
  }

  /** Those that carry a security group; undefined for a group that none carries. */
  carrying(group: string): readonly InterfaceFacts[] | undefined {
    this.listsOfGroup ??= this.indexOfGroups();
    const lists = this.listsOfGroup.get(group);
    if (lists === undefined) return undefined;
    const rows = lists.flatMap((list) => [...this.byGroups.rowsOf(list)]);
    return this.at(lists.length === 1 ? rows : rows.sort((a, b) => a - b));
  }

  /** The instances that have interfaces. */
  instances(): Iterable<string> {
    return this.byInstance.keys();
  }

  hasInstance(id: string): boolean {
    return this.byInstance.has(id);
  }

  /** Whether an instance has one interface. */
  isOnlyOne(instance: string): boolean {
    return this.byInstance.rowsOf(instance).length === 1;
  }

  /** Those of an instance, first device first; undefined for one that has none. */
  of(instance: string): readonly InterfaceFacts[] | undefined {
    if (!this.byInstance.has(instance)) return undefined;
    return kept(this.ofInstances, instance, () =>
      [...this.at(this.byInstance.rowsOf(instance))].sort(
        (a, b) => a.deviceIndex - b.deviceIndex || (a.entry.id < b.entry.id ? -1 : 1),
      ),
    );
  }

  /** The ids of those that have an address, private or public; undefined where only a look at all of them tells. */
  owning(address: bigint): readonly string[] | undefined {
    // IPv6 is written in many ways.
    if (familyOf(address) === 6) return undefined;
    const owns = ({ addresses }: InterfaceFacts) =>
      addresses.some((one) => one.address === address || one.public === address);
    return this.holding(formatAddress(address)).flatMap((eni) => (owns(eni) ? [eni.entry.id] : []));
  }

  /** Those of which something may be called or numbered so, by id: all of which it is true, and a few more. */
  holding(word: string): readonly InterfaceFacts[] {
    const { inventory } = this;
    const ids = new Set([...inventory.holding('NetworkInterfaces', word)].map(({ id }) => id));
    // An elastic address may be told by its own record alone.
    const elastic = text(inventory.get('Addresses', word)?.record ?? {}, 'NetworkInterfaceId');
    if (elastic !== undefined) ids.add(elastic);
    return [...ids].sort().flatMap((id) => this.get(id) ?? []);
  }

  private add(entry: Entry): void {
    const place = placeOf(entry, this.vpcOf);
    if (place === undefined) {
      this.builder.note({
        file: entry.origin.file,
        pointer: entry.origin.pointer,
        resource: entry.id,
        message: 'this network interface has no SubnetId or VpcId and was left out',
      });
      return;
    }
    const row = this.entries.push(entry) - 1;
    this.bySubnet.put(row, place.subnet);
    if (this.vpcOf(place.subnet) === undefined) {
      const others = this.strays.get(place.vpc);
      if (others === undefined) this.strays.set(place.vpc, [row]);
      else others.push(row);
    }
    const groups = entry.brief['Groups'];
    if (Array.isArray(groups)) this.byGroups.put(row, groups);
    const instance = instanceOf(entry.brief);
    if (instance !== undefined) this.byInstance.put(row, instance);
  }

  private at(rows: Iterable<number>): readonly InterfaceFacts[] {
    return Array.from(rows, (row) => this.factsOf(this.entries[row]!));
  }

  private factsOf(entry: Entry): InterfaceFacts {
    return kept(this.facts, entry.id, () => new Facts(this, entry, placeOf(entry, this.vpcOf)!));
  }

  private indexOfGroups(): ReadonlyMap<string, readonly unknown[]> {
    const found = new Map<string, unknown[]>();
    for (const list of this.byGroups.keys())
      for (const group of this.groupsOf(list) ?? []) {
        const lists = found.get(group);
        if (lists === undefined) found.set(group, [list]);
        else lists.push(list);
      }
    return found;
  }

  groupsOf(list: unknown): readonly string[] | undefined {
    if (!Array.isArray(list)) return undefined;
    return kept(this.groupLists, list, () => {
      const ids = list.flatMap((group) => (isRecord(group) ? (text(group, 'GroupId') ?? []) : []));
      return [...new Set(ids)].sort();
    });
  }

  /** The public address that an elastic address's own record gives to an address of an interface. */
  private publicFor(eni: string, inside: string): string | undefined {
    this.publicOf ??= new Map(
      this.inventory.all('Addresses').flatMap(({ record }): [string, string][] => {
        const [id, own] = [text(record, 'NetworkInterfaceId'), text(record, 'PrivateIpAddress')];
        const outside = text(record, 'PublicIp');
        return id === undefined || own === undefined || outside === undefined ? [] : [[`${id} ${own}`, outside]];
      }),
    );
    return this.publicOf.size === 0 ? undefined : this.publicOf.get(`${eni} ${inside}`);
  }

  prefixesOf(entry: Entry): readonly Span<bigint>[] {
    const { brief } = entry;
    if (brief['Ipv4Prefixes'] === undefined && brief['Ipv6Prefixes'] === undefined) return NONE;
    return cidrsIn(this.builder, entry, [
      ...objects(brief, 'Ipv4Prefixes').map((p) => text(p, 'Ipv4Prefix')),
      ...objects(brief, 'Ipv6Prefixes').map((p) => text(p, 'Ipv6Prefix')),
    ]);
  }

  addressesOf(entry: Entry): readonly InterfaceAddress[] {
    const { brief: record } = entry;
    const listed = objects(record, 'PrivateIpAddresses');
    const primary = text(record, 'PrivateIpAddress');
    const v4 =
      listed.length > 0
        ? listed
        : primary === undefined
          ? []
          : [{ PrivateIpAddress: primary, Primary: true, Association: record['Association'] }];
    const [firsts, others]: [InterfaceAddress[], InterfaceAddress[]] = [[], []];
    for (const one of v4) {
      const inside = text(one, 'PrivateIpAddress');
      const address = parseAddress(inside ?? '');
      if (inside === undefined || address === undefined) {
        this.badAddress(entry);
        continue;
      }
      const own = one['Association'] ?? (inside === primary ? record['Association'] : undefined);
      const outside = (isRecord(own) ? text(own, 'PublicIp') : undefined) ?? this.publicFor(entry.id, inside);
      const known = outside === undefined ? undefined : parseAddress(outside);
      const isFirst = one['Primary'] === true || inside === primary;
      (isFirst ? firsts : others).push({
        address,
        ...(known === undefined ? {} : { public: known }),
        ...(isFirst ? { primary: true } : {}),
      });
    }
    const six = [
      ...objects(record, 'Ipv6Addresses').map((one) => text(one, 'Ipv6Address')),
      ...strings(record, 'Ipv6Addresses'),
    ].flatMap((one) => {
      const address = parseAddress(one ?? '');
      if (address !== undefined) return [{ address }];
      this.badAddress(entry);
      return [];
    });
    return [...firsts, ...others, ...six];
  }

  private badAddress({ origin, id }: Entry): void {
    this.builder.note({
      file: origin.file,
      pointer: origin.pointer,
      resource: id,
      message: 'an address of this network interface is not an IP address and was left out',
    });
  }
}

/** An interface somebody looked at. Its addresses are read once, so that what is wrong with them is noted once. */
class Facts implements InterfaceFacts {
  readonly entry: Entry;
  readonly vpc: string;
  readonly subnet: string;
  private readonly all: Interfaces;
  private knownAddresses: readonly InterfaceAddress[] | undefined;
  private knownPrefixes: readonly Span<bigint>[] | undefined;

  constructor(all: Interfaces, entry: Entry, { vpc, subnet }: Place) {
    this.all = all;
    this.entry = entry;
    this.vpc = vpc;
    this.subnet = subnet;
  }

  get addresses(): readonly InterfaceAddress[] {
    return (this.knownAddresses ??= this.all.addressesOf(this.entry));
  }

  get prefixes(): readonly Span<bigint>[] {
    return (this.knownPrefixes ??= this.all.prefixesOf(this.entry));
  }

  get groups(): readonly string[] | undefined {
    return this.all.groupsOf(this.entry.brief['Groups']);
  }

  get instance(): string | undefined {
    return instanceOf(this.entry.brief);
  }

  get deviceIndex(): number {
    const index = object(this.entry.brief, 'Attachment')?.['DeviceIndex'];
    return typeof index === 'number' ? index : 0;
  }

  get type(): string {
    return text(this.entry.brief, 'InterfaceType') ?? 'interface';
  }

  get sourceDestCheck(): boolean {
    return this.entry.brief['SourceDestCheck'] !== false;
  }

  get denyAllIgw(): boolean {
    return this.entry.brief['DenyAllIgwTraffic'] === true;
  }
}

interface Place {
  readonly vpc: string;
  readonly subnet: string;
}

function placeOf({ brief }: Entry, vpcOf: VpcOf): Place | undefined {
  const subnet = text(brief, 'SubnetId');
  const vpc = text(brief, 'VpcId') ?? vpcOf(subnet ?? '');
  return subnet === undefined || vpc === undefined ? undefined : { vpc, subnet };
}

function instanceOf(brief: Json): string | undefined {
  return text(object(brief, 'Attachment') ?? {}, 'InstanceId') ?? text(brief, 'InstanceOf');
}

const NONE: readonly Span<bigint>[] = [];

function kept<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  let value = known.get(key);
  if (value === undefined) known.set(key, (value = make()));
  return value;
}
