/** Traps of route tables: which table, which route, and what is not there. */
import type { GotchaContext } from '../../../model/finding.ts';
import { parseCidr } from '../../../net/address.ts';
import type { Entry } from '../inventory.ts';
import { prefixListCidrs } from '../prefix-list.ts';
import { type Json, objects, text } from '../record.ts';
import { isPropagated, targetOf } from '../route-table.ts';
import { type AwsFacts, type Found, type GotchaRule, UG, destinationOf, endsOf, trap, trapOf } from './rule.ts';

const TABLES = `${UG}VPC_Route_Tables.html`;
const PRIORITY = `${UG}route-tables-priority.html`;

/** A route that matches the destination, the longest prefix first. */
interface Matching {
  readonly route: Json;
  readonly shown: string;
  readonly size: bigint;
  readonly target: string;
}

/** The CIDR routes of the sender's table that match what is asked for. */
function matchingRoutes(
  context: GotchaContext,
  facts: AwsFacts,
): { table: Entry; routes: readonly Matching[] } | undefined {
  const { from } = endsOf(context, facts);
  const subnet = facts.estate.subnets.get(from?.subnet ?? '');
  const table = subnet === undefined ? undefined : facts.tables.of(subnet);
  const address = destinationOf(context);
  if (table === undefined || address === undefined) return undefined;
  const routes = objects(table.record, 'Routes').flatMap((route): Matching[] => {
    const cidr = cidrOf(route);
    const span = cidr === undefined ? undefined : parseCidr(cidr);
    const target = targetOf(route)?.id;
    if (span === undefined || target === undefined || address < span[0] || address >= span[1]) return [];
    return [{ route, shown: `${cidr} -> ${target}`, size: span[1] - span[0], target }];
  });
  return { table, routes: routes.sort((a, b) => (a.size < b.size ? -1 : 1)) };
}

function cidrOf(route: Json): string | undefined {
  return text(route, 'DestinationCidrBlock') ?? text(route, 'DestinationIpv6CidrBlock');
}

function about(entry: Entry, message: string): Found[] {
  return [
    { resource: entry.id, ...(entry.origin.name === undefined ? {} : { resourceName: entry.origin.name }), message },
  ];
}

function hasRoute(table: Entry | undefined, cidr: string): boolean {
  return table !== undefined && objects(table.record, 'Routes').some((route) => cidrOf(route) === cidr);
}

