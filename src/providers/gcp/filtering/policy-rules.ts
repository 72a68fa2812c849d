/**
 * Rules of a firewall policy as they hold for one interface. The first that matches decides; goto_next leaves the policy at
 * once; what stands for addresses that no configuration holds (names, countries, threat lists) is unknown, not unmatched.
 * Source: https://docs.cloud.google.com/firewall/docs/firewall-policies-rule-details
 */
import type { Match, Rule } from '../../../model/network.ts';
import type { Missing } from '../../../model/origin.ts';
import { ALL_V4, ALL_V6, PUBLIC_V4, PUBLIC_V6 } from '../../../net/address.ts';
import { type Span, intersect, normalise, subtract } from '../../../net/spans.ts';
import { type Estate, type NicFacts, rangesOf } from '../estate.ts';
import { missing } from '../inventory.ts';
import { type Json, integer, linkOf, nameIn, object, objects, spansOf, strings, text } from '../record.ts';
import type { Resources } from '../resource-manager.ts';
import { type Direction, combine, layer4 } from '../rule-words.ts';
import type { Level } from './policies.ts';
import { secureTagSet } from './source-sets.ts';
import { type RuleRecord, isFor } from './vpc-rules.ts';

const ACTIONS: Readonly<Record<string, Rule['action']>> = { allow: 'allow', deny: 'deny', goto_next: 'pass' };

/** What a policy rule may see and refer to. */
interface Around {
  readonly estate: Estate;
  readonly resources: Resources;
  readonly nic: NicFacts;
  readonly direction: Direction;
}

/** The rules of one policy for an interface and direction, in their order. */
export function policyRules(around: Around, level: Level): Rule[] {
  const { origin, rules, doubt } = level;
  if (doubt !== undefined && rules.length === 0)
    return eitherWay(
      { origin, by: origin, code: codeOf(around), match: [{}], text: 'rules that are not known' },
      doubt,
    );
  return rules
    .filter(({ record }) => isFor(record, around.direction))
    .map((rule) => ({ ...rule, priority: integer(rule.record, 'priority') ?? 0 }))
    .sort((a, b) => a.priority - b.priority)
    .flatMap((rule) => entries(around, level, rule));
}

/** Nobody can know whether these packets pass. */
function eitherWay(rule: Omit<Rule, 'action'>, unresolved: Missing): Rule[] {
  return (['deny', 'allow'] as const).map((action) => ({ ...rule, action, unresolved }));
}

function codeOf({ direction }: Around): string {
  return direction === 'in' ? 'gcp-firewall-policy-ingress' : 'gcp-firewall-policy-egress';
}

function entries(
  around: Around,
  level: Level,
  { record, origin, priority }: RuleRecord & { priority: number },
): Rule[] {
  const isMine = isTarget(around, record, level.isForThisVm === true);
  if (isMine === false) return [];
  const word = text(record, 'action')?.toLowerCase() ?? '';
  const match = object(record, 'match') ?? {};
  const words = layer4(objects(match, 'layer4Configs'));
  const ends = endsOf(around, match);
  const label = `${level.origin.name ?? ''} rule ${priority}`;
  const rule = {
    origin,
    by: level.origin,
    code: codeOf(around),
    text: `${label}: ${word === '' ? 'nothing' : word} ${words?.text ?? ''} ${ends?.text ?? ''}`.trim(),
  };
  if (words === undefined || ends === undefined)
    return eitherWay(
      { ...rule, match: [{}] },
      { what: `what ${label} means: its protocols or addresses are not valid`, fetch: null },
    );
  const unresolved = level.doubt ?? (isMine === true ? undefined : isMine);
  const certain = combine(words.match, ends.certain);
  const maybe = combine(words.match, ends.maybe);
  const action = Object.hasOwn(ACTIONS, word) ? ACTIONS[word] : undefined;
  if (action === undefined) {
    // Inspection ends the evaluation: the packet may pass or not.
    const inspected = {
      what:
        word === 'apply_security_profile_group'
          ? `what the security profiles of ${label} let pass`
          : `what ${label} does: netaudit does not know the action "${word}"`,
      fetch: null,
    };
    return [...certain, ...maybe].length === 0 ? [] : eitherWay({ ...rule, match: [...certain, ...maybe] }, inspected);
  }
  return [
    ...(certain.length === 0 ? [] : [{ ...rule, action, match: certain, ...(unresolved && { unresolved }) }]),
    ...(ends.unresolved === undefined
      ? []
      : [{ ...rule, action, match: maybe, unresolved: unresolved ?? ends.unresolved }]),
  ];
}

