/**
 * Text to JSON values: one document, several in a row (JSON Lines included), or one behind a line of log. `JSON.parse`
 * does the work; the scanner here only runs when that refuses, to say where. No recursion, so depth is no danger.
 * Knows nothing of files, and never quotes the text that it complains of (it may hold secrets).
 */
import { pointerToken } from './documents.ts';

export interface JsonFault {
  /** Offset into the text, in UTF-16 units. */
  readonly offset: number;
  /** The text ends inside a value: cut off. */
  readonly cutOff: boolean;
  /** Where the scanner stood, as far as the text told; shortened when deep. */
  readonly pointer: string;
}

export type JsonReading =
  | { readonly values: readonly unknown[]; readonly several: boolean; readonly skippedLines: number }
  | { readonly notJson: true }
  | { readonly fault: JsonFault };

/** Lines of log that are tolerated in front of a document. */
const LOG_LINES = 20;

/** Reads a whole text. `several`: its values form a sequence, and pointers start with their index. */
export function readJson(text: string): JsonReading {
  try {
    return { values: [JSON.parse(text)], several: false, skippedLines: 0 };
  } catch {
    // the slow ways follow
  }
  const start = skipSpace(text, 0);
  if (!opens(text, start)) return behindLog(text) ?? { notJson: true };
  const lines = jsonLines(text);
  if (lines) return { values: lines, several: true, skippedLines: 0 };
  const sequence = jsonSequence(text, start);
  if ('values' in sequence) return sequence;
  if (startsAsJson(text, start, sequence.fault)) return sequence;
  return behindLog(text) ?? { notJson: true };
}

/** Line and column (both from 1) of an offset. */
export function positionOf(text: string, offset: number): { line: number; column: number } {
  let line = 1;
  let from = 0;
  for (let next = text.indexOf('\n'); next !== -1 && next < offset; next = text.indexOf('\n', from)) {
    line++;
    from = next + 1;
  }
  return { line, column: offset - from + 1 };
}

/**
 * Whether a valid text nests deeper than `limit`. Of large texts only those are scanned that somewhere close many
 * levels in a row, as compact deep JSON must: the scan costs a quarter of the parse.
 */
export function isDeep(text: string, limit: number): boolean {
  if (text.length >= 1 << 23 && !CLOSING_RUNS.some((run) => text.includes(run))) return false;
  return hasOpenings(text, limit) && depthOf(text, limit) > limit;
}

const CLOSING_RUNS = [']'.repeat(64), '}'.repeat(64), '}]'.repeat(32)];

/** Whether anything is opened more than `limit` times at all, strings included: most small texts are done with that. */
function hasOpenings(text: string, limit: number): boolean {
  const openings = /[[{]/g;
  for (let count = 0; count <= limit; count++) if (!openings.test(text)) return false;
  return true;
}

/** How deep arrays and objects are nested, up to `limit` (then `limit + 1`); strings are skipped, validity is not checked. */
function depthOf(text: string, limit: number): number {
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22) {
      i = endOfString(text, i);
      if (i === -1) return deepest;
    } else if (c === 0x5b || c === 0x7b) {
      if (++depth > deepest) deepest = depth;
      if (depth > limit) return depth;
    } else if (c === 0x5d || c === 0x7d) depth--;
  }
  return deepest;
}

/** Objects or arrays, one a line; undefined when the text is not that. */
function jsonLines(text: string): unknown[] | undefined {
  const values: unknown[] = [];
  let from = 0;
  while (from < text.length) {
    let end = text.indexOf('\n', from);
    if (end === -1) end = text.length;
    const line = text.slice(from, end).trim();
    from = end + 1;
    if (line === '') continue;
    try {
      values.push(JSON.parse(line));
    } catch {
      return undefined;
    }
  }
  return values.length > 1 ? values : undefined;
}

