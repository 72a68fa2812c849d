/** Records runs until it is killed, or as many as it is told to; a line for each. */
import { finding, resultOf } from './results.ts';
import { opened } from './places.ts';

const [, , place = '', most = 'Infinity', mark = ''] = process.argv;
const store = await opened(place);
for (let i = 0; i < Number(most); i++) {
  const findings = Array.from({ length: 200 }, (_, n) => finding(`${mark}${i}-${n}`));
  await store.record({
    at: new Date(Date.UTC(2026, 3, 1) + i * 1000).toISOString(),
    digest: 'd',
    durationMs: 1,
    result: resultOf(findings),
  });
  process.stdout.write('kept\n');
}
await store.close();
