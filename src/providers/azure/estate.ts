/**
 * The estate as the readers see it: virtual networks with their subnets and peerings, network interfaces with their
 * addresses, who carries which group. Facts only; how packets are treated is the readers' business.
 */
import type { NetworkBuilder } from '../../model/builder.ts';
import type { InterfaceAddress } from '../../model/network.ts';
import type { Missing, Origin } from '../../model/origin.ts';
import { parseAddress, parseCidr } from '../../net/address.ts';
import { type Span, intersect, normalise } from '../../net/spans.ts';
import { type Entry, Inventory, type Kind, missing } from './inventory.ts';
import {
  type Json,
  either,
  flag,
  nameIn,
  object,
  objects,
  parentOf,
  powerState,
  reference,
  references,
  strings,
  text,
} from './record.ts';

export interface VnetFacts {
  readonly entry: Entry;
  readonly ranges: readonly Span<bigint>[];
  readonly subnets: SubnetFacts[];
  readonly peerings: PeeringFacts[];
}

export interface SubnetFacts {
  readonly entry: Entry;
  readonly vnet: VnetFacts;
  readonly ranges: readonly Span<bigint>[];
  /** Lower-case ids of what is attached; undefined where nothing is. */
  readonly nsg: string | undefined;
  readonly routeTable: string | undefined;
  readonly natGateway: string | undefined;
  readonly nics: NicFacts[];
  /** Set where the subnet, or its network, is only referred to: its group, routes and ranges are not known. */
  readonly absent?: Missing;
}

/** One side of a peering, as its own virtual network has it. */
export interface PeeringFacts {
  readonly entry: Entry;
  readonly remote: string;
  /** What this side learned of the other's address space. */
  readonly ranges: readonly Span<bigint>[];
  readonly state: string | undefined;
  readonly access: boolean;
  readonly forwarded: boolean;
  readonly gatewayTransit: boolean;
  readonly remoteGateways: boolean;
}

/** One address of an interface. */
export interface IpConfiguration {
  readonly id: string;
  readonly address: InterfaceAddress;
  /** The public IP resource, where one is attached. */
  readonly publicIp: Entry | undefined;
  /** Set where the attached public IP is not in the snapshot: `address.public` is then only a stand-in. */
  readonly unknownPublic?: Missing;
  readonly subnet: SubnetFacts | undefined;
  readonly asgs: readonly string[];
}

export interface NicFacts {
  readonly entry: Entry;
  readonly configurations: readonly IpConfiguration[];
  readonly subnet: SubnetFacts;
  readonly nsg: string | undefined;
  readonly vm: string | undefined;
  readonly primary: boolean;
  readonly forwards: boolean;
  readonly privateEndpoint: string | undefined;
}

/** What has addresses in a subnet: type, kinds, name, command. Anything else (an application gateway) is not read. */
const OWNERS: readonly (readonly [string, readonly Kind[], string, string])[] = [
  ['networkinterfaces', ['nic', 'scaleSetNic'], 'network interface', 'network nic show'],
  ['azurefirewalls', ['firewall'], 'firewall', 'network firewall show'],
  ['loadbalancers', ['loadBalancer'], 'load balancer', 'network lb show'],
  ['virtualnetworkgateways', ['gateway'], 'virtual network gateway', 'network vnet-gateway show'],
];

/** Whether a side of a peering says that it is connected; one that says nothing (a plan) counts as such. */
export function isConnected({ state }: PeeringFacts): boolean {
  return (state ?? 'Connected').toLowerCase() === 'connected';
}

export class Estate {
  readonly inventory: Inventory;
  readonly builder: NetworkBuilder;
  readonly vnets = new Map<string, VnetFacts>();
  readonly subnets = new Map<string, SubnetFacts>();
  readonly nics = new Map<string, NicFacts>();
  /** ipConfiguration id -> its interface. */
  readonly configurations = new Map<string, { nic: NicFacts; configuration: IpConfiguration }>();
  /** Interfaces by machine, primary first. */
  readonly machineNics = new Map<string, NicFacts[]>();

  constructor(inventory: Inventory, builder: NetworkBuilder) {
    this.inventory = inventory;
    this.builder = builder;
    this.readVnets();
    for (const entry of [...inventory.all('nic'), ...inventory.all('scaleSetNic')]) this.readNic(entry);
    for (const list of this.machineNics.values())
      list.sort((a, b) => Number(b.primary) - Number(a.primary) || (a.entry.id < b.entry.id ? -1 : 1));
  }

  /** Whether the snapshot lists the network interfaces, all of them. */
  get knowsNics(): boolean {
    const { inventory } = this;
    return (
      (inventory.knows('nic') || inventory.knows('scaleSetNic')) &&
      !inventory.isCut('nic') &&
      !inventory.isCut('scaleSetNic')
    );
  }

