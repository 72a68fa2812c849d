/**
 * aws_* resources as the documents that the EC2 API would answer with, what the cloud creates by default included: default
 * group, main route table, default network ACL.
 * Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs
 */
import { type Documents, type Resource, type Side, blocks, flag, number, text, texts } from './side.ts';
import { loadBalancers } from './aws-load-balancer.ts';
import type { Values } from './plan.ts';

type Json = Record<string, unknown>;

/** Kinds of the API with their records. */
export function awsDocuments(side: Side): Documents {
  const vpcs = side.all('aws_vpc', 'aws_default_vpc');
  const groups = securityGroups(side, vpcs);
  const enis = interfaces(side);
  return {
    Vpcs: vpcs.map((vpc) => vpcOf(side, vpc)),
    Subnets: side.all('aws_subnet', 'aws_default_subnet').map(subnetOf),
    SecurityGroups: groups,
    NetworkAcls: networkAcls(side, vpcs),
    RouteTables: routeTables(side, vpcs),
    InternetGateways: side.all('aws_internet_gateway').map((gateway) => internetGateway(side, gateway)),
    EgressOnlyInternetGateways: side.all('aws_egress_only_internet_gateway').map(({ id, values }) => ({
      EgressOnlyInternetGatewayId: id,
      Attachments: [{ VpcId: text(values, 'vpc_id'), State: 'attached' }],
      Tags: tags(values),
    })),
    NatGateways: enis.nats,
    NetworkInterfaces: [...enis.interfaces, ...loadBalancers(side).interfaces],
    Instances: enis.instances,
    Addresses: [],
    VpcPeeringConnections: peerings(side),
    VpcEndpoints: side.all('aws_vpc_endpoint').map(endpointOf),
    VpnGateways: side.all('aws_vpn_gateway').map(({ id, values }) => ({
      VpnGatewayId: id,
      State: 'available',
      VpcAttachments: [
        text(values, 'vpc_id') ??
          side
            .managed('aws_vpn_gateway_attachment')
            .map((one) => (text(one.values, 'vpn_gateway_id') === id ? text(one.values, 'vpc_id') : undefined))
            .find((one) => one !== undefined),
      ].flatMap((vpc) => (vpc === undefined ? [] : [{ VpcId: vpc, State: 'attached' }])),
      Tags: tags(values),
    })),
    ...loadBalancers(side).documents,
  };
}

function tags(values: Values): Json[] {
  const found = values['tags_all'] ?? values['tags'];
  if (typeof found !== 'object' || found === null) return [];
  return Object.entries(found).flatMap(([Key, Value]) => (typeof Value === 'string' ? [{ Key, Value }] : []));
}

function vpcOf(side: Side, { id, values }: Resource): Json {
  const more = side
    .managed('aws_vpc_ipv4_cidr_block_association')
    .filter((one) => text(one.values, 'vpc_id') === id)
    .map((one) => text(one.values, 'cidr_block'));
  return {
    VpcId: id,
    CidrBlock: text(values, 'cidr_block'),
    CidrBlockAssociationSet: more
      .filter((cidr) => cidr !== undefined)
      .map((CidrBlock) => ({ CidrBlock, CidrBlockState: { State: 'associated' } })),
    Ipv6CidrBlockAssociationSet:
      text(values, 'ipv6_cidr_block') === undefined
        ? []
        : [{ Ipv6CidrBlock: text(values, 'ipv6_cidr_block'), Ipv6CidrBlockState: { State: 'associated' } }],
    OwnerId: text(values, 'owner_id'),
    Tags: tags(values),
  };
}

function subnetOf({ id, values }: Resource): Json {
  return {
    SubnetId: id,
    VpcId: text(values, 'vpc_id'),
    CidrBlock: text(values, 'cidr_block'),
    AvailabilityZone: text(values, 'availability_zone'),
    Ipv6CidrBlockAssociationSet:
      text(values, 'ipv6_cidr_block') === undefined
        ? []
        : [{ Ipv6CidrBlock: text(values, 'ipv6_cidr_block'), Ipv6CidrBlockState: { State: 'associated' } }],
    OwnerId: text(values, 'owner_id'),
    Tags: tags(values),
  };
}

