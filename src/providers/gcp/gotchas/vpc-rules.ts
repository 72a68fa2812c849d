/** Traps of VPC firewall rules: whom they are for, which of them decides, and what they do not see. */
import { ALL_V4, ALL_V6, familyOf, isPublic } from '../../../net/address.ts';
import { TCP } from '../../../net/protocol.ts';
import { judge } from '../filtering/one-packet.ts';
import type { RuleRecord } from '../filtering/vpc-rules.ts';
import { isFor, isTarget } from '../filtering/vpc-rules.ts';
import type { NicFacts } from '../estate.ts';
import { type Json, flag, integer, objects, spansOf, strings, text } from '../record.ts';
import { blockedBy, isNarrower, judged, lookAt, matching } from './look.ts';
import { DOCS, type Found, type GotchaRule, about, aboutBlocker, trap } from './rule.ts';

const FIREWALLS = `${DOCS}firewall/docs/firewalls`;

const priorityOf = ({ record }: RuleRecord) => integer(record, 'priority') ?? 1000;
const denies = ({ record }: RuleRecord) => objects(record, 'denied').length > 0;
const nameOf = ({ origin }: RuleRecord) => origin.name ?? origin.id;

/** A rule as if it were for every interface of the network. */
function untargeted({ record, origin }: RuleRecord): RuleRecord {
  const { targetTags: _tags, targetServiceAccounts: _accounts, ...rest } = record as Record<string, unknown>;
  return { record: rest, origin };
}

/** Tags that differ in spelling only, or in one or two letters. */
function isNearMiss(a: string, b: string): boolean {
  const plain = (word: string) => word.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  if (a === b) return false;
  const [x, y] = [plain(a), plain(b)];
  if (x === y) return true;
  if (Math.min(x.length, y.length) < 3 || Math.abs(x.length - y.length) > 1) return false;
  return x === `${y}s` || y === `${x}s` || distance(x, y) === 1;
}

/** Letters that must be changed, added or taken away: exact up to one, else two. */
function distance(a: string, b: string): number {
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  const rests = [
    [a.slice(i + 1), b.slice(i + 1)],
    [a.slice(i + 1), b.slice(i)],
    [a.slice(i), b.slice(i + 1)],
    [a.slice(i + 2), b.slice(i + 2)],
  ] as const;
  const isSwap = a[i] === b[i + 1] && a[i + 1] === b[i];
  return rests.some(([x, y], k) => x === y && (k < 3 || isSwap)) ? 1 : 2;
}

function hasSource(record: Json, nic: NicFacts): string | undefined {
  return (
    strings(record, 'sourceTags').find((tag) => nic.tags.includes(tag)) ??
    strings(record, 'sourceServiceAccounts').find((account) => nic.accounts.includes(account))
  );
}

