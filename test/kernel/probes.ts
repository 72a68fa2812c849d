/** The packets that are asked about: drawn at random between the machines of a plan, at the edges of what rules name. */
import type { Random } from '../random.ts';
import { type Host, isIpv6 } from './plan.ts';

/** Ports that every machine listens on; rules are drawn around them. */
export const LISTENED = { tcp: [22, 80, 443, 5432, 8080], udp: [53, 123, 443, 5000, 8080] } as const;

export interface Probe {
  /** The sender's id and the address that it sends from. */
  readonly from: string;
  readonly src: string;
  /** Whom it is meant for and the address that it is sent to. */
  readonly to: string;
  readonly dst: string;
  readonly protocol: 'tcp' | 'udp' | 'icmp';
  readonly dport?: number;
  /** A port of its own; without one the kernel takes one of EPHEMERAL. */
  readonly sport?: number;
}

/** What Linux takes a client's port from when it is not told one: 32768-60999. */
export const EPHEMERAL: readonly [number, number] = [32768, 61000];

/** Source ports at which rules change their minds. */
const EDGES = [1023, 1024, 1025, 5001, 20000, 32767, 32768, 40000, 49151, 49152, 60999, 61000, 65534, 65535];

/** Probes between all pairs that have a common family, to private and to public addresses. */
export function probesBetween(
  random: Random,
  hosts: readonly Host[],
  limits: { readonly most: number; readonly pings: number },
): readonly Probe[] {
  const pairs: Pick<Probe, 'from' | 'src' | 'to' | 'dst'>[] = [];
  for (const from of hosts)
    for (const to of hosts)
      for (const dst of [...to.addresses, ...to.publics]) {
        if (from === to || (from.id === 'internet' && to.id === 'internet')) continue;
        const src = from.addresses.find((address) => isIpv6(address) === isIpv6(dst));
        // Nobody outside can name a private address.
        if (src === undefined || (from.id === 'internet' && !isIpv6(dst) && !to.publics.includes(dst))) continue;
        pairs.push({ from: from.id, src, to: to.id, dst });
      }
  const probes: Probe[] = [];
  const taken = new Set<string>();
  let pings = 0;
  const each = Math.max(1, Math.min(6, Math.floor(limits.most / Math.max(1, pairs.length))));
  for (const pair of shuffled(random, pairs))
    for (let k = 0; k < each && probes.length < limits.most; k++)
      if (pings < limits.pings && random.chance(0.12)) {
        pings++;
        probes.push({ ...pair, protocol: 'icmp' });
      } else {
        const protocol = random.chance(0.7) ? 'tcp' : 'udp';
        const dport = random.pick<number>(LISTENED[protocol]);
        const sport = random.chance(0.2) ? undefined : freePort(random, `${protocol} ${pair.from} ${pair.src}`, taken);
        probes.push({ ...pair, protocol, dport, ...(sport === undefined ? {} : { sport }) });
      }
  return probes;
}

/** A source port that no other probe of this sender has, and nobody listens on. */
function freePort(random: Random, sender: string, taken: Set<string>): number | undefined {
  const listened: readonly number[] = [...LISTENED.tcp, ...LISTENED.udp];
  for (let tries = 0; tries < 20; tries++) {
    const port = random.chance(0.5) ? random.pick(EDGES) : 1024 + random.below(65536 - 1024);
    const key = `${sender} ${port}`;
    if (taken.has(key) || listened.includes(port)) continue;
    taken.add(key);
    return port;
  }
  return undefined;
}

function shuffled<T>(random: Random, list: readonly T[]): T[] {
  const out = [...list];
  for (let i = out.length - 1; i > 0; i--) {
    const k = random.below(i + 1);
    [out[i], out[k]] = [out[k]!, out[i]!];
  }
  return out;
}
