/**
 * VPN tunnels and interconnect attachments: edges to on-premises, usable while a tunnel is established. Dynamic routes come
 * from the status of a Cloud Router.
 * Sources: https://docs.cloud.google.com/network-connectivity/docs/vpn/concepts/overview,
 * https://docs.cloud.google.com/network-connectivity/docs/router/concepts/overview
 */
import type { NextHop, RouteEntry } from '../../model/network.ts';
import type { Origin } from '../../model/origin.ts';
import { ALL_V4, parseCidr } from '../../net/address.ts';
import { type Span, contains, normalise, subtract } from '../../net/spans.ts';
import { type Estate, type NetworkFacts, rangesOf } from './estate.ts';
import { type Entry, missing } from './inventory.ts';
import { fabric } from './interface.ts';
import { link, linkOf, nameIn, object, objects, regionOf, strings, text } from './record.ts';

const beyond = (tunnel: string) => `onprem:${tunnel}`;

/** A route that a router learned. */
export interface DynamicRoute {
  readonly span: Span<bigint>;
  readonly next: NextHop;
  readonly priority: number;
  readonly origin: Origin;
}

export class Hybrid {
  private readonly estate: Estate;

  constructor(estate: Estate) {
    this.estate = estate;
    for (const entry of [...estate.inventory.all('vpnTunnel'), ...estate.inventory.all('interconnectAttachment')])
      this.define(entry);
  }

  /** Into a tunnel; undefined where it is not up, since its routes are skipped then. */
  next(url: string, route: Entry): NextHop | undefined {
    const entry = this.find(url);
    if (entry === undefined)
      return {
        to: 'missing',
        what: missing(`VPN tunnel ${nameIn(url)} of route ${route.name}`, 'compute vpn-tunnels list'),
        by: route.origin,
      };
    return isUp(entry) ? { to: 'hop', in: `${entry.id}#tunnel` } : undefined;
  }

  /** Routes that Cloud Routers of a network learned, as far as they hold in a region. */
  dynamic(network: NetworkFacts, region: string | undefined): readonly DynamicRoute[] {
    const global = text(object(network.entry.record, 'routingConfig'), 'routingMode') === 'GLOBAL';
    const { inventory } = this.estate;
    return inventory.answers('routerStatus').flatMap(({ records, request }) =>
      records.flatMap((record) => {
        const result = object(record, 'result') ?? record;
        const routes = [...objects(result, 'bestRoutes'), ...objects(result, 'bestRoutesForRouter')];
        const own =
          link(result, 'network') ?? link(inventory.get('router', text(request, 'router'))?.record, 'network');
        if (own !== network.entry.id && !routes.some((route) => link(route, 'network') === network.entry.id)) return [];
        return routes.flatMap((route): DynamicRoute[] => {
          const span = parseCidr(text(route, 'destRange') ?? '');
          const target = text(route, 'nextHopVpnTunnel') ?? text(route, 'nextHopInterconnectAttachment');
          const at = regionOf(`${target ?? ''}/`) ?? regionOf(`${text(request, 'selfLink') ?? ''}/`);
          if (span === undefined || (!global && at !== undefined && region !== undefined && at !== region)) return [];
          const origin: Origin = {
            ...network.entry.origin,
            kind: 'dynamic route',
            id: text(route, 'name') ?? text(route, 'destRange') ?? '',
            name: 'Cloud Router',
          };
          const entry = target === undefined ? undefined : this.find(target);
          if (entry !== undefined && !isUp(entry)) return [];
          const next: NextHop =
            entry === undefined
              ? {
                  to: 'missing',
                  what: missing(
                    `what the dynamic route ${text(route, 'destRange') ?? ''} leads to`,
                    'compute vpn-tunnels list',
                  ),
                  by: origin,
                }
              : { to: 'hop', in: `${entry.id}#tunnel` };
          return [{ span, next, priority: typeof route['priority'] === 'number' ? route['priority'] : 0, origin }];
        });
      }),
    );
  }

  private find(url: string): Entry | undefined {
    const { inventory } = this.estate;
    return inventory.get('vpnTunnel', linkOf(url)) ?? inventory.get('interconnectAttachment', linkOf(url));
  }

  /** The networks that an edge serves: its own. */
  private networkOf(entry: Entry): NetworkFacts | undefined {
    const { inventory, networks } = this.estate;
    const gateway =
      inventory.get('targetVpnGateway', link(entry.record, 'targetVpnGateway')) ??
      inventory.get('vpnGateway', link(entry.record, 'vpnGateway'));
    const router = inventory.get('router', link(entry.record, 'router'));
    return (
      networks.get(link(gateway?.record, 'network') ?? link(router?.record, 'network') ?? '') ??
      this.networkByRoute(entry)
    );
  }

