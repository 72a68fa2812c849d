/**
 * Prefix lists as address sets: entries of customer-managed lists, CIDRs of AWS-managed ones.
 * Source: https://docs.aws.amazon.com/vpc/latest/userguide/managed-prefix-lists.html
 */
import { parseCidr } from '../../net/address.ts';
import { type Span, normalise } from '../../net/spans.ts';
import type { Estate } from './estate.ts';
import { strings, text } from './record.ts';

/** The CIDRs of a list; undefined when its entries are not in the snapshot. */
export function prefixListCidrs(estate: Estate, id: string): readonly Span<bigint>[] | undefined {
  const { inventory } = estate;
  const managed = inventory.get('PrefixLists@describe-prefix-lists', id);
  const texts: string[] = managed === undefined ? [] : [...strings(managed.record, 'Cidrs')];
  let known = managed !== undefined;
  for (const { request, records } of inventory.answers('Entries@get-managed-prefix-list-entries')) {
    if (text(request, 'PrefixListId') !== id) continue;
    known = true;
    texts.push(...records.flatMap((entry) => text(entry, 'Cidr') ?? []));
  }
  if (!known) return undefined;
  return texts.flatMap((one) => {
    const span = parseCidr(one);
    return span === undefined ? [] : [span];
  });
}

/** The id of the address set of a prefix list, defined on first use. */
export function prefixListSet(estate: Estate, id: string): string {
  const setId = `prefix-list:${id}`;
  const listed =
    estate.inventory.get('PrefixLists@describe-managed-prefix-lists', id) ??
    estate.inventory.get('PrefixLists@describe-prefix-lists', id);
  estate.builder.set(setId, () => {
    const cidrs = prefixListCidrs(estate, id);
    const origin = listed?.origin ?? { provider: 'aws', kind: 'prefix list', id, file: '', pointer: '' };
    if (cidrs !== undefined) return { id: setId, origin, spans: normalise(cidrs) };
    return {
      id: setId,
      origin,
      spans: [],
      unresolved: estate.missing(
        `the entries of prefix list ${id}`,
        `get-managed-prefix-list-entries --prefix-list-id ${id}`,
      ),
    };
  });
  return setId;
}
