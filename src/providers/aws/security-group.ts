/**
 * Security groups: allow rules only, all groups of an interface united, stateful per interface. One ingress and one
 * egress filter per interface; the rules themselves are read once per group and VPC.
 * Sources: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html,
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html
 */
import type { Filter, Match, Rule } from '../../model/network.ts';
import type { Missing, Origin } from '../../model/origin.ts';
import { familyOf, parseCidr } from '../../net/address.ts';
import { normalise } from '../../net/spans.ts';
import { type Estate, type InterfaceFacts, push } from './estate.ts';
import type { Entry } from './inventory.ts';
import { protocolMatch } from './ip-permission.ts';
import { prefixListSet } from './prefix-list.ts';
import { type Json, integer, objects, text } from './record.ts';

type Direction = 'in' | 'out';

/** Reads the groups of an estate; rules are shared between all interfaces that carry the group in one VPC. */
export class SecurityGroups {
  private readonly estate: Estate;
  private readonly rules = new Map<string, readonly Rule[]>();
  private readonly listed = new Map<string, Entry[]>();

  constructor(estate: Estate) {
    this.estate = estate;
    estate.builder.find({ filter: (id) => this.find(id) });
    for (const rule of estate.inventory.all('SecurityGroupRules'))
      push(this.listed, text(rule.record, 'GroupId') ?? '', rule);
    for (const group of estate.inventory.all('SecurityGroups')) {
      const words = [group.origin.name, text(group.record, 'GroupName'), text(group.record, 'SecurityGroupArn')];
      const names = [...new Set(words.filter((name) => name !== undefined))];
      estate.builder.place(group.id, names, () => ({
        id: group.id,
        origin: group.origin,
        aliases: names,
        tags: group.tags,
        interfaces: [],
        members: (estate.interfaces.carrying(group.id) ?? []).map((eni) => eni.entry.id),
      }));
    }
  }

  /** What the two filters of an interface are called. */
  filtersOf(eni: InterfaceFacts): { readonly in: string; readonly out: string } {
    return { in: `sg-in:${eni.entry.id}`, out: `sg-out:${eni.entry.id}` };
  }

  private find(id: string): Filter | undefined {
    const [prefix, direction] = id.startsWith('sg-in:')
      ? (['sg-in:', 'in'] as const)
      : id.startsWith('sg-out:')
        ? (['sg-out:', 'out'] as const)
        : [];
    const eni = prefix === undefined ? undefined : this.estate.interfaces.get(id.slice(prefix.length));
    return eni === undefined || direction === undefined ? undefined : this.filter(eni, direction, id);
  }

  private filter(eni: InterfaceFacts, direction: Direction, id: string): Filter {
    const owners = (eni.groups ?? []).map((group) => this.originOf(group, eni));
    const rules =
      eni.groups === undefined
        ? [
            unknownRule(
              eni.entry.origin,
              this.estate.missing(
                `the security groups of ${eni.entry.id}`,
                `describe-network-interfaces --network-interface-ids ${eni.entry.id}`,
              ),
            ),
          ]
        : eni.groups.flatMap((group) => this.rulesOf(group, eni.vpc, direction));
    return {
      id,
      origin: owners[0] ?? eni.entry.origin,
      owners,
      code: direction === 'in' ? 'aws-security-group-ingress' : 'aws-security-group-egress',
      rules,
      order: 'any-allow',
      otherwise: 'deny',
      defaultText: direction === 'in' ? 'no inbound rule of' : 'no outbound rule of',
      state: `sg:${eni.entry.id}`,
      // Of what a forwarding machine sees in one direction only, nobody says what its group makes.
      ...(eni.sourceDestCheck ? {} : { noSession: 'unknown' as const }),
    };
  }

  private originOf(group: string, eni: InterfaceFacts): Origin {
    const known = this.estate.inventory.get('SecurityGroups', group);
    if (known !== undefined) return known.origin;
    const named = objects(eni.entry.record, 'Groups').find((one) => text(one, 'GroupId') === group);
    const name = named === undefined ? undefined : text(named, 'GroupName');
    return { ...eni.entry.origin, kind: 'security group', id: group, ...(name === undefined ? {} : { name }) };
  }

