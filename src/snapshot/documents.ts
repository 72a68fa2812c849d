/**
 * What a loaded snapshot is made of: documents (lists of one kind, with their place in the files), what was not
 * understood, and the error that stops a load. Knows no provider and reads nothing.
 */
import type { Note } from '../model/origin.ts';
import type { Members } from './byte-json.ts';

/** Whose view a document is: what the content, the request or the folders say about it. */
export interface Scope {
  readonly account?: string;
  readonly region?: string;
  readonly project?: string;
}

/** One list of records of one kind, as the provider answered it. Records are the parsed JSON itself, never copies. */
export interface SnapshotDocument {
  readonly provider: string;
  /**
   * The provider's list key ("SecurityGroups"); where a key has several meanings, with the call:
   * "Routes@search-transit-gateway-routes".
   */
  readonly kind: string;
  /** Relative to the snapshot root, '/'-separated; '-' for standard input. */
  readonly file: string;
  /** JSON pointer of the list inside the file. A file of JSON Lines or YAML documents counts as one array of them. */
  readonly pointer: string;
  /** Never assume that an element is an object: each reader checks its own. */
  readonly records: readonly unknown[];
  /** Where record `index` stands, when that is not simply `pointer/index` (see `pointerOf`). */
  readonly placeOf?: (index: number) => string;
  /** What was asked (the parameters of the call), where the document says so. */
  readonly request?: Readonly<Record<string, unknown>>;
  readonly scope: Scope;
  /** ISO 8601, UTC. */
  readonly collectedAt?: string;
  /** The list is there and empty, and the request was not narrowed by ids: "asked, none". */
  readonly askedNone?: true;
  /** The answer says that more follows (a next-page token): what is not in it is not known to be absent. */
  readonly incomplete?: true;
}

/** A place in the snapshot that no reader made sense of. Never holds content of a record. */
export interface NotUnderstood {
  readonly file: string;
  readonly why: string;
  /** Present where only a part of the file was not understood. */
  readonly pointer?: string;
  /** The provider it looks like. */
  readonly provider?: string;
}

export interface SnapshotFile {
  readonly file: string;
  /** As stored, before decompression. */
  readonly bytes: number;
}

export interface Snapshot {
  /** The paths as they were given. */
  readonly roots: readonly string[];
  /** Every file that was opened, sorted by name within its root. */
  readonly files: readonly SnapshotFile[];
  /** In the order of `files`, then of appearance. */
  readonly documents: readonly SnapshotDocument[];
  readonly notUnderstood: readonly NotUnderstood[];
  readonly notes: readonly Note[];
  /** sha256 (hex) over the sorted hashes of the uncompressed files that hold JSON or YAML: the same for any names and order. */
  readonly digest: string;
  /** ISO 8601: the newest that any document says of itself; absent when none does. */
  readonly collectedAt?: string;
  /** Newest modification time; absent for standard input. */
  readonly newestFileTime?: Date;
}

/** Where a value was found, for what only folders tell. */
export interface Place {
  readonly file: string;
  /** Folder names from the outside in, those of the given path included. */
  readonly folders: readonly string[];
}

/** A document as its recogniser sees it; the loader adds provider, file and folders. */
export type RecognisedDocument = Omit<SnapshotDocument, 'provider' | 'file' | 'scope'> & {
  readonly scope?: Scope;
  /** Whose it is, where that is not the recogniser's own: a file may hold resources of several providers. */
  readonly provider?: string;
};

export interface Recognition {
  readonly documents: readonly RecognisedDocument[];
  readonly notUnderstood?: readonly Omit<NotUnderstood, 'file' | 'provider'>[];
  readonly notes?: readonly Omit<Note, 'file'>[];
}

/** Tells a provider's documents by their content; undefined when the value is none of its own. */
export interface Recogniser {
  readonly provider: string;
  /** What must stand in memory of each record of the lists that grow large, by list key (see `briefsOf`). */
  readonly briefs?: Readonly<Record<string, Members>>;
  /**
   * Loads what it takes to recognise this value, where that is more than every load should bring along. Called before
   * `recognise`.
   */
  prepare?(value: unknown): Promise<void> | undefined;
  recognise(value: unknown, place: Place): Recognition | undefined;
}

/** Input that the load cannot go on with: exit code 2. The message holds file, position and way out, never content. */
export class SnapshotError extends Error {
  readonly file: string;
  readonly hint: string;
  readonly pointer?: string;

  constructor(problem: {
    file: string;
    what: string;
    hint: string;
    position?: { line: number; column: number };
    pointer?: string;
  }) {
    const at = problem.position ? `:${problem.position.line}:${problem.position.column}` : '';
    const within = problem.pointer ? ` (at ${problem.pointer})` : '';
    super(`${problem.file === '-' ? 'standard input' : problem.file}${at}: ${problem.what}${within}. ${problem.hint}`);
    this.name = 'SnapshotError';
    this.file = problem.file;
    this.hint = problem.hint;
    if (problem.pointer !== undefined) this.pointer = problem.pointer;
  }
}

/** JSON pointer of one record of a document, inside its file. */
export function pointerOf(document: Pick<SnapshotDocument, 'pointer' | 'placeOf'>, index: number): string {
  return document.placeOf ? document.placeOf(index) : `${document.pointer}/${index}`;
}

/** One step of a JSON pointer, escaped (RFC 6901). */
export function pointerToken(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
