/**
 * What load balancers offer, as their records say it: frontends, rules with the members behind them, inbound NAT rules. Facts
 * only; how packets get there is `load-balancer.ts`.
 * Source: https://learn.microsoft.com/en-us/azure/load-balancer/components
 */
import type { Match } from '../../model/network.ts';
import type { Missing, Origin } from '../../model/origin.ts';
import { nameOf } from '../../model/origin.ts';
import { parseAddress } from '../../net/address.ts';
import { TCP, UDP, hasPorts } from '../../net/protocol.ts';
import type { Span } from '../../net/spans.ts';
import { type Estate, type NicFacts, type VnetFacts, push } from './estate.ts';
import { type Entry, missing } from './inventory.ts';
import { type Json, flag, integer, object, objects, reference, references, text } from './record.ts';

/** An address of an interface that a rule leads to. */
export interface Member {
  readonly nic: NicFacts;
  readonly address: bigint;
}

/** An address that a balancer answers at. */
export interface Frontend {
  readonly id: string;
  /** "balancer/frontend". */
  readonly name: string;
  /** The id as it is written. */
  readonly word: string;
  readonly balancer: Entry;
  readonly address: bigint;
  readonly isPublic: boolean;
  readonly vnet: VnetFacts | undefined;
  /** Set where its public IP is not in the snapshot: `address` is then only a stand-in. */
  readonly unknownPublic?: Missing;
}

/** One rule: frontend port to backend port of members. */
export interface Service {
  readonly origin: Origin;
  readonly frontend: Frontend;
  readonly match: Match;
  readonly backendPort: number | undefined;
  readonly members: readonly Member[];
  readonly probe: Json | undefined;
  readonly floating: boolean;
  /** Set where something about its members is not in the snapshot. */
  readonly unknown?: Missing;
  /** All protocols and ports: what a route may hand packets to. */
  readonly allPorts: boolean;
}

export class BalancerServices {
  readonly frontends = new Map<string, Frontend>();
  readonly services: Service[] = [];
  /** Interface id -> the rules that lead to it. */
  readonly servedBy = new Map<string, Service[]>();
  private readonly estate: Estate;

  /** What interfaces say of themselves, by the ids of pools and inbound NAT rules. */
  private readonly byPool = new Map<string, Member[]>();
  private readonly byNatRule = new Map<string, Member[]>();
  private readonly byAddress = new Map<bigint, NicFacts[]>();

  constructor(estate: Estate) {
    this.estate = estate;
    for (const nic of estate.nics.values()) this.index(nic);
    for (const balancer of estate.inventory.all('loadBalancer')) this.read(balancer);
  }

  private read(balancer: Entry): void {
    const { builder } = this.estate;
    for (const record of objects(balancer.record, 'frontendIPConfigurations')) {
      const word = text(record, 'id') ?? '';
      const id = word === '' ? undefined : word.toLowerCase();
      const attached = object(record, 'publicIPAddress');
      const publicIp = this.estate.publicIpOf(attached, balancer);
      const unknownPublic = this.estate.absentAddress(publicIp);
      const outside =
        unknownPublic === undefined ? this.estate.addressOf(publicIp) : this.estate.standIn(unknownPublic);
      const inside = parseAddress(text(record, 'privateIPAddress') ?? '');
      const address = attached === undefined ? inside : outside;
      if (id === undefined || address === undefined) {
        builder.note({
          file: balancer.origin.file,
          pointer: balancer.origin.pointer,
          resource: balancer.origin.id,
          message: `frontend ${text(record, 'name') ?? ''} of ${balancer.origin.name} has no address in the snapshot`,
        });
        continue;
      }
      const vnet = this.estate.subnets.get(reference(record, 'subnet') ?? '')?.vnet;
      this.frontends.set(id, {
        id,
        word,
        name: `${balancer.origin.name ?? balancer.id}/${text(record, 'name') ?? word.split('/').at(-1) ?? ''}`,
        balancer,
        address,
        isPublic: attached !== undefined,
        vnet,
        ...(unknownPublic === undefined ? {} : { unknownPublic }),
      });
    }
    for (const [i, rule] of objects(balancer.record, 'loadBalancingRules').entries())
      this.addService(balancer, rule, `loadBalancingRules/${i}`, this.membersOf(balancer, poolsOf(rule)));
    for (const [i, rule] of objects(balancer.record, 'inboundNatRules').entries())
      this.addService(balancer, rule, `inboundNatRules/${i}`, this.natMembers(balancer, rule));
  }

