/**
 * Transit gateways: attachments, which table each is associated with and propagates to, and the routes of each table. New
 * attachments use the gateway's default table unless a switch says otherwise.
 * Sources: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/ec2_transit_gateway,
 * .../ec2_transit_gateway_vpc_attachment, .../ec2_transit_gateway_route
 */
import type { Family, Listing } from '../family.ts';
import { partOf } from '../kinds.ts';
import type { Resource, Side } from '../side.ts';
import { type Json, type Values, blocks, distinct, filled, flag, text, texts, unknownValue } from '../values.ts';
import { subnetsOf, tags } from './common.ts';

const VPC = 'aws_ec2_transit_gateway_vpc_attachment';
const ASSOCIATION = 'aws_ec2_transit_gateway_route_table_association';
const PROPAGATION = 'aws_ec2_transit_gateway_route_table_propagation';
const ROUTE = 'aws_ec2_transit_gateway_route';
const LIST = 'aws_ec2_transit_gateway_prefix_list_reference';
const PEERING = 'aws_ec2_transit_gateway_peering_attachment';

export const transitGatewayFamily: Family = {
  types: [
    'aws_ec2_transit_gateway',
    VPC,
    `${VPC}_accepter`,
    PEERING,
    `${PEERING}_accepter`,
    'aws_ec2_transit_gateway_route_table',
    ASSOCIATION,
    PROPAGATION,
    ROUTE,
    LIST,
  ],
  read: (side) => {
    const attachments = attachmentsOf(side);
    if (attachments.length === 0 && tablesOf(side).length === 0) return [];
    return [
      {
        kind: 'TransitGateways',
        records: side.all('aws_ec2_transit_gateway').map(({ id, values }) => ({
          TransitGatewayId: id,
          State: 'available',
          Options: filled({
            SecurityGroupReferencingSupport: text(values, 'security_group_referencing_support') ?? 'disable',
          }),
          Tags: tags(values),
        })),
      },
      {
        kind: 'TransitGatewayVpcAttachments',
        records: attachments.filter(({ type }) => type === 'vpc').map((one) => vpcRecord(side, one)),
        complete: true,
      },
      {
        kind: 'TransitGatewayAttachments',
        records: attachments.map((one) => attachmentRecord(side, one)),
        complete: true,
      },
      {
        kind: 'TransitGatewayRouteTables',
        records: tablesOf(side).map(({ id, gateway }) => ({
          TransitGatewayRouteTableId: id,
          TransitGatewayId: gateway,
          State: 'available',
        })),
      },
      ...tablesOf(side).flatMap((table) => routesOf(side, table, attachments)),
    ];
  },
};

interface Attachment {
  readonly id: string;
  readonly type: 'vpc' | 'peering' | 'vpn';
  readonly gateway: string | undefined;
  /** The VPC, connection or gateway behind it. */
  readonly behind: string | undefined;
  readonly values: Values;
  /** The plan makes it; else a data source or the snapshot tells of it. */
  readonly isOwn: boolean;
  /** Its record in the snapshot. */
  readonly existing?: Json | undefined;
}

function attachmentsOf(side: Side): Attachment[] {
  const managed = (type: string, what: Attachment['type'], behind: string): Attachment[] =>
    side.all(type).map(({ id, instance, values, existing }) => ({
      id,
      type: what,
      gateway: text(values, 'transit_gateway_id'),
      behind: text(values, behind),
      values,
      isOwn: instance.mode === 'managed',
      existing,
    }));
  const peerings = managed(PEERING, 'peering', 'peer_transit_gateway_id');
  // One attachment, seen from both gateways.
  const twins = peerings.flatMap((one) =>
    side.get(one.behind) === undefined ? [] : [{ ...one, gateway: one.behind, behind: one.gateway }],
  );
  const vpns = side
    .managed('aws_vpn_connection')
    .filter(({ values }) => text(values, 'transit_gateway_id') !== undefined)
    .map(
      ({ id, values }): Attachment => ({
        id: text(values, 'transit_gateway_attachment_id') ?? partOf(id, 'attachment'),
        type: 'vpn',
        gateway: text(values, 'transit_gateway_id'),
        behind: id,
        values,
        isOwn: true,
      }),
    );
  return [...managed(VPC, 'vpc', 'vpc_id'), ...peerings, ...twins, ...vpns];
}

