/** Traps of route tables and of the appliances that they lead through. */
import { cidrsOf, formatAddress } from '../../../net/address.ts';
import { contains } from '../../../net/spans.ts';
import { isConnected } from '../estate.ts';
import { text } from '../record.ts';
import {
  DOCS,
  type Found,
  type GotchaRule,
  about,
  betweenEnds,
  endsOf,
  singleOf,
  trap,
  trapOf,
  userRouteFor,
  userRoutes,
} from './rule.ts';

const UDR = `${DOCS}virtual-network/virtual-networks-udr-overview`;
const NIC = `${DOCS}virtual-network/virtual-network-network-interface`;

export const ROUTE_GOTCHAS: readonly GotchaRule[] = [
  trap(
    {
      code: 'azure-udr-asymmetric-route',
      severity: 'high',
      title: 'Request and reply pass different appliances',
      why: 'Routes were set on one side only: an appliance that keeps state drops the half that it sees.',
      fix: 'Route both subnets through the same appliance.',
      source: UDR,
    },
    (context, facts) => {
      const doubted = context.answer.missing.find(({ what }) => /reply|never saw|one direction/i.test(what));
      const [there, back] = [betweenEnds(context, facts, 'forward'), betweenEnds(context, facts, 'return')];
      const isWhole = context.answer.return.hops.length > 1;
      const missed = [...there.filter((one) => !back.includes(one)), ...back.filter((one) => !there.includes(one))];
      // Members of one balancer see both directions, whichever of them a trace names.
      const together = (id: string) =>
        [...facts.estate.nics.values()]
          .filter((nic) => [nic.vm, nic.entry.id].includes(id.toLowerCase()))
          .map((nic) => facts.balancers.together(nic))
          .find((one) => one !== undefined);
      const isShared = missed.length > 0 && missed.every((id) => together(id) !== undefined);
      if (missed.length === 0 || isShared || (!isWhole && doubted === undefined)) return [];
      return [...new Set(missed)].map((resource) => ({
        resource,
        message: `${resource.split('/').at(-1)} sees ${there.includes(resource) ? 'the request and not the reply' : 'the reply and not the request'}`,
      }));
    },
  ),
  trap(
    {
      code: 'azure-forced-tunnel-breaks-public-ip',
      severity: 'high',
      title: 'The default route leads past the public address',
      why: 'The request comes in by the public address, and the reply leaves by the appliance or gateway: nobody expects it there.',
      fix: 'Let clients in through the appliance (DNAT), or route the clients to Internet.',
      source: UDR,
    },
    (context, facts) => {
      const { to } = endsOf(context, facts);
      const [client] = context.question.srcAddresses;
      const hasPublic = to?.configurations.some(({ address }) => address.public !== undefined) === true;
      if (to === undefined || client === undefined || !hasPublic) return [];
      const fromOutside =
        context.question.src.id === 'internet' || facts.estate.nics.get(context.question.start) === undefined;
      const route = userRouteFor(to.subnet, client[0], facts.estate);
      const kind = text(route?.record, 'nextHopType')?.toLowerCase();
      if (!fromOutside || route === undefined || kind === 'internet' || context.answer.verdict === 'reachable')
        return [];
      return [
        about(
          route.table,
          `${route.table.origin.name} sends replies of ${to.entry.origin.name} to ${text(route.record, 'nextHopType')}, not out by its public address`,
        ),
      ];
    },
  ),
  trapOf(
    { code: 'azure-ip-forwarding-off' },
    {
      code: 'azure-nva-ip-forwarding-off',
      severity: 'high',
      title: "IP forwarding is off at the appliance's interface",
      why: 'It was switched on in the guest only, or not at all: Azure drops what is not addressed to the machine.',
      fix: 'Enable IP forwarding at the interface.',
      source: NIC,
    },
    ({ resourceName, resource }) => `${resourceName ?? resource} is a next hop and does not forward`,
  ),
  trap(
    {
      code: 'azure-nva-forwarding-assumed',
      severity: 'info',
      title: 'The appliance is taken to forward',
      why: "A guest's own routes and firewall are in no snapshot.",
      fix: "Check the appliance's own rules.",
      source: NIC,
    },
    (context, facts) =>
      [
        ...new Set(
          (['forward', 'return'] as const).flatMap((leg) =>
            betweenEnds(context, facts, leg).filter((id) => facts.estate.inventory.get('firewall', id) === undefined),
          ),
        ),
      ]
        .filter((id) =>
          [...facts.estate.nics.values()].some(
            (nic) => nic.forwards && [nic.vm, nic.entry.id].includes(id.toLowerCase()),
          ),
        )
        .map((resource) => ({
          resource,
          message: `${resource.split('/').at(-1)} is taken to forward packets unchanged`,
        })),
  ),
  trap(
    {
      code: 'azure-udr-next-hop-missing',
      severity: 'high',
      title: 'The next hop belongs to nothing',
      why: 'The appliance was deployed anew with another address, and the route stayed.',
      fix: "Point the route to the appliance's present address.",
      source: UDR,
    },
    (context, facts) => {
      const { from, to } = endsOf(context, facts);
      const blocked = context.answer.blockers
        .filter(({ code }) => code === 'azure-next-hop-missing')
        .map(
          ({ resource, resourceName, message }): Found => ({
            resource,
            ...(resourceName === undefined ? {} : { resourceName }),
            message,
          }),
        );
      const unknown = context.answer.missing.some(({ what }) => what.startsWith('what owns the next hop'));
      if (!unknown) return blocked;
      return [
        ...blocked,
        ...[from, to].flatMap((nic) =>
          nic === undefined
            ? []
            : userRoutes(nic.subnet, facts.estate)
                .filter(({ record }) => {
                  const hop = text(record, 'nextHopIpAddress');
                  return hop !== undefined && context.answer.missing.some(({ what }) => what.endsWith(` ${hop}`));
                })
                .map(({ table, record }) =>
                  about(
                    table,
                    `nothing in the snapshot has the address ${text(record, 'nextHopIpAddress')} of its route ${text(record, 'name')}`,
                  ),
                ),
        ),
      ];
    },
  ),
  trap(
    {
      code: 'azure-udr-captures-subnet',
      severity: 'medium',
      title: 'The route captures neighbours too',
      why: "A route for the network's own range beats the system's: machines of one subnet speak through the appliance.",
      fix: 'Add a longer route for the subnet with next hop VnetLocal.',
      source: UDR,
    },
    (context, facts) => {
      const { from, to } = endsOf(context, facts);
      if (from === undefined || to === undefined || from.subnet !== to.subnet) return [];
      const [address] = to.configurations;
      const route =
        address === undefined ? undefined : userRouteFor(from.subnet, address.address.address, facts.estate);
      const holds =
        route !== undefined && from.subnet.vnet.ranges.some(([lo, end]) => lo <= route.span[0] && route.span[1] <= end);
      const kind = text(route?.record, 'nextHopType')?.toLowerCase();
      return !holds || kind === 'vnetlocal'
        ? []
        : [
            about(
              route.table,
              `${cidrsOf(route.span).join()} -> ${text(route.record, 'nextHopIpAddress') ?? text(route.record, 'nextHopType')} takes what machines of ${from.subnet.entry.origin.name} send each other`,
            ),
          ];
    },
  ),
  trap(
    {
      code: 'azure-udr-less-specific-ignored',
      severity: 'medium',
      title: 'A longer system route goes before this one',
      why: '10.0.0.0/8 to a firewall does not catch peers and the network itself: their own routes are longer.',
      fix: 'Add routes as long as the ranges that are meant.',
      source: UDR,
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
        const { vnet } = nic.subnet;
        const ranges = [...vnet.ranges, ...vnet.peerings.filter(isConnected).flatMap(({ ranges: far }) => far)];
        const system = ranges.find(([lo, end]) => lo <= address && address < end);
        const route = userRouteFor(nic.subnet, address, facts.estate);
        if (system === undefined || route === undefined || !contains([system], address)) return [];
        const isShorter = route.span[1] - route.span[0] > system[1] - system[0];
        const kind = text(route.record, 'nextHopType')?.toLowerCase();
        const isDefault = route.span[1] - route.span[0] === 2n ** 32n;
        return !isShorter || isDefault || kind === 'vnetlocal'
          ? []
          : [
              about(
                route.table,
                `${cidrsOf(route.span).join()} does not take ${formatAddress(address)}: the system route for ${cidrsOf(system).join()} is longer`,
              ),
            ];
      });
    },
  ),
];
