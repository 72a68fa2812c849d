/**
 * Reads a file of one large object record by record: a window of it stands in memory, never its whole text. Lists that a
 * recogniser has a shape for become brief lists; every other value is parsed as it is. Gives nothing for a file of any
 * other form: such files are read whole.
 */
import { isAscii, isUtf8 } from 'node:buffer';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { briefList } from './brief-list.ts';
import { ByteReader, NeedsMore, NotPlain } from './byte-json.ts';
import { SnapshotError, pointerToken } from './documents.ts';
import type { PackedValues, RecordTable } from './record-table.ts';

export interface RecordFile {
  readonly value: Readonly<Record<string, unknown>>;
  /** Some bytes are not UTF-8 and were replaced. */
  readonly mended: boolean;
  /** Reads the file once more, unchanged, piece by piece. */
  readonly again: (piece: (bytes: Uint8Array) => void) => void;
}

/** Where a file stopped being what can be read record by record. */
export interface Refusal {
  readonly offset: number;
  readonly pointer: string;
  /** The file ends there. */
  readonly cutOff: boolean;
}

const WINDOW = 4 << 20;
const HEAD = 1 << 10;
const [OPEN, CLOSE, OPEN_LIST, CLOSE_LIST, COMMA] = [0x7b, 0x7d, 0x5b, 0x5d, 0x2c] as const;

/** The bytes of a file from one place on, as much as is needed at a time. */
class Window {
  readonly reader: ByteReader;
  /** Offset in the file of the window's first byte. */
  base = 0;
  mended = false;
  private readonly fd: number;
  private readonly size: number;

  constructor(fd: number, size: number, scratch: Buffer) {
    this.fd = fd;
    this.size = size;
    this.reader = new ByteReader(scratch, 0);
    this.fill(0);
  }

  get atEnd(): boolean {
    return this.base + this.reader.end >= this.size;
  }

  /** Does one step from where the reader stands, with as much of the file as the step turns out to need. */
  step<T>(act: () => T): T {
    for (;;) {
      const from = this.reader.at;
      try {
        return act();
      } catch (error) {
        if (!(error instanceof NeedsMore) || this.atEnd) throw error;
        this.reader.at = from;
        this.more();
      }
    }
  }

  /** Drops what has been read and reads on; a window that is full of one value grows. */
  private more(): void {
    const { reader } = this;
    const kept = reader.end - reader.at;
    this.check(reader.at);
    if (kept > reader.bytes.length / 2) {
      const grown = Buffer.allocUnsafe(reader.bytes.length * 2);
      reader.bytes.copy(grown, 0, reader.at, reader.end);
      reader.bytes = grown;
    } else reader.bytes.copyWithin(0, reader.at, reader.end);
    this.base += reader.at;
    reader.at = 0;
    this.fill(kept);
  }

  /** Values end at ASCII bytes, so no character is cut in two here. */
  check(until: number): void {
    const done = this.reader.bytes.subarray(0, until);
    if (!isAscii(done) && !isUtf8(done)) this.mended = true;
  }

  private fill(kept: number): void {
    const { reader } = this;
    let end = kept;
    const room = reader.bytes.length - 1;
    while (end < room) {
      const got = readSync(this.fd, reader.bytes, end, room - end, this.base + end);
      if (got === 0) break;
      end += got;
    }
    reader.bytes[end] = 0;
    reader.end = end;
  }
}

/** What reading files by records needs from one file to the next. */
export interface RecordReading {
  /** By list key. */
  readonly tables: ReadonlyMap<string, RecordTable>;
  readonly values: PackedValues;
  /** The window's memory: one for all files, since so much memory is not given back as fast as files are read. */
  scratch?: Buffer;
}

/**
 * Reads the file, or says where it is no plain object; undefined for a file whose first bytes name no list that a table
 * is for, unless `any` file is to be read. Throws what opening and reading throw.
 */
export function readRecordFile(
  path: string,
  file: string,
  reading: RecordReading,
  any: boolean,
): RecordFile | Refusal | undefined {
  const { tables, values } = reading;
  const fd = openSync(path, 'r');
  try {
    const stat = fstatSync(fd);
    const scratch = (reading.scratch ??= Buffer.allocUnsafe(WINDOW));
    const head = scratch.toString('latin1', 0, readSync(fd, scratch, 0, HEAD, 0)).trimStart();
    if (!any && !(head.startsWith('{') && [...tables.keys()].some((key) => head.includes(`"${key}"`))))
      return undefined;
    const source = new Source(path, file, stat.size, stat.mtimeMs);
    const window = new Window(fd, stat.size, scratch);
    const { reader } = window;
    let pointer = '';
    const mark = values.mark;
    const marks = [...tables.values()].map((table) => [table, table.mark] as const);
    try {
      const value: Record<string, unknown> = {};
      window.step(() => reader.expect(OPEN));
      let next = window.step(() => reader.peek());
      while (next !== CLOSE) {
        const key = window.step(() => reader.key());
        // Keys twice and keys of the language's own are the thorough way's business.
        if (Object.hasOwn(value, key) || key === '__proto__') throw new NotPlain(reader.at);
        pointer = `/${pointerToken(key)}`;
        if (window.step(() => reader.peek()) === OPEN_LIST) {
          const table = tables.get(key);
          const at = (index: number) => (pointer = `/${pointerToken(key)}/${index}`);
          value[key] = table === undefined ? wholeList(window, at) : briefly(window, table, values, source, at);
        } else value[key] = window.step(() => parsedValue(reader));
        next = window.step(() => reader.peek());
        if (next !== COMMA) break;
        reader.at++;
        if (window.step(() => reader.peek()) === CLOSE) throw new NotPlain(reader.at);
      }
      window.step(() => reader.expect(CLOSE));
      pointer = '';
      if (!onlySpaceFollows(window)) throw new NotPlain(reader.at);
      window.check(reader.at);
      return { value, mended: window.mended, again: (piece) => source.readAll(piece) };
    } catch (error) {
      values.backTo(mark);
      for (const [table, before] of marks) table.backTo(before);
      if (error instanceof NotPlain) return { offset: window.base + error.offset, pointer, cutOff: false };
      if (error instanceof NeedsMore) return { offset: stat.size, pointer, cutOff: true };
      throw error;
    }
  } finally {
    closeSync(fd);
  }
}

