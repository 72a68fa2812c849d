/**
 * The loader: files to text to values to documents. Asks each recogniser what a value is and remembers where
 * everything stands. Knows no provider's words; one bad recogniser or unknown file never stops it, a broken file does.
 */
import { readFileSync } from 'node:fs';
import type { Note } from '../model/origin.ts';
import { contentOf, tooLarge } from './content.ts';
import { SnapshotError } from './documents.ts';
import { ContentDigest } from './digest.ts';
import type { NotUnderstood, Place, Recogniser, Recognition, Snapshot, SnapshotDocument } from './documents.ts';
import { Keys } from './byte-json.ts';
import { isDeep, positionOf, readJson } from './json-text.ts';
import { type RecordReading, type Refusal, positionInFile, readRecordFile } from './record-file.ts';
import { PackedValues, RecordTable } from './record-table.ts';
import { type FoundFile, filesOf, pathError } from './walk.ts';
import { refusedCall } from './refused.ts';
import { looksLikeYaml, readYaml } from './yaml-text.ts';

export interface LoadProgress {
  readonly file: string;
  /** Files finished before this one, of how many. */
  readonly done: number;
  readonly total: number;
  readonly bytesDone: number;
  /** As far as known before reading. */
  readonly bytesTotal: number;
}

export interface LoadOptions {
  /** Called before each file. */
  readonly onProgress?: (progress: LoadProgress) => void;
  /** The most that one file may hold, uncompressed; at most (and by default) what one string can hold. */
  readonly maxBytes?: number;
  /** What '-' reads; the process's own standard input when absent. */
  readonly stdin?: AsyncIterable<Uint8Array | string>;
  /** From how many bytes in all the files are tried record by record; smaller snapshots are read whole. Default: 1 MiB. */
  readonly byRecordFrom?: number;
}

/** Of less than this no memory is to be saved, and whoever starts cold reads JSON quicker than he learns to skip it. */
const BY_RECORD_FROM = 1 << 20;

/** V8's longest string: a file above it needs a streaming reader. */
const MOST_BYTES = 2 ** 29 - 24;
/** No provider nests deeper than about 30; code that walks records may recurse this far safely. */
const MOST_DEPTH = 500;

/**
 * Loads the given folders, files or '-' (standard input). Throws SnapshotError when a path is missing or empty, or when
 * a file is broken, damaged or too large; everything else is in the result.
 */
export async function loadSnapshot(
  paths: readonly string[],
  recognisers: readonly Recogniser[],
  options: LoadOptions = {},
): Promise<Snapshot> {
  const maxBytes = Math.min(options.maxBytes ?? MOST_BYTES, MOST_BYTES);
  const { found, broken } = filesOf(paths);
  const load = new Load(recognisers);
  for (const file of broken) load.notUnderstood.push({ file, why: 'a link that leads nowhere' });
  const bytesTotal = found.reduce((sum, file) => sum + file.bytes, 0);
  const byRecord = bytesTotal >= (options.byRecordFrom ?? BY_RECORD_FROM);
  let bytesDone = 0;
  for (const [done, file] of found.entries()) {
    options.onProgress?.({ file: file.file, done, total: found.length, bytesDone, bytesTotal });
    const bytes =
      (byRecord ? await load.addByRecord(file, maxBytes) : undefined) ??
      (await load.addWhole(file, maxBytes, options.stdin));
    load.files.push({ file: file.file, bytes });
    bytesDone += bytes;
  }
  if (load.contents.count === 0) {
    throw new SnapshotError({
      file: paths.join(', '),
      what: found.length === 1 ? 'holds no JSON' : `none of ${found.length} files holds JSON`,
      hint: "Name the folder or file with the provider's JSON output; `aws` and `gcloud` write it with --output/--format json",
    });
  }
  return load.snapshot(paths, newest(found.flatMap((file) => file.changed ?? [])));
}

const MENDED = 'not valid UTF-8: the odd characters were replaced';
/** From this size on any file is tried record by record first: its text would need as much memory again. */
const MANY_BYTES = 1 << 26;

/** A file that is too large for one string and no plain object of lists. */
function refusal(path: string, file: string, { offset, pointer, cutOff }: Refusal): SnapshotError {
  return new SnapshotError({
    file,
    what: cutOff
      ? 'the JSON is cut off: the file ends inside a value'
      : `is larger than ${MOST_BYTES >> 20} MiB and here is no plain JSON that can be read record by record`,
    position: positionInFile(path, offset),
    pointer,
    hint: cutOff
      ? 'Fetch it again (an interrupted download or a full disk does this), or take it out of the snapshot'
      : 'Mend it at that place, or split it, for example by region or by page (--max-items), into several files',
  });
}

