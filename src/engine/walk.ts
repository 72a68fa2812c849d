/**
 * Walks a set of packets through a network, there and back. Everything that the engine says is read off what happens
 * here: at every step the set in hand splits into passed, dropped by whom, and unknown by what. A walk ends with the
 * question's packets for which some way worked (`ok`) and those for which some way failed (`fail`); with forks and with
 * rewrites that leave a choice both can hold for one packet.
 */
import type { Span } from '../net/spans.ts';
import type { PacketSet, PacketSpace } from '../net/packet-space.ts';
import type {
  Fork,
  Interface,
  InterfaceStep,
  NextHop,
  Node,
  Rewrite,
  RouteEntry,
  Rule,
  Translation,
} from '../model/network.ts';
import type { Assumption, Missing, Origin } from '../model/origin.ts';
import type { Layer, StepResult } from '../model/results.ts';
import { type Compiler, type Patches, originOf } from './compile.ts';
import { type Flight, asAsked, before, recall, visiting } from './flight.ts';
import type { Recorder, Remedy } from './record.ts';
import { type Routed, splitByFilter, splitByTable } from './split.ts';

/** The question's packets for which some way worked, and for which some way failed. */
export interface Outcome {
  readonly ok: PacketSet;
  readonly fail: PacketSet;
}

/** How unknown parts count: as lost (`pessimistic`) or as passed (`optimistic`). */
export type Mood = 'pessimistic' | 'optimistic';

export interface Walk {
  readonly compiler: Compiler;
  readonly patches: Patches;
  readonly mood: Mood;
  readonly recorder: Recorder;
  /** The packets asked about. */
  readonly asked: PacketSet;
  readonly start: Interface;
  /** Nodes that count as the destination; undefined: whoever accepts. */
  readonly targets: readonly string[] | undefined;
  readonly connection: number;
  /** Answers for the connections that a relay opens. */
  readonly relay: (walk: Walk, node: Node, flight: Flight) => RelayOutcome;
}

/** What a relay's second connections are worth to the first one's packets: those that may work, and those that may fail. */
export interface RelayOutcome {
  readonly some: PacketSet;
  readonly lost: PacketSet;
}

/** Walks everything that was asked, from the start there and back. */
export function walkAll(walk: Walk): Outcome {
  const { compiler, start, asked } = walk;
  const node = compiler.network.node(start.node);
  const flight: Flight = {
    leg: 'forward',
    set: asked,
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
    });
  return route(walk, flight, start, node);
}

/** Arrival at an interface: its steps, then acceptance or onward routing. */
function enter(walk: Walk, arriving: Flight, interfaceId: string): Outcome {
  walk.recorder.hop();
  const { network } = walk.compiler;
  const at = network.interface(interfaceId);
  if (at === undefined)
    return doubt(walk, arriving, originOf(interfaceId), { what: `interface ${interfaceId}`, fetch: null });
  const node = network.node(at.node);
  if (node === undefined) return doubt(walk, arriving, at.origin, { what: `node ${at.node}`, fetch: null });
  const flight = visiting(arriving, interfaceId);
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
    });
  const assumes = [...(node.assumes ?? []), ...(at.assumes ?? [])];
  const known = assumes.length === 0 ? flight : { ...flight, assumptions: [...flight.assumptions, ...assumes] };
  return steps(walk, known, at, node, 'in', 0, (through) => arrive(walk, through, at, node));
}

