import { describe, expect, test } from 'vitest';
import { pointerOf } from '../../src/snapshot/documents.ts';
import { loaded } from './folder.ts';

async function documentsOf(value: unknown, name = 'x.json') {
  return (await loaded({ [name]: value })).documents;
}

async function saysNone(request: object, rest: object = { Routes: [] }) {
  return (await documentsOf({ $request: request, ...rest }))[0]?.askedNone ?? false;
}

async function missesOf(value: unknown) {
  return (await loaded({ 'x.json': value })).notUnderstood.map(({ pointer, why }) => [pointer, why]);
}

const TABLE = { TransitGatewayRouteTableId: 'tgw-rtb-1' };
const LB = { LoadBalancerArn: 'arn:aws:elasticloadbalancing:us-east-2:111122223333:loadbalancer/net/x/1' };
const TG = { TargetGroupArn: 'arn:aws:elasticloadbalancing:us-east-2:111122223333:targetgroup/x/1' };

describe('plain answers', () => {
  test('several keys in one file; an empty list is an answer', async () => {
    const [groups, tables, options] = await documentsOf({
      SecurityGroups: [{ GroupId: 'sg-1' }],
      RouteTables: [],
      VpcBlockPublicAccessOptions: { State: 'x' },
    });
    expect(groups).toMatchObject({ kind: 'SecurityGroups', provider: 'aws', pointer: '/SecurityGroups' });
    expect(groups?.askedNone).toBeUndefined();
    expect(tables).toMatchObject({ kind: 'RouteTables', askedNone: true });
    expect(options?.records).toEqual([{ State: 'x' }]);
    expect(options && pointerOf(options, 0)).toBe('/VpcBlockPublicAccessOptions');
  });

  test('instances come out of their reservations, an owner a document', async () => {
    const documents = await documentsOf({
      Reservations: [
        { OwnerId: 'a', Instances: [{ InstanceId: 'i-1' }, { InstanceId: 'i-2' }] },
        { OwnerId: 'b', Instances: [{ InstanceId: 'i-3' }] },
        { OwnerId: 'a', Instances: [{ InstanceId: 'i-4' }] },
      ],
    });
    expect(documents.map((one) => [one.kind, one.scope.account, one.records.map((_, i) => pointerOf(one, i))])).toEqual(
      [
        [
          'Instances',
          'a',
          ['/Reservations/0/Instances/0', '/Reservations/0/Instances/1', '/Reservations/2/Instances/0'],
        ],
        ['Instances', 'b', ['/Reservations/1/Instances/0']],
      ],
    );
    expect(await documentsOf({ Reservations: [] })).toMatchObject([{ kind: 'Instances', askedNone: true }]);
    expect(await missesOf({ Reservations: [{ Instances: {} }] })).toEqual([
      ['/Reservations/0/Instances', 'Instances should be a list and is an object'],
    ]);
  });

  test('the two meanings of PrefixLists, even mixed', async () => {
    const aws = { PrefixListId: 'pl-1', Cidrs: [] };
    const own = { PrefixListId: 'pl-2', MaxEntries: 3 };
    expect((await documentsOf({ PrefixLists: [aws] })).map((one) => one.kind)).toEqual([
      'PrefixLists@describe-prefix-lists',
    ]);
    expect((await documentsOf({ PrefixLists: [own] })).map((one) => one.kind)).toEqual([
      'PrefixLists@describe-managed-prefix-lists',
    ]);
    const empty = await documentsOf({ PrefixLists: [] });
    expect(empty).toMatchObject([{ kind: 'PrefixLists@describe-managed-prefix-lists', askedNone: true }]);
    const mixed = await documentsOf({ PrefixLists: [own, aws, own] });
    expect(mixed.map((one) => one.records.map((_, i) => pointerOf(one, i)))).toEqual([
      ['/PrefixLists/1'],
      ['/PrefixLists/0', '/PrefixLists/2'],
    ]);
  });

  test('answers that are one record as a whole', async () => {
    const policy = { UpdateToken: 'x', FirewallPolicy: {}, FirewallPolicyResponse: { FirewallPolicyArn: 'x' } };
    const [one, two] = await documentsOf(policy);
    expect(one).toMatchObject({ kind: 'FirewallPolicy@describe-firewall-policy', pointer: '', records: [policy] });
    expect(one && pointerOf(one, 0)).toBe('');
    expect(two).toBeUndefined();
  });

  test.each([
    ['tasks', { tasks: [{ taskArn: 'x' }], failures: [] }],
    ['cluster@eks-describe-cluster', { cluster: { name: 'x', resourcesVpcConfig: {} } }],
    ['Clusters@redshift-describe-clusters', { Clusters: [{ ClusterIdentifier: 'x' }] }],
    ['directConnectGateways', { directConnectGateways: [{}] }],
    ['Instances', { Instances: [{ InstanceId: 'i-1', NetworkInterfaces: [] }] }],
    ['ResourceRecordSets', { $request: { HostedZoneId: 'Z1' }, ResourceRecordSets: [{}] }],
    ['LoadBalancerDescriptions', { LoadBalancerDescriptions: [{}] }],
    [
      'LoadBalancerAttributes@elb-describe-load-balancer-attributes',
      { $request: { LoadBalancerName: 'x' }, LoadBalancerAttributes: {} },
    ],
  ])('%s', async (kind, value) => {
    expect((await documentsOf(value)).map((one) => one.kind)).toEqual([kind]);
  });

  test('pages slurped into one array', async () => {
    const pages = [{ Vpcs: [{}], NextToken: 'x' }, { Vpcs: [{}] }];
    const documents = await documentsOf(pages);
    expect(documents.map((one) => [one.pointer, one.incomplete])).toEqual([
      ['/0/Vpcs', true],
      ['/1/Vpcs', undefined],
    ]);
  });

  test('what is not AWS is left to others', async () => {
    const snapshot = await loaded({
      a: { clusters: [{ name: 'gke', selfLink: 'x' }] },
      b: { value: [] },
      c: { kind: 'compute#firewallList', items: [] },
      d: { $request: { project: 'p', zone: 'z' }, items: [{}] },
      e: [{ id: '/subscriptions/x' }],
      f: { Resources: {}, Parameters: {} },
      g: { collector_version: '1', provider: 'ibm', vpcs: [] },
    });
    expect(snapshot.documents).toEqual([]);
    expect(snapshot.notUnderstood.map((one) => one.provider)).toEqual(Array(7).fill(undefined));
  });
});

