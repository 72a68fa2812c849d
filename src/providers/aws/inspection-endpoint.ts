/**
 * Endpoints that packets are routed through: Gateway Load Balancer endpoints and those of Network Firewall. A bump in the
 * wire: what passed the inspection goes on from the endpoint's subnet, by that subnet's route table. Both directions have
 * to cross the same endpoint.
 * Sources: https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/introduction.html,
 * https://docs.aws.amazon.com/network-firewall/latest/developerguide/vpc-config-subnets.html
 */
import type { Filter, NextHop } from '../../model/network.ts';
import type { Assumption, Missing, Origin } from '../../model/origin.ts';
import type { Estate, SubnetFacts } from './estate.ts';
import type { Entry } from './inventory.ts';
import type { NetworkAcls } from './network-acl.ts';
import { type FirewallLook, firewallAt } from './network-firewall.ts';
import { BY_ENDPOINT, markForwarded, throughSubnet } from './passage.ts';
import { strings, text } from './record.ts';
import type { Target } from './targets.ts';
import { tableOf } from './subnet-names.ts';

/** Where packets enter an inspection endpoint; undefined for any other endpoint and for unknown ids. */
export function inspectionDoor(
  estate: Estate,
  id: string,
): { readonly door: string; readonly subnet: SubnetFacts | undefined } | undefined {
  const endpoint = estate.inventory.get('VpcEndpoints', id);
  if (endpoint === undefined || text(endpoint.record, 'VpcEndpointType') !== 'GatewayLoadBalancer') return undefined;
  return { door: `${id}#inspect`, subnet: estate.subnets.get(strings(endpoint.record, 'SubnetIds')[0] ?? '') };
}

export function readInspectionEndpoints(estate: Estate, acls: NetworkAcls): Target {
  for (const endpoint of estate.inventory.all('VpcEndpoints'))
    if (text(endpoint.record, 'VpcEndpointType') === 'GatewayLoadBalancer') readEndpoint(estate, endpoint);
  return (id, from, route): NextHop => {
    const found = inspectionDoor(estate, id);
    if (found?.subnet !== undefined) return throughSubnet(estate, acls, from, found.subnet, found.door);
    return {
      to: 'missing',
      what: estate.missing(`the subnet of endpoint ${id}`, `describe-vpc-endpoints --vpc-endpoint-ids ${id}`),
      by: route,
    };
  };
}

function readEndpoint(estate: Estate, endpoint: Entry): void {
  const { builder } = estate;
  const { id, origin } = endpoint;
  const state = (text(endpoint.record, 'State') ?? 'available').toLowerCase();
  const { door, subnet } = inspectionDoor(estate, id)!;
  builder.node(id, () => ({
    id,
    origin,
    role: 'router',
    interfaces: [door],
    ...(state === 'available' ? {} : { down: { code: 'aws-endpoint-not-available', why: `${id} is ${state}` } }),
  }));
  builder.interface(door, () => {
    const look = firewallAt(estate, endpoint);
    return {
      id: door,
      origin,
      node: id,
      addresses: [],
      steps: [
        { at: 'in', translation: `forwarded:${id}`, side: 'outward' },
        { at: 'in', filter: `inspect:${id}` },
        ...(look === undefined ? [] : look.filters.map((filter) => ({ at: 'in' as const, filter }))),
      ],
      table: tableOf(subnet?.entry.id ?? ''),
      assumes: look === undefined ? [forwards(id, origin)] : look.assumes,
    };
  });
  builder.translation(`forwarded:${id}`, () => markForwarded(`forwarded:${id}`, origin, BY_ENDPOINT));
  builder.filter(`inspect:${id}`, () => inspection(estate, endpoint, firewallAt(estate, endpoint)));
}

/** What the appliances behind a Gateway Load Balancer do is in no snapshot. */
function forwards(id: string, { kind }: Origin): Assumption {
  return {
    code: 'appliance-forwards-unchanged',
    resource: id,
    message: `the appliances behind ${kind} ${id} pass the packet on unchanged`,
  };
}

/** The endpoint as such: it has to see both directions, and somebody has to be behind it. */
function inspection(estate: Estate, endpoint: Entry, look: FirewallLook | undefined): Filter {
  const { id, origin } = endpoint;
  const unresolved: Missing | undefined = look?.missing;
  const empty = look === undefined && hasNoAppliance(estate, endpoint);
  return {
    id: `inspect:${id}`,
    origin,
    code: 'aws-lb-no-reachable-target',
    whyNoMend: 'an appliance has to be registered with the Gateway Load Balancer',
    rules: empty
      ? [{ origin, action: 'deny', match: [{}], text: 'no appliance is registered behind the endpoint' }]
      : unresolved === undefined
        ? []
        : [{ origin, action: 'deny', match: [{}], text: 'rules that are not known', unresolved }],
    order: 'first-match',
    otherwise: 'allow',
    state: `inspect:${id}`,
    noSession: 'unknown',
    noReply: 'unknown',
  };
}

/** True only where the snapshot shows the provider's side and nobody is registered there. */
function hasNoAppliance(estate: Estate, endpoint: Entry): boolean {
  const { inventory } = estate;
  const service = inventory
    .answers('ServiceConfigurations')
    .flatMap(({ records }) => records)
    .find((record) => text(record, 'ServiceName') === text(endpoint.record, 'ServiceName'));
  const arns = service === undefined ? [] : strings(service, 'GatewayLoadBalancerArns');
  const groups = inventory
    .all('TargetGroups')
    .filter(({ record }) => strings(record, 'LoadBalancerArns').some((arn) => arns.includes(arn)));
  const listed = inventory
    .answers('TargetHealthDescriptions')
    .filter(({ request }) => groups.some((group) => group.id === text(request, 'TargetGroupArn')));
  return groups.length > 0 && listed.length > 0 && listed.every(({ records }) => records.length === 0);
}
