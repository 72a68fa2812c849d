/**
 * All pairs: who can reach whom on what, both legs. Rows are independent of each other, so a slice of them can be worked out
 * anywhere; slices of one network join into exactly the whole.
 */
import { PacketSpace } from '../net/packet-space.ts';
import type { Matrix, MatrixCell, MatrixClass } from '../model/matrix.ts';
import type { Network } from '../model/network.ts';
import type { Assumption, Missing } from '../model/origin.ts';
import { Compiler } from './compile.ts';
import { atomsOf } from './matrix-atoms.ts';
import { type CellClass, OUTSIDE, cellsOf } from './matrix-cells.ts';
import { type MatrixEnd, endsOf } from './matrix-ends.ts';
import { MatrixNetwork, type Party } from './matrix-row.ts';
import { EVERY_PORT, type Ports } from './ports.ts';
import { normalise } from '../net/spans.ts';

export interface MatrixOptions {
  /** What is asked about; default everything. */
  readonly ports?: Ports;
  /** Which rows and columns, by interface id or "internet"; default all. */
  readonly from?: ReadonlySet<string>;
  readonly to?: ReadonlySet<string>;
  /** The part `index` (from 0) of `count`: every count-th row. */
  readonly slice?: { readonly index: number; readonly count: number };
}

/** A space this full is dropped between two rows. */
const FULL = 1_000_000;
const BUDGET = 6_000_000;

/** The matrix of a network, or a slice of it. Every row is exact or says that it is not answered. */
export function matrixOf(network: Network, options: MatrixOptions = {}): Matrix {
  const { slice = { index: 0, count: 1 }, ports = EVERY_PORT } = options;
  const ready = new MatrixNetwork(network, endsOf(network));
  const sends = (id: string) => options.from?.has(id) ?? true;
  const receives = (id: string) => options.to?.has(id) ?? true;
  const classes = new Map<Party, readonly CellClass[]>([
    ['internet', [{ ...OUTSIDE, sends: sends(OUTSIDE.id), receives: receives(OUTSIDE.id) }]],
  ]);
  for (const [i, parts] of atomsOf(network, ready.kinds).entries())
    classes.set(
      ready.kinds[i]!,
      parts.flatMap((ends) => classesOf(ends, sends, receives)),
    );
  const parties = [...classes.keys()].filter((party) => classes.get(party)!.some((one) => one.sends));
  const only = new Set([...classes.keys()].filter((party) => classes.get(party)!.some((one) => one.receives)));
  let compiler = new Compiler(new PacketSpace({ nodeBudget: BUDGET }), ready.merged.network);
  const cells: MatrixCell[] = [];
  const missing = new Map<string, Missing>();
  const assumptions = new Map<string, Assumption>();
  for (const [i, party] of parties.entries()) {
    if (i % slice.count !== slice.index) continue;
    if (compiler.space.nodeCount > FULL)
      compiler = new Compiler(new PacketSpace({ nodeBudget: BUDGET }), ready.merged.network);
    const row = ready.row(compiler, party, ports, options.to === undefined ? undefined : only);
    cells.push(...cellsOf(ready, (one) => classes.get(one)!, compiler.space, row));
    for (const one of row.missing) missing.set(one.what, one);
    for (const one of row.assumptions) assumptions.set(`${one.code} ${one.resource}`, one);
  }
  const listed = [...classes.values()].flat().filter((one) => one.ends.length > 0 && (one.sends || one.receives));
  return inOrder(
    listed.map(({ id, ends }) => ({ id, members: ends.map((end) => end.id), count: ends.length })),
    cells,
    missing.values(),
    assumptions.values(),
  );
}

/** One class; where only some of it is asked for, the rest is a class of its own. */
function classesOf(
  ends: readonly MatrixEnd[],
  sends: (id: string) => boolean,
  receives: (id: string) => boolean,
): CellClass[] {
  const parts = new Map<string, { ends: MatrixEnd[]; sends: boolean; receives: boolean }>();
  for (const end of ends) {
    const id = end.interface.id;
    const part = { ends: [end], sends: sends(id), receives: receives(id) };
    const key = `${part.sends} ${part.receives}`;
    const same = parts.get(key);
    if (same === undefined) parts.set(key, part);
    else same.ends.push(end);
  }
  return [...parts.values()].map((part) => ({ ...classOf(part.ends), sends: part.sends, receives: part.receives }));
}

function classOf(ends: readonly MatrixEnd[]): Omit<CellClass, 'sends' | 'receives'> {
  const first = ends[0]!.id;
  return {
    id: ends.length === 1 ? first : `${first}+${ends.length - 1}`,
    ends,
    spans: normalise(ends.flatMap((end) => end.spans)),
    outward: normalise(ends.flatMap((end) => end.outward)),
  };
}

/** Joins slices of one matrix, in whatever order they come. */
export function joinSlices(slices: readonly Matrix[]): Matrix {
  const unique = <T>(list: readonly T[], key: (one: T) => string): Iterable<T> =>
    new Map(list.map((one) => [key(one), one])).values();
  const [missing, assumptions] = [slices.flatMap((one) => one.missing), slices.flatMap((one) => one.assumptions)];
  return inOrder(
    slices[0]?.classes ?? [],
    slices.flatMap((slice) => slice.cells),
    unique(missing, (one) => one.what),
    unique(assumptions, (one) => `${one.code} ${one.resource}`),
  );
}

function inOrder(
  classes: readonly MatrixClass[],
  cells: readonly MatrixCell[],
  missing: Iterable<Missing>,
  assumptions: Iterable<Assumption>,
): Matrix {
  const order = new Map(['internet', ...classes.map(({ id }) => id)].map((id, i) => [id, i]));
  const place = (id: string) => order.get(id) ?? 0;
  return {
    classes,
    cells: [...cells].sort((a, b) => place(a.from) - place(b.from) || place(a.to) - place(b.to)),
    missing: [...missing].sort((a, b) => compare(a.what, b.what)),
    assumptions: [...assumptions].sort((a, b) => compare(a.code, b.code) || compare(a.resource, b.resource)),
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
