/** The page that says what is proven is what the cases and tests say. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('docs/proof.md is up to date, and something proves every rule', () => {
  const script = fileURLToPath(new URL('../../scripts/proof.mjs', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
