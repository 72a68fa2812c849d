/** Dropping parts as blockers for people and programs: merged, named, in real header coordinates, each with its change. */
import type { Box } from '../net/fields.ts';
import { allowedFlows, describe, flowText, flowsForPeople } from '../net/describe.ts';
import type { PacketSet, PacketSpace } from '../net/packet-space.ts';
import { replyTypeOf } from '../net/protocol.ts';
import type { Change } from '../model/change.ts';
import type { RouteEntry, Rule } from '../model/network.ts';
import { type Origin, nameOf } from '../model/origin.ts';
import type { Blocker } from '../model/results.ts';
import type { Finding } from './examine.ts';
import type { Drop } from './record.ts';
import type { Blame, Patch, Repaired } from './repair.ts';

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
      const key = [drop.connection, drop.leg, drop.code, by.id, drop.rule === undefined ? '' : textOf(drop.rule)].join(
        ' ',
      );
      const same = merged.get(key);
      if (same === undefined) merged.set(key, { blame, by, packets: drop.packets });
      else same.packets = space.or(same.packets, drop.packets);
    }
  const texts = new Map<Patch, Change>();
  const changeOf = (patch: Patch, drop: Drop): Change => {
    const known = texts.get(patch) ?? toChange(space, patch, drop);
    texts.set(patch, known);
    return known;
  };
  const blockers = [...merged.values()]
    .map(({ blame, by, packets }) => toBlocker(space, blame, by, packets, changeOf))
    .sort((a, b) => a.connection - b.connection || (a.leg === b.leg ? 0 : a.leg === 'forward' ? -1 : 1));
  const changes = repaired.needed.flatMap((patch) => {
    const blame = repaired.drops.find((one) => one.patch !== undefined && samePlace(one.patch, patch));
    return blame === undefined ? [] : [changeOf(patch, blame.drop)];
  });
  return { blockers, changes };
}

function toBlocker(
  space: PacketSpace,
  { drop, patch }: Blame,
  by: Origin,
  packets: PacketSet,
  changeOf: (patch: Patch, drop: Drop) => Change,
): Blocker {
  const change = patch === undefined ? undefined : changeOf(patch, drop);
  return {
    code: drop.code,
    resource: by.id,
    ...(by.name === undefined ? {} : { resourceName: by.name }),
    provider: by.provider,
    connection: drop.connection,
    leg: drop.leg,
    layer: drop.layer,
    symptom: 'timeout',
    ...(drop.rule === undefined ? {} : { rule: { id: drop.rule.origin.id, text: textOf(drop.rule) } }),
    packets: describe(space, space.forget(packets, ['mark'])),
    message: drop.why,
    fix: change === undefined ? null : { text: change.text, change },
    ...(change === undefined ? { whyNoFix: 'no rule or route that could be added here would help' } : {}),
    origin: { file: (drop.rule?.origin ?? by).file, pointer: (drop.rule?.origin ?? by).pointer },
  };
}

function toChange(space: PacketSpace, patch: Patch, drop: Drop): Change {
  const by = drop.owners[0] ?? drop.by;
  const where = nameOf(by);
  if (patch.op === 'add-route')
    return {
      op: 'add-route',
      table: patch.table,
      resource: by.id,
      provider: by.provider,
      route: patch.entry.origin.id,
      destination: patch.entry.text,
      text: `add the route ${patch.entry.text} to ${where}`,
    };
  const direction = drop.remedy?.op === 'allow' ? drop.remedy.direction : 'in';
  const real =
    patch.leg === 'forward'
      ? space.forget(patch.set, ['mark', 'sport'])
      : asReplies(space, space.forget(patch.set, ['mark', 'dport']));
  const flows = allowedFlows(space, real);
  const words = flowsForPeople(space, real).map(flowText).join('; ');
  const before = drop.rule !== undefined && 'action' in drop.rule ? drop.rule.origin.id : undefined;
  const order = before === undefined || drop.rule === undefined ? '' : `, before "${textOf(drop.rule)}"`;
  return {
    op: 'allow',
    filter: patch.filter,
    resource: by.id,
    provider: by.provider,
    direction,
    flows,
    ...(before === undefined ? {} : { before }),
    text: `allow ${words} ${direction === 'in' ? 'inbound' : 'outbound'} in ${where}${order}`,
  };
}

/** The headers that replies to these packets carry on the wire. */
export function asReplies(space: PacketSpace, set: PacketSet): PacketSet {
  const replies = space.boxes(set).flatMap((box): Box[] => {
    const { src, dst, sport, dport, icmpType, ...rest } = box;
    const swapped = {
      ...rest,
      ...(src === undefined ? {} : { dst: src }),
      ...(dst === undefined ? {} : { src: dst }),
      ...(sport === undefined ? {} : { dport: sport }),
      ...(dport === undefined ? {} : { sport: dport }),
    };
    if (icmpType === undefined) return [swapped];
    const protocols = box.protocol ?? [[1, 2]];
    return protocols.flatMap(([first, end]) =>
      Array.from({ length: end - first }, (_, i) => first + i).flatMap((protocol) =>
        icmpType.flatMap(([lo, hi]) =>
          Array.from({ length: hi - lo }, (_, i) => replyTypeOf(protocol, lo + i)).flatMap((type) =>
            type === undefined
              ? []
              : [{ ...swapped, protocol: [[protocol, protocol + 1]], icmpType: [[type, type + 1]] }],
          ),
        ),
      ),
    );
  });
  return space.ofBoxes(replies);
}

function textOf(rule: Rule | RouteEntry): string {
  return rule.text;
}

function samePlace(a: Patch, b: Patch): boolean {
  return (
    a === b ||
    (a.op === 'allow' && b.op === 'allow' && a.filter === b.filter && a.leg === b.leg && a.set === b.set) ||
    (a.op === 'add-route' && b.op === 'add-route' && a.entry === b.entry)
  );
}