function vpcRecord(side: Side, { id, gateway, behind, values, existing }: Attachment): Json {
  if (existing !== undefined) return existing;
  // Whether a subnet without a known zone has an attachment in its zone is not known either.
  const dark = subnetsOf(side).find((one) => text(one.values, 'vpc_id') === behind && zoneOf(one) === undefined);
  return {
    TransitGatewayAttachmentId: id,
    TransitGatewayId: gateway,
    VpcId: behind,
    State: 'available',
    SubnetIds: [
      ...texts(values, 'subnet_ids'),
      ...(dark === undefined ? [] : [unknownValue(`the zone of ${dark.instance.address}`)]),
    ],
    Options: filled({
      ApplianceModeSupport: text(values, 'appliance_mode_support'),
      Ipv6Support: text(values, 'ipv6_support'),
      SecurityGroupReferencingSupport: text(values, 'security_group_referencing_support'),
    }),
    Tags: tags(values),
  };
}

function zoneOf({ values }: Resource): string | undefined {
  return text(values, 'availability_zone') ?? text(values, 'availability_zone_id');
}

function attachmentRecord(side: Side, attachment: Attachment): Json {
  const isPlanned = side
    .either(ASSOCIATION)
    .some(({ values }) => text(values, 'transit_gateway_attachment_id') === attachment.id);
  if (attachment.existing !== undefined && isPlanned) side.amended.add(attachment.id);
  const table = tableFor(side, attachment);
  return filled({
    TransitGatewayAttachmentId: attachment.id,
    TransitGatewayId: attachment.gateway,
    ResourceType: attachment.type,
    ResourceId: attachment.behind,
    State: 'available',
    Association: table === undefined ? undefined : { TransitGatewayRouteTableId: table, State: 'associated' },
  });
}

/** The table that routes what comes from an attachment. */
function tableFor(side: Side, { id, gateway, type, values }: Attachment): string | undefined {
  const tables = new Map(tablesOf(side).map((table) => [table.id, table]));
  const [named] = side
    .naming(ASSOCIATION, 'transit_gateway_attachment_id', id)
    .flatMap((one) => text(one.values, 'transit_gateway_route_table_id') ?? [])
    .filter((table) => type !== 'peering' || [gateway, undefined].includes(tables.get(table)?.gateway));
  if (named !== undefined) return named;
  return usesDefault(side, id, gateway, values, 'association') ? defaultTable(side, gateway, 'association') : undefined;
}

/** Whether an attachment is associated with, or propagates to, the gateway's default table. */
function usesDefault(
  side: Side,
  id: string,
  gateway: string | undefined,
  values: Values,
  what: 'association' | 'propagation',
): boolean {
  const home = side.get(gateway);
  if ((text(home?.values, `default_route_table_${what}`) ?? 'enable') !== 'enable') return false;
  const key = `transit_gateway_default_route_table_${what}`;
  const [accepter] = side.naming(`${VPC}_accepter`, 'transit_gateway_attachment_id', id);
  return flag(accepter?.values, key) ?? flag(values, key) ?? true;
}

function defaultTable(
  side: Side,
  gateway: string | undefined,
  what: 'association' | 'propagation',
): string | undefined {
  if (gateway === undefined) return undefined;
  return text(side.get(gateway)?.values, `${what}_default_route_table_id`) ?? partOf(gateway, 'default_route_table');
}

interface Table {
  readonly id: string;
  readonly gateway: string | undefined;
  /** All its routes are the plan's. */
  readonly isOwn: boolean;
}

function tablesOf(side: Side): Table[] {
  const own = side.all('aws_ec2_transit_gateway_route_table').map(({ id, instance, values }) => ({
    id,
    gateway: text(values, 'transit_gateway_id'),
    isOwn: instance.mode === 'managed',
  }));
  const defaults = side.all('aws_ec2_transit_gateway').flatMap(({ id, instance }) =>
    distinct([defaultTable(side, id, 'association'), defaultTable(side, id, 'propagation')]).map((table) => ({
      id: table ?? '',
      gateway: id,
      isOwn: instance.mode === 'managed',
    })),
  );
  return [...new Map([...own, ...defaults].map((table) => [table.id, table])).values()];
}

