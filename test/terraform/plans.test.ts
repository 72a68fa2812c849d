/** Plans with what they open and close: each folder of fixtures/plans holds a plan and the flows to look for. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type FlowChange, judgePlan, loadSnapshot, readTerraformPlan } from '../../src/index.ts';
import { Sources } from '../../src/terraform/index.ts';

interface Probe {
  readonly from: string | readonly string[];
  readonly to: string | readonly string[];
  readonly protocol: string;
  readonly port: number;
}
interface Expected {
  readonly opened?: readonly Probe[];
  readonly closed?: readonly Probe[];
  readonly notOpened?: readonly Probe[];
  readonly notClosed?: readonly Probe[];
  readonly nothing?: boolean;
  readonly undetermined?: boolean;
}

const root = fileURLToPath(new URL('../../fixtures/plans/', import.meta.url));

async function diffOf(folder: string, source?: (folder: string) => ReadonlyMap<string, string>) {
  const plan = readTerraformPlan(readFileSync(join(folder, 'plan.json'), 'utf8'), 'plan.json');
  const snapshot = existsSync(join(folder, 'snapshot'))
    ? (await loadSnapshot([join(folder, 'snapshot')])).documents
    : [];
  return judgePlan(plan, { documents: snapshot, ...(source === undefined ? {} : { source: { read: source } }) });
}

function concerns(flow: FlowChange, { from, to, protocol, port }: Probe): boolean {
  const isEnd = (end: FlowChange['from'], names: string | readonly string[]) =>
    [names].flat().some((name) => end.role === name || end.role.startsWith(`${name}#`) || end.ids.includes(name));
  const hasPort =
    flow.ports === '*' ||
    flow.ports.split(',').some((range) => {
      const [lo = 0, hi = lo] = range.split('-').map(Number);
      return lo <= port && port <= hi;
    });
  return ['*', protocol].includes(flow.protocol) && hasPort && isEnd(flow.from, from) && isEnd(flow.to, to);
}

describe('plans', () => {
  for (const name of readdirSync(root).sort()) {
    const { title, expect: wanted } = JSON.parse(readFileSync(join(root, name, 'case.json'), 'utf8')) as {
      title: string;
      expect: Expected;
    };
    test(title, async () => {
      const { flows, missing } = (await diffOf(join(root, name))).diff;
      if (wanted.undetermined === true) expect(missing, 'says what is not known').not.toEqual([]);
      const among = (kinds: readonly string[], probe: Probe) =>
        flows.some((flow) => kinds.includes(flow.change) && concerns(flow, probe));
      const [gained, lost] = [
        ['opened', 'widened'],
        ['closed', 'narrowed'],
      ];
      if (wanted.nothing === true) expect(flows).toEqual([]);
      for (const probe of wanted.opened ?? [])
        expect(among(gained, probe), `opens ${JSON.stringify(probe)}`).toBe(true);
      for (const probe of wanted.closed ?? []) expect(among(lost, probe), `closes ${JSON.stringify(probe)}`).toBe(true);
      for (const probe of wanted.notOpened ?? [])
        expect(among(gained, probe), `leaves ${JSON.stringify(probe)} closed`).toBe(false);
      for (const probe of wanted.notClosed ?? [])
        expect(among(lost, probe), `leaves ${JSON.stringify(probe)} open`).toBe(false);
    });
  }
});

test('a change says which resource it needs, and on which line that stands', async () => {
  const folder = join(root, '03-inline-update-opens-ssh');
  const { diff } = await diffOf(
    folder,
    (at) => new Map(at === '' ? [['main.tf', readFileSync(join(folder, 'main.tf'), 'utf8')]] : []),
  );
  const because = diff.flows[0]?.because[0];
  expect(because?.address).toBe('aws_security_group.web');
  const line = readFileSync(join(folder, 'main.tf'), 'utf8').split('\n')[(because?.line ?? 1) - 1];
  expect(line).toContain('resource "aws_security_group" "web"');
});

describe('what is no plan', () => {
  const good = readFileSync(join(root, '03-inline-update-opens-ssh', 'plan.json'), 'utf8');
  test.each([
    ['cut off', good.slice(0, 5000), 'cut off'],
    ['another document', '{"Vpcs":[]}', 'no format_version'],
    ['text', 'Terraform will perform the following actions', 'no JSON'],
    ['a future format', '{"format_version":"7.0","resource_changes":[]}', '7.0'],
    ['a wrong type', '{"format_version":"1.2","resource_changes":[{"address":5}]}', '/resource_changes/0'],
    ['a stored plan', 'PK\u0003\u0004', 'as Terraform stores it'],
    ['what a run logs', '{"@level":"info","type":"version"}', 'terraform plan -json'],
    ['a stored state', '{"version":4,"serial":3,"lineage":"a","resources":[]}', 'terraform show -json'],
    ['a state', '{"format_version":"1.0","terraform_version":"1.11.4","values":{"root_module":{}}}', 'plans nothing'],
    ['an errored run', '{"format_version":"1.2","errored":true,"resource_changes":[]}', 'errored'],
  ])('%s', (_, text, word) => expect(() => readTerraformPlan(text, 'plan.json')).toThrow(word));

  test('hostile keys and deep values do no harm', () => {
    const deep = `${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}`;
    const text = `{"format_version":"1.2","resource_changes":[{"address":"aws_vpc.x","mode":"managed","type":"aws_vpc","name":"x","change":{"actions":["create"],"before":null,"after":{"__proto__":{"polluted":1},"tags":${deep}},"after_unknown":{"__proto__":true,"id":true}}}]}`;
    expect(judgePlan(readTerraformPlan(text, 'plan.json')).diff.flows).toEqual([]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

test('a state is a snapshot', async () => {
  const plan = JSON.parse(readFileSync(join(root, '21-count-grows', 'plan.json'), 'utf8')) as { prior_state: unknown };
  const { folderOf } = await import('../snapshot/folder.ts');
  const { documents } = await loadSnapshot([folderOf({ 'state.json': plan.prior_state })]);
  expect(documents.filter(({ kind }) => kind === 'Instances').flatMap(({ records }) => records)).toHaveLength(2);
});

/** A plan with these changes, as terraform show -json writes it. */
function planOf(changes: readonly object[], more: object = {}): string {
  return JSON.stringify({ format_version: '1.2', terraform_version: '1.11.4', resource_changes: changes, ...more });
}

