/** netaudit reach SRC DST[:PORT], and many such questions at once with --batch. */
// A question starts at once: it loads what it needs, not the whole library.
import { type Estate, ask, readNetwork } from '../../core.ts';
import type { Change } from '../../model/change.ts';
import type { Answer, Verdict } from '../../model/results.ts';
import { combined } from '../../report/combine.ts';
import { reachJson } from '../../report/json.ts';
import { reachLine, reachText } from '../../report/text.ts';
import type { Snapshot } from '../../snapshot/documents.ts';
import { EXIT, exitCodeOf, worstExit } from '../exit-codes.ts';
import { type OutputOptions, wantsColour, wantsUnicode, write } from '../output.ts';
import { Problem } from '../problem.ts';
import type { Remembered } from '../answer-cache.ts';
import { answerFolder } from '../collect-cache.ts';
import type { Config } from '../config.ts';
import { bytesIn, openSnapshot, snapshotPaths } from '../snapshot.ts';

export interface ReachCommandOptions extends OutputOptions {
  readonly snapshot: readonly string[];
  readonly strict?: boolean;
  readonly expect?: string;
  readonly family?: string;
  readonly color?: boolean;
  readonly whatIf?: string;
  readonly batch?: string;
  /** False with --no-cache. */
  readonly cache?: boolean;
}

/** Smaller snapshots are answered as fast without a cache. */
const WORTH_KEEPING = 8 << 20;

const VERDICTS: readonly Verdict[] = ['reachable', 'unreachable', 'partial', 'undetermined'];

export async function reachCommand(
  src: string | undefined,
  dst: string | undefined,
  options: ReachCommandOptions,
): Promise<number> {
  checkExpectation(options.expect, '--expect');
  if (options.family !== undefined && options.family !== '4' && options.family !== '6')
    throw new Problem('--family takes 4 or 6.');
  if (options.batch !== undefined) {
    if (src !== undefined) throw new Problem('--batch brings its own questions: leave SRC and DST out.');
    return batch(options.batch, options);
  }
  if (src === undefined || dst === undefined)
    throw new Problem('reach needs a source and a destination: netaudit reach web-1 db-1:5432, or --batch FILE.');
  const { answer, snapshot } = await answerTo(src, dst, options);
  write(options, {
    text: () => reachText(answer, snapshot, { colour: wantsColour(options), unicode: wantsUnicode(), now: new Date() }),
    json: () => reachJson(answer, snapshot),
  });
  return exitCodeOf(answer.verdict, options.expect);
}

type Questioner = (src: string, dst: string) => Answer;

/** One answer; where the snapshot is large, kept for the next time that it is asked for. */
async function answerTo(src: string, dst: string, options: ReachCommandOptions): Promise<Remembered> {
  const { paths, config } = await snapshotPaths(options.snapshot);
  const wantsCache = options.cache !== false && (process.env['NETAUDIT_NO_CACHE'] ?? '') === '';
  const cache =
    wantsCache && bytesIn(paths) >= WORTH_KEEPING
      ? (await import('../answer-cache.ts')).AnswerCache.for(
          paths,
          { src, dst, ...(await howToAsk(options, config)) },
          answerFolder(),
        )
      : undefined;
  const kept = cache?.find();
  if (kept !== undefined) return kept;
  const { snapshot, questioner } = await open(options);
  const answer = questioner(src, dst);
  // When the answer is out and nothing is left to do, so that nobody waits for it.
  if (cache !== undefined) process.once('beforeExit', () => cache.keep(answer, snapshot));
  return { answer, snapshot };
}

async function open(options: ReachCommandOptions): Promise<{ snapshot: Snapshot; questioner: Questioner }> {
  const { snapshot, config } = await openSnapshot(options.snapshot);
  const estate: Estate = await readNetwork(snapshot);
  const how = await howToAsk(options, config);
  return { snapshot, questioner: (src, dst) => combined(ask(estate, src, dst, how), src, dst) };
}

/** Everything but the snapshot and the two ends that an answer depends on. */
async function howToAsk(options: ReachCommandOptions, { places }: Config) {
  const whatIf: readonly Change[] =
    options.whatIf === undefined ? [] : (await import('../input.ts')).readChanges(options.whatIf);
  return {
    strict: options.strict === true,
    whatIf,
    ...(places === undefined ? {} : { places }),
    ...(options.family === undefined ? {} : { family: options.family === '4' ? (4 as const) : (6 as const) }),
  };
}

/** One line a question, in their order; a question that can't be asked is an error of its own and stops no other. */
async function batch(file: string, options: ReachCommandOptions): Promise<number> {
  const questions = (await import('../input.ts')).readBatch(file);
  for (const { expect, line } of questions) checkExpectation(expect, `line ${line}: "expect"`);
  const { snapshot, questioner } = await open(options);
  const codes: number[] = [];
  const results = questions.map(({ src, dst, line, expect = options.expect }) => {
    try {
      const answer = questioner(src, dst);
      codes.push(exitCodeOf(answer.verdict, expect));
      return { src, dst, line, answer };
    } catch (error) {
      if (!(error instanceof Error) || !ASKED_WRONG.has(error.name)) throw error;
      codes.push(EXIT.usage);
      return { src, dst, line, error: error.message };
    }
  });
  write(options, {
    text: () => results.map((result) => reachLine(result, { colour: wantsColour(options) })).join(''),
    json: () =>
      results
        .map((result) =>
          'answer' in result
            ? reachJson(result.answer, snapshot, 0)
            : `${JSON.stringify({ schemaVersion: 1, error: result.error, src: result.src, dst: result.dst, line: result.line })}\n`,
        )
        .join(''),
  });
  return worstExit(codes);
}

/** What one question of a batch may get wrong without being the snapshot's fault. */
const ASKED_WRONG = new Set(['QuestionError', 'SpaceBudgetError', 'WalkBudgetError']);

function checkExpectation(expect: string | undefined, what: string): void {
  if (expect !== undefined && !VERDICTS.includes(expect as Verdict))
    throw new Problem(`${what} takes ${VERDICTS.join(', ')}; "${expect.slice(0, 100)}" is none of them.`);
}
