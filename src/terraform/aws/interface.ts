/**
 * Interfaces: those that Terraform makes, and the first one of each machine. Addresses that only apply will choose are made
 * up. A machine gets a public address if it asks for one, or if its subnet gives one to everybody.
 * Sources: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/network_interface, .../instance
 */
import type { Family } from '../family.ts';
import { partOf } from '../kinds.ts';
import type { Resource, Side } from '../side.ts';
import { type Json, type Values, blocks, filled, flag, number, text, texts, unknownIn } from '../values.ts';
import { amendedInterface } from './interface-amended.ts';
import { broughtBy, tags, vpcOfSubnet, vpcsOf } from './common.ts';
import { elasticAddressOf, elasticAddressesEver } from './elastic-address.ts';
import { subnet4, subnet6 } from './vpc.ts';

const MACHINES = ['aws_instance', 'aws_spot_instance_request'] as const;

export const interfaceFamily: Family = {
  types: [
    ...MACHINES,
    'aws_network_interface',
    'aws_network_interface_attachment',
    'aws_network_interface_sg_attachment',
  ],
  read: (side) => {
    const machines = side.managed(...MACHINES);
    const enis = side.managed('aws_network_interface');
    for (const { values } of [...machines, ...enis])
      for (const address of [text(values, 'private_ip'), ...texts(values, 'private_ips')])
        side.madeUp.use(text(values, 'subnet_id') ?? '', address);
    return [
      {
        kind: 'NetworkInterfaces',
        records: [
          ...side
            .all('aws_network_interface')
            .flatMap((eni) => (eni.existing === undefined ? [] : amendedInterface(side, eni, eni.existing))),
          ...enis.map((eni) => interfaceOf(side, eni, machines)),
          ...machines.flatMap((machine) => firstOf(side, machine)),
        ],
        complete: true,
      },
      { kind: 'Instances', records: machines.map(machineOf), complete: true },
    ];
  },
};

function machineOf({ id, values }: Resource): Json {
  return { InstanceId: id, State: { Name: text(values, 'instance_state') ?? 'running' }, Tags: tags(values) };
}

function interfaceOf(side: Side, eni: Resource, machines: readonly Resource[]): Json {
  const { id, values } = eni;
  const subnet = text(values, 'subnet_id');
  const attached = attachmentOf(side, eni, machines);
  const listed = [...new Set([text(values, 'private_ip'), ...texts(values, 'private_ips')])].filter(
    (one) => one !== undefined,
  );
  return placed(side, id, subnet, {
    groups: groupsOn(side, id, texts(values, 'security_groups'), vpcOfSubnet(side, subnet)),
    privates: listed,
    sixes: texts(values, 'ipv6_addresses'),
    sixCount: number(values, 'ipv6_address_count'),
    checks: flag(values, 'source_dest_check'),
    outsideOf: (inside, isPrimary) =>
      elasticAddressOf(side, { instance: isPrimary ? attached?.machine : undefined, eni: id, inside, isPrimary }),
    more: {
      ...(attached === undefined
        ? { Status: 'available' }
        : { Attachment: { InstanceId: attached.machine, DeviceIndex: attached.index } }),
      TagSet: tags(values),
    },
  });
}

/** Which machine an interface is attached to: its own block says so, a resource of its own, or the machine's block. */
function attachmentOf(
  side: Side,
  eni: Resource,
  machines: readonly Resource[],
): { machine: string; index: number } | undefined {
  // Attachments of their own are mirrored in the interface.
  const separate = side
    .either('aws_network_interface_attachment')
    .some(({ values }) => text(values, 'network_interface_id') === eni.id);
  const own = separate
    ? undefined
    : blocks(eni.values, 'attachment').find((one) => text(one, 'instance') !== undefined);
  if (own !== undefined) return { machine: text(own, 'instance')!, index: number(own, 'device_index') ?? 1 };
  const [link] = side.naming('aws_network_interface_attachment', 'network_interface_id', eni.id);
  const machine = text(link?.values, 'instance_id');
  if (machine !== undefined) return { machine, index: number(link?.values, 'device_index') ?? 1 };
  for (const one of machines)
    for (const named of namedInterfaces(one.values))
      if (text(named, 'network_interface_id') === eni.id)
        return { machine: one.id, index: number(named, 'device_index') ?? 0 };
  return undefined;
}

function namedInterfaces(machine: Values): readonly Values[] {
  return [...blocks(machine, 'primary_network_interface'), ...blocks(machine, 'network_interface')].filter(
    (one) => text(one, 'network_interface_id') !== undefined,
  );
}

