/**
 * The law of fixes, over AWS snapshots that were broken at random: the changes of a fix that is said to work do work when
 * they are laid over the network, and none of them can be left out. What cannot be mended says why.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { QuestionError, ask, buildNetwork, combined, loadSnapshot } from '../../src/index.ts';
import { folderOf } from '../snapshot/folder.ts';

type Json = Record<string, unknown>;
interface Case {
  readonly name: string;
  readonly files: Readonly<Record<string, Json>>;
  readonly queries: readonly { readonly args: readonly [string, string]; readonly verdict: string }[];
}

const root = fileURLToPath(new URL('../../fixtures/cases', import.meta.url));

function readCase(name: string): Case {
  const folder = join(root, name);
  const names = readdirSync(folder).filter((file) => file.endsWith('.json'));
  const parsed = names.map((file) => [file, JSON.parse(readFileSync(join(folder, file), 'utf8'))] as const);
  const { queries } = parsed.find(([file]) => file === 'case.json')![1] as Pick<Case, 'queries'>;
  return { name, files: Object.fromEntries(parsed.filter(([file]) => file !== 'case.json')), queries };
}

/** Numbers that look random and are the same in every run. */
function randomOf(seed: number): (below: number) => number {
  let state = seed * 2654435761;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 374761393) >>> 0;
    return state % below;
  };
}

/** The lists whose entries may be taken away, and the states that may be set, wherever they stand in a document. */
const BREAKABLE = new Set([
  'IpPermissions',
  'IpPermissionsEgress',
  'Entries',
  'Routes',
  'IpRanges',
  'UserIdGroupPairs',
]);

function placesIn(value: unknown, found: (() => void)[], random: (below: number) => number): void {
  if (Array.isArray(value)) for (const one of value) placesIn(one, found, random);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  const record = value as Json;
  for (const [key, inner] of Object.entries(record)) {
    if (BREAKABLE.has(key) && Array.isArray(inner) && inner.length > 0)
      found.push(() => void inner.splice(random(inner.length), 1));
    placesIn(inner, found, random);
  }
  const state = record['State'];
  if (typeof record['InstanceId'] === 'string' && typeof state === 'object' && state !== null)
    found.push(() => void ((state as Json)['Name'] = 'stopped'));
  const status = record['Status'];
  if (typeof record['VpcPeeringConnectionId'] === 'string' && typeof status === 'object' && status !== null)
    found.push(() => void ((status as Json)['Code'] = 'pending-acceptance'));
  if (record['Blackhole'] === undefined && record['State'] === 'active' && record['Origin'] === 'CreateRoute')
    found.push(() => void (record['State'] = 'blackhole'));
}

/** Undefined where what was broken is what said where an end stands. */
function answerOr<T>(question: () => T): T | undefined {
  try {
    return question();
  } catch (error) {
    if (error instanceof QuestionError) return undefined;
    throw error;
  }
}

let mended = 0;
afterAll(() => {
  expect(mended, 'fixes that were tried').toBeGreaterThan(20);
});

const cases = readdirSync(root)
  .filter((name) => name.startsWith('aws-') && existsSync(join(root, name, 'case.json')))
  .map(readCase)
  .filter(
    ({ files, queries }) => Object.keys(files).length > 0 && queries.some((query) => query.verdict === 'reachable'),
  );

describe('over networks broken at random', () => {
  test.each(cases.map((one, i) => [one.name, one, i] as const))('%s', async (_, one, index) => {
    const random = randomOf(index + 1);
    for (let round = 0; round < 3; round++) {
      const files = structuredClone(one.files) as Record<string, Json>;
      const places: (() => void)[] = [];
      placesIn(Object.values(files), places, random);
      for (let breaks = 1 + random(3); breaks > 0; breaks--) places[random(places.length)]?.();
      const works = one.queries.filter((query) => query.verdict === 'reachable');
      const [src, dst] = works[random(works.length)]!.args;
      const texts = Object.fromEntries(Object.entries(files).map(([name, file]) => [name, JSON.stringify(file)]));
      const estate = buildNetwork(await loadSnapshot([folderOf(texts)]));
      const answer = answerOr(() => combined(ask(estate, src, dst), src, dst));
      if (answer === undefined) continue;
      const seen = `${one.name}, round ${round}: ${src} -> ${dst}`;
      for (const blocker of answer.blockers)
        if (blocker.fix === null) expect(blocker.whyNoFix, `${seen}: ${blocker.code}`).toBeTruthy();
      if (answer.fixes.outcome !== 'reachable') continue;
      const { changes } = answer.fixes;
      mended++;
      const verdictWith = (whatIf: typeof changes) => combined(ask(estate, src, dst, { whatIf }), src, dst).verdict;
      expect(verdictWith(changes), seen).toBe('reachable');
      for (const left of changes)
        expect(verdictWith(changes.filter((change) => change !== left)), `${seen} without: ${left.text}`).not.toBe(
          'reachable',
        );
    }
  });
});