describe('calls whose output does not name what was asked', () => {
  test.each([
    ['Routes@search-transit-gateway-routes', { $request: TABLE, Routes: [{}] }],
    ['Associations@get-transit-gateway-route-table-associations', { $request: TABLE, Associations: [{}] }],
    ['TransitGatewayRouteTablePropagations', { $request: TABLE, TransitGatewayRouteTablePropagations: [{}] }],
    ['Entries@get-managed-prefix-list-entries', { $request: { PrefixListId: 'pl-1' }, Entries: [{}] }],
    ['TargetHealthDescriptions', { $request: TG, TargetHealthDescriptions: [{}] }],
    ['Listeners', { $request: LB, Listeners: [{}] }],
    ['Attributes@describe-load-balancer-attributes', { $request: LB, Attributes: [{}] }],
    ['Attributes@describe-target-group-attributes', { $request: TG, Attributes: [{}] }],
    ['Rules@describe-rules', { $request: { ListenerArn: 'x' }, Rules: [{}] }],
    ['Rules@describe-rules', { Rules: [{ RuleArn: 'x' }] }],
  ])('%s', async (kind, value) => {
    const [one] = await documentsOf(value);
    expect(one?.kind).toBe(kind);
    expect(one?.request).toEqual('$request' in value ? value.$request : undefined);
  });

  test('without the request are not understood, and say what to write', async () => {
    expect(await missesOf({ Routes: [{ State: 'active' }] })).toEqual([
      [
        '/Routes',
        'Routes does not say what was asked: write it as {"$request":{"TransitGatewayRouteTableId" or "LocalGatewayRouteTableId":"…"},"Routes":[…]}',
      ],
    ]);
  });

  test('an empty answer is "none" unless the request was narrowed', async () => {
    expect(await saysNone(TABLE)).toBe(true);
    expect(await saysNone({ ...TABLE, Filters: [{ Name: 'state', Values: ['active', 'blackhole'] }] })).toBe(true);
    expect(await saysNone({ ...TABLE, Filters: [{ Name: 'type', Values: ['static'] }] })).toBe(false);
    expect(await saysNone({ Filters: [{ Name: 'vpc-id', Values: ['x'] }] }, { Vpcs: [] })).toBe(false);
    expect(await saysNone({ VpcIds: ['vpc-1'] }, { Vpcs: [] })).toBe(false);
    expect(await saysNone({ region: 'us-east-1' }, { Vpcs: [] })).toBe(true);
  });

  test.each(['describe-vpcs', 'aws ec2 describe-vpcs --region x', 'ec2:DescribeVpcs', 'ec2.DescribeVpcs'])(
    'items of %s',
    async (operation) => {
      expect(await documentsOf({ $request: { operation }, items: [] })).toMatchObject([
        { kind: 'Vpcs', pointer: '/items', askedNone: true },
      ]);
    },
  );

  test('items that need a parameter', async () => {
    const operation = 'search-transit-gateway-routes';
    expect(await documentsOf({ $request: { operation, ...TABLE }, items: [{}] })).toMatchObject([
      { kind: 'Routes@search-transit-gateway-routes' },
    ]);
    expect(await missesOf({ $request: { operation }, items: [] })).toEqual([
      ['/items', 'items of search-transit-gateway-routes: the request lacks TransitGatewayRouteTableId'],
    ]);
    expect(await documentsOf({ $request: { PrefixListId: 'pl-1' }, items: [] })).toMatchObject([
      { kind: 'Entries@get-managed-prefix-list-entries' },
    ]);
  });
});

