/**
 * Exact sets of packet headers as hash-consed, reduced, ordered interval decision diagrams. A node tests one field; its
 * ascending cut points split the field's domain and each part has a child. Neighbouring parts with one child are merged
 * and a node with one part is not made, so equal sets are the same object: equality is `===`.
 *
 * Ports are tested only below protocols that have them, ICMP fields only below ICMP: a constraint on a port therefore
 * means "a protocol with ports, and this port". Every operation keeps that, because none invents a test.
 *
 * A space is an arena: drop it and all its sets are gone. Over its node budget it throws; nothing is ever approximated.
 */
import { type Box, DOMAIN_END, FIELDS, type Field, type Packet } from './fields.ts';
import { ICMP, ICMPV6, PORTED } from './protocol.ts';
import { NodeTable, PairMemo } from './node-table.ts';
import { type Span, contains, intersect, normalise, subtract } from './spans.ts';

/** One set of one space. Opaque but for identity; compare with `===`. */
export interface PacketSet {
  readonly id: number;
  /** Index into FIELDS; terminals stand below all fields. */
  readonly level: number;
  /** Exclusive ends of the parts; the last is the end of the domain. */
  readonly ends: readonly (number | bigint)[];
  readonly kids: readonly PacketSet[];
}

/** The question needs more nodes than the space may have; answer it in smaller parts. */
export class SpaceBudgetError extends Error {
  constructor(budget: number) {
    super(`the packet sets of this question need more than ${budget} diagram nodes`);
    this.name = 'SpaceBudgetError';
  }
}

const TERMINAL = FIELDS.length;
const LEVEL = Object.fromEntries(FIELDS.map((field, level) => [field, level])) as Record<Field, number>;
const PORTED_SPANS = normalise(PORTED.map((p) => [p, p + 1] as const));
const ICMP_SPANS: readonly Span[] = [
  [ICMP, ICMP + 1],
  [ICMPV6, ICMPV6 + 1],
];
const ALL_PROTOCOLS: readonly Span[] = [[0, DOMAIN_END.protocol]];
/** All protocols in order, by what their packets carry besides addresses. */
const CARRIED: readonly { readonly span: Span; readonly carries: 'ports' | 'icmp' | 'neither' }[] = [
  ...PORTED_SPANS.map((span) => ({ span, carries: 'ports' as const })),
  ...ICMP_SPANS.map((span) => ({ span, carries: 'icmp' as const })),
  ...subtract(ALL_PROTOCOLS, normalise([...PORTED_SPANS, ...ICMP_SPANS])).map((span) => ({
    span,
    carries: 'neither' as const,
  })),
].sort((a, b) => a.span[0] - b.span[0]);
const PROTOCOL_DEPENDENTS: readonly Field[] = ['dport', 'sport', 'icmpType', 'icmpCode'];
const MOST_NODES = 2 ** 26;
const MOST_MEMO = 2_000_000;
/** From this many parts on, a node's spans are worth keeping. */
const LONG = 64;

type Operation = 'and' | 'or' | 'minus';

export class PacketSpace {
  readonly none: PacketSet = { id: 0, level: TERMINAL, ends: [], kids: [] };
  readonly all: PacketSet = { id: 1, level: TERMINAL, ends: [], kids: [] };
  private readonly unique = new NodeTable<PacketSet>([this.none, this.all]);
  private readonly memo: Readonly<Record<Operation, PairMemo>> = {
    and: new PairMemo(),
    or: new PairMemo(),
    minus: new PairMemo(),
  };
  private readonly forgotten = new Map<number, Map<number, PacketSet>>();
  /** Of nodes with many parts, as the internet less the addresses of a large estate: printers know the lists again. */
  private readonly longSpans = new WeakMap<PacketSet, ReadonlyMap<PacketSet, readonly Span<number | bigint>[]>>();
  private readonly longPresent = new WeakMap<PacketSet, readonly Span<number | bigint>[]>();
  /** What a long list of spans was made into; lists are never changed once they are in use. */
  private readonly longTests = new WeakMap<
    readonly Span<number | bigint>[],
    { readonly field: Field; readonly kid: PacketSet; readonly set: PacketSet }
  >();
  /** Long lists of addresses, in order. */
  private readonly longLists = new WeakMap<readonly Span<number | bigint>[], readonly Span<number | bigint>[]>();
  private readonly ported: PacketSet;
  private readonly budget: number;
  private parts = 0;

