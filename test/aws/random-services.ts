/** What answers for others in a random estate: balancers with their targets, gateway and interface endpoints. */
import type { Documents } from '../fuzz/corpus.ts';
import { type Estate, type Json, OWNER, REGION, type Subnet, type Vpc } from './drawn.ts';

export interface Balanced {
  readonly enis: readonly Json[];
  readonly files: Documents;
}

const ELB = `arn:aws:elasticloadbalancing:${REGION}:${OWNER}`;

/** A network balancer, an application balancer, both or none, each in two subnets of one VPC. */
export function balancers(estate: Estate): Balanced {
  const { r } = estate;
  const drawn = (['network', 'application'] as const)
    .filter(() => r.chance(0.4))
    .map((type, i) => balancer(estate, type, i));
  return {
    enis: drawn.flatMap(({ enis }) => enis),
    files: Object.assign({}, ...drawn.map(({ files }) => files)) as Documents,
  };
}

function balancer(estate: Estate, type: 'network' | 'application', index: number): Balanced {
  const { r, vpcs, cards } = estate;
  const vpc = r.pick(vpcs);
  const subnets = [vpc.subnets[0]!, vpc.subnets[1]!];
  const isNetwork = type === 'network';
  const name = isNetwork ? 'nlb' : 'alb';
  const path = `${isNetwork ? 'net' : 'app'}/${name}/50dc6c495c0c918${index}`;
  const arn = `${ELB}:loadbalancer/${path}`;
  const group = `${ELB}:targetgroup/${name}/1`;
  const isPublic = vpc.igw !== undefined && r.chance(0.6);
  const groups = isNetwork && r.chance(0.4) ? [] : [r.pick(vpc.groups)];
  const byAddress = r.chance(0.4);
  const near = cards.filter(({ subnet, instance }) => subnet.vpc === vpc && instance !== '');
  const able = byAddress && r.chance(0.3) ? cards : near;
  const targets = [...new Set(Array.from({ length: able.length === 0 ? 0 : r.below(4) }, () => r.pick(able)))];
  const [port, protocol] = [r.pick([80, 443]), isNetwork ? r.pick(['TCP', 'TCP', 'UDP']) : 'HTTP'];
  return {
    enis: subnets.map((subnet, i) =>
      balancerInterface(subnet, path, isNetwork, groups, isPublic ? `54.3.${index}.${i + 1}` : undefined),
    ),
    files: {
      [`${name}.json`]: {
        LoadBalancers: [
          {
            LoadBalancerArn: arn,
            LoadBalancerName: name,
            DNSName: `${name}-1234.elb.${REGION}.amazonaws.com`,
            Type: type,
            Scheme: isPublic ? 'internet-facing' : 'internal',
            VpcId: vpc.id,
            State: { Code: 'active' },
            SecurityGroups: groups,
            AvailabilityZones: subnets.map((subnet) => ({ ZoneName: `${REGION}${subnet.zone}`, SubnetId: subnet.id })),
          },
        ],
        TargetGroups: [
          {
            TargetGroupArn: group,
            TargetGroupName: name,
            Port: 8080,
            Protocol: protocol,
            TargetType: byAddress ? 'ip' : 'instance',
            VpcId: vpc.id,
          },
        ],
      },
      [`${name}-listeners.json`]: {
        $request: { LoadBalancerArn: arn },
        Listeners: [
          {
            ListenerArn: `${ELB}:listener/${path}/0`,
            LoadBalancerArn: arn,
            Port: port,
            Protocol: protocol,
            DefaultActions: [{ Type: 'forward', TargetGroupArn: group }],
          },
        ],
      },
      [`${name}-targets.json`]: {
        $request: { TargetGroupArn: group },
        TargetHealthDescriptions: targets.map((card) => ({
          Target: { Id: byAddress ? card.address : card.instance, Port: r.pick([8080, 80, 443]) },
          TargetHealth: { State: r.chance(0.85) ? 'healthy' : 'unhealthy' },
        })),
      },
      [`${name}-attributes.json`]: {
        $request: { TargetGroupArn: group },
        Attributes: [
          ...(isNetwork && r.chance(0.5) ? [{ Key: 'preserve_client_ip.enabled', Value: String(r.chance(0.5)) }] : []),
          ...(r.chance(0.4) ? [{ Key: 'load_balancing.cross_zone.enabled', Value: String(r.chance(0.6)) }] : []),
        ],
      },
    },
  };
}

