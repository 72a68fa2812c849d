// Questions on a network that is loaded already: the first of each kind, and the median of many.
import { ask, buildNetwork, loadSnapshot } from '../dist/index.js';

const estate = buildNetwork(await loadSnapshot([process.argv[2]]));
const questions = JSON.parse(process.argv[3]);
const timed = ({ src, dst }) => {
  const started = performance.now();
  ask(estate, src, dst);
  return performance.now() - started;
};
const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];
for (const question of questions) {
  const first = timed(question);
  const again = Array.from({ length: 51 }, () => timed(question));
  process.stdout.write(
    `  loaded: ${question.src} -> ${question.dst}: first ${first.toFixed(1)} ms, then ${median(again).toFixed(2)} ms\n`,
  );
}
