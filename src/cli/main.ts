/** The command line: the only place that reads arguments, prints and exits. Commands are loaded when they are called. */
import { CommanderError } from 'commander';
import { EXIT } from './exit-codes.ts';
import { isMendable } from './problem.ts';
import { HELP, program } from './program.ts';
import { print } from './stdout.ts';

async function main(): Promise<void> {
  const command = program((code) => {
    // Where standard output failed before, that counts.
    process.exitCode ??= code;
  }, process.argv[2]);
  if (process.argv.length < 3) {
    print(command.helpInformation() + HELP);
    return;
  }
  try {
    await command.parseAsync();
  } catch (error) {
    process.exitCode = await complain(error);
  }
}

async function complain(error: unknown): Promise<number> {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.ok;
    const { safe } = await import('../report/safe-text.ts');
    const [message = '', hint = ''] = error.message.replace(/^error: /, '').split('\n');
    process.stderr.write(
      `netaudit: ${safe(message)}. ${hint === '' ? '' : `${safe(hint.replace(/^\(|\)$/g, ''))} `}netaudit --help shows how it is used.\n`,
    );
    return EXIT.usage;
  }
  if (isMendable(error)) {
    const { safe } = await import('../report/safe-text.ts');
    process.stderr.write(`netaudit: ${error.message.split('\n').map(safe).join('\n')}\n`);
    return EXIT.usage;
  }
  process.stderr.write(
    `netaudit: this is a bug in netaudit, not in your input (${error instanceof Error ? error.name : 'unknown error'}). Please report it with the command that you ran; NETAUDIT_DEBUG=1 shows where it happened.\n`,
  );
  if (process.env['NETAUDIT_DEBUG'] !== undefined)
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return EXIT.usage;
}

void main();
