/**
 * Cloud Routers: what they learned by BGP, what they advertise to the other side, and which routers learned something
 * that no document lists. Knows tunnels by their doors only.
 * Sources: https://docs.cloud.google.com/network-connectivity/docs/router/concepts/learned-routes,
 * https://docs.cloud.google.com/network-connectivity/docs/router/concepts/advertised-routes
 */
import type { NextHop, RouteEntry } from '../../model/network.ts';
import type { Origin } from '../../model/origin.ts';
import { ALL_V4, ALL_V6, PUBLIC_V4, PUBLIC_V6, parseAddress, parseCidr } from '../../net/address.ts';
import { type Span, normalise, subtract } from '../../net/spans.ts';
import { type Estate, type NetworkFacts, rangesOf } from './estate.ts';
import { type Entry, missing } from './inventory.ts';
import { type Json, integer, link, linkOf, nameIn, object, objects, regionOf, strings, text } from './record.ts';
import { type DynamicRoute, TIER } from './routing/sender.ts';
import { toAppliance } from './routing/static-routes.ts';

/** A way to where a route leads; "down" where it is not usable, undefined where nobody described it. */
export type DoorOf = (url: string) => NextHop | 'down' | undefined;

/** What get-status told of one router. */
interface Status {
  readonly router: Entry | undefined;
  readonly region: string | undefined;
  readonly network: string | undefined;
  /** Routes in force in the router's region. */
  readonly best: readonly Json[];
}

export class CloudRouters {
  private readonly estate: Estate;
  private readonly doorOf: DoorOf;
  private readonly statuses: readonly Status[];

  constructor(estate: Estate, doorOf: DoorOf) {
    this.estate = estate;
    this.doorOf = doorOf;
    this.statuses = estate.inventory
      .answers('routerStatus')
      .flatMap(({ records, request }) => records.map((record) => this.statusOf(record, request)));
  }

  /** Dynamic routes of a network that hold in a region; in any region where none is named. */
  learned(network: NetworkFacts, region: string | undefined): readonly DynamicRoute[] {
    const own = this.statuses.filter((status) => status.network === network.entry.id);
    const here = own.filter((status) => region === undefined || status.region === region);
    // Where a region has no router of its own, routes of others hold if the network routes globally.
    const inForce = here.length > 0 ? here : isGlobal(network) ? own : own.filter(({ region: at }) => at === undefined);
    const seen = new Set<string>();
    return inForce.flatMap((status) =>
      status.best.flatMap((record): DynamicRoute[] => {
        const key = JSON.stringify([
          record['destRange'],
          record['nextHopVpnTunnel'],
          record['nextHopIp'],
          record['priority'],
        ]);
        if (seen.has(key)) return [];
        seen.add(key);
        return this.routeOf(record, status, network, region);
      }),
    );
  }

  /** A router with BGP sessions whose status is not in the snapshot may have learned anything private. */
  unlisted(network: NetworkFacts, region: string | undefined): readonly RouteEntry[] {
    const silent = this.ofNetwork(network).filter(
      (router) =>
        objects(router.record, 'bgpPeers').some((peer) => text(peer, 'enable') !== 'FALSE') &&
        !this.statuses.some((status) => status.router === router) &&
        (isGlobal(network) || region === undefined || regionFor(router) === region),
    );
    return silent.map((router): RouteEntry => {
      const what = missing(
        `the routes that Cloud Router ${router.name} learned`,
        `compute routers get-status ${router.name} --region ${regionFor(router) ?? 'REGION'}`,
      );
      return {
        origin: router.origin,
        match: { dst: subtract([ALL_V6, ALL_V4], normalise([...PUBLIC_V6, ...PUBLIC_V4])) },
        next: { to: 'missing', what, by: router.origin },
        rank: [TIER.custom, -0.5],
        text: `whatever ${router.name} learned`,
        unresolved: what,
      };
    });
  }

  /**
   * What the other side of a tunnel or attachment is told: the addresses that it has a way to; undefined where it does not
   * speak BGP, and its routes are its own affair.
   */
  advertised(
    edge: Entry,
    network: NetworkFacts,
  ): { readonly spans: readonly Span<bigint>[]; readonly by: Entry } | undefined {
    for (const router of this.ofNetwork(network)) {
      const names = objects(router.record, 'interfaces')
        .filter((one) => [link(one, 'linkedVpnTunnel'), link(one, 'linkedInterconnectAttachment')].includes(edge.id))
        .map((one) => text(one, 'name'));
      const peer = objects(router.record, 'bgpPeers').find((one) => names.includes(text(one, 'interfaceName') ?? ''));
      if (peer === undefined) continue;
      const bgp = object(router.record, 'bgp') ?? {};
      const decides = text(peer, 'advertiseMode') === 'CUSTOM' ? peer : bgp;
      const isCustom = text(decides, 'advertiseMode') === 'CUSTOM';
      const subnets = network.subnets
        .filter((subnet) => isGlobal(network) || subnet.region === regionFor(router))
        .flatMap(rangesOf);
      const named = objects(decides, 'advertisedIpRanges').flatMap((one) => {
        const span = parseCidr(text(one, 'range') ?? '');
        return span === undefined ? [] : [span];
      });
      const all = !isCustom || strings(decides, 'advertisedGroups').includes('ALL_SUBNETS');
      return { spans: normalise([...(all ? subnets : []), ...(isCustom ? named : [])]), by: router };
    }
    return undefined;
  }

