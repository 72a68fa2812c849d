/**
 * Route tables: longest prefix first, per family; of equal prefixes a static route before a prefix list's, before a
 * propagated one. The longest match decides even if it is a blackhole. What a target does is the business of the target's
 * own file: each is found in the table of targets by the field that names it.
 * Source: https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html
 */
import type { NextHop, RouteEntry, RouteTable } from '../../model/network.ts';
import type { Missing, Origin } from '../../model/origin.ts';
import { PUBLIC_V4, PUBLIC_V6, cidrsOf, parseCidr, prefixLengthOf } from '../../net/address.ts';
import type { Span } from '../../net/spans.ts';
import type { Estate, SubnetFacts } from './estate.ts';
import type { Entry } from './inventory.ts';
import { PossibleRoutes } from './possible-routes.ts';
import { prefixListCidrs } from './prefix-list.ts';
import { type Json, objects, text } from './record.ts';
import { fabric, tableOf, vpcDoor } from './subnet-names.ts';
import type { Targets } from './targets.ts';

const FIELDS = [
  'NatGatewayId',
  'NetworkInterfaceId',
  'InstanceId',
  'VpcPeeringConnectionId',
  'TransitGatewayId',
  'EgressOnlyInternetGatewayId',
  'CarrierGatewayId',
  'LocalGatewayId',
  'CoreNetworkArn',
  'OdbNetworkArn',
  'IpAddress',
  'GatewayId',
] as const;

export class RouteTables {
  private readonly estate: Estate;
  private readonly bySubnet = new Map<string, Entry>();
  private readonly main = new Map<string, Entry>();
  private readonly byGateway = new Map<string, Entry>();
  private readonly candidates: PossibleRoutes;
  private targets: Targets = {};

  constructor(estate: Estate) {
    this.estate = estate;
    this.candidates = new PossibleRoutes(estate);
    for (const table of estate.inventory.all('RouteTables'))
      for (const association of objects(table.record, 'Associations')) {
        const [subnet, gateway, vpc] = [
          text(association, 'SubnetId'),
          text(association, 'GatewayId'),
          text(table.record, 'VpcId'),
        ];
        if (subnet !== undefined) this.bySubnet.set(subnet, table);
        if (gateway !== undefined) this.byGateway.set(gateway, table);
        if (association['Main'] === true && vpc !== undefined) this.main.set(vpc, table);
      }
  }

  of(subnet: SubnetFacts): Entry | undefined {
    return this.bySubnet.get(subnet.entry.id) ?? this.main.get(subnet.vpc);
  }

  isMain(subnet: SubnetFacts): boolean {
    return !this.bySubnet.has(subnet.entry.id);
  }

  /** The table that routes what enters by an internet or virtual private gateway. */
  ofGateway(gateway: string): Entry | undefined {
    return this.byGateway.get(gateway);
  }

  /** Defines each subnet's table; routes are resolved when the engine first asks for it. */
  define(targets: Targets): void {
    this.targets = targets;
    for (const subnet of this.estate.subnets.values()) {
      const id = tableOf(subnet.entry.id);
      this.estate.builder.table(id, () => {
        const table = this.of(subnet);
        if (table === undefined) {
          const origin: Origin = { ...subnet.entry.origin, kind: 'route table of subnet' };
          const what = this.estate.missing(
            `the route table of subnet ${subnet.entry.id}`,
            `describe-route-tables --filters Name=vpc-id,Values=${subnet.vpc}`,
          );
          return {
            id,
            origin,
            entries: [
              {
                origin,
                match: {},
                next: { to: 'missing', what, by: origin },
                rank: [0],
                text: 'a route table that is not in the snapshot',
              },
            ],
          };
        }
        return {
          id,
          origin: table.origin,
          code: 'aws-no-route',
          ties: 'unknown',
          entries: this.entries(table, subnet, targets),
          possible: () => this.candidates.for(table, subnet, targets),
        };
      });
    }
  }

