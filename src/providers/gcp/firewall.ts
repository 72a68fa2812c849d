/**
 * Firewall rules of a network and firewall policies above, beside and below them, as one filter of several levels for each
 * interface and direction: organisation, folders, then network rules and network policies in the order that the network
 * chooses, then what is implied. Stateful.
 * Sources: https://docs.cloud.google.com/firewall/docs/firewalls,
 * https://docs.cloud.google.com/firewall/docs/firewall-policies-rule-eval-order
 */
import type { Filter, Match, Rule } from '../../model/network.ts';
import type { Missing, Origin } from '../../model/origin.ts';
import { ALL_V4, ALL_V6, PUBLIC_V4, PUBLIC_V6 } from '../../net/address.ts';
import { type Span, normalise, subtract } from '../../net/spans.ts';
import type { Estate, NetworkFacts, NicFacts } from './estate.ts';
import { rangesOf } from './estate.ts';
import { type Entry, missing } from './inventory.ts';
import { type Direction, combine, layer4 } from './rule-words.ts';
import {
  type Json,
  flag,
  integer,
  link,
  linkOf,
  nameIn,
  object,
  objects,
  regionOf,
  spansOf,
  strings,
  text,
} from './record.ts';
import type { Resources } from './resource-manager.ts';

/** A policy with what puts it in force for an interface. */
interface Level {
  readonly origin: Origin;
  readonly rules: readonly { readonly record: Json; readonly origin: Origin }[];
  /** Set where nobody can know whether it is in force. */
  readonly doubt?: Missing;
}

/** Users' rules at this priority stand beside the implied ones: which is read first is not documented. */
const IMPLIED_PRIORITY = 65535;

export class Firewalls {
  private readonly estate: Estate;
  private readonly resources: Resources;
  private readonly byNetwork = new Map<string, Entry[]>();

  constructor(estate: Estate, resources: Resources) {
    this.estate = estate;
    this.resources = resources;
    for (const entry of estate.inventory.all('firewall')) {
      const network = link(entry.record, 'network') ?? '';
      const list = this.byNetwork.get(network);
      if (list === undefined) this.byNetwork.set(network, [entry]);
      else list.push(entry);
    }
  }

  /** Defines the two filters of an interface and says what they are called. */
  define(nic: NicFacts): { readonly in: string; readonly out: string } {
    const ids = { in: `firewall-in:${nic.id}`, out: `firewall-out:${nic.id}` };
    for (const direction of ['in', 'out'] as const)
      this.estate.builder.filter(ids[direction], () => this.filter(ids[direction], nic, direction));
    return ids;
  }

  filter(id: string, nic: NicFacts, direction: Direction): Filter {
    return {
      id,
      origin: nic.network.entry.origin,
      code: direction === 'in' ? 'gcp-implied-deny-ingress' : 'gcp-firewall-egress',
      rules: this.rules(nic, direction),
      order: 'first-match',
      otherwise: direction === 'in' ? 'deny' : 'allow',
      defaultText:
        direction === 'in' ? 'no ingress rule matches, and ingress is denied by default in' : 'nothing denies it in',
      state: `firewall:${nic.id}`,
    };
  }

  private rules(nic: NicFacts, direction: Direction): Rule[] {
    const effective = this.resources.effective(nic);
    const [above, beside] =
      effective === undefined ? [this.hierarchical(nic), this.ofNetwork(nic)] : effectiveLevels(effective);
    const vpc =
      effective === undefined ? this.vpcRules(nic, direction) : this.effectiveRules(effective, nic, direction);
    const isBefore =
      text(nic.network.entry.record, 'networkFirewallPolicyEnforcementOrder') === 'BEFORE_CLASSIC_FIREWALL';
    const policies = (levels: readonly Level[]) => levels.map((level) => this.policyRules(level, nic, direction));
    const order = [...policies(above), ...(isBefore ? [...policies(beside), vpc] : [vpc, ...policies(beside)])];
    return order.flatMap((rules, level) => rules.map((rule) => ({ ...rule, level })));
  }

  /** Rules of the network itself: by priority, and at one priority deny before allow. */
  private vpcRules(nic: NicFacts, direction: Direction): Rule[] {
    const { inventory } = this.estate;
    if (!inventory.knows('firewall') && !this.byNetwork.has(nic.network.entry.id)) {
      const unresolved = missing(
        `the firewall rules of network ${nic.network.entry.name}`,
        `compute firewall-rules list --project ${nic.network.entry.project ?? 'PROJECT'}`,
      );
      const action = direction === 'in' ? 'allow' : 'deny';
      return [{ origin: nic.network.entry.origin, action, match: [{}], text: 'rules that are not known', unresolved }];
    }
    const rules = (this.byNetwork.get(nic.network.entry.id) ?? []).map(({ record, origin }) => ({ record, origin }));
    return this.classic(rules, nic, direction);
  }

