/**
 * Walks a set of packets through a network, there and back. Everything that the engine says is read off what happens
 * here: at every step the set in hand splits into passed, dropped by whom, and unknown by what.
 */
import type { Span } from '../net/spans.ts';
import type { PacketSet, PacketSpace } from '../net/packet-space.ts';
import type { Fork, Interface, NextHop, Node, RouteTable } from '../model/network.ts';
import { type Assumption, nameOf } from '../model/origin.ts';
import type { StepResult } from '../model/results.ts';
import { originOf } from './compile.ts';
import { routedBy } from './decided.ts';
import { filter } from './filtering.ts';
import { type Flight, asAsked, asDelivered, visiting } from './flight.ts';
import { amendedBy, doubt, drop, resourceOf, stepped } from './losses.ts';
import { type Outcome, type Walk, merge, mergeAll, nothing, toward } from './outcome.ts';
import type { Handed, Remedy } from './record.ts';
import { type Routed, splitByTable } from './split.ts';
import { destinationRewritten, isHandedOn, translate } from './translating.ts';

/** Walks everything that was asked, from the start there and back. */
export function walkAll(walk: Walk): Outcome {
  const { crowd, asked } = walk;
  if (crowd === undefined) return depart(walk, asked);
  const { space } = walk.compiler;
  const outcomes = crowd.senders.map(({ start }) =>
    depart({ ...walk, start }, space.and(asked, crowd.sentFrom(start.id))),
  );
  for (let next = crowd.next(); next !== undefined; next = crowd.next())
    outcomes.push(
      next.inside === undefined
        ? enter(walk, next.flight, next.interface, true)
        : route(walk, next.flight, next.inside.at, next.inside.node),
    );
  return mergeAll(space, outcomes);
}

/** What one sender sends sets off. */
function depart(walk: Walk, set: PacketSet): Outcome {
  const { compiler, start } = walk;
  const node = compiler.network.node(start.node);
  const flight: Flight = {
    leg: 'forward',
    set,
    frames: undefined,
    remembered: undefined,
    undone: [],
    trail: undefined,
    visited: undefined,
    assumptions: [...(node?.assumes ?? []), ...(start.assumes ?? [])],
  };
  if (node === undefined) return doubt(walk, flight, start.origin, { what: `node ${start.node}`, fetch: null });
  if (node.down !== undefined)
    return drop(walk, flight, node, {
      by: node.origin,
      code: node.down.code,
      why: node.down.why,
      layer: 'application',
      ...amendedBy(node.down.mend),
      whyNoMend: node.down.whyNoMend,
    });
  if (node.silent !== undefined)
    return drop(walk, flight, node, {
      by: node.origin,
      code: 'opens-no-connection',
      why: `${nameOf(node.origin)} opens no connection of its own: ${node.silent}`,
      layer: 'application',
      whyNoMend: 'ask about those that do send',
    });
  return route(walk, flight, start, node);
}

/** Arrival at an interface: its steps, then acceptance or onward routing. A crowd waits for its others at every router. */
function enter(walk: Walk, arriving: Flight, interfaceId: string, waited = false): Outcome {
  walk.recorder.hop();
  const { network, space } = walk.compiler;
  const at = network.interface(interfaceId);
  if (at === undefined)
    return doubt(walk, arriving, originOf(interfaceId), { what: `interface ${interfaceId}`, fetch: null });
  const node = network.node(at.node);
  if (node === undefined) return doubt(walk, arriving, at.origin, { what: `node ${at.node}`, fetch: null });
  const { crowd } = walk;
  if (crowd !== undefined && !waited && node.role !== 'endpoint' && node.role !== 'relay')
    if (crowd.gather(arriving, interfaceId)) return nothing(space);
  const flight = crowd === undefined ? visiting(arriving, interfaceId) : crowd.visiting(arriving, interfaceId);
  if (flight === undefined)
    return drop(walk, arriving, node, {
      by: node.origin,
      code: 'routing-loop',
      why: `the packet comes back to ${nameOf(node.origin)}: a routing loop`,
      layer: 'network',
    });
  if (node.down !== undefined)
    return drop(walk, flight, node, {
      by: node.origin,
      code: node.down.code,
      why: node.down.why,
      layer: 'application',
      ...amendedBy(node.down.mend),
      whyNoMend: node.down.whyNoMend,
    });
  const assumes = [...(node.assumes ?? []), ...(at.assumes ?? [])];
  const known = assumes.length === 0 ? flight : { ...flight, assumptions: [...flight.assumptions, ...assumes] };
  return steps(walk, known, at, node, 'in', 0, (through) => arrive(walk, through, at, node));
}

