/** Google Cloud in the neutral words of model/facts.ts: networks with the ranges of their subnets, peerings, VPN. Firewall rules form no groups. */
import { type ClashFacts, type EstateFacts, claimedOf } from '../../model/facts.ts';
import { CloudRouters } from './cloud-router.ts';
import { type Estate, type NetworkFacts, rangesOf } from './estate.ts';
import { link } from './record.ts';

export function factsOf(estate: Estate): EstateFacts {
  const networks = [...estate.networks.values()];
  return {
    groups: [],
    ranges: networks.map((network) => ({
      origin: network.entry.origin,
      spans: network.subnets.flatMap(rangesOf),
      isUsed: network.nics.length > 0,
      joined: [...estate.peersOf(network).map((peer) => peer.entry.id), ...tunnelledTo(estate, network)],
    })),
    clashes: shadowedRoutes(estate, networks),
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

/**
 * Networks at the other end of VPN tunnels: where a peering refuses subnets that overlap, a tunnel does not look.
 * Source: https://docs.cloud.google.com/network-connectivity/docs/vpn/concepts/topologies
 */
function tunnelledTo({ inventory }: Estate, network: NetworkFacts): readonly string[] {
  const networkAt = (gateway: string | undefined) => link(inventory.get('vpnGateway', gateway)?.record, 'network');
  return inventory.all('vpnTunnel').flatMap(({ record }): readonly string[] => {
    const far = networkAt(link(record, 'peerGcpGateway'));
    return far !== undefined && networkAt(link(record, 'vpnGateway')) === network.entry.id ? [far] : [];
  });
}

/**
 * Routes learned by BGP for addresses of the network's own subnets: they are not used.
 * Source: https://docs.cloud.google.com/network-intelligence-center/docs/network-analyzer/insights/hybrid-connectivity/dynamic-route-shadowed
 */
function shadowedRoutes(estate: Estate, networks: readonly NetworkFacts[]): readonly ClashFacts[] {
  // Where a route leads does not matter here, only what it is for.
  const routers = new CloudRouters(estate, () => ({ to: 'local' }));
  return networks.flatMap((network) => {
    const own = network.subnets.flatMap(rangesOf);
    return routers.learned(network, undefined).flatMap(({ span, origin }) => {
      const spans = claimedOf([span], own);
      return spans.length === 0 ? [] : [{ origin, network: network.entry.origin, spans }];
    });
  });
}
