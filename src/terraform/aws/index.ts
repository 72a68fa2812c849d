/** The provider plugin of Amazon Web Services: one file a family of resource types. */
import type { Plugin } from '../family.ts';
import { elasticAddressFamily } from './elastic-address.ts';
import { endpointFamily } from './endpoint.ts';
import { gatewayFamily } from './gateway.ts';
import { interfaceFamily } from './interface.ts';
import { loadBalancerFamily } from './load-balancer.ts';
import { networkAclFamily } from './network-acl.ts';
import { peeringFamily } from './peering.ts';
import { prefixListFamily } from './prefix-list.ts';
import { routeTableFamily } from './route-table.ts';
import { securityGroupFamily } from './security-group.ts';
import { serviceFamily } from './service.ts';
import { transitGatewayFamily } from './transit-gateway.ts';
import { vpcFamily } from './vpc.ts';
import { vpnFamily } from './vpn.ts';

export const awsPlugin: Plugin = {
  provider: 'aws',
  prefix: 'aws_',
  families: [
    vpcFamily,
    securityGroupFamily,
    networkAclFamily,
    routeTableFamily,
    gatewayFamily,
    elasticAddressFamily,
    interfaceFamily,
    peeringFamily,
    transitGatewayFamily,
    vpnFamily,
    endpointFamily,
    prefixListFamily,
    loadBalancerFamily,
    serviceFamily,
  ],
  unmodelled:
    /^aws_(networkfirewall_|networkmanager_|vpclattice_|dx_|ec2_client_vpn_|ec2_transit_gateway_(connect|policy|multicast)|ec2_carrier_gateway|ec2_local_gateway|vpc_route_server|verifiedaccess_|ec2_fleet|spot_fleet_request|globalaccelerator_|emr_cluster|batch_compute_environment|eks_node_group)/,
};
