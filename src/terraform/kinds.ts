/**
 * What attributes hold: which kinds of resource an id can be of, which attributes are lists, and which say who the resource
 * is. For expressions that refer to several things, or are not shown at all.
 */

/** Attributes whose value only a resource of these types can be. */
const KINDS: Readonly<Record<string, RegExp>> = {
  vpc_id: /^aws_(default_)?vpc$/,
  peer_vpc_id: /^aws_(default_)?vpc$/,
  subnet_id: /^(aws|azurerm)_(default_)?subnet$/,
  subnet_ids: /^(aws|azurerm)_(default_)?subnet$/,
  subnets: /^aws_(default_)?subnet$/,
  security_group_id: /^aws_(default_)?security_group$/,
  source_security_group_id: /^aws_(default_)?security_group$/,
  referenced_security_group_id: /^aws_(default_)?security_group$/,
  security_group_ids: /^aws_(default_)?security_group$/,
  security_groups: /^aws_(default_)?security_group$/,
  vpc_security_group_ids: /^aws_(default_)?security_group$/,
  prefix_list_id: /^aws_(ec2_managed_prefix_list|vpc_endpoint)$/,
  prefix_list_ids: /^aws_(ec2_managed_prefix_list|vpc_endpoint)$/,
  destination_prefix_list_id: /^aws_ec2_managed_prefix_list$/,
  network_acl_id: /^aws_(default_)?network_acl$|^aws_(default_)?vpc$/,
  route_table_id: /route_table$|^aws_(default_)?vpc$/,
  route_table_ids: /^aws_(default_)?route_table$|^aws_(default_)?vpc$/,
  gateway_id: /^aws_(internet_gateway|vpn_gateway|vpc_endpoint)$/,
  internet_gateway_id: /^aws_internet_gateway$/,
  customer_gateway_id: /^aws_customer_gateway$/,
  nat_gateway_id: /^(aws|azurerm)_nat_gateway$/,
  egress_only_gateway_id: /^aws_egress_only_internet_gateway$/,
  carrier_gateway_id: /^aws_ec2_carrier_gateway$/,
  vpc_peering_connection_id: /^aws_vpc_peering_connection/,
  transit_gateway_id: /^aws_ec2_transit_gateway$/,
  transit_gateway_route_table_id: /^aws_ec2_transit_gateway(_route_table)?$/,
  transit_gateway_attachment_id: /^aws_ec2_transit_gateway_.*attachment|^aws_vpn_connection$/,
  vpc_endpoint_id: /^aws_(vpc_endpoint|networkfirewall_firewall)$/,
  allocation_id: /^aws_eip$/,
  network_interface_id: /network_interface$|^aws_(instance|spot_instance_request)$/,
  network_interface_ids: /network_interface$/,
  instance_id: /^aws_(instance|spot_instance_request)$/,
  load_balancer_arn: /^aws_a?lb$/,
  listener_arn: /^aws_a?lb_listener$/,
  target_group_arn: /^aws_a?lb_target_group$/,
  network_security_group_id: /^azurerm_network_security_group$/,
  public_ip_address_id: /^azurerm_public_ip$/,
  remote_virtual_network_id: /^azurerm_virtual_network$/,
  virtual_network_id: /^azurerm_virtual_network$/,
  target_virtual_network_id: /^azurerm_virtual_network$/,
  firewall_policy_id: /^azurerm_firewall_policy$/,
  base_policy_id: /^azurerm_firewall_policy$/,
  virtual_hub_id: /^azurerm_virtual_hub$/,
  virtual_wan_id: /^azurerm_virtual_wan$/,
  associated_route_table_id: /^azurerm_virtual_hub(_route_table)?$/,
  virtual_network_gateway_id: /^azurerm_virtual_network_gateway$/,
  peer_virtual_network_gateway_id: /^azurerm_virtual_network_gateway$/,
  local_network_gateway_id: /^azurerm_local_network_gateway$/,
  vpn_gateway_id: /^(aws|azurerm)_vpn_gateway$/,
  remote_vpn_site_id: /^azurerm_vpn_site$/,
  network_manager_id: /^azurerm_network_manager$/,
  network_group_id: /^azurerm_network_manager_network_group$/,
  network_group_ids: /^azurerm_network_manager_network_group$/,
  security_admin_configuration_id: /^azurerm_network_manager_security_admin_configuration$/,
  admin_rule_collection_id: /^azurerm_network_manager_admin_rule_collection$/,
  application_security_group_id: /^azurerm_application_security_group$/,
  application_security_group_ids: /^azurerm_application_security_group$/,
  source_application_security_group_ids: /^azurerm_application_security_group$/,
  destination_application_security_group_ids: /^azurerm_application_security_group$/,
  loadbalancer_id: /^azurerm_lb$/,
  backend_address_pool_id: /^azurerm_lb_backend_address_pool$/,
  backend_address_pool_ids: /^azurerm_lb_backend_address_pool$/,
  load_balancer_backend_address_pool_ids: /^azurerm_lb_backend_address_pool$/,
  probe_id: /^azurerm_lb_probe$/,
  network: /^google_compute_network$/,
  peer_network: /^google_compute_network$/,
  subnetwork: /^google_compute_subnetwork$/,
  backend_service: /^google_compute_(region_)?backend_service$/,
  nat_ips: /^google_compute_address$/,
  firewall_policy: /firewall_policy(_with_rules)?$/,
};

const LIST =
  /(_ids|_arns|_blocks|_ranges|_prefixes|_groups|_addresses|_tags|_accounts|_ips|_lists|_tables|_links|^subnets|^ports|^instances|^address_space|^members|^routes|^backends|^targets|^proxies)$/;

/** Attributes that stand for the resource itself. */
export const IDENTITY =
  /^(id|arn|self_link|name|key|allocation_id|default_.*_id|main_route_table_id|association_default_route_table_id|propagation_default_route_table_id|primary_network_interface_id|prefix_list_id|transit_gateway_attachment_id|instance_group|email)$/;

export function kindOf(attribute: string): RegExp | undefined {
  return Object.hasOwn(KINDS, attribute) ? KINDS[attribute] : undefined;
}

export function isList(attribute: string): boolean {
  return LIST.test(attribute);
}

/** What stands for an attribute of a resource whose id this is: for what a resource brings along, an id of its own. */
export function standsFor(id: string, attribute: string): string {
  // The default table of a virtual hub has an id of the hub's own.
  if (attribute === 'default_route_table_id' && /\/virtualHubs\/[^/]+$/i.test(id))
    return `${id}/hubRouteTables/defaultRouteTable`;
  if (/^(default_|main_).*_id$/.test(attribute)) return partOf(id, attribute.replace(/_id$/, ''));
  if (attribute.endsWith('_default_route_table_id')) return partOf(id, 'default_route_table');
  if (attribute === 'transit_gateway_attachment_id') return partOf(id, 'attachment');
  if (attribute === 'primary_network_interface_id') return partOf(id, 'eni');
  return id;
}

/** The made-up id of what a resource brings along: the default group of a network, the interface of a machine. */
export function partOf(id: string, part: string): string {
  return `${id}/${part}`;
}
