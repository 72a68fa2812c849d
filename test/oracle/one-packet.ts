/**
 * The meaning of a network for ONE packet, without sets and without memo: short enough to be checked by eye. It imports
 * the model's types only. The engine must say of every packet what this says.
 */
import type {
  Filter,
  Interface,
  Match,
  Network,
  NextHop,
  Node,
  Rewrite,
  RouteEntry,
  RouteTable,
  Translation,
} from '../../src/model/network.ts';

export interface Header {
  mark: number;
  protocol: number;
  dport?: number;
  sport?: number;
  icmpType?: number;
  icmpCode?: number;
  dst: bigint;
  src: bigint;
}
/** `ok`: some way works; `fail`: some way fails. Both can hold where something is free to choose. */
export interface Fate {
  ok: boolean;
  fail: boolean;
}
export type Mood = 'pessimistic' | 'optimistic';

interface Session {
  id: string;
  side: 'outward' | 'inward';
  before: Header;
  after: Header;
}
interface State {
  leg: 'forward' | 'return';
  seen: { state: string; header: string }[];
  sessions: Session[];
  undone: string[];
  /** States that wait for the reply. */
  expects: string[];
  visited: { here: string; sessions: Session[] }[];
}

const OK: Fate = { ok: true, fail: false };
const LOST: Fate = { ok: false, fail: true };
const REPLY: Record<string, number> = { '1.8': 0, '1.13': 14, '1.15': 16, '1.17': 18, '58.128': 129 };

