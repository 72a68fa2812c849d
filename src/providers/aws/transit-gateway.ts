/**
 * Transit gateways: the attachment that a packet comes from names the table that routes it (association); tables hold
 * attachments as targets (propagation or static routes). A VPC needs an attachment subnet in the sender's zone; packets
 * leave into the attachment subnet, whose own table routes on.
 * Sources: https://docs.aws.amazon.com/vpc/latest/tgw/how-transit-gateways-work.html, .../tgw-vpc-attachments.html, .../tgw-nacls.html
 */
import type { NextHop, RouteEntry } from '../../model/network.ts';
import type { Origin } from '../../model/origin.ts';
import { parseCidr, prefixLengthOf } from '../../net/address.ts';
import type { Estate, SubnetFacts } from './estate.ts';
import type { Entry } from './inventory.ts';
import type { NetworkAcls } from './network-acl.ts';
import { prefixListCidrs } from './prefix-list.ts';
import { type Json, object, objects, strings, text } from './record.ts';
import type { Target } from './route-table.ts';
import { tableOf, vpcDoor } from './subnet.ts';

/** Same prefix: static, then prefix list, then by what the attachment is. */
const TYPE_RANK: Readonly<Record<string, number>> = {
  vpc: 2,
  'direct-connect-gateway': 3,
  connect: 4,
  vpn: 5,
  peering: 6,
};

export function readTransitGateways(estate: Estate, acls: NetworkAcls): Target {
  const gateways = new TransitGateways(estate, acls);
  return (id, from, route) => gateways.enter(id, from, route);
}

class TransitGateways {
  private readonly estate: Estate;
  private readonly acls: NetworkAcls;
  /** Attachment -> its table. */
  private readonly association = new Map<string, string>();
  private readonly defined = new Set<string>();

  constructor(estate: Estate, acls: NetworkAcls) {
    this.estate = estate;
    this.acls = acls;
    const { inventory } = estate;
    for (const { id, record } of inventory.all('TransitGatewayAttachments')) {
      const association = object(record, 'Association');
      const table = association === undefined ? undefined : text(association, 'TransitGatewayRouteTableId');
      if (table !== undefined && (text(association!, 'State') ?? 'associated') === 'associated')
        this.association.set(id, table);
    }
    for (const { request, records } of inventory.answers('Associations@get-transit-gateway-route-table-associations')) {
      const table = text(request, 'TransitGatewayRouteTableId');
      for (const record of records) {
        const attachment = text(record, 'TransitGatewayAttachmentId');
        if (table !== undefined && attachment !== undefined && (text(record, 'State') ?? 'associated') === 'associated')
          this.association.set(attachment, table);
      }
    }
    for (const { id, origin } of inventory.all('TransitGateways'))
      estate.builder.node(id, () => ({ id, origin, role: 'router', interfaces: [] }));
  }

  /** From a subnet onto a transit gateway, by the attachment's subnet in the sender's zone. */
  enter(gateway: string, from: SubnetFacts, route: Origin): NextHop {
    const attachments = this.estate.inventory
      .all('TransitGatewayVpcAttachments')
      .filter(({ record }) => text(record, 'VpcId') === from.vpc && text(record, 'TransitGatewayId') === gateway);
    const attachment = attachments.find(isAvailable) ?? attachments[0];
    if (attachment === undefined) {
      if (this.estate.inventory.knows('TransitGatewayVpcAttachments'))
        return {
          to: 'drop',
          code: 'aws-tgw-no-attachment',
          why: `${from.vpc} has no attachment to ${gateway}`,
          by: route,
        };
      return {
        to: 'missing',
        what: this.estate.missing(
          `the attachment of ${from.vpc} to ${gateway}`,
          `describe-transit-gateway-vpc-attachments --filters Name=vpc-id,Values=${from.vpc}`,
        ),
        by: route,
      };
    }
    if (!isAvailable(attachment))
      return {
        to: 'drop',
        code: 'aws-tgw-attachment-not-available',
        why: `${attachment.id} is ${text(attachment.record, 'State')}`,
        by: attachment.origin,
      };
    const near = this.subnetsOf(attachment).find((subnet) => subnet.zone !== undefined && subnet.zone === from.zone);
    if (near === undefined) {
      const unknown = strings(attachment.record, 'SubnetIds').find((id) => !this.estate.subnets.has(id));
      if (unknown !== undefined)
        return {
          to: 'missing',
          what: this.estate.missing(
            `subnet ${unknown} of ${attachment.id}`,
            `describe-subnets --subnet-ids ${unknown}`,
          ),
          by: attachment.origin,
        };
      return {
        to: 'drop',
        code: 'aws-tgw-az-not-attached',
        why: `${attachment.id} has no subnet in ${from.zone ?? 'the zone'} of ${from.entry.id}, so hosts there cannot get to ${gateway}`,
        by: attachment.origin,
      };
    }
    const door = this.doorFrom(gateway, attachment, near);
    const same = near.entry.id === from.entry.id;
    return same ? { to: 'hop', in: door.inside } : { to: 'hop', out: vpcDoor(from.entry.id), in: door.passing };
  }

