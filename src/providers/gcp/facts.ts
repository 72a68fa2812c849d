/**
 * Google Cloud in the neutral words of model/facts.ts: networks with the ranges of their subnets, peerings, VPN. A firewall rule
 * is a group of one rule.
 */
import { type ClashFacts, type EstateFacts, type GroupFacts, type RemarkFacts, claimedOf } from '../../model/facts.ts';
import { parseAddress } from '../../net/address.ts';
import { CloudRouters } from './cloud-router.ts';
import { type Estate, type NetworkFacts, type NicFacts, rangesOf } from './estate.ts';
import { missing } from './inventory.ts';
import { flag, link, object, objects, strings, text } from './record.ts';

export function factsOf(estate: Estate): EstateFacts {
  const networks = [...estate.networks.values()];
  return {
    remarks: {
      'default-networks': () => defaultNetworks(networks),
      'flow-logs-off': () => unlogged(networks),
      'forwarding-hosts': () => idleForwarders(estate),
    },
    groups: ruleFacts(estate),
    ranges: networks.map((network) => ({
      origin: network.entry.origin,
      spans: network.subnets.flatMap(rangesOf),
      isUsed: network.nics.length > 0,
      joined: [...estate.peersOf(network).map((peer) => peer.entry.id), ...tunnelledTo(estate, network)],
    })),
    clashes: shadowedRoutes(estate, networks),
    oneWay: networks.flatMap((network) =>
      network.peerings.flatMap((peering) =>
        estate.inventory.get('network', peering.peer) !== undefined && estate.twinOf(network, peering) === undefined
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

/** Firewall rules and the interfaces that they are for: all of their network, or those with one of their tags or accounts. */
function ruleFacts({ inventory, networks }: Estate): readonly GroupFacts[] {
  const unknown = missing('all VMs', 'compute instances list');
  return inventory.all('firewall').map(({ record, origin }) => {
    const nics = networks.get(link(record, 'network') ?? '')?.nics ?? [];
    const [tags, accounts] = ['targetTags', 'targetServiceAccounts'].map((key) => new Set(strings(record, key)));
    const isMeant = (nic: NicFacts) =>
      tags!.size + accounts!.size === 0 ||
      nic.tags.some((tag) => tags!.has(tag)) ||
      nic.accounts.some((account) => accounts!.has(account));
    return {
      origin,
      attached: inventory.knows('instance') ? nics.filter(isMeant).length : unknown,
      isDefault: false,
      allows: objects(record, 'allowed').length > 0,
      gone: [],
    };
  });
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

/**
 * The network that comes with a project, as it comes: a subnet in every region, and rules that let SSH, RDP and pings in.
 * Source: https://docs.cloud.google.com/vpc/docs/vpc
 */
function defaultNetworks(networks: readonly NetworkFacts[]): readonly RemarkFacts[] {
  return networks
    .filter(({ entry }) => entry.name === 'default' && flag(entry.record, 'autoCreateSubnetworks'))
    .map(({ entry, nics }) => ({
      origin: entry.origin,
      why: `came with the project, with a subnet in every region and rules that let SSH, RDP and pings in; ${nics.length} interfaces stand in it`,
    }));
}

/** Subnets of which nobody can say later what was sent there; those of proxies and of private NAT keep no logs. */
function unlogged(networks: readonly NetworkFacts[]): readonly RemarkFacts[] {
  return networks
    .flatMap(({ subnets }) => subnets)
    .filter(({ entry: { record }, purpose }) => {
      const isOn = flag(record, 'enableFlowLogs') || flag(object(record, 'logConfig') ?? {}, 'enable');
      return purpose === 'PRIVATE' && !isOn;
    })
    .map(({ entry }) => ({ origin: entry.origin, why: 'keeps no flow logs' }));
}

/**
 * VMs that may forward what others send, and that no route and no balancer leads to. The nodes of clusters have to.
 * Source: https://docs.cloud.google.com/vpc/docs/using-routes#canipforward
 */
function idleForwarders({ inventory, machines }: Estate): readonly RemarkFacts[] {
  if (!inventory.knows('route')) return [];
  const routes = inventory.all('route').map(({ record }) => record);
  const named = new Set(routes.flatMap((record) => link(record, 'nextHopInstance') ?? []));
  const hops = new Set(routes.flatMap((record) => parseAddress(text(record, 'nextHopIp') ?? '') ?? []));
  const balanced = new Set(
    inventory
      .answers('instanceGroupMembers')
      .flatMap(({ records }) => records.flatMap((record) => link(record, 'instance') ?? [])),
  );
  return [...machines].flatMap(([id, nics]): RemarkFacts[] => {
    const [first] = nics;
    if (first === undefined || !first.canForward || first.instance.name.startsWith('gke-')) return [];
    const isHop = nics.some(({ addresses }) => addresses.some(({ address }) => hops.has(address)));
    const isPeer = inventory
      .all('router')
      .some(({ record }) => objects(record, 'bgpPeers').some((peer) => link(peer, 'routerApplianceInstance') === id));
    if (named.has(id) || isHop || isPeer || balanced.has(id)) return [];
    return [
      { origin: first.instance.origin, why: 'may forward what others send (canIpForward), and no route leads to it' },
    ];
  });
}
