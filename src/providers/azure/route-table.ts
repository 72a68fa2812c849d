/**
 * Routes of a subnet: user-defined ones, what gateways learned, and the system's own. Longest prefix first, then user-defined
 * before learned before system; routes to the network itself and its peers beat whatever a gateway learned.
 * Source: https://learn.microsoft.com/en-us/azure/virtual-network/virtual-networks-udr-overview
 */
import type { NextHop, RouteEntry } from '../../model/network.ts';
import type { Origin } from '../../model/origin.ts';
import {
  ALL_V4,
  ALL_V6,
  PUBLIC_V4,
  PUBLIC_V6,
  cidrsOf,
  familyOf,
  parseAddress,
  parseCidr,
  prefixLengthOf,
} from '../../net/address.ts';
import { type Span, contains, intersect, normalise, subtract } from '../../net/spans.ts';
import type { Estate, SubnetFacts, VnetFacts } from './estate.ts';
import { type Entry, missing } from './inventory.ts';
import { endpointRoutesOf, fabric, routesHold, routesOf, wordsOf } from './network-interface.ts';
import { servicesOf } from './service-endpoint.ts';
import { type Json, flag, objects, text } from './record.ts';
import { METADATA, PLATFORM, type ServiceTags } from './service-tag.ts';

/** Ways out of a subnet that other readers make. */
export interface Ways {
  /** To the internet, by whatever the subnet leaves by. */
  readonly internet: (subnet: SubnetFacts) => NextHop;
  /** To a peer's fabric; undefined where the peering carries nothing. */
  readonly peers: (subnet: SubnetFacts) => readonly PeerRoute[];
  /** To the gateway that serves the network, if there is one. */
  readonly gateway: (subnet: SubnetFacts) => GatewayRoutes;
  /**
   * What owns an address of a network that a route hands packets to: a balancer's frontend, a firewall; undefined for
   * interfaces.
   */
  readonly appliance: (vnet: VnetFacts, address: bigint) => NextHop | undefined;
}

export interface PeerRoute {
  /** Id of the network at the other end. */
  readonly remote: string;
  readonly origin: Origin;
  readonly ranges: readonly Span<bigint>[];
  readonly next: NextHop;
  readonly name: string;
  /** Over the peering to one interface there; absent where the peering carries nothing, or the peer is not in the snapshot. */
  readonly through?: (to: string) => NextHop;
  /** Carries packets; else the route is there only where nothing else matches, to say why. */
  readonly works: boolean;
}

export interface GatewayRoutes {
  readonly learned: readonly { readonly origin: Origin; readonly span: Span<bigint>; readonly next: NextHop }[];
  /** Set where the gateway may have learned more than the snapshot says. */
  readonly unknown?: { readonly origin: Origin; readonly next: NextHop; readonly what: ReturnType<typeof missing> };
  readonly next: NextHop | undefined;
  /** The gateway sends what it has no route for to one of its connections. */
  readonly defaultSite?: boolean;
}

const [USER, LEARNED, SYSTEM] = [0, 1, 2];
const RESERVED = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'].map((cidr) => parseCidr(cidr)!);
const DEFAULT_V4 = ALL_V4;

export function readRouteTables(
  estate: Estate,
  tags: ServiceTags,
  ways: Ways,
  denied: (subnet: SubnetFacts) => readonly RouteEntry[],
): void {
  const { builder } = estate;
  for (const table of estate.inventory.all('routeTable')) {
    builder.place(table.id, wordsOf(table), () => ({
      id: table.id,
      origin: table.origin,
      aliases: [],
      interfaces: [],
      members: [...estate.subnets.values()]
        .filter((subnet) => subnet.routeTable === table.id)
        .flatMap((subnet) => subnet.nics.map((nic) => nic.entry.id)),
    }));
  }
  for (const subnet of estate.subnets.values()) {
    const id = routesOf(subnet.entry.id);
    builder.table(id, () => {
      const table = estate.inventory.get('routeTable', subnet.routeTable);
      const origin: Origin = table?.origin ?? { ...subnet.entry.origin, kind: 'system routes of subnet' };
      const entries = new SubnetRoutes(estate, tags, ways, subnet, table).entries();
      return {
        id,
        origin,
        entries: [...denied(subnet), ...services(subnet.entry.origin), ...entries],
        code: 'azure-no-route',
        possible: () => possible(estate, subnet, table, entries),
      };
    });
    // Private endpoints answer past the route table, unless their subnet's policies say otherwise.
    const plain = endpointRoutesOf(subnet.entry.id);
    builder.table(plain, () => ({
      id: plain,
      origin: { ...subnet.entry.origin, kind: 'system routes of subnet' },
      entries: new SubnetRoutes(estate, tags, ways, { ...subnet, routeTable: undefined }, undefined).entries(),
      code: 'azure-no-route',
    }));
  }
}

