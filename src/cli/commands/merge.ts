/** netaudit merge: joins the shards of a matrix into what one machine would have written. */
import { joinSlices, matrixJson, matrixText } from '../../index.ts';
import { EXIT } from '../exit-codes.ts';
import { type OutputOptions, writeParts } from '../output.ts';
import { Problem } from '../problem.ts';
import { type Shard, readShard } from '../shard.ts';

export async function mergeCommand(files: readonly string[], options: OutputOptions): Promise<number> {
  const shards = files.map(readShard).sort((a, b) => a.share.index - b.share.index);
  const first = shards[0];
  if (first === undefined) throw new Problem('merge needs the shard files that "netaudit matrix --shard i/n" wrote.');
  for (const shard of shards) checkFellow(first, shard);
  const { count } = first.share;
  for (const [i, { file, share }] of shards.entries()) {
    const next = shards[i + 1];
    if (next?.share.index === share.index)
      throw new Problem(
        `shard ${share.index + 1} of ${count} is given twice, as ${file} and ${next.file}. Name each shard once.`,
      );
  }
  const have = new Set(shards.map((shard) => shard.share.index + 1));
  const lacking = Array.from({ length: count }, (_, i) => i + 1).filter((index) => !have.has(index));
  if (lacking.length > 0)
    throw new Problem(
      `shard${lacking.length === 1 ? '' : 's'} ${lacking.slice(0, 10).join(', ')} of ${count} ${lacking.length === 1 ? 'is' : 'are'} not among the files: the matrix would have holes. "netaudit matrix --shard i/${count} --output FILE" writes one.`,
    );
  checkRows(shards);
  const matrix = joinSlices(shards.flatMap((shard) => shard.slices));
  await writeParts(options, {
    text: () => matrixText(matrix, first.facts, new Date()),
    json: () => matrixJson(matrix, first.facts),
  });
  return EXIT.ok;
}

function checkFellow(first: Shard, other: Shard): void {
  const differs = (what: string) =>
    new Problem(`${other.file} and ${first.file} ${what}. Merge only shards of one matrix.`);
  if (other.facts.digest !== first.facts.digest) throw differs('are of different snapshots');
  if (other.share.count !== first.share.count)
    throw differs(`are cut differently, into ${other.share.count} and ${first.share.count}`);
  if (JSON.stringify(other.question) !== JSON.stringify(first.question))
    throw differs('ask for different rows, columns or ports');
  if (other.version !== first.version)
    throw differs(`were written by different versions of netaudit, ${other.version} and ${first.version}`);
  if (JSON.stringify(other.slices[0]?.parts) !== JSON.stringify(first.slices[0]?.parts))
    throw differs('mean different ends: another netaudit.yaml, or another version of netaudit');
}

/** No row may stand in two files: one of them would be lost. */
function checkRows(shards: readonly Shard[]): void {
  const owners = new Map<number, Shard>();
  for (const shard of shards)
    for (const { from } of shard.slices.flatMap(({ rows }) => rows)) {
      const other = owners.get(from);
      if (other !== undefined)
        throw new Problem(`${shard.file} and ${other.file} hold the same row twice. Write all shards again.`);
      owners.set(from, shard);
    }
}
