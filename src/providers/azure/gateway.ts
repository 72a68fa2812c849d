/**
 * VPN and ExpressRoute gateways: the edge to on-premises, for their own network and for peers that use them. Static prefixes
 * come from local network gateways; what BGP taught a gateway is in no listing, so it is not known.
 * Sources: https://learn.microsoft.com/en-us/azure/virtual-network/virtual-networks-udr-overview,
 * https://learn.microsoft.com/en-us/azure/vpn-gateway/vpn-gateway-peering-gateway-transit
 */
import type { NextHop } from '../../model/network.ts';
import { type Missing, type Origin, nameOf } from '../../model/origin.ts';
import { ALL_V4, parseCidr } from '../../net/address.ts';
import { type Span, normalise, subtract } from '../../net/spans.ts';
import { EFFECTIVE_ROUTES, LEARNED_ROUTES } from './envelopes.ts';
import { type Estate, type SubnetFacts, type VnetFacts, isConnected } from './estate.ts';
import { type Entry, missing } from './inventory.ts';
import { fabric, routesOf } from './network-interface.ts';
import { beyond, defineBeyond } from './on-premises.ts';
import { flag, isRecord, nameIn, object, objects, reference, strings, text } from './record.ts';
import type { GatewayRoutes } from './route-table.ts';
import type { Learned } from './service-tag.ts';

interface Gateway {
  readonly entry: Entry;
  readonly vnet: VnetFacts;
  readonly subnet: SubnetFacts;
  /** Prefixes on the other side of its connections. */
  readonly prefixes: readonly {
    readonly span: Span<bigint>;
    readonly origin: Origin;
    readonly vnet?: VnetFacts;
    /** The connection that leads there, where it says that it is not connected. */
    readonly down?: Origin;
  }[];
  readonly connected: boolean;
  readonly learns: boolean;
  readonly defaultSite: boolean;
}

const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].map((cidr) => parseCidr(cidr)!);

const inner = (gateway: string) => `${gateway}#out`;
const back = (gateway: string) => `${gateway}#in`;

/** A connection that says it is down may be up again by now; what it carries then is not for this snapshot to say. */
function unsureOf(connection: Origin): Missing {
  return missing(
    `whether ${nameOf(connection)} works: it said NotConnected when it was listed`,
    `network vpn-connection show --ids ${connection.id}`,
  );
}

export class Gateways {
  private readonly estate: Estate;
  private readonly byVnet = new Map<string, Gateway>();

  constructor(estate: Estate) {
    this.estate = estate;
    for (const entry of estate.inventory.all('gateway')) this.read(entry);
    for (const gateway of this.byVnet.values()) this.define(gateway);
  }

  /** The gateway that serves a network: its own, or a peer's that it uses. */
  private of(vnet: VnetFacts): Gateway | undefined {
    const own = this.byVnet.get(vnet.entry.id);
    if (own !== undefined) return own;
    for (const peering of vnet.peerings) {
      if (
        !peering.remoteGateways ||
        !isConnected(peering) ||
        this.estate.twinOf(vnet, peering)?.gatewayTransit !== true
      )
        continue;
      const remote = this.byVnet.get(peering.remote);
      if (remote !== undefined) return remote;
    }
    return undefined;
  }

  routes(subnet: SubnetFacts): GatewayRoutes {
    const gateway = this.of(subnet.vnet);
    if (gateway === undefined) return this.referredTo(subnet);
    const next: NextHop = gateway.connected
      ? { to: 'hop', in: inner(gateway.entry.id) }
      : {
          to: 'missing',
          what: missing(
            `the connections of ${nameOf(gateway.entry.origin)}`,
            'network vpn-connection list --resource-group GROUP',
          ),
          by: gateway.entry.origin,
        };
    const what = missing(
      `the routes that ${nameOf(gateway.entry.origin)} learned by BGP`,
      `network vnet-gateway list-learned-routes --ids ${gateway.entry.origin.id}`,
    );
    return {
      learned: gateway.prefixes.map(({ span, origin, down }) => ({
        span,
        origin,
        next: down === undefined ? next : ({ to: 'missing', what: unsureOf(down), by: down } as const),
      })),
      ...(gateway.learns ? { unknown: { origin: gateway.entry.origin, next, what } } : {}),
      next,
      defaultSite: gateway.defaultSite,
    };
  }