/** Addresses of the platform, answered whatever groups say. */
function services(of: Origin): RouteEntry[] {
  const origin = { ...of, implicit: true as const };
  return [
    { address: PLATFORM, name: '168.63.129.16: DNS, health probes and the guest agent' },
    { address: METADATA, name: '169.254.169.254: instance metadata' },
  ].map(({ address, name }) => ({
    origin,
    match: { dst: [[address, address + 1n]] },
    next: { to: 'local' },
    rank: [-2],
    text: `${name}, which no group filters`,
  }));
}

class SubnetRoutes {
  private readonly estate: Estate;
  private readonly tags: ServiceTags;
  private readonly ways: Ways;
  private readonly subnet: SubnetFacts;
  private readonly table: Entry | undefined;

  constructor(estate: Estate, tags: ServiceTags, ways: Ways, subnet: SubnetFacts, table: Entry | undefined) {
    this.estate = estate;
    this.tags = tags;
    this.ways = ways;
    this.subnet = subnet;
    this.table = table;
  }

  entries(): RouteEntry[] {
    const { subnet, table } = this;
    if (subnet.absent !== undefined) {
      const { origin } = subnet.entry;
      const next: NextHop = { to: 'missing', what: subnet.absent, by: origin };
      return [{ origin, match: {}, next, rank: [0], text: 'a subnet that is not in the snapshot' }];
    }
    if (subnet.routeTable !== undefined && table === undefined) {
      const what = missing(`route table ${subnet.routeTable}`, `network route-table show --ids ${subnet.routeTable}`);
      const origin = { ...subnet.entry.origin, kind: 'route table', id: subnet.routeTable };
      return [
        {
          origin,
          match: {},
          next: { to: 'missing', what, by: origin },
          rank: [0],
          text: 'a route table that is not in the snapshot',
        },
      ];
    }
    const user = this.userRoutes();
    const gateway = this.ways.gateway(subnet);
    const propagates = flag(table?.record, 'disableBgpRoutePropagation') !== true;
    const learned = propagates ? gateway.learned : [];
    const peers = this.ways.peers(subnet);
    const nearby = normalise([
      ...subnet.vnet.ranges,
      ...peers.filter(({ works }) => works).flatMap(({ ranges }) => ranges),
      ...this.tags.endpointsOf(subnet).flatMap(({ spans }) => spans),
    ]);
    const entries = [...user.flatMap(({ entry }) => entry), ...this.system(user, learned, peers)];
    for (const { origin, span, next } of learned)
      for (const part of subtract([span], nearby))
        entries.push({
          origin,
          match: { dst: [part] },
          next,
          rank: [-(prefixLengthOf(span) ?? 0), LEARNED],
          text: `${cidrsOf(span).join()} -> gateway`,
        });
    if (propagates && gateway.unknown !== undefined) {
      const { origin, next, what } = gateway.unknown;
      const elsewhere = subtract([ALL_V4], nearby);
      entries.push({
        origin,
        match: { dst: elsewhere },
        next,
        rank: [-32, LEARNED],
        text: 'whatever the gateway learned',
        unresolved: what,
      });
    }
    return entries;
  }

  private userRoutes(): { span: Span<bigint>; entry: RouteEntry[] }[] {
    const { table } = this;
    if (table === undefined) return [];
    const separate = this.estate.inventory.all('route').filter((route) => route.id.startsWith(`${table.id}/`));
    const inline = objects(table.record, 'routes').map((record, i) => ({
      record,
      pointer: `${table.origin.pointer}/routes/${i}`,
    }));
    const apart = separate
      .filter((route) => !inline.some(({ record }) => text(record, 'id')?.toLowerCase() === route.id))
      .map((route) => ({ record: route.record, pointer: route.origin.pointer }));
    return [...inline, ...apart].flatMap(({ record, pointer }) => this.userRoute(record, table, pointer));
  }

