/**
 * The files of one collection. They grow in a hidden folder beside their place and take it in one rename when all is
 * asked, so that nobody ever reads half a snapshot; what an interrupted run leaves can be gone on with. Everything is
 * private to the user. Knows no cloud.
 */
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative, isAbsolute } from 'node:path';
import { segmentOf } from './file-name.ts';
import { CollectError, isObject, type Json } from './words.ts';

/** Hidden, so that no reader takes it for a part of the snapshot. */
const NOTE = '.collection.json';

export class CollectionFolder {
  /** Where the finished files will lie. */
  readonly place: string;
  private readonly growing: string;
  private readonly old: string;
  /** Of the arguments: a run can only be gone on with by the same ones. */
  private readonly arguments: string;

  /** Throws CollectError when the place is taken by something else. */
  constructor(output: string, cloud: string, argumentsOfRun: Json) {
    this.place = join(output, cloud);
    this.growing = join(output, `.${cloud}.collecting`);
    this.old = join(output, `.${cloud}.replaced`);
    this.arguments = JSON.stringify(argumentsOfRun);
    // A run that died between its last two renames.
    if (!existsSync(this.place) && existsSync(this.old)) guarded(this.place, () => renameSync(this.old, this.place));
    if (existsSync(this.place) && noteIn(this.place) === undefined)
      throw new CollectError(
        `${this.place} is there already and was not written by netaudit collect. Choose another --output, or move it away.`,
      );
  }

  /** Makes the hidden folder: empty, or with what an earlier run has got. Throws CollectError. */
  begin(resume: boolean): void {
    guarded(this.growing, () => {
      if (!resume) rmSync(this.growing, { recursive: true, force: true });
      else if (!existsSync(this.growing) && existsSync(this.place)) this.copyPlace();
    });
    if (existsSync(this.growing)) {
      if (!lstatSync(this.growing).isDirectory() || noteIn(this.growing) !== this.arguments)
        throw new CollectError(
          `${this.growing} holds a run with other arguments. Repeat those with --resume, or leave --resume out to start again.`,
        );
      return;
    }
    makePrivate(this.growing);
    this.put(join(this.growing, NOTE), JSON.stringify({ arguments: this.arguments }));
  }

  /** A copy that a kill or a full disk cut short must not pass for a run of its own: it takes its name when it is whole. */
  private copyPlace(): void {
    const half = `${this.growing}.copy`;
    rmSync(half, { recursive: true, force: true });
    try {
      cpSync(this.place, half, { recursive: true, preserveTimestamps: true });
      renameSync(half, this.growing);
    } catch (error) {
      rmSync(half, { recursive: true, force: true });
      throw error;
    }
  }

  /** What an earlier run has written for a call; undefined for a failure too, which is asked again. */
  kept(path: readonly string[], aside = false): Json | undefined {
    const file = this.fileOf(path, aside);
    if (!existsSync(file)) return undefined;
    try {
      const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
      return isObject(value) && !('$error' in value) ? value : undefined;
    } catch {
      return undefined;
    }
  }

  write(path: readonly string[], value: Json, aside = false): void {
    const file = this.fileOf(path, aside);
    makePrivate(dirname(file));
    this.put(file, JSON.stringify(value));
    // An earlier run's failure of the same call.
    if (aside) rmSync(this.fileOf(path, false), { force: true });
  }

  /** Puts the finished files in their place. */
  finish(): void {
    guarded(this.place, () => {
      rmSync(this.old, { recursive: true, force: true });
      if (existsSync(this.place)) renameSync(this.place, this.old);
      renameSync(this.growing, this.place);
      rmSync(this.old, { recursive: true, force: true });
    });
  }

  /** Gives up what was collected; a snapshot that is there stays. */
  discard(): void {
    rmSync(this.growing, { recursive: true, force: true });
  }

  private put(file: string, text: string): void {
    // Hidden: what a kill leaves of it is no part of a snapshot.
    const half = join(dirname(file), `.${basename(file)}.half`);
    try {
      writeFileSync(half, text, { mode: 0o600 });
      renameSync(half, file);
    } catch (error) {
      rmSync(half, { force: true });
      throw problemWith(file, error);
    }
  }

  /** A hidden file where it is no part of the snapshot. */
  private fileOf(path: readonly string[], aside: boolean): string {
    const names = path.map(segmentOf);
    const last = names.pop() ?? '_';
    const file = join(this.growing, ...names, `${aside ? '.' : ''}${last}.json`);
    const inside = relative(this.growing, file);
    if (inside.startsWith('..') || isAbsolute(inside)) throw new Error('a file outside the snapshot');
    return file;
  }
}

/** What goes wrong with the disk, with the way out. Throws CollectError. */
function guarded(path: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    throw problemWith(path, error);
  }
}

function problemWith(path: string, error: unknown): CollectError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
  const why = code === 'ENOSPC' || code === 'EDQUOT' ? `the disk is full, ${code}` : code;
  return new CollectError(
    `${path} can't be written (${why}). What was collected so far is kept: mend it and run the same command with --resume.`,
  );
}

/** The arguments of the run that wrote a folder; undefined where it was not a run. */
function noteIn(folder: string): string | undefined {
  try {
    const note: unknown = JSON.parse(readFileSync(join(folder, NOTE), 'utf8'));
    return isObject(note) && typeof note['arguments'] === 'string' ? note['arguments'] : undefined;
  } catch {
    return undefined;
  }
}

/** Makes a folder and those above it; new ones are for the user alone. */
function makePrivate(folder: string): void {
  try {
    const first = mkdirSync(folder, { recursive: true, mode: 0o700 });
    // The mode is subject to the umask, which may only take away: nothing to mend but a folder made without one.
    if (first !== undefined) chmodSync(folder, 0o700);
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT') throw problemWith(folder, error);
    throw new CollectError(`${folder} can't be made (${code}). Choose another --output.`);
  }
}
