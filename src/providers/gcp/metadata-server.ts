/**
 * The metadata server: DHCP, DNS, time and metadata of every VM. It is always there, and no rule filters it.
 * Source: https://docs.cloud.google.com/firewall/docs/firewalls#alwaysallowed
 */
import { parseAddress } from '../../net/address.ts';
import type { Span } from '../../net/spans.ts';

/** Its addresses in both families. */
export const METADATA: readonly Span<bigint>[] = ['fd20:ce::254', '169.254.169.254'].map((word) => {
  const address = parseAddress(word)!;
  return [address, address + 1n];
});
