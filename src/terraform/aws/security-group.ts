/**
 * Security groups with their rules, inline and separate. Terraform takes away the outbound rule that AWS gives a new group,
 * so a group without rules has none; a default group that it adopts loses the rules that are not written.
 * Sources: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/security_group,
 * .../vpc_security_group_ingress_rule, .../default_security_group
 */
import type { Family } from '../family.ts';
import { type Resource, type Side, isChanged } from '../side.ts';
import { type Json, type Values, blocks, distinct, flag, isObject, number, text, texts, unknownIn } from '../values.ts';
import { broughtBy, madeVpcsOf, tags } from './common.ts';

type Direction = 'ingress' | 'egress';

const DIRECTIONS = [
  ['ingress', 'IpPermissions'],
  ['egress', 'IpPermissionsEgress'],
] as const;

export const securityGroupFamily: Family = {
  types: [
    'aws_security_group',
    'aws_default_security_group',
    'aws_security_group_rule',
    'aws_vpc_security_group_ingress_rule',
    'aws_vpc_security_group_egress_rule',
    'aws_vpc_security_group_vpc_association',
  ],
  read: (side) => [{ kind: 'SecurityGroups', records: securityGroups(side), complete: true }],
};

const ANYWHERE: Json = {
  IpProtocol: '-1',
  IpRanges: [{ CidrIp: '0.0.0.0/0' }],
  Ipv6Ranges: [],
  PrefixListIds: [],
  UserIdGroupPairs: [],
};

function groupsOf(side: Side): readonly Resource[] {
  return side.all('aws_security_group', 'aws_default_security_group');
}

/** Names the changed groups that nothing of the plan carries: then whom it concerns is not known without a snapshot. */
function nameUnseen(side: Side): void {
  if (side.isOver) return;
  const rules = side.either(
    'aws_security_group_rule',
    'aws_vpc_security_group_ingress_rule',
    'aws_vpc_security_group_egress_rule',
  );
  const ruled = new Set(
    rules.flatMap(({ instance, values }) => (isChanged(instance) ? (text(values, 'security_group_id') ?? []) : [])),
  );
  const concerned = groupsOf(side).filter(
    ({ id, instance }) => instance.before !== null && (isChanged(instance) || ruled.has(id)),
  );
  if (concerned.length === 0) return;
  const carriers = side.types
    .filter((type) => type.startsWith('aws_') && !type.includes('security_group'))
    .flatMap((type) => side.managed(type))
    .map(({ values }) => JSON.stringify(values));
  for (const { id } of concerned)
    if (!carriers.some((one) => one.includes(JSON.stringify(id))))
      side.lacks(
        `the interfaces that carry security group ${id}`,
        `aws ec2 describe-network-interfaces --filters Name=group-id,Values=${id}`,
      );
}

function securityGroups(side: Side): Json[] {
  nameUnseen(side);
  const separate = { ingress: separateRules(side, 'ingress'), egress: separateRules(side, 'egress') };
  const groups = groupsOf(side);
  const records = groups.flatMap((group) =>
    group.existing !== undefined
      ? amended(side, group, group.existing, separate)
      : idsOf(side, group).map((id, _, ids) => {
          if (group.instance.mode === 'managed') side.amended.add(id);
          return groupOf(side, group, id, ids, separate);
        }),
  );
  const known = new Set(groups.map(({ id }) => id));
  const adopted = new Set(
    side.managed('aws_default_security_group').flatMap(({ values }) => text(values, 'vpc_id') ?? []),
  );
  const defaults = madeVpcsOf(side)
    .filter((vpc) => !known.has(broughtBy(vpc, 'default_security_group_id')) && !adopted.has(vpc.id))
    .map((vpc): Json => {
      const GroupId = broughtBy(vpc, 'default_security_group_id');
      return {
        GroupId,
        GroupName: 'default',
        VpcId: vpc.id,
        IpPermissions: [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId }] }, ...separate.ingress.of(GroupId)],
        IpPermissionsEgress: [ANYWHERE, ...separate.egress.of(GroupId)],
      };
    });
  return [...records, ...defaults];
}

type Separate = Readonly<Record<Direction, Rules>>;

