/**
 * Load balancers: a rule takes frontend address, protocol and port to members of its pool at the backend port, with the
 * client's address kept; inbound NAT rules take a port to one member. Members whose group shuts out the health probe get
 * nothing.
 * Sources: https://learn.microsoft.com/en-us/azure/load-balancer/components, .../load-balancer-custom-probe-overview
 */
import type {
  InterfaceStep,
  Match,
  NextHop,
  Rewrite,
  RouteEntry,
  RouteTable,
  Translation,
} from '../../model/network.ts';
import { type Origin, nameOf } from '../../model/origin.ts';
import { formatAddress } from '../../net/address.ts';
import { TCP, UDP } from '../../net/protocol.ts';
import { type Span, normalise } from '../../net/spans.ts';
import { type Estate, type NicFacts, type SubnetFacts, type VnetFacts, push } from './estate.ts';
import { type Balancing, type WayOut, edgeOf, internetEntries, isBasic } from './internet.ts';
import type { Entry } from './inventory.ts';
import { fabric, wordsOf } from './network-interface.ts';
import {
  BalancerServices,
  type Frontend,
  type Member,
  type Service,
  poolsOf,
  protocolOf,
} from './load-balancer-services.ts';
import { flag, integer, objects, reference, references, text } from './record.ts';
import type { SecurityGroups } from './security-group.ts';
import { PLATFORM } from './service-tag.ts';

/** A rule that gives members a way out under addresses of a balancer. */
interface Outbound {
  /** Of its node, door and translation. */
  readonly id: string;
  readonly balancer: Entry;
  readonly frontends: readonly Frontend[];
  readonly members: readonly Member[];
  readonly protocol: readonly Span[];
}

export class LoadBalancers implements Balancing {
  private readonly estate: Estate;
  private readonly groups: SecurityGroups;
  private readonly offers: BalancerServices;
  private readonly outbound: readonly Outbound[];

  constructor(estate: Estate, groups: SecurityGroups) {
    this.estate = estate;
    this.groups = groups;
    this.offers = new BalancerServices(estate);
    this.outbound = estate.inventory.all('loadBalancer').flatMap((balancer) => this.outboundOf(balancer));
    for (const one of this.outbound) this.defineOutbound(one);
    for (const frontend of this.offers.frontends.values()) this.define(frontend);
  }

  /** Internal frontends, as owners of their address on a fabric. */
  owners(vnet: VnetFacts): { span: Span<bigint>; in: string }[] {
    return [...this.offers.frontends.values()]
      .filter((frontend) => !frontend.isPublic && frontend.vnet === vnet)
      .map(({ id, address }) => ({ span: [address, address + 1n] as const, in: id }));
  }

