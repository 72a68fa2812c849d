/**
 * The commands that talk to live clouds, and those that work by the clock. Each says how it is used, and loads its code when
 * it is called.
 */
import { collect, outputs, type Usage } from './usage.ts';

export const CLOUDS: Readonly<Record<string, Usage>> = {
  collect(main, done) {
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
      .option('--client <which>', "gcp: rest, or sdk to ask by Google's @google-cloud/compute; default: rest")
      .option('--subscription <id>', 'azure: default: all that you see; may be repeated', collect, [])
      .option('--management-group <id>', 'azure: every subscription below it; may be repeated', collect, [])
      .option('--tenant <id>', 'azure')
      .option('--endpoint <url>', 'azure: Resource Manager of a sovereign cloud')
      .option('--concurrency <n>', 'calls at the same time; default 32')
      .option('--timeout <seconds>', 'that one answer may take; default 60')
      .addHelpText('after', COLLECT_HELP)
      .action(async (cloud, options) =>
        done(await (await import('../commands/collect.ts')).collectCommand(cloud, options)),
      );
  },
  history(main, done) {
    outputs(
      main
        .command('history')
        .description('the runs that audit --history kept: how findings came and went, what is open since when')
        .argument('[place]', 'folder or postgres:// URL, as given to audit --history; default: NETAUDIT_HISTORY'),
      'text, json or csv',
    )
      .option('--since <day>', 'only runs from then on: 2026-03-01')
      .option('--limit <n>', 'the latest n runs; default 30')
      .option('--finding <id>', 'when this finding was open; the beginning of its id will do')
      .action(async (place, options) =>
        done(await (await import('../commands/history.ts')).historyCommand(place, options)),
      );
  },
  schedule(main, done) {
    main
      .command('schedule')
      .description('collect, audit, diff and report by the clock, for machines without cron')
      .argument('<cron>', '"0 3 * * *": minute, hour, day, month, weekday')
      .option('--timezone <zone>', "Europe/Berlin; default: the machine's")
      .option('--state <dir>', 'snapshots, reports, history', 'netaudit-state')
      .option('--history <place>', 'another folder for the history, or postgres://user@host/database')
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
        done(await (await import('../commands/schedule.ts')).scheduleCommand(cron, options)),
      );
  },
};

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
