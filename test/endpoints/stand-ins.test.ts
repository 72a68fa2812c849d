/** A public address that no document holds: a change that would have to name it is not offered. */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ask, buildNetwork, loadSnapshot } from '../../src/index.ts';

const CASE = fileURLToPath(new URL('../../fixtures/cases/clouds-source-address-not-known', import.meta.url));
const estate = buildNetwork(await loadSnapshot([CASE]));

test.each([
  ['gcp-auto', 'the addresses that Cloud NAT nat of router r lends'],
  ['az-default', 'the public addresses that Azure lends for default outbound access'],
])('a rule for the unknown address of %s is no fix, and the blocker says why', (src, what) => {
  const [answer] = ask(estate, src, '54.1.1.1:22');
  expect(answer?.fixes).toEqual({ outcome: 'none', changes: [] });
  expect(answer?.blockers).toHaveLength(1);
  expect(answer?.blockers[0]).toMatchObject({ resource: 'sg-open-a', fix: null });
  expect(answer?.blockers[0]?.whyNoFix).toContain(`it takes a rule for ${what}, which the snapshot does not hold`);
});