  /** A table for something else than a subnet that routes by it; ask only from inside a thunk. */
  asTable(id: string, table: Entry, from: SubnetFacts): RouteTable {
    const entries = this.entries(table, from, this.targets);
    return { id, origin: table.origin, code: 'aws-no-route', ties: 'unknown', entries };
  }

  private entries(table: Entry, subnet: SubnetFacts, targets: Targets): RouteEntry[] {
    const local = this.estate.vpcs.get(subnet.vpc)?.cidrs ?? [];
    const routes = objects(table.record, 'Routes');
    const entries = routes.flatMap((route, i) =>
      this.routeEntries(
        route,
        { ...table.origin, pointer: `${table.origin.pointer}/Routes/${i}` },
        table,
        subnet,
        targets,
        local,
      ),
    );
    // The local routes exist whether a document lists them or not.
    for (const cidr of local)
      if (!routes.some((route) => sameCidr(route, cidr)))
        entries.push({
          origin: { ...table.origin, implicit: true },
          match: { dst: [cidr] },
          next: localHop(subnet),
          rank: [-(prefixLengthOf(cidr) ?? 0), 0],
          text: `${cidrsOf(cidr).join()} -> local`,
        });
    return entries;
  }

  private routeEntries(
    route: Json,
    origin: Origin,
    table: Entry,
    subnet: SubnetFacts,
    targets: Targets,
    local: readonly Span<bigint>[],
  ): RouteEntry[] {
    const target = targetOf(route);
    const list = text(route, 'DestinationPrefixListId');
    const cidr = text(route, 'DestinationCidrBlock') ?? text(route, 'DestinationIpv6CidrBlock');
    const shown = `${cidr ?? list ?? '?'} -> ${target?.id ?? 'nothing'}`;
    const next = nextHop(route, target, subnet, targets, origin, table, shown, (id) => this.pending(id));
    const propagated = isPropagated(route);
    if (list !== undefined) {
      const cidrs = prefixListCidrs(this.estate, list);
      if (cidrs !== undefined)
        return cidrs.map((span) => ({
          origin,
          match: { dst: [span] },
          next,
          rank: [-(prefixLengthOf(span) ?? 0), 1],
          text: `${list} (${cidrsOf(span).join()}) -> ${target?.id ?? 'nothing'}`,
        }));
      const unresolved: Missing = this.estate.missing(
        `the entries of prefix list ${list}`,
        `get-managed-prefix-list-entries --prefix-list-id ${list}`,
      );
      // Lists of AWS services hold public addresses only; any other may hold anything but the VPC's own addresses.
      const service = target?.id.startsWith('vpce-') === true;
      return [
        {
          origin,
          match: service ? { dst: [...PUBLIC_V6, ...PUBLIC_V4] } : { dst: outside(local) },
          next,
          rank: [-129, 1],
          text: shown,
          unresolved,
        },
      ];
    }
    const span = cidr === undefined ? undefined : parseCidr(cidr);
    if (span === undefined)
      return [
        {
          origin,
          match: { dst: outside(local) },
          next,
          rank: [-129, 1],
          text: shown,
          unresolved: { what: `the destination of a route of ${table.id}: it is not a valid CIDR`, fetch: null },
        },
      ];
    // A propagated route inside a local one never wins, even if it is more specific.
    if (propagated && local.some(([lo, end]) => lo <= span[0] && span[1] <= end))
      return [{ origin, match: { dst: [span] }, next, rank: [1, 9], text: shown }];
    const decided = propagated ? this.contested(next, span, subnet, targets, table, shown) : next;
    const rank = [-(prefixLengthOf(span) ?? 0), propagated ? 2 : 0];
    return [{ origin, match: { dst: [span] }, next: decided, rank, text: shown }];
  }

