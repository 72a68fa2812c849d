/** The policies that come along: each fires on the examples where it should, and on no others. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { audit, buildNetwork, loadSnapshot, parsePolicy, parsePolicyList } from '../../src/index.ts';
import { folderOf } from '../snapshot/folder.ts';

const folder = fileURLToPath(new URL('../../policies', import.meta.url));
const read = (name: string) => readFileSync(join(folder, name), 'utf8');
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml') && name !== 'recommended.yaml');

type Json = Record<string, unknown>;
interface Example {
  readonly title: string;
  readonly fires: boolean;
  readonly estate: string;
  readonly with?: readonly Json[];
}

/** The documents of an example: records of `with` take the place of those of the same id, and others are added. */
function documentsOf({ estate, with: more = [] }: Example): Json[] {
  const documents = parse(read(`examples/${estate}.yaml`)) as Json[];
  const idOf = (record: Json) =>
    record['selfLink'] ??
    record['id'] ??
    Object.entries(record).find(([key]) => key.endsWith('Id') && !['VpcId', 'OwnerId'].includes(key))?.[1] ??
    record['VpcId'];
  for (const document of more) {
    const list = Object.entries(document).find(([, value]) => Array.isArray(value)) as [string, Json[]] | undefined;
    const base = documents.find((one) => one['kind'] === document['kind'] && Array.isArray(one[list?.[0] ?? '']));
    // An answer about something that its request names stands for itself.
    if (list === undefined || base === undefined || '$request' in document) documents.push(document);
    else {
      const [key, records] = list;
      const ids = new Set(records.map(idOf));
      base[key] = [...(base[key] as Json[]).filter((one) => !ids.has(idOf(one))), ...records];
    }
  }
  return documents;
}

async function fires(example: Example, file: string): Promise<string[]> {
  const lines = documentsOf(example).map((one) => JSON.stringify(one));
  const snapshot = await loadSnapshot([folderOf({ 'estate.json': lines.join('\n') })]);
  expect(snapshot.notUnderstood).toEqual([]);
  const policy = parsePolicy(read(file), file);
  const { findings, checks } = audit(buildNetwork(snapshot), { policies: [policy] });
  expect(checks.map(({ outcome }) => outcome)).not.toContain('undetermined');
  const mine = findings.filter(({ code }) => code === policy.code);
  for (const { source } of mine) expect(source).toContain(PAGES[example.estate]);
  return mine.map(({ message }) => message);
}

/** A finding about a thing of one provider leads to that provider's page. */
const PAGES: Readonly<Record<string, string>> = {
  aws: 'aws.amazon.com',
  gcp: 'cloud.google.com',
  azure: 'microsoft.com',
};

describe.each(files)('%s', (file) => {
  const { examples } = parse(read(file)) as { examples: Example[] };
  const policy = parsePolicy(read(file), file);

  test('has a code like its file, pages, and examples of both sorts', () => {
    expect(`${policy.code}.yaml`).toBe(file);
    expect(policy.links.length).toBeGreaterThan(0);
    for (const link of policy.links) expect(link).toMatch(/^https:\/\//);
    expect(new Set(examples.map((one) => one.fires))).toEqual(new Set([true, false]));
  });

  test('fires on each provider, or says in a comment why it cannot', () => {
    const comments = read(file)
      .split('\n')
      .filter((line) => line.startsWith('#'))
      .join(' ');
    for (const [estate, called] of Object.entries({ aws: 'AWS', gcp: 'Google Cloud', azure: 'Azure' })) {
      const outcomes = new Set(examples.filter((one) => one.estate === estate).map((one) => one.fires));
      expect(outcomes, `silent on ${estate}`).toContain(false);
      if (!outcomes.has(true)) expect(comments).toContain(called);
    }
  });

  test.each(examples)('$title ($estate): $fires', async (example) => {
    const found = await fires(example, file);
    if (example.fires) expect(found.length).toBeGreaterThan(0);
    else expect(found).toEqual([]);
  });
});

test('the recommended set names policies that are there', () => {
  for (const code of parsePolicyList(read('recommended.yaml'), 'recommended.yaml'))
    expect(files).toContain(`${code}.yaml`);
});
