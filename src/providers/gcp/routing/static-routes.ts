/**
 * Static routes and what they lead to: the internet gateway, an appliance, an internal balancer, a tunnel.
 * Source: https://docs.cloud.google.com/vpc/docs/static-routes
 */
import type { NextHop, RouteEntry } from '../../../model/network.ts';
import type { Missing, Origin } from '../../../model/origin.ts';
import { PUBLIC_V4, PUBLIC_V6, familyOf, parseAddress, parseCidr, prefixLengthOf } from '../../../net/address.ts';
import { type Span, normalise, subtract } from '../../../net/spans.ts';
import type { Estate, NicFacts } from '../estate.ts';
import { type Entry, missing } from '../inventory.ts';
import { type Json, integer, link, nameIn, strings, text } from '../record.ts';
import { type Sender, TIER, type Ways } from './sender.ts';

/** private.googleapis.com and restricted.googleapis.com. */
export const GOOGLE_APIS: readonly Span<bigint>[] = [parseCidr('199.36.153.4/30')!, parseCidr('199.36.153.8/30')!];

/** Whether a route leads to the internet gateway. */
export function isInternet(record: Json): boolean {
  return (text(record, 'nextHopGateway') ?? '').endsWith('default-internet-gateway');
}

/** Whether a record of a listing is a static route, and no subnet route. */
export function isStatic(record: Json): boolean {
  return ['nextHopNetwork', 'nextHopPeering', 'nextHopHub'].every((key) => text(record, key) === undefined);
}

export class StaticRoutes {
  private readonly estate: Estate;
  private readonly ways: Ways;

  constructor(estate: Estate, ways: Ways) {
    this.estate = estate;
    this.ways = ways;
  }

  /**
   * The entries of one route as it holds for a sender; `imported` ones came from a peer and lose to own ones of equal length.
   */
  entriesOf(route: Entry, sender: Sender, imported: 0 | 1): RouteEntry[] {
    const { record, origin, name } = route;
    const tags = strings(record, 'tags');
    if (tags.length > 0 && !tags.some((tag) => sender.tags.includes(tag))) return [];
    if (!isStatic(record)) return [];
    const span = parseCidr(text(record, 'destRange') ?? '');
    const shown = `${name}: ${text(record, 'destRange') ?? '?'} -> ${targetText(record)}`;
    if (span === undefined) {
      const unresolved = { what: `the destination of route ${name}: it is not a valid CIDR`, fetch: null };
      return [
        {
          origin,
          match: {},
          next: { to: 'missing', what: unresolved, by: origin },
          rank: [TIER.custom, -129],
          text: shown,
          unresolved,
        },
      ];
    }
    const rank = [TIER.custom, -(prefixLengthOf(span) ?? 0), imported, integer(record, 'priority') ?? 1000];
    if (isInternet(record)) return this.internetEntries(span, sender, rank, shown, origin);
    const next = this.nextHop(route, sender);
    if (next === undefined) return [];
    const unresolved = isStopped(next)
      ? { what: `whether route ${name} is skipped while the VM that it leads to is stopped`, fetch: null }
      : undefined;
    return [
      { origin, match: { dst: [span] }, next, rank, text: shown, ...(unresolved === undefined ? {} : { unresolved }) },
    ];
  }

  /** The internet gateway carries public destinations only, and Google's APIs for those that may use them. */
  internetEntries(
    span: Span<bigint>,
    sender: Sender,
    rank: readonly number[],
    shown: string,
    origin: Origin,
  ): RouteEntry[] {
    const outside = familyOf(span[0]) === 4 ? PUBLIC_V4 : PUBLIC_V6;
    const apis = this.ways.googleApis(sender);
    const entry = (dst: readonly Span<bigint>[], next: NextHop): RouteEntry[] =>
      dst.length === 0 ? [] : [{ origin, match: { dst }, next, rank, text: shown }];
    const inner = subtract([span], outside);
    const served = apis === undefined ? [] : GOOGLE_APIS.filter(([lo, end]) => span[0] <= lo && end <= span[1]);
    const open = subtract([span], normalise([...inner, ...served]));
    const drop: NextHop = {
      to: 'drop',
      code: 'gcp-private-traffic-to-internet',
      why: `${origin.name ?? origin.id} leads to the internet gateway, which carries no private destination`,
      by: origin,
    };
    return [
      ...(apis === undefined ? [] : entry(served, apis)),
      ...entry(open, this.ways.internet(sender)),
      ...entry(inner, drop),
    ];
  }

  private nextHop(route: Entry, sender: Sender): NextHop | undefined {
    const { record, origin, name } = route;
    const { network } = sender;
    const unknown = (what: Missing): NextHop => ({ to: 'missing', what, by: origin });
    const instance = link(record, 'nextHopInstance');
    const address = parseAddress(text(record, 'nextHopIp') ?? '');
    if (instance !== undefined || address !== undefined) {
      const nic = network.nics.find((one) =>
        instance === undefined ? one.addresses.some((own) => own.address === address) : one.instance.id === instance,
      );
      if (nic !== undefined) return toAppliance(nic, route);
      const balancer = address === undefined ? undefined : this.ways.balancer(sender, text(record, 'nextHopIp')!);
      if (balancer !== undefined) return balancer;
      if (!this.estate.inventory.isComplete('instance'))
        return unknown(missing(`the next hop of route ${name}`, 'compute instances list'));
      return {
        to: 'drop',
        code: 'gcp-next-hop-missing',
        why: `the next hop of route ${name} is no primary address of an interface in ${network.entry.name}`,
        by: origin,
      };
    }
    const tunnel = text(record, 'nextHopVpnTunnel') ?? text(record, 'nextHopInterconnectAttachment');
    if (tunnel !== undefined) return this.ways.tunnel(tunnel, route);
    const balancer = text(record, 'nextHopIlb');
    if (balancer !== undefined)
      return (
        this.ways.balancer(sender, balancer) ??
        unknown(missing(`the internal balancer that route ${name} leads to`, 'compute forwarding-rules list'))
      );
    return unknown({ what: `what route ${name} leads to: netaudit does not know this next hop`, fetch: null });
  }
}

/** To the interface of a forwarding VM. */
export function toAppliance(nic: NicFacts, { origin, name }: Pick<Entry, 'origin' | 'name'>): NextHop {
  const status = text(nic.instance.record, 'status');
  if (status === undefined || status === 'RUNNING') return { to: 'hop', in: nic.id };
  return {
    to: 'drop',
    code: 'gcp-next-hop-not-running',
    why: `the next hop of route ${name}, VM ${nic.instance.name}, is ${status}`,
    by: origin,
    mend: `start:${nic.instance.id}`,
  };
}

/** A stopped VM as next hop: whether its route is skipped or swallows the packets is not documented. */
function isStopped(next: NextHop): boolean {
  return next.to === 'drop' && next.code === 'gcp-next-hop-not-running';
}

function targetText(record: Json): string {
  const target = [
    'nextHopGateway',
    'nextHopInstance',
    'nextHopIp',
    'nextHopIlb',
    'nextHopVpnTunnel',
    'nextHopInterconnectAttachment',
    'nextHopHub',
  ]
    .map((key) => text(record, key))
    .find((one) => one !== undefined);
  return target === undefined ? 'nothing' : nameIn(target);
}