/** Whether a policy rule is for this interface; a Missing where nobody can know. */
function isTarget({ nic, resources }: Around, record: Json, isForThisVm: boolean): boolean | Missing {
  if (text(record, 'targetType') === 'INTERNAL_MANAGED_LB') return false;
  const networks = strings(record, 'targetResources').map(linkOf);
  if (networks.length > 0 && !networks.includes(nic.network.entry.id)) return false;
  const accounts = strings(record, 'targetServiceAccounts');
  if (accounts.length > 0) return accounts.some((account) => nic.accounts.includes(account));
  const tags = objects(record, 'targetSecureTags');
  if (tags.length === 0) return true;
  const live = liveTags(tags);
  if (live.length === 0) return false;
  const bound = resources.hasSecureTag(nic.instance, live);
  return typeof bound === 'boolean' || !isForThisVm ? bound : true;
}

function liveTags(tags: readonly Json[]): string[] {
  return tags.filter((tag) => text(tag, 'state') !== 'INEFFECTIVE').flatMap((tag) => text(tag, 'name') ?? []);
}

/** The two ends of a policy rule: what they match for certain, and what they may match besides. */
interface Ends {
  readonly certain: readonly Match[];
  readonly maybe: readonly Match[];
  readonly text: string;
  readonly unresolved?: Missing;
}

function endsOf(around: Around, match: Json): Ends | undefined {
  const { estate, resources, nic, direction } = around;
  const [src, dst] = [spansOf(strings(match, 'srcIpRanges')), spansOf(strings(match, 'destIpRanges'))];
  if (src.bad || dst.bad) return undefined;
  const isIn = direction === 'in';
  const [side, field] = isIn ? (['src', 'src'] as const) : (['dest', 'dst'] as const);
  const [own, other] = isIn ? [src, dst] : [dst, src];
  const alternatives: Match[] = own.spans.length === 0 ? [] : [{ [field]: own.spans }];
  const shown = [...strings(match, `${side}IpRanges`)];
  let unresolved: Missing | undefined;
  for (const name of strings(match, `${side}AddressGroups`)) {
    shown.push(nameIn(name));
    const spans = resources.addressGroup(name);
    if (spans !== undefined) alternatives.push({ [field]: spans });
    else
      unresolved = missing(
        `the addresses of address group ${nameIn(name)}`,
        'network-security address-groups list --location LOCATION',
      );
  }
  const hidden = [
    ...strings(match, `${side}Fqdns`),
    ...strings(match, `${side}RegionCodes`),
    ...strings(match, `${side}ThreatIntelligences`),
  ];
  if (hidden.length > 0) {
    shown.push(...hidden);
    unresolved = {
      what: `which addresses ${hidden.slice(0, 3).join(', ')} stands for: that is not in the configuration`,
      fetch: null,
    };
  }
  const tags = isIn ? objects(match, 'srcSecureTags') : [];
  if (tags.length > 0) {
    shown.push(...tags.map((tag) => text(tag, 'name') ?? ''));
    const live = liveTags(tags);
    if (live.length > 0) alternatives.push({ src: { set: secureTagSet(estate, resources, nic.network, live) } });
    // All tags gone and nothing else named: the rule is ignored.
    else if (alternatives.length === 0 && unresolved === undefined) return { certain: [], maybe: [], text: '' };
  }
  if (alternatives.length === 0 && unresolved === undefined) alternatives.push({});
  const fixed: Match = other.spans.length === 0 ? {} : { [isIn ? 'dst' : 'src']: other.spans };
  const within = contextOf(around, match, side);
  const narrowed = (one: Match) => narrow({ ...one, ...fixed }, field, within);
  return {
    certain: alternatives.flatMap(narrowed),
    maybe: unresolved === undefined ? [] : narrowed({}),
    text: `${isIn ? 'from' : 'to'} ${shown.length === 0 ? 'anywhere' : shown.join(', ')}`,
    ...(unresolved === undefined ? {} : { unresolved }),
  };
}

/** Where packets come from or go to, as far as addresses tell; undefined for anywhere. */
function contextOf({ estate, nic }: Around, match: Json, side: 'src' | 'dest'): readonly Span<bigint>[] | undefined {
  const word =
    text(match, `${side}NetworkContext`) ?? text(match, `${side}NetworkType`) ?? text(match, `${side}NetworkScope`);
  const own = normalise(nic.network.subnets.flatMap(rangesOf));
  const internet = subtract(normalise([...PUBLIC_V6, ...PUBLIC_V4]), own);
  switch (word) {
    case 'INTERNET':
      return internet;
    case 'NON_INTERNET':
      return subtract([ALL_V6, ALL_V4], internet);
    case 'INTRA_VPC':
      return own;
    case 'VPC_NETWORKS':
      return normalise(
        strings(match, `${side}Networks`).flatMap((url) =>
          (estate.networks.get(linkOf(url))?.subnets ?? []).flatMap(rangesOf),
        ),
      );
    default:
      return undefined;
  }
}

/** A match inside a context; none where nothing is in both. */
function narrow(match: Match, field: 'src' | 'dst', within: readonly Span<bigint>[] | undefined): Match[] {
  if (within === undefined) return [match];
  const had = match[field];
  if (had !== undefined && 'set' in had) return [match];
  const both = had === undefined ? within : intersect(normalise(had), normalise(within));
  return both.length === 0 ? [] : [{ ...match, [field]: both }];
}
