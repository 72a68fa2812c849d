/**
 * What the engine answers: read by every report, written by nobody else. Plain data, JSON-able but for packet sets, which are
 * printed here already.
 */
import type { Change } from './change.ts';
import type { Flow } from './flow.ts';
import type { Assumption, Missing, Origin } from './origin.ts';
import type { End } from './query.ts';

export type Verdict = 'reachable' | 'unreachable' | 'partial' | 'undetermined';
export type Leg = 'forward' | 'return';
export type Layer = 'link' | 'network' | 'transport' | 'application';
/** What the client sees when this blocker is what stops it. */
export type Symptom = 'timeout' | 'refused' | 'unreachable';

/** One thing that happened to the packets at a node. */
export interface StepResult {
  readonly kind: 'filter' | 'session' | 'route' | 'translate' | 'fork' | 'arrive' | 'drop' | 'unknown';
  readonly action: 'pass' | 'drop' | 'unknown' | 'rewrite' | 'accept';
  /** The resource that the step belongs to. */
  readonly resource: string;
  readonly resourceName?: string;
  readonly resourceKind: string;
  /** The deciding rule or route as text, and its place. */
  readonly rule?: string;
  readonly message: string;
  readonly origin?: Origin;
}

/** One node on a way. */
export interface Hop {
  readonly resource: string;
  readonly resourceName?: string;
  readonly kind: string;
  readonly steps: readonly StepResult[];
}

export interface Trace {
  readonly leg: Leg;
  /** "accepted", "denied", "no-route", "unknown" ... */
  readonly end: string;
  /** What took this way, in the question's own addresses. */
  readonly packets: string;
  readonly hops: readonly Hop[];
}

export interface Connection {
  readonly from: string;
  readonly to: string;
  readonly traces: readonly Trace[];
}

export interface Blocker {
  readonly code: string;
  readonly resource: string;
  readonly resourceName?: string;
  /** The provider's full name of the resource, where `resource` is a short one. */
  readonly selfLink?: string;
  readonly provider: string;
  readonly connection: number;
  readonly leg: Leg;
  readonly layer: Layer;
  readonly symptom: Symptom;
  readonly rule?: { readonly id: string; readonly text: string };
  /** What is dropped, in the question's own addresses. */
  readonly packets: string;
  readonly message: string;
  readonly fix: { readonly text: string; readonly change: Change } | null;
  readonly whyNoFix?: string;
  readonly origin: { readonly file: string; readonly pointer: string };
}

export type Severity = 'critical' | 'high' | 'medium' | 'low' | 'info';

export interface Gotcha {
  readonly code: string;
  readonly severity: Severity;
  readonly resource: string;
  readonly resourceName?: string;
  readonly message: string;
  readonly source: string;
}

export interface Witness {
  readonly src: string;
  readonly dst: string;
  readonly protocol: string;
  readonly sport?: number;
  readonly dport?: number;
  readonly icmpType?: number;
}

/** The answer to one question. */
export interface Answer {
  readonly verdict: Verdict;
  readonly query: { readonly src: End; readonly dst: End; readonly protocol: string; readonly ports: string };
  readonly allowed: readonly Flow[];
  readonly blockers: readonly Blocker[];
  readonly fixes: {
    readonly outcome: 'reachable' | 'partial' | 'undetermined' | 'none';
    readonly changes: readonly Change[];
    /** Set where the changes open something to the internet. */
    readonly warning?: string;
  };
  readonly gotchas: readonly Gotcha[];
  readonly missing: readonly Missing[];
  readonly assumptions: readonly Assumption[];
  readonly connections: readonly Connection[];
  readonly forward: { readonly hops: readonly Hop[] };
  readonly return: { readonly hops: readonly Hop[] };
  readonly witness?: Witness;
  /** Rows of a question about many (a subnet, a tag, "*"), one each. */
  readonly rows?: readonly Answer[];
}
