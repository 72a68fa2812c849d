/**
 * Internet gateways: 1:1 translation between a private address and its public one, both ways and without memory; IPv6
 * passes as it is. Egress-only gateways: IPv6, only what is opened from inside.
 * Sources: https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html, .../egress-only-internet-gateway.html
 */
import { INTERNET } from '../../model/builder.ts';
import type { InterfaceStep, Rewrite, RouteEntry } from '../../model/network.ts';
import type { Origin } from '../../model/origin.ts';
import { ALL_V4, PUBLIC_V4, PUBLIC_V6, familyOf, isPublic } from '../../net/address.ts';
import { type Span, normalise, subtract } from '../../net/spans.ts';
import { type BlockPublicAccess } from './block-public-access.ts';
import type { EdgeTables } from './edge-table.ts';
import type { Estate, InterfaceFacts } from './estate.ts';
import type { Entry } from './inventory.ts';
import { withPublicAddresses } from './mending.ts';
import { regionalNats } from './nat-gateway.ts';
import { BY_MACHINE } from './passage.ts';
import { objects, text } from './record.ts';
import type { RouteTables } from './route-table.ts';
import type { Target } from './targets.ts';
import { fabric, vpcDoor } from './subnet-names.ts';

/** Packets that a machine forwarded for others. */
const MACHINE: readonly Span[] = [[BY_MACHINE, BY_MACHINE + 1]];

export function readInternetGateways(
  estate: Estate,
  tables: RouteTables,
  edges: EdgeTables,
  access: BlockPublicAccess,
): Target {
  for (const igw of estate.inventory.all('InternetGateways')) {
    const vpc = attachedTo(igw);
    if (vpc !== undefined) readGateway(estate, tables, edges, access, igw, vpc);
  }
  return (id, from, route) => {
    const igw = estate.inventory.get('InternetGateways', id);
    if (igw === undefined)
      return {
        to: 'missing',
        what: estate.missing(`internet gateway ${id}`, `describe-internet-gateways --internet-gateway-ids ${id}`),
        by: route,
      };
    if (attachedTo(igw) !== from.vpc)
      return {
        to: 'drop',
        code: 'aws-igw-detached',
        why: `internet gateway ${id} is not attached to ${from.vpc}`,
        by: igw.origin,
      };
    return { to: 'hop', out: vpcDoor(from.entry.id), in: `${id}#vpc` };
  };
}

function attachedTo(igw: Entry): string | undefined {
  const live = objects(igw.record, 'Attachments').find((attachment) =>
    ['available', 'attached', undefined].includes(text(attachment, 'State')),
  );
  return live === undefined ? undefined : text(live, 'VpcId');
}

