/**
 * Public addresses replaced by others so that nothing of a network changes: two addresses that share a prefix share one of the
 * same length afterwards, so every rule and route matches what it matched. Ranges that mean something by themselves
 * (private, documentation, a provider's own health checks) stay as they are.
 * Source: Xu et al., "Prefix-preserving IP address anonymization" (2002); here a bit may only flip where no kept range lies below.
 */
import { createHmac } from 'node:crypto';
import { familyOf, formatAddress, parseAddress, parseCidr, PUBLIC_V4, PUBLIC_V6, V4_BASE } from '../net/address.ts';
import type { Span } from '../net/spans.ts';

/** Public ranges with a meaning of their own: documentation, and what the providers' own documents name. */
const KEPT = [
  '192.0.2.0/24',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '2001:db8::/32',
  '35.191.0.0/16',
  '130.211.0.0/22',
  '209.85.152.0/22',
  '209.85.204.0/22',
  '35.199.192.0/19',
  '35.235.240.0/20',
  '199.36.153.0/24',
  '2600:2d00:1:1::/64',
  '2600:2d00:1:b029::/64',
  '168.63.129.16/32',
].map((cidr) => parseCidr(cidr)!);

export class AddressRedactor {
  private readonly secret: Buffer;
  private readonly flips = new Map<string, boolean>();

  constructor(secret: Buffer) {
    this.secret = secret;
  }

  /** An address or CIDR as text, replaced; undefined for text that is neither. */
  text(text: string): string | undefined {
    const address = parseAddress(text);
    if (address !== undefined) return formatAddress(this.address(address));
    const cidr = parseCidr(text);
    if (cidr === undefined) return undefined;
    const slash = text.indexOf('/');
    const length = Number(text.slice(slash + 1));
    // Host bits are redacted like any other address's: a prefix of the same length stays the same.
    return `${formatAddress(this.address(parseAddress(text.slice(0, slash))!, length))}${text.slice(slash)}`;
  }

  /** Only the first `length` bits are looked at; all when absent. */
  private address(address: bigint, length?: number): bigint {
    const isV4 = familyOf(address) === 4;
    const width = isV4 ? 32 : 128;
    const value = isV4 ? address - V4_BASE : address;
    let out = 0n;
    for (let bit = 0; bit < width; bit++) {
      const rest = BigInt(width - bit);
      const prefix = value >> rest;
      const own = (value >> (rest - 1n)) & 1n;
      const flip = (length === undefined || bit < length) && this.flipsBelow(isV4, bit, prefix, rest);
      out = (out << 1n) | (flip ? own ^ 1n : own);
    }
    return isV4 ? out + V4_BASE : out;
  }

  /** Whether the bit below a prefix is flipped: a coin thrown once for all addresses of that prefix. */
  private flipsBelow(isV4: boolean, bit: number, prefix: bigint, rest: bigint): boolean {
    const key = `${isV4 ? 4 : 6}/${bit}/${prefix.toString(16)}`;
    const known = this.flips.get(key);
    if (known !== undefined) return known;
    const lo = (prefix << rest) + (isV4 ? V4_BASE : 0n);
    const below: Span<bigint> = [lo, lo + (1n << rest)];
    const isPublic = (isV4 ? PUBLIC_V4 : PUBLIC_V6).some(([from, end]) => from <= below[0] && below[1] <= end);
    const flip =
      isPublic &&
      !KEPT.some(([from, end]) => from < below[1] && below[0] < end) &&
      (createHmac('sha256', this.secret).update(key).digest()[0]! & 1) === 1;
    this.flips.set(key, flip);
    return flip;
  }
}
