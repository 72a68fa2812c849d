/**
 * Gateway endpoints (S3, DynamoDB): targets of prefix-list routes that take the service's public addresses without an
 * internet gateway. Only hosts of the endpoint's own VPC can use them.
 * Source: https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
 */
import type { Origin } from '../../model/origin.ts';
import type { Estate } from './estate.ts';
import { text } from './record.ts';
import type { Target } from './targets.ts';
import { fabric, vpcDoor } from './subnet-names.ts';

export function readGatewayEndpoints(estate: Estate): Target {
  const { builder, inventory } = estate;
  for (const endpoint of inventory.all('VpcEndpoints')) {
    const vpc = text(endpoint.record, 'VpcId');
    if ((text(endpoint.record, 'VpcEndpointType') ?? 'Gateway') !== 'Gateway' || vpc === undefined) continue;
    const { id, origin } = endpoint;
    const implicit: Origin = { ...origin, implicit: true };
    const state = text(endpoint.record, 'State') ?? 'available';
    const down = state.toLowerCase() !== 'available';
    builder.node(id, () => ({
      id,
      origin,
      role: 'outside',
      interfaces: [`${id}#vpc`],
      assumes: [
        {
          code: 'service-permits',
          resource: id,
          message: `the service behind ${id} answers, and its endpoint policy allows the request`,
        },
      ],
      ...(down ? { down: { code: 'aws-endpoint-not-available', why: `${id} is ${state}` } } : {}),
    }));
    builder.interface(`${id}#vpc`, () => ({ id: `${id}#vpc`, origin, node: id, addresses: [], steps: [], table: id }));
    builder.table(id, () => ({
      id,
      origin: implicit,
      entries: [
        {
          origin: implicit,
          match: { dst: estate.vpcs.get(vpc)?.cidrs ?? [] },
          next: { to: 'link', link: fabric(vpc) },
          rank: [0],
          text: `back into ${vpc}`,
        },
        { origin: implicit, match: {}, next: { to: 'local' }, rank: [1], text: 'the service' },
      ],
    }));
  }
  return (id, from, route) => {
    const endpoint = inventory.get('VpcEndpoints', id);
    if (endpoint === undefined)
      return {
        to: 'missing',
        what: estate.missing(`VPC endpoint ${id}`, `describe-vpc-endpoints --vpc-endpoint-ids ${id}`),
        by: route,
      };
    const type = text(endpoint.record, 'VpcEndpointType') ?? 'Gateway';
    if (type !== 'Gateway')
      return {
        to: 'missing',
        what: { what: `what the inspection behind ${id} (${type}) does with packets`, fetch: null },
        by: endpoint.origin,
      };
    if (text(endpoint.record, 'VpcId') !== from.vpc)
      return {
        to: 'drop',
        code: 'aws-endpoint-not-available',
        why: `${id} belongs to another VPC`,
        by: endpoint.origin,
      };
    return { to: 'hop', out: vpcDoor(from.entry.id), in: `${id}#vpc` };
  };
}
