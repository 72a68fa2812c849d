/** Packets at a filter: what its rules pass, what they drop, what nobody can know, and what a session lets back. */
import type { Filter, Node } from '../model/network.ts';
import { type Origin, nameOf } from '../model/origin.ts';
import { type Flight, asAsked, recall } from './flight.ts';
import { doubt, doubtful, drop, resourceOf, stepped } from './losses.ts';
import { type Outcome, type Walk, merge, nothing } from './outcome.ts';
import type { Remedy } from './record.ts';
import { decidedBy } from './decided.ts';
import { splitByFilter } from './split.ts';

/** Takes the flight past a filter; `onward` is called with what passes. */
export function filter(
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
    const seen = recall(space, flight, filter.state, walk.crowd?.remembered(filter.state));
    const back = seen === undefined ? space.none : space.and(flight.set, seen);
    const strange = space.minus(flight.set, back);
    const passed = space.isEmpty(back)
      ? nothing(space)
      : onward(
          stepped({ ...met(flight, filter), set: back }, node, {
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
            doubtful(walk, lost, node, filter.origin, {
              what: `whether ${nameOf(filter.origin)} lets a reply pass whose request went another way`,
              fetch: null,
            }),
            walk.mood === 'optimistic' ? onward({ ...lost, torn: true }) : nothing(space),
          )
        : drop(walk, lost, node, { by: filter.origin, code: 'no-session', why, layer: 'transport' });
    return merge(space, passed, stray);
  }

  if (!walk.recorder.keepsStory) return unseen(walk, flight, filter, node, onward);
  const split = splitByFilter(space, compiler.filter(filter, flight.leg), filter, flight.set);
  let outcome = nothing(space);
  for (const part of split.dropped) {
    const remedy: Remedy = { op: 'allow', filter: id, leg: flight.leg, set: part.packets, direction };
    const why =
      part.rule === undefined
        ? `${filter.defaultText ?? 'no rule of'} ${listOf(filter.owners ?? [filter.origin])}${filter.defaultText === undefined ? ' allows it' : ''}`
        : `${nameOf(part.rule.by ?? filter.origin)}: ${part.rule.text}`;
    outcome = merge(
      space,
      outcome,
      drop(walk, { ...flight, set: part.packets }, node, {
        by: part.rule?.by ?? filter.origin,
        owners: part.rule?.by === undefined ? (filter.owners ?? []) : [],
        code: part.rule?.code ?? filter.code,
        why,
        layer: 'transport',
        ...(filter.whyNoMend === undefined ? { remedy } : { whyNoMend: filter.whyNoMend }),
        ...(part.rule === undefined ? {} : { rule: part.rule }),
      }),
    );
  }
  let { passed } = split;
  for (const part of split.unknown) {
    outcome = merge(
      space,
      outcome,
      doubtful(walk, { ...flight, set: part.packets }, node, part.rule?.by ?? filter.origin, part.missing, part.rule),
    );
    if (walk.mood === 'optimistic') passed = space.or(passed, part.packets);
  }
  if (space.isEmpty(passed)) return outcome;
  const rule = split.allowed.find((part) => part.rule !== undefined)?.rule;
  const owner =
    rule === undefined
      ? about
      : resourceOf(
          rule.by ??
            (rule.origin.kind === filter.origin.kind
              ? filter.origin
              : (filter.owners?.find((o) => o.id === rule.origin.id) ?? filter.owners?.[0] ?? filter.origin)),
        );
  const message = rule === undefined ? `${nameOf(filter.origin)} allows it` : rule.text;
  const through = stepped({ ...flight, set: passed }, node, {
    kind: 'filter',
    action: 'pass',
    ...owner,
    message,
    ...(rule === undefined ? {} : { rule: rule.text, origin: rule.origin }),
  });
  return merge(space, outcome, onward(remembering(through, filter)));
}

/** The flight of a reply that came back through a filter that waited for it. */
function met(flight: Flight, { state }: Filter): Flight {
  return flight.expects === undefined
    ? flight
    : { ...flight, expects: flight.expects.filter((one) => one.state !== state) };
}

/** The flight past a filter that it passed: a stateful one remembers what it lets through on the way there. */
function remembering(flight: Flight, { state, noReply, origin }: Filter): Flight {
  if (state === undefined || flight.leg === 'return') return flight;
  const expects = noReply === undefined ? {} : { expects: [...(flight.expects ?? []), { state, by: origin }] };
  return {
    ...flight,
    ...expects,
    remembered: { parent: flight.remembered, state, packets: flight.set, frame: flight.frames },
  };
}

/** The same for those who want no story: what the filter says of any packet is worked out once and cut down to the flight. */
function unseen(walk: Walk, flight: Flight, filter: Filter, node: Node, onward: (flight: Flight) => Outcome): Outcome {
  const { compiler } = walk;
  const { space } = compiler;
  const { passed, unknown } = decidedBy(compiler, filter, flight.leg);
  let outcome = nothing(space);
  let set = space.and(flight.set, passed);
  for (const part of unknown) {
    const packets = space.and(flight.set, part.packets);
    if (space.isEmpty(packets)) continue;
    outcome = merge(space, outcome, doubtful(walk, { ...flight, set: packets }, node, filter.origin, part.missing));
    if (walk.mood === 'optimistic') set = space.or(set, packets);
  }
  if (flight.torn !== undefined) {
    const dropped = space.minus(flight.set, set);
    const packets = space.isEmpty(dropped) ? space.none : asAsked(space, flight.frames, dropped, walk.asked);
    outcome = merge(space, outcome, { ok: space.none, fail: packets });
  }
  return space.isEmpty(set) ? outcome : merge(space, outcome, onward(remembering({ ...flight, set }, filter)));
}

function listOf(origins: readonly Origin[]): string {
  return origins.map(nameOf).join(', ');
}
