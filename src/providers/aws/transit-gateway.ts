/**
 * Transit gateways: a VPC needs an attachment subnet in the sender's zone; the attachment that a packet comes from names
 * the table that routes it; it leaves into an attachment subnet, whose own table routes on.
 * Sources: https://docs.aws.amazon.com/vpc/latest/tgw/tgw-vpc-attachments.html, .../tgw-nacls.html, .../tgw-peering.html
 */
import type { InterfaceStep, NextHop } from '../../model/network.ts';
import type { Origin } from '../../model/origin.ts';
import { ALL_V6, parseCidr } from '../../net/address.ts';
import { type Span, intersect, normalise } from '../../net/spans.ts';
import type { Estate, SubnetFacts } from './estate.ts';
import type { Entry } from './inventory.ts';
import { redirected } from './mending.ts';
import type { NetworkAcls } from './network-acl.ts';
import { type Beyond, backOverDirectConnect, defineBeyond, directConnectsOf, mayBeBeyond } from './on-premises.ts';
import { type Json, object, objects, strings, text } from './record.ts';
import type { Target } from './targets.ts';
import { lan, tableOf, vpcDoor } from './subnet-names.ts';
import { TransitGatewayTables, staticRoutes } from './transit-gateway-table.ts';

/** Attachments that lead out of the cloud. */
const HYBRID: ReadonlySet<string> = new Set(['vpn', 'vpn-concentrator', 'direct-connect-gateway', 'connect']);

export function readTransitGateways(estate: Estate, acls: NetworkAcls): Target {
  const gateways = new TransitGateways(estate, acls);
  gateways.readStandings();
  return (id, from, route) => gateways.enter(id, from, route);
}

class TransitGateways {
  private readonly estate: Estate;
  private readonly acls: NetworkAcls;
  private readonly tables: TransitGatewayTables;
  private readonly defined = new Set<string>();

  constructor(estate: Estate, acls: NetworkAcls) {
    this.estate = estate;
    this.acls = acls;
    this.tables = new TransitGatewayTables(estate, (target, by, zone) => this.leave(target, by, zone));
    for (const { id, origin } of estate.inventory.all('TransitGateways'))
      estate.builder.node(id, () => ({ id, origin, role: 'router', interfaces: [] }));
  }

  /** From a subnet onto a transit gateway, by the attachment's subnet in the sender's zone. */
  enter(gateway: string, from: SubnetFacts, route: Origin): NextHop {
    const attachments = this.estate.inventory
      .where('TransitGatewayVpcAttachments', 'VpcId', from.vpc)
      .filter(({ record }) => text(record, 'TransitGatewayId') === gateway);
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
    if (!isAvailable(attachment)) return notAvailable(attachment);
    const near = this.subnetsOf(attachment).find((subnet) => subnet.zone !== undefined && subnet.zone === from.zone);
    if (near !== undefined) {
      const door = this.doorFrom(gateway, attachment, near);
      const same = near.entry.id === from.entry.id;
      return same ? { to: 'hop', in: door.inside } : { to: 'hop', out: vpcDoor(from.entry.id), in: door.passing };
    }
    const unknown = strings(attachment.record, 'SubnetIds').find((id) => !this.estate.subnets.has(id));
    if (unknown !== undefined)
      return {
        to: 'missing',
        what: this.estate.missing(`subnet ${unknown} of ${attachment.id}`, `describe-subnets --subnet-ids ${unknown}`),
        by: attachment.origin,
      };
    return {
      to: 'drop',
      code: 'aws-tgw-az-not-attached',
      why: `${attachment.id} has no subnet in ${from.zone ?? 'the zone'} of ${from.entry.id}, so hosts there cannot get to ${gateway}`,
      by: attachment.origin,
      mend: this.attachingZone(gateway, attachment, from),
    };
  }

  /** The amendment that adds a subnet of the sender's zone to the attachment. */
  private attachingZone(gateway: string, attachment: Entry, from: SubnetFacts): string {
    const id = `zone:${attachment.id}:${from.entry.id}`;
    const { estate } = this;
    const alike = [...estate.subnets.values()].filter((one) => one.vpc === from.vpc && one.zone === from.zone);
    estate.builder.amendment(id, () => ({
      id,
      origin: attachment.origin,
      attribute: 'SubnetIds',
      to: from.entry.id,
      text: `add ${from.entry.id}, or another subnet of ${from.zone ?? 'its zone'}, to ${attachment.id}`,
      puts: (under) =>
        redirected(
          under,
          alike.map((one) => tableOf(one.entry.id)),
          id,
          () => ({ to: 'hop', in: this.doorFrom(gateway, attachment, from).inside }),
        ),
    }));
    return id;
  }