export const ROUTE_GOTCHAS: readonly GotchaRule[] = [
  trapOf(
    { code: 'aws-route-blackhole' },
    {
      code: 'route-blackhole',
      severity: 'high',
      title: 'The longest match is a blackhole',
      why: 'The target was deleted; a shorter route does not take over.',
      fix: 'Delete the route or mend its target.',
      source: TABLES,
    },
    ({ resource }) => `${resource} still has a route whose target is gone, and it wins over wider ones`,
  ),
  trapOf(
    { code: 'aws-no-route', leg: 'forward' },
    {
      code: 'route-missing-forward',
      severity: 'high',
      title: 'No route on the way there',
      why: 'Only one side was edited, or the subnet uses another table than expected.',
      fix: 'Add the route.',
      source: TABLES,
    },
    ({ resource }) => `${resource} has no route for the destination`,
  ),
  trapOf(
    { code: 'aws-no-route', leg: 'return' },
    {
      code: 'route-missing-return',
      severity: 'high',
      title: 'No route on the way back',
      why: 'Only one side was edited: the reply needs a route too.',
      fix: 'Add the route for the reply.',
      source: TABLES,
    },
    ({ resource }) => `${resource} has no route for the reply`,
  ),
  trapOf(
    { code: 'aws-no-route' },
    {
      code: 'ipv6-route-missing',
      severity: 'high',
      title: 'The table has no route for IPv6',
      why: '0.0.0.0/0 does not cover IPv6: ::/0 is a route of its own.',
      fix: 'Add ::/0 to the internet gateway or an egress-only gateway.',
      source: `${UG}vpc-migrate-ipv6.html`,
    },
    ({ resource }, { question }, { estate }) => {
      const table = estate.inventory.get('RouteTables', resource);
      return question.family === 6 && hasRoute(table, '0.0.0.0/0') && !hasRoute(table, '::/0')
        ? `${resource} routes 0.0.0.0/0 but not ::/0`
        : undefined;
    },
  ),
  trapOf(
    { code: 'aws-no-route' },
    {
      code: 'route-half-default',
      severity: 'medium',
      title: 'Only half of the default route is there',
      why: '0.0.0.0/1 and 128.0.0.0/1 together stand for everything; one of them is missing.',
      fix: 'Add the other half.',
      source: TABLES,
    },
    ({ resource }, _, { estate }) => {
      const table = estate.inventory.get('RouteTables', resource);
      const halves = ['0.0.0.0/1', '128.0.0.0/1'].filter((half) => hasRoute(table, half));
      return halves.length === 1 && !hasRoute(table, '0.0.0.0/0') ? `${resource} routes ${halves[0]} only` : undefined;
    },
  ),
  trap(
    {
      code: 'route-more-specific-shadow',
      severity: 'medium',
      title: 'A longer prefix overrides the route that was meant',
      why: 'The most specific route wins, wherever it leads: a forgotten /24 takes its addresses out of the /16.',
      fix: 'Remove the longer route, or point it to the same target.',
      source: PRIORITY,
    },
    (context, facts) => {
      if (context.answer.verdict === 'reachable') return [];
      const matching = matchingRoutes(context, facts);
      const [first, second] = matching?.routes ?? [];
      if (matching === undefined || first === undefined || second === undefined || first.target === second.target)
        return [];
      return first.target === 'local' || first.size === second.size
        ? []
        : about(matching.table, `${first.shown} takes the packet, not the wider ${second.shown}`);
    },
  ),
  trap(
    {
      code: 'route-propagated-overlap',
      severity: 'medium',
      title: 'A propagated route overlaps another',
      why: 'A static route wins over an equal propagated one, and the local route over a propagated one inside it; for other overlaps the documentation contradicts itself.',
      fix: 'Make one of the routes more specific, or withdraw it.',
      source: PRIORITY,
    },
    (context, facts) => {
      const matching = matchingRoutes(context, facts);
      const propagated = matching?.routes.find(({ route }) => isPropagated(route));
      const other = matching?.routes.find(({ route, target }) => !isPropagated(route) && target !== propagated?.target);
      return matching === undefined || propagated === undefined || other === undefined || other.size > 1n << 31n
        ? []
        : about(matching.table, `the propagated ${propagated.shown} overlaps ${other.shown}`);
    },
  ),
  trap(
    {
      code: 'route-prefix-list-overlap',
      severity: 'high',
      title: 'Two prefix lists lead the same addresses to different targets',
      why: 'Where prefix lists overlap, AWS picks a route at random.',
      fix: 'Take the addresses out of one list.',
      source: PRIORITY,
    },
    (context, facts) => {
      const { from } = endsOf(context, facts);
      const subnet = facts.estate.subnets.get(from?.subnet ?? '');
      const table = subnet === undefined ? undefined : facts.tables.of(subnet);
      const address = destinationOf(context);
      if (table === undefined || address === undefined) return [];
      const lists = objects(table.record, 'Routes').flatMap((route) => {
        const id = text(route, 'DestinationPrefixListId');
        const spans = id === undefined ? [] : (prefixListCidrs(facts.estate, id) ?? []);
        return spans.some(([lo, end]) => lo <= address && address < end) ? [{ id, target: targetOf(route)?.id }] : [];
      });
      return new Set(lists.map(({ target }) => target)).size > 1
        ? about(
            table,
            `${lists.map(({ id, target }) => `${id} -> ${target ?? 'nothing'}`).join(' and ')} both hold the destination`,
          )
        : [];
    },
  ),
  trap(
    {
      code: 'route-main-table-fallback',
      severity: 'low',
      title: 'The subnet uses the main route table',
      why: 'A subnet without an explicit association silently uses the main table.',
      fix: 'Associate the subnet with the table that is meant.',
      source: `${UG}subnet-route-tables.html`,
    },
    ({ answer }, { estate, tables }) => {
      const routing = new Set(answer.blockers.filter((b) => b.code === 'aws-no-route').map((b) => b.resource));
      const path = new Set([...answer.forward.hops, ...answer.return.hops].map((hop) => hop.resource));
      return [...path]
        .sort()
        .flatMap((id) => estate.subnets.get(id) ?? [])
        .filter((subnet) => tables.isMain(subnet) && routing.has(tables.of(subnet)?.id ?? ''))
        .map((subnet) => ({
          resource: subnet.entry.id,
          message: `${subnet.entry.id} has no association of its own and uses the main table ${tables.of(subnet)?.id}`,
        }));
    },
  ),
  trap(
    {
      code: 'igw-edge-route',
      severity: 'medium',
      title: 'An edge route table diverts what comes in',
      why: 'A table associated with the gateway sends inbound packets to an appliance before they reach their subnet.',
      fix: 'Look at the gateway route table when the appliance, not the target, drops packets.',
      source: `${UG}gateway-route-tables.html`,
    },
    (context, { estate, tables }) =>
      [...new Set([...context.answer.forward.hops, ...context.answer.return.hops].map((hop) => hop.resource))].flatMap(
        (gateway) => {
          const edge = tables.ofGateway(gateway);
          const diverts =
            edge !== undefined &&
            estate.inventory.get('InternetGateways', gateway) !== undefined &&
            objects(edge.record, 'Routes').some((route) => !['local', undefined].includes(targetOf(route)?.id));
          return diverts ? about(edge, `${edge.id} is the edge table of ${gateway} and diverts inbound packets`) : [];
        },
      ),
  ),
];
