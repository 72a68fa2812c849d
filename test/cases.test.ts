/** Every case in fixtures/cases, asked as a user would ask: snapshot in, verdict out. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ask } from './ask.ts';

interface CaseQuery {
  readonly args: readonly [string, string];
  readonly verdict: string;
  readonly blockedBy?: readonly string[];
  readonly leg?: 'forward' | 'return';
  readonly options?: readonly string[];
  readonly gotchas?: readonly string[];
  readonly missing?: readonly string[];
  readonly why?: string;
}

const root = fileURLToPath(new URL('../fixtures/cases', import.meta.url));

for (const name of readdirSync(root).sort()) {
  const file = join(root, name, 'case.json');
  if (!existsSync(file)) continue;
  const spec = JSON.parse(readFileSync(file, 'utf8')) as { title: string; queries: CaseQuery[] };
  describe(`${name}: ${spec.title}`, () => {
    for (const query of spec.queries)
      test(`${query.args.join(' -> ')} is ${query.verdict}`, async () => {
        const answer = await ask(join(root, name), query.args, query.options ?? []);
        expect(answer.verdict, query.why).toBe(query.verdict);
        const blockers = answer.blockers;
        if (query.blockedBy !== undefined && query.verdict !== 'reachable') {
          const named = blockers.map((b) => b.resource);
          expect(
            named.some((n) => query.blockedBy?.some((id) => n === id || n.endsWith(`/${id}`))),
            `blockers ${named.join(', ')} name none of ${query.blockedBy.join(', ')}`,
          ).toBe(true);
          if (query.leg !== undefined) expect(blockers.map((b) => b.leg)).toContain(query.leg);
        }
        for (const code of query.gotchas ?? []) expect(answer.gotchas.map((g) => g.code)).toContain(code);
      });
  });
}
