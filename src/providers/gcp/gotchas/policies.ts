/** Traps of firewall policies: where they are in force, what goes before what, and what goto_next does. */
import type { GotchaContext } from '../../../model/finding.ts';
import type { Rule } from '../../../model/network.ts';
import type { Origin } from '../../../model/origin.ts';
import type { NicFacts } from '../estate.ts';
import { holds } from '../filtering/one-packet.ts';
import { type Level, attachmentsOf, policiesAbove, policiesOfNetwork } from '../filtering/policies.ts';
import { policyRules } from '../filtering/policy-rules.ts';
import { integer, nameIn, object, objects, text } from '../record.ts';
import type { Direction } from '../rule-words.ts';
import { type Look, judged, lookAt, matching } from './look.ts';
import { DOCS, type Found, type GcpFacts, type GotchaRule, about, trap } from './rule.ts';

const ORDER = `${DOCS}firewall/docs/firewall-policies-rule-eval-order`;
/** Rules from here on are those that Google puts at the end of every policy. */
const PREDEFINED = 2_147_483_644;

/** The two ends that a question passes, each with its direction. */
function endsOf({ from, to }: Look): (readonly [NicFacts, Direction])[] {
  return [...(from === undefined ? [] : [[from, 'out'] as const]), ...(to === undefined ? [] : [[to, 'in'] as const])];
}

function priorityOf(rule: Rule): number {
  return Number(rule.origin.id.slice(rule.origin.id.lastIndexOf('/') + 1));
}

/** The rules of a policy that match the question at one end, in their order, Google's own left out. */
function matchingIn(
  context: GotchaContext,
  facts: GcpFacts,
  level: Level,
  nic: NicFacts,
  direction: Direction,
): readonly Rule[] {
  const { packet } = lookAt(context, facts);
  if (packet === undefined) return [];
  const { estate, resources } = facts;
  return policyRules({ estate, resources, nic, direction }, level).filter(
    (rule) => priorityOf(rule) < PREDEFINED && holds(rule, (id) => context.network.set(id)?.spans, packet),
  );
}

function isHierarchical(origin: Origin | undefined, levels: readonly Level[]): boolean {
  return origin !== undefined && levels.some((level) => level.origin.id === origin.id);
}