/** The id of what a VPC gets by itself. */
function ownOf(vpc: Resource, key: string): string {
  return text(vpc.values, key) ?? `${vpc.id}/${key.replace(/_id$/, '')}`;
}

function internetGateway(side: Side, { id, values }: Resource): Json {
  const attached = side
    .managed('aws_internet_gateway_attachment')
    .find((one) => text(one.values, 'internet_gateway_id') === id);
  const vpc = text(values, 'vpc_id') ?? text(attached?.values, 'vpc_id');
  return {
    InternetGatewayId: id,
    Attachments: vpc === undefined ? [] : [{ VpcId: vpc, State: 'available' }],
    OwnerId: text(values, 'owner_id'),
    Tags: tags(values),
  };
}

// Security groups

const ANYWHERE_OUT: Json = {
  IpProtocol: '-1',
  IpRanges: [{ CidrIp: '0.0.0.0/0' }],
  Ipv6Ranges: [],
  PrefixListIds: [],
  UserIdGroupPairs: [],
};

function securityGroups(side: Side, vpcs: readonly Resource[]): Json[] {
  const groups = side.all('aws_security_group', 'aws_default_security_group');
  const records = groups.map(
    (group): Json => ({
      GroupId: group.id,
      GroupName:
        text(group.values, 'name') ??
        (group.instance.type === 'aws_default_security_group' ? 'default' : group.instance.name),
      VpcId: text(group.values, 'vpc_id'),
      OwnerId: text(group.values, 'owner_id'),
      Tags: tags(group.values),
      // A data source says which group it is, not what it allows.
      ...(group.instance.mode === 'data'
        ? {}
        : {
            IpPermissions: permissions(side, group, 'ingress'),
            IpPermissionsEgress: permissions(side, group, 'egress'),
          }),
    }),
  );
  const known = new Set(groups.map(({ id }) => id));
  const defaults = vpcs
    .filter((vpc) => vpc.instance.mode === 'managed' && !known.has(ownOf(vpc, 'default_security_group_id')))
    .filter(
      (vpc) =>
        !groups.some(
          (group) => group.instance.type === 'aws_default_security_group' && text(group.values, 'vpc_id') === vpc.id,
        ),
    )
    .map((vpc): Json => {
      const GroupId = ownOf(vpc, 'default_security_group_id');
      return {
        GroupId,
        GroupName: 'default',
        VpcId: vpc.id,
        IpPermissions: [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId }] }],
        IpPermissionsEgress: [ANYWHERE_OUT],
      };
    });
  return [...records, ...defaults];
}

function permissions(side: Side, group: Resource, direction: 'ingress' | 'egress'): Json[] {
  const separate = separateRules(side, group.id, direction);
  const inline = blocks(group.values, direction).flatMap((rule) => inlineRules(rule, group.id));
  // Rules of their own resources are mirrored in the group that was read; they count where they are written.
  const isInline =
    side.writes(group, direction) === true || (side.writes(group, direction) === undefined && separate.all.size === 0);
  const own = isInline ? inline : inline.filter((rule) => !separate.all.has(JSON.stringify(rule)));
  return [...own, ...separate.live];
}

/** One permission for each peer, so that mirrored rules compare. */
function inlineRules(rule: Values, group: string): Json[] {
  const what = protocolOf(rule, 'protocol');
  const ids = [...texts(rule, 'security_groups'), ...(flag(rule, 'self') === true ? [group] : [])];
  return [
    ...texts(rule, 'cidr_blocks').map((CidrIp) => ({ ...what, IpRanges: [{ CidrIp }] })),
    ...texts(rule, 'ipv6_cidr_blocks').map((CidrIpv6) => ({ ...what, Ipv6Ranges: [{ CidrIpv6 }] })),
    ...texts(rule, 'prefix_list_ids').map((PrefixListId) => ({ ...what, PrefixListIds: [{ PrefixListId }] })),
    ...ids.map((id) => ({
      ...what,
      UserIdGroupPairs: [
        { GroupId: id.includes('/') && !id.startsWith('module.') ? id.slice(id.lastIndexOf('/') + 1) : id },
      ],
    })),
  ];
}

function protocolOf(rule: Values, key: string): Json {
  const protocol = wordOf(rule, key).toLowerCase();
  const [from, to] = [number(rule, 'from_port'), number(rule, 'to_port')];
  if (protocol === '-1' || protocol === 'all') return { IpProtocol: '-1' };
  return {
    IpProtocol: protocol,
    ...(from === undefined ? {} : { FromPort: from }),
    ...(to === undefined ? {} : { ToPort: to }),
  };
}

