/**
 * Load balancers: a rule takes frontend address, protocol and port to members of its pool at the backend port, with the
 * client's address kept; inbound NAT rules take a port to one member. Members whose group shuts out the health probe get
 * nothing.
 * Sources: https://learn.microsoft.com/en-us/azure/load-balancer/components, .../load-balancer-custom-probe-overview
 */
import type { InterfaceStep, Match, NextHop, Rewrite, RouteEntry } from '../../model/network.ts';
import { type Missing, type Origin, nameOf } from '../../model/origin.ts';
import { formatAddress, parseAddress } from '../../net/address.ts';
import { TCP, UDP, hasPorts } from '../../net/protocol.ts';
import { type Span, normalise } from '../../net/spans.ts';
import { type Estate, type NicFacts, type SubnetFacts, type VnetFacts, push } from './estate.ts';
import type { Entry } from './inventory.ts';
import { type Balancing, edgeOf, isBasic } from './internet.ts';
import { fabric, wordsOf } from './network-interface.ts';
import { type Json, flag, integer, object, objects, reference, references, text } from './record.ts';
import type { SecurityGroups } from './security-group.ts';
import { PLATFORM } from './service-tag.ts';

interface Member {
  readonly nic: NicFacts;
  readonly address: bigint;
}

interface Frontend {
  readonly id: string;
  readonly balancer: Entry;
  readonly address: bigint;
  readonly isPublic: boolean;
  readonly vnet: VnetFacts | undefined;
}

/** One rule: frontend port to backend port of members. */
interface Service {
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

const vnetDoor = (frontend: string) => `${frontend}#vnet`;

export class LoadBalancers implements Balancing {
  private readonly estate: Estate;
  private readonly groups: SecurityGroups;
  private readonly frontends = new Map<string, Frontend>();
  private readonly services: Service[] = [];
  private readonly servedBy = new Map<string, Service[]>();

  constructor(estate: Estate, groups: SecurityGroups) {
    this.estate = estate;
    this.groups = groups;
    for (const balancer of estate.inventory.all('loadBalancer')) this.read(balancer);
    for (const frontend of this.frontends.values()) this.define(frontend);
  }

  /** Internal frontends, as owners of their address on a fabric. */
  owners(vnet: VnetFacts): { span: Span<bigint>; in: string }[] {
    return [...this.frontends.values()]
      .filter((frontend) => !frontend.isPublic && frontend.vnet === vnet)
      .map(({ id, address }) => ({ span: [address, address + 1n] as const, in: vnetDoor(id) }));
  }

  /** A frontend as the next hop of a route: through any member of an HA-ports rule, unchanged. */
  appliance(subnet: SubnetFacts, address: bigint): NextHop | undefined {
    const near = new Set([subnet.vnet.entry.id, ...subnet.vnet.peerings.map(({ remote }) => remote)]);
    const frontend = [...this.frontends.values()].find(
      (one) => one.address === address && !one.isPublic && near.has(one.vnet?.entry.id ?? ''),
    );
    if (frontend === undefined) return undefined;
    const ha = this.services.find((service) => service.frontend === frontend && service.allPorts);
    const { origin } = frontend.balancer;
    if (ha === undefined)
      return {
        to: 'missing',
        what: {
          what: `what ${nameOf(origin)} does as a next hop without an HA ports rule: that is not documented`,
          fetch: null,
        },
        by: origin,
      };
    const branches = this.healthy(ha).map(({ nic }): NextHop => ({ to: 'hop', in: nic.entry.id }));
    return branches.length === 0 ? this.nobody(ha) : { to: 'fork', choose: 'any', branches };
  }

  /** What a member undoes when it answers for an internal frontend. */
  stepsOf(nic: NicFacts): readonly InterfaceStep[] {
    const frontends = new Set(
      (this.servedBy.get(nic.entry.id) ?? [])
        .filter(({ frontend }) => !frontend.isPublic)
        .map(({ frontend }) => frontend.id),
    );
    return [...frontends].map((id) => ({ at: 'out', translation: id, side: 'outward' }));
  }

  members(subnet: SubnetFacts): readonly NicFacts[] {
    return this.publicServices(subnet)
      .filter(({ frontend }) => !isBasic(frontend.balancer.record))
      .flatMap((service) => service.members.map(({ nic }) => nic))
      .filter((nic) => nic.subnet === subnet);
  }

