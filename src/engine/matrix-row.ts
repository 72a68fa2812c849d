/**
 * One row of the matrix: a single walk from a kind of ends with the destination left open, split by who took the packets.
 * It is the walk that answers single questions, over the network in which alike ends are one; what the walk leaves unclear
 * (two takers of one address) is asked again with the destination named. Knows nothing of classes and of texts.
 */
import { ALL_V4, ALL_V6, PUBLIC_V4, PUBLIC_V6 } from '../net/address.ts';
import type { PacketSet, PacketSpace } from '../net/packet-space.ts';
import { SpaceBudgetError } from '../net/packet-space.ts';
import { type Span, intersect, normalise } from '../net/spans.ts';
import { INTERNET } from '../model/builder.ts';
import type { Assumption, Missing } from '../model/origin.ts';
import type { Question } from '../model/query.ts';
import { Compiler } from './compile.ts';
import { Crowd, NotTogether, type Sender } from './crowd.ts';
import { walkQuestion } from './examine.ts';
import { type Behind, type Reached, behindOf, isProxy, passesOn } from './matrix-behind.ts';
import { Parties, type Party } from './matrix-parties.ts';
import { type Notes, Sayings } from './matrix-said.ts';
import type { Mood } from './outcome.ts';
import { EVERY_PORT, type Ports } from './ports.ts';
import { Recorder, WalkBudgetError } from './record.ts';
import { askedPackets, workingPackets } from './verdict.ts';

export type { Behind, Reached } from './matrix-behind.ts';
export type { Party } from './matrix-parties.ts';

/** Whom each source is asked about. */
export type Toward = (from: Party) => 'everybody' | ReadonlySet<Party>;

/** A network made ready for rows, and the part of its rows that is looked at. */
export interface Sight {
  readonly ready: MatrixNetwork;
  readonly toward: Toward;
}

/** What some parties that were walked together reach; most often it is one party. */
export interface Row {
  readonly from: readonly Party[];
  /** By who is reached; the sets hold the packets of everybody in `from`. */
  readonly to: ReadonlyMap<Party, Reached>;
  /** Parties that could not be asked about exactly, with the reason. */
  readonly unanswered: ReadonlyMap<Party, string>;
  /** What is not known and could change what those reach who send some of these packets; sorted. */
  readonly missing: (sent?: PacketSet) => readonly Missing[];
  /** What it rests on that those who send some of these packets reach anything. */
  readonly assumptions: (sent?: PacketSet) => readonly Assumption[];
  /** What gets to parties behind balancers, by who takes it; empty unless it was asked for. */
  readonly behind: ReadonlyMap<Party, Behind>;
  /** What certainly arrives and whose reply certainly does not come back, by who takes it; worked out when asked for. */
  readonly lost: () => ReadonlyMap<Party, PacketSet>;
}

const PUBLIC: readonly Span<bigint>[] = [...PUBLIC_V6, ...PUBLIC_V4];
const CLIENT_PORTS: readonly Span[] = [[1024, 65536]];
const FAMILIES = [
  { family: 4, all: ALL_V4 },
  { family: 6, all: ALL_V6 },
] as const;
/**
 * A row may branch wider than a question: the internet's crosses every gateway, some 16 hops each. Senders that branch too far
 * together are soon walked by fewer.
 */
const MOST_HOPS = { alone: 500_000, together: 100_000 } as const;
const BLIND: ReadonlySet<string> = new Set([INTERNET.link]);

/** A network made ready for rows. */
export class MatrixNetwork extends Parties {
  /**
   * The row of one party, or its part toward `only` some. All packet sets are of the compiler's space, whose network must be
   * `merged.network`.
   */
  row(compiler: Compiler, from: Party, ports: Ports = EVERY_PORT, only?: ReadonlySet<Party>): Row {
    return new RowWalk(this, compiler, [from], ports, only).row();
  }

