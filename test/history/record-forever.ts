/** Records runs until it is killed; a line for each. */
import { openHistory } from '../../src/history/sqlite.ts';
import { finding, resultOf } from './results.ts';

const store = await openHistory(process.argv[2]!);
for (let i = 0; ; i++) {
  const findings = Array.from({ length: 200 }, (_, n) => finding(`${i}-${n}`));
  store.record({
    at: new Date(Date.UTC(2026, 3, 1) + i * 1000).toISOString(),
    digest: 'd',
    durationMs: 1,
    result: resultOf(findings),
  });
  process.stdout.write('kept\n');
}
