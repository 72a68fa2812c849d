/** The command line: the only place that reads arguments, prints and exits. Commands are loaded when they are called. */
import { Command, CommanderError } from 'commander';
import { EXIT } from './exit-codes.ts';
import { isMendable } from './problem.ts';

const collect = (value: string, list: string[]) => [...list, value];
const NONE: string[] = [];
const POLICY = [
  '-p, --policy <what>',
  'more policies: a file, a folder or a code; "none" leaves the recommended out',
  collect,
  NONE,
] as const;
const BASELINE = ['--baseline <file>', 'findings that are known already: shown apart, and no reason to fail'] as const;

function program(done: (code: number) => void): Command {
  const main = new Command('netaudit')
    .description('Can A reach B on port P? Exactly, both directions, every blocker at once, from files alone.')
    .version('0.1.0')
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .showHelpAfterError(false)
    .configureHelp(HELP_STYLE)
    .helpCommand(false)
    .addHelpText('after', HELP);
  const outputs = (command: Command, formats = 'text or json') =>
    command
      .option('-f, --format <format>', `${formats}; several with an --output each`, collect, [])
      .option('-o, --output <file>', 'write to a file instead of standard output', collect, []);
  const withSnapshot = (command: Command, formats?: string) =>
    outputs(
      command
        .option('-s, --snapshot <path>', 'directory, file or - (standard input); may be repeated', collect, [])
        .option('--live [clouds]', 'collect first: aws, gcp, azure, or what netaudit.yaml names')
        .hook('preAction', async () => {
          const { live, snapshot } = command.opts<{ live?: true | string; snapshot: string[] }>();
          if (live === undefined) return;
          command.setOptionValue('snapshot', await (await import('./live.ts')).liveSnapshot(live, snapshot));
        }),
      formats,
    );

  main.commandsGroup('Questions:');
  withSnapshot(
    main
      .command('reach')
      .description('can SRC reach DST, and if not: every blocker and the fix')
      .argument('[src]', 'name, id, IP, CIDR, tag:Key=Value, web-*, internet or *')
      .argument('[dst[:port]]', 'the same, with :443, :53/udp, :8000-8100, :icmp, :proto:47 or :*'),
  )
    .option('--strict', 'an answer that rests on an assumption is undetermined')
    .option('--expect <verdict>', 'exit 0 if this is the verdict, else 1')
    .option('--what-if <file>', 'answer as if these changes were made: JSON as in an answer\'s "fixes"')
    .option('--batch <file>', 'many questions, one JSON object a line; - reads standard input')
    .option('--family <n>', 'ask for IPv4 (4) or IPv6 (6)')
    .option('--no-cache', 'understand the snapshot anew; as NETAUDIT_NO_CACHE does')
    .option('--no-color', 'plain text; as NO_COLOR and CI do')
    .addHelpText('after', REACH_HELP)
    .action(async (src, dst, options) =>
      done(await (await import('./commands/reach.ts')).reachCommand(src, dst, options)),
    );
  withSnapshot(main.command('matrix').description('who can reach whom on what: all pairs, exact, grouped'))
    .option('--from <word>', 'only what this can reach: a name as in reach, or internet; may be repeated', collect, [])
    .option('--to <word>', 'only who can reach this; may be repeated', collect, [])
    .option('-p, --port <port>', '443, 53/udp, 8000-8100, icmp, proto:47; default: every port and protocol')
    .option('--shard <i/n>', 'work out the i-th of n parts, as JSON for netaudit merge')
    .option('--workers <n>', 'threads; default: one a core where the snapshot is large')
    .action(async (options) => done(await (await import('./commands/matrix.ts')).matrixCommand(options)));
  withSnapshot(
    main.command('audit').description("what policies and the providers' traps find, what matters most first"),
    REPORTS,
  )
    .option(...POLICY)
    .option(...BASELINE)
    .option('--update-baseline', 'write the baseline: everything that is found now; what is gone is dropped')
    .option('--fail-on <severity>', 'exit 1 for findings of this severity or worse; default high; "never"')
    .option('--history <dir>', 'keep the run there; say first what is new and resolved since the last one')
    .option('--metrics-file <file>', "numbers for node_exporter's textfile collector")
    .action(async (options) => done(await (await import('./commands/audit.ts')).auditCommand(options)));
  outputs(
    main
      .command('merge')
      .description('the shards of a matrix as one matrix')
      .argument('<file...>', 'what netaudit matrix --shard i/n wrote, every i'),
  ).action(async (files, options) => done(await (await import('./commands/merge.ts')).mergeCommand(files, options)));
  outputs(
    main
      .command('diff')
      .description('which flows were opened, closed, widened or narrowed between two snapshots')
      .argument('<before>', 'directory or file of the earlier snapshot')
      .argument('<after>', 'the later one'),
    REPORTS,
  )
    .option(
      '--fail-on <what>',
      'exit 1 if something was opened (or widened), closed (or narrowed), any; commas between',
    )
    .action(async (before, after, options) =>
      done(await (await import('./commands/diff.ts')).diffCommand(before, after, options)),
    );
  withSnapshot(
    main
      .command('plan')
      .description('which flows a Terraform plan opens and closes, and which policies it breaks')
      .argument('<plan>', 'JSON of terraform show -json, or - for standard input'),
    REPORTS,
  )
    .option('--source <dir>', 'the configuration, for the file and line of each change')
    .option(...POLICY)
    .option(...BASELINE)
    .option(
      '--fail-on <what>',
      'exit 1 for what the plan breaks, of this severity or worse (default high), or for what it opened (or widened), closed (or narrowed), any; commas between; "never"',
    )
    .addHelpText('after', PLAN_HELP)
    .action(async (file, options) => done(await (await import('./commands/plan.ts')).planCommand(file, options)));
  main.commandsGroup('Live clouds, and by the clock:');
  main
    .command('collect')
    .description("a cloud's live configuration into a snapshot directory; reads, changes nothing")
    .argument('[cloud]', 'aws, gcp or azure; without: what netaudit.yaml names under "collect"')
    .option('-o, --output <dir>', 'the snapshot directory', 'netaudit-snapshot')
    .option('-f, --format <format>', 'text or json')
    .option('--resume', 'go on where an interrupted run stopped; ask again what failed')
    .option('--print-policy', 'the least rights that it takes, to stdout, and nothing else')
    .option('--profile <name>', 'aws: profile of the shared configuration; may be repeated', collect, [])
    .option('--region <name>', 'aws: default: every region that is switched on; may be repeated', collect, [])
    .option('--organization [number]', "aws: every account of the caller's; gcp: every project below NUMBER")
    .option('--account <id>', 'aws: with --role; may be repeated', collect, [])
    .option('--role <name>', 'aws: role to take in every account but the own')
    .option('--external-id <id>', 'aws: for that role')
    .option('--project <id>', 'gcp; may be repeated', collect, [])
    .option('--folder <number>', 'gcp: every project below it; may be repeated', collect, [])
    .option('--subscription <id>', 'azure: default: all that you see; may be repeated', collect, [])
    .option('--management-group <id>', 'azure: every subscription below it; may be repeated', collect, [])
    .option('--tenant <id>', 'azure')
    .option('--endpoint <url>', 'azure: Resource Manager of a sovereign cloud')
    .option('--concurrency <n>', 'calls at the same time; default 32')
    .option('--timeout <seconds>', 'that one answer may take; default 60')
    .addHelpText('after', COLLECT_HELP)
    .action(async (cloud, options) =>
      done(await (await import('./commands/collect.ts')).collectCommand(cloud, options)),
    );
  outputs(
    main
      .command('history')
      .description('the runs that audit --history kept: how findings came and went, what is open since when')
      .argument('<dir>', 'as given to audit --history'),
    'text, json or csv',
  )
    .option('--since <day>', 'only runs from then on: 2026-03-01')
    .option('--limit <n>', 'the latest n runs; default 30')
    .option('--finding <id>', 'when this finding was open; the beginning of its id will do')
    .action(async (dir, options) => done(await (await import('./commands/history.ts')).historyCommand(dir, options)));
  main
    .command('schedule')
    .description('collect, audit, diff and report by the clock, for machines without cron')
    .argument('<cron>', '"0 3 * * *": minute, hour, day, month, weekday')
    .option('--timezone <zone>', "Europe/Berlin; default: the machine's")
    .option('--state <dir>', 'snapshots, reports, history', 'netaudit-state')
    .option('--name <name>', 'what reports call it', 'audit')
    .option('-s, --snapshot <path>', 'audit this instead of collecting; may be repeated', collect, [])
    .option('-p, --policy <what>', 'as in netaudit audit; may be repeated', collect, [])
    .option(
      '--report <format>',
      'report files besides JSON: text, markdown, sarif, junit, csv; may be repeated',
      collect,
      [],
    )
    .option('--keep <n>', 'snapshots that are kept', '7')
    .option('--keep-reports <n>', 'reports that are kept', '90')
    .option('--listen <host:port>', '/metrics and /healthz; "none" for neither', '127.0.0.1:9464')
    .option('--metrics-file <file>', "numbers for node_exporter's textfile collector")
    .option('--webhook-file <file>', "holds the webhook's URL and, on a second line, the key to sign with")
    .option('--now', 'a first run at once')
    .option('--once', 'that one alone')
    .addHelpText('after', SCHEDULE_HELP)
    .action(async (cron, options) =>
      done(await (await import('./commands/schedule.ts')).scheduleCommand(cron, options)),
    );
  main.commandsGroup('About a snapshot and about answers:');
  withSnapshot(main.command('inspect').description('what a snapshot holds, what was not understood, what is missing'))
    .option(
      '--redact <dir>',
      'write a copy to share in a bug report: names, ids and public addresses replaced, secrets left out',
    )
    .action(async (options) => done(await (await import('./commands/inspect.ts')).inspectCommand(options)));
  outputs(
    main
      .command('explain')
      .description('what a code means and how to mend it; without a code: all of them')
      .argument('[code]'),
  ).action(async (code, options) => done((await import('./commands/explain.ts')).explainCommand(code, options)));
  main
    .command('completion')
    .description('a script for your shell that completes commands, options and names of the snapshot')
    .argument('<shell>', 'bash, zsh, fish or powershell')
    .addHelpText('after', COMPLETION_HELP)
    .action(async (shell) => {
      (await import('./completion.ts')).printScript(shell);
      done(EXIT.ok);
    });
  // What the script asks at every TAB: netaudit complete -- WORDS.
  main
    .command('complete', { hidden: true })
    .argument('[word...]')
    .allowUnknownOption()
    .action(async (words) => {
      await (await import('./completion.ts')).printWords(main, words);
      done(EXIT.ok);
    });
  for (const command of main.commands)
    command
      .exitOverride()
      .configureOutput({ writeErr: () => undefined })
      .configureHelp(HELP_STYLE);
  return main;
}

