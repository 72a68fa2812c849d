/**
 * Reads a packet set between two parties as a grid: for each pair of parts and each family, which ports. One pass over the
 * set's own structure instead of one set operation a pair; where members of a part differ after all, it says so.
 */
import type { PacketSet, PacketSpace } from '../net/packet-space.ts';
import type { Ranges } from './matrix-parts.ts';

/** Marks a pair whose members do not all fare alike: it has to be read exactly, box by box. */
export const UNEVEN = -1;

/** What holds for each pair of slots: a number that `ports` turns into the set of ports, 0 for nothing. */
export interface Grid {
  /** By destination slot, then source slot. */
  at(dst: number, src: number): number;
  ports(state: number): PacketSet;
}

/** Turns the sets of one space into grids; what it learns of a set between the same parties it keeps. */
export class GridReader {
  private readonly space: PacketSpace;
  /** Sets of ports by number. */
  private readonly states: PacketSet[];
  private readonly numbers: Map<PacketSet, number>;
  private readonly sums = new Map<string, number>();

  constructor(space: PacketSpace) {
    this.space = space;
    this.states = [space.none];
    this.numbers = new Map([[space.none, 0]]);
  }

  /** `sources` is shared by all sets with the same source party. */
  read(set: PacketSet, sources: SourceReader, targets: Ranges): Grid {
    const { space } = this;
    const width = sources.ranges.slots;
    const cells = new Int32Array(targets.slots * width);
    for (const [rest, head] of space.factors(space.forget(set, ['mark', 'sport']), 'dst')) {
      const number = this.numberOf(head);
      const bySlot = bySlots(space.slicesAt(rest, 'dst', targets.spans), targets, space.none);
      for (const [dst, kid] of bySlot.entries()) {
        if (kid === space.none) continue;
        const hits = kid === undefined ? undefined : sources.read(kid);
        for (let src = 0; src < width; src++) {
          const hit = hits === undefined ? UNEVEN : hits[src]!;
          const at = dst * width + src;
          if (hit === 0 || cells[at] === UNEVEN) continue;
          cells[at] = hit === UNEVEN ? UNEVEN : this.sum(cells[at]!, number);
        }
      }
    }
    return { at: (dst, src) => cells[dst * width + src]!, ports: (state) => this.states[state]! };
  }

  private sum(a: number, b: number): number {
    if (a === 0) return b;
    const key = `${a} ${b}`;
    const known = this.sums.get(key) ?? this.numberOf(this.space.or(this.states[a]!, this.states[b]!));
    this.sums.set(key, known);
    return known;
  }

  private numberOf(ports: PacketSet): number {
    const known = this.numbers.get(ports);
    if (known !== undefined) return known;
    this.states.push(ports);
    this.numbers.set(ports, this.states.length - 1);
    return this.states.length - 1;
  }
}

/** Which source slots a set of sources holds: 1, 0, or UNEVEN. */
export class SourceReader {
  readonly ranges: Ranges;
  private readonly space: PacketSpace;
  private readonly known = new Map<PacketSet, Int8Array>();

  constructor(space: PacketSpace, ranges: Ranges) {
    this.space = space;
    this.ranges = ranges;
  }

  read(set: PacketSet): Int8Array {
    const known = this.known.get(set);
    if (known !== undefined) return known;
    const bySlot = bySlots(this.space.slicesAt(set, 'src', this.ranges.spans), this.ranges, this.space.none);
    const hits = Int8Array.from(bySlot, (one) => (one === undefined ? UNEVEN : one === this.space.none ? 0 : 1));
    this.known.set(set, hits);
    return hits;
  }
}

/** One value a slot; undefined where the ranges of a slot differ. A slot without ranges holds nothing. */
function bySlots(
  slices: readonly (PacketSet | undefined)[],
  { slot, slots }: Ranges,
  nothing: PacketSet,
): (PacketSet | undefined)[] {
  const found = Array.from({ length: slots }, (): PacketSet | undefined => nothing);
  const seen = new Uint8Array(slots);
  for (const [i, slice] of slices.entries()) {
    const at = slot[i]!;
    found[at] = seen[at] === 0 || found[at] === slice ? slice : undefined;
    seen[at] = 1;
  }
  return found;
}