  /** The gateway's interface in an attachment subnet: past that subnet's inbound ACL, or from inside it. */
  private doorFrom(gateway: string, attachment: Entry, subnet: SubnetFacts): { passing: string; inside: string } {
    const passing = `${attachment.id}#${subnet.entry.id}`;
    const inside = `${passing}#inside`;
    if (this.defined.has(passing)) return { passing, inside };
    this.defined.add(passing);
    const { builder } = this.estate;
    const acl = this.acls.define(subnet);
    if (!this.estate.inventory.get('TransitGateways', gateway))
      builder.node(gateway, () => ({
        id: gateway,
        origin: { ...attachment.origin, kind: 'transit gateway', id: gateway },
        role: 'router',
        interfaces: [],
      }));
    builder.interface(passing, () => ({
      id: passing,
      origin: attachment.origin,
      node: gateway,
      addresses: [],
      steps: [{ at: 'in', filter: acl.in }],
      table: passing,
    }));
    builder.interface(inside, () => ({
      id: inside,
      origin: attachment.origin,
      node: gateway,
      addresses: [],
      steps: [],
      table: passing,
    }));
    builder.table(passing, () => this.tableFor(passing, attachment, subnet.zone));
    return { passing, inside };
  }

  private tableFor(id: string, attachment: Entry, zone: string | undefined) {
    const { inventory } = this.estate;
    const tableId = this.association.get(attachment.id);
    if (tableId === undefined) {
      const known =
        inventory.knows('Associations@get-transit-gateway-route-table-associations') ||
        inventory.knows('TransitGatewayAttachments');
      const next: NextHop = known
        ? {
            to: 'drop',
            code: 'aws-tgw-no-association',
            why: `${attachment.id} is associated with no transit gateway route table`,
            by: attachment.origin,
          }
        : {
            to: 'missing',
            what: this.estate.missing(
              `the route table that ${attachment.id} is associated with`,
              'describe-transit-gateway-attachments',
            ),
            by: attachment.origin,
          };
      return {
        id,
        origin: attachment.origin,
        entries: [{ origin: attachment.origin, match: {}, next, rank: [0], text: 'no association' }],
      };
    }
    const listed = inventory.get('TransitGatewayRouteTables', tableId);
    const origin: Origin = listed?.origin ?? { ...attachment.origin, kind: 'transit gateway route table', id: tableId };
    const answers = inventory
      .answers('Routes@search-transit-gateway-routes')
      .filter(({ request }) => text(request, 'TransitGatewayRouteTableId') === tableId);
    const fetch = `search-transit-gateway-routes --transit-gateway-route-table-id ${tableId} --filters Name=state,Values=active,blackhole`;
    if (answers.length === 0)
      return {
        id,
        origin,
        entries: [
          {
            origin,
            match: {},
            next: { to: 'missing' as const, what: this.estate.missing(`the routes of ${tableId}`, fetch), by: origin },
            rank: [0],
            text: 'routes that are not in the snapshot',
          },
        ],
      };
    const entries = answers.flatMap(({ records, document }) =>
      records.flatMap((route, i) =>
        this.entries(
          route,
          { ...origin, file: document.file, pointer: document.placeOf?.(i) ?? `${document.pointer}/${i}` },
          zone,
        ),
      ),
    );
    return { id, origin, code: 'aws-tgw-no-route', entries };
  }

