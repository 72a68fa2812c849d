/** netaudit reach SRC DST[:PORT] */
import { ask, buildNetwork, combined, reachJson, reachText, type Verdict } from '../../index.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { type OutputOptions, wantsColour, wantsUnicode, write } from '../output.ts';
import { Problem } from '../problem.ts';
import { openSnapshot } from '../snapshot.ts';

export interface ReachCommandOptions extends OutputOptions {
  readonly snapshot: readonly string[];
  readonly strict?: boolean;
  readonly expect?: string;
  readonly family?: string;
  readonly color?: boolean;
}

const VERDICTS: readonly Verdict[] = ['reachable', 'unreachable', 'partial', 'undetermined'];

export async function reachCommand(src: string, dst: string, options: ReachCommandOptions): Promise<number> {
  if (options.expect !== undefined && !VERDICTS.includes(options.expect as Verdict))
    throw new Problem(`--expect takes ${VERDICTS.join(', ')}; "${options.expect.slice(0, 100)}" is none of them.`);
  if (options.family !== undefined && options.family !== '4' && options.family !== '6')
    throw new Problem('--family takes 4 or 6.');
  const { snapshot, config } = await openSnapshot(options.snapshot);
  const estate = buildNetwork(snapshot);
  const rows = ask(estate, src, dst, {
    strict: options.strict === true,
    ...(config.places === undefined ? {} : { places: config.places }),
    ...(options.family === undefined ? {} : { family: options.family === '4' ? 4 : 6 }),
  });
  const answer = combined(rows, src, dst);
  write(options, {
    text: () => reachText(answer, snapshot, { colour: wantsColour(options), unicode: wantsUnicode(), now: new Date() }),
    json: () => reachJson(answer, snapshot),
  });
  return exitCodeOf(answer.verdict, options.expect);
}
