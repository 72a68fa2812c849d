/** Temporary snapshot folders for tests, removed when the test ends. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { awsRecogniser } from '../../src/providers/aws/envelopes.ts';
import type { Snapshot } from '../../src/snapshot/documents.ts';
import { type LoadOptions, loadSnapshot } from '../../src/snapshot/load.ts';

/** Objects are written as JSON, strings and bytes as they are. */
export type Files = Readonly<Record<string, unknown>>;

export function folderOf(files: Files): string {
  const folder = mkdtempSync(join(tmpdir(), 'netaudit-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(
      path,
      typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content),
    );
  }
  return folder;
}

export async function loaded(files: Files, options?: LoadOptions): Promise<Snapshot> {
  return loadSnapshot([folderOf(files)], [awsRecogniser], { byRecordFrom: 0, ...options });
}
