/**
 * The way to the internet, subnet by subnet: what leaves takes the subnet's NAT gateway, else its own public address, else a
 * balancer's outbound rule, else Azure's implicit one; what comes in needs a public address or a balancer's rule.
 * Sources: https://learn.microsoft.com/en-us/azure/virtual-network/ip-services/public-ip-addresses,
 * https://learn.microsoft.com/en-us/azure/nat-gateway/nat-overview, .../ip-services/default-outbound-access
 */
import { INTERNET } from '../../model/builder.ts';
import type { Match, NextHop, Rewrite, RouteEntry, Rule } from '../../model/network.ts';
import { type Missing, type Origin, nameOf } from '../../model/origin.ts';
import { ALL_V4, ALL_V6, PUBLIC_V4, PUBLIC_V6, familyOf, parseCidr } from '../../net/address.ts';
import { ICMP, TCP, UDP } from '../../net/protocol.ts';
import { type Span, normalise, subtract } from '../../net/spans.ts';
import type { Estate, NicFacts, SubnetFacts } from './estate.ts';
import type { Entry } from './inventory.ts';
import { FORWARDED, fabric } from './network-interface.ts';
import { flag, object, reference, references, text } from './record.ts';

export const edgeOf = (subnet: string) => `edge:${subnet}`;
const natOf = (nat: Entry) => `nat:${nat.id}`;
export const edgeDoor = (subnet: string) => `edge:${subnet}#internet`;

/** Packets of a subnet that leave by somebody else's translation, and the door to it. */
export interface WayOut {
  readonly match: Match;
  readonly in: string;
}

/** What balancers do for the members that stand in a subnet. */
export interface Balancing {
  /** Rewrites of what comes in for a frontend. */
  readonly inward: (subnet: SubnetFacts) => readonly Rewrite[];
  /** What members may send out under an address of a balancer, where outbound rules say so. */
  readonly outward: (subnet: SubnetFacts) => readonly WayOut[];
  /** Members that a public frontend serves: closed without a security group, if the balancer is Standard. */
  readonly members: (subnet: SubnetFacts) => readonly NicFacts[];
  /** Addresses in any pool of a Standard balancer, which takes their implicit way out. */
  readonly pooled: (subnet: SubnetFacts) => readonly Span<bigint>[];
}

/** Implicit outbound addresses are nobody's to know. */
const IMPLICIT: Missing = {
  what: 'the public addresses that Azure lends for default outbound access',
  fetch: null,
};
/** What a NAT gateway carries. */
const TRANSLATED: readonly Span[] = [
  [TCP, TCP + 1],
  [UDP, UDP + 1],
];
const CLIENT_PORTS: readonly Span[] = [[1024, 65536]];

export function readInternet(estate: Estate, balancing: Balancing): (subnet: SubnetFacts) => NextHop {
  for (const subnet of estate.subnets.values()) readEdge(estate, balancing, subnet);
  return (subnet) => ({ to: 'hop', in: edgeOf(subnet.entry.id) });
}

