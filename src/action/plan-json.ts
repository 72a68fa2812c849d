/**
 * A plan as JSON. `terraform plan -out` writes a zip archive; terraform itself turns it into JSON. That JSON may hold
 * secrets, so it stays in a private folder of the runner's and is removed when the work is done.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { InputError } from './inputs.ts';

export interface PlanJson {
  readonly file: string;
  remove(): void;
}

/** The plan itself where it is JSON, else what `terraform show -json` says of it. Throws InputError. */
export async function planJson(plan: string, folder: string): Promise<PlanJson> {
  const file = resolve(folder, plan);
  if (!isArchive(file)) return { file, remove: () => undefined };
  const temporary = mkdtempSync(join(process.env['RUNNER_TEMP'] ?? tmpdir(), 'netaudit-plan-'));
  const remove = () => rmSync(temporary, { recursive: true, force: true });
  const json = join(temporary, 'plan.json');
  try {
    await show(file, folder, json);
  } catch (error) {
    remove();
    throw error;
  }
  return { file: json, remove };
}

const ARCHIVE = 'PK\u0003\u0004';

function isArchive(file: string): boolean {
  const head = Buffer.alloc(ARCHIVE.length);
  try {
    const opened = openSync(file, 'r');
    readSync(opened, head);
    closeSync(opened);
  } catch (error) {
    throw new InputError(
      `the plan ${file} can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`,
    );
  }
  return head.toString('latin1') === ARCHIVE;
}

/** No shell: the file's name is one argument, whatever it holds. */
function show(plan: string, folder: string, out: string): Promise<void> {
  const opened = openSync(out, 'wx', 0o600);
  const child = spawn('terraform', ['show', '-json', '-no-color', plan], {
    cwd: folder,
    stdio: ['ignore', opened, 'pipe'],
  });
  closeSync(opened);
  let complaint = '';
  child.stderr?.on('data', (part: Buffer) => {
    complaint = `${complaint}${part.toString()}`.slice(0, 2000);
  });
  return new Promise((accept, refuse) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      refuse(
        new InputError(
          error.code === 'ENOENT'
            ? 'the plan is a binary file and terraform is not on PATH: set it up in a step before, or give the output of terraform show -json'
            : `terraform could not be started (${error.code ?? 'unknown error'})`,
        ),
      ),
    );
    child.once('close', (code) =>
      code === 0
        ? accept()
        : refuse(new InputError(`terraform show -json ended with ${code ?? 'a signal'}: ${complaint.trim()}`)),
    );
  });
}
