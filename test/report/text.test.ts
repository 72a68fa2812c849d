import { describe, expect, test } from 'vitest';
import { ageOf } from '../../src/report/age.ts';
import { combined } from '../../src/report/combine.ts';
import { reachJson } from '../../src/report/json.ts';
import { reachText } from '../../src/report/text.ts';
import { answerOf, blocker, now, snapshot } from './answers.ts';

const text = (answer = answerOf('unreachable'), unicode = true) =>
  reachText(answer, snapshot, { colour: false, now, unicode });

describe('the text report', () => {
  test('says verdict, question and age of the snapshot in its first line', () => {
    expect(text().split('\n')[0]).toBe(
      'UNREACHABLE  web (i-web) → db (i-db), tcp 443  [snapshot taken 3 hours ago (2 files)]',
    );
  });

  test('shows both legs with the deciding rule, then every blocker', () => {
    const out = text();
    const order = [
      'Way there',
      '✓ network ACL acl-1: rule 100',
      'Way back',
      '✗ network ACL acl-1: rule 200',
      'What blocks it (1)',
      'no rule allows it',
      'on the way back',
      'no fix: nothing helps',
      'acls.json#/NetworkAcls/0',
      'netaudit explain test-filter',
    ];
    const places = order.map((words) => out.indexOf(words));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  test('in plain ASCII and without colour where that is all there is', () => {
    expect(text(answerOf('unreachable'), false)).toMatch(/^[\n -~]+$/);
    expect(reachText(answerOf('partial'), snapshot, { colour: true, now })).toContain('\u001b[');
  });

  test('says that a fix exposes to the internet before the fix', () => {
    const change = {
      op: 'allow',
      filter: 'f',
      resource: 'acl-1',
      provider: 'test',
      direction: 'in',
      flows: [],
      text: 'allow tcp 443',
    } as const;
    const answer = answerOf('unreachable', 'x', {
      blockers: [blocker({ fix: { text: change.text, change } })],
      fixes: { outcome: 'reachable', changes: [change], warning: 'this lets the internet reach db on tcp 443' },
    });
    expect(text(answer)).toMatch(
      /Fix \(checked\): with this change it is reachable\n {2}Careful: this lets the internet reach db on tcp 443\.\n {2}- allow tcp 443/,
    );
  });

  test('names what is missing with the command that fetches it, traps with their source, and assumptions', () => {
    const out = text(
      answerOf('undetermined', 'web', {
        gotchas: [
          {
            code: 'some-trap',
            severity: 'high',
            resource: 'acl-1',
            message: 'mind the gap',
            source: 'https://example.com/',
          },
        ],
        assumptions: [{ code: 'a', resource: 'r', message: 'the host listens' }],
      }),
    );
    for (const words of [
      'the ACL of web',
      'fetch it: cloud describe-acls',
      'some-trap (high)',
      'mind the gap',
      'https://example.com/',
      'the host listens',
    ])
      expect(out).toContain(words);
  });

  test('rows: counts, one line each with the reason, details of the worst; many are cut with their number', () => {
    const rows = [
      answerOf('reachable', 'a'),
      answerOf('unreachable', 'b'),
      ...Array.from({ length: 50 }, (_, i) => answerOf('reachable', `n${i}`)),
    ];
    const out = text(combined(rows, '*', 'db:443'));
    expect(out.split('\n')[0]).toContain('PARTIAL  * → db (i-db), tcp 443');
    expect(out).toContain('52 pairs: 51 reachable, 1 unreachable');
    expect(out).toMatch(/unreachable {2}b \(i-b\) → db \(i-db\) +acl-1 on the way back/);
    expect(out).toContain('... and 31 more reachable');
    expect(out).toContain('Details of b (i-b) → db (i-db)');
  });

  test('no name can write a line or a colour of its own', () => {
    const evil = 'x\u001b[32m\nREACHABLE\u202e\u0007';
    const answer = answerOf('unreachable', evil, {
      blockers: [
        blocker({
          resource: evil,
          resourceName: evil,
          message: evil,
          packets: evil,
          whyNoFix: evil,
          code: evil,
          origin: { file: evil, pointer: evil },
        }),
      ],
      gotchas: [{ code: evil, severity: 'low', resource: evil, message: evil, source: evil }],
      missing: [{ what: evil, fetch: evil }],
      assumptions: [{ code: evil, resource: evil, message: evil }],
      allowed: [{ protocol: evil, ports: evil, from: [evil], to: [evil] }],
      connections: [
        { from: evil, to: evil, traces: [] },
        { from: evil, to: evil, traces: [] },
      ],
    });
    for (const one of [
      answer,
      { ...answer, verdict: 'partial' as const },
      combined([answer, answerOf('reachable')], evil, evil),
    ]) {
      const out = text(one);
      expect(out).toMatch(/^[\n -~→✓✗]+$/);
      expect(out).not.toMatch(/^REACHABLE/m);
    }
  });
});

describe('the JSON report', () => {
  test("has the contract's keys in a fixed order", () => {
    const value = JSON.parse(reachJson(answerOf('reachable'), snapshot)) as object;
    expect(Object.keys(value)).toEqual([
      'schemaVersion',
      'verdict',
      'snapshot',
      'query',
      'allowed',
      'blockers',
      'fixes',
      'gotchas',
      'missing',
      'assumptions',
      'connections',
      'forward',
      'return',
    ]);
    expect(value).toMatchObject({
      schemaVersion: 1,
      verdict: 'reachable',
      snapshot: { digest: 'd1', collectedAt: '2026-01-01T00:00:00Z', files: 2 },
    });
  });

  test('rows say what differs', () => {
    const answer = combined([answerOf('reachable', 'a'), answerOf('unreachable', 'b')], '*', 'db:443');
    const { rows } = JSON.parse(reachJson(answer, snapshot)) as { rows: { verdict: string; blockers: unknown[] }[] };
    expect(rows.map((row) => [row.verdict, row.blockers.length])).toEqual([
      ['reachable', 0],
      ['unreachable', 1],
    ]);
  });
});

describe('the age of a snapshot', () => {
  const age = (facts: Partial<typeof snapshot> & { newestFileTime?: Date }) => {
    const { collectedAt: _, ...rest } = snapshot;
    return ageOf({ ...rest, ...facts }, now);
  };
  test.each([
    [{ collectedAt: '2026-01-01T02:59:50Z' }, 'snapshot taken just now (2 files)'],
    [{ collectedAt: '2026-01-01T02:00:00Z' }, 'snapshot taken 60 minutes ago (2 files)'],
    [{ collectedAt: '2025-12-01T03:00:00Z' }, 'snapshot taken 31 days ago (2 files)'],
    [
      { collectedAt: '2027-01-01T00:00:00Z' },
      'snapshot taken at 2027-01-01T00:00:00.000Z, which is in the future (2 files)',
    ],
    [
      { newestFileTime: new Date('2026-01-01T02:00:00Z') },
      'snapshot of unknown age, files written 60 minutes ago (2 files)',
    ],
    [{ collectedAt: 'yesterday' }, 'snapshot of unknown age (2 files)'],
    [{}, 'snapshot of unknown age (2 files)'],
  ])('%j', (facts, words) => expect(age(facts)).toBe(words));
});