  inward(subnet: SubnetFacts): readonly Rewrite[] {
    return this.publicServices(subnet)
      .filter((service) => undecided(service) === undefined)
      .flatMap((service) => {
        const mine = this.healthy(service).filter(({ nic }) => nic.subnet === subnet);
        return mine.length === 0 ? [] : [rewriteTo(service, mine)];
      });
  }

  /** Outbound rules, and load-balancing rules that also serve outbound. */
  outward(subnet: SubnetFacts): readonly Rewrite[] {
    const rewrites: Rewrite[] = [];
    for (const balancer of this.estate.inventory.all('loadBalancer')) {
      const explicit = objects(balancer.record, 'outboundRules').map((rule) => ({
        rule,
        pools: [reference(rule, 'backendAddressPool')],
        list: references(rule, 'frontendIPConfigurations'),
      }));
      const implied = objects(balancer.record, 'loadBalancingRules')
        .filter((rule) => flag(rule, 'disableOutboundSnat') !== true)
        .map((rule) => ({ rule, pools: poolsOf(rule), list: [reference(rule, 'frontendIPConfiguration') ?? ''] }));
      for (const { rule, pools, list } of [...explicit, ...implied]) {
        const out = list
          .flatMap((id) => this.frontends.get(id) ?? [])
          .filter(({ isPublic }) => isPublic)
          .map(({ address }) => [address, address + 1n] as const);
        const src = this.membersOf(balancer, pools)
          .filter(({ nic }) => nic.subnet === subnet)
          .map(({ address }) => [address, address + 1n] as const);
        if (out.length === 0 || src.length === 0) continue;
        const protocol = protocolOf(text(rule, 'protocol')) ?? [
          [TCP, TCP + 1],
          [UDP, UDP + 1],
        ];
        rewrites.push({
          match: [{ src: normalise(src), protocol }],
          set: { src: normalise(out), sport: [[1024, 65536]] },
        });
      }
    }
    return rewrites;
  }

  private publicServices(subnet: SubnetFacts): Service[] {
    return this.services.filter(
      ({ frontend, members }) => frontend.isPublic && members.some(({ nic }) => nic.subnet === subnet),
    );
  }

