/**
 * Peering connections: they deliver to addresses of the VPC at the other end and nowhere beyond; NAT gateways can't be
 * used through them, either way.
 * Sources: https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html, .../invalid-peering-configurations.html
 */
import type { NextHop, RouteEntry } from '../../model/network.ts';
import { type Origin, nameOf } from '../../model/origin.ts';
import type { Estate, PeeringFacts, PeeringSide } from './estate.ts';
import { natAddresses } from './nat-gateway.ts';
import type { Target } from './targets.ts';
import { redirected, tablesIn } from './mending.ts';
import { fabric, tableOf, vpcDoor } from './subnet-names.ts';

export function readPeerings(estate: Estate): Target {
  const byId = new Map(estate.peerings.map((peering) => [peering.entry.id, peering]));
  for (const peering of estate.peerings) readPeering(estate, peering);
  return (id, from, route) => {
    const peering = byId.get(id);
    if (peering === undefined)
      return {
        to: 'missing',
        what: estate.missing(
          `peering connection ${id}`,
          `describe-vpc-peering-connections --vpc-peering-connection-ids ${id}`,
        ),
        by: route,
      };
    if (peering.status !== 'active')
      return {
        to: 'drop',
        code: 'aws-peering-not-active',
        why: `peering connection ${id} is ${peering.status}`,
        by: peering.entry.origin,
        ...mendOf(peering),
      };
    if (!peering.sides.some((side) => side.vpc === from.vpc))
      return {
        to: 'drop',
        code: 'aws-peering-not-active',
        why: `peering connection ${id} does not belong to ${from.vpc}`,
        by: peering.entry.origin,
      };
    return { to: 'hop', out: vpcDoor(from.entry.id), in: `${id}#${from.vpc}` };
  };
}

/** A request that waits can be accepted; anything else that is not active is over. */
export function mendOf({ entry, status }: PeeringFacts): { mend: string } | { whyNoMend: string } {
  return status === 'pending-acceptance'
    ? { mend: `accept:${entry.id}` }
    : { whyNoMend: `a peering connection that is ${status} stays so: create a new one` };
}

function readPeering(estate: Estate, { entry, sides, status }: PeeringFacts): void {
  const { builder } = estate;
  const { id, origin } = entry;
  if (status === 'pending-acceptance')
    builder.amendment(`accept:${id}`, () => ({
      id: `accept:${id}`,
      origin,
      attribute: 'Status',
      to: 'active',
      text: `accept ${nameOf(origin)}`,
      puts: (under) =>
        redirected(
          under,
          tablesIn(
            estate,
            sides.map((side) => side.vpc),
          ),
          `accept:${id}`,
          (table) => {
            const subnet = [...estate.subnets.values()].find((one) => tableOf(one.entry.id) === table);
            return subnet === undefined
              ? undefined
              : { to: 'hop', out: vpcDoor(subnet.entry.id), in: `${id}#${subnet.vpc}` };
          },
        ),
    }));
  builder.node(id, () => ({ id, origin, role: 'router', interfaces: sides.map((side) => `${id}#${side.vpc}`) }));
  for (const [from, to] of [sides, [sides[1], sides[0]]] as const) {
    const door = `${id}#${from.vpc}`;
    builder.interface(door, () => ({ id: door, origin, node: id, addresses: [], steps: [], table: door }));
    builder.table(door, () => ({
      id: door,
      origin: { ...origin, implicit: true },
      code: 'aws-peering-not-transitive',
      entries: entriesTo(estate, origin, from, to),
    }));
  }
}

function entriesTo(estate: Estate, origin: Origin, from: PeeringSide, to: PeeringSide): RouteEntry[] {
  const known = estate.vpcs.get(to.vpc);
  const cidrs = known === undefined || known.cidrs.length === 0 ? to.cidrs : known.cidrs;
  const implicit: Origin = { ...origin, implicit: true };
  const next: NextHop =
    known === undefined
      ? {
          to: 'missing',
          what: {
            what: `${to.vpc}, the VPC at the other end of ${origin.id}${to.account === undefined ? '' : ` (account ${to.account})`}`,
            fetch: 'aws ec2 describe-vpcs describe-subnets describe-route-tables ... in that account and Region',
          },
          by: origin,
        }
      : { to: 'link', link: fabric(to.vpc) };
  const nats = natAddresses(estate, from.vpc);
  const entries: RouteEntry[] =
    nats.length === 0
      ? []
      : [
          {
            origin,
            match: { src: nats },
            next: {
              to: 'drop',
              code: 'aws-nat-to-peering',
              why: 'a NAT gateway cannot send to a peering connection',
              by: origin,
            },
            rank: [0],
            text: 'a NAT gateway cannot send to a peering connection',
          },
        ];
  if (cidrs.length === 0)
    return [
      ...entries,
      {
        origin: implicit,
        match: {},
        next: {
          to: 'missing',
          what: estate.missing(
            `the CIDRs of ${to.vpc}`,
            `describe-vpc-peering-connections --vpc-peering-connection-ids ${origin.id}`,
          ),
          by: origin,
        },
        rank: [1],
        text: `to ${to.vpc}`,
      },
    ];
  const beyond: RouteEntry = {
    origin: implicit,
    match: {},
    next: {
      to: 'drop',
      code: 'aws-peering-not-transitive',
      why: `${origin.id} only delivers to addresses of ${to.vpc}, and this is none: peering is not transitive`,
      by: origin,
    },
    rank: [2],
    text: 'nowhere beyond the peer',
  };
  return [...entries, { origin: implicit, match: { dst: cidrs }, next, rank: [1], text: `to ${to.vpc}` }, beyond];
}
