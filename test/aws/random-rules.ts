/** The rules and routes of a random estate: groups, network ACLs, route tables. */
import type { Nats, Hub, Peerings, Sites } from './random-joints.ts';
import { type Estate, type Json, OWNER, type Subnet, type Vpc } from './drawn.ts';
import type { Served } from './random-services.ts';

const PORTS = [
  [22, 22],
  [80, 443],
  [443, 443],
  [8080, 8080],
  [0, 65535],
] as const;
/** What people write for replies; some of it is too little. */
const REPLIES = [...PORTS, [1024, 65535], [1024, 65535], [32768, 65535], [49152, 65535]] as const;

/** A range that somebody is in, as a whole, a subnet, one machine or two; or of the outside. */
export function rangeOf({ r, vpcs, cards }: Estate): string {
  const vpc = r.pick(vpcs);
  const subnet = r.pick(vpc.subnets);
  return r.pick([
    '0.0.0.0/0',
    '10.0.0.0/8',
    `${vpc.net}.0.0/16`,
    `${subnet.net}.0/24`,
    `${subnet.net}.0/27`,
    `${subnet.net}.64/28`,
    `${cards.length > 0 ? r.pick(cards).address : `${subnet.net}.10`}/32`,
    `${subnet.net}.10/31`,
    `${subnet.net}.30/32`,
    '192.168.0.0/16',
    '203.0.113.0/24',
    '54.1.1.0/29',
    '54.1.1.1/32',
    '52.218.0.0/17',
  ]);
}

function sixOf({ r, vpcs }: Estate): string {
  const all = vpcs.flatMap(({ six, subnets }) =>
    six === undefined
      ? []
      : [
          `${six}00::/56`,
          ...subnets.flatMap((subnet) =>
            subnet.six === undefined ? [] : [`${subnet.six}::/64`, `${subnet.six}::10/128`],
          ),
        ],
  );
  return r.pick(['::/0', '2001:db8:77::/48', ...all]);
}

/** Two or three groups of a VPC. Rules name ranges, lists, groups of this VPC and groups of peers. */
export function groupsOf(estate: Estate, vpc: Vpc, peers: Peerings): Json[] {
  const { r, lists, vpcs } = estate;
  const pair = (): Json => {
    const other = r.chance(0.65) ? vpc : r.pick(vpcs);
    const peering = peers.list.find(({ ends }) => ends.includes(vpc) && ends.includes(other));
    return {
      GroupId: r.pick(other.groups),
      UserId: OWNER,
      ...(other === vpc || peering === undefined
        ? {}
        : {
            VpcId: other.id,
            VpcPeeringConnectionId: peering.id,
            PeeringStatus: peering.isActive ? 'active' : 'deleted',
          }),
    };
  };
  const permission = (): Json => {
    const IpProtocol = r.pick(['-1', 'tcp', 'tcp', 'tcp', 'udp', 'icmp', '47']);
    const [FromPort, ToPort] =
      IpProtocol === 'icmp'
        ? r.pick([
            [-1, -1],
            [8, -1],
            [0, -1],
          ])
        : r.pick(PORTS);
    const isNarrow = IpProtocol === 'tcp' || IpProtocol === 'udp' || IpProtocol === 'icmp';
    return {
      IpProtocol,
      ...(isNarrow ? { FromPort, ToPort } : {}),
      IpRanges: Array.from({ length: r.below(3) }, () => ({ CidrIp: rangeOf(estate) })),
      Ipv6Ranges: IpProtocol !== 'icmp' && r.chance(0.3) ? [{ CidrIpv6: sixOf(estate) }] : [],
      PrefixListIds: lists.length > 0 && r.chance(0.25) ? [{ PrefixListId: r.pick(lists) }] : [],
      UserIdGroupPairs: r.chance(0.5) ? [pair()] : [],
    };
  };
  const open = {
    IpProtocol: '-1',
    IpRanges: [{ CidrIp: '0.0.0.0/0' }],
    Ipv6Ranges: [{ CidrIpv6: '::/0' }],
    PrefixListIds: [],
    UserIdGroupPairs: [],
  };
  const some = () => Array.from({ length: 1 + r.below(3) }, permission);
  return vpc.groups.map((GroupId) => ({
    GroupId,
    GroupName: GroupId.slice(3),
    Description: '',
    VpcId: vpc.id,
    OwnerId: OWNER,
    IpPermissions: r.chance(0.25) ? [open] : some(),
    IpPermissionsEgress: r.chance(0.7) ? [open] : some(),
  }));
}