  private userRoute(record: Json, table: Entry, pointer: string): { span: Span<bigint>; entry: RouteEntry[] }[] {
    const name = text(record, 'name') ?? '';
    const origin: Origin = {
      ...table.origin,
      kind: 'route',
      id: text(record, 'id') ?? `${table.origin.id}/routes/${name}`,
      name,
      pointer,
    };
    const prefix = text(record, 'addressPrefix') ?? '';
    const next = this.nextHop(record, table, origin);
    const target = text(record, 'nextHopIpAddress') ?? text(record, 'nextHopType') ?? 'nothing';
    const shown = `${prefix} -> ${target}`;
    const span = this.estate.prefixOf(prefix);
    if (span !== undefined)
      return [
        {
          span,
          entry: [
            ...this.beyondGateway(record, span, table, origin),
            ...this.outsideByUnknown(next, span, table, origin, shown),
            {
              origin,
              match: { dst: [span] },
              next,
              rank: [-(prefixLengthOf(span) ?? 0), USER, 0],
              text: `${name === '' ? '' : `${name}: `}${shown}`,
              target,
            },
          ],
        },
      ];
    // An explicit prefix goes before the same prefix from a tag.
    const spans = this.tags.routePrefixes(prefix);
    if (spans === undefined) {
      const unresolved = missing(
        `the addresses of service tag ${prefix}`,
        'network list-service-tags --location REGION',
      );
      return [
        {
          span: [0n, 0n],
          // Tags hold public addresses only.
          entry: [
            { origin, match: { dst: [...PUBLIC_V6, ...PUBLIC_V4] }, next, rank: [-129, USER], text: shown, unresolved },
          ],
        },
      ];
    }
    return spans.map((one) => ({
      span: one,
      entry: [
        {
          origin,
          match: { dst: [one] },
          next,
          rank: [-(prefixLengthOf(one) ?? 0), USER, tagOrder(prefix)],
          text: shown,
        },
      ],
    }));
  }

  /**
   * Public destinations by a next hop that is not known. Whatever that is, answers of a public address that go there do not
   * leave by that address, so clients on the internet never get them. Source:
   * https://learn.microsoft.com/en-us/azure/virtual-network/virtual-networks-udr-overview
   */
  private outsideByUnknown(
    next: NextHop,
    span: Span<bigint>,
    table: Entry,
    route: Origin,
    shown: string,
  ): RouteEntry[] {
    const dst = intersect([...PUBLIC_V6, ...PUBLIC_V4], [span]);
    if (next.to !== 'missing' || dst.length === 0) return [];
    const { builder } = this.estate;
    const id = `unknown-hop:${route.id}@${this.subnet.entry.id}`;
    const { origin } = table;
    builder.node(id, () => ({ id, origin, role: 'router', interfaces: [id] }));
    builder.interface(id, () => ({
      id,
      origin,
      node: id,
      addresses: [],
      steps: [{ at: 'in', filter: id }],
      table: id,
    }));
    builder.table(id, () => ({
      id,
      origin,
      entries: [{ origin: route, match: {}, next, rank: [0], text: 'a next hop that is not known' }],
    }));
    builder.filter(id, () => ({
      id,
      origin,
      code: 'azure-forced-tunnel',
      rules: [],
      order: 'first-match',
      otherwise: 'allow',
      state: id,
      whyNoMend: 'let clients in through the appliance, or route their addresses to Internet',
    }));
    return [
      {
        origin: route,
        match: { dst },
        next: { to: 'hop', in: id },
        rank: [-(prefixLengthOf(span) ?? 0), USER, -1],
        text: `${route.name ?? ''}: ${shown}`,
      },
    ];
  }

