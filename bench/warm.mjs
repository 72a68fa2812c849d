// Questions on a network that is loaded already, each a different one of its kind: the first, and the median of the others.
import { ask, buildNetwork, loadSnapshot } from '../dist/index.js';

const estate = buildNetwork(await loadSnapshot([process.argv[2]]));
const kinds = JSON.parse(process.argv[3]);
const timed = ({ src, dst }) => {
  const started = performance.now();
  ask(estate, src, dst);
  return performance.now() - started;
};
const quantile = (list, share) => list.toSorted((a, b) => a - b)[Math.floor(list.length * share)];
for (const [name, [first, ...others]] of Object.entries(kinds)) {
  const one = timed(first);
  // The compiler of the language is warm after a few dozen.
  const times = others.map(timed).slice(Math.min(40, others.length >> 1));
  process.stdout.write(
    `  ${name} (${first.src} -> ${first.dst} ...): first ${one.toFixed(1)} ms, then median ${quantile(times, 0.5).toFixed(2)} ms, nine of ten below ${quantile(times, 0.9).toFixed(2)} ms\n`,
  );
}
