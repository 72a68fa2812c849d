/**
 * What lies behind a hybrid link (VPN, Direct Connect, Connect): hosts that no snapshot holds, taken to permit. Knows where
 * such hosts stand and which of their packets the link carries back; the gateways know how packets get to the link.
 * Sources: https://docs.aws.amazon.com/vpn/latest/s2svpn/VPNRoutingTypes.html,
 * https://docs.aws.amazon.com/directconnect/latest/UserGuide/allowed-to-prefixes.html
 */
import type { NextHop, RouteEntry } from '../../model/network.ts';
import type { Origin } from '../../model/origin.ts';
import { isPublic, parseCidr } from '../../net/address.ts';
import { type Span, contains, normalise } from '../../net/spans.ts';
import type { Estate } from './estate.ts';
import { type Json, isRecord, object, text } from './record.ts';

/** One side of a hybrid link that is not in the cloud. */
export interface Beyond {
  /** Of the node and of its one interface. */
  readonly id: string;
  readonly origin: Origin;
  readonly assumes: { readonly resource: string; readonly message: string };
  /** Where what its hosts send to these addresses goes; what no line takes is for a host there. */
  readonly back: () => readonly {
    readonly dst: readonly Span<bigint>[];
    readonly next: NextHop;
    readonly text: string;
  }[];
  /** The addresses that hosts there may have; absent: any. */
  readonly own?: () => readonly Span<bigint>[];
}

export function defineBeyond(estate: Estate, { id, origin, assumes, back, own }: Beyond): void {
  const { builder } = estate;
  builder.node(id, () => ({
    id,
    origin,
    role: 'outside',
    interfaces: [id],
    assumes: [{ code: 'on-premises-permits', ...assumes }],
  }));
  builder.interface(id, () => ({ id, origin, node: id, addresses: [], steps: [], table: id }));
  builder.table(id, () => {
    const entries = back().map(
      ({ dst, next, text: words }, i): RouteEntry => ({
        origin,
        match: { dst },
        next,
        rank: [i],
        text: words,
      }),
    );
    const here: RouteEntry = {
      origin,
      match: own === undefined ? {} : { dst: own() },
      next: { to: 'local' },
      rank: [entries.length],
      text: 'on-premises',
    };
    return { id, origin, entries: [...entries, here] };
  });
}

/** Whether a host with this address may stand behind a link: it is private, and no subnet of the snapshot holds it. */
export function mayBeBeyond(estate: Estate, address: bigint): boolean {
  return !isPublic(address) && ![...estate.subnets.values()].some(({ cidrs }) => contains(cidrs, address));
}

/** What a Direct Connect gateway tells the customer's routers about a gateway in the cloud. */
export interface DirectConnect {
  readonly origin: Origin;
  /** The Direct Connect gateway, or the virtual interface that leads straight to the gateway. */
  readonly id: string;
  /** The prefixes that on-premises routers learn; undefined where the snapshot does not say. */
  readonly allowed: readonly Span<bigint>[] | undefined;
}

const ASSOCIATIONS = 'directConnectGatewayAssociations';
const INTERFACES = 'virtualInterfaces';

/** Whether the snapshot holds anything of Direct Connect, even that there is none. */
export function knowsDirectConnect(estate: Estate): boolean {
  return estate.inventory.knows(ASSOCIATIONS) || estate.inventory.knows(INTERFACES);
}

/** The Direct Connect links of a virtual private gateway or transit gateway. */
export function directConnectsOf(estate: Estate, gateway: string): readonly DirectConnect[] {
  const { inventory } = estate;
  const own = (kind: string, id: string, file: string, pointer: string): Origin => ({
    provider: 'aws',
    kind,
    id,
    file,
    pointer,
  });
  const associated = inventory.answers(ASSOCIATIONS).flatMap(({ records, document }) =>
    records.flatMap((record, i): DirectConnect[] => {
      const at = object(lower(record), 'associatedGateway') ?? {};
      const known = lower(record);
      const to = text(lower(at), 'id') ?? text(known, 'virtualGatewayId');
      const id = text(known, 'directConnectGatewayId');
      if (to !== gateway || id === undefined || (text(known, 'associationState') ?? 'associated') !== 'associated')
        return [];
      const listed = known['allowedPrefixesToDirectConnectGateway'];
      const allowed = (Array.isArray(listed) ? listed.filter(isRecord) : []).flatMap((one) => {
        const span = parseCidr(text(lower(one), 'cidr') ?? '');
        return span === undefined ? [] : [span];
      });
      const origin = own(
        'Direct Connect gateway',
        id,
        document.file,
        document.placeOf?.(i) ?? `${document.pointer}/${i}`,
      );
      return [{ origin, id, allowed: Array.isArray(listed) ? normalise(allowed) : undefined }];
    }),
  );
  const straight = inventory.answers(INTERFACES).flatMap(({ records, document }) =>
    records.flatMap((record, i): DirectConnect[] => {
      const known = lower(record);
      const id = text(known, 'virtualInterfaceId');
      if (text(known, 'virtualGatewayId') !== gateway || id === undefined) return [];
      if (['deleted', 'deleting', 'rejected'].includes(text(known, 'virtualInterfaceState') ?? '')) return [];
      const origin = own(
        'Direct Connect virtual interface',
        id,
        document.file,
        document.placeOf?.(i) ?? `${document.pointer}/${i}`,
      );
      // A private virtual interface at the gateway itself announces the whole VPC.
      return [{ origin, id, allowed: [[0n, 1n << 129n]] }];
    }),
  );
  return [...associated, ...straight];
}

/** Direct Connect writes its fields in lower case; some collectors capitalise them like everybody else's. */
function lower(record: Json): Json {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => [key.charAt(0).toLowerCase() + key.slice(1), value]),
  );
}

/**
 * What comes back over Direct Connect: only for the allowed prefixes do the customer's routers know the way, and a VPC is
 * announced only as a whole.
 */
export function backOverDirectConnect(
  links: readonly DirectConnect[],
  vpcs: readonly Span<bigint>[],
  next: NextHop,
): ReturnType<Beyond['back']> {
  const [{ id, origin }] = links as [DirectConnect];
  if (links.some(({ allowed }) => allowed === undefined))
    return [
      {
        dst: vpcs,
        next: {
          to: 'missing',
          what: {
            what: `the prefixes that ${id} announces on-premises`,
            fetch: `aws directconnect describe-direct-connect-gateway-associations --direct-connect-gateway-id ${id}`,
          },
          by: origin,
        },
        text: `what ${id} announces is not known`,
      },
    ];
  const all = links.flatMap(({ allowed }) => allowed ?? []);
  const announced = vpcs.filter(([lo, end]) => all.some(([from, to]) => from <= lo && end <= to));
  return [
    { dst: announced, next, text: `back over ${id}` },
    {
      dst: vpcs,
      next: {
        to: 'drop',
        code: 'aws-dx-prefix-not-allowed',
        why: `${id} does not announce these addresses on-premises: no allowed prefix of its association holds them`,
        by: origin,
      },
      text: `${id} does not announce them`,
    },
  ];
}
