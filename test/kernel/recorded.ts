/** What the kernel said once, so that the engine can be held against it on machines without namespaces. */
import { createHash } from 'node:crypto';
import type { Met } from './lab.ts';
import type { Probe } from './probes.ts';
import type { Files } from './topology.ts';

export interface Recorded {
  readonly provider: string;
  readonly seed: number;
  /** Of what was drawn from the seed: it must still be the same network and the same probes. */
  readonly digest: string;
  /** A letter a probe. */
  readonly met: string;
}

const LETTERS = { passed: '1', silent: '0', busy: '-' } as const;

export const lettersOf = (met: readonly Met[]): string => met.map((one) => LETTERS[one]).join('');

export function metOf(letters: string): Met[] {
  return letters.split('').map((letter) => (letter === '1' ? 'passed' : letter === '0' ? 'silent' : 'busy'));
}

export function digestOf(files: Files, probes: readonly Probe[]): string {
  return createHash('sha256')
    .update(JSON.stringify([files, probes]))
    .digest('hex')
    .slice(0, 16);
}
