/**
 * The table of AWS answers: which list key belongs to which call, what it lists, what must be known of the call to make
 * sense of it. One row a meaning; a key with several meanings has several rows, tried in order. Also which fields of a
 * record hold secrets and are dropped at once.
 */

type Json = Readonly<Record<string, unknown>>;

export interface AwsAnswer {
  /** The key in the answer. */
  readonly key: string;
  /** What the document is called: the key, with the call behind it where the key has several meanings. */
  readonly kind: string;
  readonly service: string;
  /** As the CLI writes it. */
  readonly operation: string;
  /** What a record is, for people. */
  readonly what: string;
  /** `list`: the key holds records; `object`: it holds the one record; `answer`: the whole answer is the record. */
  readonly shape: 'list' | 'object' | 'answer';
  /** Parameters of the call of which one must be known: the records don't repeat it. */
  readonly about?: readonly string[];
  /** Unless every record has this field. */
  readonly selfNaming?: string;
  /** Tells a meaning by a record (or by what stands beside the list), for keys that are not this call's alone. */
  readonly when?: (record: Json, envelope: Json) => boolean;
  /** Different meanings may stand in one list: `when` is asked for each record. */
  readonly perRecord?: true;
  /** The records stand in a list inside those of this one. */
  readonly inside?: Inside;
  /** Drops secrets, in place. */
  readonly scrub?: (record: Record<string, unknown>) => void;
}

export interface Inside {
  readonly key: string;
  /** All inner lists form one document (an owner); otherwise each outer record is the request of its own. */
  readonly merged?: true;
  /** What the tool that writes this wrapper asks for besides `about`. */
  readonly asked?: Json;
}

/** Keys that stand beside a list and are none. */
export const QUIET_KEYS: ReadonlySet<string> = new Set([
  'ResponseMetadata',
  'NextToken',
  'nextToken',
  'Marker',
  'NextMarker',
  'failures',
  'Failures',
  'UnsuccessfulInstances',
  'Warnings',
]);

/** The meanings of a key, best first; empty for a key that no call that is read answers with. */
export function answersOf(key: string): readonly AwsAnswer[] {
  return BY_KEY.get(key) ?? [];
}

/** What a call ("describe-vpcs") answers with; other tools' wrappers are not among them. */
export function answersOfOperation(operation: string): readonly AwsAnswer[] {
  return BY_OPERATION.get(operation) ?? [];
}

type Row = readonly [key: string, operation: string, what: string, extra?: Partial<AwsAnswer>];

function rows(service: string, list: readonly Row[]): AwsAnswer[] {
  return list.map(([key, operation, what, extra]) => ({
    key,
    kind: key,
    service,
    operation,
    what,
    shape: 'list',
    ...extra,
  }));
}

const has =
  (...fields: string[]) =>
  (record: Json) =>
    fields.some((field) => Object.hasOwn(record, field));
const beside = (field: string) => (_: Json, envelope: Json) => Object.hasOwn(envelope, field);

const TGW_TABLE = ['TransitGatewayRouteTableId'];