/** The formats of commands that report findings or flows. */
const REPORTS = 'text, json, markdown, sarif, junit or csv';

/** An option's empty list is no default worth printing. */
const HELP_STYLE = {
  optionDescription: (option: { readonly description: string }) => option.description,
  subcommandTerm: (command: Command) => command.name(),
};

const HELP = `
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

const REACH_HELP = `
Examples:
  netaudit reach web-1 db-1:5432                 a name or Name tag
  netaudit reach i-0abc 10.0.2.10:53/udp         an id, an address, UDP
  netaudit reach internet web-1:443              from any public address
  netaudit reach '*' db-1:5432                   who can reach it?
  netaudit reach web-1 db-1:icmp                 ping
  netaudit reach web-1 db-1:5432 --expect unreachable
  netaudit reach web-1 db-1:5432 -f json > answer.json    then, to try its fix:
  netaudit reach web-1 db-1:5432 --what-if answer.json
  netaudit reach --batch questions.jsonl         {"src": "web-1", "dst": "db-1:5432"} on each line

reachable: the packet arrives and the reply gets back. partial: only some ports, sources or
ephemeral ports work. undetermined: something missing from the snapshot could change the answer.
`;

const COMPLETION_HELP = `
Examples:
  source <(netaudit completion bash)                       in ~/.bashrc
  source <(netaudit completion zsh)                        in ~/.zshrc
  netaudit completion fish > ~/.config/fish/completions/netaudit.fish
  netaudit completion powershell | Out-String | Invoke-Expression    in your profile
