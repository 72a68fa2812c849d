/** The action's bundle, run as a runner runs it: environment, event, files, and a GitHub of its own on the loopback. */
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Behaviour, type GitHub, startGitHub } from './github.ts';

const path = (relative: string) => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const OPENS_SSH = path('fixtures/plans/03-inline-update-opens-ssh/');
const action = readFileSync(path('action.yml'), 'utf8');

let built: string;
let bundle: string;
beforeAll(() => {
  // Beside policies/, as in a checkout.
  built = mkdtempSync(join(tmpdir(), 'netaudit-action-'));
  bundle = join(built, 'dist', 'action', 'main.js');
  execFileSync(process.execPath, [path('scripts/build-action.mjs'), join(built, 'dist', 'action')]);
  cpSync(path('policies'), join(built, 'policies'), { recursive: true });
  writeFileSync(join(built, 'package.json'), '{"type":"module"}');
});
afterAll(() => rmSync(built, { recursive: true, force: true }));

let workspace: string;
let github: GitHub | undefined;
beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'netaudit-workspace-'));
});
afterEach(async () => {
  await github?.close();
  github = undefined;
  rmSync(workspace, { recursive: true, force: true });
});

interface Run {
  readonly code: number;
  readonly log: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
}

/** One step of a workflow on pull request 7 of shop/infra. */
async function run(
  inputs: Readonly<Record<string, string>>,
  options: {
    readonly behaviour?: Behaviour;
    readonly event?: object;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<Run> {
  github = await startGitHub(options.behaviour);
  const temp = join(workspace, '.runner');
  mkdirSync(temp, { recursive: true });
  const files = { event: join(temp, 'event.json'), output: join(temp, 'output'), summary: join(temp, 'summary') };
  writeFileSync(files.event, JSON.stringify(options.event ?? { pull_request: { number: 7 } }));
  writeFileSync(files.output, '');
  writeFileSync(files.summary, '');
  const env = {
    PATH: process.env['PATH'] ?? '',
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_API_URL: github.url,
    GITHUB_SERVER_URL: 'https://github.example',
    GITHUB_REPOSITORY: 'shop/infra',
    GITHUB_RUN_ID: '42',
    GITHUB_EVENT_NAME: 'pull_request',
    GITHUB_EVENT_PATH: files.event,
    GITHUB_OUTPUT: files.output,
    GITHUB_STEP_SUMMARY: files.summary,
    GITHUB_WORKSPACE: workspace,
    RUNNER_TEMP: temp,
    ...Object.fromEntries(
      Object.entries({ ...defaults(), token: 't0ken', ...inputs }).map(([name, value]) => [
        `INPUT_${name.toUpperCase()}`,
        value,
      ]),
    ),
    ...options.env,
  };
  const { code, log } = await new Promise<{ code: number; log: string }>((resolve) =>
    execFile(process.execPath, [bundle], { env, cwd: workspace, timeout: 50_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 99), log: stdout + stderr }),
    ),
  );
  return {
    code,
    log,
    outputs: outputsIn(readFileSync(files.output, 'utf8')),
    summary: readFileSync(files.summary, 'utf8'),
  };
}

/** The runner fills what the workflow leaves out from action.yml. */
function defaults(): Record<string, string> {
  const inputs = action.slice(action.indexOf('inputs:'), action.indexOf('outputs:'));
  return Object.fromEntries(
    [...inputs.matchAll(/^ {2}([\w-]+):\n(?: {4}.*\n)*? {4}default: (.*)$/gm)].map(([, name, value]) => [
      name!,
      value!,
    ]),
  );
}

function outputsIn(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/^(\S+)<<(\S+)\n([^]*?)\n\2$/gm)].map(([, name, , value]) => [name!, value!]),
  );
}

function planned(folder = OPENS_SSH): void {
  cpSync(folder, workspace, { recursive: true });
}

/** The same plan, changing nothing. */
function unchanged(): void {
  planned();
  const plan = JSON.parse(readFileSync(join(workspace, 'plan.json'), 'utf8')) as {
    resource_changes: { change: { actions: string[]; before: unknown; after: unknown } }[];
    planned_values: unknown;
    prior_state: { values: unknown };
  };
  for (const { change } of plan.resource_changes) {
    change.after = change.before;
    change.actions = ['no-op'];
  }
  plan.planned_values = plan.prior_state.values;
  writeFileSync(join(workspace, 'plan.json'), JSON.stringify(plan));
}

const PLAN = { plan: 'plan.json', 'fail-on': 'never' };

