/** AWS in the neutral words of model/facts.ts: security groups, VPCs and their ranges, peering connections. */
import { cidrsOf, formatAddress, parseCidr } from '../../net/address.ts';
import { normalise, subtract } from '../../net/spans.ts';
import {
  type ClashFacts,
  type EstateFacts,
  type GroupFacts,
  type OneWayFacts,
  type RemarkFacts,
  claimedOf,
} from '../../model/facts.ts';
import type { Estate } from './estate.ts';
import type { Entry } from './inventory.ts';
import { object, objects, text } from './record.ts';
import { TransitNeighbours } from './transit-neighbours.ts';
import { attachedVpc } from './vpn-gateway.ts';

export function factsOf(estate: Estate): EstateFacts {
  const neighbours = new TransitNeighbours(estate.inventory);
  const whole = wholeVpcs(estate);
  return {
    remarks: {
      'default-networks': () => defaultVpcs(estate),
      'wide-peering-routes': () => widePeeringRoutes(estate),
      'forwarding-hosts': () => idleForwarders(estate),
    },
    groups: estate.inventory.all('SecurityGroups').map((group) => groupFacts(estate, group, whole)),
    ranges: [...estate.vpcs.values()].map(({ entry, cidrs, subnets }) => ({
      origin: entry.origin,
      spans: cidrs,
      isUsed: subnets.some((subnet) => subnet.interfaces.length > 0),
      joined: [...new Set([...estate.peersOf(entry.id), ...neighbours.of(entry.id)])],
    })),
    clashes: vpnClashes(estate),
    oneWay: oneWayPeerings(estate),
  };
}

function groupFacts(estate: Estate, group: Entry, listed: ReadonlySet<string>): GroupFacts {
  const { inventory } = estate;
  const permissions = [...objects(group.record, 'IpPermissions'), ...objects(group.record, 'IpPermissionsEgress')];
  const own = text(group.record, 'OwnerId');
  const absent = permissions.flatMap((permission) =>
    objects(permission, 'UserIdGroupPairs').flatMap((pair): { id: string; gone: boolean }[] => {
      const id = text(pair, 'GroupId');
      const status = text(pair, 'PeeringStatus');
      if (id === undefined) return [];
      if (status !== undefined && status !== 'active') return [{ id, gone: true }];
      // A group of another account, or over a peering, is not expected in this snapshot.
      const isOurs = (text(pair, 'UserId') ?? own) === own && text(pair, 'VpcPeeringConnectionId') === undefined;
      if (!isOurs || inventory.get('SecurityGroups', id) !== undefined) return [];
      return [{ id, gone: listed.has(text(pair, 'VpcId') ?? text(group.record, 'VpcId') ?? '') }];
    }),
  );
  const idsOf = (gone: boolean) => [...new Set(absent.filter((one) => one.gone === gone).map(({ id }) => id))];
  return {
    origin: group.origin,
    attached: inventory.knows('NetworkInterfaces')
      ? (estate.interfaces.carrying(group.id)?.length ?? 0)
      : estate.missing('all network interfaces', 'describe-network-interfaces'),
    isDefault: text(group.record, 'GroupName') === 'default',
    allows: permissions.length > 0,
    gone: idsOf(true),
    unlisted: idsOf(false).map((id) =>
      estate.missing(`security group ${id}`, `describe-security-groups --group-ids ${id}`),
    ),
  };
}

/** VPCs whose groups are all in the snapshot: each has a default one, which only a whole list has too. */
function wholeVpcs({ inventory }: Estate): ReadonlySet<string> {
  return new Set(
    inventory
      .all('SecurityGroups')
      .flatMap(({ record }) => (text(record, 'GroupName') === 'default' ? (text(record, 'VpcId') ?? []) : [])),
  );
}

/**
 * Default VPCs that something stands in: every subnet is public, and gives public addresses away.
 * Source: https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc.html
 */
function defaultVpcs({ vpcs }: Estate): readonly RemarkFacts[] {
  return [...vpcs.values()].flatMap(({ entry, subnets }): RemarkFacts[] => {
    const count = subnets.reduce((sum, { interfaces }) => sum + interfaces.length, 0);
    if (entry.record['IsDefault'] !== true || count === 0) return [];
    const why = `came with the account, with public subnets that give public addresses away; ${count} interfaces stand in it`;
    return [{ origin: entry.origin, why }];
  });
}

/**
 * Routes over a peering connection for more than the other VPC has: what is meant for nobody there is sent there all the same.
 * Source: https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-routing.html
 */
