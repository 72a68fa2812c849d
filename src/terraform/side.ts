/**
 * One side of a plan: every resource that exists there with its values, by type. Families of resource types read it. Knows
 * no resource type.
 */
import type { Missing } from '../model/origin.ts';
import type { Setting } from './setting.ts';
import type { MadeUp } from './made-up.ts';
import type { Instance } from './plan.ts';
import { type Json, type Values, text } from './values.ts';

/** A resource with its values on this side. */
export interface Resource {
  readonly instance: Instance;
  readonly id: string;
  readonly values: Values;
  /** The record of a snapshot, for what exists beside the plan and is referred to by it. */
  readonly existing?: Json;
}

/** What all sides of a plan share. */
export interface Shared {
  readonly madeUp: MadeUp;
  readonly setting: Setting;
  /** Whether the plan is laid over a snapshot of what exists. */
  readonly isOver: boolean;
  /** The snapshot's record of a thing, whoever manages it. */
  readonly recorded: (kind: string, id: string) => Json | undefined;
  /** The snapshot's records of a kind, in brief. */
  readonly listed: (kind: string) => readonly Json[];
  /** What the snapshot holds as the answer to a call about one thing; undefined where it was not asked. */
  readonly told: (kind: string, about: string) => readonly Json[] | undefined;
  /** Whether the configuration is seen to write an attribute: a block that is taken as an attribute is not shown. */
  readonly writes: (instance: Instance, attribute: string) => boolean;
}

export class Side {
  /** Ids of things in the snapshot whose records this side replaces. */
  readonly amended = new Set<string>();
  readonly missing = new Map<string, Missing>();
  private readonly shared: Shared;
  private readonly byType = new Map<string, Resource[]>();
  private readonly byId = new Map<string, Resource>();
  private readonly bothByType = new Map<string, Resource[]>();
  private readonly indexes = new Map<string, Map<string, Resource[]>>();

  /** `both` are the managed resources of both sides: what is gone here, or comes here, is mirrored in attributes there. */
  constructor(resources: readonly Resource[], both: readonly Resource[], shared: Shared) {
    this.shared = shared;
    for (const resource of resources) {
      push(this.byType, resource.instance.type, resource);
      this.byId.set(resource.id, resource);
    }
    for (const resource of both) push(this.bothByType, resource.instance.type, resource);
    for (const list of this.byType.values()) list.sort(managedFirst);
  }

  get madeUp(): MadeUp {
    return this.shared.madeUp;
  }

  get setting(): Setting {
    return this.shared.setting;
  }

  get isOver(): boolean {
    return this.shared.isOver;
  }

  /** The snapshot's record of a thing: what others than this plan made of it stays. */
  recorded(kind: string, id: string): Json | undefined {
    return this.shared.recorded(kind, id);
  }

  /** The snapshot's records of a kind, in brief; whole with `recorded`. */
  listed(kind: string): readonly Json[] {
    return this.shared.listed(kind);
  }

  /** What the snapshot holds as the answer to a call about one thing; undefined where it was not asked. */
  told(kind: string, about: string): readonly Json[] | undefined {
    return this.shared.told(kind, about);
  }

  /** Types that occur on this side. */
  get types(): readonly string[] {
    return [...this.byType.keys()];
  }

  /** All resources of these types, those that Terraform manages first, in the order of their addresses. */
  all(...types: readonly string[]): readonly Resource[] {
    if (types.length === 1) return this.byType.get(types[0]!) ?? [];
    return types.flatMap((type) => this.byType.get(type) ?? []).sort(managedFirst);
  }

  managed(...types: readonly string[]): readonly Resource[] {
    return this.all(...types).filter(({ instance }) => instance.mode === 'managed');
  }

  /** Managed resources of a type that name this in an attribute; letters of either case are the same. */
  naming(type: string, attribute: string, value: string | undefined): readonly Resource[] {
    if (value === undefined) return [];
    const key = `${type} ${attribute}`;
    let index = this.indexes.get(key);
    if (index === undefined) {
      index = new Map();
      for (const resource of this.managed(type)) {
        const named = text(resource.values, attribute)?.toLowerCase();
        if (named !== undefined) push(index, named, resource);
      }
      this.indexes.set(key, index);
    }
    return index.get(value.toLowerCase()) ?? [];
  }

  /** Managed resources of these types that the other side has and this one has not. */
  absent(...types: readonly string[]): readonly Resource[] {
    const here = new Set(this.all(...types).map(({ instance }) => instance));
    return this.either(...types).filter(({ instance }) => !here.has(instance));
  }

  /** Managed resources of these types on either side. */
  either(...types: readonly string[]): readonly Resource[] {
    return types.flatMap((type) => this.bothByType.get(type) ?? []);
  }

  get(id: string | undefined): Resource | undefined {
    return id === undefined ? undefined : this.byId.get(id);
  }

  /** Whether the configuration is seen to write an attribute: a block that is taken as an attribute is not shown. */
  writes(resource: Resource, attribute: string): boolean {
    return this.shared.writes(resource.instance, attribute);
  }

  /** Says what answers lack: something that the plan refers to and that is nowhere. */
  lacks(what: string, fetch: string | null): void {
    this.missing.set(what, { what, fetch });
  }
}

/** Whether the plan does something to a resource. */
export function isChanged({ actions }: Instance): boolean {
  return actions.some((action) => action !== 'no-op' && action !== 'read' && action !== 'forget');
}

function managedFirst(a: Resource, b: Resource): number {
  return (
    Number(a.instance.mode === 'data') - Number(b.instance.mode === 'data') ||
    (a.instance.address < b.instance.address ? -1 : a.instance.address > b.instance.address ? 1 : 0)
  );
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
