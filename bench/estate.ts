/**
 * A made-up AWS estate of any size, the same for the same seed: accounts with VPCs of three subnets (web, app, data), groups
 * that refer to each other, transit gateways between some VPCs. It answers as the API would, one call a time, so that the
 * files are ordinary snapshots. Knows nothing of netaudit.
 */

export interface EstateShape {
  readonly interfaces: number;
  readonly seed: number;
  /** Accounts; each holds `interfaces / accounts` interfaces. */
  readonly accounts: number;
  /** Regions that each account uses. */
  readonly regions: number;
  /** Transit gateway attachments over the whole estate. */
  readonly attachments: number;
}

/** One call's answer in one account and Region: its list key and the records, made as they are read. */
export interface AnswerFile {
  readonly folder: string;
  readonly name: string;
  readonly key: string;
  /** Members of the answer beside its list. */
  readonly head?: object;
  readonly records: Iterable<object>;
}

/** Figures of what was made. */
export interface EstateCounts {
  accounts: number;
  vpcs: number;
  subnets: number;
  groups: number;
  interfaces: number;
  instances: number;
  publicAddresses: number;
  attachments: number;
  rules: number;
  rulesByGroup: number;
  rulesByHost: number;
  subnetGroupPairs: number;
}

const PER_VPC = 100;
const REGIONS = ['eu-central-1', 'us-east-1', 'ap-southeast-1', 'eu-west-1'];

/** The shape of an estate of so many interfaces: a hundred accounts and 300 attachments at 100,000. */
export function shapeOf(interfaces: number, seed = 1): EstateShape {
  return {
    interfaces,
    seed,
    accounts: Math.max(1, Math.round(interfaces / 1000)),
    regions: interfaces < 2000 ? 1 : 2,
    attachments: Math.max(2, Math.round((interfaces * 3) / 1000)),
  };
}

/** Questions whose answers the estate's own rules settle, for any size. */
export function questionsOf(shape: EstateShape): { readonly src: string; readonly dst: string }[] {
  const last = Math.ceil(shape.interfaces / PER_VPC) - 1;
  return [
    { src: 'app-0-0', dst: 'data-0-0:5432' },
    { src: 'web-0-0', dst: 'data-0-0:5432' },
    { src: 'web-0-0', dst: 'app-0-0:8080' },
    { src: 'internet', dst: 'web-0-0:443' },
    { src: 'app-0-1', dst: 'internet:443' },
    { src: `app-0-0`, dst: `app-${Math.min(2, last)}-0:8080` },
    { src: `app-${last}-0`, dst: `data-${last}-0:5432` },
  ];
}

/** So many different questions of each kind, all about other VPCs. */
export function questionKindsOf(
  shape: EstateShape,
  count: number,
): Readonly<Record<string, { readonly src: string; readonly dst: string }[]>> {
  const vpcs = Math.ceil(shape.interfaces / PER_VPC);
  const each = (make: (vpc: number) => { readonly src: string; readonly dst: string }) =>
    Array.from({ length: Math.min(count, vpcs) }, (_, i) => make(i));
  return {
    'within a VPC': each((vpc) => ({ src: `app-${vpc}-0`, dst: `data-${vpc}-0:5432` })),
    'within a VPC, blocked': each((vpc) => ({ src: `web-${vpc}-0`, dst: `data-${vpc}-0:5432` })),
    'from the internet': each((vpc) => ({ src: 'internet', dst: `web-${vpc}-0:443` })),
    'to the internet': each((vpc) => ({ src: `web-${vpc}-0`, dst: 'internet:443' })),
    'to the internet, no way': each((vpc) => ({ src: `app-${vpc}-0`, dst: 'internet:443' })),
  };
}

