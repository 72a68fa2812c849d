/**
 * Load balancers and private endpoints. Rules, probes and pools are resources of their own that stand within the balancer.
 * Sources: https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/lb, .../lb_rule,
 * .../private_endpoint
 */
import type { Family } from '../family.ts';
import type { Resource, Side } from '../side.ts';
import { type Json, block, blocks, filled, flag, number, text, texts, unknownIn } from '../values.ts';
import { NET, armIds, fieldsOf, named, reference, references, same, withFields } from './common.ts';
import { rangesOf } from './interface.ts';

const PARTS = ['backend_address_pool', 'probe', 'rule', 'nat_rule', 'outbound_rule'].map(
  (part) => `azurerm_lb_${part}`,
);

export const loadBalancerFamily: Family = {
  types: ['azurerm_lb', ...PARTS, 'azurerm_lb_backend_address_pool_address', 'azurerm_private_endpoint'],
  ids: armIds('azurerm_lb', ...PARTS, 'azurerm_private_endpoint'),
  read: (side) => {
    const endpoints = side.managed('azurerm_private_endpoint');
    return [
      {
        kind: `${NET}/loadbalancers`,
        records: side.all('azurerm_lb').flatMap((balancer) => balancers(side, balancer)),
      },
      { kind: `${NET}/privateendpoints`, records: endpoints.map(endpointOf) },
      { kind: `${NET}/networkinterfaces`, records: endpoints.map((endpoint) => endpointNic(side, endpoint)) },
    ];
  },
};

/** Fields of a balancer whose members are resources of their own, with their types. */
const MEMBERS: Readonly<Record<string, string>> = {
  backendAddressPools: 'azurerm_lb_backend_address_pool',
  probes: 'azurerm_lb_probe',
  loadBalancingRules: 'azurerm_lb_rule',
  inboundNatRules: 'azurerm_lb_nat_rule',
  outboundRules: 'azurerm_lb_outbound_rule',
};

/** A balancer with its parts; those of the snapshot that the plan does not manage stay. */
function balancers(side: Side, balancer: Resource): Json[] {
  if (balancer.instance.mode !== 'managed' && balancer.existing === undefined) return [];
  const recorded = balancer.existing ?? side.recorded(`${NET}/loadbalancers`, balancer.id);
  const own = balancerOf(side, balancer);
  if (recorded === undefined) return [own];
  const fields = fieldsOf(recorded);
  const members = Object.entries(MEMBERS).map(([field, type]) => {
    const ever = side.either(type).filter(({ values }) => same(text(values, 'loadbalancer_id'), balancer.id));
    const names = new Set(ever.map(({ values }) => text(values, 'name')));
    const kept = blocks(fields, field).filter((one) => !names.has(text(one, 'name')));
    return { field, isPlanned: ever.length > 0, list: [...kept, ...blocks(own, field)] };
  });
  if (balancer.existing !== undefined) {
    if (!members.some(({ isPlanned }) => isPlanned)) return [];
    side.amended.add(balancer.id);
  }
  const parts = Object.fromEntries(members.map(({ field, list }) => [field, list]));
  return [balancer.existing === undefined ? { ...own, ...parts } : withFields(balancer.existing, parts)];
}

