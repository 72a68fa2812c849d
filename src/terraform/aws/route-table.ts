/**
 * Route tables with their routes, inline and separate, and the main table of each VPC. The default VPC's main table leads
 * to its internet gateway.
 * Sources: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/route_table, .../route,
 * .../default_route_table, .../main_route_table_association, .../vpn_gateway_route_propagation
 */
import type { Family } from '../family.ts';
import { partOf } from '../kinds.ts';
import type { Resource, Side } from '../side.ts';
import { type Json, type Values, blocks, distinct, filled, text, texts, unknownIn } from '../values.ts';
import { broughtBy, madeVpcsOf, tags, vpcsOf } from './common.ts';
import { endpointRoutes, endpointsOn } from './endpoint.ts';
import { propagatedBy } from './vpn.ts';

export const routeTableFamily: Family = {
  types: [
    'aws_route_table',
    'aws_default_route_table',
    'aws_route',
    'aws_route_table_association',
    'aws_main_route_table_association',
    'aws_vpn_gateway_route_propagation',
  ],
  read: (side) => [{ kind: 'RouteTables', records: new Tables(side).records(), complete: true }],
};

const TARGETS: readonly (readonly [attribute: string, field: string])[] = [
  ['gateway_id', 'GatewayId'],
  ['nat_gateway_id', 'NatGatewayId'],
  ['egress_only_gateway_id', 'EgressOnlyInternetGatewayId'],
  ['vpc_peering_connection_id', 'VpcPeeringConnectionId'],
  ['transit_gateway_id', 'TransitGatewayId'],
  ['network_interface_id', 'NetworkInterfaceId'],
  ['instance_id', 'InstanceId'],
  ['vpc_endpoint_id', 'GatewayId'],
  ['local_gateway_id', 'LocalGatewayId'],
  ['carrier_gateway_id', 'CarrierGatewayId'],
  ['core_network_arn', 'CoreNetworkArn'],
  ['odb_network_arn', 'OdbNetworkArn'],
];

const DESTINATIONS = ['DestinationCidrBlock', 'DestinationIpv6CidrBlock', 'DestinationPrefixListId'];

function routeOf(values: Values): Json {
  const targets = TARGETS.flatMap(([attribute, field]) => {
    const id = text(values, attribute);
    return id === undefined ? [] : [[field, id] as const];
  });
  // One target is written; others are what a marker stands for, at most.
  const target = targets.find(([, id]) => unknownIn(id) === undefined) ?? targets[0];
  return filled({
    DestinationCidrBlock: text(values, 'cidr_block') ?? text(values, 'destination_cidr_block'),
    DestinationIpv6CidrBlock: text(values, 'ipv6_cidr_block') ?? text(values, 'destination_ipv6_cidr_block'),
    DestinationPrefixListId: text(values, 'destination_prefix_list_id'),
    ...(target === undefined ? {} : { [target[0]]: target[1] }),
    State: 'active',
    Origin: 'CreateRoute',
  });
}

function destinationOf(route: Values): string {
  return DESTINATIONS.map((key) => text(route, key) ?? '').join();
}

class Tables {
  private readonly side: Side;
  /** VPC -> the table that an association makes its main one. */
  private readonly mains: ReadonlyMap<string, string>;

  constructor(side: Side) {
    this.side = side;
    this.mains = new Map(
      side
        .managed('aws_main_route_table_association')
        .map(({ values }) => [text(values, 'vpc_id') ?? '', text(values, 'route_table_id') ?? '']),
    );
  }

  records(): Json[] {
    const adopted = new Set(
      this.side
        .managed('aws_default_route_table')
        .map(({ id, values }) => text(values, 'default_route_table_id') ?? id),
    );
    const tables = this.side
      .all('aws_route_table', 'aws_default_route_table')
      .filter(({ id, existing }) => existing === undefined || !adopted.has(id));
    const records = tables.flatMap((table) =>
      table.existing === undefined
        ? table.instance.mode === 'managed'
          ? [this.tableOf(table)]
          : []
        : this.amended(table, table.existing),
    );
    const known = new Set(records.map((record) => record['RouteTableId']));
    const hasMain = new Set(records.flatMap((record) => (isMain(record) ? [record['VpcId']] : [])));
    const defaults = madeVpcsOf(this.side)
      .filter((vpc) => !hasMain.has(vpc.id) && !known.has(broughtBy(vpc, 'main_route_table_id')))
      .map((vpc) => this.defaultOf(vpc));
    return [...records, ...defaults];
  }