/** Every answer of the estate, folder by folder; `counts` is complete when all records have been read. */
export function estateOf(shape: EstateShape): { readonly files: Iterable<AnswerFile>; readonly counts: EstateCounts } {
  const counts: EstateCounts = {
    accounts: shape.accounts,
    vpcs: 0,
    subnets: 0,
    groups: 0,
    interfaces: 0,
    instances: 0,
    publicAddresses: 0,
    attachments: 0,
    rules: 0,
    rulesByGroup: 0,
    rulesByHost: 0,
    subnetGroupPairs: 0,
  };
  return { files: filesOf(shape, counts), counts };
}

interface Vpc {
  readonly index: number;
  readonly account: string;
  readonly region: string;
  readonly id: string;
  /** First address as a number. */
  readonly base: number;
  readonly interfaces: number;
  /** The transit gateway that it is attached to, if it is. */
  readonly gateway: string | undefined;
}

const TIERS = ['web', 'app', 'data'] as const;
type Tier = (typeof TIERS)[number];
/** How the interfaces of a VPC are spread. */
const SHARE: Record<Tier, number> = { web: 0.2, app: 0.5, data: 0.3 };
/** One web interface in four has a public address: 5 % of all. */
const PUBLIC_EVERY = 4;
const GROUPS = ['base', 'web', 'app', 'data', 'cache'] as const;

function* filesOf(shape: EstateShape, counts: EstateCounts): Iterable<AnswerFile> {
  const all = Math.ceil(shape.interfaces / PER_VPC);
  const areas = shape.accounts * shape.regions;
  for (let area = 0; area < areas; area++) {
    const account = String(100000000000 + Math.floor(area / shape.regions));
    const region = REGIONS[area % shape.regions]!;
    const gateway = hexId('tgw', area % shape.regions);
    const vpcs: Vpc[] = [];
    for (let index = area; index < all; index += areas) {
      vpcs.push({
        index,
        account,
        region,
        id: hexId('vpc', index),
        base: (10 << 24) + (index % 16384) * 1024,
        interfaces: Math.min(PER_VPC, shape.interfaces - index * PER_VPC),
        gateway: index < shape.attachments ? gateway : undefined,
      });
    }
    const folder = `${account}/${region}`;
    const file = (name: string, key: string, records: Iterable<object>, request?: object): AnswerFile => ({
      folder,
      name,
      key,
      records,
      ...(request === undefined ? {} : { head: { $request: request } }),
    });
    counts.vpcs += vpcs.length;
    yield file('vpcs', 'Vpcs', vpcs.map(vpcRecord));
    yield file(
      'subnets',
      'Subnets',
      vpcs.flatMap((vpc) => TIERS.map((tier) => subnetRecord(vpc, tier, counts))),
    );
    yield file(
      'route-tables',
      'RouteTables',
      vpcs.flatMap((vpc) => tableRecords(vpc)),
    );
    yield file('network-acls', 'NetworkAcls', vpcs.map(aclRecord));
    yield file('internet-gateways', 'InternetGateways', vpcs.map(gatewayRecord));
    yield file(
      'security-groups',
      'SecurityGroups',
      mapped(vpcs, (vpc) => groupRecords(vpc, shape, counts)),
    );
    yield file(
      'network-interfaces',
      'NetworkInterfaces',
      mapped(vpcs, (vpc) => interfaceRecords(vpc, shape, counts)),
    );
    yield file(
      'instances',
      'Reservations',
      mapped(vpcs, (vpc) => reservationRecords(vpc, shape, counts)),
    );
    if (area < shape.regions) yield* transitFiles(shape, area, all, folder, account);
    const mine = vpcs.filter((vpc) => vpc.gateway !== undefined);
    counts.attachments += mine.length;
    yield file('transit-gateway-vpc-attachments', 'TransitGatewayVpcAttachments', mine.map(attachmentRecord));
  }
}

function* mapped<T>(list: readonly T[], make: (one: T) => Iterable<object>): Iterable<object> {
  for (const one of list) yield* make(one);
}