  /** What a route hands to a gateway that has no route for it: dropped there, and the route is to blame. */
  private beyondGateway(record: Json, span: Span<bigint>, table: Entry, route: Origin): RouteEntry[] {
    if (text(record, 'nextHopType')?.toLowerCase() !== 'virtualnetworkgateway') return [];
    const { learned, unknown, next, defaultSite } = this.ways.gateway(this.subnet);
    if (next === undefined || next.to === 'missing' || unknown !== undefined || defaultSite === true) return [];
    const lost = subtract([span], normalise(learned.map((one) => one.span)));
    if (lost.length === 0) return [];
    const why = `route ${route.name ?? ''} of ${table.origin.name} sends it to the gateway, which has no route for it`;
    return [
      {
        origin: route,
        match: { dst: lost },
        next: { to: 'drop', code: 'azure-gateway-no-route', why, by: table.origin },
        rank: [-(prefixLengthOf(span) ?? 0), USER, -1],
        text: `${route.name ?? ''}: ${cidrsOf(span).join()} -> VirtualNetworkGateway, which does not know it`,
      },
    ];
  }

  private nextHop(record: Json, table: Entry, route: Origin): NextHop {
    const { subnet } = this;
    const by = table.origin;
    switch (text(record, 'nextHopType')?.toLowerCase()) {
      case 'vnetlocal':
        return { to: 'link', link: fabric(subnet.vnet.entry.id) };
      case 'internet':
        return this.ways.internet(subnet);
      case 'none':
        return {
          to: 'drop',
          code: 'azure-route-none',
          why: `route ${route.name ?? ''} of ${by.name} drops it: its next hop is None`,
          by,
        };
      case 'virtualnetworkgateway':
        return (
          this.ways.gateway(subnet).next ?? {
            to: 'missing',
            what: missing(
              `the gateway that route ${route.name ?? ''} of ${by.name} leads to`,
              'network vnet-gateway list --resource-group GROUP',
            ),
            by,
          }
        );
      case 'virtualappliance':
        return this.appliance(text(record, 'nextHopIpAddress') ?? '', by);
      default:
        return {
          to: 'missing',
          what: missing(
            `the next hop of route ${route.name ?? ''} of ${by.name}`,
            `network route-table show --ids ${by.id}`,
          ),
          by,
        };
    }
  }

  /** Whoever owns the address, in this network or one peered with it. */
  private appliance(word: string, by: Origin): NextHop {
    const address = parseAddress(word);
    const { subnet, estate } = this;
    const unknown: NextHop = { to: 'missing', what: missing(`what owns the next hop ${word}`, 'network nic list'), by };
    if (address === undefined) return unknown;
    const own = this.ownerIn(subnet.vnet, address);
    if (own !== undefined) return own;
    for (const { remote, works, next, through } of this.ways.peers(subnet)) {
      const vnet = estate.vnets.get(remote);
      const there = vnet === undefined ? undefined : this.ownerIn(vnet, address);
      if (there === undefined) continue;
      return works && through !== undefined ? over(there, through) : next;
    }
    const near = [subnet.vnet, ...subnet.vnet.peerings.flatMap((peering) => estate.vnets.get(peering.remote) ?? [])];
    const around = near.flatMap((vnet) => vnet.subnets).filter(({ ranges }) => contains(ranges, address));
    const unlisted = around.map((one) => estate.unlistedIn(one)).find((one) => one !== undefined);
    if (unlisted !== undefined) return { to: 'missing', what: unlisted, by };
    return estate.knowsNics && around.length > 0
      ? { to: 'drop', code: 'azure-next-hop-missing', why: `the next hop ${word} belongs to nothing`, by }
      : unknown;
  }

  private ownerIn(vnet: VnetFacts, address: bigint): NextHop | undefined {
    const made = this.ways.appliance(vnet, address);
    if (made !== undefined) return made;
    const owner = this.estate
      .nicsIn(vnet)
      .find((nic) => nic.configurations.some((one) => one.address.address === address));
    return owner === undefined ? undefined : { to: 'hop', in: owner.entry.id };
  }

