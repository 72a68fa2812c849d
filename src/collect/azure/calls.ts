/**
 * The table of Azure calls: lists of a subscription by @azure/arm-network, and what is asked again for each thing found.
 * The least-privilege role is printed from it. All of them only read; the POSTs are questions with a body.
 */
import type { NetworkManagementClient } from '@azure/arm-network';
import { isObject, type Json, objectsOf, textOf } from '../words.ts';

/** Where a thing lies: the parts of its id that calls about it take. */
export interface AzureThing {
  readonly id: string;
  readonly group: string;
  readonly name: string;
  /** Names of what it lies in, from the outside in: of a rule collection, the network manager and the configuration. */
  readonly above: readonly string[];
  readonly record: Json;
}

/** What the SDK gives back: a list to walk, or a promise of one answer. The bodies are caught on the wire. */
export type AzureAsked = AsyncIterable<unknown> | PromiseLike<unknown>;

export interface AzureFollowUp {
  readonly name: string;
  readonly action: string;
  /** The things it is asked for; absent: everything in the answer. */
  readonly when?: (record: Json) => boolean;
  /** Something else in a snapshot points at what it lists. */
  readonly referred?: true;
  readonly ask: (network: NetworkManagementClient, thing: AzureThing) => AzureAsked;
  /** What the answer does not repeat, for its readers. */
  readonly request?: (thing: AzureThing) => Json;
  readonly next?: readonly AzureFollowUp[];
}

export interface AzureList {
  readonly name: string;
  readonly action: string;
  /** Something else in a snapshot points at what it lists. */
  readonly referred?: true;
  readonly ask: (network: NetworkManagementClient) => AzureAsked;
  readonly next?: readonly AzureFollowUp[];
}

const NETWORK = 'Microsoft.Network';

