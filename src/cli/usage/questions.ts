/**
 * Who can reach whom: the commands that ask, judge and compare. Each says how it is used, and loads its code when it is
 * called.
 */
import { BASELINE, collect, outputs, POLICY, REPORTS, type Usage, withSnapshot } from './usage.ts';

export const QUESTIONS: Readonly<Record<string, Usage>> = {
  reach(main, done) {
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
        done(await (await import('../commands/reach.ts')).reachCommand(src, dst, options)),
      );
  },
  matrix(main, done) {
    withSnapshot(main.command('matrix').description('who can reach whom on what: all pairs, exact, grouped'))
      .option(
        '--from <word>',
        'only what this can reach: a name as in reach, or internet; may be repeated',
        collect,
        [],
      )
      .option('--to <word>', 'only who can reach this; may be repeated', collect, [])
      .option('-p, --port <port>', '443, 53/udp, 8000-8100, icmp, proto:47; default: every port and protocol')
      .option('--shard <i/n>', 'work out the i-th of n parts, as JSON for netaudit merge')
      .option('--workers <n>', 'threads; default: one a core where the snapshot is large, as far as memory goes')
      .action(async (options) => done(await (await import('../commands/matrix.ts')).matrixCommand(options)));
  },
  audit(main, done) {
    withSnapshot(
      main.command('audit').description("what policies and the providers' traps find, what matters most first"),
      REPORTS,
    )
      .option(...POLICY)
      .option(...BASELINE)
      .option('--update-baseline', 'write the baseline: everything that is found now; what is gone is dropped')
      .option('--fail-on <severity>', 'exit 1 for findings of this severity or worse; default high; "never"')
      .option(
        '--history <place>',
        'keep the run in that folder or postgres:// database; say first what is new and resolved',
      )
      .option('--metrics-file <file>', "numbers for node_exporter's textfile collector")
      .action(async (options) => done(await (await import('../commands/audit.ts')).auditCommand(options)));
  },
  merge(main, done) {
    outputs(
      main
        .command('merge')
        .description('the shards of a matrix as one matrix')
        .argument('<file...>', 'what netaudit matrix --shard i/n wrote, every i'),
    ).action(async (files, options) => done(await (await import('../commands/merge.ts')).mergeCommand(files, options)));
  },
  diff(main, done) {
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
        done(await (await import('../commands/diff.ts')).diffCommand(before, after, options)),
      );
  },
  plan(main, done) {
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
      .action(async (file, options) => done(await (await import('../commands/plan.ts')).planCommand(file, options)));
  },
};

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

const PLAN_HELP = `
Examples:
  terraform plan -out plan.out && terraform show -json plan.out > plan.json
  netaudit plan plan.json --source .
  netaudit plan plan.json --snapshot ./prod --fail-on opened
`;
