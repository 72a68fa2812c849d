/**
 * The internet gateway, subnet by subnet: external addresses are 1:1 and serve both ways, Cloud NAT only lets out and only
 * what takes the internet gateway. Google's own APIs answer interfaces without an address where the subnet allows it.
 * Sources: https://docs.cloud.google.com/vpc/docs/vpc#internet_access_reqs, https://docs.cloud.google.com/firewall/docs/firewalls#blockedtraffic
 */
import { INTERNET } from '../../model/builder.ts';
import type { Filter, NextHop, Puts, Rewrite, RouteTable, Translation } from '../../model/network.ts';
import { type Missing, type Origin, nameOf } from '../../model/origin.ts';
import { PUBLIC_V4, PUBLIC_V6 } from '../../net/address.ts';
import { ICMP, ICMPV6, TCP, UDP } from '../../net/protocol.ts';
import { type Span, normalise } from '../../net/spans.ts';
import { CloudNats, type NatFacts } from './cloud-nat.ts';
import { type Estate, type NicFacts, type SubnetFacts, publicSixes, rangesOf } from './estate.ts';
import { fabric } from './interface.ts';
import { missing } from './inventory.ts';
import type { Sender } from './routing/sender.ts';
import { GOOGLE_APIS } from './routing/static-routes.ts';

const edge = (place: string) => `edge:${place}`;
/** What external addresses of Google Cloud carry besides: ESP, AH, GRE, SCTP. */
const CARRIED: readonly Span[] = normalise(
  [ICMP, TCP, UDP, 47, 50, 51, ICMPV6, 132].map((one): Span => [one, one + 1]),
);

/** One subnet's way to the internet, or that of interfaces whose subnet is not in the snapshot. */
interface Place {
  readonly id: string;
  readonly of: Origin;
  readonly network: string;
  readonly subnet: SubnetFacts | undefined;
  readonly nics: readonly NicFacts[];
  readonly nats: readonly NatFacts[];
  /** Set where a NAT may serve it that could not be read. */
  readonly unread?: Missing;
}

export class InternetEdges {
  readonly nats: CloudNats;
  private readonly estate: Estate;
  private readonly made = new Set<string>();

