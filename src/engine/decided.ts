/**
 * What filters and tables say of any packet whatever, worked out once: who asks about very many packets cuts it down to those
 * in flight. The same splits as everywhere, only of everything.
 */
import type { Filter, RouteTable } from '../model/network.ts';
import type { Leg } from '../model/results.ts';
import type { PacketSet } from '../net/packet-space.ts';
import { SpanIndex } from '../net/span-index.ts';
import type { Span } from '../net/spans.ts';
import type { Compiler } from './compile.ts';
import { type FilterSplit, type Routed, splitByFilter, splitByTable } from './split.ts';

/** All packets by where a table sends them; with an index by address where there are many ways. */
interface Table {
  readonly all: readonly Routed[];
  readonly byAddress?: SpanIndex<Routed>;
}

/** Fewer ways than this are tried one by one. */
const MANY = 16;

class Decisions {
  readonly filters = { forward: new Map<Filter, FilterSplit>(), return: new Map<Filter, FilterSplit>() };
  readonly tables = { forward: new Map<RouteTable, Table>(), return: new Map<RouteTable, Table>() };
}

const decisions = new WeakMap<Compiler, Decisions>();

function of(compiler: Compiler): Decisions {
  const known = decisions.get(compiler) ?? new Decisions();
  decisions.set(compiler, known);
  return known;
}

/** The split of all packets by a filter. */
export function decidedBy(compiler: Compiler, filter: Filter, leg: Leg): FilterSplit {
  const memo = of(compiler).filters[leg];
  const { space } = compiler;
  const split = memo.get(filter) ?? splitByFilter(space, compiler.filter(filter, leg), filter, space.all);
  memo.set(filter, split);
  return split;
}

/** Where a table sends some packets: the split of all packets, cut down to these. */
export function routedBy(compiler: Compiler, table: RouteTable, leg: Leg, packets: PacketSet): readonly Routed[] {
  const memo = of(compiler).tables[leg];
  const { space } = compiler;
  const field = leg === 'forward' ? 'dst' : 'src';
  const addresses = (set: PacketSet) => space.values(set, field) as readonly Span<bigint>[];
  let known = memo.get(table);
  if (known === undefined) {
    const all = splitByTable(space, compiler.table(table, leg), table, space.all);
    const entries = () => all.flatMap((one) => addresses(one.packets).map((span) => ({ span, item: one })));
    known = all.length < MANY ? { all } : { all, byAddress: new SpanIndex(entries()) };
    memo.set(table, known);
  }
  return [...(known.byAddress?.overlapping(addresses(packets)) ?? known.all)].flatMap((routed) => {
    const share = space.and(packets, routed.packets);
    return space.isEmpty(share) ? [] : [{ ...routed, packets: share }];
  });
}
