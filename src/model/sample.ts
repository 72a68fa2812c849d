/**
 * A reader's samples: raw documents in, graph out, one line a fact. They stand beside the reader (`<kind>.samples.ts`), are
 * read by people who want to know what it does, and checked by the tests.
 */
export interface Sample {
  readonly title: string;
  /** What files would hold; several documents stand in a list. */
  readonly given: readonly unknown[];
  /**
   * "filter ID", "table ID", "link ID", "interface ID", "node ID", "translation ID", "set ID", "place ID", "word WORD",
   * "amendment ID" or "notes" -> what is there, in lines.
   */
  readonly see: Readonly<Record<string, readonly string[]>>;
}
