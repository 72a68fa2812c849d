/**
 * Shell completion: a script for each shell, and the words that it asks for at every TAB. Commands and options are read off
 * the program itself; names come from the snapshot that the line names or that lies here, if reading it takes no time that
 * anybody would notice.
 */
import tab, { type Complete, script } from '@bomb.sh/tab';
import type { Command } from 'commander';
import { allCodes, buildNetwork, loadSnapshot } from '../index.ts';
import { Problem } from './problem.ts';
import { snapshotPaths } from './snapshot.ts';

const SHELLS = ['bash', 'zsh', 'fish', 'powershell'];

/** Throws Problem for a shell that has no script. */
export function printScript(shell: string): void {
  if (!SHELLS.includes(shell))
    throw new Problem(`completion takes ${SHELLS.join(', ')}; "${shell.slice(0, 40)}" is none of them.`);
  script(shell, 'netaudit', 'netaudit');
}

/** Prints what may stand at the end of a line, one word a line; `words` is the line without the program's name. */
export async function printWords(program: Command, words: readonly string[]): Promise<void> {
  const names = await namesFor(words);
  const ends = (complete: Complete) => {
    for (const [name, id] of names) complete(name, id);
    complete('internet', 'every public address that the snapshot does not own');
    complete('*', 'everything');
  };
  const codes = (complete: Complete) => {
    for (const { code, title } of allCodes()) complete(code, title);
  };
  const handlers: Readonly<Record<string, (complete: Complete) => void>> = {
    src: ends,
    'dst[:port]': ends,
    code: codes,
    '--from': ends,
    '--to': ends,
  };
  for (const command of program.commands) {
    if (command.name() === 'complete') continue;
    const told = tab.command(command.name(), command.description());
    for (const argument of command.registeredArguments)
      told.argument(argument.name(), handlers[argument.name()], argument.variadic);
    for (const { long, short, description, required, optional } of command.options) {
      if (long === undefined || long === null) continue;
      const takesValue = required || optional;
      const alias = short?.replace(/^-/, '');
      const handler = handlers[long] ?? (() => undefined);
      if (takesValue) told.option(long.replace(/^--/, ''), description, handler, alias);
      else told.option(long.replace(/^--/, ''), description, alias);
    }
  }
  tab.parse([...words]);
}

/** Nobody waits at a TAB: a snapshot with more than this is not read. */
const MOST_BYTES = 30e6;
const MOST_NAMES = 5000;

/** Names of the snapshot, each with the id that it stands for. Any trouble means none: a TAB has no place for an error. */
async function namesFor(words: readonly string[]): Promise<readonly (readonly [string, string])[]> {
  const given = words.flatMap((word, i) => (word === '-s' || word === '--snapshot' ? [words[i + 1] ?? ''] : []));
  try {
    const { paths } = await snapshotPaths(given);
    if (paths.includes('-')) return [];
    const onProgress = ({ bytesTotal }: { readonly bytesTotal: number }) => {
      if (bytesTotal > MOST_BYTES) throw new RangeError('too much to read');
    };
    const { network } = buildNetwork(await loadSnapshot(paths, { onProgress }));
    const names: (readonly [string, string])[] = [];
    for (const id of network.placeIds()) {
      const place = network.place(id);
      if (place !== undefined && place.partOf === undefined) names.push([place.origin.name ?? id, id]);
      if (names.length >= MOST_NAMES) break;
    }
    return names;
  } catch {
    return [];
  }
}