const change = (type: string, name: string, before: object | null, after: object | null, more: object = {}) => ({
  address: `${type}.${name}`,
  mode: 'managed',
  type,
  name,
  change: {
    actions: before === null ? ['create'] : after === null ? ['delete'] : ['update'],
    before,
    after,
    after_unknown: before === null ? { id: true } : {},
    ...more,
  },
});

describe('over a snapshot', () => {
  const demo = fileURLToPath(new URL('../../fixtures/snapshots/demo', import.meta.url));
  const rule = {
    type: 'ingress',
    security_group_id: 'sg-03db0000000000003',
    protocol: 'tcp',
    from_port: 5432,
    to_port: 5432,
    cidr_blocks: ['10.20.0.0/16'],
  };

  test('a rule that is added to a group of the snapshot is added to all that the group has', async () => {
    const { documents } = await loadSnapshot([demo]);
    const plan = readTerraformPlan(planOf([change('aws_security_group_rule', 'db', null, rule)]), 'plan.json');
    const groups = plan
      .over(documents)
      .after()
      .documents.filter(({ kind }) => kind === 'SecurityGroups');
    const group = groups
      .flatMap(({ records }) => records as { GroupId: string; IpPermissions: { ToPort?: number }[] }[])
      .filter(({ GroupId }) => GroupId === 'sg-03db0000000000003');
    expect(group).toHaveLength(1);
    expect(group[0]!.IpPermissions.map(({ ToPort }) => ToPort)).toContain(5432);
    expect(group[0]!.IpPermissions.length).toBeGreaterThan(1);
  });

  test('a machine goes to a subnet that only the snapshot holds', async () => {
    const { documents } = await loadSnapshot([demo]);
    const machine = { subnet_id: 'subnet-0c33333333333333c', vpc_security_group_ids: ['sg-03db0000000000003'] };
    const plan = readTerraformPlan(planOf([change('aws_instance', 'new', null, machine)]), 'plan.json');
    const { flows } = judgePlan(plan, { documents }).diff;
    expect(flows.some(({ from, to }) => [from.role, to.role].includes('aws_instance.new'))).toBe(true);
  });
});

