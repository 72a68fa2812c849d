/**
 * A plan over a snapshot: what is said of one sort of resources with all others in the snapshot is what is said of them
 * with all others in the plan.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type NetworkDiff, judgePlan, loadSnapshot, readTerraformPlan } from '../../src/index.ts';
import { type Instance, type Plan, TerraformPlan } from '../../src/terraform/index.ts';
import { boxOfFlow } from '../../src/net/flow-boxes.ts';
import { type PacketSet, PacketSpace } from '../../src/net/packet-space.ts';
import { folderOf } from '../snapshot/folder.ts';

const root = fileURLToPath(new URL('../../fixtures/plans/', import.meta.url));
/** What is made of several resources at once, or whose machines only apply will name. */
const APART =
  /_(autoscaling_group|instance_group_manager|scale_set)$|^aws_default_route_table$|^google_compute_router$/;

/** The plan as if it were applied: every id is known. */
function applied(plan: TerraformPlan): { readonly plan: Plan; readonly instances: readonly Instance[] } {
  const instances = plan.resources.map(({ instance, values }) => ({ ...instance, after: values, unknown: {} }));
  return { plan: plan.plan, instances };
}

function blockOf(address: string): string {
  return address.replace(/\[.*\]$/, '');
}

/** What is gained and lost between blocks, ports and protocols only. */
function changesOf(space: PacketSpace, diff: NetworkDiff, called: (id: string) => string): Map<string, PacketSet> {
  const found = new Map<string, PacketSet>();
  for (const { change, from, to, protocol, ports } of diff.flows)
    for (const a of from.ids)
      for (const b of to.ids) {
        const key = `${/opened|widened/.test(change) ? 'gains' : 'loses'} ${called(a)} -> ${called(b)}`;
        const box = space.of(boxOfFlow({ protocol, ports, from: ['any'], to: ['any'] })!);
        found.set(key, space.or(found.get(key) ?? space.none, box));
      }
  return found;
}

describe('over a snapshot of the rest', () => {
  let told = 0;
  for (const name of readdirSync(root).sort())
    test(name, () => {
      const base = readTerraformPlan(readFileSync(join(root, name, 'plan.json'), 'utf8'), 'plan.json');
      const { plan, instances } = applied(base);
      const managed = instances.filter(({ mode }) => mode === 'managed');
      const ids = (type: string) =>
        managed.flatMap(({ type: own, after }) => (own === type ? [JSON.stringify(after!['id']).slice(1, -1)] : []));
      const space = new PacketSpace();
      const called = (id: string) => {
        const own = managed.find(({ after }) => [after!['id'], after!['name']].includes(id));
        return blockOf(own?.address ?? base.after().addressOf(id) ?? id);
      };
      for (const type of new Set(managed.map((one) => one.type))) {
        const words = ids(type);
        const isNeeded = managed.some(
          (one) => one.type !== type && words.some((id) => JSON.stringify(one.after).includes(`"${id}"`)),
        );
        // What others refer to is there before them.
        if (isNeeded || APART.test(type)) continue;
        for (const way of ['create', 'delete'] as const) {
          const as = (one: Instance): Instance => {
            const isIt = one.mode === 'managed' && one.type === type;
            if (!isIt) return { ...one, before: one.after, actions: ['no-op'] };
            const [before, after] = way === 'create' ? [null, one.after] : [one.after, null];
            return { ...one, before, after, actions: [way] };
          };
          const all = instances.map(as);
          const only = all.filter((one) => one.mode === 'managed' && one.type === type);
          const made = (list: readonly Instance[]) =>
            new TerraformPlan({ ...plan, instances: list, configuration: {} }, 'plan.json');
          const whole = judgePlan(made(all)).diff;
          const snapshot = made(way === 'create' ? all.filter((one) => !only.includes(one)) : all).before().documents;
          const over = judgePlan(made(only), { documents: snapshot }).diff;
          const [expected, found] = [whole, over].map((diff) => changesOf(space, diff, called));
          expect([...found!.keys()].sort(), `${way} ${type}`).toEqual([...expected!.keys()].sort());
          for (const [key, packets] of expected!)
            expect(found!.get(key) === packets, `${way} ${type}: ${key}`).toBe(true);
          told += expected!.size;
        }
      }
    });
  test('tells of something', () => expect(told).toBeGreaterThan(100));
});