const EC2 = rows('ec2', [
  ['Vpcs', 'describe-vpcs', 'VPC'],
  [
    'EnableDnsSupport',
    'describe-vpc-attribute',
    'DNS support of a VPC',
    { kind: 'EnableDnsSupport', shape: 'answer', about: ['VpcId'] },
  ],
  ['Subnets', 'describe-subnets', 'subnet'],
  ['RouteTables', 'describe-route-tables', 'route table'],
  ['NetworkAcls', 'describe-network-acls', 'network ACL'],
  ['SecurityGroups', 'describe-security-groups', 'security group'],
  ['SecurityGroupRules', 'describe-security-group-rules', 'security group rule'],
  ['SecurityGroupVpcAssociations', 'describe-security-group-vpc-associations', 'VPC association of a security group'],
  ['SecurityGroupReferenceSet', 'describe-security-group-references', 'reference to a security group from a peer VPC'],
  ['StaleSecurityGroupSet', 'describe-stale-security-groups', 'security group with a stale reference'],
  ['NetworkInterfaces', 'describe-network-interfaces', 'network interface'],
  ['Reservations', 'describe-instances', 'instance', { kind: 'Instances', inside: { key: 'Instances', merged: true } }],
  ['Instances', 'describe-instances', 'instance', { when: has('NetworkInterfaces', 'SubnetId', 'PrivateIpAddress') }],
  [
    'Instances',
    'describe-classic-link-instances',
    'ClassicLink instance',
    { kind: 'Instances@describe-classic-link-instances' },
  ],
  ['InstanceStatuses', 'describe-instance-status', 'instance status'],
  ['InternetGateways', 'describe-internet-gateways', 'internet gateway'],
  ['EgressOnlyInternetGateways', 'describe-egress-only-internet-gateways', 'egress-only internet gateway'],
  ['NatGateways', 'describe-nat-gateways', 'NAT gateway'],
  ['CarrierGateways', 'describe-carrier-gateways', 'carrier gateway'],
  ['Addresses', 'describe-addresses', 'elastic IP address'],
  ['VpnGateways', 'describe-vpn-gateways', 'virtual private gateway'],
  ['VpnConnections', 'describe-vpn-connections', 'VPN connection', { scrub: scrubVpn }],
  ['CustomerGateways', 'describe-customer-gateways', 'customer gateway'],
  ['ClientVpnEndpoints', 'describe-client-vpn-endpoints', 'client VPN endpoint'],
  ['VpcPeeringConnections', 'describe-vpc-peering-connections', 'VPC peering connection'],
  ['TransitGateways', 'describe-transit-gateways', 'transit gateway'],
  ['TransitGatewayAttachments', 'describe-transit-gateway-attachments', 'transit gateway attachment'],
  ['TransitGatewayVpcAttachments', 'describe-transit-gateway-vpc-attachments', 'transit gateway VPC attachment'],
  [
    'TransitGatewayPeeringAttachments',
    'describe-transit-gateway-peering-attachments',
    'transit gateway peering attachment',
  ],
  ['TransitGatewayConnects', 'describe-transit-gateway-connects', 'transit gateway Connect attachment'],
  ['TransitGatewayConnectPeers', 'describe-transit-gateway-connect-peers', 'transit gateway Connect peer'],
  ['TransitGatewayRouteTables', 'describe-transit-gateway-route-tables', 'transit gateway route table'],
  ['TransitGatewayPolicyTables', 'describe-transit-gateway-policy-tables', 'transit gateway policy table'],
  ['TransitGatewayMulticastDomains', 'describe-transit-gateway-multicast-domains', 'transit gateway multicast domain'],
  [
    'TransitGatewayRouteTablePropagations',
    'get-transit-gateway-route-table-propagations',
    'propagation into a transit gateway route table',
    { about: TGW_TABLE },
  ],
  [
    'TransitGatewayAttachmentPropagations',
    'get-transit-gateway-attachment-propagations',
    'propagation of a transit gateway attachment',
    { about: ['TransitGatewayAttachmentId'] },
  ],
  [
    'TransitGatewayPrefixListReferences',
    'get-transit-gateway-prefix-list-references',
    'prefix list in a transit gateway route table',
    { about: TGW_TABLE, selfNaming: 'TransitGatewayRouteTableId' },
  ],
  [
    'Routes',
    'search-transit-gateway-routes',
    'transit gateway route',
    { kind: 'Routes@search-transit-gateway-routes', about: TGW_TABLE },
  ],
  [
    'Routes',
    'search-local-gateway-routes',
    'local gateway route',
    { kind: 'Routes@search-local-gateway-routes', about: ['LocalGatewayRouteTableId'] },
  ],
  [
    'Associations',
    'get-transit-gateway-route-table-associations',
    'association with a transit gateway route table',
    { kind: 'Associations@get-transit-gateway-route-table-associations', about: TGW_TABLE },
  ],
  [
    'PrefixLists',
    'describe-prefix-lists',
    'AWS-managed prefix list',
    { kind: 'PrefixLists@describe-prefix-lists', when: has('Cidrs'), perRecord: true },
  ],
  [
    'PrefixLists',
    'describe-managed-prefix-lists',
    'managed prefix list',
    { kind: 'PrefixLists@describe-managed-prefix-lists', perRecord: true },
  ],
  [
    'Entries',
    'get-managed-prefix-list-entries',
    'prefix list entry',
    { kind: 'Entries@get-managed-prefix-list-entries', about: ['PrefixListId'] },
  ],
  ['VpcEndpoints', 'describe-vpc-endpoints', 'VPC endpoint'],
  ['VpcEndpointConnections', 'describe-vpc-endpoint-connections', 'connection to an endpoint service'],
  ['ServiceConfigurations', 'describe-vpc-endpoint-service-configurations', 'endpoint service'],
  ['ServiceDetails', 'describe-vpc-endpoint-services', 'endpoint service on offer'],
  ['ServiceNames', 'describe-vpc-endpoint-services', 'name of an endpoint service on offer'],
  [
    'VpcBlockPublicAccessOptions',
    'describe-vpc-block-public-access-options',
    'VPC Block Public Access setting',
    { shape: 'object' },
  ],
  [
    'VpcBlockPublicAccessExclusions',
    'describe-vpc-block-public-access-exclusions',
    'VPC Block Public Access exclusion',
  ],
  ['LocalGateways', 'describe-local-gateways', 'local gateway'],
  ['LocalGatewayRouteTables', 'describe-local-gateway-route-tables', 'local gateway route table'],
  ['RouteServers', 'describe-route-servers', 'VPC route server'],
  ['RouteServerEndpoints', 'describe-route-server-endpoints', 'route server endpoint'],
  ['RouteServerPeers', 'describe-route-server-peers', 'route server peer'],
  ['InstanceConnectEndpoints', 'describe-instance-connect-endpoints', 'EC2 Instance Connect endpoint'],
  [
    'VerifiedAccessEndpoints',
    'describe-verified-access-endpoints',
    'Verified Access endpoint',
    { scrub: (record) => void delete record['PolicyDocument'] },
  ],
  ['DhcpOptions', 'describe-dhcp-options', 'DHCP option set'],
  ['AvailabilityZones', 'describe-availability-zones', 'availability zone'],
  ['Regions', 'describe-regions', 'region'],
  ['Tags', 'describe-tags', 'tag'],
  ['FlowLogs', 'describe-flow-logs', 'flow log'],
  ['InstanceTypes', 'describe-instance-types', 'instance type'],
  ['PlacementGroups', 'describe-placement-groups', 'placement group'],
  ['Hosts', 'describe-hosts', 'dedicated host'],
  ['MovingAddressStatuses', 'describe-moving-addresses', 'address on its way to or from EC2-Classic'],
  ['Snapshots', 'describe-snapshots', 'disk snapshot'],
  ['Volumes', 'describe-volumes', 'volume'],
]);

