/** Traps of service tags: what they mean is wider, narrower or less known than their names say. */
import { formatAddress, isPublic, parseAddress } from '../../../net/address.ts';
import { contains } from '../../../net/spans.ts';
import { METADATA, PLATFORM } from '../service-tag.ts';
import {
  DOCS,
  type Found,
  type GotchaRule,
  about,
  customRules,
  groupsOf,
  rulesAsked,
  sidesOf,
  singleOf,
  trap,
  userRoutes,
} from './rule.ts';

const TAGS = `${DOCS}virtual-network/service-tags-overview`;

export const TAG_GOTCHAS: readonly GotchaRule[] = [
  trap(
    {
      code: 'azure-virtualnetwork-tag-wider-than-vnet',
      severity: 'medium',
      title: 'VirtualNetwork is more than this virtual network',
      why: 'The tag holds peers, on-premises ranges and every prefix of the route table too.',
      fix: 'Name the addresses that are meant.',
      source: TAGS,
    },
    (context, facts) => {
      const passed = (['forward', 'return'] as const)
        .flatMap((leg) => context.answer[leg].hops.flatMap(({ steps }) => steps))
        .filter(
          ({ kind, action, rule }) => kind === 'filter' && action === 'pass' && /virtualnetwork/i.test(rule ?? ''),
        );
      return sidesOf(context, facts).flatMap(({ nic, other }): Found[] => {
        const [first] = other;
        if (first === undefined || contains(nic.subnet.vnet.ranges, first[0])) return [];
        return groupsOf(nic, facts.estate)
          .filter(({ origin }) => passed.some(({ resource }) => resource === origin.id))
          .map((group) =>
            about(
              group,
              `a rule for VirtualNetwork lets this pass, although the other end is outside of ${nic.subnet.vnet.entry.origin.name}`,
            ),
          );
      });
    },
  ),
  trap(
    {
      code: 'azure-default-route-widens-virtualnetwork-tag',
      severity: 'high',
      title: 'A default route makes VirtualNetwork mean everything',
      why: 'Every prefix of the route table is in the tag: with 0.0.0.0/0 the AllowVnet rules cover the internet.',
      fix: 'Add rules that deny what must not pass, before the default ones.',
      source: 'https://github.com/MicrosoftDocs/azure-docs/issues/22178',
    },
    (context, facts) =>
      sidesOf(context, facts).flatMap(({ nic, other }): Found[] => {
        const [first] = other;
        const all = userRoutes(nic.subnet, facts.estate).find(({ span: [lo, end] }) => end - lo === 2n ** 32n);
        if (all === undefined || first === undefined || !isPublic(first[0])) return [];
        return groupsOf(nic, facts.estate).map((group) =>
          about(
            group,
            `${all.table.origin.name} has a route for 0.0.0.0/0, so VirtualNetwork means every address at ${nic.subnet.entry.origin.name}`,
          ),
        );
      }),
  ),
  trap(
    {
      code: 'azure-internet-tag-excludes-private',
      severity: 'medium',
      title: 'Internet does not mean everybody',
      why: 'The tag holds public addresses only: private clients, peers and on-premises are not in it.',
      fix: 'Use * or the addresses that are meant.',
      source: TAGS,
    },
    (context, facts) =>
      sidesOf(context, facts).flatMap((side) => {
        const address = singleOf(side.other);
        // Who asks for a public address comes from one too.
        const [asked] = context.question.dstAddresses;
        const isTranslated = side.direction === 'in' && asked !== undefined && isPublic(asked[0]);
        if (address === undefined || isPublic(address) || isTranslated) return [];
        return rulesAsked(side, context, facts)
          .filter(({ sources, destinations }) =>
            (side.direction === 'in' ? sources : destinations).some((word) => word.toLowerCase() === 'internet'),
          )
          .map(({ group, name }) =>
            about(group, `rule ${name} is for Internet, and ${formatAddress(address)} is a private address`),
          );
      }),
  ),
  trap(
    {
      code: 'azure-service-tag-unresolved',
      severity: 'info',
      title: 'The addresses of a service tag are not known',
      why: 'What a tag means changes weekly and is no part of the rules.',
      fix: 'Put az network list-service-tags --location REGION beside the snapshot.',
      source: TAGS,
    },
    ({ answer }) =>
      answer.missing.flatMap(({ what }): Found[] => {
        const tag = /^the addresses of service tag (\S+)/.exec(what)?.[1];
        return tag === undefined ? [] : [{ resource: tag, message: `what ${tag} means is not in the snapshot` }];
      }),
  ),
  trap(
    {
      code: 'azure-platform-address-exempt',
      severity: 'low',
      title: "The platform's own addresses pass every group",
      why: '168.63.129.16 and 169.254.169.254 are reached whatever the rules say, unless their own tag is denied.',
      fix: 'Deny AzurePlatformDNS or AzurePlatformIMDS where that is meant.',
      source: `${DOCS}virtual-network/what-is-ip-address-168-63-129-16`,
    },
    (context, facts) => {
      const address = singleOf(context.question.dstAddresses);
      if (address !== PLATFORM && address !== METADATA) return [];
      return sidesOf(context, facts)
        .filter(({ direction }) => direction === 'out')
        .flatMap((side) => {
          const denies = customRules(side, facts.estate).find(
            ({ allows, destinations }) =>
              !allows &&
              destinations.some((word) => word === '*' || parseAddress(word) === address || word.includes('/')),
          );
          return denies === undefined || context.answer.verdict !== 'reachable'
            ? []
            : [about(denies.group, `rule ${denies.name} does not hold for ${formatAddress(address)}`)];
        });
    },
  ),
];