  /**
   * The same, with what balancers pass on to the parties, wherever the way leads first; of proxies, where they are asked for.
   */
  rowWithBehind(compiler: Compiler, from: Party, ports: Ports = EVERY_PORT, only?: ReadonlySet<Party>): Row {
    return new RowWalk(this, compiler, [from], ports, this.withGates(only, false), true).row();
  }

  private withGates(only: ReadonlySet<Party> | undefined, withProxies: boolean): ReadonlySet<Party> | undefined {
    if (only === undefined) return undefined;
    const gates = this.kinds.filter((kind) => passesOn(kind) || (withProxies && isProxy(kind)));
    return gates.length === 0 ? only : new Set([...only, ...gates]);
  }

  /**
   * The rows of a crowd, all in one unless that is too much at once; where asked, with what is behind balancers, as above. Those
   * behind proxies are looked at from outside alone: inside, what a listener hides can mostly be seen anyway.
   */
  *rows(
    compiler: () => Compiler,
    from: readonly Party[],
    ports: Ports = EVERY_PORT,
    only?: ReadonlySet<Party>,
    looksBehind = false,
  ): Generator<Row> {
    const all = looksBehind ? this.withGates(only, from[0] === 'internet') : only;
    const row = new RowWalk(this, compiler(), from, ports, all, looksBehind).attempt();
    if (row !== undefined) return yield row;
    const half = from.length >> 1;
    yield* this.rows(compiler, from.slice(0, half), ports, only, looksBehind);
    yield* this.rows(compiler, from.slice(half), ports, only, looksBehind);
  }
}

/** What one walk in one mood came to. */
interface Walked extends Notes {
  readonly works: PacketSet;
  readonly arrivals: ReadonlyMap<string, PacketSet>;
  /** Nodes among them that are no end's. */
  readonly strangers: readonly string[];
  readonly forAnyone: PacketSet;
}

class RowWalk {
  private readonly network: MatrixNetwork;
  private readonly compiler: Compiler;
  private readonly space: PacketSpace;
  private readonly from: readonly Party[];
  private readonly ports: Ports;
  private readonly only: ReadonlySet<Party> | undefined;
  private readonly looksBehind: boolean;
  private readonly unanswered = new Map<Party, string>();
  private readonly sayings: Sayings;

  constructor(
    network: MatrixNetwork,
    compiler: Compiler,
    from: readonly Party[],
    ports: Ports,
    only?: ReadonlySet<Party>,
    looksBehind = false,
  ) {
    this.looksBehind = looksBehind;
    this.network = network;
    this.compiler = compiler;
    this.space = compiler.space;
    this.sayings = new Sayings(compiler.space, from);
    this.from = from;
    this.ports = ports;
    this.only = only;
  }

  /** Undefined where several parties are too much, or cannot be walked together. */
  attempt(): Row | undefined {
    if (this.from.length === 1) return this.row();
    try {
      return this.answered();
    } catch (error) {
      if (error instanceof NotTogether) return undefined;
      budgetMessage(error);
      return undefined;
    }
  }

  row(): Row {
    try {
      return this.answered();
    } catch (error) {
      const why = budgetMessage(error);
      for (const party of this.only ?? [...this.network.kinds, 'internet' as const])
        if (party !== 'internet' || !this.isOutside) this.unanswered.set(party, why);
      return this.told(new Map(), new Map(), () => new Map());
    }
  }

  private answered(): Row {
    const asked = this.asked();
    const to = new Map<Party, Reached>();
    const low = this.walk(asked, 'pessimistic');
    const high = low.recorder.doubts.length === 0 ? low : this.walk(asked, 'optimistic');
    for (const party of this.parties(high)) {
      if (this.only?.has(party) === false) continue;
      const reached = this.reached(party, asked, low, high);
      if (!this.space.isEmpty(reached.possible)) to.set(party, reached);
    }
    const behind = behindOf(this.space, this.network, this.side, low.recorder, high.recorder);
    return this.told(to, behind, () => this.lost(low, high));
  }

