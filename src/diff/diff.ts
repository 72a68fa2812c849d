/**
 * Which flows two networks differ in: opened, closed, widened, narrowed, one line for everything that goes by the same roles,
 * each with a packet that tells and the changes that it needs. Knows no provider and no file format: whoever built the two
 * networks says what things are called and what was changed.
 */
import { PUBLIC_V4, PUBLIC_V6, cidrsOf, formatAddress, isPublic } from '../net/address.ts';
import type { Packet } from '../net/fields.ts';
import { type PacketSet, PacketSpace } from '../net/packet-space.ts';
import { protocolName } from '../net/protocol.ts';
import { type Span, intersect, normalise, subtract } from '../net/spans.ts';
import type { Because, FlowChange, FlowChangeKind, NetworkDiff, RoleEnd } from '../model/diff.ts';
import type { Network } from '../model/network.ts';
import type { Witness } from '../model/results.ts';
import { Compiler } from '../engine/compile.ts';
import { endsOf } from '../engine/matrix-ends.ts';
import { MatrixNetwork, type Sight } from '../engine/matrix-row.ts';
import { type Case, type Changes, neededFor } from './because.ts';
import { portLines } from './lines.ts';
import { Comparer, type RoleChange, concerned } from './compare.ts';
import { scopesOf, towardOn } from './touched.ts';
import { type Pair, type RoleOf, type Side, groupsOf, pairsOf, plainRole } from './pairs.ts';

export type { Changes } from './because.ts';
export type { RoleOf } from './pairs.ts';

type Spans = readonly Span<bigint>[];
const PUBLIC: Spans = [...PUBLIC_V6, ...PUBLIC_V4];

export interface DiffOptions {
  /** What an end is called; ends of one role make one line. Default: its name, else its id. */
  readonly roleOf?: RoleOf;
  /** What stays the same of an end that gets a new id. Default: its role. */
  readonly sameOf?: RoleOf;
  /** The id that an end is listed with in `ids`. Default: its id. */
  readonly idOf?: RoleOf;
  /** What else of an end somebody looks at who goes on to judge both networks: where it differs, the end counts as touched. */
  readonly marksOf?: RoleOf;
  /** What was changed. Without it `because` stays empty. */
  readonly changes?: Changes;
}

const NO_CHANGES: Changes = {
  list: [],
  without: () => {
    throw new Error('nothing was changed');
  },
};

/**
 * The difference between two networks. To call it: build both (`buildNetwork(...).network`), then
 *
 *     diffNetworks(before, after, {
 *       roleOf: (end, side) => addressOf(end.origin, side) ?? end.name ?? end.id,
 *       changes: {
 *         list: [{ resource: 'sg-1', address: 'aws_security_group.web', file: 'main.tf', line: 12 }, ...],
 *         without: (dropped) => the network AFTER, built with the changes at these places of the list left out,
 *       },
 *     })
 *
 * `end` is an interface that sends or is sent to: `end.interface`, `end.node`, `end.place` and `end.origin` are the model's
 * own objects, `end.id` is its machine's id where it has one interface. An end keeps its identity from one side to the other
 * if its interface id, else its id, else what `sameOf` says of it is the same, so a replaced resource is no change by itself. `without` is
 * called with different sets, a handful of times for each change at most; it may throw nothing.
 *
 * Throws SpaceBudgetError where the networks are too big to compare in one space.
 */
export function diffNetworks(before: Network, after: Network, options: DiffOptions = {}): NetworkDiff {
  return differenceOf(before, after, options).diff;
}

/** A difference, and of either network what the difference can touch. */
export interface Difference {
  readonly diff: NetworkDiff;
  readonly touched: { readonly [S in Side]: Sight };
}

