/**
 * What a family of resource types is: the types it reads, what it makes of them, and what stands for the ids that only
 * apply will tell. A new type is a line in `types` and its part of `read`.
 */
import type { Setting } from './setting.ts';
import type { Side } from './side.ts';
import type { Json, Values } from './values.ts';

/** Records of one kind, as the cloud's own API would list them. */
export interface Listing {
  readonly kind: string;
  readonly records: readonly Json[];
  /** What was asked, where the API's answer does not name it. */
  readonly request?: Json;
  /** A network of the plan has no others than these: an empty list means none, not "not asked". */
  readonly complete?: boolean;
}

export interface Family {
  readonly types: readonly string[];
  readonly read: (side: Side) => readonly Listing[];
  /** By type: the id in the shape that readers tell the kind by. Without one the address stands for it. */
  readonly ids?: Readonly<Record<string, (values: Values, address: string, setting: Setting) => string | undefined>>;
}

/** A cloud's provider plugin: which of its types are read, by whom. */
export interface Plugin {
  /** The reader's name for the cloud. */
  readonly provider: string;
  /** What its types begin with. */
  readonly prefix: string;
  readonly families: readonly Family[];
  /** Types that packets pass or that filter them, and that nobody reads yet. */
  readonly unmodelled: RegExp;
}