function readGateway(
  estate: Estate,
  tables: RouteTables,
  edges: EdgeTables,
  access: BlockPublicAccess,
  igw: Entry,
  vpc: string,
): void {
  const { builder } = estate;
  const { id, origin } = igw;
  const pairsOf = once(() => publicPairs(estate, vpc));
  const regional = regionalNats(estate, vpc).map(({ address }) => address);
  builder.manyPublicOwners(() => {
    const sixes = estate
      .interfacesIn(vpc)
      .filter((eni) => !leavesByEgressOnly(estate, tables, eni))
      .flatMap(publicSixes);
    const own = [...pairsOf().map(({ to }) => to), ...regional, ...sixes.map(([address]) => address)];
    return own.map((address) => [address, `${id}#internet`]);
  });
  builder.amendment(`public:${id}`, () => {
    const plainHosts = estate
      .interfacesIn(vpc)
      .filter(
        (eni) =>
          !['nat_gateway', 'lambda'].includes(eni.type) && eni.addresses.every((one) => one.public === undefined),
      );
    return withPublicAddresses(estate, `public:${id}`, origin, plainHosts);
  });
  const filters = access.define(id, vpc);
  const steps = (filter: string | undefined): InterfaceStep[] => (filter === undefined ? [] : [{ at: 'in', filter }]);
  builder.node(id, () => ({
    id,
    origin,
    role: 'router',
    interfaces: [`${id}#vpc`, `${id}#internet`],
    assumes: access.assumed(vpc),
  }));
  builder.interface(`${id}#vpc`, () => ({
    id: `${id}#vpc`,
    origin,
    node: id,
    addresses: [],
    steps: [...steps(filters?.out), { at: 'in', translation: id, side: 'outward' }],
    table: `${id}#out`,
  }));
  builder.interface(`${id}#internet`, () => ({
    id: `${id}#internet`,
    origin,
    node: id,
    addresses: [],
    steps: [{ at: 'in', translation: id, side: 'inward' }, ...steps(filters?.in)],
    table: `${id}#in`,
  }));
  const implicit: Origin = { ...origin, implicit: true };
  builder.table(`${id}#out`, () => ({
    id: `${id}#out`,
    origin: implicit,
    entries: [
      {
        origin: implicit,
        match: { mark: MACHINE, src: subtract([ALL_V4], PUBLIC_V4) },
        next: {
          to: 'missing',
          what: {
            what: 'whether the appliance that forwarded the packet translates its source, as a NAT instance does: what its guest does is in no snapshot',
            fetch: null,
          },
        },
        rank: [-1],
        text: 'forwarded by a machine, with a private source',
      },
      {
        origin: implicit,
        match: { dst: [...PUBLIC_V6, ...PUBLIC_V4] },
        next: { to: 'hop', in: INTERNET.interface },
        rank: [0],
        text: 'the internet',
      },
      {
        origin: implicit,
        match: {},
        next: {
          to: 'drop',
          code: 'aws-igw-private-destination',
          why: `${id} leads to the internet, which has no route to private addresses`,
          by: origin,
        },
        rank: [1],
        text: 'private addresses go nowhere',
      },
    ],
  }));
  builder.table(`${id}#in`, () => {
    const direct: RouteEntry = {
      origin: implicit,
      match: {},
      next: { to: 'link', link: fabric(vpc) },
      rank: [0],
      text: `into ${vpc}`,
    };
    return edges.of(id, vpc, `${id}#in`, [direct]) ?? { id: `${id}#in`, origin: implicit, entries: [direct] };
  });
  builder.translation(id, () => {
    const pairs = pairsOf();
    const sixes = estate
      .interfacesIn(vpc)
      .filter((eni) => !eni.denyAllIgw)
      .flatMap(publicSixes);
    // Public already: IPv6 addresses, and what a regional NAT gateway sends.
    const plain = normalise([...sixes, ...regional.map((address) => [address, address + 1n] as const)]);
    const six: Rewrite[] = plain.length === 0 ? [] : [{ match: [{ src: plain }] }];
    const sixIn: Rewrite[] = plain.length === 0 ? [] : [{ match: [{ dst: plain }] }];
    return {
      id,
      origin,
      memory: 'stateless',
      outward: {
        // What a machine forwarded may carry that machine's address by now: the table beyond says that nobody knows.
        rewrites: [{ pairs: { field: 'src', table: pairs } }, ...six, { match: [{ mark: MACHINE }] }],
        otherwise: 'drop',
        code: 'aws-no-public-address',
        why: `the source has no public address, and ${id} translates only addresses that have one`,
        mend: `public:${id}`,
      },
      inward: {
        rewrites: [
          {
            pairs: {
              field: 'dst',
              table: pairs.map(({ from, to, origin: by }) => ({ from: to, to: from, origin: by })),
            },
          },
          ...sixIn,
        ],
        otherwise: 'drop',
        code: 'aws-no-public-address',
        why: `no interface of ${vpc} has this public address`,
      },
    };
  });
}

