/**
 * The table of AWS calls: what is asked in every account and region, and what is asked again for each thing found. The
 * least-privilege policy is printed from it, so that the two cannot drift apart. All of them only read.
 */
import { type Json, objectsOf, textOf } from '../words.ts';

export type Service =
  | 'ec2'
  | 'elb'
  | 'elbv2'
  | 'network-firewall'
  | 'directconnect'
  | 'route53'
  | 'rds'
  | 'elasticache'
  | 'redshift'
  | 'lambda'
  | 'efs'
  | 'opensearch'
  | 'ecs'
  | 'eks';

export interface AwsCall {
  readonly service: Service;
  /** As the CLI writes it. */
  readonly operation: string;
  /** The list in the answer: written even when it is empty, so that "asked, none" is known. Absent: the answer is no list. */
  readonly key?: string;
  /** Parameters of every such call. */
  readonly input?: Json;
  /** Records on a page, where the call may be told. */
  readonly page?: number;
  /** Nothing else points at what it lists (a route points at its gateway, an interface at its groups). */
  readonly silent?: true;
  /** Its answer only leads to other calls, and is no part of the snapshot. */
  readonly aside?: true;
  /** `account`: the same in every region, so asked in one. */
  readonly where?: 'region' | 'account';
  /** Asked for each thing found by this one. */
  readonly next?: readonly FollowUp[];
}

export interface FollowUp extends Omit<AwsCall, 'service' | 'where'> {
  /** The parameters for the things in an answer, one call each. The first value names the file. */
  readonly about: (answer: Json) => readonly Json[];
}

/** One call for each record of a list that has the field: its value under the parameter's name. */
const each =
  (key: string, field: string, parameter = field) =>
  (answer: Json): readonly Json[] =>
    objectsOf(answer, key).flatMap((record) => {
      const id = textOf(record, field);
      return id === undefined ? [] : [{ [parameter]: id }];
    });

/** The texts of a list. */
const textsOf = (answer: Json, key: string): readonly string[] => {
  const list = answer[key];
  return Array.isArray(list) ? list.filter((one): one is string => typeof one === 'string') : [];
};

/**
 * Tasks of one cluster, as many as one call takes. Each says its cluster:
 * "arn:aws:ecs:eu-west-1:111111111111:task/shop/0a1b".
 */
