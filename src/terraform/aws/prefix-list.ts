/**
 * Prefix lists with their entries, inline and separate; AWS's own lists where a data source has looked them up.
 * Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/ec2_managed_prefix_list
 */
import type { Family, Listing } from '../family.ts';
import type { Resource, Side } from '../side.ts';
import { type Json, blocks, distinct, text, texts, unknownIn } from '../values.ts';

export const prefixListFamily: Family = {
  types: ['aws_ec2_managed_prefix_list', 'aws_ec2_managed_prefix_list_entry', 'aws_prefix_list'],
  read: (side) => {
    const lists = side.all('aws_ec2_managed_prefix_list').filter(({ existing }) => existing === undefined);
    return [
      {
        kind: 'PrefixLists@describe-managed-prefix-lists',
        records: lists.map(({ id, instance, values }) => ({
          PrefixListId: id,
          PrefixListName: text(values, 'name') ?? instance.name,
        })),
      },
      ...side.all('aws_ec2_managed_prefix_list').flatMap((list) => entriesOf(side, list)),
      {
        kind: 'PrefixLists@describe-prefix-lists',
        records: side
          .all('aws_prefix_list')
          .filter(({ values }) => values['cidr_blocks'] !== undefined)
          .map(({ id, instance, values }) => ({
            PrefixListId: text(values, 'prefix_list_id') ?? id,
            PrefixListName: text(values, 'name') ?? instance.name,
            Cidrs: texts(values, 'cidr_blocks'),
          })),
      },
    ];
  },
};

const ENTRIES = 'Entries@get-managed-prefix-list-entries';

/** The entries, unless one is known after apply only: then the list is not known. */
function entriesOf(side: Side, list: Resource): Listing[] {
  const { id, instance, values } = list;
  const separate = side
    .naming('aws_ec2_managed_prefix_list_entry', 'prefix_list_id', id)
    .flatMap((one) => text(one.values, 'cidr') ?? []);
  const mirrored = new Set(
    side
      .either('aws_ec2_managed_prefix_list_entry')
      .filter((one) => text(one.values, 'prefix_list_id') === id)
      .flatMap((one) => text(one.values, 'cidr') ?? []),
  );
  const listed = list.existing === undefined ? [] : side.told(ENTRIES, id);
  if (list.existing !== undefined && mirrored.size === 0) return [];
  if (listed === undefined) {
    side.lacks(`the entries of prefix list ${id}`, `aws ec2 get-managed-prefix-list-entries --prefix-list-id ${id}`);
    return [];
  }
  const unknown = unknownIn(values['entry']);
  const inline = [
    ...listed.map((one) => text(one, 'Cidr')),
    ...[...blocks(values, 'entry'), ...blocks(values, 'entries')].map((one) => text(one, 'cidr')),
  ].filter((one) => one !== undefined);
  const cidrs = distinct([...inline.filter((one) => !mirrored.has(one)), ...separate]);
  const dark = unknown ?? cidrs.map(unknownIn).find((one) => one !== undefined);
  if (dark !== undefined) {
    side.lacks(`the entries of ${instance.address} (${dark}), known only after apply`, null);
    return [];
  }
  return [
    {
      kind: ENTRIES,
      request: { PrefixListId: id },
      records: cidrs.map((Cidr): Json => ({ Cidr })),
      complete: true,
    },
  ];
}