export function judge(
  network: Network,
  start: Interface,
  packet: Header,
  targets: readonly string[] | undefined,
  mood: Mood,
  connection = 0,
): Fate {
  const get = <T>(thing: T | undefined): T => {
    if (thing === undefined) throw new Error('dangling reference');
    return thing;
  };
  const unknown = mood === 'optimistic' ? OK : LOST;

  /** Whether a match holds a packet, or may hold it: of some sets not all members are known. */
  const matches = (match: Match, h: Header, perhaps = false): boolean =>
    Object.entries(match).every(([field, spans]) => {
      const value = h[field as keyof Header];
      const set = 'set' in spans ? get(network.set(spans.set)) : undefined;
      const list = 'set' in spans ? set!.spans : spans;
      return (
        value !== undefined &&
        ((perhaps && set?.unresolved !== undefined) ||
          list.some(([lo, end]: readonly [number | bigint, number | bigint]) => lo <= value && value < end))
      );
    });

  const enter = (h: Header, id: string, s: State): Fate => {
    const at = get(network.interface(id));
    const node = get(network.node(at.node));
    const here = `${s.leg} ${id}`;
    const before = s.visited.filter((v) => v.here === here);
    if (before.length >= 2 || before.some((v) => v.sessions === s.sessions) || node.down !== undefined) return LOST;
    return steps(h, at, 'in', 0, { ...s, visited: [...s.visited, { here, sessions: s.sessions }] }, (h2, s2) =>
      arrive(h2, at, node, s2),
    );
  };

  const arrive = (h: Header, at: Interface, node: Node, s: State): Fate => {
    if (node.role === 'router' || node.role === 'outside') return route(h, at, node, s);
    const own = node.interfaces.some((id) => {
      const { addresses, prefixes = [], serves = [] } = get(network.interface(id));
      const spans = [...prefixes, ...serves];
      return (
        addresses.some(({ address }) => address === h.dst) || spans.some(([lo, end]) => lo <= h.dst && h.dst < end)
      );
    });
    return own ? accept(h, at, node, s) : node.forwards ? route(h, at, node, s) : LOST;
  };

  const route = (h: Header, at: Interface, node: Node, s: State): Fate => {
    const table: RouteTable = get(network.table(get(at.table)));
    const sure = (e: RouteEntry) => e.unresolved === undefined && matches(e.match, h);
    const ranked = table.entries.filter(sure).sort((a, b) => compare(a.rank, b.rank));
    const best = ranked.filter((e) => compare(e.rank, ranked[0]!.rank) === 0);
    const decided =
      best.length === 0
        ? LOST
        : fork(
            table.ties ?? 'any',
            best.map((e) => follow(h, e.next, at, node, s)),
          );
    // What may match before it may decide too.
    const open = table.entries
      .filter((e) => !sure(e) && matches(e.match, h, true))
      .filter((e) => best.length === 0 || compare(e.rank, best[0]!.rank) <= 0);
    return open.reduce((fate, e) => fork('unknown', [follow(h, e.next, at, node, s), fate]), decided);
  };

  const follow = (h: Header, next: NextHop, at: Interface, node: Node, s: State): Fate => {
    if (next.to === 'drop') return LOST;
    // What a machine sends meets its own filters, whatever becomes of it behind them.
    if (next.to === 'missing') return node.role === 'endpoint' ? steps(h, at, 'out', 0, s, () => unknown) : unknown;
    if (next.to === 'local') return node.role === 'endpoint' && s.leg === 'forward' ? OK : accept(h, at, node, s);
    if (next.to === 'fork')
      return fork(
        next.choose,
        next.branches.map((branch) => follow(h, branch, at, node, s)),
      );
    const out = next.out === undefined ? at : get(network.interface(next.out));
    if (next.to === 'hop') return steps(h, out, 'out', 0, s, (h2, s2) => enter(h2, next.in, s2));
    const link = get(network.link(next.link));
    const owner = link.owners.find(({ span }) => span[0] <= h.dst && h.dst < span[1]);
    if (owner === undefined) return follow(h, link.unowned, at, node, s);
    return steps(h, out, 'out', 0, s, (h2, s2) => enter(h2, owner.in, s2));
  };

  const fork = (choose: 'any' | 'one-works' | 'unknown', fates: Fate[]): Fate => {
    const any = { ok: fates.some((f) => f.ok), fail: fates.some((f) => f.fail) };
    if (choose === 'any' || fates.length < 2) return any;
    if (choose === 'one-works') throw new Error('a pool is judged for sets of packets, not for one');
    return mood === 'pessimistic'
      ? { ok: fates.every((f) => f.ok), fail: any.fail }
      : { ok: any.ok, fail: fates.every((f) => f.fail) };
  };

  type Onward = (h: Header, s: State) => Fate;
  const steps = (h: Header, at: Interface, side: 'in' | 'out', from: number, s: State, onward: Onward): Fate => {
    for (let i = from; i < at.steps.length; i++) {
      const step = at.steps[i]!;
      if (step.at !== side) continue;
      const next: Onward = (h2, s2) => steps(h2, at, side, i + 1, s2, onward);
      return 'filter' in step
        ? filter(h, get(network.filter(step.filter)), s, next)
        : translate(h, get(network.translation(step.translation)), step.side, s, next);
    }
    return onward(h, s);
  };

  const filter = (h: Header, f: Filter, s: State, onward: Onward): Fate => {
    const key = (x: Header) => `${s.sessions.length} ${text({ ...x, mark: 0 })}`;
    if (s.leg === 'return' && f.state !== undefined && f.noSession !== 'rules')
      return s.seen.some((x) => x.state === f.state && x.header === key(reverse(h)))
        ? onward(h, { ...s, expects: s.expects.filter((state) => state !== f.state) })
        : f.noSession === 'unknown'
          ? mood === 'optimistic'
            ? onward(h, s)
            : LOST
          : LOST;
    // An unresolved rule may or may not match: try both, and see whether what the filter says depends on it.
    const verdicts = new Set<'allow' | 'deny'>();
    const read = (i: number): void => {
      const rule = f.rules[i];
      if (rule === undefined) verdicts.add(f.otherwise);
      else if (!rule.match.some((match) => matches(match, h, true))) read(i + 1);
      else {
        const next = f.rules.findIndex((other, j) => j > i && (other.level ?? 0) !== (rule.level ?? 0));
        if (rule.action === 'pass') read(next < 0 ? f.rules.length : next);
        else verdicts.add(rule.action);
        if (rule.unresolved !== undefined || !rule.match.some((match) => matches(match, h))) read(i + 1);
      }
    };
    read(0);
    const passes = verdicts.size === 1 ? verdicts.has('allow') : mood === 'optimistic';
    if (!passes) return LOST;
    return onward(
      h,
      s.leg === 'forward' && f.state !== undefined
        ? {
            ...s,
            seen: [...s.seen, { state: f.state, header: key(h) }],
            expects: f.noReply === undefined ? s.expects : [...s.expects, f.state],
          }
        : s,
    );
  };

  const translate = (h: Header, t: Translation, side: 'outward' | 'inward', s: State, onward: Onward): Fate => {
    const rules = t[side];
    const owned = () => (t.owns ?? []).some(([lo, end]) => lo <= h.dst && h.dst < end);
    const claims = (r: Rewrite) =>
      (r.match === undefined || r.match.some((m) => matches(m, h))) &&
      (r.pairs === undefined || r.pairs.table.some(({ from }) => from === h[r.pairs!.field]));
    const identity = (r: Rewrite) =>
      r.pairs === undefined && (r.set === undefined || Object.keys(r.set).every((f) => f === 'mark'));
    if (s.leg === 'forward') {
      if (rules === undefined) return t.memory === 'stateful' && owned() ? LOST : onward(h, s);
      const rule = rules.rewrites.find(claims);
      if (rule === undefined) return rules.otherwise === 'pass' ? onward(h, s) : LOST;
      if (rule.set === undefined && rule.pairs === undefined)
        return onward(
          h,
          t.memory === 'stateful'
            ? { ...s, seen: [...s.seen, { state: t.id, header: `${s.sessions.length} ${text({ ...h, mark: 0 })}` }] }
            : s,
        );
      return choices(h, rule)
        .map((after) =>
          onward(after, identity(rule) ? s : { ...s, sessions: [{ id: t.id, side, before: h, after }, ...s.sessions] }),
        )
        .reduce(merge);
    }
    const top = s.sessions[0];
    if (top !== undefined && top.id === t.id && top.side !== side)
      return onward(
        { ...reverse(top.before), mark: h.mark },
        { ...s, sessions: s.sessions.slice(1), undone: [...s.undone, t.id] },
      );
    if (s.undone.includes(t.id)) return onward(h, s);
    if (t.memory === 'stateful') {
      if (
        s.seen.some((x) => x.state === t.id && x.header === `${s.sessions.length} ${text({ ...reverse(h), mark: 0 })}`)
      )
        return onward(h, s);
      if (rules === undefined) return owned() ? LOST : onward(h, s);
      return rules.rewrites.some(claims) || rules.otherwise === 'drop' ? LOST : onward(h, s);
    }
    if (rules === undefined) return onward(h, s);
    const rule = rules.rewrites.find(claims);
    if (rule === undefined) return rules.otherwise === 'pass' ? onward(h, s) : LOST;
    return identity(rule) ? onward(h, s) : LOST;
  };

  const choices = (h: Header, rule: Rewrite): Header[] => {
    if (rule.pairs !== undefined)
      return [{ ...h, [rule.pairs.field]: rule.pairs.table.find(({ from }) => from === h[rule.pairs!.field])!.to }];
    let all: Header[] = [h];
    for (const [field, spans] of Object.entries(rule.set ?? {})) {
      if (h[field as keyof Header] === undefined) continue;
      all = all.flatMap((one) =>
        spans.flatMap(([lo, end]: readonly [number | bigint, number | bigint]) =>
          Array.from({ length: Number(BigInt(end) - BigInt(lo)) }, (_, i) => ({
            ...one,
            [field]: typeof lo === 'bigint' ? lo + BigInt(i) : lo + i,
          })),
        ),
      );
    }
    return all;
  };

  const accept = (h: Header, at: Interface, node: Node, s: State): Fate => {
    if (s.leg === 'return')
      return (at.id === start.id || (node.role === 'outside' && node.id === start.node)) && s.sessions.length === 0
        ? s.expects.length === 0 || mood === 'optimistic'
          ? OK
          : LOST
        : LOST;
    if (targets !== undefined && !targets.includes(node.id) && s.sessions.every((x) => x.before.dst === x.after.dst))
      return LOST;
    if (isIcmp(h) && REPLY[`${h.protocol}.${h.icmpType}`] === undefined)
      return node.relay === undefined ? OK : relayed(h, node, () => OK);
    const back = () => route({ ...reverse(h), mark: 0 }, at, node, { ...s, leg: 'return' });
    return node.relay === undefined ? back() : relayed(h, node, back);
  };

  /** The first connection is worth as much as the second ones: each is a question of its own, for every port the relay may use. */
  const relayed = (h: Header, node: Node, back: () => Fate): Fate => {
    const listener = node.relay!.listeners.find((l) => l.match.some((m) => matches(m, h)));
    if (listener === undefined || listener.backends.length === 0 || connection >= 5) return LOST;
    const seconds = listener.backends.flatMap((b) =>
      b.from.map((id) => {
        const own = get(network.interface(id));
        const fates = own.addresses.flatMap(({ address }) =>
          b.sports.flatMap(([lo, end]) =>
            Array.from({ length: end - lo }, (_, i) =>
              judge(
                network,
                own,
                { mark: 0, protocol: b.protocol, dport: b.port, sport: lo + i, dst: b.address, src: address },
                undefined,
                mood,
                connection + 1,
              ),
            ),
          ),
        );
        return { some: fates.some((f) => f.ok), all: fates.every((f) => f.ok && !f.fail) };
      }),
    );
    const alive =
      listener.choose === 'one-works' && seconds.some((x) => x.some) ? seconds.filter((x) => x.some) : seconds;
    const any =
      listener.choose === 'unknown' && mood === 'pessimistic' ? alive.every((x) => x.some) : alive.some((x) => x.some);
    if (!any) return LOST;
    const first = back();
    return { ok: first.ok, fail: first.fail || !alive.every((x) => x.all) };
  };

  const from = get(network.node(start.node));
  return from.down !== undefined
    ? LOST
    : route(packet, start, from, { leg: 'forward', seen: [], sessions: [], undone: [], expects: [], visited: [] });
}

const isIcmp = (h: Header) => h.protocol === 1 || h.protocol === 58;
const reverse = (h: Header): Header => {
  const back: Header = { ...h, src: h.dst, dst: h.src };
  if (h.sport !== undefined) [back.sport, back.dport] = [h.dport!, h.sport];
  if (isIcmp(h))
    back.icmpType = Number(
      Object.entries(REPLY)
        .find(([k, v]) => k.startsWith(`${h.protocol}.`) && v === h.icmpType)?.[0]
        .split('.')[1] ?? REPLY[`${h.protocol}.${h.icmpType}`],
    );
  return back;
};
const compare = (a: readonly number[], b: readonly number[]): number => {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
};
const merge = (a: Fate, b: Fate): Fate => ({ ok: a.ok || b.ok, fail: a.fail || b.fail });
const text = (h: Header) => [h.mark, h.protocol, h.dport, h.sport, h.icmpType, h.icmpCode, h.dst, h.src].join(' ');