  /** The gateway's interface in an attachment subnet: past that subnet's inbound ACL, or from inside it. */
  private doorFrom(gateway: string, attachment: Entry, subnet: SubnetFacts): { passing: string; inside: string } {
    const passing = `${attachment.id}#${subnet.entry.id}`;
    const inside = `${passing}#inside`;
    if (this.defined.has(passing)) return { passing, inside };
    this.defined.add(passing);
    const { builder } = this.estate;
    this.gatewayNode(gateway, attachment);
    const define = (id: string, filter: string): void =>
      builder.interface(id, () => ({
        id,
        origin: attachment.origin,
        node: gateway,
        addresses: [],
        steps: [{ at: 'in', filter }, ...this.families(attachment)],
        table: passing,
      }));
    define(passing, this.acls.define(subnet).in);
    define(inside, this.acls.contested(subnet, 'out'));
    builder.table(passing, () => this.tables.for(passing, attachment, subnet.zone));
    builder.amendment(`associate:${attachment.id}`, () => ({
      id: `associate:${attachment.id}`,
      origin: attachment.origin,
      attribute: 'Association',
      to: 'a route table of the transit gateway',
      text: `associate ${attachment.id} with a route table of ${gateway}`,
      puts: () => {
        const table = this.tables.asIfAssociated(passing, attachment, subnet.zone);
        return table === undefined ? {} : { tables: [table] };
      },
    }));
    return { passing, inside };
  }

  private gatewayNode(gateway: string, { origin }: Entry): void {
    if (this.estate.inventory.get('TransitGateways', gateway) !== undefined) return;
    this.estate.builder.node(gateway, () => ({
      id: gateway,
      origin: { ...origin, kind: 'transit gateway', id: gateway },
      role: 'router',
      interfaces: [],
    }));
  }

  /** IPv6 crosses an attachment only where it is switched on. */
  private families(attachment: Entry): InterfaceStep[] {
    const options = object(attachment.record, 'Options') ?? {};
    if (text(options, 'Ipv6Support') !== 'disable') return [];
    const id = `ipv6:${attachment.id}`;
    this.estate.builder.filter(id, () => ({
      id,
      origin: attachment.origin,
      code: 'aws-tgw-no-ipv6',
      rules: [
        {
          origin: attachment.origin,
          action: 'deny',
          match: [{ dst: [ALL_V6] }],
          text: 'IPv6 support of the attachment is off',
        },
      ],
      order: 'first-match',
      otherwise: 'allow',
    }));
    return [{ at: 'in', filter: id }];
  }

  /** Out of the gateway into an attachment: for a VPC the attachment subnet in the same zone if there is one, and its table. */
  private leave(target: Json, origin: Origin, zone: string | undefined): NextHop {
    const id = text(target, 'TransitGatewayAttachmentId');
    const type = text(target, 'ResourceType');
    if (type === 'peering') return this.overPeering(id ?? '', origin);
    if (HYBRID.has(type ?? '')) return this.beyond(id ?? '', type!, text(target, 'ResourceId'), origin);
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
    if (!isAvailable(attachment)) return notAvailable(attachment);
    const subnets = this.subnetsOf(attachment);
    const near = subnets.filter((subnet) => subnet.zone !== undefined && subnet.zone === zone);
    // Appliance mode keeps both directions of a connection in one zone, whichever: the first stands for all.
    const keeps = text(object(attachment.record, 'Options') ?? {}, 'ApplianceModeSupport') === 'enable';
    const [first] = [...subnets].sort((a, b) => ((a.zone ?? '') < (b.zone ?? '') ? -1 : 1));
    const exits = keeps && first !== undefined ? [first] : near.length > 0 ? near : subnets;
    const unknown = strings(attachment.record, 'SubnetIds').length - subnets.length;
    if (exits.length === 0 || (unknown > 0 && (keeps || near.length === 0)))
      return {
        to: 'missing',
        what: this.estate.missing(`the subnets of ${attachment.id}`, 'describe-subnets'),
        by: attachment.origin,
      };
    const branches = exits.map((exit): NextHop => ({ to: 'hop', in: this.doorInto(attachment, exit) }));
    if (branches.length === 1) return branches[0]!;
    return {
      to: 'fork',
      choose: 'unknown',
      branches,
      missing: {
        what: `by which zone packets enter ${attachment.id}: it has no subnet in the zone that they come from`,
        fetch: null,
      },
    };
  }

