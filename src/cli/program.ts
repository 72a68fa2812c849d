/** The commands of netaudit as one program of commander's: names, arguments, options and help. */
import { Command } from 'commander';
import { print } from './stdout.ts';
import { ABOUT } from './usage/about.ts';
import { CLOUDS } from './usage/clouds.ts';
import { QUESTIONS } from './usage/questions.ts';
import { VERSION } from './version.ts';

const GROUPS = [
  ['Questions:', QUESTIONS],
  ['Live clouds, and by the clock:', CLOUDS],
  ['About a snapshot and about answers:', ABOUT],
] as const;

/**
 * `done` takes the exit code of the command that ran. With the name of a command the program has that one alone, which is
 * ready sooner; with anything else it has all of them, as help, completion and a mistyped name want.
 */
export function program(done: (code: number) => void, asked?: string): Command {
  const main = new Command('netaudit')
    .description('Can A reach B on port P? Exactly, both directions, every blocker at once, from files alone.')
    .version(VERSION)
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: () => undefined })
    .showHelpAfterError(false)
    .configureHelp(HELP_STYLE)
    .helpCommand(false)
    .addHelpText('after', HELP);
  const isKnown =
    asked !== undefined && asked !== NEEDS_ALL && GROUPS.some(([, usages]) => Object.hasOwn(usages, asked));
  for (const [title, usages] of GROUPS) {
    main.commandsGroup(title);
    for (const [name, usage] of Object.entries(usages)) if (!isKnown || name === asked) usage(main, done);
  }
  for (const command of main.commands)
    command
      .exitOverride()
      .configureOutput({ writeOut: print, writeErr: () => undefined })
      .configureHelp(HELP_STYLE);
  return main;
}

/** Completion reads the words off the program itself. */
const NEEDS_ALL = 'complete';

/** An option's empty list is no default worth printing. */
const HELP_STYLE = {
  optionDescription: (option: { readonly description: string }) => option.description,
  subcommandTerm: (command: Command) => command.name(),
};

export const HELP = `
Examples:
  netaudit reach web-1 db-1:5432
  netaudit reach internet 198.51.100.10:443 --snapshot ./prod
  netaudit inspect --snapshot ./prod
  netaudit explain aws-network-acl-inbound

A snapshot is a directory with the JSON that your cloud's own command line prints
(aws ec2 describe-vpcs > snapshot/vpcs.json ...). Files are recognised by content.

Exit codes: 0 reachable or done, 1 unreachable, partial or what --fail-on names, 2 bad usage or
input, 3 undetermined.
`;
