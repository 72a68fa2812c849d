/**
 * Network ACLs with their entries, inline and separate, and the default ACL of each VPC: it allows everything until a
 * resource adopts it, which takes away what is not written.
 * Sources: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/network_acl,
 * .../network_acl_rule, .../default_network_acl
 */
import type { Family } from '../family.ts';
import type { Resource, Side } from '../side.ts';
import { type Json, type Values, blocks, distinct, filled, flag, number, text, texts, unknownIn } from '../values.ts';
import { broughtBy, madeVpcsOf, tags, vpcsOf } from './common.ts';

export const networkAclFamily: Family = {
  types: ['aws_network_acl', 'aws_default_network_acl', 'aws_network_acl_rule', 'aws_network_acl_association'],
  read: (side) => [{ kind: 'NetworkAcls', records: [...acls(side), ...defaults(side)], complete: true }],
};

function aclsOf(side: Side): readonly Resource[] {
  return side.all('aws_network_acl', 'aws_default_network_acl');
}

/** Which ACL the plan's own resources give a subnet, on this side and on either. */
interface Claims {
  readonly now: ReadonlyMap<string, string>;
  /** Subnet -> the ACLs that some side claims it for. */
  readonly ever: ReadonlyMap<string, readonly string[]>;
}

function claimsIn(side: Side): Claims {
  const TYPES = ['aws_network_acl', 'aws_default_network_acl', 'aws_network_acl_association'] as const;
  const claims = (list: readonly Resource[]) =>
    list.flatMap(({ id, instance, values }) =>
      instance.type === 'aws_network_acl_association'
        ? [[text(values, 'subnet_id') ?? '', text(values, 'network_acl_id') ?? ''] as const]
        : texts(values, 'subnet_ids').map((subnet) => [subnet, text(values, 'default_network_acl_id') ?? id] as const),
    );
  const ever = new Map<string, string[]>();
  for (const [subnet, acl] of claims(side.either(...TYPES))) ever.set(subnet, [...(ever.get(subnet) ?? []), acl]);
  // An association of its own decides; the lists of the ACLs are only a mirror.
  return { now: new Map(claims([...side.managed(TYPES[0], TYPES[1]), ...side.managed(TYPES[2])])), ever };
}

function acls(side: Side): Json[] {
  const claims = claimsIn(side);
  // A subnet that an association names belongs to that ACL alone; the lists of the ACLs are only a mirror.
  const associations = side.managed('aws_network_acl_association');
  const elsewhere = new Set(
    side.either('aws_network_acl_association').flatMap(({ values }) => text(values, 'subnet_id') ?? []),
  );
  return aclsOf(side).flatMap((acl): Json[] => {
    // An adopted ACL keeps the id that it had.
    const id = text(acl.values, 'default_network_acl_id') ?? acl.id;
    const isMine = ({ values }: Resource) => [id, acl.id].includes(text(values, 'network_acl_id') ?? '');
    const separate = side
      .managed('aws_network_acl_rule')
      .filter(isMine)
      .map(({ values }) => ruleOf(values));
    const mirrored = new Set(
      side
        .either('aws_network_acl_rule')
        .filter(isMine)
        .map(({ values }) => keyOf(ruleOf(values))),
    );
    if (acl.existing !== undefined) return amended(side, acl, acl.existing, { claims, separate, mirrored });
    const named = associations.filter(isMine).flatMap(({ values }) => text(values, 'subnet_id') ?? []);
    if (acl.instance.mode !== 'managed') return [];
    side.amended.add(id);
    const inline = (['ingress', 'egress'] as const).flatMap((direction) =>
      entriesOf(acl.values, direction).filter((one) => side.writes(acl, direction) || !mirrored.has(keyOf(one))),
    );
    const isDefault = acl.instance.type === 'aws_default_network_acl';
    // Who gets an adopted ACL by default keeps it.
    const recorded = isDefault ? side.recorded('NetworkAcls', id) : undefined;
    const kept = blocks(recorded, 'Associations').flatMap((one) => text(one, 'SubnetId') ?? []);
    const listed = [
      ...texts(acl.values, 'subnet_ids').filter((subnet) => !elsewhere.has(subnet)),
      ...kept.filter((subnet) => !claims.now.has(subnet)),
    ];
    return [
      {
        NetworkAclId: id,
        VpcId: text(acl.values, 'vpc_id') ?? vpcWith(side, id) ?? recorded?.['VpcId'],
        IsDefault: isDefault,
        Associations: associationsOf(id, [...new Set([...listed, ...named])]),
        Entries: distinct([...inline, ...separate]),
        Tags: tags(acl.values),
      },
    ];
  });
}

interface Amendment {
  readonly claims: Claims;
  readonly separate: readonly Json[];
  readonly mirrored: ReadonlySet<string>;
}