/** Values one after the other, printed any way; commas between them are not accepted. */
function jsonSequence(
  text: string,
  start: number,
): { values: unknown[]; several: boolean; skippedLines: number } | { fault: JsonFault } {
  const values: unknown[] = [];
  let at = start;
  while (at < text.length) {
    const scan = scanValue(text, at);
    if (!('end' in scan)) {
      return { fault: values.length === 0 ? scan : { ...scan, pointer: `/${values.length}${scan.pointer}` } };
    }
    try {
      values.push(JSON.parse(text.slice(at, scan.end)));
    } catch {
      return { fault: { offset: at, cutOff: false, pointer: '' } };
    }
    at = skipSpace(text, scan.end);
    // Only objects and arrays may follow: `{} trailing words` is a broken document.
    if (at < text.length && !opens(text, at)) return { fault: { offset: at, cutOff: false, pointer: '' } };
  }
  return { values, several: values.length > 1, skippedLines: 0 };
}

/** A document behind a few lines of something else, as wrappers of command-line tools print them. */
function behindLog(text: string): JsonReading | undefined {
  let from = 0;
  for (let line = 1; line <= LOG_LINES; line++) {
    const end = text.indexOf('\n', from);
    if (end === -1) return undefined;
    from = end + 1;
    const start = skipBlanks(text, from);
    if (!opens(text, start)) continue;
    const rest = text.slice(start);
    try {
      return { values: [JSON.parse(rest)], several: false, skippedLines: line };
    } catch {
      // Right behind the first line, a document that is cut off is still meant as one; further down it may be prose.
      const scan = line === 1 && text.startsWith('{', start) ? scanValue(text, start) : undefined;
      if (scan && !('end' in scan) && scan.cutOff && scan.offset > start + 1) return { fault: scan };
    }
  }
  return undefined;
}

/** Whether a text that does not parse was meant as JSON: it ends inside, or something after the first bracket was good. */
function startsAsJson(text: string, start: number, fault: JsonFault): boolean {
  return fault.cutOff || fault.offset > skipSpace(text, start + 1);
}

function opens(text: string, at: number): boolean {
  const c = text.charCodeAt(at);
  return c === 0x7b || c === 0x5b;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) break;
  }
  return at;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) === 0x20 || text.charCodeAt(at) === 0x09) at++;
  return at;
}

/** Index of the closing quote, or -1. */
function endOfString(text: string, open: number): number {
  let end = open;
  for (;;) {
    end = text.indexOf('"', end + 1);
    if (end === -1) return -1;
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes++;
    if (slashes % 2 === 0) return end;
  }
}

const LITERAL = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/y;
const CUT_NUMBER = /[.eE][\d+-]*$/y;
/** What a literal may be when the text ends within it. */
const CUT_LITERAL = /(?:t(?:r(?:ue?)?)?|f(?:a(?:l(?:se?)?)?)?|n(?:u(?:ll?)?)?|-?[\d.eE+-]*)$/y;