/** Rules that are resources: those of this side, and all that either side knows, for telling mirrors. */
function separateRules(
  side: Side,
  group: string,
  direction: 'ingress' | 'egress',
): { live: readonly Json[]; all: ReadonlySet<string> } {
  const old = ({ values }: Resource): Json[] => {
    if (text(values, 'type') !== direction || text(values, 'security_group_id') !== group) return [];
    const source = text(values, 'source_security_group_id');
    return inlineRules({ ...values, security_groups: source === undefined ? [] : [source] }, group);
  };
  const modern = ({ values }: Resource): Json[] => {
    if (text(values, 'security_group_id') !== group) return [];
    const what = protocolOf(values, 'ip_protocol');
    const [v4, v6, list, other] = ['cidr_ipv4', 'cidr_ipv6', 'prefix_list_id', 'referenced_security_group_id'].map(
      (key) => text(values, key),
    );
    return [
      ...(v4 === undefined ? [] : [{ ...what, IpRanges: [{ CidrIp: v4 }] }]),
      ...(v6 === undefined ? [] : [{ ...what, Ipv6Ranges: [{ CidrIpv6: v6 }] }]),
      ...(list === undefined ? [] : [{ ...what, PrefixListIds: [{ PrefixListId: list }] }]),
      ...(other === undefined ? [] : [{ ...what, UserIdGroupPairs: [{ GroupId: other }] }]),
    ];
  };
  const type = `aws_vpc_security_group_${direction}_rule`;
  const live = [...side.managed('aws_security_group_rule').flatMap(old), ...side.managed(type).flatMap(modern)];
  const all = [...side.either('aws_security_group_rule').flatMap(old), ...side.either(type).flatMap(modern)];
  return { live, all: new Set(all.map((one) => JSON.stringify(one))) };
}

// Network ACLs

function networkAcls(side: Side, vpcs: readonly Resource[]): Json[] {
  const acls = side
    .all('aws_network_acl', 'aws_default_network_acl')
    .filter(({ instance }) => instance.mode === 'managed');
  const records = acls.map((acl): Json => {
    const isDefault = acl.instance.type === 'aws_default_network_acl';
    const separate = side
      .managed('aws_network_acl_rule')
      .filter((rule) => text(rule.values, 'network_acl_id') === acl.id);
    const entries = [
      ...(side.writes(acl, 'ingress') === false && separate.length > 0
        ? []
        : blocks(acl.values, 'ingress').map((rule) => entryOf(rule, false))),
      ...(side.writes(acl, 'egress') === false && separate.length > 0
        ? []
        : blocks(acl.values, 'egress').map((rule) => entryOf(rule, true))),
      ...separate.map(({ values }) => entryOf(values, flag(values, 'egress') === true)),
    ];
    const associated = side
      .managed('aws_network_acl_association')
      .filter((one) => text(one.values, 'network_acl_id') === acl.id)
      .flatMap((one) => text(one.values, 'subnet_id') ?? []);
    return {
      NetworkAclId: acl.id,
      VpcId: text(acl.values, 'vpc_id') ?? vpcs.find((vpc) => ownOf(vpc, 'default_network_acl_id') === acl.id)?.id,
      IsDefault: isDefault,
      Associations: [...new Set([...texts(acl.values, 'subnet_ids'), ...associated])].map((SubnetId) => ({
        SubnetId,
        NetworkAclId: acl.id,
      })),
      Entries: unique(entries),
      Tags: tags(acl.values),
    };
  });
  const known = new Set(acls.map(({ id }) => id));
  const defaults = vpcs
    .filter(
      (vpc) =>
        vpc.instance.mode === 'managed' &&
        !known.has(ownOf(vpc, 'default_network_acl_id')) &&
        !acls.some((acl) => acl.instance.type === 'aws_default_network_acl' && text(acl.values, 'vpc_id') === vpc.id),
    )
    .map(
      (vpc): Json => ({
        NetworkAclId: ownOf(vpc, 'default_network_acl_id'),
        VpcId: vpc.id,
        IsDefault: true,
        Associations: [],
        Entries: [false, true].flatMap((Egress) => [
          { Egress, RuleNumber: 100, RuleAction: 'allow', Protocol: '-1', CidrBlock: '0.0.0.0/0' },
          { Egress, RuleNumber: 101, RuleAction: 'allow', Protocol: '-1', Ipv6CidrBlock: '::/0' },
        ]),
      }),
    );
  return [...records, ...defaults];
}

