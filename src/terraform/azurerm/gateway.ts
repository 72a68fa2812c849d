/**
 * VPN and ExpressRoute gateways of networks, the far sides that they know, and their connections. What BGP teaches them is in
 * no plan.
 * Sources: https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/virtual_network_gateway,
 * .../virtual_network_gateway_connection, .../local_network_gateway
 */
import type { Family } from '../family.ts';
import { type Json, block, blocks, filled, flag, text, texts } from '../values.ts';
import { NET, armIds, named, reference } from './common.ts';

const GATEWAY = 'azurerm_virtual_network_gateway';
const CONNECTION = 'azurerm_virtual_network_gateway_connection';
const FAR = 'azurerm_local_network_gateway';

export const gatewayFamily: Family = {
  types: [GATEWAY, CONNECTION, FAR],
  ids: armIds(GATEWAY, CONNECTION, FAR),
  read: (side) => [
    {
      kind: `${NET}/virtualnetworkgateways`,
      records: side.managed(GATEWAY).map(({ values, ...gateway }): Json => {
        const clients = block(values, 'vpn_client_configuration');
        return filled({
          ...named({ ...gateway, values }),
          gatewayType: text(values, 'type'),
          enableBgp: flag(values, 'bgp_enabled') ?? flag(values, 'enable_bgp') ?? false,
          gatewayDefaultSite: reference(text(values, 'default_local_network_gateway_id')),
          vpnClientConfiguration:
            clients === undefined
              ? undefined
              : { vpnClientAddressPool: { addressPrefixes: texts(clients, 'address_space') } },
          ipConfigurations: blocks(values, 'ip_configuration').map((one) =>
            filled({
              name: text(one, 'name') ?? 'vnetGatewayConfig',
              subnet: reference(text(one, 'subnet_id')),
              publicIPAddress: reference(text(one, 'public_ip_address_id')),
            }),
          ),
        });
      }),
    },
    {
      kind: `${NET}/localnetworkgateways`,
      records: side.managed(FAR).map((far) =>
        filled({
          ...named(far),
          gatewayIpAddress: text(far.values, 'gateway_address'),
          localNetworkAddressSpace: { addressPrefixes: texts(far.values, 'address_space') },
        }),
      ),
    },
    {
      kind: `${NET}/connections`,
      records: side.managed(CONNECTION).map((connection) =>
        filled({
          ...named(connection),
          connectionType: text(connection.values, 'type'),
          enableBgp: flag(connection.values, 'bgp_enabled') ?? flag(connection.values, 'enable_bgp') ?? false,
          virtualNetworkGateway1: reference(text(connection.values, 'virtual_network_gateway_id')),
          virtualNetworkGateway2: reference(text(connection.values, 'peer_virtual_network_gateway_id')),
          localNetworkGateway2: reference(text(connection.values, 'local_network_gateway_id')),
          peer: reference(text(connection.values, 'express_route_circuit_id')),
        }),
      ),
    },
  ],
};