function vpcRecord(vpc: Vpc): object {
  return {
    OwnerId: vpc.account,
    InstanceTenancy: 'default',
    CidrBlockAssociationSet: [
      {
        AssociationId: hexId('vpc-cidr-assoc', vpc.index),
        CidrBlock: `${dotted(vpc.base)}/22`,
        CidrBlockState: { State: 'associated' },
      },
    ],
    IsDefault: false,
    Tags: [{ Key: 'Name', Value: `vpc-${vpc.index}` }],
    VpcId: vpc.id,
    State: 'available',
    CidrBlock: `${dotted(vpc.base)}/22`,
    DhcpOptionsId: hexId('dopt', vpc.index),
  };
}

const subnetId = (vpc: Vpc, tier: Tier) => hexId('subnet', vpc.index * 4 + TIERS.indexOf(tier));
const groupId = (vpc: Vpc, group: (typeof GROUPS)[number]) => hexId('sg', vpc.index * 8 + GROUPS.indexOf(group));
const baseOf = (vpc: Vpc, tier: Tier) => vpc.base + TIERS.indexOf(tier) * 256;

function subnetRecord(vpc: Vpc, tier: Tier, counts: EstateCounts): object {
  counts.subnets++;
  return {
    AvailabilityZone: `${vpc.region}a`,
    AvailabilityZoneId: `${vpc.region.slice(0, 2)}c1-az1`,
    AvailableIpAddressCount: 200,
    CidrBlock: `${dotted(baseOf(vpc, tier))}/24`,
    DefaultForAz: false,
    MapPublicIpOnLaunch: tier === 'web',
    State: 'available',
    SubnetId: subnetId(vpc, tier),
    VpcId: vpc.id,
    OwnerId: vpc.account,
    AssignIpv6AddressOnCreation: false,
    Ipv6CidrBlockAssociationSet: [],
    SubnetArn: `arn:aws:ec2:${vpc.region}:${vpc.account}:subnet/${subnetId(vpc, tier)}`,
    Tags: [{ Key: 'Name', Value: `${tier}-${vpc.index}` }],
  };
}

function tableRecords(vpc: Vpc): object[] {
  const local = {
    DestinationCidrBlock: `${dotted(vpc.base)}/22`,
    GatewayId: 'local',
    Origin: 'CreateRouteTable',
    State: 'active',
  };
  const onward =
    vpc.gateway === undefined
      ? []
      : [{ DestinationCidrBlock: '10.0.0.0/8', TransitGatewayId: vpc.gateway, Origin: 'CreateRoute', State: 'active' }];
  const out = {
    DestinationCidrBlock: '0.0.0.0/0',
    GatewayId: hexId('igw', vpc.index),
    Origin: 'CreateRoute',
    State: 'active',
  };
  const table = (number: number, tiers: readonly Tier[], main: boolean, routes: object[]) => ({
    Associations: [
      ...(main
        ? [
            {
              Main: true,
              RouteTableAssociationId: hexId('rtbassoc', vpc.index * 8 + 7),
              RouteTableId: hexId('rtb', vpc.index * 2 + number),
              AssociationState: { State: 'associated' },
            },
          ]
        : []),
      ...tiers.map((tier) => ({
        Main: false,
        RouteTableAssociationId: hexId('rtbassoc', vpc.index * 8 + TIERS.indexOf(tier)),
        RouteTableId: hexId('rtb', vpc.index * 2 + number),
        SubnetId: subnetId(vpc, tier),
        AssociationState: { State: 'associated' },
      })),
    ],
    PropagatingVgws: [],
    RouteTableId: hexId('rtb', vpc.index * 2 + number),
    Routes: routes,
    Tags: [],
    VpcId: vpc.id,
    OwnerId: vpc.account,
  });
  return [table(0, ['app', 'data'], true, [local, ...onward]), table(1, ['web'], false, [local, ...onward, out])];
}

