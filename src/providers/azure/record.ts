/**
 * Cautious reading of one record in any of its forms: ARM keeps `properties` at every level, the CLI hoists them; older
 * versions spell `privateIpAddress`, newer ones `privateIPAddress`. Ids compare without case.
 * Source: https://learn.microsoft.com/en-us/rest/api/azure/ , https://github.com/Azure/azure-cli/issues/28874
 */
import { type Span, normalise } from '../../net/spans.ts';

export type Json = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field of the record or of its `properties`, in any casing. */
export function field(record: Json, key: string): unknown {
  if (Object.hasOwn(record, key)) return record[key];
  const { properties } = record;
  const inner = isRecord(properties) ? properties : undefined;
  if (inner !== undefined && Object.hasOwn(inner, key)) return inner[key];
  const own = inAnyCasing(record, key) ?? (inner === undefined ? undefined : inAnyCasing(inner, key));
  return own?.value;
}

/** Most fields that are asked for are not there: lengths tell nearly all of them apart from those that are. */
function inAnyCasing(place: Json, key: string): { readonly value: unknown } | undefined {
  for (const name in place)
    if (name.length === key.length && name.toLowerCase() === key.toLowerCase() && Object.hasOwn(place, name))
      return { value: place[name] };
  return undefined;
}

export function text(record: Json | undefined, key: string): string | undefined {
  const value = record === undefined ? undefined : field(record, key);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function flag(record: Json | undefined, key: string): boolean | undefined {
  const value = record === undefined ? undefined : field(record, key);
  return typeof value === 'boolean' ? value : undefined;
}

export function integer(record: Json | undefined, key: string): number | undefined {
  const value = record === undefined ? undefined : field(record, key);
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}

export function object(record: Json | undefined, key: string): Json | undefined {
  const value = record === undefined ? undefined : field(record, key);
  return isRecord(value) ? value : undefined;
}

/** The objects of a list; anything else in it is left out. */
export function objects(record: Json | undefined, key: string): readonly Json[] {
  const value = record === undefined ? undefined : field(record, key);
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

export function strings(record: Json | undefined, key: string): readonly string[] {
  const value = record === undefined ? undefined : field(record, key);
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string' && one !== '') : [];
}

/** The union of a singular and a plural field: the unused one is absent, null, "" or []. */
export function either(record: Json, singular: string, plural: string): readonly string[] {
  const one = text(record, singular);
  return [...(one === undefined ? [] : [one]), ...strings(record, plural)];
}

/** The id that a reference holds ({"id": ...}), in the one casing that ids are compared in. */
export function reference(record: Json | undefined, key: string): string | undefined {
  return text(object(record, key), 'id')?.toLowerCase();
}

/** The ids of a list of references. */
export function references(record: Json | undefined, key: string): readonly string[] {
  return objects(record, key).flatMap((one) => text(one, 'id')?.toLowerCase() ?? []);
}

/** "*", "80" or "8000-8010" as a span; undefined for anything else. */
export function portSpan(word: string): Span | undefined {
  if (word === '*') return [0, 65536];
  const range = /^(\d{1,5})(?:\s*-\s*(\d{1,5}))?$/.exec(word.trim());
  if (range === null) return undefined;
  const [lo, hi] = [Number(range[1]), Number(range[2] ?? range[1])];
  return lo > hi || hi > 65535 ? undefined : [lo, hi + 1];
}

/** Several port words together; undefined where one of them is no port. */
export function portSpans(words: readonly string[]): readonly Span[] | undefined {
  const spans = words.flatMap((word) => word.split(',')).map(portSpan);
  return spans.includes(undefined) ? undefined : normalise(spans as Span[]);
}

/** The last name in a resource id. */
export function nameIn(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}

/**
 * The id of the resource that a nested one belongs to: ".../loadBalancers/lb/frontendIPConfigurations/f" ->
 * ".../loadbalancers/lb".
 */
export function parentOf(id: string): string {
  return id.toLowerCase().split('/').slice(0, -2).join('/');
}

/** What a machine's record says of its state: "VM running", "deallocated"; undefined where it is silent. */
export function powerState(vm: { readonly record: Json } | undefined): string | undefined {
  const direct = text(vm?.record, 'powerState');
  if (direct !== undefined) return direct;
  const statuses = objects(object(vm?.record, 'instanceView'), 'statuses');
  const code = statuses.map((one) => text(one, 'code')).find((one) => one?.toLowerCase().startsWith('powerstate/'));
  return code?.slice('PowerState/'.length);
}
