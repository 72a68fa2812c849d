/**
 * Azure Firewall: DNAT rules, then network rules, then application rules; collections by priority, the first match ends it,
 * and what nothing matches is denied. Stateful; private destinations keep their source, public ones see its address.
 * Source: https://learn.microsoft.com/en-us/azure/firewall/rule-processing
 */
import type { NextHop, Rewrite, Rule } from '../../model/network.ts';
import { type Origin, nameOf } from '../../model/origin.ts';
import { PUBLIC_V4, formatAddress, parseAddress } from '../../net/address.ts';
import { TCP } from '../../net/protocol.ts';
import { type Span, normalise } from '../../net/spans.ts';
import type { Estate, SubnetFacts, VnetFacts } from './estate.ts';
import { type Entry, missing } from './inventory.ts';
import { FORWARDED, routesOf, wordsOf } from './network-interface.ts';
import { type Json, integer, object, objects, parentOf, portSpans, reference, strings, text } from './record.ts';
import { type Peer, matchesOf, peerOf } from './rule-words.ts';
import type { Learned, ServiceTags } from './service-tag.ts';

interface Collection {
  readonly order: readonly number[];
  readonly action: string | undefined;
  readonly rules: readonly Json[];
  readonly type: 'nat' | 'network' | 'application';
  readonly origin: Origin;
}

interface Firewall {
  readonly entry: Entry;
  readonly subnet: SubnetFacts;
  readonly address: bigint;
  readonly publicAddresses: readonly bigint[];
}

const publicDoor = (firewall: string) => `${firewall}#public`;

export class Firewalls {
  private readonly estate: Estate;
  private readonly tags: ServiceTags;
  private readonly all: Firewall[] = [];
  private readonly learned: (subnet: SubnetFacts) => Learned;

  constructor(estate: Estate, tags: ServiceTags, learned: (subnet: SubnetFacts) => Learned) {
    this.estate = estate;
    this.tags = tags;
    this.learned = learned;
    for (const entry of estate.inventory.all('firewall')) this.read(entry);
    for (const firewall of this.all) this.define(firewall);
  }

  owners(vnet: VnetFacts): { span: Span<bigint>; in: string }[] {
    return this.all
      .filter(({ subnet }) => subnet.vnet === vnet)
      .map(({ entry, address }) => ({ span: [address, address + 1n] as const, in: entry.id }));
  }

  appliance(subnet: SubnetFacts, address: bigint): NextHop | undefined {
    const near = new Set([subnet.vnet.entry.id, ...subnet.vnet.peerings.map(({ remote }) => remote)]);
    const found = this.all.find((one) => one.address === address && near.has(one.subnet.vnet.entry.id));
    return found === undefined ? undefined : { to: 'hop', in: found.entry.id };
  }

  /** A firewall's subnet leaves by the firewall itself. */
  isFirewallSubnet(subnet: SubnetFacts): boolean {
    return this.all.some((one) => one.subnet === subnet);
  }

  private read(entry: Entry): void {
    const configurations = objects(entry.record, 'ipConfigurations');
    const subnet = configurations
      .map((one) => this.estate.subnets.get(reference(one, 'subnet') ?? ''))
      .find((one) => one !== undefined);
    const address = configurations
      .map((one) => parseAddress(text(one, 'privateIPAddress') ?? ''))
      .find((one) => one !== undefined);
    if (subnet === undefined || address === undefined) return;
    const publicAddresses = configurations.flatMap(
      (one) => this.estate.addressOf(this.estate.inventory.get('publicIp', reference(one, 'publicIPAddress'))) ?? [],
    );
    this.all.push({ entry, subnet, address, publicAddresses });
  }

  private define(firewall: Firewall): void {
    const { builder } = this.estate;
    const { entry, subnet, address, publicAddresses } = firewall;
    const { id, origin } = entry;
    const table = routesOf(subnet.entry.id);
    const filter = `rules:${id}`;
    const collections = this.collections(firewall);
    builder.node(id, () => ({ id, origin, role: 'router', interfaces: [id, publicDoor(id)] }));
    builder.interface(id, () => ({
      id,
      origin,
      node: id,
      addresses: [{ address, ...(publicAddresses[0] === undefined ? {} : { public: publicAddresses[0] }) }],
      steps: [
        { at: 'in', filter },
        { at: 'in', translation: id, side: 'outward' },
        { at: 'out', translation: `${id}#mark`, side: 'outward' },
      ],
      table,
    }));
    builder.interface(publicDoor(id), () => ({
      id: publicDoor(id),
      origin,
      node: id,
      addresses: [],
      steps: [
        { at: 'in', translation: id, side: 'inward' },
        { at: 'in', filter },
      ],
      table,
    }));
    builder.owner(address, id);
    for (const outside of publicAddresses) {
      builder.owner(outside, id);
      builder.publicOwner(outside, publicDoor(id));
    }
    builder.translation(id, () => ({
      id,
      origin,
      memory: 'stateless',
      outward: {
        rewrites:
          publicAddresses.length === 0
            ? []
            : [{ match: [{ dst: [...PUBLIC_V4] }], set: { src: hosts(publicAddresses), sport: [[1024, 65536]] } }],
        otherwise: 'pass',
        code: '',
        why: '',
      },
      inward: {
        rewrites: collections === undefined ? [] : this.destinationRewrites(collections, firewall),
        otherwise: 'drop',
        code: 'azure-firewall-no-dnat',
        why: `${nameOf(origin)} has no DNAT rule for this`,
      },
    }));
    builder.translation(`${id}#mark`, () => ({
      id: `${id}#mark`,
      origin,
      memory: 'stateless',
      outward: {
        rewrites: [{ set: { mark: [[FORWARDED, FORWARDED + 1]] } }],
        otherwise: 'pass',
        code: '',
        why: '',
      },
    }));
    builder.filter(filter, () => ({
      id: filter,
      origin,
      code: 'azure-firewall-deny',
      rules: collections === undefined ? [this.unknownRules(firewall)] : this.rules(collections, firewall),
      order: 'first-match',
      otherwise: 'deny',
      defaultText: 'no rule allows it in',
      state: `firewall:${id}`,
      noReply: 'unknown',
    }));
    builder.place(id, [...wordsOf(entry), formatAddress(address)], () => ({
      id,
      origin,
      aliases: [],
      tags: entry.tags,
      interfaces: [id],
    }));
  }