export const VPC_RULE_GOTCHAS: readonly GotchaRule[] = [
  trap(
    {
      code: 'gcp-implied-deny-ingress',
      severity: 'medium',
      title: 'No ingress rule matches',
      why: 'Ingress is denied unless a rule allows it: only the network called default comes with allow rules, and a custom network starts empty.',
      fix: "Add an ingress allow rule at the receiver's network.",
      source: FIREWALLS,
      aliases: ['FIREWALL_RULE'],
    },
    (context) => {
      const blocker = blockedBy(context, 'gcp-implied-deny-ingress');
      return blocker === undefined
        ? []
        : aboutBlocker(blocker, `no rule of network ${blocker.resource} allows it, and ingress is denied by default`);
    },
  ),
  trap(
    {
      code: 'gcp-same-subnet-filtered',
      severity: 'medium',
      title: 'Neighbours in a subnet are filtered too',
      why: 'The firewall stands at every interface: a subnet is no trusted zone, and two VMs in it reach each other only if a rule allows it.',
      fix: "Add an ingress allow rule for the subnet's range.",
      source: FIREWALLS,
    },
    (context, facts) => {
      const { from, to } = lookAt(context, facts);
      const blocker = blockedBy(context, 'gcp-implied-deny-ingress', 'gcp-firewall-ingress');
      if (from === undefined || to?.subnet === undefined || blocker === undefined) return [];
      return from !== to && from.subnet === to.subnet
        ? about(
            to.subnet.entry,
            `both VMs are in subnet ${to.subnet.entry.name}, and the firewall filters between them`,
          )
        : [];
    },
  ),
  trap(
    {
      code: 'gcp-firewall-applies-network-wide',
      severity: 'low',
      title: 'The rule is for every VM of the network',
      why: 'There is no firewall of a subnet: a rule without a target opens its ports on all VMs of the network, in all regions.',
      fix: 'Give the rule a target tag or target service account.',
      source: FIREWALLS,
    },
    (context, facts) => {
      const { to, packet } = lookAt(context, facts);
      if (to === undefined || packet === undefined || context.answer.verdict === 'unreachable') return [];
      const decider = judged(context, to, 'in', packet)?.rule;
      if (decider?.action !== 'allow') return [];
      const rule = facts.firewalls
        .rulesOf(to.network.entry.id)
        .find(({ origin }) => origin.id === decider.origin.id && decider.by?.kind === 'firewall rule');
      if (
        rule === undefined ||
        strings(rule.record, 'targetTags').length > 0 ||
        strings(rule.record, 'targetServiceAccounts').length > 0 ||
        strings(rule.record, 'destinationRanges').length > 0
      )
        return [];
      const subnets = new Set(to.network.nics.map(({ subnet }) => subnet));
      return subnets.size < 2
        ? []
        : about(
            rule,
            `${nameOf(rule)} names no target: it allows the same at all ${to.network.nics.length} interfaces of network ${to.network.entry.name}, in ${subnets.size} subnets`,
          );
    },
  ),
  trap(
    {
      code: 'gcp-deny-wins-at-equal-priority',
      severity: 'medium',
      title: 'At one priority deny wins',
      why: 'Rules get priority 1000 where nobody says otherwise, so an allow and a deny often tie, and the deny decides.',
      fix: 'Give the allow rule a smaller priority number.',
      source: FIREWALLS,
    },
    (context, facts) =>
      rivals(context, facts).flatMap(({ deny, allow }) =>
        priorityOf(deny) === priorityOf(allow)
          ? about(deny, `${nameOf(deny)} denies what ${nameOf(allow)} allows at the same priority ${priorityOf(deny)}`)
          : [],
      ),
  ),
  trap(
    {
      code: 'gcp-target-specificity-ignored',
      severity: 'medium',
      title: 'A narrower rule does not go first',
      why: 'Only the priority number orders rules: how precisely source, target or port are named makes no difference.',
      fix: 'Give the narrower rule a smaller priority number.',
      source: `${FIREWALLS}#priority_order_for_firewall_rules`,
    },
    (context, facts) =>
      rivals(context, facts).flatMap(({ deny, allow }) => {
        if (priorityOf(deny) >= priorityOf(allow)) return [];
        const [narrow, wide] = [allow, deny].map(({ record }) => spansOf(strings(record, 'sourceRanges')).spans);
        const isPrecise =
          isNarrower(narrow!.length === 0 ? [ALL_V4] : narrow!, wide!.length === 0 ? [ALL_V4] : wide!) ||
          strings(allow.record, 'targetTags').length > strings(deny.record, 'targetTags').length ||
          strings(allow.record, 'sourceTags').length > strings(deny.record, 'sourceTags').length ||
          portCount(allow.record, 'allowed') < portCount(deny.record, 'denied');
        return isPrecise
          ? about(
              deny,
              `${nameOf(deny)} (${priorityOf(deny)}) goes before the narrower ${nameOf(allow)} (${priorityOf(allow)})`,
            )
          : [];
      }),
  ),
  trap(
    {
      code: 'gcp-target-tag-missing',
      severity: 'medium',
      title: 'The tag that the rule names is on no VM, or spelled otherwise',
      why: 'Network tags are free text and nobody checks them: a rule for "web-server" does nothing for a VM tagged "webserver".',
      fix: 'Put the tag of the rule on the VM, or mend the spelling.',
      source: `${DOCS}vpc/docs/add-remove-network-tags`,
    },
    (context, facts) => {
      const { from, to, packet } = lookAt(context, facts);
      if (to === undefined || packet === undefined || context.answer.verdict === 'reachable') return [];
      const everywhere = new Set(to.network.nics.flatMap(({ tags }) => tags));
      const target = matching(context, facts, to, 'in', packet, untargeted).flatMap(({ record }): Found[] => {
        if (denies(record) || isTarget(record.record, to)) return [];
        return strings(record.record, 'targetTags').flatMap((tag): Found[] => {
          const near = to.tags.find((own) => isNearMiss(own, tag));
          if (near !== undefined)
            return about(record, `${nameOf(record)} is for tag ${tag}; VM ${to.instance.name} has ${near}`);
          return everywhere.has(tag) ? [] : about(record, `${nameOf(record)} is for tag ${tag}, which no VM has`);
        });
      });
      const source = facts.firewalls.rulesOf(to.network.entry.id).flatMap((record): Found[] => {
        if (denies(record) || !isFor(record.record, 'in') || !isTarget(record.record, to)) return [];
        return strings(record.record, 'sourceTags').flatMap((tag): Found[] => {
          const near = from?.tags.includes(tag) === true ? undefined : from?.tags.find((own) => isNearMiss(own, tag));
          if (near !== undefined)
            return about(record, `${nameOf(record)} allows tag ${tag}; VM ${from!.instance.name} has ${near}`);
          return everywhere.has(tag) || from?.network !== to.network
            ? []
            : about(record, `${nameOf(record)} allows tag ${tag}, which no VM has`);
        });
      });
      return [...target, ...source];
    },
  ),
  trap(
    {
      code: 'gcp-disabled-rule',
      severity: 'medium',
      title: 'The rule that would decide is disabled',
      why: 'A disabled rule is not there, and yet it stands in listings like any other.',
      fix: 'Enable the rule, or delete it.',
      source: `${DOCS}compute/docs/reference/rest/v1/firewalls`,
    },
    (context, facts) => {
      const { from, to, packet } = lookAt(context, facts);
      if (packet === undefined) return [];
      const ends = [
        ...(from === undefined ? [] : [[from, 'out'] as const]),
        ...(to === undefined ? [] : [[to, 'in'] as const]),
      ];
      return ends.flatMap(([nic, direction]) => {
        const now = judged(context, nic, direction, packet);
        if (now === undefined || now.action === 'unknown') return [];
        const decider = facts.firewalls
          .rulesOf(nic.network.entry.id)
          .find(({ origin }) => origin.id === now.rule?.origin.id);
        return matching(context, facts, nic, direction, packet, ({ record, origin }) =>
          flag(record, 'disabled') ? { record: { ...record, disabled: false }, origin } : undefined,
        )
          .filter(({ rule }) => rule.action !== now.action)
          .filter(
            ({ record }) =>
              now.rule === undefined ||
              (decider !== undefined &&
                (priorityOf(record) < priorityOf(decider) ||
                  (priorityOf(record) === priorityOf(decider) && denies(record)))),
          )
          .flatMap(({ record, rule }) => about(record, `${nameOf(record)} would ${rule.action} it, and is disabled`));
      });
    },
  ),
  trap(
    {
      code: 'gcp-source-tag-internal-only',
      severity: 'high',
      title: 'Source tags stand for primary internal addresses',
      why: 'A source tag or account matches packets from the primary internal address of a VM: not from its alias ranges, and not from external addresses.',
      fix: 'Speak to the internal address, or allow the range that the packets come from.',
      source: FIREWALLS,
    },
    (context, facts) => {
      const { from, to, packet, isToPublic } = lookAt(context, facts);
      if (from === undefined || to === undefined || packet === undefined || context.answer.verdict === 'reachable')
        return [];
      const isAlias = !from.addresses.some(({ address }) => address === packet.src);
      if (!isAlias && !isToPublic) return [];
      return facts.firewalls.rulesOf(to.network.entry.id).flatMap((record) => {
        const source = hasSource(record.record, from);
        if (denies(record) || source === undefined || !isFor(record.record, 'in') || !isTarget(record.record, to))
          return [];
        const how = isAlias ? 'an alias range' : "an external address, so the sender's is external too";
        return about(
          record,
          `${nameOf(record)} allows ${source}, which stands for internal addresses; this packet uses ${how}`,
        );
      });
    },
  ),
  trap(
    {
      code: 'gcp-ipv4-rule-ignores-ipv6',
      severity: 'medium',
      title: 'The rule is for IPv4 only',
      why: '0.0.0.0/0 never matches IPv6: both families need a rule of their own.',
      fix: 'Add a rule for ::/0, or for the IPv6 range that is meant.',
      source: `${DOCS}firewall/docs/using-firewalls`,
    },
    (context, facts) => {
      const { to } = lookAt(context, facts);
      if (to === undefined || context.answer.verdict === 'reachable') return [];
      const isSix =
        context.question.family === 6 ||
        (context.answer.verdict === 'unreachable' && to.addresses.some(({ address }) => familyOf(address) === 6));
      if (!isSix || context.question.family === 4) return [];
      return facts.firewalls.rulesOf(to.network.entry.id).flatMap((record) => {
        const ranges = strings(record.record, 'sourceRanges');
        const isOpen =
          ranges.includes('0.0.0.0/0') || (ranges.length === 0 && strings(record.record, 'sourceTags').length === 0);
        return isOpen && !denies(record) && isFor(record.record, 'in') && isTarget(record.record, to)
          ? about(record, `${nameOf(record)} allows 0.0.0.0/0, which says nothing of IPv6`)
          : [];
      });
    },
  ),
  trap(
    {
      code: 'gcp-egress-deny-does-not-stop-replies',
      severity: 'medium',
      title: 'An egress deny does not stop replies',
      why: 'The firewall remembers connections: what a VM answers passes whatever its egress rules say, so they do not isolate a server.',
      fix: 'Deny the ingress.',
      source: `${FIREWALLS}#specifications`,
    },
    (context, facts) => {
      const { to, packet } = lookAt(context, facts);
      if (to === undefined || packet === undefined || context.answer.verdict !== 'reachable') return [];
      const filter = context.network.filter(`firewall-out:${to.id}`);
      if (filter === undefined) return [];
      const reply = { src: packet.dst, dst: packet.src, protocol: packet.protocol, dport: 50_000 };
      const { action, rule } = judge(filter, (id) => context.network.set(id)?.spans, reply);
      return action === 'deny' && rule !== undefined
        ? about({ origin: rule.by ?? rule.origin }, `${rule.text}: VM ${to.instance.name} answers all the same`)
        : [];
    },
  ),
  trap(
    {
      code: 'gcp-open-to-world',
      severity: 'high',
      title: 'An admin port is open to everybody',
      why: 'The network called default comes with rules that open SSH and RDP to 0.0.0.0/0, and many copy them.',
      fix: 'Allow the ranges that need it; for SSH and RDP use IAP (35.235.240.0/20).',
      policy: 'internet-to-admin-ports',
      source: `${FIREWALLS}#more_rules_default_vpc`,
    },
    (context, facts) => {
      const { to } = lookAt(context, facts);
      const filter = to === undefined ? undefined : context.network.filter(`firewall-in:${to.id}`);
      if (to === undefined || filter === undefined) return [];
      const own = to.addresses[0]?.address;
      const found = new Map<string, { rule: RuleRecord; ports: number[]; from: string }>();
      for (const dport of [22, 3389])
        for (const [lo, end] of [ALL_V4, ALL_V6]) {
          const dst = to.addresses.find(({ address }) => familyOf(address) === familyOf(lo))?.address ?? own;
          if (dst === undefined || familyOf(dst) !== familyOf(lo)) continue;
          // Two public senders far apart: who is let in from both is not one office.
          const senders = [lo + (end - lo) / 5n, lo + ((end - lo) * 2n) / 5n + 7n].filter(isPublic);
          const all = senders.map((src) =>
            judge(filter, (id) => context.network.set(id)?.spans, { src, dst, protocol: TCP, dport }),
          );
          const decider = all[0]?.rule;
          if (all.length === 0 || !all.every(({ action, rule }) => action === 'allow' && rule === decider)) continue;
          const rule = facts.firewalls
            .rulesOf(to.network.entry.id)
            .find(({ origin }) => origin.id === decider?.origin.id);
          if (rule === undefined) continue;
          const ranges = strings(rule.record, 'sourceRanges');
          const wide = ranges.length === 0 || ranges.some((range) => range === '0.0.0.0/0' || range === '::/0');
          if (!wide) continue;
          const entry = found.get(rule.origin.id) ?? { rule, ports: [], from: ranges[0] ?? '0.0.0.0/0' };
          if (!entry.ports.includes(dport)) entry.ports.push(dport);
          found.set(rule.origin.id, entry);
        }
      return [...found.values()].flatMap(({ rule, ports, from }) =>
        about(rule, `${nameOf(rule)} opens tcp ${ports.join(', ')} of ${to.instance.name} to ${from}`),
      );
    },
  ),
];

