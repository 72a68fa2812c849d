/**
 * Changes other than rules and routes that would mend what a route table drops: accepting a peering connection, attaching a
 * zone. A drop names its amendment; laid over the network, that leads on instead.
 */
import type {
  Amendment,
  Link,
  Network,
  NextHop,
  Puts,
  RouteEntry,
  RouteTable,
  TranslationSide,
} from '../../model/network.ts';
import { INTERNET } from '../../model/builder.ts';
import { type Origin, nameOf } from '../../model/origin.ts';
import { parseAddress } from '../../net/address.ts';
import { normalise } from '../../net/spans.ts';
import type { Estate, InterfaceFacts } from './estate.ts';
import { tableOf } from './subnet-names.ts';

/** These tables with every entry that waits for the amendment leading on; `next` may differ by table. */
export function redirected(
  under: Network,
  tables: Iterable<string>,
  amendment: string,
  next: (table: string) => NextHop | undefined,
): Puts {
  const changed: RouteTable[] = [];
  for (const id of tables) {
    const table = under.table(id);
    const there = next(id);
    if (table === undefined || there === undefined || !table.entries.some((entry) => waits(entry, amendment))) continue;
    const entries = table.entries.map((entry) => (waits(entry, amendment) ? { ...entry, next: there } : entry));
    changed.push({ ...table, entries });
  }
  return { tables: changed };
}

function waits({ next }: RouteEntry, amendment: string): boolean {
  return next.to === 'drop' && next.mend === amendment;
}

/** The tables of all subnets of these VPCs. */
export function* tablesIn(estate: Estate, vpcs: readonly string[]): Iterable<string> {
  for (const vpc of vpcs) for (const subnet of estate.vpcs.get(vpc)?.subnets ?? []) yield tableOf(subnet.entry.id);
}

/**
 * Of the range for measurements, which nobody on the internet has: to stand for Elastic IPs that are yet to be allocated.
 * Source: https://www.rfc-editor.org/rfc/rfc2544#appendix-C.2.2
 */
const STAND_INS = parseAddress('198.19.0.0')!;

/** Elastic IPs for these interfaces: the internet gateway translates them then, and the internet knows where they are. */
export function withPublicAddresses(
  { builder }: Estate,
  id: string,
  igw: Origin,
  enis: readonly InterfaceFacts[],
): Amendment {
  let outside = STAND_INS - 1n;
  const pairs = enis.flatMap((eni) =>
    eni.addresses.slice(0, 1).map(({ address }) => {
      do outside++;
      while (builder.hasPublicOwner(outside));
      return { from: address, to: outside };
    }),
  );
  const side = (own: TranslationSide | undefined, field: 'src' | 'dst', table: typeof pairs) =>
    own === undefined ? undefined : { ...own, rewrites: [{ pairs: { field, table } }, ...own.rewrites] };
  const added = pairs.map(({ to }) => ({ span: [to, to + 1n] as const, in: `${igw.id}#internet` }));
  return {
    id,
    origin: igw,
    attribute: 'PublicIp',
    to: 'an Elastic IP address',
    text: `give the host that sends a public address (an Elastic IP), or route it to a NAT gateway instead of ${nameOf(igw)}`,
    publicAddresses: normalise(added.map(({ span }) => span)),
    puts: (under) => {
      const translation = under.translation(igw.id);
      const link = under.link(INTERNET.link);
      if (translation === undefined || link === undefined) return {};
      const outward = side(translation.outward, 'src', pairs);
      const inward = side(
        translation.inward,
        'dst',
        pairs.map(({ from, to }) => ({ from: to, to: from })),
      );
      return {
        translations: [{ ...translation, ...(outward && { outward }), ...(inward && { inward }) }],
        links: [{ ...link, owners: withOwners(link.owners, added) }],
      };
    },
  };
}

/** Both lists are in order; most often all that is added lies in one gap of thousands. */
function withOwners(owners: Link['owners'], added: Link['owners']): Link['owners'] {
  const [first, last] = [added[0], added.at(-1)];
  if (first === undefined || last === undefined) return owners;
  const at = owners.findIndex(({ span }) => span[0] > first.span[0]);
  const next = at < 0 ? undefined : owners[at];
  if (next === undefined) return [...owners, ...added];
  if (next.span[0] > last.span[0]) return [...owners.slice(0, at), ...added, ...owners.slice(at)];
  return [...owners, ...added].sort((a, b) => (a.span[0] < b.span[0] ? -1 : 1));
}
