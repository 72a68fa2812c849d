/** Traps of peerings, and of the gateways that networks share through them. */
import { contains, subtract, normalise } from '../../../net/spans.ts';
import type { GotchaContext } from '../../../model/finding.ts';
import { type PeeringFacts, type VnetFacts, isConnected } from '../estate.ts';
import { flag, text } from '../record.ts';
import {
  type AzureFacts,
  DOCS,
  type Found,
  type GotchaRule,
  about,
  betweenEnds,
  endsOf,
  networksHolding,
  peeringsOf,
  singleOf,
  trap,
  trapOf,
} from './rule.ts';

const PEER = `${DOCS}virtual-network/virtual-network-manage-peering`;
const TRANSIT = `${DOCS}vpn-gateway/vpn-gateway-peering-gateway-transit`;

/** The network that asks and those that hold the address which is asked for. */
function networksOf(context: GotchaContext, facts: AzureFacts): { from?: VnetFacts; to: readonly VnetFacts[] } {
  const { from, to } = endsOf(context, facts);
  const { dstAddresses } = context.question;
  const there = to === undefined ? networksHolding(singleOf(dstAddresses), facts.estate) : [to.subnet.vnet];
  return { ...(from === undefined ? {} : { from: from.subnet.vnet }), to: there };
}

/** Peerings that join the two ends, and those that the packets passed. */
function peeringsOnTheWay(context: GotchaContext, facts: AzureFacts): PeeringFacts[] {
  const { from, to } = networksOf(context, facts);
  const direct = to.flatMap((there) =>
    from === undefined ? [] : [...peeringsOf(from, there.entry.id), ...peeringsOf(there, from.entry.id)],
  );
  const passed = new Set(
    (['forward', 'return'] as const).flatMap((leg) =>
      context.answer[leg].hops.filter(({ kind }) => kind === 'peering').map(({ resource }) => resource.toLowerCase()),
    ),
  );
  const all = [...facts.estate.vnets.values()].flatMap(({ peerings }) => peerings);
  return [...new Set([...direct, ...all.filter(({ entry }) => passed.has(entry.id))])];
}

