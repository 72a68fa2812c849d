/** AWS in the neutral words of model/facts.ts: security groups, VPCs and their ranges, peering connections. */
import { parseCidr } from '../../net/address.ts';
import { type ClashFacts, type EstateFacts, type GroupFacts, type OneWayFacts, claimedOf } from '../../model/facts.ts';
import type { Estate } from './estate.ts';
import type { Entry } from './inventory.ts';
import { objects, text } from './record.ts';
import { TransitNeighbours } from './transit-neighbours.ts';
import { attachedVpc } from './vpn-gateway.ts';

export function factsOf(estate: Estate): EstateFacts {
  const neighbours = new TransitNeighbours(estate.inventory);
  return {
    groups: estate.inventory.all('SecurityGroups').map((group) => groupFacts(estate, group)),
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

function groupFacts(estate: Estate, group: Entry): GroupFacts {
  const { inventory } = estate;
  const permissions = [...objects(group.record, 'IpPermissions'), ...objects(group.record, 'IpPermissionsEgress')];
  const own = text(group.record, 'OwnerId');
  const gone = permissions.flatMap((permission) =>
    objects(permission, 'UserIdGroupPairs').flatMap((pair): string[] => {
      const id = text(pair, 'GroupId');
      const status = text(pair, 'PeeringStatus');
      if (id === undefined) return [];
      if (status !== undefined && status !== 'active') return [id];
      // A group of another account, or over a peering, is not expected in this snapshot.
      const isOurs = (text(pair, 'UserId') ?? own) === own && text(pair, 'VpcPeeringConnectionId') === undefined;
      return isOurs && inventory.get('SecurityGroups', id) === undefined ? [id] : [];
    }),
  );
  return {
    origin: group.origin,
    ...(inventory.knows('NetworkInterfaces') ? { attached: estate.interfaces.carrying(group.id)?.length ?? 0 } : {}),
    isDefault: text(group.record, 'GroupName') === 'default',
    allows: permissions.length > 0,
    gone: [...new Set(gone)],
  };
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
    return [
      {
        origin: entry.origin,
        why: `route tables of ${routed[0]!.vpc} lead to it and none of ${other.vpc} does: what is sent gets no reply`,
      },
    ];
  });
}