function aclRecord(vpc: Vpc): object {
  const entry = (Egress: boolean, RuleNumber: number, RuleAction: string) => ({
    CidrBlock: '0.0.0.0/0',
    Egress,
    Protocol: '-1',
    RuleAction,
    RuleNumber,
  });
  return {
    Associations: TIERS.map((tier) => ({
      NetworkAclAssociationId: hexId('aclassoc', vpc.index * 4 + TIERS.indexOf(tier)),
      NetworkAclId: hexId('acl', vpc.index),
      SubnetId: subnetId(vpc, tier),
    })),
    Entries: [
      entry(true, 100, 'allow'),
      entry(true, 32767, 'deny'),
      entry(false, 100, 'allow'),
      entry(false, 32767, 'deny'),
    ],
    IsDefault: true,
    NetworkAclId: hexId('acl', vpc.index),
    Tags: [],
    VpcId: vpc.id,
    OwnerId: vpc.account,
  };
}

function gatewayRecord(vpc: Vpc): object {
  return {
    Attachments: [{ State: 'available', VpcId: vpc.id }],
    InternetGatewayId: hexId('igw', vpc.index),
    OwnerId: vpc.account,
    Tags: [],
  };
}

/** Five groups; of ten inbound rules two name a group, one names a single host, the others a range. */
function* groupRecords(vpc: Vpc, shape: EstateShape, counts: EstateCounts): Iterable<object> {
  const random = randomOf(shape.seed, vpc.index);
  const office = (ports: readonly [number, number]) => {
    counts.rules++;
    return permission(ports, {
      IpRanges: [{ CidrIp: `203.0.${113 + Math.floor(random() * 8)}.0/24`, Description: 'office' }],
    });
  };
  const range = (ports: readonly [number, number], cidr: string) => {
    counts.rules++;
    return permission(ports, { IpRanges: [{ CidrIp: cidr }] });
  };
  const host = (ports: readonly [number, number]) => {
    counts.rules++;
    counts.rulesByHost++;
    const one = vpc.base + Math.floor(random() * 3) * 256 + 4 + Math.floor(random() * 20);
    return permission(ports, { IpRanges: [{ CidrIp: `${dotted(one)}/32`, Description: 'bastion' }] });
  };
  const group = (ports: readonly [number, number], from: (typeof GROUPS)[number]) => {
    counts.rules++;
    counts.rulesByGroup++;
    return permission(ports, { UserIdGroupPairs: [{ GroupId: groupId(vpc, from), UserId: vpc.account }] });
  };
  const mine = `${dotted(vpc.base)}/22`;
  const inbound: Record<(typeof GROUPS)[number], () => object[]> = {
    base: () => [
      office([22, 22]),
      host([22, 22]),
      range([9100, 9100], '10.0.0.0/8'),
      range([10050, 10051], '10.0.0.0/16'),
    ],
    web: () => [range([443, 443], '0.0.0.0/0'), range([80, 80], '0.0.0.0/0'), range([8443, 8443], mine)],
    app: () => [group([8080, 8080], 'web'), group([8081, 8090], 'app'), range([8080, 8080], '10.0.0.0/8')],
    data: () => [
      group([5432, 5432], 'app'),
      host([5432, 5432]),
      range([5432, 5432], `${dotted(baseOf(vpc, 'data'))}/24`),
    ],
    cache: () => [group([6379, 6379], 'app'), range([6379, 6379], `${dotted(baseOf(vpc, 'app'))}/25`)],
  };
  for (const name of GROUPS) {
    counts.groups++;
    counts.rules++;
    yield {
      GroupId: groupId(vpc, name),
      IpPermissionsEgress: [permission(undefined, { IpRanges: [{ CidrIp: '0.0.0.0/0' }] })],
      Tags: [
        { Key: 'Name', Value: `${name}-${vpc.index}` },
        { Key: 'team', Value: `team-${vpc.index % 37}` },
      ],
      VpcId: vpc.id,
      SecurityGroupArn: `arn:aws:ec2:${vpc.region}:${vpc.account}:security-group/${groupId(vpc, name)}`,
      OwnerId: vpc.account,
      GroupName: `${name}-${vpc.index}-sg`,
      Description: `${name} tier of vpc-${vpc.index}`,
      IpPermissions: inbound[name](),
    };
  }
}

