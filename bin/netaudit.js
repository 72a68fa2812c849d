#!/usr/bin/env node
// Starts netaudit on a Node that can run it. Old syntax on purpose: this file must at least parse on an old Node, so
// that the answer to a too old one is a sentence and not a SyntaxError. A checkout brings a current Node along in
// node_modules; the published package does not.
import nodeModule from 'node:module';

// An import of node:fs makes Node load all that it could hand out as well, its promises and streams: some milliseconds.
const require = nodeModule.createRequire(import.meta.url);
const { existsSync } = require('fs');
const { dirname, join } = require('path');
const { fileURLToPath } = require('url');

const self = fileURLToPath(import.meta.url);
const root = join(dirname(self), '..');
const version = process.versions.node.split('.').map(Number);

if (version[0] > 22 || (version[0] === 22 && version[1] >= 18)) {
  if (nodeModule.enableCompileCache) nodeModule.enableCompileCache();
  const built = join(root, 'dist', 'cli', 'main.cjs');
  if (existsSync(built)) require(built);
  else import(new URL('../src/cli/main.ts', import.meta.url).href);
} else {
  const node = currentNode();
  if (node) handOver(node);
  else fail('this is Node ' + process.versions.node + '; install a current one from https://nodejs.org');
}

/** The Node that a checkout installs for itself, or undefined when it is not there. */
function currentNode() {
  const isWindows = process.platform === 'win32';
  const system = isWindows ? 'win' : process.platform;
  const prefix = system === 'darwin' && process.arch === 'arm64' ? 'node-bin-' : 'node-';
  const file = join('bin', isWindows ? 'node.exe' : 'node');
  try {
    const found = join(dirname(require.resolve(prefix + system + '-' + process.arch + '/package.json')), file);
    return existsSync(found) ? found : undefined;
  } catch (error) {
    return undefined;
  }
}

/** Runs this file again on `node`; its exit code or signal becomes ours, and signals sent to us reach it. */
function handOver(node) {
  const { spawn } = require('child_process');
  const { constants } = require('os');
  const child = spawn(node, [self].concat(process.argv.slice(2)), { stdio: 'inherit' });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];
  signals.forEach(function (signal) {
    process.on(signal, function () {
      // A terminal sends Ctrl-C to both processes by itself.
      if (!((signal === 'SIGINT' || signal === 'SIGQUIT') && process.stdin.isTTY)) child.kill(signal);
    });
  });
  child.on('error', function (error) {
    fail(node + ' does not start here (' + error.message + ')');
  });
  child.on('exit', function (code, signal) {
    if (!signal) return process.exit(code);
    signals.forEach(function (each) {
      process.removeAllListeners(each);
    });
    process.kill(process.pid, signal);
    // Still here: a signal that this process does not die of, or that Windows cannot send.
    process.exitCode = 128 + constants.signals[signal];
  });
}

function fail(why) {
  process.stderr.write('netaudit needs Node 22.18 or newer: ' + why + '.\n');
  process.exitCode = 2;
}