  /** A frontend as the next hop of a route: through any member of an HA-ports rule, unchanged. */
  appliance(vnet: VnetFacts, address: bigint): NextHop | undefined {
    const frontend = [...this.offers.frontends.values()].find(
      (one) => one.address === address && !one.isPublic && one.vnet === vnet,
    );
    if (frontend === undefined) return undefined;
    const ha = this.offers.services.find((service) => service.frontend === frontend && service.allPorts);
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

  /**
   * The HA ports frontend before an appliance: it hands both directions of a connection to the same member, if each has one
   * address. Source: https://learn.microsoft.com/en-us/azure/load-balancer/load-balancer-ha-ports-overview
   */
  together(nic: NicFacts): string | undefined {
    const inside = (this.offers.servedBy.get(nic.entry.id) ?? []).filter(({ frontend }) => !frontend.isPublic);
    const [ha, ...more] = inside.filter(({ allPorts }) => allPorts);
    const isAlone = ha?.members.every((member) => member.nic.configurations.length === 1) === true;
    return more.length === 0 && isAlone ? ha?.frontend.id : undefined;
  }

  /** What a member undoes when it answers for an internal frontend. */
  stepsOf(nic: NicFacts): readonly InterfaceStep[] {
    const frontends = new Set(
      (this.offers.servedBy.get(nic.entry.id) ?? [])
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

  /** The rules of the frontend that owns an address, with the members that the health probe does not reach. */
  rulesAt(address: bigint): { readonly service: Service; readonly down: readonly Member[] }[] {
    return this.offers.services
      .filter(({ frontend }) => frontend.address === address)
      .map((service) => {
        const up = this.healthy(service);
        return { service, down: service.members.filter((member) => !up.includes(member)) };
      });
  }

  pooled(subnet: SubnetFacts): readonly Span<bigint>[] {
    const { inventory } = this.estate;
    return inventory
      .all('loadBalancer')
      .filter(({ record }) => !isBasic(record))
      .flatMap((balancer) => {
        const pools = objects(balancer.record, 'backendAddressPools').map((pool) => text(pool, 'id')?.toLowerCase());
        return this.offers.membersOf(balancer, pools);
      })
      .filter(({ nic }) => nic.subnet === subnet)
      .map(({ address }) => [address, address + 1n] as const);
  }

  inward(subnet: SubnetFacts, mended?: Service): readonly Rewrite[] {
    return this.publicServices(subnet)
      .filter((service) => undecided(service) === undefined)
      .flatMap((service) => {
        const mine = this.healthy(service, mended).filter(({ nic }) => nic.subnet === subnet);
        return mine.length === 0 ? [] : [rewriteTo(service, mine)];
      });
  }

  /** Outbound rules, and load-balancing rules that also serve outbound: what they take, and the door to their translation. */
  outward(subnet: SubnetFacts): readonly WayOut[] {
    return this.outbound.flatMap(({ id, members, protocol }) => {
      const src = normalise(
        members.filter(({ nic }) => nic.subnet === subnet).map(({ address }) => [address, address + 1n] as const),
      );
      return src.length === 0 ? [] : [{ match: { src, protocol }, in: id }];
    });
  }

  /** The rules of a balancer that give its members a way out. */
  private outboundOf(balancer: Entry): Outbound[] {
    const explicit = objects(balancer.record, 'outboundRules').map((rule) => ({
      rule,
      pools: [reference(rule, 'backendAddressPool')],
      list: references(rule, 'frontendIPConfigurations'),
    }));
    const implied = objects(balancer.record, 'loadBalancingRules')
      .filter((rule) => flag(rule, 'disableOutboundSnat') !== true)
      .map((rule) => ({ rule, pools: poolsOf(rule), list: [reference(rule, 'frontendIPConfiguration') ?? ''] }));
    return [...explicit, ...implied].flatMap(({ rule, pools, list }, i): Outbound[] => {
      const frontends = list.flatMap((id) => this.offers.frontends.get(id) ?? []).filter(({ isPublic }) => isPublic);
      const members = this.offers.membersOf(balancer, pools);
      const protocol = protocolOf(text(rule, 'protocol')) ?? [
        [TCP, TCP + 1],
        [UDP, UDP + 1],
      ];
      return frontends.length === 0 || members.length === 0
        ? []
        : [{ id: `snat:${balancer.id}:${i}`, balancer, frontends, members, protocol }];
    });
  }

  /** One translation for all members of an outbound rule: what comes back to its frontends is theirs. */
  private defineOutbound({ id, balancer: { origin }, frontends, members, protocol }: Outbound): void {
    const { builder } = this.estate;
    const src = normalise(members.map(({ address }) => [address, address + 1n] as const));
    const own = normalise(frontends.map(({ address }) => [address, address + 1n] as const));
    builder.node(id, () => ({ id, origin, role: 'router', interfaces: [id] }));
    builder.interface(id, () => ({
      id,
      origin,
      node: id,
      addresses: [],
      steps: [{ at: 'in', translation: id, side: 'outward' }],
      table: id,
    }));
    builder.table(id, () => ({ id, origin, entries: internetEntries({ ...origin, implicit: true }, origin) }));
    builder.translation(id, () => ({
      id,
      origin,
      memory: 'stateful',
      outward: {
        rewrites: [{ match: [{ src, protocol }], set: { src: own, sport: [[1024, 65536]] } }],
        otherwise: 'pass',
        code: '',
        why: '',
      },
    }));
  }

  private publicServices(subnet: SubnetFacts): Service[] {
    return this.offers.services.filter(
      ({ frontend, members }) => frontend.isPublic && members.some(({ nic }) => nic.subnet === subnet),
    );
  }

  /**
   * Members in service: running, and reached by the probe; one whose fate is unknown counts. The probe of `mended` is taken
   * to reach all of them.
   */
  private healthy(service: Service, mended?: Service): readonly Member[] {
    const { members, probe } = service;
    const port = integer(probe, 'port');
    if (probe === undefined || port === undefined) return members;
    return members.filter(
      ({ nic, address }) =>
        !this.estate.isStopped(nic) &&
        (service === mended ||
          this.groups.admits(nic, { src: PLATFORM, dst: address, protocol: TCP, dport: port }).passes !== false),
    );
  }

  private define(frontend: Frontend): void {
    const { builder } = this.estate;
    const { id, name, word, balancer, isPublic, address } = frontend;
    const { origin } = balancer;
    const services = this.offers.services.filter((service) => service.frontend === frontend);
    builder.node(id, () => ({
      id,
      origin,
      role: 'router',
      interfaces: [id],
      silent: 'it only passes on what it is sent',
    }));
    builder.interface(id, () => ({
      id,
      origin,
      node: id,
      addresses: [{ address }],
      steps: isPublic
        ? this.outbound
            .filter(({ frontends }) => frontends.includes(frontend))
            .map(({ id: translation }) => ({ at: 'in', translation, side: 'inward' }))
        : [
            { at: 'in', translation: id, side: 'inward' },
            { at: 'in', filter: `${id}#self` },
          ],
      table: `${id}#rules`,
    }));
    builder.owner(address, id);
    if (isPublic) builder.publicOwner(address, id);
    builder.table(`${id}#rules`, () => this.table(frontend));
    if (!isPublic) {
      this.refuseSelf(frontend, services);
      builder.translation(id, () => this.translation(frontend));
    }
    for (const service of services) this.amendProbe(service);
    builder.place(balancer.id, [...wordsOf(balancer), formatAddress(address)], () => ({
      id: balancer.id,
      origin,
      aliases: [],
      tags: balancer.tags,
      interfaces: [...this.offers.frontends.values()].filter((one) => one.balancer === balancer).map((one) => one.id),
    }));
    builder.place(id, [word, name], () => ({
      id,
      origin: { ...origin, kind: 'frontend', id, name },
      aliases: [],
      tags: balancer.tags,
      interfaces: [id],
      partOf: balancer.id,
    }));
  }

  private table(frontend: Frontend, mended?: Service): RouteTable {
    const services = this.offers.services.filter((service) => service.frontend === frontend);
    return {
      id: `${frontend.id}#rules`,
      origin: frontend.balancer.origin,
      code: 'azure-lb-no-rule',
      entries: frontend.isPublic
        ? [...services.map((service, i) => this.publicEntry(service, i, mended)), ...this.answers(frontend)]
        : this.inside(frontend, mended),
    };
  }

  /** What members asked for and is translated back goes on to them. */
  private answers(frontend: Frontend): RouteEntry[] {
    const members = this.outbound
      .filter(({ frontends }) => frontends.includes(frontend))
      .flatMap((one) => [...one.members]);
    const byVnet = new Map<string, Span<bigint>[]>();
    for (const { nic, address } of members) push(byVnet, nic.subnet.vnet.entry.id, [address, address + 1n] as const);
    return [...byVnet].map(([vnet, dst]) => ({
      origin: { ...frontend.balancer.origin, implicit: true },
      match: { dst: normalise(dst) },
      next: { to: 'link', link: fabric(vnet) },
      rank: [this.offers.services.length],
      text: 'back to a member',
    }));
  }

  /** What an internal frontend rewrites. */
  private translation(frontend: Frontend, mended?: Service): Translation {
    const services = this.offers.services.filter((service) => service.frontend === frontend);
    return {
      id: frontend.id,
      origin: frontend.balancer.origin,
      memory: 'stateless',
      inward: {
        rewrites: services.flatMap((service) => {
          const members = this.healthy(service, mended);
          return members.length === 0 || undecided(service) !== undefined ? [] : [rewriteTo(service, members)];
        }),
        otherwise: 'pass',
        code: '',
        why: '',
      },
    };
  }

  /** Letting the probe in brings the members of a rule into service. */
  private amendProbe(service: Service): void {
    const { frontend, members, probe } = service;
    const port = integer(probe, 'port');
    const id = probeOf(service);
    this.estate.builder.amendment(id, () => {
      const by = this.shutOutBy(service) ?? frontend.balancer.origin;
      return {
        id,
        origin: by,
        attribute: 'probe',
        to: String(port ?? ''),
        text: `allow tcp ${port ?? ''} from AzureLoadBalancer inbound in ${nameOf(by)}, before the rule that denies it`,
        puts: (under) => ({
          tables: [this.table(frontend, service)],
          translations: frontend.isPublic
            ? [...new Set(members.map(({ nic }) => nic.subnet))].flatMap((subnet) => {
                const edge = under.translation(edgeOf(subnet.entry.id));
                if (edge?.inward === undefined) return [];
                const rewrites = [...this.inward(subnet, service), ...edge.inward.rewrites];
                return [{ ...edge, inward: { ...edge.inward, rewrites } }];
              })
            : [this.translation(frontend, service)],
        }),
      };
    });
  }

  /** Whose rules shut the probe out. */
  private shutOutBy({ members, probe }: Service): Origin | undefined {
    const dport = integer(probe, 'port') ?? 0;
    return members
      .map(({ nic, address: dst }) => this.groups.admits(nic, { src: PLATFORM, dst, protocol: TCP, dport }).by)
      .find((one) => one !== undefined);
  }

  /** A member that is handed its own connection back gets no answer. */
  private refuseSelf({ id, balancer }: Frontend, services: readonly Service[]): void {
    const { origin } = balancer;
    this.estate.builder.filter(`${id}#self`, () => ({
      id: `${id}#self`,
      origin,
      code: 'azure-lb-own-member',
      whyNoMend: 'a balancer may always choose the member that asks',
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
  private publicEntry(service: Service, index: number, mended?: Service): RouteEntry {
    const entry = {
      origin: service.origin,
      match: service.match,
      rank: [index],
      text: `rule ${service.origin.name ?? ''}`,
    };
    const open = undecided(service);
    if (open !== undefined) return { ...entry, next: open };
    const healthy = this.healthy(service, mended);
    if (healthy.length === 0) return { ...entry, next: this.nobody(service) };
    const branches = [...new Set(healthy.map(({ nic }) => nic.subnet.entry.id))].map(
      (subnet): NextHop => ({ to: 'hop', in: `${edgeOf(subnet)}#internet` }),
    );
    return { ...entry, next: branches.length === 1 ? branches[0]! : { to: 'fork', choose: 'any', branches } };
  }

  /** Behind an internal frontend: what was rewritten goes to its member, the rest matched no rule. */
  private inside(frontend: Frontend, mended?: Service): RouteEntry[] {
    const { origin } = frontend.balancer;
    const own: Match = { dst: [[frontend.address, frontend.address + 1n]] };
    const services = this.offers.services.filter((service) => service.frontend === frontend);
    const dead = services.flatMap((service, i): RouteEntry[] => {
      const next =
        undecided(service) ?? (this.healthy(service, mended).length === 0 ? this.nobody(service) : undefined);
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

  private nobody(service: Service): NextHop {
    const { origin, members, probe, frontend } = service;
    const rule = `rule ${origin.name ?? ''} of ${nameOf(frontend.balancer.origin)}`;
    const by = this.shutOutBy(service);
    if (by === undefined)
      return {
        to: 'drop',
        code: 'azure-lb-no-healthy-backend',
        why:
          members.length === 0
            ? `the pool of ${rule} has no member in the snapshot`
            : `no member of ${rule} is running`,
        by: frontend.balancer.origin,
      };
    const port = integer(probe, 'port') ?? 0;
    return {
      to: 'drop',
      code: 'azure-lb-probe-blocked',
      why: `the health probe of ${rule} (168.63.129.16 to port ${port}) is shut out of every member, so none is in service`,
      by,
      mend: probeOf(service),
    };
  }
}

const probeOf = ({ origin, frontend }: Service) => `probe:${frontend.id}:${origin.id}`;

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
function undecided({ origin, floating, unknown, frontend }: Service): NextHop | undefined {
  if (frontend.unknownPublic !== undefined) return { to: 'missing', what: frontend.unknownPublic, by: origin };
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
