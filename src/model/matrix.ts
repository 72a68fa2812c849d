/** Who can reach whom on what, as plain data: what the engine computes, shards exchange and reports print. */
import type { Flow } from './flow.ts';
import type { Assumption, Missing } from './origin.ts';

/** Ends that the network treats alike towards everybody: each cell that names the class holds for every member. */
export interface MatrixClass {
  /** The first member, with the number of the others where there are any: "web-1+3". */
  readonly id: string;
  readonly members: readonly string[];
  readonly count: number;
}

/** What gets from one class to another and back. There is no cell where nothing does. */
export interface MatrixCell {
  /** Ids of classes, or "internet". */
  readonly from: string;
  readonly to: string;
  /** Exact. Lists of outside addresses may run across public addresses that the snapshot owns: those are not the internet's. */
  readonly allowed: readonly Flow[];
  /** What may be allowed as well: something that `missing` names decides. */
  readonly undetermined?: readonly Flow[];
  /** Why the cell could not be worked out within the budget; then nothing is known of it. */
  readonly unanswered?: string;
}

export interface Matrix {
  readonly classes: readonly MatrixClass[];
  readonly cells: readonly MatrixCell[];
  readonly missing: readonly Missing[];
  readonly assumptions: readonly Assumption[];
}
