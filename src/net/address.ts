/**
 * Addresses on one line: IPv6 in [0, 2^128), IPv4 above it. One line means no IPv4/IPv6 twins anywhere, and `::/0` never
 * means IPv4. Parsing is strict: no octal, no short forms.
 */
import type { Span } from './spans.ts';

/** Where IPv4 begins. */
export const V4_BASE = 1n << 128n;
export const ADDRESS_END = V4_BASE + (1n << 32n);
export const ALL_V4: Span<bigint> = [V4_BASE, ADDRESS_END];
export const ALL_V6: Span<bigint> = [0n, V4_BASE];

export function familyOf(address: bigint): 4 | 6 {
  return address >= V4_BASE ? 4 : 6;
}

/** The address, or undefined for anything that is not exactly one. An IPv4-mapped IPv6 address is IPv6. */
export function parseAddress(text: string): bigint | undefined {
  if (text.includes(':')) return parseV6(text);
  const v4 = parseV4(text);
  return v4 === undefined ? undefined : V4_BASE + BigInt(v4);
}

function parseV4(text: string): number | undefined {
  if (text.length < 7 || text.length > 15) return undefined;
  let value = 0;
  let octet = -1;
  let digits = 0;
  let dots = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 46) {
      if (octet < 0) return undefined;
      value = value * 256 + octet;
      octet = -1;
      digits = 0;
      dots++;
    } else if (c >= 48 && c <= 57) {
      if (digits > 0 && octet === 0) return undefined;
      octet = (octet < 0 ? 0 : octet) * 10 + (c - 48);
      digits++;
      if (octet > 255) return undefined;
    } else return undefined;
  }
  return dots === 3 && octet >= 0 ? value * 256 + octet : undefined;
}

function parseV6(text: string): bigint | undefined {
  if (text.length > 45) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = groupsOf(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? groupsOf(halves[1]!, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  let value = 0n;
  for (const group of [...head, ...Array.from({ length: missing }, () => 0), ...tail])
    value = (value << 16n) | BigInt(group);
  return value;
}

function groupsOf(text: string, mayEndInV4: boolean): number[] | undefined {
  if (text === '') return [];
  const words = text.split(':');
  const groups: number[] = [];
  for (const [i, word] of words.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(word)) groups.push(Number.parseInt(word, 16));
    else {
      const v4 = mayEndInV4 && i === words.length - 1 ? parseV4(word) : undefined;
      if (v4 === undefined) return undefined;
      groups.push(v4 >>> 16, v4 & 0xffff);
    }
  }
  return groups;
}

/** IPv4 dotted, IPv6 as RFC 5952 wants it. */
export function formatAddress(address: bigint): string {
  if (address >= V4_BASE) {
    const v4 = Number(address - V4_BASE);
    return `${v4 >>> 24}.${(v4 >>> 16) & 255}.${(v4 >>> 8) & 255}.${v4 & 255}`;
  }
  const groups = Array.from({ length: 8 }, (_, i) => Number((address >> BigInt(16 * (7 - i))) & 0xffffn));
  let best = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let run = 0;
    while (i + run < 8 && groups[i + run] === 0) run++;
    if (run > length) {
      best = i;
      length = run;
    }
  }
  const text = groups.map((group) => group.toString(16));
  return best < 0 ? text.join(':') : `${text.slice(0, best).join(':')}::${text.slice(best + length).join(':')}`;
}

/** The addresses of a CIDR; host bits are tolerated and masked away. Undefined for anything that is not a CIDR. */
export function parseCidr(text: string): Span<bigint> | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const address = parseAddress(text.slice(0, slash));
  const bits = text.slice(slash + 1);
  if (address === undefined || !/^(0|[1-9][0-9]{0,2})$/.test(bits)) return undefined;
  const width = familyOf(address) === 4 ? 32 : 128;
  const length = Number(bits);
  if (length > width) return undefined;
  const size = 1n << BigInt(width - length);
  const lo = address - (address % size);
  return [lo, lo + size];
}

/** The fewest CIDRs that are exactly this span, ascending; a single address is printed without its length. */
export function cidrsOf([from, end]: Span<bigint>): string[] {
  const out: string[] = [];
  for (let lo = from; lo < end; ) {
    const width = familyOf(lo) === 4 ? 32n : 128n;
    const limit = familyOf(lo) === 6 && end > V4_BASE ? V4_BASE : end;
    let size = 1n;
    let bits = 0n;
    while (bits < width && lo % (size * 2n) === 0n && lo + size * 2n <= limit) {
      size *= 2n;
      bits++;
    }
    out.push(bits === 0n ? formatAddress(lo) : `${formatAddress(lo)}/${width - bits}`);
    lo += size;
  }
  return out;
}

/** The length of the prefix that a span is; undefined if it is not exactly one prefix. */
export function prefixLengthOf([lo, end]: Span<bigint>): number | undefined {
  const size = end - lo;
  const bits = size.toString(2).length - 1;
  if (size <= 0n || 1n << BigInt(bits) !== size || lo % size !== 0n) return undefined;
  return (familyOf(lo) === 4 ? 32 : 128) - bits;
}

/** Everything but 0/8, 10/8, 100.64/10, 127/8, 169.254/16, 172.16/12, 192.168/16 and 224/3. */
export const PUBLIC_V4: readonly Span<bigint>[] = without(ALL_V4, [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '224.0.0.0/3',
]);

/** Everything but ::/8, fc00::/7, fe80::/10 and ff00::/8. */
export const PUBLIC_V6: readonly Span<bigint>[] = without(ALL_V6, ['::/8', 'fc00::/7', 'fe80::/10', 'ff00::/8']);

export function isPublic(address: bigint): boolean {
  return (familyOf(address) === 4 ? PUBLIC_V4 : PUBLIC_V6).some(([lo, end]) => lo <= address && address < end);
}

function without(all: Span<bigint>, cidrs: readonly string[]): Span<bigint>[] {
  const out: Span<bigint>[] = [];
  let at = all[0];
  for (const cidr of cidrs) {
    const [lo, end] = parseCidr(cidr)!;
    if (lo > at) out.push([at, lo]);
    at = end;
  }
  if (at < all[1]) out.push([at, all[1]]);
  return out;
}