  private rulesOf(group: string, vpc: string, direction: Direction): readonly Rule[] {
    const key = `${direction} ${group} ${vpc}`;
    const known = this.rules.get(key);
    if (known !== undefined) return known;
    const rules = this.read(group, vpc, direction);
    this.rules.set(key, rules);
    return rules;
  }

  private read(group: string, vpc: string, direction: Direction): readonly Rule[] {
    const entry = this.estate.inventory.get('SecurityGroups', group);
    const listed = this.listed.get(group) ?? [];
    const key = direction === 'in' ? 'IpPermissions' : 'IpPermissionsEgress';
    if (entry === undefined && listed.length === 0) {
      const origin: Origin = { provider: 'aws', kind: 'security group', id: group, file: '', pointer: '' };
      return [
        unknownRule(
          origin,
          this.estate.missing(`the rules of security group ${group}`, `describe-security-groups --group-ids ${group}`),
        ),
      ];
    }
    if (entry === undefined || !Array.isArray(entry.record[key])) {
      if (listed.length === 0 && entry !== undefined)
        return [
          unknownRule(
            entry.origin,
            this.estate.missing(
              `the ${direction === 'in' ? 'inbound' : 'outbound'} rules of security group ${group}`,
              `describe-security-groups --group-ids ${group}`,
            ),
          ),
        ];
      return listed
        .filter((rule) => (rule.record['IsEgress'] === true) === (direction === 'out'))
        .flatMap((rule) => this.permission(asPermission(rule.record), rule.origin, vpc, direction, listed));
    }
    return objects(entry.record, key).flatMap((permission, i) =>
      this.permission(
        permission,
        { ...entry.origin, pointer: `${entry.origin.pointer}/${key}/${i}` },
        vpc,
        direction,
        listed,
      ),
    );
  }

  /** One permission is one rule per peer, as the console shows it. */
  private permission(
    permission: Json,
    origin: Origin,
    vpc: string,
    direction: Direction,
    listed: readonly Entry[],
  ): Rule[] {
    const what = protocolMatch(
      text(permission, 'IpProtocol'),
      integer(permission, 'FromPort'),
      integer(permission, 'ToPort'),
    );
    const field = direction === 'in' ? 'src' : 'dst';
    const word = direction === 'in' ? 'from' : 'to';
    if (what === undefined)
      return [
        unknownRule(origin, {
          what: `what a rule of security group ${origin.id} means: its protocol or ports make no sense`,
          fetch: null,
        }),
      ];
    const rule = (match: Match, peer: string, more: { unresolved?: Missing } = {}): Rule => ({
      origin: this.ruleOrigin(origin, permission, peer, direction, listed),
      action: 'allow',
      match: [{ ...what.match, ...match }],
      text: `allow ${what.text} ${word} ${peer}`,
      ...more,
    });
    const rules: Rule[] = [];
    for (const [list, key] of [
      ['IpRanges', 'CidrIp'],
      ['Ipv6Ranges', 'CidrIpv6'],
    ] as const)
      for (const range of objects(permission, list)) {
        const cidr = text(range, key) ?? '';
        const span = parseCidr(cidr);
        // An IPv4 rule never matches IPv6 and the reverse.
        if (span === undefined || familyOf(span[0]) !== (key === 'CidrIp' ? 4 : 6))
          rules.push({
            ...unknownRule(origin, {
              what: `what a rule of security group ${origin.id} means: its CIDR is not valid`,
              fetch: null,
            }),
            match: [what.match],
          });
        else rules.push(rule({ [field]: [span] }, cidr));
      }
    for (const list of objects(permission, 'PrefixListIds')) {
      const id = text(list, 'PrefixListId');
      if (id !== undefined) rules.push(rule({ [field]: { set: prefixListSet(this.estate, id) } }, id));
    }
    for (const pair of objects(permission, 'UserIdGroupPairs')) {
      const id = text(pair, 'GroupId');
      if (id === undefined) continue;
      const name = this.estate.inventory.get('SecurityGroups', id)?.origin.name ?? text(pair, 'GroupName');
      const status = text(pair, 'PeeringStatus');
      // A reference over a peering that is gone is stale: the rule stays in the console and matches nothing.
      if (status !== undefined && status !== 'active') continue;
      rules.push(
        rule(
          { [field]: { set: this.groupSet(id, vpc, direction) }, mark: [[0, 1]] },
          name === undefined ? id : `${id} (${name})`,
        ),
      );
    }
    return rules;
  }