  private tableOf(table: Resource): Json {
    const isDefault = table.instance.type === 'aws_default_route_table';
    const id = isDefault ? (text(table.values, 'default_route_table_id') ?? table.id) : table.id;
    const vpc = this.vpcOf(table, id, isDefault);
    this.side.amended.add(id);
    const ids = [id, table.id, ...(isDefault && vpc !== undefined ? defaultIds(vpc) : [])];
    const unknown = table.values['route'];
    const inline =
      unknownIn(unknown) === undefined
        ? blocks(table.values, 'route').map(routeOf)
        : [{ DestinationCidrBlock: unknown, State: 'active', Origin: 'CreateRoute' }];
    // What other configurations associate with it stays.
    const recorded = this.side.recorded('RouteTables', id);
    const others = blocks(recorded, 'Associations').filter(
      (link) => link['Main'] !== true && !this.isElsewhere(link, table.id) && !this.isElsewhere(link, id),
    );
    const isMainOf = vpc === undefined ? isDefault : this.isMain(vpc, ids, isDefault);
    return {
      RouteTableId: id,
      VpcId: vpc?.id ?? text(table.values, 'vpc_id') ?? recorded?.['VpcId'],
      Associations: [...this.associations(ids), ...others, ...(isMainOf ? [{ Main: true }] : [])],
      Routes: [
        ...(this.side.writes(table, 'route') ? inline : this.withoutMirrors(inline, ids)),
        ...this.separate(ids),
        ...this.propagated(ids, texts(table.values, 'propagating_vgws')),
        ...endpointRoutes(this.side, ids),
      ],
      Tags: tags(table.values),
    };
  }

  private amended(table: Resource, existing: Json): Json[] {
    const ids = [table.id];
    const [mirrored, gateways] = [this.mirrored(ids), this.announcing(ids)];
    const [linked, endpoints] = [blocks(existing, 'Associations'), endpointsOn(this.side, ids)];
    const kept = linked.filter((link) => link['Main'] === true || !this.isElsewhere(link, table.id));
    const own = this.associations(ids);
    const isMain = this.isMainNow(text(existing, 'VpcId'), table.id, linked);
    const wasMain = linked.some((link) => link['Main'] === true);
    if (mirrored.size + gateways.size + endpoints.size + own.length === 0 && kept.length === linked.length)
      if (isMain === wasMain) return [];
    this.side.amended.add(table.id);
    return [
      {
        ...existing,
        Associations: [
          ...kept.filter((link) => link['Main'] !== true),
          ...own,
          ...(isMain ? [linked.find((link) => link['Main'] === true) ?? { Main: true }] : []),
        ],
        Routes: [
          ...blocks(existing, 'Routes').filter(
            (route) =>
              !mirrored.has(destinationOf(route)) &&
              !endpoints.has(text(route, 'GatewayId') ?? '') &&
              !(route['Origin'] === 'EnableVgwRoutePropagation' && gateways.has(text(route, 'GatewayId') ?? '')),
          ),
          ...this.separate(ids),
          ...this.propagated(ids, []),
          ...endpointRoutes(this.side, ids),
        ],
      },
    ];
  }

  /** Whether an association of the snapshot is the plan's: a mirror of one of its own, or overruled by one to another table. */
  private isElsewhere(link: Values, table: string): boolean {
    const [subnet, gateway] = [text(link, 'SubnetId'), text(link, 'GatewayId')];
    const isSame = ({ values }: Resource) =>
      (subnet !== undefined && text(values, 'subnet_id') === subnet) ||
      (gateway !== undefined && text(values, 'gateway_id') === gateway);
    const type = 'aws_route_table_association';
    return (
      this.side.managed(type).some(isSame) ||
      this.side.either(type).some((one) => isSame(one) && text(one.values, 'route_table_id') === table)
    );
  }