function permission(ports: readonly [number, number] | undefined, peers: object): object {
  return {
    IpProtocol: ports === undefined ? '-1' : 'tcp',
    ...(ports === undefined ? {} : { FromPort: ports[0], ToPort: ports[1] }),
    UserIdGroupPairs: [],
    IpRanges: [],
    Ipv6Ranges: [],
    PrefixListIds: [],
    ...peers,
  };
}

interface Host {
  readonly tier: Tier;
  readonly name: string;
  readonly id: string;
  readonly instance: string | undefined;
  readonly address: string;
  readonly outside: string | undefined;
  readonly groups: readonly (typeof GROUPS)[number][];
}

/** The interfaces of a VPC; two in five belong to an instance. */
function* hostsOf(vpc: Vpc): Iterable<Host> {
  let at = 0;
  for (const tier of TIERS) {
    const end = tier === 'data' ? vpc.interfaces : Math.min(vpc.interfaces, at + Math.ceil(PER_VPC * SHARE[tier]));
    for (let i = 0; at < end; i++, at++) {
      const serial = vpc.index * PER_VPC + at;
      yield {
        tier,
        name: `${tier}-${vpc.index}-${i}`,
        id: hexId('eni', serial),
        instance: at % 5 < 2 ? hexId('i', serial) : undefined,
        address: dotted(baseOf(vpc, tier) + 4 + i),
        outside:
          tier === 'web' && i % PUBLIC_EVERY === 0
            ? dotted((52 << 24) + (vpc.index * 8 + i / PUBLIC_EVERY))
            : undefined,
        groups: tier === 'data' && i % 3 === 2 ? ['base', 'cache', 'data'] : ['base', tier],
      };
    }
  }
}

const groupList = (vpc: Vpc, host: Host) =>
  host.groups.map((name) => ({ GroupId: groupId(vpc, name), GroupName: `${name}-${vpc.index}-sg` }));

function addressFields(vpc: Vpc, host: Host): object {
  const PrivateDnsName = `ip-${host.address.replaceAll('.', '-')}.${vpc.region}.compute.internal`;
  const Association = host.outside && { IpOwnerId: 'amazon', PublicDnsName: '', PublicIp: host.outside };
  return {
    ...(Association && { Association }),
    PrivateDnsName,
    PrivateIpAddress: host.address,
    PrivateIpAddresses: [
      { ...(Association && { Association }), Primary: true, PrivateDnsName, PrivateIpAddress: host.address },
    ],
  };
}

function* interfaceRecords(vpc: Vpc, shape: EstateShape, counts: EstateCounts): Iterable<object> {
  const random = randomOf(shape.seed, vpc.index + 1e6);
  const pairs = new Set<string>();
  for (const host of hostsOf(vpc)) {
    counts.interfaces++;
    if (host.outside !== undefined) counts.publicAddresses++;
    pairs.add(`${host.tier} ${host.groups.join(' ')}`);
    yield {
      ...addressFields(vpc, host),
      Attachment: {
        AttachTime: '2026-03-01T09:12:44+00:00',
        AttachmentId: host.id.replace('eni', 'eni-attach'),
        DeleteOnTermination: true,
        DeviceIndex: host.instance === undefined ? 1 : 0,
        NetworkCardIndex: 0,
        ...(host.instance === undefined
          ? { InstanceOwnerId: 'amazon-aws' }
          : { InstanceId: host.instance, InstanceOwnerId: vpc.account }),
        Status: 'attached',
      },
      AvailabilityZone: `${vpc.region}a`,
      Description: host.instance === undefined ? `AWS Lambda VPC ENI-${host.name}` : '',
      Groups: groupList(vpc, host),
      InterfaceType: host.instance === undefined ? 'lambda' : 'interface',
      Ipv6Addresses: [],
      MacAddress: `06:${hex(random, 2)}:${hex(random, 2)}:${hex(random, 2)}:${hex(random, 2)}:${hex(random, 2)}`,
      NetworkInterfaceId: host.id,
      OwnerId: vpc.account,
      RequesterManaged: host.instance === undefined,
      SourceDestCheck: true,
      Status: 'in-use',
      SubnetId: subnetId(vpc, host.tier),
      TagSet: [{ Key: 'Name', Value: host.instance === undefined ? host.name : `${host.name}-eth0` }],
      VpcId: vpc.id,
    };
  }
  counts.subnetGroupPairs += pairs.size;
}

