/**
 * VPN tunnels and interconnect attachments: doors of a network to what lies on-premises, usable while they are up. All
 * doors of one network lead to one outside, which may answer by any of them; it knows the way to what the routers advertise.
 * Sources: https://docs.cloud.google.com/network-connectivity/docs/vpn/concepts/overview,
 * https://docs.cloud.google.com/vpc/docs/vpc-peering#transit-network
 */
import type { NextHop, RouteEntry, Rule } from '../../model/network.ts';
import { type Origin, nameOf } from '../../model/origin.ts';
import { ALL_V4, ALL_V6, isPublic, parseCidr, prefixLengthOf } from '../../net/address.ts';
import { type Span, contains, intersect, normalise, subtract } from '../../net/spans.ts';
import { CloudRouters } from './cloud-router.ts';
import { type Estate, type NetworkFacts, rangesOf } from './estate.ts';
import { fabric } from './interface.ts';
import { type Entry, missing } from './inventory.ts';
import { link, linkOf, nameIn, strings, text } from './record.ts';
import type { DynamicRoute } from './routing/sender.ts';

/** The outside that all doors of a network lead to, and the interface by which it meets one of them. */
const outsideOf = (network: string) => `onprem:${network}`;
const beyond = (edge: string) => `onprem-by:${edge}`;
const door = (edge: string) => `${edge}#tunnel`;

export class Hybrid {
  private readonly estate: Estate;
  private readonly routers: CloudRouters;

  constructor(estate: Estate) {
    this.estate = estate;
    this.routers = new CloudRouters(estate, (url) => this.doorOf(url));
    const edges = new Map<NetworkFacts, Entry[]>();
    for (const entry of [...estate.inventory.all('vpnTunnel'), ...estate.inventory.all('interconnectAttachment')]) {
      const network = this.networkOf(entry);
      if (network !== undefined) edges.set(network, [...(edges.get(network) ?? []), entry]);
      else
        estate.note(
          entry,
          `${nameOf(entry.origin)} names no gateway or router of the snapshot, so nobody can tell which network it serves`,
        );
    }
    for (const [network, list] of edges) this.define(network, list);
  }

  /** Into a tunnel; undefined where it is not up, since its routes are skipped then. */
  next(url: string, route: Entry): NextHop | undefined {
    const known = this.doorOf(url);
    if (known !== undefined) return known === 'down' ? undefined : known;
    const [called, command] = url.includes('/interconnectAttachments/')
      ? ['interconnect attachment', 'compute interconnects attachments list']
      : ['VPN tunnel', 'compute vpn-tunnels list'];
    return {
      to: 'missing',
      what: missing(`${called} ${nameIn(url)} of route ${route.name}`, command),
      by: route.origin,
    };
  }

  /** Routes that Cloud Routers of a network learned, as far as they hold in a region. */
  dynamic(network: NetworkFacts, region: string | undefined): readonly DynamicRoute[] {
    return this.routers.learned(network, region);
  }

  /** A doubt for each router that learned routes which no document lists. */
  unlisted(network: NetworkFacts, region: string | undefined): readonly RouteEntry[] {
    return this.routers.unlisted(network, region);
  }

  private doorOf(url: string): NextHop | 'down' | undefined {
    const { inventory } = this.estate;
    const entry = inventory.get('vpnTunnel', linkOf(url)) ?? inventory.get('interconnectAttachment', linkOf(url));
    if (entry === undefined) return undefined;
    return isUp(entry) ? { to: 'hop', in: door(entry.id) } : 'down';
  }

  /** The network that an edge serves: of its gateway, its router, or a route that leads to it. */
  private networkOf(entry: Entry): NetworkFacts | undefined {
    const { inventory, networks } = this.estate;
    const gateway =
      inventory.get('targetVpnGateway', link(entry.record, 'targetVpnGateway')) ??
      inventory.get('vpnGateway', link(entry.record, 'vpnGateway'));
    const router = inventory.get('router', link(entry.record, 'router'));
    const route = inventory.all('route').find(({ record }) => leadsTo(record, entry));
    return (
      networks.get(link(gateway?.record, 'network') ?? '') ??
      networks.get(link(router?.record, 'network') ?? '') ??
      networks.get(link(route?.record, 'network') ?? '')
    );
  }