/** As `diffNetworks`, for whoever goes on to judge the two networks by something else. */
export function differenceOf(before: Network, after: Network, options: DiffOptions = {}): Difference {
  const { roleOf = plainRole, sameOf = roleOf, idOf = (end) => end.id, marksOf, changes = NO_CHANGES } = options;
  const space = new PacketSpace();
  const [old, now] = [new MatrixNetwork(before, endsOf(before)), new MatrixNetwork(after, endsOf(after))];
  const pairs = pairsOf(endsIn(old), endsIn(now), roleOf, sameOf);
  const groups = groupsOf(pairs, old, now);
  const scopes = scopesOf({ before, after }, groups, marksOf);
  const comparer = new Comparer(
    { network: old, compiler: new Compiler(space, old.merged.network) },
    { network: now, compiler: new Compiler(space, now.merged.network) },
    groups,
    scopes.of,
  );
  const found = comparer.comparison();
  const told = found.changes.flatMap((change) => flowsOf(space, comparer.internet, change, idOf)).sort(inOrder);
  const needed = neededFor(
    told.map((one) => one.case),
    changes,
  );
  const flows = told.map(({ flow }, i): FlowChange => ({ ...flow, because: becauseOf(needed[i]!, changes.list) }));
  const count = (kind: FlowChangeKind) => flows.filter((flow) => flow.change === kind).length;
  const diff: NetworkDiff = {
    summary: {
      opened: count('opened'),
      closed: count('closed'),
      widened: count('widened'),
      narrowed: count('narrowed'),
    },
    flows,
    missing: [...found.missing].sort((a, b) => compare(a.what, b.what)),
    assumptions: [...found.assumptions].sort((a, b) => compare(a.code, b.code) || compare(a.resource, b.resource)),
  };
  const on = (side: Side, ready: MatrixNetwork): Sight => ({ ready, toward: towardOn(side, groups, scopes.of) });
  return { diff, touched: { before: on('before', old), after: on('after', now) } };
}

interface Told {
  readonly flow: Omit<FlowChange, 'because'>;
  readonly case: Case;
}

function endsIn(network: MatrixNetwork) {
  return network.kinds.flatMap((kind) => kind.ends).sort((a, b) => compare(a.id, b.id));
}

/** The lines of one change: what the two roles had nothing of before is opened or closed, the rest widened or narrowed. */
function flowsOf(space: PacketSpace, internet: Spans, change: RoleChange, idOf: RoleOf): Told[] {
  const hadPorts = space.forget(change.had, ['mark', 'sport', 'src', 'dst']);
  const kinds: readonly [FlowChangeKind, PacketSet][] =
    change.direction === 'gained'
      ? [
          ['opened', space.minus(change.packets, hadPorts)],
          ['widened', space.and(change.packets, hadPorts)],
        ]
      : [
          ['closed', space.minus(change.packets, hadPorts)],
          ['narrowed', space.and(change.packets, hadPorts)],
        ];
  return kinds.flatMap(([kind, packets]) =>
    linesOf(space, packets)
      .flatMap((line) => crossLines(space, change, line))
      .map((line) => told(space, internet, change, kind, line, idOf)),
  );
}

interface Line {
  readonly protocol: string;
  readonly ports: string;
  readonly packets: PacketSet;
}

/** Lines of different ports; all ports of one line go between the same addresses. */
function linesOf(space: PacketSpace, packets: PacketSet): Line[] {
  const plain = space.forget(packets, ['mark', 'sport']);
  return [...space.factors(plain, 'dst').values()].flatMap((head) =>
    portLines(space, head).map(({ protocol, ports, box }) => ({
      protocol,
      ports,
      packets: space.and(plain, space.of(box)),
    })),
  );
}

/**
 * Lines in which every source has to do with every destination: the first with the first and the second with the second is
 * not everybody with everybody. What an end sends itself does not count.
 */
function crossLines(space: PacketSpace, change: RoleChange, line: Line): Line[] {
  const { fromPairs, toPairs } = change;
  if (fromPairs.size < 2 || toPairs.size < 2) return [line];
  const side = change.direction === 'gained' ? 'after' : 'before';
  const alike = new Map<PacketSet, PacketSet>();
  for (const pair of fromPairs) {
    const spans = pair[side]?.spans ?? [];
    const own = space.and(line.packets, space.of({ src: spans }));
    if (space.isEmpty(own)) continue;
    const itself = toPairs.has(pair) ? spans : [];
    const reached = space.of({ dst: normalise([...(space.values(own, 'dst') as Spans), ...itself]) });
    alike.set(reached, space.or(alike.get(reached) ?? space.none, own));
  }
  return [...alike.values()].map((packets) => ({ ...line, packets }));
}

