/**
 * One row of the matrix: a single walk from a kind of ends with the destination left open, split by who took the packets.
 * It is the walk that answers single questions, over the network in which alike ends are one; what the walk leaves unclear
 * (two takers of one address) is asked again with the destination named. Knows nothing of classes and of texts.
 */
import { ALL_V4, ALL_V6, PUBLIC_V4, PUBLIC_V6 } from '../net/address.ts';
import type { PacketSet, PacketSpace } from '../net/packet-space.ts';
import { SpaceBudgetError } from '../net/packet-space.ts';
import { type Span, intersect, normalise, subtract } from '../net/spans.ts';
import { SpanIndex } from '../net/span-index.ts';
import { INTERNET } from '../model/builder.ts';
import type { Network } from '../model/network.ts';
import type { Assumption, Missing } from '../model/origin.ts';
import type { Question } from '../model/query.ts';
import { type Kind, type Merged, mergeAlike } from './classes.ts';
import { Compiler } from './compile.ts';
import { walkQuestion } from './examine.ts';
import type { MatrixEnd } from './matrix-ends.ts';
import type { Mood } from './outcome.ts';
import { EVERY_PORT, type Ports } from './ports.ts';
import { Recorder, WalkBudgetError } from './record.ts';
import { askedPackets, workingPackets } from './verdict.ts';

/** A kind of ends, or everything outside. */
export type Party = Kind | 'internet';

/** Whom each source is asked about. */
export type Toward = (from: Party) => 'everybody' | ReadonlySet<Party>;

/** A network made ready for rows, and the part of its rows that is looked at. */
export interface Sight {
  readonly ready: MatrixNetwork;
  readonly toward: Toward;
}

/** What gets from one party to another, in the addresses of both. `possible` holds `firm` and what may work besides. */
export interface Reached {
  readonly firm: PacketSet;
  readonly possible: PacketSet;
}

export interface Row {
  readonly from: Party;
  readonly to: ReadonlyMap<Party, Reached>;
  /** Parties that could not be asked about exactly, with the reason. */
  readonly unanswered: ReadonlyMap<Party, string>;
  readonly missing: readonly Missing[];
  readonly assumptions: readonly Assumption[];
  /** What certainly arrives and whose reply certainly does not come back, by who takes it; worked out when asked for. */
  readonly lost: () => ReadonlyMap<Party, PacketSet>;
}

const PUBLIC: readonly Span<bigint>[] = [...PUBLIC_V6, ...PUBLIC_V4];
const CLIENT_PORTS: readonly Span[] = [[1024, 65536]];
const FAMILIES = [
  { family: 4, all: ALL_V4 },
  { family: 6, all: ALL_V6 },
] as const;
/** A row may branch far wider than a question. */
const MOST_HOPS = 2_000_000;
const BLIND: ReadonlySet<string> = new Set([INTERNET.link]);

/** A network made ready for rows: alike ends merged, owners of addresses indexed. */
export class MatrixNetwork {
  readonly merged: Merged;
  /** Public addresses that nothing in the network owns. */
  readonly internet: readonly Span<bigint>[];
  /** The public addresses that something owns, each with an address of the internet beside it. */
  readonly gaps: readonly { readonly span: Span<bigint>; readonly like: bigint }[];
  private readonly byNode = new Map<string, Kind[]>();
  private readonly inside: SpanIndex<Kind>;
  private readonly outside: SpanIndex<Kind>;
  private readonly rivals = { spans: new Map<Kind, readonly string[]>(), outward: new Map<Kind, readonly string[]>() };

  constructor(network: Network, ends: readonly MatrixEnd[]) {
    this.merged = mergeAlike(network, ends);
    this.internet = subtract(PUBLIC, network.publicAddresses());
    this.gaps = gapsIn(this.internet);
    for (const kind of this.merged.kinds) {
      const node = kind.first.node.id;
      this.byNode.set(node, [...(this.byNode.get(node) ?? []), kind]);
    }
    this.inside = ownerIndex(this.merged.kinds, 'spans');
    this.outside = ownerIndex(this.merged.kinds, 'outward');
  }

  get kinds(): readonly Kind[] {
    return this.merged.kinds;
  }

  /** Whoever opens connections, the internet first. */
  get senders(): readonly Party[] {
    return ['internet', ...this.kinds.filter((kind) => kind.first.sends)];
  }

  /** The row of one party, or its part toward `only` some. All packet sets are of the compiler's space, whose network must be `merged.network`. */
  row(compiler: Compiler, from: Party, ports: Ports = EVERY_PORT, only?: ReadonlySet<Party>): Row {
    return new RowWalk(this, compiler, from, ports, only).row();
  }

