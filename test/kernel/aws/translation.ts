/**
 * A raw AWS snapshot as namespaces: one a machine, one a VPC, one a NAT gateway, one a transit gateway, one for the
 * internet. Security groups are stateful chains at the machine, network ACLs stateless chains at the router's subnet
 * borders, route tables are the kernel's own. Written from the provider's pages alone; shares nothing with the readers.
 *
 * Proves: reply-must-return, stateful-filter, stateless-filter, first-match, any-allow, longest-prefix,
 * translation-undone, aws-sg-union, aws-sg-stateful, aws-sg-protocols, aws-sg-reference,
 * aws-sg-reference-peering, aws-sg-prefix-list, aws-nacl-association, aws-nacl-order, aws-nacl-stateless,
 * aws-nacl-same-subnet, aws-nacl-families, aws-nacl-icmp, aws-nacl-nat, aws-nacl-tgw, aws-rt-association,
 * aws-rt-blackhole, aws-igw-translation, aws-igw-return, aws-igw-hairpin, aws-igw-ipv6, aws-eigw, aws-nat,
 * aws-peering-not-transitive, aws-peering-state, aws-tgw-association, aws-tgw-routes, aws-tgw-zone.
 */
import { type Host, Plan, type Space, isIpv6 } from '../plan.ts';
import { type Files, recordsOf } from '../topology.ts';
import { internetOf } from '../outside.ts';

interface Interface {
  NetworkInterfaceId: string;
  InterfaceType: string;
  VpcId: string;
  SubnetId: string;
  PrivateIpAddresses: { PrivateIpAddress: string; Association?: { PublicIp: string } }[];
  Ipv6Addresses: { Ipv6Address: string }[];
  Groups: { GroupId: string }[];
  Attachment?: { InstanceId?: string };
}
interface Permission {
  IpProtocol: string;
  FromPort?: number;
  ToPort?: number;
  IpRanges: { CidrIp: string }[];
  Ipv6Ranges: { CidrIpv6: string }[];
  PrefixListIds: { PrefixListId: string }[];
  UserIdGroupPairs: { GroupId: string; PeeringStatus?: string }[];
}
interface Group {
  GroupId: string;
  IpPermissions: Permission[];
  IpPermissionsEgress: Permission[];
}
interface Entry {
  RuleNumber: number;
  Egress: boolean;
  RuleAction: string;
  Protocol: string;
  CidrBlock?: string;
  Ipv6CidrBlock?: string;
  PortRange?: { From: number; To: number };
  IcmpTypeCode?: { Type: number; Code: number };
}
interface Acl {
  NetworkAclId: string;
  VpcId: string;
  IsDefault: boolean;
  Associations: { SubnetId: string }[];
  Entries: Entry[];
}
interface Route {
  DestinationCidrBlock?: string;
  DestinationIpv6CidrBlock?: string;
  GatewayId?: string;
  NatGatewayId?: string;
  VpcPeeringConnectionId?: string;
  TransitGatewayId?: string;
  EgressOnlyInternetGatewayId?: string;
  State: string;
}
interface Table {
  RouteTableId: string;
  VpcId: string;
  Associations: { Main?: boolean; SubnetId?: string }[];
  Routes: Route[];
}
interface Subnet {
  SubnetId: string;
  VpcId: string;
  AvailabilityZone: string;
  CidrBlock: string;
  Ipv6CidrBlockAssociationSet?: { Ipv6CidrBlock: string }[];
}
interface Vpc {
  VpcId: string;
  CidrBlock: string;
  Ipv6CidrBlockAssociationSet?: { Ipv6CidrBlock: string }[];
}
interface Attachment {
  TransitGatewayAttachmentId: string;
  TransitGatewayId: string;
  VpcId: string;
  SubnetIds: string[];
}

/** Addresses that are the VPC's own: where what comes over a peering or from a gateway is delivered. */
const LOCAL = 99;
const tableOf = (subnet: number) => 1000 + subnet;
const groupOf = (subnet: number) => 10 + subnet;

export function awsPlan(files: Files): Plan {
  return new Translation(files).plan;
}

class Translation {
  readonly plan = new Plan();
  private readonly files: Files;
  private readonly subnets: readonly Subnet[];
  private readonly interfaces: readonly Interface[];
  private readonly routers = new Map<string, Space>();
  private readonly internet: Space;

