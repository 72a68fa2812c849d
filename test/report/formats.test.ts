/** The formats that audit, diff and plan share: what is in them, that they are valid, and that names stay names. */
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import type { Log } from 'sarif';
import { create } from 'xmlbuilder2';
import { describe, expect, test } from 'vitest';
import { REPORT_FORMATS, reportAs } from '../../src/index.ts';
import type { AuditCheck, ReportFacts } from '../../src/model/audit.ts';
import { HOSTILE, factsOf, findingOf, flowOf, hostileFacts } from './facts.ts';

const schema = JSON.parse(readFileSync(new URL('sarif-2.1.0.schema.json', import.meta.url), 'utf8')) as object;
const validate = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false, allErrors: true }).compile(
  schema,
);

async function sarif(facts: ReportFacts): Promise<Log> {
  const log = JSON.parse(await reportAs('sarif', facts)) as Log;
  expect(validate(log), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true);
  return log;
}

/** Every attribute and text of a JUnit report, by walking what an XML parser read. */
async function junit(facts: ReportFacts) {
  const text = await reportAs('junit', facts);
  const root = create(text).end({ format: 'object' }) as unknown as { testsuites: Record<string, string> };
  return { text, root: root.testsuites };
}

describe.each(REPORT_FORMATS)('%s', (format) => {
  test('is the same text each time, and never empty', async () => {
    const facts = factsOf([findingOf()], [flowOf()]);
    const text = await reportAs(format, facts);
    expect(text).toBe(await reportAs(format, facts));
    expect(text).toContain('sg-1');
    expect(await reportAs(format, factsOf([]))).not.toBe('');
  });

  test('shows control and invisible characters as what they are', async () => {
    const text = await reportAs(format, hostileFacts());
    const odd = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff]/;
    expect(odd.exec(text)?.[0]).toBeUndefined();
    expect(text.isWellFormed()).toBe(true);
  });
});

describe('SARIF', () => {
  test('is valid for findings, flows and hostile names', async () => {
    await sarif(factsOf([findingOf()], [flowOf()]));
    await sarif(hostileFacts());
  });

  test('has a stable fingerprint, the path as a code flow and the place', async () => {
    const [result] = (await sarif(factsOf([findingOf()]))).runs[0]!.results!;
    expect(result!.partialFingerprints).toEqual({ 'netaudit/v1': 'f1', primaryLocationLineHash: 'f1' });
    expect(result!.codeFlows![0]!.threadFlows[0]!.locations).toHaveLength(2);
    expect(result!.locations![0]!.physicalLocation!.artifactLocation!.uri).toBe('groups.json');
    expect(result!.level).toBe('error');
  });

  test('a rule is told in the words of its policy, not of its first finding', async () => {
    const { audit } = factsOf([findingOf({ fix: 'In sg-1, narrow it. Use a VPN.' })]);
    const check: AuditCheck = {
      kind: 'policy',
      suite: 'internet-to-admin-ports',
      name: 'Administration ports are open to the internet',
      severity: 'critical',
      outcome: 'failed',
      why: 'Shells are scanned for.',
      fix: 'Use a VPN.',
      links: ['https://docs.example.org/page', 'not a page'],
      findings: ['f1'],
    };
    const log = await sarif({ title: 'netaudit audit', audit: { ...audit!, checks: [check] } });
    const [rule] = log.runs[0]!.tool.driver.rules!;
    expect(rule!.fullDescription!.text).toBe('Shells are scanned for.');
    expect(rule!.help!.text).toBe(
      'Administration ports are open to the internet. Shells are scanned for. Use a VPN. https://docs.example.org/page',
    );
  });

  test('a flow stands at the line that it is due to', async () => {
    const [result] = (await sarif(factsOf([], [flowOf()]))).runs[0]!.results!;
    expect(result!.ruleId).toBe('flow-opened');
    expect(result!.locations![0]!.physicalLocation).toMatchObject({
      artifactLocation: { uri: 'main.tf' },
      region: { startLine: 12 },
    });
  });

  test('stays inside the limits of code scanning, and says what it leaves out', async () => {
    const many = Array.from({ length: 6000 }, (_, i) => findingOf({ id: `f${i}` }));
    const run = (await sarif(factsOf(many))).runs[0]!;
    expect(run.results).toHaveLength(5000);
    expect(run.invocations![0]!.toolExecutionNotifications![0]!.message.text).toContain('1000 more results');
    for (const rule of run.tool.driver.rules!) expect(rule.properties!.tags!.length).toBeLessThanOrEqual(20);
  });

  test('brackets of names are no links and braces no placeholders', async () => {
    const [result] = (await sarif(factsOf([findingOf({ message: '[x](http://evil) {0}' })]))).runs[0]!.results!;
    expect(result!.message.text).toContain('\\[x\\](http://evil) {{0}}');
  });

  test('what is suppressed says why, what is known is unchanged', async () => {
    const suppressed = findingOf({ status: 'suppressed', suppression: { reason: 'planned', owner: 'net' } });
    const { results } = (await sarif(factsOf([suppressed, findingOf({ id: 'f2', status: 'unchanged' })]))).runs[0]!;
    expect(results![0]!.suppressions).toEqual([{ kind: 'external', justification: 'planned' }]);
    expect(results![1]!.baselineState).toBe('unchanged');
  });
});