const BALANCERS = [
  ...rows('elbv2', [
    ['LoadBalancers', 'describe-load-balancers', 'load balancer'],
    ['TargetGroups', 'describe-target-groups', 'target group'],
    ['TargetHealthDescriptions', 'describe-target-health', 'target and its health', { about: ['TargetGroupArn'] }],
    [
      'Listeners',
      'describe-listeners',
      'listener',
      { about: ['LoadBalancerArn'], selfNaming: 'LoadBalancerArn', scrub: scrubActions },
    ],
    [
      'Rules',
      'describe-rules',
      'listener rule',
      { kind: 'Rules@describe-rules', about: ['ListenerArn'], selfNaming: 'RuleArn', scrub: scrubActions },
    ],
    [
      'Attributes',
      'describe-load-balancer-attributes',
      'load balancer attribute',
      { kind: 'Attributes@describe-load-balancer-attributes', about: ['LoadBalancerArn'] },
    ],
    [
      'Attributes',
      'describe-target-group-attributes',
      'target group attribute',
      { kind: 'Attributes@describe-target-group-attributes', about: ['TargetGroupArn'] },
    ],
    [
      'Attributes',
      'describe-listener-attributes',
      'listener attribute',
      { kind: 'Attributes@describe-listener-attributes', about: ['ListenerArn'] },
    ],
  ]),
  ...rows('elb', [
    ['LoadBalancerDescriptions', 'describe-load-balancers', 'classic load balancer'],
    [
      'LoadBalancerAttributes',
      'describe-load-balancer-attributes',
      'classic load balancer attributes',
      {
        kind: 'LoadBalancerAttributes@elb-describe-load-balancer-attributes',
        shape: 'object',
        about: ['LoadBalancerName'],
      },
    ],
    [
      'InstanceStates',
      'describe-instance-health',
      'instance behind a classic load balancer and its health',
      { about: ['LoadBalancerName'] },
    ],
  ]),
];