/** The default ACL, and ACLs of their own for some subnets. */
export function acls(estate: Estate, vpc: Vpc): Json[] {
  const { r } = estate;
  const everything = (RuleNumber: number, Egress: boolean, RuleAction: string, isSix = false): Json => ({
    RuleNumber,
    Egress,
    RuleAction,
    Protocol: '-1',
    ...(isSix ? { Ipv6CidrBlock: '::/0' } : { CidrBlock: '0.0.0.0/0' }),
  });
  const entry = (RuleNumber: number, Egress: boolean): Json => {
    const Protocol = r.pick(['-1', '6', '6', '6', '17', '1']);
    const [From, To] = r.pick(REPLIES);
    return {
      RuleNumber,
      Egress,
      RuleAction: r.chance(0.6) ? 'allow' : 'deny',
      Protocol,
      ...(Protocol !== '1' && r.chance(0.2) ? { Ipv6CidrBlock: sixOf(estate) } : { CidrBlock: rangeOf(estate) }),
      ...(Protocol === '6' || Protocol === '17' ? { PortRange: { From, To } } : {}),
      ...(Protocol === '1' ? { IcmpTypeCode: { Type: r.pick([-1, 8, 0]), Code: -1 } } : {}),
    };
  };
  const acl = (id: string, subnets: readonly Subnet[], IsDefault: boolean): Json => ({
    NetworkAclId: id,
    VpcId: vpc.id,
    OwnerId: OWNER,
    IsDefault,
    Associations: subnets.map((subnet) => ({ NetworkAclId: id, SubnetId: subnet.id })),
    Entries: [false, true].flatMap((isOut) => [
      // Not in the order of their numbers.
      ...(r.chance(IsDefault ? 0.7 : 0.3)
        ? []
        : Array.from({ length: 1 + r.below(3) }, (_, i) => entry(90 - 10 * i + r.below(5), isOut))),
      ...(r.chance(IsDefault ? 0.95 : 0.75)
        ? [everything(100, isOut, 'allow'), everything(101, isOut, 'allow', true)]
        : []),
      everything(32767, isOut, 'deny'),
      everything(32768, isOut, 'deny', true),
    ]),
  });
  const own = vpc.subnets.filter(() => r.chance(0.35));
  // A subnet that no ACL lists has the default one.
  const listed = vpc.subnets.filter((subnet) => !own.includes(subnet) && r.chance(0.8));
  return [
    acl(`acl-${vpc.id.slice(4)}`, listed, true),
    ...own.map((subnet) => acl(`acl-${subnet.id.slice(7)}`, [subnet], false)),
  ];
}

/** What routes may lead to. */
interface Ways {
  readonly nats: Nats;
  readonly peers: Peerings;
  readonly hub: Hub;
  readonly sites: Sites;
  readonly served: Served;
  readonly unknowns: boolean;
}

/** The main table of each VPC, tables of their own for some subnets, and for some gateways. */
export function tables(estate: Estate, ways: Ways): Json[] {
  return estate.vpcs.flatMap((vpc) => {
    const { r } = estate;
    const own = vpc.subnets.filter((_, s) => r.chance(s < 2 ? 0.9 : 0.5));
    const name = vpc.id.slice(4);
    return [
      table(estate, ways, vpc, `rtb-${name}`, { Main: true }),
      ...own.map((subnet) => table(estate, ways, vpc, `rtb-${subnet.id.slice(7)}`, { SubnetId: subnet.id })),
      ...(vpc.igw !== undefined && r.chance(0.15) ? [edge(estate, vpc, vpc.igw)] : []),
    ];
  });
}

const localsOf = ({ net, six }: Vpc): Json[] => [
  { DestinationCidrBlock: `${net}.0.0/16`, GatewayId: 'local', Origin: 'CreateRouteTable', State: 'active' },
  ...(six === undefined
    ? []
    : [{ DestinationIpv6CidrBlock: `${six}00::/56`, GatewayId: 'local', Origin: 'CreateRouteTable', State: 'active' }]),
];