/** After the incoming steps: is it for this node? */
function arrive(walk: Walk, flight: Flight, at: Interface, node: Node): Outcome {
  const { space, network } = walk.compiler;
  if (node.role === 'router' || node.role === 'outside') {
    const table = node.role === 'router' && at.table !== undefined ? network.table(at.table) : undefined;
    return table !== undefined && walk.crowd?.gatherInside(flight, { at, node }, table) === true
      ? nothing(space)
      : route(walk, flight, at, node);
  }
  const own = toward(
    space,
    flight,
    node.interfaces.flatMap((id) => addressSpans(network.interface(id))),
  );
  const accepted = space.isEmpty(own) ? nothing(space) : accept(walk, { ...flight, set: own }, at, node);
  const others = space.minus(flight.set, own);
  if (space.isEmpty(others)) return accepted;
  const rest = { ...flight, set: others };
  const forwarded = node.forwards
    ? route(
        walk,
        node.role === 'relay' ? rest : { ...rest, assumptions: [...rest.assumptions, forwarding(node)] },
        at,
        node,
      )
    : drop(walk, rest, node, {
        by: node.origin,
        code: node.refuses?.code ?? 'not-its-address',
        why: node.refuses?.why ?? `the packet is not addressed to ${nameOf(node.origin)}, which does not forward`,
        layer: 'network',
        ...amendedBy(node.refuses?.mend),
      });
  return merge(space, accepted, forwarded);
}

/** What the guest of a forwarding machine does is in no snapshot. */
function forwarding(node: Node): Assumption {
  return {
    code: 'appliance-forwards-unchanged',
    resource: node.origin.id,
    message: `${nameOf(node.origin)} forwards the packet unchanged`,
  };
}

/** The table of the interface in hand decides. */
function route(walk: Walk, flight: Flight, at: Interface, node: Node): Outcome {
  const { compiler } = walk;
  const { space, network } = compiler;
  const table = at.table === undefined ? undefined : network.table(at.table);
  if (table === undefined)
    return sent(walk, flight, at, node, (gone) =>
      doubt(walk, gone, node.origin, { what: `the route table of ${nameOf(at.origin)}`, fetch: null }),
    );
  const outcomes: Outcome[] = [];
  const split = walk.recorder.keepsStory
    ? splitByTable(space, compiler.table(table, flight.leg), table, flight.set)
    : routedBy(compiler, table, flight.leg, flight.set);
  for (const routed of split) {
    const message = routed.entry === undefined ? `no route in ${nameOf(table.origin)} matches` : routed.entry.text;
    const step: StepResult = {
      kind: 'route',
      action: routed.next.to === 'drop' ? 'drop' : 'pass',
      ...resourceOf(table.origin),
      message,
      ...(routed.entry === undefined ? {} : { rule: routed.entry.text, origin: routed.entry.origin }),
    };
    // A drop tells its own story; tables that nobody wrote need no line of their own.
    const silent = table.origin.implicit === true || routed.next.to === 'drop';
    const onward = silent
      ? { ...flight, set: routed.packets }
      : stepped({ ...flight, set: routed.packets }, node, step);
    const remedy = walk.recorder.keepsStory ? remedyFor(table, routed) : undefined;
    outcomes.push(follow(walk, onward, at, node, routed, remedy));
  }
  return mergeAll(space, outcomes);
}

