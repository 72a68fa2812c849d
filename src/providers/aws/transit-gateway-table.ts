/**
 * Transit gateway route tables: which one routes what comes from an attachment (association), and what it holds (static
 * routes, prefix-list references, propagations). Longest prefix first; of equal ones static, then prefix list, then by
 * what the attachment is.
 * Source: https://docs.aws.amazon.com/vpc/latest/tgw/how-transit-gateways-work.html
 */
import type { NextHop, RouteEntry, RouteTable } from '../../model/network.ts';
import type { Missing, Origin } from '../../model/origin.ts';
import { cidrsOf, parseCidr, prefixLengthOf } from '../../net/address.ts';
import { type Span, normalise, subtract } from '../../net/spans.ts';
import type { Estate } from './estate.ts';
import type { Entry } from './inventory.ts';
import { prefixListCidrs } from './prefix-list.ts';
import { type Json, object, objects, text } from './record.ts';

/** Same prefix: static (0), then prefix list (1), then by what the attachment is. */
const TYPE_RANK: Readonly<Record<string, number>> = {
  vpc: 2,
  'direct-connect-gateway': 3,
  connect: 4,
  vpn: 5,
  peering: 6,
};

/** Answers about routes and associations, each about the table that its request names. */
export const ROUTES = 'Routes@search-transit-gateway-routes';
export const ASSOCIATIONS = 'Associations@get-transit-gateway-route-table-associations';
const EVERYTHING: readonly Span<bigint>[] = [[0n, (1n << 128n) + (1n << 32n)]];

/** Out of the gateway into an attachment; `zone` is where the packet came from. */
export type Leave = (target: Json, by: Origin, zone: string | undefined) => NextHop;

export class TransitGatewayTables {
  private readonly estate: Estate;
  private readonly leave: Leave;
  /** Attachment -> its table. A peering attachment has one at each gateway: "attachment gateway" -> table. */
  private readonly association = new Map<string, string>();
  private readonly policed = new Map<string, string>();
  /** What tables hold, by table and zone. */
  private readonly entriesOf = new Map<string, readonly RouteEntry[]>();

  constructor(estate: Estate, leave: Leave) {
    this.estate = estate;
    this.leave = leave;
    const { inventory } = estate;
    for (const { id, record } of inventory.all('TransitGatewayAttachments')) {
      const association = object(record, 'Association') ?? {};
      const isPeering = text(record, 'ResourceType') === 'peering';
      const key = isPeering ? `${id} ${text(record, 'TransitGatewayId') ?? ''}` : id;
      const table = text(association, 'TransitGatewayRouteTableId');
      const policy = text(association, 'TransitGatewayPolicyTableId');
      if ((text(association, 'State') ?? 'associated') !== 'associated') continue;
      if (table !== undefined) this.association.set(key, table);
      else if (policy !== undefined) this.policed.set(key, policy);
    }
    for (const { request, records } of inventory.answers(ASSOCIATIONS)) {
      const table = text(request, 'TransitGatewayRouteTableId');
      for (const record of records) {
        const attachment = text(record, 'TransitGatewayAttachmentId');
        if (table !== undefined && attachment !== undefined && (text(record, 'State') ?? 'associated') === 'associated')
          this.association.set(attachment, table);
      }
    }
  }

  /** The table, as `id`, for what comes from an attachment; `key` is the attachment's among the associations. */
  for(id: string, attachment: Entry, zone: string | undefined, key = attachment.id): RouteTable {
    const table = this.association.get(key);
    if (table !== undefined) return this.read(id, table, attachment, zone);
    const next = this.withoutTable(attachment, key);
    return {
      id,
      origin: attachment.origin,
      entries: [{ origin: attachment.origin, match: {}, next, rank: [0], text: 'no association' }],
    };
  }

