/**
 * Network Firewall: stateless rules first, for every packet; what they forward meets the stateful ones, which remember.
 * 5-tuple rules are read exactly. Suricata text, domain lists and managed groups look into the packets: whatever they
 * could decide is not known.
 * Sources: https://docs.aws.amazon.com/network-firewall/latest/developerguide/firewall-policy-processing.html,
 * .../suricata-rule-evaluation-order.html
 */
import type { Filter, Rule } from '../../model/network.ts';
import type { Assumption, Missing, Origin } from '../../model/origin.ts';
import type { Estate } from './estate.ts';
import { type RuleGroup, statefulRulesOf, statelessRulesOf } from './firewall-rules.ts';
import type { Entry } from './inventory.ts';
import { type Json, isRecord, object, objects, strings, tagsOf, text } from './record.ts';

/** What is known of the firewall behind an endpoint: filters to meet, or what is missing. */
export interface FirewallLook {
  readonly filters: readonly string[];
  readonly assumes: readonly Assumption[];
  readonly missing?: Missing;
}

/** A rule group is only ever replaced as a whole. */
const NO_RULE = 'a rule that passes it has to be written into the rule group';

/** The firewall whose endpoint this is; undefined for endpoints of other appliances. */
export function firewallAt(estate: Estate, endpoint: Entry): FirewallLook | undefined {
  const firewall = firewallOf(estate, endpoint.id);
  if (firewall === undefined) {
    const tags = tagsOf(endpoint.record);
    if (tags['AWSNetworkFirewallManaged'] !== 'true' && tags['Firewall'] === undefined) return undefined;
    return lacking(`the network firewall behind ${endpoint.id}`, 'describe-firewall --firewall-arn', tags['Firewall']);
  }
  const arn = text(firewall, 'FirewallPolicyArn');
  const policy = estate.inventory
    .answers('FirewallPolicy@describe-firewall-policy')
    .flatMap(({ records }) => records)
    .find((one) => text(object(one, 'FirewallPolicyResponse') ?? {}, 'FirewallPolicyArn') === arn);
  const body = policy === undefined ? undefined : object(policy, 'FirewallPolicy');
  if (body === undefined)
    return lacking(`firewall policy ${arn ?? '?'}`, 'describe-firewall-policy --firewall-policy-arn', arn);
  const ids = { stateless: `nfw-stateless:${endpoint.id}`, stateful: `nfw-stateful:${endpoint.id}` };
  define(estate, endpoint, firewall, body, ids);
  return { filters: [ids.stateless, ids.stateful], assumes: [] };
}

function lacking(what: string, command: string, arn: string | undefined): FirewallLook {
  return {
    filters: [],
    assumes: [],
    missing: { what, fetch: `aws network-firewall ${command}${arn === undefined ? '' : ` ${arn}`}` },
  };
}

function firewallOf(estate: Estate, endpoint: string): Json | undefined {
  for (const { records } of estate.inventory.answers('Firewall@describe-firewall'))
    for (const record of records) {
      const states = object(object(record, 'FirewallStatus') ?? {}, 'SyncStates') ?? {};
      const here = Object.values(states).some(
        (state) => isRecord(state) && text(object(state, 'Attachment') ?? {}, 'EndpointId') === endpoint,
      );
      if (here) return object(record, 'Firewall');
    }
  return undefined;
}

