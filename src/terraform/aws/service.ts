/**
 * Services that stand in subnets with interfaces of their own: databases, caches, functions, file systems, clusters, and the
 * machines of scaling groups. One interface a subnet stands for whatever they will have there. A table, so that another
 * service is one line.
 * Sources: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/db_instance, .../lambda_function,
 * .../eks_cluster, .../autoscaling_group
 */
import type { Family } from '../family.ts';
import { partOf } from '../kinds.ts';
import { type Resource, type Side, isChanged } from '../side.ts';
import { type Json, type Values, block, blocks, flag, number, text, texts } from '../values.ts';
import { vpcOfSubnet } from './common.ts';
import { groupsOn, placed } from './interface.ts';
import { subnet4 } from './vpc.ts';

interface Service {
  readonly type: string;
  /** The block that holds subnets and groups, where they are not the resource's own attributes. */
  readonly within?: string;
  readonly subnets?: string;
  readonly groups?: string;
  /** The attribute that names a group of subnets, and what makes such groups. */
  readonly subnetGroup?: readonly [attribute: string, type: string];
  /** The attribute that asks for a public address. */
  readonly isPublic?: string;
  /** The interface type of the API, where readers tell by it. */
  readonly interfaceType?: string;
}

const RDS_SUBNETS = ['db_subnet_group_name', 'aws_db_subnet_group'] as const;

const SERVICES: readonly Service[] = [
  {
    type: 'aws_db_instance',
    groups: 'vpc_security_group_ids',
    subnetGroup: RDS_SUBNETS,
    isPublic: 'publicly_accessible',
  },
  { type: 'aws_rds_cluster', groups: 'vpc_security_group_ids', subnetGroup: RDS_SUBNETS },
  {
    type: 'aws_docdb_cluster',
    groups: 'vpc_security_group_ids',
    subnetGroup: ['db_subnet_group_name', 'aws_docdb_subnet_group'],
  },
  {
    type: 'aws_neptune_cluster',
    groups: 'vpc_security_group_ids',
    subnetGroup: ['neptune_subnet_group_name', 'aws_neptune_subnet_group'],
  },
  {
    type: 'aws_redshift_cluster',
    groups: 'vpc_security_group_ids',
    subnetGroup: ['cluster_subnet_group_name', 'aws_redshift_subnet_group'],
    isPublic: 'publicly_accessible',
  },
  {
    type: 'aws_elasticache_cluster',
    groups: 'security_group_ids',
    subnetGroup: ['subnet_group_name', 'aws_elasticache_subnet_group'],
  },
  {
    type: 'aws_elasticache_replication_group',
    groups: 'security_group_ids',
    subnetGroup: ['subnet_group_name', 'aws_elasticache_subnet_group'],
  },
  {
    type: 'aws_memorydb_cluster',
    groups: 'security_group_ids',
    subnetGroup: ['subnet_group_name', 'aws_memorydb_subnet_group'],
  },
  {
    type: 'aws_lambda_function',
    within: 'vpc_config',
    subnets: 'subnet_ids',
    groups: 'security_group_ids',
    interfaceType: 'lambda',
  },
  { type: 'aws_eks_cluster', within: 'vpc_config', subnets: 'subnet_ids', groups: 'security_group_ids' },
  {
    type: 'aws_ecs_service',
    within: 'network_configuration',
    subnets: 'subnets',
    groups: 'security_groups',
    isPublic: 'assign_public_ip',
  },
  { type: 'aws_elasticsearch_domain', within: 'vpc_options', subnets: 'subnet_ids', groups: 'security_group_ids' },
  { type: 'aws_opensearch_domain', within: 'vpc_options', subnets: 'subnet_ids', groups: 'security_group_ids' },
  { type: 'aws_msk_cluster', within: 'broker_node_group_info', subnets: 'client_subnets', groups: 'security_groups' },
  { type: 'aws_mq_broker', subnets: 'subnet_ids', groups: 'security_groups', isPublic: 'publicly_accessible' },
  { type: 'aws_efs_mount_target', subnets: 'subnet_id', groups: 'security_groups' },
  { type: 'aws_fsx_lustre_file_system', subnets: 'subnet_ids', groups: 'security_group_ids' },
  { type: 'aws_fsx_windows_file_system', subnets: 'subnet_ids', groups: 'security_group_ids' },
  {
    type: 'aws_dms_replication_instance',
    groups: 'vpc_security_group_ids',
    subnetGroup: ['replication_subnet_group_id', 'aws_dms_replication_subnet_group'],
    isPublic: 'publicly_accessible',
  },
];

const SUBNET_GROUPS = [
  ...new Set(SERVICES.flatMap(({ subnetGroup }) => (subnetGroup === undefined ? [] : [subnetGroup[1]]))),
];

export const serviceFamily: Family = {
  types: [
    ...SERVICES.map(({ type }) => type),
    ...SUBNET_GROUPS,
    'aws_autoscaling_group',
    'aws_launch_template',
    'aws_launch_configuration',
  ],
  read: (side) => [
    {
      kind: 'NetworkInterfaces',
      records: [
        ...SERVICES.flatMap((service) => side.managed(service.type).flatMap((one) => interfacesOf(side, service, one))),
        ...side.managed('aws_autoscaling_group').flatMap((one) => scalingGroup(side, one)),
      ],
    },
  ],
};

