/** Google Cloud: reads its documents into the network. One file a resource kind. */
import type { Provider } from '../../model/finding.ts';
import type { Missing } from '../../model/origin.ts';
import { stepsOf } from './change-steps.ts';
import { GCP_CODES } from './codes.ts';
import { Estate } from './estate.ts';
import { Firewalls } from './firewall.ts';
import { factsOf } from './facts.ts';
import { gotchasOf } from './gotchas/index.ts';
import { Hybrid } from './hybrid.ts';
import { readInterfaces, readNetworks } from './interface.ts';
import { InternetEdges } from './internet.ts';
import { Inventory, missing } from './inventory.ts';
import { LoadBalancers } from './load-balancer.ts';
import { Resources } from './resource-manager.ts';
import { Routes, type Ways } from './route.ts';
import { SenderTables } from './routing/sender-tables.ts';

export const gcpProvider: Provider = {
  name: 'gcp',
  codes: GCP_CODES,
  read(documents, builder) {
    const inventory = new Inventory(
      documents.filter((document) => document.provider === 'gcp'),
      builder,
    );
    const estate = new Estate(inventory, builder);
    const resources = new Resources(estate);
    const firewalls = new Firewalls(estate, resources);
    const balancers = new LoadBalancers(estate, firewalls);
    const edges = new InternetEdges(estate);
    const hybrid = new Hybrid(estate);
    const tables = new SenderTables(estate);
    const ways: Ways = {
      internet: (sender) => edges.way(sender),
      googleApis: (sender) => edges.googleApis(sender),
      balancer: (sender, target) => balancers.appliance(sender, target),
      tunnel: (url, route) => hybrid.next(url, route),
      special: (sender) => balancers.special(sender),
      dynamic: (network, region) => hybrid.dynamic(network, region),
      unlisted: (network, region) => hybrid.unlisted(network, region),
    };
    const routes = new Routes(estate, ways, tables);
    readInterfaces(estate, tables, firewalls, (nic) => balancers.balanced(nic));
    readNetworks(
      estate,
      (network) => balancers.owners(network),
      (subnet) => tables.ofSubnet(subnet),
    );
    const facts = { estate, firewalls, resources, balancers, nats: edges.nats, routes, tables };
    return {
      gotchas: (context) => gotchasOf(context, facts),
      missing: missingKinds(inventory),
      facts: () => factsOf(estate),
      stepsOf: (change) => stepsOf(change, facts),
      accountOf: (id) => estate.nics.get(id)?.instance.project,
      regionOf: (id) => estate.nics.get(id)?.region,
    };
  },
};

const REQUIRED = [
  ['network', 'networks', 'compute networks list'],
  ['subnetwork', 'subnets', 'compute networks subnets list'],
  ['firewall', 'firewall rules', 'compute firewall-rules list'],
  ['route', 'routes', 'compute routes list'],
] as const;

/** Kinds that most questions need and that no document holds. */
function missingKinds(inventory: Inventory): Missing[] {
  if (!inventory.knows('network') && !inventory.knows('instance')) return [];
  const isKnown = (kind: string) =>
    inventory.knows(kind) || (kind === 'firewall' && inventory.knows('effectiveFirewalls'));
  return REQUIRED.filter(([kind]) => !isKnown(kind)).map(([, what, command]) => missing(what, command));
}
