/** What a pull request is told: readable, within GitHub's limits, and no more than text whatever the names hold. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AuditFinding } from '../../src/model/audit.ts';
import type { FlowChange } from '../../src/model/diff.ts';
import { flowPicture } from '../../src/report/flow-picture.ts';
import { type PullRequestFacts, pullRequestMarkdown } from '../../src/report/pull-request.ts';

const MARKER = '<!-- netaudit 0123456789abcdef -->';
const options = { marker: MARKER, subject: 'infra', limit: 65_536 };
const nothing: PullRequestFacts = { flows: [], findings: [], missing: [] };

function flow(change: FlowChange['change'], from: string, to: string, ports = '22'): FlowChange {
  return {
    change,
    from: { role: from, ids: [from] },
    to: { role: to, ids: [to] },
    protocol: 'tcp',
    ports,
    fromAddresses: ['0.0.0.0/0'],
    toAddresses: ['10.0.0.5'],
    witness: { src: '192.0.2.1', sport: 40000, dst: '10.0.0.5', dport: 22, protocol: 'tcp' },
    because: [{ resource: 'sg-1', address: 'aws_security_group.web', file: 'main.tf', line: 12 }],
  };
}

const finding: AuditFinding = {
  id: '1',
  code: 'admin-port-from-internet',
  severity: 'high',
  title: 'Admin port open to the internet',
  resource: 'sg-1',
  message: 'internet reaches web on tcp 22',
  fix: 'Narrow the rule',
  status: 'new',
  source: 'https://docs.example/',
  places: [{ file: 'main.tf', line: 12 }],
};

test('what opens, what closes and why, at a glance', () => {
  const text = pullRequestMarkdown(
    {
      flows: [flow('opened', 'internet', 'aws_instance.web'), flow('closed', 'app', 'db', '5432')],
      findings: [finding],
      missing: [{ what: 'the members of sg-9', fetch: 'aws ec2 describe-network-interfaces' }],
    },
    options,
  );
  expect(text.split('\n')[0]).toBe(MARKER);
  expect(text).toContain('### ❌ netaudit: 1 flow opens, 1 flow closes, 1 new finding');
  expect(text).toContain('| `internet` | `aws_instance.web` | `tcp 22` | `aws_security_group.web (main.tf:12)` |');
  expect(text).toContain('**high** Admin port open to the internet');
  expect(text).toContain('Not decided: 1');
});

test('nothing to say is green', () => {
  expect(pullRequestMarkdown(nothing, options)).toContain('### ✅ netaudit: no flow changes, no policy violated');
});

test('known findings are nobody’s business here', () => {
  const known = { ...nothing, findings: [{ ...finding, status: 'unchanged' as const }] };
  expect(pullRequestMarkdown(known, options)).toContain('✅');
});

test('a thousand flows with long names fit into a comment, and what is left out is counted', () => {
  const flows = Array.from({ length: 1000 }, (_, i) => flow('opened', `role-${i}-${'x'.repeat(300)}`, `to-${i}`));
  const text = pullRequestMarkdown({ ...nothing, flows }, options);
  expect(text.length).toBeLessThanOrEqual(options.limit);
  expect(text).toMatch(/… and 9\d\d more\./);
  expect(pullRequestMarkdown({ ...nothing, flows }, { ...options, limit: 300 })).toContain('netaudit');
});

describe('names of strangers', () => {
  const hostile = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom(...Array.from('`|*_[]()<>!#@&\\~$\n-+1. h:/w')) }),
    fc.constantFrom(
      '@everyone',
      '#1',
      'GH-1',
      '</details>',
      '```',
      'https://evil.example',
      '[x](javascript:x)',
      '| a |',
      'www.evil.example',
    ),
  );

  test('in a picture they are letters', () => {
    fc.assert(
      fc.property(hostile, hostile, (from, to) => {
        const lines = flowPicture([flow('opened', from, to)])!.split('\n');
        for (const line of lines.slice(1))
          expect(line).toMatch(
            /^ {2}(n\d+(\[|\(\()"([\w ._,/+-]|#\d+;)*"(\]|\)\))|n\d+ ==>\|"([\w ._,/+-]|#\d+;)*"\| n\d+|linkStyle \d+ stroke:#[0-9a-f]{6},stroke-width:2px)$/,
          );
      }),
    );
  });

  test('in the whole comment nothing of them stands outside of code and escaped text', () => {
    const text = pullRequestMarkdown(
      {
        flows: [flow('opened', '<img src=x onerror=alert(1)>', '@octocat')],
        findings: [{ ...finding, title: '<script>', message: 'see @octocat and https://evil.example' }],
        missing: [{ what: '</details><h1>', fetch: null }],
      },
      options,
    );
    const outside = text.replace(/```mermaid[^]*?```/, '').replace(/`[^`\n]*`/g, '');
    expect(outside).not.toMatch(/(?<!\\)<(?!details>|\/details>|summary>|\/summary>|br>|!-- netaudit)/);
    expect(outside).not.toMatch(/@\w|:\/\//);
  });
});