function balancerOf(side: Side, balancer: Resource): Json {
  const { id, values } = balancer;
  const parts = (type: string) => side.naming(`azurerm_lb_${type}`, 'loadbalancer_id', id);
  const frontend = (name: string | undefined) =>
    name === undefined ? undefined : reference(`${id}/frontendIPConfigurations/${name}`);
  return {
    ...named(balancer),
    sku: { name: text(values, 'sku') ?? 'Standard' },
    frontendIPConfigurations: blocks(values, 'frontend_ip_configuration').map((one) => {
      const owner = `${id}/frontendIPConfigurations/${text(one, 'name') ?? ''}`;
      const subnet = text(one, 'subnet_id');
      const known = text(one, 'private_ip_address');
      const inside =
        known !== undefined && unknownIn(known) === undefined
          ? known
          : side.madeUp.private(owner, subnet?.toLowerCase() ?? '', rangesOf(side, subnet)[0]);
      return filled({
        id: owner,
        name: text(one, 'name'),
        subnet: reference(subnet),
        privateIPAddress: subnet === undefined ? undefined : inside,
        publicIPAddress: reference(text(one, 'public_ip_address_id')),
      });
    }),
    backendAddressPools: parts('backend_address_pool').map((pool) => ({
      id: pool.id,
      name: text(pool.values, 'name'),
      loadBalancerBackendAddresses: side
        .naming('azurerm_lb_backend_address_pool_address', 'backend_address_pool_id', pool.id)
        .map((one) =>
          filled({
            name: text(one.values, 'name'),
            ipAddress: text(one.values, 'ip_address'),
            virtualNetwork: reference(text(one.values, 'virtual_network_id')),
          }),
        ),
    })),
    probes: parts('probe').map((probe) =>
      filled({
        id: probe.id,
        name: text(probe.values, 'name'),
        protocol: text(probe.values, 'protocol') ?? 'Tcp',
        port: number(probe.values, 'port'),
      }),
    ),
    loadBalancingRules: parts('rule').map((rule) => {
      const pools = [
        ...texts(rule.values, 'backend_address_pool_ids'),
        text(rule.values, 'backend_address_pool_id'),
      ].filter((one) => one !== undefined);
      return filled({
        id: rule.id,
        name: text(rule.values, 'name'),
        frontendIPConfiguration: frontend(text(rule.values, 'frontend_ip_configuration_name')),
        backendAddressPools: references(pools),
        backendAddressPool: reference(pools[0]),
        protocol: text(rule.values, 'protocol'),
        frontendPort: number(rule.values, 'frontend_port'),
        backendPort: number(rule.values, 'backend_port'),
        probe: reference(text(rule.values, 'probe_id')),
        enableFloatingIP: flag(rule.values, 'floating_ip_enabled') ?? flag(rule.values, 'enable_floating_ip') ?? false,
        disableOutboundSnat: flag(rule.values, 'disable_outbound_snat') ?? false,
      });
    }),
    inboundNatRules: parts('nat_rule').map((rule) =>
      filled({
        id: rule.id,
        name: text(rule.values, 'name'),
        frontendIPConfiguration: frontend(text(rule.values, 'frontend_ip_configuration_name')),
        protocol: text(rule.values, 'protocol'),
        frontendPort: number(rule.values, 'frontend_port'),
        frontendPortRangeStart: number(rule.values, 'frontend_port_start'),
        frontendPortRangeEnd: number(rule.values, 'frontend_port_end'),
        backendPort: number(rule.values, 'backend_port'),
        backendAddressPool: reference(text(rule.values, 'backend_address_pool_id')),
        backendIPConfiguration: reference(configurationWith(side, rule.id)),
      }),
    ),
    outboundRules: parts('outbound_rule').map((rule) =>
      filled({
        id: rule.id,
        name: text(rule.values, 'name'),
        protocol: text(rule.values, 'protocol') ?? 'All',
        backendAddressPool: reference(text(rule.values, 'backend_address_pool_id')),
        frontendIPConfigurations: blocks(rule.values, 'frontend_ip_configuration').flatMap(
          (one) => frontend(text(one, 'name')) ?? [],
        ),
      }),
    ),
  };
}

/** The interface configuration that an inbound rule leads to. */
function configurationWith(side: Side, rule: string): string | undefined {
  const [link] = side.naming('azurerm_network_interface_nat_rule_association', 'nat_rule_id', rule);
  const [nic, name] = [text(link?.values, 'network_interface_id'), text(link?.values, 'ip_configuration_name')];
  return nic === undefined || name === undefined ? undefined : `${nic}/ipConfigurations/${name}`;
}

function nicId({ id }: Resource): string {
  return `${id}/networkInterfaces/nic`.replace(
    /\/privateEndpoints\/([^/]+)\/networkInterfaces\/nic$/i,
    '/networkInterfaces/$1.nic',
  );
}

function endpointOf(endpoint: Resource): Json {
  const { values } = endpoint;
  const connections = blocks(values, 'private_service_connection');
  const manual = (flag_: boolean) =>
    connections
      .filter((one) => (flag(one, 'is_manual_connection') ?? false) === flag_)
      .map((one) => ({
        name: text(one, 'name'),
        // A connection that asks waits for its owner; others approve themselves.
        privateLinkServiceConnectionState: { status: flag_ ? 'Pending' : 'Approved' },
      }));
  return filled({
    ...named(endpoint),
    subnet: reference(text(values, 'subnet_id')),
    networkInterfaces: references([text(block(values, 'network_interface'), 'id') ?? nicId(endpoint)]),
    privateLinkServiceConnections: manual(false),
    manualPrivateLinkServiceConnections: manual(true),
  });
}

function endpointNic(side: Side, endpoint: Resource): Json {
  const { id, values } = endpoint;
  const subnet = text(values, 'subnet_id');
  const own = text(block(values, 'network_interface'), 'id') ?? nicId(endpoint);
  const known =
    blocks(values, 'private_service_connection')
      .flatMap((one) => text(one, 'private_ip_address') ?? [])
      .find((one) => unknownIn(one) === undefined) ?? text(block(values, 'ip_configuration'), 'private_ip_address');
  return filled({
    id: own,
    name: own.slice(own.lastIndexOf('/') + 1),
    location: text(values, 'location'),
    privateEndpoint: { id },
    ipConfigurations: [
      filled({
        id: `${own}/ipConfigurations/privateEndpointIpConfig`,
        name: 'privateEndpointIpConfig',
        primary: true,
        privateIPAddress: known ?? side.madeUp.private(own, subnet?.toLowerCase() ?? '', rangesOf(side, subnet)[0]),
        subnet: reference(subnet),
      }),
    ],
  });
}