function readEdge(estate: Estate, balancing: Balancing, subnet: SubnetFacts): void {
  const { builder } = estate;
  const id = edgeOf(subnet.entry.id);
  const door = edgeDoor(subnet.entry.id);
  const { origin } = subnet.entry;
  const implicit: Origin = { ...origin, kind: 'internet edge of subnet', implicit: true };
  const guard = { in: `${id}#guard-in`, out: `${id}#guard-out` };
  for (const nic of subnet.nics)
    for (const { address } of nic.configurations)
      if (address.public !== undefined) builder.publicOwner(address.public, door);
  const nat = estate.inventory.get('natGateway', subnet.natGateway);
  const natAddresses = nat === undefined ? [] : publicAddressesOf(estate, nat.record);
  if (nat !== undefined) readNatGateway(estate, nat, natAddresses, subnet);
  // A gateway without IPv6 addresses (any but StandardV2) leaves IPv6 to the interfaces' own public ones.
  const translated = subnet.ranges.filter(([lo]) => familyOf(lo) === 4);
  const byGateway = natAddresses.some(([lo]) => familyOf(lo) === 6) ? subnet.ranges : translated;
  const forwarded: readonly Span[] = [[FORWARDED, FORWARDED + 1]];
  const implicitAddress = builder.standIn(`edge ${id}`, IMPLICIT);
  const usesImplicit = flag(subnet.entry.record, 'defaultOutboundAccess') !== false && nat === undefined;
  builder.publicOwner(implicitAddress, door);
  builder.node(id, () => ({
    id,
    origin: implicit,
    role: 'router',
    interfaces: [id, door],
  }));
  builder.interface(id, () => ({
    id,
    origin: implicit,
    node: id,
    addresses: [],
    steps: [
      { at: 'in', filter: guard.out },
      { at: 'in', translation: id, side: 'outward' },
    ],
    table: `${id}#out`,
  }));
  builder.interface(door, () => ({
    id: door,
    origin: implicit,
    node: id,
    addresses: [],
    steps: [
      { at: 'in', translation: id, side: 'inward' },
      { at: 'in', filter: guard.in },
    ],
    table: `${id}#in`,
  }));
  builder.table(`${id}#out`, () => ({
    id: `${id}#out`,
    origin: implicit,
    entries: [
      {
        origin: implicit,
        match: { mark: forwarded },
        next: {
          to: 'missing',
          what: {
            what: `whether the appliance in ${origin.name ?? ''} translates the source of what it forwards to the internet: its guest is not in the snapshot`,
            fetch: null,
          },
        },
        rank: [-2],
        text: 'what an appliance forwards',
      },
      ...(nat === undefined
        ? []
        : [
            {
              origin: implicit,
              match: { src: byGateway },
              next: { to: 'hop' as const, in: natOf(nat) },
              rank: [-1],
              text: `NAT gateway ${nat.origin.name}`,
            },
          ]),
      ...balancing.outward(subnet).map(({ match, in: door }) => ({
        origin: implicit,
        match,
        next: { to: 'hop' as const, in: door },
        rank: [0],
        text: 'by an outbound rule',
      })),
      ...internetEntries(implicit, origin).map((entry) => ({ ...entry, rank: [1, ...entry.rank] })),
    ],
  }));
  builder.table(`${id}#in`, () => ({
    id: `${id}#in`,
    origin: implicit,
    entries: [
      {
        origin: implicit,
        match: {},
        next: { to: 'link', link: fabric(subnet.vnet.entry.id) },
        rank: [0],
        text: 'to its interface',
      },
    ],
  }));
  builder.translation(id, () => {
    const pairs = subnet.nics.flatMap((nic) =>
      nic.configurations.flatMap(({ address, publicIp }) =>
        address.public === undefined
          ? []
          : [
              {
                from: address.address,
                to: address.public,
                ...(publicIp === undefined ? {} : { origin: publicIp.origin }),
              },
            ],
      ),
    );
    // What leaves by a NAT gateway is translated there.
    const gateway: Rewrite[] = nat === undefined ? [] : [{ match: [{ src: byGateway }] }];
    const fallback: Rewrite[] = usesImplicit
      ? [
          {
            match: [
              {
                src: subtract(translated, normalise([...balancing.pooled(subnet), ...flexible(estate, subnet)])),
                protocol: [
                  [ICMP, ICMP + 1],
                  [TCP, TCP + 1],
                  [UDP, UDP + 1],
                ],
              },
            ],
            set: { src: [[implicitAddress, implicitAddress + 1n]], sport: CLIENT_PORTS },
          },
        ]
      : [];
    return {
      id,
      origin: implicit,
      memory: 'stateless',
      outward: {
        rewrites: [
          // Whether an appliance gives what it forwards an address of its own is not known: the table says so.
          { match: [{ mark: forwarded }] },
          ...gateway,
          { pairs: { field: 'src' as const, table: pairs } },
          // What leaves by a balancer is translated there.
          ...balancing.outward(subnet).map(({ match }): Rewrite => ({ match: [match] })),
          ...fallback,
        ],
        otherwise: 'drop',
        ...outwardWhy(subnet),
        ...(nat === undefined ? { mend: `nat:${id}` } : {}),
      },
      inward: {
        rewrites: [
          ...balancing.inward(subnet),
          { pairs: { field: 'dst', table: pairs.map(({ from, to, ...rest }) => ({ ...rest, from: to, to: from })) } },
        ],
        otherwise: 'drop',
        code: 'no-session',
        why: `nothing in ${origin.name} accepts connections at this public address`,
      },
    };
  });
  builder.amendment(`nat:${id}`, () => ({
    id: `nat:${id}`,
    origin,
    attribute: 'natGateway',
    to: 'a new NAT gateway',
    text: `give ${nameOf(origin)} a NAT gateway`,
    puts: (under) => {
      const edge = under.translation(id);
      const added: Rewrite = {
        match: [{ src: translated, protocol: TRANSLATED }],
        set: { src: [[implicitAddress, implicitAddress + 1n]], sport: CLIENT_PORTS },
      };
      return edge?.outward === undefined
        ? {}
        : { translations: [{ ...edge, outward: { ...edge.outward, rewrites: [...edge.outward.rewrites, added] } }] };
    },
  }));
  for (const direction of ['in', 'out'] as const)
    builder.filter(guard[direction], () => ({
      id: guard[direction],
      origin: implicit,
      code: 'azure-standard-public-ip-needs-nsg',
      rules: direction === 'in' ? guardRules(subnet, balancing) : [],
      order: 'first-match',
      otherwise: 'allow',
      state: `${id}#guard`,
    }));
}

