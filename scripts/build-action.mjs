// Builds the GitHub Action's bundle, one file, into dist/action/ or the folder given. The same source gives the same bytes;
// the bundle is committed, because a runner installs nothing, and the tests compare it with a new one.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
// Nothing is collected from within the action, so the clouds' SDKs stay outside.
const { peerDependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const bundle = await rolldown({
  input: fileURLToPath(new URL('../src/action/main.ts', import.meta.url)),
  platform: 'node',
  external: Object.keys(peerDependencies),
  cwd: root,
});
await bundle.write({
  dir: process.argv[2] ?? fileURLToPath(new URL('../dist/action', import.meta.url)),
  format: 'esm',
  entryFileNames: 'main.js',
  codeSplitting: false,
});
await bundle.close();
