/** From the packet sets of a row to the cells of classes: exact flows, written once for everything that they hold for. */
import { ALL_V4, ALL_V6, PUBLIC_V4, PUBLIC_V6, cidrsOf } from '../net/address.ts';
import { allowedFlows } from '../net/describe.ts';
import type { PacketSet, PacketSpace } from '../net/packet-space.ts';
import { type Span, contains, intersect, normalise, subtract } from '../net/spans.ts';
import type { Flow } from '../model/flow.ts';
import type { MatrixCell } from '../model/matrix.ts';
import type { MatrixEnd } from './matrix-ends.ts';
import type { MatrixNetwork, Party, Row } from './matrix-row.ts';

type Spans = readonly Span<bigint>[];

/** A class as the cells need it. */
export interface CellClass {
  readonly id: string;
  readonly ends: readonly MatrixEnd[];
  readonly spans: Spans;
  readonly outward: Spans;
  /** Whether its row, and its column, is asked for. */
  readonly sends: boolean;
  readonly receives: boolean;
}

const PUBLIC: Spans = normalise([...PUBLIC_V6, ...PUBLIC_V4]);
/** Everything outside, as a class. */
export const OUTSIDE: CellClass = {
  id: 'internet',
  ends: [],
  spans: PUBLIC,
  outward: PUBLIC,
  sends: true,
  receives: true,
};

/** The cells of a row, in the order of the classes that they lead to. */
export function cellsOf(
  network: MatrixNetwork,
  classesOf: (party: Party) => readonly CellClass[],
  space: PacketSpace,
  row: Row,
): MatrixCell[] {
  const writer = new Writer(space, network);
  const cells: MatrixCell[] = [];
  const between = (party: Party) =>
    classesOf(row.from).flatMap((from) =>
      classesOf(party).flatMap((to) => (from.sends && to.receives && !isItself(from, to) ? [{ from, to }] : [])),
    );
  for (const [party, why] of row.unanswered)
    for (const { from, to } of between(party)) cells.push({ from: from.id, to: to.id, allowed: [], unanswered: why });
  for (const [party, { firm, possible }] of row.to)
    for (const { from, to } of between(party)) {
      const target = row.from === 'internet' ? to.outward : to.spans;
      const allowed = writer.flows(firm, from.spans, target);
      const open = firm === possible ? [] : writer.flows(space.minus(possible, firm), from.spans, target);
      if (allowed.length + open.length === 0) continue;
      cells.push({ from: from.id, to: to.id, allowed, ...(open.length === 0 ? {} : { undetermined: open }) });
    }
  return cells;
}

/** What a single end sends itself is nobody's reach. */
function isItself(from: CellClass, to: CellClass): boolean {
  return from === to && from.ends.length < 2;
}

class Writer {
  private readonly space: PacketSpace;
  private readonly gaps: readonly { readonly span: Span<bigint>; readonly like: bigint }[];
  private readonly texts = new Map<PacketSet, readonly Flow[]>();
  private readonly lists = new Map<Spans, readonly string[]>();

  constructor(space: PacketSpace, network: MatrixNetwork) {
    this.space = space;
    this.gaps = subtract(PUBLIC, network.internet).flatMap((span) => {
      const like = [span[0] - 1n, span[1]].find((address) => contains(network.internet, address));
      return like === undefined ? [] : [{ span, like }];
    });
  }

  /** What of a set goes between these addresses; one flow a protocol where all of them are alike. */
  flows(set: PacketSet, from: Spans, to: Spans): Flow[] {
    const { space } = this;
    const flows: Flow[] = [];
    for (const family of [ALL_V4, ALL_V6]) {
      const [src, dst] = [intersect(from, [family]), intersect(to, [family])];
      if (src.length === 0 || dst.length === 0) continue;
      const here = space.of({ src, dst });
      const share = space.and(set, here);
      if (space.isEmpty(share)) continue;
      const ports = space.forget(share, ['mark', 'sport', 'src', 'dst']);
      const whole = this.filled(space.forget(share, ['mark', 'sport']), from);
      if (whole === space.and(ports, here)) {
        const [a, b] = [this.list(from, src), this.list(to, dst)];
        flows.push(...this.text(ports).map((flow) => ({ ...flow, from: a, to: b })));
      } else flows.push(...allowedFlows(space, whole));
    }
    return flows;
  }

  /** What the snapshot owns of the outside is not the internet's: lists of it may run across, instead of being all holes. */
  private filled(set: PacketSet, from: Spans): PacketSet {
    return from === PUBLIC ? this.space.fill(set, 'src', this.gaps) : set;
  }

  private text(ports: PacketSet): readonly Flow[] {
    const known = this.texts.get(ports) ?? allowedFlows(this.space, ports);
    this.texts.set(ports, known);
    return known;
  }

  private list(all: Spans, spans: Spans): readonly string[] {
    if (all !== PUBLIC) return spans.flatMap(cidrsOf);
    const known = this.lists.get(spans) ?? spans.flatMap(cidrsOf);
    this.lists.set(spans, known);
    return known;
  }
}
