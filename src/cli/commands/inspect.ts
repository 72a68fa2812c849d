/** netaudit inspect: what was read, what was not understood, what is missing. */
import { buildNetwork } from '../../index.ts';
import { ageOf } from '../../report/age.ts';
import { safe, safeJson } from '../../report/safe-text.ts';
import { EXIT } from '../exit-codes.ts';
import { type OutputOptions, write } from '../output.ts';
import { openSnapshot, snapshotPaths } from '../snapshot.ts';

export async function inspectCommand(
  options: OutputOptions & { readonly snapshot: readonly string[]; readonly redact?: string },
): Promise<number> {
  if (options.redact !== undefined) {
    const { paths } = await snapshotPaths(options.snapshot);
    const { writeRedactedCopy } = await import('../redacted-copy.ts');
    const count = await writeRedactedCopy(paths, options.redact);
    process.stderr.write(
      `${count} files written to ${safe(options.redact)}. Names, ids, account numbers and public addresses are replaced, secrets and free text left out; answers stay the same. Look it through before you share it. What stands for what is in ${safe(options.redact)}.names.tsv: keep that file.\n`,
    );
    return EXIT.ok;
  }
  const { snapshot } = await openSnapshot(options.snapshot);
  const { network, views } = buildNetwork(snapshot);
  const documents = snapshot.documents.map(({ file, provider, kind, records }) => ({
    file,
    provider,
    kind,
    count: records.length,
  }));
  const missing = views.flatMap((view) => view.missing);
  const notes = [...snapshot.notes, ...network.notes];
  const notUnderstood = snapshot.notUnderstood.map(({ file, pointer, why }) => ({
    file,
    ...(pointer === undefined ? {} : { pointer }),
    why,
  }));
  write(options, {
    text: () => {
      const kinds = new Map<string, number>();
      for (const { provider, kind, count } of documents)
        kinds.set(`${provider} ${kind}`, (kinds.get(`${provider} ${kind}`) ?? 0) + count);
      const part = (title: string, lines: readonly string[]) =>
        lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${safe(line)}`)];
      const at = (file: string, pointer?: string) =>
        `${file}${pointer === undefined || pointer === '' ? '' : `#${pointer}`}`;
      return `${[
        ageOf(snapshot, new Date()),
        ...part(
          'Read',
          [...kinds]
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([kind, count]) => `${String(count).padStart(7)}  ${kind}`),
        ),
        ...part(
          'Not understood',
          notUnderstood.map(({ file, pointer, why }) => `${at(file, pointer)}: ${why}`),
        ),
        ...part(
          'Notes',
          notes.map(({ file, pointer, message }) => `${at(file, pointer)}: ${message}`),
        ),
        ...part(
          'Missing',
          missing.map(({ what, fetch }) => `${what}${fetch === null ? '' : `: ${fetch}`}`),
        ),
      ].join('\n')}\n`;
    },
    json: () =>
      `${safeJson({ schemaVersion: 1, documents, notUnderstood, notes, missing, collectedAt: snapshot.collectedAt ?? null, digest: snapshot.digest })}\n`,
  });
  return EXIT.ok;
}
