/** How packets end on the way: dropped by somebody, or doubted because of something that is not in the snapshot. */
import type { PacketSet } from '../net/packet-space.ts';
import type { Node, RouteEntry, Rule } from '../model/network.ts';
import type { Missing, Origin } from '../model/origin.ts';
import type { Layer, StepResult } from '../model/results.ts';
import { type Flight, asAsked } from './flight.ts';
import { type Outcome, type Walk, nothing } from './outcome.ts';
import type { Remedy } from './record.ts';

interface DropAt {
  readonly by: Origin;
  readonly owners?: readonly Origin[];
  readonly code: string;
  readonly why: string;
  readonly layer: Layer;
  readonly rule?: Rule | RouteEntry;
  readonly remedy?: Remedy;
  readonly whyNoMend?: string | undefined;
}

/** These packets end here, by somebody's decision. */
export function drop(walk: Walk, flight: Flight, node: Node, at: DropAt): Outcome {
  const { space } = walk.compiler;
  // Packets that fare in one way only and fail are those that are not among what works: nobody needs the list.
  if (!walk.recorder.keepsStory && flight.torn === undefined) return nothing(space);
  const packets = asAsked(space, flight.frames, flight.set, walk.asked);
  if (!walk.recorder.keepsStory) return { ok: space.none, fail: packets };
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
    ...(at.whyNoMend === undefined ? {} : { whyNoMend: at.whyNoMend }),
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

/** The remedy of a drop that names an amendment. */
export function amendedBy(mend: string | undefined): { remedy?: Remedy } {
  return mend === undefined ? {} : { remedy: { op: 'amend', amendment: mend } };
}

/** Nobody can know what happens from here on: lost in one mood, working in the other. */
export function doubt(walk: Walk, flight: Flight, by: Origin, missing: Missing): Outcome {
  const { space } = walk.compiler;
  const packets = asAsked(space, flight.frames, flight.set, walk.asked);
  noteDoubt(walk, flight, undefined, by, missing, packets);
  if (flight.leg === 'forward' && walk.connection === 0 && walk.mood === 'optimistic')
    walk.recorder.arrivals.push({ node: by.id, packets, forAnyone: true });
  return walk.mood === 'pessimistic' ? { ok: space.none, fail: packets } : { ok: packets, fail: space.none };
}

/** The same for a filter: its optimistic share walks on, so a later certain drop still decides. */
export function doubtful(walk: Walk, flight: Flight, node: Node, by: Origin, missing: Missing, rule?: Rule): Outcome {
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
  recorder.doubt({ missing, by, leg: flight.leg, connection, packets });
  if (!recorder.keepsStory) return;
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

/** The flight with one more step behind it. */
export function stepped(flight: Flight, node: Node, step: StepResult): Flight {
  return { ...flight, trail: { parent: flight.trail, node, step } };
}

/** An origin as the steps of a trace name it. */
export function resourceOf(origin: Origin): { resource: string; resourceName?: string; resourceKind: string } {
  return {
    resource: origin.id,
    resourceKind: origin.kind,
    ...(origin.name === undefined ? {} : { resourceName: origin.name }),
  };
}