  private index(nic: NicFacts): void {
    for (const { address } of nic.configurations) push(this.byAddress, address.address, nic);
    for (const one of objects(nic.entry.record, 'ipConfigurations')) {
      const member = this.memberAt(text(one, 'id')?.toLowerCase());
      if (member === undefined) continue;
      for (const pool of references(one, 'loadBalancerBackendAddressPools')) push(this.byPool, pool, member);
      for (const rule of references(one, 'loadBalancerInboundNatRules')) push(this.byNatRule, rule, member);
    }
  }

  /** The one member of an inbound NAT rule, as the rule or the interface says it; or the pool that it serves. */
  private natMembers(balancer: Entry, rule: Json): readonly Member[] {
    const one = this.memberAt(reference(rule, 'backendIPConfiguration'));
    if (one !== undefined) return [one];
    const named = this.byNatRule.get(text(rule, 'id')?.toLowerCase() ?? '') ?? [];
    return named.length > 0 ? named : this.membersOf(balancer, poolsOf(rule));
  }

  private addService(balancer: Entry, rule: Json, path: string, members: readonly Member[]): void {
    const frontend = this.frontends.get(reference(rule, 'frontendIPConfiguration') ?? '');
    if (frontend === undefined) return;
    const protocol = protocolOf(text(rule, 'protocol'));
    const port = integer(rule, 'frontendPort');
    const [first, last] = [integer(rule, 'frontendPortRangeStart'), integer(rule, 'frontendPortRangeEnd')];
    // A rule for a range of ports gives each member one of them.
    if (first !== undefined && last !== undefined && last > 0) {
      this.addRange(balancer, rule, path, members, [first, last + 1]);
      return;
    }
    const allPorts = protocol === undefined && (port === 0 || port === undefined);
    const backendPort = integer(rule, 'backendPort');
    const probe = objects(balancer.record, 'probes').find(
      (one) => text(one, 'id')?.toLowerCase() === reference(rule, 'probe'),
    );
    const service: Service = {
      origin: serviceOrigin(balancer, rule, path),
      frontend,
      match: {
        dst: [[frontend.address, frontend.address + 1n]],
        ...(protocol === undefined ? {} : { protocol }),
        ...(allPorts || port === undefined ? {} : { dport: [[port, port + 1]] }),
      },
      backendPort: allPorts || backendPort === 0 ? undefined : backendPort,
      members,
      probe,
      floating: flag(rule, 'enableFloatingIP') === true,
      allPorts,
      ...this.absentMembers(balancer, rule),
    };
    this.keep(service);
  }

  private keep(service: Service): void {
    this.services.push(service);
    for (const { nic } of service.members) push(this.servedBy, nic.entry.id, service);
  }

  /** Which port of the range is whose stands in the members' port mappings; where it doesn't, that is not known. */
  private addRange(balancer: Entry, rule: Json, path: string, members: readonly Member[], range: Span): void {
    const frontend = this.frontends.get(reference(rule, 'frontendIPConfiguration') ?? '');
    if (frontend === undefined) return;
    const name = text(rule, 'name')?.toLowerCase();
    const protocol = protocolOf(text(rule, 'protocol'));
    const common = {
      origin: serviceOrigin(balancer, rule, path),
      frontend,
      probe: undefined,
      floating: false,
      allPorts: false,
    };
    const at = (dport: Span): Match => ({
      dst: [[frontend.address, frontend.address + 1n]],
      ...(protocol === undefined ? {} : { protocol }),
      dport: [dport],
    });
    const mapped = objects(balancer.record, 'backendAddressPools')
      .flatMap((pool) => objects(pool, 'loadBalancerBackendAddresses'))
      .flatMap((address) => {
        const id = reference(address, 'networkInterfaceIPConfiguration');
        const ip = parseAddress(text(address, 'ipAddress') ?? '');
        const member = id === undefined ? members.find((one) => one.address === ip) : this.memberAt(id);
        return objects(address, 'inboundNatRulesPortMapping').flatMap((one) => {
          const port = integer(one, 'frontendPort');
          const isMine = text(one, 'inboundNatRuleName')?.toLowerCase() === name;
          return member === undefined || port === undefined || !isMine
            ? []
            : [{ member, port, backendPort: integer(one, 'backendPort') ?? integer(rule, 'backendPort') }];
        });
      });
    for (const { member, port, backendPort } of mapped)
      this.keep({ ...common, match: at([port, port + 1]), backendPort, members: [member] });
    if (mapped.length === 0)
      this.keep({
        ...common,
        match: at(range),
        backendPort: integer(rule, 'backendPort'),
        members,
        unknown: {
          what: `which member of ${nameOf(balancer.origin)} a port of rule ${text(rule, 'name') ?? ''} leads to`,
          fetch: `az network lb address-pool list --lb-name ${balancer.origin.name ?? ''} --resource-group GROUP`,
        },
      });
  }

