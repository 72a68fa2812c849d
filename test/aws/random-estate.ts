/**
 * Random AWS estates as the CLI prints them, the same for the same seed: everything that makes one address mean several
 * things, or lead two ways. VPCs with the same addresses, or with public ones; machines with several addresses, prefixes and
 * interfaces; references, lists, /32 rules; peerings, transit gateways, NAT, endpoints, balancers, appliances. Knows nothing
 * of what they mean.
 */
import type { Documents } from '../fuzz/corpus.ts';
import type { Random } from '../random.ts';
import { type Card, type Estate, type Json, OWNER, REGION, type Subnet, type Vpc } from './drawn.ts';
import { balancers, endpoints } from './random-services.ts';
import { natGateways, onPremises, peerings, transit } from './random-joints.ts';
import { acls, groupsOf, rangeOf, tables } from './random-rules.ts';

/** Some of the estates hold what nobody knows (`unknowns`), and some balance nothing (`plain`). */
export function randomEstate(r: Random, { unknowns = false, plain = false } = {}): Documents {
  const vpcs = drawVpcs(r);
  const cards = drawCards(r, vpcs, unknowns);
  const lists = r.chance(0.4) ? ['pl-own'] : [];
  const estate: Estate = { r, vpcs, cards: cards.map(({ card }) => card), lists };
  const nats = natGateways(estate);
  const peers = peerings(estate);
  const hub = transit(estate, unknowns);
  const sites = onPremises(estate);
  const served = endpoints(estate);
  const balanced = plain ? { enis: [], files: {} } : balancers(estate);
  const routes = tables(estate, { nats, peers, hub, sites, served, unknowns });
  const attached = cards.filter(({ card }) => card.instance !== '');
  const instances = [...Map.groupBy(attached, ({ card }) => card.instance)].map(([id, own]) => ({
    InstanceId: id,
    VpcId: own[0]!.card.subnet.vpc.id,
    SubnetId: own[0]!.card.subnet.id,
    State: { Name: own[0]!.runs ? 'running' : 'stopped' },
    SecurityGroups: [],
    NetworkInterfaces: [],
    Tags: [{ Key: 'Name', Value: id.slice(2) }],
  }));
  const mode = r.chance(0.15) ? r.pick(['block-ingress', 'block-bidirectional']) : 'off';
  const network = {
    Vpcs: vpcs.map(({ id, net, six }) => ({
      VpcId: id,
      OwnerId: OWNER,
      State: 'available',
      CidrBlock: `${net}.0.0/16`,
      CidrBlockAssociationSet: [{ CidrBlock: `${net}.0.0/16`, CidrBlockState: { State: 'associated' } }],
      Ipv6CidrBlockAssociationSet:
        six === undefined ? [] : [{ Ipv6CidrBlock: `${six}00::/56`, Ipv6CidrBlockState: { State: 'associated' } }],
    })),
    Subnets: vpcs.flatMap(({ id, subnets }) =>
      subnets.map((subnet) => ({
        SubnetId: subnet.id,
        VpcId: id,
        OwnerId: OWNER,
        State: 'available',
        CidrBlock: `${subnet.net}.0/24`,
        AvailabilityZone: `${REGION}${subnet.zone}`,
        AvailabilityZoneId: `euw1-az${subnet.zone === 'a' ? 1 : 2}`,
        Ipv6CidrBlockAssociationSet:
          subnet.six === undefined
            ? []
            : [{ Ipv6CidrBlock: `${subnet.six}::/64`, Ipv6CidrBlockState: { State: 'associated' } }],
      })),
    ),
    SecurityGroups: vpcs.flatMap((vpc) => groupsOf(estate, vpc, peers)),
    NetworkAcls: vpcs.flatMap((vpc) => acls(estate, vpc)),
    RouteTables: routes,
    NetworkInterfaces: [...estate.cards.map(({ record }) => record), ...nats.enis, ...served.enis, ...balanced.enis],
    Reservations: [{ OwnerId: OWNER, Instances: instances }],
    InternetGateways: vpcs.flatMap(({ id, igw }) =>
      igw === undefined
        ? []
        : [
            {
              InternetGatewayId: igw,
              OwnerId: OWNER,
              Attachments: r.chance(0.95) ? [{ VpcId: id, State: 'available' }] : [],
            },
          ],
    ),
    EgressOnlyInternetGateways: vpcs.flatMap(({ id, eigw }) =>
      eigw === undefined
        ? []
        : [{ EgressOnlyInternetGatewayId: eigw, Attachments: [{ VpcId: id, State: 'attached' }] }],
    ),
    NatGateways: nats.records,
    VpcPeeringConnections: peers.records,
    VpcEndpoints: served.records,
  };
  return {
    'network.json': network,
    ...(mode === 'off'
      ? {}
      : {
          'block.json': { VpcBlockPublicAccessOptions: { InternetGatewayBlockMode: mode, State: 'update-complete' } },
          'exclusions.json': {
            VpcBlockPublicAccessExclusions: r.chance(0.5)
              ? [
                  {
                    ExclusionId: 'vpcbpa-exclude-1',
                    InternetGatewayExclusionMode: r.pick(['allow-bidirectional', 'allow-egress']),
                    ResourceArn: `arn:aws:ec2:${REGION}:${OWNER}:subnet/${r.pick(r.pick(vpcs).subnets).id}`,
                    State: 'create-complete',
                  },
                ]
              : [],
          },
        }),
    ...(lists.length === 0
      ? {}
      : {
          'lists.json': {
            PrefixLists: [{ PrefixListId: 'pl-own', PrefixListName: 'own', AddressFamily: 'IPv4', OwnerId: OWNER }],
          },
          ...(unknowns && r.chance(0.3)
            ? {}
            : {
                'list.json': {
                  $request: { PrefixListId: 'pl-own' },
                  Entries: [...new Set([rangeOf(estate), rangeOf(estate)])].map((Cidr) => ({ Cidr })),
                },
              }),
        }),
    ...hub.files,
    ...sites.files,
    ...served.files,
    ...balanced.files,
  };
}

