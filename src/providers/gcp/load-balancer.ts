/**
 * Load balancers and Private Service Connect endpoints, by their forwarding rules. Passthrough: any member gets the packet
 * as it is and answers from the balancer's address. Proxies end the connection and open another, from Google's front ends
 * or from the network's proxy-only subnet.
 * Sources: https://docs.cloud.google.com/load-balancing/docs/forwarding-rule-concepts,
 * https://docs.cloud.google.com/load-balancing/docs/firewall-rules
 */
import { INTERNET } from '../../model/builder.ts';
import type {
  Backend,
  Filter,
  InterfaceStep,
  Listener,
  Match,
  NextHop,
  Node,
  RouteEntry,
  Rule,
} from '../../model/network.ts';
import { type Origin, nameOf } from '../../model/origin.ts';
import { PUBLIC_V4, PUBLIC_V6, familyOf, formatAddress, parseAddress, parseCidr } from '../../net/address.ts';
import { TCP, hasPorts, protocolNumber } from '../../net/protocol.ts';
import { type Span, normalise } from '../../net/spans.ts';
import { type Estate, type NetworkFacts, type NicFacts, rangesOf, subnetAt } from './estate.ts';
import type { Firewalls } from './firewall.ts';
import { type Entry, missing } from './inventory.ts';
import { type Balanced, fabric } from './interface.ts';
import {
  type Json,
  flag,
  integer,
  link,
  linkOf,
  nameIn,
  object,
  objects,
  portSpan,
  regionOf,
  strings,
  text,
} from './record.ts';
import type { Sender } from './route.ts';

/** Google's front ends: where proxied traffic and health probes come from. */
const FRONT_ENDS = ['35.191.0.0/16', '130.211.0.0/22'].map((cidr) => parseCidr(cidr)!);
const FRONT_ENDS_SIX = ['2600:2d00:1:b029::/64', '2600:2d00:1:1::/64'].map((cidr) => parseCidr(cidr)!);
const CLIENT_PORTS: readonly Span[] = [[1024, 65536]];

interface Member {
  readonly nic: NicFacts;
  readonly port: number | undefined;
}

interface Rule_ {
  readonly entry: Entry;
  readonly address: bigint;
  readonly network: NetworkFacts | undefined;
  readonly region: string | undefined;
  readonly isInternal: boolean;
  readonly match: Match;
}

const door = (rule: string) => `${rule}#door`;
const frontEnd = (network: string) => `front-end:${network}`;
const proxies = (subnet: string) => `proxies:${subnet}`;

export class LoadBalancers {
  private readonly estate: Estate;
  private readonly firewalls: Firewalls;
  private readonly rules: Rule_[] = [];
  /** Passthrough rules by the interfaces that serve them. */
  private readonly servedBy = new Map<string, Set<Rule_>>();
  private readonly passthrough = new Map<string, readonly Member[] | undefined>();

  constructor(estate: Estate, firewalls: Firewalls) {
    this.estate = estate;
    this.firewalls = firewalls;
    for (const entry of estate.inventory.all('forwardingRule')) this.read(entry);
    for (const rule of this.rules) this.define(rule);
    for (const network of estate.networks.values()) this.defineFrontEnd(network);
  }

  /** What stands on a network besides VMs. */
  owners(network: NetworkFacts): { span: Span<bigint>; in: string }[] {
    return [
      ...this.rules
        .filter((rule) => rule.isInternal && rule.network === network)
        .map(({ entry, address }) => ({ span: [address, address + 1n] as const, in: door(entry.id) })),
      ...network.subnets
        .filter(isProxyOnly)
        .flatMap((subnet) => subnet.primary.map((span) => ({ span, in: proxies(subnet.entry.id) }))),
    ];
  }

  balanced(nic: NicFacts): Balanced {
    const rules = [...(this.servedBy.get(nic.id) ?? [])];
    return {
      prefixes: rules.map(({ address }) => [address, address + 1n] as const),
      steps: rules.map(({ entry }): InterfaceStep => ({ at: 'out', translation: entry.id, side: 'outward' })),
    };
  }