  constructor(options: { readonly nodeBudget?: number } = {}) {
    this.budget = Math.min(options.nodeBudget ?? 20_000_000, MOST_NODES);
    this.ported = this.of({ protocol: PORTED_SPANS });
  }

  /** How many nodes the arena holds. */
  get nodeCount(): number {
    return this.unique.size;
  }

  /** How many parts all nodes have together: what the arena takes in memory goes by it. */
  get weight(): number {
    return this.parts;
  }

  /** The packets of one box. */
  of(box: Box): PacketSet {
    const addresses = this.test('dst', box.dst, this.test('src', box.src, this.all));
    const ports = box.dport !== undefined || box.sport !== undefined;
    const icmp = box.icmpType !== undefined || box.icmpCode !== undefined;
    const kids = {
      ports: icmp ? this.none : this.test('dport', box.dport, this.test('sport', box.sport, addresses)),
      icmp: ports ? this.none : this.test('icmpType', box.icmpType, this.test('icmpCode', box.icmpCode, addresses)),
      neither: ports || icmp ? this.none : addresses,
    };
    if (box.protocol === undefined && !ports && !icmp) return this.test('mark', box.mark, addresses);
    const asked = box.protocol === undefined ? ALL_PROTOCOLS : normalise(box.protocol);
    const parts: { span: Span; kid: PacketSet }[] = [];
    for (const [lo, end] of asked)
      for (const { span, carries } of CARRIED)
        if (lo < span[1] && span[0] < end)
          parts.push({ span: [Math.max(lo, span[0]), Math.min(end, span[1])], kid: kids[carries] });
    const protocol = this.parted(LEVEL.protocol, DOMAIN_END.protocol, parts);
    return this.test('mark', box.mark, protocol);
  }

  ofBoxes(boxes: readonly Box[]): PacketSet {
    return this.orAll(boxes.map((box) => this.of(box)));
  }

  and(a: PacketSet, b: PacketSet): PacketSet {
    return this.apply('and', a, b);
  }
  or(a: PacketSet, b: PacketSet): PacketSet {
    return this.apply('or', a, b);
  }
  minus(a: PacketSet, b: PacketSet): PacketSet {
    return this.apply('minus', a, b);
  }
  not(a: PacketSet): PacketSet {
    return this.apply('minus', this.all, a);
  }

  /** Union as a balanced tree, so that intermediate sets stay small. */
  orAll(sets: readonly PacketSet[]): PacketSet {
    let row = [...sets];
    if (row.length === 0) return this.none;
    while (row.length > 1) {
      const next: PacketSet[] = [];
      for (let i = 0; i < row.length; i += 2) next.push(i + 1 < row.length ? this.or(row[i]!, row[i + 1]!) : row[i]!);
      row = next;
    }
    return row[0]!;
  }

  isEmpty(a: PacketSet): boolean {
    return a === this.none;
  }
  isSubset(a: PacketSet, b: PacketSet): boolean {
    return this.minus(a, b) === this.none;
  }
  /** Makes no set, and stops at the first packet that both hold. */
  overlaps(a: PacketSet, b: PacketSet): boolean {
    const settled = this.settled('and', a, b);
    if (settled !== undefined) return settled !== this.none;
    const [x, y] = a.id > b.id ? [b, a] : [a, b];
    const known = this.memo.and.get(x.id, y.id);
    if (known >= 0) return known !== this.none.id;
    const level = Math.min(x.level, y.level);
    const [xs, ys] = [x.level === level, y.level === level];
    for (let i = 0, j = 0; i < (xs ? x.ends.length : 1) && j < (ys ? y.ends.length : 1); ) {
      const [xKid, yKid] = [xs ? x.kids[i]! : x, ys ? y.kids[j]! : y];
      if (this.overlaps(xKid, yKid)) return true;
      // Over a part that holds nothing the other side's parts are passed at once.
      if (!ys || (xs && xKid === this.none)) {
        if (ys) j = indexAfter(y.ends, j, x.ends[i]!);
        i++;
      } else if (!xs || yKid === this.none) {
        if (xs) i = indexAfter(x.ends, i, y.ends[j]!);
        j++;
      } else {
        const [xEnd, yEnd] = [x.ends[i]!, y.ends[j]!];
        if (xEnd <= yEnd) i++;
        if (yEnd <= xEnd) j++;
      }
    }
    this.memo.and.set(x.id, y.id, this.none.id);
    return false;
  }

