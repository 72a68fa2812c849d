/**
 * How packets come to a balancer's address: by its own door, or, where several forwarding rules share the address or some
 * clients are not served, through a small router that tells them apart. Knows nothing of what is behind the doors.
 * Source: https://docs.cloud.google.com/load-balancing/docs/internal#client_access
 */
import type { NextHop, RouteEntry } from '../../../model/network.ts';
import { type Origin, nameOf } from '../../../model/origin.ts';
import { type Span, normalise } from '../../../net/spans.ts';
import { type Estate, rangesOf } from '../estate.ts';
import { flag } from '../record.ts';
import { type RuleFacts, door, isEndpoint } from './forwarding-rule.ts';

/** Where packets for an address enter. */
export interface Entrance {
  readonly address: bigint;
  readonly in: string;
  readonly rules: readonly RuleFacts[];
}

const entrance = (rule: string) => `${rule}#entrance`;
/** The amendment that opens a rule to clients of every region. */
const globalAccess = (rule: string) => `global-access:${rule}`;

/** Defines the entrance of rules that share an address, on one network or on the internet. */
export function defineEntrance(estate: Estate, rules: readonly RuleFacts[]): Entrance {
  const first = rules[0]!;
  const { address } = first;
  const { builder } = estate;
  const barred = rules.flatMap((rule) => barredFrom(estate, rule));
  if (rules.length === 1 && barred.length === 0 && first.steered.length === 0)
    return { address, in: door(first.entry.id), rules };
  const id = entrance(first.entry.id);
  const origin: Origin = { ...first.entry.origin, implicit: true };
  builder.node(id, () => ({ id, origin, role: 'router', interfaces: [id] }));
  builder.interface(id, () => ({ id, origin, node: id, addresses: [], steps: [], table: id }));
  const entries = (without?: RuleFacts): RouteEntry[] => [
    ...rules.filter((rule) => rule !== without).flatMap((rule) => barredFrom(estate, rule)),
    ...rules.map((rule): RouteEntry => {
      const { entry, match, steered } = rule;
      const next: NextHop = { to: 'hop', in: door(entry.id) };
      return {
        origin: entry.origin,
        match: steered.length === 0 ? match : { ...match, src: steered },
        next,
        rank: [steered.length === 0 ? 2 : 1],
        text: `forwarding rule ${entry.name}`,
      };
    }),
  ];
  const table = (without?: RuleFacts) => ({
    id,
    origin: first.entry.origin,
    code: 'gcp-forwarding-rule-mismatch',
    entries: entries(without),
  });
  builder.table(id, () => table());
  for (const rule of rules)
    if (barred.length > 0)
      builder.amendment(globalAccess(rule.entry.id), () => ({
        id: globalAccess(rule.entry.id),
        origin: rule.entry.origin,
        attribute: isPsc(rule) ? 'allowPscGlobalAccess' : 'allowGlobalAccess',
        to: 'true',
        text: `allow global access at ${nameOf(rule.entry.origin)}`,
        puts: () => ({ tables: [table(rule)] }),
      }));
  return { address, in: id, rules };
}

function isPsc({ target }: RuleFacts): boolean {
  return target !== undefined && isEndpoint(target);
}

/** Clients that a rule does not serve: of other regions without global access, and of peered networks at endpoints. */
function barredFrom(estate: Estate, rule: RuleFacts): RouteEntry[] {
  const { entry, network, region, isInternal } = rule;
  if (!isInternal || network === undefined) return [];
  const drop = (spans: readonly Span<bigint>[], words: string, code: string, mend?: string): RouteEntry[] =>
    spans.length === 0
      ? []
      : [
          {
            origin: entry.origin,
            match: { ...rule.match, src: spans },
            next: {
              to: 'drop',
              code,
              why: `${nameOf(entry.origin)} does not serve ${words}`,
              by: entry.origin,
              ...(mend === undefined ? {} : { mend }),
            },
            rank: [0],
            text: `${words}: not served`,
          },
        ];
  const peers = estate.peersOf(network);
  const isOpen = flag(entry.record, isPsc(rule) ? 'allowPscGlobalAccess' : 'allowGlobalAccess');
  const served = isPsc(rule) ? [network] : [network, ...peers];
  const far = served
    .flatMap((one) => one.subnets)
    .filter((subnet) => region !== undefined && subnet.region !== undefined && subnet.region !== region);
  return [
    ...(isPsc(rule)
      ? drop(
          normalise(peers.flatMap((peer) => peer.subnets.flatMap(rangesOf))),
          'clients of peered networks',
          'gcp-psc-not-over-peering',
        )
      : []),
    ...(isOpen
      ? []
      : drop(
          normalise(far.flatMap(rangesOf)),
          `clients outside ${region ?? 'its region'}: global access is off`,
          'gcp-ilb-region',
          globalAccess(entry.id),
        )),
  ];
}
