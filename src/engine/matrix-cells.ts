/** Numbers and writes the contents of cells: equal contents are written once. Sets of one space only. */
import { ALL_V4, ALL_V6, PUBLIC_V4, PUBLIC_V6 } from '../net/address.ts';
import { allowedFlows } from '../net/describe.ts';
import type { PacketSet, PacketSpace } from '../net/packet-space.ts';
import { type Span, intersect, normalise } from '../net/spans.ts';
import type { Flow } from '../model/flow.ts';
import type { SliceCell, SliceFlows } from '../model/matrix.ts';

type Spans = readonly Span<bigint>[];

/** The contents of all cells of a slice, by number. */
export class CellTable {
  readonly cells: SliceCell[] = [];
  private readonly numbers = new Map<string, number>();

  numberOf(cell: SliceCell): number {
    const key = JSON.stringify(cell);
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    this.numbers.set(key, this.cells.length);
    return this.cells.push(cell) - 1;
  }
}

const PUBLIC: Spans = normalise([...PUBLIC_V6, ...PUBLIC_V4]);
const FAMILIES = [ALL_V4, ALL_V6] as const;

/** Writes packet sets as flows. */
export class FlowWriter {
  private readonly space: PacketSpace;
  private readonly gaps: readonly { readonly span: Span<bigint>; readonly like: bigint }[];
  private readonly texts = new Map<PacketSet, SliceFlows>();

  /** `gaps`: the public addresses that something in the network owns. */
  constructor(space: PacketSpace, gaps: FlowWriter['gaps']) {
    this.space = space;
    this.gaps = gaps;
  }

  /** Ports alone: they hold between all addresses of both parts. */
  ports(ports: PacketSet): SliceFlows {
    const known = this.texts.get(ports);
    if (known !== undefined) return known;
    const flows = allowedFlows(this.space, ports).map((flow) => ({ protocol: flow.protocol, ports: flow.ports }));
    const made: SliceFlows = { ports: flows };
    this.texts.set(ports, made);
    return made;
  }

  /** What of a set goes between these addresses in one family (0: IPv4, 1: IPv6). */
  exactly(set: PacketSet, from: Spans | 'internet', to: Spans | 'internet', family: 0 | 1): SliceFlows | undefined {
    const { space } = this;
    const here = (spans: Spans | 'internet') => intersect(spans === 'internet' ? PUBLIC : spans, [FAMILIES[family]]);
    const [src, dst] = [here(from), here(to)];
    const share = space.and(space.forget(set, ['mark', 'sport']), space.of({ src, dst }));
    if (space.isEmpty(share)) return undefined;
    // Told by these two alone: a grid calls pairs uneven for what their neighbours do, and shards have different neighbours.
    const ports = space.forget(share, ['src', 'dst']);
    if (space.and(ports, space.of({ src, dst })) === share) return this.ports(ports);
    if (from === 'internet' || to === 'internet') {
      const [field, ends] = from === 'internet' ? (['dst', dst] as const) : (['src', src] as const);
      const outside = space.forget(share, [field]);
      if (space.and(outside, space.of({ [field]: ends })) === share) return this.outside(outside, from === 'internet');
    }
    const flows: readonly Flow[] = allowedFlows(space, from === 'internet' ? this.filled(share) : share);
    return { exactly: flows };
  }

  private outside(set: PacketSet, isSource: boolean): SliceFlows {
    const known = this.texts.get(set);
    if (known !== undefined) return known;
    const flows = allowedFlows(this.space, isSource ? this.filled(set) : set);
    const outside = flows.map(({ protocol, ports, from, to }) => ({
      protocol,
      ports,
      addresses: isSource ? from : to,
    }));
    this.texts.set(set, { outside });
    return { outside };
  }

  /** Lists of sources outside may run across what the network owns, which is not the internet's, instead of being all holes. */
  private filled(set: PacketSet): PacketSet {
    return this.space.fill(set, 'src', this.gaps);
  }
}
