/**
 * The GitHub Action: reads its inputs, runs `netaudit plan` or `netaudit audit` as a person would, and tells the job and the
 * pull request what came of it. It judges nothing itself.
 */
import { randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { debug, setFailed, setOutput, warning } from '@actions/core';
import { context } from '@actions/github';
import { EXIT } from '../cli/exit-codes.ts';
import type { AuditFinding } from '../model/audit.ts';
import { isMendable } from '../cli/problem.ts';
import { pullRequestMarkdown } from '../report/pull-request.ts';
import { safe } from '../report/safe-text.ts';
import { annotate } from './annotations.ts';
import { markerOf, putComment } from './comment.ts';
import { InputError, type Inputs, readInputs } from './inputs.ts';
import { planJson } from './plan-json.ts';
import { type Result, readResult } from './result.ts';

/** GitHub refuses a longer summary of a step as a whole, and a longer comment. */
const LONGEST_SUMMARY = 1024 * 1024;
const LONGEST_COMMENT = 65_536;

interface Files {
  readonly json: string;
  readonly markdown: string;
  readonly text: string;
  readonly sarif: string;
}

async function run(): Promise<void> {
  const inputs = readInputs();
  const workspace = process.env['GITHUB_WORKSPACE'] ?? process.cwd();
  const folder = resolve(workspace, inputs.workingDirectory);
  const reports = join(process.env['RUNNER_TEMP'] ?? tmpdir(), `netaudit-${randomUUID()}`);
  mkdirSync(reports, { recursive: true, mode: 0o700 });
  const files: Files = {
    json: join(reports, 'netaudit.json'),
    markdown: join(reports, 'netaudit.md'),
    text: join(reports, 'netaudit.txt'),
    sarif: resolve(folder, inputs.sarifFile),
  };
  // Files are named as the repository knows them, so the work is done at its root.
  process.chdir(workspace);
  const code =
    inputs.plan === undefined
      ? await audited(inputs, folder, files)
      : await planned(inputs, inputs.plan, folder, files);
  const result = readResult(files.json, code);
  log(readFileSync(files.text, 'utf8'));
  summarise(readFileSync(files.markdown, 'utf8'));
  annotate(result.flows, result.findings, failingBy(inputs.failOn));
  outputs(result, files);
  await comment(inputs, result);
  if (code === EXIT.no) setFailed(`netaudit: ${result.headline}`);
  else if (code === EXIT.undetermined) {
    const message = `netaudit: something that is missing could change the result (${result.missing.length} things; see the step summary)`;
    if (inputs.undetermined === 'fail') setFailed(message);
    else warning(message);
  }
}

/** The reports of every format at once; the exit code is the command's. */
async function planned(inputs: Inputs, plan: string, folder: string, files: Files): Promise<number> {
  const json = await planJson(plan, folder);
  try {
    const { planCommand } = await import('../cli/commands/plan.ts');
    return await planCommand(json.file, {
      ...common(inputs, folder, files),
      source: relative(process.cwd(), folder) || '.',
    });
  } finally {
    json.remove();
  }
}

async function audited(inputs: Inputs, folder: string, files: Files): Promise<number> {
  const { auditCommand } = await import('../cli/commands/audit.ts');
  return auditCommand(common(inputs, folder, files));
}

function common(inputs: Inputs, folder: string, files: Files) {
  const inFolder = (path: string) => relative(process.cwd(), resolve(folder, path)) || '.';
  const { failOn, baseline } = inputs;
  return {
    snapshot: inputs.snapshot.map(inFolder),
    // Codes of policies that come along, "none" and "not:CODE" are no paths.
    policy: inputs.policies.map((word) => (existsSync(resolve(folder, word)) ? inFolder(word) : word)),
    format: ['json', 'markdown', 'text', 'sarif'],
    output: [files.json, files.markdown, files.text, files.sarif],
    color: false,
    failOn,
    ...(baseline === undefined ? {} : { baseline: inFolder(baseline) }),
  };
}

/** The job's log. A line of the report that looks like a command of the runner's stays text. */
function log(text: string): void {
  const token = randomUUID();
  process.stdout.write(`::stop-commands::${token}\n${text}\n::${token}::\n`);
}

function summarise(markdown: string): void {
  const file = process.env['GITHUB_STEP_SUMMARY'];
  if (file === undefined || file === '') return;
  const room = LONGEST_SUMMARY - 200;
  const bytes = Buffer.from(markdown);
  // Cut at a line's end, so that no table row or character is broken.
  const cut = bytes.length <= room ? bytes.length : bytes.lastIndexOf('\n', room);
  const note =
    cut < bytes.length ? '\n\nThe report is longer than a step summary may be: see the output markdown-file.\n' : '\n';
  appendFileSync(file, Buffer.concat([bytes.subarray(0, cut), Buffer.from(note)]));
}

const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'] as const;

/** Whether a finding is at or above the lowest severity among the words of fail-on. */
function failingBy(failOn: string): (finding: AuditFinding) => boolean {
  const words = new Set(failOn.split(',').map((word) => word.trim()));
  const lowest = SEVERITIES.findLastIndex((severity) => words.has(severity));
  return ({ severity }) => SEVERITIES.indexOf(severity) <= lowest;
}

function outputs(result: Result, files: Files): void {
  setOutput('verdict', result.verdict);
  setOutput('opened', result.gained);
  setOutput('closed', result.lost);
  setOutput('findings', result.fresh);
  setOutput('json-file', files.json);
  setOutput('markdown-file', files.markdown);
  setOutput('sarif-file', files.sarif);
}

async function comment(inputs: Inputs, result: Result): Promise<void> {
  const number = context.payload.pull_request?.number;
  if (inputs.comment === 'never' || number === undefined) return;
  if (inputs.token === '') {
    warning('netaudit: no token, so the pull request has no comment.');
    return;
  }
  const marker = markerOf(inputs.workingDirectory);
  const body = pullRequestMarkdown(result, {
    marker,
    subject: inputs.workingDirectory,
    limit: LONGEST_COMMENT,
    link: `${context.serverUrl}/${context.repo.owner}/${context.repo.repo}/actions/runs/${context.runId}`,
  });
  const isQuiet = result.flows.length + result.fresh + result.missing.length === 0;
  const { url, warning: trouble } = await putComment(
    inputs.token,
    { ...context.repo, number },
    {
      marker,
      body,
      onlyEdit: inputs.comment === 'auto' && isQuiet,
    },
  );
  if (url !== undefined) setOutput('comment-url', url);
  if (trouble !== undefined) warning(`netaudit: ${trouble}`);
}

try {
  await run();
} catch (error) {
  if (error instanceof InputError || isMendable(error)) setFailed(`netaudit: ${safe(error.message)}`);
  else {
    setFailed(
      `netaudit: this is a bug in netaudit, not in your input (${error instanceof Error ? error.name : 'unknown error'}). Please report it; a run with debug logging shows where it happened.`,
    );
    debug(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}
