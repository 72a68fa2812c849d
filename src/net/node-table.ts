/**
 * The two tables of a packet space, in flat arrays of numbers, since they hold millions of entries: every node by what it is,
 * and what pairs of nodes came to. Knows nothing of fields and operations.
 */

/** Nodes by id, findable by a hash. Ids count up from 0; the first ones, `terminals`, are nobody's to find. */
export class NodeTable<T> {
  private readonly nodes: T[];
  private readonly terminals: number;
  /** Two numbers a slot: id and hash of a node, at the hash or the next free slot after it; id 0 is free. */
  private slots = new Int32Array(2 * 2048);

  /** At least one terminal. */
  constructor(terminals: readonly T[]) {
    this.nodes = [...terminals];
    this.terminals = terminals.length;
  }

  /** How many there are besides the terminals. */
  get size(): number {
    return this.nodes.length - this.terminals;
  }

  /** The id that the next node gets. */
  get nextId(): number {
    return this.nodes.length;
  }

  at(id: number): T {
    return this.nodes[id]!;
  }

  find(hash: number, isIt: (node: T) => boolean): T | undefined {
    const { slots } = this;
    const last = slots.length - 2;
    for (let at = (2 * hash) & last; ; at = (at + 2) & last) {
      const id = slots[at]!;
      if (id === 0) return undefined;
      if (slots[at + 1] === hash && isIt(this.nodes[id]!)) return this.nodes[id];
    }
  }

  add(hash: number, node: T): void {
    const id = this.nodes.push(node) - 1;
    if (4 * id > this.slots.length) {
      const old = this.slots;
      this.slots = new Int32Array(2 * old.length);
      for (let at = 0; at < old.length; at += 2) if (old[at] !== 0) this.enter(old[at]!, old[at + 1]!);
    }
    this.enter(id, hash);
  }

  private enter(id: number, hash: number): void {
    const { slots } = this;
    const last = slots.length - 2;
    let at = (2 * hash) & last;
    while (slots[at] !== 0) at = (at + 2) & last;
    slots[at] = id;
    slots[at + 1] = hash;
  }
}

const MOST_PAIRS = 2 ** 21;

/**
 * Results of pairs of ids. It grows with what is put in; from a certain size on a new result takes the place of an old one,
 * which then is worked out again. No pair begins with 0.
 */
export class PairMemo {
  /** Three numbers a slot: the pair and what it came to. */
  private slots = new Int32Array(3 * 512);
  private count = 0;

  /** The id of the result, or -1 where none is known. */
  get(a: number, b: number): number {
    const { slots } = this;
    const at = slotOf(a, b, slots.length / 3);
    return slots[at] === a && slots[at + 1] === b ? slots[at + 2]! : -1;
  }

  set(a: number, b: number, result: number): void {
    const size = this.slots.length / 3;
    if (++this.count > size && size < MOST_PAIRS) {
      const old = this.slots;
      this.slots = new Int32Array(4 * old.length);
      this.count = 0;
      for (let at = 0; at < old.length; at += 3) if (old[at] !== 0) this.set(old[at]!, old[at + 1]!, old[at + 2]!);
    }
    const { slots } = this;
    const at = slotOf(a, b, slots.length / 3);
    slots[at] = a;
    slots[at + 1] = b;
    slots[at + 2] = result;
  }
}

/** `size` is a power of two. */
function slotOf(a: number, b: number, size: number): number {
  const mixed = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
  return 3 * ((mixed ^ (mixed >>> 15)) & (size - 1));
}