  private read(balancer: Entry): void {
    const { builder, inventory } = this.estate;
    for (const record of objects(balancer.record, 'frontendIPConfigurations')) {
      const id = text(record, 'id')?.toLowerCase();
      const attached = object(record, 'publicIPAddress');
      const outside =
        this.estate.addressOf(inventory.get('publicIp', text(attached, 'id'))) ??
        parseAddress(text(attached, 'ipAddress') ?? '');
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
      this.frontends.set(id, { id, balancer, address, isPublic: attached !== undefined, vnet });
    }
    for (const [i, rule] of objects(balancer.record, 'loadBalancingRules').entries())
      this.addService(balancer, rule, `loadBalancingRules/${i}`, this.membersOf(balancer, poolsOf(rule)));
    for (const [i, rule] of objects(balancer.record, 'inboundNatRules').entries()) {
      const one = this.memberAt(reference(rule, 'backendIPConfiguration'));
      const pool = reference(rule, 'backendAddressPool');
      this.addService(
        balancer,
        rule,
        `inboundNatRules/${i}`,
        one === undefined ? this.membersOf(balancer, [pool]) : [one],
      );
    }
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
    const named = objects(balancer.record, 'backendAddressPools')
      .filter((pool) => pools.has(text(pool, 'id')?.toLowerCase() ?? ''))
      .flatMap((pool) => references(pool, 'backendIPConfigurations'));
    const absent = named.find((id) => !this.estate.configurations.has(id));
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

  private membersOf(balancer: Entry, pools: readonly (string | undefined)[]): Member[] {
    const found = objects(balancer.record, 'backendAddressPools').filter((pool) =>
      pools.includes(text(pool, 'id')?.toLowerCase()),
    );
    const byReference = found.flatMap((pool) => [
      ...references(pool, 'backendIPConfigurations'),
      ...objects(pool, 'loadBalancerBackendAddresses').flatMap(
        (one) => reference(one, 'networkInterfaceIPConfiguration') ?? [],
      ),
    ]);
    // Interfaces say themselves which pools they are in.
    const ids = new Set(pools);
    for (const nic of this.estate.nics.values())
      for (const one of objects(nic.entry.record, 'ipConfigurations'))
        if (references(one, 'loadBalancerBackendAddressPools').some((pool) => ids.has(pool)))
          byReference.push(text(one, 'id')?.toLowerCase() ?? '');
    const byAddress = found.flatMap((pool) =>
      objects(pool, 'loadBalancerBackendAddresses').flatMap((one) => {
        const address = parseAddress(text(one, 'ipAddress') ?? '');
        const vnet = reference(one, 'virtualNetwork') ?? parentVnet(reference(one, 'subnet'));
        return address === undefined
          ? []
          : [...this.estate.nics.values()]
              .filter(
                (nic) =>
                  (vnet === undefined || nic.subnet.vnet.entry.id === vnet) &&
                  nic.configurations.some((own) => own.address.address === address),
              )
              .map((nic): Member => ({ nic, address }));
      }),
    );
    const members = [...byReference.flatMap((id) => this.memberAt(id) ?? []), ...byAddress];
    return [...new Map(members.map((member) => [`${member.nic.entry.id} ${member.address}`, member])).values()];
  }

  private memberAt(configuration: string | undefined): Member | undefined {
    const found = configuration === undefined ? undefined : this.estate.configurations.get(configuration);
    return found === undefined ? undefined : { nic: found.nic, address: found.configuration.address.address };
  }

  /** Members that the probe reaches; one whose fate is unknown counts as in service. */
  private healthy({ members, probe }: Service): readonly Member[] {
    const port = integer(probe, 'port');
    if (probe === undefined || port === undefined) return members;
    return members.filter(
      ({ nic, address }) =>
        this.groups.admits(nic, { src: PLATFORM, dst: address, protocol: TCP, dport: port }).passes !== false,
    );
  }

  private define(frontend: Frontend): void {
    const { builder } = this.estate;
    const { id, balancer, isPublic, address } = frontend;
    const { origin } = balancer;
    const door = isPublic ? `${id}#internet` : vnetDoor(id);
    const services = this.services.filter((service) => service.frontend === frontend);
    builder.node(id, () => ({ id, origin, role: 'router', interfaces: [door] }));
    builder.interface(door, () => ({
      id: door,
      origin,
      node: id,
      addresses: [{ address }],
      steps: isPublic
        ? []
        : [
            { at: 'in', translation: id, side: 'inward' },
            { at: 'in', filter: `${id}#self` },
          ],
      table: `${id}#rules`,
    }));
    builder.owner(address, door);
    if (isPublic) builder.publicOwner(address, door);
    builder.table(`${id}#rules`, () => ({
      id: `${id}#rules`,
      origin,
      code: 'azure-lb-no-rule',
      entries: isPublic ? services.map((service, i) => this.publicEntry(service, i)) : this.inside(frontend),
    }));
    if (!isPublic) this.refuseSelf(frontend, services);
    if (!isPublic)
      builder.translation(id, () => ({
        id,
        origin,
        memory: 'stateless',
        inward: {
          rewrites: services.flatMap((service) => {
            const members = this.healthy(service);
            return members.length === 0 || undecided(service) !== undefined ? [] : [rewriteTo(service, members)];
          }),
          otherwise: 'pass',
          code: '',
          why: '',
        },
      }));
    builder.place(balancer.id, [...wordsOf(balancer), formatAddress(address)], () => ({
      id: balancer.id,
      origin,
      aliases: [],
      tags: balancer.tags,
      interfaces: [...this.frontends.values()]
        .filter((one) => one.balancer === balancer)
        .map((one) => (one.isPublic ? `${one.id}#internet` : vnetDoor(one.id))),
    }));
  }

  /** A member that is handed its own connection back gets no answer. */
  private refuseSelf({ id, balancer }: Frontend, services: readonly Service[]): void {
    const { origin } = balancer;
    this.estate.builder.filter(`${id}#self`, () => ({
      id: `${id}#self`,
      origin,
      code: 'azure-lb-own-member',
      rules: [...new Set(services.flatMap(({ members }) => members.map(({ address }) => address)))].map((address) => ({
        origin,
        action: 'deny',
        match: [{ src: [[address, address + 1n]], dst: [[address, address + 1n]] }],
        text: `member ${formatAddress(address)} may be handed its own connection`,
      })),
      order: 'first-match',
      otherwise: 'allow',
    }));
  }

  /** To the edges of the members' subnets, where the address is rewritten. */
  private publicEntry(service: Service, index: number): RouteEntry {
    const entry = {
      origin: service.origin,
      match: service.match,
      rank: [index],
      text: `rule ${service.origin.name ?? ''}`,
    };
    const open = undecided(service);
    if (open !== undefined) return { ...entry, next: open };
    const healthy = this.healthy(service);
    if (healthy.length === 0) return { ...entry, next: this.nobody(service) };
    const branches = [...new Set(healthy.map(({ nic }) => nic.subnet.entry.id))].map(
      (subnet): NextHop => ({ to: 'hop', in: `${edgeOf(subnet)}#internet` }),
    );
    return { ...entry, next: branches.length === 1 ? branches[0]! : { to: 'fork', choose: 'any', branches } };
  }

  /** Behind an internal frontend: what was rewritten goes to its member, the rest matched no rule. */
  private inside(frontend: Frontend): RouteEntry[] {
    const { origin } = frontend.balancer;
    const own: Match = { dst: [[frontend.address, frontend.address + 1n]] };
    const services = this.services.filter((service) => service.frontend === frontend);
    const dead = services.flatMap((service, i): RouteEntry[] => {
      const next = undecided(service) ?? (this.healthy(service).length === 0 ? this.nobody(service) : undefined);
      return next === undefined
        ? []
        : [
            {
              origin: service.origin,
              match: service.match,
              next,
              rank: [0, i],
              text: `rule ${service.origin.name ?? ''}`,
            },
          ];
    });
    return [
      ...dead,
      {
        origin,
        match: own,
        next: { to: 'drop', code: 'azure-lb-no-rule', why: `no rule of ${nameOf(origin)} takes this`, by: origin },
        rank: [1],
        text: 'no rule',
      },
      {
        origin: { ...origin, implicit: true },
        match: {},
        next: { to: 'link', link: fabric(frontend.vnet?.entry.id ?? '') },
        rank: [2],
        text: 'to a member',
      },
    ];
  }

  private nobody({ origin, members, probe, frontend }: Service): NextHop {
    if (members.length === 0)
      return {
        to: 'drop',
        code: 'azure-lb-no-healthy-backend',
        why: `the pool of rule ${origin.name ?? ''} of ${nameOf(frontend.balancer.origin)} has no member in the snapshot`,
        by: frontend.balancer.origin,
      };
    const port = integer(probe, 'port') ?? 0;
    const by = members
      .map(
        ({ nic, address }) => this.groups.admits(nic, { src: PLATFORM, dst: address, protocol: TCP, dport: port }).by,
      )
      .find((one) => one !== undefined);
    return {
      to: 'drop',
      code: 'azure-lb-probe-blocked',
      why: `the health probe of ${nameOf(frontend.balancer.origin)} (168.63.129.16 to port ${port}) is shut out of every member, so none is in service`,
      by: by ?? frontend.balancer.origin,
    };
  }
}

function rewriteTo({ match, backendPort }: Service, members: readonly Member[]): Rewrite {
  return {
    match: [match],
    set: {
      dst: normalise(members.map(({ address }) => [address, address + 1n] as const)),
      ...(backendPort === undefined ? {} : { dport: [[backendPort, backendPort + 1]] }),
    },
  };
}

/** Where a rule leads, when nobody can know. */
function undecided({ origin, floating, unknown }: Service): NextHop | undefined {
  if (unknown !== undefined) return { to: 'missing', what: unknown, by: origin };
  if (!floating) return undefined;
  return {
    to: 'missing',
    what: {
      what: `what members of rule ${origin.name ?? ''} do with a floating IP: the guest decides, and how groups match it is not documented`,
      fetch: null,
    },
    by: origin,
  };
}

function serviceOrigin(balancer: Entry, rule: Json, path: string): Origin {
  return {
    ...balancer.origin,
    kind: 'load balancing rule',
    id: text(rule, 'id') ?? balancer.origin.id,
    name: text(rule, 'name') ?? '',
    pointer: `${balancer.origin.pointer}/${path}`,
  };
}

function poolsOf(rule: Json): string[] {
  return [
    ...references(rule, 'backendAddressPools'),
    ...(reference(rule, 'backendAddressPool') === undefined ? [] : [reference(rule, 'backendAddressPool')!]),
  ];
}

function protocolOf(word: string | undefined): readonly Span[] | undefined {
  const known = { tcp: TCP, udp: UDP }[word?.toLowerCase() ?? ''];
  return known === undefined || !hasPorts(known) ? undefined : [[known, known + 1]];
}

function parentVnet(subnet: string | undefined): string | undefined {
  return subnet?.split('/subnets/')[0];
}