  /** A gateway that the network's own records speak of and no document holds may lead to any private range. */
  private referredTo({ vnet }: SubnetFacts): GatewayRoutes {
    const serving = [
      vnet,
      ...vnet.peerings
        .filter((peering) => peering.remoteGateways && this.estate.twinOf(vnet, peering)?.gatewayTransit === true)
        .flatMap(({ remote }) => this.estate.vnets.get(remote) ?? []),
    ];
    const unlisted = serving
      .flatMap(({ subnets }) => subnets)
      .filter(({ entry }) => nameIn(entry.id) === 'gatewaysubnet')
      .map((one) => ({ what: this.estate.unlistedIn(one), by: one.entry.origin }))
      .find(({ what }) => what !== undefined);
    if (unlisted?.what === undefined) return { learned: [], next: undefined };
    const next: NextHop = { to: 'missing', what: unlisted.what, by: unlisted.by };
    const learned = PRIVATE.map((span) => ({ origin: unlisted.by, span, next }));
    return { learned, next };
  }

  /** The gateway of a network's own, with the prefixes behind it. */
  ownOf(vnet: VnetFacts): { readonly entry: Entry; readonly prefixes: readonly Span<bigint>[] } | undefined {
    const own = this.byVnet.get(vnet.entry.id);
    return own && { entry: own.entry, prefixes: own.prefixes.map(({ span }) => span) };
  }

  /** The prefixes that the gateway which serves a network brings to it. */
  prefixesFor(vnet: VnetFacts): readonly Span<bigint>[] {
    return this.of(vnet)?.prefixes.map(({ span }) => span) ?? [];
  }

  /** What a gateway adds to the VirtualNetwork tag of a subnet. */
  learned(subnet: SubnetFacts): Learned {
    const gateway = this.of(subnet.vnet);
    return { ranges: gateway?.prefixes.map(({ span }) => span) ?? [], complete: gateway?.learns !== true };
  }

  private read(entry: Entry): void {
    const { estate } = this;
    const subnet = objects(entry.record, 'ipConfigurations')
      .map((one) => estate.subnets.get(reference(one, 'subnet') ?? ''))
      .find((one) => one !== undefined);
    if (subnet === undefined) {
      estate.builder.note({
        file: entry.origin.file,
        pointer: entry.origin.pointer,
        resource: entry.origin.id,
        message: `the subnet of ${nameOf(entry.origin)} is not in the snapshot, so the gateway was left out`,
      });
      return;
    }
    const connections = estate.inventory
      .all('connection')
      .filter(({ record }) =>
        [reference(record, 'virtualNetworkGateway1'), reference(record, 'virtualNetworkGateway2')].includes(entry.id),
      );
    const listed = this.learnedRoutes(entry) ?? this.effectiveRoutes(entry, subnet.vnet);
    const prefixes = [
      ...connections.flatMap((connection) => {
        const isDown = text(connection.record, 'connectionStatus')?.toLowerCase() === 'notconnected';
        const found = this.prefixesOf(connection, entry);
        return isDown ? found.map((one) => ({ ...one, down: connection.origin })) : found;
      }),
      ...this.clientsOf(entry),
      ...(listed ?? []).map((span) => ({ span, origin: entry.origin })),
    ];
    const speaks = connections.some(
      ({ record }) => flag(record, 'enableBgp') ?? flag(entry.record, 'enableBgp') ?? false,
    );
    const express = text(entry.record, 'gatewayType')?.toLowerCase() === 'expressroute';
    this.byVnet.set(subnet.vnet.entry.id, {
      entry,
      vnet: subnet.vnet,
      subnet,
      prefixes,
      connected: prefixes.length > 0 || connections.length > 0,
      learns: listed === undefined && connections.length > 0 && (speaks || express),
      defaultSite: object(entry.record, 'gatewayDefaultSite') !== undefined,
    });
  }

  /** Addresses that point-to-site clients get. */
  private clientsOf(gateway: Entry): Gateway['prefixes'] {
    const pool = object(object(gateway.record, 'vpnClientConfiguration'), 'vpnClientAddressPool');
    return this.estate
      .ranges(gateway, strings(pool, 'addressPrefixes'))
      .map((span) => ({ span, origin: gateway.origin }));
  }

  /** What BGP taught the gateway, where the answer to that question is in the snapshot. */
  private learnedRoutes({ id }: Entry): Span<bigint>[] | undefined {
    const { inventory } = this.estate;
    const gateways = inventory.all('gateway');
    const documents = inventory.documents.filter(({ kind, request }) => {
      if (kind !== LEARNED_ROUTES) return false;
      const named = ['virtualNetworkGatewayName', 'name', 'ids'].map((key) => text(request, key)).find(Boolean);
      return named === undefined ? gateways.length === 1 : nameIn(named.toLowerCase()) === nameIn(id);
    });
    if (documents.length === 0) return undefined;
    return documents.flatMap(({ records }) =>
      records.filter(isRecord).flatMap((route) => {
        const span = parseCidr(text(route, 'network') ?? '');
        const own = text(route, 'origin')?.toLowerCase() === 'network';
        return span === undefined || own ? [] : [span];
      }),
    );
  }

