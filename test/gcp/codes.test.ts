/** Every code that the readers of Google Cloud use is one that `netaudit explain` knows. */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { gcpProvider } from '../../src/providers/gcp/index.ts';
import { NEUTRAL_CODES } from '../../src/gotchas/codes.ts';

const root = fileURLToPath(new URL('../../src/providers/gcp', import.meta.url));

test('codes in the source have a meaning', () => {
  const known = new Set([...NEUTRAL_CODES, ...gcpProvider.codes].map(({ code }) => code));
  const used = globSync('**/*.ts', { cwd: root }).flatMap((file) =>
    [...readFileSync(`${root}/${file}`, 'utf8').matchAll(/code: '([a-z0-9-]+)'/g)].map(([, code]) => code!),
  );
  expect(used.length).toBeGreaterThan(60);
  expect(used.filter((code) => !known.has(code))).toEqual([]);
});

test('every code names a page of the documentation', () => {
  for (const { code, source } of gcpProvider.codes)
    expect(source, code).toMatch(/^https:\/\/docs\.cloud\.google\.com\//);
});
