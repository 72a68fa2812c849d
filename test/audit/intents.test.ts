/** Intents: each expectation is a question and a case of its own. */
import { describe, expect, test } from 'vitest';
import { intentsFrom, intentsShape, reportAs } from '../../src/index.ts';
import { audited } from './demo.ts';

const intentsOf = (written: unknown) => intentsFrom(intentsShape.parse(written), 'netaudit.yaml', () => 7);

describe('an intent', () => {
  test('holds where what it accepts works and what it denies does not', async () => {
    const intents = intentsOf([
      { name: 'web', src: 'internet', accept: ['web-1:443'], deny: ['web-1:3389', 'db-1:5432'] },
    ]);
    const { checks, findings } = await audited({ intents });
    expect(checks.map(({ kind, suite, name, outcome }) => [kind, suite, name, outcome])).toEqual([
      ['intent', 'web', 'accept internet -> web-1:443', 'passed'],
      ['intent', 'web', 'deny internet -> web-1:3389', 'passed'],
      ['intent', 'web', 'deny internet -> db-1:5432', 'passed'],
    ]);
    expect(findings.filter(({ code }) => code.startsWith('intent-'))).toEqual([]);
  });

  test('that is not met names who blocks it and what mends it', async () => {
    const { findings } = await audited({ intents: intentsOf([{ src: 'web-1', accept: 'db-1:5432' }]) });
    const [finding] = findings;
    expect(finding).toMatchObject({
      code: 'intent-accept',
      severity: 'high',
      resource: 'sg-03db0000000000003',
      from: 'i-0a11111111111111a',
      ports: 'tcp 5432',
      source: 'netaudit.yaml:7',
    });
    expect(finding!.fix).toContain('allow tcp 5432');
  });

  test('that denies what works names the rule that lets it through', async () => {
    const { findings, checks } = await audited({ intents: intentsOf([{ src: 'internet', deny: ['web-1:443'] }]) });
    expect(findings[0]).toMatchObject({
      code: 'intent-deny',
      resource: 'sg-01eb0000000000001',
      to: 'i-0a11111111111111a',
    });
    expect(findings[0]!.message).toContain('"allow tcp 443 from 0.0.0.0/0"');
    expect(checks[0]!.findings).toEqual([findings[0]!.id]);
  });

  test('about something that is not there fails: it would hold for ever unseen', async () => {
    const { checks } = await audited({ intents: intentsOf([{ src: 'web-1', deny: ['dbb-1:5432'] }]) });
    expect(checks[0]).toMatchObject({ outcome: 'failed' });
    expect(checks[0]!.message).toContain('dbb-1');
  });

  test('that hangs on something missing is undetermined', async () => {
    const without = (text: string) => (text.includes('"NetworkAcls"') ? '{}' : text);
    const { checks, missing } = await audited(
      { intents: intentsOf([{ src: 'internet', accept: ['web-1:443'] }]) },
      without,
    );
    expect(checks[0]).toMatchObject({ outcome: 'undetermined' });
    expect(missing.length).toBeGreaterThan(0);
  });

  test('uses named places, and every pair of a pattern counts', async () => {
    const intents = intentsOf([{ src: 'office', accept: ['web-1:22'], deny: ['db-*:5432'] }]);
    const { checks } = await audited({ intents, places: { office: '203.0.113.0/24' } });
    expect(checks.map(({ outcome }) => outcome)).toEqual(['passed', 'passed']);
  });

  test('is a case of a JUnit report, held or not', async () => {
    const intents = intentsOf([{ name: 'web', src: 'internet', accept: ['web-1:443'], deny: ['web-1:443'] }]);
    const audit = await audited({ intents });
    const text = await reportAs('junit', { title: 'netaudit audit', audit });
    expect(text).toContain('name="accept internet -&gt; web-1:443"/>');
    expect(text).toMatch(/name="deny internet -&gt; web-1:443">\s*<failure/);
  });
});

test.each([
  ['nothing to check', [{ src: 'a' }], /accepts or denies/],
  ['an unknown key', [{ src: 'a', allow: ['b:1'] }], /allow/],
])('%s is refused', (_, written, complaint) => {
  expect(() => intentsShape.parse(written)).toThrow(complaint);
});
