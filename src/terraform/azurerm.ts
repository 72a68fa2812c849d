/**
 * azurerm_* resources as ARM resources. Default security rules are added by the reader, which does so for every source that
 * leaves them out.
 * Source: https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs
 */
import { type Documents, type Resource, type Side, blocks, flag, number, text, texts } from './side.ts';
import type { Values } from './plan.ts';

type Json = Record<string, unknown>;
const NET = 'microsoft.network';

export function azureDocuments(side: Side): Documents {
  const machines = side.managed(
    'azurerm_linux_virtual_machine',
    'azurerm_windows_virtual_machine',
    'azurerm_virtual_machine',
  );
  return {
    [`${NET}/virtualnetworks`]: side.all('azurerm_virtual_network').map((vnet) => vnetOf(side, vnet)),
    [`${NET}/networksecuritygroups`]: side.all('azurerm_network_security_group').map((group) => groupOf(side, group)),
    [`${NET}/routetables`]: side.all('azurerm_route_table').map((table) => routeTableOf(side, table)),
    [`${NET}/publicipaddresses`]: side.all('azurerm_public_ip').map(
      (address): Json => ({
        ...named(address),
        sku: { name: text(address.values, 'sku') ?? 'Standard' },
        ipAddress: text(address.values, 'ip_address') ?? side.publicAddress(),
      }),
    ),
    [`${NET}/networkinterfaces`]: side.managed('azurerm_network_interface').map((nic) => nicOf(side, nic, machines)),
    [`${NET}/applicationsecuritygroups`]: side.managed('azurerm_application_security_group').map(named),
    [`${NET}/natgateways`]: side.managed('azurerm_nat_gateway').map(
      (nat): Json => ({
        ...named(nat),
        publicIpAddresses: references(
          side
            .managed('azurerm_nat_gateway_public_ip_association')
            .filter(({ values }) => same(text(values, 'nat_gateway_id'), nat.id))
            .flatMap(({ values }) => text(values, 'public_ip_address_id') ?? []),
        ),
      }),
    ),
    'microsoft.compute/virtualmachines': machines.map(
      (vm): Json => ({
        ...named(vm),
        networkProfile: { networkInterfaces: references(texts(vm.values, 'network_interface_ids')) },
      }),
    ),
  };
}

function named({ id, instance, values }: Resource): Json {
  return {
    id,
    name: text(values, 'name') ?? instance.name,
    location: text(values, 'location'),
    tags: values['tags'] ?? {},
  };
}

function same(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a.toLowerCase() === b.toLowerCase();
}

function references(ids: readonly string[]): Json[] {
  return ids.map((id) => ({ id }));
}

function reference(id: string | undefined): Json | undefined {
  return id === undefined ? undefined : { id };
}

/** Subnets of their own resources, and those that only stand in the network. */
function vnetOf(side: Side, vnet: Resource): Json {
  const group = text(vnet.values, 'resource_group_name');
  const separate = side
    .all('azurerm_subnet')
    .filter(
      ({ id, values }) =>
        id.toLowerCase().startsWith(`${vnet.id.toLowerCase()}/`) ||
        (text(values, 'virtual_network_name') === text(vnet.values, 'name') &&
          text(values, 'resource_group_name') === group),
    )
    .map((subnet) => subnetOf(side, subnet));
  const names = new Set(side.either('azurerm_subnet').map(({ values }) => text(values, 'name')));
  const inline = blocks(vnet.values, 'subnet')
    .filter((subnet) => !names.has(text(subnet, 'name')))
    .map(
      (subnet): Json => ({
        id: text(subnet, 'id') ?? `${vnet.id}/subnets/${text(subnet, 'name') ?? ''}`,
        name: text(subnet, 'name'),
        addressPrefixes: [
          ...texts(subnet, 'address_prefixes'),
          ...(text(subnet, 'address_prefix') === undefined ? [] : [text(subnet, 'address_prefix')]),
        ],
        networkSecurityGroup: reference(text(subnet, 'security_group')),
      }),
    );
  return {
    ...named(vnet),
    addressSpace: { addressPrefixes: texts(vnet.values, 'address_space') },
    subnets: [...separate, ...inline],
    virtualNetworkPeerings: peerings(side, vnet),
  };
}

