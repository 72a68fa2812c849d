/**
 * Network security groups: ascending priority, first match decides, stateful. A subnet's group is met by every interface
 * of the subnet, on top of the interface's own; admin rules of a network manager come before both.
 * Sources: https://learn.microsoft.com/en-us/azure/virtual-network/network-security-groups-overview,
 * .../network-security-group-how-it-works, .../application-security-groups
 */
import type { Filter, InterfaceStep, Match, RouteEntry, Rule } from '../../model/network.ts';
import type { Origin } from '../../model/origin.ts';
import { ALL_V4, ALL_V6 } from '../../net/address.ts';
import { intersect, normalise, subtract } from '../../net/spans.ts';
import type { AdminRules } from './admin-rule.ts';
import type { Estate, NicFacts, SubnetFacts } from './estate.ts';
import { type Entry, missing } from './inventory.ts';
import { type Json, either, integer, objects, parentOf, references, text } from './record.ts';
import { type Direction, type Peer, matchesOf, peerOf } from './rule-words.ts';
import { type Learned, METADATA, PLATFORM, type ServiceTags } from './service-tag.ts';

/** Default rules of every group, for sources that leave them out. */
const DEFAULTS: readonly {
  name: string;
  direction: Direction;
  access: string;
  priority: number;
  from: string;
  to: string;
}[] = [
  {
    name: 'AllowVnetInBound',
    direction: 'in',
    access: 'Allow',
    priority: 65000,
    from: 'VirtualNetwork',
    to: 'VirtualNetwork',
  },
  {
    name: 'AllowAzureLoadBalancerInBound',
    direction: 'in',
    access: 'Allow',
    priority: 65001,
    from: 'AzureLoadBalancer',
    to: '*',
  },
  { name: 'DenyAllInBound', direction: 'in', access: 'Deny', priority: 65500, from: '*', to: '*' },
  {
    name: 'AllowVnetOutBound',
    direction: 'out',
    access: 'Allow',
    priority: 65000,
    from: 'VirtualNetwork',
    to: 'VirtualNetwork',
  },
  { name: 'AllowInternetOutBound', direction: 'out', access: 'Allow', priority: 65001, from: '*', to: 'Internet' },
  { name: 'DenyAllOutBound', direction: 'out', access: 'Deny', priority: 65500, from: '*', to: '*' },
];

export class SecurityGroups {
  private readonly estate: Estate;
  private readonly tags: ServiceTags;
  private readonly admin: AdminRules;
  private readonly learned: (subnet: SubnetFacts) => Learned;
  private readonly memo = new Map<string, readonly Rule[]>();
  private readonly separate = new Map<string, Entry[]>();

  constructor(estate: Estate, tags: ServiceTags, admin: AdminRules, learned: (subnet: SubnetFacts) => Learned) {
    this.estate = estate;
    this.tags = tags;
    this.admin = admin;
    this.learned = learned;
    for (const rule of estate.inventory.all('nsgRule')) {
      const list = this.separate.get(parentOf(rule.id));
      if (list === undefined) this.separate.set(parentOf(rule.id), [rule]);
      else list.push(rule);
    }
  }

  /** The filter steps of an interface: in, the subnet's group and then its own; out, the reverse. */
  steps(nic: NicFacts): readonly InterfaceStep[] {
    const levels: { id: string | undefined; at: string }[] = [
      { id: nic.subnet.nsg, at: 'subnet' },
      { id: nic.nsg, at: 'nic' },
    ].filter(({ id }) => id !== undefined);
    const step =
      (direction: Direction) =>
      (level: { id: string | undefined; at: string }): InterfaceStep => {
        const id = `nsg-${direction}:${level.at}:${nic.entry.id}`;
        this.estate.builder.filter(id, () => this.filter(id, level.id, level.at, nic, direction));
        return { at: direction, filter: id };
      };
    if (nic.subnet.absent !== undefined) levels.unshift({ id: undefined, at: 'subnet' });
    if (levels.length === 0) {
      if (!this.admin.concerns(nic.subnet)) return [];
      return [step('in')({ id: undefined, at: 'admin' }), step('out')({ id: undefined, at: 'admin' })];
    }
    return [...levels.map(step('in')), ...[...levels].reverse().map(step('out'))];
  }

