/** Cautious reading of one parsed record: every access says what it expects and gets undefined instead of a crash. */

export type Json = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function text(record: Json, key: string): string | undefined {
  const value = record[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The objects of a list; anything else in it is left out. */
export function objects(record: Json, key: string): readonly Json[] {
  const value = record[key];
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

export function object(record: Json, key: string): Json | undefined {
  const value = record[key];
  return isRecord(value) ? value : undefined;
}

export function strings(record: Json, key: string): readonly string[] {
  const value = record[key];
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}

export function integer(record: Json, key: string): number | undefined {
  const value = record[key];
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}

/** The value of the Name tag; the last one counts, as in `tagsOf`. */
export function nameTagOf(record: Json): string | undefined {
  let name: string | undefined;
  for (const list of [record['Tags'], record['TagSet']])
    if (Array.isArray(list))
      for (const tag of list as readonly unknown[])
        if (isRecord(tag) && tag['Key'] === 'Name' && typeof tag['Value'] === 'string') name = tag['Value'];
  return name;
}

/** The Name tag and all tags, whichever of the two keys the API uses for them. */
export function tagsOf(record: Json): Record<string, string> {
  const tags: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const tag of [...objects(record, 'Tags'), ...objects(record, 'TagSet')]) {
    const key = text(tag, 'Key');
    const value = tag['Value'];
    if (key !== undefined && typeof value === 'string') tags[key] = value;
  }
  return tags;
}
