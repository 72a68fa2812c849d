/** What a gotcha of this provider is: a code, and a look at one answered question. */
import type { GotchaContext } from '../../../model/finding.ts';
import type { Leg } from '../../../model/results.ts';
import { type Span, contains, intersect, normalise } from '../../../net/spans.ts';
import type { Estate, NicFacts, PeeringFacts, SubnetFacts, VnetFacts } from '../estate.ts';
import type { Gateways } from '../gateway.ts';
import type { Entry } from '../inventory.ts';
import type { LoadBalancers } from '../load-balancer.ts';
import { type Json, either, objects, parentOf, portSpans, text } from '../record.ts';
import type { SecurityGroups } from '../security-group.ts';
import { type Found, type GotchaRule as NeutralRule, trapsOver } from '../../../model/gotcha-rule.ts';

export type { Found } from '../../../model/gotcha-rule.ts';
export { gotchasOfRule as found } from '../../../model/gotcha-rule.ts';

export const DOCS = 'https://learn.microsoft.com/en-us/azure/';

export interface AzureFacts {
  readonly estate: Estate;
  readonly groups: SecurityGroups;
  readonly balancers: LoadBalancers;
  readonly gateways: Gateways;
}

/** One trap of this provider. */
export type GotchaRule = NeutralRule<AzureFacts>;

export const { trap, trapOf } = trapsOver<AzureFacts>();

/** A sentence about a resource. */
export function about({ origin }: Entry, message: string): Found {
  return { resource: origin.id, ...(origin.name === undefined ? {} : { resourceName: origin.name }), message };
}

