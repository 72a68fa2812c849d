/**
 * The question in the engine's own terms: who sends, what is sent, who must get it. Resolved from words in
 * engine/endpoints.ts.
 */
import type { Missing } from './origin.ts';
import type { Span } from '../net/spans.ts';

/** One end of a question as it is printed. */
export interface End {
  readonly id: string;
  readonly name?: string;
  /** Addresses or CIDRs, for people. */
  readonly addresses: readonly string[];
}

/** The protocol and port part of a question; ICMP has types instead of ports. */
export interface Traffic {
  /** Protocol numbers; absent means every protocol. */
  readonly protocol?: readonly Span[];
  readonly dport?: readonly Span[];
  readonly icmpType?: readonly Span[];
  readonly icmpCode?: readonly Span[];
}

export interface Question {
  readonly src: End;
  readonly dst: End;
  /** The interface whose node sends; replies must reach it again (for an outside node: any of its interfaces). */
  readonly start: string;
  readonly srcAddresses: readonly Span<bigint>[];
  /** `every` source address must work, or `some` (the internet). */
  readonly srcQuantifier: 'every' | 'some';
  readonly dstAddresses: readonly Span<bigint>[];
  /** Interfaces that count as the destination; absent: whoever accepts the packet. */
  readonly target?: readonly string[];
  readonly traffic: Traffic;
  /** Client's source ports; default 1024-65535. */
  readonly sports: readonly Span[];
  readonly family: 4 | 6;
  /** Set where an end is known by name only: nothing can be asked of the network. */
  readonly unresolved?: Missing;
  /** Printed: "tcp", "icmp", "*". */
  readonly protocolText: string;
  readonly portsText: string;
}
