/**
 * What the kernel is told: namespaces, the wires between them, their routes and their nftables rules. A translation of a
 * snapshot writes a plan; the lab carries it out. Knows addresses as text only and no provider; it shares no code with
 * the readers or the engine, so that a mistake cannot be on both sides.
 */

/** A machine with an agent in it: probes start and end here. */
export interface Host {
  /** What the question calls it: the provider's id or name; "internet" for a machine outside. */
  readonly id: string;
  /** Its own addresses; of each family, probes are sent from the first. */
  readonly addresses: readonly string[];
  /** Public addresses that stand for it. */
  readonly publics: readonly string[];
}

/** A wire ends at two devices. Both ends know the other's hardware address, so nobody asks for it. */
interface Wire {
  readonly a: { readonly at: Space; readonly device: string };
  readonly b: { readonly at: Space; readonly device: string };
}

export const isIpv6 = (address: string): boolean => address.includes(':');

/** The neighbour at the far end of every wire. */
const hopOf = (ipv6: boolean) => (ipv6 ? 'fe80::1' : '169.254.0.1');
const HARDWARE = { a: '02:00:00:00:00:0a', b: '02:00:00:00:00:0b' } as const;

/** One network namespace: a machine or a router. */
export class Space {
  readonly name: string;
  readonly host: Host | undefined;
  /** Commands that bring devices up: before all others, for a route needs its device. */
  readonly links: string[] = [];
  /** Commands of `ip -batch` and `ip -6 -batch`. */
  readonly ip4: string[] = [];
  readonly ip6: string[] = [];
  /** Chains and sets of one nftables table, each a whole block of text. */
  readonly nft: string[] = [];
  /** What each drop counter of the table stands for: the resource whose rule it is. */
  readonly counters = new Map<string, string>();

  constructor(name: string, host?: Host) {
    this.name = name;
    this.host = host;
  }

  /** Puts an address on a device; no duplicate detection, which would take two seconds. */
  address(address: string, device: string): void {
    if (isIpv6(address)) this.ip6.push(`addr add ${address}/128 dev ${device} nodad`);
    else this.ip4.push(`addr add ${address}/32 dev ${device}`);
  }

  /** Sends a range (or "default" of a family) down a wire, or drops or throws it. */
  route(table: number | 'main', range: string, to: { readonly device: string; readonly from?: string } | Fate): void {
    const ipv6 = isIpv6(range);
    const what =
      typeof to === 'string'
        ? `${to} ${range}`
        : `${range} via ${hopOf(ipv6)} dev ${to.device} onlink${to.from === undefined ? '' : ` src ${to.from}`}`;
    (ipv6 ? this.ip6 : this.ip4).push(`route add ${what} table ${table}`);
  }

  /** What comes in by a device (to a range) is looked up in a table; smaller numbers go first. */
  rule(priority: number, words: string, table: number, families: readonly (4 | 6)[] = [4, 6]): void {
    for (const family of families)
      (family === 6 ? this.ip6 : this.ip4).push(`rule add ${words} lookup ${table} priority ${priority}`);
  }

  /** A drop that is counted under the name of who drops. */
  drop(resource: string): string {
    let name = [...this.counters].find(([, known]) => known === resource)?.[0];
    if (name === undefined) this.counters.set((name = `d${this.counters.size}`), resource);
    return `counter name "${name}" drop`;
  }

  chain(name: string, hook: string, rules: readonly string[]): void {
    this.nft.push(`chain ${name} {\n${[hook, ...rules].filter((line) => line !== '').join('\n')}\n}`);
  }

  /** The whole table as `nft -f` reads it. */
  get nftables(): string {
    const counters = [...this.counters.keys()].map((name) => `counter ${name} { packets 0 bytes 0 }`);
    return `table inet f {\n${[...counters, ...this.nft].join('\n')}\n}\n`;
  }
}

export type Fate = 'blackhole' | 'throw' | 'unreachable';

/** A whole network for the kernel. */
export class Plan {
  readonly spaces: Space[] = [];
  readonly wires: Wire[] = [];

  machine(host: Host): Space {
    const space = new Space(`h${this.spaces.length}`, host);
    this.spaces.push(space);
    return space;
  }

  router(): Space {
    const space = new Space(`r${this.spaces.length}`);
    this.spaces.push(space);
    return space;
  }

  /** Lays a wire; `group` numbers the device for nftables' iifgroup and oifgroup. */
  wire(a: Space, deviceA: string, b: Space, deviceB: string, groups: { a?: number; b?: number } = {}): void {
    this.wires.push({ a: { at: a, device: deviceA }, b: { at: b, device: deviceB } });
    for (const [space, device, peer, group] of [
      [a, deviceA, HARDWARE.b, groups.a],
      [b, deviceB, HARDWARE.a, groups.b],
    ] as const) {
      space.links.push(`link set ${device} up${group === undefined ? '' : ` group ${group}`}`);
      space.ip4.push(`neigh add ${hopOf(false)} lladdr ${peer} dev ${device} nud permanent`);
      space.ip6.push(`neigh add ${hopOf(true)} lladdr ${peer} dev ${device} nud permanent`);
    }
  }

  /** A machine at the end of a wire: everything it sends goes to the router. */
  plug(machine: Space, router: Space, device: string, group?: number): void {
    this.wire(machine, 'eth0', router, device, group === undefined ? {} : { b: group });
    for (const family of [4, 6]) {
      const own = (machine.host?.addresses ?? []).filter((address) => isIpv6(address) === (family === 6));
      for (const address of own) machine.address(address, 'eth0');
      if (own[0] !== undefined)
        machine.route('main', family === 6 ? '::/0' : '0.0.0.0/0', { device: 'eth0', from: own[0] });
    }
  }

  get hosts(): readonly Host[] {
    return this.spaces.flatMap((space) => space.host ?? []);
  }

  /** The commands that make a wire between two namespaces, named by `at`. */
  wireCommand(wire: Wire, at: (space: Space) => string): string {
    const end = ({ at: space, device }: Wire['a'], mac: string) => `name ${device} netns ${at(space)} address ${mac}`;
    return `link add ${end(wire.a, HARDWARE.a)} type veth peer ${end(wire.b, HARDWARE.b)}`;
  }
}
