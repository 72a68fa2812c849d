/** Every reader's samples: what its documents become in the network. */
import { globSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { buildNetwork, loadSnapshot } from '../src/index.ts';
import type { Sample } from '../src/model/sample.ts';
import { seen } from './seen.ts';
import { folderOf } from './snapshot/folder.ts';

const root = fileURLToPath(new URL('../src/', import.meta.url));

for (const file of globSync('**/*.samples.ts', { cwd: root }).sort()) {
  const { SAMPLES } = (await import(pathToFileURL(`${root}${file}`).href)) as { SAMPLES: readonly Sample[] };
  describe(relative('providers', file).replace('.samples.ts', ''), () => {
    test.each(SAMPLES)('$title', async ({ given, see }) => {
      const files = Object.fromEntries(given.map((document, i) => [`${i}.json`, document]));
      const { network } = buildNetwork(await loadSnapshot([folderOf(files)]));
      const got = Object.fromEntries(Object.keys(see).map((key) => [key, seen(network, key)]));
      expect(got).toEqual(see);
    });
  });
}