function told(
  space: PacketSpace,
  internet: Spans,
  change: RoleChange,
  kind: FlowChangeKind,
  line: Line,
  idOf: RoleOf,
): Told {
  const side = change.direction === 'gained' ? 'after' : 'before';
  const packet = space.witness(line.packets)!;
  const [src, dst] = (['src', 'dst'] as const).map(
    (field) => space.values(line.packets, field) as readonly Span<bigint>[],
  );
  const outside = change.fromPairs.size === 0;
  const outward = outside && change.through === undefined;
  const [from, to] = [concerned(change.fromPairs, side, false, src!), concerned(change.toPairs, side, outward, dst!)];
  return {
    flow: {
      change: kind,
      from: endOf(change.from, from, side, idOf),
      to: endOf(change.to, to, side, idOf),
      ...(change.through === undefined ? {} : { through: [...change.through].sort(compare) }),
      protocol: line.protocol,
      ports: line.ports,
      fromAddresses: (outside ? across(src!, internet) : src!).flatMap(cidrsOf),
      toAddresses: (to.length === 0 ? across(dst!, internet) : dst!).flatMap(cidrsOf),
      witness: witnessOf(packet),
    },
    case: {
      works: change.direction === 'gained',
      packet,
      from: interfacesOf(concerned(from, side, false, [[packet.src, packet.src + 1n]])),
      to: interfacesOf(concerned(to, side, outward, [[packet.dst, packet.dst + 1n]])),
      ...(change.through === undefined ? {} : { isBehind: true as const }),
    },
  };
}

/** A list of outside addresses that runs across those which are no part of the internet, instead of being all holes. */
function across(spans: Spans, internet: Spans): Spans {
  const out: Span<bigint>[] = [];
  for (const span of spans) {
    const last = out.at(-1);
    const isHole = last !== undefined && isPublic(last[1]) && intersect([[last[1], span[0]]], internet).length === 0;
    if (isHole && subtract([[last[1], span[0]]], PUBLIC).length === 0) out[out.length - 1] = [last[0], span[1]];
    else out.push(span);
  }
  return out;
}

/** Without pairs it is the internet. */
function endOf(role: string, pairs: readonly Pair[], side: Side, idOf: RoleOf): RoleEnd {
  if (pairs.length === 0) return { role, ids: [role] };
  const ids = pairs.flatMap((pair) => (pair[side] === undefined ? [] : [idOf(pair[side], side)]));
  return { role, ids: [...new Set(ids)].sort(compare) };
}

/** The interfaces, on both sides, of the end that a witness comes from or goes to; undefined for the internet. */
function interfacesOf([pair]: readonly Pair[]): string[] | undefined {
  if (pair === undefined) return undefined;
  return [pair.after, pair.before].flatMap((end) => (end === undefined ? [] : [end.interfaceId]));
}

function witnessOf({ mark: _, src, dst, protocol, ...rest }: Packet): Witness {
  return { src: formatAddress(src), dst: formatAddress(dst), protocol: protocolName(protocol), ...rest };
}

function becauseOf(needed: readonly number[], list: readonly Because[]): Because[] {
  return needed.map((i) => list[i]!).sort((a, b) => compare(a.address ?? a.resource, b.address ?? b.resource));
}

const ORDER: readonly FlowChangeKind[] = ['opened', 'widened', 'closed', 'narrowed'];

function inOrder({ flow: a }: Told, { flow: b }: Told): number {
  return (
    ORDER.indexOf(a.change) - ORDER.indexOf(b.change) ||
    compare(a.from.role, b.from.role) ||
    compare(a.to.role, b.to.role) ||
    compare(a.protocol, b.protocol) ||
    compare(a.ports, b.ports) ||
    compare(a.fromAddresses.join(), b.fromAddresses.join()) ||
    compare(a.toAddresses.join(), b.toAddresses.join())
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
