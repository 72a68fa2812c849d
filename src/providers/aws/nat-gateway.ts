/**
 * NAT gateways: TCP, UDP and ICMP opened from inside get the gateway's address and a port of its choice; nothing else
 * comes in. What leaves is routed by the gateway's own subnet.
 * Sources: https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html, .../vpc-nat-gateway.html
 */
import type { InterfaceAddress } from '../../model/network.ts';
import { parseAddress } from '../../net/address.ts';
import { ICMP, TCP, UDP } from '../../net/protocol.ts';
import { type Span, normalise } from '../../net/spans.ts';
import type { Estate } from './estate.ts';
import type { Entry } from './inventory.ts';
import { objects, text } from './record.ts';
import type { Target } from './route-table.ts';
import { uplink } from './subnet-names.ts';
import type { NetworkAcls } from './network-acl.ts';
import { throughSubnet } from './passage.ts';

const PROTOCOLS: readonly Span[] = [
  [ICMP, ICMP + 1],
  [TCP, TCP + 1],
  [UDP, UDP + 1],
];
const PORTS: readonly Span[] = [[1024, 65536]];

export function readNatGateways(estate: Estate, acls: NetworkAcls): Target {
  for (const nat of estate.inventory.all('NatGateways')) readNat(estate, nat);
  return (id, from, route) => {
    const nat = estate.inventory.get('NatGateways', id);
    if (nat === undefined)
      return {
        to: 'missing',
        what: estate.missing(`NAT gateway ${id}`, `describe-nat-gateways --nat-gateway-ids ${id}`),
        by: route,
      };
    const home = text(nat.record, 'SubnetId');
    const subnet = estate.subnets.get(home ?? '');
    if (subnet === undefined)
      return {
        to: 'missing',
        what: estate.missing(
          `subnet ${home ?? 'of'} of NAT gateway ${id}`,
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

function readNat(estate: Estate, nat: Entry): void {
  const { builder } = estate;
  const { id, origin } = nat;
  const door = doorOf(nat);
  const home = text(nat.record, 'SubnetId');
  const listed = objects(nat.record, 'NatGatewayAddresses').flatMap((one): InterfaceAddress[] => {
    const address = parseAddress(text(one, 'PrivateIp') ?? '');
    const outside = parseAddress(text(one, 'PublicIp') ?? '');
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
      { at: 'in', translation: id, side: 'inward' },
      { at: 'out', translation: id, side: 'outward' },
    ],
    ...(home === undefined ? {} : { table: uplink(home) }),
  }));
  builder.translation(id, () => ({
    id,
    origin,
    memory: 'stateful',
    outward: {
      rewrites: [{ match: [{ protocol: PROTOCOLS }], set: { src: own, sport: PORTS } }],
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
