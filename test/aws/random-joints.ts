/** How the VPCs of a random estate are joined, to each other and to what is outside: NAT, peerings, a transit gateway, a VPN. */
import type { Documents } from '../fuzz/corpus.ts';
import { type Estate, type Json, OWNER, REGION, type Subnet, type Vpc } from './drawn.ts';

/** Something a route may name, by the VPC that it is in. */
type Targets = ReadonlyMap<Vpc, readonly string[]>;

export interface Nats {
  readonly at: Targets;
  readonly records: readonly Json[];
  readonly enis: readonly Json[];
}

/** A public one, a private one, both or none in each VPC. */
export function natGateways({ r, vpcs }: Estate): Nats {
  const drawn = vpcs.flatMap((vpc, v) =>
    (['public', 'private'] as const)
      .filter((kind) => r.chance(kind === 'public' ? 0.5 : 0.2))
      .map((kind) => {
        const id = `nat-${kind}-${vpc.id.slice(4)}`;
        const subnet = vpc.subnets[kind === 'public' ? 0 : 1]!;
        const address = `${subnet.net}.200`;
        const outside = kind === 'public' ? { PublicIp: `54.2.2.${v + 1}` } : {};
        const record = {
          NatGatewayId: id,
          VpcId: vpc.id,
          SubnetId: subnet.id,
          State: r.chance(0.95) ? 'available' : 'failed',
          ConnectivityType: kind,
          NatGatewayAddresses: [{ NetworkInterfaceId: `eni-${id}`, PrivateIp: address, IsPrimary: true, ...outside }],
        };
        const association = kind === 'public' ? { Association: outside } : {};
        const eni = {
          NetworkInterfaceId: `eni-${id}`,
          SubnetId: subnet.id,
          VpcId: vpc.id,
          OwnerId: OWNER,
          InterfaceType: 'nat_gateway',
          Description: `Interface for NAT Gateway ${id}`,
          Status: 'in-use',
          SourceDestCheck: false,
          PrivateIpAddress: address,
          PrivateIpAddresses: [{ PrivateIpAddress: address, Primary: true, ...association }],
          Ipv6Addresses: [],
          Groups: [],
        };
        return { vpc, id, record, eni };
      }),
  );
  return {
    at: new Map(vpcs.map((vpc) => [vpc, drawn.filter((one) => one.vpc === vpc).map(({ id }) => id)])),
    records: drawn.map(({ record }) => record),
    enis: drawn.map(({ eni }) => eni),
  };
}

export interface Peering {
  readonly id: string;
  readonly ends: readonly [Vpc, Vpc];
  readonly isActive: boolean;
}
export interface Peerings {
  readonly list: readonly Peering[];
  readonly records: readonly Json[];
}

/** VPCs whose addresses differ may be peered; two that look alike may both be peered with a third one. */
export function peerings({ r, vpcs }: Estate): Peerings {
  const list = vpcs
    .flatMap((a, i) => vpcs.slice(i + 1).map((b) => [a, b] as const))
    .filter(([a, b]) => a.net !== b.net && r.chance(0.65))
    .map(
      (ends): Peering => ({ id: `pcx-${ends.map(({ id }) => id.slice(4)).join('')}`, ends, isActive: r.chance(0.92) }),
    );
  const side = ({ id, net, six }: Vpc): Json => ({
    VpcId: id,
    OwnerId: OWNER,
    Region: REGION,
    CidrBlock: `${net}.0.0/16`,
    CidrBlockSet: [{ CidrBlock: `${net}.0.0/16` }],
    ...(six === undefined ? {} : { Ipv6CidrBlockSet: [{ Ipv6CidrBlock: `${six}00::/56` }] }),
  });
  return {
    list,
    records: list.map(({ id, ends, isActive }) => ({
      VpcPeeringConnectionId: id,
      RequesterVpcInfo: side(ends[0]),
      AccepterVpcInfo: side(ends[1]),
      Status: { Code: isActive ? 'active' : r.pick(['pending-acceptance', 'deleted']) },
    })),
  };
}

export interface Hub {
  /** The VPCs that are attached. */
  readonly at: ReadonlySet<Vpc>;
  readonly files: Documents;
}