  private define(network: NetworkFacts, edges: readonly Entry[]): void {
    const { builder } = this.estate;
    const id = outsideOf(network.entry.id);
    const origin: Origin = {
      ...network.entry.origin,
      kind: 'on-premises network',
      id: `behind ${network.entry.name}`,
      name: `behind ${network.entry.name}`,
      implicit: true,
    };
    const usable = edges.filter(isUp);
    builder.node(id, () => ({
      id,
      origin,
      role: 'outside',
      interfaces: edges.map((edge) => beyond(edge.id)),
      assumes: [
        {
          code: 'on-premises-permits',
          resource: edges.map(({ name }) => name).join(', '),
          message: `what lies behind ${edges.map(({ name }) => name).join(', ')} listens, permits this traffic and answers`,
        },
      ],
    }));
    for (const edge of edges) this.defineEdge(network, edge, origin);
    // Who speaks from an address that a tunnel's routes cover stands behind that tunnel.
    let routed: Map<Entry, readonly Span<bigint>[]> | undefined;
    builder.standing((address) => {
      routed ??= new Map(usable.map((edge) => [edge, this.behind(network, edge)]));
      const by = usable.find((edge) => contains(routed!.get(edge)!, address));
      return by === undefined ? [] : [{ origin, interface: beyond(by.id) }];
    });
  }

  /** Addresses that routes lead to by an edge; public ones only where a route means them. */
  private behind(network: NetworkFacts, edge: Entry): readonly Span<bigint>[] {
    const routed = [
      ...this.estate.inventory
        .all('route')
        .filter(({ record }) => leadsTo(record, edge) && link(record, 'network') === network.entry.id)
        .map(({ record }) => parseCidr(text(record, 'destRange') ?? '')),
      ...this.routers
        .learned(network, undefined)
        .filter(({ next }) => next.to === 'hop' && next.in === door(edge.id))
        .map(({ span }) => span),
    ].filter((span) => span !== undefined);
    const meant = routed.flatMap((span) => ((prefixLengthOf(span) ?? 0) > 1 ? [span] : withoutPublic(span)));
    const own = [network, ...this.estate.peersOf(network)].flatMap((one) => one.subnets.flatMap(rangesOf));
    return subtract(normalise(meant), normalise(own));
  }

  private defineEdge(network: NetworkFacts, entry: Entry, outside: Origin): void {
    const { builder } = this.estate;
    const { id, origin, name } = entry;
    const implicit: Origin = { ...origin, implicit: true };
    const filter = `selectors:${id}`;
    const isKnownUp = text(entry.record, 'status') ?? text(entry.record, 'operationalStatus');
    builder.node(id, () => ({
      id,
      origin,
      role: 'router',
      interfaces: [door(id)],
      ...(isKnownUp === undefined
        ? {
            assumes: [
              {
                code: 'gcp-tunnel-established',
                resource: origin.id,
                message: `${nameOf(origin)} is up; the snapshot does not say`,
              },
            ],
          }
        : {}),
    }));
    builder.interface(door(id), () => ({
      id: door(id),
      origin,
      node: id,
      addresses: [],
      steps: [{ at: 'in', filter }],
      table: `${id}#out`,
    }));
    builder.filter(filter, () => {
      const rules = selectors(entry);
      return {
        id: filter,
        origin,
        code: 'gcp-vpn-selector-mismatch',
        rules,
        order: 'first-match',
        otherwise: rules.length === 0 ? 'allow' : 'deny',
        defaultText: 'the traffic selectors do not cover it in',
        whyNoMend: 'the selectors of a tunnel cannot be changed: make a new one with wider selectors, on both sides',
      };
    });
    builder.table(`${id}#out`, () => ({
      id: `${id}#out`,
      origin: implicit,
      entries: [
        { origin: implicit, match: {}, next: { to: 'hop', in: beyond(id) }, rank: [0], text: 'through the tunnel' },
      ],
    }));
    builder.interface(beyond(id), () => ({
      id: beyond(id),
      origin: outside,
      node: outsideOf(network.entry.id),
      addresses: [],
      steps: [],
      table: beyond(id),
    }));
    builder.table(beyond(id), () => ({
      id: beyond(id),
      origin: outside,
      entries: this.fromOnPremises(network, entry, outside),
    }));
    builder.place(id, [name, text(entry.record, 'selfLink') ?? ''], () => ({
      id,
      origin,
      aliases: [],
      interfaces: [beyond(id)],
    }));
  }