  /**
   * Exists: the fields may be anything. Forgetting the protocol needs its dependent fields forgotten too, since a port
   * without a protocol has no meaning.
   */
  forget(a: PacketSet, fields: readonly Field[]): PacketSet {
    let mask = 0;
    for (const field of fields) mask |= 1 << LEVEL[field];
    if (fields.includes('protocol') && !PROTOCOL_DEPENDENTS.every((field) => fields.includes(field)))
      throw new Error('forgetting the protocol needs its ports and ICMP fields forgotten too');
    let memo = this.forgotten.get(mask);
    if (memo === undefined || memo.size > MOST_MEMO) this.forgotten.set(mask, (memo = new Map()));
    return this.forgetIn(a, mask, memo);
  }

  /** For all, the dual of `forget`: what is in the set whatever these fields are. */
  every(a: PacketSet, fields: readonly Field[]): PacketSet {
    return this.not(this.forget(this.not(a), fields));
  }

  /** Sets the fields of the box to any of its values. Packets of protocols without ports keep having none. */
  assign(a: PacketSet, box: Box): PacketSet {
    const fields = Object.keys(box) as Field[];
    const { dport: _d, sport: _s, ...portless } = box;
    if (box.dport === undefined && box.sport === undefined) return this.and(this.forget(a, fields), this.of(box));
    const withPorts = this.and(this.forget(this.and(a, this.ported), fields), this.of(box));
    const without = this.and(
      this.forget(this.minus(a, this.ported), Object.keys(portless) as Field[]),
      this.of(portless),
    );
    return this.or(withPorts, without);
  }

  /** Rewrites an address 1:1; packets that no pair is for are not in the result. */
  mapAddress(
    a: PacketSet,
    field: 'src' | 'dst',
    pairs: readonly { readonly from: bigint; readonly to: bigint }[],
  ): PacketSet {
    const present = this.values(a, field) as readonly Span<bigint>[];
    const mapped: PacketSet[] = [];
    for (const { from, to } of pairs) {
      if (!contains(present, from)) continue;
      const share = this.and(a, this.of({ [field]: [[from, from + 1n]] }));
      mapped.push(this.and(this.forget(share, [field]), this.of({ [field]: [[to, to + 1n]] })));
    }
    return this.orAll(mapped);
  }

  /**
   * Addresses inside a gap fare like the address that the gap names: for gaps that nobody asks about, which would otherwise
   * only make a set hard to read. Gaps ascending and disjoint; the named addresses lie in none.
   */
  fill(
    a: PacketSet,
    field: 'src' | 'dst',
    gaps: readonly { readonly span: Span<bigint>; readonly like: bigint }[],
  ): PacketSet {
    const level = LEVEL[field];
    const memo = new Map<PacketSet, PacketSet>();
    const filled = (node: PacketSet): PacketSet => {
      if (node.level > level) return node;
      const known = memo.get(node);
      if (known !== undefined) return known;
      const ends: (number | bigint)[] = [];
      const kids: PacketSet[] = [];
      if (node.level < level)
        for (const [i, kid] of node.kids.entries()) this.part(ends, kids, node.ends[i]!, filled(kid));
      else {
        let i = 0;
        const upTo = (address: bigint) => {
          for (; i < node.ends.length && node.ends[i]! <= address; i++)
            this.part(ends, kids, node.ends[i]!, node.kids[i]!);
          if (address > 0n && ends.at(-1) !== address && i < node.ends.length)
            this.part(ends, kids, address, node.kids[i]!);
        };
        for (const { span, like } of gaps) {
          upTo(span[0]);
          this.part(ends, kids, span[1], node.kids[partOf(node.ends, like)]!);
          while (i < node.ends.length && node.ends[i]! <= span[1]) i++;
        }
        upTo(DOMAIN_END[field]);
      }
      const made = this.node(node.level, ends, kids);
      memo.set(node, made);
      return made;
    };
    return filled(a);
  }

