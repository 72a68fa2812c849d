/**
 * Virtual networks with their subnets, inline and separate, what is associated with each subnet, and peerings. A plan shows
 * no state of a peering: it is connected where both halves are there.
 * Sources: https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/virtual_network, .../subnet,
 * .../virtual_network_peering
 */
import type { Family } from '../family.ts';
import { type Resource, type Side, isChanged } from '../side.ts';
import { type Json, type Values, blocks, filled, flag, isObject, text, texts, unknownIn } from '../values.ts';
import { NET, armIds, associated, fieldsOf, isBelow, named, names, reference, same, withFields } from './common.ts';

const PEERING = 'azurerm_virtual_network_peering';
/** What a subnet is associated with: the association, its attribute, and the API's field. */
const ASSOCIATIONS = [
  ['azurerm_subnet_network_security_group_association', 'network_security_group_id', 'networkSecurityGroup'],
  ['azurerm_subnet_route_table_association', 'route_table_id', 'routeTable'],
  ['azurerm_subnet_nat_gateway_association', 'nat_gateway_id', 'natGateway'],
] as const;

export const virtualNetworkFamily: Family = {
  types: [
    'azurerm_virtual_network',
    'azurerm_virtual_network_dns_servers',
    'azurerm_subnet',
    PEERING,
    ...ASSOCIATIONS.map(([type]) => type),
  ],
  ids: armIds('azurerm_virtual_network', 'azurerm_subnet', PEERING),
  read: (side) => [
    {
      kind: `${NET}/virtualnetworks`,
      records: [...side.all('azurerm_virtual_network').flatMap((vnet) => vnetOf(side, vnet)), ...orphans(side)],
      complete: true,
    },
  ],
};

function isIn(subnet: Resource, vnet: Resource): boolean {
  return isBelow(subnet.id, vnet.id) || names(subnet, 'virtual_network_name', vnet);
}

function vnetOf(side: Side, vnet: Resource): Json[] {
  const subnets = side.all('azurerm_subnet').filter((subnet) => isIn(subnet, vnet));
  const separate = subnets.map((subnet) => subnetOf(side, subnet));
  if (vnet.existing !== undefined) return amended(side, vnet, vnet.existing, separate);
  // Subnets of their own resources are mirrored in the network that was read.
  const known = new Set(
    [...side.either('azurerm_subnet'), ...subnets]
      .filter((subnet) => isIn(subnet, vnet))
      .map(({ values }) => text(values, 'name')?.toLowerCase()),
  );
  const inline = blocks(vnet.values, 'subnet')
    .filter((subnet) => !known.has(text(subnet, 'name')?.toLowerCase()))
    .map((subnet) => inlineSubnet(side, vnet, subnet));
  return [
    {
      ...named(vnet),
      addressSpace: { addressPrefixes: texts(vnet.values, 'address_space') },
      subnets: [...separate, ...inline],
      virtualNetworkPeerings: [...othersPeerings(side, vnet), ...peerings(side, vnet)],
    },
  ];
}

/** The halves of a managed network that other configurations made. */
function othersPeerings(side: Side, vnet: Resource): readonly Values[] {
  const recorded = side.recorded(`${NET}/virtualnetworks`, vnet.id);
  if (recorded === undefined) return [];
  const fields = fieldsOf(recorded);
  const own = new Set(
    side
      .either(PEERING)
      .filter((one) => isIn(one, vnet))
      .map(({ values }) => text(values, 'name')),
  );
  return (metBy(side, vnet, fields) ?? blocks(fields, 'virtualNetworkPeerings')).filter(
    (one) => !own.has(text(one, 'name')),
  );
}

function inlineSubnet(side: Side, vnet: Resource, subnet: Values): Json {
  const id = text(subnet, 'id') ?? `${vnet.id}/subnets/${text(subnet, 'name') ?? ''}`;
  return filled({
    id,
    name: text(subnet, 'name'),
    addressPrefixes: prefixes(subnet),
    defaultOutboundAccess: flag(subnet, 'default_outbound_access_enabled') ?? true,
    privateEndpointNetworkPolicies: text(subnet, 'private_endpoint_network_policies'),
    ...linksOf(side, id),
    ...filled({
      networkSecurityGroup: reference(text(subnet, 'security_group')),
      routeTable: reference(text(subnet, 'route_table_id')),
    }),
  });
}