  /** Replies that need no route in the network: to Google's front ends, and from external passthrough balancers. */
  special({ network }: Sender): readonly RouteEntry[] {
    const origin: Origin = { ...network.entry.origin, implicit: true };
    const external = this.rules
      .filter((rule) => !rule.isInternal && this.passthrough.has(rule.entry.id))
      .map(({ address }) => [address, address + 1n] as const);
    return [
      {
        origin,
        match: { dst: [...FRONT_ENDS_SIX, ...FRONT_ENDS] },
        next: { to: 'hop', in: frontEnd(network.entry.id) },
        rank: [1, 0],
        text: "special path to Google's front ends",
      },
      ...(external.length === 0
        ? []
        : [
            {
              origin,
              match: { src: normalise(external) },
              next: { to: 'hop' as const, in: INTERNET.interface },
              rank: [1, 1],
              text: 'special path for replies of a passthrough balancer',
            },
          ]),
    ];
  }

  /** An internal passthrough balancer as next hop: through any of its members, whatever its ports. */
  appliance(network: NetworkFacts, target: string): NextHop | undefined {
    const address = parseAddress(target);
    const rule = this.rules.find(
      (one) =>
        one.isInternal &&
        one.network === network &&
        (address === undefined ? one.entry.id === linkOf(target) : one.address === address),
    );
    if (rule === undefined) return undefined;
    const members = this.passthrough.get(rule.entry.id);
    if (members === undefined || members.length === 0)
      return {
        to: 'drop',
        code: 'gcp-lb-no-backend',
        why: `${nameOf(rule.entry.origin)} has no member in the snapshot`,
        by: rule.entry.origin,
      };
    return { to: 'fork', choose: 'any', branches: members.map(({ nic }) => ({ to: 'hop', in: nic.id })) };
  }

  private read(entry: Entry): void {
    const { record } = entry;
    const address =
      parseAddress(text(record, 'IPAddress') ?? '') ??
      parseAddress(text(this.estate.inventory.get('address', text(record, 'IPAddress'))?.record, 'address') ?? '');
    if (address === undefined)
      return this.estate.note(entry, `forwarding rule ${entry.name} has no address in the snapshot`);
    const scheme = text(record, 'loadBalancingScheme') ?? 'EXTERNAL';
    const subnet = this.estate.subnets.get(link(record, 'subnetwork') ?? '');
    const network = this.estate.networks.get(link(record, 'network') ?? '') ?? subnet?.network;
    const isInternal =
      scheme.startsWith('INTERNAL') || (network !== undefined && subnetAt(network, address) !== undefined);
    this.rules.push({
      entry,
      address,
      network,
      region: regionOf(`${text(record, 'region') ?? entry.id}/`) ?? regionOf(entry.id),
      isInternal,
      match: matchOf(record, address),
    });
  }

