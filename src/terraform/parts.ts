/**
 * Resources that are a part of another one: a rule of a group, a route of a table. Where nothing holds the other one, the
 * part changes nothing that could be judged, and answers must say so.
 */
import type { Missing } from '../model/origin.ts';
import type { Instance } from './plan.ts';
import { type Values, text } from './values.ts';

/** Types of parts, of every plugin. */
const PART =
  /^(aws_(route|\w+_(rule|association|attachment|propagation|entry|listener|prefix_list_reference)|ec2_transit_gateway_route|vpn_connection_route|vpc_security_group_(in|e)gress_rule)|azurerm_(route|subnet|lb_\w+|\w+_(rule|association|peering))|google_compute_(router_nat|\w+_policy_(rule|association)|network_peering|network_endpoints?))$/;

/** Attachments that are things of their own, and what is judged elsewhere. */
const WHOLE =
  /^(aws_ec2_transit_gateway_(vpc|peering)_attachment|aws_(autoscaling|elb|volume|vpn_gateway)_attachment|aws_eip_association)$/;

/** How to fetch what the part belongs to, by the attribute that names it; `{}` stands for the name. */
const COMMANDS: Readonly<Record<string, string>> = {
  route_table_id: 'aws ec2 describe-route-tables --route-table-ids {}',
  security_group_id: 'aws ec2 describe-security-groups --group-ids {}',
  network_acl_id: 'aws ec2 describe-network-acls --network-acl-ids {}',
  prefix_list_id: 'aws ec2 get-managed-prefix-list-entries --prefix-list-id {}',
  load_balancer_arn: 'aws elbv2 describe-load-balancers --load-balancer-arns {}',
  target_group_arn: 'aws elbv2 describe-target-health --target-group-arn {}',
  vpc_endpoint_id: 'aws ec2 describe-vpc-endpoints --vpc-endpoint-ids {}',
  transit_gateway_route_table_id:
    'aws ec2 search-transit-gateway-routes --transit-gateway-route-table-id {} --filters Name=state,Values=active,blackhole',
  network_security_group_name: 'az network nsg list -o json',
  route_table_name: 'az network route-table list -o json',
  virtual_network_name: 'az network vnet list -o json',
  loadbalancer_id: 'az network lb show -o json --ids {}',
  router: 'gcloud compute routers list --format=json',
  firewall_policy: 'gcloud compute network-firewall-policies list --format=json',
};

/** Whether a resource is nothing without the one that it is a part of. */
export function isPart({ type }: Instance): boolean {
  return PART.test(type) && !WHOLE.test(type);
}

/** Says that what a part belongs to is nowhere. */
export function lonely({ address }: Instance, values: Values): Missing {
  const found = Object.entries(COMMANDS).find(([key]) => text(values, key) !== undefined);
  const owner = found === undefined ? undefined : text(values, found[0]);
  return {
    what: `what ${address} is a part of${owner === undefined ? '' : ` (${owner})`}: neither the plan nor a snapshot holds it`,
    fetch: found?.[1].replace('{}', owner ?? '') ?? null,
  };
}
