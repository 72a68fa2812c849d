/** The numbers for Prometheus, and the alert rules that are written for them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeMetricsFile } from '../../src/schedule/metrics.ts';
import { finding, resultOf } from '../history/results.ts';

const EXAMPLES = fileURLToPath(new URL('../../docs/examples', import.meta.url));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netaudit-metrics-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function written(): Promise<string> {
  const file = join(folder, 'netaudit.prom');
  await writeMetricsFile(file, {
    result: resultOf(
      [
        finding('a', { severity: 'critical', from: 'internet', toIds: ['i-1', 'i-2'] }),
        finding('b', { from: 'internet', toIds: ['i-2'] }),
        finding('c', { status: 'suppressed', from: 'internet', toIds: ['i-3'] }),
      ],
      ['open-rdp'],
    ),
    at: '2026-03-01T03:00:00.000Z',
    durationMs: 1500,
    collectedAt: '2026-03-01T02:00:00.000Z',
    changed: { added: 2, resolved: 1 },
  });
  return readFileSync(file, 'utf8');
}

test('the file has every number, whole, readable for node_exporter, with no name of a resource', async () => {
  const text = await written();
  for (const line of [
    'netaudit_findings{severity="critical"} 1',
    'netaudit_findings{severity="high"} 1',
    'netaudit_findings_new 2',
    'netaudit_findings_resolved 1',
    'netaudit_exposed_resources 2',
    'netaudit_checks{kind="policy",outcome="undetermined"} 1',
    'netaudit_audit_duration_seconds 1.5',
    `netaudit_snapshot_timestamp_seconds ${Date.UTC(2026, 2, 1, 2) / 1000}`,
  ])
    expect(text.split('\n')).toContain(line);
  expect(text).not.toMatch(/i-1|sg-1/);
  expect([readdirSync(folder), statSync(join(folder, 'netaudit.prom')).mode & 0o777]).toEqual([
    ['netaudit.prom'],
    0o644,
  ]);
});

test('a folder that is not there is an error, and leaves nothing', async () => {
  await expect(
    writeMetricsFile(join(folder, 'no', 'x.prom'), { result: resultOf([]), at: '2026-03-01', durationMs: 1 }),
  ).rejects.toThrow(/ENOENT/);
  expect(readdirSync(folder)).toEqual([]);
});

test('the alert rules name only metrics that there are', async () => {
  const text = `${await written()} netaudit_schedule_runs_total`;
  const rules = readFileSync(join(EXAMPLES, 'prometheus-alerts.yaml'), 'utf8');
  const named = new Set([...rules.matchAll(/\bnetaudit_[a-z_]+/g)].map(([name]) => name));
  expect(named.size).toBeGreaterThan(4);
  for (const name of named) expect(text).toContain(name);
});

const promtool = spawnSync('promtool', ['--version']).status === 0;
if (!promtool) process.stderr.write('promtool is not installed: the alert rules are not run.\n');
test.skipIf(!promtool)('promtool accepts the alert rules, their tests pass, and it can read the file', async () => {
  const text = await written();
  for (const words of [
    ['check', 'rules', 'prometheus-alerts.yaml'],
    ['test', 'rules', 'prometheus-alerts.test.yaml'],
  ]) {
    const run = spawnSync('promtool', words, { cwd: EXAMPLES, encoding: 'utf8' });
    expect({ words, status: run.status, out: run.status === 0 ? '' : run.stdout + run.stderr }).toEqual({
      words,
      status: 0,
      out: '',
    });
  }
  expect(spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' }).status).toBe(0);
});