const NUMBERS: Readonly<Record<string, string>> = { all: '-1', tcp: '6', udp: '17', icmp: '1', icmpv6: '58' };

/** A protocol, written as a word or as a number. */
function wordOf(rule: Values, key: string): string {
  return text(rule, key) ?? String(number(rule, key) ?? '-1');
}

function entryOf(rule: Values, Egress: boolean): Json {
  const word = wordOf(rule, 'protocol').toLowerCase();
  const Protocol = NUMBERS[word] ?? word;
  const [from, to] = [number(rule, 'from_port'), number(rule, 'to_port')];
  const [v4, v6] = [text(rule, 'cidr_block'), text(rule, 'ipv6_cidr_block')];
  return {
    Egress,
    RuleNumber: number(rule, 'rule_no') ?? number(rule, 'rule_number'),
    RuleAction: text(rule, 'action') ?? text(rule, 'rule_action'),
    Protocol,
    ...(Protocol === '1' || Protocol === '58'
      ? { IcmpTypeCode: { Type: number(rule, 'icmp_type') ?? -1, Code: number(rule, 'icmp_code') ?? -1 } }
      : {}),
    ...(['6', '17'].includes(Protocol) && from !== undefined && to !== undefined
      ? { PortRange: { From: from, To: to } }
      : {}),
    ...(v4 === undefined ? {} : { CidrBlock: v4 }),
    ...(v6 === undefined ? {} : { Ipv6CidrBlock: v6 }),
  };
}

function unique(list: readonly Json[]): Json[] {
  return [...new Map(list.map((one) => [JSON.stringify(one), one])).values()];
}

// Routes

const TARGETS: Readonly<Record<string, string>> = {
  gateway_id: 'GatewayId',
  nat_gateway_id: 'NatGatewayId',
  egress_only_gateway_id: 'EgressOnlyInternetGatewayId',
  vpc_peering_connection_id: 'VpcPeeringConnectionId',
  transit_gateway_id: 'TransitGatewayId',
  network_interface_id: 'NetworkInterfaceId',
  instance_id: 'InstanceId',
  vpc_endpoint_id: 'GatewayId',
  local_gateway_id: 'LocalGatewayId',
  carrier_gateway_id: 'CarrierGatewayId',
  core_network_arn: 'CoreNetworkArn',
};

function routeOf(values: Values): Json {
  const v4 = text(values, 'cidr_block') ?? text(values, 'destination_cidr_block');
  const v6 = text(values, 'ipv6_cidr_block') ?? text(values, 'destination_ipv6_cidr_block');
  const list = text(values, 'destination_prefix_list_id');
  const target = Object.entries(TARGETS).flatMap(([key, field]) =>
    text(values, key) === undefined ? [] : [[field, text(values, key)!] as const],
  );
  return {
    ...(v4 === undefined ? {} : { DestinationCidrBlock: v4 }),
    ...(v6 === undefined ? {} : { DestinationIpv6CidrBlock: v6 }),
    ...(list === undefined ? {} : { DestinationPrefixListId: list }),
    ...Object.fromEntries(target.slice(0, 1)),
    State: 'active',
    Origin: 'CreateRoute',
  };
}

