/** Traps of network security groups, application security groups and security admin rules. */
import type { GotchaContext } from '../../../model/finding.ts';
import type { Match, Rule } from '../../../model/network.ts';
import { familyOf, formatAddress, parseAddress, parseCidr } from '../../../net/address.ts';
import type { Box } from '../../../net/fields.ts';
import { type PacketSet, PacketSpace } from '../../../net/packet-space.ts';
import { either, references } from '../record.ts';
import {
  type AzureFacts,
  DOCS,
  type Found,
  type GotchaRule,
  about,
  customRules,
  endsOf,
  rulesAsked,
  sidesOf,
  trap,
  trapOf,
} from './rule.ts';

const NSG = `${DOCS}virtual-network/network-security-groups-overview`;
const HOW = `${DOCS}virtual-network/network-security-group-how-it-works`;
const IN = 'azure-nsg-inbound';

/** The interface that is asked for, unless no group holds for it anyway. */
function receiver(context: GotchaContext, facts: AzureFacts) {
  const { to } = endsOf(context, facts);
  return to?.privateEndpoint === undefined ? to : undefined;
}

export const GROUP_GOTCHAS: readonly GotchaRule[] = [
  trap(
    {
      code: 'missing-subnet-nsg',
      severity: 'info',
      title: 'The subnet has no security group',
      why: 'No group means that everything is allowed at that level, not that everything is denied.',
      fix: 'Attach a group to the subnet.',
      source: HOW,
      policy: 'subnets-without-groups',
    },
    (context, facts) => {
      const to = receiver(context, facts);
      return to === undefined || to.subnet.nsg !== undefined
        ? []
        : [about(to.subnet.entry, `subnet ${to.subnet.entry.origin.name} has no security group`)];
    },
  ),
  trap(
    {
      code: 'missing-nic-nsg',
      severity: 'info',
      title: 'The interface has no security group of its own',
      why: "No group means that everything is allowed at that level: only the subnet's group decides.",
      fix: 'Nothing, where the group of the subnet is enough.',
      source: HOW,
    },
    (context, facts) => {
      const to = receiver(context, facts);
      return to === undefined || to.nsg !== undefined
        ? []
        : [about(to.entry, `interface ${to.entry.origin.name} has no security group of its own`)];
    },
  ),
  trap(
    {
      code: 'azure-no-nsg-at-all',
      severity: 'high',
      title: 'No security group at either level',
      why: 'Everything that routes lead there gets in: traffic inside the network is wide open.',
      fix: 'Attach a group to the subnet.',
      source: HOW,
    },
    (context, facts) => {
      const to = receiver(context, facts);
      return to === undefined || to.nsg !== undefined || to.subnet.nsg !== undefined
        ? []
        : [about(to.entry, `neither ${to.entry.origin.name} nor its subnet has a security group`)];
    },
  ),
  trap(
    {
      code: 'azure-nsg-both-levels',
      severity: 'info',
      title: 'Two security groups decide',
      why: "The subnet's group and the interface's must both allow: a rule is easily added to one of them only.",
      fix: 'Keep rules at one level, or add them to both.',
      source: HOW,
    },
    (context, facts) =>
      sidesOf(context, facts).flatMap(({ nic }): Found[] =>
        nic.nsg === undefined || nic.subnet.nsg === undefined || nic.nsg === nic.subnet.nsg
          ? []
          : [
              about(
                nic.entry,
                `${nic.entry.origin.name} has a group of its own and the one of its subnet: both must allow`,
              ),
            ],
      ),
  ),
  trapOf(
    { code: 'azure-nsg-' },
    {
      code: 'azure-nsg-intra-subnet',
      severity: 'medium',
      title: 'The group of the subnet holds between neighbours too',
      why: 'A group is met by every interface, not at the border of the subnet.',
      fix: 'Allow the range of the subnet before the deny.',
      source: HOW,
    },
    ({ resource }, context, facts) => {
      const { from, to } = endsOf(context, facts);
      return from !== undefined && from.subnet === to?.subnet && from.subnet.nsg === resource.toLowerCase()
        ? `the group of ${from.subnet.entry.origin.name} stops machines of that subnet from speaking to each other`
        : undefined;
    },
  ),
  trap(
    {
      code: 'azure-nsg-rule-shadowed',
      severity: 'medium',
      title: 'A rule can never match',
      why: 'Rules with smaller numbers take all of it: the order in the list means nothing.',
      fix: 'Give it a smaller number, or delete it.',
      source: NSG,
    },
    (context, facts) =>
      sidesOf(context, facts).flatMap((side) =>
        rulesAsked(side, context, facts).flatMap(({ group, record, name }): Found[] => {
          const rules = facts.groups.rules(group.id, side.nic.subnet, side.direction, group.origin);
          const by = shadowing(rules, name, context);
          return by === undefined || either(record, 'sourceAddressPrefix', 'sourceAddressPrefixes').length === 0
            ? []
            : [about(group, `rule ${name} never matches: ${by} goes before it`)];
        }),
      ),
  ),
  trap(
    {
      code: 'azure-source-port-rule',
      severity: 'medium',
      title: 'The rule is limited to source ports',
      why: 'Clients send from random ports: the port was typed into the wrong field.',
      fix: 'Set the source port range to *.',
      source: NSG,
    },
    (context, facts) =>
      sidesOf(context, facts).flatMap((side) =>
        customRules(side, facts.estate)
          .filter(({ record }) => {
            const ports = either(record, 'sourcePortRange', 'sourcePortRanges');
            return ports.some((port) => port !== '*' && port !== '0-65535');
          })
          .map(({ group, record, name }) =>
            about(
              group,
              `rule ${name} matches only what comes from port ${either(record, 'sourcePortRange', 'sourcePortRanges').join(', ')}`,
            ),
          ),
      ),
  ),
  trap(
    {
      code: 'azure-nsg-names-public-ip',
      severity: 'high',
      title: 'The rule names the public address',
      why: 'A group sees the private address: the translation is done before it inbound, and after it outbound.',
      fix: 'Use the private address.',
      source: NSG,
    },
    (context, facts) =>
      sidesOf(context, facts).flatMap((side) => {
        const own = side.nic.configurations.flatMap(({ address }) => address.public ?? []);
        return customRules(side, facts.estate)
          .filter(({ sources, destinations }) =>
            (side.direction === 'in' ? destinations : sources).some((word) => {
              const address = parseAddress(word) ?? parseCidr(word)?.[0];
              return address !== undefined && own.includes(address);
            }),
          )
          .map(({ group, name }) =>
            about(
              group,
              `rule ${name} names the public address of ${side.nic.entry.origin.name}, and the group sees ${side.nic.configurations.map(({ address }) => formatAddress(address.address)).join(', ')}`,
            ),
          );
      }),
  ),
  trap(
    {
      code: 'azure-asg-cross-vnet',
      severity: 'high',
      title: 'An application security group ends at its virtual network',
      why: "All members are in one network: a rule for the group never matches a peer's machine.",
      fix: "Use the peer's addresses.",
      source: `${DOCS}virtual-network/application-security-groups`,
    },
    (context, facts) => {
      const { from, to } = endsOf(context, facts);
      if (from === undefined || to === undefined || from.subnet.vnet === to.subnet.vnet) return [];
      const carried = (nic: typeof from) => nic.configurations.flatMap(({ asgs }) => asgs);
      return sidesOf(context, facts).flatMap((side) =>
        rulesAsked(side, context, facts)
          .filter(({ record }) => {
            const key = side.direction === 'in' ? 'source' : 'destination';
            const other = carried(side.direction === 'in' ? from : to);
            return references(record, `${key}ApplicationSecurityGroups`).some((asg) => other.includes(asg));
          })
          .map(({ group, name }) =>
            about(
              group,
              `rule ${name} names an application security group, which does not reach from ${from.subnet.vnet.entry.origin.name} to ${to.subnet.vnet.entry.origin.name}`,
            ),
          ),
      );
    },
  ),
  trap(
    {
      code: 'azure-admin-rule-overrides-nsg',
      severity: 'medium',
      title: 'A security admin rule decides, not the group',
      why: 'Rules of a network manager come first: the view of the security group shows the opposite.',
      fix: 'Change the admin rule, or the network group.',
      source: `${DOCS}virtual-network-manager/concept-security-admins`,
    },
    ({ answer }) => {
      const blocked = answer.blockers
        .filter(({ code }) => code.startsWith('azure-admin-rule'))
        .map(
          ({ resource, resourceName }): Found => ({
            resource,
            ...(resourceName === undefined ? {} : { resourceName }),
            message: `admin rule ${resourceName ?? resource} denies it before any security group is asked`,
          }),
        );
      const passed = (['forward', 'return'] as const)
        .flatMap((leg) => answer[leg].hops.flatMap(({ steps }) => steps))
        .filter(
          ({ kind, action, rule }) => kind === 'filter' && action === 'pass' && /: alwaysallow /i.test(rule ?? ''),
        )
        .map(
          ({ resource, resourceName }): Found => ({
            resource,
            ...(resourceName === undefined ? {} : { resourceName }),
            message: `admin rule ${resourceName ?? resource} lets it pass, whatever the security groups say`,
          }),
        );
      return [...new Map([...blocked, ...passed].map((one) => [one.resource, one])).values()];
    },
  ),
  trapOf(
    { code: 'azure-nsg-' },
    {
      code: 'azure-ipv6-rule-missing',
      severity: 'medium',
      title: 'The rules are for IPv4 only',
      why: 'A prefix never matches the other family: IPv6 falls to the default rules.',
      fix: 'Add the rule again for IPv6 prefixes.',
      source: `${DOCS}virtual-network/ip-services/ipv6-overview`,
    },
    (blocker, context, facts) => {
      if (context.question.family !== 6) return undefined;
      const direction = blocker.code === IN ? 'in' : 'out';
      const only = sidesOf(context, facts)
        .filter((side) => side.direction === direction)
        .flatMap((side) => rulesAsked(side, context, facts))
        .find(({ allows, sources, destinations }) => allows && [...sources, ...destinations].some(isFour));
      return only === undefined ? undefined : `rule ${only.name} allows this for IPv4 only`;
    },
  ),
];

