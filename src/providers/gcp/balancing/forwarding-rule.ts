/**
 * One forwarding rule as a fact: its address, where it stands, what it takes. Knows nothing of what is behind it.
 * Source: https://docs.cloud.google.com/load-balancing/docs/forwarding-rule-concepts
 */
import type { Match } from '../../../model/network.ts';
import { parseAddress } from '../../../net/address.ts';
import { hasPorts, protocolNumber } from '../../../net/protocol.ts';
import { type Span, normalise } from '../../../net/spans.ts';
import { type Estate, type NetworkFacts, subnetAt } from '../estate.ts';
import type { Entry } from '../inventory.ts';
import { type Json, link, portSpan, regionOf, spansOf, strings, text } from '../record.ts';

/** A forwarding rule with what its record says. */
export interface RuleFacts {
  readonly entry: Entry;
  readonly address: bigint;
  readonly network: NetworkFacts | undefined;
  /** Undefined for a global rule. */
  readonly region: string | undefined;
  readonly isInternal: boolean;
  /** Its load balancing scheme: "EXTERNAL" where the record does not say. */
  readonly scheme: string;
  readonly target: string | undefined;
  readonly match: Match;
  /** Clients that it steers to its backend; empty for all. No firewall: others take the rule without it. */
  readonly steered: readonly Span<bigint>[];
}

/** The interface by which packets enter what a rule stands for. */
export const door = (rule: string) => `${rule}#door`;

/** Reads a rule; undefined (and a note) where it has no address. */
export function ruleFacts(estate: Estate, entry: Entry): RuleFacts | undefined {
  const { record } = entry;
  const word = (text(record, 'IPAddress') ?? '').split('/')[0]!;
  const address =
    parseAddress(word) ??
    parseAddress(text(estate.inventory.get('address', text(record, 'IPAddress'))?.record, 'address') ?? '');
  if (address === undefined) {
    estate.note(entry, `forwarding rule ${entry.name} has no address in the snapshot`);
    return undefined;
  }
  const target = text(record, 'target');
  const scheme = text(record, 'loadBalancingScheme') ?? 'EXTERNAL';
  const subnet = estate.subnets.get(link(record, 'subnetwork') ?? '');
  const network = estate.networks.get(link(record, 'network') ?? '') ?? subnet?.network;
  return {
    entry,
    address,
    network,
    region: regionOf(`${text(record, 'region') ?? entry.id}/`) ?? regionOf(entry.id),
    isInternal:
      scheme.startsWith('INTERNAL') ||
      (target !== undefined && isEndpoint(target)) ||
      (network !== undefined && subnetAt(network, address) !== undefined),
    scheme,
    target,
    // An endpoint stands for the whole service, whatever its ports.
    match: target !== undefined && isEndpoint(target) ? { dst: [[address, address + 1n]] } : matchOf(record, address),
    steered: spansOf(strings(record, 'sourceIpRanges')).spans,
  };
}

/** Whether a target is a service of somebody else: Private Service Connect. */
export function isEndpoint(target: string): boolean {
  return target.includes('/serviceAttachments/') || isGoogleBundle(target);
}

/** Whether a target is one of Google's bundles of APIs. */
export function isGoogleBundle(target: string): boolean {
  return /(^|\/)(all-apis|vpc-sc)$/.test(target);
}

/** Address, protocol and ports of a forwarding rule. */
function matchOf(record: Json, address: bigint): Match {
  const word = (text(record, 'IPProtocol') ?? '').toLowerCase();
  const protocol = word === 'l3_default' || word === '' ? undefined : protocolNumber(word);
  const ports = [
    ...strings(record, 'ports'),
    ...(text(record, 'portRange') === undefined ? [] : [text(record, 'portRange')!]),
  ].map(portSpan);
  const known = ports.filter((span) => span !== undefined);
  return {
    dst: [[address, address + 1n]],
    ...(protocol === undefined ? {} : { protocol: [[protocol, protocol + 1]] }),
    ...(known.length > 0 && protocol !== undefined && hasPorts(protocol) ? { dport: normalise(known) } : {}),
  };
}
