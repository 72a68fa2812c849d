/** Google Cloud in the neutral words of model/facts.ts: networks with the ranges of their subnets, peerings. Firewall rules form no groups. */
import type { EstateFacts } from '../../model/facts.ts';
import { type Estate, rangesOf } from './estate.ts';

export function factsOf(estate: Estate): EstateFacts {
  const networks = [...estate.networks.values()];
  return {
    groups: [],
    ranges: networks.map((network) => ({
      origin: network.entry.origin,
      spans: network.subnets.flatMap(rangesOf),
      isUsed: network.nics.length > 0,
      joined: estate.peersOf(network).map((peer) => peer.entry.id),
    })),
    oneWay: networks.flatMap((network) =>
      network.peerings.flatMap((peering) =>
        estate.networks.has(peering.peer) && estate.twinOf(network, peering) === undefined
          ? [
              {
                origin: network.entry.origin,
                why: `its peering ${peering.name} has no counterpart in the other network`,
              },
            ]
          : [],
      ),
    ),
  };
}