/** After the incoming steps: is it for this node? */
function arrive(walk: Walk, flight: Flight, at: Interface, node: Node): Outcome {
  if (node.role === 'router' || node.role === 'outside') return route(walk, flight, at, node);
  const { space } = walk.compiler;
  const own = toward(
    space,
    flight,
    node.interfaces.flatMap((id) => addressSpans(walk.compiler.network.interface(id))),
  );
  const accepted = space.isEmpty(own) ? nothing(space) : accept(walk, { ...flight, set: own }, at, node);
  const others = space.minus(flight.set, own);
  if (space.isEmpty(others)) return accepted;
  const rest = { ...flight, set: others };
  const forwarded = node.forwards
    ? route(walk, { ...rest, assumptions: [...rest.assumptions, forwarding(node)] }, at, node)
    : drop(walk, rest, node, {
        by: node.origin,
        code: node.refuses?.code ?? 'not-its-address',
        why: node.refuses?.why ?? `the packet is not addressed to ${nameOf(node.origin)}, which does not forward`,
        layer: 'network',
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
    return doubt(walk, flight, node.origin, { what: `the route table of ${nameOf(at.origin)}`, fetch: null });
  const lines = compiler.table(table, flight.leg, walk.patches.routes.get(table.id) ?? []);
  let outcome = nothing(space);
  for (const routed of splitByTable(space, lines, table, flight.set)) {
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
    const remedy: Remedy | undefined =
      routed.entry === undefined && table.possible !== undefined
        ? { op: 'add-route', table: table.id, set: routed.packets, entries: table.possible() }
        : undefined;
    outcome = merge(space, outcome, follow(walk, onward, at, node, routed, remedy));
  }
  return outcome;
}

function follow(walk: Walk, flight: Flight, at: Interface, node: Node, routed: Routed, remedy?: Remedy): Outcome {
  const { space, network } = walk.compiler;
  const next = routed.next;
  switch (next.to) {
    case 'local':
      return node.role === 'endpoint' && flight.leg === 'forward'
        ? served(walk, flight, node)
        : accept(walk, flight, at, node);
    case 'drop':
      return drop(walk, flight, node, {
        by: next.by ?? routed.entry?.origin ?? node.origin,
        code: next.code,
        why: next.why,
        layer: 'network',
        ...(routed.entry === undefined ? {} : { rule: routed.entry }),
        ...(remedy === undefined ? {} : { remedy }),
      });
    case 'missing':
      return doubt(walk, flight, next.by ?? routed.entry?.origin ?? node.origin, next.what);
    case 'hop':
      return leave(walk, flight, at, next.out, (gone) => enter(walk, gone, next.in));
    case 'link': {
      const link = network.link(next.link);
      if (link === undefined) return doubt(walk, flight, node.origin, { what: `link ${next.link}`, fetch: null });
      let outcome = nothing(space);
      let rest = flight.set;
      for (const [interfaceId, spans] of ownersOf(space, flight, link.owners)) {
        const share = toward(space, flight, spans);
        rest = space.minus(rest, share);
        outcome = merge(
          space,
          outcome,
          leave(walk, { ...flight, set: share }, at, next.out, (gone) => enter(walk, gone, interfaceId)),
        );
      }
      if (space.isEmpty(rest)) return outcome;
      const unowned = follow(walk, { ...flight, set: rest }, at, node, { packets: rest, next: link.unowned });
      return merge(space, outcome, unowned);
    }
    case 'fork':
      return fork(walk, flight, next, (branch) => follow(walk, flight, at, node, { ...routed, next: branch }));
  }
}

/** All branches see the same packets; the kind of fork says what their outcomes are worth together. */
function fork(walk: Walk, flight: Flight, fork: Fork, take: (branch: NextHop) => Outcome): Outcome {
  const { space } = walk.compiler;
  const all = fork.branches.map(take);
  const union = all.reduce((a, b) => merge(space, a, b), nothing(space));
  if (fork.choose === 'any' || all.length < 2) return union;
  if (fork.choose === 'one-works') {
    const working = all.filter((outcome) => !space.isEmpty(outcome.ok));
    return working.length === 0 ? union : working.reduce((a, b) => merge(space, a, b), nothing(space));
  }
  const ok = all.map((outcome) => outcome.ok).reduce((a, b) => space.and(a, b));
  const fail = all.map((outcome) => outcome.fail).reduce((a, b) => space.and(a, b));
  const torn = space.or(space.minus(union.ok, ok), space.minus(union.fail, fail));
  if (!space.isEmpty(torn))
    walk.recorder.doubts.push({
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

function filter(
  walk: Walk,
  flight: Flight,
  id: string,
  direction: 'in' | 'out',
  node: Node,
  onward: (flight: Flight) => Outcome,
): Outcome {
  const { compiler } = walk;
  const { space } = compiler;
  const filter = compiler.network.filter(id);
  if (filter === undefined) return doubt(walk, flight, node.origin, { what: `filter ${id}`, fetch: null });
  const about = resourceOf(filter.owners?.[0] ?? filter.origin);

  if (flight.leg === 'return' && filter.state !== undefined && filter.noSession !== 'rules') {
    const seen = recall(space, flight, filter.state);
    const back = seen === undefined ? space.none : space.and(flight.set, seen);
    const strange = space.minus(flight.set, back);
    const passed = space.isEmpty(back)
      ? nothing(space)
      : onward(
          stepped({ ...flight, set: back }, node, {
            kind: 'session',
            action: 'pass',
            ...about,
            message: `reply of a connection that ${nameOf(filter.origin)} remembers`,
          }),
        );
    if (space.isEmpty(strange)) return passed;
    const lost = { ...flight, set: strange };
    const why = `${nameOf(filter.origin)} never saw the request that this replies to`;
    const stray =
      filter.noSession === 'unknown'
        ? merge(
            space,
            doubt(walk, lost, filter.origin, {
              what: `whether ${nameOf(filter.origin)} lets a reply pass whose request went another way`,
              fetch: null,
            }),
            walk.mood === 'optimistic' ? onward(lost) : nothing(space),
          )
        : drop(walk, lost, node, { by: filter.origin, code: 'no-session', why, layer: 'transport' });
    return merge(space, passed, stray);
  }

  let freed = space.none;
  for (const patch of walk.patches.allow.get(id) ?? [])
    if (patch.leg === flight.leg) freed = space.or(freed, space.and(flight.set, patch.set));
  const split = splitByFilter(space, compiler.filter(filter, flight.leg), filter, space.minus(flight.set, freed));
  let outcome = nothing(space);
  for (const part of split.dropped) {
    const remedy: Remedy = { op: 'allow', filter: id, leg: flight.leg, set: part.packets, direction };
    const why =
      part.rule === undefined
        ? `${filter.defaultText ?? 'no rule of'} ${listOf(filter.owners ?? [filter.origin])}${filter.defaultText === undefined ? ' allows it' : ''}`
        : `${nameOf(filter.origin)}: ${part.rule.text}`;
    outcome = merge(
      space,
      outcome,
      drop(walk, { ...flight, set: part.packets }, node, {
        by: filter.origin,
        owners: filter.owners ?? [],
        code: filter.code,
        why,
        layer: 'transport',
        remedy,
        ...(part.rule === undefined ? {} : { rule: part.rule }),
      }),
    );
  }
  let passed = space.or(split.passed, freed);
  for (const part of split.unknown) {
    outcome = merge(
      space,
      outcome,
      doubtful(walk, { ...flight, set: part.packets }, node, filter.origin, part.missing, part.rule),
    );
    if (walk.mood === 'optimistic') passed = space.or(passed, part.packets);
  }
  if (space.isEmpty(passed)) return outcome;
  const rule = split.allowed.find((part) => part.rule !== undefined)?.rule;
  const owner =
    rule === undefined
      ? about
      : resourceOf(
          rule.origin.kind === filter.origin.kind
            ? filter.origin
            : (filter.owners?.find((o) => o.id === rule.origin.id) ?? filter.owners?.[0] ?? filter.origin),
        );
  const message = rule === undefined ? `${nameOf(filter.origin)} allows it` : rule.text;
  const through = stepped({ ...flight, set: passed }, node, {
    kind: 'filter',
    action: 'pass',
    ...owner,
    message,
    ...(rule === undefined ? {} : { rule: rule.text, origin: rule.origin }),
  });
  const remembering =
    filter.state === undefined || flight.leg === 'return'
      ? through
      : {
          ...through,
          remembered: { parent: flight.remembered, state: filter.state, packets: passed, frame: flight.frames },
        };
  return merge(space, outcome, onward(remembering));
}

type TranslationStep = Extract<InterfaceStep, { translation: string }>;

function translate(
  walk: Walk,
  flight: Flight,
  step: TranslationStep,
  node: Node,
  onward: (flight: Flight) => Outcome,
): Outcome {
  const { compiler } = walk;
  const translation = compiler.network.translation(step.translation);
  if (translation === undefined)
    return doubt(walk, flight, node.origin, { what: `translation ${step.translation}`, fetch: null });
  return flight.leg === 'forward'
    ? rewrite(walk, flight, translation, step.side, node, onward)
    : restore(walk, flight, translation, step.side, node, onward);
}

/** A packet that opens a connection crosses a translation. */
function rewrite(
  walk: Walk,
  flight: Flight,
  translation: Translation,
  side: 'outward' | 'inward',
  node: Node,
  onward: (flight: Flight) => Outcome,
): Outcome {
  const { compiler } = walk;
  const { space } = compiler;
  const rules = translation[side];
  if (rules === undefined) {
    const unsolicited = translation.memory === 'stateful' ? toward(space, flight, translation.owns ?? []) : space.none;
    const rest = space.minus(flight.set, unsolicited);
    const lost = space.isEmpty(unsolicited)
      ? nothing(space)
      : drop(walk, { ...flight, set: unsolicited }, node, {
          by: translation.origin,
          code: 'no-session',
          why: `${nameOf(translation.origin)} lets nothing in that it did not ask for`,
          layer: 'network',
        });
    return space.isEmpty(rest) ? lost : merge(space, lost, onward({ ...flight, set: rest }));
  }
  let outcome = nothing(space);
  let flying = flight.set;
  for (const rule of rules.rewrites) {
    const share = space.and(flying, compiler.claimed(rule, 'forward'));
    if (space.isEmpty(share)) continue;
    flying = space.minus(flying, share);
    outcome = merge(space, outcome, onward(rewritten(space, { ...flight, set: share }, translation, side, rule, node)));
  }
  return space.isEmpty(flying)
    ? outcome
    : merge(space, outcome, unmatched(walk, { ...flight, set: flying }, translation, rules, node, onward));
}

function rewritten(
  space: PacketSpace,
  flight: Flight,
  translation: Translation,
  side: 'outward' | 'inward',
  rule: Rewrite,
  node: Node,
): Flight {
  const describeTo = (flight: Flight, message: string) =>
    stepped(flight, node, { kind: 'translate', action: 'rewrite', ...resourceOf(translation.origin), message });
  if (rule.pairs !== undefined) {
    const { field, table } = rule.pairs;
    const inverse = table.map(({ from, to }) => ({ from: to, to: from }));
    const after = space.mapAddress(flight.set, field, table);
    const frames = {
      parent: flight.frames,
      translation: translation.id,
      side,
      before: flight.set,
      undo: { how: 'pairs', field, inverse },
    } as const;
    return describeTo(
      { ...flight, set: after, frames },
      field === 'src' ? 'the source becomes its public address' : 'the destination becomes its private address',
    );
  }
  if (rule.set === undefined) {
    if (translation.memory === 'stateless') return flight;
    return {
      ...flight,
      remembered: { parent: flight.remembered, state: translation.id, packets: flight.set, frame: flight.frames },
    };
  }
  const { mark, ...header } = rule.set;
  const marked = mark === undefined ? flight.set : space.assign(flight.set, { mark });
  const fields = Object.keys(header) as (keyof typeof header)[];
  if (fields.length === 0) return { ...flight, set: marked };
  const frames = {
    parent: flight.frames,
    translation: translation.id,
    side,
    before: flight.set,
    undo: { how: 'forget', fields },
  } as const;
  return describeTo(
    { ...flight, set: space.assign(marked, header), frames },
    `${fields.includes('src') ? 'the source' : 'the destination'} becomes an address of ${nameOf(translation.origin)}`,
  );
}

/** A reply crosses a translation: it is undone, or known to be none of its business, or the reply is lost. */
function restore(
  walk: Walk,
  flight: Flight,
  translation: Translation,
  side: 'outward' | 'inward',
  node: Node,
  onward: (flight: Flight) => Outcome,
): Outcome {
  const { compiler } = walk;
  const { space } = compiler;
  const top = flight.frames;
  if (top !== undefined && top.translation === translation.id && top.side !== side) {
    const restored: Flight = {
      ...flight,
      set: before(space, top, flight.set),
      frames: top.parent,
      undone: [...flight.undone, translation.id],
    };
    return onward(
      stepped(restored, node, {
        kind: 'translate',
        action: 'rewrite',
        ...resourceOf(translation.origin),
        message: `${nameOf(translation.origin)} undoes its translation`,
      }),
    );
  }
  if (flight.undone.includes(translation.id)) return onward(flight);
  const lose = (lost: Flight, code: string, why: string) =>
    space.isEmpty(lost.set)
      ? nothing(space)
      : drop(walk, lost, node, { by: translation.origin, code, why, layer: 'network' });
  const rules = translation[side];
  if (translation.memory === 'stateful') {
    const seen = recall(space, flight, translation.id);
    const known = seen === undefined ? space.none : space.and(flight.set, seen);
    const strange = space.minus(flight.set, known);
    const passed = space.isEmpty(known) ? nothing(space) : onward({ ...flight, set: known });
    if (space.isEmpty(strange)) return passed;
    const concerned =
      rules === undefined
        ? toward(space, { ...flight, set: strange }, translation.owns ?? [])
        : space.and(strange, space.orAll(rules.rewrites.map((rule) => compiler.claimed(rule, 'return'))));
    const foreign = space.minus(strange, concerned);
    const lost = lose(
      { ...flight, set: concerned },
      'no-session',
      `${nameOf(translation.origin)} knows no connection that this reply belongs to`,
    );
    const rest = space.isEmpty(foreign)
      ? nothing(space)
      : rules === undefined
        ? onward({ ...flight, set: foreign })
        : unmatched(walk, { ...flight, set: foreign }, translation, rules, node, onward);
    return merge(space, passed, merge(space, lost, rest));
  }
  if (rules === undefined) return onward(flight);
  let outcome = nothing(space);
  let flying = flight.set;
  for (const rule of rules.rewrites) {
    const share = space.and(flying, compiler.claimed(rule, 'return'));
    if (space.isEmpty(share)) continue;
    flying = space.minus(flying, share);
    const here = { ...flight, set: share };
    const changes = rule.pairs !== undefined || Object.keys(rule.set ?? {}).some((field) => field !== 'mark');
    outcome = merge(
      space,
      outcome,
      changes
        ? lose(
            here,
            'reply-from-wrong-address',
            `${nameOf(translation.origin)} rewrites the reply, which then comes from an address that the client never spoke to`,
          )
        : onward(here),
    );
  }
  return space.isEmpty(flying)
    ? outcome
    : merge(space, outcome, unmatched(walk, { ...flight, set: flying }, translation, rules, node, onward));
}

function unmatched(
  walk: Walk,
  flight: Flight,
  translation: Translation,
  rules: { otherwise: 'pass' | 'drop'; code: string; why: string },
  node: Node,
  onward: (flight: Flight) => Outcome,
): Outcome {
  return rules.otherwise === 'pass'
    ? onward(flight)
    : drop(walk, flight, node, { by: translation.origin, code: rules.code, why: rules.why, layer: 'network' });
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
    const outside = node.role === 'outside' && node.id === walk.start.node;
    if (!outside && at.id !== walk.start.id)
      return drop(walk, arrived, node, {
        by: node.origin,
        code: 'reply-to-wrong-host',
        why: `the reply reaches ${nameOf(at.origin)}, not ${nameOf(walk.start.origin)} that asked`,
        layer: 'network',
      });
    if (flight.frames !== undefined)
      return drop(walk, arrived, node, {
        by: node.origin,
        code: 'reply-from-wrong-address',
        why: 'the reply comes back past the device that translated the request',
        layer: 'network',
      });
    recorder.ends.push({
      leg: 'return',
      connection: walk.connection,
      end: 'accepted',
      packets: asked,
      trail: arrived.trail,
    });
    recorder.assume(flight.assumptions);
    return { ok: asked, fail: space.none };
  }
  if (walk.targets !== undefined && !walk.targets.includes(node.id) && !destinationRewritten(flight))
    return drop(walk, arrived, node, {
      by: node.origin,
      code: 'wrong-host',
      why: `the address belongs to ${nameOf(node.origin)} here, not to the destination that was asked for`,
      layer: 'network',
    });
  recorder.ends.push({
    leg: 'forward',
    connection: walk.connection,
    end: 'accepted',
    packets: asked,
    trail: arrived.trail,
  });
  if (node.relay === undefined) return answer(walk, flight, at, node);
  const beyond = walk.relay(walk, node, flight);
  const first = space.isEmpty(beyond.some) ? nothing(space) : answer(walk, { ...flight, set: beyond.some }, at, node);
  const fail = asAsked(space, flight.frames, beyond.lost, walk.asked);
  return { ok: first.ok, fail: space.or(first.fail, fail) };
}

/** The receiver replies to what has a reply; a message without one is done when it arrives. */
function answer(walk: Walk, flight: Flight, at: Interface, node: Node): Outcome {
  const { compiler, recorder } = walk;
  const { space } = compiler;
  const answered = space.and(flight.set, compiler.answerable);
  const single = space.minus(flight.set, answered);
  let outcome = nothing(space);
  if (!space.isEmpty(single)) {
    recorder.assume(flight.assumptions);
    outcome = { ok: asAsked(space, flight.frames, single, walk.asked), fail: space.none };
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
  walk.recorder.ends.push({ leg: 'forward', connection: walk.connection, end: 'accepted', packets, trail });
  walk.recorder.assume(flight.assumptions);
  return { ok: packets, fail: space.none };
}

function destinationRewritten(flight: Flight): boolean {
  for (let frame = flight.frames; frame !== undefined; frame = frame.parent)
    if (frame.undo.how === 'pairs' ? frame.undo.field === 'dst' : frame.undo.fields.includes('dst')) return true;
  return false;
}

interface DropAt {
  readonly by: Origin;
  readonly owners?: readonly Origin[];
  readonly code: string;
  readonly why: string;
  readonly layer: Layer;
  readonly rule?: Rule | RouteEntry;
  readonly remedy?: Remedy;
}

function drop(walk: Walk, flight: Flight, node: Node, at: DropAt): Outcome {
  const { space } = walk.compiler;
  const packets = asAsked(space, flight.frames, flight.set, walk.asked);
  const { by, code, why, layer } = at;
  walk.recorder.drops.push({
    by,
    code,
    why,
    layer,
    owners: at.owners ?? [],
    leg: flight.leg,
    connection: walk.connection,
    packets,
    ...(at.rule === undefined ? {} : { rule: at.rule }),
    ...(at.remedy === undefined ? {} : { remedy: at.remedy }),
  });
  const rule = at.rule === undefined ? {} : { rule: at.rule.text, origin: at.rule.origin };
  const trail = stepped(flight, node, { kind: 'drop', action: 'drop', ...resourceOf(by), message: why, ...rule }).trail;
  walk.recorder.ends.push({
    leg: flight.leg,
    connection: walk.connection,
    end: layer === 'transport' ? 'denied' : code,
    packets,
    trail,
  });
  return { ok: space.none, fail: packets };
}

/** Nobody can know what happens from here on: lost in one mood, working in the other. */
function doubt(walk: Walk, flight: Flight, by: Origin, missing: Missing): Outcome {
  const { space } = walk.compiler;
  const packets = asAsked(space, flight.frames, flight.set, walk.asked);
  noteDoubt(walk, flight, undefined, by, missing, packets);
  return walk.mood === 'pessimistic' ? { ok: space.none, fail: packets } : { ok: packets, fail: space.none };
}

/** The same for a filter: its optimistic share walks on, so a later certain drop still decides. */
function doubtful(walk: Walk, flight: Flight, node: Node, by: Origin, missing: Missing, rule?: Rule): Outcome {
  const { space } = walk.compiler;
  const packets = asAsked(space, flight.frames, flight.set, walk.asked);
  noteDoubt(walk, flight, node, by, missing, packets, rule);
  return walk.mood === 'pessimistic' ? { ok: space.none, fail: packets } : nothing(space);
}

function noteDoubt(
  walk: Walk,
  flight: Flight,
  node: Node | undefined,
  by: Origin,
  missing: Missing,
  packets: PacketSet,
  rule?: Rule,
): void {
  const { recorder, connection } = walk;
  recorder.doubts.push({ missing, by, leg: flight.leg, connection, packets });
  const where = node ?? flight.trail?.node;
  const message = `not in the snapshot: ${missing.what}`;
  const step: StepResult = {
    kind: 'unknown',
    action: 'unknown',
    ...resourceOf(by),
    message,
    ...(rule === undefined ? {} : { rule: rule.text, origin: rule.origin }),
  };
  recorder.ends.push({
    leg: flight.leg,
    connection,
    end: 'unknown',
    packets,
    trail: where === undefined ? flight.trail : stepped(flight, where, step).trail,
  });
}

/** Who on a link owns the destinations in flight, with the spans that each owns of them. */
function ownersOf(
  space: PacketSpace,
  flight: Flight,
  owners: readonly { readonly span: Span<bigint>; readonly in: string }[],
): ReadonlyMap<string, Span<bigint>[]> {
  const found = new Map<string, Span<bigint>[]>();
  for (const [lo, end] of space.values(
    flight.set,
    flight.leg === 'forward' ? 'dst' : 'src',
  ) as readonly Span<bigint>[]) {
    let low = 0;
    let high = owners.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (owners[middle]!.span[1] <= lo) low = middle + 1;
      else high = middle;
    }
    for (let i = low; i < owners.length && owners[i]!.span[0] < end; i++) {
      const { span, in: by } = owners[i]!;
      const spans = found.get(by);
      if (spans === undefined) found.set(by, [span]);
      else spans.push(span);
    }
  }
  return found;
}

/** The packets in flight that are headed for these addresses; a reply's destination is the request's source. */
function toward(space: PacketSpace, flight: Flight, spans: readonly Span<bigint>[]): PacketSet {
  if (spans.length === 0) return space.none;
  return space.and(flight.set, space.of({ [flight.leg === 'forward' ? 'dst' : 'src']: spans }));
}

function addressSpans(at: Interface | undefined): readonly Span<bigint>[] {
  if (at === undefined) return [];
  const spans = at.addresses.map(({ address }) => [address, address + 1n] as const);
  return at.prefixes === undefined ? spans : [...spans, ...at.prefixes];
}

function stepped(flight: Flight, node: Node, step: StepResult): Flight {
  return { ...flight, trail: { parent: flight.trail, node, step } };
}

function resourceOf(origin: Origin): { resource: string; resourceName?: string; resourceKind: string } {
  return {
    resource: origin.id,
    resourceKind: origin.kind,
    ...(origin.name === undefined ? {} : { resourceName: origin.name }),
  };
}

/** "security group sg-1 (web)". */
export function nameOf(origin: Origin): string {
  if (origin.kind === origin.id) return origin.id;
  return `${origin.kind} ${origin.id}${origin.name === undefined || origin.name === origin.id ? '' : ` (${origin.name})`}`;
}

function listOf(origins: readonly Origin[]): string {
  return origins.map(nameOf).join(', ');
}

function nothing(space: PacketSpace): Outcome {
  return { ok: space.none, fail: space.none };
}

function merge(space: PacketSpace, a: Outcome, b: Outcome): Outcome {
  return { ok: space.or(a.ok, b.ok), fail: space.or(a.fail, b.fail) };
}
