/**
 * Random AWS networks as the CLI prints them, small and mean: references, prefix lists, blackholes, peering, transit
 * gateways, public addresses and NAT gateways, both families. Draws only what a kernel can act out; says nothing of what
 * follows from it.
 */
import type { Random } from '../../random.ts';
import type { Files } from '../topology.ts';

type Json = Record<string, unknown>;
const OWNER = '111122223333';
const REGION = 'eu-central-1';
const ZONES = ['a', 'b'] as const;

/** An id in the provider's manner: the kind, then 17 digits that tell one from another. */
const idOf = (kind: string, ...numbers: number[]) =>
  `${kind}-0${numbers.map((n) => n.toString(16).padStart(2, '0')).join('')}`.padEnd(kind.length + 18, 'a');

interface Vpc {
  readonly id: string;
  readonly index: number;
  readonly cidr: string;
  readonly six: string | undefined;
  readonly subnets: Subnet[];
  readonly igw: string | undefined;
  readonly eigw: string | undefined;
  readonly nat: { readonly id: string; readonly subnet: Subnet } | undefined;
  readonly groups: string[];
}
interface Subnet {
  readonly id: string;
  readonly index: number;
  readonly vpc: number;
  readonly zone: string;
  readonly cidr: string;
  readonly six: string | undefined;
  readonly attachment: boolean;
}

const PORTS: readonly (readonly [number, number])[] = [
  [22, 22],
  [80, 443],
  [443, 443],
  [53, 5432],
  [5432, 5432],
  [0, 65535],
  [5000, 8080],
];
const NACL_PORTS: readonly (readonly [number, number])[] = [
  ...PORTS,
  [1024, 65535],
  [1024, 65535],
  [32768, 60999],
  [32768, 61000],
  [49152, 65535],
  [1024, 49151],
];