export const PEERING_GOTCHAS: readonly GotchaRule[] = [
  trap(
    {
      code: 'peering-not-transitive',
      severity: 'high',
      title: 'Peering is not transitive',
      why: 'Two spokes of one hub do not reach each other through it, although the diagram suggests it.',
      fix: 'Peer the two networks, or route them through an appliance or gateway in the hub.',
      source: PEER,
    },
    (context, facts) => {
      const { from, to } = networksOf(context, facts);
      if (from === undefined || !context.answer.blockers.some(({ code }) => code === 'azure-no-route')) return [];
      return to
        .filter((there) => there !== from && peeringsOf(from, there.entry.id).length === 0)
        .flatMap((there) =>
          from.peerings.flatMap((peering): Found[] => {
            const middle = facts.estate.vnets.get(peering.remote);
            if (middle === undefined || peeringsOf(middle, there.entry.id).length === 0) return [];
            return [
              about(
                middle.entry,
                `${from.entry.origin.name} and ${there.entry.origin.name} are both peered with ${middle.entry.origin.name}, and that joins them with it, not with each other`,
              ),
            ];
          }),
        );
    },
  ),
  trapOf(
    { code: 'azure-peering-not-connected' },
    {
      code: 'peering-not-connected',
      severity: 'high',
      title: 'The peering is not connected',
      why: 'One side shows no fault until the other one is made, and survives the deletion of the other one.',
      fix: 'Make the peering of the other network; where one side is Disconnected, delete both and make them anew.',
      source: PEER,
    },
    ({ message }) => message,
  ),
  trap(
    {
      code: 'azure-peering-out-of-sync',
      severity: 'high',
      title: 'The peering does not know the new address range',
      why: 'The address space was extended after the peering was made: each side routes what it learned then.',
      fix: 'Sync the peering: az network vnet peering sync.',
      source: `${DOCS}virtual-network/update-virtual-network-peering-address-space`,
    },
    (context, facts) => {
      const asked = [context.question.dstAddresses, context.question.srcAddresses].flatMap((list) => {
        const address = singleOf(list);
        return address === undefined ? [] : [address];
      });
      return [...facts.estate.vnets.values()].flatMap((vnet) =>
        vnet.peerings.flatMap((peering): Found[] => {
          const remote = facts.estate.vnets.get(peering.remote);
          const level = text(peering.entry.record, 'peeringSyncLevel')?.toLowerCase();
          const isWhole = flag(peering.entry.record, 'peerCompleteVnets') !== false;
          if (remote === undefined || !isWhole || level === 'fullyinsync') return [];
          const unknown = subtract(normalise([...remote.ranges]), normalise([...peering.ranges]));
          const isConcerned = asked.some((address) => contains(unknown, address));
          const joins = networksOf(context, facts);
          const isBetween = [joins.from, ...joins.to].includes(vnet) && [joins.from, ...joins.to].includes(remote);
          return isConcerned && isBetween
            ? [
                about(
                  peering.entry,
                  `peering ${peering.entry.origin.name} has not learned all of ${remote.entry.origin.name}`,
                ),
              ]
            : [];
        }),
      );
    },
  ),
  trap(
    {
      code: 'azure-peering-vnet-access-off',
      severity: 'medium',
      title: 'The peering takes the peer out of VirtualNetwork',
      why: 'allowVirtualNetworkAccess looks like a block and is a change of a tag: default rules stop to match, rules for addresses go on.',
      fix: 'Allow access at both sides, or rely on rules for addresses only.',
      source: PEER,
    },
    (context, facts) =>
      peeringsOnTheWay(context, facts)
        .filter(({ access }) => !access)
        .map(({ entry }) => about(entry, `peering ${entry.origin.name} has allowVirtualNetworkAccess off`)),
  ),
  trap(
    {
      code: 'azure-peering-forwarded-traffic-off',
      severity: 'high',
      title: 'A peering may not take forwarded packets',
      why: 'allowForwardedTraffic is off by default, and the documentation disagrees on whose side counts.',
      fix: 'Switch allowForwardedTraffic on at both sides of the peering.',
      source: PEER,
    },
    (context, facts) => {
      const forwarded = (['forward', 'return'] as const).some((leg) => betweenEnds(context, facts, leg).length > 0);
      const doubted = context.answer.missing.some(({ what }) => what.includes('forwarded packets cross'));
      if (!forwarded && !doubted) return [];
      return peeringsOnTheWay(context, facts)
        .filter(
          (peering) =>
            doubted || (!peering.forwarded && context.answer.forward.hops.some(({ kind }) => kind === 'peering')),
        )
        .filter(({ forwarded: takes }) => !takes)
        .map(({ entry }) => about(entry, `peering ${entry.origin.name} has allowForwardedTraffic off`));
    },
  ),
  trap(
    {
      code: 'azure-gateway-transit-missing',
      severity: 'high',
      title: "The peer's gateway is not shared",
      why: 'One flag a side, and both are needed: allowGatewayTransit where the gateway is, useRemoteGateways at the other.',
      fix: 'Set both flags.',
      source: TRANSIT,
    },
    (context, facts) => {
      const { from, to } = endsOf(context, facts);
      const { srcAddresses, dstAddresses } = context.question;
      const asks: [VnetFacts | undefined, bigint | undefined][] = [
        [from?.subnet.vnet, singleOf(dstAddresses)],
        [to?.subnet.vnet, singleOf(srcAddresses)],
      ];
      return asks.flatMap(([vnet, address]) => {
        if (vnet === undefined || address === undefined || facts.gateways.ownOf(vnet) !== undefined) return [];
        if (contains(normalise([...facts.gateways.prefixesFor(vnet)]), address)) return [];
        return vnet.peerings.flatMap((peering): Found[] => {
          const remote = facts.estate.vnets.get(peering.remote);
          const gateway = remote === undefined ? undefined : facts.gateways.ownOf(remote);
          const twin = facts.estate.twinOf(vnet, peering);
          if (gateway === undefined || !contains(normalise([...gateway.prefixes]), address) || !isConnected(peering))
            return [];
          const lacks = [
            ...(peering.remoteGateways ? [] : [`useRemoteGateways at ${peering.entry.origin.name}`]),
            ...(twin?.gatewayTransit === true
              ? []
              : [`allowGatewayTransit at ${twin?.entry.origin.name ?? 'the other side'}`]),
          ];
          return lacks.length === 0
            ? []
            : [about(peering.entry, `${gateway.entry.origin.name} leads there, but ${lacks.join(' and ')} is off`)];
        });
      });
    },
  ),
  trap(
    {
      code: 'azure-gateway-propagation-disabled',
      severity: 'high',
      title: 'The route table takes no routes of gateways',
      why: 'disableBgpRoutePropagation drops the static VPN routes too, not only those of BGP.',
      fix: 'Switch propagation on, or add a route with next hop VirtualNetworkGateway.',
      source: `${DOCS}virtual-network/virtual-networks-udr-overview`,
    },
    (context, facts) => {
      const { from, to } = endsOf(context, facts);
      const { srcAddresses, dstAddresses } = context.question;
      return (
        [
          [from, dstAddresses],
          [to, srcAddresses],
        ] as const
      ).flatMap(([nic, other]): Found[] => {
        const address = singleOf(other);
        if (nic === undefined || address === undefined) return [];
        const table = facts.estate.inventory.get('routeTable', nic.subnet.routeTable);
        if (table === undefined || flag(table.record, 'disableBgpRoutePropagation') !== true) return [];
        return contains(normalise([...facts.gateways.prefixesFor(nic.subnet.vnet)]), address)
          ? [about(table, `${table.origin.name} takes no routes of the gateway that leads there`)]
          : [];
      });
    },
  ),
];