  private effectiveRules(answer: Json, nic: NicFacts, direction: Direction): Rule[] {
    const rules = objects(answer, 'firewalls').map((record) => ({
      record,
      origin: {
        ...nic.network.entry.origin,
        kind: 'firewall rule',
        id: text(record, 'name') ?? '',
        name: text(record, 'name') ?? '',
      },
    }));
    return this.classic(rules, nic, direction);
  }

  private classic(rules: readonly { record: Json; origin: Origin }[], nic: NicFacts, direction: Direction): Rule[] {
    return rules
      .filter(
        ({ record }) =>
          !flag(record, 'disabled') &&
          ((text(record, 'direction') ?? 'INGRESS') === 'INGRESS') === (direction === 'in'),
      )
      .filter(({ record }) => targets(record, nic))
      .map((rule) => ({
        ...rule,
        priority: integer(rule.record, 'priority') ?? 1000,
        denies: objects(rule.record, 'denied').length > 0,
      }))
      .sort(
        (a, b) =>
          a.priority - b.priority || Number(b.denies) - Number(a.denies) || (a.origin.id < b.origin.id ? -1 : 1),
      )
      .map(({ record, origin, priority, denies }) =>
        this.classicRule(record, origin, priority, denies, nic, direction),
      );
  }

  private classicRule(
    record: Json,
    origin: Origin,
    priority: number,
    denies: boolean,
    nic: NicFacts,
    direction: Direction,
  ): Rule {
    const words = layer4(objects(record, denies ? 'denied' : 'allowed'));
    const action = denies ? 'deny' : 'allow';
    const code = direction === 'in' ? 'gcp-firewall-ingress' : 'gcp-firewall-egress';
    const [sources, destinations] = [
      spansOf(strings(record, 'sourceRanges')),
      spansOf(strings(record, 'destinationRanges')),
    ];
    const label = `${origin.name ?? ''} (${priority})`;
    if (words === undefined || sources.bad || destinations.bad)
      return {
        origin,
        by: origin,
        code,
        action,
        match: [{}],
        text: `${label}, which makes no sense`,
        unresolved: {
          what: `what firewall rule ${origin.name ?? ''} means: its protocols or ranges are not valid`,
          fetch: null,
        },
      };
    const [tags, accounts] = [strings(record, 'sourceTags'), strings(record, 'sourceServiceAccounts')];
    const sets = [
      ...tags.map((tag) => ({
        set: this.sourceSet(nic.network, `tag ${tag}`, (other) => other.tags.includes(tag)),
        text: `tag ${tag}`,
      })),
      ...accounts.map((account) => ({
        set: this.sourceSet(nic.network, `service account ${account}`, (other) => other.accounts.includes(account)),
        text: account,
      })),
    ];
    const isOpen = direction === 'in' && sources.spans.length === 0 && sets.length === 0;
    const from: Match[] =
      direction === 'out' || isOpen
        ? [sources.spans.length === 0 ? (direction === 'in' ? { src: [ALL_V4] } : {}) : { src: sources.spans }]
        : [
            ...(sources.spans.length === 0 ? [] : [{ src: sources.spans }]),
            ...sets.map(({ set }): Match => ({ src: { set } })),
          ];
    const to: Match =
      destinations.spans.length > 0 ? { dst: destinations.spans } : direction === 'out' ? { dst: [ALL_V4] } : {};
    const list = (words_: readonly string[], any: string) => (words_.length === 0 ? any : words_.join(', '));
    const peers =
      direction === 'in'
        ? `from ${list([...strings(record, 'sourceRanges'), ...sets.map((set) => set.text)], '0.0.0.0/0')}`
        : `to ${list(strings(record, 'destinationRanges'), '0.0.0.0/0')}`;
    return {
      origin,
      by: origin,
      code,
      action,
      match: combine(
        words.match,
        from.map((one): Match => ({ ...one, ...to })),
      ),
      text: `${label}: ${action} ${words.text} ${peers}`,
      ...(priority === IMPLIED_PRIORITY
        ? {
            unresolved: {
              what: `whether ${label} or the implied rule of the same priority is read first: the documentation does not say`,
              fetch: null,
            },
          }
        : {}),
    };
  }