/** Another route, where none matches or the one that does leads nowhere; what nobody wrote can't be replaced. */
function remedyFor(table: RouteTable, { entry, next, packets }: Routed): Remedy | undefined {
  if (next.to !== 'drop') return undefined;
  if (next.mend !== undefined) return { op: 'amend', amendment: next.mend };
  if (next.whyNoMend !== undefined) return undefined;
  if (table.possible === undefined || entry?.origin.implicit === true) return undefined;
  const entries = table.possible();
  return {
    op: 'add-route',
    table: table.id,
    set: packets,
    entries,
    ...(entry === undefined ? {} : { replaces: entry }),
  };
}

function follow(walk: Walk, flight: Flight, at: Interface, node: Node, routed: Routed, remedy?: Remedy): Outcome {
  const { space, network } = walk.compiler;
  const next = routed.next;
  switch (next.to) {
    case 'local':
      if (node.role === 'endpoint' && flight.leg === 'forward')
        return served(walk, { ...flight, assumptions: [...flight.assumptions, ...(next.assumes ?? [])] }, node);
      return neverCameIn(walk, flight, node) ? beyond(walk, flight, at, node) : accept(walk, flight, at, node);
    case 'drop':
      return sent(walk, flight, at, node, (gone) =>
        drop(walk, gone, node, {
          by: next.by ?? routed.entry?.origin ?? node.origin,
          code: next.code,
          why: next.why,
          layer: 'network',
          ...(routed.entry === undefined ? {} : { rule: routed.entry }),
          ...(remedy === undefined ? {} : { remedy }),
          whyNoMend: next.whyNoMend,
        }),
      );
    case 'missing':
      return sent(walk, flight, at, node, (gone) =>
        doubt(walk, gone, next.by ?? routed.entry?.origin ?? node.origin, next.what),
      );
    case 'hop':
      return leave(walk, flight, at, next.out, (gone) => enter(walk, gone, next.in));
    case 'link': {
      const link = network.link(next.link);
      if (link === undefined) return doubt(walk, flight, node.origin, { what: `link ${next.link}`, fetch: null });
      const outcomes: Outcome[] = [];
      const shares: PacketSet[] = [];
      const blind = flight.leg === 'forward' && walk.blind?.has(link.id) === true && !destinationRewritten(flight);
      for (const [interfaceId, spans] of blind ? [] : ownersOf(space, flight, link.owners)) {
        const share = toward(space, flight, spans);
        shares.push(share);
        outcomes.push(leave(walk, { ...flight, set: share }, at, next.out, (gone) => enter(walk, gone, interfaceId)));
      }
      const rest = space.minus(flight.set, space.orAll(shares));
      if (!space.isEmpty(rest))
        outcomes.push(follow(walk, { ...flight, set: rest }, at, node, { packets: rest, next: link.unowned }));
      return mergeAll(space, outcomes);
    }
    case 'fork':
      return fork(walk, flight, next, (branch) => {
        const isUnsure = next.choose === 'unknown' && next.branches.length > 1;
        const torn: Flight = { ...flight, torn: true, ...(isUnsure ? { unsure: true } : {}) };
        return follow(walk, torn, at, node, { ...routed, next: branch });
      });
  }
}

/** What a machine sends meets the filters of its own interface, also where no route leads on or nobody knows the next one. */
function sent(walk: Walk, flight: Flight, at: Interface, node: Node, end: (flight: Flight) => Outcome): Outcome {
  return node.role === 'endpoint' ? leave(walk, flight, at, undefined, end) : end(flight);
}

/** A packet that starts outside and is for somebody outside meets nothing of the network. */
function neverCameIn({ start }: Walk, { leg, visited }: Flight, node: Node): boolean {
  return leg === 'forward' && node.role === 'outside' && node.id === start.node && visited === undefined;
}