function* reservationRecords(vpc: Vpc, shape: EstateShape, counts: EstateCounts): Iterable<object> {
  const random = randomOf(shape.seed, vpc.index + 2e6);
  for (const host of hostsOf(vpc)) {
    if (host.instance === undefined) continue;
    counts.instances++;
    const fields = addressFields(vpc, host) as { PrivateDnsName: string; PrivateIpAddress: string };
    yield {
      ReservationId: host.instance.replace('i-', 'r-'),
      OwnerId: vpc.account,
      Groups: [],
      Instances: [
        {
          Architecture: 'x86_64',
          BlockDeviceMappings: [
            {
              DeviceName: '/dev/xvda',
              Ebs: { DeleteOnTermination: true, Status: 'attached', VolumeId: host.instance.replace('i-', 'vol-') },
            },
          ],
          EbsOptimized: true,
          ImageId: `ami-${hex(random, 17)}`,
          InstanceId: host.instance,
          InstanceType: random() < 0.5 ? 'm7i.large' : 'c7g.xlarge',
          LaunchTime: '2026-03-01T09:12:43+00:00',
          Monitoring: { State: 'disabled' },
          NetworkInterfaces: [
            {
              ...fields,
              Attachment: {
                AttachmentId: host.id.replace('eni', 'eni-attach'),
                DeviceIndex: 0,
                Status: 'attached',
                NetworkCardIndex: 0,
              },
              Groups: groupList(vpc, host),
              Ipv6Addresses: [],
              NetworkInterfaceId: host.id,
              OwnerId: vpc.account,
              SourceDestCheck: true,
              Status: 'in-use',
              SubnetId: subnetId(vpc, host.tier),
              VpcId: vpc.id,
              InterfaceType: 'interface',
            },
          ],
          PrivateDnsName: fields.PrivateDnsName,
          PrivateIpAddress: fields.PrivateIpAddress,
          PublicDnsName: '',
          SecurityGroups: groupList(vpc, host),
          SourceDestCheck: true,
          State: { Code: 16, Name: 'running' },
          SubnetId: subnetId(vpc, host.tier),
          Tags: [
            { Key: 'Name', Value: host.name },
            { Key: 'team', Value: `team-${vpc.index % 37}` },
          ],
          VpcId: vpc.id,
        },
      ],
    };
  }
}

const attachmentId = (vpc: number) => hexId('tgw-attach', vpc);

function attachmentRecord(vpc: Vpc): object {
  return {
    TransitGatewayAttachmentId: attachmentId(vpc.index),
    TransitGatewayId: vpc.gateway,
    VpcId: vpc.id,
    VpcOwnerId: vpc.account,
    State: 'available',
    SubnetIds: [subnetId(vpc, 'app')],
    CreationTime: '2026-02-01T10:00:00+00:00',
    Options: {
      DnsSupport: 'enable',
      SecurityGroupReferencingSupport: 'enable',
      Ipv6Support: 'disable',
      ApplianceModeSupport: 'disable',
    },
    Tags: [],
  };
}

