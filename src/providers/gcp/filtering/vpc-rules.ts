/**
 * VPC firewall rules: for every interface of the network, or those of VMs with a tag or account; by priority, and at one
 * priority deny before allow.
 * Source: https://docs.cloud.google.com/firewall/docs/firewalls
 */
import type { Match, Rule } from '../../../model/network.ts';
import type { Origin } from '../../../model/origin.ts';
import { ALL_V4, ALL_V6, PUBLIC_V4, familyOf } from '../../../net/address.ts';
import { type Span, intersect, normalise, subtract } from '../../../net/spans.ts';
import type { Estate, NicFacts } from '../estate.ts';
import { type Json, flag, integer, objects, spansOf, strings, text } from '../record.ts';
import { type Direction, combine, layer4 } from '../rule-words.ts';
import { sourceSet } from './source-sets.ts';

/** A rule's record with its place. */
export interface RuleRecord {
  readonly record: Json;
  readonly origin: Origin;
}

/** Users' rules at this priority stand beside the implied ones: which is read first is not documented. */
const IMPLIED_PRIORITY = 65535;

/** Whether a rule, of a network or of a policy, is in force for a direction. */
export function isFor(record: Json, direction: Direction): boolean {
  return !flag(record, 'disabled') && ((text(record, 'direction') ?? 'INGRESS') === 'INGRESS') === (direction === 'in');
}

/** Targets of a VPC rule: everything in the network, VMs with a tag, VMs that run as an account. */
export function isTarget(record: Json, nic: NicFacts): boolean {
  const [tags, accounts] = [strings(record, 'targetTags'), strings(record, 'targetServiceAccounts')];
  if (tags.length > 0) return tags.some((tag) => nic.tags.includes(tag));
  return accounts.length === 0 || accounts.some((account) => nic.accounts.includes(account));
}

/** The rules of a network that hold for an interface, in the order of their evaluation. */
export function vpcRules(estate: Estate, rules: readonly RuleRecord[], nic: NicFacts, direction: Direction): Rule[] {
  return rules
    .filter(({ record }) => isFor(record, direction) && isTarget(record, nic))
    .map((rule) => ({
      ...rule,
      priority: integer(rule.record, 'priority') ?? 1000,
      denies: objects(rule.record, 'denied').length > 0,
    }))
    .sort(
      (a, b) => a.priority - b.priority || Number(b.denies) - Number(a.denies) || (a.origin.id < b.origin.id ? -1 : 1),
    )
    .flatMap((rule) => entries(estate, rule, nic, direction));
}

function entries(
  estate: Estate,
  { record, origin, priority, denies }: RuleRecord & { readonly priority: number; readonly denies: boolean },
  nic: NicFacts,
  direction: Direction,
): Rule[] {
  const words = layer4(objects(record, denies ? 'denied' : 'allowed'));
  const action = denies ? 'deny' : 'allow';
  const code = direction === 'in' ? 'gcp-firewall-ingress' : 'gcp-firewall-egress';
  const sources = spansOf(strings(record, 'sourceRanges'));
  const destinations = spansOf(strings(record, 'destinationRanges'));
  const name = origin.name ?? '';
  const label = `${name} (${priority})`;
  const rule = { origin, by: origin, code, action } as const;
  if (words === undefined || sources.bad || destinations.bad)
    return [
      {
        ...rule,
        match: [{}],
        text: `${label}, which makes no sense`,
        unresolved: {
          what: `what firewall rule ${name} means: its protocols or ranges are not valid`,
          fetch: null,
        },
      },
    ];
  const [tags, accounts] = [strings(record, 'sourceTags'), strings(record, 'sourceServiceAccounts')];
  const sets = [
    ...tags.map((tag) => sourceSet(estate, nic.network, `tag ${tag}`, (other) => other.tags.includes(tag))),
    ...accounts.map((account) =>
      sourceSet(estate, nic.network, `service account ${account}`, (other) => other.accounts.includes(account)),
    ),
  ];
  const from: Match[] = [
    ...(sources.spans.length === 0 ? [] : [{ src: sources.spans }]),
    ...sets.map((set): Match => ({ src: { set } })),
  ];
  const anywhere = direction === 'in' ? { src: [defaultRange(destinations.spans)] } : {};
  const to: Match =
    destinations.spans.length > 0
      ? { dst: destinations.spans }
      : direction === 'out'
        ? { dst: [defaultRange(sources.spans)] }
        : {};
  const list = (some: readonly string[], any: string) => (some.length === 0 ? any : some.join(', '));
  const peers =
    direction === 'in'
      ? `from ${list([...strings(record, 'sourceRanges'), ...tags.map((tag) => `tag ${tag}`), ...accounts], '0.0.0.0/0')}`
      : `to ${list(strings(record, 'destinationRanges'), '0.0.0.0/0')}`;
  const match = combine(
    words.match,
    (from.length === 0 ? [anywhere] : from).map((one): Match => ({ ...one, ...to })),
  );
  const shown = `${label}: ${action} ${words.text} ${peers}`;
  if (priority === IMPLIED_PRIORITY)
    return [
      {
        ...rule,
        match,
        text: shown,
        unresolved: {
          what: `whether ${label} or the implied rule of the same priority is read first: the documentation does not say`,
          fetch: null,
        },
      },
    ];
  const plain: Rule = { ...rule, match, text: shown };
  return direction === 'in' && destinations.spans.length > 0 ? behindExternalAddress(plain, nic) : [plain];
}

/** What a rule that names no range means by "any": IPv4, unless its other side speaks of IPv6. */
function defaultRange(other: readonly Span<bigint>[]): Span<bigint> {
  return other.length > 0 && other.every(([lo]) => familyOf(lo) === 6) ? ALL_V6 : ALL_V4;
}

/**
 * An ingress rule with destination ranges, at an interface with an external address: whether packets that came through that
 * address are matched by their internal destination is not documented beyond doubt. All others are.
 */
function behindExternalAddress(rule: Rule, nic: NicFacts): Rule[] {
  const own = nic.addresses.find((address) => address.public !== undefined)?.address;
  if (own === undefined) return [rule];
  const doubtful: Match[] = [];
  const firm: Match[] = [];
  for (const one of rule.match) {
    const { src, dst } = one;
    if (dst === undefined || 'set' in dst || (src !== undefined && 'set' in src)) {
      firm.push(one);
      continue;
    }
    const open = intersect(normalise(src ?? [ALL_V6, ALL_V4]), normalise(PUBLIC_V4));
    const inner = intersect(normalise(dst), [[own, own + 1n]]);
    if (open.length > 0 && inner.length > 0) doubtful.push({ ...one, src: open, dst: inner });
    const rest = subtract(normalise(dst), [[own, own + 1n]]);
    const closed = subtract(normalise(src ?? [ALL_V6, ALL_V4]), open);
    if (rest.length > 0) firm.push({ ...one, dst: rest });
    if (closed.length > 0 && inner.length > 0) firm.push({ ...one, src: closed, dst: inner });
  }
  if (doubtful.length === 0) return [rule];
  const what = `whether ${rule.origin.name ?? rule.origin.id}, which names destination ranges, sees the internal address of a packet that came through an external one`;
  return [
    ...(firm.length === 0 ? [] : [{ ...rule, match: firm }]),
    { ...rule, match: doubtful, unresolved: { what, fetch: null } },
  ];
}