/** What is between two ends that are both outside is in no snapshot. */
function beyond(walk: Walk, flight: Flight, at: Interface, node: Node): Outcome {
  const doubted = doubt(walk, flight, node.origin, {
    what: `what owns the destination: neither end is in the snapshot, so nothing in it decides`,
    fetch: null,
  });
  return walk.mood === 'pessimistic' ? doubted : accept(walk, flight, at, node);
}

/** All branches see the same packets; the kind of fork says what their outcomes are worth together. */
function fork(walk: Walk, flight: Flight, fork: Fork, take: (branch: NextHop) => Outcome): Outcome {
  const { space } = walk.compiler;
  const all = fork.branches.map(take);
  const union = all.reduce((a, b) => merge(space, a, b), nothing(space));
  if (fork.choose === 'any' || all.length < 2) return union;
  if (fork.choose === 'one-works') {
    // Judged for each client, destination and port by itself: what a wider question asks besides must not decide.
    const working = all.map((outcome) => space.forget(outcome.ok, ['mark', 'sport']));
    const hopeless = space.not(space.orAll(working));
    const fails = all.map((outcome, i) => space.and(outcome.fail, space.or(working[i]!, hopeless)));
    return { ok: union.ok, fail: space.orAll(fails) };
  }
  const ok = all.map((outcome) => outcome.ok).reduce((a, b) => space.and(a, b));
  const fail = all.map((outcome) => outcome.fail).reduce((a, b) => space.and(a, b));
  const torn = space.or(space.minus(union.ok, ok), space.minus(union.fail, fail));
  if (!space.isEmpty(torn))
    walk.recorder.doubt({
      missing: fork.missing ?? { what: 'which of several ways the packet takes', fetch: null },
      by: flight.trail?.node.origin ?? walk.start.origin,
      leg: flight.leg,
      connection: walk.connection,
      packets: torn,
    });
  return walk.mood === 'pessimistic' ? { ok, fail: union.fail } : { ok: union.ok, fail };
}

/** The outgoing steps of the interface that the packet leaves by. */
function leave(
  walk: Walk,
  flight: Flight,
  at: Interface,
  out: string | undefined,
  onward: (flight: Flight) => Outcome,
): Outcome {
  const { network } = walk.compiler;
  const by = out === undefined || out === at.id ? at : network.interface(out);
  const node = by === undefined ? undefined : network.node(by.node);
  if (by === undefined || node === undefined)
    return doubt(walk, flight, at.origin, { what: `interface ${out ?? at.id}`, fetch: null });
  return steps(walk, flight, by, node, 'out', 0, onward);
}

/** The interface's steps from `index` on, in order. */
function steps(
  walk: Walk,
  flight: Flight,
  at: Interface,
  node: Node,
  side: 'in' | 'out',
  index: number,
  onward: (flight: Flight) => Outcome,
): Outcome {
  for (let i = index; i < at.steps.length; i++) {
    const step = at.steps[i]!;
    if (step.at !== side) continue;
    const next = (through: Flight) => steps(walk, through, at, node, side, i + 1, onward);
    return 'filter' in step
      ? filter(walk, flight, step.filter, step.at, node, next)
      : translate(walk, flight, step, node, next);
  }
  return onward(flight);
}