/** What files are read again with, one after the other: thousands of buffers would have everything else collected with them. */
let piece: Buffer | undefined;

/** Line and column (both from 1; columns in bytes) of an offset in a file of any size. */
export function positionInFile(path: string, offset: number): { line: number; column: number } {
  const fd = openSync(path, 'r');
  try {
    const piece = Buffer.allocUnsafe(WINDOW);
    let [line, lineStart] = [1, 0];
    for (let base = 0; base < offset; ) {
      const got = readSync(fd, piece, 0, Math.min(piece.length, offset - base), base);
      if (got === 0) break;
      for (let i = piece.indexOf(0x0a); i !== -1 && i < got; i = piece.indexOf(0x0a, i + 1)) {
        line++;
        lineStart = base + i + 1;
      }
      base += got;
    }
    return { line, column: offset - lineStart + 1 };
  } finally {
    closeSync(fd);
  }
}

function parsedValue(reader: ByteReader): unknown {
  reader.peek();
  const from = reader.at;
  reader.skip();
  return reader.parsed(from);
}

function onlySpaceFollows(window: Window): boolean {
  try {
    window.step(() => window.reader.peek());
    return false;
  } catch (error) {
    if (error instanceof NeedsMore) return true;
    throw error;
  }
}

/** Steps through a list's elements; `element` passes one. */
function eachElement(window: Window, at: (index: number) => void, element: (start: number) => void): void {
  const { reader } = window;
  window.step(() => reader.expect(OPEN_LIST));
  if (window.step(() => reader.peek()) === CLOSE_LIST) {
    reader.at++;
    return;
  }
  for (let index = 0; ; index++) {
    at(index);
    window.step(() => {
      reader.peek();
      element(reader.at);
    });
    const next = window.step(() => reader.peek());
    reader.at++;
    if (next === CLOSE_LIST) return;
    if (next !== COMMA) throw new NotPlain(reader.at - 1);
  }
}

function wholeList(window: Window, at: (index: number) => void): unknown[] {
  const list: unknown[] = [];
  eachElement(window, at, (start) => {
    window.reader.skip();
    list.push(window.reader.parsed(start));
  });
  return list;
}

function briefly(
  window: Window,
  table: RecordTable,
  values: PackedValues,
  source: Source,
  at: (index: number) => void,
): readonly unknown[] {
  const briefs: unknown[] = [];
  const places: number[] = [];
  eachElement(window, at, (start) => {
    values.keep();
    table.keep();
    try {
      briefs.push(table.take(window.reader));
    } catch (error) {
      // Most often the window ends here, and the record is taken again.
      values.backToKept();
      table.backToKept();
      throw error;
    }
    places.push(window.base + start, window.reader.at - start);
  });
  return briefList(briefs, (index) => source.valueAt(places[2 * index]!, places[2 * index + 1]!));
}

/** The file that briefs were made from, for reading records again. */
class Source {
  private readonly path: string;
  private readonly file: string;
  private readonly size: number;
  private readonly changed: number;

  constructor(path: string, file: string, size: number, changed: number) {
    this.path = path;
    this.file = file;
    this.size = size;
    this.changed = changed;
  }

  valueAt(offset: number, length: number): unknown {
    const bytes = Buffer.allocUnsafe(length);
    this.open((fd) => readSync(fd, bytes, 0, length, offset));
    try {
      return JSON.parse(bytes.toString('utf8'));
    } catch {
      throw this.different();
    }
  }

  readAll(take: (bytes: Uint8Array) => void): void {
    this.open((fd) => {
      const bytes = (piece ??= Buffer.allocUnsafe(WINDOW));
      for (let at = 0; at < this.size; ) {
        const got = readSync(fd, bytes, 0, bytes.length, at);
        if (got === 0) break;
        take(bytes.subarray(0, got));
        at += got;
      }
    });
  }

  private open(read: (fd: number) => void): void {
    let fd: number;
    try {
      fd = openSync(this.path, 'r');
    } catch {
      throw this.different();
    }
    try {
      const stat = fstatSync(fd);
      if (stat.size !== this.size || stat.mtimeMs !== this.changed) throw this.different();
      read(fd);
    } finally {
      closeSync(fd);
    }
  }

  private different(): SnapshotError {
    return new SnapshotError({
      file: this.file,
      what: 'was changed while it was being read',
      hint: 'Ask again when whatever writes it has finished',
    });
  }
}