/** https://github.com/batfish/batfish: its collector wraps answers that do not name what was asked. */
const BATFISH = rows('batfish', [
  [
    'TransitGatewayPropagations',
    '',
    'propagation into a transit gateway route table',
    {
      kind: 'TransitGatewayRouteTablePropagations',
      about: TGW_TABLE,
      inside: { key: 'TransitGatewayRouteTablePropagations' },
    },
  ],
  [
    'TransitGatewayStaticRoutes',
    '',
    'transit gateway route',
    {
      kind: 'Routes@search-transit-gateway-routes',
      about: TGW_TABLE,
      inside: { key: 'Routes', asked: { Filters: [{ Name: 'type', Values: ['static'] }] } },
    },
  ],
  [
    'LoadBalancerListeners',
    '',
    'listener',
    { kind: 'Listeners', about: ['LoadBalancerArn'], inside: { key: 'Listeners' }, scrub: scrubActions },
  ],
  [
    'LoadBalancerAttributes',
    '',
    'load balancer attribute',
    { kind: 'Attributes@describe-load-balancer-attributes', about: ['LoadBalancerArn'], inside: { key: 'Attributes' } },
  ],
  [
    'LoadBalancerTargetHealth',
    '',
    'target and its health',
    { kind: 'TargetHealthDescriptions', about: ['TargetGroupArn'], inside: { key: 'TargetHealthDescriptions' } },
  ],
]);

