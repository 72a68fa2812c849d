/**
 * Virtual private gateways: the edge to on-premises. What is behind a working VPN connection is taken to permit; there is
 * no transit to peers, internet gateways or NAT gateways, and no IPv6.
 * Sources: https://docs.aws.amazon.com/vpn/latest/s2svpn/VPNRoutingTypes.html, .../vpn-route-priority.html
 */
import type { RouteEntry } from '../../model/network.ts';
import type { Origin } from '../../model/origin.ts';
import { ALL_V4, parseCidr } from '../../net/address.ts';
import { type Span, contains, normalise } from '../../net/spans.ts';
import type { Estate } from './estate.ts';
import type { Entry } from './inventory.ts';
import { objects, text } from './record.ts';
import type { Target } from './route-table.ts';
import { fabric, vpcDoor } from './subnet.ts';

export function readVpnGateways(estate: Estate): Target {
  const { inventory, builder } = estate;
  for (const gateway of inventory.all('VpnGateways')) {
    const vpc = attachedVpc(gateway);
    if (vpc !== undefined && connectionsOf(estate, gateway.id).length > 0) readGateway(estate, gateway, vpc);
  }
  builder.standing((address) =>
    inventory.all('VpnGateways').flatMap((gateway) => {
      const vpc = attachedVpc(gateway);
      if (vpc === undefined || connectionsOf(estate, gateway.id).length === 0) return [];
      const own = estate.vpcs.get(vpc)?.cidrs ?? [];
      if (contains(own, address) || !contains(onPremises(estate, gateway.id), address)) return [];
      return [{ origin: gateway.origin, interface: outsideDoor(gateway.id) }];
    }),
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
    if (connectionsOf(estate, id).length === 0)
      return what(
        `what is connected to ${id} (VPN connections, Direct Connect)`,
        `describe-vpn-connections --filters Name=vpn-gateway-id,Values=${id}`,
      );
    return { to: 'hop', out: vpcDoor(from.entry.id), in: `${id}#vpc` };
  };
}

const outsideDoor = (gateway: string) => `${gateway}#outside`;

function attachedVpc(gateway: Entry): string | undefined {
  const live = objects(gateway.record, 'VpcAttachments').find(
    (one) => (text(one, 'State') ?? 'attached') === 'attached',
  );
  return live === undefined ? undefined : text(live, 'VpcId');
}

function connectionsOf(estate: Estate, gateway: string): readonly Entry[] {
  return estate.inventory
    .all('VpnConnections')
    .filter(
      ({ record }) =>
        text(record, 'VpnGatewayId') === gateway && (text(record, 'State') ?? 'available') === 'available',
    );
}

/** Addresses behind the gateway: static routes of its connections and the destinations that route tables send to it. */
function onPremises(estate: Estate, gateway: string): Span<bigint>[] {
  const cidrs: (string | undefined)[] = connectionsOf(estate, gateway).flatMap(({ record }) =>
    objects(record, 'Routes').map((route) => text(route, 'DestinationCidrBlock')),
  );
  for (const { record } of estate.inventory.all('RouteTables'))
    for (const route of objects(record, 'Routes'))
      if (text(route, 'GatewayId') === gateway) cidrs.push(text(route, 'DestinationCidrBlock'));
  return normalise(
    cidrs.flatMap((cidr) => {
      const span = parseCidr(cidr ?? '');
      return span === undefined ? [] : [span];
    }),
  );
}

function readGateway(estate: Estate, gateway: Entry, vpc: string): void {
  const { builder } = estate;
  const { id, origin } = gateway;
  const outside = `${id}:on-premises`;
  const implicit: Origin = { ...origin, implicit: true };
  const behind: Origin = { ...origin, kind: 'on-premises network', id: outside, implicit: true };
  const entry = (match: RouteEntry['match'], next: RouteEntry['next'], rank: number, words: string): RouteEntry => ({
    origin: implicit,
    match,
    next,
    rank: [rank],
    text: words,
  });
  builder.node(id, () => ({ id, origin, role: 'router', interfaces: [`${id}#vpc`, `${id}#vpn`] }));
  builder.interface(`${id}#vpc`, () => ({
    id: `${id}#vpc`,
    origin,
    node: id,
    addresses: [],
    steps: [],
    table: `${id}#out`,
  }));
  builder.interface(`${id}#vpn`, () => ({
    id: `${id}#vpn`,
    origin,
    node: id,
    addresses: [],
    steps: [],
    table: `${id}#in`,
  }));
  builder.table(`${id}#out`, () => ({
    id: `${id}#out`,
    origin: implicit,
    code: 'aws-vpn-no-ipv6',
    entries: [entry({ dst: [ALL_V4] }, { to: 'hop', in: outsideDoor(id) }, 0, 'over the VPN')],
  }));
  builder.table(`${id}#in`, () => ({
    id: `${id}#in`,
    origin: implicit,
    code: 'aws-vgw-no-transit',
    entries: [entry({ dst: estate.vpcs.get(vpc)?.cidrs ?? [] }, { to: 'link', link: fabric(vpc) }, 0, `into ${vpc}`)],
  }));
  builder.node(outside, () => ({
    id: outside,
    origin: behind,
    role: 'outside',
    interfaces: [outsideDoor(id)],
    assumes: [
      {
        code: 'on-premises-permits',
        resource: outside,
        message: `the network behind ${id} permits this traffic and answers`,
      },
    ],
  }));
  builder.interface(outsideDoor(id), () => ({
    id: outsideDoor(id),
    origin: behind,
    node: outside,
    addresses: [],
    steps: [],
    table: outside,
  }));
  builder.table(outside, () => ({
    id: outside,
    origin: behind,
    entries: [
      entry({ dst: estate.vpcs.get(vpc)?.cidrs ?? [] }, { to: 'hop', in: `${id}#vpn` }, 0, `over the VPN to ${vpc}`),
      entry({ dst: onPremises(estate, id) }, { to: 'local' }, 1, 'on premises'),
    ],
  }));
}
