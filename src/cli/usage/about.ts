/**
 * The commands about a snapshot, about answers and about the command line itself. Each says how it is used, and loads its
 * code when it is called.
 */
import { EXIT } from '../exit-codes.ts';
import { outputs, type Usage, withSnapshot } from './usage.ts';

export const ABOUT: Readonly<Record<string, Usage>> = {
  inspect(main, done) {
    withSnapshot(main.command('inspect').description('what a snapshot holds, what was not understood, what is missing'))
      .option(
        '--redact <dir>',
        'write a copy to share in a bug report: names, ids and public addresses replaced, secrets left out',
      )
      .action(async (options) => done(await (await import('../commands/inspect.ts')).inspectCommand(options)));
  },
  explain(main, done) {
    outputs(
      main
        .command('explain')
        .description('what a code means and how to mend it; without a code: all of them')
        .argument('[code]'),
    ).action(async (code, options) => done((await import('../commands/explain.ts')).explainCommand(code, options)));
  },
  completion(main, done) {
    main
      .command('completion')
      .description('a script for your shell that completes commands, options and names of the snapshot')
      .argument('<shell>', 'bash, zsh, fish or powershell')
      .addHelpText('after', COMPLETION_HELP)
      .action(async (shell) => {
        (await import('../completion.ts')).printScript(shell);
        done(EXIT.ok);
      });
  },
  // What the script asks at every TAB: netaudit complete -- WORDS.
  complete(main, done) {
    main
      .command('complete', { hidden: true })
      .argument('[word...]')
      .allowUnknownOption()
      .action(async (words) => {
        await (await import('../completion.ts')).printWords(main, words);
        done(EXIT.ok);
      });
  },
};

const COMPLETION_HELP = `
Examples:
  source <(netaudit completion bash)                       in ~/.bashrc
  source <(netaudit completion zsh)                        in ~/.zshrc
  netaudit completion fish > ~/.config/fish/completions/netaudit.fish
  netaudit completion powershell | Out-String | Invoke-Expression    in your profile
`;
