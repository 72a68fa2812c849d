/**
 * What a change can touch is all that is looked at anew: an audit of that part before and after finds newly what two audits
 * of everything would.
 */
import { expect, test } from 'vitest';
import { auditNetwork } from '../../src/audit/audit.ts';
import { parsePolicy } from '../../src/audit/policy.ts';
import { differenceOf } from '../../src/diff/diff.ts';
import type { AuditFinding, AuditResult } from '../../src/model/audit.ts';
import { sample } from './mutated.ts';

const RUNS = Number(process.env['DIFF_NETWORKS'] ?? 24);
const common = { severity: 'high', why: 'w', fix: 'f', links: ['https://example.com'] };
const POLICIES = [
  { code: 'from-outside', forbidden: { from: 'internet', to: '*', ports: '*' } },
  { code: 'to-outside', forbidden: { from: '*', to: 'internet', ports: ['80', '443'] } },
  { code: 'inside', forbidden: { from: '*', to: 'h0.*', ports: '80' } },
  { code: 'needed', required: { from: 'h1.0', to: '*', ports: '80' } },
  { code: 'filtered', flaw: 'replies-filtered' },
  { code: 'misrouted', flaw: 'replies-misrouted' },
].map((policy) =>
  parsePolicy(JSON.stringify({ ...common, title: policy.code, ...policy, examples: [] }), 'policy.yaml'),
);

/** Every pair and port that a finding concerns; which of alike things is named as responsible may change by itself. */
function* pairs({ code, from, fromIds, to, toIds, ports }: AuditFinding) {
  for (const a of fromIds ?? [from]) for (const b of toIds ?? [to]) yield { key: [code, a, b].join(), ports };
}

/** What a later audit finds of a pair, where the earlier one did not find as much. */
function news(before: AuditResult, after: AuditResult): string[] {
  const known = new Map<string, Set<string>[]>();
  for (const finding of before.findings)
    for (const { key, ports } of pairs(finding))
      known.set(key, [...(known.get(key) ?? []), new Set(ports?.split(', '))]);
  const found = after.findings.flatMap((finding) =>
    [...pairs(finding)].flatMap(({ key, ports = '' }) => {
      const isKnown = known
        .get(key)
        ?.some((one) => one.has('everything') || ports.split(', ').every((port) => one.has(port)));
      return isKnown === true ? [] : [`${key} ${ports}`];
    }),
  );
  return [...new Set(found)].sort();
}

test.each([false, true])(
  'an audit of what is touched finds what is new in the whole (unknown parts: %s)',
  (unknowns) => {
    let found = 0;
    let spared = 0;
    for (let seed = 1; seed <= RUNS; seed++) {
      const { before, after } = sample(seed, unknowns);
      const { touched } = differenceOf(before, after);
      const [whole, part] = [false, true].map((isPart) => {
        const [old, now] = (['before', 'after'] as const).map(
          (side) =>
            auditNetwork(
              { network: side === 'before' ? before : after, views: [], ...(isPart ? { sight: touched[side] } : {}) },
              { policies: POLICIES },
            ).result,
        );
        return news(old!, now!);
      });
      expect(part, `seed ${seed}`).toEqual(whole);
      found += whole!.length;
      const { ready, toward } = touched.after;
      spared += ready.kinds.filter((kind) => toward(kind) !== 'everybody').length;
    }
    expect(found).toBeGreaterThan(RUNS);
    expect(spared).toBeGreaterThan(RUNS / 2);
  },
);