test('says what a plan opens in a comment, the summary, annotations, outputs and SARIF', async () => {
  planned();
  const { code, log, outputs, summary } = await run(PLAN);
  expect(code, log).toBe(0);
  const { comments } = github!;
  expect(comments).toHaveLength(1);
  expect(comments[0]!.body).toMatch(/^<!-- netaudit [0-9a-f]{16} -->\n/);
  expect(comments[0]!.body).toContain('| `internet` | `aws_instance.web` | `tcp 22` |');
  expect(comments[0]!.body).toContain('```mermaid\nflowchart LR');
  expect(outputs).toMatchObject({ opened: '1', closed: '0', 'comment-url': expect.stringContaining('#issuecomment-') });
  expect(summary).toContain('aws_instance.web');
  // At the block that the rule stands in.
  expect(log).toMatch(
    /::warning title=[^\n]*file=main\.tf,line=\d+[^\n]*::internet can reach aws_instance\.web on tcp 22/,
  );
  const sarif = JSON.parse(readFileSync(outputs['sarif-file']!, 'utf8')) as { version: string; runs: unknown[] };
  expect(sarif).toMatchObject({ version: '2.1.0', runs: [expect.anything()] });
  expect(existsSync(outputs['json-file']!) && existsSync(outputs['markdown-file']!)).toBe(true);
});

test('edits its own comment, wherever it stands, and none of somebody else', async () => {
  planned();
  const first = await run(PLAN);
  const mine = github!.comments[0]!.body.split('\n')[0]!;
  await github!.close();
  expect(first.code).toBe(0);
  const user = { login: 'mallory', type: 'User' as const };
  const bot = { login: 'github-actions[bot]', type: 'Bot' as const };
  const others = Array.from({ length: 5 }, (_, i) => ({ id: i + 1, body: `${mine}\nnot yours`, user }));
  await run(PLAN, { behaviour: { comments: [...others, { id: 9, body: `${mine}\nold`, user: bot }], pageSize: 2 } });
  expect(github!.comments.map(({ body }) => body.split('\n')[1])).toEqual([
    ...others.map(() => 'not yours'),
    expect.stringContaining('netaudit: '),
  ]);
  expect(github!.requests.filter((request) => /^(POST|PATCH)/.test(request))).toEqual([
    'PATCH /repos/shop/infra/issues/comments/9',
  ]);
});

test('a plan that changes nothing turns an old comment green and writes no new one', async () => {
  planned();
  await run(PLAN);
  const old = github!.comments.map((comment) => ({ ...comment }));
  await github!.close();
  unchanged();
  const { code, outputs, log } = await run(PLAN, { behaviour: { comments: old } });
  expect(code, log).toBe(0);
  expect(outputs['verdict']).toBe('clean');
  expect(github!.comments).toHaveLength(1);
  expect(github!.comments[0]!.body).toContain('✅');
  await github!.close();
  await run(PLAN);
  expect(github!.comments).toEqual([]);
});

test('what fails the step is what fail-on says', async () => {
  planned();
  const opened = await run({ plan: 'plan.json', 'fail-on': 'opened', comment: 'never' });
  expect(opened.code).toBe(1);
  expect(opened.log).toMatch(/::error::netaudit: 1 flow opened/);
  expect(opened.outputs['verdict']).toBe('violations');
  expect(github!.requests).toEqual([]);
  await github!.close();
  const closed = await run({ plan: 'plan.json', 'fail-on': 'closed', comment: 'never' });
  expect(closed.code, closed.log).toBe(0);
});

test('a token that may not comment is a warning, no failure', async () => {
  planned();
  const { code, log, outputs } = await run(PLAN, { behaviour: { isForbidden: true } });
  expect(code).toBe(0);
  expect(log).toMatch(/::warning::netaudit: the token may not comment.*pull-requests: write/);
  expect(outputs['opened']).toBe('1');
  expect(log).not.toContain('t0ken');
});

test('a token that is not accepted is a warning as well', async () => {
  planned();
  const { code, log } = await run({ ...PLAN, token: 'revoked' });
  expect(code).toBe(0);
  expect(log).toMatch(/::warning::netaudit: the token is not accepted/);
});

test('waits for a rate limit to pass', async () => {
  planned();
  const { code } = await run(PLAN, { behaviour: { limited: 1 } });
  expect(code).toBe(0);
  expect(github!.comments).toHaveLength(1);
});

test('a binary plan is read by terraform, its JSON left nowhere', async () => {
  planned();
  mkdirSync(join(workspace, 'bin'));
  writeFileSync(join(workspace, 'tf plan.out'), 'PK\u0003\u0004 a binary plan');
  const terraform = join(workspace, 'bin', 'terraform');
  writeFileSync(terraform, `#!/bin/sh\n[ "$1 $2 $3" = "show -json -no-color" ] && [ -f "$4" ] && cat plan.json\n`);
  chmodSync(terraform, 0o755);
  const inputs = { ...PLAN, plan: 'tf plan.out' };
  const shown = await run(inputs, { env: { PATH: `${join(workspace, 'bin')}:${process.env['PATH']}` } });
  expect(shown.code, shown.log).toBe(0);
  expect(shown.outputs['opened']).toBe('1');
  await github!.close();
  const absent = await run(inputs, { env: { PATH: '/nowhere' } });
  expect(absent.code).toBe(1);
  expect(absent.log).toMatch(/::error::netaudit: the plan is a binary file and terraform is not on PATH/);
});

