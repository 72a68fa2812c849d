/** What an audit and a diff found, by hand, for what prints it. */
import type { AuditFinding, ReportFacts } from '../../src/model/audit.ts';
import type { FlowChange } from '../../src/model/diff.ts';

/** Names that try to become something else in every format. */
export const HOSTILE = [
  '<script>alert(1)</script>',
  '=HYPERLINK("http://evil","x")',
  '+1',
  '-2+3',
  '@everyone',
  '| a | b |',
  '[x](javascript:alert(1))',
  '`code` ``two``',
  'a\nb\r\n::error::injected',
  '\u001b[31mred\u0007',
  '\u202edetrever',
  ']]><!-- x -->&amp;',
  '{0} {{x}} \\[',
  '#1 GH-2 www.evil.example http://evil.example',
  '"quoted", \'and\' ; commas',
  '\ud800 alone',
  '![img](http://evil.example/x.png)',
  '$$x$$ ~~y~~ **z** __w__',
  '- [ ] task',
];

export function findingOf(over: Partial<AuditFinding> = {}): AuditFinding {
  return {
    id: 'f1',
    code: 'internet-to-admin-ports',
    severity: 'critical',
    title: 'Administration ports are open to the internet',
    resource: 'sg-1',
    resourceName: 'web',
    provider: 'aws',
    from: 'internet',
    to: 'web-1',
    ports: 'tcp 22',
    message: 'web-1 answers on tcp 22 for every public address',
    fix: 'narrow the sources',
    status: 'new',
    source: 'https://docs.example.org/page',
    path: [
      { resource: 'igw-1', message: 'enters' },
      { resource: 'sg-1', message: 'allow tcp 22 from 0.0.0.0/0' },
    ],
    places: [{ file: 'groups.json', pointer: '/SecurityGroups/0' }],
    ...over,
  };
}

export function flowOf(over: Partial<FlowChange> = {}): FlowChange {
  return {
    change: 'opened',
    from: { role: 'internet', ids: ['internet'] },
    to: { role: 'aws_instance.web', ids: ['i-1', 'i-2'] },
    protocol: 'tcp',
    ports: '22',
    fromAddresses: ['0.0.0.0/0'],
    toAddresses: ['10.0.0.1'],
    witness: { src: '8.8.8.8', dst: '10.0.0.1', protocol: 'tcp', sport: 1024, dport: 22 },
    because: [{ resource: 'sg-1', address: 'aws_security_group.web', file: 'main.tf', line: 12 }],
    ...over,
  };
}

export function factsOf(findings: readonly AuditFinding[], flows?: readonly FlowChange[]): ReportFacts {
  const summary = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
  for (const { severity, status } of findings) if (status !== 'suppressed') summary[severity] += 1;
  const counts = { opened: 0, closed: 0, widened: 0, narrowed: 0 };
  for (const { change } of flows ?? []) counts[change] += 1;
  return {
    title: 'netaudit audit',
    audit: { summary, findings, checks: [], missing: [], assumptions: [] },
    ...(flows === undefined ? {} : { diff: { summary: counts, flows, missing: [], assumptions: [] } }),
  };
}

/** One finding and one flow full of each hostile name. */
export function hostileFacts(): ReportFacts {
  const facts = factsOf(
    HOSTILE.map((name, i) =>
      findingOf({
        id: `f${i}`,
        code: `code-${i}`,
        title: name,
        resource: name,
        resourceName: name,
        provider: name,
        from: name,
        to: name,
        ports: name,
        message: name,
        fix: name,
        source: name,
        path: [{ resource: name, message: name }],
        places: [{ file: name, pointer: name, line: 3 }],
      }),
    ),
    HOSTILE.map((name) =>
      flowOf({
        from: { role: name, ids: [name] },
        to: { role: name, ids: [name] },
        because: [{ resource: name, address: name, file: name, line: 1 }],
      }),
    ),
  );
  const missing = HOSTILE.map((name) => ({ what: name, fetch: name }));
  return { ...facts, title: HOSTILE.join(' '), audit: { ...facts.audit!, missing } };
}
