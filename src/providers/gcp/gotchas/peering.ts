/** Traps of VPC Network Peering: what crosses it, and what does not. */
import type { GotchaContext } from '../../../model/finding.ts';
import { isPublic } from '../../../net/address.ts';
import type { NetworkFacts, PeeringFacts } from '../estate.ts';
import { isFor, isTarget } from '../filtering/vpc-rules.ts';
import { flag, objects, strings, text } from '../record.ts';
import { isInternet } from '../routing/static-routes.ts';
import { speaksBoth } from '../routing/subnet-routes.ts';
import { blockedBy, isIn, lookAt, matching } from './look.ts';
import { bestRoute, covering, routesFor } from './route-look.ts';
import { DOCS, type Found, type GcpFacts, type GotchaRule, about, aboutBlocker, trap } from './rule.ts';

const PEERING = `${DOCS}vpc/docs/vpc-peering`;

/** The network that sends and the one that holds the destination, where they differ. */
function networksOf(context: GotchaContext, facts: GcpFacts): { here: NetworkFacts; there: NetworkFacts } | undefined {
  const { from, to, balancer, packet } = lookAt(context, facts);
  if (from === undefined || packet === undefined) return undefined;
  const there =
    to?.network ??
    balancer?.network ??
    [...facts.estate.networks.values()].find((network) => isIn(network, packet.dst));
  return there === undefined || there === from.network ? undefined : { here: from.network, there };
}

function between(here: NetworkFacts, there: NetworkFacts): PeeringFacts | undefined {
  return here.peerings.find(({ peer }) => peer === there.entry.id);
}

/** Peerings of the sender's network whose peer has a custom route to the destination. */
function offered(context: GotchaContext, facts: GcpFacts) {
  const { from, packet } = lookAt(context, facts);
  if (from === undefined || packet === undefined || context.answer.verdict === 'reachable') return [];
  const own = bestRoute(routesFor(facts, from, packet.dst).filter(({ entry }) => !isInternet(entry.record)));
  if (own !== undefined || isIn(from.network, packet.dst)) return [];
  return from.network.peerings.flatMap((peering) => {
    const peer = facts.estate.networks.get(peering.peer);
    const twin = facts.estate.twinOf(from.network, peering);
    if (peer === undefined || twin === undefined || !peering.active) return [];
    const statics = covering(facts, peer, packet.dst);
    const learned = facts.routes.learnedBy(peer, packet.dst);
    return [{ peering, twin, peer, statics, learned }];
  });
}