  private told(to: Row['to'], behind: Row['behind'], lost: Row['lost']): Row {
    return {
      from: this.from,
      to,
      unanswered: this.unanswered,
      missing: (sent) => this.sayings.missing(sent),
      assumptions: (sent) => this.sayings.assumptions(sent),
      behind,
      lost,
    };
  }

  /** Whether it is the row of everything outside. */
  private get isOutside(): boolean {
    return this.from[0] === 'internet';
  }

  private get side(): Party {
    return this.from[0]!;
  }

  private lost(low: Walked, high: Walked): ReadonlyMap<Party, PacketSet> {
    const { space, network } = this;
    const lost = new Map<Party, PacketSet>();
    const parties: Party[] = [...network.kinds, ...(this.isOutside ? [] : ['internet' as const])];
    for (const party of parties) {
      if (this.only?.has(party) === false) continue;
      const own = low.arrivals.get(party === 'internet' ? INTERNET.node : party.first.node.id);
      // What was translated on the way is meant for whoever has the address that it was sent to.
      const taken = party === 'internet' ? (own ?? space.none) : space.or(own ?? space.none, low.forAnyone);
      if (space.isEmpty(taken)) continue;
      const headed = space.of({ dst: party === 'internet' ? network.internet : network.addressesOf(party, this.side) });
      const gone = space.minus(space.and(taken, headed), space.or(low.works, high.works));
      if (!space.isEmpty(gone)) lost.set(party, gone);
    }
    return lost;
  }

  /** Everything that the parties can send, to whomever it is asked about. */
  private asked(): PacketSet {
    const { space, only, network } = this;
    const to =
      only === undefined ? undefined : normalise([...only].flatMap((party) => network.addressesOf(party, this.side)));
    return space.orAll(FAMILIES.map(({ family, all }) => askedPackets(space, this.question(family, to ?? [all]))));
  }

  private question(family: 4 | 6, dst: readonly Span<bigint>[], target?: readonly string[]): Question {
    const { side, network } = this;
    const all = family === 4 ? ALL_V4 : ALL_V6;
    const id = side === 'internet' ? 'internet' : side.first.id;
    const sources = this.from.flatMap((party) => (party === 'internet' ? network.internet : party.spans));
    return {
      src: { id, addresses: [] },
      dst: { id: 'everyone', addresses: [] },
      start: side === 'internet' ? INTERNET.interface : side.first.interfaceId,
      srcAddresses: intersect(this.from.length === 1 ? sources : normalise(sources), [all]),
      srcQuantifier: 'every',
      dstAddresses: intersect(dst, [all]),
      ...(target === undefined ? {} : { target }),
      traffic: this.ports.traffic(family),
      sports: CLIENT_PORTS,
      family,
      protocolText: this.ports.protocolText,
      portsText: this.ports.portsText,
    };
  }

  /** `target` are the interfaces that are meant; then the owners of outside addresses are met too, as for a question. */
  private walk(asked: PacketSet, mood: Mood, target?: readonly string[]): Walked {
    const { space, compiler } = this;
    const crowd = this.from.length === 1 ? undefined : new Crowd(space, this.senders());
    const recorder = new Recorder({
      mostHops: MOST_HOPS[crowd === undefined ? 'alone' : 'together'],
      keepsStory: false,
      keepsHanded: this.looksBehind,
    });
    const run = walkQuestion(compiler, this.question(4, [], target), asked, mood, {
      recorder,
      crowd,
      ...(this.isOutside || (target !== undefined && target.length > 0) ? {} : { blind: BLIND }),
    });
    const arrived = new Map<string, PacketSet[]>();
    const anyone: PacketSet[] = [];
    for (const { node, packets, forAnyone } of recorder.arrivals) {
      if (forAnyone) anyone.push(packets);
      else arrived.set(node, [...(arrived.get(node) ?? []), packets]);
    }
    const arrivals = new Map([...arrived].map(([node, sets]) => [node, space.orAll(sets)]));
    const strangers = [...arrivals.keys()].filter((node) => this.network.kindsAt(node).length === 0);
    const works = workingPackets(space, asked, run.outcome);
    return { works, arrivals, strangers, forAnyone: space.orAll(anyone), recorder, crowd };
  }

