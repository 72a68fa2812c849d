/**
 * Firewall rules and firewall policies. A network that the plan does not make has rules that the plan does not show: unless
 * a snapshot holds them, what they say is not known.
 * Sources: https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/compute_firewall,
 * .../compute_network_firewall_policy_rule, .../compute_firewall_policy_with_rules
 */
import type { Family } from '../family.ts';
import type { Resource, Side } from '../side.ts';
import { type Json, type Values, block, blocks, filled, flag, number, text, texts } from '../values.ts';
import {
  NETWORKS,
  foreignNetworks,
  lastOf,
  linkIds,
  linkTo,
  named,
  networkLink,
  regionLink,
  selfLink,
} from './common.ts';

const POLICIES = [
  'google_compute_firewall_policy',
  'google_compute_network_firewall_policy',
  'google_compute_region_network_firewall_policy',
];

export const firewallFamily: Family = {
  types: [
    'google_compute_firewall',
    ...POLICIES.flatMap((type) => [type, `${type}_rule`, `${type}_association`, `${type}_with_rules`]),
    'google_network_security_address_group',
  ],
  ids: {
    ...linkIds('google_compute_firewall', ...POLICIES.slice(1).flatMap((type) => [type, `${type}_with_rules`])),
  },
  read: (side) => [
    {
      kind: 'firewall',
      records: [...side.managed('google_compute_firewall').map((rule) => ruleOf(side, rule)), ...unknownRules(side)],
      complete: true,
    },
    {
      kind: 'firewallPolicy',
      records: POLICIES.flatMap((type) =>
        side.all(type, `${type}_with_rules`).flatMap((one) => policies(side, one, type)),
      ),
    },
    {
      kind: 'addressGroup',
      records: side.managed('google_network_security_address_group').map((group) => ({
        ...named(group),
        items: texts(group.values, 'items'),
      })),
    },
  ],
};

function ruleOf(side: Side, rule: Resource): Json {
  const { values } = rule;
  const direction =
    text(values, 'direction') ?? (texts(values, 'destination_ranges').length > 0 ? 'EGRESS' : 'INGRESS');
  return filled({
    ...named(rule),
    network: networkLink(side, values),
    direction: text(values, 'direction') ?? direction,
    priority: number(values, 'priority') ?? 1000,
    disabled: flag(values, 'disabled') ?? false,
    sourceRanges: texts(values, 'source_ranges'),
    destinationRanges: texts(values, 'destination_ranges'),
    sourceTags: texts(values, 'source_tags'),
    targetTags: texts(values, 'target_tags'),
    sourceServiceAccounts: texts(values, 'source_service_accounts'),
    targetServiceAccounts: texts(values, 'target_service_accounts'),
    ...protocols(values, 'allow', 'allowed'),
    ...protocols(values, 'deny', 'denied'),
  });
}

function protocols(values: Values, name: string, field: string): Json {
  const list = blocks(values, name);
  return list.length === 0
    ? {}
    : { [field]: list.map((one) => ({ IPProtocol: text(one, 'protocol') ?? 'all', ports: texts(one, 'ports') })) };
}

/** For networks that nothing tells the rules of: a rule each way that may allow, and one that may deny, before all others. */
function unknownRules(side: Side): Json[] {
  return foreignNetworks(side).flatMap((network) => {
    const name = lastOf(network) ?? network;
    side.lacks(
      `the firewall rules of network ${name}`,
      `gcloud compute firewall-rules list --filter=network:${name} --format=json`,
    );
    // No range at all: what a rule says that nobody can read is not known.
    const doubt = ['unknown'];
    return (['INGRESS', 'EGRESS'] as const).flatMap((direction) =>
      (['allowed', 'denied'] as const).map((field) => ({
        name: `other rules of ${name} (${direction.toLowerCase()}, ${field})`,
        selfLink: `${network}/unknown/${direction}/${field}`,
        network,
        direction,
        priority: 0,
        [direction === 'INGRESS' ? 'sourceRanges' : 'destinationRanges']: doubt,
        [field]: [{ IPProtocol: 'all' }],
      })),
    );
  });
}