function define(
  estate: Estate,
  endpoint: Entry,
  firewall: Json,
  policy: Json,
  ids: { readonly stateless: string; readonly stateful: string },
): void {
  const origin: Origin = {
    provider: 'aws',
    kind: 'network firewall',
    id: text(firewall, 'FirewallName') ?? text(firewall, 'FirewallArn') ?? endpoint.id,
    file: endpoint.origin.file,
    pointer: endpoint.origin.pointer,
  };
  const home = estate.vpcs.get(text(firewall, 'VpcId') ?? '')?.cidrs ?? [];
  const stateless = (): Rule[] => [
    ...groupsOf(estate, policy, 'StatelessRuleGroupReferences').flatMap((group) => statelessRulesOf(group)),
    ...defaultOf(strings(policy, 'StatelessDefaultActions'), origin),
  ];
  estate.builder.filter(
    ids.stateless,
    (): Filter => ({
      id: ids.stateless,
      origin,
      code: 'aws-network-firewall',
      whyNoMend: NO_RULE,
      // What is forwarded to the stateful rules passes here; they have a filter of their own.
      rules: stateless().map((rule) => (rule.action === 'pass' ? { ...rule, action: 'allow' } : rule)),
      order: 'first-match',
      otherwise: 'deny',
    }),
  );
  estate.builder.filter(ids.stateful, (): Filter => {
    const strict = text(object(policy, 'StatefulEngineOptions') ?? {}, 'RuleOrder') === 'STRICT_ORDER';
    const rules = groupsOf(estate, policy, 'StatefulRuleGroupReferences').flatMap((group) =>
      statefulRulesOf(group, home),
    );
    const inOrder = strict ? rules : [...rules].sort((a, b) => orderOf(a) - orderOf(b));
    const last = strict ? strictDefault(strings(policy, 'StatefulDefaultActions'), origin) : [];
    return {
      id: ids.stateful,
      origin,
      code: 'aws-network-firewall',
      whyNoMend: NO_RULE,
      rules: [...stateless(), ...[...inOrder, ...last].map((rule) => ({ ...rule, level: 1 }))],
      order: 'first-match',
      otherwise: 'allow',
      state: ids.stateful,
      noSession: 'unknown',
    };
  });
}

/** Pass before drop; what is not known could be either and is asked first. */
function orderOf(rule: Rule): number {
  return rule.unresolved !== undefined ? 0 : rule.action === 'allow' ? 1 : 2;
}

function defaultOf(actions: readonly string[], origin: Origin): Rule[] {
  const action = actions.includes('aws:drop') ? 'deny' : actions.includes('aws:pass') ? 'allow' : 'pass';
  const words = { deny: 'drop', allow: 'pass', pass: 'forward to the stateful rules' }[action];
  return [{ origin, action, match: [{}], text: `stateless default: ${words}` }];
}

/** `drop_established` lets connections be set up and then drops what they carry: neither answer would be true. */
function strictDefault(actions: readonly string[], origin: Origin): Rule[] {
  const rule = (words: string, unresolved?: Missing): Rule => ({
    origin,
    action: 'deny',
    match: [{}],
    text: `stateful default: ${words}`,
    ...(unresolved === undefined ? {} : { unresolved }),
  });
  if (actions.includes('aws:drop_strict')) return [rule('drop')];
  const established = actions.find((action) => action.startsWith('aws:drop_established'));
  return established === undefined
    ? []
    : [
        rule(established, {
          what: `what ${origin.id} does with data: ${established} drops it after the connection is set up`,
          fetch: null,
        }),
      ];
}

/** The groups that a policy refers to, lowest priority number first; one that is not in the snapshot has no body. */
function groupsOf(estate: Estate, policy: Json, key: string): RuleGroup[] {
  const known = estate.inventory
    .answers('RuleGroup@describe-rule-group')
    .flatMap(({ records, document }) =>
      records.map((record) => ({ record, file: document.file, pointer: document.pointer })),
    );
  const priority = (reference: Json) =>
    typeof reference['Priority'] === 'number' ? reference['Priority'] : Number.MAX_SAFE_INTEGER;
  return [...objects(policy, key)]
    .sort((a, b) => priority(a) - priority(b))
    .map((reference) => {
      const arn = text(reference, 'ResourceArn') ?? '?';
      const found = known.find(({ record }) => text(object(record, 'RuleGroupResponse') ?? {}, 'RuleGroupArn') === arn);
      const name = arn.split('/').at(-1) ?? arn;
      return {
        arn,
        origin: {
          provider: 'aws',
          kind: 'firewall rule group',
          id: name,
          file: found?.file ?? '',
          pointer: found?.pointer ?? '',
        },
        body: found === undefined ? undefined : object(found.record, 'RuleGroup'),
      };
    });
}