/** Walks one value: its end, or the first place where it stops being JSON. Explicit stack, no recursion. */
function scanValue(text: string, start: number): { end: number } | JsonFault {
  /** One entry an open container: the index in an array, -1 for an object. */
  const indexes: number[] = [];
  /** The offset of the current key's opening quote, for objects. */
  const keys: number[] = [];
  const fault = (offset: number): JsonFault => {
    const rest = skipSpace(text, offset);
    return {
      offset: rest >= text.length ? text.length : offset,
      cutOff: rest >= text.length,
      pointer: path(text, indexes, keys),
    };
  };
  let at = start;
  for (;;) {
    // a value
    at = skipSpace(text, at);
    const c = text.charCodeAt(at);
    let complete = false;
    if (c === 0x7b) {
      const next = skipSpace(text, at + 1);
      if (text.charCodeAt(next) === 0x7d) {
        at = next + 1;
        complete = true;
      } else {
        indexes.push(-1);
        keys.push(-1);
        const key = scanKey(text, next);
        if (key.at === -1) return key.cutOff ? fault(text.length) : fault(key.bad);
        keys[keys.length - 1] = next;
        at = key.at;
      }
    } else if (c === 0x5b) {
      const next = skipSpace(text, at + 1);
      if (text.charCodeAt(next) === 0x5d) {
        at = next + 1;
        complete = true;
      } else {
        indexes.push(0);
        keys.push(-1);
        at = next;
      }
    } else if (c === 0x22) {
      const end = endOfString(text, at);
      if (end === -1) return fault(text.length);
      const bad = badIn(text, at + 1, end);
      if (bad !== -1) return fault(bad);
      at = end + 1;
      complete = true;
    } else {
      LITERAL.lastIndex = at;
      const literal = LITERAL.exec(text);
      if (!literal) {
        CUT_LITERAL.lastIndex = at;
        return CUT_LITERAL.test(text) ? fault(text.length) : fault(at);
      }
      at += literal[0].length;
      // "-2." and "1e": a number that the end of the text cuts.
      CUT_NUMBER.lastIndex = at;
      if (at < text.length && CUT_NUMBER.test(text)) return fault(text.length);
      complete = true;
    }
    // what follows a complete value
    while (complete) {
      if (indexes.length === 0) return { end: at };
      const next = skipSpace(text, at);
      const f = text.charCodeAt(next);
      const top = indexes.length - 1;
      const index = indexes[top] ?? 0;
      if (f === (index === -1 ? 0x7d : 0x5d)) {
        indexes.pop();
        keys.pop();
        at = next + 1;
      } else if (f === 0x2c) {
        complete = false;
        at = next + 1;
        if (index === -1) {
          const open = skipSpace(text, at);
          const key = scanKey(text, open);
          if (key.at === -1) return key.cutOff ? fault(text.length) : fault(key.bad);
          keys[top] = open;
          at = key.at;
        } else indexes[top] = index + 1;
      } else return fault(next);
    }
  }
}

/** A key and its colon: the offset behind it, or where it is wrong. */
function scanKey(text: string, open: number): { at: number; bad: number; cutOff: boolean } {
  if (open >= text.length) return { at: -1, bad: open, cutOff: true };
  if (text.charCodeAt(open) !== 0x22) return { at: -1, bad: open, cutOff: false };
  const end = endOfString(text, open);
  if (end === -1) return { at: -1, bad: open, cutOff: true };
  const bad = badIn(text, open + 1, end);
  if (bad !== -1) return { at: -1, bad, cutOff: false };
  const colon = skipSpace(text, end + 1);
  if (colon >= text.length) return { at: -1, bad: colon, cutOff: true };
  if (text.charCodeAt(colon) !== 0x3a) return { at: -1, bad: colon, cutOff: false };
  return { at: colon + 1, bad: -1, cutOff: false };
}

/** The first character between two quotes that a string may not hold, or -1. */
function badIn(text: string, from: number, end: number): number {
  for (let i = from; i < end; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x20) return i;
    if (c !== 0x5c) continue;
    ESCAPE.lastIndex = i;
    const escape = ESCAPE.exec(text);
    if (!escape) return i;
    i += escape[0].length - 1;
  }
  return -1;
}

const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** The pointer of the open containers; at most eight steps, the first ones. */
function path(text: string, indexes: readonly number[], keys: readonly number[]): string {
  let pointer = '';
  for (let i = 0; i < indexes.length && i < 8; i++) {
    const index = indexes[i] ?? -1;
    if (index !== -1) pointer += `/${index}`;
    else {
      const open = keys[i] ?? -1;
      if (open === -1) break;
      pointer += `/${pointerToken(keyAt(text, open))}`;
    }
  }
  return pointer;
}

function keyAt(text: string, open: number): string {
  const raw = text.slice(open, endOfString(text, open) + 1);
  try {
    const key: unknown = JSON.parse(raw);
    return typeof key === 'string' && key.length <= 60 ? key : '…';
  } catch {
    return '…';
  }
}