describe("other tools' forms", () => {
  test('the five wrappers of Batfish', async () => {
    const documents = await documentsOf({
      TransitGatewayPropagations: [{ ...TABLE, TransitGatewayRouteTablePropagations: [{}] }],
      TransitGatewayStaticRoutes: [{ ...TABLE, Routes: [], AdditionalRoutesAvailable: true }],
      LoadBalancerListeners: [{ ...LB, Listeners: [{}] }],
      LoadBalancerAttributes: [{ ...LB, Attributes: [{}] }],
      LoadBalancerTargetHealth: [{}, { ...TG, TargetHealthDescriptions: [{}] }],
    });
    expect(documents.map((one) => [one.kind, one.pointer, one.request])).toEqual([
      [
        'TransitGatewayRouteTablePropagations',
        '/TransitGatewayPropagations/0/TransitGatewayRouteTablePropagations',
        TABLE,
      ],
      [
        'Routes@search-transit-gateway-routes',
        '/TransitGatewayStaticRoutes/0/Routes',
        { ...TABLE, Filters: [{ Name: 'type', Values: ['static'] }] },
      ],
      ['Listeners', '/LoadBalancerListeners/0/Listeners', LB],
      ['Attributes@describe-load-balancer-attributes', '/LoadBalancerAttributes/0/Attributes', LB],
      ['TargetHealthDescriptions', '/LoadBalancerTargetHealth/1/TargetHealthDescriptions', TG],
    ]);
    expect(documents[1]).toMatchObject({ incomplete: true });
    expect(documents[1]?.askedNone).toBeUndefined();
  });

  test('recorded answers', async () => {
    expect(await documentsOf({ status_code: 200, data: { Subnets: [{}], ResponseMetadata: {} } })).toMatchObject([
      { kind: 'Subnets', pointer: '/data/Subnets' },
    ]);
    expect(await missesOf({ status_code: 403, data: { Error: { Code: 'AccessDenied', Message: 'private' } } })).toEqual(
      [[undefined, 'a recorded answer with status 403 (AccessDenied): it holds no data']],
    );
  });

  test("np-guard's collector file", async () => {
    const file = {
      collector_version: '0.11.0',
      provider: 'aws',
      instances: [{ InstanceId: 'i-1', NetworkInterfaces: [{ OwnerId: 'me' }] }],
      internet_gateways: [{}],
      network_acls: [{}],
      security_groups: [{}],
      subnets: null,
      vpcs: [{ Region: 'eu-north-1' }],
      strange_things: [{}],
    };
    const snapshot = await loaded({ x: file });
    expect(snapshot.documents.map((one) => [one.kind, one.pointer, one.records.length])).toEqual([
      ['Instances', '/instances', 1],
      ['InternetGateways', '/internet_gateways', 1],
      ['NetworkAcls', '/network_acls', 1],
      ['SecurityGroups', '/security_groups', 1],
      ['Subnets', '/subnets', 0],
      ['Vpcs', '/vpcs', 1],
    ]);
    expect(snapshot.documents[0]?.scope).toEqual({ account: 'me' });
    expect(snapshot.documents[5]?.scope).toEqual({ region: 'eu-north-1' });
    expect(snapshot.notUnderstood).toMatchObject([{ pointer: '/strange_things' }]);
  });
});