  /**
   * A propagated route inside a wider static one: one page says that static routes win, others that the longest prefix
   * does. Where the two lead to different answers, nobody can know.
   */
  private contested(
    next: NextHop,
    span: Span<bigint>,
    subnet: SubnetFacts,
    targets: Targets,
    table: Entry,
    shown: string,
  ): NextHop {
    const wider = objects(table.record, 'Routes').find((route) => {
      const other = parseCidr(text(route, 'DestinationCidrBlock') ?? text(route, 'DestinationIpv6CidrBlock') ?? '');
      if (other === undefined || isPropagated(route) || targetOf(route)?.id === 'local') return false;
      return other[0] <= span[0] && span[1] <= other[1] && other[1] - other[0] > span[1] - span[0];
    });
    if (wider === undefined) return next;
    const target = targetOf(wider);
    const missing: Missing = {
      what: `which route of ${table.id} wins: the propagated ${shown} or the wider static one to ${target?.id ?? 'nothing'} (the documentation contradicts itself)`,
      fetch: null,
    };
    return {
      to: 'fork',
      choose: 'unknown',
      missing,
      branches: [next, nextHop(wider, target, subnet, targets, table.origin, table, shown, (id) => this.pending(id))],
    };
  }

  /** The amendment that a peering connection waits for. */
  private pending(peering: string): string | undefined {
    const waits = this.estate.peerings.some(
      ({ entry, status }) => entry.id === peering && status === 'pending-acceptance',
    );
    return waits ? `accept:${peering}` : undefined;
  }
}

/** Whether a gateway announced the route. */
export function isPropagated(route: Json): boolean {
  return text(route, 'Origin') === 'EnableVgwRoutePropagation' || text(route, 'Origin') === 'Advertisement';
}

function localHop(subnet: SubnetFacts): NextHop {
  return { to: 'link', out: vpcDoor(subnet.entry.id), link: fabric(subnet.vpc) };
}

function nextHop(
  route: Json,
  target: { field: string; id: string } | undefined,
  subnet: SubnetFacts,
  targets: Targets,
  origin: Origin,
  table: Entry,
  shown: string,
  pending: (peering: string) => string | undefined,
): NextHop {
  const state = text(route, 'State');
  // The route to a peering connection that nobody accepted yet is a blackhole too.
  const waiting = target?.field === 'VpcPeeringConnectionId' ? pending(target.id) : undefined;
  if (state === 'blackhole' || state === 'filtered')
    return {
      to: 'drop',
      code: 'aws-route-blackhole',
      why: `the route ${shown} is a blackhole: its target is gone`,
      by: table.origin,
      ...(waiting === undefined ? {} : { mend: waiting }),
    };
  if (target === undefined)
    return {
      to: 'missing',
      what: {
        what: `the target of the route ${shown} of ${table.id}`,
        fetch: `aws ec2 describe-route-tables --route-table-ids ${table.id}`,
      },
      by: table.origin,
    };
  if (target.id === 'local') return localHop(subnet);
  const field = target.field === 'GatewayId' ? `GatewayId:${target.id.split('-')[0]}` : target.field;
  return (
    targets[field]?.(target.id, subnet, origin) ?? {
      to: 'missing',
      what: { what: `what ${target.id} does with packets: netaudit does not model this target yet`, fetch: null },
      by: table.origin,
    }
  );
}

/** What a route leads to: the field that names it, and its id. */
export function targetOf(route: Json): { field: string; id: string } | undefined {
  for (const field of FIELDS) {
    const id = text(route, field);
    if (id !== undefined) return { field, id };
  }
  return undefined;
}

function sameCidr(route: Json, [lo, end]: Span<bigint>): boolean {
  const span = parseCidr(text(route, 'DestinationCidrBlock') ?? text(route, 'DestinationIpv6CidrBlock') ?? '');
  return span !== undefined && span[0] === lo && span[1] === end;
}

function outside(local: readonly Span<bigint>[]): readonly Span<bigint>[] {
  const sorted = [...local].sort((a, b) => (a[0] < b[0] ? -1 : 1));
  const out: Span<bigint>[] = [];
  let at = 0n;
  for (const [lo, end] of sorted) {
    if (lo > at) out.push([at, lo]);
    if (end > at) at = end;
  }
  const last = (1n << 128n) + (1n << 32n);
  if (at < last) out.push([at, last]);
  return out;
}