export function awsNetwork(random: Random): Files {
  const { chance, pick, below } = random;
  const hasSix = chance(0.4);
  const peers = chance(0.55);
  const transit = chance(0.4);
  const vpcs: Vpc[] = [];
  for (let v = 0; v < (peers || transit ? 2 + below(2) : 1 + below(2)); v++) {
    const six = hasSix && chance(0.85) ? `2600:1f18:${v + 1}:` : undefined;
    const subnets: Subnet[] = [];
    const count = 1 + below(2);
    for (let s = 0; s < count; s++) subnets.push(subnetOf(v, s, `10.${v}.${s}.0/24`, six, ZONES[s % 2]!, false));
    if (transit)
      for (const zone of chance(0.7) ? ZONES : [pick(ZONES)]) {
        const s = 8 + ZONES.indexOf(zone);
        subnets.push(subnetOf(v, s, `10.${v}.${s}.0/28`, six, zone, true));
      }
    const igw = chance(0.75) ? idOf('igw', v) : undefined;
    vpcs.push({
      id: idOf('vpc', v),
      index: v,
      cidr: `10.${v}.0.0/16`,
      six,
      subnets,
      igw,
      eigw: six !== undefined && chance(0.3) ? idOf('eigw', v) : undefined,
      nat: igw !== undefined && chance(0.55) ? { id: idOf('nat', v), subnet: subnets[0]! } : undefined,
      groups: Array.from({ length: 1 + below(3) }, (_, g) => idOf('sg', v, g)),
    });
  }
  const pairs = vpcs.flatMap((a) => vpcs.filter((b) => b.index > a.index).map((b) => [a, b] as const));
  const peerings = pairs
    .filter(() => peers && chance(0.75))
    .map(([a, b]) => ({ id: idOf('pcx', a.index, b.index), a, b, code: chance(0.93) ? 'active' : 'deleted' }));
  const gateway = transit
    ? drawTransit(
        random,
        vpcs.filter(() => chance(0.9)),
      )
    : undefined;
  const lists = Array.from({ length: chance(0.35) ? 1 + below(2) : 0 }, (_, l) => idOf('pl', l));
  const anywhere = () => drawRange(random, vpcs);
  const interfaces = drawInterfaces(random, vpcs);
  const nats = vpcs.flatMap(({ nat, id, index }) => (nat === undefined ? [] : [{ ...nat, vpc: id, index }]));

  const permission = (v: Vpc): Json => {
    const { protocol, ports } = drawProtocol(random, PORTS);
    const wanted = below(3);
    const pairs = [...Array(chance(0.5) ? 1 + below(2) : 0)].map(() => {
      const near = chance(0.6) ? v : pick(vpcs);
      const joined = peerings.find(({ a, b }) => (a === v && b === near) || (b === v && a === near));
      if (near !== v && joined?.code !== 'active') return { GroupId: pick(v.groups), UserId: OWNER };
      return near === v
        ? { GroupId: pick(v.groups), UserId: OWNER }
        : {
            GroupId: pick(near.groups),
            UserId: OWNER,
            VpcId: near.id,
            VpcPeeringConnectionId: joined!.id,
            PeeringStatus: 'active',
          };
    });
    const ranges = [...Array(wanted)].map(anywhere);
    return {
      IpProtocol: protocol,
      ...ports,
      IpRanges: ranges.filter((range) => !range.includes(':') && protocol !== 'icmpv6').map((CidrIp) => ({ CidrIp })),
      Ipv6Ranges: ranges
        .filter((range) => range.includes(':') && protocol !== 'icmp')
        .map((CidrIpv6) => ({ CidrIpv6 })),
      PrefixListIds: lists.length > 0 && chance(0.25) ? [{ PrefixListId: pick(lists) }] : [],
      UserIdGroupPairs: pairs,
    };
  };
  const everything = (protocol = '-1'): Json => ({
    IpProtocol: protocol,
    IpRanges: [{ CidrIp: '0.0.0.0/0' }],
    Ipv6Ranges: [{ CidrIpv6: '::/0' }],
    PrefixListIds: [],
    UserIdGroupPairs: [],
  });
  const groups = vpcs.flatMap((v) =>
    v.groups.map((GroupId, g) => ({
      GroupId,
      GroupName: `group-${v.index}-${g}`,
      Description: '',
      VpcId: v.id,
      OwnerId: OWNER,
      IpPermissions: chance(0.3) ? [everything()] : [...Array(1 + below(4))].map(() => permission(v)),
      IpPermissionsEgress: chance(0.7) ? [everything()] : [...Array(1 + below(4))].map(() => permission(v)),
    })),
  );

  const acl = (id: string, vpc: Vpc, subnets: readonly Subnet[], isDefault: boolean): Json => {
    const entries = [false, true].flatMap((egress) => {
      const open = chance(isDefault ? 0.85 : 0.5);
      const numbers = new Set<number>();
      const rules = open ? [] : [...Array(1 + below(4))].map(() => entry(egress, numbers));
      const allow = open || chance(0.65) ? [100, 101].map((n, f) => whole(n + 900, egress, f === 1, 'allow')) : [];
      return shuffle(random, [
        ...rules,
        ...allow,
        whole(32767, egress, false, 'deny'),
        whole(32768, egress, true, 'deny'),
      ]);
    });
    return {
      NetworkAclId: id,
      VpcId: vpc.id,
      OwnerId: OWNER,
      IsDefault: isDefault,
      Associations: subnets.map((subnet) => ({
        NetworkAclAssociationId: idOf('aclassoc', vpc.index, subnet.index),
        NetworkAclId: id,
        SubnetId: subnet.id,
      })),
      Entries: entries,
    };
  };
  const whole = (RuleNumber: number, Egress: boolean, six: boolean, RuleAction: string): Json => ({
    RuleNumber,
    Egress,
    RuleAction,
    Protocol: '-1',
    ...(six ? { Ipv6CidrBlock: '::/0' } : { CidrBlock: '0.0.0.0/0' }),
  });
  const entry = (Egress: boolean, numbers: Set<number>): Json => {
    let RuleNumber = 1 + below(900);
    while (numbers.has(RuleNumber)) RuleNumber++;
    numbers.add(RuleNumber);
    const range = anywhere();
    const six = range.includes(':');
    const kind = pick(['-1', '6', '6', '6', '17', '17', six ? '58' : '1']);
    const ports = pick(NACL_PORTS);
    return {
      RuleNumber,
      Egress,
      RuleAction: chance(0.6) ? 'allow' : 'deny',
      Protocol: kind,
      ...(six ? { Ipv6CidrBlock: range } : { CidrBlock: range }),
      ...(kind === '6' || kind === '17' ? { PortRange: { From: ports[0], To: ports[1] } } : {}),
      ...(kind === '1' || kind === '58' ? { IcmpTypeCode: drawIcmp(random, six) } : {}),
    };
  };
  const acls = vpcs.flatMap((vpc) => {
    const [own, others] = parted(vpc.subnets, () => chance(0.5));
    return [
      acl(idOf('acl', vpc.index, 0), vpc, others, true),
      ...own.map((subnet, i) => acl(idOf('acl', vpc.index, 1 + i), vpc, [subnet], false)),
    ];
  });

  const route = (range: string, target: Json): Json => ({
    ...(range.startsWith('pl-')
      ? { DestinationPrefixListId: range }
      : range.includes(':')
        ? { DestinationIpv6CidrBlock: range }
        : { DestinationCidrBlock: range }),
    Origin: 'CreateRoute',
    State: 'active',
    ...target,
  });
  const table = (id: string, vpc: Vpc, subnets: readonly Subnet[], main: boolean): Json => {
    const isPublic = vpc.igw !== undefined && subnets.some((subnet) => subnet.index === 0);
    const routes = new Map<string, Json>();
    const add = (range: string, target: Json) => {
      if (!routes.has(range)) routes.set(range, route(range, target));
    };
    for (const range of [vpc.cidr, ...(vpc.six === undefined ? [] : [`${vpc.six}:/56`])])
      add(range, { GatewayId: 'local', Origin: 'CreateRouteTable' });
    for (const { id: pcx, a, b, code } of peerings) {
      const other = a === vpc ? b : b === vpc ? a : undefined;
      if (other === undefined || chance(vpc.nat !== undefined && !isPublic ? 0.45 : 0.15)) continue;
      const target = { VpcPeeringConnectionId: pcx, ...(code === 'active' ? {} : { State: 'blackhole' }) };
      add(pick([other.cidr, other.cidr, other.subnets[0]!.cidr]), target);
      if (other.six !== undefined && vpc.six !== undefined && chance(0.8)) add(`${other.six}:/56`, target);
      // Towards somebody behind the neighbour: a peering does not carry that on.
      if (chance(0.15)) add(pick(vpcs.filter((one) => one !== vpc)).cidr, target);
    }
    if (gateway?.attached.has(vpc) === true && chance(0.85)) {
      const target = { TransitGatewayId: gateway.id };
      if (chance(0.6)) add('10.0.0.0/8', target);
      else for (const other of vpcs) if (other !== vpc && chance(0.8)) add(other.cidr, target);
    }
    if (vpc.igw !== undefined && chance(isPublic ? 0.9 : 0.2)) {
      for (const range of chance(0.85) ? ['0.0.0.0/0'] : ['0.0.0.0/1', '192.0.0.0/2'])
        add(range, { GatewayId: vpc.igw });
      if (vpc.six !== undefined && chance(0.8)) add('::/0', { GatewayId: vpc.igw });
    } else if (vpc.nat !== undefined && chance(0.85)) add('0.0.0.0/0', { NatGatewayId: vpc.nat.id });
    else if (chance(0.1)) add('0.0.0.0/0', { GatewayId: idOf('igw', 99), State: 'blackhole' });
    if (vpc.eigw !== undefined && chance(0.7)) add('::/0', { EgressOnlyInternetGatewayId: vpc.eigw });
    if (chance(0.25)) {
      const range = anywhere();
      if (!inside(vpc, range) && !range.endsWith('/0'))
        add(range, { NetworkInterfaceId: idOf('eni', 250), State: 'blackhole' });
    }
    return {
      RouteTableId: id,
      VpcId: vpc.id,
      OwnerId: OWNER,
      PropagatingVgws: [],
      Associations: [
        ...(main ? [{ Main: true, RouteTableAssociationId: idOf('rtbassoc', vpc.index, 255), RouteTableId: id }] : []),
        ...subnets
          .filter(() => !main)
          .map((subnet) => ({
            Main: false,
            RouteTableAssociationId: idOf('rtbassoc', vpc.index, subnet.index),
            RouteTableId: id,
            SubnetId: subnet.id,
            AssociationState: { State: 'associated' },
          })),
      ],
      Routes: shuffle(random, [...routes.values()]),
    };
  };
  const tables = vpcs.flatMap((vpc) => {
    const [own, others] = parted(vpc.subnets, () => chance(0.6));
    return [
      table(idOf('rtb', vpc.index, 0), vpc, others, true),
      ...own.map((subnet, i) => table(idOf('rtb', vpc.index, 1 + i), vpc, [subnet], false)),
    ];
  });

  return {
    'vpcs.json': {
      Vpcs: vpcs.map(({ id, cidr, six }) => ({
        VpcId: id,
        OwnerId: OWNER,
        State: 'available',
        IsDefault: false,
        CidrBlock: cidr,
        CidrBlockAssociationSet: [{ CidrBlock: cidr, CidrBlockState: { State: 'associated' } }],
        Ipv6CidrBlockAssociationSet:
          six === undefined ? [] : [{ Ipv6CidrBlock: `${six}:/56`, Ipv6CidrBlockState: { State: 'associated' } }],
      })),
    },
    'subnets.json': {
      Subnets: vpcs.flatMap((vpc) =>
        vpc.subnets.map((subnet) => ({
          SubnetId: subnet.id,
          VpcId: vpc.id,
          OwnerId: OWNER,
          State: 'available',
          CidrBlock: subnet.cidr,
          AvailabilityZone: `${REGION}${subnet.zone}`,
          AvailabilityZoneId: `euc1-az${subnet.zone === 'a' ? 2 : 3}`,
          Ipv6CidrBlockAssociationSet:
            subnet.six === undefined
              ? []
              : [{ Ipv6CidrBlock: subnet.six, Ipv6CidrBlockState: { State: 'associated' } }],
        })),
      ),
    },
    'security-groups.json': { SecurityGroups: groups },
    'network-acls.json': { NetworkAcls: acls },
    'route-tables.json': { RouteTables: tables },
    'network-interfaces.json': { NetworkInterfaces: [...interfaces.map((one) => one.eni), ...nats.map(natInterface)] },
    'instances.json': {
      Reservations: interfaces.map((one) => ({ OwnerId: OWNER, Instances: [one.instance] })),
    },
    'internet-gateways.json': {
      InternetGateways: vpcs.flatMap(({ igw, id }) =>
        igw === undefined
          ? []
          : [{ InternetGatewayId: igw, OwnerId: OWNER, Attachments: [{ State: 'available', VpcId: id }] }],
      ),
    },
    ...(vpcs.some(({ eigw }) => eigw !== undefined)
      ? {
          'egress-only-internet-gateways.json': {
            EgressOnlyInternetGateways: vpcs.flatMap(({ eigw, id }) =>
              eigw === undefined
                ? []
                : [{ EgressOnlyInternetGatewayId: eigw, Attachments: [{ State: 'attached', VpcId: id }] }],
            ),
          },
        }
      : {}),
    ...(nats.length === 0
      ? {}
      : {
          'nat-gateways.json': {
            NatGateways: nats.map((nat) => ({
              NatGatewayId: nat.id,
              VpcId: nat.vpc,
              SubnetId: nat.subnet.id,
              State: 'available',
              ConnectivityType: 'public',
              NatGatewayAddresses: [
                {
                  AllocationId: idOf('eipalloc', nat.index, 200),
                  NetworkInterfaceId: idOf('eni', nat.index, 200),
                  PrivateIp: natAddress(nat.index),
                  PublicIp: `52.0.${nat.index}.200`,
                },
              ],
            })),
          },
        }),
    ...(peerings.length === 0
      ? {}
      : {
          'vpc-peering-connections.json': {
            VpcPeeringConnections: peerings.map(({ id, a, b, code }) => ({
              VpcPeeringConnectionId: id,
              RequesterVpcInfo: sideOf(a),
              AccepterVpcInfo: sideOf(b),
              Status: { Code: code },
            })),
          },
        }),
    ...(lists.length === 0
      ? {}
      : {
          'managed-prefix-lists.json': {
            PrefixLists: lists.map((PrefixListId) => ({
              PrefixListId,
              AddressFamily: 'IPv4',
              State: 'create-complete',
              PrefixListName: PrefixListId,
              OwnerId: OWNER,
              MaxEntries: 10,
              Version: 1,
            })),
          },
          ...Object.fromEntries(
            lists.map((PrefixListId) => [
              `entries-${PrefixListId}.json`,
              {
                $request: { PrefixListId },
                Entries: [...new Set([...Array(1 + below(2))].map(() => drawRange(random, vpcs, false)))].map(
                  (Cidr) => ({
                    Cidr,
                  }),
                ),
              },
            ]),
          ),
        }),
    ...gateway?.files,
  };
}

