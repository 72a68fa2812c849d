/**
 * One run: every call through one gate, its answer into its file, its failure into the list. Decides what is kept, what
 * is asked again and what a failure is called. Knows no cloud.
 */
import pLimit from 'p-limit';
import type { CollectionFolder } from './folder.ts';
import { type Cloud, withoutSecrets } from './secrets.ts';
import {
  CallError,
  type Call,
  CollectError,
  type CollectOptions,
  type CollectResult,
  type Failure,
  type Json,
} from './words.ts';

const AT_ONCE = 32;
const MOST_AT_ONCE = 256;

export class Collection {
  readonly failures: Failure[] = [];
  private readonly cloud: Cloud;
  private readonly folder: CollectionFolder;
  private readonly options: CollectOptions;
  private readonly gate: ReturnType<typeof pLimit>;
  private readonly signal: AbortSignal;
  private done = 0;
  private total = 0;
  private answered = 0;
  private resumed = 0;
  private latest = 0;

  constructor(cloud: Cloud, folder: CollectionFolder, options: CollectOptions) {
    this.cloud = cloud;
    this.folder = folder;
    this.options = options;
    this.gate = pLimit(Math.max(1, Math.min(options.concurrency ?? AT_ONCE, MOST_AT_ONCE)));
    this.signal = options.signal ?? new AbortController().signal;
  }

  /**
   * The answer of a call, written; undefined when it failed, which is written and remembered. Throws CollectError when the
   * disk does not take it, or the run is broken off.
   */
  async ask(call: Call): Promise<Json | undefined> {
    this.total++;
    const kept = this.options.resume === true ? this.folder.kept(call.path, call.aside) : undefined;
    if (kept !== undefined) {
      this.resumed++;
      this.answered++;
      this.tell(call);
      return kept;
    }
    return this.gate(async () => {
      this.signal.throwIfAborted();
      const request = { provider: this.cloud, ...call.request, collectedAt: this.now() };
      let answer: Json;
      try {
        answer = withoutSecrets(this.cloud, await call.run(this.signal));
      } catch (error) {
        this.signal.throwIfAborted();
        if (error instanceof CollectError) throw error;
        const failure = failureOf(call, error);
        this.failures.push(failure);
        // Written where readers look, so that they know that this was refused and is not none.
        this.folder.write(call.path, {
          $request: request,
          $error: { ...wordsFor(failure), ...(call.silent === true ? { silent: true } : {}) },
        });
        this.tell(call);
        return undefined;
      }
      // An answer's own words must not pass for ours.
      const { $request: _, $error: __, ...own } = answer;
      this.folder.write(call.path, { $request: request, ...own }, call.aside);
      this.answered++;
      this.tell(call);
      return answer;
    });
  }

  /** Puts the snapshot in place, unless there is nothing to put. */
  finish(scope: string): CollectResult {
    if (this.answered === 0) {
      this.folder.discard();
      const [first] = this.failures;
      throw new CollectError(
        `nothing could be collected: all of ${this.failures.length} calls failed${first === undefined ? '' : `, the first (${first.what}) with ${first.code}: ${first.message}`}. A snapshot that was there is untouched.`,
      );
    }
    this.folder.finish();
    const failures = this.failures.toSorted((a, b) => (a.what < b.what ? -1 : 1));
    return { cloud: this.cloud, folder: this.folder.place, calls: this.total, resumed: this.resumed, failures, scope };
  }

  /** Never the same twice: of two records of one thing, the reader takes the newer. */
  private now(): string {
    this.latest = Math.max(Date.now(), this.latest + 1);
    return new Date(this.latest).toISOString();
  }

  private tell(call: Call): void {
    this.done++;
    this.options.onProgress?.({ done: this.done, total: this.total, failed: this.failures.length, what: call.what });
  }
}

/** What a reader is told of it. */
function wordsFor({ code, message, what }: Failure): Json {
  return { code, message, what };
}

const DENIED =
  /^(UnauthorizedOperation|AccessDenied|AccessDeniedException|AuthFailure|OptInRequired|Forbidden|AuthorizationFailed|PERMISSION_DENIED|LinkedAuthorizationFailed|forbidden)/;

/** In the API's own words, cut to one line; never with what was sent. */
export function failureOf(call: Pick<Call, 'what'>, error: unknown): Failure {
  const { code, message } = wordsOf(error);
  return { what: call.what, code, message, denied: DENIED.test(code) };
}

function wordsOf(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: 'unknown', message: 'an error without words' };
  const own =
    error instanceof CallError
      ? error.code
      : ((error as { Code?: unknown; code?: unknown }).Code ?? (error as { code?: unknown }).code);
  if (/deserialization error|is not valid JSON|XML parse error/i.test(error.message))
    return { code: 'malformed', message: 'the answer is cut off or is not what the API answers with' };
  const name = /^(AbortError|TimeoutError)$/.test(error.name) ? 'timeout' : error.name;
  if (own === 'ETIMEDOUT' || own === 'TimeoutError') return { code: 'timeout', message: oneLine(error.message, 300) };
  const code = typeof own === 'string' && own !== '' ? own : name === 'Error' ? 'failed' : name;
  return { code: oneLine(code, 80), message: oneLine(error.message, 300) };
}

/** Printable text of one line: an answer's words end up in terminals and files. Tokens and signatures are cut out. */
export function oneLine(text: string, most: number): string {
  const plain = text
    // oxlint-disable-next-line no-control-regex
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ')
    // A password inside a URL, and a secret as a field of JSON.
    .replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)[^\s/@]+@/gi, '$1…@')
    .replace(/"([^"]*(?:token|secret|password|signature|credential)[^"]*)"\s*:\s*"[^"]*"/gi, '"$1":"…"')
    .replace(/\b(Bearer|Signature|Credential|token|secret|password)([=:]\s*|\s+)\S+/gi, '$1 …')
    .replace(/\s+/g, ' ')
    .trim();
  return plain.length > most ? `${plain.slice(0, most - 1)}…` : plain;
}
