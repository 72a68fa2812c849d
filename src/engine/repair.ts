/**
 * Blame and fixes in one loop: walk, lay a remedy over every part that was dropped, walk again, until it works or nothing
 * more can be mended. What was dropped in any round is a blocker; what remains of the remedies when each has been left
 * out in turn is the fix, so it is verified by construction, on both legs.
 */
import { normalise, subtract } from '../net/spans.ts';
import type { Missing } from '../model/origin.ts';
import type { Question } from '../model/query.ts';
import type { Verdict } from '../model/results.ts';
import type { Compiler } from './compile.ts';
import { type Finding, examine } from './examine.ts';
import { type Patch, inPlaceOf, patched, ruleFor } from './patch.ts';
import type { Drop } from './record.ts';
import { workingPackets } from './verdict.ts';

export interface Blame {
  readonly drop: Drop;
  readonly patch?: Patch;
  /** What the patch names by a stand-in: nobody can make such a change before that is known. */
  readonly unknown?: Missing;
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
  const known = new Verdicts(compiler, question, first);
  for (let round = 0; round < MOST_ROUNDS && finding.verdict !== 'reachable'; round++) {
    let progress = false;
    for (const drop of relevantDrops(compiler, finding)) {
      const patch = patchFor(compiler, drop, patches);
      const unknown = patch === undefined ? undefined : unknownIn(compiler, patch);
      drops.push({ drop, ...(patch === undefined ? {} : { patch }), ...(unknown === undefined ? {} : { unknown }) });
      if (patch === undefined || patches.some((other) => samePatch(other, patch))) continue;
      patches.push(patch);
      progress = true;
    }
    if (!progress) break;
    finding = known.examine(patches);
  }
  if (patches.length === 0 || rankOf(finding.verdict) <= rankOf(first.verdict))
    return { drops, outcome: 'none', needed: [] };
  const needed = neededOf(known, patches, finding.verdict);
  if (finding.verdict === 'unreachable' || needed.some((patch) => unknownIn(compiler, patch) !== undefined))
    return { drops, outcome: 'none', needed: [] };
  return { drops, outcome: finding.verdict, needed };
}

/** What would tell the addresses that a patch names by their stand-ins. */
function unknownIn({ standIns }: Compiler, patch: Patch): Missing | undefined {
  if (patch.op !== 'allow') return undefined;
  return patch.rule.match.map((match) => standIns.namedBy(match)).find((missing) => missing !== undefined);
}

/** The parts that cost the answer something: not those that hit packets which work all the same. */
export function relevantDrops(compiler: Compiler, finding: Finding): Drop[] {
  const { space } = compiler;
  const lost = space.minus(finding.asked, workingPackets(space, finding.asked, finding.pessimistic));
  return finding.recorder.drops.filter((drop) => drop.connection > 0 || space.overlaps(drop.packets, lost));
}

/** A compiler for the network with these patches laid over it. */
export function laidOver(compiler: Compiler, patches: readonly Patch[]): Compiler {
  return patches.length === 0 ? compiler : compiler.over(patched(compiler.network, patches));
}

/** The question for the network with these patches: addresses that they bring along are no longer the internet's. */
function askedOver(patches: readonly Patch[], question: Question): Question {
  const own = normalise(
    patches.flatMap((patch) => (patch.op === 'amend' ? (patch.amendment.publicAddresses ?? []) : [])),
  );
  if (own.length === 0) return question;
  const { src, dst, srcAddresses, dstAddresses } = question;
  return {
    ...question,
    srcAddresses: src.id === 'internet' ? subtract(srcAddresses, own) : srcAddresses,
    dstAddresses: dst.id === 'internet' ? subtract(dstAddresses, own) : dstAddresses,
  };
}

function patchFor(compiler: Compiler, drop: Drop, taken: readonly Patch[]): Patch | undefined {
  const { remedy } = drop;
  if (remedy === undefined) return undefined;
  if (remedy.op === 'amend') {
    const amendment = compiler.network.amendment(remedy.amendment);
    return amendment === undefined ? undefined : { op: 'amend', amendment };
  }
  const { space } = compiler;
  if (remedy.op === 'allow') {
    const { filter, direction } = remedy;
    return { op: 'allow', filter, direction, rule: ruleFor(space, remedy.set, remedy.leg, drop.owners[0] ?? drop.by) };
  }
  const { table, replaces } = remedy;
  for (const candidate of remedy.entries) {
    const there = compiler.match(candidate.match, drop.leg);
    const helps = replaces === undefined ? space.overlaps(there, remedy.set) : space.isSubset(remedy.set, there);
    if (!helps) continue;
    const patch: Patch =
      replaces === undefined
        ? { op: 'add-route', table, entry: candidate }
        : { op: 'add-route', table, entry: inPlaceOf(replaces, candidate), replaces };
    if (!taken.some((other) => samePatch(other, patch))) return patch;
  }
  return undefined;
}

/** Leaves each patch out in turn and keeps those whose absence makes the verdict worse. */
function neededOf(known: Verdicts, patches: readonly Patch[], reached: Verdict): readonly Patch[] {
  let kept = patches;
  for (const patch of patches) {
    const without = kept.filter((other) => other !== patch);
    if (rankOf(known.of(without)) >= rankOf(reached)) kept = without;
  }
  return kept;
}

/** The verdict with some patches laid over the network; each set of them is walked once. */
class Verdicts {
  private readonly compiler: Compiler;
  private readonly question: Question;
  private readonly known: { readonly patches: readonly Patch[]; readonly verdict: Verdict }[];

  constructor(compiler: Compiler, question: Question, { verdict }: Finding) {
    this.compiler = compiler;
    this.question = question;
    this.known = [{ patches: [], verdict }];
  }

  examine(patches: readonly Patch[]): Finding {
    const finding = examine(laidOver(this.compiler, patches), askedOver(patches, this.question));
    this.known.push({ patches: [...patches], verdict: finding.verdict });
    return finding;
  }

  of(patches: readonly Patch[]): Verdict {
    const same = this.known.find(
      (one) => one.patches.length === patches.length && patches.every((patch) => one.patches.includes(patch)),
    );
    return same?.verdict ?? this.examine(patches).verdict;
  }
}

function rankOf(verdict: Verdict): number {
  return { unreachable: 0, undetermined: 1, partial: 2, reachable: 3 }[verdict];
}

/** Whether two patches are the same change, found twice. */
export function samePatch(a: Patch, b: Patch): boolean {
  if (a.op === 'allow' && b.op === 'allow') return a.filter === b.filter && a.rule.text === b.rule.text;
  if (a.op === 'add-route' && b.op === 'add-route')
    return a.table === b.table && a.entry.text === b.entry.text && a.replaces === b.replaces;
  return a.op === 'amend' && b.op === 'amend' && a.amendment.id === b.amendment.id;
}