  /**
   * The set as a sum over what it says of a field and those after it: each different rest, with the packets (by the fields
   * before) that it holds for. Empty rests are left out.
   */
  factors(a: PacketSet, field: Field): ReadonlyMap<PacketSet, PacketSet> {
    const level = LEVEL[field];
    const memo = new Map<PacketSet, Map<PacketSet, PacketSet>>();
    const factor = (node: PacketSet): Map<PacketSet, PacketSet> => {
      if (node === this.none) return new Map();
      if (node.level >= level) return new Map([[node, this.all]]);
      const known = memo.get(node);
      if (known !== undefined) return known;
      const below = node.kids.map(factor);
      const heads = new Map<PacketSet, PacketSet>();
      for (const rest of new Set(below.flatMap((map) => [...map.keys()]))) {
        const ends: (number | bigint)[] = [];
        const kids: PacketSet[] = [];
        for (const [i, map] of below.entries()) this.part(ends, kids, node.ends[i]!, map.get(rest) ?? this.none);
        heads.set(rest, this.node(node.level, ends, kids));
      }
      memo.set(node, heads);
      return heads;
    };
    return factor(a);
  }

  /**
   * What a set whose first field is this one says for each of some ranges: undefined for a range inside which it differs.
   * Ranges ascending and disjoint.
   */
  slicesAt(a: PacketSet, field: Field, ranges: readonly Span<bigint>[]): readonly (PacketSet | undefined)[] {
    if (a.level !== LEVEL[field]) return ranges.map(() => a);
    let i = 0;
    return ranges.map(([lo, end]) => {
      if (a.ends.length > 4 * ranges.length) i = partOf(a.ends, lo);
      else while (a.ends[i]! <= lo) i++;
      return a.ends[i]! >= end ? a.kids[i] : undefined;
    });
  }

  /** The values of a field that occur in the set. */
  values(a: PacketSet, field: Field): readonly Span<number | bigint>[] {
    if (a === this.none) return [];
    const level = LEVEL[field];
    const lists: (readonly Span<number | bigint>[])[] = [];
    const seen = new Set<number>();
    const visit = (node: PacketSet): boolean => {
      if (node === this.none || seen.has(node.id)) return true;
      seen.add(node.id);
      if (node.level > level) return false;
      if (node.level < level) return node.kids.every(visit);
      lists.push(this.present(node));
      return true;
    };
    if (!visit(a)) return [[field === 'src' || field === 'dst' ? 0n : 0, DOMAIN_END[field]]];
    return lists.length === 1 ? lists[0]! : normalise(lists.flat());
  }

  /** The values of a node's own field that lead anywhere; the same list again for a node with many parts. */
  private present(node: PacketSet): readonly Span<number | bigint>[] {
    const known = this.longPresent.get(node);
    if (known !== undefined) return known;
    const { ends, kids, level } = node;
    const spans: Span<number | bigint>[] = [];
    let lo: number | bigint = level === LEVEL.src || level === LEVEL.dst ? 0n : 0;
    for (let i = 0; i < ends.length; i++) {
      const end = ends[i]!;
      if (kids[i] === this.none) {
        lo = end;
        continue;
      }
      while (i + 1 < ends.length && kids[i + 1] !== this.none) i++;
      spans.push([lo, ends[i]!]);
      lo = ends[i]!;
    }
    if (ends.length >= LONG) this.longPresent.set(node, spans);
    return spans;
  }