/** What a table holds; of a table that others write too it is only known together with a snapshot. */
function routesOf(side: Side, table: Table, attachments: readonly Attachment[]): Listing[] {
  const byId = new Map(attachments.map((one) => [one.id, one]));
  const target = (id: string | undefined) => {
    const one = byId.get(id ?? '');
    return [filled({ TransitGatewayAttachmentId: id, ResourceType: one?.type, ResourceId: one?.behind })];
  };
  const KEY = 'transit_gateway_route_table_id';
  const fixed = side
    .naming(ROUTE, KEY, table.id)
    .map(({ values }) => ({ DestinationCidrBlock: text(values, 'destination_cidr_block'), ...ends(values, target) }));
  const lists = side
    .naming(LIST, KEY, table.id)
    .map(({ values }) => ({ PrefixListId: text(values, 'prefix_list_id'), ...ends(values, target) }));
  const asked = side
    .naming(PROPAGATION, KEY, table.id)
    .map(({ values }) => text(values, 'transit_gateway_attachment_id'));
  const propagations = new Set(asked);
  const propagated = attachments
    .filter(
      (one) =>
        one.type !== 'peering' &&
        one.gateway === table.gateway &&
        (propagations.has(one.id) ||
          (one.isOwn &&
            defaultTable(side, one.gateway, 'propagation') === table.id &&
            usesDefault(side, one.id, one.gateway, one.values, 'propagation'))),
    )
    .flatMap((one) =>
      announced(side, one).map((DestinationCidrBlock) => ({
        DestinationCidrBlock,
        State: 'active',
        Type: 'propagated',
        TransitGatewayAttachments: target(one.id),
      })),
    );
  const own = [...fixed, ...lists, ...propagated];
  const listed = side.told(SEARCH, table.id);
  const planned = plannedFor(side, table);
  if (!table.isOwn && !planned.isAny) return [];
  if (!table.isOwn && listed === undefined) {
    if (side.isOver)
      side.lacks(
        `the routes of transit gateway route table ${table.id}`,
        `aws ec2 search-transit-gateway-routes --transit-gateway-route-table-id ${table.id} --filters Name=state,Values=active,blackhole`,
      );
    return [];
  }
  return [
    {
      kind: SEARCH,
      request: { TransitGatewayRouteTableId: table.id },
      records: [...(listed ?? []).filter((route) => !planned.isMirror(route)), ...own],
      complete: true,
    },
  ];
}

const SEARCH = 'Routes@search-transit-gateway-routes';

/** What of a table's routes is the plan's on either side. */
function plannedFor(side: Side, table: Table): { isAny: boolean; isMirror: (route: Values) => boolean } {
  const isHere = ({ values }: Resource) => text(values, 'transit_gateway_route_table_id') === table.id;
  const all = (type: string, key: string) =>
    new Set(side.either(type).flatMap((one) => (isHere(one) ? (text(one.values, key) ?? []) : [])));
  const [routes, lists] = [all(ROUTE, 'destination_cidr_block'), all(LIST, 'prefix_list_id')];
  const senders = all(PROPAGATION, 'transit_gateway_attachment_id');
  if (defaultTable(side, table.gateway, 'propagation') === table.id)
    for (const { id, values } of side.either(VPC, 'aws_vpn_connection'))
      if (text(values, 'transit_gateway_id') === table.gateway)
        senders.add(text(values, 'transit_gateway_attachment_id') ?? id);
  return {
    isAny: routes.size + lists.size + senders.size > 0,
    isMirror: (route) =>
      route['Type'] === 'propagated'
        ? blocks(route, 'TransitGatewayAttachments').some((one) =>
            senders.has(text(one, 'TransitGatewayAttachmentId') ?? ''),
          )
        : routes.has(text(route, 'DestinationCidrBlock') ?? '') || lists.has(text(route, 'PrefixListId') ?? ''),
  };
}

function ends(values: Values, target: (id: string | undefined) => Json[]): Json {
  return flag(values, 'blackhole') === true
    ? { State: 'blackhole', Type: 'static', TransitGatewayAttachments: [] }
    : {
        State: 'active',
        Type: 'static',
        TransitGatewayAttachments: target(text(values, 'transit_gateway_attachment_id')),
      };
}

/** The ranges that an attachment propagates. */
function announced(side: Side, { type, behind, values }: Attachment): string[] {
  if (type === 'vpn') {
    if (flag(values, 'static_routes_only') !== true)
      side.lacks(`what the far side of ${behind ?? 'a VPN connection'} announces by BGP`, null);
    const separate = side.naming('aws_vpn_connection_route', 'vpn_connection_id', behind);
    return [...separate.map((one) => one.values), ...blocks(values, 'routes')].flatMap(
      (one) => text(one, 'destination_cidr_block') ?? [],
    );
  }
  const vpc = side.get(behind);
  const more = side.naming('aws_vpc_ipv4_cidr_block_association', 'vpc_id', behind);
  return [vpc?.values, ...more.map((one) => one.values)].flatMap((one) => text(one, 'cidr_block') ?? []);
}
