/** netaudit reach SRC DST[:PORT], and many such questions at once with --batch. */
import {
  type Answer,
  type Change,
  type Estate,
  type Snapshot,
  ask,
  buildNetwork,
  combined,
  reachJson,
  reachLine,
  reachText,
  type Verdict,
} from '../../index.ts';
import { EXIT, exitCodeOf, worstExit } from '../exit-codes.ts';
import { type OutputOptions, wantsColour, wantsUnicode, write } from '../output.ts';
import { Problem } from '../problem.ts';
import { openSnapshot } from '../snapshot.ts';

export interface ReachCommandOptions extends OutputOptions {
  readonly snapshot: readonly string[];
  readonly strict?: boolean;
  readonly expect?: string;
  readonly family?: string;
  readonly color?: boolean;
  readonly whatIf?: string;
  readonly batch?: string;
}

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
  const { snapshot, questioner } = await open(options);
  const answer = questioner(src, dst);
  write(options, {
    text: () => reachText(answer, snapshot, { colour: wantsColour(options), unicode: wantsUnicode(), now: new Date() }),
    json: () => reachJson(answer, snapshot),
  });
  return exitCodeOf(answer.verdict, options.expect);
}

type Questioner = (src: string, dst: string) => Answer;

async function open(options: ReachCommandOptions): Promise<{ snapshot: Snapshot; questioner: Questioner }> {
  const changes: readonly Change[] =
    options.whatIf === undefined ? [] : (await import('../input.ts')).readChanges(options.whatIf);
  const { snapshot, config } = await openSnapshot(options.snapshot);
  const estate: Estate = buildNetwork(snapshot);
  const how = {
    strict: options.strict === true,
    whatIf: changes,
    ...(config.places === undefined ? {} : { places: config.places }),
    ...(options.family === undefined ? {} : { family: options.family === '4' ? (4 as const) : (6 as const) }),
  };
  return { snapshot, questioner: (src, dst) => combined(ask(estate, src, dst, how), src, dst) };
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