  /** Disjoint boxes that make up the set, in a fixed order; at most `limit` of them. */
  boxes(a: PacketSet, limit = Number.POSITIVE_INFINITY): Box[] {
    const out: Box[] = [];
    const visit = (node: PacketSet, box: Box): void => {
      if (node === this.none || out.length >= limit) return;
      if (node === this.all) {
        out.push(box);
        return;
      }
      const field = FIELDS[node.level]!;
      for (const [kid, spans] of this.spansByKid(node)) visit(kid, { ...box, [field]: spans });
    };
    visit(a, {});
    return out;
  }

  /** The spans of a node that lead to each of its children; the same lists again for a node with many parts. */
  private spansByKid(node: PacketSet): ReadonlyMap<PacketSet, readonly Span<number | bigint>[]> {
    const known = this.longSpans.get(node);
    if (known !== undefined) return known;
    const byKid = new Map<PacketSet, Span<number | bigint>[]>();
    let lo: number | bigint = node.level === LEVEL.src || node.level === LEVEL.dst ? 0n : 0;
    for (let i = 0; i < node.ends.length; i++) {
      const [end, kid] = [node.ends[i]!, node.kids[i]!];
      const spans = byKid.get(kid);
      if (spans === undefined) byKid.set(kid, [[lo, end]]);
      else spans.push([lo, end]);
      lo = end;
    }
    if (node.ends.length >= LONG) this.longSpans.set(node, byKid);
    return byKid;
  }

  contains(a: PacketSet, packet: Packet): boolean {
    let node = a;
    while (node.level !== TERMINAL) {
      const value = packet[FIELDS[node.level]!];
      if (value === undefined) throw new Error(`the packet has no ${FIELDS[node.level]}`);
      node = node.kids[partOf(node.ends, value)]!;
    }
    return node === this.all;
  }

  /** A packet of the set, always the same one, ordinary where it can be: TCP, a high source port. */
  witness(a: PacketSet): Packet | undefined {
    if (a === this.none) return undefined;
    const packet: Record<string, number | bigint> = {};
    let node = a;
    for (const [level, field] of FIELDS.entries()) {
      if (node.level > level) {
        if (hasField(field, packet['protocol'] as number)) packet[field] = USUAL[field];
        continue;
      }
      const at = node.ends.findIndex(
        (end, i) => node.kids[i] !== this.none && USUAL[field] < end && USUAL[field] >= startOf(node.ends, i, field),
      );
      const i = at >= 0 ? at : node.kids.findIndex((kid) => kid !== this.none);
      packet[field] = at >= 0 ? USUAL[field] : startOf(node.ends, i, field);
      node = node.kids[i]!;
    }
    return packet as unknown as Packet;
  }

  private test(field: Field, spans: readonly Span<number | bigint>[] | undefined, kid: PacketSet): PacketSet {
    if (spans === undefined || kid === this.none) return kid;
    const known = this.longTests.get(spans);
    if (known !== undefined && known.field === field && known.kid === kid) return known.set;
    const domain = DOMAIN_END[field];
    const zero = typeof domain === 'bigint' ? 0n : 0;
    const inside = this.inside(spans, zero, domain);
    const ends: (number | bigint)[] = [];
    const kids: PacketSet[] = [];
    for (const span of inside) this.append(ends, kids, span, zero, kid);
    if (ends.at(-1) !== domain) this.part(ends, kids, domain, this.none);
    const set = this.node(LEVEL[field], ends, kids);
    if (spans.length >= LONG) this.longTests.set(spans, { field, kid, set });
    return set;
  }

  /** Spans in order and within a domain; long lists are put in order once. */
  private inside(
    spans: readonly Span<number | bigint>[],
    zero: number | bigint,
    domain: number | bigint,
  ): readonly Span<number | bigint>[] {
    const known = this.longLists.get(spans);
    if (known !== undefined) return known;
    const inOrder = normalise(spans);
    const isInside = inOrder.length === 0 || (inOrder[0]![0] >= zero && inOrder.at(-1)![1] <= domain);
    const inside = isInside ? inOrder : intersect(inOrder, [[zero, domain]]);
    if (spans.length >= LONG && typeof domain === 'bigint') this.longLists.set(spans, inside);
    return inside;
  }