function prefixes(subnet: Values): string[] {
  const single = text(subnet, 'address_prefix');
  return [...texts(subnet, 'address_prefixes'), ...(single === undefined ? [] : [single])];
}

function subnetOf(side: Side, subnet: Resource): Json {
  const { id, instance, values } = subnet;
  const listed = instance.mode === 'data' ? ['network_security_group_id', 'route_table_id'] : [];
  const [group, table] = listed.map((key) => text(values, key));
  for (const prefix of prefixes(values))
    if (unknownIn(prefix) !== undefined) side.lacks(`the range of ${instance.address}, known only after apply`, null);
  return filled({
    id,
    name: text(values, 'name'),
    addressPrefixes: prefixes(values),
    defaultOutboundAccess: flag(values, 'default_outbound_access_enabled') ?? true,
    privateEndpointNetworkPolicies: policiesOf(values),
    serviceEndpoints: texts(values, 'service_endpoints').map((service) => ({ service })),
    ...othersLinks(side, id),
    ...filled({ networkSecurityGroup: reference(group), routeTable: reference(table) }),
    ...linksOf(side, id),
  });
}

/** What other configurations associate with a subnet, as far as the plan has no association of that sort for it. */
function othersLinks(side: Side, id: string): Json {
  const home = side.recorded(`${NET}/virtualnetworks`, id.replace(/\/subnets\/[^/]*$/i, ''));
  const listed = home === undefined ? [] : blocks(fieldsOf(home), 'subnets');
  const known = listed.find((one) => same(text(one, 'id'), id));
  if (known === undefined) return {};
  const fields = fieldsOf({ ...known });
  return Object.fromEntries(
    ASSOCIATIONS.filter(
      ([type]) => !side.either(type).some(({ values }) => same(text(values, 'subnet_id'), id)),
    ).flatMap(([, , field]) => (isObject(fields[field]) ? [[field, fields[field]]] : [])),
  );
}

/** Older plugins say it with a switch, and some the wrong way round. */
function policiesOf(values: Values): string | undefined {
  const old = flag(values, 'private_endpoint_network_policies_enabled');
  return (
    text(values, 'private_endpoint_network_policies') ?? (old === undefined ? undefined : old ? 'Enabled' : 'Disabled')
  );
}

function linksOf(side: Side, id: string): Json {
  return filled(
    Object.fromEntries(
      ASSOCIATIONS.map(([type, key, field]) => [field, reference(associated(side, type, 'subnet_id', id, key))]),
    ),
  );
}

/** A network of the snapshot with the subnets, associations and peerings that the plan gives it. */
function amended(side: Side, vnet: Resource, existing: Json, separate: readonly Json[]): Json[] {
  const own = peerings(side, vnet);
  const fields = fieldsOf(existing);
  const planned = new Set(
    side
      .either('azurerm_subnet')
      .filter((subnet) => isIn(subnet, vnet))
      .map(({ values }) => text(values, 'name')?.toLowerCase()),
  );
  const touched = new Set(
    ASSOCIATIONS.flatMap(([type]) =>
      side.either(type).flatMap(({ values }) => text(values, 'subnet_id')?.toLowerCase() ?? []),
    ),
  );
  const listed = blocks(fields, 'subnets');
  const isTouched = listed.some((one) => touched.has(text(one, 'id')?.toLowerCase() ?? ''));
  const plannedPeerings = new Set(
    side
      .either(PEERING)
      .filter((one) => isIn(one, vnet))
      .map(({ values }) => text(values, 'name')),
  );
  const met = metBy(side, vnet, fields);
  if (!isTouched && planned.size === 0 && plannedPeerings.size === 0 && met === undefined) return [];
  side.amended.add(vnet.id);
  const kept = listed
    .filter((one) => !planned.has(text(one, 'name')?.toLowerCase()))
    .map((one) => {
      const id = text(one, 'id') ?? '';
      if (!touched.has(id.toLowerCase())) return one;
      const concerned = ASSOCIATIONS.filter(([type]) =>
        side.either(type).some(({ values }) => same(text(values, 'subnet_id'), id)),
      );
      const links = linksOf(side, id);
      return withFields({ ...one }, Object.fromEntries(concerned.map(([, , field]) => [field, links[field] ?? null])));
    });
  return [
    withFields(existing, {
      subnets: [...kept, ...separate.filter((one) => planned.has(text(one, 'name')?.toLowerCase()))],
      virtualNetworkPeerings: [
        ...(met ?? blocks(fields, 'virtualNetworkPeerings')).filter((one) => !plannedPeerings.has(text(one, 'name'))),
        ...own,
      ],
    }),
  ];
}