  /** What a party is sent to: from outside by its public addresses, from inside by its own. Of the outside all of it: whoever reads the row leaves out what somebody here owns. */
  addressesOf(party: Party, from: Party): readonly Span<bigint>[] {
    if (party === 'internet') return PUBLIC;
    return from === 'internet' ? party.outward : party.spans;
  }

  kindsAt(node: string): readonly Kind[] {
    return this.byNode.get(node) ?? [];
  }

  /** The nodes of other kinds that own some of a kind's addresses too. */
  rivalsOf(kind: Kind, from: Party): readonly string[] {
    const side = from === 'internet' ? 'outward' : 'spans';
    const known = this.rivals[side].get(kind);
    if (known !== undefined) return known;
    const node = kind.first.node.id;
    const others = [...this.ownersOf(kind[side], from)].map((other) => other.first.node.id);
    const rivals = [...new Set(others)].filter((other) => other !== node);
    this.rivals[side].set(kind, rivals);
    return rivals;
  }

  ownersOf(spans: readonly Span<bigint>[], from: Party): ReadonlySet<Kind> {
    return (from === 'internet' ? this.outside : this.inside).overlapping(spans);
  }
}

/** The holes of a list of public addresses. One that neither begins nor ends beside the list is left a hole. */
function gapsIn(internet: readonly Span<bigint>[]): { span: Span<bigint>; like: bigint }[] {
  const holes = subtract(PUBLIC, internet);
  let i = 0;
  return holes.flatMap((span) => {
    while (i < internet.length && internet[i]![1] < span[0]) i++;
    const [here, next] = [internet[i], internet[i + 1]];
    if (here !== undefined && here[1] === span[0]) return [{ span, like: span[0] - 1n }];
    const after = [here, next].find((one) => one?.[0] === span[1]);
    return after === undefined ? [] : [{ span, like: span[1] }];
  });
}

function ownerIndex(kinds: readonly Kind[], side: 'spans' | 'outward'): SpanIndex<Kind> {
  return new SpanIndex(kinds.flatMap((kind) => kind[side].map((span) => ({ span, item: kind }))));
}

/** What one walk in one mood came to. */
interface Walked {
  readonly works: PacketSet;
  readonly arrivals: ReadonlyMap<string, PacketSet>;
  /** Nodes among them that are no end's. */
  readonly strangers: readonly string[];
  readonly forAnyone: PacketSet;
  readonly recorder: Recorder;
}

class RowWalk {
  private readonly network: MatrixNetwork;
  private readonly compiler: Compiler;
  private readonly space: PacketSpace;
  private readonly from: Party;
  private readonly ports: Ports;
  private readonly only: ReadonlySet<Party> | undefined;
  private readonly missing = new Map<string, Missing>();
  private readonly assumptions = new Map<string, Assumption>();
  private readonly unanswered = new Map<Party, string>();

  constructor(network: MatrixNetwork, compiler: Compiler, from: Party, ports: Ports, only?: ReadonlySet<Party>) {
    this.network = network;
    this.compiler = compiler;
    this.space = compiler.space;
    this.from = from;
    this.ports = ports;
    this.only = only;
  }

  row(): Row {
    const asked = this.asked();
    const to = new Map<Party, Reached>();
    let lost: Row['lost'] = () => new Map();
    try {
      const low = this.walk(asked, 'pessimistic');
      const high = low.recorder.doubts.length === 0 ? low : this.walk(asked, 'optimistic');
      lost = () => this.lost(low, high);
      for (const party of this.parties(high)) {
        if (this.only?.has(party) === false) continue;
        const reached = this.reached(party, asked, low, high);
        if (!this.space.isEmpty(reached.possible)) to.set(party, reached);
      }
    } catch (error) {
      const why = budgetMessage(error);
      for (const party of this.only ?? [...this.network.kinds, 'internet' as const])
        if (party !== this.from || party !== 'internet') this.unanswered.set(party, why);
    }
    const order = [...this.missing.values()].sort((a, b) => (a.what < b.what ? -1 : 1));
    return {
      from: this.from,
      to,
      unanswered: this.unanswered,
      missing: order,
      assumptions: [...this.assumptions.values()],
      lost,
    };
  }

  private lost(low: Walked, high: Walked): ReadonlyMap<Party, PacketSet> {
    const { space, network, from } = this;
    const lost = new Map<Party, PacketSet>();
    const parties: Party[] = [...network.kinds, ...(from === 'internet' ? [] : ['internet' as const])];
    for (const party of parties) {
      if (this.only?.has(party) === false) continue;
      const own = low.arrivals.get(party === 'internet' ? INTERNET.node : party.first.node.id);
      // What was translated on the way is meant for whoever has the address that it was sent to.
      const taken = party === 'internet' ? (own ?? space.none) : space.or(own ?? space.none, low.forAnyone);
      if (space.isEmpty(taken)) continue;
      const headed = space.of({ dst: party === 'internet' ? network.internet : network.addressesOf(party, from) });
      const gone = space.minus(space.and(taken, headed), high.works);
      if (!space.isEmpty(gone)) lost.set(party, gone);
    }
    return lost;
  }

