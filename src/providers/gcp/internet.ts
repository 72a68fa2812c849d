/**
 * The internet gateway, subnet by subnet: external addresses are 1:1 and serve both ways, Cloud NAT only lets out and only
 * what takes the internet gateway. Google's own APIs answer interfaces without an address where the subnet allows it.
 * Sources: https://docs.cloud.google.com/vpc/docs/vpc#internet_access_reqs, https://docs.cloud.google.com/nat/docs/nat-product-interactions
 */
import { INTERNET } from '../../model/builder.ts';
import type { NextHop, Rewrite } from '../../model/network.ts';
import type { Origin } from '../../model/origin.ts';
import { PUBLIC_V4, PUBLIC_V6, isPublic, parseAddress } from '../../net/address.ts';
import { ICMP, TCP, UDP } from '../../net/protocol.ts';
import { type Span, normalise } from '../../net/spans.ts';
import { type Estate, type NicFacts, type SubnetFacts, publicSixes } from './estate.ts';
import { type Entry } from './inventory.ts';
import { fabric } from './interface.ts';
import { type Json, link, nameIn, objects, regionOf, strings, text } from './record.ts';
import type { Sender } from './route.ts';

const edge = (place: string) => `edge:${place}`;
const CLIENT_PORTS: readonly Span[] = [[1024, 65536]];
/** Addresses that Google chose for a NAT are in no configuration: each gateway stands for its own with one of the benchmarking range. */
const AUTOMATIC = parseAddress('198.19.0.0')!;

interface NatRange {
  readonly id: string;
  readonly router: Entry;
  readonly name: string;
  readonly sources: readonly Span<bigint>[];
  readonly addresses: readonly Span<bigint>[];
}

export class InternetEdges {
  private readonly estate: Estate;
  private readonly made = new Set<string>();
  private readonly automatic = new Map<string, bigint>();

  constructor(estate: Estate) {
    this.estate = estate;
    for (const subnet of estate.subnets.values()) this.define(subnet.entry.id, subnet.entry.origin, subnet);
    for (const nic of estate.nics.values())
      if (nic.subnet === undefined)
        this.define(
          nic.network.entry.id,
          nic.network.entry.origin,
          undefined,
          nic.network.nics.filter((one) => one.subnet === undefined),
        );
  }

  /** The way out for a sender that a route leads to the internet gateway. */
  way({ subnet, network }: Sender): NextHop {
    const place = subnet?.entry.id ?? network.entry.id;
    return this.made.has(place)
      ? { to: 'hop', in: edge(place) }
      : {
          to: 'drop',
          code: 'gcp-no-external-address',
          why: `${network.entry.name} has nothing that could leave by the internet gateway`,
          by: network.entry.origin,
        };
  }

  /** Google's APIs at their private addresses. */
  googleApis({ subnet }: Sender): NextHop | undefined {
    if (subnet === undefined || !(subnet.googleAccess || this.natsOf(subnet).length > 0)) return undefined;
    const id = `apis:${subnet.network.entry.id}`;
    const { builder } = this.estate;
    const { origin: of, name } = subnet.network.entry;
    const origin: Origin = {
      ...of,
      kind: 'Google APIs',
      id: 'googleapis',
      name: `Google APIs from ${name}`,
      implicit: true,
    };
    builder.node(id, () => ({
      id,
      origin,
      role: 'outside',
      interfaces: [id],
      assumes: [
        { code: 'service-permits', resource: 'googleapis', message: 'the Google API listens and permits this' },
      ],
    }));
    builder.interface(id, () => ({ id, origin, node: id, addresses: [], steps: [], table: id }));
    builder.table(id, () => {
      const own = normalise(subnet.network.subnets.flatMap((one) => one.primary));
      return {
        id,
        origin,
        entries: [
          {
            origin,
            match: { dst: own },
            next: { to: 'link', link: fabric(subnet.network.entry.id) },
            rank: [0],
            text: 'back into the network',
          },
          { origin, match: {}, next: { to: 'local' }, rank: [1], text: 'the API' },
        ],
      };
    });
    return { to: 'hop', in: id };
  }