  private define(rule: Rule_): void {
    const { builder } = this.estate;
    const { entry, address, isInternal, network } = rule;
    const { id, origin } = entry;
    const target = text(entry.record, 'target');
    if (isInternal ? network !== undefined : true) builder.owner(address, door(id));
    if (!isInternal) builder.publicOwner(address, door(id));
    builder.place(id, [entry.name, text(entry.record, 'selfLink') ?? '', formatAddress(address)], () => ({
      id,
      origin,
      aliases: [entry.name],
      tags: entry.tags,
      interfaces: [door(id)],
    }));
    if (target !== undefined && (target.includes('/serviceAttachments/') || /(^|\/)(all-apis|vpc-sc)$/.test(target)))
      this.defineEndpoint(rule);
    else if (target !== undefined && /\/target(Http|Https|Tcp|Ssl|Grpc)Proxies\//.test(target))
      this.defineProxy(rule, target);
    else this.definePassthrough(rule, target);
  }

  private defineDoor(
    { entry, address }: Rule_,
    role: Node['role'],
    more: Partial<Node>,
    steps: readonly InterfaceStep[],
    table: readonly RouteEntry[],
  ): void {
    const { builder } = this.estate;
    const { id, origin } = entry;
    builder.node(id, () => ({ id, origin, role, interfaces: [door(id)], ...more }));
    builder.interface(door(id), () => ({
      id: door(id),
      origin,
      node: id,
      addresses: [{ address }],
      steps,
      table: `${id}#table`,
    }));
    builder.table(`${id}#table`, () => ({
      id: `${id}#table`,
      origin,
      code: 'gcp-forwarding-rule-mismatch',
      entries: table,
    }));
  }

  /** Straight to any member, whose guest answers from the balancer's address. */
  private definePassthrough(rule: Rule_, target: string | undefined): void {
    const { builder } = this.estate;
    const { entry, address } = rule;
    const { id, origin } = entry;
    const members = this.passthroughMembers(entry, target);
    this.passthrough.set(id, members);
    for (const { nic } of members ?? []) {
      const served = this.servedBy.get(nic.id) ?? new Set<Rule_>();
      this.servedBy.set(nic.id, served.add(rule));
    }
    const next: NextHop =
      members === undefined
        ? {
            to: 'missing',
            what: missing(`the members of ${nameOf(origin)}`, 'compute instance-groups list-instances GROUP'),
            by: origin,
          }
        : members.length === 0
          ? { to: 'drop', code: 'gcp-lb-no-backend', why: `${nameOf(origin)} has no member`, by: origin }
          : { to: 'fork', choose: 'any', branches: members.map(({ nic }) => ({ to: 'hop', in: nic.id })) };
    const region = this.regionFilter(rule);
    this.defineDoor(
      rule,
      'router',
      {},
      [...region, { at: 'in', translation: id, side: 'inward' }],
      [{ origin, match: rule.match, next, rank: [0], text: `to the members of ${entry.name}` }],
    );
    // The address stays what it is; that it crossed the balancer is remembered, and undone when a member answers.
    builder.translation(id, () => ({
      id,
      origin,
      memory: 'stateless',
      inward: {
        rewrites: [{ match: [rule.match], set: { dst: [[address, address + 1n]] } }],
        otherwise: 'pass',
        code: '',
        why: '',
      },
    }));
  }

  private passthroughMembers({ record }: Entry, target: string | undefined): readonly Member[] | undefined {
    const { inventory } = this.estate;
    if (target !== undefined && target.includes('/targetPools/')) {
      const pool = inventory.get('targetPool', target);
      return pool === undefined
        ? undefined
        : strings(pool.record, 'instances').flatMap((url) => this.firstNic(linkOf(url), undefined));
    }
    if (target !== undefined) {
      const single = inventory.get('targetInstance', target);
      return single === undefined ? undefined : this.firstNic(link(single.record, 'instance') ?? '', undefined);
    }
    const service = inventory.get('backendService', text(record, 'backendService'));
    return service === undefined ? undefined : this.serviceMembers(service, text(service.record, 'network'));
  }

  /** A proxy: a second connection, from Google's front ends or the proxy-only subnet, to every healthy member. */
  private defineProxy(rule: Rule_, target: string): void {
    const { entry, isInternal, network } = rule;
    const { origin } = entry;
    const services = this.servicesOf(target);
    const scheme = text(entry.record, 'loadBalancingScheme') ?? 'EXTERNAL';
    const isEnvoy = isInternal || (scheme === 'EXTERNAL_MANAGED' && rule.region !== undefined);
    const home = network ?? this.networkOfServices(services ?? []);
    const entries: RouteEntry[] = [
      ...[home, ...(home === undefined ? [] : this.estate.peersOf(home))].flatMap((one): RouteEntry[] =>
        one === undefined || !isInternal
          ? []
          : [
              {
                origin,
                match: { dst: normalise(one.subnets.flatMap(rangesOf)) },
                next: { to: 'link', link: fabric(one.entry.id) },
                rank: [0],
                text: `into ${one.entry.name}`,
              },
            ],
      ),
      ...(isInternal
        ? []
        : [
            {
              origin,
              match: { dst: [...PUBLIC_V6, ...PUBLIC_V4] },
              next: { to: 'hop' as const, in: INTERNET.interface },
              rank: [1],
              text: 'the internet',
            },
          ]),
    ];
    const relay = {
      get listeners(): readonly Listener[] {
        return lazy();
      },
    };
    let made: readonly Listener[] | undefined;
    const lazy = (): readonly Listener[] => (made ??= [this.listener(rule, services, home, isEnvoy)]);
    this.defineDoor(rule, 'relay', { relay }, this.regionFilter(rule), entries);
  }

  private listener(
    rule: Rule_,
    services: readonly Entry[] | undefined,
    home: NetworkFacts | undefined,
    isEnvoy: boolean,
  ): Listener {
    const { entry } = rule;
    const listen = { origin: entry.origin, match: [rule.match] };
    if (services === undefined)
      return {
        ...listen,
        choose: 'unknown',
        backends: [],
        empty: {
          code: 'gcp-lb-unknown-backend',
          why: `the proxy, URL map or backend service of ${nameOf(entry.origin)} is not in the snapshot`,
        },
      };
    const region = rule.region;
    const pool = isEnvoy
      ? home?.subnets.find((subnet) => isProxyOnly(subnet) && (region === undefined || subnet.region === region))
      : undefined;
    if (isEnvoy && pool === undefined)
      return {
        ...listen,
        choose: 'any',
        backends: [],
        empty: {
          code: 'gcp-lb-no-proxy-subnet',
          why: `network ${home?.entry.name ?? ''} has no proxy-only subnet in ${region ?? 'the region'}`,
        },
      };
    let probed = 0;
    const backends = services.flatMap((service) => {
      const members = this.serviceMembers(service, undefined) ?? [];
      const probes = this.probesOf(service);
      return members.flatMap(({ nic, port }): Backend[] => {
        const address =
          nic.addresses.find((own) => familyOf(own.address) === familyOf(rule.address))?.address ??
          nic.addresses[0]?.address;
        const serving = port ?? integer(service.record, 'port') ?? 80;
        if (address === undefined) return [];
        probed++;
        if (!this.isProbed(nic, address, probes, serving)) return [];
        const from = pool === undefined ? frontEnd(nic.network.entry.id) : proxies(pool.entry.id);
        return [
          { origin: nic.instance.origin, from: [from], protocol: TCP, address, port: serving, sports: CLIENT_PORTS },
        ];
      });
    });
    const empty =
      probed > 0
        ? {
            code: 'gcp-lb-health-check-blocked',
            why: `the health checks of ${nameOf(entry.origin)} (from 35.191.0.0/16 and 130.211.0.0/22) are shut out of every member, so none serves`,
          }
        : { code: 'gcp-lb-no-backend', why: `${nameOf(entry.origin)} has no member in the snapshot` };
    return { ...listen, choose: 'one-works', backends, empty };
  }

  /** Whether probes reach a member; where nobody can know it counts as reached. */
  private isProbed(nic: NicFacts, address: bigint, probes: readonly (number | undefined)[], serving: number): boolean {
    if (probes.length === 0) return true;
    const filter = this.firewalls.filter(`probe:${nic.id}`, nic, 'in');
    return probes.every((port) =>
      FRONT_ENDS.some(([lo]) =>
        admits(filter.rules, filter.otherwise, (id) => this.estate.builder.setOf(id)?.spans, {
          src: lo + 1n,
          dst: address,
          protocol: TCP,
          dport: port ?? serving,
        }),
      ),
    );
  }

  /** Ports of a service's health checks; undefined for "the serving port". */
  private probesOf(service: Entry): readonly (number | undefined)[] {
    const { inventory } = this.estate;
    return strings(service.record, 'healthChecks').flatMap((url) => {
      const check =
        inventory.get('healthCheck', url) ??
        inventory.get('httpHealthCheck', url) ??
        inventory.get('httpsHealthCheck', url);
      if (check === undefined) return [];
      const detail = Object.entries(check.record).find(([key]) => key.endsWith('HealthCheck'))?.[1] as Json | undefined;
      return [
        text(detail, 'portSpecification') === 'USE_SERVING_PORT'
          ? undefined
          : (integer(detail, 'port') ?? integer(check.record, 'port')),
      ];
    });
  }

  private servicesOf(target: string): readonly Entry[] | undefined {
    const { inventory } = this.estate;
    const kind = {
      targetHttpProxies: 'targetHttpProxy',
      targetHttpsProxies: 'targetHttpsProxy',
      targetTcpProxies: 'targetTcpProxy',
      targetSslProxies: 'targetSslProxy',
      targetGrpcProxies: 'targetGrpcProxy',
    }[target.split('/').at(-2) ?? ''];
    const proxy = inventory.get(kind ?? '', target);
    if (proxy === undefined) return undefined;
    const direct = text(proxy.record, 'service');
    const map = inventory.get('urlMap', text(proxy.record, 'urlMap'));
    if (direct === undefined && map === undefined) return undefined;
    const urls = direct === undefined ? servicesIn(map!.record) : [direct];
    const found = urls
      .filter((url) => url.includes('/backendServices/'))
      .map((url) => inventory.get('backendService', url));
    return found.includes(undefined) ? undefined : (found as Entry[]);
  }

  private networkOfServices(services: readonly Entry[]): NetworkFacts | undefined {
    return services
      .flatMap((service) => this.serviceMembers(service, undefined) ?? [])
      .map(({ nic }) => nic.network)[0];
  }

  /** Members of a backend service: of instance groups and of zonal endpoint groups. */
  private serviceMembers(service: Entry, onNetwork: string | undefined): readonly Member[] | undefined {
    const { inventory } = this.estate;
    const portName = text(service.record, 'portName');
    const groups = objects(service.record, 'backends').map((backend): readonly Member[] | undefined => {
      const url = text(backend, 'group') ?? '';
      if (url.includes('/networkEndpointGroups/')) return this.endpointMembers(url);
      const members = this.groupMembers(url);
      const group = inventory.get('instanceGroup', url);
      const named = objects(group?.record, 'namedPorts').find((one) => text(one, 'name') === portName);
      return members?.flatMap((id) =>
        this.firstNic(id, onNetwork).map((member) => ({ ...member, port: integer(named, 'port') })),
      );
    });
    if (groups.includes(undefined)) return undefined;
    return (groups as (readonly Member[])[]).flat();
  }

  private groupMembers(url: string): readonly string[] | undefined {
    const name = nameIn(url);
    const lists = this.estate.inventory.answers('instanceGroupMembers').filter(({ request }) => {
      const asked =
        text(request, 'instanceGroup') ??
        /instanceGroups\/([^/]+)/.exec(text(request, 'selfLink') ?? text(request, 'id') ?? '')?.[1];
      return asked !== undefined && nameIn(asked) === name;
    });
    const listed = lists.flatMap(({ records }) =>
      records
        .filter((one) => [undefined, 'RUNNING'].includes(text(one, 'status')))
        .flatMap((one) => link(one, 'instance') ?? []),
    );
    if (lists.length > 0) return listed;
    const group = this.estate.inventory.get('instanceGroup', url);
    const inside = strings(group?.record, 'instances').map(linkOf);
    if (inside.length > 0) return inside;
    return integer(group?.record, 'size') === 0 ? [] : undefined;
  }

  private endpointMembers(url: string): readonly Member[] | undefined {
    const name = nameIn(url);
    const lists = this.estate.inventory
      .answers('networkEndpoints')
      .filter(
        ({ request }) =>
          nameIn(
            text(request, 'networkEndpointGroup') ??
              /networkEndpointGroups\/([^/]+)/.exec(text(request, 'id') ?? '')?.[1] ??
              '',
          ) === name,
      );
    if (lists.length === 0) return undefined;
    return lists.flatMap(({ records }) =>
      records.flatMap((record) => {
        const endpoint = object(record, 'networkEndpoint') ?? record;
        const address = parseAddress(text(endpoint, 'ipAddress') ?? '');
        const nics = [...this.estate.nics.values()].filter(
          (nic) =>
            nic.instance.name === nameIn(text(endpoint, 'instance') ?? '') ||
            nic.addresses.some((own) => own.address === address),
        );
        return nics.slice(0, 1).map((nic): Member => ({ nic, port: integer(endpoint, 'port') }));
      }),
    );
  }

  private firstNic(instance: string, network: string | undefined): Member[] {
    const nics = this.estate.machines.get(instance) ?? [];
    const nic =
      network === undefined ? nics[0] : (nics.find((one) => one.network.entry.id === linkOf(network)) ?? nics[0]);
    return nic === undefined ? [] : [{ nic, port: undefined }];
  }

  /** An address that stands for somebody else's service. */
  private defineEndpoint(rule: Rule_): void {
    const { entry, network } = rule;
    const { origin } = entry;
    const status = text(entry.record, 'pscConnectionStatus');
    const down =
      status === undefined || status === 'ACCEPTED'
        ? {}
        : { down: { code: 'gcp-psc-not-accepted', why: `the connection of ${nameOf(origin)} is ${status}` } };
    const filter = `${entry.id}#callers`;
    const peers =
      network === undefined
        ? []
        : normalise(this.estate.peersOf(network).flatMap((peer) => peer.subnets.flatMap(rangesOf)));
    this.estate.builder.filter(filter, () => ({
      id: filter,
      origin,
      code: 'gcp-psc-not-over-peering',
      rules: [
        ...(peers.length === 0 ? [] : [denial(origin, peers, 'clients of peered networks')]),
        ...(flag(entry.record, 'allowPscGlobalAccess')
          ? []
          : this.otherRegions(rule).map((spans) => denial(origin, spans, 'clients of other regions'))),
      ],
      order: 'first-match',
      otherwise: 'allow',
      state: filter,
    }));
    const own = network === undefined ? [] : normalise(network.subnets.flatMap(rangesOf));
    this.defineDoor(
      rule,
      'outside',
      {
        ...down,
        assumes: [
          {
            code: 'service-permits',
            resource: origin.id,
            message: `the service behind ${nameOf(origin)} listens and permits this`,
          },
        ],
      },
      [{ at: 'in', filter }],
      [
        {
          origin,
          match: { dst: [[rule.address, rule.address + 1n]] },
          next: { to: 'local' },
          rank: [0],
          text: 'the service',
        },
        {
          origin,
          match: { dst: own },
          next: { to: 'link', link: fabric(network?.entry.id ?? '') },
          rank: [1],
          text: 'back into the network',
        },
      ],
    );
  }

  /** Internal balancers answer clients of their own region, unless global access is on. */
  private regionFilter(rule: Rule_): InterfaceStep[] {
    if (!rule.isInternal || flag(rule.entry.record, 'allowGlobalAccess')) return [];
    const others = this.otherRegions(rule);
    if (others.length === 0) return [];
    const filter = `${rule.entry.id}#region`;
    const { origin } = rule.entry;
    this.estate.builder.filter(filter, () => ({
      id: filter,
      origin,
      code: 'gcp-ilb-region',
      rules: others.map((spans) =>
        denial(origin, spans, `clients outside ${rule.region ?? 'its region'}: global access is off`),
      ),
      order: 'first-match',
      otherwise: 'allow',
      state: filter,
    }));
    return [{ at: 'in', filter }];
  }

  private otherRegions({ network, region }: Rule_): (readonly Span<bigint>[])[] {
    if (network === undefined || region === undefined) return [];
    const far = [network, ...this.estate.peersOf(network)]
      .flatMap((one) => one.subnets)
      .filter((subnet) => subnet.region !== undefined && subnet.region !== region);
    const spans = normalise(far.flatMap(rangesOf));
    return spans.length === 0 ? [] : [spans];
  }

  /** Front ends answer nobody: what comes in must belong to a connection that they opened. */
  private repliesOnly(id: string, origin: Origin, otherwise: 'allow' | 'deny'): Filter {
    return {
      id,
      origin,
      code: 'gcp-front-end-answers-nobody',
      rules: [],
      order: 'first-match',
      otherwise,
      defaultText: 'nothing is listening at',
      state: id.replace(/#.*$/, '#session'),
    };
  }

  /** Google's front ends as they meet a network, and the proxies of its proxy-only subnets. */
  private defineFrontEnd(network: NetworkFacts): void {
    const { builder } = this.estate;
    const id = frontEnd(network.entry.id);
    const origin: Origin = {
      provider: 'gcp',
      kind: 'Google front ends',
      id: 'Google front ends',
      file: '',
      pointer: '',
      implicit: true,
    };
    const to = {
      origin,
      match: {},
      next: { to: 'link' as const, link: fabric(network.entry.id) },
      rank: [0],
      text: `into ${network.entry.name}`,
    };
    builder.node(id, () => ({ id, origin, role: 'outside', interfaces: [id] }));
    for (const span of [...FRONT_ENDS_SIX, ...FRONT_ENDS]) builder.publicRange(span, id);
    builder.filter(`${id}#replies`, () => this.repliesOnly(`${id}#replies`, origin, 'deny'));
    builder.filter(`${id}#opened`, () => this.repliesOnly(`${id}#opened`, origin, 'allow'));
    builder.interface(id, () => ({
      id,
      origin,
      node: id,
      addresses: [],
      prefixes: [...FRONT_ENDS_SIX, ...FRONT_ENDS],
      steps: [
        { at: 'in', filter: `${id}#replies` },
        { at: 'out', filter: `${id}#opened` },
      ],
      table: id,
    }));
    builder.table(id, () => ({
      id,
      origin,
      entries: [
        {
          ...to,
          match: { dst: [...FRONT_ENDS_SIX, ...FRONT_ENDS] },
          next: { to: 'local' },
          rank: [-1],
          text: 'the front ends',
        },
        to,
      ],
    }));
    for (const subnet of network.subnets.filter(isProxyOnly)) {
      const own = proxies(subnet.entry.id);
      builder.node(own, () => ({ id: own, origin: subnet.entry.origin, role: 'outside', interfaces: [own] }));
      builder.interface(own, () => ({
        id: own,
        origin: subnet.entry.origin,
        node: own,
        addresses: [],
        prefixes: subnet.primary,
        steps: [],
        table: own,
      }));
      builder.table(own, () => ({
        id: own,
        origin: subnet.entry.origin,
        entries: [
          { ...to, match: { dst: subnet.primary }, next: { to: 'local' }, rank: [-1], text: 'the proxies' },
          to,
        ],
      }));
    }
  }
}

function denial(origin: Origin, src: readonly Span<bigint>[], words: string): Rule {
  return { origin, action: 'deny', match: [{ src }], text: words };
}

function isProxyOnly({ purpose }: { readonly purpose: string }): boolean {
  return (
    purpose === 'REGIONAL_MANAGED_PROXY' ||
    purpose === 'GLOBAL_MANAGED_PROXY' ||
    purpose === 'INTERNAL_HTTPS_LOAD_BALANCER'
  );
}

/** Address, protocol and ports of a forwarding rule. */
function matchOf(record: Json, address: bigint): Match {
  const word = (text(record, 'IPProtocol') ?? 'TCP').toLowerCase();
  const protocol = word === 'l3_default' ? undefined : protocolNumber(word);
  const ports = [
    ...strings(record, 'ports'),
    ...(text(record, 'portRange') === undefined ? [] : [text(record, 'portRange')!]),
  ].map(portSpan);
  const known = ports.filter((span) => span !== undefined);
  return {
    dst: [[address, address + 1n]],
    ...(protocol === undefined ? {} : { protocol: [[protocol, protocol + 1]] }),
    ...(known.length > 0 && protocol !== undefined && hasPorts(protocol) ? { dport: normalise(known) } : {}),
  };
}

/** Every backend service that a URL map may choose. */
function servicesIn(map: Json): string[] {
  const found = new Set<string>();
  const visit = (value: unknown, depth: number): void => {
    if (depth > 12) return;
    if (Array.isArray(value)) for (const one of value) visit(one, depth + 1);
    else if (typeof value === 'object' && value !== null)
      for (const [key, one] of Object.entries(value))
        if ((key === 'defaultService' || key === 'service' || key === 'backendService') && typeof one === 'string')
          found.add(one);
        else visit(one, depth + 1);
  };
  visit(map, 0);
  return [...found];
}

/** What a filter's rules say of one packet; a rule whose effect is not known counts as passing. */
function admits(
  rules: readonly Rule[],
  otherwise: 'allow' | 'deny',
  setOf: (id: string) => readonly Span<bigint>[] | undefined,
  packet: { src: bigint; dst: bigint; protocol: number; dport: number },
): boolean {
  const within = (
    spans: readonly (readonly [number | bigint, number | bigint])[] | undefined,
    value: number | bigint,
  ) => spans === undefined || spans.some(([lo, end]) => lo <= value && value < end);
  const address = (side: Match['src'], value: bigint) =>
    side === undefined || within('set' in side ? (setOf(side.set) ?? []) : side, value);
  let level = -1;
  let isPassed = false;
  for (const rule of rules) {
    if ((rule.level ?? 0) !== level) {
      level = rule.level ?? 0;
      isPassed = false;
    }
    const holds = rule.match.some(
      (match) =>
        within(match.protocol, packet.protocol) &&
        within(match.dport, packet.dport) &&
        address(match.src, packet.src) &&
        address(match.dst, packet.dst),
    );
    if (!holds || isPassed) continue;
    if (rule.unresolved !== undefined) return true;
    if (rule.action === 'pass') isPassed = true;
    else return rule.action === 'allow';
  }
  return otherwise === 'allow';
}