  /** What a host without an interface of its own would meet in a subnet. */
  subnetSteps(subnet: SubnetFacts): readonly InterfaceStep[] {
    if (subnet.nsg === undefined && !this.admin.concerns(subnet)) return [];
    return (['in', 'out'] as const).map((direction) => {
      const id = `nsg-${direction}:subnet:${subnet.entry.id}`;
      this.estate.builder.filter(id, () => this.filterOf(id, subnet.nsg, 'subnet', subnet, subnet.entry, direction));
      return { at: direction, filter: id };
    });
  }

  /** Explicit denials of the platform's own addresses: the only thing that those tags are good for. */
  platformDenials(subnet: SubnetFacts): readonly RouteEntry[] {
    return [subnet.nsg, ...subnet.nics.map((nic) => nic.nsg)].flatMap((nsg) => {
      const group = this.estate.inventory.get('nsg', nsg);
      return objects(group?.record, 'securityRules').flatMap((record): RouteEntry[] => {
        const tag = either(record, 'destinationAddressPrefix', 'destinationAddressPrefixes').map((word) =>
          word.toLowerCase(),
        );
        const service = tag.includes('azureplatformdns')
          ? { address: PLATFORM, ports: [[53, 54]] as const }
          : tag.includes('azureplatformimds')
            ? { address: METADATA, ports: [[80, 81]] as const }
            : undefined;
        const denies =
          text(record, 'access')?.toLowerCase() === 'deny' && text(record, 'direction')?.toLowerCase() === 'outbound';
        if (service === undefined || !denies || group === undefined) return [];
        const senders =
          nsg === subnet.nsg
            ? {}
            : {
                src: normalise(
                  subnet.nics
                    .filter((nic) => nic.nsg === nsg)
                    .flatMap((nic) =>
                      nic.configurations.map(({ address: { address } }) => [address, address + 1n] as const),
                    ),
                ),
              };
        return [
          {
            origin: group.origin,
            match: { dst: [[service.address, service.address + 1n]], dport: service.ports, ...senders },
            next: {
              to: 'drop',
              code: 'azure-nsg-outbound',
              why: `${group.origin.name}: ${text(record, 'name') ?? ''} denies ${tag.join()}`,
              by: group.origin,
            },
            rank: [-3],
            text: `${text(record, 'name') ?? ''}: deny ${tag.join()}`,
          },
        ];
      });
    });
  }

  private filter(id: string, nsg: string | undefined, at: string, nic: NicFacts, direction: Direction): Filter {
    return this.filterOf(id, nsg, at, nic.subnet, nic.entry, direction, nic.privateEndpoint === undefined);
  }

  private filterOf(
    id: string,
    nsg: string | undefined,
    at: string,
    subnet: SubnetFacts,
    of: Entry,
    direction: Direction,
    isAdministered = true,
  ): Filter {
    // Private endpoints are none of a network manager's business.
    const admin = isAdministered ? this.admin.rulesFor(subnet, direction, (words) => this.peers(words, subnet)) : [];
    const origin = this.estate.inventory.get('nsg', nsg)?.origin ?? referredTo(nsg, of);
    const rules = nsg === undefined ? this.unknownSubnet(subnet, at) : this.rules(nsg, subnet, direction, origin);
    return {
      id,
      origin,
      code: direction === 'in' ? 'azure-nsg-inbound' : 'azure-nsg-outbound',
      rules: [...admin, ...rules.map((rule) => ({ ...rule, level: 1 }))],
      order: 'first-match',
      otherwise: nsg === undefined ? 'allow' : 'deny',
      state: `${at}:${of.id}`,
    };
  }