/** The node takes the packets: the destination on the way there, the client on the way back. */
function accept(walk: Walk, flight: Flight, at: Interface, node: Node): Outcome {
  const { compiler, recorder } = walk;
  const { space } = compiler;
  const arrived = stepped(flight, node, {
    kind: 'arrive',
    action: 'accept',
    ...resourceOf(node.origin),
    message: flight.leg === 'forward' ? 'arrives' : 'the reply arrives',
  });
  const asked = asAsked(space, flight.frames, flight.set, walk.asked);
  if (flight.leg === 'return') {
    const wrong = foreign(walk, flight, at, node);
    if (wrong === flight.set)
      return drop(walk, arrived, node, {
        by: node.origin,
        code: 'reply-to-wrong-host',
        why: `the reply reaches ${nameOf(at.origin)}, not ${nameOf(walk.start.origin)} that asked`,
        layer: 'network',
      });
    if (!space.isEmpty(wrong)) {
      const [own, others] = [space.minus(flight.set, wrong), wrong].map((set) =>
        accept(walk, { ...flight, set }, at, node),
      );
      return merge(space, own!, others!);
    }
    if (flight.frames !== undefined)
      return drop(walk, arrived, node, {
        by: node.origin,
        code: 'reply-from-wrong-address',
        why: 'the reply comes back past the device that translated the request',
        layer: 'network',
      });
    const waiting = flight.expects?.[0];
    if (waiting !== undefined) {
      const doubted = doubt(walk, arrived, waiting.by, {
        what: `whether ${nameOf(waiting.by)} minds that it never sees the reply, which comes back another way`,
        fetch: null,
      });
      if (walk.mood === 'pessimistic') return doubted;
    }
    if (recorder.keepsStory)
      recorder.ends.push({
        leg: 'return',
        connection: walk.connection,
        end: 'accepted',
        packets: asked,
        trail: arrived.trail,
      });
    recorder.assume(flight.assumptions, asked);
    return { ok: asked, fail: space.none };
  }
  if (walk.targets !== undefined && !walk.targets.includes(node.id) && !destinationRewritten(flight))
    return drop(walk, arrived, node, {
      by: node.origin,
      code: 'wrong-host',
      why: `the address belongs to ${nameOf(node.origin)} here, not to the destination that was asked for`,
      layer: 'network',
    });
  if (recorder.keepsStory)
    recorder.ends.push({
      leg: 'forward',
      connection: walk.connection,
      end: 'accepted',
      packets: asked,
      trail: arrived.trail,
    });
  if (walk.connection === 0)
    recorder.arrivals.push({ node: node.id, packets: asked, forAnyone: destinationRewritten(flight) });
  if (node.relay === undefined) {
    const outcome = answer(walk, flight, at, node);
    noteTaken(walk, flight, node, outcome);
    return outcome;
  }
  const already = recorder.handed?.length ?? 0;
  const beyond = recorder.behind(asked, () => walk.relay(walk, node, flight));
  const first = space.isEmpty(beyond.some) ? nothing(space) : answer(walk, { ...flight, set: beyond.some }, at, node);
  // What the relay opens counts for those of its clients that get their answer.
  if (recorder.handed !== undefined) {
    const answered = space.minus(first.ok, first.fail);
    const behind = recorder.handed.splice(already);
    recorder.handed.push(...behind.flatMap((one) => forClients(space, one, answered)));
  }
  const fail = asAsked(space, flight.frames, beyond.lost, walk.asked);
  return { ok: first.ok, fail: space.or(first.fail, fail) };
}

/** Keeps what a taker was handed and answers: passed on for the question's packets, or sent by a relay. */
function noteTaken(walk: Walk, flight: Flight, { id }: Node, { ok, fail }: Outcome): void {
  const { recorder, connection, compiler } = walk;
  const { space } = compiler;
  if (recorder.handed === undefined || (connection === 0 && !isHandedOn(flight))) return;
  if (walk.mood === 'pessimistic' && flight.unsure === true) return;
  const asked = space.minus(ok, fail);
  if (space.isEmpty(asked)) return;
  recorder.handed.push({ node: id, asked, packets: asDelivered(space, flight.frames, asked, flight.set) });
}

/** What a relay opened, as those of its clients sent it that get their answer. */
function forClients(space: PacketSpace, one: Handed, answered: PacketSet): Handed[] {
  const asked = space.and(one.asked, answered);
  if (space.isEmpty(asked)) return [];
  const src = space.values(asked, 'src') as readonly Span<bigint>[];
  return [
    {
      ...one,
      relayed: true,
      asked,
      packets: space.and(space.forget(one.packets, ['src', 'sport']), space.of({ src })),
    },
  ];
}