function subnetOf(side: Side, { id, values }: Resource): Json {
  const attached = (type: string, key: string) =>
    text(side.managed(type).find((one) => same(text(one.values, 'subnet_id'), id))?.values, key);
  return {
    id,
    name: text(values, 'name'),
    addressPrefixes: [
      ...texts(values, 'address_prefixes'),
      ...(text(values, 'address_prefix') === undefined ? [] : [text(values, 'address_prefix')]),
    ],
    defaultOutboundAccess: flag(values, 'default_outbound_access_enabled') ?? true,
    privateEndpointNetworkPolicies: text(values, 'private_endpoint_network_policies'),
    networkSecurityGroup: reference(
      attached('azurerm_subnet_network_security_group_association', 'network_security_group_id'),
    ),
    routeTable: reference(attached('azurerm_subnet_route_table_association', 'route_table_id')),
    natGateway: reference(attached('azurerm_subnet_nat_gateway_association', 'nat_gateway_id')),
  };
}

function groupOf(side: Side, group: Resource): Json {
  const mine = ({ values }: Resource) =>
    text(values, 'network_security_group_name') === text(group.values, 'name') &&
    text(values, 'resource_group_name') === text(group.values, 'resource_group_name');
  const separate = side.managed('azurerm_network_security_rule').filter(mine);
  // Rules of their own resources are mirrored in the group that was read; they count where they are written.
  const mirrored = new Set(
    side
      .either('azurerm_network_security_rule')
      .filter(mine)
      .map(({ values }) => text(values, 'name')),
  );
  const inline = blocks(group.values, 'security_rule').filter(
    (rule) => side.writes(group, 'security_rule') === true || !mirrored.has(text(rule, 'name')),
  );
  return {
    ...named(group),
    securityRules: [...inline, ...separate.map(({ values }) => values)].map((rule) => ruleOf(rule, group.id)),
  };
}

function ruleOf(rule: Values, group: string): Json {
  return {
    id: `${group}/securityRules/${text(rule, 'name') ?? ''}`,
    name: text(rule, 'name'),
    priority: number(rule, 'priority'),
    direction: text(rule, 'direction'),
    access: text(rule, 'access'),
    protocol: text(rule, 'protocol'),
    sourcePortRange: text(rule, 'source_port_range'),
    sourcePortRanges: texts(rule, 'source_port_ranges'),
    destinationPortRange: text(rule, 'destination_port_range'),
    destinationPortRanges: texts(rule, 'destination_port_ranges'),
    sourceAddressPrefix: text(rule, 'source_address_prefix'),
    sourceAddressPrefixes: texts(rule, 'source_address_prefixes'),
    destinationAddressPrefix: text(rule, 'destination_address_prefix'),
    destinationAddressPrefixes: texts(rule, 'destination_address_prefixes'),
    sourceApplicationSecurityGroups: references(texts(rule, 'source_application_security_group_ids')),
    destinationApplicationSecurityGroups: references(texts(rule, 'destination_application_security_group_ids')),
  };
}

function routeTableOf(side: Side, table: Resource): Json {
  const mine = ({ values }: Resource) =>
    text(values, 'route_table_name') === text(table.values, 'name') &&
    text(values, 'resource_group_name') === text(table.values, 'resource_group_name');
  const mirrored = new Set(
    side
      .either('azurerm_route')
      .filter(mine)
      .map(({ values }) => text(values, 'name')),
  );
  const inline = blocks(table.values, 'route').filter(
    (route) => side.writes(table, 'route') === true || !mirrored.has(text(route, 'name')),
  );
  const propagation = flag(table.values, 'bgp_route_propagation_enabled');
  return {
    ...named(table),
    disableBgpRoutePropagation:
      propagation === undefined ? (flag(table.values, 'disable_bgp_route_propagation') ?? false) : !propagation,
    routes: [
      ...inline,
      ...side
        .managed('azurerm_route')
        .filter(mine)
        .map(({ values }) => values),
    ].map(
      (route): Json => ({
        id: `${table.id}/routes/${text(route, 'name') ?? ''}`,
        name: text(route, 'name'),
        addressPrefix: text(route, 'address_prefix'),
        nextHopType: text(route, 'next_hop_type'),
        ...(text(route, 'next_hop_in_ip_address') === undefined
          ? {}
          : { nextHopIpAddress: text(route, 'next_hop_in_ip_address') }),
      }),
    ),
  };
}

