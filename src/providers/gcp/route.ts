/**
 * Routes of a network as they hold for one interface: policy-based routes, then subnet routes (own and of peers), then
 * custom routes by longest prefix and priority. What nothing matches is dropped.
 * Source: https://docs.cloud.google.com/vpc/docs/routes
 */
import type { NextHop, RouteEntry } from '../../model/network.ts';
import type { Origin } from '../../model/origin.ts';
import {
  ALL_V4,
  PUBLIC_V4,
  PUBLIC_V6,
  cidrsOf,
  familyOf,
  isPublic,
  parseAddress,
  parseCidr,
  prefixLengthOf,
} from '../../net/address.ts';
import { TCP, UDP } from '../../net/protocol.ts';
import { type Span, subtract } from '../../net/spans.ts';
import {
  type Estate,
  type NetworkFacts,
  type NicFacts,
  type PeeringFacts,
  type SubnetFacts,
  rangesOf,
} from './estate.ts';
import { type Entry, missing } from './inventory.ts';
import { fabric } from './interface.ts';
import { type Json, flag, integer, link, nameIn, object, strings, text } from './record.ts';

/** For whom a table is: an interface, or a host in a subnet that nothing else is known of. */
export interface Sender {
  readonly network: NetworkFacts;
  readonly subnet: SubnetFacts | undefined;
  readonly region: string | undefined;
  readonly tags: readonly string[];
}

/** Ways that other readers make. */
export interface Ways {
  readonly internet: (sender: Sender) => NextHop;
  readonly googleApis: (sender: Sender) => NextHop | undefined;
  /** An appliance balancer by its forwarding rule or address. */
  readonly balancer: (network: NetworkFacts, target: string) => NextHop | undefined;
  /** Undefined where the tunnel is not up: its routes are skipped. */
  readonly tunnel: (url: string, route: Entry) => NextHop | undefined;
  /** Entries that need no route in the network: replies to balancers and probes. */
  readonly special: (sender: Sender) => readonly RouteEntry[];
  /** Dynamic routes of the network that hold in a region. */
  readonly dynamic: (
    network: NetworkFacts,
    region: string | undefined,
  ) => readonly {
    readonly span: Span<bigint>;
    readonly next: NextHop;
    readonly priority: number;
    readonly origin: Origin;
  }[];
}

/** Metadata, DNS and time: always there, whatever rules say. */
const METADATA = parseAddress('169.254.169.254')!;
/** private.googleapis.com and restricted.googleapis.com. */
export const GOOGLE_APIS: readonly Span<bigint>[] = [parseCidr('199.36.153.4/30')!, parseCidr('199.36.153.8/30')!];

/** Tiers of the order; 1 is for the special paths of balancers. */
const [FIXED, POLICY, SUBNET, CUSTOM] = [0, 2, 3, 4];

export class Routes {
  private readonly estate: Estate;
  private readonly ways: Ways;
  private readonly byNetwork = new Map<string, Entry[]>();
  private readonly policyBased: readonly Entry[];

  constructor(estate: Estate, ways: Ways) {
    this.estate = estate;
    this.ways = ways;
    this.policyBased = estate.inventory.all('policyBasedRoute');
    for (const entry of estate.inventory.all('route')) {
      const network = link(entry.record, 'network') ?? '';
      const list = this.byNetwork.get(network);
      if (list === undefined) this.byNetwork.set(network, [entry]);
      else list.push(entry);
    }
  }

  /** Defines a table for a sender. */
  define(id: string, sender: Sender): void {
    const { entry } = sender.network;
    this.estate.builder.table(id, () => ({
      id,
      origin: { ...entry.origin, kind: 'routes of network' },
      entries: this.entries(sender),
      ties: 'unknown',
      code: 'gcp-no-route',
      possible: () => this.possible(sender),
    }));
  }

  private entries(sender: Sender): RouteEntry[] {
    const { network } = sender;
    const origin: Origin = { ...network.entry.origin, implicit: true };
    const fixed: RouteEntry = {
      origin,
      match: { dst: [[METADATA, METADATA + 1n]] },
      next: { to: 'local' },
      rank: [FIXED],
      text: '169.254.169.254: the metadata server, which no rule filters',
    };
    const custom = [...this.custom(sender), ...this.dynamic(sender), ...this.imported(sender)];
    return [fixed, ...this.ways.special(sender), ...this.policy(sender, custom), ...this.subnets(sender), ...custom];
  }