test('wrong types and unknown keys are named', async () => {
  expect(await missesOf({ SecurityGroups: {}, Vpcs: null, Subnets: 'x', VpcBlockPublicAccessOptions: [] })).toEqual([
    ['/SecurityGroups', 'SecurityGroups should be a list and is an object'],
    ['/Vpcs', 'Vpcs should be a list and is null'],
    ['/Subnets', 'Subnets should be a list and is a string'],
    ['/VpcBlockPublicAccessOptions', 'VpcBlockPublicAccessOptions should be an object and is a list'],
  ]);
  expect(await missesOf({ Gizmos: [{}], NextToken: 'x' })).toEqual([
    ['/Gizmos', 'no AWS call that is read answers with "Gizmos"'],
  ]);
  const snapshot = await loaded({ x: { Vpcs: [], Gizmos: [] } });
  expect(snapshot.documents).toHaveLength(1);
  expect(snapshot.notUnderstood).toMatchObject([{ provider: 'aws', pointer: '/Gizmos' }]);
});

test('account and region: request, then records, then folders', async () => {
  const inside = '111122223333/us-west-2/x.json';
  const scope = async (value: unknown, name = inside) => (await documentsOf(value, name))[0]?.scope;
  expect(await scope({ Vpcs: [{}] })).toEqual({ account: '111122223333', region: 'us-west-2' });
  expect(await scope({ Subnets: [{ OwnerId: '9', AvailabilityZone: 'eu-west-1a' }] })).toEqual({
    account: '9',
    region: 'eu-west-1',
  });
  expect(await scope({ Subnets: [{ OwnerId: '9' }, { OwnerId: '8' }] })).toEqual({
    account: '111122223333',
    region: 'us-west-2',
  });
  expect(await scope({ $request: { account: '7', region: 'sa-east-1' }, Vpcs: [{ OwnerId: '9' }] })).toEqual({
    account: '7',
    region: 'sa-east-1',
  });
  expect(await scope({ Subnets: [{ AvailabilityZone: 'us-west-2-lax-1a' }] }, 'my-app-1/x')).toEqual({
    region: 'us-west-2',
  });
  expect(await scope({ $request: TG, TargetHealthDescriptions: [] }, 'x')).toEqual({
    account: '111122223333',
    region: 'us-east-2',
  });
});

test('secrets are dropped and never echoed', async () => {
  const snapshot = await loaded({
    a: {
      VpnConnections: [
        {
          VpnConnectionId: 'vpn-1',
          CustomerGatewayConfiguration: '<ike><pre_shared_key>hunter2</pre_shared_key><mode>main</mode></ike>',
          Options: { TunnelOptions: [{ OutsideIpAddress: '192.0.2.1', PreSharedKey: 'hunter2' }] },
        },
      ],
      Functions: [{ FunctionName: 'f', Environment: { Variables: { KEY: 'hunter2' } } }],
    },
    b: { InstanceId: 'i-1', UserData: { Value: 'hunter2' } },
    c: { virtualInterfaces: [{ authKey: 'hunter2', bgpPeers: [{ authKey: 'hunter2' }] }] },
  });
  expect(JSON.stringify(snapshot)).not.toContain('hunter2');
  expect(JSON.stringify(snapshot)).toContain('<mode>main</mode>');
  expect(snapshot.notUnderstood).toMatchObject([{ file: 'b', pointer: '/UserData' }]);
});