`;

const COLLECT_HELP = `
Examples:
  netaudit collect aws --profile prod                          one account, all its regions
  netaudit collect aws --organization --role netaudit          every account of the organisation
  netaudit collect gcp --folder 123456789012                   every project below a folder
  netaudit collect azure --management-group platform
  netaudit collect aws --print-policy > policy.json            the rights that it takes

Credentials come from the cloud's own standard chain (environment, profiles, workload identity,
the logged-in command line). Secrets in answers are not written. A call that is refused is
recorded as missing; exit code 1.
`;

const SCHEDULE_HELP = `
Examples:
  netaudit schedule "0 3 * * *" --state /var/lib/netaudit      what netaudit.yaml collects, every night
  netaudit schedule "*/30 * * * *" --snapshot ./prod --now     what somebody else keeps fresh
  netaudit schedule "0 3 * * *" --once                         one run, for cron and timers

Reports go to --state/reports and to the webhook in NETAUDIT_WEBHOOK_URL (Slack-compatible), signed
with NETAUDIT_WEBHOOK_KEY. One run at a time; what a killed run left is swept away by the next one.
`;

const PLAN_HELP = `
Examples:
  terraform plan -out plan.out && terraform show -json plan.out > plan.json
  netaudit plan plan.json --source .
  netaudit plan plan.json --snapshot ./prod --fail-on opened
`;

async function main(): Promise<void> {
  // The command's own code is on its way while the arguments are read.
  const early = process.argv[2] === 'reach' ? import('./commands/reach.ts') : undefined;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // The reader has seen enough (`| head`): the answer, and with it the exit code, stays what it is.
    if (error.code !== 'EPIPE') throw error;
  });
  const command = program((code) => {
    process.exitCode = code;
  });
  if (process.argv.length < 3) {
    process.stdout.write(command.helpInformation() + HELP);
    return;
  }
  try {
    await command.parseAsync();
    await early;
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

await main();