describe('what a plan can not tell is named', () => {
  test('a subnet that nothing holds, with the command that fetches it', () => {
    const plan = readTerraformPlan(planOf([change('aws_instance', 'a', null, { subnet_id: 'subnet-9' })]), 'plan.json');
    const { diff } = judgePlan(plan);
    expect(diff.flows).toEqual([]);
    expect(diff.missing.map(({ fetch }) => fetch)).toContain('aws ec2 describe-subnets --subnet-ids subnet-9');
  });

  test('a change that is put off, and a resource that nobody reads though packets may meet it', () => {
    const deferred = [{ reason: 'provider_config_unknown', resource_change: { address: 'aws_vpc.later' } }];
    const wall = change('aws_networkfirewall_firewall', 'wall', null, {});
    const plan = readTerraformPlan(planOf([wall], { deferred_changes: deferred }), 'plan.json');
    const words = judgePlan(plan)
      .diff.missing.map(({ what }) => what)
      .join();
    expect(words).toContain('aws_vpc.later');
    expect(words).toContain('aws_networkfirewall_firewall.wall');
  });
});

test('only a balancer that speaks HTTP answers by itself', () => {
  const there = [
    change('aws_vpc', 'v', null, { id: 'vpc-1', cidr_block: '10.0.0.0/16' }),
    change('aws_internet_gateway', 'g', null, { id: 'igw-1', vpc_id: 'vpc-1' }),
    change('aws_subnet', 's', null, { id: 'subnet-1', vpc_id: 'vpc-1', cidr_block: '10.0.1.0/24' }),
    change('aws_route_table', 't', null, {
      id: 'rtb-1',
      vpc_id: 'vpc-1',
      route: [{ cidr_block: '0.0.0.0/0', gateway_id: 'igw-1' }],
    }),
    change('aws_route_table_association', 'a', null, { id: 'x', route_table_id: 'rtb-1', subnet_id: 'subnet-1' }),
    change('aws_security_group', 'all', null, {
      id: 'sg-1',
      vpc_id: 'vpc-1',
      ingress: [{ protocol: '-1', from_port: 0, to_port: 0, cidr_blocks: ['0.0.0.0/0'] }],
      egress: [],
    }),
  ];
  const intoOf = (kind: string, protocol: string) => {
    const arn = `arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/${kind === 'network' ? 'net' : 'app'}/l/1`;
    const text = planOf([
      ...there,
      change('aws_lb', 'l', null, {
        id: arn,
        arn,
        name: 'l',
        load_balancer_type: kind,
        internal: false,
        subnets: ['subnet-1'],
        security_groups: ['sg-1'],
      }),
      change('aws_lb_listener', 'h', null, {
        id: `${arn}/h`,
        load_balancer_arn: arn,
        port: 80,
        protocol,
        default_action: [{ type: 'fixed-response', fixed_response: [{ status_code: '200' }] }],
      }),
    ]);
    const { flows } = judgePlan(readTerraformPlan(text, 'plan.json')).diff;
    return flows.filter(({ from }) => from.role === 'internet').map(({ to, ports }) => `${to.role} ${ports}`);
  };
  expect(intoOf('application', 'HTTP')).toEqual(['aws_lb.l 80']);
  expect(intoOf('network', 'TCP')).toEqual([]);
});

