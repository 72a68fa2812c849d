/**
 * Security admin rules of network managers: asked before every security group. Deny drops, AlwaysAllow delivers, Allow and
 * no match leave it to the groups. The per-network effective list is preferred over working membership out anew.
 * Source: https://learn.microsoft.com/en-us/azure/virtual-network-manager/concept-security-admins
 */
import type { Rule } from '../../model/network.ts';
import { type Missing, type Origin, nameOf } from '../../model/origin.ts';
import { DEPLOYMENT_STATUS, EFFECTIVE_ADMIN_RULES } from './envelopes.ts';
import type { Estate, SubnetFacts, VnetFacts } from './estate.ts';
import { type Entry, missing } from './inventory.ts';
import {
  type Json,
  field,
  integer,
  isRecord,
  nameIn,
  object,
  objects,
  parentOf,
  references,
  strings,
  text,
} from './record.ts';
import { type Direction, type RuleWords, matchesOf } from './rule-words.ts';

type Peers = (words: readonly string[]) => RuleWords['sources'] | undefined;

interface AdminRule {
  readonly record: Json;
  readonly origin: Origin;
  /** Scope of the manager: higher scopes are asked first. */
  readonly order: number;
  /** Set where it is not known whether the rule holds for the network. */
  readonly unsure?: Missing;
}

/** Subnets that managed services keep to themselves. */
const EXEMPT =
  /\/subnets\/(azurebastionsubnet|azurefirewallsubnet|azurefirewallmanagementsubnet|gatewaysubnet|routeserversubnet)$/;
const EXEMPT_SERVICES = /microsoft\.sql\/managedinstances|microsoft\.databricks\/workspaces/i;

export class AdminRules {
  private readonly estate: Estate;
  private readonly byVnet = new Map<string, readonly AdminRule[]>();
  /** Networks whose effective rules are listed. */
  private readonly effective = new Map<string, AdminRule[]>();

  constructor(estate: Estate) {
    this.estate = estate;
    for (const document of estate.inventory.documents) {
      if (document.kind !== EFFECTIVE_ADMIN_RULES) continue;
      const request = document.request ?? {};
      const [name, group, subscription] = ['virtualNetworkName', 'resourceGroupName', 'subscriptionId'].map((key) =>
        text(request, key)?.toLowerCase(),
      );
      const vnet = [...estate.vnets.values()].find(
        ({ entry }) =>
          nameIn(entry.id) === name &&
          (group === undefined || entry.id.includes(`/resourcegroups/${group}/`)) &&
          (subscription === undefined || entry.id.startsWith(`/subscriptions/${subscription}/`)),
      );
      if (vnet === undefined) {
        estate.builder.note({
          file: document.file,
          pointer: document.pointer,
          message: 'effective security admin rules of a virtual network that is not in the snapshot',
        });
        continue;
      }
      const rules = document.records.flatMap((record, i): AdminRule[] =>
        isRecord(record)
          ? [
              {
                record,
                order: 0,
                origin: this.originOf(record, document.file, document.placeOf?.(i) ?? `${document.pointer}/${i}`),
              },
            ]
          : [],
      );
      this.effective.set(vnet.entry.id, [...(this.effective.get(vnet.entry.id) ?? []), ...rules]);
    }
  }

  /** Whether any admin rule may apply to a subnet's interfaces. */
  concerns(subnet: SubnetFacts): boolean {
    return !isExempt(subnet) && this.of(subnet.vnet).length > 0;
  }

  /** The rules of a direction as level 0 of a filter. */
  rulesFor(subnet: SubnetFacts, direction: Direction, peers: Peers): readonly Rule[] {
    if (isExempt(subnet)) return [];
    return [...this.of(subnet.vnet)]
      .filter(
        ({ record }) => text(record, 'direction')?.toLowerCase() === (direction === 'in' ? 'inbound' : 'outbound'),
      )
      .sort((a, b) => a.order - b.order || (integer(a.record, 'priority') ?? 0) - (integer(b.record, 'priority') ?? 0))
      .flatMap((rule) => this.ruleOf(rule, peers, direction));
  }