  /** A node from ascending, disjoint parts; gaps are empty. */
  private parted(
    level: number,
    domain: number | bigint,
    parts: readonly { span: Span<number | bigint>; kid: PacketSet }[],
  ): PacketSet {
    const ends: (number | bigint)[] = [];
    const kids: PacketSet[] = [];
    const zero = typeof domain === 'bigint' ? 0n : 0;
    for (const { span, kid } of parts) this.append(ends, kids, span, zero, kid);
    if (ends.at(-1) !== domain) this.part(ends, kids, domain, this.none);
    return this.node(level, ends, kids);
  }

  /** The next of ascending, disjoint spans, with nothing between it and the one before. */
  private append(
    ends: (number | bigint)[],
    kids: PacketSet[],
    span: Span<number | bigint>,
    zero: number | bigint,
    kid: PacketSet,
  ): void {
    if (span[0] > (ends.length === 0 ? zero : ends[ends.length - 1]!)) this.part(ends, kids, span[0], this.none);
    this.part(ends, kids, span[1], kid);
  }

  private part(ends: (number | bigint)[], kids: PacketSet[], end: number | bigint, kid: PacketSet): void {
    if (kids.length > 0 && kids[kids.length - 1] === kid) ends[ends.length - 1] = end;
    else {
      ends.push(end);
      kids.push(kid);
    }
  }

  private node(level: number, ends: readonly (number | bigint)[], kids: readonly PacketSet[]): PacketSet {
    if (kids.length === 1) return kids[0]!;
    const hash = hashOf(level, ends, kids);
    const known = this.unique.find(hash, (node) => isSame(node, level, ends, kids));
    if (known !== undefined) return known;
    if (this.unique.size >= this.budget) throw new SpaceBudgetError(this.budget);
    // Lists that grew have room to spare, which most nodes never need: copies are as long as they are.
    const made: PacketSet = { id: this.unique.nextId, level, ends: ends.slice(), kids: kids.slice() };
    this.unique.add(hash, made);
    this.parts += kids.length;
    return made;
  }

  private apply(operation: Operation, a: PacketSet, b: PacketSet): PacketSet {
    const settled = this.settled(operation, a, b);
    if (settled !== undefined) return settled;
    const isSwapped = operation !== 'minus' && a.id > b.id;
    const x = isSwapped ? b : a;
    const y = isSwapped ? a : b;
    const memo = this.memo[operation];
    const known = memo.get(x.id, y.id);
    if (known >= 0) return this.unique.at(known);
    const result = this.combined(operation, x, y);
    memo.set(x.id, y.id, result.id);
    return result;
  }

