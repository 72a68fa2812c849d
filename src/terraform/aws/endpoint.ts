/**
 * VPC endpoints: gateway endpoints with the routes that they write into the tables that they name, and the interfaces of
 * interface endpoints.
 * Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/vpc_endpoint
 */
import type { Family } from '../family.ts';
import { partOf } from '../kinds.ts';
import { type Resource, type Side, isChanged } from '../side.ts';
import { type Json, distinct, filled, text, texts } from '../values.ts';
import { tags } from './common.ts';
import { groupsOn, placed } from './interface.ts';

export const endpointFamily: Family = {
  types: [
    'aws_vpc_endpoint',
    'aws_vpc_endpoint_route_table_association',
    'aws_vpc_endpoint_subnet_association',
    'aws_vpc_endpoint_security_group_association',
    'aws_vpc_endpoint_service',
  ],
  ids: { aws_vpc_endpoint: (_, address) => `vpce-${address}` },
  read: (side) => {
    const endpoints = side.managed('aws_vpc_endpoint');
    for (const { values } of side.absent('aws_vpc_endpoint'))
      for (const eni of texts(values, 'network_interface_ids')) side.amended.add(eni);
    return [
      { kind: 'VpcEndpoints', records: endpoints.map((one) => endpointOf(side, one)) },
      { kind: 'NetworkInterfaces', records: endpoints.flatMap((one) => interfacesOf(side, one)) },
    ];
  },
};

function typeOf({ values }: Resource): string {
  return text(values, 'vpc_endpoint_type') ?? 'Gateway';
}

function endpointOf(side: Side, endpoint: Resource): Json {
  const { id, values } = endpoint;
  return {
    VpcEndpointId: id,
    VpcEndpointType: typeOf(endpoint),
    VpcId: text(values, 'vpc_id'),
    ServiceName: text(values, 'service_name'),
    State: 'available',
    RouteTableIds: tablesOf(side, endpoint),
    SubnetIds: withSeparate(side, endpoint, 'subnet_ids', 'aws_vpc_endpoint_subnet_association', 'subnet_id'),
    Tags: tags(values),
  };
}

function tablesOf(side: Side, endpoint: Resource): string[] {
  return withSeparate(side, endpoint, 'route_table_ids', 'aws_vpc_endpoint_route_table_association', 'route_table_id');
}

/** What an endpoint lists, and what resources of their own add: those are mirrored in the list. */
function withSeparate(side: Side, { id, values }: Resource, list: string, type: string, key: string): string[] {
  const mirrored = new Set(
    side
      .either(type)
      .filter((one) => text(one.values, 'vpc_endpoint_id') === id)
      .flatMap((one) => text(one.values, key) ?? []),
  );
  const separate = side.naming(type, 'vpc_endpoint_id', id).flatMap((one) => text(one.values, key) ?? []);
  return distinct([...texts(values, list).filter((one) => !mirrored.has(one)), ...separate]);
}

/** Without groups of its own an interface endpoint is in the default group of the VPC. */
function interfacesOf(side: Side, endpoint: Resource): Json[] {
  const { id, values } = endpoint;
  if (typeOf(endpoint) !== 'Interface') return [];
  const groups = withSeparate(
    side,
    endpoint,
    'security_group_ids',
    'aws_vpc_endpoint_security_group_association',
    'security_group_id',
  );
  const known = texts(values, 'network_interface_ids');
  const subnets = withSeparate(side, endpoint, 'subnet_ids', 'aws_vpc_endpoint_subnet_association', 'subnet_id');
  return subnets.map((subnet, i) => {
    const eni = (known.length === subnets.length ? known[i] : undefined) ?? partOf(id, `eni${i}`);
    return filled(
      placed(side, eni, subnet, {
        groups: groupsOn(side, eni, groups, text(values, 'vpc_id')),
        privates: [],
        more: { InterfaceType: 'vpc_endpoint', Description: `VPC Endpoint Interface ${id}` },
      }),
    );
  });
}

/** The gateway endpoints of either side that write routes into these tables. */
export function endpointsOn(side: Side, ids: readonly string[]): ReadonlySet<string> {
  const linked = side
    .either('aws_vpc_endpoint_route_table_association')
    .filter(({ values }) => ids.includes(text(values, 'route_table_id') ?? ''))
    .flatMap(({ values }) => text(values, 'vpc_endpoint_id') ?? []);
  const own = side
    .either('aws_vpc_endpoint')
    .filter((one) => typeOf(one) === 'Gateway' && texts(one.values, 'route_table_ids').some((id) => ids.includes(id)))
    .map(({ id }) => id);
  return new Set([...linked, ...own]);
}

/**
 * The routes that gateway endpoints write into a table: to the service's list of prefixes. Which addresses those are is told
 * by a data source or a snapshot, else by nobody: then the rest of the table is judged without them.
 */
export function endpointRoutes(side: Side, ids: readonly string[]): Json[] {
  return side.managed('aws_vpc_endpoint').flatMap((one): Json[] => {
    if (typeOf(one) !== 'Gateway' || !tablesOf(side, one).some((table) => ids.includes(table))) return [];
    const list = text(one.values, 'prefix_list_id');
    const isKnown = side.isOver || side.all('aws_prefix_list').some(({ id }) => id === list);
    if (list !== undefined && isKnown)
      return [{ DestinationPrefixListId: list, GatewayId: one.id, State: 'active', Origin: 'CreateRoute' }];
    if (isChanged(one.instance))
      side.lacks(
        `the addresses behind ${one.instance.address}`,
        list === undefined ? null : `aws ec2 describe-prefix-lists --prefix-list-ids ${list}`,
      );
    return [];
  });
}
