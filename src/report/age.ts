/** How old a snapshot is, in words. */
export interface SnapshotFacts {
  readonly digest: string;
  /** ISO 8601, where the snapshot itself says so. */
  readonly collectedAt?: string;
  readonly newestFileTime?: Date;
  readonly files: readonly unknown[];
}

/** "snapshot taken 3 hours ago (12 files)"; what only file times tell is said to be of unknown age. */
export function ageOf(snapshot: SnapshotFacts, now: Date): string {
  const files = `${snapshot.files.length} file${snapshot.files.length === 1 ? '' : 's'}`;
  const taken = snapshot.collectedAt === undefined ? Number.NaN : Date.parse(snapshot.collectedAt);
  if (!Number.isNaN(taken)) return `snapshot taken ${ago(taken, now)} (${files})`;
  if (snapshot.newestFileTime === undefined) return `snapshot of unknown age (${files})`;
  return `snapshot of unknown age, files written ${ago(snapshot.newestFileTime.getTime(), now)} (${files})`;
}

function ago(then: number, now: Date): string {
  const minutes = Math.round((now.getTime() - then) / 60_000);
  if (minutes < -5) return `at ${new Date(then).toISOString()}, which is in the future`;
  if (minutes < 1) return 'just now';
  const [count, unit] =
    minutes < 90
      ? [minutes, 'minute']
      : minutes < 60 * 36
        ? [Math.round(minutes / 60), 'hour']
        : [Math.round(minutes / 1440), 'day'];
  return `${count} ${unit}${count === 1 ? '' : 's'} ago`;
}
