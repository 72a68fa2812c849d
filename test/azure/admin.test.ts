/**
 * Security admin rules: which networks they hold for, in either form of the listing.
 *
 * Proves: azure-admin-rules.
 */
import { describe } from 'vitest';
import { type Json, idOf, nsg, vm, vnet } from './estate.ts';
import { check } from './table.ts';

const MANAGER = idOf('networkManagers', 'm');
const CONFIGURATION = `${MANAGER}/securityAdminConfigurations/c`;
const COLLECTION = `${CONFIGURATION}/ruleCollections/rc`;
const GROUP = `${MANAGER}/networkGroups/g`;
const rule = (name: string, access: string, port: string, priority: number, more: Json = {}): Json => ({
  id: `${COLLECTION}/rules/${name}`,
  name,
  type: 'Microsoft.Network/networkManagers/securityAdminConfigurations/ruleCollections/rules',
  access,
  direction: 'Inbound',
  priority,
  protocol: 'Tcp',
  sources: [{ addressPrefixType: 'IPPrefix', addressPrefix: '*' }],
  destinations: [{ addressPrefixType: 'IPPrefix', addressPrefix: '*' }],
  sourcePortRanges: ['0-65535'],
  destinationPortRanges: [port],
  ...more,
});
const collection: Json = {
  id: COLLECTION,
  name: 'rc',
  type: 'Microsoft.Network/networkManagers/securityAdminConfigurations/ruleCollections',
  appliesToGroups: [{ networkGroupId: GROUP }],
};
const configuration = (more: Json = {}): Json => ({
  id: CONFIGURATION,
  name: 'c',
  type: 'Microsoft.Network/networkManagers/securityAdminConfigurations',
  ...more,
});
const group: Json = { id: GROUP, name: 'g', type: 'Microsoft.Network/networkManagers/networkGroups' };
const member: Json = {
  id: `${GROUP}/staticMembers/v`,
  name: 'v',
  type: 'Microsoft.Network/networkManagers/networkGroups/staticMembers',
  resourceId: idOf('virtualNetworks', 'v'),
};
const status = (region: string) => ({
  $request: { networkManagerName: 'm', operation: 'list-deploy-status' },
  value: [{ region, deploymentStatus: 'Deployed', deploymentType: 'SecurityAdmin', configurationIds: [CONFIGURATION] }],
});
const net = (b: Json = {}) => [
  vnet('v', '10.0.0.0/16', { a: { range: '10.0.1.0/24' }, b: { range: '10.0.2.0/24', nsg: 'open', ...b } }),
  nsg('open'),
  vm('one', 'v/a', '10.0.1.4'),
  vm('two', 'v/b', '10.0.2.4'),
];
const all = [collection, configuration(), group, member, rule('no-ssh', 'Deny', '22', 10)];

describe('Security admin rules', () => {
  check([
    {
      title: 'deny before any group, in the region that they are deployed to',
      estate: [...net(), ...all],
      documents: [status('westeurope')],
      ask: ['one two:22 unreachable no-ssh', 'one two:80 reachable'],
    },
    {
      title: 'do nothing where they are not deployed',
      estate: [...net(), ...all],
      documents: [status('northeurope')],
      ask: ['one two:22 reachable'],
    },
    {
      title: 'whether they are deployed must be said',
      estate: [...net(), ...all],
      ask: ['one two:22 undetermined', 'one two:80 reachable'],
    },
    {
      title: 'do nothing for networks outside their group',
      estate: [
        ...net(),
        collection,
        configuration(),
        group,
        rule('no-ssh', 'Deny', '22', 10),
        { ...member, resourceId: 'other' },
      ],
      documents: [status('westeurope')],
      ask: ['one two:22 reachable'],
    },
    {
      title: 'who is in a group that is not listed is not known',
      estate: [...net(), collection, configuration(), rule('no-ssh', 'Deny', '22', 10)],
      documents: [status('westeurope')],
      ask: ['one two:22 undetermined'],
    },
    {
      title: 'Allow hands over to the groups, AlwaysAllow does not ask them; the smaller number first',
      estate: [
        ...net({ nsg: 'shut' }),
        nsg('shut', '100 in Deny any * from * to *'),
        ...all,
        rule('maybe', 'Allow', '80', 20),
        rule('surely', 'AlwaysAllow', '443', 30),
        rule('late', 'AlwaysAllow', '22', 40),
      ],
      documents: [status('westeurope')],
      ask: ['one two:80 unreachable shut', 'one two:443 reachable', 'one two:22 unreachable no-ssh'],
    },
    {
      title: 'networks with a managed instance get none of them',
      estate: [...net({ delegations: [{ serviceName: 'Microsoft.Sql/managedInstances' }] }), ...all],
      documents: [status('westeurope')],
      ask: ['one two:22 reachable'],
    },
    {
      title: 'or only those that allow, if the configuration says so',
      estate: [
        ...net({ nsg: 'shut', delegations: [{ serviceName: 'Microsoft.Sql/managedInstances' }] }),
        nsg('shut', '100 in Deny any 443 from * to *'),
        ...all.filter(({ id }) => id !== CONFIGURATION),
        configuration({ applyOnNetworkIntentPolicyBasedServices: ['AllowRulesOnly'] }),
        rule('surely', 'AlwaysAllow', '443', 30),
      ],
      documents: [status('westeurope')],
      ask: ['one two:22 reachable', 'one two:443 reachable'],
    },
    {
      title: 'the effective list of a network goes before all that',
      estate: [...net(), collection, configuration(), rule('no-ssh', 'Deny', '22', 10)],
      documents: [
        {
          $request: { subscriptionId: 's', resourceGroupName: 'rg', virtualNetworkName: 'v' },
          value: [rule('no-web', 'Deny', '80', 10)],
        },
        {
          $request: { subscriptionId: 'other', resourceGroupName: 'rg', virtualNetworkName: 'v' },
          value: [rule('no-rdp', 'Deny', '3389', 10)],
        },
      ],
      ask: ['one two:22 reachable', 'one two:80 unreachable no-web', 'one two:3389 reachable'],
    },
  ]);
});
