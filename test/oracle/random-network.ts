/** Seeded random networks, small and mean: overlapping addresses, forks, rewrites, loops, half-known rules. */
import type {
  Backend,
  Filter,
  Interface,
  InterfaceStep,
  Link,
  Listener,
  Match,
  Network,
  NextHop,
  Node,
  Rewrite,
  RouteEntry,
  RouteTable,
  Rule,
  Translation,
} from '../../src/model/network.ts';
import { type Random, randomOf } from '../random.ts';
import { INTERNET, NetworkBuilder } from '../../src/model/builder.ts';
import { PUBLIC_V4, V4_BASE } from '../../src/net/address.ts';
import type { Header } from './one-packet.ts';

export const FIRST = V4_BASE + 0x0a000000n;
/** Where the outside addresses of an estate begin. */
const OUTSIDE = V4_BASE + 0xcb007100n;
const ADDRESSES = 16;
const PORTS = [0, 79, 80, 81, 443, 1024, 1025, 32768, 65535];
const PROTOCOLS = [6, 6, 6, 17, 1, 47];

const origin = (id: string) => ({ provider: 'test', kind: 'thing', id, file: '', pointer: '' });
const address = (r: Random) => FIRST + BigInt(r.below(ADDRESSES));
const prefix = (r: Random): readonly [bigint, bigint] => {
  const size = BigInt(1 << r.below(5));
  const lo = FIRST + (BigInt(r.below(ADDRESSES)) / size) * size;
  return [lo, lo + size];
};
const portSpan = (r: Random): readonly [number, number] => {
  const [a, b] = [r.pick(PORTS), r.pick(PORTS)];
  return [Math.min(a, b), Math.max(a, b) + 1];
};

function match(r: Random): Match {
  const m: { -readonly [K in keyof Match]: Match[K] } = {};
  if (r.chance(0.5)) {
    const p = r.pick(PROTOCOLS);
    m.protocol = [[p, p + 1]];
    if ((p === 6 || p === 17) && r.chance(0.6)) m[r.pick(['dport', 'sport'] as const)] = [portSpan(r)];
    if (p === 1 && r.chance(0.5)) m.icmpType = [[r.pick([0, 8, 3]), 9]];
  }
  if (r.chance(0.5)) m.dst = r.chance(0.2) ? { set: 'some' } : [prefix(r)];
  if (r.chance(0.4)) m.src = [prefix(r)];
  if (r.chance(0.1)) m.mark = [[0, 1]];
  return m;
}

/** A match that names outside addresses. */
function outside(r: Random): Match {
  const size = BigInt(1 << r.below(4));
  const lo = OUTSIDE + (BigInt(r.below(ADDRESSES)) / size) * size;
  return { [r.pick(['dst', 'src'] as const)]: [[lo, lo + size]], ...(r.chance(0.5) ? { protocol: [[6, 7]] } : {}) };
}

/**
 * A network of hosts on routers; unknown things only where asked for. An estate has places, several hosts of one sort, a
 * gateway with 1:1 pairs and the internet besides.
 */
