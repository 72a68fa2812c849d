/**
 * Azure Firewall: its addresses, and rules of both sorts, of a policy's collection groups or of the firewall itself.
 * Sources: https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/firewall, .../firewall_policy,
 * .../firewall_policy_rule_collection_group, .../firewall_network_rule_collection, .../ip_group
 */
import type { Family } from '../family.ts';
import type { Resource, Side } from '../side.ts';
import { type Json, type Values, block, blocks, filled, number, text, texts, unknownIn } from '../values.ts';
import { NET, armIds, fieldsOf, named, names, reference } from './common.ts';
import { rangesOf } from './interface.ts';

const FIREWALL = 'azurerm_firewall';
const POLICY = 'azurerm_firewall_policy';
const GROUP = 'azurerm_firewall_policy_rule_collection_group';
const IPS = 'azurerm_ip_group';
/** Collections of a firewall without a policy: the type, and the API's list. */
const CLASSIC = {
  networkRuleCollections: 'azurerm_firewall_network_rule_collection',
  natRuleCollections: 'azurerm_firewall_nat_rule_collection',
  applicationRuleCollections: 'azurerm_firewall_application_rule_collection',
} as const;

export const firewallFamily: Family = {
  types: [FIREWALL, POLICY, GROUP, ...Object.values(CLASSIC), IPS, `${IPS}_cidr`],
  ids: armIds(FIREWALL, POLICY, GROUP, IPS),
  read: (side) => [
    {
      kind: `${NET}/azurefirewalls`,
      records: side.all(FIREWALL).flatMap((firewall) => firewalls(side, firewall)),
    },
    {
      kind: `${NET}/firewallpolicies`,
      records: side.managed(POLICY).map((policy) =>
        filled({
          ...named(policy),
          basePolicy: reference(text(policy.values, 'base_policy_id')),
          threatIntelMode: text(policy.values, 'threat_intelligence_mode'),
          snat: { privateRanges: texts(policy.values, 'private_ip_ranges') },
          // Where the groups stand in the plan, all are told.
          ruleCollectionGroups: [],
        }),
      ),
    },
    { kind: `${NET}/firewallpolicies/rulecollectiongroups`, records: side.managed(GROUP).map(groupOf) },
    {
      kind: `${NET}/ipgroups`,
      records: side.managed(IPS).map((group) => ({
        ...named(group),
        ipAddresses: [
          ...texts(group.values, 'cidrs'),
          ...side.naming(`${IPS}_cidr`, 'ip_group_id', group.id).flatMap((one) => text(one.values, 'cidr') ?? []),
        ],
      })),
    },
  ],
};

/** The address that routes name a firewall by: known, or the first free one of its subnet, as Azure takes it. */
export function firewallAddress(side: Side, firewall: Resource): string | undefined {
  const own = blocks(firewall.values, 'ip_configuration');
  const hub = block(firewall.values, 'virtual_hub');
  const known = [...own, ...(hub === undefined ? [] : [hub])]
    .map((one) => text(one, 'private_ip_address'))
    .find((one) => one !== undefined && unknownIn(one) === undefined);
  if (known !== undefined) return known;
  const subnet = own.map((one) => text(one, 'subnet_id')).find((one) => one !== undefined);
  const home = side.get(text(hub, 'virtual_hub_id'));
  const range = subnet === undefined ? text(home?.values, 'address_prefix') : rangesOf(side, subnet)[0];
  return side.madeUp.first(firewall.id, (subnet ?? home?.id ?? '').toLowerCase(), range);
}

function firewalls(side: Side, firewall: Resource): Json[] {
  const { values, existing } = firewall;
  if (firewall.instance.mode !== 'managed' && existing === undefined) return [];
  const recorded = existing ?? side.recorded(`${NET}/azurefirewalls`, firewall.id);
  const collections = Object.entries(CLASSIC).map(([field, type]) => {
    const isMine = (one: Resource) => names(one, 'azure_firewall_name', firewall);
    const ever = new Set(
      side
        .either(type)
        .filter(isMine)
        .map((one) => text(one.values, 'name')),
    );
    const others = recorded === undefined ? [] : blocks(fieldsOf(recorded), field);
    return {
      field,
      isPlanned: ever.size > 0,
      list: [
        ...others.filter((one) => !ever.has(text(one, 'name'))),
        ...side
          .managed(type)
          .filter(isMine)
          .map((one) => collectionOf(one.values, 'rule')),
      ],
    };
  });
  const lists = Object.fromEntries(collections.map(({ field, list }) => [field, list]));
  if (existing !== undefined) {
    if (!collections.some(({ isPlanned }) => isPlanned)) return [];
    side.amended.add(firewall.id);
    return [
      { ...existing, ...('properties' in existing ? { properties: { ...fieldsOf(existing), ...lists } } : lists) },
    ];
  }
  const hub = block(values, 'virtual_hub');
  const address = firewallAddress(side, firewall);
  return [
    filled({
      ...named(firewall),
      sku: { name: text(values, 'sku_name') ?? 'AZFW_VNet', tier: text(values, 'sku_tier') },
      firewallPolicy: reference(text(values, 'firewall_policy_id')),
      threatIntelMode: text(values, 'threat_intel_mode'),
      virtualHub: reference(text(hub, 'virtual_hub_id')),
      hubIPAddresses:
        hub === undefined
          ? undefined
          : {
              privateIPAddress: address,
              publicIPs: { addresses: publicOf(side, firewall, hub).map((one) => ({ address: one })) },
            },
      additionalProperties:
        texts(values, 'private_ip_ranges').length === 0
          ? undefined
          : { 'Network.SNAT.PrivateRanges': texts(values, 'private_ip_ranges').join(',') },
      ipConfigurations: blocks(values, 'ip_configuration').map((one) =>
        filled({
          name: text(one, 'name'),
          subnet: reference(text(one, 'subnet_id')),
          privateIPAddress: text(one, 'subnet_id') === undefined ? undefined : address,
          publicIPAddress: reference(text(one, 'public_ip_address_id')),
        }),
      ),
      ...lists,
    }),
  ];
}