  private ruleOf({ record, origin, unsure }: AdminRule, peers: Peers, direction: Direction): Rule[] {
    const access = text(record, 'access')?.toLowerCase();
    const action = access === 'deny' ? 'deny' : access === 'alwaysallow' ? 'allow' : 'pass';
    const [sources, destinations] = [this.ends(record, 'sources', peers), this.ends(record, 'destinations', peers)];
    const ports = (key: string) => {
      const list = strings(record, key);
      return list.length === 0 ? ['*'] : list.map((port) => (port === '0-65535' ? '*' : port));
    };
    const words =
      sources === undefined || destinations === undefined
        ? undefined
        : matchesOf({
            protocol: text(record, 'protocol') ?? 'any',
            sources,
            destinations,
            sourcePorts: ports('sourcePortRanges'),
            destinationPorts: ports('destinationPortRanges'),
          });
    const by = origin;
    const code = direction === 'in' ? 'azure-admin-rule-inbound' : 'azure-admin-rule-outbound';
    const label = `admin rule ${origin.name ?? ''} (${integer(record, 'priority') ?? '?'})`;
    if (words === undefined)
      return [
        {
          origin,
          by,
          code,
          action,
          match: [{}],
          text: `${label}, which is not understood`,
          unresolved: { what: `what ${label} means: its addresses or ports are not known`, fetch: null },
        },
      ];
    const rule: Rule = {
      origin,
      by,
      code,
      action,
      match: words.match,
      text: `${label}: ${access ?? 'allow'} ${words.text}`,
    };
    const rules = [rule, ...(words.open === undefined ? [] : [{ ...rule, ...words.open }])];
    return unsure === undefined ? rules : rules.map((one) => ({ ...one, unresolved: unsure }));
  }

  private ends(record: Json, key: string, peers: Peers): RuleWords['sources'] | undefined {
    const listed = objects(record, key);
    if (listed.length === 0) return peers(['*']);
    const words = listed.flatMap((one) => {
      if (text(one, 'addressPrefixType')?.toLowerCase() !== 'networkgroup') return text(one, 'addressPrefix') ?? [];
      return this.addressesOfGroup(text(one, 'addressPrefix') ?? '');
    });
    return words.includes('?') ? undefined : peers(words);
  }

  /** The address spaces of a network group's members, in words; "?" where the members are not known. */
  private addressesOfGroup(group: string): string[] {
    const members = this.membersOf(group.toLowerCase());
    if (members === undefined) return ['?'];
    return members.flatMap((vnet) =>
      strings(object(this.estate.vnets.get(vnet)?.entry.record, 'addressSpace'), 'addressPrefixes'),
    );
  }

  private membersOf(group: string): readonly string[] | undefined {
    const { inventory } = this.estate;
    if (inventory.get('networkGroup', group) === undefined && !inventory.knows('staticMember')) return undefined;
    return inventory
      .all('staticMember')
      .filter((member) => parentOf(member.id) === group)
      .flatMap((member) => text(member.record, 'resourceId')?.toLowerCase() ?? []);
  }

  private of(vnet: VnetFacts): readonly AdminRule[] {
    const known = this.byVnet.get(vnet.entry.id);
    if (known !== undefined) return known;
    const rules = this.effective.get(vnet.entry.id) ?? this.derived(vnet);
    this.byVnet.set(vnet.entry.id, rules);
    return rules;
  }