function routeTables(side: Side, vpcs: readonly Resource[]): Json[] {
  const tables = side
    .all('aws_route_table', 'aws_default_route_table')
    .filter(({ instance }) => instance.mode === 'managed');
  const mains = new Map(
    side
      .managed('aws_main_route_table_association')
      .map(({ values }) => [text(values, 'vpc_id'), text(values, 'route_table_id')]),
  );
  const isMain = (vpc: Resource | undefined, id: string) =>
    vpc !== undefined && (mains.get(vpc.id) ?? ownOf(vpc, 'main_route_table_id')) === id;
  const records = tables.map((table): Json => {
    const isDefault = table.instance.type === 'aws_default_route_table';
    const id = isDefault ? (text(table.values, 'default_route_table_id') ?? table.id) : table.id;
    const vpc =
      vpcs.find((one) => one.id === text(table.values, 'vpc_id')) ??
      (isDefault
        ? vpcs.find((one) => [ownOf(one, 'default_route_table_id'), ownOf(one, 'main_route_table_id')].includes(id))
        : undefined);
    const separate = side
      .managed('aws_route')
      .filter((route) => [id, table.id].includes(text(route.values, 'route_table_id') ?? ''))
      .map(({ values }) => routeOf(values));
    const mirrored = side
      .either('aws_route')
      .filter((route) => [id, table.id].includes(text(route.values, 'route_table_id') ?? ''))
      .map(({ values }) => routeOf(values));
    const inline = blocks(table.values, 'route').map(routeOf);
    const keep =
      side.writes(table, 'route') === false
        ? inline.filter((one) => !mirrored.some((other) => sameDestination(one, other)))
        : inline;
    const subnets = side
      .managed('aws_route_table_association')
      .filter((one) => [id, table.id].includes(text(one.values, 'route_table_id') ?? ''))
      .map(({ values }) => ({
        SubnetId: text(values, 'subnet_id'),
        GatewayId: text(values, 'gateway_id'),
        Main: false,
        AssociationState: { State: 'associated' },
      }));
    const main = isMain(vpc, id) || (isDefault && vpc !== undefined && !mains.has(vpc.id)) ? [{ Main: true }] : [];
    return {
      RouteTableId: id,
      VpcId: vpc?.id ?? text(table.values, 'vpc_id'),
      Associations: [
        ...subnets.map((one) => Object.fromEntries(Object.entries(one).filter(([, value]) => value !== undefined))),
        ...main,
      ],
      Routes: [...keep, ...separate],
      Tags: tags(table.values),
    };
  });
  const known = new Set(records.map((record) => record['RouteTableId']));
  const defaults = vpcs
    .filter(
      (vpc) =>
        vpc.instance.mode === 'managed' &&
        !known.has(mains.get(vpc.id) ?? ownOf(vpc, 'main_route_table_id')) &&
        !records.some(
          (record) =>
            record['VpcId'] === vpc.id && (record['Associations'] as Json[]).some((one) => one['Main'] === true),
        ),
    )
    .map((vpc): Json => {
      const id = ownOf(vpc, 'main_route_table_id');
      const routes = side
        .managed('aws_route')
        .filter((route) => text(route.values, 'route_table_id') === id)
        .map(({ values }) => routeOf(values));
      return { RouteTableId: id, VpcId: vpc.id, Associations: [{ Main: true }], Routes: routes };
    });
  return [...records, ...defaults];
}

function sameDestination(a: Json, b: Json): boolean {
  return ['DestinationCidrBlock', 'DestinationIpv6CidrBlock', 'DestinationPrefixListId'].every(
    (key) => a[key] === b[key],
  );
}

// Interfaces, machines, NAT gateways

