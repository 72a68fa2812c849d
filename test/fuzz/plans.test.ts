/**
 * Broken Terraform plans: whatever `terraform show -json` is said to have printed, netaudit tells what it opens and closes
 * or what is wrong with it. It never crashes, hangs or fills the memory. FUZZ_SECONDS makes it longer, FUZZ_SEED another one;
 * NETAUDIT_PLANS adds the plans of a folder.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import {
  REPORT_FORMATS,
  judgePlan,
  parsePolicy,
  planJson,
  planText,
  readTerraformPlan,
  reportAs,
} from '../../src/index.ts';
import { randomOf } from '../random.ts';
import { garble, mutate } from './mutations.ts';
import { millisecondsSince } from './processor.ts';

const SEED = Number(process.env['FUZZ_SEED'] ?? 1);
const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 6);
const RUNS = process.env['FUZZ_SECONDS'] === undefined ? 200 : Infinity;
const MOST_MILLISECONDS = 5000;
const MOST_BYTES = 2 ** 31;
const MENDABLE = new Set(['PlanError', 'ContradictionError', 'SpaceBudgetError', 'WalkBudgetError']);

const POLICIES = fileURLToPath(new URL('../../policies', import.meta.url));
const FIXTURES = fileURLToPath(new URL('../../fixtures/plans', import.meta.url));

function plans(): { name: string; plan: unknown }[] {
  const more = process.env['NETAUDIT_PLANS'];
  const files = [
    ...readdirSync(FIXTURES).map((name) => join(FIXTURES, name, 'plan.json')),
    ...(more === undefined ? [] : readdirSync(more, { recursive: true }).map((name) => join(more, String(name)))),
  ].filter((file) => file.endsWith('.json'));
  return files.flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    // Some have a line of a log in front.
    return text.includes('"resource_changes"') ? [{ name: file, plan: JSON.parse(text.slice(text.indexOf('{'))) }] : [];
  });
}

test('no broken plan crashes, hangs or fills the memory', async () => {
  const all = plans();
  const policies = readdirSync(POLICIES)
    .filter((name) => name.endsWith('.yaml') && name !== 'recommended.yaml')
    .map((name) => parsePolicy(readFileSync(join(POLICIES, name), 'utf8'), name));
  const end = performance.now() + SECONDS * 1000;
  let refused = 0;
  let runs = 0;
  for (; runs < RUNS && (performance.now() < end || runs < 10); runs++) {
    const seed = SEED * 1_000_003 + runs;
    const random = randomOf(seed);
    const { name, plan } = random.pick(all);
    const broken = structuredClone(plan) as Record<string, unknown>;
    for (let k = 0; k < 1 + random.below(4); k++)
      mutate(random, random.chance(0.1) ? broken : broken[random.pick(Object.keys(broken))]);
    const text = JSON.stringify(broken);
    const started = process.cpuUsage();
    try {
      const result = judgePlan(readTerraformPlan(random.chance(0.1) ? garble(random, text) : text, name), { policies });
      planText(result, name);
      planJson(result);
      const format = random.pick(REPORT_FORMATS);
      await reportAs(format, { title: name, diff: result.diff, audit: result.audit });
    } catch (error) {
      if (!(error instanceof Error && MENDABLE.has(error.name)))
        throw new Error(`${name}, seed ${seed}: FUZZ_SEED=${SEED}, run ${runs}`, { cause: error });
      refused++;
    }
    expect(millisecondsSince(started), `${name}, seed ${seed}: milliseconds of processor`).toBeLessThan(
      MOST_MILLISECONDS,
    );
    expect(process.memoryUsage().rss, `${name}, seed ${seed}: bytes`).toBeLessThan(MOST_BYTES);
  }
  // Most are still plans: a fuzzer whose every input is refused at the door tests the door.
  expect(refused).toBeLessThan(runs * 0.6);
}, 600_000);