/**
 * Instances of flexible scale sets, which get no implicit way out. Source:
 * https://learn.microsoft.com/en-us/azure/virtual-network/ip-services/default-outbound-access
 */
function flexible({ inventory }: Estate, subnet: SubnetFacts): Span<bigint>[] {
  return subnet.nics
    .filter((nic) => reference(inventory.get('vm', nic.vm)?.record, 'virtualMachineScaleSet') !== undefined)
    .flatMap((nic) => nic.configurations.map(({ address: { address } }) => [address, address + 1n] as const));
}

function outwardWhy(subnet: SubnetFacts): { code: string; why: string } {
  return {
    code: 'azure-private-subnet-no-egress',
    why: `${subnet.entry.origin.name} has no way out: no NAT gateway, no public address, no outbound rule, and default outbound access does not serve this`,
  };
}

/**
 * One NAT gateway, shared by its subnets: TCP and UDP that was opened from inside, in the families that it has addresses of.
 */
function readNatGateway(estate: Estate, nat: Entry, addresses: readonly Span<bigint>[], { vnet }: SubnetFacts): void {
  const { builder } = estate;
  const id = natOf(nat);
  const door = `${id}#internet`;
  const { origin } = nat;
  const implicit: Origin = { ...origin, implicit: true };
  const own = addresses;
  const of = (family: 4 | 6) => own.filter(([lo]) => familyOf(lo) === family);
  for (const [address] of own) builder.publicOwner(address, door);
  builder.node(id, () => ({ id, origin, role: 'router', interfaces: [id, door] }));
  for (const [at, side, table] of [
    [id, 'outward', `${id}#out`],
    [door, 'inward', `${id}#in`],
  ] as const)
    builder.interface(at, () => ({
      id: at,
      origin,
      node: id,
      addresses: [],
      steps: [{ at: 'in', translation: id, side }],
      table,
    }));
  builder.table(`${id}#out`, () => ({ id: `${id}#out`, origin: implicit, entries: internetEntries(implicit, origin) }));
  builder.table(`${id}#in`, () => ({
    id: `${id}#in`,
    origin: implicit,
    entries: [
      {
        origin: implicit,
        match: {},
        next: { to: 'link', link: fabric(vnet.entry.id) },
        rank: [0],
        text: 'to its interface',
      },
    ],
  }));
  builder.translation(id, () => ({
    id,
    origin,
    memory: 'stateful',
    outward: {
      rewrites: ([4, 6] as const).flatMap((family): Rewrite[] =>
        of(family).length === 0
          ? []
          : [
              {
                match: [
                  {
                    src: [family === 4 ? ALL_V4 : ALL_V6],
                    protocol: TRANSLATED,
                  },
                ],
                set: { src: of(family), sport: CLIENT_PORTS },
              },
            ],
      ),
      otherwise: 'drop',
      code: 'azure-nat-gateway-protocol',
      why:
        own.length === 0
          ? `NAT gateway ${origin.name ?? origin.id} has no public address`
          : `NAT gateway ${origin.name ?? origin.id} translates TCP and UDP only`,
    },
    owns: own,
  }));
}