  private networkByRoute(entry: Entry): NetworkFacts | undefined {
    const route = this.estate.inventory
      .all('route')
      .find(({ record }) => link(record, 'nextHopVpnTunnel') === entry.id);
    return this.estate.networks.get(link(route?.record, 'network') ?? '');
  }

  private define(entry: Entry): void {
    const network = this.networkOf(entry);
    if (network === undefined) return;
    const { builder } = this.estate;
    const { id, origin, name } = entry;
    const implicit: Origin = { ...origin, implicit: true };
    const outside: Origin = {
      ...origin,
      kind: 'on-premises network',
      id: `behind ${name}`,
      name: `behind ${name}`,
      implicit: true,
    };
    const door = `${id}#tunnel`;
    const filter = `selectors:${id}`;
    const served = normalise(
      [network, ...this.estate.peersOf(network)].flatMap((one) => one.subnets.flatMap(rangesOf)),
    );
    const routed = normalise(
      [
        ...this.estate.inventory
          .all('route')
          .filter(({ record }) => link(record, 'nextHopVpnTunnel') === id)
          .map(({ record }) => parseCidr(text(record, 'destRange') ?? '')),
        ...this.dynamic(network, undefined)
          .filter(({ next }) => next.to === 'hop' && next.in === door)
          .map(({ span }) => span),
      ].filter((span) => span !== undefined),
    );
    const foreign = subtract(routed, served);
    builder.node(id, () => ({ id, origin, role: 'router', interfaces: [door] }));
    builder.interface(door, () => ({
      id: door,
      origin,
      node: id,
      addresses: [],
      steps: [{ at: 'in', filter }],
      table: `${id}#out`,
    }));
    builder.filter(filter, () => ({
      id: filter,
      origin,
      code: 'gcp-vpn-selector-mismatch',
      rules: this.selectors(entry),
      order: 'first-match',
      otherwise: this.selectors(entry).length === 0 ? 'allow' : 'deny',
      defaultText: 'the traffic selectors do not cover it in',
    }));
    builder.table(`${id}#out`, () => ({
      id: `${id}#out`,
      origin: implicit,
      entries: [
        { origin: implicit, match: {}, next: { to: 'hop', in: beyond(id) }, rank: [0], text: 'through the tunnel' },
      ],
    }));
    builder.node(beyond(id), () => ({
      id: beyond(id),
      origin: outside,
      role: 'outside',
      interfaces: [beyond(id)],
      assumes: [
        {
          code: 'on-premises-permits',
          resource: origin.id,
          message: `what lies behind ${name} listens, permits this traffic and answers`,
        },
      ],
    }));
    builder.interface(beyond(id), () => ({
      id: beyond(id),
      origin: outside,
      node: beyond(id),
      addresses: [],
      steps: [],
      table: beyond(id),
    }));
    builder.table(beyond(id), () => ({
      id: beyond(id),
      origin: outside,
      entries: [
        ...[network, ...this.estate.peersOf(network)].map(
          (one): RouteEntry => ({
            origin: outside,
            match: { dst: normalise(one.subnets.flatMap(rangesOf)) },
            next: { to: 'link', link: fabric(one.entry.id) },
            rank: [0],
            text: `to network ${one.entry.name}`,
          }),
        ),
        {
          origin: outside,
          match: { dst: subtract([ALL_V4], served) },
          next: { to: 'local' },
          rank: [1],
          text: 'on-premises',
        },
      ],
    }));
    builder.standing((address) =>
      isUp(entry) && contains(foreign, address) ? [{ origin: outside, interface: beyond(id) }] : [],
    );
    builder.place(id, [name, text(entry.record, 'selfLink') ?? ''], () => ({
      id,
      origin,
      aliases: [],
      interfaces: [beyond(id)],
    }));
  }

  /** A policy-based tunnel carries only what both its selectors cover. */
  private selectors(entry: Entry) {
    const spans = (key: string) =>
      strings(entry.record, key).flatMap((cidr) => {
        const span = parseCidr(cidr);
        return span === undefined ? [] : [span];
      });
    const [local, remote] = [spans('localTrafficSelector'), spans('remoteTrafficSelector')];
    if (local.length === 0 || remote.length === 0) return [];
    return [
      {
        origin: entry.origin,
        action: 'allow' as const,
        match: [{ src: local, dst: remote }],
        text: 'the traffic selectors',
      },
    ];
  }
}

function isUp({ record }: Entry): boolean {
  const status = text(record, 'status') ?? text(record, 'operationalStatus');
  return (
    status === undefined || status === 'ESTABLISHED' || status === 'OS_ACTIVE' || text(record, 'state') === 'ACTIVE'
  );
}
