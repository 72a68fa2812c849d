/** CIDRs as records write them; one that is none is noted and left out. */
import type { NetworkBuilder } from '../../model/builder.ts';
import { parseCidr } from '../../net/address.ts';
import type { Span } from '../../net/spans.ts';
import type { Entry } from './inventory.ts';

/** The spans of these texts of one record, each once. */
export function cidrsIn(builder: NetworkBuilder, entry: Entry, texts: readonly (string | undefined)[]): Span<bigint>[] {
  const spans: Span<bigint>[] = [];
  for (const one of new Set(texts)) {
    if (one === undefined) continue;
    const span = parseCidr(one);
    if (span !== undefined) spans.push(span);
    else
      builder.note({
        file: entry.origin.file,
        pointer: entry.origin.pointer,
        resource: entry.id,
        message: `a CIDR of ${entry.origin.kind} ${entry.id} is not valid and was left out`,
      });
  }
  return spans;
}