const MANAGED = [
  ...rows('rds', [
    ['DBInstances', 'describe-db-instances', 'database instance'],
    ['DBClusters', 'describe-db-clusters', 'database cluster'],
    ['DBSubnetGroups', 'describe-db-subnet-groups', 'database subnet group'],
    ['DBProxies', 'describe-db-proxies', 'database proxy'],
    ['DBProxyEndpoints', 'describe-db-proxy-endpoints', 'database proxy endpoint'],
  ]),
  ...rows('elasticache', [
    ['CacheClusters', 'describe-cache-clusters', 'cache cluster'],
    ['ReplicationGroups', 'describe-replication-groups', 'cache replication group'],
    ['ServerlessCaches', 'describe-serverless-caches', 'serverless cache'],
    ['CacheSubnetGroups', 'describe-cache-subnet-groups', 'cache subnet group'],
  ]),
  ...rows('redshift', [
    [
      'Clusters',
      'describe-clusters',
      'Redshift cluster',
      { kind: 'Clusters@redshift-describe-clusters', when: has('ClusterIdentifier') },
    ],
    ['ClusterSubnetGroups', 'describe-cluster-subnet-groups', 'Redshift subnet group'],
  ]),
  ...rows('memorydb', [
    [
      'Clusters',
      'describe-clusters',
      'MemoryDB cluster',
      { kind: 'Clusters@memorydb-describe-clusters', when: has('ClusterEndpoint', 'NumberOfShards') },
    ],
  ]),
  ...rows('lambda', [
    ['Functions', 'list-functions', 'Lambda function', { scrub: (record) => void delete record['Environment'] }],
    [
      'Configuration',
      'get-function',
      'Lambda function',
      {
        kind: 'Configuration@get-function',
        shape: 'object',
        when: has('FunctionArn'),
        scrub: (record) => void delete record['Environment'],
      },
    ],
    [
      'VpcConfig',
      'get-function-configuration',
      'Lambda function',
      {
        kind: 'Configuration@get-function',
        shape: 'answer',
        when: beside('FunctionName'),
        scrub: (record) => void delete record['Environment'],
      },
    ],
  ]),
  ...rows('opensearch', [['DomainStatusList', 'describe-domains', 'search domain']]),
  ...rows('efs', [
    ['FileSystems', 'describe-file-systems', 'file system'],
    ['MountTargets', 'describe-mount-targets', 'mount target'],
  ]),
  ...rows('autoscaling', [['AutoScalingGroups', 'describe-auto-scaling-groups', 'auto scaling group']]),
  ...rows('ecs', [
    [
      'tasks',
      'describe-tasks',
      'ECS task',
      { when: has('taskArn'), scrub: (record) => void delete record['overrides'] },
    ],
    [
      'services',
      'describe-services',
      'ECS service',
      { kind: 'services@ecs-describe-services', when: has('serviceArn') },
    ],
    [
      'clusters',
      'describe-clusters',
      'ECS cluster',
      { kind: 'clusters@ecs-describe-clusters', when: has('clusterArn') },
    ],
    [
      'containerInstances',
      'describe-container-instances',
      'ECS container instance',
      { when: has('containerInstanceArn') },
    ],
  ]),
  ...rows('eks', [
    [
      'cluster',
      'describe-cluster',
      'EKS cluster',
      { kind: 'cluster@eks-describe-cluster', shape: 'object', when: has('resourcesVpcConfig') },
    ],
    ['nodegroup', 'describe-nodegroup', 'EKS node group', { shape: 'object', when: has('nodegroupArn') }],
  ]),
];