  private define(place: string, of: Origin, subnet: SubnetFacts | undefined, loose: readonly NicFacts[] = []): void {
    if (this.made.has(place)) return;
    this.made.add(place);
    const { builder } = this.estate;
    const id = edge(place);
    const door = `${id}#internet`;
    const nics = subnet === undefined ? loose : subnet.network.nics.filter((nic) => nic.subnet === subnet);
    const origin: Origin = { ...of, kind: 'internet gateway of subnet', implicit: true };
    const nats = subnet === undefined ? [] : this.natsOf(subnet);
    const network = subnet?.network.entry.id ?? loose[0]?.network.entry.id ?? place;
    for (const nic of nics) {
      for (const { public: outside } of nic.addresses) if (outside !== undefined) builder.publicOwner(outside, door);
      for (const address of publicSixes(nic)) builder.publicOwner(address, door);
    }
    for (const nat of nats) this.defineNat(nat, network);
    builder.node(id, () => ({ id, origin, role: 'router', interfaces: [id, door] }));
    builder.interface(id, () => ({
      id,
      origin,
      node: id,
      addresses: [],
      steps: [{ at: 'in', translation: id, side: 'outward' }],
      table: `${id}#out`,
    }));
    builder.interface(door, () => ({
      id: door,
      origin,
      node: id,
      addresses: [],
      steps: [{ at: 'in', translation: id, side: 'inward' }],
      table: `${id}#in`,
    }));
    builder.table(`${id}#out`, () => ({
      id: `${id}#out`,
      origin,
      entries: [
        ...nats.map(({ id: nat, name, sources }) => ({
          origin,
          match: { src: sources },
          next: { to: 'hop' as const, in: nat },
          rank: [0],
          text: `Cloud NAT ${name}`,
        })),
        {
          origin,
          match: { dst: [...PUBLIC_V6, ...PUBLIC_V4] },
          next: { to: 'hop', in: INTERNET.interface },
          rank: [1],
          text: 'the internet',
        },
      ],
    }));
    builder.table(`${id}#in`, () => ({
      id: `${id}#in`,
      origin,
      entries: [
        { origin, match: {}, next: { to: 'link', link: fabric(network) }, rank: [0], text: 'to its interface' },
      ],
    }));
    builder.translation(id, () => {
      const pairs = nics.flatMap((nic) =>
        nic.addresses.flatMap(({ address, public: outside }) =>
          outside === undefined ? [] : [{ from: address, to: outside, origin: nic.instance.origin }],
        ),
      );
      const sixes = normalise(
        nics.flatMap((nic) => publicSixes(nic).map((address) => [address, address + 1n] as const)),
      );
      const six = (field: 'src' | 'dst'): Rewrite[] => (sixes.length === 0 ? [] : [{ match: [{ [field]: sixes }] }]);
      return {
        id,
        origin,
        memory: 'stateless',
        outward: {
          rewrites: [
            { pairs: { field: 'src', table: pairs } },
            ...six('src'),
            // What a NAT serves it translates itself.
            ...nats.map(({ sources }): Rewrite => ({ match: [{ src: sources }] })),
          ],
          otherwise: 'drop',
          code: 'gcp-no-external-address',
          why:
            nats.length === 0
              ? `the source has no external address, and no Cloud NAT serves ${of.name ?? of.id}`
              : `the source has no external address, and Cloud NAT ${nats[0]!.name} does not serve this range`,
        },
        inward: {
          rewrites: [
            {
              pairs: {
                field: 'dst',
                table: pairs.map(({ from, to, origin: by }) => ({ from: to, to: from, origin: by })),
              },
            },
            ...six('dst'),
          ],
          otherwise: 'drop',
          code: 'no-session',
          why: `nothing in ${of.name ?? of.id} has this external address`,
        },
      };
    });
  }

