/**
 * The estate as the readers see it: networks with their subnets and peerings, VMs with their interfaces. Facts only.
 * Sources: https://docs.cloud.google.com/vpc/docs/vpc , https://docs.cloud.google.com/vpc/docs/vpc-peering
 */
import type { NetworkBuilder } from '../../model/builder.ts';
import type { InterfaceAddress } from '../../model/network.ts';
import { isPublic, parseAddress, parseCidr } from '../../net/address.ts';
import { type Span, contains, normalise } from '../../net/spans.ts';
import type { Entry, Inventory } from './inventory.ts';
import { type Json, flag, link, object, objects, regionOf, strings, text } from './record.ts';

export interface NetworkFacts {
  readonly entry: Entry;
  readonly subnets: SubnetFacts[];
  readonly peerings: readonly PeeringFacts[];
  readonly nics: NicFacts[];
}

export interface SubnetFacts {
  readonly entry: Entry;
  readonly network: NetworkFacts;
  readonly region: string | undefined;
  readonly primary: readonly Span<bigint>[];
  readonly secondary: readonly { readonly name: string; readonly span: Span<bigint> }[];
  readonly six: readonly Span<bigint>[];
  readonly purpose: string;
  readonly googleAccess: boolean;
}

export interface PeeringFacts {
  readonly name: string;
  readonly peer: string;
  readonly record: Json;
  readonly active: boolean;
}

export interface NicFacts {
  readonly id: string;
  readonly index: number;
  readonly instance: Entry;
  readonly network: NetworkFacts;
  readonly subnet: SubnetFacts | undefined;
  readonly region: string | undefined;
  /** Internal IPv4 first, with the external address it is mapped to; then IPv6. */
  readonly addresses: readonly InterfaceAddress[];
  readonly aliases: readonly Span<bigint>[];
  /** Network tags of the VM. */
  readonly tags: readonly string[];
  readonly accounts: readonly string[];
  readonly canForward: boolean;
}

export class Estate {
  readonly inventory: Inventory;
  readonly builder: NetworkBuilder;
  readonly networks = new Map<string, NetworkFacts>();
  readonly subnets = new Map<string, SubnetFacts>();
  readonly nics = new Map<string, NicFacts>();
  /** Interfaces by VM, in their order. */
  readonly machines = new Map<string, NicFacts[]>();

  constructor(inventory: Inventory, builder: NetworkBuilder) {
    this.inventory = inventory;
    this.builder = builder;
    for (const entry of inventory.all('network')) {
      const peerings = objects(entry.record, 'peerings').flatMap((record): PeeringFacts[] => {
        const peer = link(record, 'network');
        return peer === undefined
          ? []
          : [{ name: text(record, 'name') ?? '', peer, record, active: text(record, 'state') === 'ACTIVE' }];
      });
      this.networks.set(entry.id, { entry, subnets: [], peerings, nics: [] });
    }
    for (const entry of inventory.all('subnetwork')) this.readSubnet(entry);
    for (const entry of inventory.all('instance')) this.readInstance(entry);
  }

  /** The peering that the other network has with this one. */
  twinOf(network: NetworkFacts, peering: PeeringFacts): PeeringFacts | undefined {
    return this.networks.get(peering.peer)?.peerings.find((other) => other.peer === network.entry.id);
  }

  /** Networks joined by an active peering that are in the snapshot. */
  peersOf(network: NetworkFacts): readonly NetworkFacts[] {
    return network.peerings.flatMap((peering) => (peering.active ? (this.networks.get(peering.peer) ?? []) : []));
  }

  private networkOf(url: string | undefined, from: Entry): NetworkFacts | undefined {
    if (url === undefined) return undefined;
    const known = this.networks.get(url);
    if (known !== undefined) return known;
    // A network that is only referred to still joins its interfaces.
    const name = url.slice(url.lastIndexOf('/') + 1);
    const entry: Entry = {
      id: url,
      name,
      project: from.project,
      record: {},
      tags: {},
      origin: { ...from.origin, kind: 'network', id: name, name, implicit: true },
    };
    const made: NetworkFacts = { entry, subnets: [], peerings: [], nics: [] };
    this.networks.set(url, made);
    return made;
  }