function interfaces(side: Side): { interfaces: Json[]; instances: Json[]; nats: Json[] } {
  const subnets = new Map(side.all('aws_subnet', 'aws_default_subnet').map((subnet) => [subnet.id, subnet]));
  const vpcOfSubnet = (id: string | undefined) => text(subnets.get(id ?? '')?.values, 'vpc_id');
  const eips = side.managed('aws_eip');
  const attached = side.managed('aws_eip_association');
  const publicOf = (instance: string | undefined, eni: string | undefined): string | undefined => {
    const direct = eips.find(
      ({ values }) =>
        (instance !== undefined && text(values, 'instance') === instance) ||
        (eni !== undefined && text(values, 'network_interface') === eni),
    );
    const link = attached.find(
      ({ values }) =>
        (instance !== undefined && text(values, 'instance_id') === instance) ||
        (eni !== undefined && text(values, 'network_interface_id') === eni),
    );
    const eip =
      direct ??
      eips.find(
        ({ id, values }) =>
          id === text(link?.values, 'allocation_id') ||
          text(values, 'allocation_id') === text(link?.values, 'allocation_id'),
      );
    return eip === undefined
      ? text(link?.values, 'public_ip')
      : (text(eip.values, 'public_ip') ?? side.publicAddress());
  };
  const machines = side.managed('aws_instance', 'aws_spot_instance_request');
  const enis = side.managed('aws_network_interface');
  for (const { values } of [...machines, ...enis])
    side.use(text(values, 'subnet_id') ?? '', text(values, 'private_ip'));
  const own = (subnet: string | undefined, known: string | undefined) =>
    known ?? side.freeAddress(subnet ?? '', text(subnets.get(subnet ?? '')?.values, 'cidr_block'));
  const defaultGroup = (vpc: string | undefined) => {
    const found = side.all('aws_vpc', 'aws_default_vpc').find(({ id }) => id === vpc);
    const named = side.managed('aws_default_security_group').find(({ values }) => text(values, 'vpc_id') === vpc);
    return named?.id ?? (found === undefined ? undefined : ownOf(found, 'default_security_group_id'));
  };
  const groupsFor = (listed: readonly string[], vpc: string | undefined, extra: readonly string[] = []) => {
    const fallback = defaultGroup(vpc);
    const ids = listed.length > 0 || fallback === undefined ? listed : [fallback];
    return [...new Set([...ids, ...extra])].map((GroupId) => ({ GroupId }));
  };
  const extraGroups = (eni: string) =>
    side
      .managed('aws_network_interface_sg_attachment')
      .filter(({ values }) => text(values, 'network_interface_id') === eni)
      .flatMap(({ values }) => text(values, 'security_group_id') ?? []);
  const records: Json[] = [];
  const attachments = side.managed('aws_network_interface_attachment');
  for (const eni of enis) {
    const subnet = text(eni.values, 'subnet_id');
    const machine =
      blocks(eni.values, 'attachment')
        .map((one) => text(one, 'instance'))
        .find((one) => one !== undefined) ??
      text(attachments.find(({ values }) => text(values, 'network_interface_id') === eni.id)?.values, 'instance_id') ??
      machines.find(({ values }) =>
        blocks(values, 'network_interface').some((one) => text(one, 'network_interface_id') === eni.id),
      )?.id;
    const address = own(subnet, text(eni.values, 'private_ip') ?? texts(eni.values, 'private_ips')[0]);
    records.push({
      NetworkInterfaceId: eni.id,
      SubnetId: subnet,
      VpcId: vpcOfSubnet(subnet),
      PrivateIpAddress: address,
      Groups: groupsFor(texts(eni.values, 'security_groups'), vpcOfSubnet(subnet), extraGroups(eni.id)),
      SourceDestCheck: flag(eni.values, 'source_dest_check') ?? true,
      Ipv6Addresses: texts(eni.values, 'ipv6_addresses').map((Ipv6Address) => ({ Ipv6Address })),
      ...withPublic(publicOf(machine, eni.id)),
      ...(machine === undefined ? {} : { Attachment: { InstanceId: machine, DeviceIndex: 0 } }),
      TagSet: tags(eni.values),
    });
  }
  const instances = machines.map((machine): Json => {
    const { id, values } = machine;
    const explicit = blocks(values, 'network_interface').some((one) => text(one, 'network_interface_id') !== undefined);
    const subnet = text(values, 'subnet_id');
    if (!explicit && subnet !== undefined) {
      const vpc = vpcOfSubnet(subnet);
      const eni = text(values, 'primary_network_interface_id') ?? `${id}/eni`;
      const wants =
        flag(values, 'associate_public_ip_address') ??
        flag(subnets.get(subnet)?.values, 'map_public_ip_on_launch') ??
        false;
      const outside = publicOf(id, eni) ?? text(values, 'public_ip') ?? (wants ? side.publicAddress() : undefined);
      const address = own(subnet, text(values, 'private_ip'));
      const listed = [
        ...texts(values, 'vpc_security_group_ids'),
        ...texts(values, 'security_groups').filter((one) => one.startsWith('sg-')),
      ];
      records.push({
        NetworkInterfaceId: eni,
        SubnetId: subnet,
        ...(vpc === undefined ? {} : { VpcId: vpc }),
        PrivateIpAddress: address,
        Groups: groupsFor(listed, vpc, extraGroups(eni)),
        SourceDestCheck: flag(values, 'source_dest_check') ?? true,
        Ipv6Addresses: texts(values, 'ipv6_addresses').map((Ipv6Address) => ({ Ipv6Address })),
        ...withPublic(outside),
        Attachment: { InstanceId: id, DeviceIndex: 0 },
      });
    }
    return { InstanceId: id, State: { Name: text(values, 'instance_state') ?? 'running' }, Tags: tags(values) };
  });
  const nats = side.managed('aws_nat_gateway').map((nat): Json => {
    const subnet = text(nat.values, 'subnet_id');
    const isPublic = (text(nat.values, 'connectivity_type') ?? 'public') === 'public';
    const eip = eips.find(
      ({ id, values }) =>
        id === text(nat.values, 'allocation_id') || text(values, 'allocation_id') === text(nat.values, 'allocation_id'),
    );
    const outside = isPublic
      ? (text(nat.values, 'public_ip') ?? text(eip?.values, 'public_ip') ?? side.publicAddress())
      : undefined;
    return {
      NatGatewayId: nat.id,
      SubnetId: subnet,
      VpcId: vpcOfSubnet(subnet),
      State: 'available',
      ConnectivityType: isPublic ? 'public' : 'private',
      NatGatewayAddresses: [
        {
          NetworkInterfaceId: text(nat.values, 'network_interface_id') ?? `${nat.id}/eni`,
          PrivateIp: own(subnet, text(nat.values, 'private_ip')),
          ...(outside === undefined ? {} : { PublicIp: outside }),
        },
      ],
      Tags: tags(nat.values),
    };
  });
  return {
    interfaces: records.filter(
      (record) => record['PrivateIpAddress'] !== undefined || record['SubnetId'] !== undefined,
    ),
    instances,
    nats,
  };
}