/** Lists of a whole subscription. */
export const AZURE_LISTS: readonly AzureList[] = [
  {
    name: 'virtualNetworks',
    action: `${NETWORK}/virtualNetworks/read`,
    ask: (network) => network.virtualNetworks.listAll(),
    next: [
      {
        name: 'effectiveSecurityAdminRules',
        action: `${NETWORK}/virtualNetworks/listNetworkManagerEffectiveSecurityAdminRules/action`,
        ask: (network, { group, name }) => network.listNetworkManagerEffectiveSecurityAdminRules(group, name, {}),
        request: ({ group, name }) => ({
          call: 'effectiveSecurityAdminRules',
          virtualNetworkName: name,
          resourceGroupName: group,
        }),
      },
    ],
  },
  {
    name: 'networkSecurityGroups',
    referred: true,
    action: `${NETWORK}/networkSecurityGroups/read`,
    ask: (network) => network.networkSecurityGroups.listAll(),
  },
  {
    name: 'networkInterfaces',
    action: `${NETWORK}/networkInterfaces/read`,
    ask: (network) => network.networkInterfaces.listAll(),
  },
  {
    name: 'publicIPAddresses',
    referred: true,
    action: `${NETWORK}/publicIPAddresses/read`,
    ask: (network) => network.publicIPAddresses.listAll(),
  },
  {
    name: 'publicIPPrefixes',
    referred: true,
    action: `${NETWORK}/publicIPPrefixes/read`,
    ask: (network) => network.publicIPPrefixes.listAll(),
  },
  {
    name: 'routeTables',
    referred: true,
    action: `${NETWORK}/routeTables/read`,
    ask: (network) => network.routeTables.listAll(),
  },
  {
    name: 'applicationSecurityGroups',
    referred: true,
    action: `${NETWORK}/applicationSecurityGroups/read`,
    ask: (network) => network.applicationSecurityGroups.listAll(),
  },
  { name: 'ipGroups', referred: true, action: `${NETWORK}/ipGroups/read`, ask: (network) => network.ipGroups.list() },
  { name: 'loadBalancers', action: `${NETWORK}/loadBalancers/read`, ask: (network) => network.loadBalancers.listAll() },
  {
    name: 'natGateways',
    referred: true,
    action: `${NETWORK}/natGateways/read`,
    ask: (network) => network.natGateways.listAll(),
  },
  {
    name: 'privateEndpoints',
    action: `${NETWORK}/privateEndpoints/read`,
    ask: (network) => network.privateEndpoints.listBySubscription(),
  },
  {
    name: 'azureFirewalls',
    referred: true,
    action: `${NETWORK}/azureFirewalls/read`,
    ask: (network) => network.azureFirewalls.listAll(),
  },
  {
    name: 'firewallPolicies',
    referred: true,
    action: `${NETWORK}/firewallPolicies/read`,
    ask: (network) => network.firewallPolicies.listAll(),
    next: [
      {
        name: 'ruleCollectionGroups',
        referred: true,
        action: `${NETWORK}/firewallPolicies/ruleCollectionGroups/read`,
        ask: (network, { group, name }) => network.firewallPolicyRuleCollectionGroups.list(group, name),
      },
    ],
  },
  {
    name: 'virtualHubs',
    action: `${NETWORK}/virtualHubs/read`,
    ask: (network) => network.virtualHubs.list(),
    next: [
      {
        name: 'hubVirtualNetworkConnections',
        action: `${NETWORK}/virtualHubs/hubVirtualNetworkConnections/read`,
        ask: (network, { group, name }) => network.hubVirtualNetworkConnections.list(group, name),
      },
      {
        name: 'hubRouteTables',
        action: `${NETWORK}/virtualHubs/hubRouteTables/read`,
        ask: (network, { group, name }) => network.hubRouteTables.list(group, name),
      },
      {
        name: 'routingIntent',
        action: `${NETWORK}/virtualHubs/routingIntent/read`,
        ask: (network, { group, name }) => network.routingIntentOperations.list(group, name),
      },
    ],
  },
  {
    name: 'vpnGateways',
    referred: true,
    action: `${NETWORK}/vpnGateways/read`,
    ask: (network) => network.vpnGateways.list(),
  },
  {
    name: 'p2sVpnGateways',
    referred: true,
    action: `${NETWORK}/p2sVpnGateways/read`,
    ask: (network) => network.p2SVpnGateways.list(),
  },
  {
    name: 'expressRouteGateways',
    referred: true,
    action: `${NETWORK}/expressRouteGateways/read`,
    ask: (network) => network.expressRouteGateways.listBySubscription(),
  },
  { name: 'vpnSites', referred: true, action: `${NETWORK}/vpnSites/read`, ask: (network) => network.vpnSites.list() },
  {
    name: 'networkManagers',
    action: `${NETWORK}/networkManagers/read`,
    ask: (network) => network.networkManagers.listBySubscription(),
    next: [
      {
        name: 'networkGroups',
        referred: true,
        action: `${NETWORK}/networkManagers/networkGroups/read`,
        ask: (network, { group, name }) => network.networkGroups.list(group, name),
        next: [
          {
            name: 'staticMembers',
            referred: true,
            action: `${NETWORK}/networkManagers/networkGroups/staticMembers/read`,
            ask: (network, { group, name, above }) => network.staticMembers.list(group, above[0] ?? '', name),
          },
        ],
      },
      {
        name: 'securityAdminConfigurations',
        action: `${NETWORK}/networkManagers/securityAdminConfigurations/read`,
        ask: (network, { group, name }) => network.securityAdminConfigurations.list(group, name),
        next: [
          {
            name: 'ruleCollections',
            action: `${NETWORK}/networkManagers/securityAdminConfigurations/ruleCollections/read`,
            ask: (network, { group, name, above }) => network.adminRuleCollections.list(group, above[0] ?? '', name),
            next: [
              {
                name: 'rules',
                action: `${NETWORK}/networkManagers/securityAdminConfigurations/ruleCollections/rules/read`,
                ask: (network, { group, name, above }) =>
                  network.adminRules.list(group, above[0] ?? '', above[1] ?? '', name),
              },
            ],
          },
        ],
      },
      {
        name: 'deploymentStatus',
        action: `${NETWORK}/networkManagers/listDeploymentStatus/action`,
        ask: (network, { group, name }) => network.networkManagerDeploymentStatusOperations.list(group, name, {}),
        request: ({ name }) => ({ call: 'listDeploymentStatus', networkManagerName: name }),
      },
    ],
  },
];

