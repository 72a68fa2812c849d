/** What differs between two networks in who can reach whom, as plain data. */
import type { Assumption, Missing } from './origin.ts';
import type { Witness } from './results.ts';

/**
 * `opened`, `closed`: on these ports there was, or is, nothing at all between the two roles; else some addresses more or
 * fewer.
 */
export type FlowChangeKind = 'opened' | 'closed' | 'widened' | 'narrowed';

/** Everything that goes by one name, and which of it is concerned. */
export interface RoleEnd {
  readonly role: string;
  readonly ids: readonly string[];
}

/** A changed resource that a flow change needs: with this one change left out it would not happen. */
export interface Because {
  readonly resource: string;
  /** Its address in the configuration that made it, and where that stands; null where nothing says so. */
  readonly address: string | null;
  readonly file: string | null;
  readonly line: number | null;
}

export interface FlowChange {
  readonly change: FlowChangeKind;
  readonly from: RoleEnd;
  readonly to: RoleEnd;
  /** Roles of balancers that pass the packets on, which are told as `to` gets them. Absent: they are sent there. */
  readonly through?: readonly string[];
  readonly protocol: string;
  /** Exactly what is gained or lost, as are the addresses. */
  readonly ports: string;
  readonly fromAddresses: readonly string[];
  readonly toAddresses: readonly string[];
  /** One packet that fares differently, in the addresses of the side where it gets through. */
  readonly witness: Witness;
  readonly because: readonly Because[];
}

/** Firm changes only; what can't be decided is in `missing`. */
export interface NetworkDiff {
  readonly summary: { readonly [K in FlowChangeKind]: number };
  readonly flows: readonly FlowChange[];
  readonly missing: readonly Missing[];
  readonly assumptions: readonly Assumption[];
}
