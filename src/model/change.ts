/** A machine-readable change to a network: what a fix is, what `--what-if` reads and what an overlay lays over. */
import type { Flow } from './flow.ts';

/** How people make a change, in the provider's own terms. */
export interface ChangeSteps {
  /** Where to click: "VPC > Security groups > sg-1 > Edit inbound rules: ...". */
  readonly console: string;
  /** The provider's command line; ids are quoted where they need it. */
  readonly command: string;
  /** A snippet to adapt, where Terraform knows the thing. */
  readonly terraform?: string;
}

interface Common {
  /** The provider's own id of what is changed. */
  readonly resource: string;
  readonly provider: string;
  readonly text: string;
  readonly steps?: ChangeSteps;
}

/** Let these packets pass a filter. `before` is the id of the rule that now denies them, where order matters. */
export interface AllowChange extends Common {
  readonly op: 'allow';
  readonly filter: string;
  readonly direction: 'in' | 'out';
  readonly flows: readonly Flow[];
  readonly before?: string;
}

/** Add one of the table's possible routes; where `replaces` is set, instead of that route. */
export interface AddRouteChange extends Common {
  readonly op: 'add-route';
  readonly table: string;
  /** CIDRs, or the name of an address set. */
  readonly destination: string;
  /** The provider's id of what the route leads to. */
  readonly target: string;
  readonly replaces?: string;
}

/** Set an attribute or create something: one of the amendments that the network's readers know. */
export interface AmendChange extends Common {
  readonly op: 'amend';
  readonly amendment: string;
  readonly attribute: string;
  readonly to: string;
}

export type Change = AllowChange | AddRouteChange | AmendChange;