function table(estate: Estate, ways: Ways, vpc: Vpc, RouteTableId: string, association: Json): Json {
  const { r, vpcs, cards } = estate;
  const { nats, peers, hub, sites, served, unknowns } = ways;
  const routes = new Map<string, Json>();
  const add = (to: string, target: Json, origin = 'CreateRoute') => {
    const field = to.startsWith('pl-')
      ? 'DestinationPrefixListId'
      : to.includes(':')
        ? 'DestinationIpv6CidrBlock'
        : 'DestinationCidrBlock';
    // Within the VPC routes may lead to machines alone.
    if (to.startsWith(`${vpc.net}.`) && target['NetworkInterfaceId'] === undefined) return;
    if (!routes.has(to)) routes.set(to, { [field]: to, Origin: origin, State: 'active', ...target });
  };
  const own = cards.filter((card) => card.subnet.vpc === vpc);
  const machine = (): Json => {
    const { id, instance } = r.pick(own);
    return instance === '' ? { NetworkInterfaceId: id } : { NetworkInterfaceId: id, InstanceId: instance };
  };
  for (const other of vpcs) {
    if (other.net === vpc.net) continue;
    const range = () => r.pick([`${other.net}.0.0/16`, `${other.net}.0.0/16`, `${other.subnets[0]!.net}.0/24`]);
    const peering = peers.list.find(({ ends }) => ends.includes(vpc) && ends.includes(other));
    if (peering !== undefined && r.chance(0.8)) {
      const target = { VpcPeeringConnectionId: peering.id, ...(peering.isActive ? {} : { State: 'blackhole' }) };
      add(range(), target);
      if (other.six !== undefined && vpc.six !== undefined && r.chance(0.7)) add(`${other.six}00::/56`, target);
      // Toward somebody behind it: a peering does not carry that on.
      if (r.chance(0.1)) add(r.pick(['172.16.0.0/12', '0.0.0.0/0', `${r.pick(vpcs).net}.0.0/16`]), target);
    }
    if (hub.at.has(vpc) && r.chance(0.7)) {
      add(r.chance(0.5) ? '10.0.0.0/8' : range(), { TransitGatewayId: 'tgw-1' });
      if (other.six !== undefined && r.chance(0.4)) add(`${other.six}00::/56`, { TransitGatewayId: 'tgw-1' });
    }
    if (own.length > 0 && r.chance(0.06)) add(range(), machine());
  }
  // Seldom one that stands in the very subnet: it would send to itself.
  const place = vpc.subnets.findIndex(({ id }) => id === association['SubnetId']);
  const far = (nats.at.get(vpc) ?? []).filter(
    (id) => !id.includes(place === 0 ? 'public' : place === 1 ? 'private' : '-of-none') || r.chance(0.05),
  );
  const nat = r.pick([undefined, ...far, ...far]);
  // The first subnet is where NAT gateways stand.
  if (vpc.igw !== undefined && r.chance(place === 0 ? 0.9 : nat === undefined ? 0.5 : 0.2)) {
    for (const half of r.chance(0.85) ? ['0.0.0.0/0'] : ['0.0.0.0/1']) add(half, { GatewayId: vpc.igw });
    if (vpc.six !== undefined && r.chance(0.8)) add('::/0', { GatewayId: vpc.igw });
  } else if (nat !== undefined) add(r.pick(['0.0.0.0/0', '0.0.0.0/0', '10.0.0.0/8']), { NatGatewayId: nat });
  else if (own.length > 0 && r.chance(0.15)) add('0.0.0.0/0', machine());
  else if (hub.at.has(vpc) && r.chance(0.3)) add('0.0.0.0/0', { TransitGatewayId: 'tgw-1' });
  if (vpc.eigw !== undefined && r.chance(0.7)) add('::/0', { EgressOnlyInternetGatewayId: vpc.eigw });
  const [site] = sites.at.get(vpc) ?? [];
  if (site !== undefined && r.chance(0.7))
    add('192.168.0.0/16', { GatewayId: site }, r.chance(0.5) ? 'EnableVgwRoutePropagation' : 'CreateRoute');
  for (const gateway of served.gateways.get(vpc) ?? []) if (r.chance(0.6)) add('pl-s3', { GatewayId: gateway });
  if (r.chance(0.1)) add(rangeOutside(estate, vpc), { NatGatewayId: 'nat-gone', State: 'blackhole' });
  if (estate.lists.length > 0 && vpc.igw !== undefined && r.chance(0.15)) add('pl-own', { GatewayId: vpc.igw });
  if (unknowns && r.chance(0.12))
    add(r.pick(['203.0.113.0/24', '0.0.0.0/0']), { VpcPeeringConnectionId: 'pcx-nobody-knows' });
  // Within the VPC: a whole subnet by a machine of another one.
  const [other] = own.filter(({ subnet }) => subnet !== vpc.subnets[1]);
  if (other !== undefined && r.chance(0.08)) add(`${vpc.subnets[1]!.net}.0/24`, { NetworkInterfaceId: other.id });
  return {
    RouteTableId,
    VpcId: vpc.id,
    OwnerId: OWNER,
    Associations: [{ Main: false, RouteTableId, AssociationState: { State: 'associated' }, ...association }],
    Routes: [...localsOf(vpc), ...routes.values()],
    PropagatingVgws: [],
  };
}

/** A range that the VPC's own addresses do not hold. */
function rangeOutside(estate: Estate, { net }: Vpc): string {
  const range = rangeOf(estate);
  return range.startsWith(`${net}.`) || range === '10.0.0.0/8' ? '203.0.113.0/25' : range;
}

/** What comes in by the internet gateway goes by a machine first. */
function edge({ r, cards }: Estate, vpc: Vpc, gateway: string): Json {
  const RouteTableId = `rtb-edge-${vpc.id.slice(4)}`;
  const [first] = cards.filter(({ subnet }) => subnet.vpc === vpc);
  return {
    RouteTableId,
    VpcId: vpc.id,
    OwnerId: OWNER,
    Associations: [{ Main: false, RouteTableId, GatewayId: gateway, AssociationState: { State: 'associated' } }],
    Routes: [
      ...localsOf(vpc),
      ...(first === undefined
        ? []
        : [
            {
              DestinationCidrBlock: `${r.pick(vpc.subnets).net}.0/24`,
              NetworkInterfaceId: first.id,
              Origin: 'CreateRoute',
              State: 'active',
            },
          ]),
    ],
    PropagatingVgws: [],
  };
}