function subnetOf(
  v: number,
  s: number,
  cidr: string,
  six: string | undefined,
  zone: string,
  attachment: boolean,
): Subnet {
  return {
    id: idOf('subnet', v, s),
    index: s,
    vpc: v,
    zone,
    cidr,
    six: six === undefined ? undefined : `${six}${s}::/64`,
    attachment,
  };
}

const sideOf = ({ id, cidr, six }: Vpc): Json => ({
  VpcId: id,
  OwnerId: OWNER,
  Region: REGION,
  CidrBlock: cidr,
  CidrBlockSet: [{ CidrBlock: cidr }],
  ...(six === undefined ? {} : { Ipv6CidrBlockSet: [{ Ipv6CidrBlock: `${six}:/56` }] }),
});

const natAddress = (v: number) => `10.${v}.0.200`;

function natInterface(nat: { id: string; subnet: Subnet; vpc: string; index: number }): Json {
  const PublicIp = `52.0.${nat.index}.200`;
  return {
    NetworkInterfaceId: idOf('eni', nat.index, 200),
    InterfaceType: 'nat_gateway',
    Description: `Interface for NAT Gateway ${nat.id}`,
    VpcId: nat.vpc,
    SubnetId: nat.subnet.id,
    AvailabilityZone: `${REGION}${nat.subnet.zone}`,
    OwnerId: OWNER,
    RequesterManaged: true,
    SourceDestCheck: false,
    Status: 'in-use',
    PrivateIpAddress: natAddress(nat.index),
    PrivateIpAddresses: [{ Primary: true, PrivateIpAddress: natAddress(nat.index), Association: { PublicIp } }],
    Ipv6Addresses: [],
    Groups: [],
  };
}