  private withoutTable(attachment: Entry, key: string): NextHop {
    const { inventory } = this.estate;
    const policy = this.policed.get(key);
    if (policy !== undefined)
      return {
        to: 'missing',
        what: {
          what: `what transit gateway policy table ${policy} does with packets from ${attachment.id}: policy tables choose by rules that no listing of routes holds`,
          fetch: `aws ec2 get-transit-gateway-policy-table-entries --transit-gateway-policy-table-id ${policy}`,
        },
        by: attachment.origin,
      };
    // Whoever only takes part in a shared gateway sees its attachment without the association.
    const known =
      inventory.knows(ASSOCIATIONS) ||
      inventory.all('TransitGatewayAttachments').some(({ id, record }) => id === attachment.id && isOwned(record));
    return known
      ? {
          to: 'drop',
          code: 'aws-tgw-no-association',
          why: `${attachment.id} is associated with no transit gateway route table`,
          by: attachment.origin,
          mend: `associate:${attachment.id}`,
        }
      : {
          to: 'missing',
          what: this.estate.missing(
            `the route table that ${attachment.id} is associated with`,
            `describe-transit-gateway-attachments --transit-gateway-attachment-ids ${attachment.id}`,
          ),
          by: attachment.origin,
        };
  }

  /** A table of a gateway that an attachment could be associated with, read for that attachment. */
  asIfAssociated(id: string, attachment: Entry, zone: string | undefined): RouteTable | undefined {
    const gateway = text(attachment.record, 'TransitGatewayId');
    const options = object(this.estate.inventory.get('TransitGateways', gateway)?.record ?? {}, 'Options') ?? {};
    const table =
      text(options, 'AssociationDefaultRouteTableId') ??
      this.estate.inventory
        .all('TransitGatewayRouteTables')
        .find(({ record }) => text(record, 'TransitGatewayId') === gateway)?.id;
    return table === undefined ? undefined : this.read(id, table, attachment, zone);
  }

