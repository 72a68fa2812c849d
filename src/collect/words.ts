/**
 * The words of collecting: a call, where it is made, what came of it, who is told. Plain data; knows no cloud.
 */

/** A JSON object. */
export type Json = Record<string, unknown>;

/** One question to an API. Its answer becomes one file. */
export interface Call {
  /**
   * Folders and name of the file below the cloud's own, unsafe characters and all: ["111111111111", "eu-west-1",
   * "describe-vpcs"].
   */
  readonly path: readonly string[];
  /** What is asked, in the words of the cloud's own command line; for messages. */
  readonly what: string;
  /**
   * What is written beside the answer as `$request`: the parameters that the answer does not repeat, and whose answer it is.
   */
  readonly request: Json;
  /** Nothing else in a snapshot points at what it lists: should it fail, no answer nearby is firm. */
  readonly silent?: boolean;
  /** Needed to go on, but no part of the snapshot: kept in a file that no reader looks at. */
  readonly aside?: true;
  /** All pages as one object. Throws CallError, or whatever the SDK throws. */
  readonly run: (signal: AbortSignal) => Promise<Json>;
}

/** A call that came to nothing. */
export interface Failure {
  readonly what: string;
  /** The API's own code ("UnauthorizedOperation"), or the kind of trouble ("timeout"). */
  readonly code: string;
  readonly message: string;
  /** Whether rights are what is lacking: the policy helps, a second try doesn't. */
  readonly denied: boolean;
}

/** What a collection came to. */
export interface CollectResult {
  readonly cloud: 'aws' | 'gcp' | 'azure';
  /** Where the snapshot lies. */
  readonly folder: string;
  readonly calls: number;
  /** Calls answered by an earlier, interrupted run. */
  readonly resumed: number;
  readonly failures: readonly Failure[];
  /** "12 accounts, 4 regions". */
  readonly scope: string;
}

export interface Progress {
  readonly done: number;
  /** Known so far: follow-up calls are found on the way. */
  readonly total: number;
  readonly failed: number;
  readonly what: string;
}

/** Options that every cloud's collection has. */
export interface CollectOptions {
  /** The snapshot directory; the cloud's files go into a folder of its own below it. */
  readonly output: string;
  /** Goes on where an interrupted run stopped, and asks again what failed. */
  readonly resume?: boolean;
  /** Calls at the same time, over all scopes. */
  readonly concurrency?: number;
  /** Milliseconds that one answer may take. */
  readonly timeout?: number;
  /** Tries of one call that is throttled or meets a fault of the server. */
  readonly attempts?: number;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** What the user can mend before anything is asked: a missing SDK, no credentials, a bad folder. */
export class CollectError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CollectError';
  }
}

/** An API's refusal, with its own code. */
export class CallError extends Error {
  readonly code: string;
  readonly status: number | undefined;

  constructor(code: string, message: string, status?: number) {
    super(message);
    this.name = 'CallError';
    this.code = code;
    this.status = status;
  }
}

/** A JSON object: no array, not null. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects of a list under a key; empty where there is none. */
export function objectsOf(value: Json | undefined, key: string): readonly Json[] {
  const list = value?.[key];
  return Array.isArray(list) ? list.filter(isObject) : [];
}

/** The text under a key. */
export function textOf(value: Json | undefined, key: string): string | undefined {
  const text = value?.[key];
  return typeof text === 'string' && text !== '' ? text : undefined;
}