  /** Members that a pool names and that no document holds: they may answer, or not. */
  private absentMembers(balancer: Entry, rule: Json): Pick<Service, 'unknown'> {
    const pools = new Set(poolsOf(rule));
    const found = objects(balancer.record, 'backendAddressPools').filter((pool) =>
      pools.has(text(pool, 'id')?.toLowerCase() ?? ''),
    );
    const own = reference(rule, 'backendIPConfiguration');
    const named = [
      ...(own === undefined ? [] : [own]),
      ...found.flatMap((pool) => [
        ...references(pool, 'backendIPConfigurations'),
        ...objects(pool, 'loadBalancerBackendAddresses').flatMap(
          (one) => reference(one, 'networkInterfaceIPConfiguration') ?? [],
        ),
      ]),
    ];
    const absent = named.find((id) => !this.estate.configurations.has(id));
    // A listing that is cut off may hold members that only their interfaces name.
    if (absent === undefined && !this.estate.knowsNics)
      return { unknown: missing(`the members of ${nameOf(balancer.origin)}`, 'network nic list') };
    if (absent === undefined) return {};
    const scaled = /\/virtualmachinescalesets\/([^/]+)\//.exec(absent)?.[1];
    return {
      unknown: {
        what: `the network interface of member ${absent.split('/ipconfigurations/')[0]}`,
        fetch:
          scaled === undefined
            ? 'az network nic list'
            : `az vmss nic list --vmss-name ${scaled} --resource-group GROUP`,
      },
    };
  }

  /** The members of some pools of a balancer, from either side's records. */
  membersOf(balancer: Entry, pools: readonly (string | undefined)[]): Member[] {
    const found = objects(balancer.record, 'backendAddressPools').filter((pool) =>
      pools.includes(text(pool, 'id')?.toLowerCase()),
    );
    const byReference = found.flatMap((pool) => [
      ...references(pool, 'backendIPConfigurations'),
      ...objects(pool, 'loadBalancerBackendAddresses').flatMap(
        (one) => reference(one, 'networkInterfaceIPConfiguration') ?? [],
      ),
    ]);
    const byAddress = found.flatMap((pool) =>
      objects(pool, 'loadBalancerBackendAddresses').flatMap((one) => {
        const address = parseAddress(text(one, 'ipAddress') ?? '');
        const vnet = reference(one, 'virtualNetwork') ?? parentVnet(reference(one, 'subnet'));
        return address === undefined
          ? []
          : (this.byAddress.get(address) ?? [])
              .filter((nic) => vnet === undefined || nic.subnet.vnet.entry.id === vnet)
              .map((nic): Member => ({ nic, address }));
      }),
    );
    // Interfaces say themselves which pools they are in.
    const bySelf = pools.flatMap((pool) => this.byPool.get(pool ?? '') ?? []);
    const members = [...byReference.flatMap((id) => this.memberAt(id) ?? []), ...bySelf, ...byAddress];
    return [...new Map(members.map((member) => [`${member.nic.entry.id} ${member.address}`, member])).values()];
  }

  private memberAt(configuration: string | undefined): Member | undefined {
    const found = configuration === undefined ? undefined : this.estate.configurations.get(configuration);
    return found === undefined ? undefined : { nic: found.nic, address: found.configuration.address.address };
  }
}

function serviceOrigin(balancer: Entry, rule: Json, path: string): Origin {
  return {
    ...balancer.origin,
    kind: 'load balancing rule',
    id: text(rule, 'id') ?? `${balancer.origin.id}/${path}`,
    name: text(rule, 'name') ?? '',
    pointer: `${balancer.origin.pointer}/${path}`,
  };
}

/** The pools that a rule leads to, ids in lower case. */
export function poolsOf(rule: Json): string[] {
  return [
    ...references(rule, 'backendAddressPools'),
    ...(reference(rule, 'backendAddressPool') === undefined ? [] : [reference(rule, 'backendAddressPool')!]),
  ];
}

/** Tcp and Udp as a match; undefined for All. */
export function protocolOf(word: string | undefined): readonly Span[] | undefined {
  const known = { tcp: TCP, udp: UDP }[word?.toLowerCase() ?? ''];
  return known === undefined || !hasPorts(known) ? undefined : [[known, known + 1]];
}

function parentVnet(subnet: string | undefined): string | undefined {
  return subnet?.split('/subnets/')[0];
}