  /** Everything that the party can send, to whomever it is asked about. */
  private asked(): PacketSet {
    const { space, only, network, from } = this;
    const to =
      only === undefined ? undefined : normalise([...only].flatMap((party) => network.addressesOf(party, from)));
    return space.orAll(FAMILIES.map(({ family, all }) => askedPackets(space, this.question(family, to ?? [all]))));
  }

  private question(family: 4 | 6, dst: readonly Span<bigint>[], target?: readonly string[]): Question {
    const { from, network } = this;
    const all = family === 4 ? ALL_V4 : ALL_V6;
    const id = from === 'internet' ? 'internet' : from.first.id;
    return {
      src: { id, addresses: [] },
      dst: { id: 'everyone', addresses: [] },
      start: from === 'internet' ? INTERNET.interface : from.first.interface.id,
      srcAddresses: intersect(from === 'internet' ? network.internet : from.spans, [all]),
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
    const { space, compiler, from } = this;
    const recorder = new Recorder({ mostHops: MOST_HOPS, keepsStory: false });
    const run = walkQuestion(compiler, this.question(4, [], target), asked, mood, {
      recorder,
      ...(from === 'internet' || (target !== undefined && target.length > 0) ? {} : { blind: BLIND }),
    });
    const arrivals = new Map<string, PacketSet>();
    let forAnyone = space.none;
    for (const { node, packets, forAnyone: anyone } of recorder.arrivals)
      if (anyone) forAnyone = space.or(forAnyone, packets);
      else arrivals.set(node, space.or(arrivals.get(node) ?? space.none, packets));
    const strangers = [...arrivals.keys()].filter((node) => this.network.kindsAt(node).length === 0);
    return { works: workingPackets(space, asked, run.outcome), arrivals, strangers, forAnyone, recorder };
  }

  /** Everybody whom something may have reached. */
  private parties({ arrivals, forAnyone }: Walked): ReadonlySet<Party> {
    const { network, space, from } = this;
    const found = new Set<Party>(network.ownersOf(addresses(space, forAnyone), from));
    for (const node of arrivals.keys()) for (const kind of network.kindsAt(node)) found.add(kind);
    if (from === 'internet') return found;
    found.add('internet');
    // A row does not look at who owns what leaves for the internet: those whose own address is public are asked about by name.
    const left = intersect(addresses(space, arrivals.get(INTERNET.node) ?? space.none), PUBLIC);
    for (const kind of network.ownersOf(left, from)) found.add(kind);
    return found;
  }

  private reached(party: Party, asked: PacketSet, low: Walked, high: Walked): Reached {
    const { space, network, from } = this;
    const headed = space.of({ dst: network.addressesOf(party, from) });
    const known = [low, high].map((walked) => this.worksFor(party, walked, headed));
    // Where two take what is sent to one address, only questions with the destination named can tell.
    const target = party === 'internet' ? [] : [party.first.interface.id];
    const named = (mood: Mood) => this.walk(space.and(asked, headed), mood, target);
    const isClear = known.every((works) => works !== undefined);
    const [worst, best] = isClear ? [low, high] : [named('pessimistic'), named('optimistic')];
    const [firm, possible] = isClear ? known : [worst, best].map(({ works }) => space.and(works, headed));
    if (firm === undefined || possible === undefined) throw new Error('a row without an outcome');
    if (!space.isEmpty(possible))
      for (const { recorder } of new Set([worst, best])) {
        for (const one of recorder.assumptions.values()) this.assumptions.set(`${one.code} ${one.resource}`, one);
        if (firm !== possible)
          for (const { missing, packets, connection } of recorder.doubts)
            if (connection > 0 || space.overlaps(packets, headed)) this.missing.set(missing.what, missing);
      }
    return { firm, possible };
  }

  /** What works toward a party, whatever source port the client takes; undefined where others may take the same packets. */
  private worksFor(party: Party, walked: Walked, headed: PacketSet): PacketSet | undefined {
    const { space, network, from } = this;
    const works = space.and(walked.works, headed);
    if (party === 'internet') return works;
    const node = party.first.node.id;
    const left = walked.arrivals.get(INTERNET.node);
    if (from !== 'internet' && left !== undefined && space.overlaps(left, headed)) return undefined;
    const strangers = [...walked.strangers, ...network.rivalsOf(party, from)].flatMap((other) =>
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
