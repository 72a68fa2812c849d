/**
 * Blame and fixes in one loop: walk, lay a remedy over every part that was dropped, walk again, until it works or nothing
 * more can be mended. What was dropped in any round is a blocker; what remains of the remedies when each has been left
 * out in turn is the fix, so it is verified by construction, on both legs.
 */
import type { PacketSet } from '../net/packet-space.ts';
import type { RouteEntry } from '../model/network.ts';
import type { Question } from '../model/query.ts';
import type { Leg, Verdict } from '../model/results.ts';
import { type Compiler, NO_PATCHES, type Patches } from './compile.ts';
import { type Finding, examine } from './examine.ts';
import type { Drop } from './record.ts';
import { workingPackets } from './verdict.ts';

/** One change laid over the network. */
export type Patch =
  | { readonly op: 'allow'; readonly filter: string; readonly leg: Leg; readonly set: PacketSet }
  | { readonly op: 'add-route'; readonly table: string; readonly entry: RouteEntry };

export interface Blame {
  readonly drop: Drop;
  readonly patch?: Patch;
}

export interface Repaired {
  /** Every dropping part of every round, in the order of discovery. */
  readonly drops: readonly Blame[];
  readonly outcome: 'reachable' | 'partial' | 'undetermined' | 'none';
  /** The patches without which the outcome is worse. */
  readonly needed: readonly Patch[];
}

const MOST_ROUNDS = 16;

export function repair(compiler: Compiler, question: Question, first: Finding): Repaired {
  const drops: Blame[] = [];
  const patches: Patch[] = [];
  let finding = first;
  for (let round = 0; round < MOST_ROUNDS && finding.verdict !== 'reachable'; round++) {
    let progress = false;
    for (const drop of relevantDrops(compiler, finding)) {
      const patch = patchFor(compiler, drop, patches);
      drops.push(patch === undefined ? { drop } : { drop, patch });
      if (patch === undefined || patches.some((other) => samePatch(other, patch))) continue;
      patches.push(patch);
      progress = true;
    }
    if (!progress) break;
    finding = examine(compiler, question, laidOver(patches));
  }
  if (patches.length === 0 || rankOf(finding.verdict) <= rankOf(first.verdict))
    return { drops, outcome: 'none', needed: [] };
  return {
    drops,
    outcome: finding.verdict === 'unreachable' ? 'none' : finding.verdict,
    needed: neededOf(compiler, question, patches, finding.verdict),
  };
}

/** The parts that cost the answer something: not those that hit packets which work all the same. */
export function relevantDrops(compiler: Compiler, finding: Finding): Drop[] {
  const { space } = compiler;
  const lost = space.minus(finding.asked, workingPackets(space, finding.asked, finding.pessimistic));
  return finding.recorder.drops.filter((drop) => drop.connection > 0 || space.overlaps(drop.packets, lost));
}

export function laidOver(patches: readonly Patch[]): Patches {
  if (patches.length === 0) return NO_PATCHES;
  const allow = new Map<string, { leg: Leg; set: PacketSet }[]>();
  const routes = new Map<string, RouteEntry[]>();
  for (const patch of patches) {
    if (patch.op === 'allow')
      allow.set(patch.filter, [...(allow.get(patch.filter) ?? []), { leg: patch.leg, set: patch.set }]);
    else routes.set(patch.table, [...(routes.get(patch.table) ?? []), patch.entry]);
  }
  return { allow, routes };
}

function patchFor(compiler: Compiler, drop: Drop, taken: readonly Patch[]): Patch | undefined {
  const { remedy } = drop;
  if (remedy === undefined) return undefined;
  if (remedy.op === 'allow') return { op: 'allow', filter: remedy.filter, leg: remedy.leg, set: remedy.set };
  const entry = remedy.entries.find(
    (candidate) =>
      !taken.some((patch) => patch.op === 'add-route' && patch.entry === candidate) &&
      compiler.space.overlaps(compiler.match(candidate.match, drop.leg), remedy.set),
  );
  return entry === undefined ? undefined : { op: 'add-route', table: remedy.table, entry };
}

/** Leaves each patch out in turn and keeps those whose absence makes the verdict worse. */
function neededOf(
  compiler: Compiler,
  question: Question,
  patches: readonly Patch[],
  reached: Verdict,
): readonly Patch[] {
  let kept = patches;
  for (const patch of patches) {
    const without = kept.filter((other) => other !== patch);
    if (rankOf(examine(compiler, question, laidOver(without)).verdict) >= rankOf(reached)) kept = without;
  }
  return kept;
}

function rankOf(verdict: Verdict): number {
  return { unreachable: 0, undetermined: 1, partial: 2, reachable: 3 }[verdict];
}

function samePatch(a: Patch, b: Patch): boolean {
  if (a.op === 'allow' && b.op === 'allow') return a.filter === b.filter && a.leg === b.leg && a.set === b.set;
  return a.op === 'add-route' && b.op === 'add-route' && a.table === b.table && a.entry === b.entry;
}