  private entries(route: Json, origin: Origin, zone: string | undefined): RouteEntry[] {
    const cidr = text(route, 'DestinationCidrBlock');
    const list = text(route, 'PrefixListId');
    const targets = objects(route, 'TransitGatewayAttachments');
    const shown = `${cidr ?? list ?? '?'} -> ${targets.map((target) => text(target, 'TransitGatewayAttachmentId')).join(', ') || text(route, 'State')}`;
    const next = this.nextOf(route, targets, origin, zone, shown);
    const propagated = text(route, 'Type') === 'propagated';
    const kind = propagated
      ? (TYPE_RANK[text(targets[0] ?? {}, 'ResourceType') ?? ''] ?? 7)
      : list === undefined
        ? 0
        : 1;
    const spans = list === undefined ? [parseCidr(cidr ?? '')] : prefixListCidrs(this.estate, list);
    if (spans === undefined)
      return [
        {
          origin,
          match: {},
          next,
          rank: [-129, 1],
          text: shown,
          unresolved: this.estate.missing(
            `the entries of prefix list ${list}`,
            `get-managed-prefix-list-entries --prefix-list-id ${list}`,
          ),
        },
      ];
    return spans.flatMap((span) =>
      span === undefined
        ? []
        : [{ origin, match: { dst: [span] }, next, rank: [-(prefixLengthOf(span) ?? 0), kind], text: shown }],
    );
  }

  private nextOf(
    route: Json,
    targets: readonly Json[],
    origin: Origin,
    zone: string | undefined,
    shown: string,
  ): NextHop {
    if (text(route, 'State') === 'blackhole')
      return {
        to: 'drop',
        code: 'aws-tgw-blackhole',
        why: `the route ${shown} of ${origin.id} is a blackhole`,
        by: origin,
      };
    const branches = targets.map((target) => this.leave(target, origin, zone));
    const only = branches[0];
    if (only === undefined)
      return {
        to: 'missing',
        what: { what: `the attachment of the route ${shown} of ${origin.id}`, fetch: null },
        by: origin,
      };
    return branches.length === 1 ? only : { to: 'fork', choose: 'any', branches };
  }

  /** Out of the gateway into an attachment: for a VPC the attachment subnet in the same zone if there is one, and its table. */
  private leave(target: Json, origin: Origin, zone: string | undefined): NextHop {
    const id = text(target, 'TransitGatewayAttachmentId');
    const type = text(target, 'ResourceType');
    if (type !== undefined && type !== 'vpc')
      return {
        to: 'missing',
        what: {
          what: `what is behind ${id ?? 'an attachment'} (${type}): netaudit does not model it yet`,
          fetch: null,
        },
        by: origin,
      };
    const attachment = this.estate.inventory.get('TransitGatewayVpcAttachments', id);
    if (attachment === undefined)
      return {
        to: 'missing',
        what: this.estate.missing(
          `attachment ${id ?? '?'}`,
          `describe-transit-gateway-vpc-attachments --transit-gateway-attachment-ids ${id ?? ''}`,
        ),
        by: origin,
      };
    if (!isAvailable(attachment))
      return {
        to: 'drop',
        code: 'aws-tgw-attachment-not-available',
        why: `${attachment.id} is ${text(attachment.record, 'State')}`,
        by: attachment.origin,
      };
    const subnets = this.subnetsOf(attachment);
    const exit = subnets.find((subnet) => subnet.zone !== undefined && subnet.zone === zone) ?? subnets[0];
    if (exit === undefined)
      return {
        to: 'missing',
        what: this.estate.missing(`the subnets of ${attachment.id}`, 'describe-subnets'),
        by: attachment.origin,
      };
    const door = `${exit.entry.id}#from-tgw`;
    this.estate.builder.interface(door, () => ({
      id: door,
      origin: attachment.origin,
      node: exit.entry.id,
      addresses: [],
      steps: [],
      table: tableOf(exit.entry.id),
    }));
    return { to: 'hop', in: door };
  }

  private subnetsOf(attachment: Entry): SubnetFacts[] {
    return strings(attachment.record, 'SubnetIds').flatMap((id) => this.estate.subnets.get(id) ?? []);
  }
}

function isAvailable(attachment: Entry): boolean {
  const state = text(attachment.record, 'State');
  return state === undefined || state === 'available';
}
