/**
 * Routes that would mend a missing one: whatever a route of this subnet may lead to. A question that has no way asks for all of
 * them, so what does not depend on the subnet is worked out once.
 */
import type { Match, NextHop, RouteEntry } from '../../model/network.ts';
import { cidrsOf, parseCidr, prefixLengthOf } from '../../net/address.ts';
import type { Span } from '../../net/spans.ts';
import { type Estate, type SubnetFacts, push } from './estate.ts';
import type { Entry } from './inventory.ts';
import { prefixListCidrs } from './prefix-list.ts';
import { objects, text } from './record.ts';
import type { Targets } from './targets.ts';

/** Where a route may lead, as its match, its rank and its words. */
interface Destination {
  readonly match: Match;
  readonly rank: readonly number[];
  readonly words: string;
}

interface Attached {
  readonly vpc: string;
  readonly destinations: readonly Destination[];
}

function destination(span: Span<bigint>): Destination {
  return { match: { dst: [span] }, rank: [-(prefixLengthOf(span) ?? 0), 0], words: cidrsOf(span).join() };
}

/** Knows the routes that could be added to the tables of an estate. */
export class PossibleRoutes {
  private readonly estate: Estate;
  private readonly atGateways = new Map<string, readonly Attached[]>();
  private readonly attached = new Map<string, ReadonlyMap<string, readonly Entry[]>>();

  constructor(estate: Estate) {
    this.estate = estate;
  }

  /** The VPCs at a transit gateway, worked out once for all tables that routes to them could be added to. */
  private attachedTo(gateway: string): readonly Attached[] {
    let known = this.atGateways.get(gateway);
    if (known === undefined) {
      const { inventory, vpcs } = this.estate;
      known = inventory.where('TransitGatewayVpcAttachments', 'TransitGatewayId', gateway).map(({ record }) => {
        const vpc = text(record, 'VpcId') ?? '';
        return { vpc, destinations: (vpcs.get(vpc)?.cidrs ?? []).map(destination) };
      });
      this.atGateways.set(gateway, known);
    }
    return known;
  }

  /** Best first: to services, to other networks, to the internet. */
  for(table: Entry, subnet: SubnetFacts, targets: Targets): RouteEntry[] {
    const { estate } = this;
    const { inventory } = estate;
    const nexts = new Map<string, NextHop | undefined>();
    const entry = (to: Span<bigint> | Destination, field: string, id: string): RouteEntry[] => {
      const key = `${field} ${id}`;
      if (!nexts.has(key)) nexts.set(key, targets[field]?.(id, subnet, table.origin));
      const next = nexts.get(key);
      const { match, rank, words } = 'match' in to ? to : destination(to);
      return next === undefined
        ? []
        : [{ origin: table.origin, match, next, rank, text: `${words} -> ${id}`, target: id }];
    };
    const here = (kind: string) => inventory.where(kind, 'VpcId', subnet.vpc);
    const attached = (kind: string) => this.attachedIn(kind, subnet.vpc);
    const services = here('VpcEndpoints')
      .filter(({ record }) => (text(record, 'VpcEndpointType') ?? 'Gateway') === 'Gateway')
      .flatMap(({ id, record }) => {
        const list = inventory
          .all('PrefixLists@describe-prefix-lists')
          .find((one) => one.name === text(record, 'ServiceName'));
        const cidrs = list === undefined ? [] : (prefixListCidrs(estate, list.id) ?? []);
        return cidrs.flatMap((cidr) => entry(cidr, 'GatewayId:vpce', id));
      });
    const peerings = estate.peerings
      .filter(({ status }) => status === 'active')
      .flatMap(({ entry: pcx, sides: [a, b] }) =>
        (a.vpc === subnet.vpc ? b.cidrs : b.vpc === subnet.vpc ? a.cidrs : []).flatMap((cidr) =>
          entry(cidr, 'VpcPeeringConnectionId', pcx.id),
        ),
      );
    const transit = here('TransitGatewayVpcAttachments').flatMap(({ record }) => {
      const gateway = text(record, 'TransitGatewayId') ?? '';
      return this.attachedTo(gateway).flatMap(({ vpc, destinations }) =>
        vpc === subnet.vpc ? [] : destinations.flatMap((to) => entry(to, 'TransitGatewayId', gateway)),
      );
    });
    const hybrid = attached('VpnGateways').flatMap(({ id }) =>
      inventory
        .all('VpnConnections')
        .filter(({ record }) => text(record, 'VpnGatewayId') === id)
        .flatMap(({ record }) => objects(record, 'Routes'))
        .flatMap((route) => {
          const span = parseCidr(text(route, 'DestinationCidrBlock') ?? '');
          return span === undefined ? [] : entry(span, 'GatewayId:vgw', id);
        }),
    );
    const [four, six] = [parseCidr('0.0.0.0/0')!, parseCidr('::/0')!];
    const gateways = attached('InternetGateways').flatMap((igw) =>
      [four, six].flatMap((cidr) => entry(cidr, 'GatewayId:igw', igw.id)),
    );
    const nats = here('NatGateways')
      .filter((nat) => text(nat.record, 'State') === 'available' && text(nat.record, 'ConnectivityType') !== 'private')
      .flatMap((nat) => entry(four, 'NatGatewayId', nat.id));
    const outward = attached('EgressOnlyInternetGateways').flatMap((one) =>
      entry(six, 'EgressOnlyInternetGatewayId', one.id),
    );
    // Hosts without public addresses get out by translation only.
    const isPublic = subnet.interfaces.some((eni) => eni.addresses.some((one) => one.public !== undefined));
    const internet = isPublic ? [...gateways, ...nats] : [...nats, ...gateways];
    return [...services, ...peerings, ...transit, ...hybrid, ...internet, ...outward];
  }

  /** The gateways of a kind that are attached to a VPC. */
  private attachedIn(kind: string, vpc: string): readonly Entry[] {
    let index = this.attached.get(kind);
    if (index === undefined) {
      const found = new Map<string, Entry[]>();
      for (const entry of this.estate.inventory.all(kind)) {
        const attachments = [...objects(entry.record, 'Attachments'), ...objects(entry.record, 'VpcAttachments')];
        for (const id of new Set(attachments.flatMap((one) => text(one, 'VpcId') ?? []))) push(found, id, entry);
      }
      this.attached.set(kind, (index = found));
    }
    return index.get(vpc) ?? [];
  }
}
