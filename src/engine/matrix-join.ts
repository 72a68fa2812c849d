/**
 * Joins slices into the matrix: parts that fare alike towards everybody become one class. Works on slices alone, so that
 * slices that were worked out elsewhere give byte for byte what one machine gives.
 */
import { PUBLIC_V4, PUBLIC_V6, cidrsOf, familyOf, parseAddress, parseCidr } from '../net/address.ts';
import { type Span, normalise } from '../net/spans.ts';
import type { Flow } from '../model/flow.ts';
import type { Matrix, MatrixCell, MatrixSlice, SliceCell, SliceFlows, SlicePart } from '../model/matrix.ts';

/** The matrix that some slices of one network make together, in whatever order they come. */
export function joinSlices(slices: readonly MatrixSlice[]): Matrix {
  const parts = slices[0]?.parts ?? [];
  const joined = new Joined(parts, slices);
  const classes = joined.classes();
  const unique = <T>(list: readonly T[], key: (one: T) => string): T[] =>
    [...new Map(list.map((one) => [key(one), one])).values()].sort((a, b) => compare(key(a), key(b)));
  return {
    classes: classes.map(({ id, members, names }) => ({ id, members, names, count: members.length })),
    cells: { [Symbol.iterator]: () => joined.cells(classes) },
    missing: unique(
      slices.flatMap((slice) => slice.missing),
      (one) => one.what,
    ),
    assumptions: unique(
      slices.flatMap((slice) => slice.assumptions),
      (one) => `${one.code} ${one.resource}`,
    ),
  };
}

/** Parts that became one class, and the addresses that they have together, by family. */
interface Joint {
  readonly id: string;
  readonly members: readonly string[];
  readonly names: Readonly<Record<string, string>>;
  readonly parts: readonly number[];
  readonly inside: Families;
  readonly outward: Families;
}
type Families = readonly [v4: readonly string[], v6: readonly string[]];

/** Rows, or columns, by number: of each cell the other end, then what it holds, again and again. */
type Lines = readonly Int32Array[];
const NOTHING = new Int32Array();

class Joined {
  private readonly parts: readonly SlicePart[];
  private readonly cellList: SliceCell[] = [];
  private readonly rows: Lines;
  private readonly columns: Lines;
  /** Parts whose members differ somewhere: their cells hold for themselves alone. */
  private readonly uneven = new Set<number>();

  constructor(parts: readonly SlicePart[], slices: readonly MatrixSlice[]) {
    this.parts = parts;
    const rows = parts.map(() => NOTHING);
    const numbers = new Map<string, number>();
    for (const slice of slices) {
      const renumbered = slice.cells.map((cell) => {
        const key = JSON.stringify(cell);
        const known = numbers.get(key) ?? this.cellList.push(cell) - 1;
        numbers.set(key, known);
        return known;
      });
      const exact = slice.cells.map(isExact);
      for (const { from, to } of slice.rows) {
        const row = to.slice();
        for (let i = 0; i < to.length; i += 2) {
          row[i + 1] = renumbered[to[i + 1]!]!;
          if (exact[to[i + 1]!] === true) this.uneven.add(from).add(to[i]!);
        }
        rows[from] = row;
      }
    }
    this.columns = turned(rows, parts.length);
    // Turned twice, so that each row is in order too.
    this.rows = turned(this.columns, parts.length);
  }

  /** Classes in the order of their first members. */
  classes(): readonly Joint[] {
    const { parts, rows, columns } = this;
    const groups = new Map<string, number[][]>();
    for (let part = 1; part < parts.length; part++) {
      if (parts[part]!.members.length === 0) continue;
      const hash = `${hashOf(rows[part]!)} ${hashOf(columns[part]!)}`;
      const bucket = groups.get(hash);
      if (bucket === undefined) groups.set(hash, [[part]]);
      else {
        const same = bucket.find(
          ([first]) =>
            !this.uneven.has(part) &&
            !this.uneven.has(first!) &&
            equal(rows[first!]!, rows[part]!) &&
            equal(columns[first!]!, columns[part]!),
        );
        if (same === undefined) bucket.push([part]);
        else same.push(part);
      }
    }
    return [...groups.values()]
      .flat()
      .map((members) => this.joint(members))
      .sort((a, b) => compare(a.members[0]!, b.members[0]!));
  }

