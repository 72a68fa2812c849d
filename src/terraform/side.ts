/** One side of a plan: the values of every resource that exists there, by type, and made-up addresses for what is not known. */
import { V4_BASE, formatAddress, parseAddress, parseCidr } from '../net/address.ts';
import type { Instance, Values } from './plan.ts';

/** What the provider's API would answer: kind -> records. */
export type Documents = Readonly<Record<string, readonly Record<string, unknown>[]>>;

/** A resource with its values on this side. */
export interface Resource {
  readonly instance: Instance;
  readonly id: string;
  readonly values: Values;
}

/** Public addresses that only apply will tell are taken from the benchmarking range: each its own, and nobody else's. */
const MADE_UP = parseAddress('198.18.128.0')!;

export class Side {
  private readonly byType = new Map<string, Resource[]>();
  private readonly byId = new Map<string, Resource>();
  private readonly taken = new Map<string, Set<bigint>>();
  private madeUp = 0n;
  /** Whether the configuration writes an attribute of a resource; undefined where there is no configuration. */
  readonly writes: (resource: Resource, attribute: string) => boolean | undefined;

  private readonly other: readonly Resource[];

  /** `other` are the resources of the opposite side: what is gone there, or comes there, is mirrored in attributes here. */
  constructor(
    resources: readonly Resource[],
    other: readonly Resource[],
    writes: (resource: Resource, attribute: string) => boolean | undefined,
  ) {
    this.writes = writes;
    this.other = other;
    for (const resource of resources) {
      const list = this.byType.get(resource.instance.type);
      if (list === undefined) this.byType.set(resource.instance.type, [resource]);
      else list.push(resource);
      this.byId.set(resource.id, resource);
    }
  }

  /** All resources of these types, in the order of their addresses; data sources after managed ones. */
  all(...types: readonly string[]): readonly Resource[] {
    return types
      .flatMap((type) => this.byType.get(type) ?? [])
      .sort(
        (a, b) =>
          Number(a.instance.mode === 'data') - Number(b.instance.mode === 'data') ||
          (a.instance.address < b.instance.address ? -1 : 1),
      );
  }

  managed(...types: readonly string[]): readonly Resource[] {
    return this.all(...types).filter(({ instance }) => instance.mode === 'managed');
  }

  /** Resources of a type on either side. */
  either(type: string): readonly Resource[] {
    return [...this.managed(type), ...this.other.filter(({ instance }) => instance.type === type)];
  }

  get(id: string | undefined): Resource | undefined {
    return id === undefined ? undefined : this.byId.get(id);
  }

  /** Types that occur on this side. */
  types(): readonly string[] {
    return [...this.byType.keys()];
  }

  /** Says that an address of a subnet is in use. */
  use(subnet: string, address: string | undefined): void {
    const value = address === undefined ? undefined : parseAddress(address);
    if (value === undefined) return;
    const used = this.taken.get(subnet) ?? new Set<bigint>();
    this.taken.set(subnet, used.add(value));
  }

  /** A free address of a subnet, from its upper end; undefined where its range is not known. */
  freeAddress(subnet: string, cidr: string | undefined): string | undefined {
    const span = parseCidr(cidr ?? '');
    if (span === undefined || span[0] < V4_BASE) return undefined;
    const used = this.taken.get(subnet) ?? new Set<bigint>();
    this.taken.set(subnet, used);
    for (let address = span[1] - 2n; address > span[0] + 3n; address--) {
      if (used.has(address)) continue;
      used.add(address);
      return formatAddress(address);
    }
    return undefined;
  }

  /** A public address that apply will choose. */
  publicAddress(): string {
    return formatAddress(MADE_UP + this.madeUp++);
  }
}

/** Cautious access to values. */
export function text(values: Values | undefined, key: string): string | undefined {
  const value = values?.[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
export function flag(values: Values | undefined, key: string): boolean | undefined {
  const value = values?.[key];
  return typeof value === 'boolean' ? value : undefined;
}
export function number(values: Values | undefined, key: string): number | undefined {
  const value = values?.[key];
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return Number(value);
  return typeof value === 'number' ? value : undefined;
}
export function texts(values: Values | undefined, key: string): readonly string[] {
  const value = values?.[key];
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string' && one !== '') : [];
}
/** The blocks of a name; a single object counts as one. */
export function blocks(values: Values | undefined, key: string): readonly Values[] {
  const value = values?.[key];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((one): one is Values => typeof one === 'object' && one !== null && !Array.isArray(one));
}