  /** A subnet that is not in the snapshot may have a group or not. */
  private unknownSubnet({ absent, entry: { origin } }: SubnetFacts, at: string): Rule[] {
    return absent === undefined || at !== 'subnet'
      ? []
      : [{ origin, action: 'deny', match: [{}], text: 'a group that is not known', unresolved: absent }];
  }

  /** The rules of a group as a subnet sees them, in order, default rules included. */
  rules(nsg: string, subnet: SubnetFacts, direction: Direction, origin: Origin): readonly Rule[] {
    const key = `${direction} ${nsg} ${subnet.entry.id}`;
    const known = this.memo.get(key);
    if (known !== undefined) return known;
    const rules = this.read(nsg, subnet, direction, origin);
    this.memo.set(key, rules);
    return rules;
  }

  private read(nsg: string, subnet: SubnetFacts, direction: Direction, origin: Origin): readonly Rule[] {
    const entry = this.estate.inventory.get('nsg', nsg);
    if (entry === undefined)
      return [
        {
          origin,
          action: 'allow',
          match: [{}],
          text: 'rules that are not known',
          unresolved: missing(
            `the rules of network security group ${origin.name}`,
            `network nsg show --ids ${origin.id}`,
          ),
        },
      ];
    const listed = ['securityRules', 'defaultSecurityRules'].flatMap((key) =>
      objects(entry.record, key).map((record, i) => ({
        record,
        origin: this.ruleOrigin(entry, record, `${entry.origin.pointer}/${key}/${i}`, key === 'defaultSecurityRules'),
      })),
    );
    const apart = (this.separate.get(entry.id) ?? [])
      .filter((rule) => !listed.some(({ record }) => text(record, 'id')?.toLowerCase() === rule.id))
      .map((rule) => ({ record: rule.record, origin: rule.origin }));
    const defaults = objects(entry.record, 'defaultSecurityRules').length > 0 ? [] : this.defaults(entry);
    return [...listed, ...apart, ...defaults]
      .filter(
        ({ record }) => text(record, 'direction')?.toLowerCase() === (direction === 'in' ? 'inbound' : 'outbound'),
      )
      .map((one) => ({ ...one, priority: integer(one.record, 'priority') ?? 65499 }))
      .sort((a, b) => a.priority - b.priority)
      .flatMap(({ record, origin: at, priority }) => this.rule(record, at, priority, subnet));
  }

  private defaults(entry: Entry): { record: Json; origin: Origin }[] {
    return DEFAULTS.map(({ name, direction, access, priority, from, to }) => ({
      record: {
        name,
        direction: direction === 'in' ? 'Inbound' : 'Outbound',
        access,
        priority,
        protocol: '*',
        sourceAddressPrefix: from,
        destinationAddressPrefix: to,
        sourcePortRange: '*',
        destinationPortRange: '*',
      },
      origin: {
        ...entry.origin,
        kind: 'security rule',
        id: `${entry.origin.id}/defaultSecurityRules/${name}`,
        name,
        implicit: true,
      },
    }));
  }

  private ruleOrigin(entry: Entry, record: Json, pointer: string, implicit: boolean): Origin {
    const name = text(record, 'name');
    const id =
      text(record, 'id') ?? `${entry.origin.id}/${implicit ? 'defaultSecurityRules' : 'securityRules'}/${name ?? ''}`;
    return {
      ...entry.origin,
      kind: 'security rule',
      id,
      ...(name === undefined ? {} : { name }),
      pointer,
      ...(implicit ? { implicit: true as const } : {}),
    };
  }

