/** Packets at a translation: rewritten when they open a connection, restored when they reply to one. */
import type { PacketSpace } from '../net/packet-space.ts';
import type { InterfaceStep, Node, Rewrite, Translation, TranslationSide } from '../model/network.ts';
import { nameOf } from '../model/origin.ts';
import { type Flight, before, recall } from './flight.ts';
import { amendedBy, doubt, drop, resourceOf, stepped } from './losses.ts';
import { type Outcome, type Walk, merge, nothing, toward } from './outcome.ts';

type TranslationStep = Extract<InterfaceStep, { translation: string }>;

/** Takes the flight across a translation; `onward` is called with what comes out of it. */
export function translate(
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
    { ...flight, set: space.assign(marked, header), frames, torn: true },
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
    const seen = recall(space, flight, translation.id, walk.crowd?.remembered(translation.id));
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
  rules: TranslationSide,
  node: Node,
  onward: (flight: Flight) => Outcome,
): Outcome {
  return rules.otherwise === 'pass'
    ? onward(flight)
    : drop(walk, flight, node, {
        by: translation.origin,
        code: rules.code,
        why: rules.why,
        layer: 'network',
        ...amendedBy(rules.mend),
      });
}

/** Whether anything on the way has rewritten the destination. */
export function destinationRewritten(flight: Flight): boolean {
  for (let frame = flight.frames; frame !== undefined; frame = frame.parent)
    if (frame.undo.how === 'pairs' ? frame.undo.field === 'dst' : frame.undo.fields.includes('dst')) return true;
  return false;
}

/** Whether the destination was chosen by a device on the way, and is not just the inside of a 1:1 pair. */
export function isHandedOn(flight: Flight): boolean {
  for (let frame = flight.frames; frame !== undefined; frame = frame.parent)
    if (frame.undo.how === 'forget' && frame.undo.fields.includes('dst')) return true;
  return false;
}
