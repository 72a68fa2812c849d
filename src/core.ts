/**
 * Load, build, ask: what a single question needs, and no more, so that it starts at once. The library (index.ts) has all of
 * it, and what judges whole networks besides.
 */
import { answersTo } from './engine/ask.ts';
import { questionsOf } from './engine/endpoints.ts';
import { patched, patchesOf } from './engine/patch.ts';
import { QuestionError } from './engine/ports.ts';
import type { ReachOptions } from './engine/reach.ts';
import type { EndpointOptions } from './engine/words.ts';
import { NEUTRAL_CODES } from './gotchas/codes.ts';
import { NetworkBuilder } from './model/builder.ts';
import type { Change } from './model/change.ts';
import type { CodeInfo, Provider, ProviderView } from './model/finding.ts';
import type { Network } from './model/network.ts';
import type { Answer } from './model/results.ts';
import { RECOGNISERS, providersOf } from './providers/index.ts';
import type { Snapshot } from './snapshot/documents.ts';
import { type LoadOptions, loadSnapshot as load } from './snapshot/load.ts';
import { Refusals } from './snapshot/refused.ts';
import { terraformRecogniser } from './terraform/recogniser.ts';

/** Reads directories, files or '-' (standard input). Throws SnapshotError with the way out. */
export function loadSnapshot(paths: readonly string[], options: LoadOptions = {}): Promise<Snapshot> {
  return load(paths, [...RECOGNISERS, terraformRecogniser], options);
}

/** A network with what its providers know besides the graph. */
export interface Estate {
  readonly network: Network;
  readonly views: readonly ProviderView[];
  /** What calls that failed when the snapshot was collected leave open. */
  readonly refusals: Refusals;
  /** What the codes of its answers mean. */
  readonly codes: ReadonlyMap<string, CodeInfo>;
}

/** Turns documents into one network; what is bad in them is among its notes and contradictions. Loads the readers it takes. */
export async function readNetwork(snapshot: Pick<Snapshot, 'documents'>): Promise<Estate> {
  return builtBy(await providersOf(snapshot.documents), snapshot);
}

/** The same with readers that are at hand. */
export function builtBy(providers: readonly Provider[], { documents }: Pick<Snapshot, 'documents'>): Estate {
  const builder = new NetworkBuilder();
  // Who has nothing to read would look for its own in every answer.
  const held = new Set(documents.map(({ provider }) => provider));
  const views = providers.filter(({ name }) => held.has(name)).map((provider) => provider.read(documents, builder));
  const refusals = new Refusals(documents);
  const codes = [...NEUTRAL_CODES, ...providers.flatMap((provider) => provider.codes)];
  return {
    network: builder.build(),
    views: [...views, refusals],
    refusals,
    codes: new Map(codes.map((info) => [info.code, info])),
  };
}

/** The network of an estate that questions can be asked about. Throws QuestionError, ContradictionError. */
export function answerable({ network }: Estate): Network {
  const contradiction = network.contradictions[0];
  if (contradiction !== undefined) throw contradiction;
  // Between two strangers on the internet everything looks open; that must not pass for an answer about this snapshot.
  if (isEmpty(network.placeIds()))
    throw new QuestionError(
      'no reader understood anything in this snapshot, so nothing can be said. netaudit inspect lists why.',
    );
  return network;
}

function isEmpty(list: Iterable<unknown>): boolean {
  for (const _ of list) return false;
  return true;
}

/**
 * Answers "can SRC reach DST[:PORT]", one answer for each thing that the words stand for. Throws QuestionError,
 * ContradictionError.
 */
export function ask(
  estate: Estate,
  src: string,
  dst: string,
  options: EndpointOptions & ReachOptions & { readonly whatIf?: readonly Change[] } = {},
): readonly Answer[] {
  const network = answerable(estate);
  const asked = patched(network, patchesOf(network, options.whatIf ?? []));
  return [...answersTo(asked, questionsOf(asked, src, dst, options), estate.views, options)].map((answer) =>
    estate.refusals.about(withHints(answer, estate)),
  );
}

/** Where no change of the configuration helps, what the code's own page says about mending it. */
function withHints(answer: Answer, { codes }: Estate): Answer {
  const blockers = answer.blockers.map((blocker) => {
    const hint = blocker.fix === null ? codes.get(blocker.code)?.fix : undefined;
    return hint === undefined ? blocker : { ...blocker, whyNoFix: `${blocker.whyNoFix ?? 'nothing'}. ${hint}` };
  });
  return { ...answer, blockers };
}