/** The interface that a machine gets with its launch; none where it is given one. */
function firstOf(side: Side, machine: Resource): Json[] {
  const { id, instance, values } = machine;
  const mine = text(values, 'primary_network_interface_id');
  const given = side.managed('aws_network_interface');
  // What a machine reports as its block's is mirrored from the interface that it has anyway.
  if (namedInterfaces(values).length > 0 && (mine === undefined || given.some((one) => one.id === mine))) return [];
  const subnet = text(values, 'subnet_id');
  if (subnet === undefined) {
    side.lacks(
      `the subnet of ${instance.address}: it names none, so it goes to the default VPC of its region`,
      'aws ec2 describe-subnets --filters Name=default-for-az,Values=true',
    );
    return [];
  }
  const vpc = vpcOfSubnet(side, subnet);
  const eni = mine ?? partOf(id, 'eni');
  const home = side.get(subnet);
  // An elastic address is mirrored in the machine: once it is bound elsewhere, what was asked for at launch counts.
  const bound = elasticAddressesEver(side, [id, eni]);
  const isMirror = bound.addresses.has(text(values, 'public_ip') ?? '');
  const wants =
    isMirror && !side.writes(machine, 'associate_public_ip_address')
      ? undefined
      : flag(values, 'associate_public_ip_address');
  const isPublic = wants ?? flag(home?.values, 'map_public_ip_on_launch') ?? isDefault(home);
  const known = isMirror ? undefined : text(values, 'public_ip');
  const six = flag(home?.values, 'assign_ipv6_address_on_creation') === true ? 1 : undefined;
  return [
    placed(side, eni, subnet, {
      groups: groupsOn(side, eni, machineGroups(side, values), vpc),
      privates: [text(values, 'private_ip'), ...texts(values, 'secondary_private_ips')].filter(
        (one) => one !== undefined,
      ),
      sixes: texts(values, 'ipv6_addresses'),
      sixCount: number(values, 'ipv6_address_count') ?? six,
      checks: flag(values, 'source_dest_check'),
      outsideOf: (inside, isPrimary) =>
        elasticAddressOf(side, { instance: id, eni, inside, isPrimary }) ??
        (isPrimary ? (known ?? (isPublic ? side.madeUp.public(eni) : undefined)) : undefined),
      more: { Attachment: { InstanceId: id, DeviceIndex: 0 } },
    }),
  ];
}

/** A default subnet gives public addresses unless it says otherwise. */
function isDefault(subnet: Resource | undefined): boolean {
  return subnet?.instance.type === 'aws_default_subnet';
}

/** Groups by id; in the default VPC they may be listed by name. */
function machineGroups(side: Side, values: Values): string[] {
  const named = texts(values, 'security_groups').flatMap((word) =>
    word.startsWith('sg-')
      ? [word]
      : side.all('aws_security_group').flatMap((group) => (text(group.values, 'name') === word ? [group.id] : [])),
  );
  return [...new Set([...texts(values, 'vpc_security_group_ids'), ...named])];
}

/** The groups of an interface: those listed, else the default group of its VPC, and those that are attached to it. */
export function groupsOn(side: Side, eni: string, listed: readonly string[], vpc: string | undefined): string[] {
  const attachments = side.naming('aws_network_interface_sg_attachment', 'network_interface_id', eni);
  const attached = attachments.flatMap(({ values }) => text(values, 'security_group_id') ?? []);
  // Attached groups are mirrored in what the interface lists; one that is attached no longer is gone.
  const mirrored = new Set(
    side
      .either('aws_network_interface_sg_attachment')
      .filter(({ values }) => text(values, 'network_interface_id') === eni)
      .flatMap(({ values }) => text(values, 'security_group_id') ?? []),
  );
  const own = listed.filter((group) => !mirrored.has(group));
  const fallback = own.length > 0 ? undefined : defaultGroupOf(side, vpc);
  return [...new Set([...own, ...(fallback === undefined ? [] : [fallback]), ...attached])];
}

function defaultGroupOf(side: Side, vpc: string | undefined): string | undefined {
  const adopted = side.naming('aws_default_security_group', 'vpc_id', vpc)[0];
  const found = vpcsOf(side).find(({ id }) => id === vpc);
  return adopted?.id ?? (found === undefined ? undefined : broughtBy(found, 'default_security_group_id'));
}

interface Standing {
  readonly groups: readonly string[];
  /** The primary address first; none where only apply will tell. */
  readonly privates: readonly string[];
  readonly sixes?: readonly string[];
  readonly sixCount?: number | undefined;
  readonly checks?: boolean | undefined;
  readonly outsideOf?: (inside: string, isPrimary: boolean) => string | undefined;
  readonly more?: Json;
}

/** The record of an interface in a subnet. */
export function placed(side: Side, id: string, subnet: string | undefined, standing: Standing): Json {
  const { groups, privates, sixes = [], sixCount = 0, checks = true, outsideOf = () => undefined } = standing;
  const home = side.get(subnet);
  const known = privates.filter((one) => unknownIn(one) === undefined);
  const first = known[0] ?? side.madeUp.private(id, subnet ?? '', subnet4(side, home));
  if (first === undefined && subnet !== undefined && unknownIn(subnet) === undefined && home === undefined)
    side.lacks(`subnet ${subnet}, where ${id} stands`, `aws ec2 describe-subnets --subnet-ids ${subnet}`);
  const inside = first === undefined ? [] : [first, ...known.slice(1)];
  const given6 = sixes.filter((one) => unknownIn(one) === undefined);
  const made6 = Array.from({ length: given6.length > 0 ? 0 : Math.min(sixCount, MOST_SIXES) }, (_, i) =>
    side.madeUp.host6(partOf(id, `six${i}`), subnet6(side, home)),
  );
  const recorded = side.recorded('NetworkInterfaces', id);
  return filled({
    ...Object.fromEntries(KEPT.map((key) => [key, recorded?.[key]])),
    NetworkInterfaceId: id,
    SubnetId: subnet,
    VpcId: vpcOfSubnet(side, subnet),
    PrivateIpAddress: first,
    PrivateIpAddresses: inside.map((address, i) => {
      const outside = outsideOf(address, i === 0);
      return {
        PrivateIpAddress: address,
        Primary: i === 0,
        ...(outside === undefined ? {} : { Association: { PublicIp: outside } }),
      };
    }),
    Groups: groups.map((GroupId) => ({ GroupId })),
    SourceDestCheck: checks,
    Ipv6Addresses: [...given6, ...made6].flatMap((Ipv6Address) => (Ipv6Address === undefined ? [] : [{ Ipv6Address }])),
    ...standing.more,
  });
}

/** What the snapshot tells of an interface and Terraform does not. */
const KEPT = ['OwnerId', 'InterfaceType', 'Description', 'Ipv4Prefixes', 'Ipv6Prefixes'];
const MOST_SIXES = 16;
