/**
 * Rows of a large list by something that each has: a subnet, an instance. Two arrays of numbers instead of a list a key,
 * since most keys are never asked for. Knows nothing of what rows and keys are.
 */
export class Buckets<K> {
  private readonly numbers = new Map<K, number>();
  /** By row: one more than the number of its key; 0 for a row without one. */
  private keyOf = new Uint32Array(1 << 8);
  private end = 0;
  private sorted: { readonly starts: Uint32Array; readonly rows: Uint32Array } | undefined;

  /** A row has one key at most; it is put once. */
  put(row: number, key: K): void {
    let number = this.numbers.get(key);
    if (number === undefined) this.numbers.set(key, (number = this.numbers.size));
    if (row >= this.keyOf.length) {
      const grown = new Uint32Array(2 * row);
      grown.set(this.keyOf);
      this.keyOf = grown;
    }
    this.keyOf[row] = number + 1;
    if (row >= this.end) this.end = row + 1;
    this.sorted = undefined;
  }

  keys(): Iterable<K> {
    return this.numbers.keys();
  }

  has(key: K): boolean {
    return this.numbers.has(key);
  }

  /** Ascending. */
  rowsOf(key: K): Uint32Array {
    const number = this.numbers.get(key);
    if (number === undefined) return NO_ROWS;
    const { starts, rows } = (this.sorted ??= this.inOrder());
    return rows.subarray(starts[number], starts[number + 1]);
  }

  /** All rows, key by key: counted first, then put where they belong. */
  private inOrder(): { starts: Uint32Array; rows: Uint32Array } {
    const { keyOf, end, numbers } = this;
    const starts = new Uint32Array(numbers.size + 1);
    for (let row = 0; row < end; row++) if (keyOf[row] !== 0) starts[keyOf[row]!]!++;
    for (let i = 1; i < starts.length; i++) starts[i]! += starts[i - 1]!;
    const rows = new Uint32Array(starts.at(-1)!);
    const next = starts.slice();
    for (let row = 0; row < end; row++) if (keyOf[row] !== 0) rows[next[keyOf[row]! - 1]!++] = row;
    return { starts, rows };
  }
}

const NO_ROWS = new Uint32Array(0);
