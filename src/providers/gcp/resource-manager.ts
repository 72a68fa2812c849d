/**
 * What stands above and beside the projects: ancestry, secure tag bindings, address groups, effective firewalls.
 * Sources: https://docs.cloud.google.com/resource-manager/docs/cloud-platform-resource-hierarchy,
 * https://docs.cloud.google.com/firewall/docs/tags-firewalls-overview
 */
import type { Missing } from '../../model/origin.ts';
import { type Span, normalise } from '../../net/spans.ts';
import type { Estate, NicFacts } from './estate.ts';
import { type Entry, missing } from './inventory.ts';
import { type Json, linkOf, nameIn, object, objects, spansOf, strings, text } from './record.ts';

export class Resources {
  private readonly estate: Estate;
  /** "folders/1" or project id -> its parent. */
  private readonly parents = new Map<string, string>();
  private readonly bindings = new Map<string, Set<string>>();

  constructor(estate: Estate) {
    this.estate = estate;
    const { inventory } = estate;
    for (const { record } of inventory.all('project')) {
      const parent = parentOf(record);
      const ids = [text(record, 'projectId'), text(record, 'name')].filter((id) => id !== undefined);
      if (parent !== undefined) for (const id of ids) this.parents.set(id.replace(/^projects\//, ''), parent);
    }
    for (const { records } of inventory.answers('folder'))
      for (const record of records) {
        const [name, parent] = [text(record, 'name'), parentOf(record)];
        if (name !== undefined && parent !== undefined) this.parents.set(name, parent);
      }
    for (const { records } of inventory.answers('ancestors')) this.readAncestors(records);
    for (const { request, records } of inventory.answers('tagBinding'))
      for (const record of records)
        this.bind(text(record, 'parent') ?? text(request, 'parent') ?? instanceOf(request), record);
  }

  /** What is above a project, the organisation first; undefined where that is not known to the top. */
  ancestorsOf(project: string | undefined): readonly string[] | undefined {
    const chain: string[] = [];
    let at = project === undefined ? undefined : this.parents.get(project);
    while (at !== undefined && chain.length < 20) {
      chain.unshift(at);
      if (at.startsWith('organizations/')) return chain;
      at = this.parents.get(at);
    }
    return undefined;
  }

  /** Whether a VM is bound to one of these tag values. */
  hasSecureTag(instance: Entry, tags: readonly string[]): boolean | Missing {
    const bound = this.bindings.get(instance.id) ?? this.bindings.get(instance.name);
    if (bound !== undefined) return tags.some((tag) => bound.has(tag) || bound.has(nameIn(tag)));
    const own = object(object(instance.record, 'params'), 'resourceManagerTags');
    if (own !== undefined) return tags.some((tag) => Object.values(own).includes(tag));
    return missing(
      `the secure tags of VM ${instance.name}`,
      `resource-manager tags bindings list --effective --parent=//compute.googleapis.com/${instance.id} --location=ZONE`,
    );
  }

  /** The addresses of a group; undefined where it is not in the snapshot. */
  addressGroup(name: string): readonly Span<bigint>[] | undefined {
    const { inventory } = this.estate;
    const entry =
      inventory.get('addressGroup', name) ?? inventory.all('addressGroup').find((one) => one.name === nameIn(name));
    return entry === undefined ? undefined : normalise(spansOf(strings(entry.record, 'items')).spans);
  }

  /** The answer of getEffectiveFirewalls about an interface or, failing that, none. */
  effective(nic: NicFacts): Json | undefined {
    for (const { request, records } of this.estate.inventory.answers('effectiveFirewalls')) {
      const instance = text(request, 'instance') ?? text(request, 'resource');
      const index = text(request, 'networkInterface') ?? 'nic0';
      if (
        instance !== undefined &&
        (linkOf(instance) === nic.instance.id || nameIn(instance) === nic.instance.name) &&
        nic.id.endsWith(`#${index}`)
      )
        return records[0];
    }
    return undefined;
  }

  private readAncestors(records: readonly Json[]): void {
    const chain = records.flatMap((record) => {
      const inner = object(record, 'resourceId') ?? record;
      const [id, type] = [text(inner, 'id'), text(inner, 'type')];
      return id === undefined || type === undefined ? [] : [type === 'project' ? id : `${type}s/${id}`];
    });
    for (const [i, id] of chain.entries()) {
      const parent = chain[i + 1];
      if (parent !== undefined) this.parents.set(id, parent);
    }
  }

  private bind(parent: string | undefined, record: Json): void {
    if (parent === undefined) return;
    const at = linkOf(parent);
    const bound = this.bindings.get(at) ?? new Set<string>();
    this.bindings.set(at, bound);
    for (const key of ['tagValue', 'namespacedTagValue', 'tagValueNamespacedName']) {
      const value = text(record, key);
      if (value !== undefined) bound.add(value);
    }
  }
}

/** {"parent": {"type": "folder", "id": "1"}} or "folders/1". */
function parentOf(record: Json): string | undefined {
  const inner = object(record, 'parent');
  const [type, id] = [text(inner, 'type'), text(inner, 'id')];
  return text(record, 'parent') ?? (type === undefined || id === undefined ? undefined : `${type}s/${id}`);
}

function instanceOf(request: Json): string | undefined {
  return (
    text(request, 'instance') ??
    objects(request, 'instances')
      .map((one) => text(one, 'name'))
      .find((one) => one !== undefined)
  );
}