function widePeeringRoutes({ inventory, peerings }: Estate): readonly RemarkFacts[] {
  const known = new Map(peerings.map((peering) => [peering.entry.id, peering]));
  return inventory.all('RouteTables').flatMap(({ record, origin }) =>
    objects(record, 'Routes').flatMap((route): RemarkFacts[] => {
      const peering = known.get(text(route, 'VpcPeeringConnectionId') ?? '');
      const far = peering?.sides.find(({ vpc }) => vpc !== text(record, 'VpcId'));
      const cidr = text(route, 'DestinationCidrBlock') ?? text(route, 'DestinationIpv6CidrBlock') ?? '';
      const span = parseCidr(cidr);
      if (peering === undefined || far === undefined || span === undefined || far.cidrs.length === 0) return [];
      if (subtract([span], normalise(far.cidrs)).length === 0) return [];
      const has = far.cidrs.flatMap(cidrsOf).join(', ');
      const why = `sends ${cidr} over ${peering.entry.id} to ${far.vpc}, which has ${has} only`;
      return [{ origin, why, detail: `${peering.entry.id} ${cidr}` }];
    }),
  );
}

/**
 * Interfaces of instances that may forward what others send, and that no route and no balancer leads to.
 * Source: https://docs.aws.amazon.com/vpc/latest/userguide/VPC_NAT_Instance.html
 */
function idleForwarders({ inventory, subnets }: Estate): readonly RemarkFacts[] {
  if (!inventory.knows('RouteTables')) return [];
  const routes = inventory.all('RouteTables').flatMap(({ record }) => objects(record, 'Routes'));
  const hops = new Set(routes.flatMap((route) => [text(route, 'NetworkInterfaceId'), text(route, 'InstanceId')]));
  const targets = new Set(
    inventory
      .answers('TargetHealthDescriptions')
      .flatMap(({ records }) => records.map((record) => text(object(record, 'Target') ?? {}, 'Id'))),
  );
  return [...subnets.values()]
    .flatMap(({ interfaces }) => interfaces)
    .filter(({ entry, instance, type, sourceDestCheck, addresses }) => {
      if (sourceDestCheck || instance === undefined || type !== 'interface') return false;
      const names = [entry.id, instance, ...addresses.map(({ address }) => formatAddress(address))];
      return !names.some((name) => hops.has(name) || targets.has(name));
    })
    .map(({ entry }) => ({
      origin: entry.origin,
      why: 'may forward what others send (its source/destination check is off), and no route leads to it',
    }));
}

/**
 * Static routes of VPN connections for addresses of the VPC itself: the local route wins, however specific they are.
 * Source: https://docs.aws.amazon.com/vpn/latest/s2svpn/vpn-route-priority.html
 */
function vpnClashes(estate: Estate): readonly ClashFacts[] {
  const { inventory } = estate;
  return inventory.all('VpnConnections').flatMap(({ record, origin }) => {
    const gateway = inventory.get('VpnGateways', text(record, 'VpnGatewayId'));
    const vpc = estate.vpcs.get((gateway && attachedVpc(gateway)) ?? '');
    if (vpc === undefined || (text(record, 'State') ?? 'available') !== 'available') return [];
    const announced = objects(record, 'Routes').flatMap((route) => {
      const span = parseCidr(text(route, 'DestinationCidrBlock') ?? '');
      return span === undefined ? [] : [span];
    });
    const spans = claimedOf(announced, vpc.cidrs);
    return spans.length === 0 ? [] : [{ origin, network: vpc.entry.origin, spans }];
  });
}

/** A peering connection that route tables of one side alone lead to: the other side can't even answer. */
function oneWayPeerings(estate: Estate): OneWayFacts[] {
  const tables = estate.inventory.all('RouteTables');
  if (!estate.inventory.knows('RouteTables')) return [];
  return estate.peerings.flatMap(({ entry, status, sides }): OneWayFacts[] => {
    if (status !== 'active' || sides.some(({ vpc }) => !estate.vpcs.has(vpc))) return [];
    const routed = sides.filter(({ vpc }) =>
      tables.some(
        ({ record }) =>
          text(record, 'VpcId') === vpc &&
          objects(record, 'Routes').some((route) => text(route, 'VpcPeeringConnectionId') === entry.id),
      ),
    );
    if (routed.length !== 1) return [];
    const other = sides.find((side) => side !== routed[0])!;
    // Every VPC has a table: where none is listed, nobody knows what the others say.
    if (!tables.some(({ record }) => text(record, 'VpcId') === other.vpc)) return [];
    return [
      {
        origin: entry.origin,
        why: `route tables of ${routed[0]!.vpc} lead to it and none of ${other.vpc} does: what is sent gets no reply`,
      },
    ];
  });
}