  /** Primary internal addresses of a network's interfaces: what a source tag or account stands for. */
  private sourceSet(network: NetworkFacts, what: string, has: (nic: NicFacts) => boolean): string {
    const id = `sources:${network.entry.id}:${what}`;
    this.estate.builder.set(id, () => ({
      id,
      origin: { ...network.entry.origin, kind: 'source', id: what, name: what },
      spans: normalise(
        network.nics
          .filter(has)
          .flatMap(({ addresses }) => addresses.map(({ address }) => [address, address + 1n] as const)),
      ),
      ...(this.estate.inventory.isComplete('instance')
        ? {}
        : { unresolved: missing(`the VMs with ${what}`, 'compute instances list') }),
    }));
    return id;
  }

  /** Policies of the organisation and the folders above the VM's project, the top one first. */
  private hierarchical(nic: NicFacts): Level[] {
    const policies = this.estate.inventory
      .all('firewallPolicy')
      .map((entry) => ({ entry, at: attachments(entry.record) }));
    const ancestry = this.resources.ancestorsOf(nic.instance.project);
    const organizations = new Set(
      policies.flatMap(({ at }) => at.filter((target) => target.startsWith('organizations/'))),
    );
    const inForce = (target: string): Level[] =>
      policies.filter(({ at }) => at.includes(target)).map(({ entry }) => this.level(entry));
    if (ancestry !== undefined) return ancestry.flatMap(inForce);
    // Without ancestry: the only organisation in sight is the project's; a folder may or may not be above it.
    const doubt = missing(
      `the ancestry of project ${nic.instance.project ?? ''}`,
      `projects get-ancestors ${nic.instance.project ?? 'PROJECT'}`,
    );
    const folders = policies.filter(({ at }) => at.some((target) => target.startsWith('folders/')));
    const [only, ...more] = [...organizations];
    const top = only === undefined ? [] : inForce(only).map((level) => (more.length > 0 ? { ...level, doubt } : level));
    return [...top, ...folders.map(({ entry }) => ({ ...this.level(entry), doubt }))];
  }

  /** The global policy of the network, and the regional one of the interface's region. */
  private ofNetwork(nic: NicFacts): Level[] {
    const policies = this.estate.inventory
      .all('firewallPolicy')
      .filter((entry) => attachments(entry.record).some((target) => linkOf(target) === nic.network.entry.id));
    const regional = (entry: Entry) => regionOf(`${text(entry.record, 'region') ?? entry.id}/`) ?? regionOf(entry.id);
    return [
      ...policies.filter((entry) => regional(entry) === undefined),
      ...policies.filter((entry) => regional(entry) !== undefined && regional(entry) === nic.region),
    ].map((entry) => this.level(entry));
  }

  private level(entry: Entry): Level {
    return {
      origin: entry.origin,
      rules: objects(entry.record, 'rules').map((record, i) => ({
        record,
        origin: {
          ...entry.origin,
          kind: 'firewall policy rule',
          pointer: `${entry.origin.pointer}/rules/${i}`,
          id: `${entry.origin.id}/${integer(record, 'priority') ?? i}`,
        },
      })),
    };
  }

  private policyRules({ origin, rules, doubt }: Level, nic: NicFacts, direction: Direction): Rule[] {
    return rules
      .filter(
        ({ record }) =>
          !flag(record, 'disabled') &&
          ((text(record, 'direction') ?? 'INGRESS') === 'INGRESS') === (direction === 'in'),
      )
      .map((rule) => ({ ...rule, priority: integer(rule.record, 'priority') ?? 0 }))
      .sort((a, b) => a.priority - b.priority)
      .flatMap(({ record, origin: at, priority }) =>
        this.policyRule(record, at, origin, priority, nic, direction, doubt),
      );
  }