  /** Policy-based routes by priority; one to "the ordinary routes" leaves all others of its kind unread. */
  private policy(sender: Sender, custom: readonly RouteEntry[]): RouteEntry[] {
    return this.policyBased
      .filter(({ record }) => link(record, 'network') === sender.network.entry.id && this.concerns(record, sender))
      .flatMap(({ record, origin, name }) => {
        const filter = object(record, 'filter') ?? {};
        const [src, dst] = [text(filter, 'srcRange'), text(filter, 'destRange')].map((cidr) => parseCidr(cidr ?? ''));
        const protocol = { TCP, UDP }[text(filter, 'ipProtocol') ?? 'ALL'];
        const match = {
          ...(protocol === undefined ? {} : { protocol: [[protocol, protocol + 1] as const] }),
          src: [src ?? ALL_V4],
          dst: [dst ?? ALL_V4],
        };
        const priority = integer(record, 'priority') ?? 1000;
        const target = text(record, 'nextHopIlbIp');
        const shown = `policy-based route ${name}`;
        if (target === undefined) {
          // The ordinary routes decide, for these packets as for others.
          const ordinary = [...this.subnets(sender), ...custom];
          return ordinary.flatMap((entry): RouteEntry[] => {
            const inside = intersectMatch(match, entry.match);
            return inside === undefined ? [] : [{ ...entry, match: inside, rank: [POLICY, priority, ...entry.rank] }];
          });
        }
        const next = this.ways.balancer(sender.network, target) ?? {
          to: 'missing' as const,
          what: missing(
            `the internal balancer ${target} that policy-based route ${name} leads to`,
            'compute forwarding-rules list',
          ),
          by: origin,
        };
        return [{ origin, match, next, rank: [POLICY, priority], text: `${shown} -> ${target}` }];
      });
  }

  private concerns(record: Json, sender: Sender): boolean {
    const tags = strings(object(record, 'virtualMachine'), 'tags');
    if (tags.length > 0) return tags.some((tag) => sender.tags.includes(tag));
    return object(record, 'interconnectAttachment') === undefined;
  }

  /** Own subnets and those of peers: nothing overrides them. */
  private subnets({ network }: Sender): RouteEntry[] {
    const { estate } = this;
    const entries: RouteEntry[] = [];
    const origin: Origin = { ...network.entry.origin, implicit: true };
    const add = (span: Span<bigint>, next: NextHop, to: string, by = origin) =>
      entries.push({
        origin: by,
        match: { dst: [span] },
        next,
        rank: [SUBNET, -(prefixLengthOf(span) ?? 0)],
        text: `${cidrsOf(span).join()} -> ${to}`,
      });
    for (const subnet of network.subnets)
      for (const span of rangesOf(subnet))
        add(span, { to: 'link', link: fabric(network.entry.id) }, `subnet ${subnet.entry.name}`, {
          ...subnet.entry.origin,
          implicit: true,
        });
    const listed = this.byNetwork.get(network.entry.id) ?? [];
    if (network.subnets.length === 0)
      for (const { record, origin: by } of listed) {
        const span = parseCidr(text(record, 'destRange') ?? '');
        if (span !== undefined && link(record, 'nextHopNetwork') === network.entry.id)
          add(span, { to: 'link', link: fabric(network.entry.id) }, 'the network', by);
      }
    for (const peering of network.peerings) {
      if (!peering.active) continue;
      const peer = estate.networks.get(peering.peer);
      const peerRoutes = listed.filter(({ record }) => text(record, 'nextHopPeering') === peering.name);
      if (peer === undefined || peer.subnets.length === 0) {
        const what = missing(
          `the peered network ${nameIn(peering.peer)}`,
          `compute networks subnets list --network ${nameIn(peering.peer)} --project ${peering.peer.split('/')[1] ?? 'PROJECT'}`,
        );
        const by = { ...origin, kind: 'peering', id: peering.name };
        for (const { record } of peerRoutes) {
          const span = parseCidr(text(record, 'destRange') ?? '');
          if (span !== undefined) add(span, { to: 'missing', what, by }, `peering ${peering.name}`);
        }
        if (peerRoutes.length === 0)
          entries.push({
            origin: by,
            match: {},
            next: { to: 'missing', what, by },
            rank: [SUBNET, 1],
            text: `whatever peering ${peering.name} brings`,
            unresolved: what,
          });
        continue;
      }
      const twin = estate.twinOf(network, peering);
      if (twin === undefined || !twin.active) continue;
      for (const subnet of peer.subnets)
        for (const span of rangesOf(subnet))
          if (isExchanged(span, peering, twin))
            add(span, { to: 'link', link: fabric(peer.entry.id) }, `peering ${peering.name}`, {
              ...origin,
              kind: 'peering',
              id: peering.name,
              name: peering.name,
            });
    }
    return entries;
  }

