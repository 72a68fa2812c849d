/**
 * What the families of azurerm resource types share: ARM ids, which plans can tell since they are made of names, and
 * references.
 */
import type { Resource, Side } from '../side.ts';
import { type Json, type Values, isObject, text } from '../values.ts';

export const NET = 'microsoft.network';

/** ARM types of resources that stand in a group by themselves. */
const TYPES: Readonly<Record<string, string>> = {
  azurerm_virtual_network: 'Microsoft.Network/virtualNetworks',
  azurerm_network_security_group: 'Microsoft.Network/networkSecurityGroups',
  azurerm_application_security_group: 'Microsoft.Network/applicationSecurityGroups',
  azurerm_network_interface: 'Microsoft.Network/networkInterfaces',
  azurerm_public_ip: 'Microsoft.Network/publicIPAddresses',
  azurerm_public_ip_prefix: 'Microsoft.Network/publicIPPrefixes',
  azurerm_route_table: 'Microsoft.Network/routeTables',
  azurerm_nat_gateway: 'Microsoft.Network/natGateways',
  azurerm_lb: 'Microsoft.Network/loadBalancers',
  azurerm_private_endpoint: 'Microsoft.Network/privateEndpoints',
  azurerm_firewall: 'Microsoft.Network/azureFirewalls',
  azurerm_firewall_policy: 'Microsoft.Network/firewallPolicies',
  azurerm_ip_group: 'Microsoft.Network/ipGroups',
  azurerm_virtual_network_gateway: 'Microsoft.Network/virtualNetworkGateways',
  azurerm_local_network_gateway: 'Microsoft.Network/localNetworkGateways',
  azurerm_virtual_network_gateway_connection: 'Microsoft.Network/connections',
  azurerm_virtual_hub: 'Microsoft.Network/virtualHubs',
  azurerm_network_manager: 'Microsoft.Network/networkManagers',
  azurerm_virtual_wan: 'Microsoft.Network/virtualWans',
  azurerm_vpn_site: 'Microsoft.Network/vpnSites',
  azurerm_vpn_gateway: 'Microsoft.Network/vpnGateways',
  azurerm_point_to_site_vpn_gateway: 'Microsoft.Network/p2sVpnGateways',
  azurerm_express_route_gateway: 'Microsoft.Network/expressRouteGateways',
  azurerm_linux_virtual_machine: 'Microsoft.Compute/virtualMachines',
  azurerm_windows_virtual_machine: 'Microsoft.Compute/virtualMachines',
  azurerm_virtual_machine: 'Microsoft.Compute/virtualMachines',
  azurerm_linux_virtual_machine_scale_set: 'Microsoft.Compute/virtualMachineScaleSets',
  azurerm_windows_virtual_machine_scale_set: 'Microsoft.Compute/virtualMachineScaleSets',
  azurerm_orchestrated_virtual_machine_scale_set: 'Microsoft.Compute/virtualMachineScaleSets',
  azurerm_virtual_machine_scale_set: 'Microsoft.Compute/virtualMachineScaleSets',
};

/** Resources that stand within another: by the attribute that holds its id, and the name of the collection there. */
const NESTED: Readonly<Record<string, readonly [parent: string, collection: string]>> = {
  azurerm_lb_backend_address_pool: ['loadbalancer_id', 'backendAddressPools'],
  azurerm_lb_probe: ['loadbalancer_id', 'probes'],
  azurerm_lb_rule: ['loadbalancer_id', 'loadBalancingRules'],
  azurerm_lb_nat_rule: ['loadbalancer_id', 'inboundNatRules'],
  azurerm_lb_outbound_rule: ['loadbalancer_id', 'outboundRules'],
  azurerm_firewall_policy_rule_collection_group: ['firewall_policy_id', 'ruleCollectionGroups'],
  azurerm_virtual_hub_connection: ['virtual_hub_id', 'hubVirtualNetworkConnections'],
  azurerm_virtual_hub_route_table: ['virtual_hub_id', 'hubRouteTables'],
  azurerm_virtual_hub_routing_intent: ['virtual_hub_id', 'routingIntent'],
  azurerm_network_manager_network_group: ['network_manager_id', 'networkGroups'],
  azurerm_network_manager_static_member: ['network_group_id', 'staticMembers'],
  azurerm_network_manager_security_admin_configuration: ['network_manager_id', 'securityAdminConfigurations'],
  azurerm_network_manager_admin_rule_collection: ['security_admin_configuration_id', 'ruleCollections'],
  azurerm_network_manager_admin_rule: ['admin_rule_collection_id', 'rules'],
};