  /**
   * From the gateway into a subnet. For a host of that very subnet the documentation contradicts itself about the ACL; all
   * else is routed by the subnet's table.
   */
  private doorInto(attachment: Entry, exit: SubnetFacts): string {
    const { builder } = this.estate;
    const subnet = exit.entry.id;
    const door = `${subnet}#from-tgw`;
    if (this.defined.has(door)) return door;
    this.defined.add(door);
    const implicit: Origin = { ...attachment.origin, implicit: true };
    const plain = { origin: attachment.origin, node: subnet, addresses: [], steps: this.families(attachment) };
    builder.interface(door, () => ({ ...plain, id: door, table: door }));
    const [same, others] = [`${door}#same`, `${door}#others`];
    builder.interface(same, () => ({
      ...plain,
      id: same,
      steps: [{ at: 'in', filter: this.acls.contested(exit, 'in') }],
      table: same,
    }));
    builder.interface(others, () => ({ ...plain, id: others, steps: [], table: tableOf(subnet) }));
    const entry = (match: { dst?: readonly Span<bigint>[] }, next: NextHop, rank: number, words: string) => ({
      origin: implicit,
      match,
      next,
      rank: [rank],
      text: words,
    });
    builder.table(door, () => ({
      id: door,
      origin: implicit,
      entries: [
        entry({ dst: exit.cidrs }, { to: 'hop', in: same }, 0, 'a host of the attachment subnet'),
        entry({}, { to: 'hop', in: others }, 1, 'routed by the attachment subnet'),
      ],
    }));
    builder.table(same, () => ({
      id: same,
      origin: implicit,
      entries: [entry({}, { to: 'link', link: lan(subnet) }, 0, 'deliver in the subnet')],
    }));
    return door;
  }

  /** To the gateway at the other end, whose table associated with its side of the attachment decides. */
  private overPeering(id: string, by: Origin): NextHop {
    const { inventory, builder } = this.estate;
    const here = inventory.get('TransitGatewayRouteTables', by.id);
    const gateway = here === undefined ? undefined : text(here.record, 'TransitGatewayId');
    const sides = inventory.all('TransitGatewayAttachments').filter((one) => one.id === id);
    const down = sides.find((side) => !isAvailable(side));
    if (down !== undefined) return notAvailable(down);
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
    if (this.defined.has(door)) return { to: 'hop', in: door };
    this.defined.add(door);
    builder.interface(door, () => ({
      id: door,
      origin: far.origin,
      node: farGateway,
      addresses: [],
      steps: [],
      table: door,
    }));
    builder.table(door, () => this.tables.for(door, far, undefined, `${id} ${farGateway}`));
    this.gatewayNode(farGateway, far);
    return { to: 'hop', in: door };
  }

  /** On-premises, behind a VPN, Direct Connect or Connect attachment; what it sends enters by the attachment's table. */
  private beyond(id: string, type: string, behind: string | undefined, by: Origin): NextHop {
    const outside = `onprem:${id}`;
    if (this.defined.has(outside)) return { to: 'hop', in: outside };
    const { inventory, builder } = this.estate;
    const attachment = inventory.all('TransitGatewayAttachments').find((one) => one.id === id);
    if (attachment !== undefined && !isAvailable(attachment)) return notAvailable(attachment);
    const resource = text(attachment?.record ?? {}, 'ResourceId') ?? behind ?? id;
    const vpn = type === 'vpn' ? inventory.get('VpnConnections', resource) : undefined;
    if (vpn !== undefined && !isAvailable(vpn)) return notAvailable(vpn);
    this.defined.add(outside);
    const gateway = text(attachment?.record ?? {}, 'TransitGatewayId') ?? text(vpn?.record ?? {}, 'TransitGatewayId');
    const door = `${id}#in`;
    const of = attachment?.origin ?? by;
    const origin: Origin = { ...of, kind: 'on-premises network', id: `behind ${resource}`, implicit: true };
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
    defineBeyond(this.estate, {
      id: outside,
      origin,
      assumes: {
        resource,
        message: `what lies behind ${resource} (${type}) listens, permits this traffic and answers`,
      },
      back: () => this.back(type, id, resource, gateway, next),
    });
    if (isKnown) {
      builder.interface(door, () => ({ id: door, origin: of, node: gateway, addresses: [], steps: [], table: door }));
      builder.table(door, () => this.tables.for(door, attachment, undefined));
    }
    return { to: 'hop', in: outside };
  }

