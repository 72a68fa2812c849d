/**
 * What stands above and beside the projects: ancestry, secure tag bindings, address groups, effective firewalls.
 * Sources: https://docs.cloud.google.com/resource-manager/docs/cloud-platform-resource-hierarchy,
 * https://docs.cloud.google.com/firewall/docs/tags-firewalls-overview
 */
import type { Missing } from '../../model/origin.ts';
import { type Span, normalise } from '../../net/spans.ts';
import type { Estate, NicFacts } from './estate.ts';
import { type Answer, type Entry, missing } from './inventory.ts';
import { type Json, link, linkOf, nameIn, object, objects, spansOf, strings, text } from './record.ts';

/** What Google worked out for a VM or a network, with its place. */
export interface Effective {
  readonly answer: Json;
  readonly file: string;
  readonly pointer: string;
}

export class Resources {
  private readonly estate: Estate;
  /** "folders/1" or project id -> its parent. */
  private readonly parents = new Map<string, string>();
  /** Last part of a VM's link (its name or number) -> where it is, and its tag values. */
  private readonly bindings = new Map<string, { readonly at: string; readonly values: Set<string> }[]>();
  /** Tag value -> its namespaced name. */
  private readonly names = new Map<string, string>();
  private readonly effective: readonly (Effective & { readonly request: Json })[];

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
    for (const answer of inventory.answers('tagBinding')) this.readBindings(answer);
    this.effective = inventory
      .answers('effectiveFirewalls')
      .flatMap(({ request, records, document }) =>
        records.map((answer) => ({ answer, request, file: document.file, pointer: document.pointer })),
      );
    for (const one of this.effective)
      if (vmIn(one.request) === undefined && networkIn(one) === undefined)
        estate.builder.note({
          file: one.file,
          pointer: one.pointer,
          message:
            'these effective firewalls name no VM and no network, so nobody can tell whose they are: they were left out',
        });
  }

  /** What is above a project, the top first, as far as it is known; whole where that ends at an organisation. */
  ancestorsOf(project: string | undefined): { readonly known: readonly string[]; readonly isWhole: boolean } {
    const known: string[] = [];
    let at = project === undefined ? undefined : this.parents.get(project);
    while (at !== undefined && known.length < 20) {
      known.unshift(at);
      if (at.startsWith('organizations/')) return { known, isWhole: true };
      at = this.parents.get(at);
    }
    return { known, isWhole: false };
  }

  /** Whether a VM is bound to one of these tag values. */
  hasSecureTag(instance: Entry, tags: readonly string[]): boolean | Missing {
    const values = this.secureTagsOf(instance);
    if (values !== undefined) return tags.some((tag) => values.has(tag) || values.has(nameIn(tag)));
    return missing(
      `the secure tags of VM ${instance.name}`,
      `resource-manager tags bindings list --effective --parent=//compute.googleapis.com/${instance.id} --location=${/zones\/([^/]+)/.exec(instance.id)?.[1] ?? 'ZONE'}`,
    );
  }

  /** The tag values of a VM; undefined where nobody listed them. */
  secureTagsOf(instance: Entry): ReadonlySet<string> | undefined {
    const number = text(instance.record, 'id');
    const found = [instance.name, ...(number === undefined ? [] : [number])].flatMap((key) =>
      (this.bindings.get(key) ?? []).filter(({ at }) => key === number || isAt(at, instance.id)),
    );
    if (found.length > 0) return new Set(found.flatMap(({ values }) => [...values]));
    const own = object(object(instance.record, 'params'), 'resourceManagerTags');
    if (own === undefined) return undefined;
    return new Set(Object.values(own).filter((value): value is string => typeof value === 'string'));
  }

  /** "123/env/web" for "tagValues/9", where a binding told it. */
  namespacedName(tag: string): string | undefined {
    return this.names.get(tag);
  }

  /** The addresses of a group; undefined where it is not in the snapshot. */
  addressGroup(name: string): readonly Span<bigint>[] | undefined {
    const { inventory } = this.estate;
    const entry =
      inventory.get('addressGroup', name) ?? inventory.all('addressGroup').find((one) => one.name === nameIn(name));
    return entry === undefined ? undefined : normalise(spansOf(strings(entry.record, 'items')).spans);
  }

  /** What Google worked out for an interface. */
  effectiveOf(nic: NicFacts): Effective | undefined {
    return this.effective.find(({ request }) => {
      const instance = vmIn(request);
      return (
        instance !== undefined &&
        (linkOf(instance) === nic.instance.id ||
          (!instance.includes('/') && instance === nic.instance.name && zoneFits(request, nic.instance))) &&
        nic.id.endsWith(`#${text(request, 'networkInterface') ?? 'nic0'}`)
      );
    });
  }

  /** What Google worked out for a whole network. */
  effectiveOfNetwork(network: Entry): Effective | undefined {
    return this.effective.find((one) => {
      const named = vmIn(one.request) === undefined ? networkIn(one) : undefined;
      return named !== undefined && (linkOf(named) === network.id || (!named.includes('/') && named === network.name));
    });
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

  private readBindings({ request, records, document }: Answer): void {
    const asked = text(request, 'parent') ?? instanceOf(request);
    // A VM that was asked about has the tags that are listed, and no others.
    if (asked !== undefined) this.bind(asked, undefined);
    for (const [i, record] of records.entries()) {
      const parent = text(record, 'parent') ?? asked;
      if (parent !== undefined) this.bind(parent, record);
      else
        this.estate.builder.note({
          file: document.file,
          pointer: `${document.pointer}/${i}`,
          message: 'this tag binding does not say of which VM it is, and was left out',
        });
    }
  }

  private bind(parent: string, record: Json | undefined): void {
    const at = linkOf(parent);
    const key = nameIn(at);
    const list = this.bindings.get(key) ?? [];
    this.bindings.set(key, list);
    let bound = list.find((one) => one.at === at);
    if (bound === undefined) list.push((bound = { at, values: new Set() }));
    const [value, name] = [text(record, 'tagValue'), text(record, 'namespacedTagValue')];
    if (value !== undefined && name !== undefined) this.names.set(value, name);
    for (const field of ['tagValue', 'namespacedTagValue', 'tagValueNamespacedName']) {
      const one = text(record, field);
      if (one !== undefined) bound.values.add(one);
    }
  }
}

/** Whether a binding's parent may be this VM: the same zone and, where both say it, the same project. */
function isAt(parent: string, instance: string): boolean {
  const zone = (path: string) => /zones\/([^/]+)/.exec(path)?.[1];
  const project = (path: string) => /projects\/([^/]+)/.exec(path)?.[1];
  const [a, b] = [project(parent), project(instance)];
  const isNumber = a !== undefined && /^\d+$/.test(a);
  return (zone(parent) ?? zone(instance)) === zone(instance) && (a === undefined || isNumber || a === b);
}

function zoneFits(request: Json, instance: Entry): boolean {
  const zone = text(request, 'zone');
  return zone === undefined || instance.id.includes(`/zones/${nameIn(zone)}/`);
}

function vmIn(request: Json): string | undefined {
  const resource = text(request, 'resource');
  return text(request, 'instance') ?? (resource?.includes('/instances/') === true ? resource : undefined);
}

/** The network of an answer: named in the request, or by its own rules. */
function networkIn({ request, answer }: { request: Json; answer: Json }): string | undefined {
  const named = text(request, 'network');
  if (named !== undefined) return named;
  const networks = new Set(objects(answer, 'firewalls').flatMap((rule) => link(rule, 'network') ?? []));
  return networks.size === 1 ? [...networks][0] : undefined;
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