  /**
   * The private addresses of the interfaces that carry a group, seen from a VPC: its own, and those of VPCs peered in the
   * same Region or joined by a transit gateway with group references on. Public addresses never match a group reference.
   */
  private groupSet(group: string, vpc: string, direction: Direction): string {
    const id = `group:${group}@${vpc}:${direction}`;
    const { estate } = this;
    estate.builder.set(id, () => {
      // Over a transit gateway inbound references only, and only where the option is on at the gateway and both attachments.
      const peers = new Set([...estate.peersOf(vpc), ...(direction === 'in' ? estate.transitPeersOf(vpc) : [])]);
      const members = (estate.interfaces.carrying(group) ?? []).filter((eni) => eni.vpc === vpc || peers.has(eni.vpc));
      const spans = normalise(
        members.flatMap((eni) => [
          ...eni.addresses.map(({ address }) => [address, address + 1n] as const),
          ...eni.prefixes,
        ]),
      );
      const origin = estate.inventory.get('SecurityGroups', group)?.origin ?? {
        provider: 'aws',
        kind: 'security group',
        id: group,
        file: '',
        pointer: '',
      };
      const known =
        estate.inventory.get('SecurityGroups', group) !== undefined || estate.interfaces.carrying(group) !== undefined;
      const complete = known && (estate.inventory.knows('NetworkInterfaces') || estate.inventory.knows('Instances'));
      return {
        id,
        origin,
        spans,
        ...(complete
          ? {}
          : {
              unresolved: estate.missing(
                `the interfaces that carry security group ${group}`,
                `describe-network-interfaces --filters Name=group-id,Values=${group}`,
              ),
            }),
      };
    });
    return id;
  }

  /** The rule's own id where the rules are listed one by one. */
  private ruleOrigin(
    origin: Origin,
    permission: Json,
    peer: string,
    direction: Direction,
    listed: readonly Entry[],
  ): Origin {
    const found = listed.find(
      ({ record }) =>
        (record['IsEgress'] === true) === (direction === 'out') &&
        text(record, 'IpProtocol') === text(permission, 'IpProtocol') &&
        (integer(record, 'FromPort') ?? -1) === (integer(permission, 'FromPort') ?? -1) &&
        (integer(record, 'ToPort') ?? -1) === (integer(permission, 'ToPort') ?? -1) &&
        peerOf(record) === peer.split(' ')[0],
    );
    return found === undefined ? origin : { ...origin, id: found.id };
  }
}

function peerOf(rule: Json): string | undefined {
  const group = rule['ReferencedGroupInfo'];
  return (
    text(rule, 'CidrIpv4') ??
    text(rule, 'CidrIpv6') ??
    text(rule, 'PrefixListId') ??
    (typeof group === 'object' && group !== null ? text(group as Json, 'GroupId') : undefined)
  );
}

/** A rule of describe-security-group-rules in the shape of a permission. */
function asPermission(rule: Json): Json {
  const [v4, v6, list, group] = [
    text(rule, 'CidrIpv4'),
    text(rule, 'CidrIpv6'),
    text(rule, 'PrefixListId'),
    rule['ReferencedGroupInfo'],
  ];
  return {
    IpProtocol: rule['IpProtocol'],
    FromPort: rule['FromPort'],
    ToPort: rule['ToPort'],
    IpRanges: v4 === undefined ? [] : [{ CidrIp: v4 }],
    Ipv6Ranges: v6 === undefined ? [] : [{ CidrIpv6: v6 }],
    PrefixListIds: list === undefined ? [] : [{ PrefixListId: list }],
    UserIdGroupPairs: typeof group === 'object' && group !== null ? [group] : [],
  };
}

/** Allows nobody knows what: decides only where nothing else does. */
function unknownRule(origin: Origin, unresolved: Missing): Rule {
  return { origin, action: 'allow', match: [{}], text: 'a rule that is not known', unresolved };
}