  private rule(record: Json, origin: Origin, priority: number, subnet: SubnetFacts): Rule[] {
    const [sources, destinations] = [this.ends(record, 'source', subnet), this.ends(record, 'destination', subnet)];
    const words =
      sources === undefined || destinations === undefined
        ? undefined
        : matchesOf({
            protocol: text(record, 'protocol') ?? '*',
            sources,
            destinations,
            sourcePorts: either(record, 'sourcePortRange', 'sourcePortRanges'),
            destinationPorts: either(record, 'destinationPortRange', 'destinationPortRanges'),
          });
    const action = text(record, 'access')?.toLowerCase() === 'allow' ? 'allow' : 'deny';
    const label = `${origin.name ?? 'rule'} (${priority})`;
    if (words === undefined)
      return [
        {
          origin,
          action,
          match: [{}],
          text: `${label}, which makes no sense`,
          unresolved: {
            what: `what rule ${origin.id} means: its addresses, ports or protocol are not valid`,
            fetch: null,
          },
        },
      ];
    const rule: Rule = { origin, action, match: words.match, text: `${label}: ${action} ${words.text}` };
    const split = [
      ...this.doubts(rule, label, subnet),
      ...(words.open === undefined ? [] : [{ ...rule, ...words.open }]),
    ];
    if (words.onlyPorted === undefined) return split;
    // Whether "*" with a port means ICMP and the like too is not documented.
    const doubt = {
      what: `whether ${label} with its ports is meant for protocols without ports (ICMP, ESP) too: the documentation does not say`,
      fetch: null,
    };
    return [...split, { ...rule, match: words.onlyPorted, unresolved: doubt }];
  }

  /**
   * A rule without what is contested about it, followed by just that: whether Internet means public addresses that a route
   * made part of VirtualNetwork, and whether 0.0.0.0/0 means IPv6 too.
   */
  private doubts(rule: Rule, label: string, subnet: SubnetFacts): Rule[] {
    const contested = this.tags.contested(subnet);
    const isInternet = (side: Match['src']) =>
      side !== undefined && 'set' in side && side.set.startsWith('tag:internet@');
    const isAll = (side: Match['src']) =>
      side !== undefined &&
      !('set' in side) &&
      side.length === 1 &&
      side[0]![0] === ALL_V4[0] &&
      side[0]![1] === ALL_V4[1];
    const unsure = { ...rule, unresolved: { what: '', fetch: null } };
    const wide: Rule[] = [];
    const match = rule.match.map((one): Match => {
      let sure = one;
      for (const side of ['src', 'dst'] as const) {
        const value = one[side];
        if (isInternet(value) && contested.length > 0 && value !== undefined && 'set' in value) {
          const known = this.setOf(value.set)?.spans ?? [];
          wide.push({
            ...unsure,
            match: [{ ...one, [side]: intersect(known, contested) }],
            unresolved: {
              what: `whether ${label} means addresses that a route made part of the VirtualNetwork tag: the documentation does not say which tag wins`,
              fetch: null,
            },
          });
          sure = { ...sure, [side]: subtract(known, contested) };
        }
      }
      if (isAll(one.src) || isAll(one.dst)) {
        const { src, dst, ...rest } = one;
        const six = (side: Match['src']) => (isAll(side) ? [ALL_V6] : side);
        wide.push({
          ...unsure,
          match: [
            {
              ...rest,
              ...(src === undefined ? {} : { src: six(src)! }),
              ...(dst === undefined ? {} : { dst: six(dst)! }),
            },
          ],
          unresolved: {
            what: `whether 0.0.0.0/0 in ${label} means IPv6 too: the documentation does not say`,
            fetch: null,
          },
        });
      }
      return sure;
    });
    return wide.length === 0 ? [rule] : [{ ...rule, match }, ...wide];
  }

  private ends(record: Json, side: 'source' | 'destination', subnet: SubnetFacts): Peer[] | undefined {
    const words = either(record, `${side}AddressPrefix`, `${side}AddressPrefixes`);
    const asgs = references(record, `${side}ApplicationSecurityGroups`);
    const peers = this.peers(words, subnet);
    if (peers === undefined || peers.length + asgs.length === 0) return undefined;
    return [...peers, ...asgs.map((asg) => this.asg(asg, subnet))];
  }

