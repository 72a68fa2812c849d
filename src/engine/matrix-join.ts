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

class Joined {
  private readonly parts: readonly SlicePart[];
  private readonly cellList: SliceCell[] = [];
  /** Rows by part: destination and number of the cell, ascending by destination. */
  private readonly rows: (Int32Array | undefined)[];
  /** Parts whose members differ somewhere: their cells hold for themselves alone. */
  private readonly uneven = new Set<number>();

  constructor(parts: readonly SlicePart[], slices: readonly MatrixSlice[]) {
    this.parts = parts;
    this.rows = Array.from({ length: parts.length });
    const numbers = new Map<string, number>();
    for (const slice of slices) {
      const renumbered = slice.cells.map((cell) => {
        const key = JSON.stringify(cell);
        const known = numbers.get(key) ?? this.cellList.push(cell) - 1;
        numbers.set(key, known);
        return known;
      });
      for (const { from, to } of slice.rows) {
        const entries: [number, number][] = [];
        for (let i = 0; i < to.length; i += 2) {
          const [target, number] = [to[i]!, renumbered[to[i + 1]!]!];
          entries.push([target, number]);
          if (isExact(this.cellList[number]!)) this.uneven.add(from).add(target);
        }
        this.rows[from] = Int32Array.from(entries.sort(([a], [b]) => a - b).flat());
      }
    }
  }

  /** Classes in the order of their first members. */
  classes(): readonly Joint[] {
    const { parts } = this;
    const columns = this.columns();
    const groups = new Map<string, number[][]>();
    for (let part = 1; part < parts.length; part++) {
      if (parts[part]!.members.length === 0) continue;
      const hash = `${hashOf(this.rows[part])} ${hashOf(columns[part])}`;
      const bucket = groups.get(hash);
      if (bucket === undefined) groups.set(hash, [[part]]);
      else {
        const same = bucket.find(
          ([first]) =>
            !this.uneven.has(part) &&
            !this.uneven.has(first!) &&
            equal(this.rows[first!], this.rows[part]) &&
            equal(columns[first!], columns[part]),
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

  *cells(classes: readonly Joint[]): Generator<MatrixCell> {
    const place = new Map<number, number>();
    const all: readonly Joint[] = [OUTSIDE, ...classes];
    for (const [i, { parts }] of all.entries()) for (const part of parts) place.set(part, i);
    for (const from of all) {
      const row = this.rows[from.parts[0]!];
      if (row === undefined) continue;
      const found = new Map<number, number>();
      for (let i = 0; i < row.length; i += 2) found.set(place.get(row[i]!)!, row[i + 1]!);
      for (const [to, number] of [...found].sort(([a], [b]) => a - b)) {
        const target = all[to]!;
        // What a single end sends itself is nobody's reach.
        if (target === from && from.members.length < 2) continue;
        yield cellOf(from, target, this.cellList[number]!);
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

  private columns(): readonly Int32Array[] {
    const columns: number[][] = this.parts.map(() => []);
    for (const [from, row] of this.rows.entries())
      for (let i = 0; i < (row?.length ?? 0); i += 2) columns[row![i]!]!.push(from, row![i + 1]!);
    return columns.map((column) => Int32Array.from(column));
  }
}

/** Whether a cell names addresses of its ends. */
function isExact({ firm4, firm6, open4, open6 }: SliceCell): boolean {
  return [firm4, firm6, open4, open6].some((flows) => flows !== undefined && 'exactly' in flows);
}

function cellOf(from: Joint, to: Joint, { firm4, firm6, open4, open6, unanswered }: SliceCell): MatrixCell {
  const flows = (...families: readonly (SliceFlows | undefined)[]): Flow[] =>
    families.flatMap((one, family) => (one === undefined ? [] : flowsOf(from, to, one, family as 0 | 1)));
  const open = flows(open4, open6);
  return {
    from: from.id,
    to: to.id,
    allowed: flows(firm4, firm6),
    ...(open.length === 0 ? {} : { undetermined: open }),
    ...(unanswered === undefined ? {} : { unanswered }),
  };
}

function flowsOf(source: Joint, target: Joint, flows: SliceFlows, family: 0 | 1): readonly Flow[] {
  if ('exactly' in flows) return flows.exactly;
  const from = source.inside[family];
  const to = (source === OUTSIDE ? target.outward : target.inside)[family];
  if ('ports' in flows) return flows.ports.map(({ protocol, ports }) => ({ protocol, ports, from, to }));
  return flows.outside.map(({ protocol, ports, addresses }) =>
    source === OUTSIDE ? { protocol, ports, from: addresses, to } : { protocol, ports, from, to: addresses },
  );
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

function hashOf(list: Int32Array | undefined): number {
  let hash = 2166136261;
  for (const value of list ?? []) hash = Math.imul(hash ^ value, 16777619);
  return hash;
}

function equal(a: Int32Array | undefined, b: Int32Array | undefined): boolean {
  const [x, y] = [a ?? NONE, b ?? NONE];
  if (x.length !== y.length) return false;
  for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return false;
  return true;
}

const NONE = new Int32Array();

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
