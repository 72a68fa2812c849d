// Builds dist/: the library as plain modules with types, and the command as a bundle with lazy chunks, which starts
// about twice as fast as the same code unbundled.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
rmSync(join(root, 'dist'), { recursive: true, force: true });
execFileSync(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit' });
rmSync(join(root, 'dist', 'cli'), { recursive: true, force: true });
const bundle = await rolldown({ input: { main: join(root, 'src', 'cli', 'main.ts') }, platform: 'node', cwd: root });
await bundle.write({ dir: join(root, 'dist', 'cli'), format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' });
await bundle.close();
