/**
 * NAT gateways: TCP, UDP and ICMP opened from inside get the gateway's address and a port of its choice; nothing else
 * comes in. What leaves is routed by the gateway's own subnet.
 * Sources: https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html, .../vpc-nat-gateway.html
 */
import type { Filter, InterfaceAddress, RouteEntry } from '../../model/network.ts';
import type { Origin } from '../../model/origin.ts';
import { ALL_V6, parseAddress, parseCidr } from '../../net/address.ts';
import { ICMP, TCP, UDP } from '../../net/protocol.ts';
import { type Span, normalise, subtract } from '../../net/spans.ts';
import type { Estate, SubnetFacts } from './estate.ts';
import type { Entry } from './inventory.ts';
import { objects, text } from './record.ts';
import type { RouteTables } from './route-table.ts';
import type { Target } from './targets.ts';
import { vpcDoor } from './subnet-names.ts';
import { uplinkEntries } from './uplink.ts';
import type { NetworkAcls } from './network-acl.ts';
import { throughSubnet } from './passage.ts';

const PROTOCOLS: readonly Span[] = [
  [ICMP, ICMP + 1],
  [TCP, TCP + 1],
  [UDP, UDP + 1],
];
const PORTS: readonly Span[] = [[1024, 65536]];

export function readNatGateways(estate: Estate, acls: NetworkAcls, tables: RouteTables): Target {
  for (const nat of estate.inventory.all('NatGateways')) readNat(estate, tables, nat);
  return (id, from, route) => {
    const nat = estate.inventory.get('NatGateways', id);
    if (nat === undefined)
      return {
        to: 'missing',
        what: estate.missing(`NAT gateway ${id}`, `describe-nat-gateways --nat-gateway-ids ${id}`),
        by: route,
      };
    if (isRegional(nat)) return { to: 'hop', out: vpcDoor(from.entry.id), in: doorOf(nat) };
    const home = text(nat.record, 'SubnetId');
    const subnet = estate.subnets.get(home ?? '');
    if (subnet === undefined)
      return {
        to: 'missing',
        what: estate.missing(
          `the subnet ${home ?? ''} of NAT gateway ${id}`,
          `describe-nat-gateways --nat-gateway-ids ${id}`,
        ),
        by: nat.origin,
      };
    return throughSubnet(estate, acls, from, subnet, doorOf(nat));
  };
}

/** The gateway's interface; one of our own where the record does not name it. */
function doorOf(nat: Entry): string {
  const eni = objects(nat.record, 'NatGatewayAddresses')
    .map((address) => text(address, 'NetworkInterfaceId'))
    .find((id) => id !== undefined);
  return eni ?? `${nat.id}#eni`;
}

function readNat(estate: Estate, tables: RouteTables, nat: Entry): void {
  const { builder } = estate;
  const { id, origin } = nat;
  const door = doorOf(nat);
  const home = estate.subnets.get(text(nat.record, 'SubnetId') ?? '');
  const listed = objects(nat.record, 'NatGatewayAddresses').flatMap((one): InterfaceAddress[] => {
    const outside = parseAddress(text(one, 'PublicIp') ?? '');
    // A regional gateway has no address in a subnet: what it sends carries the public one at once.
    const address = isRegional(nat) ? outside : parseAddress(text(one, 'PrivateIp') ?? '');
    return address === undefined ? [] : [{ address, ...(outside === undefined ? {} : { public: outside }) }];
  });
  const addresses = listed.length > 0 ? listed : (estate.interfaces.get(door)?.addresses ?? []);
  const own = normalise(addresses.map(({ address }) => [address, address + 1n] as const));
  const state = text(nat.record, 'State');
  const down = state !== undefined && state !== 'available';
  builder.node(id, () => ({
    id,
    origin,
    role: 'router',
    interfaces: [door],
    ...(down ? { down: { code: 'aws-nat-not-available', why: `NAT gateway ${id} is ${state}` } } : {}),
  }));
  builder.interface(door, () => ({
    id: door,
    origin,
    node: id,
    addresses,
    steps: [
      { at: 'in', filter: `nat-family:${id}` },
      { at: 'in', translation: id, side: 'inward' },
      { at: 'out', translation: id, side: 'outward' },
    ],
    ...(isRegional(nat) || home !== undefined ? { table: id } : {}),
  }));
  builder.filter(`nat-family:${id}`, () => onlyIpv4(`nat-family:${id}`, origin));
  if (isRegional(nat)) readRegional(estate, tables, nat);
  else if (home !== undefined) readTable(estate, id, origin, home);
  builder.translation(id, () => ({
    id,
    origin,
    memory: 'stateful',
    outward: {
      // Whoever forwarded it before: what leaves here is the gateway's own.
      rewrites: [{ match: [{ protocol: PROTOCOLS }], set: { src: own, sport: PORTS, mark: [[0, 1]] } }],
      otherwise: 'drop',
      code: 'aws-nat-unsupported-protocol',
      why: `NAT gateway ${id} translates TCP, UDP and ICMP only`,
    },
    owns: own,
  }));
  builder.place(id, origin.name === undefined ? [] : [origin.name], () => ({
    id,
    origin,
    aliases: [],
    tags: nat.tags,
    interfaces: [door],
  }));
}

