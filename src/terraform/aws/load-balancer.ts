/**
 * Load balancers with their listeners, rules, target groups and targets. Their interfaces are made by the cloud, one a
 * subnet, so they are made up here.
 * Sources: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/lb, .../lb_target_group, .../elb
 */
import type { Family, Listing } from '../family.ts';
import { partOf } from '../kinds.ts';
import { type Resource, type Side, isChanged } from '../side.ts';
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
    forget(side);
    return [
      { kind: 'LoadBalancers', records: balancers.map(balancerOf) },
      ...balancers.flatMap((one) => [listenersOf(side, one), attributesOf(one)]),
      ...side.all(...BALANCERS).flatMap((one) => (one.existing === undefined ? [] : moreListeners(side, one))),
      ...side.managed(...LISTENERS).map((one) => rulesOf(side, one)),
      { kind: 'TargetGroups', records: side.managed(...GROUPS).map(groupOf) },
      ...side.managed(...GROUPS).flatMap((group) => targetsOf(side, group)),
      ...side.all(...GROUPS).flatMap((group) => (group.existing === undefined ? [] : moreTargets(side, group))),
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
  const [more] = side.told('Listeners', arnOf(balancer)) === undefined ? [] : moreListeners(side, balancer);
  if (more !== undefined) return more;
  const named = LISTENERS.flatMap((type) =>
    distinct([balancer.id, arnOf(balancer)]).flatMap((id) => side.naming(type, 'load_balancer_arn', id)),
  );
  return {
    kind: 'Listeners',
    request: { LoadBalancerArn: arnOf(balancer) },
    records: named.map((one) => listenerOf(one, balancer)),
    complete: true,
  };
}

function listenerOf({ id, values }: Resource, balancer: Resource): Json {
  return filled({
    ListenerArn: id,
    LoadBalancerArn: arnOf(balancer),
    Port: number(values, 'port'),
    Protocol: text(values, 'protocol') ?? 'HTTP',
    DefaultActions: blocks(values, 'default_action').map(actionOf),
  });
}

/** Listeners that the plan gives a balancer of the snapshot, beside those that it has. */
function moreListeners(side: Side, balancer: Resource): Listing[] {
  const isMine = ({ values }: Resource) => text(values, 'load_balancer_arn') === arnOf(balancer);
  const planned = side.either(...LISTENERS).filter(isMine);
  if (planned.length === 0 && balancer.existing !== undefined) return [];
  const mirrored = new Set(planned.map(({ id }) => id));
  const request = { LoadBalancerArn: arnOf(balancer) };
  const listed = side.told('Listeners', arnOf(balancer));
  const own = side
    .managed(...LISTENERS)
    .filter(isMine)
    .map((one) => listenerOf(one, balancer));
  // Lists that name no balancer tell of all of them; the plan's listeners are told apart by their own ids.
  const kept = (listed ?? []).filter((one) => !mirrored.has(text(one, 'ListenerArn') ?? ''));
  return [{ kind: 'Listeners', request, records: [...kept, ...own], complete: true }];
}

/** Targets that the plan registers in a group of the snapshot, or takes out of it. */
function moreTargets(side: Side, group: Resource): Listing[] {
  const isMine = ({ values }: Resource) => text(values, 'target_group_arn') === group.id;
  const target = ({ values }: Resource) =>
    filled({ Id: text(values, 'target_id'), Port: number(values, 'port') ?? number(group.values, 'port') });
  const planned = side.either(...TARGETS).filter(isMine);
  if (planned.length === 0 && group.existing !== undefined) return [];
  const listed = side.told(HEALTH, group.id);
  if (listed === undefined) {
    side.lacks(
      `the targets of target group ${group.id}`,
      `aws elbv2 describe-target-health --target-group-arn ${group.id}`,
    );
    return [];
  }
  const key = (one: Values | undefined) => `${text(one, 'Id')} ${number(one, 'Port') ?? number(group.values, 'port')}`;
  const mirrored = new Set(planned.map((one) => key(target(one))));
  const own = side
    .managed(...TARGETS)
    .filter(isMine)
    .map((one) => ({ Target: target(one) }));
  const kept = listed.filter((one) => !mirrored.has(key(block(one, 'Target'))));
  return [{ kind: HEALTH, request: { TargetGroupArn: group.id }, records: [...kept, ...own], complete: true }];
}

const HEALTH = 'TargetHealthDescriptions';

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
  // What others registered is in the snapshot.
  if (side.told(HEALTH, group.id) !== undefined) return moreTargets(side, group);
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
      kind: HEALTH,
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

/** The interfaces that the snapshot holds of a balancer: they say so. */
function partsIn(side: Side, part: string): string[] {
  return side
    .listed('NetworkInterfaces')
    .filter((eni) => text(eni, 'Description') === `ELB ${part}`)
    .flatMap((eni) => text(eni, 'NetworkInterfaceId') ?? []);
}

/** What the interfaces of a balancer are described by: "app/web/0123", the name alone of a classic one. */
function partName(balancer: Resource): string {
  const { id, instance, values } = balancer;
  const name = text(values, 'name') ?? instance.name;
  if (instance.type === 'aws_elb') return name;
  const own = arnOf(balancer);
  const known = own.indexOf(':loadbalancer/');
  return known < 0 ? `${shortType(values)}/${name}/${id}` : own.slice(known + ':loadbalancer/'.length);
}

/** The interfaces of the snapshot with the groups that the balancer has on this side; undefined where it holds none. */
function recordedParts(side: Side, balancer: Resource): Json[] | undefined {
  const { instance, values } = balancer;
  const enis = side.isOver && instance.before !== null ? partsIn(side, partName(balancer)) : [];
  if (enis.length === 0) return undefined;
  if (!isChanged(instance)) return [];
  const listed = texts(values, 'security_groups');
  const homes = new Set(texts(values, 'subnets'));
  return enis.flatMap((id): Json[] => {
    const eni = side.recorded('NetworkInterfaces', id) ?? {};
    side.amended.add(id);
    if (homes.size > 0 && !homes.has(text(eni, 'SubnetId') ?? '')) return [];
    return [listed.length === 0 ? eni : { ...eni, Groups: listed.map((GroupId) => ({ GroupId })) }];
  });
}

/** What a balancer that is no more leaves behind goes too. */
function forget(side: Side): void {
  for (const balancer of side.absent(...BALANCERS, 'aws_elb'))
    for (const id of partsIn(side, partName(balancer))) side.amended.add(id);
}

function partsOf(side: Side, balancer: Resource): Json[] {
  const { id, values } = balancer;
  const recorded = recordedParts(side, balancer);
  if (recorded !== undefined) return recorded;
  const type = shortType(values);
  const part = partName(balancer);
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
  const { id, values } = balancer;
  const recorded = recordedParts(side, balancer);
  if (recorded !== undefined) return recorded;
  return texts(values, 'subnets').map((subnet, i) => {
    const eni = partOf(id, `eni${i}`);
    return placed(side, eni, subnet, {
      groups: groupsOn(side, eni, texts(values, 'security_groups'), vpcOfSubnet(side, subnet)),
      privates: [],
      outsideOf: () => (flag(values, 'internal') === true ? undefined : side.madeUp.public(eni)),
      more: { Description: `ELB ${partName(balancer)}` },
    });
  });
}
