/** Traps of VPC endpoints: the route of a gateway endpoint, the group of an interface endpoint. */
import { contains } from '../../../net/spans.ts';
import { prefixListCidrs } from '../prefix-list.ts';
import { objects, text } from '../record.ts';
import { type GotchaRule, PL, destinationOf, endsOf, trap } from './rule.ts';

export const ENDPOINT_GOTCHAS: readonly GotchaRule[] = [
  trap(
    {
      code: 'gateway-endpoint-not-in-route-table',
      severity: 'high',
      title: "The endpoint's route is missing in this table",
      why: 'A gateway endpoint works for the route tables that were chosen for it, and for no others of the VPC.',
      fix: "Add the route table to the endpoint's tables.",
      source: `${PL}gateway-endpoints.html`,
    },
    (context, { estate, tables, ...rest }) => {
      const { from } = endsOf(context, { estate, tables, ...rest });
      const subnet = estate.subnets.get(from?.subnet ?? '');
      const table = subnet === undefined ? undefined : tables.of(subnet);
      const address = destinationOf(context);
      if (context.answer.verdict === 'reachable' || table === undefined || address === undefined) return [];
      return estate.inventory
        .all('VpcEndpoints')
        .filter(
          ({ record }) =>
            (text(record, 'VpcEndpointType') ?? 'Gateway') === 'Gateway' && text(record, 'VpcId') === subnet!.vpc,
        )
        .flatMap(({ id, record }) => {
          const service = text(record, 'ServiceName');
          const list = [
            ...estate.inventory.all('PrefixLists@describe-prefix-lists'),
            ...estate.inventory.all('PrefixLists@describe-managed-prefix-lists'),
          ].find((one) => one.name === service);
          const serves = list !== undefined && contains(prefixListCidrs(estate, list.id) ?? [], address);
          const routed = objects(table.record, 'Routes').some((route) => text(route, 'GatewayId') === id);
          return serves && !routed
            ? [{ resource: table.id, message: `${table.id} has no route to ${id}, which serves this address` }]
            : [];
        });
    },
  ),
  trap(
    {
      code: 'endpoint-sg-blocks-443',
      severity: 'high',
      title: 'A group shuts the endpoint out',
      why: "An interface endpoint has groups of its own, by default the VPC's default group; a gateway endpoint keeps the service's public addresses, which the caller's outbound rules must allow.",
      fix: "Allow 443 from the callers in the endpoint's group, or to the service's prefix list in the caller's.",
      source: `${PL}create-interface-endpoint.html`,
    },
    (context, facts) => {
      const { from, to } = endsOf(context, facts);
      const address = destinationOf(context);
      const subnet = facts.estate.subnets.get(from?.subnet ?? '');
      const table = subnet === undefined ? undefined : facts.tables.of(subnet);
      const service =
        address === undefined || table === undefined
          ? undefined
          : objects(table.record, 'Routes').find((route) => {
              const list = text(route, 'DestinationPrefixListId');
              const byEndpoint = text(route, 'GatewayId')?.startsWith('vpce-') === true;
              return byEndpoint && contains((list && prefixListCidrs(facts.estate, list)) || [], address);
            });
      const owner = () =>
        address === undefined ? undefined : facts.estate.interfaces.get(context.network.ownersOf(address)[0] ?? '');
      const isEndpoint = () => (to ?? owner())?.type === 'vpc_endpoint';
      return context.answer.blockers.flatMap(({ code, resource }) => {
        if (code === 'aws-security-group-ingress' && isEndpoint())
          return [{ resource, message: `${resource}, a group of the endpoint, does not let the caller in` }];
        if (code === 'aws-security-group-egress' && service !== undefined)
          return [
            {
              resource,
              message: `${resource} does not let the caller out to the service behind ${text(service, 'GatewayId')}: allow its prefix list ${text(service, 'DestinationPrefixListId')}`,
            },
          ];
        return [];
      });
    },
  ),
];