  /** Static routes of the network itself. */
  private custom(sender: Sender): RouteEntry[] {
    const { inventory } = this.estate;
    const { entry: network } = sender.network;
    if (!inventory.knows('route')) {
      const what = missing(
        `the routes of network ${network.name}`,
        `compute routes list --filter=network:${network.name}`,
      );
      return [
        {
          origin: network.origin,
          match: {},
          next: { to: 'missing', what, by: network.origin },
          rank: [CUSTOM, 0, 9],
          text: 'routes that are not known',
        },
      ];
    }
    return (this.byNetwork.get(network.id) ?? []).flatMap((route) => this.staticRoute(route, sender, 0));
  }

  private staticRoute(route: Entry, sender: Sender, imported: 0 | 1): RouteEntry[] {
    const { record, origin, name } = route;
    const tags = strings(record, 'tags');
    if (tags.length > 0 && !tags.some((tag) => sender.tags.includes(tag))) return [];
    if (text(record, 'nextHopNetwork') !== undefined || text(record, 'nextHopPeering') !== undefined) return [];
    const span = parseCidr(text(record, 'destRange') ?? '');
    const shown = `${name}: ${text(record, 'destRange') ?? '?'} -> ${this.targetText(record)}`;
    if (span === undefined) {
      const unresolved = { what: `the destination of route ${name}: it is not a valid CIDR`, fetch: null };
      return [
        {
          origin,
          match: {},
          next: { to: 'missing', what: unresolved, by: origin },
          rank: [CUSTOM, -129],
          text: shown,
          unresolved,
        },
      ];
    }
    const rank = [
      CUSTOM,
      -(prefixLengthOf(span) ?? 0),
      imported,
      imported === 1 ? 0 : (integer(record, 'priority') ?? 1000),
    ];
    if (isInternet(record)) return this.internetEntries(span, sender, rank, shown, origin);
    const next = this.nextHop(route, sender);
    return next === undefined ? [] : [{ origin, match: { dst: [span] }, next, rank, text: shown }];
  }

  /** The internet gateway carries public destinations only, and Google's APIs for those that may use them. */
  private internetEntries(
    span: Span<bigint>,
    sender: Sender,
    rank: readonly number[],
    shown: string,
    origin: Origin,
  ): RouteEntry[] {
    const outside = familyOf(span[0]) === 4 ? PUBLIC_V4 : PUBLIC_V6;
    const apis = this.ways.googleApis(sender);
    const entry = (dst: readonly Span<bigint>[], next: NextHop, last: number): RouteEntry => ({
      origin,
      match: { dst },
      next,
      rank: [...rank, last],
      text: shown,
    });
    const inner = subtract([span], outside);
    const open = subtract([span], inner);
    const drop: NextHop = {
      to: 'drop',
      code: 'gcp-private-traffic-to-internet',
      why: `${origin.name ?? origin.id} leads to the internet gateway, which carries no private destination`,
      by: origin,
    };
    return [
      ...(apis === undefined
        ? []
        : [
            entry(
              GOOGLE_APIS.filter(([lo, end]) => span[0] <= lo && end <= span[1]),
              apis,
              0,
            ),
          ]),
      ...(open.length === 0 ? [] : [entry(open, this.ways.internet(sender), 1)]),
      ...(inner.length === 0 ? [] : [entry(inner, drop, 1)]),
    ].filter((one) => (one.match.dst as readonly Span<bigint>[]).length > 0);
  }

  private nextHop(route: Entry, sender: Sender): NextHop | undefined {
    const { record, origin, name } = route;
    const { network } = sender;
    const instance = link(record, 'nextHopInstance');
    const address = parseAddress(text(record, 'nextHopIp') ?? '');
    if (instance !== undefined || address !== undefined) {
      const nic = network.nics.find((one) =>
        instance === undefined ? one.addresses.some((own) => own.address === address) : one.instance.id === instance,
      );
      if (nic !== undefined) return this.appliance(nic, route);
      if (instance === undefined && address !== undefined) {
        const balancer = this.ways.balancer(network, text(record, 'nextHopIp')!);
        if (balancer !== undefined) return balancer;
      }
      const what = missing(`the next hop of route ${name}`, 'compute instances list');
      return this.estate.inventory.isComplete('instance')
        ? {
            to: 'drop',
            code: 'gcp-next-hop-missing',
            why: `the next hop of route ${name} is in no network interface of ${network.entry.name}`,
            by: origin,
          }
        : { to: 'missing', what, by: origin };
    }
    const tunnel = text(record, 'nextHopVpnTunnel') ?? text(record, 'nextHopInterconnectAttachment');
    if (tunnel !== undefined) return this.ways.tunnel(tunnel, route);
    const balancer = text(record, 'nextHopIlb');
    if (balancer !== undefined)
      return (
        this.ways.balancer(network, balancer) ?? {
          to: 'missing',
          what: missing(`the internal balancer that route ${name} leads to`, 'compute forwarding-rules list'),
          by: origin,
        }
      );
    if (text(record, 'nextHopHub') !== undefined)
      return {
        to: 'missing',
        what: missing(
          `what lies behind the hub of route ${name}`,
          'network-connectivity hubs route-tables routes list',
        ),
        by: origin,
      };
    return {
      to: 'missing',
      what: { what: `what route ${name} leads to: netaudit does not know this next hop`, fetch: null },
      by: origin,
    };
  }

