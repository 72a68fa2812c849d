/** Who can reach whom on what, as plain data: what the engine computes, shards exchange and reports print. */
import type { Flow } from './flow.ts';
import type { Assumption, Missing } from './origin.ts';

/** Ends that fare alike towards everybody: each cell that names the class holds for every member. */
export interface MatrixClass {
  /** The first member, with the number of the others where there are any: "web-1+3". */
  readonly id: string;
  readonly members: readonly string[];
  /** The names of the members that have one, by id. */
  readonly names: Readonly<Record<string, string>>;
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
  /** By the order of the classes, the internet first; made one at a time, since there can be millions. */
  readonly cells: Iterable<MatrixCell>;
  readonly missing: readonly Missing[];
  readonly assumptions: readonly Assumption[];
}

/**
 * Ends that fare alike as far as the network itself tells; number 0 is the internet. The same in every slice of a matrix.
 * Without members it is not asked for.
 */
export interface SlicePart {
  readonly members: readonly string[];
  /** Beside the members; empty for one without a name. */
  readonly names: readonly string[];
  /** Their own addresses, and those that the internet knows them by. */
  readonly inside: readonly string[];
  readonly outward: readonly string[];
}

/**
 * What a cell holds for one family: ports between all addresses of both parts; the same with some addresses of the internet
 * only; or, where members of a part differ, exact flows.
 */
export type SliceFlows =
  | { readonly ports: readonly { readonly protocol: string; readonly ports: string }[] }
  | {
      readonly outside: readonly {
        readonly protocol: string;
        readonly ports: string;
        readonly addresses: readonly string[];
      }[];
    }
  | { readonly exactly: readonly Flow[] };

/** The contents of a cell, by number in a slice. */
export interface SliceCell {
  readonly firm4?: SliceFlows;
  readonly firm6?: SliceFlows;
  readonly open4?: SliceFlows;
  readonly open6?: SliceFlows;
  readonly unanswered?: string;
}

/** Some rows of a matrix, before parts that fare alike are joined to classes. */
export interface MatrixSlice {
  readonly parts: readonly SlicePart[];
  readonly cells: readonly SliceCell[];
  /** A row: its part, then destination part and number of the cell, again and again. */
  readonly rows: readonly { readonly from: number; readonly to: Int32Array }[];
  readonly missing: readonly Missing[];
  readonly assumptions: readonly Assumption[];
}
