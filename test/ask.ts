/** Asks a question of a snapshot directory with the options of the command line, in this process. */
import { type Answer, ask as askAll, buildNetwork, combined, loadSnapshot } from '../src/index.ts';

export async function ask(
  directory: string,
  [src, dst]: readonly [string, string],
  options: readonly string[] = [],
): Promise<Answer> {
  const estate = buildNetwork(await loadSnapshot([directory], { byRecordFrom: 0 }));
  return combined(askAll(estate, src, dst, { strict: options.includes('--strict') }), src, dst);
}
