/** "Did you mean ...": the few known words nearest to one that is not. Bounded, so that it stays quick among 100,000 names. */

const MOST_LOOKED_AT = 50_000;

/** At most three words within a third of the length in edits, nearest first. */
export function nearest(word: string, known: Iterable<string>): string[] {
  const limit = word.length < 4 ? 1 : Math.min(3, Math.max(2, Math.floor(word.length / 3)));
  const close = new Map<string, number>();
  let looked = 0;
  for (const candidate of known) {
    if (++looked > MOST_LOOKED_AT) break;
    if (Math.abs(candidate.length - word.length) > limit) continue;
    const distance = edits(word.toLowerCase(), candidate.toLowerCase(), limit);
    if (distance <= limit) close.set(candidate, distance);
  }
  return [...close]
    .sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1))
    .slice(0, 3)
    .map(([candidate]) => candidate);
}

/** Levenshtein distance, given up as soon as it exceeds the limit. */
function edits(a: string, b: string, limit: number): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    if (Math.min(...next) > limit) return limit + 1;
    row = next;
  }
  return row[b.length]!;
}
