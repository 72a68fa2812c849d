/** What the usages of several commands share. */
import type { Command } from 'commander';

/** Adds a command to `main`; `done` takes the exit code. */
export type Usage = (main: Command, done: (code: number) => void) => void;

export const collect = (value: string, list: string[]) => [...list, value];

export const POLICY = [
  '-p, --policy <what>',
  'more policies: a file, a folder or a code; "none" leaves the recommended out',
  collect,
  [] as string[],
] as const;

export const BASELINE = [
  '--baseline <file>',
  'findings that are known already: shown apart, and no reason to fail',
] as const;

/** The formats of commands that report findings or flows. */
export const REPORTS = 'text, json, markdown, sarif, junit or csv';

export const outputs = (command: Command, formats = 'text or json') =>
  command
    .option('-f, --format <format>', `${formats}; several with an --output each`, collect, [])
    .option('-o, --output <file>', 'write to a file instead of standard output', collect, []);

export const withSnapshot = (command: Command, formats?: string) =>
  outputs(
    command
      .option('-s, --snapshot <path>', 'directory, file or - (standard input); may be repeated', collect, [])
      .option('--live [clouds]', 'collect first: aws, gcp, azure, or what netaudit.yaml names')
      .hook('preAction', async () => {
        const { live, snapshot } = command.opts<{ live?: true | string; snapshot: string[] }>();
        if (live === undefined) return;
        command.setOptionValue('snapshot', await (await import('../live.ts')).liveSnapshot(live, snapshot));
      }),
    formats,
  );
