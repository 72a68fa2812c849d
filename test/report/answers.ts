/** Answers by hand, for what prints them. */
import type { Answer, Blocker, Hop, Verdict } from '../../src/model/results.ts';

export const snapshot = { digest: 'd1', collectedAt: '2026-01-01T00:00:00Z', files: [1, 2] };
export const now = new Date('2026-01-01T03:00:00Z');

const hop = (name: string, action: 'pass' | 'drop' | 'unknown', rule: string): Hop => ({
  resource: 'sub-1',
  resourceName: name,
  kind: 'subnet',
  steps: [{ kind: 'filter', action, resource: 'acl-1', resourceKind: 'network ACL', rule, message: rule }],
});

export const blocker = (over: Partial<Blocker> = {}): Blocker => ({
  code: 'test-filter',
  resource: 'acl-1',
  provider: 'test',
  connection: 0,
  leg: 'return',
  layer: 'transport',
  symptom: 'timeout',
  packets: 'tcp 443 from 10.0.0.1 to 10.0.0.2',
  message: 'no rule allows it',
  fix: null,
  whyNoFix: 'nothing helps',
  origin: { file: 'acls.json', pointer: '/NetworkAcls/0' },
  ...over,
});

export function answerOf(verdict: Verdict, name = 'web', over: Partial<Answer> = {}): Answer {
  return {
    verdict,
    query: {
      src: { id: `i-${name}`, name, addresses: ['10.0.0.1'] },
      dst: { id: 'i-db', name: 'db', addresses: ['10.0.0.2'] },
      protocol: 'tcp',
      ports: '443',
    },
    allowed: verdict === 'unreachable' ? [] : [{ protocol: 'tcp', ports: '443', from: ['10.0.0.1'], to: ['10.0.0.2'] }],
    blockers: verdict === 'reachable' ? [] : [blocker()],
    fixes: { outcome: 'none', changes: [] },
    gotchas: [],
    missing: verdict === 'undetermined' ? [{ what: `the ACL of ${name}`, fetch: 'cloud describe-acls' }] : [],
    assumptions: [],
    connections: [{ from: 'i-web', to: 'i-db', traces: [] }],
    forward: { hops: [hop(name, 'pass', 'rule 100: allow everything')] },
    return: { hops: [hop(name, verdict === 'reachable' ? 'pass' : 'drop', 'rule 200: deny the rest')] },
    ...over,
  };
}