  /** A stopped VM as next hop: whether its route is skipped or swallows the packets is not documented. */
  private appliance(nic: NicFacts, { origin, name }: Entry): NextHop {
    const status = text(nic.instance.record, 'status');
    if (status !== undefined && status !== 'RUNNING')
      return {
        to: 'drop',
        code: 'gcp-next-hop-not-running',
        why: `the next hop of route ${name}, VM ${nic.instance.name}, is ${status}`,
        by: origin,
      };
    return { to: 'hop', in: nic.id };
  }

  private dynamic({ network, region }: Sender): RouteEntry[] {
    return this.ways.dynamic(network, region).flatMap(({ span, next, priority, origin }) => {
      // A dynamic route never takes over a subnet's destination: subnet routes are read first anyway.
      const rank = [CUSTOM, -(prefixLengthOf(span) ?? 0), 0, priority];
      return [
        {
          origin,
          match: { dst: [span] },
          next,
          rank,
          text: `${cidrsOf(span).join()} -> learned by ${origin.name ?? origin.id}`,
        },
      ];
    });
  }

  /** Custom routes that a peer exports and this network imports; tagged ones and those to the internet never travel. */
  private imported(sender: Sender): RouteEntry[] {
    const { estate } = this;
    return sender.network.peerings.flatMap((peering) => {
      const peer = estate.networks.get(peering.peer);
      const twin = estate.twinOf(sender.network, peering);
      if (peer === undefined || twin === undefined || !peering.active || !twin.active) return [];
      if (!flag(peering.record, 'importCustomRoutes') || !flag(twin.record, 'exportCustomRoutes')) return [];
      const there: Sender = { ...sender, network: peer, subnet: undefined, tags: [] };
      const statics = (this.byNetwork.get(peer.entry.id) ?? [])
        .filter(({ record }) => strings(record, 'tags').length === 0 && !isInternet(record))
        .flatMap((route) => this.staticRoute(route, there, 1));
      const learned = this.dynamic(there).map((entry) => ({ ...entry, rank: [entry.rank[0]!, entry.rank[1]!, 1, 0] }));
      return [...statics, ...learned];
    });
  }

  private targetText(record: Json): string {
    const target = ['nextHopGateway', 'nextHopInstance', 'nextHopIp', 'nextHopIlb', 'nextHopVpnTunnel', 'nextHopHub']
      .map((key) => text(record, key))
      .find((one) => one !== undefined);
    return target === undefined ? 'nothing' : nameIn(target);
  }

  /** Routes that would mend a missing one: the default route to the internet. */
  private possible(sender: Sender): RouteEntry[] {
    const { origin } = sender.network.entry;
    return [parseCidr('0.0.0.0/0')!, parseCidr('::/0')!].flatMap((span) =>
      this.internetEntries(
        span,
        sender,
        [CUSTOM, 0, 0, 1000],
        `${cidrsOf(span).join()} -> default-internet-gateway`,
        origin,
      )
        .filter((entry) => entry.next.to !== 'drop')
        .map((entry) => ({ ...entry, target: 'default-internet-gateway' })),
    );
  }
}

function isInternet(record: Json): boolean {
  return (text(record, 'nextHopGateway') ?? '').endsWith('default-internet-gateway');
}

/** Whether a peer's subnet range crosses a peering: private ranges always, public ones by choice, IPv6 where both speak it. */
function isExchanged(span: Span<bigint>, here: PeeringFacts, there: PeeringFacts): boolean {
  if (familyOf(span[0]) === 6) return [here, there].every(({ record }) => text(record, 'stackType') === 'IPV4_IPV6');
  if (!isPublic(span[0])) return true;
  return (
    there.record['exportSubnetRoutesWithPublicIp'] !== false && flag(here.record, 'importSubnetRoutesWithPublicIp')
  );
}

/** Both matches together, on addresses and protocol; undefined where nothing is in both. */
function intersectMatch(a: RouteEntry['match'], b: RouteEntry['match']): RouteEntry['match'] | undefined {
  const out: Record<string, unknown> = { ...b, ...a };
  for (const field of ['src', 'dst'] as const) {
    const [left, right] = [a[field], b[field]];
    if (left === undefined || right === undefined || 'set' in left || 'set' in right) continue;
    const both = subtract(
      left,
      subtract(
        [[0n, ALL_V4[1]]],
        [...right].sort((x, y) => (x[0] < y[0] ? -1 : 1)),
      ),
    );
    if (both.length === 0) return undefined;
    out[field] = both;
  }
  return out;
}