  /** What comes back over a hybrid attachment: for addresses of VPCs, over Direct Connect only those that it announces. */
  private back(
    type: string,
    id: string,
    resource: string,
    gateway: string | undefined,
    next: NextHop,
  ): ReturnType<Beyond['back']> {
    const vpcs = normalise([...this.estate.vpcs.values()].flatMap((vpc) => vpc.cidrs));
    if (type !== 'direct-connect-gateway' || gateway === undefined)
      return [{ dst: vpcs, next, text: `back over ${id}` }];
    const links = directConnectsOf(this.estate, gateway).filter((one) => one.id === resource);
    const origin: Origin = { provider: 'aws', kind: 'Direct Connect gateway', id: resource, file: '', pointer: '' };
    const known = links.length > 0 ? links : [{ id: resource, origin, allowed: undefined }];
    const announced = known.flatMap(({ allowed }) => allowed ?? []);
    // The allowed prefixes of a transit gateway are announced as they stand, whatever the VPCs' own CIDRs.
    const [, ...rest] = backOverDirectConnect(known, vpcs, next);
    return known.some(({ allowed }) => allowed === undefined)
      ? backOverDirectConnect(known, vpcs, next)
      : [{ dst: intersect(vpcs, normalise(announced)), next, text: `back over ${id}` }, ...rest];
  }

  /** Where a host behind a hybrid attachment stands, for its addresses in the tables' routes. */
  readStandings(): void {
    const { inventory, builder } = this.estate;
    const searched = inventory.answers('Routes@search-transit-gateway-routes').flatMap(({ records, document }) =>
      records.flatMap((route, i) =>
        objects(route, 'TransitGatewayAttachments').flatMap((target) => {
          const span = parseCidr(text(route, 'DestinationCidrBlock') ?? '');
          const pointer = document.placeOf?.(i) ?? `${document.pointer}/${i}`;
          return this.standing(span === undefined ? [] : [span], target, document.file, pointer);
        }),
      ),
    );
    const propagated = inventory.answers('TransitGatewayRouteTablePropagations').flatMap(({ records, document }) =>
      records.flatMap((target, i) => {
        const vpn = inventory.get('VpnConnections', text(target, 'ResourceId'));
        const spans = vpn === undefined ? [] : (staticRoutes(vpn.record) ?? [parseCidr('0.0.0.0/0')!]);
        return this.standing(spans, target, document.file, document.placeOf?.(i) ?? `${document.pointer}/${i}`);
      }),
    );
    const routed = [...searched, ...propagated];
    builder.standing((address) => {
      if (!mayBeBeyond(this.estate, address)) return [];
      const best = routed
        .filter(({ span: [lo, end] }) => lo <= address && address < end)
        .sort((a, b) => (a.span[1] - a.span[0] < b.span[1] - b.span[0] ? -1 : 1));
      return best.slice(0, 1).map((one) => ({ origin: one.origin, interface: one.interface }));
    });
  }

  private standing(spans: readonly Span<bigint>[], target: Json, file: string, pointer: string) {
    const [id, type] = [text(target, 'TransitGatewayAttachmentId'), text(target, 'ResourceType')];
    if (id === undefined || !HYBRID.has(type ?? '')) return [];
    const origin: Origin = { provider: 'aws', kind: 'transit gateway route', id, file, pointer };
    const next = spans.length === 0 ? undefined : this.beyond(id, type!, text(target, 'ResourceId'), origin);
    return next?.to === 'hop' ? spans.map((span) => ({ span, origin, interface: next.in })) : [];
  }

  private subnetsOf(attachment: Entry): SubnetFacts[] {
    return strings(attachment.record, 'SubnetIds').flatMap((id) => this.estate.subnets.get(id) ?? []);
  }
}

function isAvailable({ record }: Entry): boolean {
  return ['available', 'modifying', undefined].includes(text(record, 'State'));
}

function notAvailable({ id, origin, record }: Entry): NextHop {
  return {
    to: 'drop',
    code: 'aws-tgw-attachment-not-available',
    why: `${id} is ${text(record, 'State')}`,
    by: origin,
  };
}