function drawInterfaces(random: Random, vpcs: readonly Vpc[]): { eni: Json; instance: Json }[] {
  const { chance, pick, below } = random;
  const places = vpcs.flatMap((vpc) =>
    vpc.subnets
      .filter((subnet) => !subnet.attachment)
      .flatMap((subnet) => Array.from({ length: 1 + below(2) }, (_, h) => ({ vpc, subnet, h }))),
  );
  return places.slice(0, 8).map(({ vpc, subnet, h }) => {
    const host = 10 + h;
    const address = `10.${vpc.index}.${subnet.index}.${host}`;
    const PublicIp = `52.0.${vpc.index}.${subnet.index * 16 + host}`;
    const association = vpc.igw !== undefined && chance(0.5) ? { Association: { PublicIp, IpOwnerId: OWNER } } : {};
    const groups = [...new Set([pick(vpc.groups), ...(chance(0.4) ? [pick(vpc.groups)] : [])])];
    const Groups = groups.map((GroupId) => ({ GroupId }));
    const InstanceId = idOf('i', vpc.index, subnet.index, h);
    const six = subnet.six !== undefined && chance(0.85) ? [`${subnet.six.slice(0, -5)}::${host}`] : [];
    return {
      eni: {
        NetworkInterfaceId: idOf('eni', vpc.index, subnet.index, h),
        InterfaceType: 'interface',
        VpcId: vpc.id,
        SubnetId: subnet.id,
        AvailabilityZone: `${REGION}${subnet.zone}`,
        OwnerId: OWNER,
        SourceDestCheck: true,
        Status: 'in-use',
        PrivateIpAddress: address,
        PrivateIpAddresses: [{ Primary: true, PrivateIpAddress: address, ...association }],
        Ipv6Addresses: six.map((Ipv6Address) => ({ Ipv6Address })),
        Groups,
        Attachment: { InstanceId, DeviceIndex: 0, Status: 'attached' },
        ...association,
      },
      instance: {
        InstanceId,
        VpcId: vpc.id,
        SubnetId: subnet.id,
        PrivateIpAddress: address,
        State: { Code: 16, Name: 'running' },
        SecurityGroups: Groups,
        NetworkInterfaces: [],
      },
    };
  });
}

