/** Azure's resource types that stand beside networks, groups and interfaces: raw plan in, flows out. */
import { describe, expect, test } from 'vitest';
import { ask, buildNetwork, readTerraformPlan } from '../../src/index.ts';
import { type Resources, flowsOf, planOf } from './planned.ts';

const GROUP = '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network';
const id = (path: string) => `${GROUP}/${path}`;

const common = { resource_group_name: 'rg', location: 'westeurope' };
const vnet = (n: number): Resources => ({
  [`azurerm_virtual_network.v${n}`]: {
    ...common,
    id: id(`virtualNetworks/v${n}`),
    name: `v${n}`,
    address_space: [`10.${n}.0.0/16`],
  },
  [`azurerm_subnet.a${n}`]: {
    ...common,
    id: id(`virtualNetworks/v${n}/subnets/a`),
    name: 'a',
    virtual_network_name: `v${n}`,
    address_prefixes: [`10.${n}.1.0/24`],
    default_outbound_access_enabled: false,
  },
  [`azurerm_network_interface.n${n}`]: {
    ...common,
    id: id(`networkInterfaces/n${n}`),
    name: `n${n}`,
    ip_configuration: [
      { name: 'one', subnet_id: id(`virtualNetworks/v${n}/subnets/a`), private_ip_address: `10.${n}.1.4` },
    ],
  },
});

const subnetOf = (n: number, name: string, range: string): Resources => ({
  [`azurerm_subnet.${name}`]: {
    ...common,
    id: id(`virtualNetworks/v${n}/subnets/${name}`),
    name,
    virtual_network_name: `v${n}`,
    address_prefixes: [range],
  },
});

describe('a firewall', () => {
  const fw = id('azureFirewalls/fw');
  const policy = id('firewallPolicies/p');
  const around: Resources = {
    ...vnet(1),
    ...subnetOf(1, 'AzureFirewallSubnet', '10.1.9.0/26'),
    'azurerm_public_ip.p': {
      ...common,
      id: id('publicIPAddresses/p'),
      name: 'p',
      ip_address: '20.1.1.1',
      sku: 'Standard',
    },
    'azurerm_route_table.t': {
      ...common,
      id: id('routeTables/t'),
      name: 't',
      route: [
        {
          name: 'out',
          address_prefix: '0.0.0.0/0',
          next_hop_type: 'VirtualAppliance',
          next_hop_in_ip_address: '10.1.9.4',
        },
      ],
    },
    'azurerm_subnet_route_table_association.t': {
      id: 'x',
      subnet_id: id('virtualNetworks/v1/subnets/a'),
      route_table_id: id('routeTables/t'),
    },
    'azurerm_firewall_policy.p': { ...common, id: policy, name: 'p' },
  };
  const firewall = (more: object = {}) => ({
    ...common,
    id: fw,
    name: 'fw',
    sku_name: 'AZFW_VNet',
    ip_configuration: [
      {
        name: 'c',
        subnet_id: id('virtualNetworks/v1/subnets/AzureFirewallSubnet'),
        public_ip_address_id: id('publicIPAddresses/p'),
      },
    ],
    ...more,
  });
  const rule = {
    name: 'web',
    protocols: ['TCP'],
    source_addresses: ['*'],
    destination_addresses: ['*'],
    destination_ports: ['443'],
  };

  test('a group of network rules of its policy lets out what it allows', () => {
    const group = {
      id: `${policy}/ruleCollectionGroups/g`,
      name: 'g',
      firewall_policy_id: policy,
      priority: 100,
      network_rule_collection: [{ name: 'n', priority: 100, action: 'Allow', rule: [rule] }],
    };
    const there = { ...around, 'azurerm_firewall.fw': firewall({ firewall_policy_id: policy }) };
    expect(flowsOf(there, { 'azurerm_firewall_policy_rule_collection_group.g': group })).toEqual([
      'opened azurerm_network_interface.n1 -> internet tcp 443',
    ]);
  });

  test('a collection of its own, with an IP group; deny before allow', () => {
    const collection = (name: string, priority: number, action: string, own: object) => ({
      ...common,
      name,
      azure_firewall_name: 'fw',
      priority,
      action,
      rule: [{ ...rule, ...own }],
    });
    const there = {
      ...around,
      'azurerm_firewall.fw': firewall(),
      'azurerm_ip_group.i': { ...common, id: id('ipGroups/i'), name: 'i', cidrs: ['10.1.1.0/24'] },
    };
    const allow = collection('a', 200, 'Allow', {
      destination_ports: ['80', '443'],
      source_addresses: [],
      source_ip_groups: [id('ipGroups/i')],
    });
    const deny = collection('d', 100, 'Deny', { destination_ports: ['80'] });
    expect(
      flowsOf(there, {
        'azurerm_firewall_network_rule_collection.a': allow,
        'azurerm_firewall_network_rule_collection.d': deny,
      }),
    ).toEqual(['opened azurerm_network_interface.n1 -> internet tcp 443']);
  });

  test('DNAT leads from its public address to a host inside', () => {
    const nat = {
      ...common,
      name: 'nat',
      azure_firewall_name: 'fw',
      priority: 100,
      action: 'Dnat',
      rule: [
        {
          ...rule,
          destination_addresses: ['20.1.1.1'],
          destination_ports: ['8443'],
          translated_address: '10.1.1.4',
          translated_port: '443',
        },
      ],
    };
    const there = { ...around, 'azurerm_firewall.fw': firewall() };
    const { documents } = readTerraformPlan(
      planOf(there, { 'azurerm_firewall_nat_rule_collection.n': nat }),
      'p',
    ).after();
    const [answer] = ask(buildNetwork({ documents }), '9.9.9.9', '20.1.1.1:8443');
    expect(answer!.verdict).toBe('reachable');
  });
});

