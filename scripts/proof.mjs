// Writes docs/proof.md: every rule of test/proof/rules.json and what proves it. A case names the rules it proves under the
// key "proves" of its case.json, a test in a comment that begins "Proves:" and ends with a full stop. With --check nothing
// is written: exits 1 where the page is not up to date, a rule is proven by nothing, or a proof names no rule.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path) => readFileSync(join(root, path), 'utf8');
const page = 'docs/proof.md';

/** Where a proof stands says what kind it is; the first folder that fits. */
const KINDS = [
  ['test/oracle', 'one packet'],
  ['test/kernel', 'kernel'],
  ['test/laws', 'law'],
  ['test/fuzz', 'law'],
  ['test/matrix', 'law'],
  ['test/diff', 'law'],
  ['test', 'test'],
];
const COLUMNS = ['one packet', 'law', 'kernel', 'test'];

const rules = JSON.parse(read('test/proof/rules.json'));
const proofs = new Map(rules.map(({ id }) => [id, { cases: [], kinds: new Set() }]));
const wrong = [];
const prove = (id, where, add) => {
  const proof = proofs.get(id);
  if (proof === undefined) wrong.push(`${where} proves "${id}", which test/proof/rules.json does not hold`);
  else add(proof);
};

for (const name of readdirSync(join(root, 'fixtures/cases')).sort()) {
  const file = `fixtures/cases/${name}/case.json`;
  if (!existsSync(join(root, file))) continue;
  for (const id of JSON.parse(read(file)).proves ?? []) prove(id, file, ({ cases }) => cases.push(name));
}
for (const name of readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' }).sort()) {
  if (!name.endsWith('.ts')) continue;
  const file = `test/${name.replaceAll('\\', '/')}`;
  const [, kind] = KINDS.find(([folder]) => file.startsWith(`${folder}/`));
  for (const [, list] of read(file).matchAll(/\bProves: ([^.]*)\./g))
    for (const id of list.split(',')) prove(id.replaceAll(/^[\s*/]+|\s+$/g, ''), file, ({ kinds }) => kinds.add(kind));
}
for (const [id, { cases, kinds }] of proofs) if (cases.length + kinds.size === 0) wrong.push(`nothing proves ${id}`);

const counted = (kind) => [...proofs.values()].filter(({ kinds }) => kinds.has(kind)).length;
const lines = [
  '# What is proven, and how',
  '',
  'Written by `node scripts/proof.mjs` from what cases and tests say that they prove; `npm test` checks that it is up to date.',
  '',
  '| kind | what it is | rules |',
  '| --- | --- | --- |',
  `| case | a snapshot in the provider's own JSON with questions and their answers, [fixtures/cases](../fixtures/cases) | ${[...proofs.values()].filter(({ cases }) => cases.length > 0).length} |`,
  `| one packet | random networks of the model; each answer is compared with what a second, 250-line evaluator without sets says of single packets, [test/oracle](../test/oracle) | ${counted('one packet')} |`,
  `| law | what must hold whatever the network is: over random networks, broken snapshots, all pairs and differences, [test/laws](../test/laws), [test/fuzz](../test/fuzz), [test/matrix](../test/matrix), [test/diff](../test/diff) | ${counted('law')} |`,
  `| kernel | random snapshots in the provider's own JSON; a translation that shares no code with netaudit builds them from network namespaces, routes and nftables, and real packets say what works, [test/kernel](../test/kernel) | ${counted('kernel')} |`,
  `| test | tables of small estates, [test](../test) | ${counted('test')} |`,
  '',
  'The kernel runs our reading of a provider’s pages, not the provider: it finds mistakes in the readers and the engine, not in',
  'the pages or in how we understand them. [kernel.md](kernel.md) says what was run and found.',
];
for (const group of new Set(rules.map((rule) => rule.group))) {
  lines.push(
    '',
    `## ${group}`,
    '',
    `| rule | cases | ${COLUMNS.join(' | ')} |`,
    `| --- | --- |${' --- |'.repeat(COLUMNS.length)}`,
  );
  for (const { id, rule, source } of rules.filter((one) => one.group === group)) {
    const { cases, kinds } = proofs.get(id);
    const links = cases.map((name) => `[${name}](../fixtures/cases/${name})`).join('<br>');
    const marks = COLUMNS.map((kind) => (kinds.has(kind) ? '✓' : ''));
    lines.push(`| ${source === undefined ? rule : `[${rule}](${source})`} | ${links} | ${marks.join(' | ')} |`);
  }
}
const text = `${lines.join('\n')}\n`;

if (process.argv.includes('--check')) {
  if (!existsSync(join(root, page)) || read(page) !== text)
    wrong.push(`${page} is not up to date: node scripts/proof.mjs`);
} else writeFileSync(join(root, page), text);
for (const what of wrong) process.stderr.write(`${what}\n`);
process.exitCode = wrong.length > 0 ? 1 : 0;