  /** The same from the effective routes of an interface that the gateway serves. */
  private effectiveRoutes(entry: Entry, vnet: VnetFacts): Span<bigint>[] | undefined {
    const { inventory, nics } = this.estate;
    const served = new Set([
      vnet.entry.id,
      ...vnet.peerings.filter(({ gatewayTransit }) => gatewayTransit).map(({ remote }) => remote),
    ]);
    const documents = inventory.documents.filter(({ kind, request }) => {
      if (kind !== EFFECTIVE_ROUTES) return false;
      const named = ['networkInterfaceName', 'name', 'ids']
        .map((key) => text(request, key))
        .find(Boolean)
        ?.toLowerCase();
      const group = text(request, 'resourceGroupName')?.toLowerCase();
      return [...nics.values()].some(
        ({ entry: { id }, subnet }) =>
          named !== undefined &&
          nameIn(id) === nameIn(named) &&
          (group === undefined || id.includes(`/resourcegroups/${group}/`)) &&
          served.has(subnet.vnet.entry.id),
      );
    });
    if (documents.length === 0) return undefined;
    return documents.flatMap(({ records }) =>
      records
        .filter(isRecord)
        .filter((route) => text(route, 'source')?.toLowerCase() === 'virtualnetworkgateway')
        .flatMap((route) => this.estate.ranges(entry, strings(route, 'addressPrefix'))),
    );
  }

  private prefixesOf(connection: Entry, gateway: Entry): Gateway['prefixes'] {
    const { estate } = this;
    const local = estate.inventory.get('localGateway', reference(connection.record, 'localNetworkGateway2'));
    if (local !== undefined) {
      const space = object(local.record, 'localNetworkAddressSpace');
      return estate.ranges(local, strings(space, 'addressPrefixes')).map((span) => ({ span, origin: local.origin }));
    }
    const ends = [
      reference(connection.record, 'virtualNetworkGateway1'),
      reference(connection.record, 'virtualNetworkGateway2'),
    ];
    const other = estate.inventory.get(
      'gateway',
      ends.find((id) => id !== undefined && id !== gateway.id),
    );
    const far = objects(other?.record, 'ipConfigurations')
      .map((one) => estate.subnets.get(reference(one, 'subnet') ?? '')?.vnet)
      .find((one) => one !== undefined);
    return far === undefined ? [] : far.ranges.map((span) => ({ span, origin: connection.origin, vnet: far }));
  }

  private define(gateway: Gateway): void {
    const { builder } = this.estate;
    const { entry, vnet, subnet } = gateway;
    const { id, origin } = entry;
    const implicit: Origin = { ...origin, implicit: true };
    const served = normalise([
      ...vnet.ranges,
      ...[...this.estate.vnets.values()]
        .filter((one) => one !== vnet && this.of(one) === gateway)
        .flatMap((one) => one.ranges),
    ]);
    const foreign = subtract(
      normalise(gateway.prefixes.flatMap((one) => (one.vnet === undefined ? [one.span] : []))),
      served,
    );
    builder.node(id, () => ({ id, origin, role: 'router', interfaces: [inner(id), back(id)] }));
    builder.interface(inner(id), () => ({
      id: inner(id),
      origin,
      node: id,
      addresses: [],
      steps: [],
      table: inner(id),
    }));
    builder.interface(back(id), () => ({
      id: back(id),
      origin,
      node: id,
      addresses: [],
      steps: [],
      table: routesOf(subnet.entry.id),
    }));
    builder.table(inner(id), () => ({
      id: inner(id),
      origin: implicit,
      entries: [
        ...gateway.prefixes.flatMap(({ span, vnet: far }) =>
          far === undefined
            ? []
            : [
                {
                  origin: implicit,
                  match: { dst: [span] },
                  next: { to: 'link' as const, link: fabric(far.entry.id) },
                  rank: [0],
                  text: `into ${far.entry.origin.name}`,
                },
              ],
        ),
        { origin: implicit, match: {}, next: { to: 'hop', in: beyond(id) }, rank: [1], text: 'over the connection' },
      ],
    }));
    defineBeyond(this.estate, {
      gateway: entry,
      served,
      back: back(id),
      foreign,
      possible: gateway.learns || gateway.defaultSite ? subtract([ALL_V4], served) : foreign,
    });
  }
}