  constructor(files: Files) {
    this.files = files;
    this.subnets = recordsOf<Subnet>(files, 'Subnets');
    this.interfaces = recordsOf<Interface>(files, 'NetworkInterfaces');
    this.internet = internetOf(this.plan);
    const vpcs = recordsOf<Vpc>(files, 'Vpcs');
    for (const vpc of vpcs) this.routers.set(vpc.VpcId, this.plan.router());
    for (const vpc of vpcs) this.machines(vpc, this.routers.get(vpc.VpcId)!);
    this.natGateways();
    this.peerings();
    this.transitGateways();
    for (const vpc of vpcs) this.internetGateways(vpc, this.routers.get(vpc.VpcId)!);
    for (const vpc of vpcs) this.subnetTables(vpc, this.routers.get(vpc.VpcId)!);
    for (const vpc of vpcs) this.networkAcls(vpc, this.routers.get(vpc.VpcId)!);
  }

  private index(subnetId: string): number {
    return this.subnets.findIndex((subnet) => subnet.SubnetId === subnetId);
  }

  private machines(vpc: Vpc, router: Space): void {
    for (const own of this.interfaces) {
      if (own.VpcId !== vpc.VpcId || own.InterfaceType !== 'interface') continue;
      const device = `i${this.interfaces.indexOf(own)}`;
      const machine = this.plan.machine(hostOf(own));
      const subnet = this.index(own.SubnetId);
      this.plan.plug(machine, router, device, groupOf(subnet));
      this.securityGroups(machine, own);
      for (const address of machine.host!.addresses)
        router.route(LOCAL, `${address}/${isIpv6(address) ? 128 : 32}`, { device });
      this.fromSubnet(router, device, subnet);
    }
    for (const range of ['0.0.0.0/0', '::/0']) router.route(LOCAL, range, 'blackhole');
    router.rule(900, 'from all', LOCAL);
  }

  /** What a device of a subnet sends: to neighbours at once, else by the subnet's table. */
  private fromSubnet(router: Space, device: string, subnet: number): void {
    for (const range of rangesOf(this.subnets[subnet]!))
      router.rule(100, `iif ${device} to ${range}`, LOCAL, [isIpv6(range) ? 6 : 4]);
    router.rule(200, `iif ${device}`, tableOf(subnet));
  }

  private securityGroups(machine: Space, own: Interface): void {
    const groups = recordsOf<Group>(this.files, 'SecurityGroups').filter(({ GroupId }) =>
      own.Groups.some((one) => one.GroupId === GroupId),
    );
    const names = groups.map(({ GroupId }) => GroupId).join(' ');
    for (const [hook, list, end, device] of [
      ['input', 'IpPermissions', 'saddr', 'iif'],
      ['output', 'IpPermissionsEgress', 'daddr', 'oif'],
    ] as const)
      machine.chain(hook, `type filter hook ${hook} priority 0; policy drop;`, [
        `${device} lo accept`,
        'icmpv6 type { 130, 131, 132, 133, 134, 135, 136, 143 } accept',
        'ct state established,related accept',
        ...groups.flatMap((group) => group[list].flatMap((permission) => this.permission(permission, end))),
        machine.drop(names),
      ]);
  }

  private permission(permission: Permission, end: 'saddr' | 'daddr'): string[] {
    const protocol = permissionWords(permission);
    return this.sources(permission).map(
      (range) => `${isIpv6(range) ? 'ip6' : 'ip'} ${end} ${range} ${protocol} accept`,
    );
  }

  /** Every range that a permission names; a group stands for the private addresses of its members. */
  private sources({ IpRanges, Ipv6Ranges, PrefixListIds, UserIdGroupPairs }: Permission): string[] {
    const listed = PrefixListIds.flatMap(({ PrefixListId }) =>
      Object.values(this.files).flatMap((file) => {
        const { $request, Entries } = file as { $request?: { PrefixListId?: string }; Entries?: { Cidr: string }[] };
        return $request?.PrefixListId === PrefixListId ? (Entries ?? []).map(({ Cidr }) => Cidr) : [];
      }),
    );
    const members = UserIdGroupPairs.filter(({ PeeringStatus }) => (PeeringStatus ?? 'active') === 'active').flatMap(
      ({ GroupId }) =>
        this.interfaces
          .filter(({ Groups }) => Groups.some((one) => one.GroupId === GroupId))
          .flatMap((one) => hostOf(one).addresses),
    );
    return [
      ...IpRanges.map(({ CidrIp }) => CidrIp),
      ...Ipv6Ranges.map(({ CidrIpv6 }) => CidrIpv6),
      ...listed,
      ...members,
    ];
  }

