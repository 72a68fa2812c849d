/** "Did you mean ...": the few known words nearest to one that is not. Quick among hundreds of thousands of names. */

const MOST_LOOKED_AT = 500_000;
const MOST_SHOWN = 3;
const LONGEST = 200;

/** At most three words within a third of the length in typing mistakes, nearest first; else words that hold the asked one. */
export function nearest(word: string, known: Iterable<string>): string[] {
  const asked = word.slice(0, LONGEST).toLowerCase();
  const limit = Math.min(3, Math.max(1, Math.floor(asked.length / 3)));
  const letters = lettersOf(asked);
  const close = new Map<string, number>();
  const holding = new Set<string>();
  let looked = 0;
  for (const candidate of known) {
    if (++looked > MOST_LOOKED_AT) break;
    const longer = candidate.length - asked.length;
    if (longer < -limit || candidate.length > LONGEST) continue;
    const lower = candidate.toLowerCase();
    // A mistake takes away at most one letter and adds at most one.
    const isFar = longer > limit || bitsOf(lettersOf(lower) ^ letters) > 2 * limit;
    const distance = isFar ? limit + 1 : mistakes(asked, lower, limit);
    if (distance <= limit) close.set(candidate, distance);
    else if (asked.length >= 3 && holding.size < 100 && lower.includes(asked)) holding.add(candidate);
  }
  const byDistance = [...close].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1)).map(([candidate]) => candidate);
  const byLength = [...holding].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  return [...byDistance, ...byLength].slice(0, MOST_SHOWN);
}

/** Which characters occur, folded into 32 bits. */
function lettersOf(text: string): number {
  let bits = 0;
  for (let i = 0; i < text.length; i++) bits |= 1 << (text.charCodeAt(i) & 31);
  return bits;
}

function bitsOf(value: number): number {
  let count = 0;
  for (let rest = value; rest !== 0; rest &= rest - 1) count++;
  return count;
}

let [before, row, next] = [0, 1, 2].map(() => new Uint8Array(LONGEST + 1)) as [Uint8Array, Uint8Array, Uint8Array];

/**
 * Letters left out, added, changed or swapped with their neighbour. Anything above the limit is only known to be above
 * it: just a band around the diagonal is looked at.
 */
function mistakes(a: string, b: string, limit: number): number {
  const far = limit + 1;
  for (let j = 0; j <= b.length; j++) row[j] = Math.min(j, far);
  for (let i = 1; i <= a.length; i++) {
    const [first, last] = [Math.max(1, i - limit), Math.min(b.length, i + limit)];
    next[first - 1] = first === 1 ? Math.min(i, far) : far;
    if (last < b.length) next[last + 1] = far;
    let least = next[first - 1]!;
    for (let j = first; j <= last; j++) {
      const isSame = a.charCodeAt(i - 1) === b.charCodeAt(j - 1);
      let best = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (isSame ? 0 : 1), far);
      const isSwap =
        i > 1 && j > 1 && a.charCodeAt(i - 1) === b.charCodeAt(j - 2) && a.charCodeAt(i - 2) === b.charCodeAt(j - 1);
      if (isSwap) best = Math.min(best, before[j - 2]! + 1);
      next[j] = best;
      if (best < least) least = best;
    }
    if (least > limit) return far;
    [before, row, next] = [row, next, before];
  }
  return row[b.length]!;
}
