/**
 * Cautious access to the values of a resource, and the mark that stands for what is known after apply only. Knows no
 * resource type.
 */
export type Values = Readonly<Record<string, unknown>>;
export type Json = Record<string, unknown>;

const MARK = 'known after apply: ';

/** What stands in documents for a value that only apply will tell; no address, id or port looks like it. */
export function unknownValue(expression: string): string {
  return MARK + expression;
}

/** The expression behind such a mark, wherever it stands in a text; undefined for any other value. */
export function unknownIn(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const at = value.indexOf(MARK);
  return at < 0 ? undefined : value.slice(at + MARK.length);
}

export function text(values: Values | undefined, key: string): string | undefined {
  const value = own(values, key);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function flag(values: Values | undefined, key: string): boolean | undefined {
  const value = own(values, key);
  return typeof value === 'boolean' ? value : value === 'true' ? true : value === 'false' ? false : undefined;
}

export function number(values: Values | undefined, key: string): number | undefined {
  const value = own(values, key);
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return Number(value);
  return typeof value === 'number' ? value : undefined;
}

/** The texts of a list; a single text counts as one. */
export function texts(values: Values | undefined, key: string): readonly string[] {
  const value = own(values, key);
  if (typeof value === 'string' && unknownIn(value) !== undefined) return [value];
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string' && one !== '') : [];
}

/** The blocks of a name; a single object counts as one. */
export function blocks(values: Values | undefined, key: string): readonly Values[] {
  const value = own(values, key);
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.filter(isObject);
}

/** The first block of a name. */
export function block(values: Values | undefined, key: string): Values | undefined {
  return blocks(values, key)[0];
}

/** What stands after the last slash. */
export function lastWord(url: string | undefined): string | undefined {
  return url === undefined ? undefined : url.slice(url.lastIndexOf('/') + 1);
}

export function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The fields that have a value. */
export function filled(record: Json): Json {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

/** Everything but what occurs twice, told by its JSON. */
export function distinct<T>(list: readonly T[]): T[] {
  return [...new Map(list.map((one) => [JSON.stringify(one), one])).values()];
}

function own(values: Values | undefined, key: string): unknown {
  return values !== undefined && Object.hasOwn(values, key) ? values[key] : undefined;
}