  constructor(estate: Estate) {
    this.estate = estate;
    this.nats = new CloudNats(estate);
    const bySubnet = new Map<SubnetFacts | undefined, NicFacts[]>();
    for (const nic of estate.nics.values()) {
      const list = bySubnet.get(nic.subnet);
      if (list === undefined) bySubnet.set(nic.subnet, [nic]);
      else list.push(nic);
    }
    for (const subnet of estate.subnets.values())
      this.define({
        id: subnet.entry.id,
        of: subnet.entry.origin,
        network: subnet.network.entry.id,
        subnet,
        nics: bySubnet.get(subnet) ?? [],
        nats: this.nats.serving(subnet),
        ...this.unreadNats(),
      });
    // Addresses by which Google's APIs are met from inside: no host on the internet has one.
    if (estate.networks.size > 0) for (const span of GOOGLE_APIS) estate.builder.ownRange(span);
    const loose = bySubnet.get(undefined) ?? [];
    for (const network of new Set(loose.map((nic) => nic.network)))
      this.define({
        id: network.entry.id,
        of: network.entry.origin,
        network: network.entry.id,
        subnet: undefined,
        nics: loose.filter((nic) => nic.network === network),
        nats: [],
      });
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

  /** Google's APIs at their private addresses, where the subnet lets interfaces without an external address use them. */
  googleApis({ subnet }: Sender): NextHop | undefined {
    if (subnet === undefined || !(subnet.googleAccess || this.nats.serving(subnet).length > 0)) return undefined;
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
    builder.table(id, () => ({
      id,
      origin,
      entries: [
        {
          origin,
          match: { dst: normalise(subnet.network.subnets.flatMap(rangesOf)) },
          next: { to: 'link', link: fabric(subnet.network.entry.id) },
          rank: [0],
          text: 'back into the network',
        },
        { origin, match: {}, next: { to: 'local' }, rank: [1], text: 'the API' },
      ],
    }));
    return { to: 'hop', in: id };
  }

  private define(place: Place): void {
    this.made.add(place.id);
    const { builder } = this.estate;
    const id = edge(place.id);
    const door = `${id}#internet`;
    const origin = gatewayOf(place);
    for (const nic of place.nics) {
      for (const { public: outside } of nic.addresses) if (outside !== undefined) builder.publicOwner(outside, door);
      for (const address of publicSixes(nic)) builder.publicOwner(address, door);
    }
    for (const nat of place.nats) this.nats.define(nat, place.network);
    builder.node(id, () => ({ id, origin, role: 'router', interfaces: [id, door] }));
    builder.interface(id, () => ({
      id,
      origin,
      node: id,
      addresses: [],
      steps: [
        { at: 'in', filter: `${id}#mail` },
        { at: 'in', translation: id, side: 'outward' },
      ],
      table: `${id}#out`,
    }));
    builder.interface(door, () => ({
      id: door,
      origin,
      node: id,
      addresses: [],
      steps: [
        { at: 'in', filter: `${id}#carried` },
        { at: 'in', translation: id, side: 'inward' },
      ],
      table: `${id}#in`,
    }));
    builder.filter(`${id}#mail`, () => mailFilter(`${id}#mail`, origin, projectOfPlace(place)));
    builder.filter(`${id}#carried`, () => carriedFilter(`${id}#carried`, origin));
    builder.table(`${id}#out`, () => wayOut(place));
    builder.table(`${id}#in`, () => ({
      id: `${id}#in`,
      origin,
      entries: [
        { origin, match: {}, next: { to: 'link', link: fabric(place.network) }, rank: [0], text: 'to its interface' },
      ],
    }));
    builder.translation(id, () => this.addresses(place));
    this.defineMend(place);
  }

  /** External addresses both ways; what has none and no NAT goes nowhere. */
  private addresses(place: Place): Translation {
    const { of, subnet, nics, nats, unread } = place;
    const pairs = nics.flatMap((nic) =>
      nic.addresses.flatMap(({ address, public: outside }) =>
        outside === undefined ? [] : [{ from: address, to: outside, origin: nic.instance.origin }],
      ),
    );
    const sixes = normalise(nics.flatMap((nic) => publicSixes(nic).map((address) => [address, address + 1n] as const)));
    const six = (field: 'src' | 'dst'): Rewrite[] => (sixes.length === 0 ? [] : [{ match: [{ [field]: sixes }] }]);
    return {
      id: edge(place.id),
      origin: gatewayOf(place),
      memory: 'stateless',
      outward: {
        rewrites: [
          { pairs: { field: 'src', table: pairs } },
          ...six('src'),
          // What a NAT serves it translates itself.
          ...nats.map(({ sources }): Rewrite => ({ match: [{ src: sources }] })),
          ...(unread === undefined || subnet === undefined ? [] : [{ match: [{ src: normalise(rangesOf(subnet)) }] }]),
        ],
        otherwise: 'drop',
        code: 'gcp-no-external-address',
        why:
          nats.length === 0
            ? `the source has no external address, and no Cloud NAT serves ${of.name ?? of.id}`
            : `the source has no external address, and Cloud NAT ${nats[0]!.name} does not serve this range`,
        ...(subnet === undefined ? {} : { mend: `nat:${subnet.entry.id}` }),
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
  }

  /** A NAT for the whole subnet would let out what has no address; it opens nothing inward. */
  private defineMend(place: Place): void {
    const { subnet } = place;
    if (subnet === undefined) return;
    const id = `nat:${subnet.entry.id}`;
    const nat = this.nats.possible(subnet);
    this.estate.builder.amendment(id, () => ({
      id,
      origin: subnet.entry.origin,
      attribute: 'cloud-nat',
      to: nat.name,
      text: `add a Cloud NAT for ${nameOf(subnet.entry.origin)}`,
      puts: (): Puts => {
        this.nats.define(nat, place.network);
        const served = { ...place, nats: [...place.nats, nat] };
        return { translations: [this.addresses(served)], tables: [wayOut(served)] };
      },
    }));
  }

  /** Routers of regions that could not be read may have NAT gateways. */
  private unreadNats(): { readonly unread?: Missing } {
    const { inventory } = this.estate;
    if (!inventory.knows('router') || inventory.isComplete('router')) return {};
    const what = 'the Cloud Routers and their NAT gateways (some regions are not in the snapshot)';
    return { unread: missing(what, 'compute routers list') };
  }
}

function gatewayOf({ of }: Pick<Place, 'of'>): Origin {
  return { ...of, kind: 'internet gateway of subnet', implicit: true };
}

function projectOfPlace({ nics, subnet }: Place): string {
  return nics[0]?.instance.project ?? subnet?.entry.project ?? 'the project';
}

function wayOut(place: Place): RouteTable {
  const origin = gatewayOf(place);
  const id = `${edge(place.id)}#out`;
  return {
    id,
    origin,
    entries: [
      ...place.nats.map(({ id: nat, name, sources }) => ({
        origin,
        match: { src: sources },
        next: { to: 'hop' as const, in: nat },
        rank: [0],
        text: `Cloud NAT ${name}`,
      })),
      ...(place.unread === undefined || place.subnet === undefined
        ? []
        : [
            {
              origin,
              match: { src: normalise(place.subnet.primary) },
              next: { to: 'missing' as const, what: place.unread, by: origin },
              rank: [1],
              text: 'a NAT gateway that could not be read',
            },
          ]),
      {
        origin,
        match: { dst: [...PUBLIC_V6, ...PUBLIC_V4] },
        next: { to: 'hop', in: INTERNET.interface },
        rank: [2],
        text: 'the internet',
      },
    ],
  };
}

/** Mail to port 25 of external addresses is blocked in most projects, and no API says in which it is not. */
function mailFilter(id: string, origin: Origin, project: string): Filter {
  return {
    id,
    origin,
    code: 'gcp-smtp-25-blocked',
    rules: [
      {
        origin,
        action: 'deny',
        match: [{ protocol: [[TCP, TCP + 1]], dport: [[25, 26]] }],
        text: 'TCP port 25 to external addresses',
        unresolved: {
          what: `whether project ${project} is one of the few that may send to TCP port 25 of external addresses: no API tells`,
          fetch: null,
        },
      },
    ],
    order: 'first-match',
    otherwise: 'allow',
    whyNoMend: 'no rule opens port 25: relay mail by another port (587 or 465)',
  };
}

/** External addresses of Google Cloud carry some protocols only. */
function carriedFilter(id: string, origin: Origin): Filter {
  return {
    id,
    origin,
    code: 'gcp-traffic-type-blocked',
    rules: [{ origin, action: 'allow', match: [{ protocol: CARRIED }], text: 'TCP, UDP, ICMP, ESP, AH, GRE, SCTP' }],
    order: 'first-match',
    otherwise: 'deny',
    defaultText: 'external addresses carry TCP, UDP, ICMP, ESP, AH, GRE and SCTP only at',
    whyNoMend: 'no firewall rule opens other protocols to an external address',
  };
}
