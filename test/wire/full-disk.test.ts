/**
 * A disk that is really full: a small tmpfs, which root may mount; skipped aloud for others. Whatever does not fit, what
 * was there before stays whole, the message says what to do, and with room again the next run goes through.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openHistory } from '../../src/history/sqlite.ts';
import { finding, resultOf } from '../history/results.ts';
import { type AwsServer, startAws } from './aws-server.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DEMO = join(ROOT, 'fixtures', 'snapshots', 'demo');

function mounted(folder: string, size: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'tmpfs', folder]).status === 0;
}

const canMount = (() => {
  const probe = mkdtempSync(join(tmpdir(), 'netaudit-mount-'));
  const can = mounted(probe, '64k');
  if (can) spawnSync('umount', [probe]);
  rmSync(probe, { recursive: true });
  return can;
})();
if (!canMount) process.stderr.write('no tmpfs can be mounted here: no disk is really filled.\n');

describe.skipIf(!canMount)('a full disk', () => {
  let disk: string;
  let server: AwsServer | undefined;
  beforeEach(() => {
    disk = mkdtempSync(join(tmpdir(), 'netaudit-disk-'));
  });
  afterEach(async () => {
    await server?.close();
    server = undefined;
    spawnSync('umount', [disk]);
    rmSync(disk, { recursive: true, force: true });
  });

  /** Takes all room but these bytes. */
  function fill(leave: number): void {
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(Math.max(0, bavail * bsize - leave)));
  }

  function run(...words: string[]): Promise<{ code: number | null; out: string; said: string }> {
    const child = spawn(process.execPath, [join(ROOT, 'bin', 'netaudit.js'), ...words], {
      cwd: tmpdir(),
      env: {
        ...process.env,
        AWS_ENDPOINT_URL: server?.url ?? 'http://127.0.0.1:9',
        AWS_ACCESS_KEY_ID: 'AKIATEST',
        AWS_SECRET_ACCESS_KEY: 'not-a-secret',
        AWS_REGION: 'eu-west-1',
        AWS_CONFIG_FILE: '/nonexistent',
        AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
        AWS_EC2_METADATA_DISABLED: 'true',
      },
    });
    let [out, said] = ['', ''];
    child.stdout.on('data', (text: Buffer) => (out += text.toString()));
    child.stderr.on('data', (text: Buffer) => (said += text.toString()));
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, said })));
  }

  test('collect: the snapshot that was there stays, and --resume goes on with what was written', async () => {
    mounted(disk, '2m');
    const demo = Object.assign(
      {},
      ...readdirSync(DEMO).map((name) => JSON.parse(readFileSync(join(DEMO, name), 'utf8')) as object),
    ) as Record<string, unknown>;
    server = await startAws({ estate: () => demo });
    const words = ['collect', 'aws', '--region', 'eu-west-1', '-o', join(disk, 's')];
    expect((await run(...words)).code).toBe(0);
    const before = readFileSync(join(disk, 's', 'aws', '111111111111', 'eu-west-1', 'describe-vpcs.json'), 'utf8');
    fill(64 << 10);
    const full = await run(...words);
    expect([full.code, full.said]).toEqual([2, expect.stringMatching(/the disk is full, ENOSPC.*--resume/)]);
    expect(readFileSync(join(disk, 's', 'aws', '111111111111', 'eu-west-1', 'describe-vpcs.json'), 'utf8')).toBe(
      before,
    );
    expect((await run('reach', 'web-1', 'db-1:5432', '-s', join(disk, 's'))).out).toMatch(/^UNREACHABLE/);
    rmSync(join(disk, 'ballast'));
    const again = await run(...words, '--resume');
    expect([again.code, again.out]).toEqual([0, expect.stringMatching(/by an earlier run/)]);
    expect(readdirSync(join(disk, 's'))).toEqual(['aws']);
  });

  test('history: the run is refused whole, and those before it are whole', async () => {
    mounted(disk, '1m');
    const store = await openHistory(join(disk, 'h'));
    const facts = { at: '2026-03-01T03:00:00.000Z', digest: 'd', durationMs: 1 };
    await store.record({ ...facts, result: resultOf([finding('a')]) });
    fill(16 << 10);
    const many = Array.from({ length: 2000 }, (_, n) => finding(`f${n}`, { message: 'x'.repeat(500) }));
    await expect(store.record({ ...facts, result: resultOf(many) })).rejects.toThrow(/disk .* is full.*not kept/);
    expect([(await store.runs()).length, (await store.episodes()).map((one) => one.finding.id)]).toEqual([1, ['a']]);
    rmSync(join(disk, 'ballast'));
    expect((await store.record({ ...facts, result: resultOf([finding('a'), finding('b')]) })).added).toHaveLength(1);
    await store.close();
  });

  test('schedule: the run fails and says why; with room again the next one goes through', async () => {
    mounted(disk, '1m');
    const words = [
      'schedule',
      '0 3 1 1 *',
      '--once',
      '--snapshot',
      DEMO,
      '--listen',
      'none',
      '--state',
      join(disk, 'st'),
    ];
    expect((await run(...words)).code).toBe(0);
    fill(4 << 10);
    const full = await run(...words);
    expect([full.code, full.said]).toEqual([2, expect.stringMatching(/failed: .*(full|ENOSPC)/)]);
    rmSync(join(disk, 'ballast'));
    expect((await run(...words)).code).toBe(0);
    const history = await run('history', join(disk, 'st'), '-f', 'json');
    expect((JSON.parse(history.out) as { runs: object[] }).runs.length).toBeGreaterThanOrEqual(2);
    expect(existsSync(join(disk, 'st', 'last.json'))).toBe(true);
  });
});