export function randomNetwork(r: Random, unknowns: boolean, estate = false): { network: Network; hosts: Interface[] } {
  const b = new NetworkBuilder();
  const routers = 1 + r.below(3);
  const hosts: Interface[] = [];
  const doors = Array.from({ length: routers }, (_, i) => `r${i}`);
  const r0 = randomOf(r.below(1e9));
  const some = [prefix(r0)];
  const isOpen = unknowns && r0.chance(0.3);
  b.set('some', () => ({
    id: 'some',
    origin: origin('some'),
    spans: some,
    ...(isOpen ? { unresolved: { what: 'the members of some', fetch: null } } : {}),
  }));
  const missing = { what: 'something', fetch: null };
  let serial = 0;

  const made = new Map<string, Filter>();
  const filter = (state?: string): string => {
    const id = `f${serial++}`;
    const anyAllow = r.chance(0.4);
    const levels = !anyAllow && r.chance(0.3);
    const rules = Array.from(
      { length: 1 + r.below(levels ? 6 : 4) },
      (_, i): Rule => ({
        origin: origin(`${id}.${i}`),
        action: levels && r.chance(0.4) ? 'pass' : anyAllow || r.chance(0.7) ? 'allow' : 'deny',
        ...(levels && i > 2 ? { level: i > 4 ? 2 : 1 } : {}),
        match: r.chance(0.35)
          ? [estate && r0.chance(0.3) ? { mark: [[1, 2]] } : {}]
          : [estate && r.chance(0.2) ? outside(r) : match(r)],
        text: 'rule',
        ...(unknowns && r.chance(0.15) ? { unresolved: missing } : {}),
      }),
    );
    const one: Filter = {
      id,
      origin: origin(id),
      code: 'test-filter',
      rules,
      order: anyAllow ? 'any-allow' : 'first-match',
      otherwise: !anyAllow && r.chance(0.3) ? 'allow' : 'deny',
      ...(state === undefined ? {} : { state }),
      ...(state !== undefined && unknowns && r.chance(0.2) ? { noSession: 'unknown' } : {}),
      ...(state !== undefined && unknowns && r.chance(0.2) ? { noReply: 'unknown' } : {}),
    };
    b.filter(id, () => one);
    made.set(id, one);
    return id;
  };
  const translation = (): string => {
    const id = `t${serial++}`;
    const side = (rewrites: Rewrite[]) => ({
      rewrites,
      otherwise: r.chance(0.7) ? ('pass' as const) : ('drop' as const),
      why: 'no pair',
      code: 'test-pair',
    });
    const [inside, outside] = [address(r), address(r)];
    const kind = r.below(4);
    const owns = [[outside, outside + 1n]] as const;
    const made: Translation =
      kind === 0
        ? {
            id,
            origin: origin(id),
            memory: 'stateless',
            outward: side([{ pairs: { field: 'src', table: [{ from: inside, to: outside }] } }]),
            inward: side([{ pairs: { field: 'dst', table: [{ from: outside, to: inside }] } }]),
          }
        : kind === 1
          ? {
              id,
              origin: origin(id),
              memory: 'stateful',
              outward: side([{ match: [match(r)], set: { src: [[outside, outside + 1n]], sport: [[1024, 1026]] } }]),
              owns,
            }
          : kind === 2
            ? {
                id,
                origin: origin(id),
                memory: 'stateful',
                inward: side([{ match: [{ dst: owns }], set: { dst: [[inside, inside + 1n]] } }]),
              }
            : {
                id,
                origin: origin(id),
                memory: r.chance(0.5) ? 'stateful' : 'stateless',
                outward: side([
                  {
                    match: [estate && r0.chance(0.5) ? {} : match(r)],
                    ...(r.chance(estate ? 0.7 : 0.3) ? { set: { mark: [[1, 2]] } } : {}),
                  },
                ]),
              };
    b.translation(id, () => made);
    return id;
  };
  const stepsOf = (statesOf: string): InterfaceStep[] =>
    Array.from(
      { length: r.below(3) },
      (): InterfaceStep =>
        r.chance(0.65)
          ? { at: r.pick(['in', 'out'] as const), filter: filter(r.chance(0.5) ? statesOf : undefined) }
          : {
              at: r.pick(['in', 'out'] as const),
              translation: translation(),
              side: r.pick(['outward', 'inward'] as const),
            },
    );
  /** One state table for both ways, as most clouds guard their hosts. */
  const guarded = (state: string): InterfaceStep[] => [
    { at: 'in', filter: filter(state) },
    { at: 'out', filter: filter(state) },
  ];
  const hop = (i: number): NextHop => {
    if (estate && r0.chance(0.07)) return wide(i);
    if (unknowns && r.chance(0.06)) return { to: 'missing', what: missing };
    const x = r.next();
    if (x < 0.55) return { to: 'link', ...(r.chance(0.5) ? {} : { out: `r${i}` }), link: `l${i}` };
    if (x < 0.9) return { to: 'hop', in: r.pick(doors) };
    if (x < 0.92) return { to: 'local' };
    if (x < 0.95) return { to: 'drop', why: 'blackhole', code: 'test-blackhole' };
    return {
      to: 'fork',
      choose: unknowns && r.chance(0.5) ? 'unknown' : 'any',
      branches: [
        { to: 'hop', in: r.pick(doors) },
        { to: 'link', link: `l${i}` },
      ],
    };
  };
  /** A fork of several ways, of any kind, perhaps one within another. */
  const wide = (i: number): NextHop => ({
    to: 'fork',
    choose: r0.pick(['any', 'any', 'one-works', ...(unknowns ? (['unknown'] as const) : [])] as const),
    branches: Array.from({ length: 2 }, () =>
      r0.chance(0.1) ? wide(i) : r0.chance(0.7) ? { to: 'link', link: `l${i}` } : { to: 'hop', in: r0.pick(doors) },
    ),
  });
  const table = (i: number, always: NextHop): string => {
    const id = `table${serial++}`;
    const entries: RouteEntry[] = Array.from({ length: r.below(4) }, (_, k) => ({
      origin: origin(`${id}.${k}`),
      match: r.chance(0.8) ? { dst: [prefix(r)] } : match(r),
      next: hop(i),
      rank: [r.below(3)],
      text: 'route',
      ...(unknowns && r0.chance(0.12) ? { unresolved: missing } : {}),
    }));
    if (estate && r.chance(0.7))
      entries.push({
        origin: origin(`${id}.internet`),
        match: { dst: PUBLIC_V4 },
        next: { to: 'hop', in: 'gw#inside' },
        rank: [r.below(4)],
        text: 'internet',
      });
    entries.push({ origin: origin(`${id}.default`), match: {}, next: always, rank: [9], text: 'default' });
    const made: RouteTable = {
      id,
      origin: origin(id),
      entries,
      ...(unknowns && r.chance(0.3) ? { ties: 'unknown' as const } : {}),
    };
    b.table(id, () => made);
    return id;
  };

  /** The same steps, with filters and state tables of its own. */
  const twinOf = (host: Interface, id: string, mine: bigint): Interface => ({
    ...host,
    id,
    origin: origin(id),
    node: `n${id}`,
    addresses: [{ address: mine, primary: true }],
    steps: host.steps.map((step) => {
      if (!('filter' in step)) return step;
      const own = { ...made.get(step.filter)!, id: `${step.filter}-${id}` };
      const one = own.state === undefined ? own : { ...own, state: `s-${id}` };
      b.filter(one.id, () => one);
      return { ...step, filter: one.id };
    }),
  });

  for (let i = 0; i < routers; i++) {
    const owners: { span: readonly [bigint, bigint]; in: string }[] = [];
    for (let k = 0; k < 2 + r.below(2); k++) {
      const mine = address(r);
      if (owners.some(({ span }) => span[0] === mine)) continue;
      const id = `h${i}.${k}`;
      const made: Interface = {
        id,
        origin: origin(id),
        node: `n${id}`,
        addresses: [{ address: mine, primary: true }],
        steps: estate && r.chance(0.6) ? guarded(`s-${id}`) : stepsOf(`s-${id}`),
        table: table(i, r.chance(0.8) ? { to: 'hop', in: `r${i}` } : { to: 'link', link: `l${i}` }),
      };
      const relay = r.chance(0.15);
      const backend = (): Backend => ({
        origin: origin(`${id}.backend`),
        from: [id],
        protocol: 6,
        address: address(r),
        port: r.pick(PORTS),
        sports: [[1024, 1026]],
      });
      const listeners: Listener[] = Array.from({ length: 2 }, (_, n) => ({
        origin: origin(`${id}.listener${n}`),
        match: [match(r)],
        choose: r.pick(['any', 'one-works', ...(unknowns ? (['unknown'] as const) : [])] as const),
        backends: Array.from({ length: r.below(3) }, backend),
        empty: { why: 'no backend', code: 'test-empty' },
      }));
      const node: Node = {
        id: `n${id}`,
        origin: origin(`n${id}`),
        role: relay ? 'relay' : 'endpoint',
        interfaces: [id],
        forwards: r.chance(0.3),
        ...(relay ? { relay: { listeners } } : {}),
      };
      b.interface(id, () => made);
      b.node(node.id, () => node);
      hosts.push(made);
      owners.push({ span: [mine, mine + 1n], in: id });
      const twins = estate ? r.below(4) : 0;
      for (let twin = 0; twin < twins; twin++) {
        const other = address(r);
        if (owners.some(({ span }) => span[0] === other)) continue;
        const sister = twinOf(made, `${id}t${twin}`, other);
        b.interface(sister.id, () => sister);
        b.node(sister.node, () => ({ ...node, id: sister.node, interfaces: [sister.id] }));
        hosts.push(sister);
        owners.push({ span: [other, other + 1n], in: sister.id });
      }
    }
    const link: Link = {
      id: `l${i}`,
      origin: origin(`l${i}`),
      owners: owners.sort((a, b) => (a.span[0] < b.span[0] ? -1 : 1)),
      unowned: { to: 'drop', why: 'nobody', code: 'test-nobody' },
    };
    const door: Interface = {
      id: `r${i}`,
      origin: origin(`r${i}`),
      node: `router${i}`,
      addresses: [],
      steps: stepsOf(`s-r${i}`),
      table: table(i, r.chance(0.7) ? { to: 'link', link: `l${i}` } : { to: 'hop', in: r.pick(doors) }),
    };
    b.link(link.id, () => link);
    b.interface(door.id, () => door);
    b.node(`router${i}`, () => ({
      id: `router${i}`,
      origin: origin(`router${i}`),
      role: 'router',
      interfaces: [door.id],
    }));
  }
  if (estate) addInternet(r, b, hosts, routers);
  return { network: b.build(), hosts };
}