/** A transit gateway of one or two route tables: associations, propagated, static and blackhole routes. */
export function transit({ r, vpcs }: Estate, unknowns: boolean): Hub {
  if (vpcs.length < 2 || !r.chance(0.5)) return { at: new Set(), files: {} };
  const tables = ['tgw-rtb-1', 'tgw-rtb-2'].slice(0, 1 + r.below(2));
  const attachments = vpcs
    .filter(() => r.chance(0.9))
    .map((vpc) => {
      const quiet = vpc.subnets.filter(({ isQuiet }) => isQuiet);
      const own: readonly Subnet[] = quiet.length > 0 ? quiet : [vpc.subnets[0]!, vpc.subnets[1]!];
      const subnets = r.chance(0.75) ? own : [r.pick(own)];
      return { vpc, subnets, id: `tgw-attach-${vpc.id.slice(4)}`, table: r.chance(0.95) ? r.pick(tables) : undefined };
    });
  const mode = () => r.pick(['enable', 'disable']);
  const toward = ({ id, vpc }: (typeof attachments)[number]) => [
    { TransitGatewayAttachmentId: id, ResourceType: 'vpc', ResourceId: vpc.id },
  ];
  const routes = (): Json[] => {
    const found = new Map<string, Json>();
    const add = (DestinationCidrBlock: string, rest: Json) => {
      if (!found.has(DestinationCidrBlock)) found.set(DestinationCidrBlock, { DestinationCidrBlock, ...rest });
    };
    for (const to of attachments) {
      const TransitGatewayAttachments = toward(to);
      if (r.chance(0.8))
        add(`${to.vpc.net}.0.0/16`, { Type: 'propagated', State: 'active', TransitGatewayAttachments });
      if (to.vpc.six !== undefined && r.chance(0.5))
        add(`${to.vpc.six}00::/56`, { Type: 'propagated', State: 'active', TransitGatewayAttachments });
      if (r.chance(0.15))
        add(`${to.vpc.subnets[0]!.net}.0/24`, { Type: 'static', State: 'blackhole', TransitGatewayAttachments: [] });
    }
    if (attachments.length > 0 && r.chance(0.3))
      add(r.pick(['0.0.0.0/0', '10.0.0.0/8', `${r.pick(vpcs).subnets[1]!.net}.0/24`]), {
        Type: 'static',
        State: 'active',
        TransitGatewayAttachments: toward(r.pick(attachments)),
      });
    return [...found.values()];
  };
  return {
    at: new Set(attachments.map(({ vpc }) => vpc)),
    files: {
      'transit.json': {
        TransitGateways: [
          {
            TransitGatewayId: 'tgw-1',
            State: 'available',
            OwnerId: OWNER,
            Options: { SecurityGroupReferencingSupport: mode() },
          },
        ],
        TransitGatewayVpcAttachments: attachments.map(({ id, vpc, subnets }) => ({
          TransitGatewayAttachmentId: id,
          TransitGatewayId: 'tgw-1',
          VpcId: vpc.id,
          VpcOwnerId: OWNER,
          State: 'available',
          SubnetIds: subnets.map((subnet) => subnet.id),
          Options: {
            Ipv6Support: mode(),
            ApplianceModeSupport: mode(),
            SecurityGroupReferencingSupport: r.chance(0.8) ? 'enable' : 'disable',
          },
        })),
        TransitGatewayAttachments: attachments.map(({ id, vpc, table }) => ({
          TransitGatewayAttachmentId: id,
          TransitGatewayId: 'tgw-1',
          ResourceType: 'vpc',
          ResourceId: vpc.id,
          ResourceOwnerId: OWNER,
          State: 'available',
          ...(table === undefined ? {} : { Association: { TransitGatewayRouteTableId: table, State: 'associated' } }),
        })),
        TransitGatewayRouteTables: tables.map((TransitGatewayRouteTableId) => ({
          TransitGatewayRouteTableId,
          TransitGatewayId: 'tgw-1',
          State: 'available',
        })),
      },
      ...Object.fromEntries(
        tables
          .filter(() => !unknowns || r.chance(0.85))
          .map((TransitGatewayRouteTableId) => [
            `${TransitGatewayRouteTableId}.json`,
            {
              $request: { TransitGatewayRouteTableId, Filters: [{ Name: 'state', Values: ['active', 'blackhole'] }] },
              Routes: routes(),
              AdditionalRoutesAvailable: false,
            },
          ]),
      ),
    },
  };
}

export interface Sites {
  readonly at: Targets;
  readonly files: Documents;
}

/** A site behind a VPN of one of the VPCs. */
export function onPremises({ r, vpcs }: Estate): Sites {
  if (!r.chance(0.25)) return { at: new Map(), files: {} };
  const vpc = r.pick(vpcs);
  return {
    at: new Map([[vpc, ['vgw-1']]]),
    files: {
      'vpn.json': {
        VpnGateways: [
          { VpnGatewayId: 'vgw-1', State: 'available', VpcAttachments: [{ VpcId: vpc.id, State: 'attached' }] },
        ],
        VpnConnections: [
          {
            VpnConnectionId: 'vpn-1',
            VpnGatewayId: 'vgw-1',
            CustomerGatewayId: 'cgw-1',
            State: 'available',
            Routes: [{ DestinationCidrBlock: '192.168.0.0/16', State: 'available' }],
            VgwTelemetry: [{ Status: 'UP' }],
          },
        ],
      },
    },
  };
}
