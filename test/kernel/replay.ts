/** Holds the engine against what the kernel said once. Run as a program, it tells how many recorded answers are denied. */
import { readFileSync } from 'node:fs';
import { disagree, drawn } from './check.ts';
import { Engine } from './engine.ts';
import { PROVIDERS } from './providers.ts';
import { type Recorded, digestOf, metOf } from './recorded.ts';

export const RECORDED = JSON.parse(
  readFileSync(new URL('recorded.json', import.meta.url), 'utf8'),
) as readonly Recorded[];

/** The first answers that the engine denies, as text; at most `enough`. */
export async function denied(records: readonly Recorded[], enough = Infinity): Promise<string[]> {
  const found: string[] = [];
  for (const { provider: name, seed, digest, met } of records) {
    const provider = PROVIDERS.find((one) => one.name === name)!;
    const { files, probes } = drawn(provider, seed);
    if (digestOf(files, probes) !== digest)
      throw new Error(
        `${name} seed ${seed} draws another network than when the kernel was asked. Record anew: npm run test:kernel -- --topologies ${RECORDED.length} --seed 1 --record test/kernel/recorded.json`,
      );
    const engine = await Engine.of(files);
    for (const [i, one] of metOf(met).entries()) {
      const probe = probes[i]!;
      const said = engine.says(probe);
      if (disagree(one, said)) found.push(`${name} seed ${seed}: ${one}, ${said}: ${JSON.stringify(probe)}`);
      if (found.length >= enough) break;
    }
    engine.close();
    if (found.length >= enough) break;
  }
  return found;
}

if (import.meta.main) {
  // An engine that throws denies as well as one that says something else.
  const wrong = await denied(RECORDED, 1).catch((error: unknown) => [String(error)]);
  process.stdout.write(JSON.stringify(wrong));
}