/** A transit gateway with up to two route tables: associations, propagations and blackholes at random. */
function drawTransit(random: Random, attached: readonly Vpc[]) {
  const { chance, pick, below } = random;
  const id = idOf('tgw', 1);
  const tables = Array.from({ length: 1 + below(2) }, (_, t) => idOf('tgw-rtb', t));
  const attachments = attached
    .filter((vpc) => vpc.subnets.some((subnet) => subnet.attachment))
    .map((vpc) => ({ vpc, id: idOf('tgw-attach', vpc.index), table: chance(0.93) ? pick(tables) : undefined }));
  const routesOf = () =>
    attachments.flatMap((to) => {
      const towards = [{ TransitGatewayAttachmentId: to.id, ResourceId: to.vpc.id, ResourceType: 'vpc' }];
      return [
        ...(chance(0.8)
          ? [
              {
                DestinationCidrBlock: to.vpc.cidr,
                TransitGatewayAttachments: towards,
                Type: 'propagated',
                State: 'active',
              },
            ]
          : []),
        ...(chance(0.2) ? [{ DestinationCidrBlock: to.vpc.subnets[0]!.cidr, Type: 'static', State: 'blackhole' }] : []),
      ];
    });
  return {
    id,
    attached: new Set(attachments.map(({ vpc }) => vpc)),
    files: {
      'transit-gateways.json': {
        TransitGateways: [
          {
            TransitGatewayId: id,
            OwnerId: OWNER,
            State: 'available',
            Options: { SecurityGroupReferencingSupport: 'disable' },
          },
        ],
      },
      'transit-gateway-attachments.json': {
        TransitGatewayAttachments: attachments.map((one) => ({
          TransitGatewayAttachmentId: one.id,
          TransitGatewayId: id,
          TransitGatewayOwnerId: OWNER,
          ResourceOwnerId: OWNER,
          ResourceType: 'vpc',
          ResourceId: one.vpc.id,
          State: 'available',
          ...(one.table === undefined
            ? {}
            : { Association: { TransitGatewayRouteTableId: one.table, State: 'associated' } }),
        })),
      },
      'transit-gateway-vpc-attachments.json': {
        TransitGatewayVpcAttachments: attachments.map((one) => ({
          TransitGatewayAttachmentId: one.id,
          TransitGatewayId: id,
          VpcId: one.vpc.id,
          VpcOwnerId: OWNER,
          State: 'available',
          SubnetIds: one.vpc.subnets.filter((subnet) => subnet.attachment).map((subnet) => subnet.id),
          Options: {
            Ipv6Support: 'disable',
            ApplianceModeSupport: 'disable',
            SecurityGroupReferencingSupport: 'enable',
          },
        })),
      },
      'transit-gateway-route-tables.json': {
        TransitGatewayRouteTables: tables.map((TransitGatewayRouteTableId) => ({
          TransitGatewayRouteTableId,
          TransitGatewayId: id,
          State: 'available',
        })),
      },
      ...Object.fromEntries(
        tables.flatMap((TransitGatewayRouteTableId, t) => [
          [
            `tgw-routes-${t}.json`,
            {
              $request: {
                TransitGatewayRouteTableId,
                Filters: [{ Name: 'state', Values: ['active', 'blackhole'] }],
              },
              Routes: routesOf(),
              AdditionalRoutesAvailable: false,
            },
          ],
          [
            `tgw-associations-${t}.json`,
            {
              $request: { TransitGatewayRouteTableId },
              Associations: attachments
                .filter(({ table }) => table === TransitGatewayRouteTableId)
                .map((one) => ({
                  TransitGatewayAttachmentId: one.id,
                  ResourceId: one.vpc.id,
                  ResourceType: 'vpc',
                  State: 'associated',
                })),
            },
          ],
        ]),
      ),
    } as Files,
  };
}

