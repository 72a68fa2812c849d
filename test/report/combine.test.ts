import { describe, expect, test } from 'vitest';
import type { Verdict } from '../../src/model/results.ts';
import { combined, verdictOfRows, worstRow } from '../../src/report/combine.ts';
import { answerOf } from './answers.ts';

const of = (...verdicts: Verdict[]) => verdictOfRows(verdicts.map((verdict) => ({ verdict })));

describe('many rows', () => {
  test('have the verdict that no unknown row could change', () => {
    expect(of('reachable', 'reachable')).toBe('reachable');
    expect(of('unreachable', 'unreachable')).toBe('unreachable');
    expect(of('reachable', 'unreachable')).toBe('partial');
    expect(of('partial', 'partial')).toBe('partial');
    expect(of('reachable', 'undetermined')).toBe('undetermined');
    expect(of('unreachable', 'undetermined')).toBe('undetermined');
    expect(of('reachable', 'unreachable', 'undetermined')).toBe('partial');
    expect(of('partial', 'undetermined')).toBe('partial');
  });

  test('whatever the unknown rows turn out to be, a firm verdict stays', () => {
    const all: readonly Verdict[] = ['reachable', 'unreachable', 'partial', 'undetermined'];
    for (const a of all)
      for (const b of all)
        for (const c of all) {
          const verdict = of(a, b, c);
          if (verdict === 'undetermined') continue;
          for (const truth of ['reachable', 'unreachable', 'partial'] as const)
            expect(of(...[a, b, c].map((one) => (one === 'undetermined' ? truth : one)))).toBe(verdict);
        }
  });

  test('show the row that most needs a look', () => {
    const rows = [answerOf('reachable', 'a'), answerOf('partial', 'b'), answerOf('unreachable', 'c')];
    expect(worstRow(rows).query.src.id).toBe('i-c');
    expect(worstRow([answerOf('reachable', 'a'), answerOf('undetermined', 'b')]).query.src.id).toBe('i-b');
    expect(worstRow([answerOf('unreachable', 'a'), answerOf('undetermined', 'b')]).query.src.id).toBe('i-b');
  });

  test('keep the words that they were asked with, the port apart', () => {
    const rows = [answerOf('reachable', 'a'), answerOf('unreachable', 'b')];
    const answer = combined(rows, 'tag:Env=prod', 'db:443');
    expect(answer).toMatchObject({ verdict: 'partial', query: { src: { id: 'tag:Env=prod' }, dst: { id: 'i-db' } } });
    expect(answer.rows).toHaveLength(2);
    expect(combined([rows[0]!], 'web-*', 'db:443')).toBe(rows[0]);
  });
});
