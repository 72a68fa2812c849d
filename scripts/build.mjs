// Builds dist/: the library as plain modules with types, and the command as a bundle with lazy chunks, which starts
// about twice as fast as the same code unbundled. A checkout without src/cli/main.ts has no program yet: then errors
// are printed but do not fail the build, so that installing still works. dist/action/ is committed and is left alone.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const main = join(root, 'src', 'cli', 'main.ts');
const hasProgram = existsSync(main);

/**
 * Commander loads node:child_process, and with it Node's network code, for commands in executables of their own. There
 * are none here, so its start need not wait for that.
 */
const withoutChildProcess = {
  name: 'without-child-process',
  resolveId: (source, importer = '') =>
    source === 'node:child_process' && importer.includes('/commander/') ? '\0no-child-process' : null,
  load: (id) => (id === '\0no-child-process' ? 'export default {};' : null),
};

for (const entry of existsSync(dist) ? readdirSync(dist) : []) {
  if (entry !== 'action') rmSync(join(dist, entry), { recursive: true, force: true });
}

const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const library = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
if (library.status !== 0 && hasProgram) process.exit(1);

if (hasProgram) {
  // Worker threads start from a file of their own.
  const worker = join(root, 'src', 'cli', 'matrix-worker.ts');
  // The clouds' SDKs stay outside: optional packages, which `collect` loads from where they are installed.
  const { peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const external = Object.keys(peerDependencies);
  const how = { platform: 'node', cwd: root, external, plugins: [withoutChildProcess] };
  // What a question loads is one file: each file more is a search of folders, a read and a check of its own.
  const question = await rolldown({ ...how, input: join(root, 'src', 'cli', 'commands', 'reach.ts') });
  const [{ moduleIds }] = (await question.generate({ format: 'cjs' })).output;
  const inQuestion = new Set(moduleIds);
  await question.close();
  const bundle = await rolldown({ ...how, input: { main, 'matrix-worker': worker } });
  await bundle.write({
    dir: join(dist, 'cli'),
    // CommonJS starts a tenth faster than ES modules: nothing waits for an asynchronous loader.
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: 'chunks/[name]-[hash].cjs',
    // Shorter, but with its lines and names: what Node shows of a crash stays readable.
    comments: { legal: true, annotation: false, jsdoc: false },
    minify: { mangle: false, compress: true, codegen: { removeWhitespace: false } },
    codeSplitting: { groups: [{ name: 'question', test: (id) => inQuestion.has(id) }] },
  });
  await bundle.close();
} else {
  process.stderr.write('build: src/cli/main.ts is not there, so there is no command to bundle.\n');
}
