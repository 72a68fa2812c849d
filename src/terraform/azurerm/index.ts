/** The provider plugin of Microsoft Azure: one file a family of resource types. */
import type { Plugin } from '../family.ts';
import { firewallFamily } from './firewall.ts';
import { gatewayFamily } from './gateway.ts';
import { interfaceFamily } from './interface.ts';
import { loadBalancerFamily } from './load-balancer.ts';
import { networkManagerFamily } from './network-manager.ts';
import { routeTableFamily } from './route-table.ts';
import { securityGroupFamily } from './security-group.ts';
import { virtualHubFamily } from './virtual-hub.ts';
import { virtualNetworkFamily } from './virtual-network.ts';

export const azurermPlugin: Plugin = {
  provider: 'azure',
  prefix: 'azurerm_',
  families: [
    virtualNetworkFamily,
    securityGroupFamily,
    routeTableFamily,
    interfaceFamily,
    loadBalancerFamily,
    firewallFamily,
    gatewayFamily,
    virtualHubFamily,
    networkManagerFamily,
  ],
  unmodelled:
    /^azurerm_(application_gateway|bastion_host|kubernetes_cluster|container_group|vpn_|express_route_|route_server|route_map|firewall|virtual_hub|virtual_network_gateway_nat_rule|network_manager_(connectivity|routing)|private_link_service|web_application_firewall_policy|frontdoor|cdn_frontdoor|redis_cache|mssql_managed_instance|app_service_virtual_network_swift_connection|nat_gateway_)/,
};