/** To the internet, for public destinations only. */
export function internetEntries(origin: Origin, by: Origin): RouteEntry[] {
  return [
    {
      origin,
      match: { dst: [...PUBLIC_V6, ...PUBLIC_V4] },
      next: { to: 'hop', in: INTERNET.interface },
      rank: [0],
      text: 'the internet',
    },
    {
      origin,
      match: {},
      next: { to: 'drop', code: 'azure-private-destination', why: 'the internet routes no private address', by },
      rank: [1],
      text: 'private addresses go nowhere',
    },
  ];
}

/** Standard public addresses are closed until a security group says otherwise. */
function guardRules(subnet: SubnetFacts, balancing: Balancing): Rule[] {
  const unknown = subnet.nics.flatMap((nic) =>
    nic.configurations.flatMap(({ address: { address }, publicIp, unknownPublic }): Rule[] =>
      unknownPublic === undefined || publicIp === undefined
        ? []
        : [
            {
              origin: publicIp.origin,
              by: publicIp.origin,
              action: 'deny',
              match: [{ dst: [[address, address + 1n]] }],
              text: 'a public address that is not known',
              unresolved: unknownPublic,
            },
          ],
    ),
  );
  const direct = subnet.nics.flatMap((nic) =>
    nic.configurations.flatMap(({ address, publicIp }) =>
      address.public === undefined || publicIp === undefined || isBasic(publicIp.record) || hasGroup(nic)
        ? []
        : [{ address: address.address, origin: publicIp.origin }],
    ),
  );
  const balanced = balancing
    .members(subnet)
    .filter((nic) => !hasGroup(nic))
    .flatMap((nic) =>
      nic.configurations.map(({ address }) => ({ address: address.address, origin: nic.entry.origin })),
    );
  const closed = [...direct, ...balanced].map(
    ({ address, origin }): Rule => ({
      origin,
      by: origin,
      action: 'deny',
      match: [{ dst: [[address, address + 1n]] }],
      text: 'a Standard public address needs a security group that allows the traffic, and there is none',
    }),
  );
  return [...unknown, ...closed];
}

function hasGroup(nic: NicFacts): boolean {
  return nic.nsg !== undefined || nic.subnet.nsg !== undefined;
}

/** The SKU of an address or balancer; one that names none is Basic in old records. */
export function isBasic(record: Parameters<typeof text>[0]): boolean {
  return (text(object(record, 'sku'), 'name') ?? 'Basic').toLowerCase() === 'basic';
}

/** All addresses of a NAT gateway or outbound rule: single ones and whole prefixes. */
function publicAddressesOf(estate: Estate, record: Parameters<typeof references>[0]): Span<bigint>[] {
  const single = [...references(record, 'publicIpAddresses'), ...references(record, 'publicIpAddressesV6')].flatMap(
    (id) => {
      const publicIp = estate.inventory.get('publicIp', id);
      const address =
        publicIp === undefined
          ? estate.standIn(estate.absent(id, id.split('/').at(-1) ?? id))
          : estate.addressOf(publicIp);
      return address === undefined ? [] : [[address, address + 1n] as const];
    },
  );
  const prefixes = references(record, 'publicIpPrefixes').flatMap((id) => {
    const span = parseCidr(text(estate.inventory.get('publicPrefix', id)?.record, 'ipPrefix') ?? '');
    return span === undefined || span[1] - span[0] > 256n
      ? []
      : Array.from(
          { length: Number(span[1] - span[0]) },
          (_, i) => [span[0] + BigInt(i), span[0] + BigInt(i) + 1n] as const,
        );
  });
  return normalise([...single, ...prefixes]).flatMap(([lo, end]) =>
    Array.from({ length: Number(end - lo) }, (_, i) => [lo + BigInt(i), lo + BigInt(i) + 1n] as const),
  );
}