  /** A namespace that answers for the gateway's address: masquerades what subnets send, drops what nobody asked for. */
  private natGateways(): void {
    for (const nat of recordsOf<{
      NatGatewayId: string;
      VpcId: string;
      SubnetId: string;
      State: string;
      NatGatewayAddresses: { PrivateIp: string }[];
    }>(this.files, 'NatGateways')) {
      const router = this.routers.get(nat.VpcId)!;
      const space = this.plan.router();
      const device = natDevice(nat.NatGatewayId, this.files);
      const subnet = this.index(nat.SubnetId);
      const address = nat.NatGatewayAddresses[0]!.PrivateIp;
      this.plan.wire(space, 'eth0', router, device, { b: groupOf(subnet) });
      space.address(address, 'lo');
      space.route('main', '0.0.0.0/0', { device: 'eth0' });
      space.chain('translate', 'type nat hook postrouting priority 100;', [
        `ip protocol { tcp, udp } snat ip to ${address}:1024-65535`,
        `ip protocol icmp snat ip to ${address}`,
      ]);
      space.chain('forward', 'type filter hook forward priority 0;', [
        `ip protocol != { tcp, udp, icmp } ${space.drop(nat.NatGatewayId)}`,
        // An answer to what did not come through the gateway: it would pass untranslated.
        `ct state invalid ${space.drop(nat.NatGatewayId)}`,
        `meta nfproto ipv6 ${space.drop(nat.NatGatewayId)}`,
      ]);
      space.chain('input', 'type filter hook input priority 0;', [space.drop(nat.NatGatewayId)]);
      router.route(LOCAL, `${address}/32`, { device });
      this.fromSubnet(router, device, subnet);
    }
  }

  private peerings(): void {
    for (const [i, peering] of this.activePeerings().entries()) {
      const [a, b] = [peering.RequesterVpcInfo.VpcId, peering.AccepterVpcInfo.VpcId].map((id) => this.routers.get(id));
      if (a === undefined || b === undefined) continue;
      this.plan.wire(a, `p${i}`, b, `p${i}`);
      // Only the neighbour's own addresses: no way through it to anybody else.
      for (const side of [a, b]) {
        side.rule(200, `iif p${i}`, LOCAL);
        // A NAT gateway can't send into a peering connection.
        for (const nat of recordsOf<{ NatGatewayId: string }>(this.files, 'NatGateways'))
          side.chain(`nat${i}${nat.NatGatewayId.slice(-6)}`, 'type filter hook forward priority 40;', [
            `iifname ${natDevice(nat.NatGatewayId, this.files)} oifname p${i} ${side.drop(`${nat.NatGatewayId} ${peering.VpcPeeringConnectionId}`)}`,
          ]);
      }
    }
  }

  private activePeerings() {
    return recordsOf<{
      VpcPeeringConnectionId: string;
      RequesterVpcInfo: { VpcId: string };
      AccepterVpcInfo: { VpcId: string };
      Status: { Code: string };
    }>(this.files, 'VpcPeeringConnections').filter(({ Status }) => Status.Code === 'active');
  }

  /** One wire an attachment subnet; the gateway's table goes by the attachment and the zone that a packet came from. */
  private transitGateways(): void {
    const attachments = recordsOf<Attachment>(this.files, 'TransitGatewayVpcAttachments');
    for (const { TransitGatewayId } of recordsOf<{ TransitGatewayId: string }>(this.files, 'TransitGateways')) {
      const gateway = this.plan.router();
      const own = attachments.filter((one) => one.TransitGatewayId === TransitGatewayId);
      for (const attachment of own)
        for (const subnet of attachment.SubnetIds.map((id) => this.index(id))) {
          const router = this.routers.get(attachment.VpcId)!;
          const device = `t${subnet}`;
          this.plan.wire(gateway, device, router, device, { b: groupOf(subnet) });
          this.fromSubnet(router, device, subnet);
          gateway.rule(100, `iif ${device}`, tableOf(subnet));
          this.transitTable(gateway, attachment, subnet, own);
        }
    }
  }

