/**
 * The two tables of a packet space, in flat arrays, since they hold millions of entries: every node by what it is, and what
 * pairs of nodes came to. Knows nothing of fields and operations.
 */

/** Makes nodes of one kind findable by a hash; ids count up from `first`. */
export class NodeTable<T> {
  private readonly nodes: T[] = [];
  private readonly first: number;
  private hashes = new Int32Array(1024);
  /** Place in `nodes` plus one, at the hash or the next free slot after it; 0 is free. */
  private slots = new Int32Array(2048);

  constructor(first: number) {
    this.first = first;
  }

  get size(): number {
    return this.nodes.length;
  }

  /** The id that the next node gets. */
  get nextId(): number {
    return this.first + this.nodes.length;
  }

  find(hash: number, isIt: (node: T) => boolean): T | undefined {
    const mask = this.slots.length - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const place = this.slots[at]!;
      if (place === 0) return undefined;
      if (this.hashes[place - 1] === hash && isIt(this.nodes[place - 1]!)) return this.nodes[place - 1];
    }
  }

  add(hash: number, node: T): void {
    const place = this.nodes.push(node);
    if (place > this.hashes.length) this.grow();
    this.hashes[place - 1] = hash;
    this.enter(hash, place);
  }

  private enter(hash: number, place: number): void {
    const mask = this.slots.length - 1;
    let at = hash & mask;
    while (this.slots[at] !== 0) at = (at + 1) & mask;
    this.slots[at] = place;
  }

  private grow(): void {
    const hashes = new Int32Array(2 * this.hashes.length);
    hashes.set(this.hashes);
    this.hashes = hashes;
    this.slots = new Int32Array(2 * hashes.length);
    for (let place = 1; place < this.nodes.length; place++) this.enter(hashes[place - 1]!, place);
  }
}

const MOST_PAIRS = 2 ** 21;

/**
 * Results of pairs of ids. It grows with what is put in; from a certain size on a new result takes the place of an old one,
 * which then is worked out again. The pair (0, 0) has no result.
 */
export class PairMemo<T> {
  private ids = new Int32Array(2 * 512);
  private results: (T | undefined)[] = Array.from({ length: 512 });
  private count = 0;

  get(a: number, b: number): T | undefined {
    const at = slotOf(a, b, this.results.length);
    return this.ids[2 * at] === a && this.ids[2 * at + 1] === b ? this.results[at] : undefined;
  }

  set(a: number, b: number, result: T): void {
    if (++this.count > this.results.length && this.results.length < MOST_PAIRS) this.grow();
    this.put(a, b, result);
  }

  private put(a: number, b: number, result: T | undefined): void {
    const at = slotOf(a, b, this.results.length);
    this.ids[2 * at] = a;
    this.ids[2 * at + 1] = b;
    this.results[at] = result;
  }

  private grow(): void {
    const { ids, results } = this;
    this.ids = new Int32Array(4 * ids.length);
    this.results = Array.from({ length: 4 * results.length });
    this.count = 0;
    for (const [i, result] of results.entries())
      if (result !== undefined) {
        this.count++;
        this.put(ids[2 * i]!, ids[2 * i + 1]!, result);
      }
  }
}

/** `size` is a power of two. */
function slotOf(a: number, b: number, size: number): number {
  const mixed = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
  return (mixed ^ (mixed >>> 15)) & (size - 1);
}
