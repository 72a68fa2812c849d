/** Traps of appliances and inspection endpoints: both directions have to cross the same one. */
import type { GotchaContext } from '../../../model/finding.ts';
import { object, strings, text } from '../record.ts';
import { type AwsFacts, type Found, type GotchaRule, TGW, UG, trap } from './rule.ts';

interface Middle {
  readonly id: string;
  readonly vpc: string;
}

/** Machines that forward and inspection endpoints on one leg, without the ends themselves. */
function middlesOf(
  hops: readonly { readonly resource: string }[],
  context: GotchaContext,
  { estate }: AwsFacts,
): Middle[] {
  const { src, dst } = context.answer.query;
  return hops.flatMap(({ resource }): Middle[] => {
    if ([src.id, dst.id, context.question.start, ...(context.question.target ?? [])].includes(resource)) return [];
    const endpoint = estate.inventory.get('VpcEndpoints', resource);
    if (endpoint !== undefined)
      return text(endpoint.record, 'VpcEndpointType') === 'GatewayLoadBalancer'
        ? [{ id: resource, vpc: text(endpoint.record, 'VpcId') ?? '' }]
        : [];
    const eni = (estate.interfaces.of(resource) ?? [estate.interfaces.get(resource)])[0];
    const owns = [src, dst].some((end) => eni?.entry.id === end.id || eni?.instance === end.id);
    return eni === undefined || eni.sourceDestCheck || owns ? [] : [{ id: resource, vpc: eni.vpc }];
  });
}

export const INSPECTION_GOTCHAS: readonly GotchaRule[] = [
  trap(
    {
      code: 'asymmetric-inspection',
      severity: 'high',
      title: 'The two directions do not cross the same appliance',
      why: 'A firewall that sees one direction only drops the connection or lets it pass unseen; asymmetric paths through appliances are not supported.',
      fix: 'Route both directions through the same appliance.',
      source: `${UG}gateway-route-tables.html`,
    },
    (context, facts) => {
      const { answer } = context;
      if (answer.verdict === 'unreachable') return [];
      const doubted = answer.missing.find(({ what }) =>
        /never sees the reply|whose request went another way/.test(what),
      );
      const [there, back] = [answer.forward.hops, answer.return.hops].map((hops) => middlesOf(hops, context, facts));
      const once = [
        ...there!.filter(({ id }) => !back!.some((other) => other.id === id)),
        ...back!.filter(({ id }) => !there!.some((other) => other.id === id)),
      ];
      const bothSeen = answer.forward.hops.length > 0 && answer.return.hops.length > 0;
      if (doubted !== undefined)
        return [{ resource: once[0]?.id ?? answer.query.dst.id, message: 'only one direction crosses it' }];
      return bothSeen
        ? once.map(({ id }): Found => ({ resource: id, message: `only one direction crosses ${id}` }))
        : [];
    },
  ),
  trap(
    {
      code: 'tgw-asymmetric-inspection',
      severity: 'high',
      title: 'Appliance mode is off in front of an inspection VPC',
      why: "Without it the transit gateway keeps each direction in the sender's zone, so the reply may reach an appliance in another zone that never saw the request.",
      fix: 'Switch appliance mode of the attachment on.',
      source: `${TGW}how-transit-gateways-work.html`,
    },
    (context, facts) => {
      const { answer } = context;
      const hops = [...answer.forward.hops, ...answer.return.hops];
      if (!hops.some(({ kind }) => kind === 'transit gateway')) return [];
      const vpcs = new Set(middlesOf(hops, context, facts).map(({ vpc }) => vpc));
      return facts.estate.inventory
        .all('TransitGatewayVpcAttachments')
        .filter(({ record }) => {
          const mode = text(object(record, 'Options') ?? {}, 'ApplianceModeSupport');
          return vpcs.has(text(record, 'VpcId') ?? '') && mode !== 'enable' && strings(record, 'SubnetIds').length > 1;
        })
        .map(({ id }) => ({
          resource: id,
          message: `${id} leads to appliances in several zones, and appliance mode is off`,
        }));
    },
  ),
];
