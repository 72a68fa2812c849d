/**
 * Edge route tables: a table associated with an internet or virtual private gateway routes what comes in by it. Its targets
 * are local, an interface of an appliance or (for internet gateways) an inspection endpoint, all within the VPC.
 * Source: https://docs.aws.amazon.com/vpc/latest/userguide/gateway-route-tables.html
 */
import type { NextHop, RouteEntry, RouteTable } from '../../model/network.ts';
import type { Origin } from '../../model/origin.ts';
import { cidrsOf, parseCidr, prefixLengthOf } from '../../net/address.ts';
import type { Estate } from './estate.ts';
import { inspectionDoor } from './inspection-endpoint.ts';
import type { Entry } from './inventory.ts';
import type { NetworkAcls } from './network-acl.ts';
import { throughSubnet } from './passage.ts';
import { type Json, objects, text } from './record.ts';
import { type RouteTables, targetOf } from './route-table.ts';
import { fabric } from './subnet-names.ts';

export class EdgeTables {
  private readonly estate: Estate;
  private readonly tables: RouteTables;
  private readonly acls: NetworkAcls;

  constructor(estate: Estate, tables: RouteTables, acls: NetworkAcls) {
    this.estate = estate;
    this.tables = tables;
    this.acls = acls;
  }

  /** The gateway's table as `id`, before its own `rest`; undefined where the gateway has none. */
  of(
    gateway: string,
    vpc: string,
    id: string,
    rest: readonly RouteEntry[],
    code = 'aws-no-route',
  ): RouteTable | undefined {
    const edge = this.tables.ofGateway(gateway);
    if (edge === undefined) return undefined;
    const routes = objects(edge.record, 'Routes').flatMap((route, i) => this.entry(edge, gateway, vpc, route, i));
    return { id, origin: edge.origin, code, entries: [...routes, ...rest.map((one) => ({ ...one, rank: [1, 9] }))] };
  }

  private entry(edge: Entry, gateway: string, vpc: string, route: Json, i: number): RouteEntry[] {
    const origin: Origin = { ...edge.origin, pointer: `${edge.origin.pointer}/Routes/${i}` };
    const span = parseCidr(text(route, 'DestinationCidrBlock') ?? text(route, 'DestinationIpv6CidrBlock') ?? '');
    if (span === undefined) return [];
    const target = targetOf(route)?.id;
    const next: NextHop =
      text(route, 'State') === 'blackhole'
        ? {
            to: 'drop',
            code: 'aws-route-blackhole',
            why: `the edge route ${cidrsOf(span).join()} of ${edge.id} is a blackhole: its target is gone`,
            by: edge.origin,
          }
        : this.next(edge, gateway, vpc, target);
    const words = `${cidrsOf(span).join()} -> ${target ?? 'nothing'}`;
    return [{ origin, match: { dst: [span] }, next, rank: [-(prefixLengthOf(span) ?? 0), 0], text: words }];
  }

  private next(edge: Entry, gateway: string, vpc: string, target: string | undefined): NextHop {
    if (target === 'local') return { to: 'link', link: fabric(vpc) };
    const { estate } = this;
    const eni = estate.interfaces.get(target ?? '') ?? estate.interfaces.of(target ?? '')?.[0];
    if (eni !== undefined) {
      const subnet = estate.subnets.get(eni.subnet);
      // Behind an internet gateway an appliance is found by its public address.
      if (gateway.startsWith('igw-') && !eni.addresses.some((one) => one.public !== undefined))
        return {
          to: 'drop',
          code: 'aws-edge-route-without-public-ip',
          why: `${edge.id} sends what comes in by ${gateway} to ${eni.entry.id}, which has no public address`,
          by: edge.origin,
        };
      if (subnet !== undefined) return throughSubnet(estate, this.acls, undefined, subnet, eni.entry.id);
    }
    const endpoint = inspectionDoor(estate, target ?? '');
    if (endpoint?.subnet !== undefined)
      return throughSubnet(estate, this.acls, undefined, endpoint.subnet, endpoint.door);
    return {
      to: 'missing',
      what: {
        what: `the target ${target ?? '?'} that ${edge.id}, the edge table of ${gateway}, diverts packets to`,
        fetch: target?.startsWith('eni-')
          ? `aws ec2 describe-network-interfaces --network-interface-ids ${target}`
          : `aws ec2 describe-vpc-endpoints --vpc-endpoint-ids ${target ?? ''}`,
      },
      by: edge.origin,
    };
  }
}
