/**
 * Load balancers with their listeners, rules, target groups and targets. Their interfaces are made by the cloud, one a
 * subnet, so they are made up here.
 * Sources: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/lb, .../lb_target_group, .../elb
 */
import type { Family, Listing } from '../family.ts';
import { partOf } from '../kinds.ts';
import type { Resource, Side } from '../side.ts';
import { type Json, type Values, block, blocks, distinct, filled, flag, number, text, texts } from '../values.ts';
import { vpcOfSubnet } from './common.ts';
import { elasticAddress } from './elastic-address.ts';
import { groupsOn, placed } from './interface.ts';

const either = (name: string) => [`aws_${name}`, `aws_${name.replace(/^lb/, 'alb')}`] as const;
const [BALANCERS, LISTENERS, RULES, GROUPS, TARGETS] = [
  either('lb'),
  either('lb_listener'),
  either('lb_listener_rule'),
  either('lb_target_group'),
  either('lb_target_group_attachment'),
];

export const loadBalancerFamily: Family = {
  types: [
    ...BALANCERS,
    ...LISTENERS,
    ...RULES,
    ...GROUPS,
    ...TARGETS,
    'aws_elb',
    'aws_elb_attachment',
    'aws_autoscaling_attachment',
  ],
  ids: {
    aws_lb: arn,
    aws_alb: arn,
    aws_lb_listener: (_, address) => `arn:aws:elasticloadbalancing:planned::listener/${address}`,
    aws_alb_listener: (_, address) => `arn:aws:elasticloadbalancing:planned::listener/${address}`,
  },
  read: (side) => {
    const balancers = side.managed(...BALANCERS);
    const classic = side.managed('aws_elb');
    return [
      { kind: 'LoadBalancers', records: balancers.map(balancerOf) },
      ...balancers.flatMap((one) => [listenersOf(side, one), attributesOf(one)]),
      ...side.managed(...LISTENERS).map((one) => rulesOf(side, one)),
      { kind: 'TargetGroups', records: side.managed(...GROUPS).map(groupOf) },
      ...side.managed(...GROUPS).flatMap((group) => targetsOf(side, group)),
      { kind: 'LoadBalancerDescriptions', records: classic.map((one) => classicOf(side, one)) },
      {
        kind: 'NetworkInterfaces',
        records: [
          ...balancers.flatMap((one) => partsOf(side, one)),
          ...classic.flatMap((one) => classicParts(side, one)),
        ],
      },
    ];
  },
};

function arn(values: Values, address: string): string {
  return `arn:aws:elasticloadbalancing:planned::loadbalancer/${shortType(values)}/${text(values, 'name') ?? 'planned'}/${address}`;
}

function shortType(values: Values): string {
  return { network: 'net', gateway: 'gwy' }[text(values, 'load_balancer_type') ?? ''] ?? 'app';
}

function arnOf({ id, values }: Resource): string {
  return text(values, 'arn') ?? id;
}

function balancerOf(balancer: Resource): Json {
  const { instance, values } = balancer;
  return filled({
    LoadBalancerArn: arnOf(balancer),
    LoadBalancerName: text(values, 'name') ?? instance.name,
    DNSName: text(values, 'dns_name'),
    Type: text(values, 'load_balancer_type') ?? 'application',
    Scheme: flag(values, 'internal') === true ? 'internal' : 'internet-facing',
    State: { Code: 'active' },
  });
}

function attributesOf(balancer: Resource): Listing {
  const crossZone = flag(balancer.values, 'enable_cross_zone_load_balancing');
  const isSet = crossZone !== undefined && text(balancer.values, 'load_balancer_type') === 'network';
  return {
    kind: 'Attributes@describe-load-balancer-attributes',
    request: { LoadBalancerArn: arnOf(balancer) },
    records: isSet ? [{ Key: 'load_balancing.cross_zone.enabled', Value: String(crossZone) }] : [],
  };
}

function listenersOf(side: Side, balancer: Resource): Listing {
  const named = LISTENERS.flatMap((type) =>
    distinct([balancer.id, arnOf(balancer)]).flatMap((id) => side.naming(type, 'load_balancer_arn', id)),
  );
  return {
    kind: 'Listeners',
    request: { LoadBalancerArn: arnOf(balancer) },
    records: named.map(({ id, values }) =>
      filled({
        ListenerArn: id,
        LoadBalancerArn: arnOf(balancer),
        Port: number(values, 'port'),
        Protocol: text(values, 'protocol') ?? 'HTTP',
        DefaultActions: blocks(values, 'default_action').map(actionOf),
      }),
    ),
    complete: true,
  };
}

function actionOf(action: Values): Json {
  const groups = blocks(block(action, 'forward'), 'target_group').flatMap((one) => text(one, 'arn') ?? []);
  return filled({
    Type: text(action, 'type'),
    TargetGroupArn: text(action, 'target_group_arn'),
    ForwardConfig:
      groups.length === 0 ? undefined : { TargetGroups: groups.map((TargetGroupArn) => ({ TargetGroupArn })) },
  });
}

function rulesOf(side: Side, listener: Resource): Listing {
  const rules = RULES.flatMap((type) => side.naming(type, 'listener_arn', listener.id));
  return {
    kind: 'Rules@describe-rules',
    request: { ListenerArn: listener.id },
    records: rules.map(({ instance, values }) => ({
      RuleArn: `${listener.id.replace(':listener/', ':listener-rule/')}/${instance.address}`,
      Actions: blocks(values, 'action').map(actionOf),
    })),
  };
}

