/**
 * All pairs: who can reach whom on what, both legs. Rows are independent of each other, so a slice of them can be worked out
 * anywhere; slices of one network join into exactly the whole (matrix-join.ts).
 */
import { cidrsOf } from '../net/address.ts';
import { type PacketSet, PacketSpace } from '../net/packet-space.ts';
import type { MatrixSlice, SliceCell, SliceFlows, SlicePart } from '../model/matrix.ts';
import type { Network } from '../model/network.ts';
import type { Assumption, Missing } from '../model/origin.ts';
import { Compiler } from './compile.ts';
import { CellTable, FlowWriter } from './matrix-cells.ts';
import { endsOf } from './matrix-ends.ts';
import { type Grid, GridReader, SourceReader, UNEVEN } from './matrix-grid.ts';
import { type Part, Parts } from './matrix-parts.ts';
import { MatrixNetwork, type Reached, type Row } from './matrix-row.ts';
import { EVERY_PORT, type Ports } from './ports.ts';

export interface MatrixOptions {
  /** What is asked about; default everything. */
  readonly ports?: Ports;
  /** Which rows and columns, by interface id or "internet"; default all. */
  readonly from?: ReadonlySet<string>;
  readonly to?: ReadonlySet<string>;
  /** The part `index` (from 0) of `count`: some rows, neighbours together. */
  readonly slice?: { readonly index: number; readonly count: number };
}

/** A space this heavy is dropped between two rows: looking things up in it takes longer than it saves the next ones. */
const FULL = 500_000;
const BUDGET = 6_000_000;

/** A slice of the matrix of a network; without `slice` all rows. Every row is exact or says that it is not answered. */
export function matrixSlice(network: Network, options: MatrixOptions = {}): MatrixSlice {
  const { slice = { index: 0, count: 1 }, ports = EVERY_PORT } = options;
  const ready = new MatrixNetwork(network, endsOf(network));
  const parts = new Parts(ready, options);
  const only = options.to === undefined ? undefined : parts.receivers();
  const table = new CellTable();
  const rows: { from: number; to: Int32Array }[] = [];
  const missing = new Map<string, Missing>();
  const assumptions = new Map<string, Assumption>();
  let writer = new RowWriter(ready, parts, table);
  const compiler = () => {
    if (writer.space.weight > FULL) writer = new RowWriter(ready, parts, table);
    return writer.compiler;
  };
  for (const crowd of ready.crowds(parts.senders(slice)))
    for (const row of ready.rows(compiler, crowd, ports, only)) {
      for (const { from, to } of writer.rows(row)) rows.push({ from, to: Int32Array.from(to) });
      for (const one of row.missing()) missing.set(one.what, one);
      for (const one of row.assumptions()) assumptions.set(`${one.code} ${one.resource}`, one);
    }
  return {
    parts: parts.all.map(slicePart),
    cells: table.cells,
    rows,
    missing: [...missing.values()],
    assumptions: [...assumptions.values()],
  };
}

function slicePart({ ends, inside, outward, sends, receives }: Part): SlicePart {
  if (!sends && !receives) return { members: [], names: [], inside: [], outward: [] };
  return {
    members: ends.map((end) => end.id),
    names: ends.map((end) => end.name ?? ''),
    inside: inside.flatMap(cidrsOf),
    outward: outward.flatMap(cidrsOf),
  };
}

/** Writes rows with the sets of one space. */
class RowWriter {
  readonly space = new PacketSpace({ nodeBudget: BUDGET });
  readonly compiler: Compiler;
  private readonly network: MatrixNetwork;
  private readonly parts: Parts;
  private readonly table: CellTable;
  private readonly grids = new GridReader(this.space);
  private readonly writer: FlowWriter;
  /** Of cells with ports of one family alone. */
  private readonly numbers4 = new Map<SliceFlows, number>();
  private readonly numbers6 = new Map<SliceFlows, number>();

  constructor(network: MatrixNetwork, parts: Parts, table: CellTable) {
    this.network = network;
    this.parts = parts;
    this.table = table;
    this.compiler = new Compiler(this.space, network.merged.network);
    this.writer = new FlowWriter(this.space, network.gaps);
  }