  private ofNetwork({ entry }: NetworkFacts): Entry[] {
    return this.estate.inventory.all('router').filter(({ record }) => link(record, 'network') === entry.id);
  }

  private statusOf(record: Json, request: Json): Status {
    const result = object(record, 'result') ?? record;
    const asked = text(request, 'router') ?? /routers\/([^/]+)/.exec(text(request, 'selfLink') ?? '')?.[1];
    const told = text(request, 'region') ?? regionOf(`${text(request, 'selfLink') ?? asked ?? ''}/`);
    const network = link(result, 'network');
    const candidates = this.estate.inventory
      .all('router')
      .filter(
        (one) =>
          (asked === undefined ? link(one.record, 'network') === network : one.name === nameIn(asked)) &&
          (told === undefined || regionFor(one) === nameIn(told)),
      );
    const router = candidates.length === 1 ? candidates[0] : undefined;
    const best = objects(result, 'bestRoutes');
    const routes = best.length > 0 ? best : objects(result, 'bestRoutesForRouter');
    return {
      router,
      region: told === undefined ? (router === undefined ? undefined : regionFor(router)) : nameIn(told),
      network: network ?? link(router?.record, 'network') ?? link(routes[0], 'network'),
      best: routes,
    };
  }

  private routeOf(record: Json, status: Status, network: NetworkFacts, region: string | undefined): DynamicRoute[] {
    const span = parseCidr(text(record, 'destRange') ?? '');
    if (span === undefined) return [];
    const target = this.targetOf(record, status);
    const at = status.region ?? regionOf(`${target ?? ''}/`);
    if (!isGlobal(network) && at !== undefined && region !== undefined && at !== region) return [];
    const origin: Origin = {
      ...(status.router?.origin ?? network.entry.origin),
      kind: 'dynamic route',
      id: text(record, 'name') ?? text(record, 'destRange') ?? '',
      name: `Cloud Router ${status.router?.name ?? ''}`.trim(),
    };
    const next = target === undefined ? this.applianceOf(record, network, origin) : this.doorOf(target);
    if (next === 'down') return [];
    const what = missing(
      `what the dynamic route ${text(record, 'destRange') ?? ''} leads to`,
      'compute vpn-tunnels list',
    );
    return [
      { span, next: next ?? { to: 'missing', what, by: origin }, priority: integer(record, 'priority') ?? 0, origin },
    ];
  }

  /** The tunnel or attachment of a route: named, or found by the BGP peer that is its next hop. */
  private targetOf(record: Json, { router }: Status): string | undefined {
    const named = text(record, 'nextHopVpnTunnel') ?? text(record, 'nextHopInterconnectAttachment');
    if (named !== undefined) return named;
    const hop = text(record, 'nextHopIp');
    const routers = router === undefined ? this.estate.inventory.all('router') : [router];
    for (const one of routers) {
      const peer = objects(one.record, 'bgpPeers').find(
        (each) => hop !== undefined && text(each, 'peerIpAddress') === hop,
      );
      const by = objects(one.record, 'interfaces').find((each) => text(each, 'name') === text(peer, 'interfaceName'));
      const target = text(by, 'linkedVpnTunnel') ?? text(by, 'linkedInterconnectAttachment');
      if (peer !== undefined && target !== undefined) return linkOf(target);
    }
    return undefined;
  }

  /** A router appliance: a VM that is the BGP peer. */
  private applianceOf(record: Json, network: NetworkFacts, origin: Origin): NextHop | undefined {
    const address = parseAddress(text(record, 'nextHopIp') ?? '');
    const nic = network.nics.find((one) => one.addresses.some((own) => own.address === address));
    return nic === undefined ? undefined : toAppliance(nic, { origin, name: origin.id });
  }
}

function isGlobal({ entry }: NetworkFacts): boolean {
  return text(object(entry.record, 'routingConfig'), 'routingMode') === 'GLOBAL';
}

function regionFor(router: Entry): string | undefined {
  return regionOf(`${text(router.record, 'region') ?? router.id}/`) ?? regionOf(router.id);
}