/** Halves that the snapshot holds and the plan's halves connect; undefined where there are none. */
function metBy(side: Side, vnet: Resource, fields: Values): Values[] | undefined {
  const towards = side
    .managed(PEERING)
    .filter(({ values }) => same(text(values, 'remote_virtual_network_id'), vnet.id));
  const listed = blocks(fields, 'virtualNetworkPeerings');
  const isMet = (one: Values) => {
    const remote = fieldsOf(one)['remoteVirtualNetwork'];
    const id = isObject(remote) ? text(remote, 'id') : undefined;
    return towards.some(
      (half) =>
        id !== undefined && (isBelow(half.id, id) || same(vnetNameIn(id), text(half.values, 'virtual_network_name'))),
    );
  };
  return listed.some(isMet)
    ? listed.map((one) => (isMet(one) ? withFields({ ...one }, { peeringState: 'Connected' }) : one))
    : undefined;
}

function vnetNameIn(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}

/** Subnets that were looked up without their network: it is known by them alone. */
function orphans(side: Side): Json[] {
  const vnets = side.all('azurerm_virtual_network');
  const alone = side
    .all('azurerm_subnet')
    .filter(({ instance }) => instance.mode === 'data')
    .filter((subnet) => !vnets.some((vnet) => isIn(subnet, vnet)));
  const parents = new Map<string, Resource[]>();
  for (const subnet of alone) {
    const parent = subnet.id.replace(/\/subnets\/[^/]*$/i, '');
    if (parent !== subnet.id) parents.set(parent, [...(parents.get(parent) ?? []), subnet]);
  }
  return [...parents].map(([id, subnets]) => {
    side.lacks(`virtual network ${vnetNameIn(id)}`, `az network vnet show --ids ${id} -o json`);
    return {
      id,
      name: vnetNameIn(id),
      addressSpace: { addressPrefixes: subnets.flatMap(({ values }) => prefixes(values)) },
      subnets: subnets.map((subnet) => subnetOf(side, subnet)),
      virtualNetworkPeerings: [],
    };
  });
}

function peerings(side: Side, vnet: Resource): Json[] {
  const all = side.managed(PEERING);
  return all
    .filter((one) => isIn(one, vnet))
    .map((one): Json => {
      const { instance, values } = one;
      const remote = text(values, 'remote_virtual_network_id');
      const far = side.all('azurerm_virtual_network').find(({ id }) => same(id, remote));
      const halves = blocks(far?.existing === undefined ? undefined : fieldsOf(far.existing), 'virtualNetworkPeerings');
      const back =
        all.some(
          (other) =>
            same(text(other.values, 'remote_virtual_network_id'), vnet.id) && (far === undefined || isIn(other, far)),
        ) ||
        halves.some((half) => {
          const twin = fieldsOf(half)['remoteVirtualNetwork'];
          return isObject(twin) && same(text(twin, 'id'), vnet.id);
        });
      const isElsewhere = far === undefined || (far.instance.mode === 'data' && far.existing === undefined);
      if (!back && isElsewhere && isChanged(instance))
        side.lacks(`whether the other side of ${instance.address} has its half of the peering`, null);
      return filled({
        id: `${vnet.id}/virtualNetworkPeerings/${text(values, 'name') ?? instance.name}`,
        name: text(values, 'name'),
        remoteVirtualNetwork: reference(remote),
        peeringState: back ? 'Connected' : 'Initiated',
        remoteAddressSpace: { addressPrefixes: texts(far?.values, 'address_space') },
        allowVirtualNetworkAccess: flag(values, 'allow_virtual_network_access') ?? true,
        allowForwardedTraffic: flag(values, 'allow_forwarded_traffic') ?? false,
        allowGatewayTransit: flag(values, 'allow_gateway_transit') ?? false,
        useRemoteGateways: flag(values, 'use_remote_gateways') ?? false,
        peerCompleteVnets: flag(values, 'peer_complete_virtual_networks_enabled'),
        localSubnetNames: texts(values, 'local_subnet_names'),
        remoteSubnetNames: texts(values, 'remote_subnet_names'),
      });
    });
}