/** One load in progress. */
class Load {
  readonly recognisers: readonly Recogniser[];
  readonly files: { file: string; bytes: number }[] = [];
  readonly documents: SnapshotDocument[] = [];
  readonly notUnderstood: NotUnderstood[] = [];
  readonly notes: Note[] = [];
  /** Of each file that holds JSON or YAML. */
  readonly contents = new ContentDigest();

  private readonly reading: RecordReading;

  constructor(recognisers: readonly Recogniser[]) {
    this.recognisers = recognisers;
    const shapes = recognisers.flatMap(({ briefs = {} }) => Object.entries(briefs));
    const values = new PackedValues();
    this.reading = {
      values,
      tables: new Map(shapes.map(([key, shape]) => [key, new RecordTable(new Keys(shape), values)])),
    };
  }

  /** Reads a file of large lists without holding it; undefined for any other, which is read whole. Its size in bytes. */
  async addByRecord({ path, file, folders, bytes }: FoundFile, maxBytes: number): Promise<number | undefined> {
    if (path === '-' || bytes === 0) return undefined;
    const isTooLarge = bytes > maxBytes && maxBytes === MOST_BYTES;
    try {
      const read = readRecordFile(path, file, this.reading, isTooLarge || bytes >= MANY_BYTES);
      if (read === undefined) return undefined;
      if (!('value' in read)) {
        if (isTooLarge) throw refusal(path, file, read);
        return undefined;
      }
      this.contents.addLater(read.again);
      if (read.mended) this.notes.push({ file, message: MENDED });
      await this.recogniseAll([{ value: read.value, index: 0 }], false, { file, folders });
      return bytes;
    } catch (error) {
      if (error instanceof SnapshotError) throw error;
      throw pathError(path, error);
    }
  }

  /** Its size in bytes. */
  async addWhole(found: FoundFile, maxBytes: number, stdin: LoadOptions['stdin']): Promise<number> {
    const stored = await bytesOf(found, maxBytes, stdin);
    await this.add(found, stored, maxBytes);
    return stored.length;
  }

  private async add({ file, folders }: FoundFile, stored: Buffer, maxBytes: number): Promise<void> {
    const place: Place = { file, folders };
    if (stored.length === 0) return this.missed({ file, why: 'an empty file' });
    const content = contentOf(file, stored, maxBytes);
    if (!content) return this.missed({ file, why: 'not JSON (binary)' });
    const { text } = content;
    const json = readJson(text);
    if ('fault' in json) {
      const { fault } = json;
      throw new SnapshotError({
        file,
        what: fault.cutOff ? 'the JSON is cut off: the file ends inside a value' : 'the JSON is broken',
        position: positionOf(text, fault.offset),
        pointer: fault.pointer,
        hint: fault.cutOff
          ? 'Fetch it again (an interrupted download or a full disk does this), or take it out of the snapshot'
          : 'Mend it at that place or fetch it again, or take it out of the snapshot',
      });
    }
    if ('values' in json) {
      this.remember(content.bytes);
      if (isDeep(text, MOST_DEPTH))
        return this.missed({ file, why: `nested more than ${MOST_DEPTH} deep, as no provider's answer is` });
      if (content.mended) this.notes.push({ file, message: MENDED });
      if (json.skippedLines > 0)
        this.notes.push({ file, message: `${json.skippedLines} line(s) before the JSON were ignored` });
      const values = json.values.map((value, index) => ({ value, index }));
      return this.recogniseAll(values, json.several, place);
    }
    if (!looksLikeYaml(file, text)) return this.missed({ file, why: 'not JSON' });
    const yaml = await readYaml(text);
    if ('why' in yaml) return this.missed({ file, why: yaml.why });
    if (yaml.values.length === 0) return this.missed({ file, why: 'YAML without a document' });
    this.remember(content.bytes);
    await this.recogniseAll(yaml.values, yaml.values.length > 1 || yaml.values[0]?.index !== 0, place);
  }

  snapshot(roots: readonly string[], newestFileTime: Date | undefined): Snapshot {
    const collectedAt = newest(this.documents.flatMap((document) => document.collectedAt ?? []));
    const { contents } = this;
    return {
      roots,
      files: this.files,
      documents: this.documents,
      notUnderstood: this.notUnderstood,
      notes: this.notes,
      get digest() {
        return contents.value();
      },
      ...(collectedAt !== undefined && { collectedAt }),
      ...(newestFileTime && { newestFileTime }),
    };
  }

  private remember(bytes: Uint8Array): void {
    this.contents.add(bytes);
  }

  private missed(entry: NotUnderstood): void {
    this.notUnderstood.push(entry);
  }