  /** From the full listing: deployed configurations whose collections apply to a group that this network is a member of. */
  private derived(vnet: VnetFacts): readonly AdminRule[] {
    const { inventory } = this.estate;
    const deployed = this.deployed(text(vnet.entry.record, 'location'));
    return inventory.all('adminCollection').flatMap((collection): AdminRule[] => {
      const configuration = parentOf(collection.id);
      if (deployed !== undefined && !deployed.has(configuration)) return [];
      const groups = objects(collection.record, 'appliesToGroups').flatMap(
        (one) => text(one, 'networkGroupId')?.toLowerCase() ?? [],
      );
      const members = groups.map((group) => this.membersOf(group));
      const unknown = groups.find((_, i) => members[i] === undefined);
      const isMember = members.some((list) => list?.includes(vnet.entry.id) === true);
      if (!isMember && unknown === undefined) return [];
      const manager = parentOf(configuration);
      const unsure = !isMember
        ? missing(
            `whether ${nameOf(vnet.entry.origin)} is a member of network group ${nameIn(unknown!)}`,
            `network manager group static-member list --network-group-name ${nameIn(unknown!)} --network-manager-name ${nameIn(manager)} --resource-group GROUP`,
          )
        : deployed === undefined
          ? missing(
              `whether ${nameIn(configuration)} is deployed to the region of ${nameOf(vnet.entry.origin)}`,
              `network manager list-deploy-status --network-manager-name ${nameIn(manager)} --resource-group GROUP`,
            )
          : undefined;
      const scope = objectScope(inventory.get('manager', manager)?.record);
      return inventory
        .all('adminRule')
        .filter((rule) => parentOf(rule.id) === collection.id && this.holdsBeside(rule, configuration, vnet))
        .map(({ record, origin }) => ({ record, origin, order: scope, ...(unsure === undefined ? {} : { unsure }) }));
    });
  }

  /** Networks with a managed instance or a workspace get none of a configuration's rules, unless it says which. */
  private holdsBeside(rule: Entry, configuration: string, vnet: VnetFacts): boolean {
    if (!hasExemptServices(vnet)) return true;
    const { record } = this.estate.inventory.get('adminConfiguration', configuration) ?? {};
    const applies = strings(record, 'applyOnNetworkIntentPolicyBasedServices').map((one) => one.toLowerCase());
    const access = text(rule.record, 'access')?.toLowerCase();
    return applies.includes('all') || (applies.includes('allowrulesonly') && access !== 'deny');
  }

  /** Configurations that are live in a region; undefined where the snapshot does not say. */
  private deployed(region: string | undefined): ReadonlySet<string> | undefined {
    const documents = this.estate.inventory.documents.filter((document) => document.kind === DEPLOYMENT_STATUS);
    if (documents.length === 0) return undefined;
    const live = documents
      .flatMap((document) => document.records.filter(isRecord))
      .filter(
        (status) =>
          (text(status, 'deploymentStatus') ?? 'Deployed').toLowerCase() === 'deployed' &&
          (text(status, 'deploymentType') ?? 'SecurityAdmin').toLowerCase() === 'securityadmin' &&
          (region === undefined || plain(text(status, 'region')) === plain(region)),
      )
      .flatMap((status) => strings(status, 'configurationIds'));
    return new Set(live.map((id) => id.toLowerCase()));
  }

  private originOf(record: Json, file: string, pointer: string): Origin {
    const id = text(record, 'id') ?? text(record, 'name') ?? 'security admin rule';
    return { provider: 'azure', kind: 'security admin rule', id, name: nameIn(id), file, pointer };
  }
}

function isExempt(subnet: SubnetFacts): boolean {
  return EXEMPT.test(subnet.entry.id);
}

function hasExemptServices(vnet: VnetFacts): boolean {
  return vnet.subnets.some(
    ({ entry }) =>
      objects(entry.record, 'delegations').some((delegation) =>
        EXEMPT_SERVICES.test(text(delegation, 'serviceName') ?? ''),
      ) || references(entry.record, 'ipConfigurations').some((id) => EXEMPT_SERVICES.test(id)),
  );
}

/** 0 for a management group, 1 for a subscription. */
function objectScope(manager: Json | undefined): number {
  const scopes = manager === undefined ? undefined : field(manager, 'networkManagerScopes');
  return isRecord(scopes) && strings(scopes, 'managementGroups').length > 0 ? 0 : 1;
}

function plain(region: string | undefined): string {
  return (region ?? '').replaceAll(' ', '').toLowerCase();
}
