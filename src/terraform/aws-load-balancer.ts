/** Load balancers of a plan: their interfaces are made by the cloud, one a subnet, so they are made up here. */
import { type Documents, type Resource, type Side, blocks, flag, number, text, texts } from './side.ts';

type Json = Record<string, unknown>;

/** Balancers, listeners, groups and targets, with the interfaces that each balancer will have. */
export function loadBalancers(side: Side): { documents: Documents; interfaces: readonly Json[] } {
  const balancers = side.managed('aws_lb', 'aws_alb');
  if (balancers.length === 0) return { documents: {}, interfaces: [] };
  const subnets = new Map(side.all('aws_subnet', 'aws_default_subnet').map((subnet) => [subnet.id, subnet]));
  const interfaces = balancers.flatMap((balancer) => partsOf(side, balancer, subnets));
  const groups = side.managed('aws_lb_target_group', 'aws_alb_target_group');
  const attachments = side.managed('aws_lb_target_group_attachment', 'aws_alb_target_group_attachment');
  return {
    interfaces,
    documents: {
      LoadBalancers: balancers.map(({ id, instance, values }) => ({
        LoadBalancerArn: arnOf(id, values),
        LoadBalancerName: text(values, 'name') ?? instance.name,
        DNSName: text(values, 'dns_name'),
        Type: text(values, 'load_balancer_type') ?? 'application',
        Scheme: flag(values, 'internal') === true ? 'internal' : 'internet-facing',
        State: { Code: 'active' },
      })),
      Listeners: side.managed('aws_lb_listener', 'aws_alb_listener').map(({ id, values }) => ({
        ListenerArn: id,
        LoadBalancerArn: text(values, 'load_balancer_arn'),
        Port: number(values, 'port'),
        Protocol: text(values, 'protocol') ?? 'HTTP',
        DefaultActions: blocks(values, 'default_action').map((action) => ({
          Type: text(action, 'type'),
          TargetGroupArn:
            text(action, 'target_group_arn') ??
            blocks(blocks(action, 'forward')[0], 'target_group')
              .map((one) => text(one, 'arn'))
              .find((one) => one !== undefined),
        })),
      })),
      TargetGroups: groups.map(({ id, instance, values }) => ({
        TargetGroupArn: id,
        TargetGroupName: text(values, 'name') ?? instance.name,
        Protocol: text(values, 'protocol'),
        Port: number(values, 'port'),
        TargetType: text(values, 'target_type') ?? 'instance',
        VpcId: text(values, 'vpc_id'),
      })),
      ...Object.fromEntries(
        groups.map(({ id, values }) => [
          `TargetHealthDescriptions ${id}`,
          attachments
            .filter((one) => text(one.values, 'target_group_arn') === id)
            .map((one) => ({
              Target: { Id: text(one.values, 'target_id'), Port: number(one.values, 'port') ?? number(values, 'port') },
            })),
        ]),
      ),
    },
  };
}

function arnOf(id: string, values: Resource['values']): string {
  return text(values, 'arn') ?? id;
}

function partsOf(side: Side, { id, instance, values }: Resource, subnets: ReadonlyMap<string, Resource>): Json[] {
  const arn = arnOf(id, values);
  const type = { network: 'net', gateway: 'gwy' }[text(values, 'load_balancer_type') ?? ''] ?? 'app';
  const known = arn.indexOf(':loadbalancer/');
  const part =
    known < 0 ? `${type}/${text(values, 'name') ?? instance.name}/${id}` : arn.slice(known + ':loadbalancer/'.length);
  const listed = [
    ...texts(values, 'subnets'),
    ...blocks(values, 'subnet_mapping').flatMap((one) => text(one, 'subnet_id') ?? []),
  ];
  return [...new Set(listed)].flatMap((subnet, i): Json[] => {
    const found = subnets.get(subnet);
    const address = side.freeAddress(subnet, text(found?.values, 'cidr_block'));
    if (address === undefined) return [];
    return [
      {
        NetworkInterfaceId: `${id}/eni${i}`,
        Description: `ELB ${part}`,
        InterfaceType: type === 'net' ? 'network_load_balancer' : 'interface',
        SubnetId: subnet,
        VpcId: text(found?.values, 'vpc_id'),
        PrivateIpAddress: address,
        Groups: texts(values, 'security_groups').map((GroupId) => ({ GroupId })),
        SourceDestCheck: type !== 'net',
        ...(flag(values, 'internal') === true ? {} : { Association: { PublicIp: side.publicAddress() } }),
      },
    ];
  });
}