test('networks that are connected to a hub reach each other; one that propagates nowhere is not reached', () => {
  const hub = id('virtualHubs/h');
  const connection = (n: number, more: object = {}) => ({
    id: `${hub}/hubVirtualNetworkConnections/c${n}`,
    name: `c${n}`,
    virtual_hub_id: hub,
    remote_virtual_network_id: id(`virtualNetworks/v${n}`),
    ...more,
  });
  const there = {
    ...vnet(1),
    ...vnet(2),
    'azurerm_virtual_wan.w': { ...common, id: id('virtualWans/w'), name: 'w' },
    'azurerm_virtual_hub.h': {
      ...common,
      id: hub,
      name: 'h',
      address_prefix: '10.100.0.0/24',
      virtual_wan_id: id('virtualWans/w'),
    },
    'azurerm_virtual_hub_connection.c1': connection(1),
  };
  const both = [1, 2].map((n) => `opened azurerm_network_interface.n${n} -> azurerm_network_interface.n${3 - n} * *`);
  expect(flowsOf(there, { 'azurerm_virtual_hub_connection.c2': connection(2) })).toEqual(both);
  const nowhere = {
    propagated_route_table: [{ route_table_ids: [`${hub}/hubRouteTables/noneRouteTable`], labels: ['none'] }],
  };
  expect(flowsOf(there, { 'azurerm_virtual_hub_connection.c2': connection(2, { routing: [nowhere] }) })).toEqual([]);
});

test('a gateway with a connection leads to the ranges of the far side', () => {
  const gateway = id('virtualNetworkGateways/g');
  const far = id('localNetworkGateways/far');
  const there = {
    ...vnet(1),
    ...subnetOf(1, 'GatewaySubnet', '10.1.8.0/27'),
    'azurerm_virtual_network_gateway.g': {
      ...common,
      id: gateway,
      name: 'g',
      type: 'Vpn',
      ip_configuration: [{ name: 'c', subnet_id: id('virtualNetworks/v1/subnets/GatewaySubnet') }],
    },
    'azurerm_local_network_gateway.far': {
      ...common,
      id: far,
      name: 'far',
      gateway_address: '198.51.100.1',
      address_space: ['192.168.0.0/16'],
    },
  };
  const connection = {
    ...common,
    id: id('connections/c'),
    name: 'c',
    type: 'IPsec',
    virtual_network_gateway_id: gateway,
    local_network_gateway_id: far,
  };
  const plan = readTerraformPlan(planOf(there, { 'azurerm_virtual_network_gateway_connection.c': connection }), 'p');
  const verdict = (documents: ReturnType<typeof plan.after>['documents']) =>
    ask(buildNetwork({ documents }), 'n1', '192.168.5.5:443')[0]!.verdict;
  expect(verdict(plan.after().documents)).toBe('reachable');
  expect(verdict(plan.before().documents)).not.toBe('reachable');
});

test('a security admin rule closes what it denies where it is deployed', () => {
  const manager = id('networkManagers/m');
  const [group, configuration] = [`${manager}/networkGroups/g`, `${manager}/securityAdminConfigurations/c`];
  const collection = `${configuration}/ruleCollections/rc`;
  const there = {
    ...vnet(1),
    'azurerm_network_interface.other': {
      ...common,
      id: id('networkInterfaces/other'),
      name: 'other',
      ip_configuration: [
        { name: 'one', subnet_id: id('virtualNetworks/v1/subnets/a'), private_ip_address: '10.1.1.5' },
      ],
    },
    'azurerm_network_manager.m': {
      ...common,
      id: manager,
      name: 'm',
      scope: [{ subscription_ids: ['/subscriptions/s'] }],
    },
    'azurerm_network_manager_network_group.g': { id: group, name: 'g', network_manager_id: manager },
    'azurerm_network_manager_static_member.v': {
      id: `${group}/staticMembers/v`,
      name: 'v',
      network_group_id: group,
      target_virtual_network_id: id('virtualNetworks/v1'),
    },
    'azurerm_network_manager_security_admin_configuration.c': {
      id: configuration,
      name: 'c',
      network_manager_id: manager,
    },
    'azurerm_network_manager_admin_rule_collection.rc': {
      id: collection,
      name: 'rc',
      security_admin_configuration_id: configuration,
      network_group_ids: [group],
    },
  };
  const rule = {
    id: `${collection}/rules/r`,
    name: 'r',
    admin_rule_collection_id: collection,
    action: 'Deny',
    direction: 'Inbound',
    priority: 1,
    protocol: 'Tcp',
    destination_port_ranges: ['22'],
    source: [{ address_prefix_type: 'IPPrefix', address_prefix: '*' }],
    destination: [{ address_prefix_type: 'IPPrefix', address_prefix: '*' }],
  };
  const deployed = {
    'azurerm_network_manager_deployment.d': {
      id: 'd',
      network_manager_id: manager,
      location: 'westeurope',
      scope_access: 'SecurityAdmin',
      configuration_ids: [configuration],
    },
  };
  const closed = ['n1', 'other'].map(
    (name) =>
      `narrowed azurerm_network_interface.${name} -> azurerm_network_interface.${name === 'n1' ? 'other' : 'n1'} tcp 22`,
  );
  expect(
    flowsOf({ ...there, ...deployed }, { 'azurerm_network_manager_admin_rule.r': rule }).map((one) =>
      one.replace('closed', 'narrowed'),
    ),
  ).toEqual(closed);
  expect(flowsOf(there, { 'azurerm_network_manager_admin_rule.r': rule })).toEqual([]);
});