describe('ids and ranges that only apply will tell', () => {
  const configured = (type: string, name: string, expressions: object) => ({
    configuration: {
      root_module: { resources: [{ address: `${type}.${name}`, mode: 'managed', type, name, expressions }] },
    },
  });

  test('a list of which the plan shows the marks alone is not known', () => {
    const group = { id: 'sg-1', vpc_id: 'vpc-1', name: 'g', ingress: [], egress: [] };
    const rule = { type: 'ingress', security_group_id: 'sg-1', protocol: 'tcp', from_port: 22, to_port: 22 };
    const text = planOf(
      [
        change('aws_security_group', 'g', group, group, { actions: ['no-op'] }),
        change('aws_security_group_rule', 'r', null, rule, { after_unknown: { id: true, cidr_blocks: [true] } }),
      ],
      configured('aws_security_group_rule', 'r', { cidr_blocks: { references: ['data.http.me.response_body'] } }),
    );
    const { missing } = judgePlan(readTerraformPlan(text, 'plan.json')).diff;
    expect(missing.map(({ what }) => what).join()).toContain('data.http.me.response_body');
  });

  test('a subnet that stands within its network is found by it', () => {
    const vnet = {
      name: 'v',
      resource_group_name: 'rg',
      address_space: ['10.0.0.0/16'],
      subnet: [{ name: 'a', address_prefixes: ['10.0.1.0/24'] }],
    };
    const nic = { name: 'n', resource_group_name: 'rg', ip_configuration: [{ name: 'one' }] };
    const text = planOf(
      [
        change('azurerm_virtual_network', 'v', null, vnet),
        change('azurerm_network_interface', 'n', null, nic, {
          after_unknown: { id: true, ip_configuration: [{ subnet_id: true, private_ip_address: true }] },
        }),
      ],
      configured('azurerm_network_interface', 'n', {
        ip_configuration: [
          { subnet_id: { references: ['azurerm_virtual_network.v.subnet', 'azurerm_virtual_network.v'] } },
        ],
      }),
    );
    const nics = readTerraformPlan(text, 'plan.json')
      .after()
      .documents.find(({ kind }) => kind.endsWith('/networkinterfaces'));
    expect(JSON.stringify(nics?.records[0])).toContain('/virtualNetworks/v/subnets/a');
  });
});

test('what is only forgotten stays where it is', () => {
  const vpc = { id: 'vpc-1', cidr_block: '10.0.0.0/16' };
  const plan = readTerraformPlan(planOf([change('aws_vpc', 'a', vpc, null, { actions: ['forget'] })]), 'plan.json');
  expect(plan.changed).toEqual([]);
  expect(plan.after().documents.find(({ kind }) => kind === 'Vpcs')?.records).toHaveLength(1);
});

describe('where a resource stands', () => {
  const configuration = {
    root_module: { module_calls: { net: { source: 'terraform-aws-modules/vpc/aws' }, own: { source: './own' } } },
  };
  const at = (module: string) => ({ ...change('aws_vpc', 'a', null, {}), address: `${module}aws_vpc.a` });
  const plan = readTerraformPlan(
    planOf([at(''), at('module.net.'), at('module.own.')], { configuration }),
    'plan.json',
  );
  const files: Readonly<Record<string, readonly [string, string][]>> = {
    '': [
      ['main.tf', '/* resource "aws_vpc" "a" {\n*/\n\nmodule "net" {\n}\n'],
      ['vpc.tf.json', '{\n  "resource": {\n    "aws_vpc": {\n      "a": {}\n    }\n  }\n}'],
    ],
    own: [['main.tf', 'locals {\n  a = <<EOT\nresource "aws_vpc" "a" {\nEOT\n}\nresource "aws_vpc" "a" {\n}']],
  };
  const sources = new Sources(plan.plan, (folder) => new Map(files[folder] ?? []), './infra/');

  test.each([
    ['aws_vpc.a', 'infra/vpc.tf.json', 4],
    ['module.net.aws_vpc.a', 'infra/main.tf', 4],
    ['module.own.aws_vpc.a', 'infra/own/main.tf', 6],
  ])('%s', (address, file, line) => expect(sources.placeOf(address)).toEqual({ file, line }));
});
