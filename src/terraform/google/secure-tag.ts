/**
 * Secure tags: which VMs are bound to which tag values, by resources of their own or by the VM's own parameters.
 * Source: https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/tags_location_tag_binding
 */
import type { Family } from '../family.ts';
import type { Resource, Side } from '../side.ts';
import { type Json, isObject, lastWord, text, unknownIn } from '../values.ts';
import { selfLink } from './common.ts';

const BINDINGS = ['google_tags_location_tag_binding', 'google_tags_tag_binding'];
const VALUE = 'google_tags_tag_value';
const MACHINES = ['google_compute_instance', 'google_compute_instance_from_template'];

export const secureTagFamily: Family = {
  types: [...BINDINGS, VALUE, 'google_tags_tag_key'],
  ids: { [VALUE]: (_, address) => `tagValues/${address}` },
  read: (side) => [
    { kind: 'tagBinding', records: side.managed(...BINDINGS).flatMap((binding) => bindingOf(side, binding)) },
  ],
};

function bindingOf(side: Side, { instance, values }: Resource): Json[] {
  const [machine, tagValue] = [machineIn(side, text(values, 'parent')), text(values, 'tag_value')];
  const named = side.get(tagValue)?.values;
  if (tagValue === undefined) return [];
  if (machine !== undefined)
    return [
      {
        parent: `//compute.googleapis.com/${selfLink(machine).replace(/^.*?(projects\/)/, '$1')}`,
        tagValue,
        ...(text(named, 'namespaced_name') === undefined ? {} : { namespacedTagValue: text(named, 'namespaced_name') }),
      },
    ];
  const parent = text(values, 'parent') ?? '';
  if (unknownIn(parent) !== undefined) {
    if (/google_compute_instance/.test(parent)) side.lacks(`which VM ${instance.address} binds a tag to`, null);
    return [];
  }
  return [{ parent, tagValue }];
}

/** The VM that a binding's parent means: by its number, or by the expression where that is not known yet. */
function machineIn(side: Side, parent: string | undefined): Resource | undefined {
  const dark = unknownIn(parent);
  const number = lastWord(parent);
  return side
    .managed(...MACHINES)
    .find(({ instance, values }) =>
      dark === undefined
        ? number !== undefined && [text(values, 'instance_id'), text(values, 'name')].includes(number)
        : dark.split(', ').some((one) => one.startsWith(`${instance.address}.`)),
    );
}

/** The tag values that a VM of the plan has by its own parameters; undefined where bindings may be elsewhere. */
export function ownTags(side: Side, { instance, values }: Resource): Json | undefined {
  const params = Array.isArray(values['params']) ? (values['params'] as unknown[])[0] : values['params'];
  const own = isObject(params) ? params['resource_manager_tags'] : undefined;
  const isNew = instance.before === null && !side.isOver;
  if (!isObject(own) && !isNew) return undefined;
  return { resourceManagerTags: isObject(own) ? own : {} };
}