  rows(row: Row): { from: number; to: number[] }[] {
    const { parts, network } = this;
    const senders = row.from.flatMap((party) => parts.of(party));
    const rows = senders.map((part) => ({ from: part.index, to: [] as number[] }));
    const sources = new SourceReader(this.space, parts.ranges(senders, false, network.internet));
    for (const [party, why] of row.unanswered) {
      const cell = this.table.numberOf({ unanswered: why });
      for (const [i, from] of senders.entries())
        for (const to of parts.of(party)) if (from.sends && to.receives) rows[i]!.to.push(to.index, cell);
    }
    const outward = row.from[0] === 'internet';
    for (const [party, reached] of row.to) this.column(parts.of(party), reached, outward, senders, sources, rows);
    return rows.filter((_, i) => senders[i]!.sends);
  }

  private column(
    receivers: readonly Part[],
    { firm, possible }: Reached,
    outward: boolean,
    senders: readonly Part[],
    sources: SourceReader,
    rows: readonly { from: number; to: number[] }[],
  ): void {
    const { parts, space } = this;
    const targets = parts.ranges(receivers, outward);
    const open = firm === possible ? space.none : space.minus(possible, firm);
    const sure = { set: firm, grid: this.grids.read(firm, sources, targets) };
    const maybe = open === space.none ? undefined : { set: open, grid: this.grids.read(open, sources, targets) };
    for (const [j, to] of receivers.entries())
      for (const [i, from] of senders.entries()) {
        if (!from.sends || !to.receives) continue;
        const number = this.number(
          this.flows(sure, from, 2 * i, to, 2 * j),
          this.flows(sure, from, 2 * i + 1, to, 2 * j + 1),
          maybe === undefined ? undefined : this.flows(maybe, from, 2 * i, to, 2 * j),
          maybe === undefined ? undefined : this.flows(maybe, from, 2 * i + 1, to, 2 * j + 1),
        );
        if (number !== undefined) rows[i]!.to.push(to.index, number);
      }
  }

  /** What goes between two parts, read at their slots of one family. */
  private flows({ set, grid }: Read, from: Part, src: number, to: Part, dst: number): SliceFlows | undefined {
    const state = grid.at(dst, src);
    if (state === 0) return undefined;
    if (state !== UNEVEN) return this.writer.ports(grid.ports(state));
    const isOutside = (part: Part) => part.ends.length === 0;
    const source = isOutside(from) ? 'internet' : from.inside;
    const target = isOutside(to) ? 'internet' : isOutside(from) ? to.outward : to.inside;
    return this.writer.exactly(set, source, target, (src % 2) as 0 | 1);
  }

  private number(
    firm4: SliceFlows | undefined,
    firm6: SliceFlows | undefined,
    open4: SliceFlows | undefined,
    open6: SliceFlows | undefined,
  ): number | undefined {
    if (open4 !== undefined || open6 !== undefined) return this.table.numberOf(cellOf(firm4, firm6, open4, open6));
    const one = firm4 ?? firm6;
    if (one === undefined) return undefined;
    // Ports that hold for all addresses are one object, however many pairs have them.
    const isShared = (firm4 === undefined || firm6 === undefined) && 'ports' in one;
    if (!isShared) return this.table.numberOf(cellOf(firm4, firm6));
    const numbers = firm6 === undefined ? this.numbers4 : this.numbers6;
    let number = numbers.get(one);
    if (number === undefined) numbers.set(one, (number = this.table.numberOf(cellOf(firm4, firm6))));
    return number;
  }
}

/** A set, read between the parts of two parties. */
interface Read {
  readonly set: PacketSet;
  readonly grid: Grid;
}

function cellOf(firm4?: SliceFlows, firm6?: SliceFlows, open4?: SliceFlows, open6?: SliceFlows): SliceCell {
  return {
    ...(firm4 === undefined ? {} : { firm4 }),
    ...(firm6 === undefined ? {} : { firm6 }),
    ...(open4 === undefined ? {} : { open4 }),
    ...(open6 === undefined ? {} : { open6 }),
  };
}
