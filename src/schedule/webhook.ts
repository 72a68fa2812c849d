/**
 * Reports by webhook: Slack-compatible JSON, signed, tried again while it is sure that nothing arrived, and never twice.
 * What is to be sent lies in a folder until it is, so that a crash forgets nothing. Never logs the URL: it is the secret.
 */
import { createHmac, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface WebhookTarget {
  readonly url: string;
  /** Shared key: the body's signature is sent where it is given. */
  readonly key?: string;
}

interface Delivery {
  readonly id: string;
  readonly body: string;
  readonly attempts: number;
  /** `sending`: an attempt began. Found so after a crash, nobody knows whether it arrived. */
  readonly state: 'waiting' | 'sending';
  /** Milliseconds since 1970 before which it is not tried again. */
  readonly notBefore: number;
}

/** What came of an attempt. `unsure`: it may have arrived, so it is not tried again. */
export type Outcome = 'sent' | 'later' | 'refused' | 'unsure';

const TIMEOUT = 15_000;
const MOST_ATTEMPTS = 10;
const FIRST_WAIT = 5_000;
const LONGEST_WAIT = 3_600_000;

/**
 * "sha256=…" over "timestamp.body", as receivers check it: https://api.slack.com/authentication/verifying-requests-from-slack
 */
export function signatureOf(key: string, timestamp: string, body: string): string {
  return `sha256=${createHmac('sha256', key).update(`${timestamp}.${body}`).digest('hex')}`;
}

export class Outbox {
  private readonly folder: string;
  private readonly now: () => number;

  constructor(folder: string, now: () => number = Date.now) {
    this.folder = folder;
    this.now = now;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** Puts a message in; it is kept until it is sent. */
  add(body: object): string {
    const delivery: Delivery = {
      id: randomUUID(),
      body: JSON.stringify(body),
      attempts: 0,
      state: 'waiting',
      notBefore: 0,
    };
    this.put(delivery);
    return delivery.id;
  }

  /** How many wait. */
  get waiting(): number {
    return this.files().length;
  }

  /** When the next one may be tried; undefined when none waits. */
  get next(): number | undefined {
    const times = this.files().flatMap((file) => this.read(file)?.notBefore ?? []);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Tries all that are due, in order of their coming. `tell` gets a sentence for each that did not simply go through. */
  async flush(target: WebhookTarget, tell: (sentence: string) => void): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const file of this.files()) {
      const delivery = this.read(file);
      if (delivery === undefined || delivery.notBefore > this.now()) continue;
      if (delivery.state === 'sending') {
        tell('a report was being sent when netaudit stopped; it may have arrived, so it is not sent again');
        this.remove(delivery);
        outcomes.push('unsure');
        continue;
      }
      const attempts = delivery.attempts + 1;
      this.put({ ...delivery, attempts, state: 'sending' });
      const { outcome, why, wait } = await attempt(target, delivery, this.now());
      const isLast = attempts >= MOST_ATTEMPTS;
      if (outcome === 'later' && !isLast) {
        const pause = Math.min(wait ?? FIRST_WAIT * 2 ** (attempts - 1), LONGEST_WAIT);
        this.put({ ...delivery, attempts, state: 'waiting', notBefore: this.now() + pause });
        tell(`the webhook did not take a report (${why}); next try in ${Math.ceil(pause / 1000)} s`);
      } else {
        this.remove(delivery);
        if (outcome === 'unsure')
          tell(`the webhook did not answer (${why}); the report may have arrived, so it is not sent again`);
        else if (outcome !== 'sent')
          tell(`the webhook refused a report (${why})${isLast ? ` ${attempts} times` : ''}; it is given up`);
      }
      outcomes.push(outcome === 'later' && isLast ? 'refused' : outcome);
    }
    return outcomes;
  }

  private files(): readonly string[] {
    return readdirSync(this.folder)
      .filter((name) => name.endsWith('.json'))
      .toSorted();
  }

  private read(file: string): Delivery | undefined {
    try {
      return JSON.parse(readFileSync(join(this.folder, file), 'utf8')) as Delivery;
    } catch {
      return undefined;
    }
  }

  private put(delivery: Delivery): void {
    const known = this.files().find((file) => file.endsWith(`${delivery.id}.json`));
    const file = join(this.folder, known ?? `${String(this.now()).padStart(15, '0')}-${delivery.id}.json`);
    writeFileSync(`${file}.half`, JSON.stringify(delivery), { mode: 0o600, flush: true });
    renameSync(`${file}.half`, file);
  }

  private remove({ id }: Delivery): void {
    for (const file of this.files()) if (file.endsWith(`${id}.json`)) rmSync(join(this.folder, file), { force: true });
  }
}

async function attempt(
  { url, key }: WebhookTarget,
  { id, body }: Delivery,
  now: number,
): Promise<{ outcome: Outcome; why: string; wait?: number }> {
  const timestamp = String(Math.floor(now / 1000));
  try {
    const response = await fetch(url, {
      method: 'POST',
      body,
      // A report must not follow wherever the answer points.
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT),
      headers: {
        'content-type': 'application/json',
        'user-agent': 'netaudit',
        'x-netaudit-delivery': id,
        'x-netaudit-timestamp': timestamp,
        ...(key === undefined ? {} : { 'x-netaudit-signature': signatureOf(key, timestamp, body) }),
      },
    });
    await response.body?.cancel();
    const why = `status ${response.status}`;
    if (response.ok) return { outcome: 'sent', why };
    if (response.status !== 429 && response.status < 500) return { outcome: 'refused', why };
    const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
    return { outcome: 'later', why, ...(Number.isFinite(seconds) ? { wait: seconds * 1000 } : {}) };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const own = (cause as { code?: unknown }).code;
    const code = typeof own === 'string' ? own : error instanceof Error ? error.name : 'error';
    // Where no connection came about, nothing can have arrived.
    const isUnsent =
      /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|CERT_|DEPTH_ZERO|UNABLE_TO|SELF_SIGNED|ERR_TLS)/.test(
        code,
      );
    return { outcome: isUnsent ? 'later' : 'unsure', why: code };
  }
}
