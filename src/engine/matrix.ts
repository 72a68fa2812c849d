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
import { type CellClass, cellsOf } from './matrix-cells.ts';
import { endsOf } from './matrix-ends.ts';
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
  const { from, to, slice = { index: 0, count: 1 }, ports = EVERY_PORT } = options;
  const ends = endsOf(network);
  const ready = new MatrixNetwork(network, ends);
  const atoms = atomsOf(network, ready.kinds);
  const byKind = ready.kinds.map((kind) => atoms[kind.index]!.map(classOf));
  const classesOf = (party: Party) => (party === 'internet' ? [] : byKind[party.index]!);
  const order = new Map(['internet', ...byKind.flat().map(({ id }) => id)].map((id, i) => [id, i]));
  const parties: readonly Party[] = ['internet', ...ready.kinds];
  let compiler = new Compiler(new PacketSpace({ nodeBudget: BUDGET }), ready.merged.network);
  const cells: MatrixCell[] = [];
  const missing = new Map<string, Missing>();
  const assumptions = new Map<string, Assumption>();
  for (const [i, party] of parties.entries()) {
    if (i % slice.count !== slice.index) continue;
    if (compiler.space.nodeCount > FULL)
      compiler = new Compiler(new PacketSpace({ nodeBudget: BUDGET }), ready.merged.network);
    const row = ready.row(compiler, party, ports);
    cells.push(...cellsOf(ready, classesOf, compiler.space, row));
    for (const one of row.missing) missing.set(one.what, one);
    for (const one of row.assumptions) assumptions.set(`${one.code} ${one.resource}`, one);
  }
  return inOrder(
    byKind
      .flat()
      .map(({ id, ends: members }) => ({ id, members: members.map((end) => end.id), count: members.length })),
    cells,
    missing.values(),
    assumptions.values(),
    order,
  );
}

function classOf(ends: CellClass['ends']): CellClass {
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
  const classes = slices[0]?.classes ?? [];
  const order = new Map(['internet', ...classes.map(({ id }) => id)].map((id, i) => [id, i]));
  const unique = <T>(list: readonly T[], key: (one: T) => string): Iterable<T> =>
    new Map(list.map((one) => [key(one), one])).values();
  return inOrder(
    classes,
    slices.flatMap((slice) => slice.cells),
    unique(
      slices.flatMap((slice) => slice.missing),
      (one) => one.what,
    ),
    unique(
      slices.flatMap((slice) => slice.assumptions),
      (one) => `${one.code} ${one.resource}`,
    ),
    order,
  );
}

function inOrder(
  classes: readonly MatrixClass[],
  cells: readonly MatrixCell[],
  missing: Iterable<Missing>,
  assumptions: Iterable<Assumption>,
  order: ReadonlyMap<string, number>,
): Matrix {
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
