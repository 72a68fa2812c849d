/** Microsoft Azure: reads its documents into the network. One file a resource kind. */
import type { RouteEntry } from '../../model/network.ts';
import type { Provider } from '../../model/finding.ts';
import type { Missing } from '../../model/origin.ts';
import { AdminRules } from './admin-rule.ts';
import { AZURE_CODES } from './codes.ts';
import { Estate, type SubnetFacts } from './estate.ts';
import { Firewalls } from './firewall.ts';
import { Gateways } from './gateway.ts';
import { gotchasOf } from './gotchas/index.ts';
import { readInternet } from './internet.ts';
import { Inventory, missing } from './inventory.ts';
import { LoadBalancers } from './load-balancer.ts';
import { readInterfaces } from './network-interface.ts';
import { readPeerings } from './peering.ts';
import { readRouteTables } from './route-table.ts';
import { SecurityGroups } from './security-group.ts';
import { readServiceEndpoints } from './service-endpoint.ts';
import { ServiceTags } from './service-tag.ts';
import { readVirtualNetworks } from './virtual-network.ts';

export { azureRecogniser } from './envelopes.ts';

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
    const learned = (subnet: SubnetFacts) => gateways.learned(subnet);
    const groups = new SecurityGroups(estate, tags, new AdminRules(estate), learned);
    const balancers = new LoadBalancers(estate, groups);
    const firewalls = new Firewalls(estate, tags, learned);
    const internet = readInternet(estate, balancers);
    readInterfaces(estate, groups, (nic) => balancers.stepsOf(nic));
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
        gateway: (subnet) => gateways.routes(subnet),
        appliance: (subnet, address) => balancers.appliance(subnet, address) ?? firewalls.appliance(subnet, address),
      },
      (subnet): readonly RouteEntry[] => groups.platformDenials(subnet),
    );
    return {
      gotchas: (context) => gotchasOf(context, { estate }),
      missing: missingKinds(inventory),
    };
  },
};

/** Kinds that most questions need and that no document holds. */
function missingKinds(inventory: Inventory): Missing[] {
  if (!inventory.knows('vnet') && !inventory.knows('nic')) return [];
  const required = [
    ['vnet', 'virtual networks', 'network vnet list'],
    ['nic', 'network interfaces', 'network nic list'],
  ] as const;
  return required.filter(([kind]) => !inventory.knows(kind)).map(([, what, command]) => missing(what, command));
}