/** The private addresses of a VPC that have a public one. */
function publicPairs(estate: Estate, vpc: string): { from: bigint; to: bigint; origin: Origin }[] {
  return estate
    .interfacesIn(vpc)
    .flatMap((eni) =>
      eni.addresses.flatMap(({ address, public: outside }) =>
        outside === undefined ? [] : [{ from: address, to: outside, origin: eni.entry.origin }],
      ),
    );
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function publicSixes(eni: InterfaceFacts): Span<bigint>[] {
  return eni.addresses
    .filter(({ address }) => familyOf(address) === 6 && isPublic(address))
    .map(({ address }) => [address, address + 1n] as const);
}

/** IPv6 replies come back by the gateway that the subnet's default route names. */
function leavesByEgressOnly(estate: Estate, tables: RouteTables, eni: InterfaceFacts): boolean {
  const subnet = estate.subnets.get(eni.subnet);
  const table = subnet === undefined ? undefined : tables.of(subnet);
  return (
    table !== undefined &&
    objects(table.record, 'Routes').some(
      (route) =>
        text(route, 'EgressOnlyInternetGatewayId') !== undefined && text(route, 'DestinationIpv6CidrBlock') === '::/0',
    )
  );
}

export function readEgressOnlyGateways(estate: Estate, tables: RouteTables, access: BlockPublicAccess): Target {
  const { builder } = estate;
  for (const gateway of estate.inventory.all('EgressOnlyInternetGateways')) {
    const { id, origin } = gateway;
    const vpc = attachedTo(gateway);
    if (vpc === undefined) continue;
    const implicit: Origin = { ...origin, implicit: true };
    builder.manyPublicOwners(() =>
      estate
        .interfacesIn(vpc)
        .filter((eni) => leavesByEgressOnly(estate, tables, eni))
        .flatMap(publicSixes)
        .map(([address]) => [address, `${id}#internet`]),
    );
    const blocked = access.defineEgress(id, vpc);
    builder.node(id, () => ({ id, origin, role: 'router', interfaces: [`${id}#vpc`, `${id}#internet`] }));
    builder.interface(`${id}#vpc`, () => ({
      id: `${id}#vpc`,
      origin,
      node: id,
      addresses: [],
      steps: [
        ...(blocked === undefined ? [] : [{ at: 'in' as const, filter: blocked }]),
        { at: 'in', translation: id, side: 'outward' },
      ],
      table: `${id}#out`,
    }));
    builder.interface(`${id}#internet`, () => ({
      id: `${id}#internet`,
      origin,
      node: id,
      addresses: [],
      steps: [{ at: 'in', translation: id, side: 'inward' }],
      table: `${id}#in`,
    }));
    builder.table(`${id}#out`, () => ({
      id: `${id}#out`,
      origin: implicit,
      entries: [
        {
          origin: implicit,
          match: { dst: [[0n, ALL_V4[0]]] },
          next: { to: 'hop', in: INTERNET.interface },
          rank: [0],
          text: 'the IPv6 internet',
        },
      ],
    }));
    builder.table(`${id}#in`, () => ({
      id: `${id}#in`,
      origin: implicit,
      entries: [
        { origin: implicit, match: {}, next: { to: 'link', link: fabric(vpc) }, rank: [0], text: `into ${vpc}` },
      ],
    }));
    builder.translation(id, () => {
      const all = normalise(estate.interfacesIn(vpc).flatMap(publicSixes));
      return {
        id,
        origin,
        memory: 'stateful',
        outward: {
          rewrites: [{ match: [{ src: all }] }],
          otherwise: 'drop',
          code: 'aws-no-public-address',
          why: 'the source has no public IPv6 address',
        },
        owns: all,
      };
    });
  }
  return (id, from, route) => {
    const gateway = estate.inventory.get('EgressOnlyInternetGateways', id);
    if (gateway === undefined)
      return {
        to: 'missing',
        what: estate.missing(
          `egress-only internet gateway ${id}`,
          `describe-egress-only-internet-gateways --egress-only-internet-gateway-ids ${id}`,
        ),
        by: route,
      };
    return { to: 'hop', out: vpcDoor(from.entry.id), in: `${id}#vpc` };
  };
}