  private read(id: string, tableId: string, attachment: Entry, zone: string | undefined): RouteTable {
    const { inventory } = this.estate;
    const listed = inventory.get('TransitGatewayRouteTables', tableId);
    const origin: Origin = listed?.origin ?? { ...attachment.origin, kind: 'transit gateway route table', id: tableId };
    const answers = inventory
      .answers(ROUTES)
      .filter(({ request }) => text(request, 'TransitGatewayRouteTableId') === tableId);
    const unresolved = this.estate.missing(
      `the routes of ${tableId}`,
      `search-transit-gateway-routes --transit-gateway-route-table-id ${tableId} --filters Name=state,Values=active,blackhole`,
    );
    const unread = (rank: number): RouteEntry => ({
      origin,
      match: {},
      next: { to: 'missing', what: unresolved, by: origin },
      rank: [rank],
      text: 'routes that are not in the snapshot',
    });
    if (answers.length === 0) return { id, origin, entries: [unread(0)] };
    const possible = () => this.possible(origin, listed ?? attachment, zone);
    // What comes from attachments in one zone meets one list: whoever walks many at once knows it again.
    const key = `${tableId} ${zone ?? ''}`;
    const known = listed === undefined ? undefined : this.entriesOf.get(key);
    if (known !== undefined) return { id, origin, code: 'aws-tgw-no-route', entries: known, possible };
    const routes = answers.flatMap(({ records, document }) =>
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
    const propagated = isPartial ? this.propagated(tableId, origin, zone, unresolved) : [];
    const cut = answers.some(({ document }) => document.incomplete === true);
    const entries = [
      ...routes,
      ...this.references(tableId, origin, zone, routes),
      ...propagated,
      ...(cut ? [{ ...unread(-129), unresolved }] : []),
    ];
    this.entriesOf.set(key, entries);
    return { id, origin, code: 'aws-tgw-no-route', entries, possible };
  }

  private entries(route: Json, origin: Origin, zone: string | undefined): RouteEntry[] {
    const cidr = text(route, 'DestinationCidrBlock');
    const list = text(route, 'PrefixListId');
    const targets = objects(route, 'TransitGatewayAttachments');
    const to = targets.map((target) => text(target, 'TransitGatewayAttachmentId')).join(', ') || text(route, 'State');
    const shown = `${list ?? cidr ?? '?'} -> ${to ?? 'nothing'}`;
    const next = this.nextOf(text(route, 'State') === 'blackhole', targets, origin, zone, shown);
    const propagated = text(route, 'Type') === 'propagated';
    const kind = propagated
      ? (TYPE_RANK[text(targets[0] ?? {}, 'ResourceType') ?? ''] ?? 7)
      : list === undefined
        ? 0
        : 1;
    // A search lists each entry of a prefix list under its own CIDR.
    const span = cidr === undefined ? undefined : parseCidr(cidr);
    if (span !== undefined || list === undefined)
      return span === undefined
        ? []
        : [{ origin, match: { dst: [span] }, next, rank: [-(prefixLengthOf(span) ?? 0), kind], text: shown }];
    return this.ofList(list, next, origin, shown);
  }

  private ofList(list: string, next: NextHop, origin: Origin, shown: string): RouteEntry[] {
    const spans = prefixListCidrs(this.estate, list);
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
    return spans.map((span) => ({
      origin,
      match: { dst: [span] },
      next,
      rank: [-(prefixLengthOf(span) ?? 0), 1],
      text: shown,
    }));
  }

  /** References that only their own call lists. */
  private references(
    tableId: string,
    origin: Origin,
    zone: string | undefined,
    routes: readonly RouteEntry[],
  ): RouteEntry[] {
    return this.estate.inventory.answers('TransitGatewayPrefixListReferences').flatMap(({ request, records }) =>
      records
        .filter(
          (one) =>
            (text(one, 'TransitGatewayRouteTableId') ?? text(request, 'TransitGatewayRouteTableId')) === tableId &&
            ['available', 'modifying', undefined].includes(text(one, 'State')),
        )
        .flatMap((one) => {
          const list = text(one, 'PrefixListId');
          const target = object(one, 'TransitGatewayAttachment');
          if (list === undefined || routes.some(({ text: words }) => words.startsWith(`${list} -> `))) return [];
          const to = target === undefined ? 'blackhole' : text(target, 'TransitGatewayAttachmentId');
          const shown = `${list} -> ${to ?? 'nothing'}`;
          const isBlackhole = one['Blackhole'] === true;
          const next = this.nextOf(isBlackhole, target === undefined ? [] : [target], origin, zone, shown);
          return this.ofList(list, next, origin, shown);
        }),
    );
  }

  /** Routes that attachments propagate into a table, worked out from what stands behind them. */
  private propagated(tableId: string, origin: Origin, zone: string | undefined, unresolved: Missing): RouteEntry[] {
    const { inventory, vpcs } = this.estate;
    const answers = inventory
      .answers('TransitGatewayRouteTablePropagations')
      .filter(({ request }) => text(request, 'TransitGatewayRouteTableId') === tableId);
    const unknown = (next: NextHop, dst: readonly Span<bigint>[]): RouteEntry => ({
      origin,
      match: { dst },
      next,
      rank: [-129, 9],
      text: 'whatever is propagated',
      unresolved,
    });
    if (answers.length === 0) return [unknown({ to: 'missing', what: unresolved, by: origin }, EVERYTHING)];
    const targets = answers
      .flatMap(({ records }) => records)
      .filter((record) => (text(record, 'State') ?? 'enabled') === 'enabled');
    const inside = normalise(
      targets.flatMap((one) => (isVpc(one) ? (vpcs.get(text(one, 'ResourceId') ?? '')?.cidrs ?? []) : [])),
    );
    return targets.flatMap((target): RouteEntry[] => {
      const [type, resource] = [text(target, 'ResourceType') ?? '', text(target, 'ResourceId') ?? ''];
      const next = this.rebuilt(tableId, this.leave(target, origin, zone), origin);
      const vpn = type === 'vpn' ? inventory.get('VpnConnections', resource) : undefined;
      const spans =
        type === 'vpc' ? vpcs.get(resource)?.cidrs : vpn === undefined ? undefined : staticRoutes(vpn.record);
      // Networks behind a link are taken not to announce parts of the VPCs at the same table.
      if (spans === undefined) return [unknown(next, type === 'vpc' ? EVERYTHING : subtract(EVERYTHING, inside))];
      return spans.map((span) => ({
        origin,
        match: { dst: [span] },
        next,
        rank: [-(prefixLengthOf(span) ?? 0), TYPE_RANK[type] ?? 7],
        text: `${cidrsOf(span).join()} -> ${text(target, 'TransitGatewayAttachmentId') ?? resource} (propagated)`,
      }));
    });
  }

  /** A step that says that the route was worked out and not read. */
  private rebuilt(tableId: string, next: NextHop, origin: Origin): NextHop {
    if (next.to !== 'hop') return next;
    const { builder } = this.estate;
    const step = `${tableId}>${next.in}`;
    builder.node(step, () => ({ id: step, origin: { ...origin, implicit: true }, role: 'router', interfaces: [step] }));
    builder.interface(step, () => ({
      id: step,
      origin,
      node: step,
      addresses: [],
      steps: [],
      table: step,
      assumes: [
        {
          code: 'aws-tgw-propagated-routes',
          resource: tableId,
          message: `the propagated routes of ${tableId} are the CIDRs of the VPCs that propagate into it, and no network behind a link announces parts of them; the snapshot lists its static routes only`,
        },
      ],
    }));
    builder.table(step, () => ({
      id: step,
      origin: { ...origin, implicit: true },
      entries: [{ origin: { ...origin, implicit: true }, match: {}, next, rank: [0], text: 'on' }],
    }));
    return { to: 'hop', in: step };
  }

  private nextOf(
    blackhole: boolean,
    targets: readonly Json[],
    origin: Origin,
    zone: string | undefined,
    shown: string,
  ): NextHop {
    if (blackhole)
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

  /** Static routes that would mend a missing one: to the VPCs at the same gateway. */
  private possible(origin: Origin, table: Entry, zone: string | undefined): RouteEntry[] {
    const { inventory, vpcs } = this.estate;
    const gateway = text(table.record, 'TransitGatewayId');
    return inventory
      .all('TransitGatewayVpcAttachments')
      .filter(({ record }) => text(record, 'TransitGatewayId') === gateway)
      .flatMap(({ id, record }) =>
        (vpcs.get(text(record, 'VpcId') ?? '')?.cidrs ?? []).map((span) => ({
          origin,
          match: { dst: [span] },
          next: this.leave({ TransitGatewayAttachmentId: id, ResourceType: 'vpc' }, origin, zone),
          rank: [-(prefixLengthOf(span) ?? 0), 0],
          text: `${cidrsOf(span).join()} -> ${id}`,
          target: id,
        })),
      );
  }
}

function isVpc(target: Json): boolean {
  return text(target, 'ResourceType') === 'vpc';
}

/** Whether the record was listed by the account that owns the gateway: others don't see associations. */
function isOwned(record: Json): boolean {
  const [owner, resource] = [text(record, 'TransitGatewayOwnerId'), text(record, 'ResourceOwnerId')];
  return owner === undefined || resource === undefined || owner === resource || record['Association'] !== undefined;
}

/** Static routes of a VPN connection; undefined where it speaks BGP, whose routes no listing holds. */
export function staticRoutes(vpn: Json): readonly Span<bigint>[] | undefined {
  if (object(vpn, 'Options')?.['StaticRoutesOnly'] !== true) return undefined;
  return objects(vpn, 'Routes').flatMap((route) => {
    const span = parseCidr(text(route, 'DestinationCidrBlock') ?? '');
    return span === undefined ? [] : [span];
  });
}
