/**
 * Subnets as routers. Neighbours meet on the subnet's own link, where no ACL and no route table is consulted; everything
 * else passes the subnet's ACL at the border and is routed by its table.
 * Sources: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html, .../VPC_Route_Tables.html
 */
import type { Interface, Standing } from '../../model/network.ts';
import type { Origin } from '../../model/origin.ts';
import { formatAddress, isPublic } from '../../net/address.ts';
import { type Span, contains, normalise } from '../../net/spans.ts';
import type { Estate, SubnetFacts, VpcFacts } from './estate.ts';
import { regionalNats } from './nat-gateway.ts';
import type { NetworkAcls } from './network-acl.ts';
import { fabric, hostsDoor, lan, latticeDoor, tableOf, uplink, vpcDoor } from './subnet-names.ts';
import { uplinkEntries } from './uplink.ts';

export function readSubnets(estate: Estate, acls: NetworkAcls): void {
  const { builder } = estate;
  for (const vpc of estate.vpcs.values()) {
    for (const cidr of vpc.cidrs) if (isPublic(cidr[0])) builder.ownRange(cidr);
    builder.link(fabric(vpc.entry.id), () => ({
      id: fabric(vpc.entry.id),
      origin: vpc.entry.origin,
      owners: [
        ...vpc.subnets.flatMap((subnet) => subnet.cidrs.map((span) => ({ span, in: vpcDoor(subnet.entry.id) }))),
        ...regionalNats(estate, vpc.entry.id).map(({ address, in: door }) => ({
          span: [address, address + 1n] as const,
          in: door,
        })),
        ...strayOwners(estate, vpc),
      ].sort((a, b) => (a.span[0] < b.span[0] ? -1 : 1)),
      unowned: estate.inventory.knows('Subnets')
        ? {
            to: 'drop',
            code: 'aws-no-such-address',
            why: `no subnet of ${vpc.entry.id} holds the address`,
            by: vpc.entry.origin,
          }
        : {
            to: 'missing',
            what: estate.missing(
              `the subnets of ${vpc.entry.id}`,
              `describe-subnets --filters Name=vpc-id,Values=${vpc.entry.id}`,
            ),
          },
    }));
    builder.place(vpc.entry.id, vpc.entry.origin.name === undefined ? [] : [vpc.entry.origin.name], () => ({
      id: vpc.entry.id,
      origin: vpc.entry.origin,
      aliases: [],
      tags: vpc.entry.tags,
      interfaces: [],
      members: vpc.subnets.flatMap((subnet) => hostsOf(subnet)),
    }));
  }
  for (const eni of estate.interfaces.allStrays()) readUnknownSubnet(estate, eni.subnet, eni.entry.origin);
  for (const subnet of estate.subnets.values()) readSubnet(estate, acls, subnet);
  builder.standing((address) =>
    [...estate.subnets.values()]
      .filter((subnet) => contains(subnet.cidrs, address))
      .map((subnet) => {
        // An address in a delegated prefix is its interface's, whoever (a pod) has it there.
        const owner = subnet.interfaces.find((eni) => contains(eni.prefixes, address));
        return owner === undefined
          ? hypothetical(subnet, address)
          : { origin: owner.entry.origin, interface: owner.entry.id };
      }),
  );
}

/** Addresses of interfaces whose subnet is not in the snapshot, where no known subnet holds them. */
function strayOwners(estate: Estate, vpc: VpcFacts): { span: Span<bigint>; in: string }[] {
  const held = normalise(vpc.subnets.flatMap(({ cidrs }) => cidrs));
  return estate.interfaces
    .straysIn(vpc.entry.id)
    .flatMap((eni) =>
      eni.addresses
        .filter(({ address }) => !contains(held, address))
        .map(({ address }) => ({ span: [address, address + 1n] as const, in: vpcDoor(eni.subnet) })),
    );
}

/** A subnet that only its interfaces speak of: what is for them gets this far, and so does what they send. */
function readUnknownSubnet(estate: Estate, id: string, by: Origin): void {
  const { builder } = estate;
  const origin: Origin = { ...by, kind: 'subnet', id };
  const door = vpcDoor(id);
  builder.node(id, () => ({ id, origin, role: 'router', interfaces: [door] }));
  builder.interface(door, () => ({ id: door, origin, node: id, addresses: [], steps: [], table: uplink(id) }));
  builder.table(uplink(id), () => {
    const what = estate.missing(`subnet ${id}`, `describe-subnets --subnet-ids ${id}`);
    const text = 'whatever its ACL and its routes say';
    return {
      id: uplink(id),
      origin: { ...origin, implicit: true },
      entries: [{ origin, match: {}, next: { to: 'missing', what, by: origin }, rank: [0], text }],
    };
  });
}

