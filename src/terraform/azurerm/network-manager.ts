/**
 * Virtual Network Manager: security admin rules, the groups of networks that they are for, and where a configuration is
 * deployed: without a deployment it has no effect.
 * Sources: https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/network_manager_admin_rule,
 * .../network_manager_static_member, .../network_manager_deployment
 */
import type { Family, Listing } from '../family.ts';
import type { Resource, Side } from '../side.ts';
import { type Json, type Values, block, blocks, filled, number, text, texts } from '../values.ts';
import { NET, armIds, named } from './common.ts';

const MANAGER = 'azurerm_network_manager';
const GROUP = `${MANAGER}_network_group`;
const MEMBER = `${MANAGER}_static_member`;
const CONFIGURATION = `${MANAGER}_security_admin_configuration`;
const COLLECTION = `${MANAGER}_admin_rule_collection`;
const RULE = `${MANAGER}_admin_rule`;
const DEPLOYMENT = `${MANAGER}_deployment`;

export const networkManagerFamily: Family = {
  types: [MANAGER, GROUP, MEMBER, CONFIGURATION, COLLECTION, RULE, DEPLOYMENT],
  ids: armIds(MANAGER, GROUP, MEMBER, CONFIGURATION, COLLECTION, RULE),
  read: (side) => {
    const own = `${NET}/networkmanagers`;
    const list = (kind: string, type: string, record: (one: Resource) => Json): Listing => ({
      kind: `${own}${kind}`,
      records: side.managed(type).map((one) => ({ ...within(one), ...record(one) })),
    });
    return [
      {
        kind: own,
        records: side.managed(MANAGER).map((manager) => {
          const scope = block(manager.values, 'scope');
          return {
            ...named(manager),
            networkManagerScopes: {
              managementGroups: texts(scope, 'management_group_ids'),
              subscriptions: texts(scope, 'subscription_ids'),
            },
          };
        }),
      },
      list('/networkgroups', GROUP, () => ({})),
      list('/networkgroups/staticmembers', MEMBER, ({ values }) => ({
        resourceId: text(values, 'target_virtual_network_id'),
      })),
      list('/securityadminconfigurations', CONFIGURATION, ({ values }) => ({
        applyOnNetworkIntentPolicyBasedServices: texts(values, 'apply_on_network_intent_policy_based_services'),
      })),
      list('/securityadminconfigurations/rulecollections', COLLECTION, ({ values }) => ({
        appliesToGroups: texts(values, 'network_group_ids').map((networkGroupId) => ({ networkGroupId })),
      })),
      list('/securityadminconfigurations/rulecollections/rules', RULE, ({ values }) =>
        filled({
          access: text(values, 'action'),
          direction: text(values, 'direction'),
          priority: number(values, 'priority'),
          protocol: text(values, 'protocol'),
          sources: ends(values, 'source'),
          destinations: ends(values, 'destination'),
          sourcePortRanges: texts(values, 'source_port_ranges'),
          destinationPortRanges: texts(values, 'destination_port_ranges'),
        }),
      ),
      ...deployments(side),
    ];
  },
};

function within({ id, instance, values }: Resource): Json {
  return { id, name: text(values, 'name') ?? instance.name };
}

function ends(rule: Values, key: string): Json[] {
  return blocks(rule, key).map((one) => ({
    addressPrefixType: text(one, 'address_prefix_type'),
    addressPrefix: text(one, 'address_prefix'),
  }));
}

/** What is live where: of a manager that the plan makes, nothing but what it deploys. */
function deployments(side: Side): Listing[] {
  if (side.managed(MANAGER).length === 0 && side.either(DEPLOYMENT).length === 0) return [];
  return [
    {
      kind: 'network manager deployment status',
      records: side.managed(DEPLOYMENT).map(({ values }) => ({
        region: text(values, 'location'),
        deploymentType: text(values, 'scope_access'),
        deploymentStatus: 'Deployed',
        configurationIds: texts(values, 'configuration_ids'),
      })),
      complete: true,
    },
  ];
}