/** The public addresses of a firewall in a hub. */
function publicOf(side: Side, firewall: Resource, hub: Values): readonly string[] {
  const known = texts(hub, 'public_ip_addresses').filter((one) => unknownIn(one) === undefined);
  return known.length > 0 ? known : [side.madeUp.public(firewall.id)];
}

function groupOf(group: Resource): Json {
  const collections = (kind: string, ruleType: string, type: string) =>
    blocks(group.values, `${kind}_rule_collection`).map((one) => ({
      ...collectionOf(one, 'rule', ruleType),
      ruleCollectionType: type,
    }));
  return {
    id: group.id,
    name: text(group.values, 'name') ?? group.instance.name,
    priority: number(group.values, 'priority'),
    ruleCollections: [
      ...collections('network', 'NetworkRule', 'FirewallPolicyFilterRuleCollection'),
      ...collections('application', 'ApplicationRule', 'FirewallPolicyFilterRuleCollection'),
      ...collections('nat', 'NatRule', 'FirewallPolicyNatRuleCollection'),
    ],
  };
}

function collectionOf(collection: Values, key: string, ruleType?: string): Json {
  return filled({
    name: text(collection, 'name'),
    priority: number(collection, 'priority'),
    action: { type: text(collection, 'action') },
    rules: blocks(collection, key).map((rule) => ruleOf(rule, ruleType)),
  });
}

function ruleOf(rule: Values, ruleType: string | undefined): Json {
  const single = text(rule, 'destination_address');
  const sites = [...blocks(rule, 'protocols'), ...blocks(rule, 'protocol')];
  return filled({
    name: text(rule, 'name'),
    ruleType,
    protocols:
      sites.length > 0
        ? sites.map((one) => ({ protocolType: text(one, 'type'), port: number(one, 'port') }))
        : ruleType === undefined
          ? texts(rule, 'protocols')
          : undefined,
    ipProtocols: sites.length === 0 && ruleType !== undefined ? texts(rule, 'protocols') : undefined,
    sourceAddresses: texts(rule, 'source_addresses'),
    sourceIpGroups: texts(rule, 'source_ip_groups'),
    destinationAddresses: [...texts(rule, 'destination_addresses'), ...(single === undefined ? [] : [single])],
    destinationIpGroups: texts(rule, 'destination_ip_groups'),
    destinationFqdns: texts(rule, 'destination_fqdns'),
    targetFqdns: [...texts(rule, 'target_fqdns'), ...(sites.length > 0 ? texts(rule, 'destination_fqdns') : [])],
    fqdnTags: [...texts(rule, 'fqdn_tags'), ...texts(rule, 'destination_fqdn_tags')],
    targetUrls: texts(rule, 'destination_urls'),
    webCategories: texts(rule, 'web_categories'),
    destinationPorts: texts(rule, 'destination_ports'),
    translatedAddress: text(rule, 'translated_address'),
    translatedPort:
      text(rule, 'translated_port') ??
      (number(rule, 'translated_port') === undefined ? undefined : String(number(rule, 'translated_port'))),
  });
}

/** The firewall that an expression names: "azurerm_firewall.fw.ip_configuration[0].private_ip_address". */
export function addressBehind(side: Side, value: string | undefined): string | undefined {
  const expression = unknownIn(value);
  if (expression === undefined) return undefined;
  const words = expression.split(', ');
  const found = side
    .managed(FIREWALL)
    .filter(({ instance }) => words.some((word) => word.startsWith(`${instance.type}.${instance.name}`)));
  const [only, second] = found;
  return only === undefined || second !== undefined ? undefined : firewallAddress(side, only);
}