/** A Region's transit gateway, its one table, and the routes to every VPC attached there; the first account owns them. */
function* transitFiles(
  shape: EstateShape,
  area: number,
  all: number,
  folder: string,
  account: string,
): Iterable<AnswerFile> {
  const gateway = hexId('tgw', area);
  const table = hexId('tgw-rtb', area);
  const attached: number[] = [];
  for (let index = area; index < Math.min(all, shape.attachments); index += shape.regions) attached.push(index);
  yield {
    folder,
    name: 'transit-gateways',
    key: 'TransitGateways',
    records: [
      {
        TransitGatewayId: gateway,
        TransitGatewayArn: `arn:aws:ec2:${REGIONS[area]}:${account}:transit-gateway/${gateway}`,
        State: 'available',
        OwnerId: account,
        Options: {
          AmazonSideAsn: 64512,
          AutoAcceptSharedAttachments: 'enable',
          DefaultRouteTableAssociation: 'enable',
          AssociationDefaultRouteTableId: table,
          DefaultRouteTablePropagation: 'enable',
          PropagationDefaultRouteTableId: table,
          VpnEcmpSupport: 'enable',
          SecurityGroupReferencingSupport: 'disable',
        },
        Tags: [{ Key: 'Name', Value: `backbone-${area}` }],
      },
    ],
  };
  yield {
    folder,
    name: 'transit-gateway-route-tables',
    key: 'TransitGatewayRouteTables',
    records: [
      {
        TransitGatewayRouteTableId: table,
        TransitGatewayId: gateway,
        State: 'available',
        DefaultAssociationRouteTable: true,
        DefaultPropagationRouteTable: true,
        Tags: [],
      },
    ],
  };
  yield {
    folder,
    name: 'transit-gateway-attachments',
    key: 'TransitGatewayAttachments',
    records: attached.map((index) => ({
      TransitGatewayAttachmentId: attachmentId(index),
      TransitGatewayId: gateway,
      TransitGatewayOwnerId: account,
      ResourceOwnerId: String(100000000000 + Math.floor((index % (shape.accounts * shape.regions)) / shape.regions)),
      ResourceType: 'vpc',
      ResourceId: hexId('vpc', index),
      State: 'available',
      Association: { TransitGatewayRouteTableId: table, State: 'associated' },
      Tags: [],
    })),
  };
  yield {
    folder,
    name: 'transit-gateway-routes',
    key: 'Routes',
    head: {
      $request: {
        service: 'ec2',
        operation: 'search-transit-gateway-routes',
        TransitGatewayRouteTableId: table,
        Filters: [{ Name: 'state', Values: ['active', 'blackhole'] }],
      },
    },
    records: attached.map((index) => ({
      DestinationCidrBlock: `${dotted((10 << 24) + (index % 16384) * 1024)}/22`,
      TransitGatewayAttachments: [
        { ResourceId: hexId('vpc', index), TransitGatewayAttachmentId: attachmentId(index), ResourceType: 'vpc' },
      ],
      Type: 'propagated',
      State: 'active',
    })),
  };
}

/** An IPv4 address as it is written. */
export function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}

/** Ids look as AWS writes them; the digits are scrambled so that they don't sort by age. */
function hexId(prefix: string, serial: number): string {
  const low = Math.imul(serial + 1, 0x9e3779b1) >>> 0;
  return `${prefix}-0${serial.toString(16).padStart(8, '0')}${low.toString(16).padStart(8, '0')}`;
}

function hex(random: () => number, digits: number): string {
  let out = '';
  while (out.length < digits) out += Math.floor(random() * 16).toString(16);
  return out;
}

/** Mulberry32: small, seeded, good enough to scatter. */
function randomOf(seed: number, stream: number): () => number {
  let state = (Math.imul(seed, 0x85ebca6b) ^ Math.imul(stream + 1, 0xc2b2ae35)) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