const tasksByHundred = (answer: Json): readonly Json[] =>
  [...Map.groupBy(textsOf(answer, 'taskArns'), (arn) => /:task\/([^/]+)\//.exec(arn)?.[1] ?? 'default')].flatMap(
    ([cluster, tasks]) =>
      Array.from({ length: Math.ceil(tasks.length / 100) }, (_, n) => ({
        cluster,
        tasks: tasks.slice(n * 100, (n + 1) * 100),
      })),
  );

const ROUTES_OF_ANY_STATE = [{ Name: 'state', Values: ['active', 'blackhole'] }];

export const AWS_CALLS: readonly AwsCall[] = [
  {
    service: 'ec2',
    operation: 'describe-vpcs',
    silent: true,
    key: 'Vpcs',
    page: 1000,
    next: [
      {
        operation: 'describe-vpc-attribute',
        input: { Attribute: 'enableDnsSupport' },
        about: each('Vpcs', 'VpcId'),
      },
    ],
  },
  { service: 'ec2', operation: 'describe-subnets', silent: true, key: 'Subnets', page: 1000 },
  { service: 'ec2', operation: 'describe-route-tables', key: 'RouteTables', page: 100 },
  { service: 'ec2', operation: 'describe-network-acls', key: 'NetworkAcls', page: 1000 },
  { service: 'ec2', operation: 'describe-security-groups', key: 'SecurityGroups', page: 1000 },
  { service: 'ec2', operation: 'describe-security-group-rules', key: 'SecurityGroupRules', page: 1000 },
  {
    service: 'ec2',
    operation: 'describe-security-group-vpc-associations',
    silent: true,
    key: 'SecurityGroupVpcAssociations',
    page: 1000,
  },
  { service: 'ec2', operation: 'describe-network-interfaces', silent: true, key: 'NetworkInterfaces', page: 1000 },
  { service: 'ec2', operation: 'describe-instances', key: 'Reservations', page: 1000 },
  { service: 'ec2', operation: 'describe-addresses', key: 'Addresses' },
  { service: 'ec2', operation: 'describe-internet-gateways', key: 'InternetGateways', page: 1000 },
  {
    service: 'ec2',
    operation: 'describe-egress-only-internet-gateways',
    key: 'EgressOnlyInternetGateways',
    page: 255,
  },
  { service: 'ec2', operation: 'describe-nat-gateways', key: 'NatGateways', page: 1000 },
  { service: 'ec2', operation: 'describe-carrier-gateways', key: 'CarrierGateways', page: 1000 },
  { service: 'ec2', operation: 'describe-vpn-gateways', key: 'VpnGateways' },
  { service: 'ec2', operation: 'describe-vpn-connections', silent: true, key: 'VpnConnections' },
  { service: 'ec2', operation: 'describe-customer-gateways', key: 'CustomerGateways' },
  { service: 'ec2', operation: 'describe-vpc-peering-connections', key: 'VpcPeeringConnections', page: 1000 },
  { service: 'ec2', operation: 'describe-vpc-endpoints', key: 'VpcEndpoints', page: 1000 },
  {
    service: 'ec2',
    operation: 'describe-vpc-endpoint-service-configurations',
    key: 'ServiceConfigurations',
    page: 1000,
  },
  { service: 'ec2', operation: 'describe-vpc-block-public-access-options', silent: true },
  {
    service: 'ec2',
    operation: 'describe-vpc-block-public-access-exclusions',
    silent: true,
    key: 'VpcBlockPublicAccessExclusions',
    page: 1000,
  },
  { service: 'ec2', operation: 'describe-prefix-lists', key: 'PrefixLists', page: 1000 },
  {
    service: 'ec2',
    operation: 'describe-managed-prefix-lists',
    key: 'PrefixLists',
    page: 100,
    next: [
      {
        operation: 'get-managed-prefix-list-entries',
        key: 'Entries',
        page: 100,
        about: each('PrefixLists', 'PrefixListId'),
      },
    ],
  },
  { service: 'ec2', operation: 'describe-transit-gateways', key: 'TransitGateways', page: 1000 },
  { service: 'ec2', operation: 'describe-transit-gateway-attachments', key: 'TransitGatewayAttachments', page: 1000 },
  {
    service: 'ec2',
    operation: 'describe-transit-gateway-vpc-attachments',
    key: 'TransitGatewayVpcAttachments',
    page: 1000,
  },
  {
    service: 'ec2',
    operation: 'describe-transit-gateway-peering-attachments',
    key: 'TransitGatewayPeeringAttachments',
    page: 1000,
  },
  { service: 'ec2', operation: 'describe-transit-gateway-connects', key: 'TransitGatewayConnects', page: 1000 },
  {
    service: 'ec2',
    operation: 'describe-transit-gateway-connect-peers',
    key: 'TransitGatewayConnectPeers',
    page: 1000,
  },
  {
    service: 'ec2',
    operation: 'describe-transit-gateway-route-tables',
    key: 'TransitGatewayRouteTables',
    page: 1000,
    next: [
      {
        operation: 'search-transit-gateway-routes',
        key: 'Routes',
        input: { Filters: ROUTES_OF_ANY_STATE },
        page: 1000,
        about: each('TransitGatewayRouteTables', 'TransitGatewayRouteTableId'),
      },
      {
        operation: 'get-transit-gateway-route-table-associations',
        key: 'Associations',
        page: 1000,
        about: each('TransitGatewayRouteTables', 'TransitGatewayRouteTableId'),
      },
      {
        operation: 'get-transit-gateway-route-table-propagations',
        key: 'TransitGatewayRouteTablePropagations',
        page: 1000,
        about: each('TransitGatewayRouteTables', 'TransitGatewayRouteTableId'),
      },
      {
        operation: 'get-transit-gateway-prefix-list-references',
        key: 'TransitGatewayPrefixListReferences',
        page: 1000,
        about: each('TransitGatewayRouteTables', 'TransitGatewayRouteTableId'),
      },
    ],
  },
  {
    service: 'elbv2',
    operation: 'describe-load-balancers',
    key: 'LoadBalancers',
    page: 400,
    next: [
      {
        operation: 'describe-listeners',
        key: 'Listeners',
        page: 400,
        about: each('LoadBalancers', 'LoadBalancerArn'),
        next: [
          {
            operation: 'describe-rules',
            key: 'Rules',
            page: 400,
            about: each('Listeners', 'ListenerArn'),
          },
        ],
      },
      {
        operation: 'describe-load-balancer-attributes',
        key: 'Attributes',
        about: each('LoadBalancers', 'LoadBalancerArn'),
      },
    ],
  },
  {
    service: 'elbv2',
    operation: 'describe-target-groups',
    key: 'TargetGroups',
    page: 400,
    next: [
      {
        operation: 'describe-target-health',
        key: 'TargetHealthDescriptions',
        about: each('TargetGroups', 'TargetGroupArn'),
      },
      {
        operation: 'describe-target-group-attributes',
        key: 'Attributes',
        about: each('TargetGroups', 'TargetGroupArn'),
      },
    ],
  },
  {
    service: 'elb',
    operation: 'describe-load-balancers',
    key: 'LoadBalancerDescriptions',
    page: 400,
    next: [
      {
        operation: 'describe-load-balancer-attributes',
        about: each('LoadBalancerDescriptions', 'LoadBalancerName'),
      },
      {
        operation: 'describe-instance-health',
        key: 'InstanceStates',
        about: each('LoadBalancerDescriptions', 'LoadBalancerName'),
      },
    ],
  },
  {
    service: 'network-firewall',
    operation: 'list-firewalls',
    key: 'Firewalls',
    page: 100,
    next: [{ operation: 'describe-firewall', about: each('Firewalls', 'FirewallArn') }],
  },
  {
    service: 'network-firewall',
    operation: 'list-firewall-policies',
    key: 'FirewallPolicies',
    page: 100,
    next: [{ operation: 'describe-firewall-policy', about: each('FirewallPolicies', 'Arn', 'FirewallPolicyArn') }],
  },
  {
    service: 'network-firewall',
    operation: 'list-rule-groups',
    key: 'RuleGroups',
    page: 100,
    next: [{ operation: 'describe-rule-group', about: each('RuleGroups', 'Arn', 'RuleGroupArn') }],
  },
  {
    service: 'directconnect',
    operation: 'describe-direct-connect-gateways',
    silent: true,
    key: 'directConnectGateways',
    page: 100,
    where: 'account',
    next: [
      {
        operation: 'describe-direct-connect-gateway-associations',
        key: 'directConnectGatewayAssociations',
        page: 100,
        about: each('directConnectGateways', 'directConnectGatewayId'),
      },
      {
        operation: 'describe-direct-connect-gateway-attachments',
        key: 'directConnectGatewayAttachments',
        page: 100,
        about: each('directConnectGateways', 'directConnectGatewayId'),
      },
    ],
  },
  { service: 'directconnect', operation: 'describe-virtual-interfaces', silent: true, key: 'virtualInterfaces' },
  {
    service: 'route53',
    operation: 'list-hosted-zones',
    key: 'HostedZones',
    where: 'account',
    next: [
      { operation: 'get-hosted-zone', about: each('HostedZones', 'Id') },
      {
        operation: 'list-resource-record-sets',
        key: 'ResourceRecordSets',
        about: each('HostedZones', 'Id', 'HostedZoneId'),
      },
    ],
  },
  { service: 'rds', operation: 'describe-db-instances', key: 'DBInstances', page: 100 },
  { service: 'rds', operation: 'describe-db-clusters', key: 'DBClusters', page: 100 },
  {
    service: 'elasticache',
    operation: 'describe-cache-clusters',
    key: 'CacheClusters',
    input: { ShowCacheNodeInfo: true },
    page: 100,
  },
  { service: 'elasticache', operation: 'describe-replication-groups', key: 'ReplicationGroups', page: 100 },
  { service: 'redshift', operation: 'describe-clusters', key: 'Clusters', page: 100 },
  { service: 'lambda', operation: 'list-functions', key: 'Functions' },
  {
    service: 'efs',
    operation: 'describe-file-systems',
    key: 'FileSystems',
    next: [{ operation: 'describe-mount-targets', key: 'MountTargets', about: each('FileSystems', 'FileSystemId') }],
  },
  {
    service: 'opensearch',
    operation: 'list-domain-names',
    aside: true,
    next: [
      {
        operation: 'describe-domains',
        key: 'DomainStatusList',
        about: (answer) =>
          objectsOf(answer, 'DomainNames').flatMap((record) => {
            const name = textOf(record, 'DomainName');
            return name === undefined ? [] : [{ DomainNames: [name] }];
          }),
      },
    ],
  },
  {
    service: 'ecs',
    operation: 'list-clusters',
    aside: true,
    next: [
      {
        operation: 'list-tasks',
        aside: true,
        about: (answer) => textsOf(answer, 'clusterArns').map((cluster) => ({ cluster })),
        next: [{ operation: 'describe-tasks', key: 'tasks', about: tasksByHundred }],
      },
    ],
  },
  {
    service: 'eks',
    operation: 'list-clusters',
    aside: true,
    next: [{ operation: 'describe-cluster', about: (answer) => textsOf(answer, 'clusters').map((name) => ({ name })) }],
  },
];

/** "describe-vpcs" is DescribeVpcs to the API and the SDK. */
export function pascalOf(operation: string): string {
  return operation
    .replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())
    .replace(/^DescribeDb/, 'DescribeDB');
}

