/** Sorted lists of disjoint half-open intervals: the one way netaudit writes sets of numbers and of addresses. */

/** Half-open: `lo` is in, `end` is not. */
export type Span<T extends number | bigint = number> = readonly [lo: T, end: T];

/** Sorted, disjoint, never touching; empty spans dropped. */
export function normalise<T extends number | bigint>(spans: readonly Span<T>[]): Span<T>[] {
  if (isNormal(spans)) return spans.slice();
  const sorted = spans.filter(([lo, end]) => lo < end).sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  const out: Span<T>[] = [];
  for (const span of sorted) {
    const last = out.at(-1);
    if (last === undefined || span[0] > last[1]) out.push(span);
    else if (span[1] > last[1]) out[out.length - 1] = [last[0], span[1]];
  }
  return out;
}

function isNormal<T extends number | bigint>(spans: readonly Span<T>[]): boolean {
  for (let i = 0; i < spans.length; i++) {
    const [lo, end] = spans[i]!;
    if (lo >= end || (i > 0 && spans[i - 1]![1] >= lo)) return false;
  }
  return true;
}

/** Both lists normalised; so is the result. */
export function intersect<T extends number | bigint>(a: readonly Span<T>[], b: readonly Span<T>[]): Span<T>[] {
  const out: Span<T>[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [x, y] = [a[i]!, b[j]!];
    const lo = x[0] > y[0] ? x[0] : y[0];
    const end = x[1] < y[1] ? x[1] : y[1];
    // Most often one of the two lies in the other.
    if (lo < end) out.push(lo === x[0] && end === x[1] ? x : lo === y[0] && end === y[1] ? y : [lo, end]);
    if (x[1] < y[1]) i++;
    else j++;
  }
  return out;
}

/** What of `a` is not in `b`; both normalised. */
export function subtract<T extends number | bigint>(a: readonly Span<T>[], b: readonly Span<T>[]): Span<T>[] {
  const out: Span<T>[] = [];
  let j = 0;
  for (const [start, end] of a) {
    let lo = start;
    while (j < b.length && b[j]![1] <= lo) j++;
    for (let k = j; k < b.length && b[k]![0] < end; k++) {
      if (b[k]![0] > lo) out.push([lo, b[k]![0]]);
      if (b[k]![1] > lo) lo = b[k]![1];
    }
    if (lo < end) out.push([lo, end]);
  }
  return out;
}

export function contains<T extends number | bigint>(spans: readonly Span<T>[], value: T): boolean {
  return spans.some(([lo, end]) => lo <= value && value < end);
}