  /** All interfaces of a virtual network. */
  nicsIn(vnet: VnetFacts): readonly NicFacts[] {
    return vnet.subnets.flatMap((subnet) => subnet.nics);
  }

  /** Whether the machine of an interface is known not to run. */
  isStopped({ vm }: NicFacts): boolean {
    const state = powerState(this.inventory.get('vm', vm));
    return state !== undefined && !/running|starting/i.test(state);
  }

  /**
   * What stands in a subnet, by the subnet's own record, and is in no document: a firewall, a balancer's frontend, a gateway.
   * Its addresses are somebody's, although no interface has them.
   */
  unlistedIn({ entry }: SubnetFacts): Missing | undefined {
    const { inventory } = this;
    for (const id of references(entry.record, 'ipConfigurations')) {
      const owner = /^(.*\/providers\/[^/]+\/.*?)\/[^/]+\/[^/]+$/.exec(id)?.[1] ?? id;
      const known = OWNERS.find(([type]) => owner.includes(`/${type}/`));
      const isThere = known?.[1].some((kind) => inventory.get(kind, owner) !== undefined) === true;
      if (!isThere)
        return missing(
          `${known?.[2] ?? 'what is called'} ${nameIn(owner)}`,
          `${known?.[3] ?? 'resource show'} --ids ${owner}`,
        );
    }
    const isFirewalls = nameIn(entry.id) === 'azurefirewallsubnet' && inventory.all('firewall').length === 0;
    return isFirewalls ? missing(`the firewall in ${entry.origin.name ?? ''}`, 'network firewall list') : undefined;
  }

  /** Who has an address, private or public. */
  nicsAt(address: bigint): readonly NicFacts[] {
    if (this.owners === undefined) {
      this.owners = new Map();
      for (const nic of this.nics.values())
        for (const { address: own } of nic.configurations)
          for (const one of own.public === undefined ? [own.address] : [own.address, own.public])
            push(this.owners, one, nic);
    }
    return this.owners.get(address) ?? [];
  }
  private owners: Map<bigint, NicFacts[]> | undefined;

  /** The twin of a peering in the other virtual network, where that is in the snapshot. */
  twinOf(vnet: VnetFacts, peering: PeeringFacts): PeeringFacts | undefined {
    return this.vnets.get(peering.remote)?.peerings.find((other) => other.remote === vnet.entry.id);
  }

  /** The public address of a public IP resource; undefined where none is allocated. */
  addressOf(publicIp: Entry | undefined): bigint | undefined {
    return parseAddress(text(publicIp?.record, 'ipAddress') ?? '');
  }

  private readVnets(): void {
    const { inventory } = this;
    const subnetNsg = this.backReferences('nsg', 'subnets');
    const subnetTable = this.backReferences('routeTable', 'subnets');
    const subnetNat = this.backReferences('natGateway', 'subnets');
    for (const entry of inventory.all('vnet')) {
      const space = object(entry.record, 'addressSpace');
      const vnet: VnetFacts = {
        entry,
        ranges: this.ranges(entry, strings(space, 'addressPrefixes')),
        subnets: [],
        peerings: [],
      };
      this.vnets.set(entry.id, vnet);
      for (const [key, kind] of [
        ['subnets', 'subnet'],
        ['virtualNetworkPeerings', 'peering'],
      ] as const)
        for (const [i, record] of objects(entry.record, key).entries()) {
          const id = text(record, 'id') ?? `${entry.origin.id}/${key}/${text(record, 'name') ?? i}`;
          inventory.add(kind, { ...record, id }, entry.origin.file, `${entry.origin.pointer}/${key}/${i}`);
        }
    }
    for (const entry of inventory.all('subnet')) {
      const { record } = entry;
      const known = this.vnets.get(parentOf(entry.id));
      const vnet = known ?? this.referredVnet(entry.origin.id, entry);
      const subnet: SubnetFacts = {
        entry,
        vnet,
        ranges: this.ranges(entry, either(record, 'addressPrefix', 'addressPrefixes')),
        nsg: reference(record, 'networkSecurityGroup') ?? subnetNsg.get(entry.id),
        routeTable: reference(record, 'routeTable') ?? subnetTable.get(entry.id),
        natGateway: reference(record, 'natGateway') ?? subnetNat.get(entry.id),
        nics: [],
        ...(known === undefined ? { absent: absentVnet(vnet) } : {}),
      };
      this.subnets.set(entry.id, subnet);
      vnet.subnets.push(subnet);
    }
    for (const entry of inventory.all('peering')) {
      const vnet = this.vnets.get(parentOf(entry.id));
      const remote = reference(entry.record, 'remoteVirtualNetwork');
      if (vnet === undefined || remote === undefined) continue;
      const { record } = entry;
      const learned = strings(object(record, 'remoteAddressSpace'), 'addressPrefixes');
      const current = strings(object(record, 'remoteVirtualNetworkAddressSpace'), 'addressPrefixes');
      const own = this.vnets.get(remote)?.ranges ?? [];
      vnet.peerings.push({
        entry,
        remote,
        ranges: this.peeredRanges(
          entry,
          remote,
          learned.length + current.length === 0 ? own : this.ranges(entry, learned.length > 0 ? learned : current),
        ),
        state: text(record, 'peeringState'),
        access: flag(record, 'allowVirtualNetworkAccess') ?? true,
        forwarded: flag(record, 'allowForwardedTraffic') ?? false,
        gatewayTransit: flag(record, 'allowGatewayTransit') ?? false,
        remoteGateways: flag(record, 'useRemoteGateways') ?? false,
      });
    }
  }