/** The interfaces that the question names: who asks, and who is asked. */
export function endsOf({ question }: GotchaContext, { estate }: AzureFacts): { from?: NicFacts; to?: NicFacts } {
  const target = question.target?.map((id) => estate.nics.get(id)).find((nic) => nic !== undefined);
  const [from, to] = [estate.nics.get(question.start), target ?? ownerOf(question.dstAddresses, estate)];
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

/** The only interface with a literal address. */
function ownerOf(addresses: readonly Span<bigint>[], estate: Estate): NicFacts | undefined {
  const address = singleOf(addresses);
  if (address === undefined) return undefined;
  const owners = estate.nicsAt(address);
  return owners.length === 1 ? owners[0] : undefined;
}

/** The one address that a list of spans holds, where it is one. */
export function singleOf(spans: readonly Span<bigint>[]): bigint | undefined {
  const [span] = spans;
  return span !== undefined && spans.length === 1 && span[1] === span[0] + 1n ? span[0] : undefined;
}

/** The virtual networks whose space holds the one address that is asked for. */
export function networksHolding(address: bigint | undefined, { vnets }: Estate): VnetFacts[] {
  return address === undefined ? [] : [...vnets.values()].filter(({ ranges }) => contains(ranges, address));
}

/** One end's place among the security groups: what it filters there, and the addresses at the other end. */
export interface Side {
  readonly nic: NicFacts;
  readonly direction: 'in' | 'out';
  readonly own: readonly Span<bigint>[];
  readonly other: readonly Span<bigint>[];
}

/** Where groups are asked: outbound at the sender, inbound at the receiver. */
export function sidesOf(context: GotchaContext, facts: AzureFacts): Side[] {
  const { from, to } = endsOf(context, facts);
  const { srcAddresses } = context.question;
  const sides: Side[] = [];
  const inside = (nic: NicFacts) =>
    normalise(nic.configurations.map(({ address: { address } }) => [address, address + 1n] as const));
  if (from !== undefined)
    sides.push({ nic: from, direction: 'out', own: inside(from), other: context.question.dstAddresses });
  if (to !== undefined) sides.push({ nic: to, direction: 'in', own: inside(to), other: srcAddresses });
  return sides;
}

/** The groups of an interface, the subnet's first; those that are not in the snapshot left out. */
export function groupsOf(nic: NicFacts, { inventory }: Estate): Entry[] {
  return [...new Set([nic.subnet.nsg, nic.nsg])].flatMap((id) => inventory.get('nsg', id) ?? []);
}

/** A custom rule of a group as it stands in the record. */
export interface RawRule {
  readonly group: Entry;
  readonly record: Json;
  readonly name: string;
  readonly allows: boolean;
  readonly sources: readonly string[];
  readonly destinations: readonly string[];
}

/** The custom rules of a direction that name the question's protocol and port, whatever addresses they name. */
export function rulesAsked(
  side: Side,
  { question }: GotchaContext,
  { estate }: AzureFacts,
  port: readonly Span[] | undefined = question.traffic.dport,
): RawRule[] {
  return customRules(side, estate).filter(({ record }) => {
    const protocol = (text(record, 'protocol') ?? '*').toLowerCase();
    if (protocol !== '*' && question.protocolText !== '*' && protocol !== question.protocolText) return false;
    const ports = portSpans(either(record, 'destinationPortRange', 'destinationPortRanges'));
    return port === undefined || ports === undefined || ports.length === 0 || intersect(ports, port).length > 0;
  });
}

/** All custom rules of a direction. */
export function customRules({ nic, direction }: Side, estate: Estate): RawRule[] {
  return groupsOf(nic, estate).flatMap((group) =>
    [
      ...objects(group.record, 'securityRules'),
      ...estate.inventory
        .all('nsgRule')
        .filter(({ id }) => parentOf(id) === group.id)
        .map(({ record }) => record),
    ]
      .filter((record) => text(record, 'direction')?.toLowerCase() === (direction === 'in' ? 'inbound' : 'outbound'))
      .map((record) => ({
        group,
        record,
        name: text(record, 'name') ?? '',
        allows: text(record, 'access')?.toLowerCase() === 'allow',
        sources: either(record, 'sourceAddressPrefix', 'sourceAddressPrefixes'),
        destinations: either(record, 'destinationAddressPrefix', 'destinationAddressPrefixes'),
      })),
  );
}

/** The connected peerings of a network. */
export function peeringsOf(vnet: VnetFacts, remote?: string): readonly PeeringFacts[] {
  return vnet.peerings.filter((peering) => remote === undefined || peering.remote === remote);
}

/** What forwards the question's packets between the first and the last hop of a leg. */
export function betweenEnds(context: GotchaContext, facts: AzureFacts, leg: Leg): readonly string[] {
  const { from, to } = endsOf(context, facts);
  const ends = [from, to].flatMap((nic) =>
    nic === undefined ? [] : [nic.entry.origin.id, nic.vm, nic.entry.id].map((id) => id?.toLowerCase()),
  );
  return context.answer[leg].hops
    .slice(1, -1)
    .filter(({ kind, resource }) => FORWARDERS.test(kind) && !ends.includes(resource.toLowerCase()))
    .map(({ resource }) => resource);
}

const FORWARDERS = /^(virtual machine|network interface|firewall)$/;

/** The route of a subnet's table that takes an address: the longest prefix. */
export function userRouteFor(
  subnet: SubnetFacts,
  address: bigint,
  estate: Estate,
): { table: Entry; record: Json; span: Span<bigint> } | undefined {
  return userRoutes(subnet, estate)
    .filter(({ span: [lo, end] }) => lo <= address && address < end)
    .sort((a, b) => (a.span[1] - a.span[0] < b.span[1] - b.span[0] ? -1 : 1))[0];
}

/** The routes of a subnet's table with a prefix of their own (no tag). */
export function userRoutes(subnet: SubnetFacts, estate: Estate): { table: Entry; record: Json; span: Span<bigint> }[] {
  const table = estate.inventory.get('routeTable', subnet.routeTable);
  if (table === undefined) return [];
  const apart = estate.inventory.all('route').filter(({ id }) => parentOf(id) === table.id);
  return [...objects(table.record, 'routes'), ...apart.map(({ record }) => record)].flatMap((record) => {
    const span = estate.prefixOf(text(record, 'addressPrefix'));
    return span === undefined ? [] : [{ table, record, span }];
  });
}
