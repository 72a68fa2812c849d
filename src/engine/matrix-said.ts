/**
 * What is said of a row besides what gets through: what is not known and could change it, and what it rests on, each with the
 * packets that it is said of. Of several senders that were walked together it tells whom it concerns.
 */
import type { PacketSet, PacketSpace } from '../net/packet-space.ts';
import { type Span, intersect } from '../net/spans.ts';
import type { Assumption, Missing } from '../model/origin.ts';
import type { Crowd } from './crowd.ts';
import type { Party } from './matrix-parties.ts';
import type { Recorder } from './record.ts';

/** What one walk wrote down. */
export interface Notes {
  readonly recorder: Recorder;
  readonly crowd: Crowd | undefined;
}

/** Something that is said of some packets of the question. */
interface Said<T> {
  readonly what: T;
  readonly packets: PacketSet;
}

/** What is said of the row of some parties. All sets are of one space. */
export class Sayings {
  private readonly space: PacketSpace;
  private readonly from: readonly Party[];
  private readonly lacking = new Map<string, Said<Missing>[]>();
  private readonly walks = new Set<Notes>();
  private readonly reaching: PacketSet[] = [];
  private rests: readonly Said<Assumption>[] | undefined;

  constructor(space: PacketSpace, from: readonly Party[]) {
    this.space = space;
    this.from = from;
  }

  /** Notes that these packets get through, as these walks found. */
  reaches(packets: PacketSet, walks: Iterable<Notes>): void {
    this.reaching.push(packets);
    for (const walk of walks) this.walks.add(walk);
  }

  /**
   * Notes what may be to blame that it is not known whether these packets get through: whatever was not known of some of
   * them.
   */
  doubts(walks: ReadonlySet<Notes>, packets: PacketSet): void {
    const { space } = this;
    for (const { recorder } of walks)
      for (const { missing, packets: met, connection, first } of recorder.doubts) {
        const concerned = space.and(connection > 0 ? (first ?? met) : met, packets);
        if (space.isEmpty(concerned)) continue;
        const known = this.lacking.get(missing.what);
        if (known === undefined) this.lacking.set(missing.what, [{ what: missing, packets: concerned }]);
        else known.push({ what: missing, packets: concerned });
      }
  }

  /** What is not known and could change what those reach who send some of these packets; sorted. */
  missing(sent: PacketSet | undefined): readonly Missing[] {
    const all = [...this.lacking.values()].flatMap((said) => this.saidOf(said, sent).slice(0, 1));
    return all.sort((a, b) => (a.what < b.what ? -1 : 1));
  }

  /** What it rests on that those who send some of these packets reach anything. */
  assumptions(sent: PacketSet | undefined): readonly Assumption[] {
    return this.saidOf((this.rests ??= this.restsOf()), sent);
  }

  /** Every assumption once, with the packets that rest on it. */
  private restsOf(): readonly Said<Assumption>[] {
    const { space } = this;
    const found = new Map<string, { readonly what: Assumption; readonly sets: Set<PacketSet> }>();
    for (const { recorder, crowd } of this.walks) {
      const accepted = recorder.accepted.filter(({ list }) => list.length > 0);
      const before = crowd?.restsOf(() => space.orAll(recorder.accepted.map(({ packets }) => packets))) ?? [];
      for (const { list, packets } of [...accepted, ...before])
        for (const what of list) {
          const key = `${what.code} ${what.resource}`;
          const known = found.get(key);
          if (known === undefined) found.set(key, { what, sets: new Set([packets]) });
          else known.sets.add(packets);
        }
    }
    const reaching = this.sentBy(space.orAll(this.reaching));
    return [...found.values()].map(({ what, sets }) => ({
      what,
      // Of a single party's packets it is enough that there are some.
      packets: this.from.length === 1 ? firstOf(space, sets) : space.and(space.orAll([...sets]), reaching),
    }));
  }

  /** What is said of packets of those who send some of these. */
  private saidOf<T>(said: readonly Said<T>[], sent: PacketSet | undefined): readonly T[] {
    const { space } = this;
    const senders = sent === undefined ? space.all : this.sentBy(sent);
    return said.flatMap(({ what, packets }) => (space.overlaps(packets, senders) ? [what] : []));
  }

  /** Everything that those can send who send some of these packets. */
  private sentBy(packets: PacketSet): PacketSet {
    const { space, from } = this;
    if (from.length === 1) return space.isEmpty(packets) ? space.none : space.all;
    const sources = space.values(packets, 'src') as readonly Span<bigint>[];
    const spans = from.flatMap((party) =>
      party !== 'internet' && intersect(party.spans, sources).length > 0 ? party.spans : [],
    );
    return space.of({ src: spans });
  }
}

function firstOf(space: PacketSpace, sets: Iterable<PacketSet>): PacketSet {
  for (const set of sets) if (!space.isEmpty(set)) return set;
  return space.none;
}
