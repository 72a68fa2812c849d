/**
 * Network security groups with their rules, inline and separate. Default rules are in no plan; the reader adds them for
 * every source that leaves them out.
 * Sources: https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/network_security_group,
 * .../network_security_rule
 */
import type { Family } from '../family.ts';
import type { Resource, Side } from '../side.ts';
import { type Json, type Values, blocks, filled, number, text, texts, unknownIn } from '../values.ts';
import { NET, armIds, fieldsOf, isBelow, named, names, references, withFields } from './common.ts';

const GROUP = 'azurerm_network_security_group';
const RULE = 'azurerm_network_security_rule';

export const securityGroupFamily: Family = {
  types: [GROUP, RULE, 'azurerm_application_security_group'],
  ids: armIds(GROUP, RULE, 'azurerm_application_security_group'),
  read: (side) => [
    {
      kind: `${NET}/networksecuritygroups`,
      records: side.all(GROUP).flatMap((group) => groupOf(side, group)),
      complete: true,
    },
    {
      kind: `${NET}/applicationsecuritygroups`,
      records: side.managed('azurerm_application_security_group').map(named),
    },
  ],
};

function groupOf(side: Side, group: Resource): Json[] {
  const isMine = (rule: Resource) => isBelow(rule.id, group.id) || names(rule, 'network_security_group_name', group);
  const separate = side
    .managed(RULE)
    .filter(isMine)
    .map(({ values }) => ruleOf(values, group.id));
  // Rules of their own resources are mirrored in the group that was read; they count where they are written.
  const mirrored = new Set(
    side
      .either(RULE)
      .filter(isMine)
      .map(({ values }) => text(values, 'name')),
  );
  if (group.existing !== undefined) {
    if (mirrored.size === 0) return [];
    side.amended.add(group.id);
    const kept = blocks(fieldsOf(group.existing), 'securityRules').filter((rule) => !mirrored.has(text(rule, 'name')));
    return [withFields(group.existing, { securityRules: [...kept, ...separate] })];
  }
  const unknown = unknownIn(group.values['security_rule']);
  if (unknown !== undefined)
    side.lacks(`the rules of ${group.instance.address} (${unknown}), known only after apply`, null);
  const inline = blocks(group.values, 'security_rule')
    .filter((rule) => side.writes(group, 'security_rule') || !mirrored.has(text(rule, 'name')))
    .map((rule) => ruleOf(rule, group.id));
  return [{ ...named(group), securityRules: [...inline, ...separate] }];
}

function ruleOf(rule: Values, group: string): Json {
  return filled({
    id: `${group}/securityRules/${text(rule, 'name') ?? ''}`,
    name: text(rule, 'name'),
    priority: number(rule, 'priority'),
    direction: text(rule, 'direction'),
    access: text(rule, 'access'),
    protocol: text(rule, 'protocol'),
    sourcePortRange: text(rule, 'source_port_range'),
    sourcePortRanges: texts(rule, 'source_port_ranges'),
    destinationPortRange: text(rule, 'destination_port_range'),
    destinationPortRanges: texts(rule, 'destination_port_ranges'),
    sourceAddressPrefix: text(rule, 'source_address_prefix'),
    sourceAddressPrefixes: texts(rule, 'source_address_prefixes'),
    destinationAddressPrefix: text(rule, 'destination_address_prefix'),
    destinationAddressPrefixes: texts(rule, 'destination_address_prefixes'),
    sourceApplicationSecurityGroups: references(texts(rule, 'source_application_security_group_ids')),
    destinationApplicationSecurityGroups: references(texts(rule, 'destination_application_security_group_ids')),
  });
}