function withPublic(address: string | undefined): Json {
  return address === undefined ? {} : { Association: { PublicIp: address } };
}

function peerings(side: Side): Json[] {
  const accepters = new Set(
    side
      .managed('aws_vpc_peering_connection_accepter')
      .filter(({ values }) => flag(values, 'auto_accept') === true)
      .map(({ values }) => text(values, 'vpc_peering_connection_id')),
  );
  const vpcs = new Map(side.all('aws_vpc', 'aws_default_vpc').map((vpc) => [vpc.id, vpc]));
  const end = (id: string | undefined, values: Values, own: boolean): Json => ({
    VpcId: id,
    CidrBlock: text(vpcs.get(id ?? '')?.values, 'cidr_block'),
    ...(own || text(values, 'peer_region') === undefined ? {} : { Region: text(values, 'peer_region') }),
  });
  return side.managed('aws_vpc_peering_connection').map(({ id, values }) => ({
    VpcPeeringConnectionId: id,
    Status: {
      Code:
        text(values, 'accept_status') ??
        (flag(values, 'auto_accept') === true || accepters.has(id) ? 'active' : 'pending-acceptance'),
    },
    RequesterVpcInfo: end(text(values, 'vpc_id'), values, true),
    AccepterVpcInfo: end(text(values, 'peer_vpc_id'), values, false),
    Tags: tags(values),
  }));
}

function endpointOf({ id, values }: Resource): Json {
  return {
    VpcEndpointId: id,
    VpcEndpointType: text(values, 'vpc_endpoint_type') ?? 'Gateway',
    VpcId: text(values, 'vpc_id'),
    ServiceName: text(values, 'service_name'),
    State: 'available',
    RouteTableIds: texts(values, 'route_table_ids'),
    SubnetIds: texts(values, 'subnet_ids'),
    Tags: tags(values),
  };
}

/** Types of this provider that say nothing of packets, or that other resources carry along. */
export const AWS_READ =
  /^aws_(default_)?(vpc|subnet|security_group|network_acl|route_table|internet_gateway|egress_only_internet_gateway|nat_gateway|network_interface|instance|spot_instance_request|eip|eip_association|route|main_route_table_association|route_table_association|security_group_rule|vpc_security_group_(in|e)gress_rule|network_acl_rule|network_acl_association|network_interface_attachment|network_interface_sg_attachment|vpc_ipv4_cidr_block_association|internet_gateway_attachment|vpc_peering_connection|vpc_peering_connection_accepter|vpc_endpoint|vpn_gateway|vpn_gateway_attachment|lb|alb|lb_listener|alb_listener|lb_target_group|alb_target_group|lb_target_group_attachment|alb_target_group_attachment|elb)$/;
