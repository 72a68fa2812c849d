/**
 * Where a thing comes from and what is not known about it. Everything that can decide a verdict carries an Origin, so
 * that every answer can point into the snapshot. Knows no provider: the strings are the provider's own words.
 */

/** The place in the snapshot that a model object was read from. */
export interface Origin {
  /** Lower-case provider name, printed as it is. */
  readonly provider: string;
  /** What the provider calls this kind of thing, for people: "security group", "route table". */
  readonly kind: string;
  /** The provider's own id; what `resource` means in every result. */
  readonly id: string;
  /** The name people use for it, where it has one. */
  readonly name?: string;
  /** The provider's full name of it, where `id` is a short one: printed beside it. */
  readonly link?: string;
  /** Snapshot file, relative to the snapshot's root; empty for things that no file holds. */
  readonly file: string;
  /** JSON pointer of the record inside that file. */
  readonly pointer: string;
  /** True for what the provider does unasked: local routes, default rules. */
  readonly implicit?: true;
}

/** "security group sg-1 (web)". */
export function nameOf(origin: Origin): string {
  if (origin.kind === origin.id) return origin.id;
  return `${origin.kind} ${calledBy(origin.id, origin.name)}`;
}

/** "sg-1 (web)"; "web" alone where the id is a path that ends in it: nobody reads such a path in a sentence. */
function calledBy(id: string, name: string | undefined): string {
  const word = shortOf(id);
  return name === undefined || name.toLowerCase() === word.toLowerCase() ? word : `${word} (${name})`;
}

/** "web (sg-1)"; one word where name and id say the same. */
export function nameAndId(id: string, name: string | undefined): string {
  const short = shortOf(id);
  return name === undefined || name.toLowerCase() === short.toLowerCase() ? short : `${name} (${short})`;
}

/** The last step of an id that is a path from some root ("/a/b/web"); any other id as it is. */
function shortOf(id: string): string {
  return id.startsWith('/') ? id.slice(id.lastIndexOf('/') + 1) : id;
}

/** Something that the snapshot does not hold and that an answer may hang on. */
export interface Missing {
  /** In plain words: "route table of subnet-1". */
  readonly what: string;
  /** The command that fetches it; null where nothing can (a value known only after apply). */
  readonly fetch: string | null;
}

/** Something taken as true because no snapshot can hold it or because its absence was read as "none". */
export interface Assumption {
  readonly code: string;
  readonly resource: string;
  readonly message: string;
}

/** A remark on the input: a bad record, a duplicate, an unknown kind. Never stops the load. */
export interface Note {
  readonly file: string;
  readonly pointer?: string;
  readonly resource?: string;
  readonly message: string;
}

/** Two records of one id say different things and nothing tells which is newer. Names both files. */
export class ContradictionError extends Error {
  readonly files: readonly [string, string];

  constructor(what: string, files: readonly [string, string]) {
    super(
      `${what} is described differently in ${files[0]} and ${files[1]}, and nothing says which is newer. Remove one of them.`,
    );
    this.name = 'ContradictionError';
    this.files = files;
  }
}
