// Loaded before anything else: gives one source file with other words in it, as NETAUDIT_MUTANT says. Nothing is written.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

const { file, find, put } = JSON.parse(process.env.NETAUDIT_MUTANT);
const target = new URL(`../../${file}`, import.meta.url).href;
const parts = readFileSync(fileURLToPath(target), 'utf8').split(find);
if (parts.length !== 2) throw new Error(`${file} holds these words ${parts.length - 1} times: ${find}`);

registerHooks({
  load: (url, context, next) =>
    url === target ? { format: 'module-typescript', source: parts.join(put), shortCircuit: true } : next(url, context),
});
