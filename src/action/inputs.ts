/** What the workflow asks for, read from the runner and checked before any work is done. */
import { getInput, getMultilineInput } from '@actions/core';

export interface Inputs {
  /** The plan file; undefined for an audit of the snapshot. */
  readonly plan?: string;
  readonly snapshot: readonly string[];
  readonly policies: readonly string[];
  /** Words of --fail-on. */
  readonly failOn: string;
  readonly undetermined: 'warn' | 'fail';
  readonly baseline?: string;
  readonly comment: 'auto' | 'always' | 'never';
  readonly sarifFile: string;
  readonly workingDirectory: string;
  readonly token: string;
}

/** An input that can't be meant; the message names it. */
export class InputError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InputError';
  }
}

/** Throws InputError. */
export function readInputs(): Inputs {
  const plan = optional('plan');
  const snapshot = getMultilineInput('snapshot');
  if (plan === undefined && snapshot.length === 0)
    throw new InputError('give the input plan (a Terraform plan), snapshot (a folder to audit), or both');
  const baseline = optional('baseline');
  return {
    ...(plan === undefined ? {} : { plan }),
    snapshot,
    policies: getMultilineInput('policies'),
    failOn: getInput('fail-on') || 'high',
    undetermined: oneOf('undetermined', ['warn', 'fail']),
    ...(baseline === undefined ? {} : { baseline }),
    comment: oneOf('comment', ['auto', 'always', 'never']),
    sarifFile: getInput('sarif-file') || 'netaudit.sarif',
    workingDirectory: getInput('working-directory') || '.',
    token: getInput('token'),
  };
}

function optional(name: string): string | undefined {
  return getInput(name) || undefined;
}

/** The first word is the default. */
function oneOf<T extends string>(name: string, words: readonly [T, ...T[]]): T {
  const given = getInput(name) || words[0];
  const found = words.find((word) => word === given);
  if (found === undefined)
    throw new InputError(`the input ${name} takes ${words.join(', ')}; "${given.slice(0, 40)}" is none of them`);
  return found;
}