/** Resources within another that they name. */
const UNDER: Readonly<Record<string, readonly [type: string, parent: string, collection: string]>> = {
  azurerm_subnet: ['Microsoft.Network/virtualNetworks', 'virtual_network_name', 'subnets'],
  azurerm_virtual_network_peering: [
    'Microsoft.Network/virtualNetworks',
    'virtual_network_name',
    'virtualNetworkPeerings',
  ],
  azurerm_network_security_rule: [
    'Microsoft.Network/networkSecurityGroups',
    'network_security_group_name',
    'securityRules',
  ],
  azurerm_route: ['Microsoft.Network/routeTables', 'route_table_name', 'routes'],
};

/** The made-up ids of these types; the subscription is all that a plan can't tell. */
export function armIds(...types: readonly string[]) {
  return Object.fromEntries(types.map((type) => [type, (values: Values) => armId(type, values)]));
}

function armId(type: string, values: Values): string | undefined {
  const [name, group] = [text(values, 'name'), text(values, 'resource_group_name')];
  const nested = NESTED[type];
  if (nested !== undefined) {
    const parent = text(values, nested[0]);
    return name === undefined || parent === undefined ? undefined : `${parent}/${nested[1]}/${name}`;
  }
  if (name === undefined || group === undefined) return undefined;
  const home = `/subscriptions/planned/resourceGroups/${group}/providers`;
  const under = UNDER[type];
  if (under !== undefined) return `${home}/${under[0]}/${text(values, under[1]) ?? ''}/${under[2]}/${name}`;
  return TYPES[type] === undefined ? undefined : `${home}/${TYPES[type]}/${name}`;
}

export function named({ id, instance, values }: Resource): Json {
  const tags = values['tags'];
  return {
    id,
    name: text(values, 'name') ?? instance.name,
    location: text(values, 'location'),
    tags: isObject(tags) ? Object.fromEntries(Object.entries(tags).filter(([, tag]) => typeof tag === 'string')) : {},
  };
}

/** Ids compare without case. */
export function same(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a.toLowerCase() === b.toLowerCase();
}

export function references(ids: readonly string[]): Json[] {
  return ids.map((id) => ({ id }));
}

export function reference(id: string | undefined): Json | undefined {
  return id === undefined ? undefined : { id };
}

/** Whether a resource names another by its name in the same group. */
export function names({ values }: Resource, key: string, owner: Resource): boolean {
  return (
    same(text(values, key), text(owner.values, 'name')) &&
    same(text(values, 'resource_group_name'), text(owner.values, 'resource_group_name'))
  );
}

/** Whether an id stands below another. */
export function isBelow(id: string, parent: string): boolean {
  return id.toLowerCase().startsWith(`${parent.toLowerCase()}/`);
}

/** The fields of an existing record, whether hoisted or within `properties`. */
export function fieldsOf(record: Json): Values {
  return isObject(record['properties']) ? record['properties'] : record;
}

/** An existing record with some fields set, where it keeps its own. */
export function withFields(record: Json, fields: Json): Json {
  return isObject(record['properties'])
    ? { ...record, properties: { ...record['properties'], ...fields } }
    : { ...record, ...fields };
}

/** What one of the managed associations of a type gives for an id, on this side. */
export function associated(side: Side, type: string, own: string, id: string, other: string): string | undefined {
  return text(side.naming(type, own, id)[0]?.values, other);
}