function groupOf({ id, instance, values }: Resource): Json {
  return filled({
    TargetGroupArn: id,
    TargetGroupName: text(values, 'name') ?? instance.name,
    Protocol: text(values, 'protocol'),
    Port: number(values, 'port'),
    TargetType: text(values, 'target_type') ?? 'instance',
    VpcId: text(values, 'vpc_id'),
  });
}

/** Targets that are registered by themselves; what a service or a scaling group registers is known after apply only. */
function targetsOf(side: Side, group: Resource): Listing[] {
  const { id, instance, values } = group;
  const named = TARGETS.flatMap((type) => side.naming(type, 'target_group_arn', id));
  const made = [...scalingGroupsOf(side, id), ...servicesOf(side, id)];
  const keeps = text(values, 'preserve_client_ip');
  const attributes: Listing = {
    kind: 'Attributes@describe-target-group-attributes',
    request: { TargetGroupArn: id },
    records: keeps === undefined ? [] : [{ Key: 'preserve_client_ip.enabled', Value: keeps }],
  };
  if (made.length > 0 && named.length === 0) {
    side.lacks(`the targets of ${instance.address}, which ${made.join(', ')} will register`, null);
    return [attributes];
  }
  return [
    attributes,
    {
      kind: 'TargetHealthDescriptions',
      request: { TargetGroupArn: id },
      records: named.map((one) => ({
        Target: filled({
          Id: text(one.values, 'target_id'),
          Port: number(one.values, 'port') ?? number(values, 'port'),
        }),
      })),
      complete: true,
    },
  ];
}

function scalingGroupsOf(side: Side, group: string): string[] {
  const attached = ['lb_target_group_arn', 'alb_target_group_arn'].flatMap((key) =>
    side.naming('aws_autoscaling_attachment', key, group),
  );
  const own = side
    .managed('aws_autoscaling_group')
    .filter(({ values }) => texts(values, 'target_group_arns').includes(group));
  return [...attached, ...own].map(({ instance }) => instance.address);
}

function servicesOf(side: Side, group: string): string[] {
  return side
    .managed('aws_ecs_service')
    .filter(({ values }) => blocks(values, 'load_balancer').some((one) => text(one, 'target_group_arn') === group))
    .map(({ instance }) => instance.address);
}

/** Over a snapshot a balancer that exists has its interfaces there. */
function hasOwnParts(side: Side, { instance }: Resource): boolean {
  return side.isOver && instance.before !== null;
}

function partsOf(side: Side, balancer: Resource): Json[] {
  const { id, instance, values } = balancer;
  if (hasOwnParts(side, balancer)) return [];
  const type = shortType(values);
  const own = arnOf(balancer);
  const known = own.indexOf(':loadbalancer/');
  const part =
    known < 0 ? `${type}/${text(values, 'name') ?? instance.name}/${id}` : own.slice(known + ':loadbalancer/'.length);
  const mappings = blocks(values, 'subnet_mapping');
  const listed = distinct([...texts(values, 'subnets'), ...mappings.flatMap((one) => text(one, 'subnet_id') ?? [])]);
  return listed.map((subnet, i): Json => {
    const eni = partOf(id, `eni${i}`);
    const mapping = mappings.find((one) => text(one, 'subnet_id') === subnet);
    const inside = text(mapping, 'private_ipv4_address');
    return placed(side, eni, subnet, {
      // A network balancer without groups filters nothing; others are in the default group.
      groups:
        type === 'app'
          ? groupsOn(side, eni, texts(values, 'security_groups'), vpcOfSubnet(side, subnet))
          : texts(values, 'security_groups'),
      privates: inside === undefined ? [] : [inside],
      checks: type !== 'net',
      outsideOf: (_, isPrimary) =>
        flag(values, 'internal') === true || !isPrimary
          ? undefined
          : (elasticAddress(side, text(mapping, 'allocation_id')) ?? side.madeUp.public(eni)),
      more: {
        Description: `ELB ${part}`,
        InterfaceType: type === 'net' ? 'network_load_balancer' : 'interface',
      },
    });
  });
}

function classicOf(side: Side, { id, instance, values }: Resource): Json {
  const attached = side.naming('aws_elb_attachment', 'elb', id).flatMap((one) => text(one.values, 'instance') ?? []);
  return filled({
    LoadBalancerName: text(values, 'name') ?? instance.name,
    DNSName: text(values, 'dns_name'),
    Scheme: flag(values, 'internal') === true ? 'internal' : 'internet-facing',
    Instances: distinct([...texts(values, 'instances'), ...attached]).map((InstanceId) => ({ InstanceId })),
    ListenerDescriptions: blocks(values, 'listener').map((one) => ({
      Listener: filled({ LoadBalancerPort: number(one, 'lb_port'), InstancePort: number(one, 'instance_port') }),
    })),
  });
}

function classicParts(side: Side, balancer: Resource): Json[] {
  const { id, instance, values } = balancer;
  if (hasOwnParts(side, balancer)) return [];
  return texts(values, 'subnets').map((subnet, i) => {
    const eni = partOf(id, `eni${i}`);
    return placed(side, eni, subnet, {
      groups: groupsOn(side, eni, texts(values, 'security_groups'), vpcOfSubnet(side, subnet)),
      privates: [],
      outsideOf: () => (flag(values, 'internal') === true ? undefined : side.madeUp.public(eni)),
      more: { Description: `ELB ${text(values, 'name') ?? instance.name}` },
    });
  });
}
