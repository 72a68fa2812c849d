/**
 * Virtual private gateways and VPN connections. Static routes of a connection are what its gateway announces; what a far
 * side announces by BGP is in no plan.
 * Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/vpn_connection
 */
import type { Family } from '../family.ts';
import type { Resource, Side } from '../side.ts';
import { type Json, blocks, distinct, flag, text } from '../values.ts';
import { tags } from './common.ts';

export const vpnFamily: Family = {
  types: [
    'aws_vpn_gateway',
    'aws_vpn_gateway_attachment',
    'aws_vpn_connection',
    'aws_vpn_connection_route',
    'aws_customer_gateway',
  ],
  ids: { aws_vpn_gateway: (_, address) => `vgw-${address}` },
  read: (side) => [
    {
      kind: 'VpnGateways',
      records: side
        .all('aws_vpn_gateway')
        .filter(isOwn)
        .map((one) => gatewayOf(side, one)),
    },
    { kind: 'VpnConnections', records: side.managed('aws_vpn_connection').map((one) => connectionOf(side, one)) },
    {
      kind: 'CustomerGateways',
      records: side.managed('aws_customer_gateway').map(({ id, values }) => ({
        CustomerGatewayId: id,
        IpAddress: text(values, 'ip_address'),
        State: 'available',
        Tags: tags(values),
      })),
    },
  ],
};

const isOwn = ({ existing }: Resource) => existing === undefined;

function gatewayOf(side: Side, { id, values }: Resource): Json {
  const attached = side
    .naming('aws_vpn_gateway_attachment', 'vpn_gateway_id', id)
    .map((one) => text(one.values, 'vpc_id'));
  const vpc = text(values, 'vpc_id') ?? attached[0] ?? text(blocks(values, 'attached_vpc')[0], 'vpc_id');
  return {
    VpnGatewayId: id,
    State: 'available',
    VpcAttachments: vpc === undefined ? [] : [{ VpcId: vpc, State: 'attached' }],
    Tags: tags(values),
  };
}

function connectionOf(side: Side, connection: Resource): Json {
  const { id, values } = connection;
  return {
    VpnConnectionId: id,
    VpnGatewayId: text(values, 'vpn_gateway_id'),
    TransitGatewayId: text(values, 'transit_gateway_id'),
    CustomerGatewayId: text(values, 'customer_gateway_id'),
    State: 'available',
    Options: { StaticRoutesOnly: flag(values, 'static_routes_only') ?? false },
    Routes: staticRoutes(side, connection).map((DestinationCidrBlock) => ({
      DestinationCidrBlock,
      State: 'available',
      Source: 'Static',
    })),
    Tags: tags(values),
  };
}

function staticRoutes(side: Side, { id, values }: Resource): string[] {
  const separate = side
    .naming('aws_vpn_connection_route', 'vpn_connection_id', id)
    .flatMap((one) => text(one.values, 'destination_cidr_block') ?? []);
  const listed = blocks(values, 'routes').flatMap((one) => text(one, 'destination_cidr_block') ?? []);
  return distinct([...separate, ...listed]);
}

/** The routes that a gateway announces into tables that take them. */
export function propagatedBy(side: Side, gateway: string): Json[] {
  const connections = side.naming('aws_vpn_connection', 'vpn_gateway_id', gateway);
  for (const one of connections)
    if (flag(one.values, 'static_routes_only') !== true)
      side.lacks(`what the far side of ${one.instance.address} announces by BGP`, null);
  return distinct(connections.flatMap((one) => staticRoutes(side, one))).map((DestinationCidrBlock) => ({
    DestinationCidrBlock,
    GatewayId: gateway,
    State: 'active',
    Origin: 'EnableVgwRoutePropagation',
  }));
}
