/** Where `--live` collects to, and where a snapshot is looked for last. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** A folder in the user's own cache: XDG_CACHE_HOME, LOCALAPPDATA on Windows, else ~/.cache. */
export function collectCache(env: NodeJS.ProcessEnv = process.env): string {
  const local = process.platform === 'win32' ? env['LOCALAPPDATA'] : undefined;
  return join(env['XDG_CACHE_HOME'] || local || join(homedir(), '.cache'), 'netaudit', 'snapshot');
}
