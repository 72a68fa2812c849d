/** Dropping parts as blockers for people and programs: merged, named, in real header coordinates, each with its change. */
import { describe } from '../net/describe.ts';
import type { PacketSet, PacketSpace } from '../net/packet-space.ts';
import type { Change } from '../model/change.ts';
import type { RouteEntry, Rule } from '../model/network.ts';
import type { Origin } from '../model/origin.ts';
import type { Blocker } from '../model/results.ts';
import type { Finding } from './examine.ts';
import type { Drop } from './record.ts';
import { type Patch, changeOf } from './patch.ts';
import { type Blame, type Repaired, samePatch } from './repair.ts';

/** Every blocker of a question, and the changes that together mend what can be mended. */
export function blockersOf(
  space: PacketSpace,
  finding: Finding,
  repaired: Repaired,
): { blockers: Blocker[]; changes: Change[] } {
  const merged = new Map<string, { blame: Blame; by: Origin; packets: PacketSet }>();
  for (const blame of repaired.drops)
    for (const by of blame.drop.owners.length === 0 ? [blame.drop.by] : blame.drop.owners) {
      const { drop } = blame;
      const key = [drop.connection, drop.leg, drop.code, by.id, drop.rule?.text ?? ''].join(' ');
      const same = merged.get(key);
      if (same === undefined) merged.set(key, { blame, by, packets: drop.packets });
      else same.packets = space.or(same.packets, drop.packets);
    }
  const changes = new Map<Patch, Change>();
  const toChange = (patch: Patch, { by, owners, rule }: Drop): Change => {
    const change =
      changes.get(patch) ??
      changeOf(space, patch, owners[0] ?? by, rule !== undefined && isRule(rule) ? rule : undefined);
    changes.set(patch, change);
    return change;
  };
  const blockers = [...merged.values()]
    .map(({ blame, by, packets }) => toBlocker(space, blame, by, packets, toChange))
    .sort((a, b) => a.connection - b.connection || (a.leg === b.leg ? 0 : a.leg === 'forward' ? -1 : 1));
  const needed = repaired.needed.flatMap((patch) => {
    const blame = repaired.drops.find((one) => one.patch !== undefined && samePatch(one.patch, patch));
    return blame === undefined ? [] : [toChange(patch, blame.drop)];
  });
  return { blockers, changes: needed };
}

function toBlocker(
  space: PacketSpace,
  { drop, patch, unknown }: Blame,
  by: Origin,
  packets: PacketSet,
  toChange: (patch: Patch, drop: Drop) => Change,
): Blocker {
  const change = patch === undefined || unknown !== undefined ? undefined : toChange(patch, drop);
  return {
    code: drop.code,
    resource: by.id,
    ...(by.name === undefined ? {} : { resourceName: by.name }),
    ...(by.link === undefined ? {} : { selfLink: by.link }),
    provider: by.provider,
    connection: drop.connection,
    leg: drop.leg,
    layer: drop.layer,
    symptom: 'timeout',
    ...(drop.rule === undefined ? {} : { rule: { id: drop.rule.origin.id, text: drop.rule.text } }),
    packets: describe(space, space.forget(packets, ['mark'])),
    message: drop.why,
    fix: change === undefined ? null : { text: change.text, change },
    ...(change === undefined
      ? {
          whyNoFix:
            unknown === undefined
              ? (drop.whyNoMend ?? 'no rule or route that could be added here would help')
              : `it takes a rule for ${unknown.what}, which the snapshot does not hold`,
        }
      : {}),
    origin: { file: (drop.rule?.origin ?? by).file, pointer: (drop.rule?.origin ?? by).pointer },
  };
}

function isRule(rule: Rule | RouteEntry): rule is Rule {
  return 'action' in rule;
}
