/** A machine-readable change to a network: what a fix is, what `--what-if` reads and what an overlay lays over. */
import type { Flow } from './flow.ts';

export type Change =
  /** Let these packets pass a filter. `before` is the id of the rule that now denies them, where order matters. */
  | {
      readonly op: 'allow';
      readonly filter: string;
      readonly resource: string;
      readonly provider: string;
      readonly direction: 'in' | 'out';
      readonly flows: readonly Flow[];
      readonly before?: string;
      readonly text: string;
    }
  /** Add one of the table's possible routes. */
  | {
      readonly op: 'add-route';
      readonly table: string;
      readonly resource: string;
      readonly provider: string;
      readonly route: string;
      readonly destination: string;
      readonly text: string;
    };
