/** Microsoft Azure: reads its documents into the network. One file a resource kind. */
import type { RouteEntry } from '../../model/network.ts';
import type { Provider } from '../../model/finding.ts';
import { AdminRules } from './admin-rule.ts';
import { stepsOf } from './change-steps.ts';
import { AZURE_CODES } from './codes.ts';
import { Estate, type SubnetFacts } from './estate.ts';
import { Firewalls } from './firewall.ts';
import { Gateways } from './gateway.ts';
import { factsOf } from './facts.ts';
import { gotchasOf } from './gotchas/index.ts';
import { readInternet } from './internet.ts';
import { Inventory, missingListings } from './inventory.ts';
import { LoadBalancers } from './load-balancer.ts';
import { readInterfaces } from './network-interface.ts';
import { readPeerings } from './peering.ts';
import { readRouteTables } from './route-table.ts';
import { SecurityGroups } from './security-group.ts';
import { text } from './record.ts';
import { readServiceEndpoints } from './service-endpoint.ts';
import { type Learned, ServiceTags } from './service-tag.ts';
import { VirtualHubs } from './virtual-hub.ts';
import { readVirtualNetworks } from './virtual-network.ts';

export const azureProvider: Provider = {
  name: 'azure',
  codes: AZURE_CODES,
  read(documents, builder) {
    const inventory = new Inventory(
      documents.filter((document) => document.provider === 'azure'),
      builder,
    );
    const estate = new Estate(inventory, builder);
    const tags = new ServiceTags(estate);
    const gateways = new Gateways(estate);
    const learned = (subnet: SubnetFacts): Learned => {
      const [own, hub] = [gateways.learned(subnet), hubs.learned(subnet)];
      return { ranges: [...own.ranges, ...hub.ranges], complete: own.complete && hub.complete };
    };
    const groups = new SecurityGroups(estate, tags, new AdminRules(estate), learned);
    const balancers = new LoadBalancers(estate, groups);
    const firewalls = new Firewalls(estate, tags, learned);
    const hubs = new VirtualHubs(estate, firewalls);
    const internet = readInternet(estate, balancers);
    readInterfaces(
      estate,
      groups,
      (nic) => balancers.stepsOf(nic),
      (nic) => balancers.together(nic),
    );
    readVirtualNetworks(
      estate,
      (vnet) => [...balancers.owners(vnet), ...firewalls.owners(vnet)],
      (subnet) => groups.subnetSteps(subnet),
    );
    readServiceEndpoints(estate);
    readRouteTables(
      estate,
      tags,
      {
        internet: (subnet) =>
          firewalls.isFirewallSubnet(subnet) ? { to: 'hop', in: 'internet#edge' } : internet(subnet),
        peers: readPeerings(estate),
        gateway: (subnet) => hubs.routes(subnet) ?? gateways.routes(subnet),
        appliance: (vnet, address) => balancers.appliance(vnet, address) ?? firewalls.appliance(vnet, address),
      },
      (subnet): readonly RouteEntry[] => groups.platformDenials(subnet),
    );
    return {
      gotchas: (context) => gotchasOf(context, { estate, groups, balancers, gateways }),
      stepsOf: (change) => stepsOf(change, inventory),
      missing: missingListings(inventory),
      facts: () => factsOf(estate),
      accountOf: (id) => /^\/subscriptions\/([^/]+)/i.exec(id)?.[1],
      regionOf: (id) => text(estate.nics.get(id.toLowerCase())?.entry.record, 'location')?.toLowerCase(),
    };
  },
};