function portCount(record: Json, key: 'allowed' | 'denied'): number {
  const sizes = objects(record, key).map((entry) => {
    const ports = strings(entry, 'ports');
    if (ports.length === 0) return (text(entry, 'IPProtocol') ?? 'all') === 'all' ? 1e9 : 65_536;
    return ports.reduce((sum, range) => {
      const [lo, hi = lo] = range.split('-').map(Number);
      return sum + ((hi ?? 0) - (lo ?? 0) + 1);
    }, 0);
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Deny rules that decide the question, each with allow rules that match too and come later or tie. */
function rivals(
  context: Parameters<GotchaRule['find']>[0],
  facts: Parameters<GotchaRule['find']>[1],
): { deny: RuleRecord; allow: RuleRecord }[] {
  const { from, to, packet } = lookAt(context, facts);
  if (packet === undefined || context.answer.verdict === 'reachable') return [];
  const ends = [
    ...(from === undefined ? [] : [[from, 'out'] as const]),
    ...(to === undefined ? [] : [[to, 'in'] as const]),
  ];
  return ends.flatMap(([nic, direction]) => {
    const now = judged(context, nic, direction, packet);
    const deny = facts.firewalls
      .rulesOf(nic.network.entry.id)
      .find(({ origin }) => now?.action === 'deny' && origin.id === now.rule?.origin.id);
    if (deny === undefined || now?.rule?.by?.kind !== 'firewall rule') return [];
    return matching(context, facts, nic, direction, packet)
      .filter(({ record }) => !denies(record))
      .map(({ record }) => ({ deny, allow: record }));
  });
}
