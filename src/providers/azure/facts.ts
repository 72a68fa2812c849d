/** Azure in the neutral words of model/facts.ts: network security groups, virtual networks and their ranges, peerings. */
import type { EstateFacts } from '../../model/facts.ts';
import type { Estate } from './estate.ts';
import { object, objects, text } from './record.ts';

export function factsOf(estate: Estate): EstateFacts {
  const { inventory, knowsNics } = estate;
  const uses = new Map<string, number>();
  for (const { nsg } of [...estate.subnets.values(), ...estate.nics.values()])
    if (nsg !== undefined) uses.set(nsg, (uses.get(nsg) ?? 0) + 1);
  const vnets = [...estate.vnets.values()];
  return {
    groups: inventory.all('nsg').map(({ id, origin, record }) => ({
      origin,
      ...(knowsNics ? { attached: uses.get(id) ?? 0 } : {}),
      isDefault: false,
      allows: objects(record, 'securityRules').some(
        (rule) => (text(object(rule, 'properties') ?? rule, 'access') ?? '').toLowerCase() === 'allow',
      ),
      gone: [],
    })),
    ranges: vnets.map(({ entry, ranges, subnets, peerings }) => ({
      origin: entry.origin,
      spans: ranges,
      isUsed: subnets.some((subnet) => subnet.nics.length > 0),
      joined: peerings.map(({ remote }) => remote),
    })),
    oneWay: vnets.flatMap((vnet) =>
      vnet.peerings.flatMap((peering) =>
        estate.vnets.has(peering.remote) && estate.twinOf(vnet, peering) === undefined
          ? [
              {
                origin: peering.entry.origin,
                why: 'the other virtual network has no peering back, so it carries nothing',
              },
            ]
          : [],
      ),
    ),
  };
}
