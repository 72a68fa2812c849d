/** How old a snapshot is, in words. */
export interface SnapshotFacts {
  readonly digest: string;
  readonly collectedAt?: string;
  readonly newestFileTime?: Date;
  readonly files: readonly unknown[];
}

export function ageOf(snapshot: SnapshotFacts, now: Date): string {
  const files = `${snapshot.files.length} file${snapshot.files.length === 1 ? '' : 's'}`;
  if (snapshot.collectedAt !== undefined) return `snapshot of ${ago(new Date(snapshot.collectedAt), now)} (${files})`;
  if (snapshot.newestFileTime !== undefined)
    return `snapshot of unknown age, files written ${ago(snapshot.newestFileTime, now)} (${files})`;
  return `snapshot of unknown age (${files})`;
}

function ago(then: Date, now: Date): string {
  const minutes = Math.max(0, Math.round((now.getTime() - then.getTime()) / 60_000));
  if (!Number.isFinite(minutes)) return 'an unknown time';
  const [count, unit] =
    minutes < 90
      ? [minutes, 'minute']
      : minutes < 60 * 36
        ? [Math.round(minutes / 60), 'hour']
        : [Math.round(minutes / 1440), 'day'];
  return `${count} ${unit}${count === 1 ? '' : 's'} ago`;
}
