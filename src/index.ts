/** netaudit as a library: load a snapshot, build the network, ask. */
import { type EndpointOptions, questionsOf } from './engine/endpoints.ts';
import { overlay } from './engine/overlay.ts';
import { type ReachOptions, reach } from './engine/reach.ts';
import { NetworkBuilder } from './model/builder.ts';
import type { ProviderView } from './model/finding.ts';
import type { Network } from './model/network.ts';
import type { Answer } from './model/results.ts';
import { PROVIDERS, RECOGNISERS } from './providers/index.ts';
import type { Snapshot } from './snapshot/documents.ts';
import { type LoadOptions, loadSnapshot as load } from './snapshot/load.ts';

export { QuestionError } from './engine/ports.ts';
export { ContradictionError } from './model/origin.ts';
export { SnapshotError } from './snapshot/documents.ts';
export type { EndpointOptions } from './engine/endpoints.ts';
export type { ReachOptions } from './engine/reach.ts';
export type { Network } from './model/network.ts';
export type { Answer, Blocker, Flow, Gotcha, Verdict } from './model/results.ts';
export type { Snapshot } from './snapshot/documents.ts';
export { explain, allCodes } from './gotchas/codes.ts';
export { combined } from './report/combine.ts';

/** Reads directories, files or '-' (standard input). Throws SnapshotError with the way out. */
export function loadSnapshot(paths: readonly string[], options: LoadOptions = {}): Promise<Snapshot> {
  return load(paths, RECOGNISERS, options);
}

/** A network with what its providers know besides the graph. */
export interface Estate {
  readonly network: Network;
  readonly views: readonly ProviderView[];
}

/** Turns documents into one network. Throws ContradictionError when two documents can't both be true. */
export function buildNetwork(snapshot: Pick<Snapshot, 'documents'>): Estate {
  const builder = new NetworkBuilder();
  const views = PROVIDERS.map((provider) => provider.read(snapshot.documents, builder));
  return { network: builder.build(), views };
}

/** Answers "can SRC reach DST[:PORT]", one answer for each thing that the words stand for. Throws QuestionError. */
export function ask({ network, views }: Estate, src: string, dst: string, options: EndpointOptions & ReachOptions = {}): readonly Answer[] {
  return questionsOf(network, src, dst, options).map(({ question, adds }) => {
    const over = overlay(network, adds);
    const answer = reach(over, question, options);
    const gotchas = views.flatMap((view) => view.gotchas({ network: over, question, answer }));
    const unique = new Map(gotchas.map((gotcha) => [`${gotcha.code} ${gotcha.resource}`, gotcha]));
    return { ...answer, gotchas: [...unique.values()] };
  });
}
