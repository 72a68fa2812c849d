/**
 * The rules of an Azure Firewall, classic or of a policy: collections in the order of their evaluation, each rule in the
 * network's words. Knows what a rule says, not how packets pass the firewall.
 * Sources: https://learn.microsoft.com/en-us/azure/firewall/rule-processing,
 * https://learn.microsoft.com/en-us/azure/firewall-manager/policy-overview
 */
import type { Match, Rewrite, Rule } from '../../model/network.ts';
import type { Missing, Origin } from '../../model/origin.ts';
import { ALL_V4, PUBLIC_V4, parseAddress } from '../../net/address.ts';
import { TCP } from '../../net/protocol.ts';
import { type Span, normalise, subtract } from '../../net/spans.ts';
import type { Estate, SubnetFacts } from './estate.ts';
import { type Entry, missing } from './inventory.ts';
import { type Json, integer, object, objects, parentOf, portSpans, reference, strings, text } from './record.ts';
import { type Peer, matchesOf, peerOf } from './rule-words.ts';
import type { Learned, ServiceTags } from './service-tag.ts';

/** Rules of one type and priority; `order` compares element by element, smaller first. */
export interface Collection {
  readonly order: readonly number[];
  readonly action: string | undefined;
  readonly rules: readonly Json[];
  readonly type: 'nat' | 'network' | 'application';
  readonly origin: Origin;
}

/** The addresses that a firewall sends from towards private destinations: any of its instances. */
type Instances = readonly Span<bigint>[];

const PRIVATE_V4 = subtract([ALL_V4], [...PUBLIC_V4]);

export class FirewallRules {
  private readonly estate: Estate;
  private readonly tags: ServiceTags;
  private readonly learned: (subnet: SubnetFacts) => Learned;
  private readonly entry: Entry;
  /** Where the firewall stands, for tags that mean something else in each subnet; undefined in a virtual hub. */
  private readonly subnet: SubnetFacts | undefined;
  /** Undefined where the policy is not (all) in the snapshot. */
  private readonly collections: readonly Collection[] | undefined;

  constructor(
    estate: Estate,
    tags: ServiceTags,
    learned: (subnet: SubnetFacts) => Learned,
    entry: Entry,
    subnet: SubnetFacts | undefined,
  ) {
    this.estate = estate;
    this.tags = tags;
    this.learned = learned;
    this.entry = entry;
    this.subnet = subnet;
    this.collections = this.collectionsOf(entry);
  }

  /**
   * What filters: what a DNAT rule translated comes from an instance and passes, then network rules, then application rules.
   */
  filterRules(instances: Instances): Rule[] {
    if (this.collections === undefined) return [this.unknownRules()];
    return [
      {
        origin: { ...this.entry.origin, implicit: true },
        action: 'allow',
        match: [{ src: instances }],
        text: 'what a DNAT rule translated',
      },
      ...this.rulesOfType('network'),
      ...this.rulesOfType('application'),
    ];
  }

  /**
   * What arrives at an address of the firewall and goes on to the target of a DNAT rule, from one of the instances. Source:
   * https://techcommunity.microsoft.com/t5/azure-network-security-blog/azure-firewall-nat-behaviors/ba-p/3825834
   */
  destinationRewrites(instances: Instances): Rewrite[] {
    return sorted(this.collections ?? [], 'nat').flatMap(({ rules }) =>
      rules.flatMap((rule): Rewrite[] => {
        const words = this.words(rule);
        const to = parseAddress(text(rule, 'translatedAddress') ?? '');
        const port = portSpans([text(rule, 'translatedPort') ?? '*']);
        if (words === undefined || to === undefined || port === undefined) return [];
        const set = { dst: [[to, to + 1n] as const], src: instances };
        return [{ match: words.match, set: port[0]?.[1] === 65536 ? set : { ...set, dport: port } }];
      }),
    );
  }

  /** Whether DNAT rules are not known. */
  get unknown(): Missing | undefined {
    return this.collections === undefined ? this.unknownRules().unresolved : undefined;
  }

  /**
   * What leaves for private destinations under an address of the firewall: connections that an application rule proxies, and
   * ranges that the policy does not call private. What a network rule takes keeps its source. Source:
   * https://learn.microsoft.com/en-us/azure/firewall/snat-private-range
   */
  proxyRewrites(instances: Instances): Rewrite[] {
    const set = { src: instances, sport: [[1024, 65536] as const] };
    const foreign = subtract(PRIVATE_V4, this.privateRanges());
    const always: Rewrite[] = foreign.length === 0 ? [] : [{ match: [{ dst: foreign }], set }];
    const network = this.rulesOfType('network').map(({ match }): Rewrite => ({ match }));
    const proxied = this.rulesOfType('application')
      .filter(({ action }) => action === 'allow')
      .map((rule): Rewrite => ({ match: rule.match.map((match): Match => ({ ...match, dst: PRIVATE_V4 })), set }));
    return [...always, ...(proxied.length === 0 ? [] : [...network, ...proxied])];
  }