describe('JUnit', () => {
  test('every expectation is a case, held or not', async () => {
    const facts = factsOf([findingOf({ code: 'intent', id: 'f9' })]);
    const checks = [
      {
        kind: 'intent',
        suite: 'web',
        severity: 'high',
        name: 'accept web -> db:5432',
        outcome: 'passed',
        findings: [],
      },
      {
        kind: 'intent',
        suite: 'web',
        severity: 'high',
        name: 'deny web -> admin:22',
        outcome: 'failed',
        findings: ['f9'],
      },
      {
        kind: 'intent',
        suite: 'web',
        severity: 'high',
        name: 'accept web -> x:1',
        outcome: 'undetermined',
        findings: [],
      },
    ] as const;
    const { root, text } = await junit({ ...facts, audit: { ...facts.audit!, checks } });
    expect(root).toMatchObject({ '@tests': '3', '@failures': '1', '@errors': '1' });
    for (const { name } of checks) expect(text).toContain(`name="${name.replace('>', '&gt;')}"`);
  });

  test('what the baseline or a suppression knows is skipped', async () => {
    const { root, text } = await junit(
      factsOf([
        findingOf({ status: 'unchanged' }),
        findingOf({ status: 'suppressed', suppression: { reason: 'planned', expires: '2030-01-01' } }),
        findingOf({ severity: 'info' }),
      ]),
    );
    expect(root).toMatchObject({ '@tests': '3', '@failures': '0', '@skipped': '2' });
    expect(text).toContain('suppressed until 2030-01-01: planned');
  });

  test('is well-formed whatever the names are', async () => {
    const { root } = await junit(hostileFacts());
    expect(root['@tests']).toBe(String(3 * HOSTILE.length));
  });

  test('no change of flows is a case that passes', async () => {
    expect((await junit(factsOf([], []))).root).toMatchObject({ '@tests': '1', '@failures': '0' });
  });
});

describe('CSV', () => {
  test('has as many columns in every row, and no cell that a spreadsheet would run', async () => {
    const rows = csvRows(await reportAs('csv', hostileFacts()));
    expect(rows).toHaveLength(1 + 3 * HOSTILE.length);
    for (const row of rows) {
      expect(row).toHaveLength(rows[0]!.length);
      for (const cell of row) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
    }
  });
});

describe('Markdown', () => {
  test('names never become HTML, links, images, mentions or references', async () => {
    const text = await reportAs('markdown', hostileFacts());
    const outside = text.replace(/(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g, '').replaceAll('<br>', '');
    expect(outside).not.toMatch(/<[a-z/!]/i);
    expect(outside).not.toMatch(/@\w/);
    expect(outside).not.toMatch(/(^|[^\\])!\[/);
    expect(outside).not.toMatch(/https?:\/\/evil/);
    expect(outside).not.toMatch(/\bwww\.|#\d|GH-\d/);
    expect(outside).not.toMatch(/[^\\]\]\(javascript/);
  });

  test('every row of a table has as many cells as its heading', async () => {
    const tables = (await reportAs('markdown', hostileFacts())).split('\n').filter((line) => line.startsWith('|'));
    const cells = (line: string) => line.split(/(?<!\\)\|/).length;
    expect(new Set(tables.slice(0, HOSTILE.length + 2).map(cells)).size).toBe(1);
    expect(new Set(tables.slice(HOSTILE.length + 2).map(cells)).size).toBe(1);
  });

  test('is short enough for a comment and counts what it leaves out', async () => {
    const text = await reportAs('markdown', factsOf(Array.from({ length: 2000 }, () => findingOf())));
    expect(text.length).toBeLessThan(65_536);
    expect(text).toMatch(/\d+ more: /);
  });

  test('a thousand findings of one kind leave room for the next kind', async () => {
    const many = Array.from({ length: 1000 }, (_, i) => findingOf({ id: `f${i}` }));
    const text = await reportAs('markdown', factsOf([...many, findingOf({ code: 'other', title: 'Another kind' })]));
    expect(text).toContain('Another kind');
    expect(text).toContain('and 980 more: Administration ports are open to the internet');
  });
});

test('any text at all in any place leaves every format valid', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 30 }), async (name) => {
      const facts = factsOf(
        [findingOf({ title: name, resource: name, message: name, from: name, places: [{ file: name }] })],
        [flowOf({ from: { role: name, ids: [name, name] } })],
      );
      await sarif(facts);
      await junit(facts);
      for (const row of csvRows(await reportAs('csv', facts)))
        for (const cell of row) expect(cell).not.toMatch(/^[=+\-@]/);
      expect((await reportAs('markdown', facts)).split('\n').length).toBe(
        (await reportAs('markdown', factsOf([findingOf()], [flowOf()]))).split('\n').length,
      );
    }),
    { numRuns: 60 },
  );
});

/** RFC 4180, read by hand. */
function csvRows(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    rows.at(-1)!.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'));
    if (end === '\r\n') rows.push([]);
  }
  return rows.slice(0, -1);
}