function isFour(word: string): boolean {
  const address = parseAddress(word) ?? parseCidr(word)?.[0];
  return address !== undefined && familyOf(address) === 4;
}

/** The names of the rules that together take everything that a rule would match; undefined where something is left. */
function shadowing(rules: readonly Rule[], name: string, { network }: GotchaContext): string | undefined {
  const space = new PacketSpace();
  const boxes = (matches: readonly Match[]): Box[] =>
    matches.map(({ src, dst, ...rest }): Box => {
      const spans = (side: Match['src']) =>
        side !== undefined && 'set' in side ? (network.set(side.set)?.spans ?? []) : side;
      const [from, to] = [spans(src), spans(dst)];
      return { ...rest, ...(from === undefined ? {} : { src: from }), ...(to === undefined ? {} : { dst: to }) };
    });
  const at = rules.findIndex(({ origin }) => origin.name === name);
  const own = rules[at];
  if (own === undefined || own.unresolved !== undefined) return undefined;
  let left: PacketSet = space.ofBoxes(boxes(own.match));
  if (space.isEmpty(left)) return undefined;
  const takers: string[] = [];
  for (const rule of rules.slice(0, at)) {
    if (rule.unresolved !== undefined) continue;
    const rest = space.minus(left, space.ofBoxes(boxes(rule.match)));
    if (rest !== left) takers.push(rule.origin.name ?? 'a rule');
    left = rest;
    if (space.isEmpty(left)) return takers.join(', ');
  }
  return undefined;
}