  /** Destinations whose sender is not hidden: private ranges, unless the firewall or its policy names others. */
  privateRanges(): readonly Span<bigint>[] {
    const policy = this.estate.inventory.get('firewallPolicy', reference(this.entry.record, 'firewallPolicy'));
    const classic = text(object(this.entry.record, 'additionalProperties'), 'Network.SNAT.PrivateRanges');
    const words = [
      ...strings(object(policy?.record, 'snat'), 'privateRanges'),
      ...(classic ?? '').split(',').map((word) => word.trim()),
    ].filter((word) => word !== '');
    if (words.length === 0) return PRIVATE_V4;
    const named = words.filter((word) => word.toLowerCase() !== 'ianaprivateranges');
    return normalise([...this.estate.ranges(this.entry, named), ...(named.length < words.length ? PRIVATE_V4 : [])]);
  }

  private rulesOfType(type: 'network' | 'application'): Rule[] {
    return sorted(this.collections ?? [], type).flatMap((collection) => this.rulesOf(collection));
  }

  private unknownRules(): Rule {
    const { entry } = this;
    const policy = reference(entry.record, 'firewallPolicy') ?? entry.origin.id;
    return {
      origin: entry.origin,
      action: 'allow',
      match: [{}],
      text: 'rules that are not known',
      unresolved: missing(
        `the rules of firewall policy ${policy}`,
        `network firewall policy rule-collection-group list --policy-name ${policy.slice(policy.lastIndexOf('/') + 1)} --resource-group GROUP`,
      ),
    };
  }

  /** All collections, not yet in order; undefined where the policy is not in the snapshot. */
  private collectionsOf(entry: Entry): Collection[] | undefined {
    const policy = reference(entry.record, 'firewallPolicy');
    if (policy === undefined)
      return (['nat', 'network', 'application'] as const).flatMap((type) =>
        objects(entry.record, `${type}RuleCollections`).map(
          (record, i): Collection => ({
            order: [integer(record, 'priority') ?? 0],
            action: text(object(record, 'action'), 'type') ?? (type === 'nat' ? 'Dnat' : undefined),
            rules: objects(record, 'rules'),
            type,
            origin: {
              ...entry.origin,
              kind: 'rule collection',
              id: text(record, 'id') ?? `${entry.origin.id}/${text(record, 'name') ?? i}`,
              name: text(record, 'name') ?? '',
            },
          }),
        ),
      );
    return this.ofPolicy(policy, 0);
  }

  private ofPolicy(policy: string, depth: number): Collection[] | undefined {
    const { inventory } = this.estate;
    const entry = inventory.get('firewallPolicy', policy);
    if (depth > 4) return undefined;
    const base = reference(entry?.record, 'basePolicy');
    const inherited = base === undefined ? [] : this.ofPolicy(base, depth + 1);
    const groups = inventory.all('ruleCollectionGroup').filter((group) => parentOf(group.id) === policy);
    const named = references(entry?.record);
    if (inherited === undefined || (groups.length === 0 && named > 0) || (entry === undefined && groups.length === 0))
      return undefined;
    // Parent policies come first, whatever the priorities.
    return [
      ...inherited,
      ...groups.flatMap((group) =>
        objects(group.record, 'ruleCollections').flatMap((record, i): Collection[] => {
          const rules = objects(record, 'rules');
          const isNat = text(record, 'ruleCollectionType')?.toLowerCase().includes('nat') === true;
          const common = {
            order: [10 - depth, integer(group.record, 'priority') ?? 0, integer(record, 'priority') ?? 0],
            action: text(object(record, 'action'), 'type'),
            origin: {
              ...group.origin,
              kind: 'rule collection',
              id: `${group.origin.id}/${text(record, 'name') ?? i}`,
              name: text(record, 'name') ?? '',
            },
          };
          const ofType = (word: string) =>
            rules.filter((rule) => (text(rule, 'ruleType') ?? '').toLowerCase().startsWith(word));
          if (isNat) return [{ ...common, type: 'nat', rules }];
          return [
            { ...common, type: 'network', rules: ofType('network') },
            { ...common, type: 'application', rules: ofType('application') },
          ];
        }),
      ),
    ];
  }