  private policyRule(
    record: Json,
    origin: Origin,
    by: Origin,
    priority: number,
    nic: NicFacts,
    direction: Direction,
    doubt: Missing | undefined,
  ): Rule[] {
    const target = this.isTarget(record, nic);
    if (target === false) return [];
    const word = text(record, 'action')?.toLowerCase();
    const action = word === 'allow' ? 'allow' : word === 'goto_next' ? 'pass' : 'deny';
    const match = object(record, 'match') ?? {};
    const words = layer4(objects(match, 'layer4Configs'));
    const ends = this.ends(match, nic, direction);
    const code = direction === 'in' ? 'gcp-firewall-policy-ingress' : 'gcp-firewall-policy-egress';
    const label = `${by.name ?? ''} rule ${priority}`;
    const inspection =
      word === 'apply_security_profile_group'
        ? { what: `what the security profiles of ${label} let pass`, fetch: null }
        : undefined;
    const invalid =
      words === undefined || ends === undefined
        ? { what: `what ${label} means: its protocols or addresses are not valid`, fetch: null }
        : undefined;
    const unresolved = doubt ?? (target === true ? undefined : target) ?? inspection ?? invalid;
    const shown = `${label}: ${word ?? 'nothing'} ${words?.text ?? ''} ${ends?.text ?? ''}`.trim();
    const rule = { origin, by, code, action, text: shown } as const;
    if (words === undefined || ends === undefined)
      return [{ ...rule, match: [{}], ...(unresolved === undefined ? {} : { unresolved }) }];
    const certain = combine(words.match, ends.certain);
    const rules: Rule[] =
      certain.length === 0 ? [] : [{ ...rule, match: certain, ...(unresolved === undefined ? {} : { unresolved }) }];
    // Inspection ends the evaluation: the packet may pass or not.
    if (inspection !== undefined)
      rules.push({ ...rule, action: 'allow', match: certain, text: `${label}: inspected`, unresolved: inspection });
    if (ends.unresolved !== undefined)
      rules.push({ ...rule, match: combine(words.match, ends.maybe), unresolved: unresolved ?? ends.unresolved });
    return rules;
  }

  /** Whether a policy rule is for this interface; a Missing where nobody can know. */
  private isTarget(record: Json, nic: NicFacts): boolean | Missing {
    if (text(record, 'targetType') === 'INTERNAL_MANAGED_LB') return false;
    const networks = strings(record, 'targetResources').map(linkOf);
    if (networks.length > 0 && !networks.includes(nic.network.entry.id)) return false;
    const accounts = strings(record, 'targetServiceAccounts');
    if (accounts.length > 0) return accounts.some((account) => nic.accounts.includes(account));
    const tags = objects(record, 'targetSecureTags');
    const live = tags.filter((tag) => text(tag, 'state') !== 'INEFFECTIVE').flatMap((tag) => text(tag, 'name') ?? []);
    if (tags.length === 0) return true;
    if (live.length === 0) return false;
    return this.resources.hasSecureTag(nic.instance, live);
  }