  /** The operation part by part. Most often one of the two comes out unchanged: nothing is written down until neither can. */
  private combined(operation: Operation, x: PacketSet, y: PacketSet): PacketSet {
    const { none } = this;
    const neutral = operation === 'and' ? this.all : none;
    const level = Math.min(x.level, y.level);
    const xs = x.level === level;
    const ys = y.level === level;
    let isX = true;
    let isY = true;
    let ends: (number | bigint)[] | undefined;
    let kids: PacketSet[] = [];
    let start: number | bigint | undefined;
    // Long nodes have few different children, mostly two in turns: what the last pair gave is known without a look-up.
    let lastX: PacketSet | undefined;
    let lastY: PacketSet | undefined;
    let last = none;
    for (let i = 0, j = 0; xs ? i < x.ends.length : j < y.ends.length; ) {
      const xKid = xs ? x.kids[i]! : x;
      const yKid = ys ? y.kids[j]! : y;
      // Where one side leaves the other as it is, the other's parts there are taken at once.
      if (xs && ys && xKid !== yKid && (yKid === neutral || (xKid === neutral && operation !== 'minus'))) {
        const byY = yKid === neutral;
        const other = byY ? x : y;
        const end = byY ? y.ends[j]! : x.ends[i]!;
        const to = indexAfter(other.ends, byY ? i : j, end);
        if (ends === undefined && (byY ? isX : isY)) {
          isX = byY;
          isY = !byY;
        } else {
          if (ends === undefined) ({ ends, kids } = this.before(byY ? y : x, level, byY ? j : i, start));
          this.take(ends, kids, other, byY ? i : j, to, end);
        }
        i = byY ? to : i + 1;
        j = byY ? j + 1 : to;
        start = end;
        continue;
      }
      // Where one side holds nothing, neither does what both hold: the other side's parts there are passed over at once.
      const skips = operation === 'and' && xs && ys && (xKid === none || yKid === none);
      const xEnd = xs ? x.ends[i]! : undefined;
      const yEnd = ys ? y.ends[j]! : undefined;
      let end: number | bigint;
      if (skips) {
        end = xKid === none ? xEnd! : yEnd!;
        lastX = undefined;
        last = none;
      } else {
        end = xEnd === undefined ? yEnd! : yEnd === undefined || xEnd < yEnd ? xEnd : yEnd;
        if (xKid !== lastX || yKid !== lastY) {
          last = this.apply(operation, xKid, yKid);
          lastX = xKid;
          lastY = yKid;
        }
      }
      if (ends === undefined) {
        const staysX: boolean = isX && last === xKid && !(xEnd! < end);
        const staysY: boolean = isY && last === yKid && !(yEnd! < end);
        if (!staysX && !staysY) {
          ({ ends, kids } = this.before(isX ? x : y, level, isX ? i : j, start));
          this.part(ends, kids, end, last);
        }
        isX = staysX;
        isY = staysY;
      } else this.part(ends, kids, end, last);
      start = end;
      if (xs) i = xEnd === end ? i + 1 : skips ? indexAfter(x.ends, i, end) : i;
      if (ys) j = yEnd === end ? j + 1 : skips ? indexAfter(y.ends, j, end) : j;
    }
    if (ends === undefined) return isX ? x : y;
    return this.node(level, ends, kids);
  }

  /** The parts of a set up to a value, which lies in part `at` or where the one before it ends. */
  private before(
    set: PacketSet,
    level: number,
    at: number,
    value: number | bigint | undefined,
  ): { ends: (number | bigint)[]; kids: PacketSet[] } {
    const isThere = set.level === level;
    const ends = isThere ? set.ends.slice(0, at) : [];
    const kids = isThere ? set.kids.slice(0, at) : [];
    if (value !== undefined && ends.at(-1) !== value) this.part(ends, kids, value, isThere ? set.kids[at]! : set);
    return { ends, kids };
  }

  /** Adds the parts of a node from one up to `end`, which lies in part `to` or where the one before it ends. */
  private take(
    ends: (number | bigint)[],
    kids: PacketSet[],
    of: PacketSet,
    from: number,
    to: number,
    end: number | bigint,
  ): void {
    if (from < to) this.part(ends, kids, of.ends[from]!, of.kids[from]!);
    for (let i = from + 1; i < to; i++) {
      ends.push(of.ends[i]!);
      kids.push(of.kids[i]!);
    }
    if (to < of.ends.length && (to === from || of.ends[to - 1] !== end)) this.part(ends, kids, end, of.kids[to]!);
  }

  private settled(operation: Operation, a: PacketSet, b: PacketSet): PacketSet | undefined {
    const { none, all } = this;
    if (operation === 'and')
      return a === b || b === all ? a : a === all ? b : a === none || b === none ? none : undefined;
    if (operation === 'or')
      return a === b || b === none ? a : a === none ? b : a === all || b === all ? all : undefined;
    return a === b || a === none || b === all ? none : b === none ? a : undefined;
  }

  /** A node with other children in place of its own. Long nodes have two in turns: what the last two became is known. */
  private withKids(node: PacketSet, become: (kid: PacketSet) => PacketSet): PacketSet {
    const { none } = this;
    let ends: (number | bigint)[] | undefined;
    let kids: PacketSet[] = [];
    let [last, before] = [none, none];
    let [ofLast, ofBefore] = [none, none];
    for (let i = 0; i < node.kids.length; i++) {
      const kid = node.kids[i]!;
      if (kid !== last) {
        [last, before, ofLast, ofBefore] = [before, last, ofBefore, ofLast];
        if (kid !== last) [last, ofLast] = [kid, become(kid)];
      }
      if (ends === undefined && ofLast !== kid) {
        ends = node.ends.slice(0, i);
        kids = node.kids.slice(0, i);
      }
      if (ends !== undefined) this.part(ends, kids, node.ends[i]!, ofLast);
    }
    return ends === undefined ? node : this.node(node.level, ends, kids);
  }