  private unknownRules({ entry }: Firewall): Rule {
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

  /** All collections in the order of their evaluation; undefined where the policy is not in the snapshot. */
  private collections({ entry }: Firewall): Collection[] | undefined {
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

  private destinationRewrites(collections: readonly Collection[], { address, subnet }: Firewall): Rewrite[] {
    return sorted(collections, 'nat').flatMap(({ rules }) =>
      rules.flatMap((rule): Rewrite[] => {
        const words = this.words(rule, subnet);
        const to = parseAddress(text(rule, 'translatedAddress') ?? '');
        const port = portSpans([text(rule, 'translatedPort') ?? '*']);
        if (words === undefined || to === undefined || port === undefined) return [];
        // What is translated comes to its target from the firewall.
        const set = {
          dst: [[to, to + 1n] as const],
          src: [[address, address + 1n] as const],
          sport: [[1024, 65536] as const],
        };
        return [{ match: words.match, set: port[0]?.[1] === 65536 ? set : { ...set, dport: port } }];
      }),
    );
  }

  private rules(collections: readonly Collection[], { entry, address, subnet }: Firewall): Rule[] {
    const own: Rule = {
      origin: { ...entry.origin, implicit: true },
      action: 'allow',
      match: [{ src: [[address, address + 1n]] }],
      text: 'what a DNAT rule translated',
    };
    return [
      own,
      ...(['network', 'application'] as const).flatMap((type) =>
        sorted(collections, type).flatMap((collection) => this.rulesOf(collection, subnet)),
      ),
    ];
  }

  private rulesOf({ rules, action, type, origin }: Collection, subnet: SubnetFacts): Rule[] {
    return rules.map((record): Rule => {
      const words = type === 'network' ? this.words(record, subnet) : this.applicationWords(record, subnet);
      const name = text(record, 'name') ?? '';
      const rule = {
        origin: { ...origin, kind: 'firewall rule', id: `${origin.id}/${name}`, name },
        action: action?.toLowerCase() === 'allow' ? ('allow' as const) : ('deny' as const),
      };
      if (words === undefined)
        return {
          ...rule,
          match: [{}],
          text: `${name}, which is not understood`,
          unresolved: { what: `what firewall rule ${name} means`, fetch: null },
        };
      const names = [
        ...strings(record, 'destinationFqdns'),
        ...strings(record, 'targetFqdns'),
        ...strings(record, 'fqdnTags'),
      ];
      const open = names.length > 0 && !names.includes('*');
      return {
        ...rule,
        match: words.match,
        text: `${name}: ${rule.action} ${words.text}`,
        ...(open
          ? {
              unresolved: {
                what: `whether the destination is one of ${names.slice(0, 3).join(', ')}: names are not in a snapshot`,
                fetch: null,
              },
            }
          : {}),
      };
    });
  }

  private words(rule: Json, subnet: SubnetFacts) {
    const [sources, destinations] = [this.ends(rule, 'source', subnet), this.ends(rule, 'destination', subnet)];
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
    };
  }

  /** HTTP, HTTPS and SQL are what application rules see. */
  private applicationWords(rule: Json, subnet: SubnetFacts) {
    const sources = this.ends(rule, 'source', subnet);
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
      : { match: words.match.map((match) => ({ ...match, protocol: [[TCP, TCP + 1] as const] })), text: words.text };
  }

  private ends(rule: Json, side: 'source' | 'destination', subnet: SubnetFacts): Peer[] | undefined {
    const groups = strings(rule, `${side}IpGroups`).map((id) => this.estate.inventory.get('ipGroup', id));
    if (groups.includes(undefined)) return undefined;
    const words = [
      ...strings(rule, `${side}Addresses`),
      ...groups.flatMap((group) => strings(group?.record, 'ipAddresses')),
    ];
    if (words.length === 0) return [{ match: undefined, text: 'anywhere' }];
    const peers = words.map((word) => peerOf(word, (name) => this.tags.set(name, subnet, this.learned(subnet))));
    return peers.includes(undefined) ? undefined : (peers as Peer[]);
  }
}

/** How many rule collection groups a policy says it has. */
function references(record: Json | undefined): number {
  return objects(record, 'ruleCollectionGroups').length;
}

function hosts(addresses: readonly bigint[]): Span<bigint>[] {
  return normalise(addresses.map((address) => [address, address + 1n] as const));
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