function interfacesOf(side: Side, service: Service, resource: Resource): Json[] {
  const { values, instance } = resource;
  const home = service.within === undefined ? values : block(values, service.within);
  if (home === undefined || isElsewhere(side, resource)) return [];
  const subnets = subnetsOf(side, service, values, home);
  if (subnets.length === 0) {
    if (isChanged(instance) && service.within === undefined)
      side.lacks(
        `the subnets of ${instance.address}: it names none, so it goes to the default VPC of its region`,
        null,
      );
    return [];
  }
  return standing(side, resource, subnets, texts(home, service.groups ?? ''), {
    isPublic: service.isPublic !== undefined && flag(home, service.isPublic) === true,
    privates:
      service.type === 'aws_efs_mount_target' ? [text(values, 'ip_address')].filter((one) => one !== undefined) : [],
    interfaceType: service.interfaceType,
    description: `${instance.type} ${text(values, 'name') ?? instance.name}`,
  });
}

function subnetsOf(side: Side, { subnets, subnetGroup }: Service, values: Values, home: Values): readonly string[] {
  if (subnets !== undefined) return text(home, subnets) === undefined ? texts(home, subnets) : [text(home, subnets)!];
  if (subnetGroup === undefined) return [];
  const [attribute, type] = subnetGroup;
  const named = text(values, attribute);
  const group = side
    .all(type)
    .find(({ id, values: own }) => named !== undefined && [id, text(own, 'name')].includes(named));
  if (group === undefined && named !== undefined)
    side.lacks(
      `the subnets of subnet group ${named}`,
      type === 'aws_db_subnet_group' ? `aws rds describe-db-subnet-groups --db-subnet-group-name ${named}` : null,
    );
  return texts(group?.values, 'subnet_ids');
}

/** Over a snapshot what exists has its interfaces there. */
function isElsewhere(side: Side, { instance }: Resource): boolean {
  if (!side.isOver || instance.before === null) return false;
  if (isChanged(instance))
    side.lacks(
      `which interfaces of the snapshot are those of ${instance.address}: what changes there is not judged`,
      null,
    );
  return true;
}

interface Look {
  readonly isPublic?: boolean;
  readonly privates?: readonly string[];
  readonly interfaceType?: string | undefined;
  readonly description: string;
}

function standing(
  side: Side,
  { id }: Resource,
  subnets: readonly string[],
  groups: readonly string[],
  { isPublic = false, privates = [], interfaceType, description }: Look,
): Json[] {
  return subnets.map((subnet, i) => {
    const eni = partOf(id, `eni${i}`);
    const gives = isPublic && subnet4(side, side.get(subnet)) !== undefined;
    return placed(side, eni, subnet, {
      groups: groupsOn(side, eni, groups, vpcOfSubnet(side, subnet)),
      privates,
      outsideOf: (_, isPrimary) => (gives && isPrimary ? side.madeUp.public(eni) : undefined),
      more: { Description: description, ...(interfaceType === undefined ? {} : { InterfaceType: interfaceType }) },
    });
  });
}

/** The machines of a scaling group: one in each of its subnets stands for them, as its template makes them. */
function scalingGroup(side: Side, group: Resource): Json[] {
  const { instance, values } = group;
  if (isElsewhere(side, group)) return [];
  const most = number(values, 'max_size') ?? 1;
  const template = templateOf(side, values);
  const subnets = texts(values, 'vpc_zone_identifier');
  if (most === 0) return [];
  if (template === undefined || subnets.length === 0) {
    if (isChanged(instance)) side.lacks(`the launch template or the subnets of ${instance.address}`, null);
    return [];
  }
  if (isChanged(instance))
    side.lacks(`the machines of ${instance.address}, made after apply: one in each subnet stands for them`, null);
  const [nic] = blocks(template.values, 'network_interfaces');
  const groups = [
    ...texts(template.values, 'vpc_security_group_ids'),
    ...texts(template.values, 'security_groups'),
    ...texts(nic, 'security_groups'),
  ];
  const wants = flag(nic, 'associate_public_ip_address') ?? flag(template.values, 'associate_public_ip_address');
  return subnets.flatMap((subnet, i) =>
    standing(side, { ...group, id: i === 0 ? group.id : partOf(group.id, `${i}`) }, [subnet], groups, {
      isPublic: wants ?? flag(side.get(subnet)?.values, 'map_public_ip_on_launch') ?? false,
      description: `machines of ${instance.address}`,
    }),
  );
}

function templateOf(side: Side, values: Values): Resource | undefined {
  const policy = block(block(values, 'mixed_instances_policy'), 'launch_template');
  const named = block(values, 'launch_template') ?? block(policy, 'launch_template_specification');
  const words = [
    text(named, 'id'),
    text(named, 'launch_template_id'),
    text(named, 'name'),
    text(named, 'launch_template_name'),
  ];
  const configuration = text(values, 'launch_configuration');
  return (
    side
      .all('aws_launch_template')
      .find(({ id, values: own }) => words.includes(id) || words.includes(text(own, 'name'))) ??
    side
      .all('aws_launch_configuration')
      .find(({ id, values: own }) => configuration !== undefined && [id, text(own, 'name')].includes(configuration))
  );
}