test('files are named as the repository names them, wherever the configuration lies', async () => {
  const folder = join(workspace, 'infra', 'prod');
  mkdirSync(folder, { recursive: true });
  cpSync(OPENS_SSH, folder, { recursive: true });
  const { log, outputs } = await run({ ...PLAN, 'working-directory': 'infra/prod' });
  expect(log).toMatch(/::warning title=[^\n]*file=infra\/prod\/main\.tf,line=\d+/);
  expect(outputs['sarif-file']).toBe(join(folder, 'netaudit.sarif'));
  expect(github!.comments[0]!.body).toContain('In `infra/prod`.');
});

test('policies are named by file or by code, wherever the configuration lies', async () => {
  const folder = join(workspace, 'infra', 'prod');
  mkdirSync(folder, { recursive: true });
  cpSync(OPENS_SSH, folder, { recursive: true });
  const own = readFileSync(path('policies/internet-to-anything.yaml'), 'utf8').replace(/^code: .*$/m, 'code: our-own');
  writeFileSync(join(folder, 'own.yaml'), own);
  const words = ['none', 'own.yaml', 'internet-to-anything'].join('\n');
  const { code, log } = await run({ ...PLAN, policies: words, 'working-directory': 'infra/prod' });
  expect(code, log).toBe(0);
  for (const rule of ['our-own', 'internet-to-anything']) expect(log).toContain(rule);
  expect(log).not.toContain('internet-to-admin-ports');
});

test('names in a plan are no commands to the runner', async () => {
  planned();
  const hostile = '\\n::set-output name=x::y\\n::error::owned @everyone';
  writeFileSync(
    join(workspace, 'plan.json'),
    readFileSync(join(workspace, 'plan.json'), 'utf8').replaceAll(
      '"aws_instance.web"',
      `"aws_instance.web[\\"${hostile}\\"]"`,
    ),
  );
  const { log, code } = await run(PLAN);
  expect([0, 1]).toContain(code);
  const resumed = log.slice(log.lastIndexOf('::stop-commands::'));
  const token = /^::stop-commands::(\S+)/.exec(resumed)?.[1];
  const commands = resumed
    .slice(resumed.indexOf(`\n::${token}::`))
    .split('\n')
    .filter((line) => line.startsWith('::'));
  expect(commands.filter((line) => /^::(set-output|error)/.test(line))).toEqual([]);
  for (const { body } of github!.comments) expect(body.replace(/`[^`\n]*`/g, '')).not.toContain('@everyone');
});

test.each([
  [{}, /give the input plan/],
  [{ plan: 'nowhere.json' }, /nowhere\.json can't be read/],
  [{ plan: 'plan.json', comment: 'loud' }, /the input comment takes auto, always, never/],
  [{ plan: 'plan.json', 'fail-on': 'sometimes' }, /sometimes/],
  [{ plan: 'broken.json' }, /broken\.json/],
])('what can not be meant fails with a sentence: %j', async (inputs, message) => {
  planned();
  writeFileSync(join(workspace, 'broken.json'), readFileSync(join(workspace, 'plan.json'), 'utf8').slice(0, 2000));
  const { code, log } = await run(inputs);
  expect(code).toBe(1);
  expect(log).toMatch(/^::error::netaudit: /m);
  expect(log).toMatch(message);
  expect(log).not.toMatch(/\n\s+at .*:\d+:\d+/);
});

test('without a plan the snapshot is audited', async () => {
  cpSync(path('fixtures/snapshots/demo'), join(workspace, 'prod'), { recursive: true });
  const groups = join(workspace, 'prod', 'security-groups.json');
  writeFileSync(groups, readFileSync(groups, 'utf8').replaceAll('443', '22'));
  const { code, log, outputs, summary } = await run(
    { snapshot: 'prod', 'fail-on': 'never' },
    { event: { schedule: '0 5 * * *' } },
  );
  expect(code, log).toBe(0);
  expect(Number(outputs['findings'])).toBeGreaterThan(0);
  expect(summary.length).toBeGreaterThan(100);
  expect(github!.requests).toEqual([]);
});

test('the committed bundle is what the source makes: npm run build:action, and commit it', () => {
  expect(readFileSync(path('dist/action/main.js')).equals(readFileSync(bundle))).toBe(true);
});
