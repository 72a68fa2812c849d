/**
 * Transit gateways: the attachment that a packet comes from names the table that routes it (association); tables hold
 * attachments as targets (propagation or static routes). A VPC needs an attachment subnet in the sender's zone; packets
 * leave into the attachment subnet, whose own table routes on.
 * Sources: https://docs.aws.amazon.com/vpc/latest/tgw/how-transit-gateways-work.html, .../tgw-vpc-attachments.html, .../tgw-nacls.html
 */
import type { NextHop, RouteEntry } from '../../model/network.ts';
import type { Origin } from '../../model/origin.ts';
import { cidrsOf, isPublic, parseCidr, prefixLengthOf } from '../../net/address.ts';
import { type Span, contains, normalise } from '../../net/spans.ts';
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

/** Attachments that lead out of the cloud. */
const HYBRID: ReadonlySet<string> = new Set(['vpn', 'direct-connect-gateway', 'connect']);

export function readTransitGateways(estate: Estate, acls: NetworkAcls): Target {
  const gateways = new TransitGateways(estate, acls);
  gateways.readStandings();
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
      if (table === undefined || (text(association!, 'State') ?? 'associated') !== 'associated') continue;
      const isPeering = text(record, 'ResourceType') === 'peering';
      this.association.set(isPeering ? `${id} ${text(record, 'TransitGatewayId') ?? ''}` : id, table);
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

  private tableFor(id: string, attachment: Entry, zone: string | undefined, key = attachment.id) {
    const { inventory } = this.estate;
    const tableId = this.association.get(key);
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
    // A collector that asks for static routes alone leaves the rest to the list of propagations.
    const isPartial = answers.every(({ request }) => JSON.stringify(request['Filters'] ?? '').includes('"static"'));
    const propagated = isPartial ? this.propagated(tableId, origin, zone, fetch) : [];
    return { id, origin, code: 'aws-tgw-no-route', entries: [...entries, ...propagated] };
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

  /** Routes that attachments propagate into a table, worked out from what stands behind them. */
  private propagated(tableId: string, origin: Origin, zone: string | undefined, fetch: string): RouteEntry[] {
    const { inventory } = this.estate;
    const answers = inventory
      .answers('TransitGatewayRouteTablePropagations')
      .filter(({ request }) => text(request, 'TransitGatewayRouteTableId') === tableId);
    const unresolved = this.estate.missing(`the propagated routes of ${tableId}`, fetch);
    const unknown = (next: NextHop): RouteEntry => ({
      origin,
      match: {},
      next,
      rank: [-129, 9],
      text: 'whatever is propagated',
      unresolved,
    });
    if (answers.length === 0) return [unknown({ to: 'missing', what: unresolved, by: origin })];
    return answers
      .flatMap(({ records }) => records)
      .filter((record) => (text(record, 'State') ?? 'enabled') === 'enabled')
      .flatMap((target): RouteEntry[] => {
        const [type, resource] = [text(target, 'ResourceType'), text(target, 'ResourceId') ?? ''];
        const next = this.leave(target, origin, zone);
        const vpn = type === 'vpn' ? inventory.get('VpnConnections', resource) : undefined;
        const spans =
          type === 'vpc'
            ? this.estate.vpcs.get(resource)?.cidrs
            : vpn === undefined
              ? undefined
              : staticRoutes(vpn.record);
        if (spans === undefined) return [unknown(next)];
        return spans.map((span) => ({
          origin,
          match: { dst: [span] },
          next,
          rank: [-(prefixLengthOf(span) ?? 0), TYPE_RANK[type ?? ''] ?? 7],
          text: `${cidrsOf(span).join()} -> ${text(target, 'TransitGatewayAttachmentId') ?? resource} (propagated)`,
        }));
      });
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
    if (type === 'peering') return this.overPeering(id ?? '', origin);
    if (HYBRID.has(type ?? '')) return this.beyond(id ?? '', type!, origin);
    if (type !== undefined && type !== 'vpc')
      return {
        to: 'missing',
        what: { what: `what is behind ${id ?? 'an attachment'} (${type}): netaudit does not model it`, fetch: null },
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

  /** To the gateway at the other end, whose table associated with its side of the attachment decides. */
  private overPeering(id: string, by: Origin): NextHop {
    const { inventory, builder } = this.estate;
    const here = inventory.get('TransitGatewayRouteTables', by.id);
    const gateway = here === undefined ? undefined : text(here.record, 'TransitGatewayId');
    const sides = inventory.all('TransitGatewayAttachments').filter((one) => one.id === id);
    const far = sides.find(({ record }) => gateway !== undefined && text(record, 'TransitGatewayId') !== gateway);
    const farGateway = text(far?.record ?? {}, 'TransitGatewayId');
    if (far === undefined || farGateway === undefined)
      return {
        to: 'missing',
        what: this.estate.missing(
          `the transit gateway at the other end of ${id}`,
          `describe-transit-gateway-attachments --transit-gateway-attachment-ids ${id}`,
        ),
        by,
      };
    const door = `${id}@${farGateway}`;
    if (!this.defined.has(door)) {
      this.defined.add(door);
      builder.interface(door, () => ({
        id: door,
        origin: far.origin,
        node: farGateway,
        addresses: [],
        steps: [],
        table: door,
      }));
      builder.table(door, () => this.tableFor(door, far, undefined, `${id} ${farGateway}`));
      if (inventory.get('TransitGateways', farGateway) === undefined)
        builder.node(farGateway, () => ({
          id: farGateway,
          origin: { ...far.origin, kind: 'transit gateway', id: farGateway },
          role: 'router',
          interfaces: [],
        }));
    }
    return { to: 'hop', in: door };
  }

  /** On-premises, behind a VPN, Direct Connect or Connect attachment: taken to permit; what it sends enters by the attachment's table. */
  private beyond(id: string, type: string, by: Origin): NextHop {
    const outside = `onprem:${id}`;
    if (this.defined.has(outside)) return { to: 'hop', in: outside };
    this.defined.add(outside);
    const { inventory, builder } = this.estate;
    const attachment = inventory.all('TransitGatewayAttachments').find((one) => one.id === id);
    const gateway = text(attachment?.record ?? {}, 'TransitGatewayId');
    const door = `${id}#in`;
    const of = attachment?.origin ?? by;
    const resource = text(attachment?.record ?? {}, 'ResourceId') ?? id;
    const origin: Origin = { ...of, kind: 'on-premises network', id: `behind ${resource}`, implicit: true };
    builder.node(outside, () => ({
      id: outside,
      origin,
      role: 'outside',
      interfaces: [outside],
      assumes: [
        {
          code: 'on-premises-permits',
          resource,
          message: `what lies behind ${resource} (${type}) listens, permits this traffic and answers`,
        },
      ],
    }));
    builder.interface(outside, () => ({
      id: outside,
      origin,
      node: outside,
      addresses: [],
      steps: [],
      table: outside,
    }));
    const vpcs = normalise([...this.estate.vpcs.values()].flatMap((vpc) => vpc.cidrs));
    const isKnown = gateway !== undefined && attachment !== undefined;
    const next: NextHop = isKnown
      ? { to: 'hop', in: door }
      : {
          to: 'missing',
          what: this.estate.missing(
            `attachment ${id}`,
            `describe-transit-gateway-attachments --transit-gateway-attachment-ids ${id}`,
          ),
        };
    builder.table(outside, () => ({
      id: outside,
      origin,
      entries: [
        { origin, match: { dst: vpcs }, next, rank: [0], text: `back over ${id}` },
        { origin, match: {}, next: { to: 'local' }, rank: [1], text: 'on-premises' },
      ],
    }));
    if (isKnown) {
      builder.interface(door, () => ({ id: door, origin: of, node: gateway, addresses: [], steps: [], table: door }));
      builder.table(door, () => this.tableFor(door, attachment, undefined));
    }
    return { to: 'hop', in: outside };
  }

  /** Where a host behind a hybrid attachment stands, for its addresses in the tables' routes. */
  readStandings(): void {
    const { inventory, builder } = this.estate;
    const routed = inventory.answers('Routes@search-transit-gateway-routes').flatMap(({ records, document }) =>
      records.flatMap((route, i) =>
        objects(route, 'TransitGatewayAttachments').flatMap((target) => {
          const span = parseCidr(text(route, 'DestinationCidrBlock') ?? '');
          const [id, type] = [text(target, 'TransitGatewayAttachmentId'), text(target, 'ResourceType')];
          if (span === undefined || id === undefined || !HYBRID.has(type ?? '')) return [];
          const pointer = document.placeOf?.(i) ?? `${document.pointer}/${i}`;
          const origin: Origin = { provider: 'aws', kind: 'transit gateway route', id, file: document.file, pointer };
          const next = this.beyond(id, type!, origin);
          return next.to === 'hop' ? [{ span, origin, interface: next.in }] : [];
        }),
      ),
    );
    const own = normalise([...this.estate.vpcs.values()].flatMap((vpc) => vpc.cidrs));
    builder.standing((address) => {
      if (contains(own, address)) return [];
      const best = routed
        .filter(({ span: [lo, end] }) => lo <= address && address < end && !isPublic(address))
        .sort((a, b) => (a.span[1] - a.span[0] < b.span[1] - b.span[0] ? -1 : 1));
      return best.slice(0, 1).map((one) => ({ origin: one.origin, interface: one.interface }));
    });
  }

  private subnetsOf(attachment: Entry): SubnetFacts[] {
    return strings(attachment.record, 'SubnetIds').flatMap((id) => this.estate.subnets.get(id) ?? []);
  }
}

function isAvailable(attachment: Entry): boolean {
  const state = text(attachment.record, 'State');
  return state === undefined || state === 'available';
}

/** Static routes of a VPN connection; undefined where it speaks BGP, whose routes no listing holds. */
function staticRoutes(vpn: Json): readonly Span<bigint>[] | undefined {
  if (object(vpn, 'Options')?.['StaticRoutesOnly'] !== true) return undefined;
  return objects(vpn, 'Routes').flatMap((route) => {
    const span = parseCidr(text(route, 'DestinationCidrBlock') ?? '');
    return span === undefined ? [] : [span];
  });
}