  /** Several values stand in their file like the elements of an array. Alike misses of one file become one entry. */
  private async recogniseAll(
    values: readonly { value: unknown; index: number }[],
    several: boolean,
    place: Place,
  ): Promise<void> {
    for (const { value } of values)
      for (const recogniser of this.recognisers) {
        const loading = recogniser.prepare?.(value);
        if (loading !== undefined) await loading;
      }
    const misses = new Map<string, { entry: NotUnderstood; more: number }>();
    for (const { value, index } of values) {
      const prefix = several ? `/${index}` : '';
      for (const entry of this.recognise(value, prefix, place)) {
        const alike = several ? misses.get(entry.why) : undefined;
        if (alike) alike.more++;
        else misses.set(several ? entry.why : `${entry.pointer ?? ''} ${entry.why}`, { entry, more: 0 });
      }
    }
    for (const { entry, more } of misses.values())
      this.missed(more === 0 ? entry : { ...entry, why: `${entry.why} (and ${more} more like it)` });
  }

  /** Adds the documents of the first recogniser that finds any; returns what was not understood. */
  private recognise(value: unknown, prefix: string, place: Place): NotUnderstood[] {
    const { file } = place;
    let guess: { provider: string; recognition: Recognition } | undefined;
    let failed: string | undefined;
    const refused = refusedCall(value);
    if (refused !== undefined) guess = refused;
    for (const recogniser of refused === undefined ? this.recognisers : []) {
      const { provider } = recogniser;
      let recognition: Recognition | undefined;
      try {
        recognition = recogniser.recognise(value, place);
      } catch (error) {
        // The error's message may hold content: its name must do.
        failed = `the ${provider} reader failed on this document (${error instanceof Error ? error.name : 'error'})`;
        this.notes.push({ file, ...(prefix !== '' && { pointer: prefix }), message: failed });
        continue;
      }
      if (!recognition) continue;
      guess ??= { provider, recognition };
      if (recognition.documents.length > 0) {
        guess = { provider, recognition };
        break;
      }
    }
    if (!guess) return [{ file, ...(prefix !== '' && { pointer: prefix }), why: failed ?? unknown(value) }];
    const { provider, recognition } = guess;
    for (const { placeOf, ...document } of recognition.documents) {
      this.documents.push({
        ...document,
        provider: document.provider ?? provider,
        file,
        pointer: prefix + document.pointer,
        scope: document.scope ?? {},
        ...(placeOf && { placeOf: prefix === '' ? placeOf : (index: number) => prefix + placeOf(index) }),
      });
    }
    for (const note of recognition.notes ?? [])
      this.notes.push({ ...note, file, ...(note.pointer !== undefined && { pointer: prefix + note.pointer }) });
    return (recognition.notUnderstood ?? []).map((entry) => {
      const pointer = prefix + (entry.pointer ?? '');
      return { file, provider, why: entry.why, ...(pointer !== '' && { pointer }) };
    });
  }
}

/** Why a value is left over, in the words of its own shape: names of keys, never what they hold. */
function unknown(value: unknown): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return 'an empty list that does not say of what';
    const first: unknown = value[0];
    return `no reader knows this list of ${value.length} (${typeof first === 'object' && first !== null ? `keys of the first: ${keysOf(first)}` : `of ${typeof first}s`})`;
  }
  if (typeof value !== 'object' || value === null) return 'no reader knows this document (a bare value)';
  return `no reader knows this document (top-level keys: ${keysOf(value)})`;
}

function keysOf(value: object): string {
  const keys = Object.keys(value);
  const shown = keys.slice(0, 6).map((key) => (key.length > 40 ? `${key.slice(0, 40)}…` : key));
  return keys.length === 0 ? 'none' : shown.join(', ') + (keys.length > shown.length ? ', …' : '');
}

async function bytesOf(found: FoundFile, maxBytes: number, stdin: LoadOptions['stdin']): Promise<Buffer> {
  if (found.path === '-') {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of stdin ?? process.stdin) {
      const bytes = Buffer.from(chunk);
      size += bytes.length;
      if (size > maxBytes) throw tooLarge('-', maxBytes);
      chunks.push(bytes);
    }
    return Buffer.concat(chunks);
  }
  if (found.bytes > maxBytes) throw tooLarge(found.file, maxBytes);
  try {
    return readFileSync(found.path);
  } catch (error) {
    throw pathError(found.path, error);
  }
}

function newest<T extends string | Date>(times: readonly T[]): T | undefined {
  return times.reduce<T | undefined>(
    (latest, time) => (latest === undefined || time > latest ? time : latest),
    undefined,
  );
}