/** An ACL of the snapshot with the entries and subnets that the plan gives it, and without those that it takes away. */
function amended(side: Side, acl: Resource, existing: Json, { claims, separate, mirrored }: Amendment): Json[] {
  const [entries, known] = [blocks(existing, 'Entries'), blocks(existing, 'Associations')];
  const kept = known.filter((one) => {
    const subnet = text(one, 'SubnetId') ?? '';
    return !claims.now.has(subnet) && claims.ever.get(subnet)?.includes(acl.id) !== true;
  });
  const given = [...claims.now].flatMap(([subnet, to]) => (to === acl.id ? [subnet] : []));
  // A subnet that loses its ACL goes to the default one of its VPC.
  const listed = new Set(known.map((one) => text(one, 'SubnetId')));
  const left =
    existing['IsDefault'] === true
      ? [...claims.ever.keys()].filter(
          (subnet) =>
            !claims.now.has(subnet) &&
            !listed.has(subnet) &&
            text(side.get(subnet)?.values, 'vpc_id') === text(existing, 'VpcId'),
        )
      : [];
  if (mirrored.size + given.length + left.length === 0 && kept.length === known.length) return [];
  side.amended.add(acl.id);
  return [
    {
      ...existing,
      Entries: [...entries.filter((one) => !mirrored.has(keyOf(one))), ...separate],
      Associations: [...kept, ...associationsOf(acl.id, [...given, ...left])],
    },
  ];
}

/** The id of an adopted ACL is known by the VPC's own attribute. */
function vpcWith(side: Side, acl: string): string | undefined {
  return vpcsOf(side).find((vpc) => broughtBy(vpc, 'default_network_acl_id') === acl)?.id;
}

function associationsOf(acl: string, subnets: readonly string[]): Json[] {
  return subnets.map((SubnetId) => ({ SubnetId, NetworkAclId: acl }));
}

function defaults(side: Side): Json[] {
  const adopted = new Set(
    side
      .managed('aws_default_network_acl')
      .flatMap(({ id, values }) => [id, text(values, 'default_network_acl_id') ?? id, text(values, 'vpc_id') ?? id]),
  );
  return madeVpcsOf(side)
    .filter((vpc) => !adopted.has(broughtBy(vpc, 'default_network_acl_id')) && !adopted.has(vpc.id))
    .map((vpc): Json => {
      const id = broughtBy(vpc, 'default_network_acl_id');
      const named = side
        .naming('aws_network_acl_association', 'network_acl_id', id)
        .flatMap(({ values }) => text(values, 'subnet_id') ?? []);
      const rules = side.naming('aws_network_acl_rule', 'network_acl_id', id).map(({ values }) => ruleOf(values));
      return {
        NetworkAclId: id,
        VpcId: vpc.id,
        IsDefault: true,
        Associations: associationsOf(id, named),
        Entries: [
          ...[false, true].flatMap((Egress) => [
            { Egress, RuleNumber: 100, RuleAction: 'allow', Protocol: '-1', CidrBlock: '0.0.0.0/0' },
            { Egress, RuleNumber: 101, RuleAction: 'allow', Protocol: '-1', Ipv6CidrBlock: '::/0' },
          ]),
          ...rules,
        ],
      };
    });
}

function entriesOf(values: Values, direction: 'ingress' | 'egress'): Json[] {
  const unknown = values[direction];
  if (unknownIn(unknown) !== undefined)
    return [{ Egress: direction === 'egress', RuleNumber: 1, RuleAction: 'allow', Protocol: unknown }];
  return blocks(values, direction).map((rule) => entryOf(rule, direction === 'egress'));
}

function ruleOf(values: Values): Json {
  return entryOf(values, flag(values, 'egress') === true);
}

/** An ACL has one entry of each number and direction. */
function keyOf(entry: Values): string {
  return `${entry['Egress'] === true} ${number(entry, 'RuleNumber')}`;
}

const NUMBERS: Readonly<Record<string, string>> = { all: '-1', tcp: '6', udp: '17', icmp: '1', icmpv6: '58' };

function entryOf(rule: Values, Egress: boolean): Json {
  const word = (text(rule, 'protocol') ?? String(number(rule, 'protocol') ?? '-1')).toLowerCase();
  const unknown = ['from_port', 'to_port'].map((key) => rule[key]).find((port) => unknownIn(port) !== undefined);
  const Protocol = unknown ?? NUMBERS[word] ?? word;
  const [from, to] = [number(rule, 'from_port'), number(rule, 'to_port')];
  const isIcmp = Protocol === '1' || Protocol === '58';
  const hasPorts = (Protocol === '6' || Protocol === '17') && from !== undefined && to !== undefined;
  return filled({
    Egress,
    RuleNumber: number(rule, 'rule_no') ?? number(rule, 'rule_number'),
    RuleAction: text(rule, 'action') ?? text(rule, 'rule_action'),
    Protocol,
    IcmpTypeCode: isIcmp ? { Type: number(rule, 'icmp_type') ?? -1, Code: number(rule, 'icmp_code') ?? -1 } : undefined,
    PortRange: hasPorts ? { From: from, To: to } : undefined,
    CidrBlock: text(rule, 'cidr_block'),
    Ipv6CidrBlock: text(rule, 'ipv6_cidr_block'),
  });
}
