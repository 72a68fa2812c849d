/**
 * The ends that a matrix or a diff speaks of: every interface that may send or be sent to, under the name that a question
 * about everything gives it. Knows no classes and no packets.
 */
import { isPublic } from '../net/address.ts';
import { type Span, intersect, normalise } from '../net/spans.ts';
import { PUBLIC_V4, PUBLIC_V6 } from '../net/address.ts';
import type { Host, Interface, InterfaceAddress, Network, Node, Place } from '../model/network.ts';
import type { Origin } from '../model/origin.ts';
import { isAskedFor, labelOf } from './words.ts';

/** One end. `id` is what a person would ask for: the machine where it has one interface, else the interface. */
export interface MatrixEnd {
  readonly id: string;
  readonly name?: string | undefined;
  readonly interfaceId: string;
  readonly interface: Interface;
  readonly node: Node;
  readonly origin: Origin;
  readonly place: Place;
  /** Its own addresses, ascending and disjoint: what it sends from and what its neighbours send to. */
  readonly spans: readonly Span<bigint>[];
  /** What the internet sends to: the outside addresses of 1:1 mappings, and its own public ones. */
  readonly outward: readonly Span<bigint>[];
  /** Whether it opens connections; what does not is only sent to. */
  readonly sends: boolean;
  /** Ends of one template are made alike: what the network says of one of them (`Host`), it says of each. */
  readonly template?: string;
}

const PUBLIC: readonly Span<bigint>[] = normalise([...PUBLIC_V6, ...PUBLIC_V4]);

/** Every end of a network with an address, by id. What only routes speaks to nobody. */
export function endsOf(network: Network): readonly MatrixEnd[] {
  const ends = new Map<string, MatrixEnd>();
  const hosts = new Hosts(network);
  for (const placeId of network.placeIds()) {
    if (hosts.knows(placeId)) {
      const end = hosts.endAt(placeId);
      if (end !== undefined && !ends.has(end.interfaceId)) ends.set(end.interfaceId, end);
      continue;
    }
    const place = network.place(placeId);
    if (place === undefined || place.members !== undefined) continue;
    const whole = place.partOf === undefined ? undefined : network.place(place.partOf);
    if (whole !== undefined && whole.members === undefined) continue;
    for (const id of place.interfaces) {
      const end = ends.has(id) ? undefined : endIn(network, place, id);
      if (end !== undefined) ends.set(id, end);
    }
  }
  const list = [...ends.values()].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  return unique(list);
}

function endIn(network: Network, place: Place, id: string): MatrixEnd | undefined {
  const member = network.interface(id);
  const node = member === undefined ? undefined : network.node(member.node);
  if (member === undefined || node === undefined || !isAskedFor(node, false)) return undefined;
  const spans = spansOf(member);
  if (spans.length === 0) return undefined;
  const alone = place.interfaces.length === 1;
  return {
    ...(alone ? { id: place.id, ...named(place.origin) } : labelOf(network, member)),
    interfaceId: id,
    interface: member,
    node,
    origin: alone ? place.origin : (network.place(id)?.origin ?? member.origin),
    place: alone ? place : (network.place(id) ?? place),
    spans,
    outward: outwardOf(member),
    sends: isAskedFor(node, true),
  };
}

/** Two things of one name (a project's and another's) are told apart by the interface. */
function unique(ends: readonly MatrixEnd[]): readonly MatrixEnd[] {
  return ends.map((end, i) =>
    ends[i - 1]?.id === end.id || ends[i + 1]?.id === end.id
      ? Object.assign(Object.create(end) as MatrixEnd, { id: end.interfaceId })
      : end,
  );
}

function named(origin: Origin): { name?: string } {
  return origin.name === undefined ? {} : { name: origin.name };
}

/** The machines that the network tells without their parts. */
class Hosts {
  private readonly network: Network;
  private readonly byPlace = new Map<string, Host>();
  private readonly interfaces = new Set<string>();
  private readonly nodes = new Map<string, Node | undefined>();

  constructor(network: Network) {
    this.network = network;
    for (const host of network.hosts?.() ?? []) {
      this.byPlace.set(host.place, host);
      this.interfaces.add(host.interface);
    }
  }

  /** Whether a place is one of theirs, or one of their interfaces. */
  knows(place: string): boolean {
    return this.byPlace.has(place) || this.interfaces.has(place);
  }

  /** The end at a place; undefined for one that nobody asks about, and for the interface of a machine. */
  endAt(place: string): MatrixEnd | undefined {
    const host = this.byPlace.get(place);
    const node = host === undefined ? undefined : this.nodeLike(host);
    if (host === undefined || node === undefined || !isAskedFor(node, false)) return undefined;
    const end = new HostEnd(this.network, host, isAskedFor(node, true));
    return end.spans.length === 0 ? undefined : end;
  }

  /** The node of some host of the same template. */
  private nodeLike({ template, interface: id }: Host): Node | undefined {
    if (this.nodes.has(template)) return this.nodes.get(template);
    const member = this.network.interface(id);
    const node = member === undefined ? undefined : this.network.node(member.node);
    this.nodes.set(template, node);
    return node;
  }
}

/** An end of which the parts are made when somebody looks at them. */
class HostEnd implements MatrixEnd {
  readonly id: string;
  readonly interfaceId: string;
  readonly spans: readonly Span<bigint>[];
  readonly outward: readonly Span<bigint>[];
  readonly sends: boolean;
  private readonly network: Network;
  private readonly host: Host;

  constructor(network: Network, host: Host, sends: boolean) {
    this.network = network;
    this.host = host;
    this.id = host.place;
    this.interfaceId = host.interface;
    this.spans = spansOf(host);
    this.outward = outwardOf(host);
    this.sends = sends;
  }

  get template(): string {
    return this.host.template;
  }

  get name(): string | undefined {
    return this.host.name;
  }

  get interface(): Interface {
    return this.network.interface(this.interfaceId)!;
  }

  get node(): Node {
    return this.network.node(this.interface.node)!;
  }

  get place(): Place {
    return this.network.place(this.id)!;
  }

  get origin(): Origin {
    return this.place.origin;
  }
}

type Addressed = Pick<Interface, 'addresses' | 'prefixes'>;

/** Everything that an interface answers for. */
export function spansOf({ addresses, prefixes = [] }: Addressed): readonly Span<bigint>[] {
  if (addresses.length === 1 && prefixes.length === 0) return [spanOf(addresses[0]!.address)];
  return normalise([...addresses.map(({ address }) => spanOf(address)), ...prefixes]);
}

function outwardOf({ addresses, prefixes = [] }: Addressed): readonly Span<bigint>[] {
  const single = addresses.map(outsideOf).filter(isPublic).map(spanOf);
  if (single.length < 2 && prefixes.length === 0) return single.length === 0 ? NOWHERE : single;
  return normalise([...single, ...intersect(normalise(prefixes), PUBLIC)]);
}

function outsideOf({ address, public: outside }: InterfaceAddress): bigint {
  return outside ?? address;
}

function spanOf(address: bigint): Span<bigint> {
  return [address, address + 1n];
}

const NOWHERE: readonly Span<bigint>[] = [];
