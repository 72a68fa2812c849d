/**
 * Ways into one particular interface by way of its subnet, whatever the destination address: what routes to machines and
 * gateways, balancers and edge tables have in common. The subnet's ACL is met unless the packet is in the subnet already.
 */
import type { NextHop, Translation } from '../../model/network.ts';
import type { Origin } from '../../model/origin.ts';
import { ALL_V4 } from '../../net/address.ts';
import { type Span, subtract } from '../../net/spans.ts';
import type { Estate, SubnetFacts } from './estate.ts';
import type { NetworkAcls } from './network-acl.ts';
import { doorTo, vpcDoor } from './subnet-names.ts';

/** Into `target` by way of `subnet`; `from` is the subnet that the packet leaves, undefined where it comes in by a gateway. */
export function throughSubnet(
  estate: Estate,
  acls: NetworkAcls,
  from: SubnetFacts | undefined,
  subnet: SubnetFacts,
  target: string,
): NextHop {
  if (from?.entry.id === subnet.entry.id) return { to: 'hop', in: target };
  const { builder } = estate;
  const door = doorTo(subnet.entry.id, target);
  const acl = acls.define(subnet);
  const implicit = { ...subnet.entry.origin, implicit: true as const };
  builder.interface(door, () => ({
    id: door,
    origin: subnet.entry.origin,
    node: subnet.entry.id,
    addresses: [],
    steps: [{ at: 'in', filter: acl.in }],
    table: door,
  }));
  builder.table(door, () => ({
    id: door,
    origin: implicit,
    entries: [{ origin: implicit, match: {}, next: { to: 'hop', in: target }, rank: [0], text: `to ${target}` }],
  }));
  return from === undefined ? { to: 'hop', in: door } : { to: 'hop', out: vpcDoor(from.entry.id), in: door };
}

/** Set on packets that a machine forwarded for others, which may be translating them: its guest decides. */
export const BY_MACHINE = 1;
/** Set on packets that an inspection endpoint forwarded. */
export const BY_ENDPOINT = 2;

/**
 * Group references do not match packets that a middlebox forwarded, although the source address is still a member's: only
 * the mark tells them apart. What the middlebox itself sends (`own`) stays unmarked.
 * Source: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
 */
export function markForwarded(
  id: string,
  origin: Origin,
  by: typeof BY_MACHINE | typeof BY_ENDPOINT,
  own: readonly Span<bigint>[] = [],
): Translation {
  const others = subtract([[0n, ALL_V4[1]]], own);
  const rewrites = [{ match: [{ src: others }], set: { mark: [[by, by + 1] as const] } }];
  return { id, origin, memory: 'stateless', outward: { rewrites, otherwise: 'pass', why: '', code: '' } };
}
