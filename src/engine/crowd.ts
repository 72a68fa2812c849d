/**
 * Many senders walked at once. A packet that was never rewritten and met no fork has gone one way only, so what is remembered
 * of it need not hang on the flight that carries it: flights that meet at a router wait there for each other and go on as one.
 * The work then grows with what there is to cross and no longer with senders times receivers. Nothing here decides anything:
 * the walk and its splits are those of a single question.
 */
import type { PacketSet, PacketSpace } from '../net/packet-space.ts';
import type { Span } from '../net/spans.ts';
import type { Interface, Node, RouteTable } from '../model/network.ts';
import type { Assumption } from '../model/origin.ts';
import { type Flight, asAsked, visiting, visitsOf } from './flight.ts';

/** One of the senders: where it starts, and the addresses that it sends from. */
export interface Sender {
  readonly start: Interface;
  readonly spans: readonly Span<bigint>[];
}

/** These senders can't be walked together; ask about fewer of them. */
export class NotTogether extends Error {
  constructor() {
    super('a rewritten packet comes by a place where it was before: its senders are to be walked one by one');
    this.name = 'NotTogether';
  }
}

/** Flights that wait at one interface; `inside`: past its incoming steps, to be routed. */
interface Gathering {
  readonly interface: string;
  readonly inside: Inside | undefined;
  readonly leg: Flight['leg'];
  readonly sets: PacketSet[];
}

/** Where a flight came in. */
interface Inside {
  readonly at: Interface;
  readonly node: Node;
}

/** Whether its packets went one way only so far, unchanged, and nothing waits for their reply in particular. */
function isPlain({ frames, torn, undone, expects }: Flight): boolean {
  return frames === undefined && torn === undefined && undone.length === 0 && expects === undefined;
}

/** What all senders of one walk have in common. Their addresses are disjoint: a packet tells by its source who sent it. */
export class Crowd {
  readonly senders: readonly Sender[];
  private readonly space: PacketSpace;
  private readonly sent: ReadonlyMap<string, PacketSet>;
  private readonly waiting = new Map<string, Gathering>();
  /** Lists of routes by number. */
  private readonly routes = new Map<RouteTable['entries'], number>();
  /** Plain packets by the interface, and the leg, that they came by. */
  private readonly been = new Map<string, PacketSet>();
  /** Plain packets by the state table that saw them. */
  private readonly sessions = new Map<string, PacketSet>();
  /** Plain packets by the assumption that their way rests on. */
  private readonly assumed = new Map<string, { readonly list: readonly Assumption[]; readonly sets: PacketSet[] }>();

  constructor(space: PacketSpace, senders: readonly Sender[]) {
    this.space = space;
    this.senders = senders;
    this.sent = new Map(senders.map(({ start, spans }) => [start.id, space.of({ src: spans })]));
  }

  /** What the sender at an interface may have sent; nothing where there is none. */
  sentFrom(interfaceId: string): PacketSet {
    return this.sent.get(interfaceId) ?? this.space.none;
  }

  /** Lets a flight wait at an interface until everything has got as far as it can. False for one that must go on by itself. */
  gather(flight: Flight, interfaceId: string): boolean {
    return this.wait(flight, interfaceId, { interface: interfaceId, inside: undefined });
  }

  /**
   * The same past the incoming steps: it goes on with what came in elsewhere on the node, where the tables hold the same list of
   * routes. Not where the interface has steps for what leaves: a route that names no other one sends packets out by it.
   */
  gatherInside(flight: Flight, inside: Inside, { entries, ties }: RouteTable): boolean {
    const { at, node } = inside;
    if (at.steps.some((step) => step.at === 'out')) return false;
    const number = this.routes.get(entries) ?? this.routes.size;
    this.routes.set(entries, number);
    return this.wait(flight, `${node.id} routes ${number} ${ties ?? ''}`, { interface: at.id, inside });
  }

  private wait(flight: Flight, place: string, where: Pick<Gathering, 'interface' | 'inside'>): boolean {
    if (!isPlain(flight)) return false;
    const { space } = this;
    for (let seen = flight.remembered; seen !== undefined; seen = seen.parent)
      this.sessions.set(seen.state, space.or(this.remembered(seen.state), space.forget(seen.packets, ['mark'])));
    if (flight.assumptions.length > 0) this.noteAssumed(flight);
    // Marks apart: a translation that puts its own source in place of many can't tell any more whose packets were marked.
    const key = `${flight.leg} ${place} ${space.values(flight.set, 'mark').join(';')}`;
    const here = this.waiting.get(key);
    if (here === undefined) this.waiting.set(key, { ...where, leg: flight.leg, sets: [flight.set] });
    else here.sets.push(flight.set);
    return true;
  }

  /** The next flight that waited, first come first served, with the interface that it enters by, or has entered by. */
  next(): ({ readonly flight: Flight } & Pick<Gathering, 'interface' | 'inside'>) | undefined {
    const [first] = this.waiting;
    if (first === undefined) return undefined;
    const [key, { interface: id, inside, leg, sets }] = first;
    this.waiting.delete(key);
    return {
      interface: id,
      inside,
      flight: {
        leg,
        set: this.space.orAll(sets),
        frames: undefined,
        remembered: undefined,
        undone: [],
        trail: undefined,
        visited: undefined,
        assumptions: [],
      },
    };
  }

  /** What of a flight comes by an interface for the first time; the rest goes round in circles. Undefined for nothing. */
  visiting(flight: Flight, interfaceId: string): Flight | undefined {
    const { space } = this;
    const key = `${flight.leg} ${interfaceId}`;
    const been = this.been.get(key);
    if (isPlain(flight)) {
      const set = been === undefined ? flight.set : space.minus(flight.set, been);
      if (space.isEmpty(set)) return undefined;
      const plain = space.forget(set, ['mark']);
      this.been.set(key, been === undefined ? plain : space.or(been, plain));
      return set === flight.set ? flight : { ...flight, set };
    }
    const onward = visiting(flight, interfaceId);
    // What came by before it was rewritten counts too. That hardly ever matters, and which packets it concerns a set can't tell.
    if (
      been !== undefined &&
      onward !== undefined &&
      (flight.frames === undefined || visitsOf(flight, interfaceId) > 0)
    )
      if (space.overlaps(asAsked(space, flight.frames, flight.set, space.all), been)) throw new NotTogether();
    return onward;
  }

  /** What a state table saw of packets while they were plain. */
  remembered(state: string): PacketSet {
    return this.sessions.get(state) ?? this.space.none;
  }

  private noteAssumed({ assumptions: list, set }: Flight): void {
    const key = list.map(({ code, resource }) => `${code} ${resource}`).join('\n');
    const known = this.assumed.get(key);
    if (known === undefined) this.assumed.set(key, { list, sets: [set] });
    else known.sets.push(set);
  }

  /**
   * What the ways of packets that got through (`accepted`) rest on, besides what their last flights say: lists with their
   * packets.
   */
  restsOf(accepted: () => PacketSet): readonly { readonly list: readonly Assumption[]; readonly packets: PacketSet }[] {
    const { space } = this;
    if (this.assumed.size === 0) return [];
    const known = accepted();
    return [...this.assumed.values()].map(({ list, sets }) => ({
      list,
      packets: space.and(space.forget(space.orAll(sets), ['mark']), known),
    }));
  }
}