const EDGE = [
  ...rows('route53', [
    ['HostedZones', 'list-hosted-zones', 'DNS zone'],
    ['HostedZoneSummaries', 'list-hosted-zones-by-vpc', 'DNS zone of a VPC', { about: ['VPCId'] }],
    [
      'HostedZone',
      'get-hosted-zone',
      'DNS zone with its VPCs',
      { kind: 'HostedZone@get-hosted-zone', shape: 'answer' },
    ],
    ['ResourceRecordSets', 'list-resource-record-sets', 'DNS record set', { about: ['HostedZoneId', 'Id'] }],
  ]),
  ...rows('route53resolver', [
    ['ResolverEndpoints', 'list-resolver-endpoints', 'DNS resolver endpoint'],
    ['ResolverRules', 'list-resolver-rules', 'DNS resolver rule'],
    ['ResolverRuleAssociations', 'list-resolver-rule-associations', 'VPC of a DNS resolver rule'],
  ]),
  ...rows('network-firewall', [
    ['Firewalls', 'list-firewalls', 'name of a network firewall'],
    ['FirewallPolicies', 'list-firewall-policies', 'name of a firewall policy'],
    ['Firewall', 'describe-firewall', 'network firewall', { kind: 'Firewall@describe-firewall', shape: 'answer' }],
    [
      'FirewallPolicy',
      'describe-firewall-policy',
      'firewall policy',
      { kind: 'FirewallPolicy@describe-firewall-policy', shape: 'answer', when: beside('FirewallPolicyResponse') },
    ],
    [
      'RuleGroup',
      'describe-rule-group',
      'firewall rule group',
      { kind: 'RuleGroup@describe-rule-group', shape: 'answer', when: beside('RuleGroupResponse') },
    ],
    ['RuleGroups', 'list-rule-groups', 'name of a firewall rule group'],
  ]),
  ...rows('networkmanager', [
    ['CoreNetworks', 'list-core-networks', 'Cloud WAN core network'],
    ['CoreNetwork', 'get-core-network', 'Cloud WAN core network with its segments', { shape: 'object' }],
    ['CoreNetworkPolicy', 'get-core-network-policy', 'Cloud WAN policy', { shape: 'object' }],
    [
      'Attachments',
      'list-attachments',
      'Cloud WAN attachment',
      { kind: 'Attachments@networkmanager-list-attachments', when: has('CoreNetworkId') },
    ],
    ['NetworkRoutes', 'get-network-routes', 'Cloud WAN routes of one segment', { shape: 'answer' }],
  ]),
  ...rows('directconnect', [
    ['directConnectGateways', 'describe-direct-connect-gateways', 'Direct Connect gateway'],
    ['DirectConnectGateways', '', 'Direct Connect gateway', { kind: 'directConnectGateways' }],
    [
      'DirectConnectGatewayAssociations',
      '',
      'Direct Connect gateway association',
      { kind: 'directConnectGatewayAssociations' },
    ],
    [
      'VirtualInterfaces',
      '',
      'Direct Connect virtual interface',
      { kind: 'virtualInterfaces', scrub: scrubVirtualInterface },
    ],
    [
      'directConnectGatewayAssociations',
      'describe-direct-connect-gateway-associations',
      'Direct Connect gateway association',
    ],
    [
      'directConnectGatewayAttachments',
      'describe-direct-connect-gateway-attachments',
      'Direct Connect gateway attachment',
    ],
    [
      'virtualInterfaces',
      'describe-virtual-interfaces',
      'Direct Connect virtual interface',
      { scrub: scrubVirtualInterface },
    ],
    [
      'connections',
      'describe-connections',
      'Direct Connect connection',
      { kind: 'connections@directconnect-describe-connections', when: has('connectionId') },
    ],
  ]),
  ...rows('globalaccelerator', [['Accelerators', 'list-accelerators', 'accelerator']]),
];

/** Pre-shared keys: in the tunnel options, and in the XML for the customer's device. */
function scrubVpn(record: Record<string, unknown>): void {
  const xml = record['CustomerGatewayConfiguration'];
  if (typeof xml === 'string') record['CustomerGatewayConfiguration'] = xml.replace(/(<pre_shared_key>)[^<]*/g, '$1');
  const options = record['Options'];
  const tunnels = isRecord(options) ? options['TunnelOptions'] : undefined;
  if (Array.isArray(tunnels)) for (const tunnel of tunnels) if (isRecord(tunnel)) delete tunnel['PreSharedKey'];
}

/** Client secrets of an OIDC action. */
function scrubActions(record: Record<string, unknown>): void {
  for (const actions of [record['DefaultActions'], record['Actions']]) {
    if (Array.isArray(actions))
      for (const action of actions) if (isRecord(action)) delete action['AuthenticateOidcConfig'];
  }
}

/** BGP keys, plain and in the XML for the customer's router. */
function scrubVirtualInterface(record: Record<string, unknown>): void {
  for (const key of ['authKey', 'AuthKey', 'customerRouterConfig', 'CustomerRouterConfig']) delete record[key];
  for (const peers of [record['bgpPeers'], record['BgpPeers']])
    if (Array.isArray(peers))
      for (const peer of peers)
        if (isRecord(peer)) {
          delete peer['authKey'];
          delete peer['AuthKey'];
        }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Every answer that is known. */
export const AWS_ANSWERS: readonly AwsAnswer[] = [...EC2, ...BALANCERS, ...BATFISH, ...MANAGED, ...EDGE];
const BY_KEY: ReadonlyMap<string, readonly AwsAnswer[]> = Map.groupBy(AWS_ANSWERS, (answer) => answer.key);
const BY_OPERATION: ReadonlyMap<string, readonly AwsAnswer[]> = Map.groupBy(
  AWS_ANSWERS.filter((answer) => answer.operation !== ''),
  (answer) => answer.operation,
);
