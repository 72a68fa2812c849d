/** A snapshot as the files of a folder: what is generated, translated, asked about, shrunk and written down as a case. */
export type Files = Readonly<Record<string, unknown>>;

/** Every record in the lists called `key`, wherever the file is that holds one. Reads the raw JSON and checks nothing. */
export function recordsOf<T>(files: Files, key: string): T[] {
  return Object.values(files).flatMap((file) => {
    const list = (file as Record<string, unknown>)[key];
    return Array.isArray(list) ? (list as T[]) : [];
  });
}