  private transitTable(gateway: Space, from: Attachment, subnet: number, all: readonly Attachment[]): void {
    const table = tableOf(subnet);
    for (const range of ['0.0.0.0/0', '::/0']) gateway.route(table, range, 'blackhole');
    const associated = recordsOf<{
      TransitGatewayAttachmentId: string;
      Association?: { TransitGatewayRouteTableId: string; State: string };
    }>(this.files, 'TransitGatewayAttachments').find(
      (one) => one.TransitGatewayAttachmentId === from.TransitGatewayAttachmentId,
    )?.Association;
    if (associated?.State !== 'associated') return;
    const zone = this.subnets[subnet]!.AvailabilityZone;
    const answer = Object.values(this.files).find(
      (file) =>
        (file as { $request?: { TransitGatewayRouteTableId?: string } }).$request?.TransitGatewayRouteTableId ===
          associated.TransitGatewayRouteTableId && 'Routes' in (file as object),
    ) as {
      Routes: {
        DestinationCidrBlock: string;
        State: string;
        TransitGatewayAttachments?: { TransitGatewayAttachmentId: string }[];
      }[];
    };
    for (const route of answer.Routes) {
      const to = all.find(
        (one) => one.TransitGatewayAttachmentId === route.TransitGatewayAttachments?.[0]?.TransitGatewayAttachmentId,
      );
      const exits = to?.SubnetIds.map((id) => this.index(id)) ?? [];
      const exit = exits.find((one) => this.subnets[one]!.AvailabilityZone === zone) ?? exits[0];
      gateway.route(
        table,
        route.DestinationCidrBlock,
        route.State !== 'active' || exit === undefined ? 'blackhole' : { device: `t${exit}` },
      );
    }
  }

  /** Public addresses are put on and taken off at the VPC's edge, without memory. An egress-only gateway has one. */
  private internetGateways(vpc: Vpc, router: Space): void {
    const gateway = attached(this.files, 'InternetGateways', vpc.VpcId);
    const egressOnly = attached(this.files, 'EgressOnlyInternetGateways', vpc.VpcId);
    // The internet brings packets back by the gateway that the machine's own subnet uses.
    const back = (device: string, wanted: boolean) => {
      for (const own of this.interfaces.filter(({ VpcId }) => VpcId === vpc.VpcId)) {
        const outward = this.tableFor(own.SubnetId, vpc).Routes.find(
          ({ DestinationIpv6CidrBlock }) => DestinationIpv6CidrBlock === '::/0',
        );
        if ((outward?.EgressOnlyInternetGatewayId !== undefined) !== wanted) continue;
        for (const { Ipv6Address } of own.Ipv6Addresses) this.internet.route('main', `${Ipv6Address}/128`, { device });
      }
    };
    if (gateway !== undefined) {
      const device = `g${this.routersIndex(router)}`;
      this.plan.wire(this.internet, device, router, 'igw');
      router.rule(200, 'iif igw', LOCAL);
      const pairs = this.interfaces
        .filter((one) => one.VpcId === vpc.VpcId)
        .flatMap((one) => one.PrivateIpAddresses)
        .flatMap(({ PrivateIpAddress, Association }) =>
          Association === undefined ? [] : [{ inside: PrivateIpAddress, outside: Association.PublicIp }],
        );
      for (const { outside } of pairs) this.internet.route('main', `${outside}/32`, { device });
      back(device, false);
      const id = gateway['InternetGatewayId'] as string;
      const map = (from: 'inside' | 'outside', to: 'inside' | 'outside') =>
        pairs.map((pair) => `${pair[from]} : ${pair[to]}`).join(', ');
      const some = pairs.length > 0;
      router.chain('arrive', 'type filter hook prerouting priority -300;', [
        some ? `iifname igw ip daddr set ip daddr map { ${map('outside', 'inside')} }` : '',
      ]);
      router.chain('edge', 'type filter hook forward priority 20;', [
        some
          ? `oifname igw ip saddr != { ${pairs.map(({ inside }) => inside).join(', ')} } ${router.drop(id)}`
          : `oifname igw meta nfproto ipv4 ${router.drop(id)}`,
      ]);
      router.chain('leave', 'type filter hook postrouting priority 300;', [
        some ? `oifname igw ip saddr set ip saddr map { ${map('inside', 'outside')} }` : '',
      ]);
    }
    if (egressOnly !== undefined) {
      const device = `e${this.routersIndex(router)}`;
      const id = egressOnly['EgressOnlyInternetGatewayId'] as string;
      this.plan.wire(this.internet, device, router, 'eigw');
      router.rule(200, 'iif eigw', LOCAL);
      back(device, true);
      // Only what answers a flow that left this way comes in.
      router.chain('inward', 'type filter hook forward priority -10;', [
        `iifname eigw ct mark != 1 ${router.drop(id)}`,
      ]);
      router.chain('outward', 'type filter hook forward priority 30;', [
        `oifname eigw ct direction reply ${router.drop(id)}`,
        `oifname eigw meta nfproto ipv4 ${router.drop(id)}`,
        'oifname eigw ct mark set 1',
      ]);
    }
  }