  /** The two ends of a policy rule: what they match for certain, and what they may match besides. */
  private ends(
    match: Json,
    nic: NicFacts,
    direction: Direction,
  ): { certain: readonly Match[]; maybe: readonly Match[]; text: string; unresolved?: Missing } | undefined {
    const [src, dst] = [spansOf(strings(match, 'srcIpRanges')), spansOf(strings(match, 'destIpRanges'))];
    if (src.bad || dst.bad) return undefined;
    const side = direction === 'in' ? 'src' : 'dest';
    const own = direction === 'in' ? src : dst;
    const other = direction === 'in' ? dst : src;
    const alternatives: Match[] = own.spans.length === 0 ? [] : [{ [direction === 'in' ? 'src' : 'dst']: own.spans }];
    let unresolved: Missing | undefined;
    const shown = [...strings(match, `${side}IpRanges`)];
    const tags = objects(match, 'srcSecureTags');
    const live = tags.filter((tag) => text(tag, 'state') !== 'INEFFECTIVE').flatMap((tag) => text(tag, 'name') ?? []);
    if (direction === 'in' && tags.length > 0) {
      shown.push(...tags.map((tag) => text(tag, 'name') ?? ''));
      if (live.length > 0) {
        const set = this.secureSet(nic.network, live);
        alternatives.push({ src: { set } });
      } else if (alternatives.length === 0) return { certain: [], maybe: [], text: '' };
    }
    for (const name of strings(match, `${side}AddressGroups`)) {
      shown.push(nameIn(name));
      const spans = this.resources.addressGroup(name);
      if (spans === undefined) {
        unresolved = missing(
          `the addresses of address group ${nameIn(name)}`,
          'network-security address-groups list --location LOCATION',
        );
      } else alternatives.push({ [direction === 'in' ? 'src' : 'dst']: spans });
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
    if (alternatives.length === 0 && unresolved === undefined) alternatives.push({});
    const fixed: Match = other.spans.length === 0 ? {} : { [direction === 'in' ? 'dst' : 'src']: other.spans };
    const context = this.context(
      text(match, `${side}NetworkContext`) ?? text(match, `${side}NetworkScope`),
      nic,
      direction,
    );
    return {
      certain: alternatives.map((one): Match => narrow({ ...one, ...fixed }, context)),
      maybe: unresolved === undefined ? [] : [narrow(fixed, context)],
      text: `${direction === 'in' ? 'from' : 'to'} ${shown.length === 0 ? 'anywhere' : shown.join(', ')}`,
      ...(unresolved === undefined ? {} : { unresolved }),
    };
  }

  /** Where packets come from or go to, as far as addresses tell. */
  private context(
    word: string | undefined,
    nic: NicFacts,
    direction: Direction,
  ): { field: 'src' | 'dst'; spans: readonly Span<bigint>[] } | undefined {
    const field = direction === 'in' ? 'src' : 'dst';
    const own = normalise(nic.network.subnets.flatMap(rangesOf));
    switch (word) {
      case 'INTERNET':
        return { field, spans: subtract([...PUBLIC_V6, ...PUBLIC_V4], own) };
      case 'NON_INTERNET':
        return { field, spans: subtract([ALL_V6, ALL_V4], subtract([...PUBLIC_V6, ...PUBLIC_V4], own)) };
      case 'INTRA_VPC':
        return { field, spans: own };
      case 'VPC_NETWORKS':
        return {
          field,
          spans: normalise([
            ...own,
            ...this.estate.peersOf(nic.network).flatMap((peer) => peer.subnets.flatMap(rangesOf)),
          ]),
        };
      default:
        return undefined;
    }
  }

  /** Addresses of the VMs with a secure tag, here and in peered networks. */
  private secureSet(network: NetworkFacts, tags: readonly string[]): string {
    const id = `secure:${network.entry.id}:${tags.join(' ')}`;
    this.estate.builder.set(id, () => {
      const nics = [network, ...this.estate.peersOf(network)].flatMap((one) => one.nics);
      const bound = nics.map((nic) => ({ nic, has: this.resources.hasSecureTag(nic.instance, tags) }));
      const unknown = bound.find(({ has }) => typeof has !== 'boolean');
      return {
        id,
        origin: { ...network.entry.origin, kind: 'secure tag', id: tags.join(', '), name: tags.join(', ') },
        spans: normalise(
          bound
            .filter(({ has }) => has === true)
            .flatMap(({ nic }) => nic.addresses.map(({ address }) => [address, address + 1n] as const)),
        ),
        ...(unknown === undefined || typeof unknown.has === 'boolean' ? {} : { unresolved: unknown.has }),
      };
    });
    return id;
  }
}

function narrow(match: Match, context: { field: 'src' | 'dst'; spans: readonly Span<bigint>[] } | undefined): Match {
  if (context === undefined) return match;
  const had = match[context.field];
  if (had === undefined) return { ...match, [context.field]: context.spans };
  return 'set' in had ? match : { ...match, [context.field]: subtract(had, subtract([ALL_V6, ALL_V4], context.spans)) };
}

/** Targets of a VPC rule: everything in the network, VMs with a tag, VMs that run as an account. */
function targets(record: Json, nic: NicFacts): boolean {
  const [tags, accounts] = [strings(record, 'targetTags'), strings(record, 'targetServiceAccounts')];
  if (tags.length > 0) return tags.some((tag) => nic.tags.includes(tag));
  return accounts.length === 0 || accounts.some((account) => nic.accounts.includes(account));
}

function attachments(policy: Json): readonly string[] {
  return objects(policy, 'associations').flatMap((one) => {
    const target = text(one, 'attachmentTarget');
    return target === undefined ? [] : [target.replace(/^.*\/(organizations|folders)\//, '$1/')];
  });
}

/** Levels of an effective-firewalls answer: what stands above the network, and the network's own policies. */
function effectiveLevels(answer: Json): [Level[], Level[]] {
  const levels = objects(answer, 'firewallPolicys').map((policy) => {
    const name = text(policy, 'displayName') ?? text(policy, 'shortName') ?? text(policy, 'name') ?? 'policy';
    const origin: Origin = { provider: 'gcp', kind: 'firewall policy', id: name, name, file: '', pointer: '' };
    const rules = objects(policy, 'rules').map((record) => ({
      record,
      origin: { ...origin, kind: 'firewall policy rule', id: `${name}/${integer(record, 'priority') ?? ''}` },
    }));
    return { type: text(policy, 'type') ?? 'HIERARCHY', level: { origin, rules } };
  });
  const isAbove = (type: string) => type === 'HIERARCHY' || type.startsWith('SYSTEM');
  return [
    levels.filter(({ type }) => isAbove(type)).map(({ level }) => level),
    levels.filter(({ type }) => !isAbove(type)).map(({ level }) => level),
  ];
}