  private readSubnet(entry: Entry): void {
    const { record } = entry;
    const network = this.networkOf(link(record, 'network'), entry);
    if (network === undefined) return this.note(entry, 'this subnet names no network and was left out');
    const cidr = (word: string | undefined) => {
      const span = word === undefined ? undefined : parseCidr(word);
      if (word !== undefined && span === undefined)
        this.note(entry, `a range of subnet ${entry.name} is not a valid CIDR and was left out`);
      return span === undefined ? [] : [span];
    };
    const subnet: SubnetFacts = {
      entry,
      network,
      region: regionOf(`${link(record, 'region') ?? entry.id}/`) ?? regionOf(entry.id),
      primary: cidr(text(record, 'ipCidrRange')),
      secondary: objects(record, 'secondaryIpRanges').flatMap((range) =>
        cidr(text(range, 'ipCidrRange')).map((span) => ({ name: text(range, 'rangeName') ?? '', span })),
      ),
      six: normalise([
        ...cidr(text(record, 'internalIpv6Prefix')),
        ...cidr(text(record, 'externalIpv6Prefix')),
        ...cidr(text(record, 'ipv6CidrRange')),
      ]),
      purpose: text(record, 'purpose') ?? 'PRIVATE',
      googleAccess: flag(record, 'privateIpGoogleAccess'),
    };
    this.subnets.set(entry.id, subnet);
    network.subnets.push(subnet);
  }

  private readInstance(entry: Entry): void {
    const { record } = entry;
    const tags = strings(object(record, 'tags'), 'items');
    const accounts = objects(record, 'serviceAccounts').flatMap((account) => text(account, 'email') ?? []);
    for (const [index, nic] of objects(record, 'networkInterfaces').entries()) {
      const network = this.networkOf(
        link(nic, 'network') ?? this.subnets.get(link(nic, 'subnetwork') ?? '')?.network.entry.id,
        entry,
      );
      if (network === undefined) {
        this.note(entry, `interface ${index} of VM ${entry.name} names no network and was left out`);
        continue;
      }
      const subnet = this.subnets.get(link(nic, 'subnetwork') ?? '');
      const facts: NicFacts = {
        id: `${entry.id}#${text(nic, 'name') ?? `nic${index}`}`,
        index,
        instance: entry,
        network,
        subnet,
        region: regionOf(entry.id),
        addresses: addressesOf(nic),
        aliases: this.aliasesOf(nic),
        tags,
        accounts,
        canForward: flag(record, 'canIpForward'),
      };
      if (facts.addresses.length === 0)
        this.note(entry, `interface ${index} of VM ${entry.name} has no address in the snapshot`);
      this.nics.set(facts.id, facts);
      network.nics.push(facts);
      const list = this.machines.get(entry.id);
      if (list === undefined) this.machines.set(entry.id, [facts]);
      else list.push(facts);
    }
    if (!this.machines.has(entry.id)) this.note(entry, `VM ${entry.name} has no network interface in the snapshot`);
  }

  private aliasesOf(nic: Json): Span<bigint>[] {
    return objects(nic, 'aliasIpRanges').flatMap((range) => {
      const word = text(range, 'ipCidrRange') ?? '';
      const address = parseAddress(word);
      const span = address === undefined ? parseCidr(word) : ([address, address + 1n] as const);
      return span === undefined ? [] : [span];
    });
  }

  note({ origin }: Entry, message: string): void {
    this.builder.note({ file: origin.file, pointer: origin.pointer, resource: origin.id, message });
  }
}

function addressesOf(nic: Json): InterfaceAddress[] {
  const four = parseAddress(text(nic, 'networkIP') ?? '');
  const outside = objects(nic, 'accessConfigs')
    .map((config) => parseAddress(text(config, 'natIP') ?? ''))
    .find((address) => address !== undefined);
  const sixes = [
    text(nic, 'ipv6Address'),
    ...objects(nic, 'ipv6AccessConfigs').map((config) => text(config, 'externalIpv6')),
  ].flatMap((word) => parseAddress(word?.split('/')[0] ?? '') ?? []);
  return [
    ...(four === undefined
      ? []
      : [{ address: four, primary: true, ...(outside === undefined ? {} : { public: outside }) }]),
    ...[...new Set(sixes)].map((address): InterfaceAddress => ({ address })),
  ];
}

/** IPv6 addresses of an interface that the internet reaches. */
export function publicSixes(nic: NicFacts): readonly bigint[] {
  return nic.addresses.filter(({ address }) => address < 1n << 128n && isPublic(address)).map(({ address }) => address);
}

/** Every range of a subnet that has a subnet route. */
export function rangesOf(subnet: SubnetFacts): readonly Span<bigint>[] {
  return [...subnet.primary, ...subnet.secondary.map(({ span }) => span), ...subnet.six];
}

/** The subnet of a network that holds an address. */
export function subnetAt(network: NetworkFacts, address: bigint): SubnetFacts | undefined {
  return network.subnets.find((subnet) => contains(rangesOf(subnet), address));
}