const IAM_PREFIX: Readonly<Record<Service, string>> = {
  ec2: 'ec2',
  elb: 'elasticloadbalancing',
  elbv2: 'elasticloadbalancing',
  'network-firewall': 'network-firewall',
  directconnect: 'directconnect',
  route53: 'route53',
  rds: 'rds',
  elasticache: 'elasticache',
  redshift: 'redshift',
  lambda: 'lambda',
  efs: 'elasticfilesystem',
  opensearch: 'es',
  ecs: 'ecs',
  eks: 'eks',
};

/** Every IAM action that collecting needs in an account, sorted. */
export function awsActions(): readonly string[] {
  const actionsOf = (service: Service, call: Omit<AwsCall, 'service'>): string[] => [
    `${IAM_PREFIX[service]}:${pascalOf(call.operation)}`,
    ...(call.next ?? []).flatMap((next) => actionsOf(service, next)),
  ];
  const all = ['ec2:DescribeRegions', ...AWS_CALLS.flatMap((call) => actionsOf(call.service, call))];
  return [...new Set(all)].sort();
}

/**
 * The least that collecting needs, as an IAM policy. With a role's name: for the account that starts, which takes that role
 * in the others.
 */
export function awsPolicy(options: { readonly role?: string } = {}): Json {
  const read = { Sid: 'NetauditRead', Effect: 'Allow', Action: awsActions(), Resource: '*' };
  const members =
    options.role === undefined
      ? []
      : [
          { Sid: 'NetauditAccounts', Effect: 'Allow', Action: 'organizations:ListAccounts', Resource: '*' },
          {
            Sid: 'NetauditMembers',
            Effect: 'Allow',
            Action: 'sts:AssumeRole',
            Resource: `arn:aws:iam::*:role/${options.role}`,
          },
        ];
  return { Version: '2012-10-17', Statement: [read, ...members] };
}