  /** One NAT gateway, shared by the subnets that it serves. */
  private defineNat({ id, router, name, addresses }: NatRange, network: string): void {
    if (this.made.has(id)) return;
    this.made.add(id);
    const { builder } = this.estate;
    const door = `${id}#internet`;
    const { origin } = router;
    const implicit: Origin = { ...origin, implicit: true };
    for (const [lo] of addresses) builder.publicOwner(lo, door);
    builder.node(id, () => ({ id, origin, role: 'router', interfaces: [id, door] }));
    builder.interface(id, () => ({
      id,
      origin,
      node: id,
      addresses: [],
      steps: [{ at: 'in', translation: id, side: 'outward' }],
      table: `${id}#out`,
    }));
    builder.interface(door, () => ({
      id: door,
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
          match: { dst: [...PUBLIC_V6, ...PUBLIC_V4] },
          next: { to: 'hop', in: INTERNET.interface },
          rank: [0],
          text: 'the internet',
        },
      ],
    }));
    builder.table(`${id}#in`, () => ({
      id: `${id}#in`,
      origin: implicit,
      entries: [
        {
          origin: implicit,
          match: {},
          next: { to: 'link', link: fabric(network) },
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
        rewrites: [
          {
            match: [
              {
                protocol: [
                  [ICMP, ICMP + 1],
                  [TCP, TCP + 1],
                  [UDP, UDP + 1],
                ],
              },
            ],
            set: { src: addresses, sport: CLIENT_PORTS },
          },
        ],
        otherwise: 'drop',
        code: 'gcp-nat-unsupported-protocol',
        why: `Cloud NAT ${name} translates TCP, UDP and ICMP only`,
      },
      owns: addresses,
    }));
  }

  /** The NAT gateways that serve a subnet: of its network and region, for the ranges that they list. */
  natsOf(subnet: SubnetFacts): NatRange[] {
    return this.estate.inventory.all('router').flatMap((router) => {
      const { record } = router;
      const region = regionOf(`${text(record, 'region') ?? router.id}/`) ?? regionOf(router.id);
      if (link(record, 'network') !== subnet.network.entry.id || region !== subnet.region) return [];
      return objects(record, 'nats').flatMap((nat): NatRange[] => {
        if ((text(nat, 'type') ?? 'PUBLIC') !== 'PUBLIC') return [];
        const sources = servedRanges(nat, subnet);
        const addresses = this.addressesOf(nat, router);
        return sources.length === 0 || addresses.length === 0
          ? []
          : [
              {
                id: `nat:${router.id}/${text(nat, 'name') ?? ''}`,
                router,
                name: text(nat, 'name') ?? router.name,
                sources,
                addresses,
              },
            ];
      });
    });
  }

  private addressesOf(nat: Json, router: Entry): Span<bigint>[] {
    const named = strings(nat, 'natIps').map((url) => {
      const entry =
        this.estate.inventory.get('address', url) ??
        this.estate.inventory.all('address').find((one) => one.name === nameIn(url));
      return parseAddress(text(entry?.record, 'address') ?? '');
    });
    const known = named.filter((address) => address !== undefined && isPublic(address)) as bigint[];
    if (known.length > 0) return known.map((address) => [address, address + 1n] as const);
    if (text(nat, 'natIpAllocateOption') === 'MANUAL_ONLY' && named.length === 0) return [];
    const key = `${router.id} ${text(nat, 'name') ?? ''}`;
    const address = this.automatic.get(key) ?? AUTOMATIC + BigInt(this.automatic.size);
    this.automatic.set(key, address);
    return [[address, address + 1n]];
  }
}

function servedRanges(nat: Json, subnet: SubnetFacts): Span<bigint>[] {
  const all = [...subnet.primary, ...subnet.secondary.map(({ span }) => span)];
  switch (text(nat, 'sourceSubnetworkIpRangesToNat')) {
    case 'ALL_SUBNETWORKS_ALL_IP_RANGES':
      return all;
    case 'ALL_SUBNETWORKS_ALL_PRIMARY_IP_RANGES':
      return [...subnet.primary];
    default:
      return objects(nat, 'subnetworks')
        .filter((one) => link(one, 'name') === subnet.entry.id || text(one, 'name') === subnet.entry.name)
        .flatMap((one) => {
          const which = strings(one, 'sourceIpRangesToNat');
          const secondary = strings(one, 'secondaryIpRangeNames');
          if (which.length === 0 || which.includes('ALL_IP_RANGES')) return all;
          return [
            ...(which.includes('PRIMARY_IP_RANGE') ? subnet.primary : []),
            ...(which.includes('LIST_OF_SECONDARY_IP_RANGES')
              ? subnet.secondary.filter(({ name }) => secondary.includes(name)).map(({ span }) => span)
              : []),
          ];
        });
  }
}