  /** A peering of single subnets brings the ranges of the remote ones that it names. */
  private peeredRanges({ record }: Entry, remote: string, ranges: readonly Span<bigint>[]): readonly Span<bigint>[] {
    const named = strings(record, 'remoteSubnetNames').map((name) => name.toLowerCase());
    const vnet = this.vnets.get(remote);
    if (flag(record, 'peerCompleteVnets') !== false || named.length === 0 || vnet === undefined) return ranges;
    return intersect(
      ranges,
      normalise(vnet.subnets.flatMap((subnet) => (named.includes(nameIn(subnet.entry.id)) ? [...subnet.ranges] : []))),
    );
  }

  /** A network that something refers to and no document holds: nothing is known of it but its id. */
  private referredVnet(subnet: string, by: Entry): VnetFacts {
    const id = subnet.split('/').slice(0, -2).join('/');
    const known = this.vnets.get(id.toLowerCase());
    if (known !== undefined) return known;
    const origin: Origin = { ...by.origin, kind: 'virtual network', id, name: nameIn(id) };
    const entry: Entry = { id: id.toLowerCase(), record: {}, origin, tags: {} };
    const vnet: VnetFacts = { entry, ranges: [], subnets: [], peerings: [] };
    this.vnets.set(entry.id, vnet);
    return vnet;
  }

  /** The same for a subnet. */
  private referredSubnet(id: string, by: Entry): SubnetFacts {
    const known = this.subnets.get(id.toLowerCase());
    if (known !== undefined) return known;
    const origin: Origin = { ...by.origin, kind: 'subnet', id, name: nameIn(id) };
    const subnet: SubnetFacts = {
      entry: { id: id.toLowerCase(), record: {}, origin, tags: {} },
      vnet: this.referredVnet(id, by),
      ranges: [],
      nsg: undefined,
      routeTable: undefined,
      natGateway: undefined,
      nics: [],
      absent: missing(`subnet ${nameIn(id)} with its group and its routes`, `network vnet subnet show --ids ${id}`),
    };
    this.subnets.set(subnet.entry.id, subnet);
    subnet.vnet.subnets.push(subnet);
    return subnet;
  }

  private readNic(entry: Entry): void {
    const { record } = entry;
    const list = [...objects(record, 'ipConfigurations')].sort(
      (a, b) => Number(flag(b, 'primary') ?? false) - Number(flag(a, 'primary') ?? false),
    );
    const configurations = list.flatMap((one): IpConfiguration[] => {
      const address = parseAddress(text(one, 'privateIPAddress') ?? '');
      if (address === undefined) return [];
      const attached = object(one, 'publicIPAddress');
      const publicIp = this.publicIpOf(attached, entry);
      const absent = this.absentAddress(publicIp);
      const outside = absent === undefined ? this.addressOf(publicIp) : this.standIn(absent);
      return [
        {
          id: (text(one, 'id') ?? `${entry.id}/ipconfigurations/${text(one, 'name') ?? ''}`).toLowerCase(),
          address: {
            address,
            ...(outside === undefined ? {} : { public: outside }),
            ...(flag(one, 'primary') === true ? { primary: true } : {}),
          },
          publicIp,
          ...(absent === undefined ? {} : { unknownPublic: absent }),
          subnet: this.subnets.get(reference(one, 'subnet') ?? ''),
          asgs: references(one, 'applicationSecurityGroups'),
        },
      ];
    });
    const named = list.map((one) => text(object(one, 'subnet'), 'id')).find((id) => id !== undefined);
    const subnet =
      configurations.find((one) => one.subnet !== undefined)?.subnet ??
      (named === undefined ? undefined : this.referredSubnet(named, entry));
    if (subnet === undefined || configurations.length === 0) {
      this.note(entry, 'this network interface has no private address or names no subnet, and was left out');
      return;
    }
    const vm = reference(record, 'virtualMachine') ?? this.machineOf(entry.id);
    const nic: NicFacts = {
      entry,
      configurations,
      subnet,
      nsg: reference(record, 'networkSecurityGroup') ?? this.nicNsg.get(entry.id),
      vm,
      primary: flag(record, 'primary') ?? false,
      forwards: flag(record, 'enableIPForwarding') ?? false,
      privateEndpoint: reference(record, 'privateEndpoint') ?? this.endpointNics.get(entry.id),
    };
    this.nics.set(entry.id, nic);
    subnet.nics.push(nic);
    for (const configuration of configurations) this.configurations.set(configuration.id, { nic, configuration });
    if (vm !== undefined) push(this.machineNics, vm, nic);
  }