  /** One part speaks for its class, as source and as target. */
  *cells(classes: readonly Joint[]): Generator<MatrixCell> {
    const all: readonly Joint[] = [OUTSIDE, ...classes];
    const toClasses = turned(
      all.map(({ parts: [first] }) => this.columns[first!] ?? NOTHING),
      this.parts.length,
    );
    for (const from of all) {
      const row = toClasses[from.parts[0]!] ?? NOTHING;
      for (let i = 0; i < row.length; i += 2) {
        const to = all[row[i]!]!;
        // What a single end sends itself is nobody's reach.
        if (to !== from || from.members.length > 1) yield cellOf(from, to, this.cellList[row[i + 1]!]!);
      }
    }
  }

  private joint(parts: readonly number[]): Joint {
    const own = parts.map((part) => this.parts[part]!);
    const ends = own
      .flatMap((part) => part.members.map((id, i) => ({ id, name: part.names[i] ?? '' })))
      .sort((a, b) => compare(a.id, b.id));
    const members = ends.map((end) => end.id);
    const [first] = members;
    return {
      id: members.length === 1 ? first! : `${first}+${members.length - 1}`,
      members,
      names: Object.fromEntries(ends.flatMap(({ id, name }) => (name === '' || name === id ? [] : [[id, name]]))),
      parts,
      inside: families(own.flatMap((part) => part.inside)),
      outward: families(own.flatMap((part) => part.outward)),
    };
  }
}

/** A table with the same cells by their other end, each line in the order of the lines given. */
function turned(lines: Lines, count: number): Lines {
  const filled = new Int32Array(count);
  for (const line of lines) for (let i = 0; i < line.length; i += 2) filled[line[i]!]! += 2;
  const others = Array.from(filled, (length) => new Int32Array(length));
  filled.fill(0);
  for (const [number, line] of lines.entries())
    for (let i = 0; i < line.length; i += 2) {
      const [other, at] = [others[line[i]!]!, filled[line[i]!]!];
      other[at] = number;
      other[at + 1] = line[i + 1]!;
      filled[line[i]!] = at + 2;
    }
  return others;
}

/** Whether a cell names addresses of its ends. */
function isExact({ firm4, firm6, open4, open6 }: SliceCell): boolean {
  return [firm4, firm6, open4, open6].some((flows) => flows !== undefined && 'exactly' in flows);
}

function cellOf(from: Joint, to: Joint, { firm4, firm6, open4, open6, unanswered }: SliceCell): MatrixCell {
  const allowed = flowsOf(from, to, firm4, firm6);
  const undetermined = flowsOf(from, to, open4, open6);
  return {
    from: from.id,
    to: to.id,
    allowed,
    ...(undetermined.length === 0 ? {} : { undetermined }),
    ...(unanswered === undefined ? {} : { unanswered }),
  };
}

function flowsOf(source: Joint, target: Joint, ...families: readonly (SliceFlows | undefined)[]): Flow[] {
  const found: Flow[] = [];
  for (const [family, flows] of families.entries()) {
    if (flows === undefined) continue;
    const from = source.inside[family]!;
    const to = (source === OUTSIDE ? target.outward : target.inside)[family]!;
    if ('exactly' in flows) found.push(...flows.exactly);
    else if ('ports' in flows) for (const { protocol, ports } of flows.ports) found.push({ protocol, ports, from, to });
    else
      for (const { protocol, ports, addresses } of flows.outside)
        found.push(
          source === OUTSIDE ? { protocol, ports, from: addresses, to } : { protocol, ports, from, to: addresses },
        );
  }
  return found;
}

/** Address lists as short as they can be, by family. */
function families(texts: readonly string[]): Families {
  const spans = texts.map((text): Span<bigint> => {
    const address = parseAddress(text);
    return address === undefined ? parseCidr(text)! : [address, address + 1n];
  });
  const list = (family: 4 | 6) => normalise(spans.filter(([lo]) => familyOf(lo) === family)).flatMap(cidrsOf);
  return [list(4), list(6)];
}

const OUTSIDE: Joint = {
  id: 'internet',
  members: [],
  names: {},
  parts: [0],
  inside: [PUBLIC_V4.flatMap(cidrsOf), PUBLIC_V6.flatMap(cidrsOf)],
  outward: [PUBLIC_V4.flatMap(cidrsOf), PUBLIC_V6.flatMap(cidrsOf)],
};

function hashOf(line: Int32Array): number {
  let hash = 2166136261;
  for (const value of line) hash = Math.imul(hash ^ value, 16777619);
  return hash;
}

function equal(a: Int32Array, b: Int32Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