/** A range that somebody in the network could be in; sometimes one of the outside. */
function drawRange(random: Random, vpcs: readonly Vpc[], sixes = true): string {
  const { chance, pick, below } = random;
  const vpc = pick(vpcs);
  const subnet = pick(vpc.subnets);
  if (sixes && vpc.six !== undefined && chance(0.3))
    return pick(['::/0', `${vpc.six}:/56`, subnet.six!, `${subnet.six!.slice(0, -5)}::10/128`, '2001:db8:77::/64']);
  return pick([
    '0.0.0.0/0',
    '0.0.0.0/0',
    '10.0.0.0/8',
    vpc.cidr,
    subnet.cidr,
    subnet.cidr,
    `10.${vpc.index}.${subnet.index}.${10 + below(2)}/32`,
    '203.0.113.0/24',
    '203.0.113.64/26',
    `52.0.${vpc.index}.0/24`,
  ]);
}

function drawProtocol(random: Random, ranges: typeof PORTS): { protocol: string; ports: Json } {
  const protocol = random.pick(['-1', '-1', 'tcp', 'tcp', 'tcp', 'udp', 'udp', 'icmp', 'icmp', 'icmpv6']);
  if (protocol === '-1') return { protocol, ports: {} };
  if (protocol.startsWith('icmp')) {
    const { Type, Code } = drawIcmp(random, protocol === 'icmpv6');
    return { protocol, ports: { FromPort: Type, ToPort: Code } };
  }
  const [FromPort, ToPort] = random.pick(ranges);
  return { protocol, ports: { FromPort, ToPort } };
}

function drawIcmp(random: Random, six: boolean): { Type: number; Code: number } {
  const [request, reply] = six ? [128, 129] : [8, 0];
  const Type = random.pick([-1, -1, request, request, reply, 3]);
  return { Type, Code: Type === -1 ? -1 : random.pick([-1, 0]) };
}

const inside = (vpc: Vpc, range: string) =>
  range.startsWith(`10.${vpc.index}.`) ||
  (vpc.six !== undefined && range.startsWith(vpc.six)) ||
  range === '10.0.0.0/8';

function parted<T>(list: readonly T[], isFirst: (one: T) => boolean): [T[], T[]] {
  const [first, second]: [T[], T[]] = [[], []];
  for (const one of list) (isFirst(one) ? first : second).push(one);
  return [first, second];
}

function shuffle<T>(random: Random, list: readonly T[]): T[] {
  return list
    .map((one) => [random.next(), one] as const)
    .sort((a, b) => a[0] - b[0])
    .map(([, one]) => one);
}