  private senders(): Sender[] {
    const { network } = this.compiler;
    return this.from.map((party) => {
      const start = party === 'internet' ? undefined : network.interface(party.first.interfaceId);
      if (party === 'internet' || start === undefined) throw new Error('a crowd is of ends of the network');
      return { start, spans: party.spans };
    });
  }

  /** Everybody whom something may have reached. */
  private parties({ arrivals, forAnyone }: Walked): ReadonlySet<Party> {
    const { network, space, side } = this;
    const found = new Set<Party>(network.ownersOf(addresses(space, forAnyone), side));
    for (const node of arrivals.keys()) for (const kind of network.kindsAt(node)) found.add(kind);
    if (this.isOutside) return found;
    found.add('internet');
    // A row does not look at who owns what leaves for the internet: those whose own address is public are asked about by name.
    const left = intersect(addresses(space, arrivals.get(INTERNET.node) ?? space.none), PUBLIC);
    for (const kind of network.ownersOf(left, side)) found.add(kind);
    return found;
  }

  private reached(party: Party, asked: PacketSet, low: Walked, high: Walked): Reached {
    const { space, network } = this;
    const headed = space.of({ dst: network.addressesOf(party, this.side) });
    const known = [low, high].map((walked) => this.worksFor(party, walked, headed));
    // Where two take what is sent to one address, only questions with the destination named can tell.
    const target = party === 'internet' ? [] : [party.first.interfaceId];
    const named = (mood: Mood) => this.walk(space.and(asked, headed), mood, target);
    const isClear = known.every((works) => works !== undefined);
    const [worst, best] = isClear ? [low, high] : [named('pessimistic'), named('optimistic')];
    const [below, above] = isClear ? known : [worst, best].map(({ works }) => space.and(works, headed));
    if (below === undefined || above === undefined) throw new Error('a row without an outcome');
    // A member of a pool that may work could be worse than one that certainly fails, and drops out: neither mood is the limit.
    const firm = space.and(below, above);
    const possible = space.or(below, above);
    if (!space.isEmpty(possible)) {
      const walks = new Set([worst, best]);
      this.sayings.reaches(possible, walks);
      if (firm !== possible) this.sayings.doubts(walks, space.minus(possible, firm));
    }
    return { firm, possible };
  }

  /** What works toward a party, whatever source port the client takes; undefined where others may take the same packets. */
  private worksFor(party: Party, walked: Walked, headed: PacketSet): PacketSet | undefined {
    const { space, network, side } = this;
    const works = space.and(walked.works, headed);
    if (party === 'internet') return works;
    const node = party.first.node.id;
    const left = walked.arrivals.get(INTERNET.node);
    if (!this.isOutside && left !== undefined && space.overlaps(left, headed)) return undefined;
    const strangers = [...walked.strangers, ...network.rivalsOf(party, side)].flatMap((other) =>
      other === node ? [] : (walked.arrivals.get(other) ?? []),
    );
    const others = space.and(space.orAll(strangers), headed);
    if (space.isEmpty(others)) return works;
    const own = space.or(walked.arrivals.get(node) ?? space.none, space.and(walked.forAnyone, headed));
    const mine = space.forget(own, ['sport']);
    return space.overlaps(mine, others) ? undefined : space.and(works, mine);
  }
}

function addresses(space: PacketSpace, set: PacketSet): readonly Span<bigint>[] {
  return space.values(set, 'dst') as readonly Span<bigint>[];
}

/** Rethrows what is no budget. */
function budgetMessage(error: unknown): string {
  if (error instanceof SpaceBudgetError || error instanceof WalkBudgetError) return error.message;
  throw error;
}