/** One to three VPCs of two or three subnets. The last may have the first one's addresses, or addresses of the internet's. */
function drawVpcs(r: Random): readonly Vpc[] {
  const count = 1 + r.below(3);
  const hasQuiet = r.chance(0.5);
  return Array.from({ length: count }, (_, v) => {
    const name = 'abc'[v]!;
    const net = v === count - 1 && v > 0 ? r.pick([`10.${v}`, `10.${v}`, '10.0', '52.10']) : `10.${v}`;
    const six = r.chance(0.5) ? `2600:1f18:${v + 1}:` : undefined;
    const subnets: Subnet[] = [];
    const vpc: Vpc = {
      id: `vpc-${name}`,
      net,
      six,
      subnets,
      groups: ['x', 'y', 'z'].slice(0, 2 + r.below(2)).map((group) => `sg-${name}-${group}`),
      igw: r.chance(0.75) ? `igw-${name}` : undefined,
      eigw: six !== undefined && r.chance(0.3) ? `eigw-${name}` : undefined,
    };
    for (let s = 1; s <= 2 + r.below(2); s++) subnets.push(subnetOf(vpc, s, s === 2 ? 'b' : 'a', false));
    if (hasQuiet)
      for (const [i, zone] of (['a', 'b'] as const).entries()) subnets.push(subnetOf(vpc, 8 + i, zone, true));
    return vpc;
  });
}

function subnetOf(vpc: Vpc, s: number, zone: 'a' | 'b', isQuiet: boolean): Subnet {
  return {
    id: `subnet-${vpc.id.slice(4)}${s}`,
    vpc,
    zone,
    net: `${vpc.net}.${s}`,
    six: vpc.six === undefined || isQuiet ? undefined : `${vpc.six}${s}`,
    isQuiet,
  };
}

interface Drawn {
  readonly card: Card;
  readonly runs: boolean;
}

/** A machine or two in each subnet that has any, some of them with a second interface next door. */
function drawCards(r: Random, vpcs: readonly Vpc[], unknowns: boolean): readonly Drawn[] {
  let publics = 0;
  const drawn: Drawn[] = [];
  const draw = (subnet: Subnet, host: number, instance: string, device: number, runs: boolean) => {
    const address = `${subnet.net}.${host}`;
    const outside = (chance: number) =>
      subnet.vpc.igw !== undefined && r.chance(chance) ? { Association: { PublicIp: `54.1.1.${++publics}` } } : {};
    const own = outside(0.45);
    const more = r.chance(0.25)
      ? [{ PrivateIpAddress: `${subnet.net}.${host + 20}`, Primary: false, ...outside(0.4) }]
      : [];
    const id = `eni-${instance.slice(2)}${device === 0 ? '' : device}`;
    const groups = [...new Set([r.pick(subnet.vpc.groups), ...(r.chance(0.4) ? [r.pick(subnet.vpc.groups)] : [])])];
    if (unknowns && r.chance(0.08)) groups.push('sg-nobody-knows');
    const isFree = device === 0 && r.chance(0.04);
    const record: Json = {
      NetworkInterfaceId: id,
      SubnetId: subnet.id,
      VpcId: subnet.vpc.id,
      OwnerId: OWNER,
      InterfaceType: 'interface',
      Description: '',
      Status: 'in-use',
      SourceDestCheck: !r.chance(0.2),
      PrivateIpAddress: address,
      ...own,
      PrivateIpAddresses: [{ PrivateIpAddress: address, Primary: true, ...own }, ...more],
      Ipv6Addresses: subnet.six === undefined || r.chance(0.15) ? [] : [{ Ipv6Address: `${subnet.six}::${host}` }],
      ...(device === 0 && r.chance(0.15)
        ? { Ipv4Prefixes: [{ Ipv4Prefix: `${subnet.net}.${host < 15 ? 64 : 80}/28` }] }
        : {}),
      ...(r.chance(0.05) ? { DenyAllIgwTraffic: true } : {}),
      Groups: groups.map((GroupId) => ({ GroupId })),
      ...(isFree
        ? { Status: 'available' }
        : { Attachment: { InstanceId: instance, DeviceIndex: device, Status: 'attached' } }),
    };
    drawn.push({ card: { id, instance: isFree ? '' : instance, subnet, address, record }, runs });
  };
  for (const vpc of vpcs)
    for (const [s, subnet] of vpc.subnets.entries())
      for (let h = subnet.isQuiet ? 2 : r.below(2); h < 2; h++) {
        const instance = `i-${subnet.id.slice(7)}${'mn'[h]!}`;
        const runs = r.chance(0.92);
        draw(subnet, 10 + 10 * h, instance, 0, runs);
        const next = vpc.subnets[s === 0 ? 1 : 0]!;
        if (r.chance(0.12)) draw(next, 11 + s + 10 * h, instance, 1, runs);
      }
  return drawn;
}
