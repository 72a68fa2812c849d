/**
 * What a provider knows of an estate besides the graph, in neutral words: rule groups whoever uses them, address ranges of
 * whole networks, joints between networks. Flaws that no packet shows are found in these.
 */
import type { Span } from '../net/spans.ts';
import type { Missing, Origin } from './origin.ts';

/** A named set of rules that is attached to ends or networks: a security group. */
export interface GroupFacts {
  readonly origin: Origin;
  /** How many things carry it; what would tell, where the snapshot does not. */
  readonly attached: number | Missing;
  /** Made by the provider unasked, and given to whoever names no group. */
  readonly isDefault: boolean;
  /** Whether any rule of it that somebody can change allows something. */
  readonly allows: boolean;
  /** Ids that its rules refer to and that are gone. */
  readonly gone: readonly string[];
  /** What its rules refer to and the snapshot does not hold, where it may be gone or only not listed. */
  readonly unlisted?: readonly Missing[];
}

/** A network with address ranges of its own. */
export interface RangeFacts {
  readonly origin: Origin;
  readonly spans: readonly Span<bigint>[];
  /** Whether anything that sends stands in it. */
  readonly isUsed: boolean;
  /** Ids of the networks that it is joined with. */
  readonly joined: readonly string[];
}

/** A joint between two networks that works in one direction at most. */
export interface OneWayFacts {
  readonly origin: Origin;
  /** "10.0.0.0/16 routes to it, 10.1.0.0/16 does not". */
  readonly why: string;
}

/** Something that claims addresses of a network: a site, a route learned from beyond an edge. The network's own win. */
export interface ClashFacts {
  readonly origin: Origin;
  readonly network: Origin;
  /** Addresses that both claim. */
  readonly spans: readonly Span<bigint>[];
}

/** Flaws of single things that a provider tells by looking at them alone. */
export const REMARKS = [
  'default-networks',
  'wide-peering-routes',
  'forwarding-hosts',
  'subnets-without-groups',
  'flow-logs-off',
] as const;
export type Remark = (typeof REMARKS)[number];

/** Something of which one of these flaws is told. */
export interface RemarkFacts {
  readonly origin: Origin;
  /** What is wrong with it, as the rest of a sentence that begins with its name. */
  readonly why: string;
  /** What tells it from others of the same thing. */
  readonly detail?: string;
}

/**
 * Who has a flaw; looked for when somebody asks, which may mean to read every record. A provider that has no such thing knows
 * none.
 */
export type Remarks = { readonly [R in Remark]?: () => readonly RemarkFacts[] };

export interface EstateFacts {
  readonly remarks: Remarks;
  readonly groups: readonly GroupFacts[];
  readonly ranges: readonly RangeFacts[];
  readonly clashes: readonly ClashFacts[];
  readonly oneWay: readonly OneWayFacts[];
}

/**
 * What of some announced ranges a network has itself. A range that is wider than any of the network's own is how a whole company
 * is announced at once, and takes nothing away: it is left out.
 */
export function claimedOf(announced: readonly Span<bigint>[], own: readonly Span<bigint>[]): readonly Span<bigint>[] {
  return announced.filter(([lo, end]) => own.some((range) => range[0] <= lo && end <= range[1]));
}
