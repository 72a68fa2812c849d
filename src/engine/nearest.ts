/** "Did you mean ...": the few known words nearest to one that is not. Quick among hundreds of thousands of names. */

const MOST_LOOKED_AT = 500_000;
const MOST_SHOWN = 3;

/** At most three words within a third of the length in edits, nearest first; else words that hold the asked one. */
export function nearest(word: string, known: Iterable<string>): string[] {
  const asked = word.slice(0, 100).toLowerCase();
  const limit = Math.min(3, Math.max(1, Math.floor(asked.length / 3)));
  const close = new Map<string, number>();
  const holding = new Set<string>();
  let looked = 0;
  for (const candidate of known) {
    if (++looked > MOST_LOOKED_AT) break;
    const longer = candidate.length - asked.length;
    if (longer < -limit || candidate.length > 200) continue;
    const lower = candidate.toLowerCase();
    const distance = longer > limit ? limit + 1 : edits(asked, lower, limit);
    if (distance <= limit) close.set(candidate, distance);
    else if (asked.length >= 3 && lower.includes(asked) && holding.size < 100) holding.add(candidate);
  }
  const byDistance = [...close].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1)).map(([candidate]) => candidate);
  const byLength = [...holding].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  return [...byDistance, ...byLength].slice(0, MOST_SHOWN);
}

/** Edits, swapped neighbours counting once; above the limit only that is known. Looks at a band around the diagonal. */
function edits(a: string, b: string, limit: number): number {
  const far = limit + 1;
  let earlier = new Uint8Array(b.length + 1).fill(far);
  let row = Uint8Array.from({ length: b.length + 1 }, (_, j) => Math.min(j, far));
  for (let i = 1; i <= a.length; i++) {
    const next = new Uint8Array(b.length + 1).fill(far);
    next[0] = Math.min(i, far);
    let least = next[0];
    for (let j = Math.max(1, i - limit); j <= Math.min(b.length, i + limit); j++) {
      const same = a.charCodeAt(i - 1) === b.charCodeAt(j - 1) ? 0 : 1;
      let cost = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + same, far);
      const swapped =
        j > 1 && a.charCodeAt(i - 1) === b.charCodeAt(j - 2) && a.charCodeAt(i - 2) === b.charCodeAt(j - 1);
      if (swapped) cost = Math.min(cost, earlier[j - 2]! + 1);
      next[j] = cost;
      if (cost < least) least = cost;
    }
    if (least > limit) return far;
    earlier = row;
    row = next;
  }
  return row[b.length]!;
}
