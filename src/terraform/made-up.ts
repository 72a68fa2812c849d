/**
 * Addresses that only apply will choose, made up so that flows can be walked: each resource gets its own and keeps it,
 * whatever else is laid over or left out. Private ones are free ones of the subnet; public ones come from the range that
 * is set aside for measuring devices, so that nobody else's address is taken: its upper end, since readers that need an
 * address for what a cloud does unasked begin at the lower one.
 * Source: https://www.rfc-editor.org/rfc/rfc2544
 */
import { V4_BASE, formatAddress, parseAddress, parseCidr } from '../net/address.ts';

const PUBLIC_V4 = parseAddress('198.19.128.0')!;
const PUBLIC_V6 = parseCidr('2001:db8::/32')![0];
const SUBNET_V6 = 1n << 64n;
const NETWORK_V6 = 1n << 72n;

export class MadeUp {
  private readonly taken = new Map<string, Set<bigint>>();
  private readonly known = new Map<string, string>();
  private publics = 0n;
  private networks = 0n;
  private readonly subnets = new Map<string, bigint>();
  private readonly elsewhere: () => ReadonlySet<bigint>;
  private avoided: ReadonlySet<bigint> | undefined;

  /** `elsewhere` are addresses of what exists beside the plan; asked for once, when an address is made up. */
  constructor(elsewhere: () => ReadonlySet<bigint> = () => new Set()) {
    this.elsewhere = elsewhere;
  }

  /** Says that an address of a subnet is in use. */
  use(subnet: string, address: string | undefined): void {
    const value = address === undefined ? undefined : parseAddress(address);
    if (value !== undefined) this.usedIn(subnet).add(value);
  }

  /** A free address of a subnet's range, from its upper end; undefined where the range is not known or full. */
  private(owner: string, subnet: string, cidr: string | undefined): string | undefined {
    return this.once(`${owner} in ${subnet}`, () => {
      const span = parseCidr(cidr ?? '');
      if (span === undefined || span[0] < V4_BASE) return undefined;
      const used = this.usedIn(subnet);
      const avoided = (this.avoided ??= this.elsewhere());
      for (let address = span[1] - 2n; address > span[0] + 3n; address--) {
        if (used.has(address) || avoided.has(address)) continue;
        used.add(address);
        return formatAddress(address);
      }
      return undefined;
    });
  }

  /** The first address of a subnet that the cloud leaves to others, for what takes it as a rule; else any free one. */
  first(owner: string, subnet: string, cidr: string | undefined): string | undefined {
    const span = parseCidr(cidr ?? '');
    if (span === undefined || span[0] < V4_BASE) return undefined;
    const address = span[0] + 4n;
    const avoided = (this.avoided ??= this.elsewhere());
    if (this.known.has(`${owner} in ${subnet}`) || this.usedIn(subnet).has(address) || avoided.has(address))
      return this.private(owner, subnet, cidr);
    this.usedIn(subnet).add(address);
    return this.once(`${owner} in ${subnet}`, () => formatAddress(address));
  }

  public(owner: string): string {
    return this.once(`public ${owner}`, () => formatAddress(PUBLIC_V4 + (this.publics++ % (1n << 15n))))!;
  }

  /** The IPv6 range that the cloud gives a network: a /56. */
  network6(owner: string): string {
    return this.once(`network6 ${owner}`, () => `${formatAddress(PUBLIC_V6 + this.networks++ * NETWORK_V6)}/56`)!;
  }

  /** The IPv6 range of a subnet within its network's: a /64. */
  subnet6(owner: string, network: string): string | undefined {
    return this.once(`subnet6 ${owner}`, () => {
      const span = parseCidr(network);
      if (span === undefined || span[0] >= V4_BASE) return undefined;
      const next = this.subnets.get(network) ?? span[0];
      if (next >= span[1]) return undefined;
      this.subnets.set(network, next + SUBNET_V6);
      return `${formatAddress(next)}/64`;
    });
  }

  /** An address of a subnet's IPv6 range. */
  host6(owner: string, cidr: string | undefined): string | undefined {
    return this.once(`host6 ${owner} in ${cidr}`, () => {
      const span = parseCidr(cidr ?? '');
      if (span === undefined || span[0] >= V4_BASE) return undefined;
      const used = this.usedIn(cidr!);
      const address = span[0] + 0x1000n + BigInt(used.size);
      used.add(address);
      return formatAddress(address);
    });
  }

  private usedIn(subnet: string): Set<bigint> {
    const used = this.taken.get(subnet) ?? new Set<bigint>();
    this.taken.set(subnet, used);
    return used;
  }

  private once(key: string, make: () => string | undefined): string | undefined {
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const made = make();
    if (made !== undefined) this.known.set(key, made);
    return made;
  }
}