  private peers(words: readonly string[], subnet: SubnetFacts): Peer[] | undefined {
    const peers = words.map((word) => peerOf(word, (name) => this.tags.peer(name, subnet, this.learned(subnet))));
    return peers.includes(undefined) ? undefined : (peers as Peer[]);
  }

  /** The addresses of a group's members; all of them are in one virtual network, so a peer's interfaces never count. */
  private asg(asg: string, subnet: SubnetFacts): Peer {
    const id = `asg:${asg}@${subnet.vnet.entry.id}`;
    const { builder, inventory } = this.estate;
    const name = inventory.get('asg', asg)?.origin.name ?? asg.slice(asg.lastIndexOf('/') + 1);
    builder.set(id, () => {
      const members = this.estate
        .nicsIn(subnet.vnet)
        .flatMap((nic) => nic.configurations.filter((one) => one.asgs.includes(asg)))
        .map(({ address: { address } }) => [address, address + 1n] as const);
      const origin: Origin = inventory.get('asg', asg)?.origin ?? {
        ...subnet.entry.origin,
        kind: 'application security group',
        id: asg,
        name,
      };
      return {
        id,
        origin,
        spans: normalise(members),
        ...(this.estate.knowsNics
          ? {}
          : { unresolved: missing(`the members of application security group ${name}`, 'network nic list') }),
      };
    });
    return { match: { set: id }, text: name };
  }

  /** Whether a group, as a subnet sees it, lets a single packet in; undefined where nobody can know. */
  admits(
    nic: NicFacts,
    packet: { src: bigint; dst: bigint; protocol: number; dport: number },
  ): { passes: boolean | undefined; by?: Origin } {
    let result: { passes: boolean | undefined; by?: Origin } = { passes: true };
    for (const step of this.steps(nic)) {
      if (step.at !== 'in' || !('filter' in step)) continue;
      const filter = this.filter(
        step.filter,
        step.filter.includes(':subnet:') ? nic.subnet.nsg : nic.nsg,
        step.filter.split(':')[1]!,
        nic,
        'in',
      );
      const takes = (one: Rule) => one.match.some((match) => this.holds(match, packet));
      // An admin rule that passes on hands over to the group: the rest of its level is not asked.
      const before = filter.rules.find((one) => (one.level ?? 0) === 0 && takes(one));
      const rule =
        before === undefined || before.action === 'pass'
          ? filter.rules.find((one) => (one.level ?? 0) > 0 && takes(one))
          : before;
      if (rule?.unresolved !== undefined || (rule !== undefined && rule.match.some((match) => this.isOpen(match))))
        result = { passes: undefined };
      else if ((rule?.action ?? filter.otherwise) === 'deny') return { passes: false, by: filter.origin };
    }
    return result;
  }

  private holds(match: Match, packet: { src: bigint; dst: bigint; protocol: number; dport: number }): boolean {
    const within = (
      spans: readonly (readonly [number | bigint, number | bigint])[] | undefined,
      value: number | bigint,
    ) => spans === undefined || spans.some(([lo, end]) => lo <= value && value < end);
    const address = (side: Match['src'], value: bigint) =>
      side === undefined || within('set' in side ? (this.setOf(side.set)?.spans ?? []) : side, value);
    return (
      within(match.protocol, packet.protocol) &&
      within(match.dport, packet.dport) &&
      address(match.src, packet.src) &&
      address(match.dst, packet.dst)
    );
  }

  private isOpen(match: Match): boolean {
    return (['src', 'dst'] as const).some((side) => {
      const value = match[side];
      return value !== undefined && 'set' in value && this.setOf(value.set)?.unresolved !== undefined;
    });
  }

  private setOf(id: string) {
    return this.estate.builder.setOf(id);
  }
}

/** A group that is not in the snapshot has at least an id. */
function referredTo(nsg: string | undefined, of: Entry): Origin {
  return nsg === undefined
    ? of.origin
    : { ...of.origin, kind: 'network security group', id: nsg, name: nsg.slice(nsg.lastIndexOf('/') + 1) };
}