/** An adopted default group is also known by the id that the VPC has for it: one group, and two records of it. */
function idsOf(side: Side, group: Resource): string[] {
  const vpc = side.get(text(group.values, 'vpc_id'));
  return group.instance.type === 'aws_default_security_group' && vpc !== undefined
    ? distinct([group.id, broughtBy(vpc, 'default_security_group_id')])
    : [group.id];
}

function groupOf(side: Side, group: Resource, id: string, ids: readonly string[], separate: Separate): Json {
  const isDefault = group.instance.type === 'aws_default_security_group';
  const isKnown = group.instance.mode === 'managed';
  const plain: Json = {
    GroupId: id,
    GroupName: text(group.values, 'name') ?? (isDefault ? 'default' : group.instance.name),
    VpcId: text(group.values, 'vpc_id'),
    OwnerId: text(group.values, 'owner_id'),
    Tags: tags(group.values),
  };
  for (const [direction, field] of DIRECTIONS) {
    const rules = separate[direction];
    // A data source says which group it is, not what it allows: what is added to it comes on top of that.
    if (!isKnown && rules.all(id).size === 0) continue;
    if (!isKnown)
      side.lacks(
        `the ${direction === 'ingress' ? 'inbound' : 'outbound'} rules of security group ${id}`,
        `aws ec2 describe-security-groups --group-ids ${id}`,
      );
    const unknown = group.values[direction];
    const inline =
      unknownIn(unknown) === undefined
        ? blocks(group.values, direction).flatMap((rule) => inlineRules(rule, ids))
        : [{ IpProtocol: unknown }];
    const given = isKnown ? withoutMirrors(side, group, direction, inline, rules) : [UNKNOWN_RULE];
    plain[field] = [...given, ...ids.flatMap(rules.of)];
  }
  return plain;
}

/** Allows nobody knows what. */
const UNKNOWN_RULE: Json = { IpProtocol: 'unknown' };

/** Rules of their own resources are mirrored in the group that was read; they count where they are written. */
function withoutMirrors(
  side: Side,
  group: Resource,
  direction: Direction,
  inline: readonly Json[],
  rules: Rules,
): readonly Json[] {
  const mirrored = rules.all(group.id);
  return side.writes(group, direction) ? inline : inline.filter((rule) => !mirrored.has(JSON.stringify(rule)));
}

/** A group of the snapshot with what the plan adds to it and takes away from it. */
function amended(side: Side, group: Resource, existing: Json, separate: Separate): Json[] {
  if (DIRECTIONS.every(([direction]) => separate[direction].all(group.id).size === 0)) return [];
  side.amended.add(group.id);
  const record = { ...existing };
  for (const [direction, field] of DIRECTIONS) {
    const listed = existing[field];
    if (!Array.isArray(listed)) continue;
    const mirrored = separate[direction].all(group.id);
    const own = listed.flatMap((permission) => (isObject(permission) ? singles(permission) : []));
    record[field] = [...own.filter((rule) => !mirrored.has(JSON.stringify(rule))), ...separate[direction].of(group.id)];
  }
  return [record];
}

/** A permission as the API lists it, one for each peer. */
function singles(permission: Values): Json[] {
  const what = protocolOf({
    protocol: permission['IpProtocol'],
    from_port: permission['FromPort'],
    to_port: permission['ToPort'],
  });
  return [
    ...blocks(permission, 'IpRanges').map(({ CidrIp }) => ({ ...what, IpRanges: [{ CidrIp }] })),
    ...blocks(permission, 'Ipv6Ranges').map(({ CidrIpv6 }) => ({ ...what, Ipv6Ranges: [{ CidrIpv6 }] })),
    ...blocks(permission, 'PrefixListIds').map(({ PrefixListId }) => ({ ...what, PrefixListIds: [{ PrefixListId }] })),
    ...blocks(permission, 'UserIdGroupPairs').map(({ GroupId, PeeringStatus }) => ({
      ...what,
      UserIdGroupPairs: [PeeringStatus === undefined ? { GroupId } : { GroupId, PeeringStatus }],
    })),
  ];
}