  private routersIndex(router: Space): number {
    return [...this.routers.values()].indexOf(router);
  }

  private subnetTables(vpc: Vpc, router: Space): void {
    for (const [i, subnet] of this.subnets.entries()) {
      if (subnet.VpcId !== vpc.VpcId) continue;
      const table = this.tableFor(subnet.SubnetId, vpc);
      const ranges = new Set(['0.0.0.0/0', '::/0']);
      for (const route of table.Routes)
        for (const range of this.destinations(route)) {
          ranges.delete(range);
          router.route(tableOf(i), range, this.target(route, vpc, subnet));
        }
      for (const range of ranges) router.route(tableOf(i), range, 'blackhole');
    }
  }

  private tableFor(subnet: string, vpc: Vpc): Table {
    const tables = recordsOf<Table>(this.files, 'RouteTables').filter(({ VpcId }) => VpcId === vpc.VpcId);
    return (
      tables.find(({ Associations }) => Associations.some(({ SubnetId }) => SubnetId === subnet)) ??
      tables.find(({ Associations }) => Associations.some(({ Main }) => Main === true))!
    );
  }

  private destinations({ DestinationCidrBlock, DestinationIpv6CidrBlock }: Route): string[] {
    return [DestinationCidrBlock, DestinationIpv6CidrBlock].filter((range) => range !== undefined);
  }

  private target(route: Route, vpc: Vpc, subnet: Subnet) {
    if (route.State !== 'active') return 'blackhole' as const;
    if (route.GatewayId === 'local') return 'throw' as const;
    if (route.GatewayId !== undefined)
      return attached(this.files, 'InternetGateways', vpc.VpcId)?.['InternetGatewayId'] === route.GatewayId
        ? { device: 'igw' }
        : ('blackhole' as const);
    if (route.NatGatewayId !== undefined) return { device: natDevice(route.NatGatewayId, this.files) };
    if (route.EgressOnlyInternetGatewayId !== undefined) return { device: 'eigw' };
    if (route.VpcPeeringConnectionId !== undefined) {
      const i = this.activePeerings().findIndex((one) => one.VpcPeeringConnectionId === route.VpcPeeringConnectionId);
      return i < 0 ? ('blackhole' as const) : { device: `p${i}` };
    }
    const attachment = recordsOf<Attachment>(this.files, 'TransitGatewayVpcAttachments').find(
      (one) => one.VpcId === vpc.VpcId && one.TransitGatewayId === route.TransitGatewayId,
    );
    const near = attachment?.SubnetIds.map((id) => this.index(id)).find(
      (i) => this.subnets[i]!.AvailabilityZone === subnet.AvailabilityZone,
    );
    return near === undefined ? ('blackhole' as const) : { device: `t${near}` };
  }

