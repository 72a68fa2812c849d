/** The user's own cache: where `--live` collects to and a snapshot is looked for last, and where answers are kept. */
import { join } from 'node:path';

/** Where `--live` collects to. */
export function collectCache(env: NodeJS.ProcessEnv = process.env): string {
  return join(userCache(env), 'snapshot');
}

/** Answers about large snapshots; see answer-cache.ts. */
export function answerFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(userCache(env), 'answers');
}

/** XDG_CACHE_HOME, LOCALAPPDATA on Windows, else ~/.cache. */
function userCache(env: NodeJS.ProcessEnv): string {
  // Seldom asked for, and every start would load it.
  const { homedir } = process.getBuiltinModule('node:os');
  const local = process.platform === 'win32' ? env['LOCALAPPDATA'] : undefined;
  return join(env['XDG_CACHE_HOME'] || local || join(homedir(), '.cache'), 'netaudit');
}