/** One permission for each peer, so that mirrored rules compare. */
function inlineRules(rule: Values, groups: readonly string[]): Json[] {
  const what = protocolOf(rule);
  const ids = [...texts(rule, 'security_groups'), ...(flag(rule, 'self') === true ? groups : [])];
  return distinct([
    ...texts(rule, 'cidr_blocks').map((CidrIp) => ({ ...what, IpRanges: [{ CidrIp }] })),
    ...texts(rule, 'ipv6_cidr_blocks').map((CidrIpv6) => ({ ...what, Ipv6Ranges: [{ CidrIpv6 }] })),
    ...texts(rule, 'prefix_list_ids').map((PrefixListId) => ({ ...what, PrefixListIds: [{ PrefixListId }] })),
    ...ids.map((id) => ({ ...what, UserIdGroupPairs: [{ GroupId: groupId(id) }] })),
  ]);
}

/** A group of another account is written "account/group". */
function groupId(id: string): string {
  return /^\d{12}\/sg-/.test(id) ? id.slice(13) : id;
}

/** Protocol and ports; ports that only apply will tell leave the rule without meaning, never without ports. */
function protocolOf(rule: Values, key = 'protocol'): Json {
  const protocol = (text(rule, key) ?? String(number(rule, key) ?? '-1')).toLowerCase();
  if (protocol === '-1' || protocol === 'all') return { IpProtocol: '-1' };
  const unknown = ['from_port', 'to_port'].find((port) => unknownIn(rule[port]) !== undefined);
  if (unknown !== undefined) return { IpProtocol: rule[unknown] };
  const word = NUMBERS[protocol] ?? protocol;
  const [from, to] = [number(rule, 'from_port'), number(rule, 'to_port')];
  return {
    IpProtocol: word,
    ...(from === undefined ? {} : { FromPort: from }),
    ...(to === undefined ? {} : { ToPort: to }),
  };
}

const NUMBERS: Readonly<Record<string, string>> = { '6': 'tcp', '17': 'udp', '1': 'icmp', '58': 'icmpv6' };

/** Rules that are resources, by group. */
interface Rules {
  /** Those of this side. */
  readonly of: (group: string) => readonly Json[];
  /** As JSON, all that either side knows: what of the group's own attributes is only a mirror. */
  readonly all: (group: string) => ReadonlySet<string>;
}

function separateRules(side: Side, direction: Direction): Rules {
  const own = `aws_vpc_security_group_${direction}_rule`;
  const [live, all] = [new Map<string, Json[]>(), new Map<string, Set<string>>()];
  for (const [list, isLive] of [
    [side.managed('aws_security_group_rule', own), true],
    [side.either('aws_security_group_rule', own), false],
  ] as const)
    for (const { instance, values } of list) {
      const isOld = instance.type === 'aws_security_group_rule';
      const group = text(values, 'security_group_id');
      if (group === undefined || (isOld && text(values, 'type') !== direction)) continue;
      for (const rule of isOld ? oldRules(values, group) : newRules(values)) {
        if (isLive) live.set(group, [...(live.get(group) ?? []), rule]);
        else all.set(group, (all.get(group) ?? new Set<string>()).add(JSON.stringify(rule)));
      }
    }
  return { of: (group) => live.get(group) ?? [], all: (group) => all.get(group) ?? new Set() };
}

function oldRules(values: Values, group: string): Json[] {
  const source = text(values, 'source_security_group_id');
  return inlineRules({ ...values, security_groups: source === undefined ? [] : [source] }, [group]);
}

function newRules(values: Values): Json[] {
  const what = protocolOf(values, 'ip_protocol');
  const [v4, v6, list, group] = ['cidr_ipv4', 'cidr_ipv6', 'prefix_list_id', 'referenced_security_group_id'].map(
    (key) => text(values, key),
  );
  return [
    ...(v4 === undefined ? [] : [{ ...what, IpRanges: [{ CidrIp: v4 }] }]),
    ...(v6 === undefined ? [] : [{ ...what, Ipv6Ranges: [{ CidrIpv6: v6 }] }]),
    ...(list === undefined ? [] : [{ ...what, PrefixListIds: [{ PrefixListId: list }] }]),
    ...(group === undefined ? [] : [{ ...what, UserIdGroupPairs: [{ GroupId: groupId(group) }] }]),
  ];
}
