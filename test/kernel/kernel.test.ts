/**
 * What the Linux kernel said of random networks, held against the engine, on any machine; and that those answers have
 * teeth. The kernel itself is asked by `npm run test:kernel`.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { MUTANTS, fileOf } from './mutants.ts';
import { PROVIDERS } from './providers.ts';
import { RECORDED, denied } from './replay.ts';

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const run = promisify(execFile);

for (const { name } of PROVIDERS)
  test(`the engine says what the kernel said of ${name} networks`, async () => {
    const mine = RECORDED.filter(({ provider }) => provider === name);
    expect(mine.length).toBeGreaterThan(10);
    expect(await denied(mine, 5)).toEqual([]);
  });

describe('what the kernel said catches', () => {
  // A mutant whose words somebody changed is skipped, not lost: this fails when too few are left.
  test('mistakes of many kinds', () => {
    expect(MUTANTS.filter((mutant) => fileOf(mutant) !== undefined).length).toBeGreaterThan(20);
  });
  for (const { name, find, put, room } of MUTANTS)
    test(name, async ({ skip }) => {
      const file = fileOf({ name, find, put, room });
      if (file === undefined) return skip(`these words are gone from ${room}, find new ones: ${find}`);
      const { stdout } = await run(process.execPath, ['--import', here('mutate.mjs'), here('replay.ts')], {
        env: { ...process.env, NETAUDIT_MUTANT: JSON.stringify({ file, find, put }) },
      });
      expect(JSON.parse(stdout)).toHaveLength(1);
    });
});