function readSubnet(estate: Estate, acls: NetworkAcls, subnet: SubnetFacts): void {
  const { builder } = estate;
  const { id, origin } = subnet.entry;
  const acl = acls.define(subnet);
  const implicit: Origin = { ...origin, implicit: true };
  builder.node(id, () => ({ id, origin, role: 'router', interfaces: [hostsDoor(id), vpcDoor(id)] }));
  builder.interface(hostsDoor(id), () => ({
    id: hostsDoor(id),
    origin,
    node: id,
    addresses: [],
    steps: [],
    table: tableOf(id),
  }));
  builder.interface(vpcDoor(id), () => ({
    id: vpcDoor(id),
    origin,
    node: id,
    addresses: [],
    steps: [
      { at: 'in', filter: acl.in },
      { at: 'out', filter: acl.out },
    ],
    table: `deliver:${id}`,
  }));
  builder.table(`deliver:${id}`, () => ({
    id: `deliver:${id}`,
    origin: implicit,
    entries: [
      {
        origin: implicit,
        match: {},
        next: { to: 'link', out: hostsDoor(id), link: lan(id) },
        rank: [0],
        text: 'deliver in the subnet',
      },
    ],
  }));
  builder.interface(latticeDoor(id), () => ({
    id: latticeDoor(id),
    origin,
    node: id,
    addresses: [],
    steps: [{ at: 'in', filter: acl.out }],
    table: latticeDoor(id),
  }));
  const lattice = {
    what: 'what VPC Lattice does with the packet: service networks and their policies are not modelled',
    fetch: null,
  };
  builder.table(latticeDoor(id), () => ({
    id: latticeDoor(id),
    origin: implicit,
    entries: [{ origin: implicit, match: {}, next: { to: 'missing', what: lattice }, rank: [0], text: 'VPC Lattice' }],
  }));
  builder.link(lan(id), () => {
    const owners: { span: Span<bigint>; in: string }[] = [];
    for (const eni of subnet.interfaces) {
      for (const { address } of eni.addresses) owners.push({ span: [address, address + 1n], in: eni.entry.id });
      for (const span of eni.prefixes) owners.push({ span, in: eni.entry.id });
    }
    const known = estate.inventory.knows('NetworkInterfaces') || estate.inventory.knows('Instances');
    return {
      id: lan(id),
      origin,
      owners: owners.sort((a, b) => (a.span[0] < b.span[0] ? -1 : 1)),
      unowned: known
        ? { to: 'drop', code: 'aws-no-such-address', why: `no network interface in ${id} has the address`, by: origin }
        : { to: 'missing', what: estate.missing('the network interfaces', 'describe-network-interfaces') },
    };
  });
  builder.table(uplink(id), () => ({
    id: uplink(id),
    origin: implicit,
    entries: uplinkEntries(estate, subnet),
  }));
  builder.place(id, origin.name === undefined ? [] : [origin.name], () => ({
    id,
    origin,
    aliases: [],
    tags: subnet.entry.tags,
    interfaces: [],
    members: hostsOf(subnet),
  }));
}

function hostsOf(subnet: SubnetFacts): string[] {
  return subnet.interfaces.filter((eni) => eni.type !== 'nat_gateway').map((eni) => eni.entry.id);
}

/** A host that could stand in a subnet: no filters of its own, but all that the subnet puts on any host. */
function hypothetical(subnet: SubnetFacts, address: bigint): Standing {
  const id = `host:${formatAddress(address)}@${subnet.entry.id}`;
  const origin: Origin = {
    ...subnet.entry.origin,
    kind: 'hypothetical host',
    id: formatAddress(address),
    implicit: true,
  };
  const host: Interface = {
    id,
    origin,
    node: `node:${id}`,
    addresses: [{ address, primary: true }],
    steps: [],
    table: uplink(subnet.entry.id),
  };
  return {
    origin: subnet.entry.origin,
    interface: id,
    adds: {
      node: { id: host.node, origin, role: 'endpoint', interfaces: [id] },
      interface: host,
      link: lan(subnet.entry.id),
    },
  };
}
