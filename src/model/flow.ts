/** Exact sets of packets in printable form, for results and changes alike. */

/** A set of packets in exact, printable form. */
export interface Flow {
  readonly protocol: string;
  /** "443", "8000-8050,9000", "*", or ICMP type words. */
  readonly ports: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
}
