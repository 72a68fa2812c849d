/** Traps of routes: which one decides, and what it leads to. */
import { familyOf, prefixLengthOf } from '../../../net/address.ts';
import { isUp } from '../hybrid.ts';
import { link, text } from '../record.ts';
import { isInternet } from '../routing/static-routes.ts';
import type { NicFacts } from '../estate.ts';
import { blockedBy, isIn, lookAt } from './look.ts';
import { covering, routesFor, subnetFor } from './route-look.ts';
import { DOCS, type Found, type GcpFacts, type GotchaRule, about, aboutBlocker, trap } from './rule.ts';

const ROUTES = `${DOCS}vpc/docs/routes`;

export const ROUTE_GOTCHAS: readonly GotchaRule[] = [
  trap(
    {
      code: 'gcp-subnet-route-wins',
      severity: 'medium',
      title: 'A subnet route overrides the custom route',
      why: 'Subnet routes, of the network and of its peers, go first whatever the prefix or priority of a custom route: priority 0 does not help.',
      fix: 'Use a policy-based route to divert traffic inside the network.',
      source: ROUTES,
    },
    (context, facts) => {
      const { from, packet } = lookAt(context, facts);
      if (from === undefined || packet === undefined) return [];
      const subnet = subnetFor(facts, from.network, packet.dst);
      if (subnet === undefined) return [];
      return routesFor(facts, from, packet.dst)
        .filter(({ entry, span }) => !isInternet(entry.record) && (prefixLengthOf(span) ?? 0) > 1)
        .flatMap(({ entry, shown }) =>
          about(
            entry,
            `route ${entry.name} (${shown}) is not used: the address is in subnet ${subnet.name}, whose route goes first`,
          ),
        );
    },
  ),
  trap(
    {
      code: 'gcp-longest-prefix-beats-priority',
      severity: 'medium',
      title: 'The longer prefix goes before the better priority',
      why: 'Priority only orders routes of equal length: a more specific route wins whatever its number.',
      fix: 'Make the preferred route as specific, or remove the other.',
      source: ROUTES,
    },
    (context, facts) => {
      const { from, packet } = lookAt(context, facts);
      if (from === undefined || packet === undefined || subnetFor(facts, from.network, packet.dst) !== undefined)
        return [];
      const [first, ...others] = routesFor(facts, from, packet.dst);
      const preferred = others.find(
        ({ span, priority }) =>
          first !== undefined && span[1] - span[0] > first.span[1] - first.span[0] && priority < first.priority,
      );
      return first === undefined || preferred === undefined
        ? []
        : about(
            first.entry,
            `route ${first.entry.name} (${first.shown}, priority ${first.priority}) goes before ${preferred.entry.name} (${preferred.shown}, priority ${preferred.priority}): its prefix is longer`,
          );
    },
  ),
  trap(
    {
      code: 'gcp-next-hop-cannot-forward',
      severity: 'high',
      title: 'The next hop does not forward',
      why: 'A VM gets packets for others only with canIpForward, which many tools set at creation only; a stopped VM forwards nothing.',
      fix: 'Let the VM forward (canIpForward), or start it.',
      source: `${DOCS}vpc/docs/using-routes#canipforward`,
      aliases: ['FOREIGN_IP_DISALLOWED'],
    },
    (context) => {
      const blocker = blockedBy(context, 'gcp-ip-forward-off', 'gcp-next-hop-not-running');
      return blocker === undefined ? [] : aboutBlocker(blocker, blocker.message);
    },
  ),
  trap(
    {
      code: 'gcp-vpn-tunnel-down',
      severity: 'high',
      title: 'The only route leads to a tunnel that is down',
      why: 'A route to a tunnel that is not established stays listed, and is not used.',
      fix: 'Bring the tunnel up: its status tells what is wrong.',
      source: `${DOCS}network-connectivity/docs/vpn/support/troubleshooting`,
      aliases: ['ROUTE_NEXT_HOP_VPN_TUNNEL_NOT_ESTABLISHED'],
    },
    (context, facts) => {
      const { from, to, packet } = lookAt(context, facts);
      if (packet === undefined || context.answer.verdict === 'reachable') return [];
      const ways = [
        ...(from === undefined ? [] : [[from, packet.dst] as const]),
        ...(to === undefined ? [] : [[to, packet.src] as const]),
      ];
      return ways.flatMap(([nic, dst]) => deadTunnels(facts, nic, dst));
    },
  ),
  trap(
    {
      code: 'gcp-multi-nic-not-a-router',
      severity: 'medium',
      title: 'A VM with two interfaces joins no networks',
      why: 'Each interface is governed by its own network: packets pass through the VM only if a route leads to it and its guest forwards.',
      fix: 'Peer the networks, or route to the VM and let it forward.',
      source: `${DOCS}vpc/docs/create-use-multiple-interfaces`,
    },
    (context, facts) => {
      const { from, to, packet } = lookAt(context, facts);
      if (from === undefined || packet === undefined || context.answer.verdict === 'reachable') return [];
      if (blockedBy(context, 'gcp-no-route', 'gcp-private-traffic-to-internet', 'gcp-ip-forward-off') === undefined)
        return [];
      return [...facts.estate.machines.values()].flatMap((nics) => {
        const here = nics.find(({ network }) => network === from.network);
        const there = nics.find(
          ({ network }) => network !== from.network && (network === to?.network || isIn(network, packet.dst)),
        );
        return here === undefined || there === undefined || here.instance === from.instance
          ? []
          : about(
              here.instance,
              `VM ${here.instance.name} has interfaces in ${here.network.entry.name} and ${there.network.entry.name}, but that alone joins them not`,
            );
      });
    },
  ),
  trap(
    {
      code: 'gcp-multi-nic-asymmetric-return',
      severity: 'high',
      title: 'The guest may answer by another interface',
      why: 'A guest has one default route, on nic0: what other interfaces answer to clients beyond their subnet leaves there, unless the guest has policy routing.',
      fix: 'Set up policy routing in the guest.',
      source: `${DOCS}vpc/docs/create-use-multiple-interfaces`,
    },
    (context, facts) => {
      const { to, packet } = lookAt(context, facts);
      if (to === undefined || packet === undefined || to.index === 0) return [];
      const isNear = (to.subnet?.primary ?? []).some(([lo, end]) => lo <= packet.src && packet.src < end);
      return isNear
        ? []
        : about(
            to.instance,
            `VM ${to.instance.name} is asked at ${to.id.split('#')[1]} by a client beyond that interface's subnet; its default route is on nic0`,
          );
    },
  ),
  trap(
    {
      code: 'gcp-vm-not-running',
      severity: 'high',
      title: 'The VM is not running',
      why: 'Rules and routes are shown as if it were up; a stopped VM answers nothing.',
      fix: 'Start it.',
      source: `${DOCS}compute/docs/instances/instance-lifecycle`,
      aliases: ['INSTANCE_NOT_RUNNING'],
    },
    (context, facts) => {
      const { from, to } = lookAt(context, facts);
      return [...new Set([from, to])].flatMap((nic) => {
        const status = text(nic?.instance.record, 'status');
        return nic === undefined || status === undefined || status === 'RUNNING'
          ? []
          : about(nic.instance, `VM ${nic.instance.name} is ${status}`);
      });
    },
  ),
];

/** Routes to an address, own and of peers that export theirs, whose tunnel is not up. */
function deadTunnels(facts: GcpFacts, nic: NicFacts, dst: bigint): Found[] {
  const { inventory } = facts.estate;
  return [nic.network, ...facts.estate.peersOf(nic.network)].flatMap((network) =>
    covering(facts, network, dst, network === nic.network ? nic.tags : []).flatMap(({ entry, shown, holds }) => {
      const url = link(entry.record, 'nextHopVpnTunnel');
      const tunnel = inventory.get('vpnTunnel', url);
      return !holds || tunnel === undefined || isUp(tunnel) || familyOf(dst) !== 4
        ? []
        : about(
            tunnel,
            `route ${entry.name} (${shown}) leads to tunnel ${tunnel.name}, which is ${text(tunnel.record, 'status') ?? 'down'}`,
          );
    }),
  );
}