  /** Two checks on the way through the router: out of the sender's subnet, into the receiver's; none within one. */
  private networkAcls(vpc: Vpc, router: Space): void {
    const acls = recordsOf<Acl>(this.files, 'NetworkAcls').filter(({ VpcId }) => VpcId === vpc.VpcId);
    const subnets = this.subnets.flatMap((subnet, i) =>
      subnet.VpcId === vpc.VpcId
        ? [
            {
              group: groupOf(i),
              acl:
                acls.find(({ Associations }) => Associations.some((one) => one.SubnetId === subnet.SubnetId)) ??
                acls.find(({ IsDefault }) => IsDefault)!,
            },
          ]
        : [],
    );
    for (const [i, acl] of acls.entries())
      for (const egress of [true, false])
        router.chain(`acl${i}${egress ? 'out' : 'in'}`, '', [
          ...acl.Entries.filter(({ Egress }) => Egress === egress)
            .sort((a, b) => a.RuleNumber - b.RuleNumber)
            .map((entry) => entryWords(entry, router.drop(acl.NetworkAclId))),
          router.drop(acl.NetworkAclId),
        ]);
    const within = subnets.map(({ group }) => `iifgroup ${group} oifgroup ${group} accept`);
    router.chain('depart', 'type filter hook forward priority 0;', [
      ...within,
      ...subnets.map(({ group, acl }) => `iifgroup ${group} jump acl${acls.indexOf(acl)}out`),
    ]);
    router.chain('enter', 'type filter hook forward priority 10;', [
      ...within,
      ...subnets.map(({ group, acl }) => `oifgroup ${group} jump acl${acls.indexOf(acl)}in`),
    ]);
  }
}

function hostOf(own: Interface): Host {
  return {
    id: own.Attachment?.InstanceId ?? own.NetworkInterfaceId,
    addresses: [
      ...own.PrivateIpAddresses.map(({ PrivateIpAddress }) => PrivateIpAddress),
      ...own.Ipv6Addresses.map(({ Ipv6Address }) => Ipv6Address),
    ],
    publics: own.PrivateIpAddresses.flatMap(({ Association }) => Association?.PublicIp ?? []),
  };
}

function attached(files: Files, key: string, vpc: string): Record<string, unknown> | undefined {
  return recordsOf<Record<string, unknown> & { Attachments: { State: string; VpcId: string }[] }>(files, key).find(
    ({ Attachments }) =>
      Attachments.some(({ State, VpcId }) => VpcId === vpc && (State === 'available' || State === 'attached')),
  );
}

function rangesOf({ CidrBlock, Ipv6CidrBlockAssociationSet }: Vpc | Subnet): string[] {
  return [CidrBlock, ...(Ipv6CidrBlockAssociationSet ?? []).map(({ Ipv6CidrBlock }) => Ipv6CidrBlock)];
}

function natDevice(id: string, files: Files): string {
  return `n${recordsOf<{ NatGatewayId: string }>(files, 'NatGateways').findIndex((one) => one.NatGatewayId === id)}`;
}

/** The protocol part of a permission; a type stands where other protocols have their first port. */
function permissionWords({ IpProtocol, FromPort, ToPort }: Permission): string {
  if (IpProtocol === '-1') return '';
  if (IpProtocol === 'tcp' || IpProtocol === 'udp') return `${IpProtocol} dport ${FromPort}-${ToPort}`;
  if (IpProtocol === 'icmp' || IpProtocol === 'icmpv6') return icmpWords(IpProtocol, FromPort ?? -1, ToPort ?? -1);
  return `meta l4proto ${IpProtocol}`;
}

function icmpWords(protocol: 'icmp' | 'icmpv6', type: number, code: number): string {
  if (type === -1) return `meta l4proto ${protocol}`;
  return `${protocol} type ${type}${code === -1 ? '' : ` ${protocol} code ${code}`}`;
}

function entryWords(entry: Entry, drop: string): string {
  const { Protocol, CidrBlock, Ipv6CidrBlock, PortRange, IcmpTypeCode, Egress, RuleAction } = entry;
  const end = Egress ? 'daddr' : 'saddr';
  const address = Ipv6CidrBlock === undefined ? `ip ${end} ${CidrBlock}` : `ip6 ${end} ${Ipv6CidrBlock}`;
  const protocol =
    Protocol === '-1'
      ? ''
      : Protocol === '6' || Protocol === '17'
        ? `${Protocol === '6' ? 'tcp' : 'udp'} dport ${PortRange!.From}-${PortRange!.To}`
        : Protocol === '1' || Protocol === '58'
          ? icmpWords(Protocol === '1' ? 'icmp' : 'icmpv6', IcmpTypeCode!.Type, IcmpTypeCode!.Code)
          : `meta l4proto ${Protocol}`;
  return `${address} ${protocol} ${RuleAction === 'allow' ? 'accept' : drop}`;
}
