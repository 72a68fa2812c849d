/**
 * Private Service Connect endpoints: an address in the network that stands for a service of somebody else. What a
 * producer's side does is in no snapshot of the consumer; Google's own bundles of APIs are taken to answer.
 * Source: https://docs.cloud.google.com/vpc/docs/private-service-connect
 */
import type { NextHop } from '../../../model/network.ts';
import { nameOf } from '../../../model/origin.ts';
import { normalise } from '../../../net/spans.ts';
import { type Estate, rangesOf } from '../estate.ts';
import { fabric } from '../interface.ts';
import { text } from '../record.ts';
import { type RuleFacts, door, isGoogleBundle } from './forwarding-rule.ts';

export function defineServiceEndpoint({ builder }: Estate, rule: RuleFacts): void {
  const { entry, network, address, target = '' } = rule;
  const { id, origin } = entry;
  const status = text(entry.record, 'pscConnectionStatus');
  const isGoogle = isGoogleBundle(target);
  const next: NextHop = isGoogle
    ? { to: 'local' }
    : {
        to: 'missing',
        what: { what: `what the producer's side of ${nameOf(origin)} lets through and answers`, fetch: null },
        by: origin,
      };
  builder.node(id, () => ({
    id,
    origin,
    role: 'outside',
    interfaces: [door(id)],
    silent: 'an endpoint of a service answers those who call it',
    ...(status === undefined || status === 'ACCEPTED'
      ? {}
      : { down: { code: 'gcp-psc-not-accepted', why: `the connection of ${nameOf(origin)} is ${status}` } }),
    ...(isGoogle
      ? {
          assumes: [
            {
              code: 'service-permits',
              resource: origin.id,
              message: `the service behind ${nameOf(origin)} listens and permits this`,
            },
          ],
        }
      : {}),
  }));
  builder.interface(door(id), () => ({
    id: door(id),
    origin,
    node: id,
    addresses: [{ address }],
    steps: [],
    table: `${id}#table`,
  }));
  builder.table(`${id}#table`, () => ({
    id: `${id}#table`,
    origin,
    code: 'gcp-forwarding-rule-mismatch',
    entries: [
      { origin, match: { dst: [[address, address + 1n]] }, next, rank: [0], text: 'the service' },
      {
        origin,
        match: { dst: network === undefined ? [] : normalise(network.subnets.flatMap(rangesOf)) },
        next: { to: 'link', link: fabric(network?.entry.id ?? '') },
        rank: [1],
        text: 'back into the network',
      },
    ],
  }));
}