/** A gateway that gives some hosts outside addresses, 1:1; hosts of one address share what they are given. */
function addInternet(r: Random, b: NetworkBuilder, hosts: Interface[], routers: number): void {
  const pairs = new Map<bigint, bigint>();
  for (const [i, host] of hosts.entries()) {
    const { address: inside } = host.addresses[0]!;
    if (r.chance(0.6)) {
      pairs.set(inside, OUTSIDE + (inside - FIRST));
      b.publicOwner(pairs.get(inside)!, 'gw#outside');
    }
    const mapped = pairs.get(inside);
    const known: Interface =
      mapped === undefined ? host : { ...host, addresses: [{ address: inside, public: mapped, primary: true }] };
    hosts[i] = known;
    b.interface(host.id, () => known);
    b.place(host.id, [], () => ({ id: host.id, origin: host.origin, aliases: [], interfaces: [host.id] }));
  }
  const table = [...pairs].map(([from, to]) => ({ from, to }));
  const side = (field: 'src' | 'dst', list: typeof table) => ({
    rewrites: [{ pairs: { field, table: list } }],
    otherwise: 'drop' as const,
    why: 'no pair',
    code: 'test-pair',
  });
  b.translation('gw', () => ({
    id: 'gw',
    origin: origin('gw'),
    memory: 'stateless',
    outward: side('src', table),
    inward: side(
      'dst',
      table.map(({ from, to }) => ({ from: to, to: from })),
    ),
  }));
  b.node('gw', () => ({ id: 'gw', origin: origin('gw'), role: 'router', interfaces: ['gw#inside', 'gw#outside'] }));
  const door = (id: string, way: 'outward' | 'inward', next: NextHop) => {
    b.interface(id, () => ({
      id,
      origin: origin(id),
      node: 'gw',
      addresses: [],
      steps: [{ at: 'in', translation: 'gw', side: way }],
      table: id,
    }));
    b.table(id, () => ({
      id,
      origin: origin(id),
      entries: [{ origin: origin(id), match: {}, next, rank: [0], text: 'on' }],
    }));
  };
  door('gw#inside', 'outward', { to: 'hop', in: INTERNET.interface });
  const home = r.below(routers);
  door('gw#outside', 'inward', r.chance(0.5) ? { to: 'link', link: `l${home}` } : { to: 'hop', in: `r${home}` });
}

/** A packet at the edges of what rules test. */
export function randomPacket(r: Random, src: bigint, dst: bigint): Header {
  const protocol = r.pick(PROTOCOLS);
  const base = { mark: 0, protocol, dst, src };
  if (protocol === 6 || protocol === 17) return { ...base, dport: r.pick(PORTS), sport: r.pick(PORTS) };
  if (protocol === 1) return { ...base, icmpType: r.pick([0, 3, 8]), icmpCode: 0 };
  return base;
}