  private rulesOf({ rules, action, type, origin }: Collection): Rule[] {
    return rules.flatMap((record): Rule[] => {
      const words = type === 'network' ? this.words(record) : this.applicationWords(record);
      const name = text(record, 'name') ?? '';
      const rule = {
        origin: { ...origin, kind: 'firewall rule', id: `${origin.id}/${name}`, name },
        action: action?.toLowerCase() === 'allow' ? ('allow' as const) : ('deny' as const),
      };
      if (words === undefined)
        return [
          {
            ...rule,
            match: [{}],
            text: `${name}, which is not understood`,
            unresolved: { what: `what firewall rule ${name} means`, fetch: null },
          },
        ];
      const names = [
        ...strings(record, 'destinationFqdns'),
        ...strings(record, 'targetFqdns'),
        ...strings(record, 'fqdnTags'),
        ...strings(record, 'targetUrls'),
        ...strings(record, 'webCategories'),
      ];
      const isOpen = names.length > 0 && !names.includes('*');
      const whole: Rule = {
        ...rule,
        match: words.match,
        text: `${name}: ${rule.action} ${words.text}`,
        ...(isOpen
          ? {
              unresolved: {
                what: `whether the destination is one of ${names.slice(0, 3).join(', ')}: names are not in a snapshot`,
                fetch: null,
              },
            }
          : {}),
      };
      return [whole, ...words.open.map((one): Rule => ({ ...whole, ...one }))];
    });
  }

  private words(rule: Json) {
    const [sources, destinations] = [this.ends(rule, 'source'), this.ends(rule, 'destination')];
    if (sources === undefined || destinations === undefined) return undefined;
    const protocols = [...strings(rule, 'protocols'), ...strings(rule, 'ipProtocols')];
    const all = (protocols.length === 0 ? ['any'] : protocols).map((protocol) =>
      matchesOf({
        protocol,
        sources,
        destinations,
        sourcePorts: ['*'],
        destinationPorts: protocol.toLowerCase() === 'icmp' ? ['*'] : strings(rule, 'destinationPorts'),
      }),
    );
    if (all.includes(undefined)) return undefined;
    return {
      match: all.flatMap((one) => [...one!.match, ...(one!.onlyPorted ?? [])]),
      text: all.map((one) => one!.text).join('; '),
      open: all.flatMap((one) => one!.open ?? []),
    };
  }

  /** HTTP, HTTPS and SQL are what application rules see. */
  private applicationWords(rule: Json) {
    const sources = this.ends(rule, 'source');
    const ports = objects(rule, 'protocols').flatMap((one) => integer(one, 'port') ?? []);
    if (sources === undefined) return undefined;
    const words = matchesOf({
      protocol: 'tcp',
      sources,
      destinations: [{ match: undefined, text: 'the named sites' }],
      sourcePorts: ['*'],
      destinationPorts: (ports.length === 0 ? [80, 443] : ports).map(String),
    });
    return words === undefined
      ? undefined
      : {
          match: words.match.map((match) => ({ ...match, protocol: [[TCP, TCP + 1] as const] })),
          text: words.text,
          open: words.open === undefined ? [] : [words.open],
        };
  }

  private tagged(name: string): Omit<Peer, 'text'> {
    return this.subnet === undefined
      ? this.tags.everywhere(name)
      : this.tags.peer(name, this.subnet, this.learned(this.subnet));
  }

  private ends(rule: Json, side: 'source' | 'destination'): Peer[] | undefined {
    const groups = strings(rule, `${side}IpGroups`).map((id) => this.estate.inventory.get('ipGroup', id));
    if (groups.includes(undefined)) return undefined;
    const words = [
      ...strings(rule, `${side}Addresses`),
      ...groups.flatMap((group) => strings(group?.record, 'ipAddresses')),
    ];
    if (words.length === 0) return [{ match: undefined, text: 'anywhere' }];
    const peers = words.map((word) => peerOf(word, (name) => this.tagged(name)));
    return peers.includes(undefined) ? undefined : (peers as Peer[]);
  }
}

/** How many rule collection groups a policy says it has. */
function references(record: Json | undefined): number {
  return objects(record, 'ruleCollectionGroups').length;
}

function sorted(collections: readonly Collection[], type: Collection['type']): Collection[] {
  return collections
    .filter((one) => one.type === type)
    .sort((a, b) => {
      for (let i = 0; i < Math.max(a.order.length, b.order.length); i++)
        if ((a.order[i] ?? 0) !== (b.order[i] ?? 0)) return (a.order[i] ?? 0) - (b.order[i] ?? 0);
      return 0;
    });
}
