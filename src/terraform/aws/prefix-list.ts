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
      ...lists.flatMap((list) => entriesOf(side, list)),
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

/** The entries, unless one is known after apply only: then the list is not known. */
function entriesOf(side: Side, { id, instance, values }: Resource): Listing[] {
  const separate = side
    .naming('aws_ec2_managed_prefix_list_entry', 'prefix_list_id', id)
    .flatMap((one) => text(one.values, 'cidr') ?? []);
  const mirrored = new Set(
    side
      .either('aws_ec2_managed_prefix_list_entry')
      .filter((one) => text(one.values, 'prefix_list_id') === id)
      .flatMap((one) => text(one.values, 'cidr') ?? []),
  );
  const unknown = unknownIn(values['entry']);
  const inline = [...blocks(values, 'entry'), ...blocks(values, 'entries')].flatMap((one) => text(one, 'cidr') ?? []);
  const cidrs = distinct([...inline.filter((one) => !mirrored.has(one)), ...separate]);
  const dark = unknown ?? cidrs.map(unknownIn).find((one) => one !== undefined);
  if (dark !== undefined) {
    side.lacks(`the entries of ${instance.address} (${dark}), known only after apply`, null);
    return [];
  }
  return [
    {
      kind: 'Entries@get-managed-prefix-list-entries',
      request: { PrefixListId: id },
      records: cidrs.map((Cidr): Json => ({ Cidr })),
      complete: true,
    },
  ];
}
