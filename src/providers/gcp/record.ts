/** Cautious reading of one record, and links: URLs of one resource in any host, version or form are one link. */
import { parseAddress, parseCidr } from '../../net/address.ts';
import type { Span } from '../../net/spans.ts';

export type Json = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function text(record: Json | undefined, key: string): string | undefined {
  const value = record?.[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function flag(record: Json | undefined, key: string): boolean {
  return record?.[key] === true;
}

export function integer(record: Json | undefined, key: string): number | undefined {
  const value = record?.[key];
  if (typeof value === 'string' && /^\d{1,10}$/.test(value)) return Number(value);
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}

export function object(record: Json | undefined, key: string): Json | undefined {
  const value = record?.[key];
  return isRecord(value) ? value : undefined;
}

/** The objects of a list; anything else in it is left out. */
export function objects(record: Json | undefined, key: string): readonly Json[] {
  const value = record?.[key];
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

export function strings(record: Json | undefined, key: string): readonly string[] {
  const value = record?.[key];
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string' && one !== '') : [];
}

/**
 * "https://www.googleapis.com/compute/v1/projects/p/global/networks/n" and its other spellings ->
 * "projects/p/global/networks/n".
 */
export function linkOf(url: string): string {
  const at = url.indexOf('projects/');
  return at < 0 ? url : url.slice(at);
}

export function link(record: Json | undefined, key: string): string | undefined {
  const url = text(record, key);
  return url === undefined ? undefined : linkOf(url);
}

/** The last part of a link: the resource's name. */
export function nameIn(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1);
}

/** "projects/p/zones/us-central1-a/instances/x" -> "us-central1". */
export function regionOf(url: string): string | undefined {
  const zone = /\/zones\/([a-z0-9-]+)-[a-z](?:\/|$)/.exec(url)?.[1];
  return zone ?? /\/regions\/([a-z0-9-]+)(?:\/|$)/.exec(url)?.[1];
}

export function projectOf(url: string): string | undefined {
  return /projects\/([^/]+)/.exec(url)?.[1];
}

/** CIDRs and bare addresses as spans; those that are neither are left out, and `bad` says so. */
export function spansOf(words: readonly string[]): { spans: readonly Span<bigint>[]; bad: boolean } {
  const spans = words.map((word): Span<bigint> | undefined => {
    const address = parseAddress(word);
    return address === undefined ? parseCidr(word) : [address, address + 1n];
  });
  return { spans: spans.filter((span) => span !== undefined), bad: spans.includes(undefined) };
}

/** "80" or "8000-8010"; undefined for anything else. */
export function portSpan(word: string): Span | undefined {
  const range = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(word.trim());
  const [lo, hi] = [Number(range?.[1]), Number(range?.[2] ?? range?.[1])];
  return range === null || lo > hi || hi > 65535 ? undefined : [lo, hi + 1];
}