/** Lists that exist by resource group alone. */
export const AZURE_GROUP_LISTS: readonly (Omit<AzureList, 'ask'> & {
  readonly type: string;
  readonly ask: (network: NetworkManagementClient, group: string) => AzureAsked;
})[] = [
  {
    name: 'virtualNetworkGateways',
    type: 'Microsoft.Network/virtualNetworkGateways',
    action: `${NETWORK}/virtualNetworkGateways/read`,
    ask: (network, group) => network.virtualNetworkGateways.list(group),
    next: [
      {
        name: 'learnedRoutes',
        referred: true,
        action: `${NETWORK}/virtualNetworkGateways/getlearnedroutes/action`,
        // An ExpressRoute gateway or a VPN with BGP: the others have learned nothing.
        when: (record) => {
          const properties = isObject(record['properties']) ? record['properties'] : {};
          return textOf(properties, 'gatewayType') === 'ExpressRoute' || properties['enableBgp'] === true;
        },
        ask: (network, { group, name }) => network.virtualNetworkGateways.getLearnedRoutes(group, name),
        request: ({ name }) => ({ call: 'getLearnedRoutes', virtualNetworkGatewayName: name }),
      },
    ],
  },
  {
    name: 'localNetworkGateways',
    type: 'Microsoft.Network/localNetworkGateways',
    action: `${NETWORK}/localNetworkGateways/read`,
    ask: (network, group) => network.localNetworkGateways.list(group),
  },
  {
    name: 'connections',
    type: 'Microsoft.Network/connections',
    action: `${NETWORK}/connections/read`,
    ask: (network, group) => network.virtualNetworkGatewayConnections.list(group),
  },
];

/** Scale sets' interfaces stand in no list of interfaces. */
export const SCALE_SET_INTERFACES: AzureFollowUp = {
  name: 'scaleSetInterfaces',
  action: 'Microsoft.Compute/virtualMachineScaleSets/networkInterfaces/read',
  ask: (network, { group, name }) => network.networkInterfaces.listVirtualMachineScaleSetNetworkInterfaces(group, name),
};

/** Machines and what holds them, which another service of Azure lists. */
export const COMPUTE_VERSION = '2024-11-01';
const MORE = [
  'Microsoft.Compute/virtualMachines/read',
  'Microsoft.Compute/virtualMachines/instanceView/read',
  'Microsoft.Compute/virtualMachineScaleSets/read',
  `${NETWORK}/locations/serviceTags/read`,
  'Microsoft.Resources/subscriptions/read',
  'Microsoft.Resources/subscriptions/resources/read',
  'Microsoft.Resources/subscriptions/resourceGroups/read',
  'Microsoft.Management/managementGroups/descendants/read',
];

/** The least that collecting needs, as a custom role: `az role definition create --role-definition role.json`. */
export function azurePolicy(scopes: readonly string[] = ['/subscriptions/00000000-0000-0000-0000-000000000000']): Json {
  const actionsOf = (call: { readonly action: string; readonly next?: readonly AzureFollowUp[] }): string[] => [
    call.action,
    ...(call.next ?? []).flatMap(actionsOf),
  ];
  const actions = [...AZURE_LISTS, ...AZURE_GROUP_LISTS, SCALE_SET_INTERFACES].flatMap(actionsOf);
  return {
    Name: 'netaudit collect',
    Description: 'Reads network configuration; changes nothing and reads no data.',
    IsCustom: true,
    Actions: [...new Set([...actions, ...MORE])].sort(),
    NotActions: [],
    AssignableScopes: scopes,
  };
}

/** The things of an answer that have an id of the usual form; others can't be asked about. */
export function thingsOf(answer: Json | undefined): readonly AzureThing[] {
  return objectsOf(answer, 'value').flatMap((record) => {
    const id = textOf(record, 'id');
    const [, group, rest] =
      /^\/subscriptions\/[0-9a-f-]+\/resourceGroups\/([^/]+)\/providers\/[^/]+\/(.+)$/i.exec(id ?? '') ?? [];
    const names = (rest ?? '').split('/').filter((_, i) => i % 2 === 1);
    const name = names.at(-1);
    const safe = [group, ...names].every(
      (part) => part !== undefined && /^[\p{L}\p{N}_.()-]+$/u.test(part) && !/^\.+$/.test(part),
    );
    return id === undefined || group === undefined || name === undefined || !safe
      ? []
      : [{ id, group, name, above: names.slice(0, -1), record }];
  });
}
