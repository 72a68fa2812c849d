/**
 * Lists of records of which only the parts that indexes need stand in memory (`brief`); a whole record is read again from
 * its file when somebody asks for it. To readers such a list is an array like any other.
 */

const BRIEFS = new WeakMap<object, readonly unknown[]>();

/** An array whose elements are made by `whole` when they are asked for; `briefs` has as many elements. */
export function briefList(briefs: readonly unknown[], whole: (index: number) => unknown): readonly unknown[] {
  const list = new Proxy(briefs as unknown[], {
    get(target, key, receiver) {
      const index = indexOf(key);
      return index === undefined
        ? (Reflect.get(target, key, receiver) as unknown)
        : index < target.length
          ? whole(index)
          : undefined;
    },
    getOwnPropertyDescriptor(target, key) {
      const descriptor = Reflect.getOwnPropertyDescriptor(target, key);
      const index = indexOf(key);
      return descriptor === undefined || index === undefined ? descriptor : { ...descriptor, value: whole(index) };
    },
    set: () => false,
    defineProperty: () => false,
    deleteProperty: () => false,
  });
  BRIEFS.set(list, briefs);
  return list;
}

/** The parts of each record that stand in memory: what the recogniser's shape takes, or the records themselves. */
export function briefsOf(records: readonly unknown[]): readonly unknown[] {
  return BRIEFS.get(records) ?? records;
}

function indexOf(key: string | symbol): number | undefined {
  if (typeof key !== 'string' || key === '') return undefined;
  const c = key.charCodeAt(0);
  return c >= 0x30 && c <= 0x39 ? Number(key) : undefined;
}
