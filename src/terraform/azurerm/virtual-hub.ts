/**
 * Virtual WAN: hubs, the networks connected to them, their route tables with routes of their own and separate ones, routing
 * intent, and the branches behind a hub's gateways.
 * Sources: https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/virtual_hub,
 * .../virtual_hub_connection, .../virtual_hub_route_table, .../virtual_hub_route_table_route,
 * .../virtual_hub_routing_intent, .../vpn_gateway, .../vpn_site
 */
import type { Family } from '../family.ts';
import type { Resource, Side } from '../side.ts';
import { type Json, type Values, block, blocks, filled, flag, text, texts } from '../values.ts';
import { NET, armIds, named, reference, references } from './common.ts';

const HUB = 'azurerm_virtual_hub';
const CONNECTION = 'azurerm_virtual_hub_connection';
const TABLE = 'azurerm_virtual_hub_route_table';
const INTENT = 'azurerm_virtual_hub_routing_intent';
const SITE = 'azurerm_vpn_site';
const VPN = 'azurerm_vpn_gateway';
const CLIENTS = 'azurerm_point_to_site_vpn_gateway';
const EXPRESS = 'azurerm_express_route_gateway';

export const virtualHubFamily: Family = {
  types: [
    'azurerm_virtual_wan',
    HUB,
    CONNECTION,
    TABLE,
    `${TABLE}_route`,
    INTENT,
    SITE,
    VPN,
    `${VPN}_connection`,
    CLIENTS,
    EXPRESS,
  ],
  ids: armIds('azurerm_virtual_wan', HUB, CONNECTION, TABLE, INTENT, SITE, VPN, CLIENTS, EXPRESS),
  read: (side) => [
    {
      kind: `${NET}/virtualhubs`,
      records: side.managed(HUB).map((hub) =>
        filled({
          ...named(hub),
          addressPrefix: text(hub.values, 'address_prefix'),
          virtualWan: reference(text(hub.values, 'virtual_wan_id')),
        }),
      ),
    },
    { kind: `${NET}/virtualhubs/hubvirtualnetworkconnections`, records: side.managed(CONNECTION).map(connectionOf) },
    { kind: `${NET}/virtualhubs/hubroutetables`, records: tables(side) },
    {
      kind: `${NET}/virtualhubs/routingintent`,
      records: side.managed(INTENT).map((intent) => ({
        ...within(intent),
        routingPolicies: blocks(intent.values, 'routing_policy').map((one) => ({
          name: text(one, 'name'),
          destinations: texts(one, 'destinations'),
          nextHop: text(one, 'next_hop'),
        })),
      })),
    },
    {
      kind: `${NET}/vpnsites`,
      records: side.managed(SITE).map((site) =>
        filled({
          ...named(site),
          addressSpace: { addressPrefixes: texts(site.values, 'address_cidrs') },
          bgpProperties: blocks(site.values, 'link').some((one) => block(one, 'bgp') !== undefined) ? {} : undefined,
        }),
      ),
    },
    {
      kind: `${NET}/vpngateways`,
      records: side.managed(VPN).map((gateway) => ({
        ...named(gateway),
        virtualHub: reference(text(gateway.values, 'virtual_hub_id')),
        connections: side.naming(`${VPN}_connection`, 'vpn_gateway_id', gateway.id).map((one) =>
          filled({
            id: one.id,
            name: text(one.values, 'name'),
            remoteVpnSite: reference(text(one.values, 'remote_vpn_site_id')),
          }),
        ),
      })),
    },
    {
      kind: `${NET}/p2svpngateways`,
      records: side.managed(CLIENTS).map((gateway) => ({
        ...named(gateway),
        virtualHub: reference(text(gateway.values, 'virtual_hub_id')),
        p2SConnectionConfigurations: blocks(gateway.values, 'connection_configuration').map((one) => ({
          vpnClientAddressPool: {
            addressPrefixes: texts(block(one, 'vpn_client_address_pool'), 'address_prefixes'),
          },
        })),
      })),
    },
    {
      kind: `${NET}/expressroutegateways`,
      records: side.managed(EXPRESS).map((gateway) => ({
        ...named(gateway),
        virtualHub: reference(text(gateway.values, 'virtual_hub_id')),
      })),
    },
  ],
};

function within({ id, instance, values }: Resource): Json {
  return { id, name: text(values, 'name') ?? instance.name };
}

function connectionOf(connection: Resource): Json {
  const { values } = connection;
  const routing = block(values, 'routing');
  const propagated = block(routing, 'propagated_route_table');
  return filled({
    ...within(connection),
    remoteVirtualNetwork: reference(text(values, 'remote_virtual_network_id')),
    enableInternetSecurity: flag(values, 'internet_security_enabled') ?? false,
    routingConfiguration:
      routing === undefined
        ? undefined
        : filled({
            associatedRouteTable: reference(text(routing, 'associated_route_table_id')),
            propagatedRouteTables:
              propagated === undefined
                ? undefined
                : { ids: references(texts(propagated, 'route_table_ids')), labels: texts(propagated, 'labels') },
            vnetRoutes: {
              staticRoutes: blocks(routing, 'static_vnet_route').map((one) =>
                filled({
                  name: text(one, 'name'),
                  addressPrefixes: texts(one, 'address_prefixes'),
                  nextHopIpAddress: text(one, 'next_hop_ip_address'),
                }),
              ),
            },
          }),
  });
}

/** Tables with their routes; the default table of a hub is in the plan only by routes of their own resources. */
function tables(side: Side): Json[] {
  const managed = side.managed(TABLE);
  const known = new Set(managed.map(({ id }) => id.toLowerCase()));
  const routes = side.managed(`${TABLE}_route`);
  const elsewhere = new Set(routes.flatMap(({ values }) => text(values, 'route_table_id') ?? []));
  const separate = (id: string) =>
    side.naming(`${TABLE}_route`, 'route_table_id', id).map(({ values }) => routeOf(values));
  return [
    ...managed.map((table) => ({
      ...within(table),
      labels: texts(table.values, 'labels'),
      routes: [...blocks(table.values, 'route').map(routeOf), ...separate(table.id)],
    })),
    ...[...elsewhere]
      .filter((id) => !known.has(id.toLowerCase()))
      .map((id) => {
        const recorded = side.recorded(`${NET}/virtualhubs/hubroutetables`, id);
        if (recorded !== undefined) side.amended.add(id);
        const own = separate(id);
        const names = new Set(own.map((one) => one['name']));
        const others = blocks(recorded, 'routes').filter((one) => !names.has(one['name']));
        return { ...recorded, id, name: id.slice(id.lastIndexOf('/') + 1), routes: [...others, ...own] };
      }),
  ];
}

function routeOf(route: Values): Json {
  return filled({
    name: text(route, 'name'),
    destinationType: text(route, 'destinations_type'),
    destinations: texts(route, 'destinations'),
    nextHopType: text(route, 'next_hop_type') ?? 'ResourceId',
    nextHop: text(route, 'next_hop'),
  });
}