  /** Whether a table of the snapshot is its VPC's main one on this side. */
  private isMainNow(vpc: string | undefined, table: string, linked: readonly Values[]): boolean {
    const named = this.mains.get(vpc ?? '');
    if (named !== undefined) return named === table;
    const gone = this.side
      .either('aws_main_route_table_association')
      .filter(({ instance, values }) => instance.before !== null && text(values, 'vpc_id') === vpc);
    // Without its association the VPC goes back to the table that was its main one before.
    if (gone.length > 0) return gone.some(({ values }) => text(values, 'original_route_table_id') === table);
    return linked.some((link) => link['Main'] === true);
  }

  /** The gateways whose announcements into these tables are the plan's on either side. */
  private announcing(ids: readonly string[]): ReadonlySet<string> {
    return new Set(
      this.side
        .either('aws_vpn_gateway_route_propagation')
        .filter(({ values }) => ids.includes(text(values, 'route_table_id') ?? ''))
        .flatMap(({ values }) => text(values, 'vpn_gateway_id') ?? []),
    );
  }

  private defaultOf(vpc: Resource): Json {
    const id = this.mains.get(vpc.id) ?? broughtBy(vpc, 'main_route_table_id');
    const ids = [id, ...defaultIds(vpc)];
    const isDefaultVpc = vpc.instance.type === 'aws_default_vpc';
    return {
      RouteTableId: id,
      VpcId: vpc.id,
      Associations: [...this.associations(ids), { Main: true }],
      Routes: [
        ...(isDefaultVpc
          ? [{ DestinationCidrBlock: '0.0.0.0/0', GatewayId: defaultGatewayOf(vpc), State: 'active' }]
          : []),
        ...this.separate(ids),
        ...this.propagated(ids, []),
        ...endpointRoutes(this.side, ids),
      ],
    };
  }

  private vpcOf(table: Resource, id: string, isDefault: boolean): Resource | undefined {
    const vpcs = vpcsOf(this.side);
    const named = vpcs.find((one) => one.id === text(table.values, 'vpc_id'));
    return named ?? (isDefault ? vpcs.find((one) => defaultIds(one).includes(id)) : undefined);
  }

  private isMain(vpc: Resource, ids: readonly string[], isDefault: boolean): boolean {
    const named = this.mains.get(vpc.id);
    if (named !== undefined) return ids.includes(named);
    return isDefault || ids.includes(broughtBy(vpc, 'main_route_table_id'));
  }

  private associations(ids: readonly string[]): Json[] {
    return ids.flatMap((id) =>
      this.side.naming('aws_route_table_association', 'route_table_id', id).map(({ values }) =>
        filled({
          SubnetId: text(values, 'subnet_id'),
          GatewayId: text(values, 'gateway_id'),
          Main: false,
          AssociationState: { State: 'associated' },
        }),
      ),
    );
  }

  private separate(ids: readonly string[]): Json[] {
    return ids.flatMap((id) =>
      this.side.naming('aws_route', 'route_table_id', id).map(({ values }) => routeOf(values)),
    );
  }

  /** Destinations of all routes of their own resources on either side: what the table lists of them is a mirror. */
  private mirrored(ids: readonly string[]): ReadonlySet<string> {
    return new Set(
      this.side
        .either('aws_route')
        .filter(({ values }) => ids.includes(text(values, 'route_table_id') ?? ''))
        .map(({ values }) => destinationOf(routeOf(values))),
    );
  }

  private withoutMirrors(inline: readonly Json[], ids: readonly string[]): readonly Json[] {
    const mirrored = this.mirrored(ids);
    return inline.filter((route) => !mirrored.has(destinationOf(route)));
  }

  /** What gateways announce: the networks behind their VPN connections. */
  private propagated(ids: readonly string[], listed: readonly string[]): Json[] {
    const named = ids
      .flatMap((id) => this.side.naming('aws_vpn_gateway_route_propagation', 'route_table_id', id))
      .flatMap(({ values }) => text(values, 'vpn_gateway_id') ?? []);
    return distinct([...listed, ...named]).flatMap((gateway) => propagatedBy(this.side, gateway));
  }
}

/** The ids by which a VPC's first table is known. */
function defaultIds(vpc: Resource): string[] {
  return [broughtBy(vpc, 'default_route_table_id'), broughtBy(vpc, 'main_route_table_id')];
}

export function defaultGatewayOf(vpc: Resource): string {
  return `igw-${partOf(vpc.id, 'internet_gateway')}`;
}

function isMain(record: Json): boolean {
  return (record['Associations'] as Json[]).some((one) => one['Main'] === true);
}
