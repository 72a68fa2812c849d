/** Finds what lies on given spans among very many things, each with spans of its own that may overlap the others'. */
import type { Span } from './spans.ts';

export class SpanIndex<T> {
  private readonly entries: readonly { readonly span: Span<bigint>; readonly item: T }[];
  /** The highest end of all entries up to each one. */
  private readonly reach: bigint[] = [];

  constructor(entries: readonly { readonly span: Span<bigint>; readonly item: T }[]) {
    this.entries = [...entries].sort((a, b) => (a.span[0] < b.span[0] ? -1 : a.span[0] > b.span[0] ? 1 : 0));
    let most = 0n;
    for (const { span } of this.entries) this.reach.push((most = span[1] > most ? span[1] : most));
  }

  /** Everything that shares an address with one of the spans. */
  overlapping(spans: readonly Span<bigint>[]): ReadonlySet<T> {
    const found = new Set<T>();
    for (const [lo, end] of spans) {
      let low = 0;
      let high = this.entries.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (this.reach[middle]! <= lo) low = middle + 1;
        else high = middle;
      }
      for (let i = low; i < this.entries.length && this.entries[i]!.span[0] < end; i++)
        if (this.entries[i]!.span[1] > lo) found.add(this.entries[i]!.item);
    }
    return found;
  }
}