function balancerInterface(
  subnet: Subnet,
  path: string,
  isNetwork: boolean,
  groups: readonly string[],
  outside: string | undefined,
): Json {
  const address = `${subnet.net}.${isNetwork ? 50 : 51}`;
  const association = outside === undefined ? {} : { Association: { PublicIp: outside, IpOwnerId: OWNER } };
  return {
    NetworkInterfaceId: `eni-${path.slice(4, 7)}-${subnet.zone}`,
    SubnetId: subnet.id,
    VpcId: subnet.vpc.id,
    OwnerId: OWNER,
    InterfaceType: isNetwork ? 'network_load_balancer' : 'interface',
    Description: `ELB ${path}`,
    Status: 'in-use',
    SourceDestCheck: !isNetwork,
    PrivateIpAddress: address,
    ...association,
    PrivateIpAddresses: [{ PrivateIpAddress: address, Primary: true, ...association }],
    Ipv6Addresses: [],
    Groups: groups.map((GroupId) => ({ GroupId })),
  };
}

export interface Served {
  /** Gateway endpoints by their VPC. */
  readonly gateways: ReadonlyMap<Vpc, readonly string[]>;
  readonly records: readonly Json[];
  readonly enis: readonly Json[];
  readonly files: Documents;
}

/** A gateway endpoint and an interface endpoint, or not, in each VPC. */
export function endpoints({ r, vpcs }: Estate): Served {
  const gateways = new Map(vpcs.map((vpc) => [vpc, r.chance(0.25) ? [`vpce-s3-${vpc.id.slice(4)}`] : []]));
  const own = vpcs.filter(() => r.chance(0.2));
  return {
    gateways,
    records: [
      ...[...gateways].flatMap(([vpc, ids]) =>
        ids.map((VpcEndpointId) => ({
          VpcEndpointId,
          VpcEndpointType: 'Gateway',
          VpcId: vpc.id,
          ServiceName: `com.amazonaws.${REGION}.s3`,
          State: 'available',
          RouteTableIds: [],
        })),
      ),
      ...own.map((vpc) => ({
        VpcEndpointId: `vpce-${vpc.id.slice(4)}`,
        VpcEndpointType: 'Interface',
        VpcId: vpc.id,
        ServiceName: `com.amazonaws.${REGION}.sqs`,
        State: 'available',
        SubnetIds: [vpc.subnets[0]!.id],
        NetworkInterfaceIds: [`eni-vpce-${vpc.id.slice(4)}`],
        Groups: [{ GroupId: vpc.groups[0] }],
      })),
    ],
    enis: own.map(({ id, subnets, groups }) => ({
      NetworkInterfaceId: `eni-vpce-${id.slice(4)}`,
      SubnetId: subnets[0]!.id,
      VpcId: id,
      OwnerId: OWNER,
      InterfaceType: 'vpc_endpoint',
      Description: `VPC Endpoint Interface vpce-${id.slice(4)}`,
      Status: 'in-use',
      SourceDestCheck: true,
      PrivateIpAddress: `${subnets[0]!.net}.60`,
      PrivateIpAddresses: [{ PrivateIpAddress: `${subnets[0]!.net}.60`, Primary: true }],
      Ipv6Addresses: [],
      Groups: [{ GroupId: groups[0] }],
    })),
    files: {
      'lists-s3.json': {
        PrefixLists: [
          { PrefixListId: 'pl-s3', PrefixListName: `com.amazonaws.${REGION}.s3`, Cidrs: ['52.218.0.0/17'] },
        ],
      },
    },
  };
}