  /**
   * The way from on-premises into the network and its peers: to what is advertised there, or to all where that is not by BGP.
   */
  private fromOnPremises(network: NetworkFacts, edge: Entry, outside: Origin): RouteEntry[] {
    const told = this.routers.advertised(edge, network);
    const inside = [network, ...this.estate.peersOf(network)].map((one) => ({
      one,
      spans: normalise(one.subnets.flatMap(rangesOf)),
    }));
    const entry = (dst: readonly Span<bigint>[], next: NextHop, rank: number, words: string): RouteEntry[] =>
      dst.length === 0 ? [] : [{ origin: outside, match: { dst }, next, rank: [rank], text: words }];
    return [
      ...inside.flatMap(({ one, spans }) => {
        const reached = told === undefined ? spans : intersect(spans, told.spans);
        return [
          ...entry(reached, { to: 'link', link: fabric(one.entry.id) }, 0, `to network ${one.entry.name}`),
          ...entry(
            subtract(spans, reached),
            {
              to: 'drop',
              code: 'gcp-range-not-advertised',
              why: `Cloud Router ${told?.by.name ?? ''} does not advertise this range of network ${one.entry.name} to on-premises`,
              whyNoMend: 'advertise the range at the router: gcloud compute routers update --advertisement-mode custom',
              ...(told === undefined ? {} : { by: told.by.origin }),
            },
            0,
            `network ${one.entry.name}: not advertised`,
          ),
        ];
      }),
      ...entry(
        subtract([ALL_V6, ALL_V4], normalise(inside.flatMap(({ spans }) => spans))),
        { to: 'local' },
        1,
        'on-premises',
      ),
    ];
  }
}

function withoutPublic(span: Span<bigint>): Span<bigint>[] {
  const privates = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'].map(
    (cidr) => parseCidr(cidr)!,
  );
  return intersect([span], normalise(privates.filter(([lo]) => !isPublic(lo))));
}

function leadsTo(record: Entry['record'], { id }: Entry): boolean {
  return [link(record, 'nextHopVpnTunnel'), link(record, 'nextHopInterconnectAttachment')].includes(id);
}

/** A policy-based tunnel carries only what both its selectors cover. */
function selectors(entry: Entry): Rule[] {
  const spans = (key: string) =>
    strings(entry.record, key).flatMap((cidr) => {
      const span = parseCidr(cidr);
      return span === undefined ? [] : [span];
    });
  const [local, remote] = [spans('localTrafficSelector'), spans('remoteTrafficSelector')];
  if (local.length === 0 || remote.length === 0) return [];
  return [
    { origin: entry.origin, action: 'allow', match: [{ src: local, dst: remote }], text: 'the traffic selectors' },
  ];
}

/** Whether an edge carries traffic: a tunnel that is established, an attachment that is active. */
export function isUp({ record }: Entry): boolean {
  const status = text(record, 'status') ?? text(record, 'operationalStatus');
  return (
    status === undefined || status === 'ESTABLISHED' || status === 'OS_ACTIVE' || text(record, 'state') === 'ACTIVE'
  );
}