  private forgetIn(a: PacketSet, mask: number, memo: Map<number, PacketSet>): PacketSet {
    if (a.level === TERMINAL || mask >> a.level === 0) return a;
    const known = memo.get(a.id);
    if (known !== undefined) return known;
    let result: PacketSet;
    if (mask & (1 << a.level)) result = this.orAll(distinct(a.kids).map((kid) => this.forgetIn(kid, mask, memo)));
    else result = this.withKids(a, (kid) => this.forgetIn(kid, mask, memo));
    memo.set(a.id, result);
    return result;
  }
}

/** The different ones of a node's children; long nodes have few, mostly two in turns. */
function distinct(kids: readonly PacketSet[]): readonly PacketSet[] {
  const found = new Set<PacketSet>();
  for (let i = 0; i < kids.length; i++) if (kids[i] !== kids[i - 1] && kids[i] !== kids[i - 2]) found.add(kids[i]!);
  return [...found];
}

/** How many cut points of a node go into its hash: reading all of hundreds would take longer than comparing a few nodes. */
const HASHED_ENDS = 6;

function hashOf(level: number, ends: readonly (number | bigint)[], kids: readonly PacketSet[]): number {
  let hash = level + kids.length * 31;
  for (let i = 0; i < kids.length; i++) hash = Math.imul(hash ^ kids[i]!.id, 0x5bd1e995) ^ (hash >>> 15);
  const step = Math.max(1, Math.ceil(ends.length / HASHED_ENDS));
  for (let i = 0; i < ends.length; i += step) {
    const end = ends[i]!;
    const low = typeof end === 'number' ? end : Number(BigInt.asUintN(48, end));
    hash = Math.imul(hash ^ low ^ (low / 2 ** 32), 0x5bd1e995) ^ (hash >>> 13);
  }
  return hash | 0;
}

function isSame(
  node: PacketSet,
  level: number,
  ends: readonly (number | bigint)[],
  kids: readonly PacketSet[],
): boolean {
  if (node.level !== level || node.kids.length !== kids.length) return false;
  for (let i = 0; i < kids.length; i++) if (node.kids[i] !== kids[i] || node.ends[i] !== ends[i]) return false;
  return true;
}

const USUAL = {
  mark: 0,
  protocol: 6,
  dport: 443,
  sport: 40000,
  icmpType: 8,
  icmpCode: 0,
  dst: DOMAIN_END.dst - 1n,
  src: DOMAIN_END.src - 1n,
} as const;

function hasField(field: Field, protocol: number): boolean {
  if (field === 'dport' || field === 'sport') return PORTED.includes(protocol);
  if (field === 'icmpType' || field === 'icmpCode') return protocol === ICMP || protocol === ICMPV6;
  return true;
}

function startOf(ends: readonly (number | bigint)[], i: number, field: Field): number | bigint {
  return i === 0 ? (field === 'src' || field === 'dst' ? 0n : 0) : ends[i - 1]!;
}

/** The first part that ends after a value, looked for from `from` on; most often it is near. */
function indexAfter(ends: readonly (number | bigint)[], from: number, value: number | bigint): number {
  let low = from;
  for (let step = 1; low < ends.length && ends[low]! <= value; step *= 2) {
    if (low + step >= ends.length || ends[low + step]! > value) {
      let high = Math.min(low + step, ends.length);
      low++;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (ends[middle]! <= value) low = middle + 1;
        else high = middle;
      }
      return low;
    }
    low += step;
  }
  return low;
}

function partOf(ends: readonly (number | bigint)[], value: number | bigint): number {
  let low = 0;
  let high = ends.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ends[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