  /** A public IP is a resource of its own, or embedded with its address. */
  publicIpOf(attached: Json | undefined, owner: Entry): Entry | undefined {
    if (attached === undefined) return undefined;
    const known = this.inventory.get('publicIp', text(attached, 'id'));
    if (known !== undefined) return known;
    const id = text(attached, 'id') ?? `${owner.origin.id}/publicIPAddress`;
    return {
      id: id.toLowerCase(),
      record: attached,
      tags: {},
      origin: { ...owner.origin, kind: 'public IP address', id, name: nameIn(id) },
    };
  }

  /** What is missing where a public IP is referred to and nothing tells its address. */
  absentAddress(publicIp: Entry | undefined): Missing | undefined {
    if (publicIp === undefined || this.addressOf(publicIp) !== undefined) return undefined;
    if (this.inventory.get('publicIp', publicIp.id) !== undefined) return undefined;
    return this.absent(publicIp.origin.id, publicIp.origin.name ?? publicIp.id);
  }

  /** What is missing where the snapshot does not hold a public IP. */
  absent(id: string, name: string): Missing {
    return missing(`the public IP address ${name}`, `network public-ip show --ids ${id}`);
  }

  /** An address for a public IP that is referred to and not in the snapshot. */
  standIn(what: Missing): bigint {
    return this.builder.standIn(what.what, what);
  }

  /** Machines name their interfaces too: that helps where the interface does not name its machine. */
  private readonly machines = new Map<string, string>();
  private machineOf(nic: string): string | undefined {
    if (this.machines.size === 0)
      for (const vm of this.inventory.all('vm'))
        for (const id of references(object(vm.record, 'networkProfile'), 'networkInterfaces'))
          this.machines.set(id, vm.id);
    const scaled = /^(.*\/virtualmachinescalesets\/[^/]+\/virtualmachines\/[^/]+)\/networkinterfaces\/[^/]+$/.exec(nic);
    return this.machines.get(nic) ?? scaled?.[1];
  }

  private get nicNsg(): ReadonlyMap<string, string> {
    this.nicGroups ??= this.backReferences('nsg', 'networkInterfaces');
    return this.nicGroups;
  }
  private nicGroups: ReadonlyMap<string, string> | undefined;

  private get endpointNics(): ReadonlyMap<string, string> {
    this.endpoints ??= this.backReferences('privateEndpoint', 'networkInterfaces');
    return this.endpoints;
  }
  private endpoints: ReadonlyMap<string, string> | undefined;

  /** What a resource says of those that it is attached to: used where the other side is silent. */
  private backReferences(
    kind: 'nsg' | 'routeTable' | 'natGateway' | 'privateEndpoint',
    key: string,
  ): Map<string, string> {
    const found = new Map<string, string>();
    for (const entry of this.inventory.all(kind))
      for (const id of references(entry.record, key)) found.set(id, entry.id);
    return found;
  }

  /** The span of a CIDR or of one address; undefined for any other word. */
  prefixOf(word: string | undefined): Span<bigint> | undefined {
    return parseCidr(word ?? '') ?? hostSpan(word ?? '');
  }

  /** CIDRs as spans; one that is none is noted. */
  ranges(entry: Entry, words: readonly string[]): Span<bigint>[] {
    const spans = words.flatMap((word) => {
      const span = parseCidr(word) ?? hostSpan(word);
      if (span === undefined)
        this.note(entry, `an address prefix of ${entry.origin.kind} ${entry.origin.id} is not valid and was left out`);
      return span === undefined ? [] : [span];
    });
    return normalise(spans);
  }

  private note({ origin }: Entry, message: string): void {
    this.builder.note({ file: origin.file, pointer: origin.pointer, resource: origin.id, message });
  }
}

function absentVnet({ entry: { origin } }: VnetFacts): Missing {
  return missing(
    `virtual network ${origin.name ?? origin.id} with its peerings`,
    `network vnet show --ids ${origin.id}`,
  );
}

function hostSpan(word: string): Span<bigint> | undefined {
  const address = parseAddress(word);
  return address === undefined ? undefined : [address, address + 1n];
}

export function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