/** A regional gateway stands in no subnet: no ACL, and a route table of its own. */
function readRegional(estate: Estate, tables: RouteTables, nat: Entry): void {
  const { builder, inventory } = estate;
  const { id, origin } = nat;
  const vpc = text(nat.record, 'VpcId') ?? '';
  const from: SubnetFacts = { entry: nat, vpc, zone: undefined, cidrs: [], interfaces: [] };
  const door = vpcDoor(id);
  // Whatever it routes leaves translated.
  builder.interface(door, () => ({
    id: door,
    origin,
    node: id,
    addresses: [],
    steps: [{ at: 'out', translation: id, side: 'outward' }],
  }));
  builder.table(id, () => {
    const table = inventory.get('RouteTables', text(nat.record, 'RouteTableId'));
    const what = estate.missing(`the route table of NAT gateway ${id}`, `describe-route-tables`);
    return table === undefined
      ? { id, origin, entries: [{ origin, match: {}, next: { to: 'missing', what }, rank: [0], text: 'not known' }] }
      : tables.asTable(id, table, from);
  });
}

/** The regional gateways of a VPC, with their public addresses and the interface that those enter by. */
export function regionalNats(estate: Estate, vpc: string): { readonly address: bigint; readonly in: string }[] {
  return estate.inventory
    .where('NatGateways', 'VpcId', vpc)
    .filter(isRegional)
    .flatMap((nat) =>
      objects(nat.record, 'NatGatewayAddresses').flatMap((one) => {
        const address = parseAddress(text(one, 'PublicIp') ?? '');
        return address === undefined ? [] : [{ address, in: doorOf(nat) }];
      }),
    );
}

function isRegional({ record }: Entry): boolean {
  return text(record, 'AvailabilityMode') === 'regional';
}

const NAT64 = parseCidr('64:ff9b::/96')!;

/** IPv6 is not translated, except to IPv4 for the well-known prefix. */
function onlyIpv4(id: string, origin: Origin): Filter {
  const others = subtract([ALL_V6], [NAT64]);
  return {
    id,
    origin,
    code: 'aws-nat-no-ipv6',
    whyNoMend: 'a NAT gateway translates IPv4 only',
    rules: [{ origin, action: 'deny', match: [{ dst: others }], text: 'a NAT gateway carries no IPv6' }],
    order: 'first-match',
    otherwise: 'allow',
  };
}

/** What the gateway itself does with a packet: like any host of its subnet, but for NAT64, which is not modelled. */
function readTable(estate: Estate, id: string, origin: Origin, home: SubnetFacts): void {
  const what = { what: `what ${id} makes of IPv6 packets for IPv4 hosts (NAT64)`, fetch: null };
  const nat64: RouteEntry = {
    origin,
    match: { dst: [NAT64] },
    next: { to: 'missing', what, by: origin },
    rank: [-1],
    text: '64:ff9b::/96: NAT64',
  };
  estate.builder.table(id, () => ({
    id,
    origin: { ...home.entry.origin, implicit: true },
    entries: [nat64, ...uplinkEntries(estate, home)],
  }));
}

/** The addresses that a VPC's NAT gateways send from. */
export function natAddresses(estate: Estate, vpc: string): Span<bigint>[] {
  return normalise(
    estate.inventory
      .all('NatGateways')
      .filter((nat) => text(nat.record, 'VpcId') === vpc)
      .flatMap((nat) => objects(nat.record, 'NatGatewayAddresses'))
      .flatMap((one) => {
        const address = parseAddress(text(one, 'PrivateIp') ?? '');
        return address === undefined ? [] : [[address, address + 1n] as const];
      }),
  );
}
