/**
 * Virtual private gateways: the edge to on-premises. What is behind a working VPN or Direct Connect is taken to permit; there
 * is no transit to peers, internet gateways or NAT gateways, and no IPv6 over VPN.
 * Sources: https://docs.aws.amazon.com/vpn/latest/s2svpn/VPNRoutingTypes.html, .../vpn-route-priority.html
 */
import type { NextHop, RouteEntry } from '../../model/network.ts';
import type { Origin } from '../../model/origin.ts';
import { ALL_V4, parseCidr } from '../../net/address.ts';
import { type Span, contains, normalise } from '../../net/spans.ts';
import type { EdgeTables } from './edge-table.ts';
import type { Estate } from './estate.ts';
import type { Entry } from './inventory.ts';
import {
  type DirectConnect,
  backOverDirectConnect,
  defineBeyond,
  directConnectsOf,
  knowsDirectConnect,
  mayBeBeyond,
} from './on-premises.ts';
import { objects, text } from './record.ts';
import type { Target } from './targets.ts';
import { fabric, vpcDoor } from './subnet-names.ts';

/** What hangs on a gateway's far side. */
interface Links {
  readonly vpns: readonly Entry[];
  readonly directConnects: readonly DirectConnect[];
}

export function readVpnGateways(estate: Estate, edges: EdgeTables): Target {
  const { inventory, builder } = estate;
  for (const gateway of inventory.all('VpnGateways')) {
    const vpc = attachedVpc(gateway);
    if (vpc !== undefined && hasLink(linksOf(estate, gateway.id))) readGateway(estate, edges, gateway, vpc);
  }
  builder.standing((address) =>
    mayBeBeyond(estate, address)
      ? inventory.all('VpnGateways').flatMap((gateway) => {
          if (attachedVpc(gateway) === undefined || !hasLink(linksOf(estate, gateway.id))) return [];
          if (!contains(onPremises(estate, gateway.id), address)) return [];
          return [{ origin: gateway.origin, interface: outsideOf(gateway.id) }];
        })
      : [],
  );
  return (id, from, route) => {
    const gateway = inventory.get('VpnGateways', id);
    const what = (thing: string, command: string) => ({
      to: 'missing' as const,
      what: estate.missing(thing, command),
      by: route,
    });
    if (gateway === undefined)
      return what(`virtual private gateway ${id}`, `describe-vpn-gateways --vpn-gateway-ids ${id}`);
    if (attachedVpc(gateway) !== from.vpc)
      return { to: 'drop', code: 'aws-vgw-detached', why: `${id} is not attached to ${from.vpc}`, by: gateway.origin };
    if (hasLink(linksOf(estate, id))) return { to: 'hop', out: vpcDoor(from.entry.id), in: `${id}#vpc` };
    if (inventory.knows('VpnConnections') && knowsDirectConnect(estate))
      return {
        to: 'drop',
        code: 'aws-vgw-no-connection',
        why: `${id} has no VPN connection that is available and no Direct Connect`,
        by: gateway.origin,
      };
    return what(
      `what is connected to ${id} (VPN connections, Direct Connect)`,
      `describe-vpn-connections --filters Name=vpn-gateway-id,Values=${id}`,
    );
  };
}

const outsideOf = (gateway: string) => `${gateway}:on-premises`;

/** The VPC that a virtual private gateway is attached to. */
export function attachedVpc(gateway: Entry): string | undefined {
  const live = objects(gateway.record, 'VpcAttachments').find(
    (one) => (text(one, 'State') ?? 'attached') === 'attached',
  );
  return live === undefined ? undefined : text(live, 'VpcId');
}

function linksOf(estate: Estate, gateway: string): Links {
  const vpns = estate.inventory
    .all('VpnConnections')
    .filter(
      ({ record }) =>
        text(record, 'VpnGatewayId') === gateway && (text(record, 'State') ?? 'available') === 'available',
    );
  return { vpns, directConnects: directConnectsOf(estate, gateway) };
}

function hasLink({ vpns, directConnects }: Links): boolean {
  return vpns.length + directConnects.length > 0;
}

/** Addresses behind the gateway: static routes of its connections and the destinations that route tables send to it. */
function onPremises(estate: Estate, gateway: string): Span<bigint>[] {
  const cidrs: (string | undefined)[] = linksOf(estate, gateway).vpns.flatMap(({ record }) =>
    objects(record, 'Routes').map((route) => text(route, 'DestinationCidrBlock')),
  );
  for (const { record } of estate.inventory.all('RouteTables'))
    for (const route of objects(record, 'Routes'))
      if (text(route, 'GatewayId') === gateway)
        cidrs.push(text(route, 'DestinationCidrBlock'), text(route, 'DestinationIpv6CidrBlock'));
  return normalise(
    cidrs.flatMap((cidr) => {
      const span = parseCidr(cidr ?? '');
      return span === undefined ? [] : [span];
    }),
  );
}

function readGateway(estate: Estate, edges: EdgeTables, gateway: Entry, vpc: string): void {
  const { builder } = estate;
  const { id, origin } = gateway;
  const implicit: Origin = { ...origin, implicit: true };
  const { vpns, directConnects } = linksOf(estate, id);
  const cidrs = () => estate.vpcs.get(vpc)?.cidrs ?? [];
  const entry = (match: RouteEntry['match'], next: NextHop, words: string): RouteEntry => ({
    origin: implicit,
    match,
    next,
    rank: [0],
    text: words,
  });
  builder.node(id, () => ({ id, origin, role: 'router', interfaces: [`${id}#vpc`, `${id}#vpn`] }));
  for (const door of [`${id}#vpc`, `${id}#vpn`])
    builder.interface(door, () => ({ id: door, origin, node: id, addresses: [], steps: [], table: door }));
  builder.table(`${id}#vpc`, () => ({
    id: `${id}#vpc`,
    origin: implicit,
    code: 'aws-vpn-no-ipv6',
    // Direct Connect carries both families.
    entries: [
      entry(
        directConnects.length > 0 ? {} : { dst: [ALL_V4] },
        { to: 'hop', in: outsideOf(id) },
        vpns.length > 0 ? 'over the VPN' : 'over Direct Connect',
      ),
    ],
  }));
  builder.table(`${id}#vpn`, () => {
    const inside = entry({ dst: cidrs() }, { to: 'link', link: fabric(vpc) }, `into ${vpc}`);
    return (
      edges.of(id, vpc, `${id}#vpn`, [inside], 'aws-vgw-no-transit') ?? {
        id: `${id}#vpn`,
        origin: implicit,
        code: 'aws-vgw-no-transit',
        entries: [inside],
      }
    );
  });
  const into: NextHop = { to: 'hop', in: `${id}#vpn` };
  defineBeyond(estate, {
    id: outsideOf(id),
    origin: { ...origin, kind: 'on-premises network', id: outsideOf(id), implicit: true },
    assumes: {
      resource: outsideOf(id),
      message: `the network behind ${id} permits this traffic and answers`,
    },
    back: () =>
      vpns.length > 0 || directConnects.length === 0
        ? [{ dst: cidrs(), next: into, text: `over the VPN to ${vpc}` }]
        : backOverDirectConnect(directConnects, cidrs(), into),
    own: () => onPremises(estate, id),
  });
}