function nicOf(side: Side, nic: Resource, machines: readonly Resource[]): Json {
  const vm = machines.find(({ values }) => texts(values, 'network_interface_ids').some((id) => same(id, nic.id)));
  const group = side
    .managed('azurerm_network_interface_security_group_association')
    .find(({ values }) => same(text(values, 'network_interface_id'), nic.id));
  const of = (type: string, key: string) =>
    side
      .managed(type)
      .filter(({ values }) => same(text(values, 'network_interface_id'), nic.id))
      .flatMap(({ values }) => text(values, key) ?? []);
  return {
    ...named(nic),
    enableIPForwarding: flag(nic.values, 'ip_forwarding_enabled') ?? flag(nic.values, 'enable_ip_forwarding') ?? false,
    networkSecurityGroup: reference(
      text(group?.values, 'network_security_group_id') ?? text(nic.values, 'network_security_group_id'),
    ),
    virtualMachine: reference(vm?.id ?? text(nic.values, 'virtual_machine_id')),
    ipConfigurations: blocks(nic.values, 'ip_configuration').map((one, i): Json => {
      const subnet = text(one, 'subnet_id');
      const home = side.all('azurerm_subnet').find(({ id }) => same(id, subnet));
      side.use(subnet ?? '', text(one, 'private_ip_address'));
      return {
        id: `${nic.id}/ipConfigurations/${text(one, 'name') ?? i}`,
        name: text(one, 'name'),
        primary: flag(one, 'primary') ?? i === 0,
        privateIPAddress:
          text(one, 'private_ip_address') ??
          side.freeAddress(
            subnet ?? '',
            texts(home?.values, 'address_prefixes')[0] ?? text(home?.values, 'address_prefix'),
          ),
        subnet: reference(subnet),
        publicIPAddress: reference(text(one, 'public_ip_address_id')),
        applicationSecurityGroups: references(
          of('azurerm_network_interface_application_security_group_association', 'application_security_group_id'),
        ),
      };
    }),
  };
}

function peerings(side: Side, vnet: Resource): Json[] {
  const all = side.managed('azurerm_virtual_network_peering');
  const isOf = ({ id, values }: Resource, name: string | undefined, group: string | undefined) =>
    id.toLowerCase().startsWith(`${vnet.id.toLowerCase()}/`) ||
    (text(values, 'virtual_network_name') === name && text(values, 'resource_group_name') === group);
  return all
    .filter((one) => isOf(one, text(vnet.values, 'name'), text(vnet.values, 'resource_group_name')))
    .map((one): Json => {
      const remote = text(one.values, 'remote_virtual_network_id');
      const far = side.all('azurerm_virtual_network').find(({ id }) => same(id, remote));
      const back = all.some((other) => same(text(other.values, 'remote_virtual_network_id'), vnet.id));
      return {
        id: `${vnet.id}/virtualNetworkPeerings/${text(one.values, 'name') ?? one.instance.name}`,
        name: text(one.values, 'name'),
        remoteVirtualNetwork: reference(remote),
        peeringState: back || far === undefined ? 'Connected' : 'Initiated',
        remoteAddressSpace: { addressPrefixes: texts(far?.values, 'address_space') },
        allowVirtualNetworkAccess: flag(one.values, 'allow_virtual_network_access') ?? true,
        allowForwardedTraffic: flag(one.values, 'allow_forwarded_traffic') ?? false,
        allowGatewayTransit: flag(one.values, 'allow_gateway_transit') ?? false,
        useRemoteGateways: flag(one.values, 'use_remote_gateways') ?? false,
      };
    });
}

/** The id that Azure will give, made of names that a plan knows. */
export function armId(type: string, values: Values): string | undefined {
  const [name, group] = [text(values, 'name'), text(values, 'resource_group_name')];
  if (name === undefined || group === undefined) return undefined;
  const under = (parent: string, key: string, child: string) =>
    `/subscriptions/planned/resourceGroups/${group}/providers/Microsoft.Network/${parent}/${text(values, key) ?? ''}/${child}/${name}`;
  if (type === 'azurerm_subnet') return under('virtualNetworks', 'virtual_network_name', 'subnets');
  const provider = /virtual_machine/.test(type)
    ? 'Microsoft.Compute/virtualMachines'
    : `Microsoft.Network/${ARM_TYPES[type] ?? type}`;
  return `/subscriptions/planned/resourceGroups/${group}/providers/${provider}/${name}`;
}

const ARM_TYPES: Readonly<Record<string, string>> = {
  azurerm_virtual_network: 'virtualNetworks',
  azurerm_network_security_group: 'networkSecurityGroups',
  azurerm_network_interface: 'networkInterfaces',
  azurerm_public_ip: 'publicIPAddresses',
  azurerm_route_table: 'routeTables',
  azurerm_nat_gateway: 'natGateways',
  azurerm_application_security_group: 'applicationSecurityGroups',
};

export const AZURE_READ =
  /^azurerm_(resource_group|virtual_network|subnet|virtual_network_peering|network_security_group|network_security_rule|subnet_network_security_group_association|network_interface_security_group_association|route_table|route|subnet_route_table_association|network_interface|network_interface_application_security_group_association|application_security_group|public_ip|nat_gateway|nat_gateway_public_ip_association|subnet_nat_gateway_association|linux_virtual_machine|windows_virtual_machine|virtual_machine)$/;