export const PEERING_GOTCHAS: readonly GotchaRule[] = [
  trap(
    {
      code: 'peering-not-transitive',
      severity: 'high',
      title: 'Peering is not transitive',
      why: 'Networks a and c that are both peered with b do not reach each other: each pair needs a peering of its own.',
      fix: 'Peer the two networks, or join all of them by Network Connectivity Center.',
      source: PEERING,
    },
    (context, facts) => {
      const pair = networksOf(context, facts);
      if (pair === undefined || context.answer.verdict === 'reachable') return [];
      const { here, there } = pair;
      if (between(here, there) !== undefined) return [];
      const hub = facts.estate.peersOf(here).find((peer) => facts.estate.peersOf(peer).includes(there));
      return hub === undefined
        ? []
        : about(
            hub.entry,
            `${here.entry.name} and ${there.entry.name} are both peered with ${hub.entry.name}, which does not join them`,
          );
    },
  ),
  trap(
    {
      code: 'peering-inactive',
      severity: 'high',
      title: 'The peering is configured on one side only',
      why: 'It works when both networks name each other; until then it is listed on one side as if it existed.',
      fix: 'Configure the peering on the other side too.',
      source: `${DOCS}vpc/docs/using-vpc-peering`,
    },
    (context, facts) => {
      const pair = networksOf(context, facts);
      if (pair === undefined || context.answer.verdict === 'reachable') return [];
      const { here, there } = pair;
      return [[here, between(here, there)] as const, [there, between(there, here)] as const].flatMap(
        ([network, peering]) =>
          peering === undefined || peering.active
            ? []
            : about(
                network.entry,
                `peering ${peering.name} of network ${network.entry.name} is ${text(peering.record, 'state') ?? 'inactive'}`,
              ),
      );
    },
  ),
  trap(
    {
      code: 'gcp-custom-routes-not-exported',
      severity: 'medium',
      title: 'The peer does not export its custom routes',
      why: 'Static and dynamic routes cross a peering only if one side exports and the other imports them; both are off by default.',
      fix: 'Export custom routes at the peering that has the route.',
      source: PEERING,
    },
    (context, facts) =>
      offered(context, facts).flatMap(({ twin, peer, statics, learned }) =>
        !flag(twin.record, 'exportCustomRoutes') && (statics.some(isExportable) || learned)
          ? about(
              peer.entry,
              `network ${peer.entry.name} has a route there, and its peering ${twin.name} does not export custom routes`,
            )
          : [],
      ),
  ),
  trap(
    {
      code: 'gcp-custom-routes-not-imported',
      severity: 'medium',
      title: "The peer's custom routes are not imported",
      why: 'Static and dynamic routes cross a peering only if one side exports and the other imports them; both are off by default.',
      fix: 'Import custom routes at the peering of the network that lacks the route.',
      source: PEERING,
    },
    (context, facts) =>
      offered(context, facts).flatMap(({ peering, peer, statics, learned }) =>
        !flag(peering.record, 'importCustomRoutes') && (statics.some(isExportable) || learned)
          ? about(
              lookAt(context, facts).from!.network.entry,
              `network ${peer.entry.name} has a route there, and peering ${peering.name} does not import custom routes`,
            )
          : [],
      ),
  ),
  trap(
    {
      code: 'gcp-tagged-or-internet-route-never-exchanged',
      severity: 'medium',
      title: 'Some routes never cross a peering',
      why: 'Static routes with tags, those to the default internet gateway and policy-based routes stay in their network, whatever the flags: a central NAT or a tagged appliance serves no peers.',
      fix: 'Give the network a NAT of its own; lead to the appliance by a route without tags.',
      source: PEERING,
    },
    (context, facts) =>
      offered(context, facts).flatMap(({ peering, twin, statics, learned }) => {
        const { from, packet } = lookAt(context, facts);
        const stays = statics.find((route) => !isExportable(route));
        if (stays === undefined || statics.some(isExportable) || learned) return [];
        const isOn = flag(peering.record, 'importCustomRoutes') && flag(twin.record, 'exportCustomRoutes');
        const isDefault = isInternet(stays.entry.record);
        if (!isOn || (isDefault && !isPublic(packet!.dst))) return [];
        if (isDefault && routesFor(facts, from!, packet!.dst).length > 0) return [];
        return about(
          stays.entry,
          `route ${stays.entry.name} (${stays.shown}) ${isDefault ? 'leads to the internet gateway' : 'has tags'}: it is never exchanged over peering ${peering.name}`,
        );
      }),
  ),
  trap(
    {
      code: 'gcp-pupi-routes-not-imported',
      severity: 'medium',
      title: 'Public ranges of a peer are not imported',
      why: 'Subnets on privately used public ranges are exported by default, and imported only on demand.',
      fix: 'Import subnet routes with public addresses at the peering.',
      source: PEERING,
    },
    (context, facts) => {
      const { from, packet } = lookAt(context, facts);
      if (from === undefined || packet === undefined || !isPublic(packet.dst) || context.answer.verdict === 'reachable')
        return [];
      return from.network.peerings.flatMap((peering): Found[] => {
        const peer = facts.estate.networks.get(peering.peer);
        const twin = facts.estate.twinOf(from.network, peering);
        if (peer === undefined || !peering.active || !isIn(peer, packet.dst)) return [];
        if (!flag(peering.record, 'importSubnetRoutesWithPublicIp'))
          return about(
            from.network.entry,
            `peering ${peering.name} does not import subnet routes with public addresses`,
          );
        return twin?.record['exportSubnetRoutesWithPublicIp'] === false
          ? about(peer.entry, `peering ${twin.name} does not export subnet routes with public addresses`)
          : [];
      });
    },
  ),
  trap(
    {
      code: 'gcp-peering-ipv4-only',
      severity: 'medium',
      title: 'The peering carries IPv4 only',
      why: 'IPv6 routes cross a peering only if both sides have the stack type IPV4_IPV6.',
      fix: 'Set the stack type of both sides to IPV4_IPV6.',
      source: PEERING,
    },
    (context, facts) => {
      const pair = networksOf(context, facts);
      if (pair === undefined || context.question.family !== 6 || context.answer.verdict === 'reachable') return [];
      const sides = [between(pair.here, pair.there), between(pair.there, pair.here)];
      const [first] = sides.filter((side) => side !== undefined && !speaksBoth(side));
      return first === undefined || sides.includes(undefined)
        ? []
        : about(
            (first === sides[0] ? pair.here : pair.there).entry,
            `peering ${first.name} is ${text(first.record, 'stackType') ?? 'IPV4_ONLY'}, so no IPv6 route crosses it`,
          );
    },
  ),
  trap(
    {
      code: 'gcp-firewall-not-shared-with-peer',
      severity: 'medium',
      title: 'The rule is on the wrong side of the peering',
      why: "Rules are not shared: ingress is filtered by the receiver's network, whatever the sender's network allows.",
      fix: "Add the rule at the receiver's network.",
      source: PEERING,
    },
    (context, facts) => {
      const { from, to, packet } = lookAt(context, facts);
      if (from === undefined || to === undefined || packet === undefined || from.network === to.network) return [];
      if (blockedBy(context, 'gcp-implied-deny-ingress', 'gcp-firewall-ingress') === undefined) return [];
      return matching(context, facts, from, 'in', packet, ({ record, origin }) => {
        const { targetTags: _t, targetServiceAccounts: _a, ...rest } = record as Record<string, unknown>;
        return { record: rest, origin };
      })
        .filter(({ rule }) => rule.action === 'allow')
        .flatMap(({ record }) =>
          about(
            record,
            `${record.origin.id} allows it in network ${from.network.entry.name}; the receiver is in ${to.network.entry.name}`,
          ),
        );
    },
  ),
  trap(
    {
      code: 'gcp-tag-does-not-cross-peering',
      severity: 'high',
      title: 'Network tags and accounts do not cross a peering',
      why: "A source tag or account stands for VMs of the rule's own network: the same tag on the other side looks right and matches nothing.",
      fix: 'Allow the range of the peer, or use secure tags.',
      source: PEERING,
    },
    (context, facts) => {
      const { from, to } = lookAt(context, facts);
      if (from === undefined || to === undefined || from.network === to.network) return [];
      if (context.answer.verdict === 'reachable') return [];
      return facts.firewalls.rulesOf(to.network.entry.id).flatMap((rule) => {
        const { record } = rule;
        if (objects(record, 'denied').length > 0 || !isFor(record, 'in') || !isTarget(record, to)) return [];
        const shared = [
          ...strings(record, 'sourceTags').filter((tag) => from.tags.includes(tag)),
          ...strings(record, 'sourceServiceAccounts').filter((account) => from.accounts.includes(account)),
        ];
        return shared.length === 0
          ? []
          : about(
              rule,
              `${rule.origin.id} allows ${shared.join(', ')}, which VM ${from.instance.name} has; but it is in network ${from.network.entry.name}, not in ${to.network.entry.name}`,
            );
      });
    },
  ),
  trap(
    {
      code: 'gcp-peer-range-not-advertised',
      severity: 'medium',
      title: 'On-premises knows no way to this range',
      why: "A Cloud Router advertises subnets of its own network, with regional routing those of its region: a peer's ranges need a custom advertisement.",
      fix: 'Advertise the range at the Cloud Router.',
      source: `${DOCS}network-connectivity/docs/router/concepts/advertised-routes`,
      aliases: ['NO_ADVERTISED_ROUTE_TO_GCP_DESTINATION'],
    },
    (context) =>
      context.answer.blockers.flatMap((blocker) =>
        blocker.code === 'gcp-range-not-advertised' ? aboutBlocker(blocker, blocker.message) : [],
      ),
  ),
];

/** Whether a static route may cross a peering at all. */
function isExportable({ entry: { record } }: { readonly entry: NetworkFacts['entry'] }): boolean {
  return strings(record, 'tags').length === 0 && !isInternet(record);
}
