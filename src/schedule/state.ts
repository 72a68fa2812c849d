/**
 * The folder of a schedule: snapshots, reports, the history, what waits to be sent. One process at a time works in it,
 * which the operating system vouches for, so that a kill leaves no lock behind. What a run has not finished is swept away
 * by the next one.
 */
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** What is known of the last run, for the next one and for whoever asks. */
export interface LastRun {
  /** "20260301T030000Z": also its folders' name; no two runs have the same. */
  readonly id: string;
  readonly outcome: 'ok' | 'incomplete' | 'failed';
  readonly why?: string;
  /** ISO 8601. */
  readonly at: string;
  readonly durationMs: number;
}

/** Throws ScheduleError when another process has the folder, or it can't be used. */
export class StateFolder {
  readonly folder: string;
  private readonly release: () => void;

  private constructor(folder: string, release: () => void) {
    this.folder = folder;
    this.release = release;
  }

  static async open(folder: string): Promise<StateFolder> {
    const { DatabaseSync } = await import('node:sqlite');
    let lock: InstanceType<typeof DatabaseSync> | undefined;
    try {
      for (const name of ['', 'snapshots', 'reports']) mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
      // Private from its first byte, whatever the umask.
      closeSync(openSync(join(folder, 'lock.db'), 'a', 0o600));
      chmodSync(join(folder, 'lock.db'), 0o600);
      lock = new DatabaseSync(join(folder, 'lock.db'));
      // Held until the process ends, however it does.
      lock.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
    } catch (error) {
      lock?.close();
      const { errcode, code, message } = error as Error & { errcode?: number; code?: string };
      throw new ScheduleError(
        errcode === 5
          ? `another netaudit schedule works in ${folder}. One is enough.`
          : `${folder} can't be used (${code === 'ERR_SQLITE_ERROR' ? message : (code ?? message)}). Choose another --state.`,
      );
    }
    const held = lock;
    return new StateFolder(folder, () => held.close());
  }

  close(): void {
    this.release();
  }

  /** The id of a run that starts now: its second, or the next one that no earlier run has taken. */
  idFor(started: Date): string {
    for (let second = started.getTime(); ; second += 1000) {
      const id = new Date(second).toISOString().replace(/[-:]|\.\d+/g, '');
      if (!existsSync(this.reportsOf(id)) && !existsSync(this.snapshotOf(id))) return id;
    }
  }

  snapshotOf(id: string): string {
    return join(this.folder, 'snapshots', id);
  }

  reportsOf(id: string): string {
    return join(this.folder, 'reports', id);
  }

  /** Ids of runs whose snapshot is whole, the latest last. */
  snapshots(): readonly string[] {
    return this.idsIn('snapshots').filter((id) => existsSync(join(this.snapshotOf(id), '.whole')));
  }

  /** A snapshot that is whole says so; all others are swept away. */
  markWhole(id: string): void {
    writeFileSync(join(this.snapshotOf(id), '.whole'), '', { mode: 0o600, flush: true });
  }

  /** Removes unfinished snapshots, and all but the latest `keep` snapshots and `keepReports` reports. */
  sweep(keep: number, keepReports: number): void {
    const whole = this.snapshots();
    const kept = new Set(whole.slice(-keep));
    for (const id of this.idsIn('snapshots'))
      if (!kept.has(id)) rmSync(this.snapshotOf(id), { recursive: true, force: true });
    for (const id of this.idsIn('reports').slice(0, -keepReports))
      rmSync(this.reportsOf(id), { recursive: true, force: true });
  }

  last(): LastRun | undefined {
    try {
      return JSON.parse(readFileSync(join(this.folder, 'last.json'), 'utf8')) as LastRun;
    } catch {
      return undefined;
    }
  }

  remember(run: LastRun): void {
    const file = join(this.folder, 'last.json');
    writeFileSync(`${file}.half`, JSON.stringify(run), { mode: 0o600, flush: true });
    renameSync(`${file}.half`, file);
  }

  private idsIn(name: string): readonly string[] {
    return readdirSync(join(this.folder, name))
      .filter((id) => /^\d{8}T\d{6}Z$/.test(id))
      .toSorted();
  }
}

/** What the user can mend. */
export class ScheduleError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ScheduleError';
  }
}
