/**
 * Answers about a large snapshot, kept from one run to the next: asking the same again while no byte of the snapshot has
 * changed costs the reading of the files, not their understanding. An answer is found by everything that it depends on:
 * this very program, the question with all options, and the name and the content of each file (sha256). What lies there
 * and is not exactly such an answer, written by this user, is as if it were not there.
 */
import { createHash } from 'node:crypto';
import {
  type Stats,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Answer } from '../index.ts';
import { type FoundFile, filesOf } from '../snapshot/walk.ts';

/** What of a snapshot an answer is printed with. */
export interface AnsweredFrom {
  readonly digest: string;
  readonly collectedAt?: string;
  readonly newestFileTime?: Date;
  readonly files: readonly unknown[];
}

export interface Remembered {
  readonly answer: Answer;
  readonly snapshot: AnsweredFrom;
}

/** One answer and all answers together hold at most so many bytes. */
const MOST_BYTES = 4 << 20;
const MOST_ENTRIES = 100;
const READ = 1 << 20;

interface Entry {
  readonly content: string;
  readonly snapshot: { readonly digest: string; readonly collectedAt?: string; readonly files: number };
  readonly answer: Answer;
}

export class AnswerCache {
  private readonly folder: string;
  private readonly file: string;
  private readonly found: readonly FoundFile[];

  private constructor(folder: string, file: string, found: readonly FoundFile[]) {
    this.folder = folder;
    this.file = file;
    this.found = found;
  }

  /** For one question about the snapshot at these paths; undefined where no place is safe. */
  static for(paths: readonly string[], question: object, folder: string): AnswerCache | undefined {
    if (paths.includes('-')) return undefined;
    const { found } = filesOf(paths);
    if (!isOwnFolder(folder)) return undefined;
    const names = found.map(({ file, folders, bytes }) => [file, folders, bytes]);
    const name = sha256(JSON.stringify([program(), process.version, question, names]));
    return new AnswerCache(folder, join(folder, `${name}.json`), found);
  }

  /** The answer that was kept, if all files hold what they held. */
  find(): Remembered | undefined {
    const entry = this.read();
    if (entry === undefined || entry.content !== contentOf(this.found)) return undefined;
    const { digest, collectedAt, files } = entry.snapshot;
    const times = this.found.flatMap(({ changed }) => changed ?? []);
    const newest = times.reduce<Date | undefined>((a, b) => (a === undefined || b > a ? b : a), undefined);
    return {
      answer: entry.answer,
      snapshot: {
        digest,
        files: Array.from({ length: files }),
        ...(collectedAt === undefined ? {} : { collectedAt }),
        ...(newest === undefined ? {} : { newestFileTime: newest }),
      },
    };
  }

  /** Keeps an answer for the next time. Nothing is lost where that fails: a full disk is no reason to fail a question. */
  keep(answer: Answer, snapshot: AnsweredFrom): void {
    try {
      // What is hashed now must be what was read: any file touched since the walk spoils it.
      if (!this.found.every(isUntouched)) return;
      const content = contentOf(this.found);
      if (content === undefined) return;
      const { digest, collectedAt, files } = snapshot;
      const entry: Entry = {
        content,
        snapshot: { digest, files: files.length, ...(collectedAt === undefined ? {} : { collectedAt }) },
        answer,
      };
      const text = JSON.stringify(entry);
      if (text.length > MOST_BYTES || !this.found.every(isUntouched)) return;
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      const fresh = `${this.file}.${process.pid}`;
      writeFileSync(fresh, `${sha256(text)}\n${text}`, { mode: 0o600, flag: 'wx' });
      renameSync(fresh, this.file);
      makeRoom(this.folder);
    } catch {
      // The answer is out already.
    }
  }

  private read(): Entry | undefined {
    try {
      const stat = lstatSync(this.file);
      if (!stat.isFile() || !isMine(stat) || stat.size > 2 * MOST_BYTES) return undefined;
      const [sum, text] = split(readFileSync(this.file, 'utf8'));
      if (sha256(text) !== sum) return undefined;
      return JSON.parse(text) as Entry;
    } catch {
      return undefined;
    }
  }
}

/**
 * The files of this program with size and time: another version or build never sees this one's answers. Names of a
 * bundle's files tell their content, so that this holds where an installer sets all times alike.
 */
function program(): unknown {
  const root = fileURLToPath(new URL('..', import.meta.url));
  return readdirSync(root, { recursive: true })
    .map(String)
    .sort()
    .map((name) => {
      const { size, mtimeMs } = statSync(join(root, name));
      return [name, size, mtimeMs];
    });
}

/** Over the name and the content of each file, in their order; undefined when one cannot be read. */
function contentOf(found: readonly FoundFile[]): string | undefined {
  const piece = Buffer.allocUnsafe(READ);
  try {
    return sha256(
      found
        .map(({ path, file, folders }) => {
          const hash = createHash('sha256');
          const fd = openSync(path, 'r');
          try {
            for (let got = readSync(fd, piece); got > 0; got = readSync(fd, piece)) hash.update(piece.subarray(0, got));
          } finally {
            closeSync(fd);
          }
          return JSON.stringify([file, folders, hash.digest('hex')]);
        })
        .join('\n'),
    );
  } catch {
    return undefined;
  }
}

function isUntouched({ path, bytes, changed }: FoundFile): boolean {
  const now = statSync(path, { throwIfNoEntry: false });
  return now !== undefined && now.size === bytes && now.mtime.getTime() === changed?.getTime();
}

/** A folder that is not there yet will be made; one of somebody else's, or open to others, is not used. */
function isOwnFolder(folder: string): boolean {
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  return stat === undefined || (stat.isDirectory() && isMine(stat));
}

/** Where files have owners and modes: this user's, and writable for nobody else. */
function isMine(stat: Stats): boolean {
  return process.getuid === undefined || (stat.uid === process.getuid() && (stat.mode & 0o077) === 0);
}

/** The oldest answers go first. */
function makeRoom(folder: string): void {
  const entries = readdirSync(folder).map((name) => {
    const path = join(folder, name);
    return { path, time: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 };
  });
  for (const { path } of entries.toSorted((a, b) => b.time - a.time).slice(MOST_ENTRIES)) rmSync(path, { force: true });
}

function split(text: string): [string, string] {
  const end = text.indexOf('\n');
  return [text.slice(0, end), text.slice(end + 1)];
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