/** What of a reply reaches somebody who did not ask for it. */
function foreign(
  { compiler: { space }, start, crowd }: Walk,
  { set, frames }: Flight,
  at: Interface,
  node: Node,
): PacketSet {
  if (crowd === undefined)
    return at.id === start.id || (node.role === 'outside' && node.id === start.node) ? space.none : set;
  // Whom a reply is for that still is translated it does not say any more, and it is lost anyway.
  return frames === undefined ? space.minus(set, crowd.sentFrom(at.id)) : space.none;
}

/** The receiver replies to what has a reply; a message without one is done when it arrives. */
function answer(walk: Walk, flight: Flight, at: Interface, node: Node): Outcome {
  const { compiler, recorder } = walk;
  const { space } = compiler;
  const answered = space.and(flight.set, compiler.answerable);
  const single = space.minus(flight.set, answered);
  let outcome = nothing(space);
  if (!space.isEmpty(single)) {
    const done = asAsked(space, flight.frames, single, walk.asked);
    recorder.assume(flight.assumptions, done);
    outcome = { ok: done, fail: space.none };
  }
  if (space.isEmpty(answered)) return outcome;
  const reply: Flight = { ...flight, leg: 'return', set: space.assign(answered, { mark: [[0, 1]] }), trail: undefined };
  return merge(space, outcome, route(walk, reply, at, node));
}

/** A service of the fabric right at the sender's interface: request and reply meet no filter and no route. */
function served(walk: Walk, flight: Flight, node: Node): Outcome {
  const { space } = walk.compiler;
  const packets = asAsked(space, flight.frames, flight.set, walk.asked);
  const message = 'answered by a service of the network itself';
  const { trail } = stepped(flight, node, { kind: 'arrive', action: 'accept', ...resourceOf(node.origin), message });
  if (walk.recorder.keepsStory)
    walk.recorder.ends.push({ leg: 'forward', connection: walk.connection, end: 'accepted', packets, trail });
  if (walk.connection === 0) walk.recorder.arrivals.push({ node: node.id, packets, forAnyone: true });
  walk.recorder.assume(flight.assumptions, packets);
  return { ok: packets, fail: space.none };
}

/** Who on a link owns the destinations in flight, with the spans that each owns of them. */
function ownersOf(
  space: PacketSpace,
  flight: Flight,
  owners: readonly { readonly span: Span<bigint>; readonly in: string }[],
): ReadonlyMap<string, Span<bigint>[]> {
  const found = new Map<string, Span<bigint>[]>();
  let low = 0;
  for (const [lo, end] of space.values(
    flight.set,
    flight.leg === 'forward' ? 'dst' : 'src',
  ) as readonly Span<bigint>[]) {
    low = firstAfter(owners, low, lo);
    for (let i = low; i < owners.length && owners[i]!.span[0] < end; i++) {
      const { span, in: by } = owners[i]!;
      const spans = found.get(by);
      if (spans === undefined) found.set(by, [span]);
      else spans.push(span);
    }
  }
  return found;
}

/**
 * The first owner whose span ends after an address, looked for from one that does not lie behind it. Steps grow: one address
 * among a hundred thousand owners is found as fast as thousands of neighbours one after the other.
 */
function firstAfter(owners: readonly { readonly span: Span<bigint> }[], from: number, address: bigint): number {
  let low = from;
  let step = 1;
  while (low + step <= owners.length && owners[low + step - 1]!.span[1] <= address) {
    low += step;
    step *= 2;
  }
  let high = Math.min(low + step, owners.length);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (owners[middle]!.span[1] <= address) low = middle + 1;
    else high = middle;
  }
  return low;
}

function addressSpans(at: Interface | undefined): readonly Span<bigint>[] {
  if (at === undefined) return [];
  const spans = at.addresses.map(({ address }) => [address, address + 1n] as const);
  return [...spans, ...(at.prefixes ?? []), ...(at.serves ?? [])];
}