export const POLICY_GOTCHAS: readonly GotchaRule[] = [
  trap(
    {
      code: 'gcp-hierarchical-policy-overrides',
      severity: 'high',
      title: 'A policy of the organisation or a folder decides first',
      why: 'Hierarchical policies go before the rules of the network, and owners of a project often cannot see them.',
      fix: 'Change the policy, or have it pass the packet on with goto_next.',
      source: ORDER,
    },
    (context, facts) => {
      const { packet, ...rest } = lookAt(context, facts);
      if (packet === undefined) return [];
      return endsOf({ packet, ...rest }).flatMap(([nic, direction]) => {
        const now = judged(context, nic, direction, packet);
        const above = policiesAbove(facts.estate, facts.resources, nic);
        if (now?.rule === undefined || now.action === 'unknown' || !isHierarchical(now.rule.by, above)) return [];
        const own = matching(context, facts, nic, direction, packet)[0];
        const left = own?.rule.action ?? (direction === 'in' ? 'deny' : 'allow');
        return now.action === 'deny' || left !== now.action
          ? about(
              { origin: now.rule.by ?? now.rule.origin },
              `${now.rule.text}: decided before any rule of network ${nic.network.entry.name} is read`,
            )
          : [];
      });
    },
  ),
  trap(
    {
      code: 'gcp-goto-next-is-not-allow',
      severity: 'medium',
      title: 'goto_next allows nothing',
      why: 'It hands the packet to the next level. Where nothing below allows it, it is denied.',
      fix: 'Allow it at a level below, or in the policy itself.',
      source: ORDER,
    },
    (context, facts) => {
      const { packet, ...rest } = lookAt(context, facts);
      if (packet === undefined || context.answer.verdict === 'reachable') return [];
      return endsOf({ packet, ...rest }).flatMap(([nic, direction]) => {
        const now = judged(context, nic, direction, packet);
        if (now?.action !== 'deny') return [];
        return now.jumped
          .filter((rule) => priorityOf(rule) < PREDEFINED)
          .flatMap((rule) =>
            about(
              { origin: rule.by ?? rule.origin },
              `${rule.text}: it hands over, and ${now.rule === undefined ? 'nothing below allows it' : `${now.rule.text} denies it`}`,
            ),
          );
      });
    },
  ),
  trap(
    {
      code: 'gcp-goto-next-skips-rest',
      severity: 'medium',
      title: 'After goto_next the rest of the policy is not read',
      why: 'It leaves the policy at once: later rules of the same policy never see the packet, though it reads like "continue".',
      fix: 'Put the rule that is meant before the goto_next rule.',
      source: ORDER,
    },
    (context, facts) =>
      eachLevel(context, facts, (level, nic, direction) => {
        const rules = matchingIn(context, facts, level, nic, direction);
        const [first, ...later] = rules;
        const skipped = later.find((rule) => rule.action !== 'pass');
        return first?.action === 'pass' && skipped !== undefined
          ? about({ origin: level.origin }, `${first.text} leaves the policy; ${skipped.text} is never read`)
          : [];
      }),
  ),
  trap(
    {
      code: 'gcp-network-policy-shadowed-by-vpc-rules',
      severity: 'medium',
      title: 'VPC rules go before the network policy',
      why: "By default a network's policies are read after its VPC rules: one of those that matches leaves the policy unread, however correct it is.",
      fix: 'Set the enforcement order of the network to BEFORE_CLASSIC_FIREWALL, or narrow the VPC rule.',
      source: ORDER,
    },
    (context, facts) => {
      const { packet, ...rest } = lookAt(context, facts);
      if (packet === undefined) return [];
      return endsOf({ packet, ...rest }).flatMap(([nic, direction]) => {
        const now = judged(context, nic, direction, packet);
        if (now?.rule?.by?.kind !== 'firewall rule') return [];
        if (text(nic.network.entry.record, 'networkFirewallPolicyEnforcementOrder') === 'BEFORE_CLASSIC_FIREWALL')
          return [];
        return policiesOfNetwork(facts.estate, nic).flatMap((level) => {
          const rule = matchingIn(context, facts, level, nic, direction)[0];
          return rule !== undefined && rule.action !== 'pass' && rule.action !== now.action
            ? about({ origin: level.origin }, `${now.rule!.text} decides; ${rule.text} is read after it, so never`)
            : [];
        });
      });
    },
  ),
  trap(
    {
      code: 'gcp-policy-not-associated',
      severity: 'medium',
      title: 'The policy is in force nowhere',
      why: 'To create a policy is not to enforce it: only an association with an organisation, folder or network does that.',
      fix: 'Associate the policy.',
      source: `${DOCS}firewall/docs/firewall-policies-overview`,
    },
    (context, facts) => {
      const loose = facts.estate.inventory
        .all('firewallPolicy')
        .filter(({ record }) => Array.isArray(record['rules']) && attachmentsOf(record).length === 0);
      if (loose.length === 0) return [];
      const look = lookAt(context, facts);
      return loose.flatMap((entry) =>
        endsOf(look).flatMap(([nic, direction]) => {
          const level: Level = {
            origin: entry.origin,
            rules: objects(entry.record, 'rules').map((record) => ({
              record,
              origin: { ...entry.origin, id: `${entry.origin.id}/${integer(record, 'priority') ?? 0}` },
            })),
          };
          const rule = matchingIn(context, facts, level, nic, direction)[0];
          return rule === undefined || rule.action === 'pass'
            ? []
            : about(entry, `${rule.text}: the policy is associated with nothing, so this is not in force`);
        }),
      );
    },
  ),
  trap(
    {
      code: 'gcp-network-tag-is-not-secure-tag',
      severity: 'medium',
      title: 'A network tag is no secure tag',
      why: 'Policies know secure tags only, which are bound to a VM by Resource Manager. A network tag of the same name does nothing for them.',
      fix: 'Bind the secure tag to the VM.',
      source: `${DOCS}firewall/docs/tags-firewalls-overview`,
    },
    (context, facts) =>
      eachLevel(context, facts, (level, nic) =>
        level.rules.flatMap(({ record }): Found[] => {
          if (record['disabled'] === true) return [];
          const wanted = [
            ...objects(record, 'targetSecureTags').map((tag) => [tag, nic] as const),
            ...objects(object(record, 'match'), 'srcSecureTags').flatMap((tag) => {
              const { from } = lookAt(context, facts);
              return from === undefined ? [] : [[tag, from] as const];
            }),
          ];
          return wanted.flatMap(([tag, vm]): Found[] => {
            const name = text(tag, 'name') ?? '';
            const shown = shortName(facts, name);
            const isBound = facts.resources.hasSecureTag(vm.instance, [name]) === true;
            const like = vm.tags.find((own) => own.toLowerCase() === shown.toLowerCase());
            return isBound || like === undefined
              ? []
              : about(
                  { origin: level.origin },
                  `the policy means secure tag ${shown} (${name}); VM ${vm.instance.name} has network tag ${like}, which is something else`,
                );
          });
        }),
      ),
  ),
];

/** What a tag value is called: the last part of its namespaced name, where any binding tells it. */
function shortName({ estate, resources }: GcpFacts, name: string): string {
  const told = resources.namespacedName(name);
  if (told !== undefined) return nameIn(told);
  const value = estate.inventory.all('tagValue').find(({ record }) => text(record, 'name') === name);
  return text(value?.record, 'shortName') ?? nameIn(name);
}

/** Every policy that is in force at an end of the question. */
function eachLevel(
  context: GotchaContext,
  facts: GcpFacts,
  find: (level: Level, nic: NicFacts, direction: Direction) => readonly Found[],
): Found[] {
  const { estate, resources } = facts;
  return endsOf(lookAt(context, facts)).flatMap(([nic, direction]) =>
    [...policiesAbove(estate, resources, nic), ...policiesOfNetwork(estate, nic)].flatMap((level) =>
      find(level, nic, direction),
    ),
  );
}