/** A plan of these changes, as terraform show -json writes it: before and after of each, null where it is not there. */
function planOf(changes: Readonly<Record<string, readonly [before: object | null, after: object | null]>>): string {
  return JSON.stringify({
    format_version: '1.2',
    resource_changes: Object.entries(changes).map(([address, [before, after]]) => ({
      address,
      mode: 'managed',
      type: address.split('.')[0],
      name: address.split('.')[1],
      change: {
        actions: [before === null ? 'create' : after === null ? 'delete' : 'update'],
        before,
        after,
        after_unknown: before === null ? { id: true } : {},
      },
    })),
  });
}

describe('over a snapshot as the cloud lists it', () => {
  const vpc = (n: number) => ({ VpcId: `vpc-${n}`, CidrBlock: `10.${n}.0.0/16` });
  const subnet = (n: number) => ({
    SubnetId: `subnet-${n}`,
    VpcId: `vpc-${n}`,
    CidrBlock: `10.${n}.1.0/24`,
    AvailabilityZone: 'eu-west-1a',
  });
  const machine = (n: number) => ({
    NetworkInterfaceId: `eni-${n}`,
    SubnetId: `subnet-${n}`,
    VpcId: `vpc-${n}`,
    PrivateIpAddress: `10.${n}.1.4`,
    PrivateIpAddresses: [{ PrivateIpAddress: `10.${n}.1.4`, Primary: true }],
    Attachment: { InstanceId: `i-${n}`, DeviceIndex: 0 },
    Groups: [{ GroupId: `sg-${n}` }],
  });
  const open = [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }];
  const group = (n: number) => ({
    GroupId: `sg-${n}`,
    GroupName: 'all',
    VpcId: `vpc-${n}`,
    IpPermissions: open,
    IpPermissionsEgress: open,
  });
  const acl = (n: number, IsDefault = true, subnets = [`subnet-${n}`]) => ({
    NetworkAclId: `acl-${n}${IsDefault ? '' : '-own'}`,
    VpcId: `vpc-${n}`,
    IsDefault,
    Associations: subnets.map((SubnetId) => ({ SubnetId })),
    Entries: [false, true].map((Egress) => ({
      Egress,
      RuleNumber: 100,
      RuleAction: IsDefault ? 'allow' : 'deny',
      Protocol: '-1',
      CidrBlock: '0.0.0.0/0',
    })),
  });
  const table = (n: number) => ({
    RouteTableId: `rtb-${n}`,
    VpcId: `vpc-${n}`,
    Associations: [{ Main: true, RouteTableAssociationId: `rtbassoc-${n}` }],
    Routes: [
      { DestinationCidrBlock: `10.${n}.0.0/16`, GatewayId: 'local', State: 'active' },
      { DestinationCidrBlock: '0.0.0.0/0', GatewayId: `igw-${n}`, State: 'active' },
      { DestinationCidrBlock: '10.0.0.0/8', TransitGatewayId: 'tgw-1', State: 'active' },
    ],
  });
  const both = [1, 2];
  const attachment = (n: number) => ({ TransitGatewayAttachmentId: `tgw-attach-${n}`, TransitGatewayId: 'tgw-1' });
  const estate = {
    vpcs: { Vpcs: both.map(vpc) },
    // Whether a host's ACL counts in the subnet of an attachment is contested: attachments have subnets of their own.
    subnets: {
      Subnets: both.flatMap((n) => [
        subnet(n),
        { ...subnet(n), SubnetId: `subnet-${n}0`, CidrBlock: `10.${n}.9.0/28` },
      ]),
    },
    enis: { NetworkInterfaces: both.map(machine) },
    instances: {
      Reservations: [{ Instances: both.map((n) => ({ InstanceId: `i-${n}`, State: { Name: 'running' } })) }],
    },
    groups: { SecurityGroups: both.map(group) },
    acls: { NetworkAcls: both.map((n) => acl(n)) },
    tables: { RouteTables: both.map(table) },
    gateways: {
      InternetGateways: both.map((n) => ({
        InternetGatewayId: `igw-${n}`,
        Attachments: [{ VpcId: `vpc-${n}`, State: 'available' }],
      })),
    },
    tgw: {
      TransitGateways: [
        {
          TransitGatewayId: 'tgw-1',
          State: 'available',
          Options: {
            AssociationDefaultRouteTableId: 'tgw-rtb-1',
            DefaultRouteTablePropagation: 'enable',
            PropagationDefaultRouteTableId: 'tgw-rtb-1',
            DefaultRouteTableAssociation: 'enable',
          },
        },
      ],
    },
    tgwTables: {
      TransitGatewayRouteTables: [
        { TransitGatewayRouteTableId: 'tgw-rtb-1', TransitGatewayId: 'tgw-1', State: 'available' },
      ],
    },
    vpcAttachments: {
      TransitGatewayVpcAttachments: both.map((n) => ({
        ...attachment(n),
        VpcId: `vpc-${n}`,
        State: 'available',
        SubnetIds: [`subnet-${n}0`],
      })),
    },
    attachments: {
      TransitGatewayAttachments: both.map((n) => ({
        ...attachment(n),
        ResourceType: 'vpc',
        ResourceId: `vpc-${n}`,
        State: 'available',
        Association: { TransitGatewayRouteTableId: 'tgw-rtb-1', State: 'associated' },
      })),
    },
    routes: {
      $request: { service: 'ec2', operation: 'search-transit-gateway-routes', TransitGatewayRouteTableId: 'tgw-rtb-1' },
      Routes: both.map((n) => ({
        DestinationCidrBlock: `10.${n}.0.0/16`,
        Type: 'propagated',
        State: 'active',
        TransitGatewayAttachments: [
          { TransitGatewayAttachmentId: `tgw-attach-${n}`, ResourceType: 'vpc', ResourceId: `vpc-${n}` },
        ],
      })),
    },
  };
  const flowsOf = async (changes: Parameters<typeof planOf>[0], more: object = {}) => {
    const files = Object.entries({ ...estate, ...more }).map(([name, answer]) => [`${name}.json`, answer]);
    const { documents } = await loadSnapshot([folderOf(Object.fromEntries(files) as Record<string, object>)]);
    const { flows, missing } = judgePlan(readTerraformPlan(planOf(changes), 'plan.json'), { documents }).diff;
    return { lines: flows.map(({ change, from, to }) => `${change} ${from.role} -> ${to.role}`).sort(), missing };
  };
  const ways = ['i-1 -> i-2', 'i-2 -> i-1'];
  const told = (change: string, ...list: readonly string[]) => list.map((one) => `${change} ${one}`);

  test('a black hole in a table of a transit gateway, made and taken away', async () => {
    const route = {
      id: 'tgw-rtb-1_10.2.1.0/24',
      transit_gateway_route_table_id: 'tgw-rtb-1',
      destination_cidr_block: '10.2.1.0/24',
      blackhole: true,
    };
    expect((await flowsOf({ 'aws_ec2_transit_gateway_route.r': [null, route] })).lines).toEqual(
      told('closed', ...ways),
    );
    const dark = {
      DestinationCidrBlock: '10.2.1.0/24',
      Type: 'static',
      State: 'blackhole',
      TransitGatewayAttachments: [],
    };
    const more = { routes: { ...estate.routes, Routes: [...estate.routes.Routes, dark] } };
    expect((await flowsOf({ 'aws_ec2_transit_gateway_route.r': [route, null] }, more)).lines).toEqual(
      told('opened', ...ways),
    );
  });

  test('an attachment that goes takes its routes along', async () => {
    const gone = { id: 'tgw-attach-2', transit_gateway_id: 'tgw-1', vpc_id: 'vpc-2', subnet_ids: ['subnet-20'] };
    expect((await flowsOf({ 'aws_ec2_transit_gateway_vpc_attachment.a': [gone, null] })).lines).toEqual(
      told('closed', ...ways),
    );
  });

  test('an elastic address for a machine of the snapshot, bound and freed', async () => {
    const eip = { id: 'eipalloc-1', allocation_id: 'eipalloc-1', public_ip: '198.51.100.7' };
    const link = { id: 'eipassoc-1', allocation_id: 'eipalloc-1', instance_id: 'i-1' };
    const ends = ['i-1 -> internet', 'internet -> i-1'];
    const [address, binding] = ['aws_eip.a', 'aws_eip_association.a'];
    expect((await flowsOf({ [address]: [null, eip], [binding]: [null, link] })).lines).toEqual(told('opened', ...ends));
    const bound = {
      ...machine(1),
      Association: { PublicIp: eip.public_ip },
      PrivateIpAddresses: [{ PrivateIpAddress: '10.1.1.4', Primary: true, Association: { PublicIp: eip.public_ip } }],
    };
    const more = { enis: { NetworkInterfaces: [bound, machine(2)] } };
    expect((await flowsOf({ [address]: [eip, null], [binding]: [link, null] }, more)).lines).toEqual(
      told('closed', ...ends),
    );
  });

  test('an ACL takes a subnet from the default one, and gives it back', async () => {
    const own = { id: 'acl-1-own', vpc_id: 'vpc-1', subnet_ids: ['subnet-1'], ingress: [], egress: [] };
    expect((await flowsOf({ 'aws_network_acl.a': [null, { ...own, id: undefined }] })).lines).toEqual(
      told('closed', ...ways),
    );
    const more = { acls: { NetworkAcls: [acl(1, true, []), acl(1, false, ['subnet-1']), acl(2)] } };
    expect((await flowsOf({ 'aws_network_acl.a': [own, null] }, more)).lines).toEqual(told('opened', ...ways));
  });

  test('the default ACL and the main table are adopted, and let go of as they are', async () => {
    const adopted = { id: 'acl-1', default_network_acl_id: 'acl-1', ingress: [], egress: [] };
    expect((await flowsOf({ 'aws_default_network_acl.d': [null, { ...adopted, id: undefined }] })).lines).toEqual(
      told('closed', ...ways),
    );
    expect((await flowsOf({ 'aws_default_network_acl.d': [adopted, null] })).lines).toEqual([]);
    const main = { default_route_table_id: 'rtb-1', route: [] };
    expect((await flowsOf({ 'aws_default_route_table.d': [null, main] })).lines).toEqual(told('closed', ...ways));
  });

  test('an association leads a subnet to another table', async () => {
    const dark = { RouteTableId: 'rtb-dark', VpcId: 'vpc-1', Associations: [], Routes: [table(1).Routes[0]] };
    const link = { id: 'rtbassoc-9', route_table_id: 'rtb-dark', subnet_id: 'subnet-1' };
    const more = { tables: { RouteTables: [table(1), table(2), dark] } };
    expect((await flowsOf({ 'aws_route_table_association.a': [null, link] }, more)).lines).toEqual(
      told('closed', ...ways),
    );
    const linked = {
      ...dark,
      Associations: [{ Main: false, SubnetId: 'subnet-1', RouteTableAssociationId: 'rtbassoc-9' }],
    };
    const there = { tables: { RouteTables: [table(1), table(2), linked] } };
    expect((await flowsOf({ 'aws_route_table_association.a': [link, null] }, there)).lines).toEqual(
      told('opened', ...ways),
    );
    const back = { ...link, route_table_id: 'rtb-1' };
    expect((await flowsOf({ 'aws_route_table_association.a': [link, back] }, there)).lines).toEqual(
      told('opened', ...ways),
    );
  });

  test('a machine whose plan does not name its interface is the one of the snapshot', async () => {
    const known = { id: 'i-1', subnet_id: 'subnet-1', vpc_security_group_ids: ['sg-1'] };
    expect((await flowsOf({ 'aws_instance.a': [known, null] })).lines).toEqual(
      told('closed', 'aws_instance.a -> i-2', 'i-2 -> aws_instance.a'),
    );
    expect((await flowsOf({ 'aws_instance.a': [known, { ...known, tags: { a: 'b' } }] })).lines).toEqual([]);
  });

  test('a snapshot that contradicts itself is no ground for a plan', async () => {
    const other = { SecurityGroups: [{ ...group(1), IpPermissions: [] }] };
    await expect(flowsOf({}, { again: other })).rejects.toThrow('described differently');
  });

  test('a rule and a route of what nobody holds are named, with the command that fetches it', async () => {
    const { lines, missing } = await flowsOf({
      'aws_route.r': [null, { route_table_id: 'rtb-9', destination_cidr_block: '0.0.0.0/0', gateway_id: 'igw-1' }],
      'aws_security_group_rule.r': [
        null,
        {
          type: 'ingress',
          security_group_id: 'sg-9',
          protocol: 'tcp',
          from_port: 1,
          to_port: 2,
          cidr_blocks: ['0.0.0.0/0'],
        },
      ],
    });
    expect(lines).toEqual([]);
    expect(missing.map(({ fetch }) => fetch)).toEqual(
      expect.arrayContaining([
        'aws ec2 describe-route-tables --route-table-ids rtb-9',
        'aws ec2 describe-security-groups --group-ids sg-9',
      ]),
    );
  });
});
