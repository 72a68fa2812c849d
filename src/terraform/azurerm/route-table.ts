/**
 * Route tables with their routes, inline and separate.
 * Source: https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/route_table
 */
import type { Family } from '../family.ts';
import type { Resource, Side } from '../side.ts';
import { type Json, type Values, blocks, filled, flag, text } from '../values.ts';
import { addressBehind } from './firewall.ts';
import { NET, armIds, fieldsOf, isBelow, named, names, withFields } from './common.ts';

export const routeTableFamily: Family = {
  types: ['azurerm_route_table', 'azurerm_route'],
  ids: armIds('azurerm_route_table', 'azurerm_route'),
  read: (side) => [
    {
      kind: `${NET}/routetables`,
      records: side.all('azurerm_route_table').flatMap((table) => tableOf(side, table)),
      complete: true,
    },
  ],
};

function tableOf(side: Side, table: Resource): Json[] {
  const isMine = (route: Resource) => isBelow(route.id, table.id) || names(route, 'route_table_name', table);
  const separate = side
    .managed('azurerm_route')
    .filter(isMine)
    .map(({ values }) => routeOf(side, values, table.id));
  const mirrored = new Set(
    side
      .either('azurerm_route')
      .filter(isMine)
      .map(({ values }) => text(values, 'name')),
  );
  if (table.existing !== undefined) {
    if (mirrored.size === 0) return [];
    side.amended.add(table.id);
    const kept = blocks(fieldsOf(table.existing), 'routes').filter((route) => !mirrored.has(text(route, 'name')));
    return [withFields(table.existing, { routes: [...kept, ...separate] })];
  }
  const inline = blocks(table.values, 'route')
    .filter((route) => side.writes(table, 'route') || !mirrored.has(text(route, 'name')))
    .map((route) => routeOf(side, route, table.id));
  const propagation = flag(table.values, 'bgp_route_propagation_enabled');
  return [
    {
      ...named(table),
      disableBgpRoutePropagation:
        propagation === undefined ? (flag(table.values, 'disable_bgp_route_propagation') ?? false) : !propagation,
      routes: [...inline, ...separate],
    },
  ];
}

function routeOf(side: Side, route: Values, table: string): Json {
  return filled({
    id: `${table}/routes/${text(route, 'name') ?? ''}`,
    name: text(route, 'name'),
    addressPrefix: text(route, 'address_prefix'),
    nextHopType: text(route, 'next_hop_type'),
    nextHopIpAddress:
      addressBehind(side, text(route, 'next_hop_in_ip_address')) ?? text(route, 'next_hop_in_ip_address'),
  });
}