  /** What Azure adds unasked. */
  private system(
    user: readonly { readonly span: Span<bigint> }[],
    learned: GatewayRoutes['learned'],
    peers: readonly PeerRoute[],
  ): RouteEntry[] {
    const { subnet } = this;
    const origin: Origin = { ...subnet.entry.origin, implicit: true };
    const { ranges } = subnet.vnet;
    const entry = (span: Span<bigint>, next: NextHop, to: string, by = origin): RouteEntry => ({
      origin: by,
      match: { dst: [span] },
      next,
      rank: [-(prefixLengthOf(span) ?? 0), SYSTEM],
      text: `${cidrsOf(span).join()} -> ${to}`,
    });
    const cidrs = (spans: readonly Span<bigint>[]) =>
      spans.flatMap((span) =>
        cidrsOf(span).map((cidr) => parseCidr(cidr) ?? ([parseAddress(cidr)!, parseAddress(cidr)! + 1n] as const)),
      );
    const entries = cidrs(ranges).map((span) =>
      entry(span, { to: 'link', link: fabric(subnet.vnet.entry.id) }, 'the virtual network'),
    );
    const elsewhere = [...user.map(({ span }) => span), ...learned.map(({ span }) => span)];
    for (const { works, ranges: theirs, next, name, origin: by } of peers)
      for (const span of cidrs(works ? theirs : subtract(theirs, normalise(elsewhere.filter(([lo, end]) => lo < end)))))
        entries.push(entry(span, next, name, { ...by, implicit: true }));
    // A private endpoint is a /32 of its own, past wider user-defined routes, unless its subnet lets route tables hold.
    for (const { vnet, next } of [
      { vnet: subnet.vnet, next: { to: 'link', link: fabric(subnet.vnet.entry.id) } as const },
      ...peers.flatMap(({ works, next: way, remote }) => {
        const vnet = works ? this.estate.vnets.get(remote) : undefined;
        return vnet === undefined ? [] : [{ vnet, next: way }];
      }),
    ])
      for (const nic of this.estate.nicsIn(vnet)) {
        if (nic.privateEndpoint === undefined || routesHold(nic.subnet)) continue;
        for (const {
          address: { address },
        } of nic.configurations)
          entries.push(entry([address, address + 1n], next, 'private endpoint', nic.entry.origin));
      }
    for (const { spans, service } of this.tags.endpointsOf(subnet))
      for (const span of cidrs(spans))
        entries.push(entry(span, { to: 'hop', in: servicesOf(subnet.vnet.entry.id) }, `service endpoint ${service}`));
    const internet = this.ways.internet(subnet);
    entries.push(entry(DEFAULT_V4, internet, 'Internet'), entry(ALL_V6, internet, 'Internet'));
    const overridden = elsewhere.some(([lo, end]) => lo === DEFAULT_V4[0] && end === DEFAULT_V4[1]);
    const none: NextHop = {
      to: 'drop',
      code: 'azure-no-route',
      why: 'the address is private and belongs to no network that this one is connected with (system route to None)',
      by: this.table?.origin ?? subnet.entry.origin,
    };
    if (!overridden)
      for (const reserved of RESERVED)
        if (!ranges.some(([lo, end]) => lo <= reserved[0] && reserved[1] <= end))
          entries.push(entry(reserved, none, 'None'));
    return entries;
  }
}

/** A next hop in a peered network, reached over the peering. */
function over(next: NextHop, through: (to: string) => NextHop): NextHop {
  if (next.to === 'hop') return through(next.in);
  return next.to === 'fork' ? { ...next, branches: next.branches.map((branch) => over(branch, through)) } : next;
}

/** Of routes with the same prefix from tags a regional tag goes first, then a global one, then those of the whole cloud. */
function tagOrder(tag: string): number {
  const cloud = /^azurecloud/i.test(tag);
  return (cloud ? 3 : 1) + (tag.includes('.') ? 0 : 1);
}

/** Routes that would mend a missing one: to the network itself where a route hides it, and to the internet. */
function possible(
  estate: Estate,
  subnet: SubnetFacts,
  table: Entry | undefined,
  entries: readonly RouteEntry[],
): RouteEntry[] {
  if (table === undefined) return [];
  const system = entries.filter(
    (entry) => entry.origin.implicit === true && entry.next.to !== 'drop' && entry.next.to !== 'missing',
  );
  return system
    .map((entry) => {
      const dst = entry.match.dst as readonly Span<bigint>[];
      const local = entry.next.to === 'link' && entry.next.link === fabric(subnet.vnet.entry.id);
      const outside = familyOf(dst[0]![0]) === 4 && dst[0]![0] === DEFAULT_V4[0];
      return {
        ...entry,
        origin: table.origin,
        rank: [-(prefixLengthOf(dst[0]!) ?? 0), USER],
        target: local ? 'VnetLocal' : outside ? 'Internet' : 'VirtualNetworkPeering',
      };
    })
    .filter((entry) => entry.target !== 'VirtualNetworkPeering' && estate.inventory.knows('routeTable'));
}
