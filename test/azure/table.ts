/** A table of questions about small estates: what is asked, what must be answered, and who decides. */
import { expect, test } from 'vitest';
import { type Json, reach } from './estate.ts';

export interface Case {
  readonly title: string;
  readonly estate: readonly (Json | readonly Json[])[];
  /** "SRC DST[:PORT] VERDICT [NAME OF A BLOCKER]", one question a line. */
  readonly ask: readonly string[];
  /** Documents beside the one that holds the estate. */
  readonly documents?: readonly unknown[];
}

export function check(cases: readonly Case[]): void {
  for (const { title, estate, ask, documents } of cases)
    test(title, async () => {
      for (const question of ask) {
        const [src, dst, verdict, by] = question.split(' ');
        const answer = await reach(estate, src!, dst!, documents);
        expect(
          {
            question,
            verdict: answer.verdict,
            missing: verdict === 'undetermined' ? answer.missing.length > 0 : answer.missing,
          },
          JSON.stringify(answer.blockers.map(({ code, message }) => `${code}: ${message}`)),
        ).toEqual({ question, verdict, missing: verdict === 'undetermined' ? true : [] });
        if (by !== undefined) expect(answer.blockers.map(({ resource }) => resource.split('/').at(-1))).toContain(by);
      }
    });
}
