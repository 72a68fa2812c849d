/**
 * Azure in the neutral words of model/facts.ts: network security groups, virtual networks and their ranges, peerings, sites.
 */
import { type ClashFacts, type EstateFacts, type RemarkFacts, claimedOf } from '../../model/facts.ts';
import { parseAddress } from '../../net/address.ts';
import { type Estate, type VnetFacts, isConnected } from './estate.ts';
import { type Entry, missing } from './inventory.ts';
import { nameIn, object, objects, parentOf, reference, references, strings, text } from './record.ts';

export function factsOf(estate: Estate): EstateFacts {
  const { inventory, knowsNics } = estate;
  const uses = new Map<string, number>();
  for (const { nsg } of [...estate.subnets.values(), ...estate.nics.values()])
    if (nsg !== undefined) uses.set(nsg, (uses.get(nsg) ?? 0) + 1);
  const vnets = [...estate.vnets.values()];
  return {
    remarks: {
      'subnets-without-groups': () => bareSubnets(vnets),
      'forwarding-hosts': () => idleForwarders(estate),
    },
    groups: inventory.all('nsg').map(({ id, origin, record }) => ({
      origin,
      attached: knowsNics ? (uses.get(id) ?? 0) : missing('all network interfaces', 'network nic list'),
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
      joined: [...peerings.map(({ remote }) => remote), ...tunnelledTo(estate, entry.id)],
    })),
    clashes: [...siteClashes(estate), ...hubSiteClashes(estate)],
    oneWay: vnets.flatMap((vnet) =>
      vnet.peerings.flatMap((peering) =>
        inventory.get('vnet', peering.remote) !== undefined && estate.twinOf(vnet, peering) === undefined
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

/** The virtual network of a gateway. */
function vnetOf(estate: Estate, gateway: string | undefined): VnetFacts | undefined {
  const entry = estate.inventory.get('gateway', gateway);
  return objects(entry?.record, 'ipConfigurations')
    .map((one) => estate.subnets.get(reference(one, 'subnet') ?? '')?.vnet)
    .find((vnet) => vnet !== undefined);
}

/** Networks joined with one by a connection between their gateways, which nobody refuses for addresses that overlap. */
function tunnelledTo(estate: Estate, id: string): readonly string[] {
  return estate.inventory.all('connection').flatMap((connection) => {
    const ends = ['virtualNetworkGateway1', 'virtualNetworkGateway2'].map(
      (key) => vnetOf(estate, reference(connection.record, key))?.entry.id,
    );
    const far = ends.includes(id) && !translates(connection) ? ends.find((end) => end !== id) : undefined;
    return far === undefined ? [] : [far];
  });
}

/**
 * Sites whose prefixes are addresses of a network behind the same gateway. Of what translates nothing is said: that is how
 * networks with the same addresses are joined.
 * Source: https://learn.microsoft.com/en-us/azure/vpn-gateway/nat-overview
 */
function siteClashes(estate: Estate): readonly ClashFacts[] {
  const { inventory } = estate;
  return inventory.all('connection').flatMap((connection) => {
    const site = inventory.get('localGateway', reference(connection.record, 'localNetworkGateway2'));
    const hub = vnetOf(estate, reference(connection.record, 'virtualNetworkGateway1'));
    if (site === undefined || hub === undefined || translates(connection)) return [];
    const guests = [...estate.vnets.values()].filter(({ peerings }) =>
      peerings.some((one) => one.remote === hub.entry.id && one.remoteGateways && isConnected(one)),
    );
    return clashesOf(estate, site, object(site.record, 'localNetworkAddressSpace'), [hub, ...guests]);
  });
}

/** The same for the sites of a virtual hub and the networks that are connected to it. */
function hubSiteClashes(estate: Estate): readonly ClashFacts[] {
  const { inventory } = estate;
  return inventory.all('hubVpnGateway').flatMap(({ record }) => {
    const hub = reference(record, 'virtualHub');
    const vnets = inventory
      .all('hubConnection')
      .filter(({ id }) => parentOf(id) === hub)
      .flatMap((one) => estate.vnets.get(reference(one.record, 'remoteVirtualNetwork') ?? '') ?? []);
    return objects(record, 'connections').flatMap((connection) => {
      const site = inventory.get('vpnSite', reference(connection, 'remoteVpnSite'));
      const links = objects(connection, 'vpnLinkConnections');
      if (site === undefined || links.some((one) => translates({ record: one }))) return [];
      return clashesOf(estate, site, object(site.record, 'addressSpace'), vnets);
    });
  });
}

function clashesOf(
  estate: Estate,
  site: Entry,
  space: Parameters<typeof strings>[0],
  vnets: readonly VnetFacts[],
): readonly ClashFacts[] {
  const prefixes = estate.ranges(site, strings(space, 'addressPrefixes'));
  return vnets.flatMap((vnet) => {
    const spans = claimedOf(prefixes, vnet.ranges);
    return spans.length === 0 ? [] : [{ origin: site.origin, network: vnet.entry.origin, spans }];
  });
}

/** Whether a connection puts other addresses in the place of those of either side. */
function translates({ record }: Pick<Entry, 'record'>): boolean {
  return references(record, 'ingressNatRules').length + references(record, 'egressNatRules').length > 0;
}

/** Subnets of the platform's own that take no group, or whose service refuses one. */
const WITHOUT: ReadonlySet<string> = new Set([
  'gatewaysubnet',
  'azurefirewallsubnet',
  'azurefirewallmanagementsubnet',
  'routeserversubnet',
]);

/**
 * Subnets that something stands in and no group protects.
 * Source: https://learn.microsoft.com/en-us/azure/virtual-network/network-security-groups-overview
 */
function bareSubnets(vnets: readonly VnetFacts[]): readonly RemarkFacts[] {
  return vnets
    .flatMap(({ subnets }) => subnets)
    .filter(({ entry, nsg, nics, absent }) => {
      const isBare = nsg === undefined && absent === undefined && nics.length > 0;
      return isBare && !WITHOUT.has(nameIn(entry.id));
    })
    .map(({ entry, nics }) => {
      const bare = nics.filter((nic) => nic.nsg === undefined).length;
      const tail =
        bare === 0 ? 'those of its interfaces alone protect them' : `${bare} of its interfaces have none either`;
      return { origin: entry.origin, why: `has no network security group: ${tail}` };
    });
}

/**
 * Interfaces that may forward what others send, and that no route and no balancer leads to.
 * Source: https://learn.microsoft.com/en-us/azure/virtual-network/virtual-network-network-interface
 */
function idleForwarders(estate: Estate): readonly RemarkFacts[] {
  const { inventory } = estate;
  // A table that a subnet has and no document holds may lead anywhere.
  const named = [...estate.subnets.values()].flatMap(({ routeTable }) => routeTable ?? []);
  if (named.some((id) => inventory.get('routeTable', id) === undefined)) return [];
  const tables = [
    ...inventory.all('routeTable').flatMap(({ record }) => objects(record, 'routes')),
    ...inventory.all('route').map(({ record }) => record),
  ];
  const hops = new Set(
    tables.flatMap((route) => parseAddress(text(object(route, 'properties') ?? route, 'nextHopIpAddress') ?? '') ?? []),
  );
  return [...estate.nics.values()]
    .filter(({ entry, forwards, configurations }) => {
      const isBalanced = objects(entry.record, 'ipConfigurations').some(
        (one) => references(one, 'loadBalancerBackendAddressPools').length > 0,
      );
      return forwards && !isBalanced && !configurations.some(({ address }) => hops.has(address.address));
    })
    .map(({ entry }) => ({
      origin: entry.origin,
      why: 'may forward what others send (IP forwarding), and no route leads to it',
    }));
}