/** A policy with its rules and associations; those of the snapshot that the plan does not manage stay. */
function policies(side: Side, policy: Resource, type: string): Json[] {
  const { id, values, existing } = policy;
  const isManaged = policy.instance.mode === 'managed';
  if (!isManaged && existing === undefined) return [];
  const isOf = (one: Resource) => {
    const word = text(one.values, 'firewall_policy');
    const own = [id, selfLink(policy), text(values, 'name'), text(values, 'short_name'), policyId(policy)];
    return word !== undefined && (own.includes(word) || own.includes(lastOf(word)));
  };
  const [rules, associations] = [`${type}_rule`, `${type}_association`];
  const recorded = existing ?? side.recorded('firewallPolicy', selfLink(policy));
  const planned = {
    priorities: new Set(
      side
        .either(rules)
        .filter(isOf)
        .map((one) => number(one.values, 'priority')),
    ),
    names: new Set(
      side
        .either(associations)
        .filter(isOf)
        .map((one) => text(one.values, 'name')),
    ),
  };
  if (existing !== undefined && planned.priorities.size + planned.names.size === 0) return [];
  if (existing !== undefined) side.amended.add(selfLink(policy));
  const separate = side.managed(rules).filter(isOf);
  const inline = blocks(values, 'rule');
  const others = inline.length > 0 ? [] : blocks(recorded, 'rules');
  return [
    filled({
      ...(existing ?? {
        ...named(policy),
        shortName: text(values, 'short_name'),
        region: type.includes('region') ? regionLink(policy) : undefined,
      }),
      rules: [
        ...others.filter((one) => !planned.priorities.has(number(one, 'priority'))),
        ...[...inline, ...separate.map((one) => one.values)].map((one) => policyRule(side, one)),
      ],
      associations: [
        ...blocks(recorded, 'associations').filter((one) => !planned.names.has(text(one, 'name'))),
        ...side
          .managed(associations)
          .filter(isOf)
          .map((one) => ({
            name: text(one.values, 'name'),
            attachmentTarget: targetOf(side, text(one.values, 'attachment_target')),
          })),
      ],
    }),
  ];
}

/** Hierarchical policies go by a number. */
function policyId({ values }: Resource): string | undefined {
  return text(values, 'firewall_policy_id') ?? lastOf(text(values, 'self_link'));
}

/** An organisation, a folder, or a network. */
function targetOf(side: Side, word: string | undefined): string | undefined {
  return word === undefined || /^(organizations|folders)\//.test(word) ? word : linkTo(side, word, NETWORKS);
}

/** Fields of a rule's match, in Terraform's words and the API's. */
const MATCH = Object.fromEntries(
  ['src', 'dest'].flatMap((end) =>
    ['ip_ranges', 'address_groups', 'fqdns', 'region_codes', 'threat_intelligences'].map((field) => [
      `${end}_${field}`,
      `${end}_${field}`.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    ]),
  ),
);

function policyRule(side: Side, rule: Values): Json {
  const match = block(rule, 'match');
  const tags = (of: Values | undefined, ...keys: readonly string[]) =>
    keys.flatMap((key) => blocks(of, key)).map((one) => ({ name: text(one, 'name') }));
  return filled({
    priority: number(rule, 'priority'),
    direction: text(rule, 'direction') ?? 'INGRESS',
    action: text(rule, 'action'),
    disabled: flag(rule, 'disabled') ?? false,
    match: filled({
      ...Object.fromEntries(Object.entries(MATCH).map(([key, field]) => [field, texts(match, key)])),
      layer4Configs: [...blocks(match, 'layer4_configs'), ...blocks(match, 'layer4_config')].map((one) => ({
        ipProtocol: text(one, 'ip_protocol'),
        ports: texts(one, 'ports'),
      })),
      srcSecureTags: tags(match, 'src_secure_tags', 'src_secure_tag'),
      srcNetworkContext: text(match, 'src_network_context') ?? text(match, 'src_network_scope'),
      destNetworkContext: text(match, 'dest_network_context') ?? text(match, 'dest_network_scope'),
    }),
    targetResources: texts(rule, 'target_resources').flatMap((one) => linkTo(side, one, NETWORKS) ?? []),
    targetServiceAccounts: texts(rule, 'target_service_accounts'),
    targetSecureTags: tags(rule, 'target_secure_tags', 'target_secure_tag'),
  });
}
