/** Snapshots as networks that can be compared exactly: what works between every two ends, as packet sets of one space. */
import { Compiler } from '../../src/engine/compile.ts';
import { type Estate, ask, buildNetwork, reachJson } from '../../src/index.ts';
import type { Answer } from '../../src/model/results.ts';
import type { PacketSpace } from '../../src/net/packet-space.ts';
import { RECOGNISERS } from '../../src/providers/index.ts';
import type { Snapshot, SnapshotDocument } from '../../src/snapshot/documents.ts';
import { type Works, asked } from '../matrix/pairs.ts';
import type { Documents } from './corpus.ts';

/** Builds the network of parsed documents without a file; read in the order of their names. */
export function estateOf(files: Documents): Estate {
  return buildNetwork({ documents: documentsOf(files) });
}

function documentsOf(files: Documents): Snapshot['documents'] {
  return Object.keys(files)
    .sort()
    .flatMap((file): SnapshotDocument[] => {
      const place = { file, folders: [] };
      for (const recogniser of RECOGNISERS) {
        const found = recogniser.recognise(files[file], place);
        if (found !== undefined)
          return found.documents.map((one) => ({
            ...one,
            provider: one.provider ?? recogniser.provider,
            file,
            scope: one.scope ?? {},
          }));
      }
      return [];
    });
}

/** What works between all pairs of ends, in both moods; the ends' words are the keys. */
export function worksBetween(space: PacketSpace, estate: Estate, ends: readonly string[]): Map<string, Works> {
  const compiler = new Compiler(space, estate.network);
  const found = new Map<string, Works>();
  for (const from of ends)
    for (const to of ends) if (from !== to) found.set(`${from} -> ${to}`, asked(compiler, estate.network, from, to));
  return found;
}

/** An answer without the places in the files, which say nothing about the network. */
export function plainAnswer(estate: Estate, src: string, dst: string): string {
  return ask(estate, src, dst).map(plain).join('\n');
}

function plain(answer: Answer): string {
  const facts = { digest: '', files: [], roots: [] } as unknown as Parameters<typeof reachJson>[1];
  const text = reachJson(answer, facts);
  return JSON.stringify(
    JSON.parse(text),
    (key, value: unknown) => (key === 'origin' || key === 'snapshot' ? undefined : value),
    1,
  );
}
